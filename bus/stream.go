package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"huiying"
)

// Bounds of the small streams.
const (
	deadMax      = 100_000
	liveMax      = 20_000
	liveMaxBytes = 32 << 20
	liveMaxAge   = time.Hour

	// maxAckPending is how many messages of one consumer may be unanswered,
	// those waiting for their next try included.
	maxAckPending = 10_000
)

// ensureStreams makes streams, then consumers, before anything is published:
// POSTS and ASSESSED keep a message until every consumer answered for it, so a
// consumer that does not exist yet would miss it.
func (b *Bus) ensureStreams(ctx context.Context) error {
	for _, cfg := range b.streams() {
		if err := b.ensureStream(ctx, cfg); err != nil {
			return fmt.Errorf("stream %s: %w", cfg.Name, err)
		}
	}
	if err := b.ensureLive(ctx); err != nil {
		return fmt.Errorf("stream %s: %w", Live, err)
	}
	for stream, names := range b.cfg.Consumers {
		for _, name := range names {
			if _, err := b.js.CreateOrUpdateConsumer(ctx, b.named(stream), b.consumer(name)); err != nil {
				return fmt.Errorf("consumer %s of %s: %w", name, stream, err)
			}
		}
		if err := b.dropStale(ctx, stream, names); err != nil {
			return fmt.Errorf("consumers of %s: %w", stream, err)
		}
	}
	return nil
}

// noRoom is what a server says that cannot set aside as much as a stream may hold.
const noRoom jetstream.ErrorCode = 10047

// ensureStream makes a stream, or brings it to its configuration. One that is there
// is worked with as it is when the servers have no room left for it to grow.
func (b *Bus) ensureStream(ctx context.Context, cfg jetstream.StreamConfig) error {
	_, err := b.js.CreateOrUpdateStream(ctx, cfg)
	var told *jetstream.APIError
	if !errors.As(err, &told) || told.ErrorCode != noRoom {
		return err
	}
	if _, missing := b.js.Stream(ctx, cfg.Name); missing == nil {
		b.log.Warn("the servers have no room to set aside", "stream", cfg.Name)
		return nil
	}
	return &huiying.Error{
		Code:    huiying.CodeBusy,
		Message: fmt.Sprintf("消息总线的服务器存储不够：每个地区预留三份 bus.max_bytes（各 %d MB）。请加大 NATS 的 max_file_store 或换大盘，或把 max_bytes 写小", cfg.MaxBytes>>20),
		Cause:   err,
	}
}

// named is what the server calls one of our streams.
func (b *Bus) named(stream string) string {
	if b.cfg.Region == "" || stream == Live {
		return stream
	}
	return stream + "_" + string(b.cfg.Region)
}

// subject is where messages of a stream go: on a shared server to our region's
// subject, whatever part of the region they speak of.
func (b *Bus) subject(stream string, region huiying.Region) string {
	if region = cmp.Or(b.cfg.Region, region); region == "" {
		return stream
	}
	return region.Subject(stream)
}

func (b *Bus) subjects(stream string) []string {
	if b.cfg.Region == "" {
		return []string{stream + ".>"}
	}
	return []string{b.subject(stream, "")}
}

func (b *Bus) streams() []jetstream.StreamConfig {
	// Interest, not work queue: a work queue takes one consumer only. DiscardNew
	// makes a full stream refuse, which is the back-pressure.
	bounded := jetstream.StreamConfig{
		Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew,
		MaxMsgs: b.cfg.MaxPosts, MaxBytes: b.cfg.MaxBytes, Replicas: b.cfg.Replicas,
	}
	posts, assessed, dead := bounded, bounded, bounded

	posts.Name, posts.Subjects = b.named(Posts), b.subjects("posts")
	posts.Retention, posts.Duplicates = jetstream.InterestPolicy, b.cfg.DedupWindow

	assessed.Name, assessed.Subjects = b.named(Assessed), b.subjects("assessed")
	assessed.Retention, assessed.Duplicates = jetstream.InterestPolicy, min(b.cfg.DedupWindow, assessedWindow)

	dead.Name, dead.Subjects = b.named(Dead), []string{b.subject("dead", "") + ".>"}
	dead.Retention, dead.Duplicates = jetstream.LimitsPolicy, b.cfg.DedupWindow
	dead.MaxMsgs = deadMax
	return []jetstream.StreamConfig{posts, assessed, dead}
}

// ensureLive makes the live stream. A server that restarts forgets it: it is in
// memory. Its numbers start at the present unix milliseconds, so they go on
// above all numbers given before (below 1000 messages a second on average) and
// a screen that resumes from an old number gets everything new.
func (b *Bus) ensureLive(ctx context.Context) error {
	_, err := b.js.Stream(ctx, Live)
	if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err // when it exists, readers count on its numbers
	}
	_, err = b.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: Live, Subjects: []string{"live.>"}, Storage: jetstream.MemoryStorage,
		Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
		MaxMsgs: liveMax, MaxBytes: liveMaxBytes, MaxAge: liveMaxAge, Replicas: b.cfg.Replicas,
		FirstSeq: uint64(b.cfg.Now().UnixMilli()),
	})
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return nil // another process was faster
	}
	return err
}

func (b *Bus) consumer(name string) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:       name,
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       b.cfg.AckWait,
		// The server would keep a message it gave up on for ever and tell nobody:
		// consume.go counts and buries instead.
		MaxDeliver:    -1,
		MaxAckPending: maxAckPending,
	}
}

// dropStale removes consumers that are no longer configured: a stream keeps
// messages for them until it is full. On a shared server they may belong to
// another installation, so there it only says so.
func (b *Bus) dropStale(ctx context.Context, stream string, names []string) error {
	s, err := b.js.Stream(ctx, b.named(stream))
	if err != nil {
		return err
	}
	found := s.ConsumerNames(ctx)
	var stale []string
	for name := range found.Name() {
		if !slices.Contains(names, name) {
			stale = append(stale, name)
		}
	}
	if err := found.Err(); err != nil {
		return err
	}
	for _, name := range stale {
		if b.embedded == nil {
			b.log.Warn("consumer is not configured here; its messages are kept until it reads them", "stream", stream, "consumer", name)
			continue
		}
		b.log.Warn("removing a consumer that is no longer configured", "stream", stream, "consumer", name)
		if err := s.DeleteConsumer(ctx, name); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return err
		}
	}
	return nil
}
