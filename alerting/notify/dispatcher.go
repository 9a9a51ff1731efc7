// Package notify carries notifications out of the ledger: each is tried through
// its channel, every attempt is put on record, failures are tried again with
// growing pauses, and nothing is given up in silence.
//
// In-app notifications are delivered by being written and do not come here.
package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"huiying"
)

// Channel sends a notification one way. An error means it did not arrive; a
// [Permanent] error means that trying again is no use.
type Channel interface {
	Name() string
	Send(ctx context.Context, n huiying.Notification) error
}

// Permanent marks a failure that repeating cannot mend: a wrong key, a refused
// payload.
type Permanent struct{ Err error }

func (p Permanent) Error() string { return p.Err.Error() }
func (p Permanent) Unwrap() error { return p.Err }

// Outbox is the ledger's side: what waits, and where attempts are recorded.
type Outbox interface {
	DueNotifications(ctx context.Context, now time.Time, limit int) ([]huiying.Notification, error)
	NextNotification(ctx context.Context) (time.Time, bool, error)
	SaveAttempt(ctx context.Context, n huiying.Notification) error
}

// Tries of one notification and the pauses between them, doubling (real time).
const (
	maxTries   = 6
	firstPause = 2 * time.Second
	sendWithin = 10 * time.Second
	longestNap = 5 * time.Second
)

// Dispatcher sends what waits in the outbox, one after the other.
type Dispatcher struct {
	outbox   Outbox
	channels map[string]Channel
	speed    huiying.Speed
	wake     <-chan struct{}
	counted  func(channel, outcome string)
	log      *slog.Logger
}

// NewDispatcher makes a dispatcher over an outbox. It looks when wake signals
// and when a retry is due; counted is told the outcome of every attempt.
func NewDispatcher(outbox Outbox, channels []Channel, speed huiying.Speed, wake <-chan struct{}, counted func(channel, outcome string), log *slog.Logger) *Dispatcher {
	d := &Dispatcher{outbox: outbox, channels: make(map[string]Channel), speed: speed, wake: wake, counted: counted, log: log}
	for _, c := range channels {
		d.channels[c.Name()] = c
	}
	return d
}

// Run sends until ctx ends. A message whose attempt is cut off by a crash is
// tried again: receivers see its ID and can drop the repeat.
func (d *Dispatcher) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.wake:
		case <-timer.C:
		}
		nap, err := d.flush(ctx)
		if err != nil && ctx.Err() == nil {
			d.log.Error("send notifications", "err", err)
			nap = time.Second
		}
		timer.Reset(nap)
	}
}

func (d *Dispatcher) flush(ctx context.Context) (nap time.Duration, err error) {
	for { // one look a message: an acknowledgement may cancel the next while this one is under way
		due, err := d.outbox.DueNotifications(ctx, d.speed.Now(), 1)
		if err != nil {
			return 0, fmt.Errorf("due notifications: %w", err)
		}
		if len(due) == 0 {
			break
		}
		if err := d.deliver(ctx, due[0]); err != nil {
			return 0, fmt.Errorf("notification %s: %w", due[0].ID, err)
		}
	}
	at, ok, err := d.outbox.NextNotification(ctx)
	if err != nil {
		return 0, fmt.Errorf("next notification: %w", err)
	}
	if !ok {
		return longestNap, nil
	}
	return max(0, min(longestNap, d.speed.Real(at.Sub(d.speed.Now())))), nil
}

// deliver makes one attempt and records it.
func (d *Dispatcher) deliver(ctx context.Context, n huiying.Notification) error {
	try := len(n.Attempts) + 1
	began := time.Now()
	err := d.send(ctx, n)
	if ctx.Err() != nil {
		return ctx.Err() // we are stopping; whether it arrived is not known
	}
	now := d.speed.Now()
	a := huiying.Attempt{At: now, OK: err == nil, TookMS: time.Since(began).Milliseconds(), Attempt: try}
	outcome := "sent"
	var permanent Permanent
	switch {
	case err == nil:
		n.Status = huiying.NotifySent
	case errors.As(err, &permanent) || try >= maxTries:
		n.Status, a.Detail, outcome = huiying.NotifyFailed, err.Error(), "failed"
	default:
		pause := firstPause << (try - 1)
		pause += rand.N(pause / 4) // so that many failures do not return together
		n.NextAt = now.Add(d.scaled(pause))
		a.Detail, outcome = err.Error(), "retry"
	}
	n.Attempts = append(n.Attempts, a)
	d.counted(n.Channel, outcome)
	if err := d.outbox.SaveAttempt(ctx, n); err != nil && !errors.Is(err, huiying.ErrConflict) {
		return err // a conflict means an acknowledgement cancelled it meanwhile
	}
	return nil
}

func (d *Dispatcher) send(ctx context.Context, n huiying.Notification) error {
	c, ok := d.channels[n.Channel]
	if !ok {
		return Permanent{huiying.Errorf(huiying.CodeInvalid, "没有设置“%s”渠道", n.Channel)}
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	return c.Send(ctx, n)
}

// scaled is how long a span of real time is in the source's time.
func (d *Dispatcher) scaled(real time.Duration) time.Duration {
	if one := d.speed.Real(time.Hour); one > 0 {
		return time.Duration(float64(real) * float64(time.Hour) / float64(one))
	}
	return real
}
