package collector

import (
	"context"
	"fmt"
	"time"

	"huiying"
)

// How collectors share the work, wall clock: who visits a host holds its lease. One
// that is not renewed is free, so a collector that dies is replaced.
const (
	leaseTime  = 30 * time.Second
	leaseRenew = leaseTime / 3
	leaseRetry = 5 * time.Second // a host that another collector visits is tried again
)

// share visits a source unless another collector visits its host, or has visited
// it since the attempt this one knows of. took is false when the host is taken.
func (c *Collector) share(ctx context.Context, src huiying.Source, known time.Time) (took bool, err error) {
	name := "collect " + hostOf(src)
	if took, err = c.cfg.Ledger.Hold(ctx, name, c.holder, leaseTime); err != nil || !took {
		return false, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
		defer cancel()
		if err := c.cfg.Ledger.Release(ctx, name, c.holder); err != nil {
			c.cfg.Log.Warn("lease not given back", "host", name, "error", err) // it runs out
		}
	}()
	health, err := c.cfg.Ledger.Health(ctx, c.cfg.Region)
	if err != nil {
		return true, fmt.Errorf("read health: %w", err)
	}
	if health[src.ID].LastAttempt.After(known) {
		return true, nil // another was faster
	}
	held, lose := context.WithCancel(ctx)
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		c.renew(held, name, lose)
	}()
	err = c.Visit(held, src)
	lose()
	<-renewed
	return true, err
}

// renew keeps a lease until ctx ends, and ends the visit when it is lost: another
// collector may begin then.
func (c *Collector) renew(ctx context.Context, name string, lose context.CancelFunc) {
	until := time.Now().Add(leaseTime)
	for sleep(ctx, leaseRenew) == nil {
		began := time.Now()
		switch held, err := c.cfg.Ledger.Hold(ctx, name, c.holder, leaseTime); {
		case held:
			until = began.Add(leaseTime)
		case err == nil || time.Until(until) < leaseRenew:
			lose()
			return
		}
	}
}
