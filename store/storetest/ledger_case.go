package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"huiying"
)

// aCase makes the n-th case: opened n minutes after day, of county unless changed.
func aCase(n int) huiying.Case {
	return huiying.Case{
		ID: id[huiying.CaseID]("c", n), Version: 1, Rev: 1, Region: county, Queue: huiying.Online, State: huiying.StateTriage, Level: huiying.Yellow,
		Title: fmt.Sprintf("第%d件 学校食堂", n), Category: "教育文体", EventAt: at(n - 30), FirstSeenAt: at(n), OpenedAt: at(n),
		Clocks: []huiying.Clock{{Kind: huiying.ClockJudge, Start: at(n), StartWhy: "自登记起算", Limit: huiying.Duration(30 * time.Minute), Hours: huiying.PlainHours, Due: at(n + 30)}},
	}
}

// entry is what opening a case puts on its timeline.
func entry(c huiying.Case, action huiying.Action) huiying.Entry {
	return huiying.Entry{At: c.OpenedAt, Action: action, By: huiying.TheSystem(c.Region), To: c.State, Detail: "登记"}
}

func opened(c huiying.Case) huiying.Change {
	return huiying.Change{Entries: []huiying.Entry{entry(c, huiying.ActOpen)}, NextAt: c.Clocks[0].Due, HasNext: true, Word: "交舆"}
}

func mustOpen(t *testing.T, l LedgerUnderTest, c huiying.Case, ch huiying.Change) huiying.Case {
	t.Helper()
	return value(l.OpenCase(background(t), c, ch))(t)
}

func anEvent(n int) huiying.Event {
	return huiying.Event{
		ID: id[huiying.EventID]("e", n), Region: county, Queue: huiying.Online, Title: fmt.Sprintf("第%d件 供暖", n), Category: "城乡建设", Posts: 2, Level: huiying.Blue,
		Channels: map[huiying.Channel]int{huiying.ChannelForum: 2}, FirstPost: id[huiying.PostID]("p", n), FirstAt: at(n - 60), FirstSeenAt: at(n - 50), LastAt: at(n), UpdatedAt: at(n),
		Track: huiying.Track{Prints: []huiying.Fingerprint{7, 1 << 63}, Terms: map[string]float64{"供暖": 0.8}},
	}
}

func caseComesBack(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	in := aCase(1)
	in.Flags = []huiying.Flag{huiying.FlagMinor}
	in.Places = []huiying.Place{{Name: "天宁镇", Code: "141122100", Start: 2, End: 5}}
	in.Evidence = []huiying.Evidence{{Post: "p1", Source: "卦山论坛", Channel: huiying.ChannelForum, Headline: "it's \"食堂\"?", PublishedAt: at(-10)}}
	in.Units = []huiying.CaseUnit{{Unit: "jkj", Lead: true, AssignedAt: at(2), AckedAt: at(5), AckedBy: "王五"}}
	in.Responses = []huiying.Response{{Text: "情况属实", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public, At: at(90), By: "zhao"}}
	in.RespondedAt = at(90)
	stored := mustOpen(t, l, in, opened(in))
	in.Number = "交舆〔2026〕0001号"
	same(t, "what OpenCase returns", stored, in)
	same(t, "the case", value(l.Case(ctx, in.ID))(t), in)
	_, err := l.Case(ctx, "nobody")
	is(t, err, huiying.ErrNotFound)
	_, err = l.OpenCase(ctx, aCase(1), opened(in))
	is(t, err, huiying.ErrConflict)
	is(t, l.SaveCase(ctx, huiying.Case{ID: "nobody", Region: county, Rev: 2}, 1, huiying.Change{}), huiying.ErrNotFound)
}

// A period is asked for by what happened in it, and rumours may be left out.
func casesOfAPeriod(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	made := func(n int, change func(*huiying.Case)) {
		c := aCase(n)
		c.Units = []huiying.CaseUnit{{Unit: "jkj", Lead: true, AssignedAt: at(n)}, {Unit: "wjj", AssignedAt: at(n)}}
		change(&c)
		mustOpen(t, l, c, opened(c))
	}
	made(1, func(c *huiying.Case) { c.RespondedAt = at(90) })
	made(2, func(c *huiying.Case) { c.RespondedAt, c.ClosedAt, c.State = at(90), at(99), huiying.StateClosed })
	made(3, func(c *huiying.Case) {
		c.RespondedAt, c.ClosedAt, c.State, c.Rumor = at(91), at(100), huiying.StateClosed, huiying.RumorRefuted
	})
	made(4, func(*huiying.Case) {})
	for _, x := range []struct {
		name string
		q    huiying.CaseQuery
		want int
	}{
		{"opened", huiying.CaseQuery{From: at(0), To: at(1000)}, 4},
		{"opened, facts", huiying.CaseQuery{From: at(0), To: at(1000), Factual: true}, 3},
		{"answered", huiying.CaseQuery{Moment: huiying.MomentAnswered, From: at(90), To: at(91)}, 2},
		{"answered, open end", huiying.CaseQuery{Moment: huiying.MomentAnswered, From: at(90)}, 3},
		{"answered, facts", huiying.CaseQuery{Moment: huiying.MomentAnswered, From: at(90), To: at(1000), Factual: true}, 2},
		{"answered before anybody was", huiying.CaseQuery{Moment: huiying.MomentAnswered, To: at(90)}, 0},
		{"closed", huiying.CaseQuery{Moment: huiying.MomentClosed, From: at(99), To: at(100)}, 1},
		{"closed, without a period", huiying.CaseQuery{Moment: huiying.MomentClosed}, 2},
	} {
		same(t, x.name, len(value(l.Cases(ctx, x.q))(t).Items), x.want)
		same(t, "count of "+x.name, value(l.CountCases(ctx, x.q))(t), x.want)
	}
}

func openIsOneTransaction(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	must(t, l.SaveEvents(ctx, []huiying.Event{anEvent(1)}, nil))
	c := aCase(1)
	c.Event = "e00001"
	ch := opened(c)
	ch.Notify = []huiying.Notification{letter(c, 1, "jkj", huiying.NotifyPending)}
	ch.Audit = []huiying.Audit{{At: at(1), Region: county, Who: "li", Role: huiying.Monitor, Action: "case.open", Object: string(c.ID)}}
	c = mustOpen(t, l, c, ch)
	tl := value(l.Timeline(ctx, c.ID))(t)
	if len(tl) != 1 || tl[0].Case != c.ID || tl[0].Seq != 1 || tl[0].Action != huiying.ActOpen || !tl[0].At.Equal(at(1)) {
		t.Errorf("timeline: %+v", tl)
	}
	if n := value(l.CaseNotifications(ctx, c.ID))(t); len(n) != 1 || n[0].Number != c.Number {
		t.Errorf("notifications carry no number: %+v", n)
	}
	same(t, "the event's case", value(l.Event(ctx, "e00001"))(t).Case, c.ID)
	found, ok, err := l.CaseOfEvent(ctx, "e00001")
	must(t, err)
	if !ok || found.ID != c.ID {
		t.Errorf("CaseOfEvent: %v %v", found.ID, ok)
	}
	if _, ok, err := l.CaseOfEvent(ctx, "e00002"); ok || err != nil {
		t.Errorf("an event without a case: %v %v", ok, err)
	}

	second := aCase(2)
	second.Event = "e00001"
	ch = opened(second)
	ch.Notify = []huiying.Notification{letter(second, 2, "jkj", huiying.NotifyPending)}
	ch.Audit = []huiying.Audit{{At: at(2), Region: county, Action: "case.open"}}
	_, err = l.OpenCase(ctx, second, ch)
	is(t, err, huiying.ErrConflict)
	second.Event = "nobody"
	_, err = l.OpenCase(ctx, second, ch)
	is(t, err, huiying.ErrNotFound)
	if n := value(l.CountCases(ctx, huiying.CaseQuery{}))(t); n != 1 {
		t.Errorf("%d cases after a refused one, want 1", n)
	}
	if n := value(l.CaseNotifications(ctx, second.ID))(t); len(n) != 0 {
		t.Errorf("a refused case left notifications: %+v", n)
	}
	if n := value(l.VerifyAudit(ctx))(t); n != 1 {
		t.Errorf("%d audit rows, want 1", n)
	}
	second.Event = ""
	if c := mustOpen(t, l, second, opened(second)); c.Number != "交舆〔2026〕0002号" {
		t.Errorf("a refused case used up a number: the next is %s", c.Number)
	}
}

func numbersAreGapless(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	var mu sync.Mutex
	numbers := make(map[string][]string)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 15 {
				c := aCase(w*100 + i)
				group := "交城 2026"
				switch i % 3 {
				case 1:
					c.Region, group = other, "文水 2026"
				case 2: // in Beijing this is the next year already
					c.OpenedAt, group = time.Date(2026, 12, 31, 16, 30, 0, 0, time.UTC), "交城 2027"
				}
				got, err := l.OpenCase(ctx, c, opened(c))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				numbers[group] = append(numbers[group], got.Number)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for group, got := range numbers {
		var want []string
		for i := range 20 {
			want = append(want, fmt.Sprintf("交舆〔%s〕%04d号", strings.Fields(group)[1], i+1))
		}
		slices.Sort(got)
		same(t, group, got, want)
	}
}

func oneCaseAnEvent(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	must(t, l.SaveEvents(ctx, []huiying.Event{anEvent(1)}, nil))
	var mu sync.Mutex
	made := 0
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			c := aCase(w)
			c.Event = "e00001"
			_, err := l.OpenCase(ctx, c, opened(c))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case !errors.Is(err, huiying.ErrConflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := value(l.CountCases(ctx, huiying.CaseQuery{Event: "e00001"}))(t); made != 1 || n != 1 {
		t.Errorf("%d were told they opened the case, %d are stored, want 1", made, n)
	}
}

func numberByHand(t *testing.T, l LedgerUnderTest) {
	c := aCase(1)
	c.Number = "交舆〔2026〕0002号"
	same(t, "the number by hand", mustOpen(t, l, c, opened(c)).Number, "交舆〔2026〕0002号")
	same(t, "the first drawn", mustOpen(t, l, aCase(2), opened(aCase(2))).Number, "交舆〔2026〕0001号")
	same(t, "the second drawn", mustOpen(t, l, aCase(3), opened(aCase(3))).Number, "交舆〔2026〕0003号")
	c = aCase(4)
	c.Number = "交舆〔2026〕0001号"
	_, err := l.OpenCase(background(t), c, opened(c))
	is(t, err, huiying.ErrConflict)
	c.Region = other
	mustOpen(t, l, c, opened(c)) // another county counts for itself
}

func optimisticLock(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	c := mustOpen(t, l, aCase(1), opened(aCase(1)))
	for round := range 20 {
		var mu sync.Mutex
		won, stale := "", 0
		var wg sync.WaitGroup
		for _, who := range []string{"甲", "乙"} {
			wg.Go(func() {
				next := c
				next.Rev, next.Version, next.Summary = c.Rev+1, c.Version+1, fmt.Sprint(who, round)
				err := l.SaveCase(ctx, next, c.Rev, huiying.Change{Entries: []huiying.Entry{{At: at(round), Action: huiying.ActComment, Detail: next.Summary}}})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won = next.Summary
				case errors.Is(err, huiying.ErrStale):
					stale++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		after := value(l.Case(ctx, c.ID))(t)
		if won == "" || stale != 1 || after.Summary != won || after.Rev != c.Rev+1 {
			t.Fatalf("round %d: %q won, %d stale, stored %q at revision %d", round, won, stale, after.Summary, after.Rev)
		}
		c = after
	}
	tl := value(l.Timeline(ctx, c.ID))(t)
	if len(tl) != 21 || tl[20].Detail != c.Summary {
		t.Errorf("%d entries: a stale save left one", len(tl))
	}
	if err := l.SaveCase(ctx, c, c.Rev, huiying.Change{}); err == nil {
		t.Error("a save that does not raise the revision was taken: the next one could not be told apart")
	}
}

func timelineIsNumbered(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	mustOpen(t, l, aCase(1), opened(aCase(1)))
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; i < 5; {
				c, err := l.Case(ctx, "c00001")
				if err != nil {
					t.Error(err)
					return
				}
				prev := c.Rev
				c.Rev++
				entries := []huiying.Entry{{At: at(w), Action: huiying.ActEscalate, Detail: fmt.Sprintf("%d-%d", w, i)}, {At: at(w), Action: huiying.ActOverdue, Detail: "次"}}
				err = l.SaveCase(ctx, c, prev, huiying.Change{Entries: entries})
				if errors.Is(err, huiying.ErrStale) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				i++
			}
		})
	}
	wg.Wait()
	tl := value(l.Timeline(ctx, "c00001"))(t)
	if len(tl) != 41 {
		t.Fatalf("%d entries, want 41", len(tl))
	}
	for i, e := range tl {
		if e.Seq != i+1 || e.Case != "c00001" {
			t.Errorf("entry %d is numbered %d of %s", i+1, e.Seq, e.Case)
		}
		if i > 0 && i%2 == 0 && (e.Detail != "次" || tl[i-1].Action != huiying.ActEscalate) {
			t.Errorf("entries of one change are not side by side at %d", i)
		}
	}
}

func dueOrder(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	if _, ok, err := l.NextDue(ctx); ok || err != nil {
		t.Errorf("something is due in an empty ledger: %v", err)
	}
	for n, due := range map[int]int{1: 50, 2: 20, 3: 90, 4: 20} {
		c := aCase(n)
		ch := opened(c)
		ch.NextAt = at(due)
		mustOpen(t, l, c, ch)
	}
	c := aCase(5)
	ch := opened(c)
	ch.NextAt, ch.HasNext = time.Time{}, false
	mustOpen(t, l, c, ch)
	next, ok, err := l.NextDue(ctx)
	must(t, err)
	if !ok || !next.Equal(at(20)) {
		t.Errorf("next due at %v, %v", next, ok)
	}
	same(t, "due at 60", value(l.DueCases(ctx, at(60), 10))(t), []huiying.CaseID{"c00002", "c00004", "c00001"})
	same(t, "due at 20 sharp", value(l.DueCases(ctx, at(20), 1))(t), []huiying.CaseID{"c00002"})
	if ids := value(l.DueCases(ctx, at(19), 10))(t); len(ids) != 0 {
		t.Errorf("due too early: %v", ids)
	}
	for i, n := range []int{2, 4, 1, 3} {
		c := value(l.Case(ctx, id[huiying.CaseID]("c", n)))(t)
		c.Rev++
		must(t, l.SaveCase(ctx, c, c.Rev-1, huiying.Change{}))
		if got := value(l.DueCases(ctx, at(100), 10))(t); len(got) != 3-i {
			t.Errorf("%v are due after %d were done", got, i+1)
		}
	}
	if _, ok, err := l.NextDue(ctx); ok || err != nil {
		t.Errorf("something is due after all were done: %v", err)
	}
}

// rescheduled also looks past one page, and at what somebody saves meanwhile.
func rescheduled(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	const n = 450
	for i := range n {
		c := aCase(i + 1)
		ch := opened(c)
		ch.NextAt = at(1000 + i)
		mustOpen(t, l, c, ch)
	}
	ended := aCase(n + 1)
	ended.State = huiying.StateClosed
	mustOpen(t, l, ended, huiying.Change{Entries: opened(ended).Entries})
	busy := id[huiying.CaseID]("c", 7)
	must(t, l.Reschedule(ctx, county, func(c huiying.Case) (time.Time, bool) {
		if c.State.Ended() {
			t.Errorf("%s has ended and is looked at", c.ID)
		}
		if c.ID == busy {
			c.Rev++
			must(t, l.SaveCase(ctx, c, c.Rev-1, huiying.Change{NextAt: at(5), HasNext: true}))
		}
		return at(10), c.ID != id[huiying.CaseID]("c", 9)
	}))
	same(t, "saved meanwhile", value(l.DueCases(ctx, at(5), 10))(t), []huiying.CaseID{busy})
	if got := len(value(l.DueCases(ctx, at(10), 2*n))(t)); got != n-1 {
		t.Errorf("%d are due at the new time, want all but the one that waits for nothing", got)
	}
	if got := len(value(l.DueCases(ctx, at(9000), 2*n))(t)); got != n-1 {
		t.Errorf("%d are due later, want %d", got, n-1)
	}
}

func savedTogether(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	must(t, l.SaveEvents(ctx, []huiying.Event{anEvent(1)}, nil))
	a := aCase(1)
	a.Event = "e00001"
	a, b := mustOpen(t, l, a, opened(aCase(1))), mustOpen(t, l, aCase(2), opened(aCase(2)))
	a.Rev, b.Rev, a.State, a.MergedInto = 2, 2, huiying.StateMerged, b.ID
	said := func(c huiying.Case) huiying.Change {
		return huiying.Change{Entries: []huiying.Entry{entry(c, huiying.ActMerge)}}
	}
	_, err := l.SaveCases(ctx, []huiying.CaseWrite{{Case: a, PrevRev: 1, Change: said(a)}, {Case: b, PrevRev: 7, Change: said(b)}})
	is(t, err, huiying.ErrStale)
	if kept := value(l.Case(ctx, a.ID))(t); kept.State == huiying.StateMerged || len(value(l.Timeline(ctx, a.ID))(t)) != 1 {
		t.Errorf("the first was saved although the second was stale: %+v", kept)
	}
	saved := value(l.SaveCases(ctx, []huiying.CaseWrite{{Case: a, PrevRev: 1, Change: said(a)}, {Case: aCase(3), Change: opened(aCase(3))}}))(t)
	if saved[1].Number == "" || value(l.Case(ctx, saved[1].ID))(t).Number != saved[1].Number {
		t.Errorf("the new case beside it: %+v", saved[1])
	}
	if e := value(l.Event(ctx, "e00001"))(t); e.Case != b.ID {
		t.Errorf("the event of a merged case belongs to %s, want %s", e.Case, b.ID)
	}
}

func drillsDoNotCount(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	drill := aCase(1)
	drill.Drill = true
	drill.Units = []huiying.CaseUnit{{Unit: "jkj", Lead: true, AssignedAt: at(2), AckedAt: at(5)}}
	drill.Clocks = append(drill.Clocks, huiying.Clock{Kind: huiying.ClockFeedback, Unit: "jkj", Start: at(2), Due: at(3)})
	drill = mustOpen(t, l, drill, opened(drill))
	real := mustOpen(t, l, aCase(2), opened(aCase(2)))
	if drill.Number != "交舆演〔2026〕0001号" || real.Number != "交舆〔2026〕0001号" {
		t.Errorf("numbers %s and %s", drill.Number, real.Number)
	}
	o := value(l.CaseOverview(ctx, county, at(4)))(t)
	if o.CasesOpen != 1 || o.CasesTotal != 1 || o.CasesToday != 1 || o.LateNow != 0 || o.AckMedian != 0 {
		t.Errorf("the overview counts the drill: %+v", o)
	}
	if s := value(l.UnitStats(ctx, huiying.StatsQuery{Region: county, From: at(0), To: at(100), Now: at(50)}))(t); s[0].N != 0 || s[0].LateNow != 0 {
		t.Errorf("statistics count the drill: %+v", s)
	}
	for want, drills := range map[huiying.CaseID]bool{drill.ID: true, real.ID: false} {
		if got := value(l.Cases(ctx, huiying.CaseQuery{Region: county, Drill: &drills}))(t); len(got.Items) != 1 || got.Items[0].ID != want {
			t.Errorf("drills %v: %+v", drills, got.Items)
		}
	}
}
