package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"huiying"
)

// ArchiveUnderTest is what an archive must do.
type ArchiveUnderTest interface {
	Insert(ctx context.Context, batch []huiying.Assessed) ([]huiying.PostID, error)
	Post(ctx context.Context, id huiying.PostID) (huiying.Assessed, error)
	Posts(ctx context.Context, q huiying.PostQuery) (huiying.Page[huiying.Assessed], error)
	CountPosts(ctx context.Context, q huiying.PostQuery) (int, error)
	CountPostsUpTo(ctx context.Context, q huiying.PostQuery, most int) (int, error)
	Trend(ctx context.Context, region huiying.Region, from, to time.Time, step time.Duration) ([]huiying.TrendBucket, error)
	Purge(ctx context.Context, before time.Time) (int, error)
	Size(ctx context.Context) (int64, error)
	SaveVersions(ctx context.Context, versions []huiying.Version) error
	Versions(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID][]huiying.Version, error)
}

// Archive runs the suite; open gives an empty archive that closes itself and cuts
// texts as it is told.
func Archive(t *testing.T, open func(t *testing.T, tokens func(string) []Token) ArchiveUnderTest) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, a ArchiveUnderTest)
	}{
		{"a post comes back as it went in", postComesBack},
		{"a post delivered again is stored once and not called fresh", insertIsIdempotent},
		{"a page that two counties read is a post of each", aPageOfTwoCounties},
		{"a post stored by several writers at once is fresh for one of them", insertIsFreshOnce},
		{"a post without an ID is refused and takes nothing with it", insertRefusesNoID},
		{"lists come newest publication first", listsAreNewestFirst},
		{"every filter selects what a plain scan selects, and counts agree", filtersAgree},
		{"a list of posts dated alike is walked to its end", manyOfOneInstant},
		{"cursors walk everything exactly once while rows are inserted", cursorsWhileInserting},
		{"a cursor that is not one is refused", func(t *testing.T, a ArchiveUnderTest) {
			badCursor(t, func(c string) (huiying.Page[huiying.Assessed], error) {
				return a.Posts(background(t), huiying.PostQuery{Cursor: c})
			})
		}},
		{"search finds words, phrases and choices, and leaves out what is excluded", searchLanguage},
		{"search goes with every other filter", searchWithFilters},
		{"a query of nothing but punctuation says so", func(t *testing.T, a ArchiveUnderTest) {
			_, err := a.Posts(background(t), huiying.PostQuery{Text: "？！ -。"})
			is(t, err, huiying.ErrInvalid)
		}},
		{"no query breaks the search", strangeQueries},
		{"trends are equal to counts, hour by hour and day by day", trendsEqualCounts},
		{"a trend has no gaps and begins where it was asked to", trendIsGapless},
		{"purging removes what is old and nothing else", purgeRemovesOld},
		{"versions of a post come back in order, each once, and leave the post as it was", versionsComeBack},
		{"a version without a post or a number is refused and takes nothing with it", versionsRefuseNoNumber},
		{"purging a post removes its versions", purgeRemovesVersions},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t, Bigrams)) })
	}
	t.Run("search knows long words from the short ones inside them", func(t *testing.T) { searchWithADictionary(t, open(t, searchWords)) })
}

// post makes the n-th post: plausible, varied, always the same.
func post(n int) huiying.Assessed {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	a := huiying.Assessed{
		Post: huiying.Post{
			ID: id[huiying.PostID]("p", n), Region: county, Source: pick("卦山论坛", "交城发布", "吕梁日报"),
			Channel: huiying.Channels[r.IntN(len(huiying.Channels))], URL: fmt.Sprintf("http://127.0.0.1/%d", n),
			Title: pick("学校食堂", "供暖不热", "道路塌陷") + fmt.Sprint(n), Text: pick("天宁镇", "夏家营镇", "西营镇") + "的群众反映，" + pick("已经处理。", "至今无人过问。", "希望尽快答复。"),
			PublishedAt: day.Add(time.Duration(r.IntN(72*3600)) * time.Second), CollectedAt: day.Add(80 * time.Hour),
			Engagement: huiying.Engagement{Views: int64(r.IntN(1000))},
		},
		Assessment: huiying.Assessment{
			ID: id[huiying.PostID]("p", n), Category: pick("教育文体", "城乡建设", "交通运输"), Risk: huiying.Risk{Score: float64(r.IntN(101))},
			Sentiment: huiying.Sentiment{Label: pick("negative", "neutral", "positive"), Score: r.Float64()*2 - 1},
			Units:     []huiying.Candidate{{Unit: huiying.UnitID(pick("jkj", "zjj", "jtj")), P: 0.7, Why: "主题"}}, Print: huiying.Fingerprint(r.Uint64()),
		},
	}
	if r.IntN(5) == 0 {
		a.Post.Region = other
	}
	if n > 0 && r.IntN(4) == 0 {
		a.Post.Parent = id[huiying.PostID]("p", n%3)
	}
	for _, f := range []huiying.Flag{huiying.FlagLivelihood, huiying.FlagRumor} {
		if r.IntN(6) == 0 {
			a.Assessment.Flags = append(a.Assessment.Flags, f)
		}
	}
	return a
}

func posts(from, n int) []huiying.Assessed {
	out := make([]huiying.Assessed, n)
	for i := range out {
		out[i] = post(from + i)
	}
	return out
}

func postID(a huiying.Assessed) huiying.PostID { return a.Post.ID }

func postComesBack(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	in := post(1)
	in.Post.PublishedAt = day.Add(123456789 * time.Nanosecond)
	in.Post.Extra = map[string]json.RawMessage{"floor": json.RawMessage(`3`)}
	in.Post.Redactions = map[string]int{"phone": 1}
	in.Assessment.Places = []huiying.Place{{Name: "天宁镇", Code: "141122100", Start: 1, End: 4}}
	value(a.Insert(ctx, []huiying.Assessed{in}))(t)
	same(t, "the post", value(a.Post(ctx, in.Post.ID))(t), in)
	list := value(a.Posts(ctx, huiying.PostQuery{}))(t)
	same(t, "the list", list.Items, []huiying.Assessed{in})
	_, err := a.Post(ctx, "nobody")
	is(t, err, huiying.ErrNotFound)
	if n := value(a.Size(ctx))(t); n <= 0 {
		t.Errorf("the archive takes %d bytes", n)
	}
}

func insertIsIdempotent(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	fresh := value(a.Insert(ctx, posts(0, 10)))(t)
	once(t, fresh, names(posts(0, 10), postID))
	again := posts(5, 10)
	again = append(again, again[7], again[7]) // also twice within the batch
	again[0].Post.Text = "后来改过的正文"
	fresh = value(a.Insert(ctx, again))(t)
	if len(fresh) != 5 {
		t.Errorf("%d posts are called fresh, want the 5 new ones: %v", len(fresh), fresh)
	}
	once(t, fresh, names(posts(10, 5), postID))
	if n := value(a.CountPosts(ctx, huiying.PostQuery{}))(t); n != 15 {
		t.Errorf("%d posts are stored, want 15", n)
	}
	same(t, "the post delivered first", value(a.Post(ctx, "p00005"))(t), post(5))
	sum := 0
	for _, b := range value(a.Trend(ctx, "", day, day.Add(72*time.Hour), time.Hour))(t) {
		sum += b.Posts
	}
	if sum != 15 {
		t.Errorf("the trend sums to %d posts, want 15", sum)
	}
}

func insertIsFreshOnce(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	var mu sync.Mutex
	var fresh []huiying.PostID
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 5 {
				ids, err := a.Insert(ctx, posts((w+i)%5*20, 20))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				fresh = append(fresh, ids...)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(fresh) != 100 {
		t.Errorf("%d posts were called fresh, want 100", len(fresh))
	}
	once(t, fresh, names(posts(0, 100), postID))
}

func insertRefusesNoID(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	batch := posts(0, 3)
	batch[1].Post.ID = ""
	_, err := a.Insert(ctx, batch)
	is(t, err, huiying.ErrInvalid)
	if n := value(a.CountPosts(ctx, huiying.PostQuery{}))(t); n != 0 {
		t.Errorf("%d posts of a refused batch were stored", n)
	}
}

func listsAreNewestFirst(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	for part := range slices.Chunk(posts(0, 300), 70) {
		value(a.Insert(ctx, part))(t)
	}
	for _, q := range []huiying.PostQuery{{Limit: 37}, {Limit: 20, Text: "群众"}, {Limit: 11, Flag: huiying.FlagRumor}, {Limit: 30, Category: "教育文体"}, {Limit: 9, MinRisk: 60}} {
		all := walkPosts(t, a, q, nil)
		if !slices.IsSortedFunc(all, func(x, y huiying.Assessed) int { return y.Post.PublishedAt.Compare(x.Post.PublishedAt) }) {
			t.Errorf("%+v: not sorted", q)
		}
	}
}

func walkPosts(t *testing.T, a ArchiveUnderTest, q huiying.PostQuery, between func()) []huiying.Assessed {
	t.Helper()
	ctx := background(t)
	return walk(t, func(c string) (huiying.Page[huiying.Assessed], error) {
		q.Cursor = c
		return a.Posts(ctx, q)
	}, between)
}

// selects is the meaning of a query without text.
func selects(q huiying.PostQuery, a huiying.Assessed) bool {
	p, as := a.Post, a.Assessment
	return (q.Region == "" || q.Region.Covers(p.Region)) &&
		(q.Channel == "" || q.Channel == p.Channel) && (q.Queue == "" || q.Queue == p.Channel.Queue()) &&
		(q.Source == "" || q.Source == p.Source) && (q.Category == "" || q.Category == as.Category) &&
		(q.Sentiment == "" || q.Sentiment == as.Sentiment.Label) && (q.Flag == "" || slices.Contains(as.Flags, q.Flag)) &&
		as.Risk.Score >= q.MinRisk && (q.Unit == "" || q.Unit == as.Units[0].Unit) &&
		(q.Parent == "" || q.Parent == p.Parent) &&
		(q.IDs == nil || slices.Contains(q.IDs, p.ID)) &&
		(q.From.IsZero() || !p.PublishedAt.Before(q.From)) && (q.To.IsZero() || p.PublishedAt.Before(q.To))
}

func filtersAgree(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	all := posts(0, 400)
	value(a.Insert(ctx, all))(t)
	edge := all[17].Post.PublishedAt
	queries := []huiying.PostQuery{
		{},
		{Region: county},
		{Region: other},
		{Region: "14"},
		{Region: "14112"},
		{Region: "1"},
		{Region: "15"},
		{Region: "141122100"},
		{Channel: huiying.ChannelForum},
		{Queue: huiying.Online},
		{Queue: huiying.Offline},
		{Source: "卦山论坛"},
		{Category: "城乡建设"},
		{Sentiment: "negative"},
		{Flag: huiying.FlagRumor},
		{MinRisk: 60},
		{MinRisk: 59.5},
		{MinRisk: 90},
		{Unit: "zjj"},
		{IDs: []huiying.PostID{"p00003", "p00099", "nobody"}},
		{IDs: []huiying.PostID{}},
		{Parent: "p00001"},
		{Parent: "p00002", Region: county, MinRisk: 60},
		{Parent: "nobody"},
		{From: edge},
		{To: edge},
		{From: at(60), To: at(600)},
		{From: at(600), To: at(60)},
		{Region: county, Queue: huiying.Online, MinRisk: 60, Sentiment: "negative"},
		{Flag: huiying.FlagLivelihood, Unit: "jkj"},
		{Category: "教育文体", Unit: "jkj", From: at(120)},
		{Region: other, Flag: huiying.FlagLivelihood, To: at(3000)},
		{Category: "没有这一类"},
		{Flag: huiying.FlagDeath},
		{Queue: huiying.Offline, Channel: huiying.ChannelForum},
	}
	for _, q := range queries {
		var want []huiying.PostID
		for _, p := range all {
			if selects(q, p) {
				want = append(want, p.Post.ID)
			}
		}
		q.Limit = 13
		got := names(walkPosts(t, a, q, nil), postID)
		if len(got) != len(want) {
			t.Errorf("%+v selects %d posts, want %d", q, len(got), len(want))
		}
		once(t, got, want)
		q.Cursor = ""
		if n := value(a.CountPosts(ctx, q))(t); n != len(want) {
			t.Errorf("%+v counts %d, want %d", q, n, len(want))
		}
		for _, most := range []int{0, 3, len(want), len(want) + 1} {
			if n := value(a.CountPostsUpTo(ctx, q, most))(t); n != min(most, len(want)) {
				t.Errorf("%+v counts %d up to %d, want %d", q, n, most, min(most, len(want)))
			}
		}
	}
}

func manyOfOneInstant(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	const n = 9000
	midnight := time.Date(2026, 3, 1, 0, 0, 0, 0, huiying.Beijing)
	all := posts(0, n)
	for i := range all {
		all[i].Post.PublishedAt = midnight
	}
	for part := range slices.Chunk(all, 1500) {
		value(a.Insert(ctx, part))(t)
	}
	q := huiying.PostQuery{From: midnight, To: midnight.Add(time.Nanosecond * 1000), Limit: huiying.MaxLimit}
	got := names(walkPosts(t, a, q, nil), postID)
	if len(got) != n {
		t.Errorf("%d posts, want %d", len(got), n)
	}
	once(t, got, names(all, postID))
}

func cursorsWhileInserting(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	value(a.Insert(ctx, posts(0, 120)))(t)
	for _, q := range []huiying.PostQuery{{Limit: 7}, {Limit: 7, Text: "群众"}, {Limit: 3, Flag: huiying.FlagRumor}, {Limit: 7, Text: "群众", Region: county}} {
		var want []huiying.PostID
		for _, p := range posts(0, 120) {
			if selects(huiying.PostQuery{Region: q.Region, Flag: q.Flag}, p) {
				want = append(want, p.Post.ID)
			}
		}
		next := 1000
		got := names(walkPosts(t, a, q, func() {
			value(a.Insert(ctx, posts(next, 5)))(t)
			next += 5
		}), postID)
		once(t, got, want)
	}
}

func trendsEqualCounts(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	all := posts(0, 500)
	for part := range slices.Chunk(all, 90) {
		value(a.Insert(ctx, part))(t)
	}
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, huiying.Beijing)
	for _, region := range []huiying.Region{"", county, other, "14"} {
		for _, step := range []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour, -24 * time.Hour, -48 * time.Hour} {
			from, to := day, day.Add(72*time.Hour)
			if step < 0 { // whole days from midnight, the last cut short
				from, to, step = midnight, midnight.Add(77*time.Hour), -step
			}
			for _, b := range value(a.Trend(ctx, region, from, to, step))(t) {
				q := huiying.PostQuery{Region: region, From: b.At, To: b.At.Add(step)}
				if to.Before(q.To) {
					q.To = to
				}
				var want huiying.TrendBucket
				want.At, want.Channels = b.At, make(map[huiying.Channel]int)
				for _, p := range all {
					if !selects(q, p) {
						continue
					}
					want.Posts++
					want.Channels[p.Post.Channel]++
					if p.Assessment.Sentiment.Label == "negative" {
						want.Negative++
					}
					if p.Assessment.Risk.Score >= 60 {
						want.Risky++
					}
				}
				same(t, fmt.Sprintf("%s of %q from %v", step, region, b.At), b, want)
				if n := value(a.CountPosts(ctx, q))(t); n != b.Posts {
					t.Errorf("%d posts in the trend, %d in the count", b.Posts, n)
				}
			}
		}
	}
}

func trendIsGapless(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	p := post(1)
	p.Post.PublishedAt = at(65)
	value(a.Insert(ctx, []huiying.Assessed{p}))(t)
	b := value(a.Trend(ctx, county[:4], day, at(5*60), time.Hour))(t)
	if len(b) != 5 {
		t.Fatalf("%d buckets, want 5", len(b))
	}
	for i := range b {
		if !b[i].At.Equal(at(i*60)) || b[i].Posts != map[int]int{1: 1}[i] {
			t.Errorf("bucket %d: %+v", i, b[i])
		}
	}
	if b := value(a.Trend(ctx, "", at(15), at(90), time.Hour))(t); len(b) != 2 || !b[0].At.Equal(day) {
		t.Errorf("a trend from 08:15 to 09:30: %+v, want the hours of 8 and 9", b)
	}
	if b := value(a.Trend(ctx, "", day, day, time.Hour))(t); len(b) != 0 {
		t.Errorf("an empty span has %d buckets", len(b))
	}
	_, err := a.Trend(ctx, "", day.AddDate(-30, 0, 0), day, time.Hour)
	is(t, err, huiying.ErrInvalid)
}

func purgeRemovesOld(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	all := posts(0, 300)
	value(a.Insert(ctx, all))(t)
	limit := all[40].Post.PublishedAt
	var kept []huiying.PostID
	for _, p := range all {
		if !p.Post.PublishedAt.Before(limit) {
			kept = append(kept, p.Post.ID)
		}
	}
	before := value(a.Trend(ctx, "", day, day.Add(72*time.Hour), 24*time.Hour))(t)
	if n := value(a.Purge(ctx, limit))(t); n != len(all)-len(kept) {
		t.Errorf("%d posts purged, want %d", n, len(all)-len(kept))
	}
	for _, q := range []huiying.PostQuery{{}, {Text: "群众"}} {
		got := names(walkPosts(t, a, q, nil), postID)
		if len(got) != len(kept) {
			t.Errorf("%+v: %d posts are left, want %d", q, len(got), len(kept))
		}
		once(t, got, kept)
	}
	if n := value(a.Purge(ctx, limit))(t); n != 0 {
		t.Errorf("a second purge removed %d posts", n)
	}
	same(t, "the trend after purging", value(a.Trend(ctx, "", day, day.Add(72*time.Hour), 24*time.Hour))(t), before)
}
