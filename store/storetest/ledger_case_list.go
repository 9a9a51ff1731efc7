package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"huiying"
)

// variedCases opens n cases that differ in everything lists filter by.
func variedCases(t *testing.T, l LedgerUnderTest, n int) []huiying.Case {
	t.Helper()
	out := make([]huiying.Case, n)
	for i := range out {
		c := aCase(i)
		c.State = huiying.CaseStates[i%len(huiying.CaseStates)]
		c.Level = huiying.Levels[i%4]
		c.Clocks[0].Due = at(i*7%300 + 10)
		if i%3 == 0 {
			c.Queue, c.Category = huiying.Offline, "交通运输"
		}
		if i%5 == 0 {
			c.Region = other
		}
		if i%4 == 1 {
			c.Units = []huiying.CaseUnit{{Unit: "jkj", Lead: true, AssignedAt: at(i)}, {Unit: "tnz", AssignedAt: at(i)}}
		}
		if c.State.Ended() {
			c.Clocks[0].StoppedAt, c.Clocks[0].Void = at(i), true
		}
		if i%6 == 0 {
			c.Title = fmt.Sprintf("道路100%%_塌陷%d Road", i)
		}
		out[i] = mustOpen(t, l, c, opened(c))
	}
	return out
}

func selectsCase(q huiying.CaseQuery, c huiying.Case) bool {
	return (q.Region == "" || q.Region.Covers(c.Region)) && (q.Queue == "" || q.Queue == c.Queue) &&
		(q.Text == "" || strings.Contains(strings.ToLower(c.Title), strings.ToLower(q.Text)) || strings.Contains(c.Number, q.Text)) &&
		(q.States == nil || slices.Contains(q.States, c.State)) && (q.Level == huiying.NoLevel || q.Level == c.Level) &&
		(q.Unit == "" || c.HasUnit(q.Unit)) && (q.Category == "" || q.Category == c.Category) && (q.Event == "" || q.Event == c.Event) &&
		(q.Open == nil || *q.Open != c.State.Ended()) && (!q.Overdue || c.Overdue(q.Now)) &&
		(q.From.IsZero() || !c.OpenedAt.Before(q.From)) && (q.To.IsZero() || c.OpenedAt.Before(q.To))
}

func caseFiltersAgree(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	all := variedCases(t, l, 90)
	yes, no := true, false
	for _, q := range []huiying.CaseQuery{
		{},
		{Region: county},
		{Region: "1411"},
		{Region: other},
		{Region: "15"},
		{Queue: huiying.Offline},
		{Text: "塌陷"},
		{Text: "100%"},
		{Text: "%"},
		{Text: "_"},
		{Text: "road"},
		{Text: "0012"},
		{Text: "〔2026〕"},
		{Text: "!"},
		{Text: "'"},
		{States: []huiying.CaseState{huiying.StateTriage, huiying.StateClosed}},
		{Level: huiying.Red},
		{Unit: "jkj"},
		{Unit: "tnz"},
		{Category: "交通运输"},
		{Event: "e1"},
		{Open: &yes},
		{Open: &no},
		{Overdue: true, Now: at(120)},
		{From: at(30)},
		{To: at(30)},
		{From: at(10), To: at(20)},
		{Unit: "tnz", Open: &yes, Level: huiying.Orange},
		{Region: county, Open: &yes, Overdue: true, Now: at(200), Queue: huiying.Online},
	} {
		for _, byDue := range []bool{false, true} {
			q.ByDue, q.Limit = byDue, 11
			var want []huiying.CaseID
			for _, c := range all {
				if selectsCase(q, c) {
					want = append(want, c.ID)
				}
			}
			got := names(walkCases(t, l, q, nil), caseID)
			if len(got) != len(want) || value(l.CountCases(ctx, q))(t) != len(want) {
				t.Errorf("%+v selects %d cases, want %d", q, len(got), len(want))
			}
			once(t, got, want)
		}
	}
}

func caseID(c huiying.Case) huiying.CaseID { return c.ID }

func walkCases(t *testing.T, l LedgerUnderTest, q huiying.CaseQuery, between func()) []huiying.Case {
	t.Helper()
	ctx := background(t)
	return walk(t, func(c string) (huiying.Page[huiying.Case], error) {
		q.Cursor = c
		return l.Cases(ctx, q)
	}, between)
}

func casesWalked(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	all := variedCases(t, l, 60)
	next := 1000
	for _, byDue := range []bool{false, true} {
		got := walkCases(t, l, huiying.CaseQuery{ByDue: byDue, Limit: 7}, func() {
			c := aCase(next)
			next++
			mustOpen(t, l, c, opened(c))
		})
		once(t, names(got, caseID), names(all, caseID))
		sorted := slices.IsSortedFunc(got, func(a, b huiying.Case) int {
			if !byDue {
				return b.OpenedAt.Compare(a.OpenedAt)
			}
			x, xok := a.NextDue()
			y, yok := b.NextDue()
			switch {
			case xok && yok:
				return x.Due.Compare(y.Due)
			case xok == yok:
				return 0
			case xok:
				return -1
			}
			return 1
		})
		if !sorted {
			t.Errorf("by due %v: not in order", byDue)
		}
		badCursor(t, func(c string) (huiying.Page[huiying.Case], error) {
			return l.Cases(ctx, huiying.CaseQuery{Cursor: c, ByDue: byDue})
		})
	}
	page := value(l.Cases(ctx, huiying.CaseQuery{Limit: 1}))(t)
	_, err := l.Cases(ctx, huiying.CaseQuery{Limit: 1, ByDue: true, Cursor: page.Next})
	is(t, err, huiying.ErrInvalid) // the cursor of the other order
}
