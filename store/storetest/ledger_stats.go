package storetest

import (
	"fmt"
	"math"
	"testing"
	"time"

	"huiying"
)

// statsByHand is worked out on paper. Minutes from assignment (all at minute 0
// but the last two); acknowledgement is due after 30 minutes.
//
//	case  level   jkj (lead)                          tnz (helper)
//	1     yellow  ack 10, feedback 60, answer 120     ack 20
//	2     yellow  ack 20, feedback 100, answer 300, closed 600
//	3     yellow  ack 45 (late)                       –
//	4     red     no ack, clock open (late now)       no ack, clock open (late now)
//	5     yellow  ack 30 (on the dot), case of another county
//	6     yellow  sent at 5000, ack clock open, not due yet
func statsByHand(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	must(t, l.SaveUnits(ctx, []huiying.Unit{{ID: "jkj", Region: county, Name: "县教育科技局", Short: "教科局"}}))
	type part struct {
		unit          huiying.UnitID
		ack, feedback int // minutes, −1 never
	}
	add := func(n int, level huiying.Level, region huiying.Region, sent, responded, closed int, parts ...part) {
		c := aCase(n)
		c.Level, c.Region, c.AssignedAt, c.State, c.Clocks = level, region, at(sent), huiying.StateAssigned, nil
		for i, p := range parts {
			u := huiying.CaseUnit{Unit: p.unit, Lead: i == 0, AssignedAt: at(sent)}
			k := huiying.Clock{Kind: huiying.ClockAcknowledge, Unit: p.unit, Start: at(sent), Due: at(sent + 30)}
			if p.ack >= 0 {
				u.AckedAt, k.StoppedAt = at(sent+p.ack), at(sent+p.ack)
			}
			if p.feedback >= 0 {
				u.FeedbackAt = at(sent + p.feedback)
			}
			c.Units, c.Clocks = append(c.Units, u), append(c.Clocks, k)
		}
		if responded >= 0 {
			c.RespondedAt, c.State = at(sent+responded), huiying.StateResponded
		}
		if closed >= 0 {
			c.ClosedAt, c.State = at(sent+closed), huiying.StateClosed
		}
		must(t, func() error { _, err := l.OpenCase(ctx, c, huiying.Change{}); return err }())
	}
	add(1, huiying.Yellow, county, 0, 120, -1, part{"jkj", 10, 60}, part{"tnz", 20, -1})
	add(2, huiying.Yellow, county, 0, 300, 600, part{"jkj", 20, 100})
	add(3, huiying.Yellow, county, 0, -1, -1, part{"jkj", 45, -1})
	add(4, huiying.Red, county, 0, -1, -1, part{"jkj", -1, -1}, part{"tnz", -1, -1})
	add(5, huiying.Yellow, other, 0, -1, -1, part{"ws", 30, -1})
	add(6, huiying.Yellow, county, 5000, -1, -1, part{"jkj", -1, -1})

	stats := func(region huiying.Region, level huiying.Level, from, to time.Time) map[huiying.UnitID]huiying.UnitStats {
		t.Helper()
		list := value(l.UnitStats(ctx, huiying.StatsQuery{Region: region, Level: level, From: from, To: to, Now: at(5010)}))(t)
		if len(list) == 0 || list[0].Unit != "" {
			t.Fatalf("all units together must come first: %+v", list)
		}
		out := make(map[huiying.UnitID]huiying.UnitStats)
		for _, s := range list {
			s.OnTime = math.Round(s.OnTime*1000) / 1000
			out[s.Unit] = s
		}
		if len(out) != len(list) {
			t.Errorf("a unit comes twice: %+v", list)
		}
		return out
	}
	const minute = 60.0
	got := stats(county, huiying.NoLevel, at(0), at(6000))
	same(t, "jkj", got["jkj"], huiying.UnitStats{
		Region: county, Unit: "jkj", Name: "教科局", N: 5, Acked: 3, AckMedian: 20 * minute, AckP90: 45 * minute,
		Feedback: huiying.Spread{N: 2, Median: 80 * minute, P90: 100 * minute}, Response: huiying.Spread{N: 2, Median: 210 * minute, P90: 300 * minute},
		Close: huiying.Spread{N: 1, Median: 600 * minute, P90: 600 * minute},
		Due:   4, OnTime: 0.5, LateNow: 1, // 1 and 2 in time, 3 late, 4 never; 6 is not due yet
	})
	same(t, "tnz", got["tnz"], huiying.UnitStats{
		Region: county, Unit: "tnz", Name: "tnz", N: 2, Acked: 1, AckMedian: 20 * minute, AckP90: 20 * minute, Due: 2, OnTime: 0.5, LateNow: 1,
	})
	all := got[""]
	if all.N != 7 || all.Acked != 4 || all.AckMedian != 20*minute || all.AckP90 != 45*minute || all.Due != 6 || all.OnTime != 0.5 || all.LateNow != 2 || all.Response.N != 2 {
		t.Errorf("all units: %+v", all)
	}
	if _, ok := got["ws"]; ok || len(got) != 3 {
		t.Errorf("units of another county: %+v", got)
	}
	if s := stats(county, huiying.Red, at(0), at(6000)); s["jkj"].N != 1 || s["jkj"].Acked != 0 || s["jkj"].Level != huiying.Red || s["tnz"].LateNow != 1 || len(s) != 3 {
		t.Errorf("red only: %+v", s)
	}
	if s := stats("1411", huiying.NoLevel, time.Time{}, time.Time{}); s["ws"].OnTime != 1 || s["ws"].Due != 1 || s[""].N != 8 {
		t.Errorf("the prefecture: %+v", s)
	}
	if s := stats(county, huiying.NoLevel, at(4000), at(6000)); s["jkj"].N != 1 || s["jkj"].LateNow != 1 || s["tnz"].N != 0 || s["tnz"].LateNow != 1 {
		t.Errorf("what is late now shows whenever it was sent: %+v", s)
	}

	// A unit that is taken out of a case is not measured by it.
	c := value(l.Case(ctx, "c00004"))(t)
	c.Rev++
	c.Units, c.Clocks = c.Units[1:], c.Clocks[1:]
	must(t, l.SaveCase(ctx, c, 1, huiying.Change{}))
	if s := stats(county, huiying.Red, at(0), at(6000)); s["tnz"].N != 1 || len(s) != 2 {
		t.Errorf("after a unit was released: %+v", s)
	}
	if s := value(l.UnitStats(ctx, huiying.StatsQuery{Region: "15", From: at(0), To: at(1), Now: at(2)}))(t); len(s) != 1 || s[0].N != 0 || s[0].OnTime != 0 {
		t.Errorf("a region without cases: %+v", s)
	}
}

// keptByHand is worked out on paper: jkj leads four cases sent at minute 0, with
// feedback due after 60 and the answer after 120.
//
//	case  category  feedback            answer              else
//	1     城乡建设   50                  110                 paused 20, form sent back twice
//	2     城乡建设   61 (late)           121 (late)          reopened
//	3     教育文体   – (overdue)         – (void)            given back once before, by tnz
//	4     教育文体   – (due at 5000)     –                   given back at 4000 by tnz, taken by jkj
func keptByHand(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	add := func(n int, category string, feedback, answer, feedbackDue int, change func(*huiying.Case)) {
		c := aCase(n)
		c.Category, c.State = category, huiying.StateHandling
		c.Units = []huiying.CaseUnit{{Unit: "jkj", Lead: true, AssignedAt: at(0), AckedAt: at(5)}}
		f := huiying.Clock{Kind: huiying.ClockFeedback, Unit: "jkj", Start: at(0), Due: at(feedbackDue)}
		r := huiying.Clock{Kind: huiying.ClockRespond, Start: at(0), Due: at(120)}
		if feedback > 0 {
			c.Units[0].FeedbackAt, f.StoppedAt = at(feedback), at(feedback)
		}
		if answer > 0 {
			c.RespondedAt, r.StoppedAt = at(answer), at(answer)
		}
		c.Clocks = []huiying.Clock{f, r}
		change(&c)
		must(t, func() error { _, err := l.OpenCase(ctx, c, huiying.Change{}); return err }())
	}
	add(1, "城乡建设", 50, 110, 60, func(c *huiying.Case) {
		c.Clocks[0].Excused, c.Units[0].SentBack = huiying.Duration(20*time.Minute), 2
	})
	add(2, "城乡建设", 61, 121, 60, func(c *huiying.Case) { c.Units[0].Reopened = 1 })
	add(3, "教育文体", 0, 0, 60, func(c *huiying.Case) {
		c.Clocks[1].StoppedAt, c.Clocks[1].Void = at(10), true
		c.Refusals = []huiying.Refusal{{Unit: "tnz", At: at(1)}}
	})
	add(4, "教育文体", 0, 0, 5000, func(c *huiying.Case) { c.Refusals = []huiying.Refusal{{Unit: "tnz", At: at(4000)}} })
	drill := aCase(5)
	drill.Drill, drill.Refusals = true, []huiying.Refusal{{Unit: "tnz", At: at(1)}}
	mustOpen(t, l, drill, huiying.Change{})

	stats := func(category string, to int) map[huiying.UnitID]huiying.UnitStats {
		out := make(map[huiying.UnitID]huiying.UnitStats)
		for _, s := range value(l.UnitStats(ctx, huiying.StatsQuery{Region: county, Category: category, From: at(0), To: at(to), Now: at(300)}))(t) {
			out[s.Unit] = s
		}
		return out
	}
	all := stats("", 6000)
	s := all["jkj"]
	third := 1.0 / 3
	same(t, "first feedback in time", s.FeedbackKept, huiying.Kept{Due: 3, Share: third})
	same(t, "answers in time", s.ResponseKept, huiying.Kept{Due: 3, Share: third}) // 1, 2 and 4
	if s.SentBack != 1 || s.Reopened != 1 || s.Excused != 1 || s.ExcusedTime != 1200 || s.Refused != 0 || s.LateNow != 2 {
		t.Errorf("jkj: %+v", s)
	}
	if all["tnz"].Refused != 2 || all["tnz"].N != 0 || all[""].Refused != 2 || all[""].Reopened != 1 {
		t.Errorf("tnz: %+v, all: %+v", all["tnz"], all[""])
	}
	if s := stats("教育文体", 100); s["jkj"].N != 2 || s["jkj"].FeedbackKept.Due != 1 || s["tnz"].Refused != 1 || s["jkj"].LateNow != 2 {
		t.Errorf("one category, to minute 100: %+v", s)
	}
}

func overviewAgrees(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	all := variedCases(t, l, 60)
	must(t, l.SaveEvents(ctx, []huiying.Event{anEvent(0), anEvent(100), anEvent(2000)}, nil))
	must(t, l.SaveRejections(ctx, []huiying.Rejection{{At: at(1), Region: county}, {At: at(1), Region: other}}))
	now := at(24*60 + 50)
	o := value(l.CaseOverview(ctx, county, now))(t)
	yes := true
	count := func(q huiying.CaseQuery) int { q.Region = county; return value(l.CountCases(ctx, q))(t) }
	midnight := time.Date(2026, 3, 3, 0, 0, 0, 0, huiying.Beijing)
	unacked := 0
	for _, c := range all {
		if c.Region == county && len(c.Units) > 0 && !c.State.Ended() {
			unacked++
		}
	}
	for _, c := range []struct {
		what      string
		got, want int
	}{
		{"open", o.CasesOpen, count(huiying.CaseQuery{Open: &yes})},
		{"total", o.CasesTotal, count(huiying.CaseQuery{})},
		{"today", o.CasesToday, count(huiying.CaseQuery{From: midnight})},
		{"late now", o.LateNow, count(huiying.CaseQuery{Overdue: true, Now: now})},
		{"unacknowledged", o.Unacked, unacked},
		{"open red", o.ByLevel["red"], count(huiying.CaseQuery{Open: &yes, Level: huiying.Red})},
		{"in triage", o.ByState["triage"], count(huiying.CaseQuery{States: []huiying.CaseState{huiying.StateTriage}})},
		{"active events", o.EventsOpen, 2},
		{"rejected", o.Rejected, 1},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.what, c.got, c.want)
		}
	}
	if o.CasesOpen == 0 || o.LateNow == 0 || o.Unacked == 0 || !o.At.Equal(now) {
		t.Errorf("the overview: %+v", o)
	}
	late := aCase(24*60 + 10)
	late.Units = []huiying.CaseUnit{{Unit: "jkj", Lead: true, AssignedAt: late.OpenedAt, AckedAt: late.OpenedAt.Add(4 * time.Minute)}}
	mustOpen(t, l, late, opened(late))
	o = value(l.CaseOverview(ctx, county, now))(t)
	if o.CasesToday != 1 || o.AckMedian != 240 || o.AckP90 != 240 {
		t.Errorf("after a case of today: %+v", o)
	}
}

func regionsAreCompared(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	const far huiying.Region = "140105" // of another prefecture
	for i, region := range []huiying.Region{county, other, far} {
		must(t, l.SaveUnits(ctx, []huiying.Unit{{ID: "gaj", Region: region, Name: "公安局" + string(region)}}))
		for n := range i + 1 {
			c := aCase(10*i + n)
			c.Region, c.AssignedAt, c.State, c.Clocks = region, at(0), huiying.StateAssigned, nil
			c.Units = []huiying.CaseUnit{{Unit: "gaj", Lead: true, AssignedAt: at(0), AckedAt: at(10 * (i + 1))}}
			must(t, func() error { _, err := l.OpenCase(ctx, c, huiying.Change{}); return err }())
		}
	}
	list := value(l.Units(ctx, "14"))(t)
	if len(list) != 3 {
		t.Errorf("three police offices are %d", len(list))
	}
	units := value(l.UnitStats(ctx, huiying.StatsQuery{Region: "14", Now: at(100)}))(t)
	if len(units) != 4 || units[1].Name != "公安局140105" || units[1].N != 3 || units[3].Name != "公安局141122" || units[3].N != 1 {
		t.Errorf("units of the same name: %+v", units)
	}
	regions := func(above huiying.Region) (out []string) {
		for _, s := range value(l.RegionStats(ctx, huiying.StatsQuery{Region: above, Now: at(100)}))(t) {
			out = append(out, fmt.Sprintf("%s %d %.0f", s.Region, s.N, s.AckMedian/60))
		}
		return out
	}
	same(t, "the prefectures of the province", regions("14"), []string{" 6 25", "1401 3 30", "1411 3 20"})
	same(t, "the counties of the prefecture", regions("1411"), []string{" 3 20", "141123 2 20", "141122 1 10"})
	same(t, "what is below a county", regions(county), []string(nil))
}
