package storetest

import (
	"testing"

	"huiying"
)

func timelinesToAppraise(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	sent := func(n int, region huiying.Region, drill bool) huiying.Case {
		c := aCase(n)
		c.Region, c.Drill = region, drill
		c.Units = []huiying.CaseUnit{{Unit: "jkj", Lead: true, AssignedAt: at(n)}}
		ch := opened(c)
		ch.Entries = append(ch.Entries, huiying.Entry{At: at(n), Action: huiying.ActAssign, To: c.State, Units: []huiying.UnitID{"jkj"}})
		return mustOpen(t, l, c, ch)
	}
	in := sent(10, county, false)
	sent(11, county, true)
	sent(12, other, false)
	sent(90, county, false)
	logs := value(l.CaseLogs(ctx, county, at(0), at(60)))(t)
	if len(logs) != 1 || logs[0].Case != in.ID || logs[0].Number != in.Number || len(logs[0].Entries) != 2 || logs[0].Entries[1].Units[0] != "jkj" || logs[0].Entries[1].Seq != 2 {
		t.Errorf("timelines of the hour: %+v", logs)
	}
}

func appealsAreDecided(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	c := mustOpen(t, l, aCase(1), opened(aCase(1)))
	a := huiying.Appeal{ID: "a1", Region: county, Unit: "jkj", Case: c.ID, Merit: huiying.MeritAcknowledge, Reason: "当日停电", By: "王五", At: at(5)}
	audit := huiying.Audit{At: at(5), Region: county, Who: "wang", Action: "appraisal.appeal", Object: string(c.ID)}
	must(t, l.SaveAppeal(ctx, a, audit))
	twice := a
	twice.ID = "a2"
	is(t, l.SaveAppeal(ctx, twice, audit), huiying.ErrConflict)
	a.Decision, a.DecidedBy, a.DecidedAt, a.Why = huiying.AppealGranted, "考核", at(9), "属实"
	must(t, l.SaveAppeal(ctx, a, audit))
	same(t, "the appeals", value(l.Appeals(ctx, county, ""))(t), []huiying.Appeal{a})
	for region, unit := range map[huiying.Region]huiying.UnitID{other: "", county: "zjj"} {
		if got := value(l.Appeals(ctx, region, unit))(t); len(got) != 0 {
			t.Errorf("appeals of %s %s: %+v", region, unit, got)
		}
	}
	if n := value(l.VerifyAudit(ctx))(t); n != 2 {
		t.Errorf("%d audit rows, the refused appeal must leave none", n)
	}
}
