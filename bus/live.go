package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"huiying"
)

// envelope is a live message on the bus: with what a screen must not see but
// the dashboard needs to decide who may see it.
type envelope struct {
	Type   huiying.LiveType `json:"type"`
	Sent   int64            `json:"sent"`
	Region huiying.Region   `json:"region,omitempty"`
	Units  []huiying.UnitID `json:"units,omitempty"`
	Data   json.RawMessage  `json:"data,omitempty"`
}

// PublishLive tells open screens. The stream keeps the newest messages in
// memory so that a screen can resume; the oldest make room, and a restart
// forgets them. Sent is set to now when it is 0; Seq is set on receipt.
func (b *Bus) PublishLive(ctx context.Context, l huiying.Live) error {
	return b.PublishLives(ctx, []huiying.Live{l})
}

// PublishLives is PublishLive for many at once, in their order: none waits for
// the acknowledgement of the one before.
func (b *Bus) PublishLives(ctx context.Context, ls []huiying.Live) error {
	msgs := make([]*nats.Msg, len(ls))
	for i, l := range ls {
		var err error
		if msgs[i], err = b.liveMessage(l); err != nil {
			return fmt.Errorf("live %s: %w", l.Type, err)
		}
	}
	_, _, err := b.publish(ctx, msgs)
	if errors.Is(err, jetstream.ErrNoStreamResponse) { // the server restarted and forgot the stream
		if err = b.ensureLive(ctx); err == nil {
			_, _, err = b.publish(ctx, msgs)
		}
	}
	if err != nil {
		return fmt.Errorf("publishing live messages: %w", err)
	}
	return nil
}

func (b *Bus) liveMessage(l huiying.Live) (*nats.Msg, error) {
	subject := "live.all"
	if l.Region != "" {
		if _, err := huiying.ParseRegion(string(l.Region)); err != nil {
			return nil, err
		}
		subject = l.Region.Subject("live")
	}
	if l.Sent == 0 {
		l.Sent = b.cfg.Now().UnixNano()
	}
	data, err := encode(envelope{Type: l.Type, Sent: l.Sent, Region: l.Region, Units: l.Units, Data: l.Data})
	if err != nil {
		return nil, fmt.Errorf("encoding: %w", err)
	}
	return &nats.Msg{Subject: subject, Data: data}, nil
}

// SubscribeLive calls f for each live message in order until ctx ends or the
// bus closes; then it returns nil. With since 0 it gives what comes from now
// on, else what came after the message of that number: all of it that is still
// kept, so the next Seq may be more than since+1. f is called from one goroutine
// and must not block for long: what it misses is dropped when the stream wraps.
func (b *Bus) SubscribeLive(ctx context.Context, since uint64, f func(huiying.Live)) error {
	if err := b.begin(); err != nil {
		return err
	}
	defer b.calls.Done()
	ctx, cancel := b.untilClosed(ctx)
	defer cancel()
	last, failures := since, uint64(0)
	for {
		before := last
		err := b.readLive(ctx, &last, f)
		if ctx.Err() != nil {
			return nil
		}
		if last != before {
			failures = 0
		}
		failures++
		b.log.Warn("reading live", "after", last, "error", err)
		wait(ctx, hold[min(failures, uint64(len(hold)))-1])
	}
}

// liveBeat is how often the server tells an idle reader that it is there; after
// two missing ones the reader starts anew.
const liveBeat = time.Second

var errGap = errors.New("messages were lost on the way")

// readLive reads after *last and moves it, until something fails. It does not
// use the client's ordered consumer: that one, once its server restarts, asks
// for ever for a stream that is gone, and neither sees ctx end nor the numbers
// start anew.
func (b *Bus) readLive(ctx context.Context, last *uint64, f func(huiying.Live)) error {
	cons, err := b.liveReader(ctx, last)
	if err != nil {
		return err
	}
	defer b.dropReader(ctx, cons.CachedInfo().Name)
	msgs, err := cons.Messages(jetstream.PullHeartbeat(liveBeat), jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return err
	}
	defer msgs.Stop()
	for n := uint64(1); ; n++ {
		m, err := msgs.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		if meta.Sequence.Consumer != n {
			return errGap
		}
		*last = meta.Sequence.Stream
		l, err := openEnvelope(m.Data())
		if err != nil {
			b.log.Error("live message", "seq", *last, "error", err)
			continue
		}
		l.Seq = *last
		f(l)
	}
}

// dropReader removes a reader when the server is there; if not, the server does
// it by itself after a minute.
func (b *Bus) dropReader(ctx context.Context, name string) {
	if !b.nc.IsConnected() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), liveBeat)
	defer cancel()
	if err := b.js.DeleteConsumer(ctx, Live, name); err != nil {
		b.log.Debug("removing a live reader", "error", err)
	}
}

// liveReader makes a reader of what comes after *last.
func (b *Bus) liveReader(ctx context.Context, last *uint64) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	s, err := b.js.Stream(ctx, Live)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if err := b.ensureLive(ctx); err != nil {
			return nil, err
		}
		s, err = b.js.Stream(ctx, Live)
	}
	if err != nil {
		return nil, err
	}
	newest := s.CachedInfo().State.LastSeq
	if *last == 0 {
		*last = newest // by number, so that a failure from here on loses none
	}
	cfg := jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: *last + 1,
		AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: time.Minute,
	}
	if *last > newest { // a cluster lost its memory and counts from below: all is new
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverAllPolicy, 0
	}
	return s.CreateConsumer(ctx, cfg)
}

func openEnvelope(data []byte) (huiying.Live, error) {
	var e envelope
	if err := json.Unmarshal(data, &e); err != nil {
		return huiying.Live{}, err
	}
	if e.Type == "" {
		return huiying.Live{}, errors.New("no type")
	}
	return huiying.Live{Type: e.Type, Sent: e.Sent, Data: e.Data, Region: e.Region, Units: e.Units}, nil
}
