// Package bus is how things travel: posts from the collectors to the analyzer,
// assessed posts to archive and alerting, and live messages to open screens.
//
// It is NATS JetStream behind a narrow API. With no URL the server runs inside
// this process without any listening port; with a URL the same code talks to a
// server or a cluster. Nothing here knows what a post means.
//
// What is promised
//   - A post is on disk when [Bus.PublishPosts] returns it as accepted; a
//     kill -9 afterwards does not lose it. Loss of power may lose the last
//     [syncInterval] unless Config.SyncAlways is set or a cluster keeps replicas.
//   - Delivery is at least once to every durable consumer. Publishing the same
//     ID again within Config.DedupWindow is dropped here; later repeats, and
//     repeats of what was handled before a restart, reach the consumers, which
//     are idempotent by ID.
//   - A full stream refuses with [huiying.ErrBusy] and never drops.
//   - A message nobody can handle becomes a [huiying.DeadLetter] and can be
//     replayed; it never stops the others.
//
// Start reading at [Open], then publish.go and consume.go.
package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"huiying"
)

// Config says where the bus lives and how much it holds. The zero value of a
// field means its default. Either Dir or URL is required.
type Config struct {
	Dir string // embedded: everything is kept below this directory

	// Region is whose posts these are, where several regions share a server: each
	// has streams of its own (POSTS_141122), so that one that is full, or stopped,
	// is nobody else's trouble. Live messages of all regions share a stream, for
	// those above read them, too. Empty: the server is ours alone.
	Region huiying.Region

	URL   string // external server(s), comma separated, instead of embedded
	Creds string // external: file with the account's credentials (.creds)
	TLS   TLS

	MaxPosts int64 // most messages POSTS, and most ASSESSED, may hold; default 1,000,000
	MaxBytes int64 // the same in bytes, each; default 2 GiB

	SyncAlways bool // fsync before every acknowledgement: safe against power loss, about 6 times slower
	Replicas   int  // copies in a cluster, 1…5; default 1

	// DedupWindow is how long the ID of a published post is remembered; default
	// 20 min. A remembered ID takes up to 150 bytes of heap (measured by
	// BenchmarkDedupMemory), so 20 min at 500 posts/s are 90 MB; 2 h would be
	// 540 MB. Later repeats cost a second assessment and nothing else.
	DedupWindow time.Duration

	// MaxDeliver is how often a message is tried before it becomes a dead
	// letter; default 5. BackOff are the pauses between the tries, the last one
	// repeats; default 1 s, 10 s, 1 min, 5 min.
	MaxDeliver int
	BackOff    []time.Duration

	// AckWait is after how long a message whose consumer died is given to
	// another; default 10 s. A living consumer extends it as long as it works.
	AckWait time.Duration

	// Consumers are the durable consumers of each stream. They are made when the
	// bus opens, so what is published before one starts waits for it. Default:
	// POSTS analyzer, ASSESSED archive and alerting.
	Consumers map[string][]string

	Log *slog.Logger
	Now func() time.Time // wall clock, for Live.Sent; default time.Now
}

// TLS names PEM files for an external server. All are optional.
type TLS struct {
	CA   string // who signed the server's certificate, if not a public authority
	Cert string // our certificate, with Key
	Key  string
}

// The streams.
const (
	Posts    = "POSTS"    // collectors → analyzer
	Assessed = "ASSESSED" // analyzer → archive, alerting
	Dead     = "DEAD"     // what no consumer could handle
	Live     = "LIVE"     // for open screens, in memory
)

const (
	maxPending     = 4096             // publishes awaiting their acknowledgement, over all callers
	stallWait      = 5 * time.Second  // how long a publisher waits for room among them
	publishTimeout = 15 * time.Second // without an acknowledgement a message counts as not published
	requestTimeout = 10 * time.Second // for one request to the server when the caller gave no deadline
	agreeTimeout   = 5 * time.Second  // for servers to agree on all streams; what they agreed on stays
	parting        = 2 * time.Second  // for what is said last: a server that is gone must not hold up the end
	syncInterval   = 10 * time.Second // embedded: how often written blocks are fsynced
	maxPayload     = 8 << 20          // embedded: one message; a post is below 1 MiB by huiying's limits
)

// Bus is an open bus. Its methods may be called from many goroutines.
type Bus struct {
	cfg      Config
	log      *slog.Logger
	embedded *embedded // nil when external
	lock     *dirLock  // nil when external
	nc       *nats.Conn
	js       jetstream.JetStream

	ctx    context.Context // ends when Close begins: consumers stop
	cancel context.CancelFunc

	mu      sync.Mutex
	closing bool
	calls   sync.WaitGroup // calls in progress; Close waits for them
}

// Open starts or reaches the server and makes the streams and consumers that
// are missing. The caller closes the bus.
func Open(ctx context.Context, cfg Config) (*Bus, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	b := &Bus{cfg: cfg, log: cfg.Log.With("part", "bus")}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	if err := b.open(ctx); err != nil {
		_ = b.shutdown(ctx)
		return nil, err
	}
	return b, nil
}

func (b *Bus) open(ctx context.Context) (err error) {
	if b.cfg.URL == "" {
		if err := b.startServer(ctx); err != nil {
			return err
		}
	}
	if err := b.connect(); err != nil {
		return err
	}
	b.js, err = jetstream.New(b.nc, jetstream.WithPublishAsyncMaxPending(maxPending), jetstream.WithPublishAsyncTimeout(publishTimeout))
	if err != nil {
		return fmt.Errorf("jetstream: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // recovery of a large store takes its time
	defer cancel()
	for {
		err := b.tryStreams(ctx)
		if err == nil || ctx.Err() != nil || !unreachable(err) && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		b.log.Warn("the servers have not agreed yet", "error", err)
		wait(ctx, hold[0])
	}
}

// tryStreams gives the servers a while. A request that comes when they have no
// leader is never answered: it must be made again.
func (b *Bus) tryStreams(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, agreeTimeout)
	defer cancel()
	return b.ensureStreams(ctx)
}

func (b *Bus) connect() (err error) {
	opts := []nats.Option{
		nats.Name("huiying"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(500 * time.Millisecond),
		nats.Timeout(requestTimeout),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { b.log.Warn("connection", "error", err) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				b.log.Warn("disconnected", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { b.log.Info("reconnected") }),
	}
	if b.embedded != nil {
		opts = append(opts, nats.InProcessServer(b.embedded))
	} else {
		opts = append(opts, b.cfg.credentials()...)
	}
	if b.nc, err = nats.Connect(b.cfg.URL, opts...); err != nil {
		return &huiying.Error{
			Code: huiying.CodeBusy, Field: "bus.url", Cause: err,
			Message: "连不上消息总线，请检查地址、凭据和网络",
		}
	}
	return nil
}

func (c Config) credentials() []nats.Option {
	var opts []nats.Option
	if c.Creds != "" {
		opts = append(opts, nats.UserCredentials(c.Creds))
	}
	if c.TLS.CA != "" {
		opts = append(opts, nats.RootCAs(c.TLS.CA))
	}
	if c.TLS.Cert != "" {
		opts = append(opts, nats.ClientCert(c.TLS.Cert, c.TLS.Key))
	}
	return opts
}

// Close stops the consumers, waits for calls in progress and shuts down. What
// was accepted is on disk. When ctx ends first it shuts down all the same and
// says so; nothing acknowledged is lost by that. Closing twice is not an error.
func (b *Bus) Close(ctx context.Context) error {
	b.mu.Lock()
	closed := b.closing
	b.closing = true
	b.mu.Unlock()
	if closed {
		return nil
	}
	return b.shutdown(ctx)
}

func (b *Bus) shutdown(ctx context.Context) error {
	b.cancel()
	var errs []error
	idle := make(chan struct{})
	go func() { // ends with the last call; those end at the latest when the connection is closed below
		b.calls.Wait()
		close(idle)
	}()
	select {
	case <-idle:
	case <-ctx.Done():
		errs = append(errs, fmt.Errorf("closing the bus before its consumers ended: %w", ctx.Err()))
	}
	if b.nc != nil {
		if len(errs) == 0 && b.nc.IsConnected() {
			flush, cancel := context.WithTimeout(ctx, parting)
			if err := b.nc.FlushWithContext(flush); err != nil {
				errs = append(errs, fmt.Errorf("flushing the bus: %w", err))
			}
			cancel()
		}
		b.nc.Close()
	}
	if b.embedded != nil {
		<-b.embedded.done
		b.embedded.stop()
	}
	if b.lock != nil {
		errs = append(errs, b.lock.release())
	}
	return errors.Join(errs...)
}

// begin registers a call; the caller must call b.calls.Done when it gets nil.
func (b *Bus) begin() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closing {
		return huiying.Errorf(huiying.CodeBusy, "系统正在停止，请稍后重试")
	}
	b.calls.Add(1)
	return nil
}

// untilClosed is ctx that also ends when the bus closes.
func (b *Bus) untilClosed(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(b.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}
