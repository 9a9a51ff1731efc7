package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"huiying"
)

// fetchWait is how long one request for messages waits at the server. It does
// not delay a message: the first one ends it.
const fetchWait = 25 * time.Second

// hold are the pauses while f says ErrBusy; the last one repeats.
var hold = []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 5 * time.Second}

// ConsumePosts hands posts to f, at most batch at a time, in the order they
// came except for repeats, until ctx ends or the bus closes; then it returns
// nil. name is one of Config.Consumers of POSTS; calls with the same name, here
// or in other processes, share the work.
//
// When f returns nil the batch is done with. What f returns otherwise means
//   - an error that is [huiying.ErrBusy]: not the posts' fault (a full stream, a
//     locked database). The same batch is tried again after a pause, for as long
//     as it takes; nothing else is fetched, so the stream fills and the
//     back-pressure reaches the collectors.
//   - any other error, or a panic: one of them is poison. The batch is tried one
//     by one; those that fail are tried again later, Config.MaxDeliver times in
//     all, and then become dead letters.
//
// f may see a post again after a crash and must be idempotent by ID.
func (b *Bus) ConsumePosts(ctx context.Context, name string, batch int, f func(ctx context.Context, posts []huiying.Post) error) error {
	return consume(ctx, b, Posts, name, batch, f)
}

// ConsumeAssessed hands assessed posts to f; the same promises as [Bus.ConsumePosts].
func (b *Bus) ConsumeAssessed(ctx context.Context, name string, batch int, f func(ctx context.Context, assessed []huiying.Assessed) error) error {
	return consume(ctx, b, Assessed, name, batch, f)
}

func consume[T any](ctx context.Context, b *Bus, stream, name string, batch int, f func(context.Context, []T) error) error {
	if batch < 1 || batch > maxAckPending {
		return huiying.Invalid("batch", "应在 1 到 %d 之间", maxAckPending)
	}
	if err := b.begin(); err != nil {
		return err
	}
	defer b.calls.Done()
	ctx, cancel := b.untilClosed(ctx)
	defer cancel()

	cons, err := b.js.Consumer(ctx, b.named(stream), name)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return &huiying.Error{Code: huiying.CodeNotFound, Field: "bus.consumers", Cause: err, Message: fmt.Sprintf("%s 没有消费者 %s，请写进配置", stream, name)}
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("consumer %s of %s: %w", name, stream, busy(err))
	}
	w := worker[T]{bus: b, stream: stream, name: name, f: f}
	failures := uint64(0)
	for ctx.Err() == nil {
		msgs, err := fetch(ctx, cons, batch)
		if len(msgs) > 0 {
			failures = 0
			w.handle(ctx, msgs)
			continue
		}
		switch {
		case err == nil || ctx.Err() != nil:
			failures = 0
		case errors.Is(err, jetstream.ErrConsumerDeleted), errors.Is(err, jetstream.ErrConsumerNotFound):
			return fmt.Errorf("consumer %s of %s: %w", name, stream, err)
		default: // the server is away or changes its leader: it comes back
			failures++
			b.log.Warn("fetching", "stream", stream, "consumer", name, "error", err)
			wait(ctx, hold[min(failures, uint64(len(hold)))-1])
		}
	}
	return nil
}

// fetch returns what is there, up to n; when nothing is there it waits for one
// message, so a lone post is handled at once and a backlog in full batches.
func fetch(ctx context.Context, cons jetstream.Consumer, n int) ([]jetstream.Msg, error) {
	ready, err := cons.FetchNoWait(n)
	if err != nil {
		return nil, err
	}
	if msgs := all(ready); len(msgs) > 0 || ctx.Err() != nil {
		return msgs, nil
	}
	ctx, cancel := context.WithTimeout(ctx, fetchWait)
	defer cancel()
	next, err := cons.Fetch(1, jetstream.FetchContext(ctx))
	if err != nil {
		return nil, err
	}
	msgs := all(next)
	if err := next.Error(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return msgs, err
	}
	return msgs, nil
}

func all(batch jetstream.MessageBatch) []jetstream.Msg {
	var msgs []jetstream.Msg
	for m := range batch.Messages() { // closed by the client when the request ends
		msgs = append(msgs, m)
	}
	return msgs
}

// worker handles what one consumer fetched.
type worker[T any] struct {
	bus    *Bus
	stream string
	name   string
	f      func(context.Context, []T) error
}

// delivery is one message and what is in it.
type delivery[T any] struct {
	jetstream.Msg
	tries uint64 // this one included
	value T
}

// handle answers for every message: done, later, or buried. Those that were
// tried before are handled one by one, so that a poison message cannot spoil
// another batch.
func (w *worker[T]) handle(ctx context.Context, msgs []jetstream.Msg) {
	defer w.keepAlive(msgs)()
	var fresh, again []delivery[T]
	for _, m := range msgs {
		d, ok := w.decode(ctx, m)
		switch {
		case !ok:
		case d.tries == 1:
			fresh = append(fresh, d)
		default:
			again = append(again, d)
		}
	}
	if len(fresh) > 1 {
		err := w.try(ctx, fresh)
		if err == nil {
			w.done(ctx, fresh)
			fresh = nil
		} else if ctx.Err() == nil {
			w.bus.log.Warn("batch failed, trying one by one", "stream", w.stream, "consumer", w.name, "n", len(fresh), "error", err)
		}
	}
	for _, d := range fresh {
		w.one(ctx, d)
	}
	for _, d := range again {
		w.one(ctx, d)
	}
}

// decode reads a message. It answers for those that are not for this consumer
// or cannot be read.
func (w *worker[T]) decode(ctx context.Context, m jetstream.Msg) (d delivery[T], ok bool) {
	d.Msg, d.tries = m, 1
	if meta, err := m.Metadata(); err == nil {
		d.tries = meta.NumDelivered
	}
	if only := m.Headers().Get(headerOnly); only != "" && only != w.name {
		w.answer("ack", m.Ack())
		return d, false
	}
	if err := json.Unmarshal(m.Data(), &d.value); err != nil {
		w.bury(ctx, d, fmt.Errorf("decoding: %w", err))
		return d, false
	}
	return d, true
}

// one handles a single message to its end.
func (w *worker[T]) one(ctx context.Context, d delivery[T]) {
	if ctx.Err() != nil {
		w.answer("nak", d.Nak())
		return
	}
	if d.tries > uint64(w.bus.cfg.MaxDeliver) {
		w.lastTry(ctx, d)
		return
	}
	err := w.try(ctx, []delivery[T]{d})
	switch {
	case err == nil:
		w.done(ctx, []delivery[T]{d})
	case ctx.Err() != nil:
		w.answer("nak", d.Nak()) // somebody else, or we after the restart, at once
	case d.tries >= uint64(w.bus.cfg.MaxDeliver):
		w.bury(ctx, d, err)
	default:
		w.bus.log.Warn("message failed, will try again", "stream", w.stream, "consumer", w.name, "tries", d.tries, "error", err)
		w.answer("nak", d.NakWithDelay(w.bus.cfg.pause(d.tries)))
	}
}

// lastTries is how often a message may be alone in hand when the process ends
// before it is given up: once or twice may be chance, when a machine keeps failing.
const lastTries = 3

// lastTry is for a message that was delivered too often and never answered for:
// it, or one handled together with it, ends the process. A dead letter is written
// before each such try, so if the process ends lastTries times the message is out
// of the way; otherwise those letters are taken back.
func (w *worker[T]) lastTry(ctx context.Context, d delivery[T]) {
	var ids []uint64
	written := false
	for n := 1; n <= lastTries && !written; n++ {
		id, fresh, err := w.bus.writeLetter(ctx, w.stream, w.name, fmt.Sprint("try", n), d.Msg,
			errors.New("处理它时进程多次中断或重启，一直没有结果"))
		if err != nil {
			w.later(d, err)
			return
		}
		ids, written = append(ids, id), fresh
	}
	if !written { // the last of them stays
		w.takeBack(ctx, ids[:len(ids)-1])
		w.answer("term", d.Term())
		return
	}
	err := w.try(ctx, []delivery[T]{d})
	switch {
	case err == nil:
		w.done(ctx, []delivery[T]{d})
	case ctx.Err() != nil:
		w.answer("nak", d.Nak())
	default:
		w.bury(ctx, d, err)
	}
	w.takeBack(ctx, ids)
}

func (w *worker[T]) takeBack(ctx context.Context, letters []uint64) {
	for _, id := range letters {
		if err := w.bus.removeLetter(ctx, id); err != nil {
			w.bus.log.Error("taking back a dead letter", "id", id, "error", err)
		}
	}
}

// bury makes d a dead letter. When that fails the message stays.
func (w *worker[T]) bury(ctx context.Context, d delivery[T], cause error) {
	if _, _, err := w.bus.writeLetter(ctx, w.stream, w.name, "failed", d.Msg, cause); err != nil {
		w.later(d, err)
		return
	}
	w.bus.log.Error("message became a dead letter", "stream", w.stream, "consumer", w.name, "tries", d.tries, "error", cause)
	w.answer("term", d.Term())
}

func (w *worker[T]) later(d delivery[T], err error) {
	w.bus.log.Error("writing a dead letter; the message stays", "stream", w.stream, "consumer", w.name, "error", err)
	w.answer("nak", d.NakWithDelay(w.bus.cfg.pause(d.tries)))
}

// try calls f, again and again while it says ErrBusy.
func (w *worker[T]) try(ctx context.Context, ds []delivery[T]) error {
	values := make([]T, len(ds))
	for i, d := range ds {
		values[i] = d.value
	}
	for i := 0; ; i = min(i+1, len(hold)-1) {
		err := w.call(ctx, values)
		if err == nil || ctx.Err() != nil || !errors.Is(err, huiying.ErrBusy) {
			return err
		}
		w.bus.log.Warn("consumer is busy, holding", "stream", w.stream, "consumer", w.name, "n", len(ds), "error", err)
		wait(ctx, hold[i])
	}
}

// call turns a panic of f into an error: one strange post must not end the
// process for all others.
func (w *worker[T]) call(ctx context.Context, values []T) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.bus.log.Error("panic while handling messages", "stream", w.stream, "consumer", w.name, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return w.f(ctx, values)
}

// done acknowledges. The server takes acknowledgements of one connection in
// order, so a reply to the last one says that it has them all. f is through, so
// they are sent also when ctx has ended.
func (w *worker[T]) done(ctx context.Context, ds []delivery[T]) {
	last := len(ds) - 1
	for _, d := range ds[:last] {
		w.answer("ack", d.Ack())
	}
	reply, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { wait(reply, parting); cancel() })()
	w.answer("ack", ds[last].DoubleAck(reply))
}

// answer logs an answer that did not get through: the message comes again.
func (w *worker[T]) answer(what string, err error) {
	if err != nil {
		w.bus.log.Warn("answering for a message; it will come again", "stream", w.stream, "consumer", w.name, "answer", what, "error", err)
	}
}

// keepAlive tells the server that the messages are being worked on, until the
// returned function is called.
func (w *worker[T]) keepAlive(msgs []jetstream.Msg) (stop func()) {
	ended := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(w.bus.cfg.AckWait / 3)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
			}
			for _, m := range msgs {
				if err := m.InProgress(); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
					w.answer("in progress", err)
					break
				}
			}
		}
	})
	return func() { close(ended); wg.Wait() }
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
