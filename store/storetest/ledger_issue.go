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
	must(t, l.SaveIssue(ctx, first, nil, audit))
	again := issue(county, huiying.ReportDaily, 2026, 2, 0)
	is(t, l.SaveIssue(ctx, again, nil, audit), huiying.ErrConflict)
	taken := second
	taken.N = 1
	is(t, l.SaveIssue(ctx, taken, nil, audit), huiying.ErrStale)
	taken.N = 3
	is(t, l.SaveIssue(ctx, taken, nil, audit), huiying.ErrStale)
	must(t, l.SaveIssue(ctx, second, nil, audit))
	for _, own := range []huiying.Issue{issue(other, huiying.ReportDaily, 2026, 1, 0), issue(county, huiying.ReportWeekly, 2026, 1, 0), issue(county, huiying.ReportDaily, 2027, 1, 2880)} {
		must(t, l.SaveIssue(ctx, own, nil, audit)) // each county, kind and year has numbers of its own
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
		all.Go(func() { got[i] = l.SaveIssue(ctx, issue(county, huiying.ReportDaily, 2026, 3, 1440*(i+5)), nil, audit) })
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

func reportsOfEventsAreIssuedInParts(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	audit := huiying.Audit{At: at(5), Region: county, Who: "zhao", Action: "report.issue"}
	issue := func(kind huiying.ReportKind, n, part int, event huiying.EventID) huiying.Issue {
		return huiying.Issue{Region: county, Kind: kind, Year: 2026, N: n, Number: "交舆快报", From: at(0), To: at(n), At: at(n), Event: event, Part: part, Title: "西营镇异味"}
	}
	must(t, l.SaveIssue(ctx, issue(huiying.ReportFlash, 1, 1, "e1"), nil, audit))
	is(t, l.SaveIssue(ctx, issue(huiying.ReportFlash, 2, 1, "e1"), nil, audit), huiying.ErrConflict)
	must(t, l.SaveIssue(ctx, issue(huiying.ReportFlash, 2, 2, "e1"), nil, audit))
	must(t, l.SaveIssue(ctx, issue(huiying.ReportUrgent, 1, 1, "e1"), nil, audit))
	must(t, l.SaveIssue(ctx, issue(huiying.ReportFlash, 3, 1, "e2"), nil, audit)) // of the same time
	got := value(l.IssuesOf(ctx, county, "e1"))(t)
	if len(got) != 3 || got[0].Part != 2 {
		t.Errorf("of the event: %+v", got)
	}
	if got := value(l.IssuesOf(ctx, other, "e1"))(t); len(got) != 0 {
		t.Errorf("of the next county: %+v", got)
	}
	if got := value(l.IssuesOf(ctx, county, ""))(t); len(got) != 0 {
		t.Errorf("of no event: %+v", got)
	}
}

// The mails of an issue are written with it or not at all, and one that left is
// on the audit.
func issuesAreMailed(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	audit := huiying.Audit{At: at(5), Region: county, Who: "zhao", Action: "report.issue"}
	first := huiying.Issue{Region: county, Kind: huiying.ReportDaily, Year: 2026, N: 1, Number: "交舆日报〔2026〕第1期", From: at(0), To: at(60), At: at(60)}
	mail := huiying.Notification{
		ID: "m1", Report: first.Name(), Region: county, Kind: huiying.NoticeReport, Channel: "mail", Role: huiying.Leader, ToName: "值班领导",
		CreatedAt: at(60), NextAt: at(60), Status: huiying.NotifyPending,
	}
	must(t, l.SaveIssue(ctx, first, []huiying.Notification{mail}, audit))
	second := mail
	second.ID = "m2"
	is(t, l.SaveIssue(ctx, first, []huiying.Notification{second}, audit), huiying.ErrConflict)
	list := value(l.ReportMail(ctx, county, 9))(t)
	if len(list) != 1 || list[0].Number != first.Number || list[0].Report != "daily-2026-1" {
		t.Fatalf("the mails: %+v", list)
	}
	if got := value(l.ReportMail(ctx, other, 9))(t); len(got) != 0 {
		t.Errorf("of the next county: %+v", got)
	}
	sent := value(l.DueNotifications(ctx, "mail", at(61), 9))(t)[0]
	sent.Status, sent.Attempts = huiying.NotifySent, []huiying.Attempt{{At: at(61), OK: true, Attempt: 1, Detail: "日报.docx"}}
	must(t, l.SaveAttempt(ctx, sent))
	must(t, l.SendReport(ctx, []huiying.Notification{second}, huiying.Audit{At: at(62), Region: county, Who: "zhao", Action: "report.send"}))
	trail := value(l.AuditTrail(ctx, huiying.AuditQuery{Region: county, Limit: 9}))(t).Items
	if len(trail) != 3 || trail[1].Action != "report.mail" || trail[1].Object != first.Name() {
		t.Errorf("the audit: %+v", trail)
	}
	if list := value(l.ReportMail(ctx, county, 9))(t); len(list) != 2 {
		t.Errorf("the mails: %+v", list)
	}
}
