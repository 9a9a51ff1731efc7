package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// A lease that is not renewed is free after leaseTime, so a process that dies is
// replaced within leaseTime and one try: 4 s.
const (
	leaseTime  = 3 * time.Second
	leaseRenew = 750 * time.Millisecond
)

// Hold takes the lease of a name for a holder, or renews it, for so long; false
// when another holder has it. The database's clock decides, so that the clocks of
// the machines need not agree. A lease that runs far longer than anyone asks for
// is of a clock that was set back since: it is free.
func (l *Ledger) Hold(ctx context.Context, name, holder string, long time.Duration) (bool, error) {
	n, err := changed(l.write.NewRaw(`INSERT INTO leases (name, holder, until) VALUES (?, ?, ? + ?)
		ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder, until = EXCLUDED.until
		WHERE leases.holder = EXCLUDED.holder OR leases.until <= ? OR leases.until > ? + ?`,
		name, holder, bun.Safe(l.now), long.Microseconds(), bun.Safe(l.now), bun.Safe(l.now), 2*long.Microseconds()).Exec(ctx))
	if err != nil {
		return false, fmt.Errorf("taking the lease of %s: %w", name, err)
	}
	return n == 1, nil
}

// Release gives a lease back at once; one that another holder has stays his.
func (l *Ledger) Release(ctx context.Context, name, holder string) error {
	if _, err := l.write.NewRaw("DELETE FROM leases WHERE name = ? AND holder = ?", name, holder).Exec(ctx); err != nil {
		return fmt.Errorf("giving back the lease of %s: %w", name, err)
	}
	return nil
}

// Lead runs f while this process holds the lease of a name, and waits while
// another does. f's context ends when the lease is lost, be it that the ledger
// cannot be reached; Lead then waits for f to return and for the lease again, as
// it does when f has nothing more to do. It returns when ctx ends, or with f's
// error when f fails while the lease is held.
//
// A process that is stopped and wakes up later may go on for a moment beside its
// successor: what f writes must bear that, as a case does by its revision.
func (l *Ledger) Lead(ctx context.Context, name, holder string, f func(ctx context.Context) error) error {
	for {
		if held, err := l.Hold(ctx, name, holder, leaseTime); err == nil && held { // out of reach: as good as another's
			if err := l.leadOnce(ctx, name, holder, f); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(leaseRenew):
		}
	}
}

func (l *Ledger) leadOnce(ctx context.Context, name, holder string, f func(ctx context.Context) error) error {
	held, lose := context.WithCancel(ctx)
	defer lose()
	done := make(chan error, 1)
	go func() { done <- f(held) }()
	renewed := time.Now()
	renew := time.NewTicker(leaseRenew)
	defer renew.Stop()
	for {
		select {
		case err := <-done:
			if held.Err() != nil && ctx.Err() == nil {
				return nil // f stopped because it was told to: the lease is another's
			}
			return errors.Join(err, l.giveBack(ctx, name, holder))
		case <-renew.C:
			if held.Err() != nil {
				continue // f is on its way out
			}
			until, cancel := context.WithDeadline(ctx, renewed.Add(leaseTime))
			ok, err := l.Hold(until, name, holder, leaseTime)
			cancel()
			switch {
			case ok:
				renewed = time.Now()
			case err == nil || time.Since(renewed) > leaseTime-leaseRenew:
				lose()
			}
		}
	}
}

// giveBack is done even when everything stops: a successor need not wait then.
func (l *Ledger) giveBack(ctx context.Context, name, holder string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseTime)
	defer cancel()
	return l.Release(ctx, name, holder)
}
