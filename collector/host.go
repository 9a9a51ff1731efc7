package collector

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

	mu     sync.Mutex
	until  time.Time       // wall clock: not before this
	rest   time.Time       // wall clock: the pause after a slow answer ends
	booked huiying.HostDay // when this collector booked last
	left   int             // booked requests that are not sent yet
}

// A hostBook keeps what all collectors ask of the hosts, so that a restart forgets
// nothing and several share a budget.
type hostBook interface {
	// SpendHost books requests as [huiying.HostDay.Spend] does.
	SpendHost(ctx context.Context, host string, day time.Time, n, most int) (granted int, h huiying.HostDay, err error)
	// KeepAway notes that a host does not want to be asked before a time.
	KeepAway(ctx context.Context, host string, until time.Time) error
	Hosts(ctx context.Context, names []string) (map[string]huiying.HostDay, error)
}

// hosts hands out turns.
type hosts struct {
	rate   rate.Limit
	burst  int
	budget int // requests a day and host
	wall   func() time.Time
	book   hostBook

	mu   sync.Mutex
	byID map[string]*host
}

func newHosts(limit rate.Limit, burst, budget int, wall func() time.Time, book hostBook) *hosts {
	if book == nil {
		book = &ownBook{days: make(map[string]huiying.HostDay)}
	}
	return &hosts{rate: limit, burst: burst, budget: budget, wall: wall, book: book, byID: make(map[string]*host)}
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
		return nil, &Failure{URL: id, Kind: huiying.FailureAway, Message: fmt.Sprintf("网站要求暂缓访问，%s后再试", huiying.SpanText(left)), RetryAfter: left}
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
	if err := hs.spend(ctx, id, h); err != nil {
		release()
		return nil, err
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

// bookedAtOnce is the share of a day's budget that is booked at a time, one in so
// many: what a collector that is killed had booked and not sent is lost for the day.
const bookedAtOnce = 100

// spend takes one request from the day's budget, which all collectors share. It
// belongs to whoever has the turn.
func (hs *hosts) spend(ctx context.Context, id string, h *host) error {
	now := hs.wall()
	day := dayOf(now)
	h.mu.Lock()
	taken := h.left > 0 && h.booked.Day.Equal(day)
	if taken {
		h.left--
	}
	h.mu.Unlock()
	if taken {
		return nil
	}
	granted, booked, err := hs.book.SpendHost(ctx, id, day, max(1, hs.budget/bookedAtOnce), hs.budget)
	if err != nil {
		return ourTrouble(ctx, id, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.booked, h.left = booked, granted-1
	if granted > 0 {
		return nil
	}
	h.left = 0
	return &Failure{
		URL: id, Kind: huiying.FailureAway, Message: fmt.Sprintf("今天已访问 %d 次，达到每日上限，明天再试", booked.Asked),
		RetryAfter: day.AddDate(0, 0, 1).Sub(now),
	}
}

// giveBack returns what was booked and not sent, when work ends.
func (hs *hosts) giveBack(ctx context.Context) error {
	hs.mu.Lock()
	all := maps.Clone(hs.byID)
	hs.mu.Unlock()
	var errs []error
	for id, h := range all {
		h.mu.Lock()
		day, left := h.booked.Day, h.left
		h.left = 0
		h.mu.Unlock()
		if left > 0 {
			_, _, err := hs.book.SpendHost(ctx, id, day, -left, hs.budget)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// learn reads what other collectors, or this one before it was restarted, know of
// a host.
func (hs *hosts) learn(ctx context.Context, id string) error {
	known, err := hs.book.Hosts(ctx, []string{id})
	if err != nil {
		return err
	}
	h := hs.get(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	if until := known[id].Away; until.After(h.until) && until.Before(hs.wall().Add(maxRetryAfter)) { // later: of a clock that was set back since
		h.until = until
	}
	return nil
}

// spare reports whether less than four fifths of today's budget is spent, so that
// what can wait leaves the rest to what cannot.
func (hs *hosts) spare(id string) bool {
	h := hs.get(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.booked.Asked-h.left < hs.budget*4/5 || !h.booked.Day.Equal(dayOf(hs.wall()))
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

// sendAway keeps every request of every collector from the host for d.
func (hs *hosts) sendAway(ctx context.Context, id string, d time.Duration) error {
	h := hs.get(id)
	until := hs.wall().Add(d)
	h.mu.Lock()
	later := until.After(h.until)
	if later {
		h.until = until
	}
	h.mu.Unlock()
	if !later {
		return nil
	}
	if err := hs.book.KeepAway(ctx, id, until); err != nil {
		return ourTrouble(ctx, id, err)
	}
	return nil
}

// ourTrouble is a failure that is no fault of the site.
func ourTrouble(ctx context.Context, id string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &Failure{URL: id, Kind: huiying.FailureOurs, Message: "台账暂时不能用，稍后自动再试", Cause: err}
}

func (h *host) away(now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.until.Sub(now)
}

// ownBook is the book of a fetcher that is alone, in memory.
type ownBook struct {
	mu   sync.Mutex
	days map[string]huiying.HostDay
}

func (b *ownBook) SpendHost(_ context.Context, host string, day time.Time, n, most int) (granted int, h huiying.HostDay, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h, granted = b.days[host].Spend(day, n, most)
	b.days[host] = h
	return granted, h, nil
}

func (b *ownBook) KeepAway(context.Context, string, time.Time) error { return nil } // the turns know

func (b *ownBook) Hosts(context.Context, []string) (map[string]huiying.HostDay, error) {
	return nil, nil
}
