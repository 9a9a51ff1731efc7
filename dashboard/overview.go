package dashboard

import (
	"context"
	"fmt"
	"sync"
	"time"

	"huiying"
)

// overviewFor is how long an overview is good, in real time: many screens ask,
// one answer a second is enough.
const overviewFor = time.Second

// memo keeps the latest answer of each region for a while. Who asks meanwhile
// waits for the one that is being computed. Regions come from accounts, so it
// stays small.
type memo[T any] struct {
	mu sync.Mutex
	of map[huiying.Region]*memory[T]
}

type memory[T any] struct {
	mu sync.Mutex // held while it is computed
	at time.Time
	v  T
}

func (m *memo[T]) entry(r huiying.Region) *memory[T] {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = make(map[huiying.Region]*memory[T])
	}
	if m.of[r] == nil {
		m.of[r] = new(memory[T])
	}
	return m.of[r]
}

// get answers with what compute said at most good ago; an error is not kept.
func (m *memo[T]) get(r huiying.Region, now func() time.Time, good time.Duration, compute func() (T, error)) (T, error) {
	e := m.entry(r)
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.at.IsZero() && now().Sub(e.at) < good {
		return e.v, nil
	}
	v, err := compute()
	if err != nil {
		var none T
		return none, err
	}
	e.at, e.v = now(), v
	return v, nil
}

// overview is the state of the desk at a glance, at most a second old: the
// cases from the ledger, the posts from the archive, what was refused on the
// way.
func (s *Server) overview(ctx context.Context, region huiying.Region) (huiying.Overview, error) {
	o, err := s.overviews.get(region, s.wall, overviewFor, func() (huiying.Overview, error) { return s.computeOverview(ctx, region) })
	if err != nil {
		return o, fmt.Errorf("computing the overview: %w", err)
	}
	return o, nil
}

func (s *Server) computeOverview(ctx context.Context, region huiying.Region) (huiying.Overview, error) {
	now := s.now()
	o, err := s.cfg.Ledger.CaseOverview(ctx, region, now)
	if err != nil {
		return o, err
	}
	o.At = now
	midnight := dayOf(now)
	today, err := s.cfg.Archive.Trend(ctx, region, midnight, midnight.AddDate(0, 0, 1), time.Hour)
	if err != nil {
		return o, err
	}
	o.PostsToday, o.Negative = 0, 0
	for _, b := range today {
		o.PostsToday += b.Posts
		o.Negative += b.Negative
	}
	if o.PostsTotal, err = s.cfg.Archive.CountPosts(ctx, huiying.PostQuery{Region: region}); err != nil {
		return o, err
	}
	if o.RumorPosts, err = s.cfg.Archive.CountPosts(ctx, huiying.PostQuery{Region: region, Flag: huiying.FlagRumor, From: midnight, To: midnight.AddDate(0, 0, 1)}); err != nil {
		return o, err
	}
	if o.Rejected, err = s.cfg.Ledger.CountRejections(ctx, region); err != nil {
		return o, err
	}
	if o.DeadLetters, err = s.cfg.Bus.CountDeadLetters(ctx); err != nil {
		return o, err
	}
	return o, nil
}

// dayOf is the beginning of the day in Beijing.
func dayOf(t time.Time) time.Time {
	y, m, d := t.In(huiying.Beijing).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, huiying.Beijing)
}
