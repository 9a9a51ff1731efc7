package ledger

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"huiying"
)

// benchCase is a case as large as a real one: evidence, reasons, two units, six
// clocks.
func benchCase(n int) (huiying.Case, huiying.Change) {
	opened := time.Date(2026, 1, 1, 0, 0, 0, 0, huiying.Beijing).Add(time.Duration(n) * time.Minute)
	c := huiying.Case{
		ID: huiying.CaseID(fmt.Sprintf("c%08d", n)), Region: "141122", Queue: huiying.Online, State: huiying.StateAssigned, Version: 1, Rev: 1,
		Level: huiying.Levels[n%4], Title: fmt.Sprintf("群众反映瓦窑小区暖气不热 %d", n), Summary: "物业说锅炉检修，群众反映多次，至今没有解决，老人和孩子受冻。", Category: "城乡建设",
		OpenedAt: opened, FirstSeenAt: opened, EventAt: opened, AssignedAt: opened,
		Units: []huiying.CaseUnit{
			{Unit: huiying.UnitID(fmt.Sprintf("u%02d", n%50)), Lead: true, AssignedAt: opened, AckedAt: opened.Add(time.Duration(n%60) * time.Minute)},
			{Unit: "tnz", AssignedAt: opened},
		},
	}
	for i := range 10 {
		c.Evidence = append(c.Evidence, huiying.Evidence{
			Post: huiying.PostID(fmt.Sprintf("p%08d", n*10+i)), Source: "卦山论坛", Channel: huiying.ChannelForum, URL: "http://127.0.0.1/post/1",
			Headline: "暖气不热", Excerpt: "瓦窑小区暖气不热，物业说锅炉检修，群众反映多次，至今没有解决，老人和孩子受冻，请有关部门尽快处理。", PublishedAt: opened,
		})
	}
	for i, kind := range []huiying.ClockKind{huiying.ClockJudge, huiying.ClockAcknowledge, huiying.ClockFeedback, huiying.ClockAuthoritative, huiying.ClockPress, huiying.ClockRespond} {
		k := huiying.Clock{Kind: kind, Start: opened, StartWhy: "自交办起算", Limit: huiying.Duration(time.Hour), Due: opened.Add(time.Duration(i+1) * time.Hour), Rule: "国办发〔2016〕61号"}
		if i < 2 {
			k.StoppedAt = opened.Add(time.Minute)
		}
		c.Clocks = append(c.Clocks, k)
	}
	if n%10 != 0 {
		c.State = huiying.StateClosed
		for i := range c.Clocks {
			c.Clocks[i].StoppedAt = opened.Add(30 * time.Hour)
		}
	}
	return c, huiying.Change{
		Entries: []huiying.Entry{{At: opened, Action: huiying.ActOpen, By: huiying.TheSystem(c.Region), To: c.State}, {At: opened, Action: huiying.ActAssign, To: c.State}},
		Notify: []huiying.Notification{{
			ID: huiying.NotificationID(fmt.Sprintf("n%08d", n)), Unit: c.Units[0].Unit, Channel: "inapp", To: "li", CreatedAt: opened, NextAt: opened, Status: huiying.NotifySent,
		}},
		Audit:  []huiying.Audit{{At: opened, Region: c.Region, Who: "li", Action: "case.assign", Object: string(c.ID)}},
		NextAt: opened.Add(time.Hour), HasNext: n%10 == 0,
	}
}

// BenchmarkSaveCase is one action on a case: read it, save it with an entry and
// an audit row.
func BenchmarkSaveCase(b *testing.B) {
	l := openLedger(b)
	ctx := context.Background()
	for n := range 200 {
		c, ch := benchCase(n)
		if _, err := l.OpenCase(ctx, c, ch); err != nil {
			b.Fatal(err)
		}
	}
	n := 0
	for b.Loop() {
		n++
		if err := act(ctx, l, huiying.CaseID(fmt.Sprintf("c%08d", n%200))); err != nil {
			b.Fatal(err)
		}
	}
}

func act(ctx context.Context, l *Ledger, id huiying.CaseID) error {
	c, err := l.Case(ctx, id)
	if err != nil {
		return err
	}
	c.Rev++
	now := c.OpenedAt.Add(time.Hour)
	return l.SaveCase(ctx, c, c.Rev-1, huiying.Change{
		Entries: []huiying.Entry{{At: now, Action: huiying.ActComment, Detail: "已联系"}}, Silence: []huiying.UnitID{c.Units[0].Unit},
		Audit: []huiying.Audit{{At: now, Region: c.Region, Who: "wang", Action: "case.comment", Object: string(id)}},
	})
}

// TestActionsOnManyCases prints how long actions and lists take with as many
// cases as HUIYING_BENCH_CASES says (DESIGN: action p99 ≤ 50 ms at 100,000).
func TestActionsOnManyCases(t *testing.T) {
	var n int
	if _, err := fmt.Sscan(os.Getenv("HUIYING_BENCH_CASES"), &n); err != nil || n == 0 {
		t.Skip("HUIYING_BENCH_CASES is not set")
	}
	ctx := context.Background()
	l, err := OpenSQLite(ctx, filepath.Join(t.TempDir(), "many.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	began := time.Now()
	for i := range n {
		c, ch := benchCase(i)
		if _, err := l.OpenCase(ctx, c, ch); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d cases opened in %v", n, time.Since(began).Round(time.Second))
	yes := true
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, huiying.Beijing).Add(time.Duration(n) * time.Minute)
	step := 0
	list := func(q huiying.CaseQuery) func() error {
		q.Region = "141122"
		return func() error { _, err := l.Cases(ctx, q); return err }
	}
	for _, c := range []struct {
		name string
		runs int
		run  func() error
	}{
		{"an action", 500, func() error { step++; return act(ctx, l, huiying.CaseID(fmt.Sprintf("c%08d", step*7919%n))) }},
		{"what is due", 200, func() error { _, err := l.DueCases(ctx, now.Add(-time.Hour), 50); return err }},
		{"latest cases", 50, list(huiying.CaseQuery{})},
		{"open cases by deadline", 50, list(huiying.CaseQuery{Open: &yes, ByDue: true})},
		{"open cases of a unit", 50, list(huiying.CaseQuery{Open: &yes, Unit: "u10"})},
		{"overdue cases", 50, list(huiying.CaseQuery{Overdue: true, Now: now, ByDue: true})},
		{"by title", 20, list(huiying.CaseQuery{Text: "不热 77"})},
		{"count of open cases", 20, func() error { _, err := l.CountCases(ctx, huiying.CaseQuery{Region: "141122", Open: &yes}); return err }},
		{"overview", 20, func() error { _, err := l.CaseOverview(ctx, "141122", now); return err }},
		{"statistics of 30 days", 20, func() error {
			_, err := l.UnitStats(ctx, huiying.StatsQuery{Region: "141122", From: now.AddDate(0, 0, -30), To: now, Now: now})
			return err
		}},
		{"statistics of everything", 5, func() error {
			_, err := l.UnitStats(ctx, huiying.StatsQuery{Region: "141122", Now: now})
			return err
		}},
		{"verify the audit chain", 1, func() error { _, err := l.VerifyAudit(ctx); return err }},
	} {
		var took []time.Duration
		for range c.runs {
			began := time.Now()
			if err := c.run(); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(began).Round(10*time.Microsecond))
		}
		slices.Sort(took)
		t.Logf("%-26s p50 %9v p99 %9v", c.name, took[len(took)/2], took[len(took)*99/100])
	}
}
