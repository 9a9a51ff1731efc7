package storetest

import (
	"errors"
	"sync"
	"testing"

	"huiying"
)

func issuesAreNumbered(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	issue := func(region huiying.Region, kind huiying.ReportKind, year, n, from int) huiying.Issue {
		return huiying.Issue{
			Region: region, Kind: kind, Year: year, N: n, Number: huiying.ReportRule{Code: "交舆日报"}.Number(year, n), From: at(from), To: at(from + 60),
			By: huiying.Person{User: "zhao", Name: "赵", Role: huiying.Leader, Region: region}, At: at(from + 60),
			Files: []huiying.Attachment{{Hash: "ab", Name: "日报.docx", Type: "x", Size: 3, At: at(from + 60)}},
		}
	}
	audit := huiying.Audit{At: at(5), Region: county, Who: "zhao", Action: "report.issue"}
	first, second := issue(county, huiying.ReportDaily, 2026, 1, 0), issue(county, huiying.ReportDaily, 2026, 2, 1440)
	must(t, l.SaveIssue(ctx, first, audit))
	again := issue(county, huiying.ReportDaily, 2026, 2, 0)
	is(t, l.SaveIssue(ctx, again, audit), huiying.ErrConflict)
	taken := second
	taken.N = 1
	is(t, l.SaveIssue(ctx, taken, audit), huiying.ErrStale)
	taken.N = 3
	is(t, l.SaveIssue(ctx, taken, audit), huiying.ErrStale)
	must(t, l.SaveIssue(ctx, second, audit))
	for _, own := range []huiying.Issue{issue(other, huiying.ReportDaily, 2026, 1, 0), issue(county, huiying.ReportWeekly, 2026, 1, 0), issue(county, huiying.ReportDaily, 2027, 1, 2880)} {
		must(t, l.SaveIssue(ctx, own, audit)) // each county, kind and year has numbers of its own
	}
	if n := value(l.NextIssue(ctx, county, huiying.ReportDaily, 2026))(t); n != 3 {
		t.Errorf("the next number is %d", n)
	}
	same(t, "an issue", value(l.Issue(ctx, county, huiying.ReportDaily, 2026, 2))(t), second)
	same(t, "the issue of a period", value(l.IssueOf(ctx, county, huiying.ReportDaily, at(0)))(t), first)
	_, err := l.IssueOf(ctx, county, huiying.ReportMonthly, at(0))
	is(t, err, huiying.ErrNotFound)
	_, err = l.Issue(ctx, county, huiying.ReportDaily, 2026, 3)
	is(t, err, huiying.ErrNotFound)
	if list := value(l.Issues(ctx, county, 3))(t); len(list) != 3 || list[0].Year != 2027 || list[1].N != 2 {
		t.Errorf("the latest issues: %+v", list)
	}

	var all sync.WaitGroup
	got := make([]error, 8)
	for i := range got { // everybody wants the same number, for a day of his own
		all.Go(func() { got[i] = l.SaveIssue(ctx, issue(county, huiying.ReportDaily, 2026, 3, 1440*(i+5)), audit) })
	}
	all.Wait()
	won := 0
	for _, err := range got {
		if err == nil {
			won++
		} else if !errors.Is(err, huiying.ErrStale) {
			t.Error(err)
		}
	}
	if n := value(l.VerifyAudit(ctx))(t); won != 1 || n != 6 {
		t.Errorf("%d had number 3, and %d audit rows", won, n)
	}
}
