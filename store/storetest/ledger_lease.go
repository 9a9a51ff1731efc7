package storetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func leaseHasOneHolder(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	hold := func(name, holder string, long time.Duration) bool {
		t.Helper()
		return value(l.Hold(ctx, name, holder, long))(t)
	}
	same(t, "the first gets it", hold("clocks", "a", time.Hour), true)
	same(t, "another does not", hold("clocks", "b", time.Hour), false)
	same(t, "the holder renews it", hold("clocks", "a", time.Hour), true)
	same(t, "another name is free", hold("reports", "b", time.Hour), true)
	must(t, l.Release(ctx, "clocks", "b"))
	same(t, "nobody gives back what another holds", hold("clocks", "b", time.Hour), false)
	must(t, l.Release(ctx, "clocks", "a"))
	same(t, "what was given back is free", hold("clocks", "b", time.Microsecond), true)
	for !hold("clocks", "c", time.Hour) { // run out as soon as the database's clock moves
		time.Sleep(time.Millisecond)
	}
	same(t, "who lost it has lost it", hold("clocks", "b", time.Hour), false)
}

func leadersTakeTurns(t *testing.T, l LedgerUnderTest) {
	ctx, stop := context.WithCancel(background(t))
	const nodes = 5
	var leading, terms atomic.Int32
	var wg sync.WaitGroup
	enough := make(chan struct{})
	for n := range nodes {
		wg.Go(func() {
			err := l.Lead(ctx, "clocks", fmt.Sprintf("node %d", n), func(context.Context) error {
				if leading.Add(1) > 1 {
					t.Error("two lead at once")
				}
				time.Sleep(time.Millisecond)
				leading.Add(-1)
				if terms.Add(1) == nodes {
					close(enough)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	<-enough
	stop()
	wg.Wait()
}
