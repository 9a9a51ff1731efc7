package collector

import (
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"huiying"
)

// How the schedule keeps time. Spans between visits are of the configured time
// source, the others wall clock.
const (
	defaultEvery = 10 * time.Minute
	minEvery     = 10 * time.Second // of wall clock: no source is asked more often
	maxBackOff   = 6 * time.Hour
	clockSlack   = time.Minute     // clocks of several collectors differ
	reloadEvery  = 3 * time.Second // wall clock: new and changed sources are noticed
)

// Run visits every source of the region that is not paused when its time has
// come, until ctx ends, and waits for the visits under way. Sources that were
// added or changed in the ledger are picked up. It fails only when ctx ends,
// and then returns nil.
func (c *Collector) Run(ctx context.Context) error {
	s := schedule{c: c, busy: make(map[string]bool), due: make(map[huiying.SourceID]time.Time), tried: make(map[huiying.SourceID]time.Time)}
	finished := make(chan finish, c.cfg.Workers)
	var visits errgroup.Group
	defer c.fetcher.Close()
	defer c.giveBack(ctx)
	defer func() { _ = visits.Wait() }() // visits report through finished
	reload := time.NewTicker(reloadEvery)
	defer reload.Stop()

	s.reload(ctx)
	for {
		for _, src := range s.next() {
			s.busy[hostOf(src)] = true
			s.running++
			known := s.tried[src.ID]
			visits.Go(func() error {
				took, err := c.share(ctx, src, known)
				if err != nil && ctx.Err() == nil {
					c.cfg.Log.Warn("visit failed", "source", src.ID, "error", err)
				}
				finished <- finish{source: src, took: took}
				return nil
			})
		}
		timer := time.NewTimer(s.untilNext())
		select {
		case <-ctx.Done():
			timer.Stop()
			for ; s.running > 0; s.running-- {
				<-finished
			}
			return nil
		case f := <-finished:
			s.finish(ctx, f)
		case <-reload.C:
			s.reload(ctx)
		case <-timer.C:
		}
		timer.Stop()
	}
}

// giveBack returns the requests that were booked and not sent.
func (c *Collector) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	if err := c.fetcher.hosts.giveBack(ctx); err != nil {
		c.cfg.Log.Warn("booked requests not given back", "error", err) // they are lost for today
	}
}

type finish struct {
	source huiying.Source
	took   bool // false: another collector is at its host
}

// A schedule knows whose turn it is. It belongs to Run's goroutine.
type schedule struct {
	c       *Collector
	sources []huiying.Source
	due     map[huiying.SourceID]time.Time // in the configured time
	tried   map[huiying.SourceID]time.Time // the last attempts known of, by whichever collector
	busy    map[string]bool                // hosts with a visit under way
	urgent  map[string]bool                // sources, as posts name them, of open events
	running int
}

// reload reads the sources and when each is due. A ledger that cannot be read
// now is read again in a moment.
func (s *schedule) reload(ctx context.Context) {
	if s.c.cfg.Urgent != nil {
		urgent, err := s.c.cfg.Urgent(ctx)
		if err != nil {
			s.c.cfg.Log.Warn("which sources are urgent", "error", err) // those of a moment ago
		} else {
			s.urgent = urgent
		}
	}
	sources, err := s.c.cfg.Ledger.Sources(ctx, s.c.cfg.Region)
	if err == nil {
		var health map[huiying.SourceID]huiying.SourceHealth
		if health, err = s.c.cfg.Ledger.Health(ctx, s.c.cfg.Region); err == nil {
			s.sources = sources
			s.due = make(map[huiying.SourceID]time.Time, len(sources))
			for _, src := range sources {
				s.due[src.ID] = s.dueAt(src, health[src.ID])
				s.tried[src.ID] = health[src.ID].LastAttempt
			}
			return
		}
	}
	if ctx.Err() == nil {
		s.c.cfg.Log.Error("read sources", "error", err)
	}
}

// dueAt is when a source wants its next visit: at once when it is new or was
// changed, sooner when its interval was made shorter or an open event came from
// it.
func (s *schedule) dueAt(src huiying.Source, h huiying.SourceHealth) time.Time {
	var m memory
	if h.LastAttempt.IsZero() || json.Unmarshal(h.State, &m) == nil && m.Setup != setupOf(src) {
		return time.Time{}
	}
	if now := s.c.cfg.Speed.Now(); h.LastAttempt.After(now.Add(clockSlack)) {
		return now // the clock was set back since
	}
	due := h.NextVisit
	if h.Failures > 0 {
		return due
	}
	if src.Every != m.Every && m.Every != 0 {
		due = earlier(due, h.LastAttempt.Add(s.c.every(src)*11/10))
	}
	if s.urgent[src.Name] {
		due = earlier(due, h.LastAttempt.Add(s.c.soonest(src)))
	}
	return due
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// How the interval of a source bends to what it brings.
const (
	lively = 5 // times as often as it was set, at most
	dead   = 6 // times as rarely, at most
	often  = 4 // visits in the usual time between two new items
)

// soonest is the shortest time between two visits of a source.
func (c *Collector) soonest(s huiying.Source) time.Duration {
	every := c.every(s)
	return min(every, max(every/lively, c.virtual(minEvery)))
}

// interval is the time to the next visit of a source that can be read: a quarter
// of the usual time between its new items, so that what it posts is seen soon
// after, and a source that falls silent is asked less and less.
func (c *Collector) interval(s huiying.Source, h huiying.SourceHealth) time.Duration {
	every, gap := c.every(s), time.Duration(h.Gap)
	last := h.LastItem
	if last.IsZero() {
		last = recall(s, h.State).Since
	}
	if last.IsZero() {
		return every
	}
	least := c.soonest(s)
	if gap == 0 {
		least = every // how often it posts is not known; that it is silent is
	}
	gap = max(gap, c.cfg.Speed.Now().Sub(last)/2)
	return min(max(gap/often, least), dead*every)
}

// every is the time the office set between two visits of a source.
func (c *Collector) every(s huiying.Source) time.Duration {
	span := time.Duration(s.Every)
	if span <= 0 {
		span = defaultEvery
	}
	if c.cfg.AllowPrivate {
		return span // our own sample site need not be spared
	}
	return max(span, c.virtual(minEvery))
}

// quiet is how long the present quiet window still lasts, 0 outside one.
func (c *Collector) quiet(now time.Time) time.Duration {
	left := time.Duration(0)
	for _, w := range c.cfg.Quiet {
		left = max(left, w.left(now))
	}
	return left
}

// next are the sources to visit now: those of open events first, then the
// longest due, one a host.
func (s *schedule) next() []huiying.Source {
	now := s.c.cfg.Speed.Now()
	if s.c.quiet(now) > 0 {
		return nil
	}
	var ready []huiying.Source
	for _, src := range s.sources {
		if at, ok := s.due[src.ID]; ok && !src.Paused && !at.After(now) {
			ready = append(ready, src)
		}
	}
	slices.SortStableFunc(ready, func(a, b huiying.Source) int {
		if u, v := s.urgent[a.Name], s.urgent[b.Name]; u != v {
			if u {
				return -1
			}
			return 1
		}
		return s.due[a.ID].Compare(s.due[b.ID])
	})
	var picked []huiying.Source
	taken := make(map[string]bool)
	for _, src := range ready {
		host := hostOf(src)
		if s.running+len(picked) >= s.c.cfg.Workers {
			break
		}
		if !s.busy[host] && !taken[host] {
			taken[host] = true
			picked = append(picked, src)
			delete(s.due, src.ID)
		}
	}
	return picked
}

// finish frees the host and learns when the source is due again.
func (s *schedule) finish(ctx context.Context, f finish) {
	src := f.source
	delete(s.busy, hostOf(src))
	s.running--
	if !f.took {
		s.due[src.ID] = s.c.cfg.Speed.Now().Add(s.c.virtual(leaseRetry))
		return
	}
	health, err := s.c.cfg.Ledger.Health(ctx, s.c.cfg.Region)
	if err != nil {
		s.due[src.ID] = s.c.cfg.Speed.Now().Add(s.c.every(src))
		return
	}
	s.due[src.ID], s.tried[src.ID] = s.dueAt(src, health[src.ID]), health[src.ID].LastAttempt
}

// untilNext is the wall-clock time until a source is due. Sources whose host
// is busy wait for that visit to end instead.
func (s *schedule) untilNext() time.Duration {
	now, wait := s.c.cfg.Speed.Now(), time.Hour
	for _, src := range s.sources {
		if at, ok := s.due[src.ID]; ok && !src.Paused && !s.busy[hostOf(src)] {
			wait = min(wait, s.c.cfg.Speed.Real(at.Sub(now)))
		}
	}
	if s.running >= s.c.cfg.Workers {
		return time.Hour // a visit that ends wakes us
	}
	return max(wait, s.c.cfg.Speed.Real(s.c.quiet(now)), time.Millisecond)
}

func hostOf(s huiying.Source) string {
	u, err := checkURL(s.URL)
	if err != nil {
		return string(s.ID)
	}
	return strings.ToLower(u.Host)
}

// wait is the time until the next visit: the source's [Collector.interval] with up to a
// tenth more, so that sources do not march in step; longer after each failure
// in a row, and as long as a site that sends us away asks.
func (c *Collector) wait(s huiying.Source, h huiying.SourceHealth, err error) time.Duration {
	span := c.interval(s, h)
	if n := h.Failures; n > 0 {
		span = c.every(s)
		span = min(span<<min(n-1, 10), max(span, maxBackOff))
	}
	f := fnv.New32a()
	_, _ = f.Write([]byte(string(s.ID) + strconv.FormatInt(h.Visits, 10))) // a hash never fails
	span += span / 10 * time.Duration(f.Sum32()%100) / 100
	var failure *Failure
	if errors.As(err, &failure) && failure.RetryAfter > 0 {
		span = max(span, c.virtual(failure.RetryAfter))
	}
	return span
}

// virtual is a wall-clock span in the configured time.
func (c *Collector) virtual(d time.Duration) time.Duration {
	if c.cfg.Speed.Factor == 0 {
		return d
	}
	return time.Duration(float64(d) * c.cfg.Speed.Factor)
}

func (m memory) bytes() []byte {
	b, err := json.Marshal(m)
	if err != nil {
		return nil // strings and numbers cannot fail
	}
	return b
}
