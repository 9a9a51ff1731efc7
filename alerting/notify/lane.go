package notify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"huiying"
)

// Tries of one notification and the pauses between them, doubling (real time).
const (
	maxTries   = 6
	firstPause = 2 * time.Second
	sendWithin = 10 * time.Second
	longestNap = 5 * time.Second
)

// A report is not urgent and cannot go by another channel: it waits longer for a
// mail server that is down, some four hours.
const (
	reportTries  = 32
	longestPause = 10 * time.Minute
	reportWithin = time.Minute // documents are large
	lookPast     = 100         // waiting reports do not hide what another channel can take
)

// A channel is out of order after so many failures in a row, and is tried again
// after a pause that doubles each time (real time).
const (
	breakAfter   = 5
	firstBreak   = 30 * time.Second
	longestBreak = 10 * time.Minute
)

// lane sends the notifications of one channel, one message after the other.
type lane struct {
	*Dispatcher
	channel Channel
	poke    chan struct{}
	sent    []time.Time // messages of the last minute, real time
	rest    time.Time   // the channel asked to be left alone until then

	mu     sync.Mutex // guards what health shows
	fails  int        // in a row
	open   time.Time  // out of order until then
	breaks int        // in a row
	state  huiying.ChannelHealth
}

func (l *lane) nudge() {
	select {
	case l.poke <- struct{}{}:
	default: // it is awake already
	}
}

func (l *lane) run(ctx context.Context) error {
	if err := l.remember(ctx); err != nil && ctx.Err() == nil {
		l.log.Error("messages of the last minute", "channel", l.channel.Name(), "err", err)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.poke:
		case <-timer.C:
		}
		nap, err := l.flush(ctx)
		if err != nil && ctx.Err() == nil {
			l.log.Error("send notifications", "channel", l.channel.Name(), "err", err)
			nap = time.Second
		}
		timer.Reset(nap)
	}
}

// remember counts what was sent in the last minute before this start: the other
// side's limit knows nothing of restarts.
func (l *lane) remember(ctx context.Context) error {
	if l.channel.Pace().PerMinute == 0 {
		return nil
	}
	now, at := time.Now(), l.speed.Now()
	before, err := l.outbox.AttemptsSince(ctx, l.channel.Name(), at.Add(-l.scaled(time.Minute)))
	if err != nil {
		return err
	}
	for _, b := range before {
		if !b.After(at) {
			l.sent = append(l.sent, now.Add(-l.speed.Real(at.Sub(b))))
		}
	}
	if len(l.sent) > 0 {
		l.sent = append(l.sent, now) // what was under way when the process died
	}
	return nil
}

// flush sends what is due, as far as the channel takes it now, and says when to
// look again.
func (l *lane) flush(ctx context.Context) (nap time.Duration, err error) {
	name, digest := l.channel.Name(), max(1, l.channel.Pace().Digest)
	for { // one look a message: an acknowledgement may cancel the next while this one is under way
		now := time.Now()
		if wait := l.rest.Sub(now); wait > 0 {
			return min(wait, longestNap), nil
		}
		free, wait := l.room(now)
		if free == 0 {
			return wait, nil
		}
		broken, look := l.broken(now), max(digest, min(free, digest)+1)
		if broken {
			look = lookPast
		}
		due, err := l.outbox.DueNotifications(ctx, name, l.speed.Now(), look)
		if err != nil {
			return 0, fmt.Errorf("due notifications: %w", err)
		}
		if len(due) == 0 {
			break
		}
		if broken {
			due = slices.DeleteFunc(due, func(n huiying.Notification) bool { return n.Report != "" })
			moved, err := l.handOver(ctx, due)
			if err != nil {
				return 0, err
			}
			if moved == 0 {
				return longestNap, nil
			}
			continue
		}
		batch := due[:1]
		if len(due) > free {
			batch = due[:min(digest, len(due))]
		}
		if err := l.deliver(ctx, batch); err != nil {
			return 0, fmt.Errorf("notification %s: %w", batch[0].ID, err)
		}
	}
	at, ok, err := l.outbox.NextNotification(ctx, name)
	if err != nil {
		return 0, fmt.Errorf("next notification: %w", err)
	}
	if !ok {
		return longestNap, nil
	}
	return max(0, min(longestNap, l.speed.Real(at.Sub(l.speed.Now())))), nil
}

// room is how many messages the channel takes now, or how long until it takes
// one more.
func (l *lane) room(now time.Time) (free int, wait time.Duration) {
	pace := l.channel.Pace()
	if pace.PerMinute == 0 {
		return 1 << 20, 0
	}
	for len(l.sent) > 0 && now.Sub(l.sent[0]) >= time.Minute {
		l.sent = l.sent[1:]
	}
	n := len(l.sent)
	if n >= pace.PerMinute {
		return 0, l.sent[0].Add(time.Minute).Sub(now)
	}
	if s := pace.PerSecond; s > 0 && n >= s && now.Sub(l.sent[n-s]) < time.Second {
		return 0, l.sent[n-s].Add(time.Second).Sub(now)
	}
	return pace.PerMinute - n, 0
}

// deliver makes one attempt at one message and records it with every
// notification in it.
func (l *lane) deliver(ctx context.Context, batch []huiying.Notification) error {
	began := time.Now()
	l.sent = append(l.sent, began)
	limit := sendWithin
	if batch[0].Report != "" {
		limit = reportWithin
	}
	within, cancel := context.WithTimeout(ctx, limit)
	err := l.channel.Send(within, batch)
	cancel()
	if ctx.Err() != nil {
		return ctx.Err() // we are stopping; whether it arrived is not known
	}
	took := time.Since(began).Milliseconds()
	l.noted(err, len(batch))
	var throttled Throttled
	if errors.As(err, &throttled) {
		l.rest = time.Now().Add(throttled.Pause)
	}
	now := l.speed.Now() // one for the message: so it can be counted
	for _, n := range batch {
		if err := l.record(ctx, n, now, err, took, len(batch)); err != nil {
			return err
		}
	}
	return nil
}

func (l *lane) record(ctx context.Context, n huiying.Notification, now time.Time, sent error, took int64, together int) error {
	try, most := len(n.Attempts)+1, maxTries
	if n.Report != "" {
		most = reportTries
	}
	a := huiying.Attempt{At: now, OK: sent == nil, TookMS: took, Attempt: try}
	outcome := "sent"
	var permanent Permanent
	var throttled Throttled
	switch {
	case sent == nil:
		n.Status = huiying.NotifySent
		if together > 1 {
			a.Detail = fmt.Sprintf("与其他 %d 条合并为一条发送", together-1)
		}
	case errors.As(sent, &throttled):
		n.NextAt, a.Detail, outcome = now.Add(l.scaled(throttled.Pause)), sent.Error(), "retry"
	case errors.As(sent, &permanent) || try >= most:
		n.Status, a.Detail, outcome = huiying.NotifyFailed, sent.Error(), "failed"
	default:
		pause := min(firstPause<<min(try-1, 20), longestPause)
		pause += rand.N(pause / 4) // so that many failures do not return together
		n.NextAt = now.Add(l.scaled(pause))
		a.Detail, outcome = sent.Error(), "retry"
	}
	n.Attempts = append(n.Attempts, a)
	l.log.InfoContext(ctx, "notice", "case", n.Case, "number", n.Number, "notification", n.ID, "channel", n.Channel, "outcome", outcome, "attempt", try, "took_ms", took)
	l.counted(n.Channel, outcome)
	if outcome == "failed" {
		return l.passOn(ctx, n)
	}
	return l.save(ctx, n)
}

// handOver gives what waits to other channels, on record, and says how much. What
// every other channel carries already waits for its own.
func (l *lane) handOver(ctx context.Context, due []huiying.Notification) (moved int, err error) {
	for _, n := range due {
		other, err := l.standIn(ctx, n)
		if err != nil {
			return moved, err
		}
		if other == nil {
			continue
		}
		name := other.channel.Name()
		n.Attempts = append(n.Attempts, huiying.Attempt{
			At: l.speed.Now(), Attempt: len(n.Attempts) + 1, Detail: huiying.ChannelLabel(n.Channel) + "不通，改由" + huiying.ChannelLabel(name) + "发送",
		})
		l.counted(n.Channel, "handed over")
		n.Channel, n.NextAt = name, l.speed.Now()
		if err := l.save(ctx, n); err != nil {
			return moved, err
		}
		moved++
		other.nudge()
	}
	return moved, nil
}

func (l *lane) broken(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.open)
}

// noted keeps the channel's health. A refusal of one message for good counts as a
// failure of the channel, as a revoked key refuses everything; that a recipient
// cannot be reached is none, and stands with the notification.
func (l *lane) noted(err error, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var unreachable Unreachable
	if errors.As(err, &unreachable) {
		return
	}
	now := l.speed.Now()
	if day := now.Format(time.DateOnly); l.state.Day != day {
		l.state.Day, l.state.Sent, l.state.Failed = day, 0, 0
	}
	if err == nil {
		l.fails, l.breaks, l.open = 0, 0, time.Time{}
		l.state.Sent += n
		l.state.LastOK = now
		return
	}
	l.state.Failed += n
	l.state.LastError, l.state.LastErrorAt = err.Error(), now
	if l.fails++; l.fails >= breakAfter || l.breaks > 0 {
		pause := min(longestBreak, firstBreak<<min(l.breaks, 10))
		if l.breaks == 0 {
			l.log.Warn("channel out of order", "channel", l.channel.Name(), "failures", l.fails, "err", err)
		}
		l.breaks++
		l.open = time.Now().Add(pause)
	}
}

func (l *lane) health() huiying.ChannelHealth {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.state
	h.Channel = l.channel.Name()
	switch {
	case l.breaks > 0:
		h.State = huiying.ChannelRed
	case l.fails > 0:
		h.State = huiying.ChannelYellow
	default:
		h.State = huiying.ChannelGreen
	}
	return h
}

// scaled is how long a span of real time is in the source's time.
func (d *Dispatcher) scaled(real time.Duration) time.Duration {
	if one := d.speed.Real(time.Hour); one > 0 {
		return time.Duration(float64(real) * float64(time.Hour) / float64(one))
	}
	return real
}
