package storetest

import (
	"slices"
	"testing"
	"time"

	"huiying"
)

// samePage is what two counties make of one page of a site both read.
func samePage(t *testing.T) (ours, theirs huiying.Assessed) {
	t.Helper()
	read := func(r huiying.Region) huiying.Assessed {
		in := huiying.Intake{Region: r, Key: []byte("key"), Now: func() time.Time { return day.Add(time.Hour) }}
		p, err := in.Accept(huiying.Post{
			Source: "吕梁日报", Channel: huiying.ChannelNews, URL: "https://news.example.cn/2026/1.html", Title: "多地供暖不热", Text: "多地群众反映供暖不热。", PublishedAt: day,
		})
		must(t, err)
		return huiying.Assessed{Post: p, Assessment: huiying.Assessment{ID: p.ID}}
	}
	return read(county), read(other)
}

func aPageOfTwoCounties(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	ours, theirs := samePage(t)
	for _, p := range []huiying.Assessed{ours, theirs, ours} {
		value(a.Insert(ctx, []huiying.Assessed{p}))(t)
	}
	for _, p := range []huiying.Assessed{ours, theirs} {
		same(t, "what "+string(p.Post.Region)+" has", value(a.Posts(ctx, huiying.PostQuery{Region: p.Post.Region, Text: "供暖"}))(t).Items, []huiying.Assessed{p})
		same(t, "the post by its ID", value(a.Post(ctx, p.Post.ID))(t), p)
		sum := 0
		for _, b := range value(a.Trend(ctx, p.Post.Region, day, day.Add(24*time.Hour), time.Hour))(t) {
			sum += b.Posts
		}
		if sum != 1 {
			t.Errorf("the trend of %s counts %d posts", p.Post.Region, sum)
		}
	}
	if n := value(a.CountPosts(ctx, huiying.PostQuery{Region: county[:4]}))(t); n != 2 {
		t.Errorf("the prefecture counts %d posts, want one of each county", n)
	}
}

func aPagePlacedByTwoCounties(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	ours, theirs := samePage(t)
	want := map[huiying.PostID]huiying.EventID{}
	for i, p := range []huiying.Assessed{ours, theirs} {
		e := anEvent(i + 1)
		e.Region = p.Post.Region
		must(t, l.SaveEvents(ctx, []huiying.Event{e}, []huiying.EventPost{{Event: e.ID, Post: p.Post.ID}}))
		want[p.Post.ID] = e.ID
	}
	same(t, "where the two counties have the page", value(l.Placed(ctx, []huiying.PostID{ours.Post.ID, theirs.Post.ID}))(t), want)
}

func sourcesOfTwoCounties(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	s := huiying.Source{ID: "daily", Region: county, Kind: "feed", Name: "吕梁日报"}
	must(t, l.SaveSource(ctx, s))
	foreign := s
	foreign.Region = other
	is(t, l.SaveSource(ctx, foreign), huiying.ErrConflict)
	if left := value(l.Sources(ctx, county))(t); !slices.EqualFunc(left, []huiying.Source{s}, func(a, b huiying.Source) bool { return a.ID == b.ID && a.Region == b.Region }) {
		t.Errorf("the county that had it first has %v", left)
	}
}

// fromTheFuture are notices written by a clock that ran ahead and was set back.
func fromTheFuture(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	c := aCase(1)
	ch := opened(c)
	early, late := letter(c, 1, "jkj", huiying.NotifyPending), letter(c, 2, "jkj", huiying.NotifyPending)
	early.CreatedAt, early.NextAt = at(1), at(90) // waits for the morning
	late.CreatedAt, late.NextAt = at(60), at(61)
	ch.Notify = []huiying.Notification{early, late}
	mustOpen(t, l, c, ch)
	if n := value(l.Hasten(ctx, at(5)))(t); n != 1 {
		t.Errorf("%d notices were let go, want the one of the future", n)
	}
	due := value(l.DueNotifications(ctx, "", at(5), 10))(t)
	if len(due) != 1 || due[0].ID != late.ID {
		t.Errorf("due are %v", due)
	}
}

// leaseOfTheFuture is one that a clock wrote which ran ahead.
func leaseOfTheFuture(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	hold := func(holder string, long time.Duration, want bool) {
		t.Helper()
		if held := value(l.Hold(ctx, "clocks", holder, long))(t); held != want {
			t.Errorf("%s holds for %v: %v", holder, long, held)
		}
	}
	hold("a", 2*time.Hour, true) // as three seconds two hours ahead look when the clock is set back
	hold("b", 3*time.Second, true)
	hold("a", 3*time.Second, false)
}
