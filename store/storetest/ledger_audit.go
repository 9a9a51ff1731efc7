package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"huiying"
)

func record(t *testing.T, l LedgerUnderTest, n int) {
	t.Helper()
	for i := range n {
		must(t, l.Record(background(t), huiying.Audit{
			At: at(i), Region: county, Who: "li", Role: huiying.Analyst, Action: "case.assign", Object: id[string]("c", i), Detail: "理由 <'\"?>", From: "127.0.0.1",
		}))
	}
}

func auditChain(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	if n := value(l.VerifyAudit(ctx))(t); n != 0 {
		t.Errorf("an empty chain has %d rows", n)
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 10 {
				region := county
				if i%2 == 1 {
					region = other
				}
				if err := l.Record(ctx, huiying.Audit{At: at(i), Region: region, Who: huiying.UserID(fmt.Sprint("u", w)), Action: "session.sign-in", Detail: "坏\xff字节\x00"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		for i := range 5 {
			c := aCase(i)
			ch := opened(c)
			ch.Audit = []huiying.Audit{{At: at(i), Region: county, Action: "case.open"}, {At: at(i), Region: county, Action: "case.assign"}}
			if _, err := l.OpenCase(ctx, c, ch); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	if n := value(l.VerifyAudit(ctx))(t); n != 50 {
		t.Errorf("%d rows verified, want 50", n)
	}
	all := walk(t, func(c string) (huiying.Page[huiying.Audit], error) {
		return l.AuditTrail(ctx, huiying.AuditQuery{Limit: 7, Cursor: c})
	}, nil)
	if len(all) != 50 {
		t.Fatalf("%d rows in the trail, want 50", len(all))
	}
	for i, a := range all {
		if a.Seq != int64(50-i) || i > 0 && all[i-1].Prev != a.Hash || len(a.Hash) != 64 {
			t.Errorf("row %d of the trail: %+v", i, a)
		}
	}
	if all[49].Prev != "" || all[0].At.Location() != huiying.Beijing {
		t.Errorf("the first link: %+v", all[49])
	}
	if n := len(value(l.AuditTrail(ctx, huiying.AuditQuery{Region: other, Limit: 100}))(t).Items); n != 20 {
		t.Errorf("%d rows of the other county, want 20", n)
	}
	badCursor(t, func(c string) (huiying.Page[huiying.Audit], error) {
		return l.AuditTrail(ctx, huiying.AuditQuery{Limit: 3, Cursor: c})
	})
}

func auditFilters(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	if n, first, err := l.AuditSpan(ctx, county); n != 0 || !first.IsZero() || err != nil {
		t.Errorf("an empty trail: %d, %v, %v", n, first, err)
	}
	for i, a := range []huiying.Audit{
		{Who: "li", Action: "session.sign-in", Object: "li"},
		{Who: "li", Action: "case.assign", Object: "c1"},
		{Who: "wang", Action: "case.acknowledge", Object: "c1"},
		{Who: "wang", Action: "cases.export", Object: "c%"},
		{Who: "li", Action: "case.assign", Object: "c12"},
	} {
		a.At, a.Region = at(i), county
		must(t, l.Record(ctx, a))
	}
	must(t, l.Record(ctx, huiying.Audit{At: at(1), Region: other, Who: "li", Action: "case.assign", Object: "c1"}))
	for name, c := range map[string]struct {
		q    huiying.AuditQuery
		want []int64
	}{
		"all":              {huiying.AuditQuery{}, []int64{6, 5, 4, 3, 2, 1}},
		"the county":       {huiying.AuditQuery{Region: county}, []int64{5, 4, 3, 2, 1}},
		"a person":         {huiying.AuditQuery{Region: county, Who: "li"}, []int64{5, 2, 1}},
		"an action":        {huiying.AuditQuery{Region: county, Action: "case.assign"}, []int64{5, 2}},
		"kind of action":   {huiying.AuditQuery{Region: county, Action: "case."}, []int64{5, 3, 2}},
		"an object begins": {huiying.AuditQuery{Region: county, Object: "c1"}, []int64{5, 3, 2}},
		"no wildcard":      {huiying.AuditQuery{Region: county, Object: "c%"}, []int64{4}},
		"a time":           {huiying.AuditQuery{Region: county, From: at(1), To: at(3)}, []int64{3, 2}},
		"everything":       {huiying.AuditQuery{Region: county, From: at(0), To: at(9), Who: "li", Action: "case.", Object: "c12"}, []int64{5}},
	} {
		all := walk(t, func(cursor string) (huiying.Page[huiying.Audit], error) {
			q := c.q
			q.Limit, q.Cursor = 2, cursor
			return l.AuditTrail(ctx, q)
		}, nil)
		same(t, name, names(all, func(a huiying.Audit) int64 { return a.Seq }), c.want)
	}
	n, first, err := l.AuditSpan(ctx, county)
	must(t, err)
	if n != 5 || !first.Equal(at(0)) {
		t.Errorf("the span: %d rows since %v", n, first)
	}
	var told []int64
	if n := value(l.WalkAudit(ctx, func(done, total int64) { told = append(told, done, total) }))(t); n != 6 {
		t.Errorf("walked %d rows", n)
	}
	same(t, "what the walk told", told, []int64{0, 6})
}

func auditIsFinal(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	record(t, l, 3)
	for _, query := range []string{"UPDATE audit SET detail = 'x' WHERE seq = 2", "DELETE FROM audit WHERE seq = 3", "DELETE FROM audit"} {
		if err := l.Exec(ctx, query); err == nil {
			t.Errorf("%s was carried out", query)
		}
	}
	if n := value(l.VerifyAudit(ctx))(t); n != 3 {
		t.Errorf("%d rows verified, want 3", n)
	}
}

func auditShowsTampering(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	record(t, l, 8)
	for _, c := range []struct {
		name, query, undo string
		seq               int64
	}{
		{"a changed reason", "UPDATE audit SET detail = 'x' WHERE seq = 5", "UPDATE audit SET detail = (SELECT detail FROM audit WHERE seq = 1) WHERE seq = 5", 5},
		{"a changed time", "UPDATE audit SET at = at + 1 WHERE seq = 1", "UPDATE audit SET at = at - 1 WHERE seq = 1", 1},
		{"a changed person", "UPDATE audit SET who = 'zhang' WHERE seq = 8", "UPDATE audit SET who = 'li' WHERE seq = 8", 8},
		{"a row that moved", "UPDATE audit SET seq = 100 WHERE seq = 4", "UPDATE audit SET seq = 4 WHERE seq = 100", 4},
		{"a row cut off at the end", "UPDATE audit SET seq = 100 WHERE seq = 8", "UPDATE audit SET seq = 8 WHERE seq = 100", 8},
		{
			"a row put before the first", "INSERT INTO audit (seq, at, region, who, role, action, object, detail, origin, prev, hash) SELECT 0, at, region, who, role, action, object, detail, origin, prev, hash FROM audit WHERE seq = 1",
			"DELETE FROM audit WHERE seq = 0", 0,
		},
		{
			"a row put behind the last", "INSERT INTO audit (seq, at, region, who, role, action, object, detail, origin, prev, hash) SELECT 9, at, region, who, role, action, object, detail, origin, prev, hash FROM audit WHERE seq = 1",
			"DELETE FROM audit WHERE seq = 9", 9,
		},
		{"a chain whose end was set back", "UPDATE audit_head SET seq = 7", "UPDATE audit_head SET seq = 8", 7},
	} {
		must(t, l.Tamper(ctx, c.query))
		n, err := l.VerifyAudit(ctx)
		if !errors.Is(err, huiying.ErrConflict) || !strings.Contains(err.Error(), fmt.Sprintf("第 %d 行", c.seq)) {
			t.Errorf("%s: verified %d rows, %v; want row %d named", c.name, n, err, c.seq)
		}
		must(t, l.Tamper(ctx, c.undo))
		if n, err := l.VerifyAudit(ctx); n != 8 || err != nil {
			t.Fatalf("%s undone: verified %d rows, %v", c.name, n, err)
		}
	}
}
