package collector

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"huiying"
)

func TestCollectorsShareTheWorkWithoutDoublingIt(t *testing.T) {
	const sources, collectors = 12, 3
	var hits [sources]atomic.Int32
	var at, most atomic.Int32
	ledger := newBook()
	ledger.saved = make(chan huiying.SourceHealth, sources*collectors)
	for i := range sources {
		s := serve(t, noRobots(func(w http.ResponseWriter, _ *http.Request) {
			hits[i].Add(1)
			most.Store(max(most.Load(), at.Add(1)))
			defer at.Add(-1)
			_, _ = fmt.Fprintf(w, `<rss version="2.0"><channel><item><title>第 %d 条</title><guid>%d</guid></item></channel></rss>`, i, i)
		}))
		ledger.sources = append(ledger.sources, huiying.Source{ID: huiying.SourceID(fmt.Sprint("s", i)), Kind: "feed", Name: fmt.Sprint("源", i), URL: s.URL + "/rss", Channel: huiying.ChannelNews, Every: huiying.Duration(time.Hour)})
	}
	ctx, stop := context.WithCancel(t.Context())
	out := &sink{}
	var all sync.WaitGroup
	for range collectors {
		c := testCollector(t, ledger, out)
		all.Go(func() {
			if err := c.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	for range sources {
		<-ledger.saved
	}
	time.Sleep(50 * time.Millisecond) // time to do something twice
	stop()
	all.Wait()
	for i := range hits {
		if n := hits[i].Load(); n != 1 {
			t.Errorf("source %d was visited %d times, want once", i, n)
		}
	}
	if len(out.posts) != sources {
		t.Errorf("%d posts, want %d", len(out.posts), sources)
	}
}

func TestACollectorThatDiedIsReplaced(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `<rss version="2.0"><channel><item><title>一条</title><guid>1</guid></item></channel></rss>`)
	}))
	ledger, out := newBook(), &sink{}
	src := huiying.Source{ID: "s", Kind: "feed", Name: "源", URL: s.URL + "/rss", Channel: huiying.ChannelNews}
	name := "collect " + hostOf(src)
	ledger.leases[name] = lease{"the dead one", time.Now().Add(time.Hour)}
	c := testCollector(t, ledger, out)
	if took, err := c.share(t.Context(), src, time.Time{}); took || err != nil || len(out.posts) != 0 {
		t.Fatalf("took %v (%v) a host that another holds", took, err)
	}
	ledger.leases[name] = lease{"the dead one", time.Now()} // it ran out
	if took, err := c.share(t.Context(), src, time.Time{}); !took || err != nil || len(out.posts) != 1 {
		t.Fatalf("took %v (%v), %d posts", took, err, len(out.posts))
	}
	if _, left := ledger.leases[name]; left {
		t.Error("the lease was not given back")
	}
	if took, err := c.share(t.Context(), src, time.Time{}); !took || err != nil || ledger.health["s"].Visits != 1 {
		t.Errorf("what another had visited was visited again: %d visits (%v)", ledger.health["s"].Visits, err)
	}
}

func TestWhatAHostAskedOfOneCollectorAllKeepTo(t *testing.T) {
	var hits atomic.Int32
	s := serve(t, noRobots(func(w http.ResponseWriter, _ *http.Request) {
		hits.Add(1)
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	ledger, out := newBook(), &sink{}
	ledger.hostBook = &sharedBook{away: make(map[string]time.Time)}
	src := huiying.Source{ID: "s", Kind: "feed", Name: "源", URL: s.URL + "/rss", Channel: huiying.ChannelNews}
	first, second := testCollector(t, ledger, out), testCollector(t, ledger, out)
	if err := first.Visit(t.Context(), src); err == nil || !strings.Contains(err.Error(), "429") {
		t.Fatalf("got %v", err)
	}
	other := src
	other.ID, other.URL = "t", s.URL+"/other"
	err := second.Visit(t.Context(), other)
	var failure *Failure
	if !errors.As(err, &failure) || failure.Kind != huiying.FailureAway || failure.RetryAfter < 100*time.Second || hits.Load() != 1 {
		t.Errorf("the other collector: %v, %d requests", err, hits.Load())
	}
	if next := ledger.health["t"].NextVisit; next.Before(testNow.Add(100 * time.Second)) {
		t.Errorf("it comes again at %v", next)
	}
}

// sharedBook tells others which host wants to be left alone.
type sharedBook struct {
	away map[string]time.Time
}

func (b *sharedBook) SpendHost(_ context.Context, _ string, day time.Time, n, _ int) (int, huiying.HostDay, error) {
	return n, huiying.HostDay{Day: day}, nil
}

func (b *sharedBook) KeepAway(_ context.Context, host string, until time.Time) error {
	b.away[host] = until
	return nil
}

func (b *sharedBook) Hosts(context.Context, []string) (map[string]huiying.HostDay, error) {
	out := make(map[string]huiying.HostDay)
	for host, until := range b.away {
		out[host] = huiying.HostDay{Away: until}
	}
	return out, nil
}
