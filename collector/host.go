package collector

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"huiying"
)

// A host is one server we are polite to: one request at a time, never faster
// than its limit nor for more than half of its time, not more a day than its
// budget, and not at all while it sends us away.
type host struct {
	slot  chan struct{} // held during a request
	limit *rate.Limiter

	mu    sync.Mutex
	until time.Time // wall clock: not before this
	rest  time.Time // wall clock: the pause after a slow answer ends
	day   time.Time // of asked
	asked int       // requests of that day
}

// hosts hands out turns.
type hosts struct {
	rate   rate.Limit
	burst  int
	budget int // requests a day and host
	wall   func() time.Time

	mu   sync.Mutex
	byID map[string]*host
}

func newHosts(limit rate.Limit, burst, budget int, wall func() time.Time) *hosts {
	return &hosts{rate: limit, burst: burst, budget: budget, wall: wall, byID: make(map[string]*host)}
}

func (hs *hosts) get(id string) *host {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	h := hs.byID[id]
	if h == nil {
		h = &host{slot: make(chan struct{}, 1), limit: rate.NewLimiter(hs.rate, hs.burst)}
		hs.byID[id] = h
	}
	return h
}

// turn waits until it is our turn at the host and returns how to end it. While
// the host sends us away it fails at once instead of waiting.
func (hs *hosts) turn(ctx context.Context, id string) (done func(), err error) {
	h := hs.get(id)
	select {
	case h.slot <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	release := func() { <-h.slot }
	if left := h.away(hs.wall()); left > 0 {
		release()
		return nil, &Failure{URL: id, Kind: KindAway, Message: fmt.Sprintf("网站要求暂缓访问，%s后再试", huiying.SpanText(left)), RetryAfter: left}
	}
	if err := h.limit.Wait(ctx); err != nil {
		release()
		if ctx.Err() == nil { // the limiter sees beforehand that the turn would come too late
			err = context.DeadlineExceeded
		}
		return nil, fmt.Errorf("wait for a turn at %s: %w", id, err)
	}
	if hs.rate != rate.Inf { // without a limit there is nobody to spare
		if err := sleep(ctx, h.resting(hs.wall())); err != nil {
			release()
			return nil, err
		}
	}
	if left := h.spend(hs.wall(), hs.budget); left > 0 {
		release()
		return nil, &Failure{URL: id, Kind: KindAway, Message: fmt.Sprintf("今天已访问 %d 次，达到每日上限，明天再试", hs.budget), RetryAfter: left}
	}
	asked := hs.wall()
	return func() {
		h.tired(hs.wall(), asked)
		release()
	}, nil
}

// longestRest bounds the pause after a slow answer.
const longestRest = 30 * time.Second

// tired notes how long an answer took: the host rests as long, so that a slow
// one is asked less.
func (h *host) tired(now, asked time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rest = now.Add(min(now.Sub(asked), longestRest))
}

func (h *host) resting(now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rest.Sub(now)
}

// spend takes one request from the day's budget. When nothing is left it returns
// the time until the next day in Beijing.
func (h *host) spend(now time.Time, budget int) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	day := dayOf(now)
	if !day.Equal(h.day) {
		h.day, h.asked = day, 0
	}
	if h.asked >= budget {
		return day.AddDate(0, 0, 1).Sub(now)
	}
	h.asked++
	return 0
}

// spare reports whether less than four fifths of today's budget is spent, so that
// what can wait leaves the rest to what cannot.
func (hs *hosts) spare(id string) bool {
	h := hs.get(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked < hs.budget*4/5 || !h.day.Equal(dayOf(hs.wall()))
}

// dayOf is the beginning of the day in Beijing.
func dayOf(now time.Time) time.Time {
	now = now.In(huiying.Beijing)
	return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, huiying.Beijing)
}

// slower applies a Crawl-delay of robots.txt.
func (hs *hosts) slower(id string, delay time.Duration) {
	const longest = time.Minute // a longer delay would stall every visit
	if delay = min(delay, longest); delay <= 0 {
		return
	}
	h := hs.get(id)
	h.limit.SetLimit(min(hs.rate, rate.Every(delay)))
	h.limit.SetBurst(1)
}

// sendAway keeps every request from the host for d.
func (hs *hosts) sendAway(id string, d time.Duration) {
	h := hs.get(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	if until := hs.wall().Add(d); until.After(h.until) {
		h.until = until
	}
}

func (h *host) away(now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.until.Sub(now)
}
