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

// overviewCache holds the latest overview of each region.
type overviewCache struct {
	mu sync.Mutex
	of map[huiying.Region]*cachedOverview
}

type cachedOverview struct {
	mu sync.Mutex // held while it is computed: others wait for that one
	at time.Time
	o  huiying.Overview
}

func (c *overviewCache) entry(r huiying.Region) *cachedOverview {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = make(map[huiying.Region]*cachedOverview)
	}
	if c.of[r] == nil {
		c.of[r] = new(cachedOverview)
	}
	return c.of[r]
}

// overview is the state of the desk at a glance, at most a second old: the
// cases from the ledger, the posts from the archive, what was refused on the
// way. Regions come from accounts, so the cache stays small.
func (s *Server) overview(ctx context.Context, region huiying.Region) (huiying.Overview, error) {
	c := s.overviews.entry(region)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.at.IsZero() && s.wall().Sub(c.at) < overviewFor {
		return c.o, nil
	}
	o, err := s.computeOverview(ctx, region)
	if err != nil {
		return huiying.Overview{}, fmt.Errorf("computing the overview: %w", err)
	}
	c.at, c.o = s.wall(), o
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
