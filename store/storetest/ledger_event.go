package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"huiying"
)

func eventComesBack(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	e := anEvent(1)
	must(t, l.SaveEvents(ctx, []huiying.Event{e}, nil))
	same(t, "the event", value(l.Event(ctx, e.ID))(t), e)
	e.Posts, e.Level, e.Title, e.UpdatedAt = 9, huiying.Red, "it's 供暖?", at(99)
	e.Track.Terms = map[string]float64{"暖气": 1}
	must(t, l.SaveEvents(ctx, []huiying.Event{e}, nil))
	same(t, "the changed event", value(l.Event(ctx, e.ID))(t), e)
	same(t, "the list", value(l.Events(ctx, huiying.EventQuery{MinLevel: huiying.Red}))(t).Items, []huiying.Event{e})
	_, err := l.Event(ctx, "nobody")
	is(t, err, huiying.ErrNotFound)
}

func postsStayPlaced(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	member := func(e, p int, dup bool) huiying.EventPost {
		return huiying.EventPost{Event: id[huiying.EventID]("e", e), Post: id[huiying.PostID]("p", p), Duplicate: dup}
	}
	first := []huiying.EventPost{member(1, 9, false), member(1, 3, true), member(1, 5, false)}
	must(t, l.SaveEvents(ctx, []huiying.Event{anEvent(1), anEvent(2)}, first))
	must(t, l.SaveEvents(ctx, []huiying.Event{anEvent(2)}, []huiying.EventPost{member(2, 3, false), member(2, 7, false), member(2, 9, true)}))
	same(t, "the members of the first", value(l.EventPosts(ctx, "e00001", 0))(t), first)
	same(t, "two of them", value(l.EventPosts(ctx, "e00001", 2))(t), first[:2])
	same(t, "the members of the second", value(l.EventPosts(ctx, "e00002", 10))(t), []huiying.EventPost{member(2, 7, false)})
	var ask []huiying.PostID
	for p := range 1200 {
		ask = append(ask, id[huiying.PostID]("p", p))
	}
	same(t, "where posts are", value(l.Placed(ctx, ask))(t), map[huiying.PostID]huiying.EventID{
		"p00009": "e00001", "p00003": "e00001", "p00005": "e00001", "p00007": "e00002",
	})
	if placed := value(l.Placed(ctx, nil))(t); len(placed) != 0 {
		t.Errorf("no posts are placed in %v", placed)
	}
	if err := l.SaveEvents(ctx, []huiying.Event{anEvent(3)}, []huiying.EventPost{member(99, 100, false)}); err == nil {
		t.Error("a post joined an event that does not exist")
	}
	if _, err := l.Event(ctx, "e00003"); huiying.CodeOf(err) != huiying.CodeNotFound {
		t.Errorf("a refused save left an event: %v", err)
	}
}

func eventKeepsCase(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	must(t, l.SaveEvents(ctx, []huiying.Event{anEvent(1), anEvent(2)}, nil))
	c := aCase(1)
	c.Event = "e00001"
	mustOpen(t, l, c, opened(c))
	stale := anEvent(1) // the tracker's copy, from before the case
	stale.Posts = 5
	must(t, l.SaveEvents(ctx, []huiying.Event{stale}, nil))
	if e := value(l.Event(ctx, "e00001"))(t); e.Case != c.ID || e.Posts != 5 {
		t.Errorf("case %q, posts %d", e.Case, e.Posts)
	}
	must(t, l.SetEventCase(ctx, "e00002", "c7"))
	same(t, "the case set by hand", value(l.Event(ctx, "e00002"))(t).Case, "c7")
	is(t, l.SetEventCase(ctx, "nobody", "c7"), huiying.ErrNotFound)
}

func variedEvents(t *testing.T, l LedgerUnderTest, n int) []huiying.Event {
	t.Helper()
	out := make([]huiying.Event, n)
	for i := range out {
		e := anEvent(i)
		e.Level = huiying.Level(i % 5)
		e.UpdatedAt = at(i * 37 % 200)
		if i%3 == 0 {
			e.Queue, e.Category = huiying.Offline, "交通运输"
		}
		if i%5 == 0 {
			e.Region = other
		}
		if i%4 == 0 {
			e.Case = id[huiying.CaseID]("c", i)
		}
		if i%6 == 0 {
			e.Title = fmt.Sprintf("道路100%%_塌陷%d Road", i)
		}
		out[i] = e
	}
	must(t, l.SaveEvents(background(t), out, nil))
	return out
}

func eventID(e huiying.Event) huiying.EventID { return e.ID }

func eventFiltersAgree(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	all := variedEvents(t, l, 250)
	yes, no := true, false
	for _, q := range []huiying.EventQuery{
		{},
		{Region: county},
		{Region: "1411"},
		{Text: "塌陷"},
		{Text: "100%_"},
		{Text: "ROAD"},
		{Queue: huiying.Offline},
		{Category: "交通运输"},
		{MinLevel: huiying.Orange},
		{HasCase: &yes},
		{HasCase: &no},
		{From: at(50)},
		{To: at(50)},
		{From: at(20), To: at(60), HasCase: &no, Region: county},
	} {
		var want []huiying.EventID
		for _, e := range all {
			if (q.Region == "" || q.Region.Covers(e.Region)) && (q.Text == "" || strings.Contains(strings.ToLower(e.Title), strings.ToLower(q.Text))) &&
				(q.Queue == "" || q.Queue == e.Queue) && (q.Category == "" || q.Category == e.Category) && e.Level >= q.MinLevel &&
				(q.HasCase == nil || *q.HasCase == (e.Case != "")) && (q.From.IsZero() || !e.LastAt.Before(q.From)) && (q.To.IsZero() || e.LastAt.Before(q.To)) {
				want = append(want, e.ID)
			}
		}
		q.Limit = 23
		got := walk(t, func(c string) (huiying.Page[huiying.Event], error) {
			q.Cursor = c
			return l.Events(ctx, q)
		}, nil)
		if len(got) != len(want) {
			t.Errorf("%+v selects %d events, want %d", q, len(got), len(want))
		}
		once(t, names(got, eventID), want)
	}
	var want []huiying.EventID
	for _, e := range all {
		if e.Region == county && !e.LastAt.Before(at(200)) {
			want = append(want, e.ID)
		}
	}
	same(t, "active events", names(value(l.ActiveEvents(ctx, county, at(200)))(t), eventID), want)
}

func eventsWalked(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	all := variedEvents(t, l, 90)
	next := 1000
	got := walk(t, func(c string) (huiying.Page[huiying.Event], error) {
		return l.Events(ctx, huiying.EventQuery{Limit: 7, Cursor: c})
	}, func() {
		must(t, l.SaveEvents(ctx, []huiying.Event{anEvent(next)}, nil))
		next++
	})
	once(t, names(got, eventID), names(all, eventID))
	if !slices.IsSortedFunc(got, func(a, b huiying.Event) int { return b.UpdatedAt.Compare(a.UpdatedAt) }) {
		t.Error("not the latest changed first")
	}
	badCursor(t, func(c string) (huiying.Page[huiying.Event], error) {
		return l.Events(ctx, huiying.EventQuery{Cursor: c})
	})
}
