package collector

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"huiying"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A book is a ledger in memory; it counts what it is asked.
type book struct {
	hostBook
	mu         sync.Mutex
	sources    []huiying.Source
	health     map[huiying.SourceID]huiying.SourceHealth
	seen       map[string]bool
	rejections []huiying.Rejection
	revisits   map[huiying.PostID]huiying.Revisit
	leases     map[string]lease
	saved      chan huiying.SourceHealth // gets each saved health, if not nil
}

func newBook(sources ...huiying.Source) *book {
	return &book{hostBook: &ownBook{days: make(map[string]huiying.HostDay)}, sources: sources, health: make(map[huiying.SourceID]huiying.SourceHealth), seen: make(map[string]bool), revisits: make(map[huiying.PostID]huiying.Revisit), leases: make(map[string]lease)}
}

func (b *book) Sources(context.Context, huiying.Region) ([]huiying.Source, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.sources), nil
}

func (b *book) Health(context.Context, huiying.Region) (map[huiying.SourceID]huiying.SourceHealth, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.health), nil
}

func (b *book) SaveHealth(_ context.Context, h huiying.SourceHealth) error {
	b.mu.Lock()
	b.health[h.Source] = h
	b.mu.Unlock()
	if b.saved != nil {
		b.saved <- h
	}
	return nil
}

func (b *book) Unseen(_ context.Context, source huiying.SourceID, keys []string) ([]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, k := range keys {
		if !b.seen[string(source)+"\x00"+k] {
			out = append(out, k)
		}
	}
	return out, nil
}

func (b *book) MarkSeen(_ context.Context, source huiying.SourceID, keys []string, _ time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range keys {
		b.seen[string(source)+"\x00"+k] = true
	}
	return nil
}

func (b *book) SaveRejections(_ context.Context, rs []huiying.Rejection) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rejections = append(b.rejections, rs...)
	return nil
}

type lease struct {
	holder string
	until  time.Time
}

func (b *book) Hold(_ context.Context, name, holder string, long time.Duration) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l, taken := b.leases[name]; taken && l.holder != holder && l.until.After(time.Now()) {
		return false, nil
	}
	b.leases[name] = lease{holder, time.Now().Add(long)}
	return true, nil
}

func (b *book) Release(_ context.Context, name, holder string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.leases[name].holder == holder {
		delete(b.leases, name)
	}
	return nil
}

func (b *book) AddRevisits(_ context.Context, list []huiying.Revisit) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range list {
		if _, known := b.revisits[r.Post]; !known {
			b.revisits[r.Post] = r
		}
	}
	return nil
}

func (b *book) SaveRevisit(_ context.Context, r huiying.Revisit) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.revisits[r.Post] = r; r.Due.IsZero() {
		delete(b.revisits, r.Post)
	}
	return nil
}

func (b *book) DueRevisits(_ context.Context, source huiying.SourceID, now time.Time, limit int) ([]huiying.Revisit, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []huiying.Revisit
	for _, r := range b.revisits {
		if r.Source == source && !r.Due.After(now) && len(out) < limit {
			out = append(out, r)
		}
	}
	return out, nil
}

func (b *book) Revisits(_ context.Context, ids []huiying.PostID) (map[huiying.PostID]huiying.Revisit, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make(map[huiying.PostID]huiying.Revisit)
	for _, id := range ids {
		if r, ok := b.revisits[id]; ok {
			out[id] = r
		}
	}
	return out, nil
}

// A sink is a bus in memory that drops repeats by ID.
type sink struct {
	mu    sync.Mutex
	posts []huiying.Post
	ids   map[huiying.PostID]bool
	fail  []error // the answers of the next calls
}

func (s *sink) publish(_ context.Context, posts []huiying.Post) (accepted, duplicate int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.fail) > 0 {
		err, s.fail = s.fail[0], s.fail[1:]
		if err != nil {
			return 0, 0, err
		}
	}
	if s.ids == nil {
		s.ids = make(map[huiying.PostID]bool)
	}
	for _, p := range posts {
		id := huiying.PostID(p.Reading())
		if s.ids[id] {
			duplicate++
			continue
		}
		s.ids[id] = true
		s.posts = append(s.posts, p)
		accepted++
	}
	return accepted, duplicate, nil
}

var testNow = time.Date(2026, 3, 5, 15, 4, 5, 0, huiying.Beijing)

// testCollector reads loopback without waiting; its clock stands at testNow
// but for the time the test itself takes.
func testCollector(t *testing.T, ledger Ledger, out *sink, change ...func(*Config)) *Collector {
	t.Helper()
	cfg := Config{
		Region: "141122", Ledger: ledger, Publish: out.publish, Speed: huiying.NewSpeed(testNow, 1),
		Intake: huiying.Intake{Region: "141122", Key: []byte("k")}, AllowPrivate: true, Rate: 10_000, Burst: 1000,
		Timeout: 5 * time.Second, Secrets: []Secret{{Name: "jiekou", Value: "s3cret/+", Hosts: []string{"127.0.0.1"}}},
	}
	for _, f := range change {
		f(&cfg)
	}
	c := New(cfg)
	c.pause = func(context.Context, time.Duration) error { return nil }
	t.Cleanup(c.Close)
	return c
}
