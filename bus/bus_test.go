package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"huiying"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(child(dir))
	}
	goleak.VerifyTestMain(m)
}

// open opens a bus in a fresh directory, or in cfg.Dir, and closes it with the test.
func open(t testing.TB, cfg Config) *Bus {
	t.Helper()
	if cfg.Dir == "" && cfg.URL == "" {
		cfg.Dir = t.TempDir()
	}
	if testing.Verbose() && cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	b, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeBus(t, b) })
	return b
}

func closeBus(t testing.TB, b *Bus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := b.Close(ctx); err != nil {
		t.Error("closing:", err)
	}
}

var bodyText = strings.Repeat("县城东关桥头积水已有三天，过往行人十分不便，望有关部门尽快处理。", 10)

func post(i int) huiying.Post {
	return huiying.Post{
		ID: huiying.PostID(fmt.Sprintf("p%06d", i)), Region: "141122", Source: "吕梁论坛", Channel: huiying.ChannelForum,
		Title: "东关桥头积水", Text: bodyText, PublishedAt: time.Date(2026, 3, 1, 8, 0, i%60, 0, huiying.Beijing),
	}
}

func posts(from, to int) []huiying.Post {
	var ps []huiying.Post
	for i := from; i < to; i++ {
		ps = append(ps, post(i))
	}
	return ps
}

func assessed(from, to int) []huiying.Assessed {
	var as []huiying.Assessed
	for _, p := range posts(from, to) {
		as = append(as, huiying.Assessed{Post: p, Assessment: huiying.Assessment{ID: p.ID, Category: "城乡建设"}})
	}
	return as
}

func publish(t testing.TB, b *Bus, ps []huiying.Post) {
	t.Helper()
	accepted, duplicate, err := b.PublishPosts(t.Context(), ps)
	if err != nil || accepted != len(ps) || duplicate != 0 {
		t.Fatalf("published %d, duplicate %d, %v; want %d, 0", accepted, duplicate, err, len(ps))
	}
}

// tally counts what consumers saw, by ID.
type tally struct {
	mu   sync.Mutex
	seen map[huiying.PostID]int
	n    int
}

func (c *tally) add(ids ...huiying.PostID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = make(map[huiying.PostID]int)
	}
	for _, id := range ids {
		c.seen[id]++
		c.n++
	}
}

func (c *tally) posts(_ context.Context, ps []huiying.Post) error {
	for _, p := range ps {
		c.add(p.ID)
	}
	return nil
}

func (c *tally) distinct() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.seen)
}

func (c *tally) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func (c *tally) of(id huiying.PostID) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[id]
}

// run consumes until the test or stop ends it.
func run(t testing.TB, consume func(ctx context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- consume(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error("consumer:", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// eventually polls until ok or half a minute is over.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("did not happen:", what)
		}
	}
}

// streamDepth is how full a stream is and how far behind each of its consumers.
type streamDepth struct {
	Messages  uint64
	Consumers map[string]*jetstream.ConsumerInfo
}

func depth(t testing.TB, b *Bus, stream string) streamDepth {
	t.Helper()
	s, err := b.js.Stream(t.Context(), b.named(stream))
	if err != nil {
		t.Fatal(err)
	}
	d := streamDepth{s.CachedInfo().State.Msgs, make(map[string]*jetstream.ConsumerInfo)}
	list := s.ListConsumers(t.Context())
	for c := range list.Info() {
		d.Consumers[c.Name] = c
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestConfigIsCheckedBeforeAnythingStarts(t *testing.T) {
	for name, cfg := range map[string]Config{
		"neither directory nor address":     {},
		"directory and address":             {Dir: "x", URL: "nats://127.0.0.1:1"},
		"replicas without a cluster":        {Dir: "x", Replicas: 3},
		"negative bound":                    {Dir: "x", MaxPosts: -1},
		"too few bytes":                     {Dir: "x", MaxBytes: 1000},
		"unknown stream":                    {Dir: "x", Consumers: map[string][]string{"NEWS": {"a"}}},
		"stream without consumers":          {Dir: "x", Consumers: map[string][]string{Posts: {"analyzer"}}},
		"consumer name with a dot":          {Dir: "x", Consumers: map[string][]string{Posts: {"a.b"}, Assessed: {"archive"}}},
		"certificate without its key":       {URL: "nats://127.0.0.1:1", TLS: TLS{Cert: "c.pem"}},
		"window shorter than the server's":  {Dir: "x", DedupWindow: time.Millisecond},
		"nobody may ever try":               {Dir: "x", MaxDeliver: -1},
		"more replicas than a server takes": {URL: "nats://127.0.0.1:1", Replicas: 7},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Open(t.Context(), cfg); !errors.Is(err, huiying.ErrInvalid) {
				t.Fatalf("got %v, want ErrInvalid", err)
			}
		})
	}
}

func TestSecondProcessIsKeptOutOfTheDirectory(t *testing.T) {
	b := open(t, Config{})
	if _, err := Open(t.Context(), Config{Dir: b.cfg.Dir}); !errors.Is(err, huiying.ErrConflict) {
		t.Fatalf("second open: %v, want ErrConflict", err)
	}
	publish(t, b, posts(0, 1)) // the first is unharmed
	closeBus(t, b)
	open(t, Config{Dir: b.cfg.Dir})
}

func TestUnusableDirectoryIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Config{Dir: filepath.Join(file, "bus")}); err == nil {
		t.Fatal("opened below a plain file")
	}
}

func TestNothingIsTakenAfterClose(t *testing.T) {
	b := open(t, Config{})
	closeBus(t, b)
	closeBus(t, b) // twice is fine
	if _, _, err := b.PublishPosts(t.Context(), posts(0, 1)); !errors.Is(err, huiying.ErrBusy) {
		t.Fatalf("publish after close: %v, want ErrBusy", err)
	}
	if err := b.ConsumePosts(t.Context(), "analyzer", 1, nil); !errors.Is(err, huiying.ErrBusy) {
		t.Fatalf("consume after close: %v, want ErrBusy", err)
	}
}

func TestCloseWaitsForTheBatchInHand(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Config{Dir: dir})
	publish(t, b, posts(0, 10))
	started, finish := make(chan struct{}), make(chan struct{})
	consumed := make(chan error, 1)
	go func() {
		consumed <- b.ConsumePosts(context.Background(), "analyzer", 10, func(context.Context, []huiying.Post) error {
			close(started)
			<-finish
			return nil
		})
	}()
	<-started
	closed := make(chan error, 1)
	go func() { closed <- b.Close(context.Background()) }()
	<-b.ctx.Done() // Close has begun
	select {
	case <-closed:
		t.Fatal("closed over a batch in hand")
	default:
	}
	close(finish)
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if err := <-consumed; err != nil {
		t.Fatal(err)
	}
	if d := depth(t, open(t, Config{Dir: dir}), Posts); d.Messages != 0 {
		t.Fatalf("%d messages left: the batch in hand was not acknowledged", d.Messages)
	}
}

func TestConsumerNoLongerConfiguredDoesNotFillTheStream(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Config{Dir: dir, Consumers: map[string][]string{Posts: {"analyzer", "old"}, Assessed: {"archive"}}})
	publish(t, b, posts(0, 5))
	closeBus(t, b)
	b = open(t, Config{Dir: dir})
	var c tally
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 10, c.posts) })
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Posts).Messages == 0 })
	if c.distinct() != 5 {
		t.Fatalf("saw %d posts, want 5", c.distinct())
	}
}
