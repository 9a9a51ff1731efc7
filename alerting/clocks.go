package alerting

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"huiying"
)

// How the clock-keeper works: the nearest deadline is an index look-up, so open
// clocks cost nothing while they run.
const (
	ticksAtOnce = 200
	longestNap  = 5 * time.Second // real time: bounds what a change of the wall clock can cost
	afterError  = time.Second
)

// run takes each due case through [huiying.Case.Tick] until ctx ends. What
// lapsed while the process was down is due at the first look, once.
func (d *Desk) run(ctx context.Context) error {
	var sweep sync.WaitGroup
	defer sweep.Wait()
	sweep.Go(func() { // beside the clocks: nobody's deadline waits for a change of the rules
		for {
			if err := d.heedRules(ctx); err != nil && ctx.Err() == nil {
				d.log.Error("open cases are not looked at by the changed rules", "err", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-d.changed:
			}
		}
	})
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.wake:
		case <-timer.C:
		}
		nap, err := d.tickDue(ctx)
		if err != nil && ctx.Err() == nil {
			d.log.Error("keep the clocks", "err", err)
			nap = afterError
		}
		timer.Reset(nap)
	}
}

// heedRules sets anew when the open cases are due if the rules have changed since
// the last run: a step may be due earlier than it was when the case was saved.
func (d *Desk) heedRules(ctx context.Context) error {
	key := "rules " + string(d.region)
	rules := d.rules()
	kept, err := d.ledger.Meta(ctx, key)
	if err != nil || kept == rules.Version {
		return err
	}
	next := func(c huiying.Case) (time.Time, bool) { return c.NextAt(rules) }
	if err := d.ledger.Reschedule(ctx, d.region, next); err != nil {
		return err
	}
	d.signal(d.wake)
	return d.ledger.SetMeta(ctx, key, rules.Version)
}

// tickDue ticks every case that is due and returns how long to sleep.
func (d *Desk) tickDue(ctx context.Context) (nap time.Duration, err error) {
	for {
		ids, err := d.ledger.DueCases(ctx, d.speed.Now(), ticksAtOnce)
		if err != nil {
			return 0, fmt.Errorf("due cases: %w", err)
		}
		var errs []error
		for _, id := range ids { // one case that fails must not hold up the others
			if err := d.tick(ctx, id); err != nil {
				errs = append(errs, fmt.Errorf("tick %s: %w", id, err))
			}
		}
		if err := errors.Join(errs...); err != nil {
			return 0, err
		}
		if len(ids) < ticksAtOnce {
			break
		}
	}
	at, ok, err := d.ledger.NextDue(ctx)
	if err != nil {
		return 0, fmt.Errorf("next due: %w", err)
	}
	if !ok {
		return longestNap, nil
	}
	return max(0, min(longestNap, d.speed.Real(at.Sub(d.speed.Now())))), nil
}

func (d *Desk) tick(ctx context.Context, id huiying.CaseID) error {
	done := false
	c, err := d.change(ctx, id, huiying.ActOverdue, "", func(c huiying.Case, now time.Time) (huiying.Case, huiying.Outcome, error) {
		next, out, changed := c.Tick(d.rules(), now)
		done = changed
		return next, out, nil
	})
	if err != nil || done {
		return err
	}
	return d.reschedule(ctx, c)
}

// reschedule stores when a case is due by the rules of today: it was due by
// those it was saved under (a step has been taken out of the file since), and
// would be found due for ever. That somebody else saved it meanwhile is as good.
func (d *Desk) reschedule(ctx context.Context, c huiying.Case) error {
	var ch huiying.Change
	ch.NextAt, ch.HasNext = c.NextAt(d.rules())
	rev := c.Rev
	c.Rev++
	if err := d.ledger.SaveCase(ctx, c, rev, ch); err != nil && !errors.Is(err, huiying.ErrStale) {
		return fmt.Errorf("reschedule case %s: %w", c.Number, err)
	}
	return nil
}
