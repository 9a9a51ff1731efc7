package ledger

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"huiying"
)

// fill writes something into most tables.
func fill(t *testing.T, l *Ledger, from, n int) {
	t.Helper()
	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, huiying.Beijing)
	check(l.SetMeta(ctx, "word", "it's “二”?\n"))
	check(l.SaveUnits(ctx, []huiying.Unit{{ID: "zjj", Region: "141122", Name: "住建局"}}))
	check(l.SaveUser(ctx, huiying.User{Person: huiying.Person{User: "li", Name: "李", Role: huiying.Liaison, Region: "141122"}, PasswordHash: "a"}))
	_, err := l.ChangeUser(ctx, "li", func(u *huiying.User) (huiying.Audit, error) {
		u.PasswordHash += "b" // the old one is remembered, in a table without a key
		u.PasswordAt = now
		return huiying.Audit{At: now, Action: "password"}, nil
	})
	check(err)
	for i := from; i < from+n; i++ {
		check(l.SaveEvents(ctx, []huiying.Event{crashEvent(i)}, []huiying.EventPost{{Event: crashEvent(i).ID, Post: huiying.PostID(fmt.Sprintf("p%d", i))}}))
		c, ch := crashCase(i)
		_, err := l.OpenCase(ctx, c, ch)
		check(err)
	}
	check(l.MarkSeen(ctx, "s1", []string{"一", "二"}, now))
	check(l.SaveRejections(ctx, []huiying.Rejection{{At: now, Region: "141122", Source: "s1", Error: "没有正文", Raw: "\x00\xff"}}))
	check(l.AddModel(ctx, huiying.Model{ID: huiying.ModelID(fmt.Sprintf("m%d", from)), Region: "141122", State: huiying.ModelCandidate, CreatedAt: now}, []byte{0, 1, 255}, huiying.Audit{At: now, Action: "model"}))
}

func TestALedgerIsCopiedToPostgresAndBack(t *testing.T) {
	ctx := t.Context()
	old, server := openLedger(t), openPostgres(t)
	fill(t, old, 0, 700) // more than a page
	silent := func(int, int) {}
	first, err := Copy(ctx, old, server, silent)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]Copied{}
	for _, c := range first {
		rows[c.Table] = c
		if c.Written != c.Rows {
			t.Errorf("%+v: all of it is new", c)
		}
	}
	if rows["cases"].Rows != 700 || rows["old_passwords"].Rows != 1 || rows["models"].Rows != 1 || rows["event_posts"].Rows != 700 {
		t.Errorf("copied: %+v", first)
	}
	if _, err := server.VerifyAudit(ctx); err != nil {
		t.Error(err)
	}

	fill(t, old, 700, 20) // the old one kept working: a second copy brings what is new, changed and gone
	last := 0
	second, err := Copy(ctx, old, server, func(done, total int) { last = total - done })
	if err != nil {
		t.Fatal(err)
	}
	if last != 0 {
		t.Errorf("the progress ended %d rows early", last)
	}
	i := slices.IndexFunc(second, func(c Copied) bool { return c.Table == "cases" })
	if c := second[i]; c.Rows != 720 || c.Written != 20 {
		t.Errorf("the second time: %+v", c)
	}
	i = slices.IndexFunc(second, func(c Copied) bool { return c.Table == "models" })
	if c := second[i]; c.Rows != 1 || c.Removed != 1 {
		t.Errorf("a model is gone: %+v", c)
	}

	fill(t, server, 720, 5) // people work on the server now: its counters go on
	back, err := OpenSQLite(ctx, filepath.Join(t.TempDir(), "back.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = back.Close() }()
	if _, err := Copy(ctx, server, back, silent); err != nil {
		t.Fatal(err)
	}
	if n, err := back.CountCases(ctx, huiying.CaseQuery{}); err != nil || n != 725 {
		t.Errorf("back are %d cases (%v)", n, err)
	}
	if _, err := back.VerifyAudit(ctx); err != nil {
		t.Error(err)
	}
}

// A target that people have worked on, or that is another installation's, is not
// touched: not even what lies behind its audit chain.
func TestACopyOverAnotherLedgerIsRefused(t *testing.T) {
	ctx := t.Context()
	one, two := openLedger(t), openLedger(t)
	silent := func(int, int) {}
	fill(t, one, 0, 3)
	if _, err := Copy(ctx, one, two, silent); err != nil {
		t.Fatal(err)
	}
	fill(t, one, 3, 2)
	fill(t, two, 10, 4) // somebody began to use the copy
	if _, err := Copy(ctx, one, two, silent); huiying.CodeOf(err) != huiying.CodeConflict {
		t.Errorf("what people did on the copy was overwritten: %v", err)
	}
	if n, err := two.CountCases(ctx, huiying.CaseQuery{}); err != nil || n != 7 {
		t.Errorf("the refused target has %d cases (%v)", n, err)
	}
	if _, err := two.VerifyAudit(ctx); err != nil {
		t.Error(err)
	}
}

func TestACopyOverALedgerThatIsWorkedOnIsRefused(t *testing.T) {
	ctx := t.Context()
	one, two := openLedger(t), openLedger(t)
	fill(t, one, 0, 3)
	if held, err := two.Hold(ctx, "alerting 141122", "node b", time.Minute); err != nil || !held {
		t.Fatal(held, err)
	}
	if _, err := Copy(ctx, one, two, func(int, int) {}); err == nil || !strings.Contains(err.Error(), "node b") {
		t.Errorf("a copy while a process works on the target: %v", err)
	}
	if err := two.Release(ctx, "alerting 141122", "node b"); err != nil {
		t.Fatal(err)
	}
	if _, err := Copy(ctx, one, two, func(int, int) {}); err != nil {
		t.Errorf("a copy when it has stopped: %v", err)
	}
}
