package storetest

import (
	"fmt"
	"testing"
	"time"

	"huiying"
)

// version makes the n-th version of a post.
func version(of huiying.Assessed, n int) huiying.Version {
	return huiying.Version{
		Post: of.Post.ID, N: n, At: day.Add(90*time.Hour + time.Duration(n)*time.Minute),
		Title: of.Post.Title, Text: fmt.Sprintf("%s（更新 %d）", of.Post.Text, n), Risk: float64(n),
	}
}

func versionsComeBack(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	list := posts(0, 3)
	value(a.Insert(ctx, list))(t)
	gone := huiying.Version{Post: list[0].Post.ID, N: 3, At: day.Add(100 * time.Hour), Gone: "返回 404，页面不存在"}
	must(t, a.SaveVersions(ctx, []huiying.Version{version(list[0], 2), version(list[1], 1)}))
	must(t, a.SaveVersions(ctx, []huiying.Version{version(list[0], 1)})) // late
	changed := version(list[0], 2)
	changed.Text = "同一版本又送来一次"
	must(t, a.SaveVersions(ctx, []huiying.Version{changed, gone, gone}))
	ids := []huiying.PostID{"nobody"}
	for _, p := range list {
		ids = append(ids, p.Post.ID)
	}
	same(t, "the versions", value(a.Versions(ctx, ids))(t), map[huiying.PostID][]huiying.Version{
		list[0].Post.ID: {version(list[0], 1), version(list[0], 2), gone},
		list[1].Post.ID: {version(list[1], 1)},
	})
	if none := value(a.Versions(ctx, nil))(t); len(none) != 0 {
		t.Errorf("no posts have versions %v", none)
	}
	same(t, "the post as first read", value(a.Post(ctx, list[0].Post.ID))(t), list[0])
	if n := value(a.CountPosts(ctx, huiying.PostQuery{}))(t); n != 3 {
		t.Errorf("%d posts, want 3: a version is none", n)
	}
	must(t, a.SaveVersions(ctx, nil))
}

func versionsRefuseNoNumber(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	p := post(1)
	is(t, a.SaveVersions(ctx, []huiying.Version{version(p, 1), {N: 1}}), huiying.ErrInvalid)
	is(t, a.SaveVersions(ctx, []huiying.Version{version(p, 1), {Post: p.Post.ID}}), huiying.ErrInvalid)
	if got := value(a.Versions(ctx, []huiying.PostID{p.Post.ID}))(t); len(got) != 0 {
		t.Errorf("a refused batch left %v", got)
	}
}

func purgeRemovesVersions(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	old, young := post(1), post(2)
	old.Post.PublishedAt, young.Post.PublishedAt = day, day.Add(48*time.Hour)
	value(a.Insert(ctx, []huiying.Assessed{old, young}))(t)
	must(t, a.SaveVersions(ctx, []huiying.Version{version(old, 1), version(young, 1)}))
	if n := value(a.Purge(ctx, day.Add(24*time.Hour)))(t); n != 1 {
		t.Errorf("%d purged, want 1", n)
	}
	same(t, "what is left", value(a.Versions(ctx, []huiying.PostID{old.Post.ID, young.Post.ID}))(t), map[huiying.PostID][]huiying.Version{young.Post.ID: {version(young, 1)}})
}
