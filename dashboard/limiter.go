package dashboard

import (
	"math"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// pace names what is limited together: sign-ins, pushes, questions that cost
// much. The zero value is not limited.
type pace int

const (
	paceNone pace = iota
	paceSignIn
	paceAccount // sign-ins with one name, from wherever
	paceQuery
	paceExport
	pacePush
)

// paces are what one address, and one account, may do: so many a second, and so
// many at once. A whole county office may come from one address.
var paces = map[pace]struct {
	every rate.Limit
	burst int
}{
	paceSignIn:  {2, 60},
	paceAccount: {0.2, 20},
	paceQuery:   {50, 200},
	paceExport:  {0.5, 60},
	pacePush:    {1000, 2000},
}

// mostBuckets bounds what is remembered; those that are full again are forgotten.
const mostBuckets = 20_000

// limiter counts by kind and by whom.
type limiter struct {
	mu      sync.Mutex
	buckets map[bucketKey]*rate.Limiter
}

type bucketKey struct {
	pace pace
	who  string
}

func newLimiter() *limiter { return &limiter{buckets: map[bucketKey]*rate.Limiter{}} }

// take counts one more by who at now. It returns how long to wait when that is
// too much, and then does not count it.
func (l *limiter) take(p pace, who string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := bucketKey{p, who}
	b := l.buckets[key]
	if b == nil {
		if len(l.buckets) >= mostBuckets {
			l.forget(now)
		}
		b = rate.NewLimiter(paces[p].every, paces[p].burst)
		l.buckets[key] = b
	}
	r := b.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// forget drops what says nothing any more, or everything when all of it does:
// memory matters more than a count.
func (l *limiter) forget(now time.Time) {
	for key, b := range l.buckets {
		if b.TokensAt(now) >= float64(b.Burst()) {
			delete(l.buckets, key)
		}
	}
	if len(l.buckets) >= mostBuckets {
		clear(l.buckets)
	}
}

// neighbour is what an address is counted as: IPv4 itself, IPv6 its /64, which
// one customer has to himself.
func neighbour(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	net, err := a.Prefix(64)
	if err != nil {
		return address
	}
	return net.String()
}

// tooFast says that a caller must wait.
type tooFast struct{ wait time.Duration }

func (e *tooFast) Error() string { return "操作太频繁，请稍候再试" }

// seconds is what Retry-After says: whole seconds, at least one.
func (e *tooFast) seconds() int { return max(1, int(math.Ceil(e.wait.Seconds()))) }

// slow counts a request by address and by account.
func (s *Server) slow(r *http.Request, p pace) error {
	if p == paceNone {
		return nil
	}
	now := s.wall()
	wait := s.limits.take(p, neighbour(remote(r)), now)
	if who := visitOf(r.Context()).who.User; who != "" {
		wait = max(wait, s.limits.take(p, "@"+string(who), now))
	}
	if wait > 0 {
		return &tooFast{wait}
	}
	return nil
}
