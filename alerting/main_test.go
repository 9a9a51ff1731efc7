package alerting_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"huiying"
	"huiying/alerting"
	"huiying/deploy/county"
	"huiying/store/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The people of the tests; only some have an account (see accounts).
var (
	leader     = person("leader", huiying.Leader, "")
	monitor    = person("monitor", huiying.Monitor, "")
	supervisor = person("ducha", huiying.Supervisor, "")
	analyst    = person("wxb-analyst", huiying.Analyst, "wxb")
	pressman   = person("xwzx-analyst", huiying.Analyst, "xwzx")
	liaison    = person("sthj-liaison", huiying.Liaison, "sthj")
	head       = person("sthj-head", huiying.Head, "sthj")
	helper     = person("slj-liaison", huiying.Liaison, "slj")
	accounts   = []huiying.Person{leader, monitor, supervisor, analyst, pressman, liaison, head, helper}
)

func person(user huiying.UserID, role huiying.Role, unit huiying.UnitID) huiying.Person {
	return huiying.Person{User: user, Name: "测试" + role.Label(), Role: role, Unit: unit, Region: "141122"}
}

var sample = sync.OnceValues(func() (*huiying.County, error) {
	files, err := county.Embedded("141122")
	if err != nil {
		return nil, err
	}
	return county.Load(files)
})

// office is an engine over the real ledger with the sample county's rules.
type office struct {
	*alerting.Engine
	ledger *ledger.Ledger
	rules  *huiying.Rules
	cfg    alerting.Config
	path   string
	heard  *screen
}

// screen keeps the live messages it is sent.
type screen struct {
	mu   sync.Mutex
	list []huiying.Live
}

func (s *screen) show(_ context.Context, m huiying.Live) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, m)
	return nil
}

func (s *screen) last(t *testing.T) huiying.Live {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) == 0 {
		t.Fatal("no live message was sent")
	}
	return s.list[len(s.list)-1]
}

func newOffice(t *testing.T, change ...func(*alerting.Config)) *office {
	t.Helper()
	data, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	gone := huiying.Unit{ID: "old", Region: "141122", Name: "已撤销的单位", To: morning.AddDate(-1, 0, 0)}
	o := &office{path: filepath.Join(t.TempDir(), "ledger.db"), heard: &screen{}, rules: &data.Rules}
	o.cfg = alerting.Config{
		Region: "141122", Rules: o.rules, Units: huiying.NewDirectory(append(slices.Clone(data.Units), gone)),
		Channels: []string{"webhook"}, Live: o.heard.show, Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&o.cfg)
	}
	o.open(t)
	t.Cleanup(func() { _ = o.ledger.Close() })
	for _, p := range accounts {
		if err := o.ledger.SaveUser(t.Context(), huiying.User{Person: p, PasswordHash: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// open begins anew from the file, as after a restart.
func (o *office) open(t *testing.T) {
	t.Helper()
	var err error
	if o.ledger != nil {
		_ = o.ledger.Close()
	}
	if o.ledger, err = ledger.OpenSQLite(t.Context(), o.path); err != nil {
		t.Fatal(err)
	}
	o.cfg.Ledger = o.ledger
	if o.Engine, err = alerting.New(t.Context(), o.cfg); err != nil {
		t.Fatal(err)
	}
}

// assigned opens a case at a level by hand and sends it to sthj, slj helping.
func (o *office) assigned(t *testing.T, l huiying.Level) huiying.Case {
	t.Helper()
	c, err := o.Desk().Open(t.Context(), leader, huiying.ManualCase{Queue: huiying.Online, Title: "瓦窑河异味", Level: l})
	if err != nil {
		t.Fatal(err)
	}
	return o.do(t, c.ID, huiying.Command{Action: huiying.ActAssign, By: leader, Lead: "sthj", Helpers: []huiying.UnitID{"slj"}})
}

func (o *office) do(t *testing.T, id huiying.CaseID, cmd huiying.Command) huiying.Case {
	t.Helper()
	c, err := o.Desk().Do(t.Context(), id, cmd)
	if err != nil {
		t.Fatalf("%s by %s: %v", cmd.Action, cmd.By.User, err)
	}
	return c
}

func (o *office) cases(t *testing.T) []huiying.Case {
	t.Helper()
	page, err := o.ledger.Cases(t.Context(), huiying.CaseQuery{Region: "141122"})
	if err != nil {
		t.Fatal(err)
	}
	return page.Items
}

func (o *office) onlyCase(t *testing.T) huiying.Case {
	t.Helper()
	list := o.cases(t)
	if len(list) != 1 {
		t.Fatalf("%d cases, want 1", len(list))
	}
	return list[0]
}

func (o *office) event(t *testing.T, id huiying.EventID) huiying.Event {
	t.Helper()
	e, err := o.ledger.Event(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// timeline returns the entries of a case, of the actions named only, if any are.
func (o *office) timeline(t *testing.T, id huiying.CaseID, only ...huiying.Action) []huiying.Entry {
	t.Helper()
	list, err := o.ledger.Timeline(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list, func(e huiying.Entry) bool { return len(only) > 0 && !slices.Contains(only, e.Action) })
}

// told returns the notifications of a case that keep says.
func (o *office) told(t *testing.T, id huiying.CaseID, keep func(huiying.Notification) bool) []huiying.Notification {
	t.Helper()
	list, err := o.ledger.CaseNotifications(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list, func(n huiying.Notification) bool { return !keep(n) })
}

// everything is all the ledger holds of events and cases, to compare.
func (o *office) everything(t *testing.T) string {
	t.Helper()
	events, err := o.ledger.Events(t.Context(), huiying.EventQuery{Region: "141122"})
	if err != nil {
		t.Fatal(err)
	}
	cases := o.cases(t)
	all := []any{events.Items, cases}
	for _, c := range cases {
		all = append(all, o.timeline(t, c.ID), o.told(t, c.ID, func(huiying.Notification) bool { return true }))
	}
	audit, err := o.ledger.VerifyAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.MarshalIndent(append(all, audit), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// until polls a condition that other goroutines bring about.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
