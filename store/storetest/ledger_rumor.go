package storetest

import (
	"testing"

	"huiying"
)

// rumorsAreApart follows one case that is said to be a rumour, beside one that is
// not, through what is made of it.
func rumorsAreApart(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	part := func(n int) huiying.Case {
		c := aCase(n)
		c.Units = []huiying.CaseUnit{{Unit: "jkj", Lead: true, AssignedAt: at(n), AckedAt: at(n + 4)}}
		return mustOpen(t, l, c, opened(c))
	}
	part(1)
	said := part(2)
	for _, c := range []struct {
		state                          huiying.RumorState
		open, apart, refuted, n, parts int
	}{
		{"", 2, 0, 0, 2, 0},
		{huiying.RumorUnverified, 1, 1, 0, 1, 1},
		{huiying.RumorRefuted, 1, 0, 1, 2, 0},
		{huiying.RumorVerified, 2, 0, 0, 2, 0},
	} {
		said.Rumor = c.state
		rev := said.Rev
		said.Rev++
		must(t, l.SaveCase(ctx, said, rev, opened(said)))
		o := value(l.CaseOverview(ctx, county, at(100)))(t)
		if o.CasesOpen != c.open || o.CasesTotal != c.open || o.CasesToday != c.open || o.ByLevel["yellow"] != c.open || o.ByState["triage"] != c.open || o.Rumors != c.apart || o.Refuted != c.refuted {
			t.Errorf("%q: the overview says %+v", c.state, o)
		}
		if o.LateNow != 2 {
			t.Errorf("%q: %d deadlines are late, want both", c.state, o.LateNow)
		}
		units := value(l.UnitStats(ctx, huiying.StatsQuery{Region: county, Now: at(100)}))(t)
		if units[0].N != c.n || units[0].Unverified != c.parts || units[1].N != c.n || units[1].Unverified != c.parts || units[0].Acked != c.n {
			t.Errorf("%q: the units are measured by %+v", c.state, units)
		}
		if c.state == "" {
			continue
		}
		list := value(l.Cases(ctx, huiying.CaseQuery{Region: county, Rumor: c.state}))(t)
		if len(list.Items) != 1 || list.Items[0].ID != said.ID {
			t.Errorf("%q: listed are %d cases", c.state, len(list.Items))
		}
	}
}
