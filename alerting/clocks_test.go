package alerting_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"huiying"
	"huiying/alerting"
)

// keep runs the clocks until the function it returns is called.
func (o *office) keep(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := o.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

// steps lists who was to be told of a unit's silence, in order.
func (o *office) steps(t *testing.T, id huiying.CaseID, unit huiying.UnitID) []string {
	t.Helper()
	var out []string
	for _, e := range o.timeline(t, id, huiying.ActNotify, huiying.ActEscalate) {
		if e.Unit == unit {
			out = append(out, e.Detail)
		}
	}
	return out
}

func labels(steps []huiying.EscalationStep) []string {
	var out []string
	for _, s := range steps {
		out = append(out, s.Label)
	}
	return out
}

func TestSilenceIsEscalatedStepByStepUntilSomebodyAcknowledges(t *testing.T) {
	t.Parallel()
	speed := huiying.NewSpeed(morning, 3600)
	o := newOffice(t, func(cfg *alerting.Config) { cfg.Speed = speed })
	silent, answered := o.assigned(t, huiying.Red), o.assigned(t, huiying.Red)
	stop := o.keep(t)
	defer stop()
	all := o.rules.Escalation.Red
	first := slices.IndexFunc(all, func(s huiying.EscalationStep) bool { return s.At > 0 })

	until(t, "the first reminder", func() bool { return len(o.steps(t, answered.ID, "sthj")) > first })
	o.do(t, answered.ID, huiying.Command{Action: huiying.ActAcknowledge, By: liaison})
	taken := o.steps(t, answered.ID, "sthj")
	until(t, "both units of the silent case and the helper of the other were escalated to the end", func() bool {
		return len(o.steps(t, silent.ID, "sthj")) == len(all) && len(o.steps(t, silent.ID, "slj")) == len(all) &&
			len(o.steps(t, answered.ID, "slj")) == len(all)
	})
	if got := o.steps(t, silent.ID, "sthj"); !slices.Equal(got, labels(all)) {
		t.Errorf("escalated as\n%q, the rules say\n%q", got, labels(all))
	}
	if got := o.steps(t, answered.ID, "sthj"); !slices.Equal(got, taken) {
		t.Errorf("after the acknowledgement escalated on as %q", got[len(taken):])
	}
	k, _ := silent.Clock(huiying.ClockAcknowledge, "sthj")
	i := 0
	for _, e := range o.timeline(t, silent.ID, huiying.ActNotify, huiying.ActEscalate) {
		if e.Unit != "sthj" {
			continue
		}
		if at := k.Start.Add(time.Duration(all[i].At * float64(k.Limit))); e.At.Before(at) {
			t.Errorf("step %d was taken at %v, before its time %v", i, e.At, at)
		}
		i++
	}
}

func TestWhatLapsedWhileDownIsToldOnceAndHowLate(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(cfg *alerting.Config) { cfg.Speed = huiying.NewSpeed(morning, 1) })
	c := o.assigned(t, huiying.Red)
	o.cfg.Speed = huiying.NewSpeed(morning.Add(3*time.Hour+20*time.Second), 1) // down from nine to twelve
	all := o.rules.Escalation.Red
	for start := range 3 {
		o.open(t)
		stop := o.keep(t)
		until(t, "all that lapsed is on record", func() bool {
			at, ok, err := o.ledger.NextDue(t.Context())
			return err == nil && (!ok || at.After(o.cfg.Speed.Now()))
		})
		stop()
		for _, unit := range []huiying.UnitID{"sthj", "slj"} {
			if got := o.steps(t, c.ID, unit); !slices.Equal(got, labels(all)) {
				t.Fatalf("start %d: %s escalated as\n%q, the rules say\n%q", start, unit, got, labels(all))
			}
			late := make(map[string]int)
			for _, e := range o.timeline(t, c.ID, huiying.ActOverdue) {
				if e.Unit == unit {
					late[e.Detail]++
				}
			}
			for _, want := range []string{"签收超时，时限 10分钟，记录时已超 2小时50分", "首次反馈超时，时限 2小时，记录时已超 1小时"} {
				if n := late[want]; n != 1 {
					t.Errorf("start %d: %q said %d times of %s: %v", start, want, n, unit, late)
				}
			}
		}
	}
	if lapses := o.timeline(t, c.ID, huiying.ActOverdue); len(lapses) != 4 {
		t.Errorf("%d lapses on record, want two of each unit: %+v", len(lapses), lapses)
	}
}

// counting is the real ledger that counts how often it is asked for due cases.
type counting struct {
	alerting.Ledger
	looks atomic.Int64
}

func (l *counting) DueCases(ctx context.Context, now time.Time, limit int) ([]huiying.CaseID, error) {
	l.looks.Add(1)
	return l.Ledger.DueCases(ctx, now, limit)
}

// In the bubble an hour passes at once; a busy clock-keeper would keep it from
// passing at all.
func TestTheKeeperSleepsUntilTheNextDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		defer func() { _ = o.ledger.Close() }()
		counted := &counting{Ledger: o.ledger}
		o.cfg.Ledger = counted
		var err error
		if o.Engine, err = alerting.New(t.Context(), o.cfg); err != nil {
			t.Fatal(err)
		}
		c := o.assigned(t, huiying.Red)
		k, _ := c.Clock(huiying.ClockAcknowledge, "sthj")
		time.Sleep(3 * time.Second) // so that looking every 5 s would miss the deadline
		stop := o.keep(t)
		defer stop()
		time.Sleep(k.Due.Sub(huiying.Speed{}.Now()) + time.Millisecond)
		synctest.Wait()
		for _, e := range o.timeline(t, c.ID, huiying.ActEscalate) {
			if e.At.Sub(k.Due) > time.Millisecond {
				t.Errorf("%q came %s after the deadline", e.Detail, e.At.Sub(k.Due))
			}
		}
		if n := len(o.steps(t, c.ID, "sthj")); n != 5 {
			t.Errorf("%d steps were taken by the deadline, want 5", n)
		}
		before := counted.looks.Load()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		// One look every 5 s, and one more at each deadline and after each change.
		if looks := counted.looks.Load() - before; looks < 100 || looks > 140 {
			t.Errorf("looked for due cases %d times in 10 minutes, want about 120", looks)
		}
	})
}

// The county takes later reminders out of its rules while a case waits for one:
// the case must not be found due for ever.
func TestAStepTheRulesNoLongerHaveIsForgotten(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(cfg *alerting.Config) { cfg.Speed = huiying.NewSpeed(morning, 1) })
	c := o.assigned(t, huiying.Red)
	nothingIsDue := func() bool {
		at, ok, err := o.ledger.NextDue(t.Context())
		return err == nil && (!ok || at.After(o.cfg.Speed.Now()))
	}
	o.cfg.Speed = huiying.NewSpeed(morning.Add(11*time.Minute), 1)
	o.open(t)
	stop := o.keep(t)
	until(t, "the steps of 10 minutes are taken", nothingIsDue)
	stop()
	before := o.timeline(t, c.ID)
	if n := len(o.steps(t, c.ID, "sthj")); n != 5 {
		t.Fatalf("%d steps taken after 11 minutes, want 5", n)
	}
	fewer := *o.rules
	fewer.Escalation.Red = fewer.Escalation.Red[:5]
	o.cfg.Rules, o.cfg.Speed = &fewer, huiying.NewSpeed(morning.Add(16*time.Minute), 1)
	o.open(t)
	stop = o.keep(t)
	until(t, "the step of 15 minutes is due no more", nothingIsDue)
	stop()
	if after := o.timeline(t, c.ID); len(after) != len(before) {
		t.Errorf("the step that is gone was taken: %+v", after[len(before):])
	}
}

// A deadline that a new rule file brings forward must not wait for the old one.
func TestChangedRulesAreHeededForCasesThatAreOpenAlready(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.assigned(t, huiying.Red)
	rules := *o.cfg.Rules
	rules.Version = "later"
	rules.Escalation.Red = []huiying.EscalationStep{
		{At: 0, To: "liaison", Channels: []string{alerting.InApp}, Label: "已交办"},
		{At: 0, To: "handler", Channels: []string{alerting.InApp}, Label: "已交办"},
		{At: 0, To: "leader", Channels: []string{alerting.InApp}, Label: "新规则：同时告知值班领导"},
	}
	o.cfg.Rules = &rules
	o.open(t)
	defer o.keep(t)()
	until(t, "the step of the new rules", func() bool {
		return slices.Contains(o.steps(t, c.ID, "sthj"), "新规则：同时告知值班领导")
	})
}
