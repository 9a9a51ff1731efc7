// Package notify carries notifications out of the ledger: each is tried through
// its channel, every attempt is put on record, failures are tried again with
// growing pauses, and nothing is given up in silence.
//
// A channel has a lane of its own, so that a slow one holds up no other. A lane
// keeps to the channel's limit by putting several notifications into one message
// (a digest), and hands them to the next channel while its own is out of order.
//
// In-app notifications are delivered by being written and do not come here.
package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"huiying"
)

// Channel sends notifications one way, in one message. An error means that it
// did not arrive; a [Permanent] error means that trying again is no use, a
// [Throttled] one that the channel must be left alone for a while.
type Channel interface {
	Name() string
	Pace() Pace
	Send(ctx context.Context, batch []huiying.Notification) error
}

// Pace is what a channel takes.
type Pace struct {
	PerMinute int // messages in any minute; 0 for no limit
	PerSecond int // and in any second
	Digest    int // most notifications in one message; 0 or 1 for one each
}

// Permanent marks a failure that repeating cannot mend: a wrong key, a refused
// payload.
type Permanent struct{ Err error }

func (p Permanent) Error() string { return p.Err.Error() }
func (p Permanent) Unwrap() error { return p.Err }

// Unreachable marks a failure that lies with the recipient, who has no address or
// was refused: the channel is in order.
type Unreachable struct{ Err error }

func (u Unreachable) Error() string { return u.Err.Error() }
func (u Unreachable) Unwrap() error { return u.Err }

// Throttled marks a refusal because of too many messages.
type Throttled struct {
	Err   error
	Pause time.Duration
}

func (t Throttled) Error() string { return t.Err.Error() }
func (t Throttled) Unwrap() error { return t.Err }

// Outbox is the ledger's side: what waits, and where attempts are recorded.
type Outbox interface {
	DueNotifications(ctx context.Context, channel string, now time.Time, limit int) ([]huiying.Notification, error)
	NextNotification(ctx context.Context, channel string) (time.Time, bool, error)
	// AttemptsSince are the instants of the messages through a channel since one.
	AttemptsSince(ctx context.Context, channel string, since time.Time) ([]time.Time, error)
	// WaitingElsewhere are those that wait for a channel that is none of these.
	WaitingElsewhere(ctx context.Context, channels []string, limit int) ([]huiying.Notification, error)
	// SaveAttempt records an attempt and, in the same transaction, what another
	// channel is to carry instead.
	SaveAttempt(ctx context.Context, n huiying.Notification, instead ...huiying.Notification) error
	CaseNotifications(ctx context.Context, id huiying.CaseID) ([]huiying.Notification, error)
}

// Dispatcher sends what waits in the outbox.
type Dispatcher struct {
	outbox  Outbox
	lanes   []*lane // in the order in which they stand in for each other
	speed   huiying.Speed
	wake    <-chan struct{}
	counted func(channel, outcome string)
	log     *slog.Logger
}

// NewDispatcher makes a dispatcher over an outbox. It looks when wake signals
// and when a retry is due; counted is told the outcome of every attempt. While a
// channel is out of order the next of the list takes its messages, the first
// after the last.
func NewDispatcher(outbox Outbox, channels []Channel, speed huiying.Speed, wake <-chan struct{}, counted func(channel, outcome string), log *slog.Logger) *Dispatcher {
	d := &Dispatcher{outbox: outbox, speed: speed, wake: wake, counted: counted, log: log}
	for _, c := range channels {
		d.lanes = append(d.lanes, &lane{Dispatcher: d, channel: c, poke: make(chan struct{}, 1)})
	}
	return d
}

// Run sends until ctx ends. A message whose attempt is cut off by a crash is
// tried again: receivers see its ID and can drop the repeat.
func (d *Dispatcher) Run(ctx context.Context) error {
	if err := d.rescueStrays(ctx); err != nil {
		d.log.Error("notifications of channels that are not set up", "err", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, l := range d.lanes {
		g.Go(func() error { return l.run(ctx) })
	}
	g.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-d.wake:
				for _, l := range d.lanes {
					l.nudge()
				}
			}
		}
	})
	return g.Wait()
}

// rescueStrays has other channels carry what waits for one that is not set up
// (any more), as if that channel had refused it.
func (d *Dispatcher) rescueStrays(ctx context.Context) error {
	names := make([]string, len(d.lanes))
	for i, l := range d.lanes {
		names[i] = l.channel.Name()
	}
	for {
		strays, err := d.outbox.WaitingElsewhere(ctx, names, lookPast)
		if err != nil || len(strays) == 0 {
			return err
		}
		for _, n := range strays {
			n.Status = huiying.NotifyFailed
			n.Attempts = append(n.Attempts, huiying.Attempt{At: d.speed.Now(), Attempt: len(n.Attempts) + 1, Detail: huiying.ChannelLabel(n.Channel) + "没有开通"})
			d.counted(n.Channel, "failed")
			if err := d.passOn(ctx, n); err != nil {
				return err
			}
		}
	}
}

func (d *Dispatcher) lane(channel string) *lane {
	for _, l := range d.lanes {
		if l.channel.Name() == channel {
			return l
		}
	}
	return nil
}

// standIn is the channel that carries a notification its own cannot: the next of
// the list that is in order and does not carry the same notice already; nil when
// there is none. A report goes by mail or not at all.
func (d *Dispatcher) standIn(ctx context.Context, n huiying.Notification) (*lane, error) {
	own := slices.IndexFunc(d.lanes, func(l *lane) bool { return l.channel.Name() == n.Channel }) // -1: the first stands in
	others := append(slices.Clone(d.lanes[own+1:]), d.lanes[:max(0, own)]...)
	if len(others) == 0 || n.Report != "" {
		return nil, nil //nolint:nilnil // nobody is no error
	}
	carried := make(map[string]bool)
	if n.Notice != "" {
		all, err := d.outbox.CaseNotifications(ctx, n.Case)
		if err != nil {
			return nil, fmt.Errorf("who else carries %s: %w", n.ID, err)
		}
		for _, other := range all {
			carried[other.Channel] = carried[other.Channel] || other.Notice == n.Notice && other.ID != n.ID
		}
	}
	for _, l := range others {
		if !l.broken(time.Now()) && !carried[l.channel.Name()] {
			return l, nil
		}
	}
	return nil, nil //nolint:nilnil // nobody is no error
}

// passOn gives up on a notification and has the next channel carry what it says:
// the dead letter stays for people to look at and send again. The ID of what is
// carried instead is made from its own, so that giving up again doubles nothing.
func (d *Dispatcher) passOn(ctx context.Context, n huiying.Notification) error {
	other, err := d.standIn(ctx, n)
	if err != nil {
		return err
	}
	if other == nil {
		return d.save(ctx, n)
	}
	name := other.channel.Name()
	last := &n.Attempts[len(n.Attempts)-1]
	last.Detail += "；改由" + huiying.ChannelLabel(name) + "发送"
	root, _, _ := strings.Cut(string(n.ID), "-")
	instead := n
	instead.ID, instead.Channel, instead.Status, instead.NextAt = huiying.NotificationID(root+"-"+name), name, huiying.NotifyPending, last.At
	instead.Attempts = []huiying.Attempt{{At: last.At, Attempt: 1, Detail: "代" + huiying.ChannelLabel(n.Channel) + "发送"}}
	d.counted(n.Channel, "handed over")
	if err := d.save(ctx, n, instead); err != nil {
		return err
	}
	other.nudge()
	return nil
}

// save keeps an attempt; that an acknowledgement cancelled the notification
// meanwhile is as good.
func (d *Dispatcher) save(ctx context.Context, n huiying.Notification, instead ...huiying.Notification) error {
	if err := d.outbox.SaveAttempt(ctx, n, instead...); err != nil && !errors.Is(err, huiying.ErrConflict) {
		return err
	}
	return nil
}

// Test sends a message that says it is a test, at once and past the outbox.
func (d *Dispatcher) Test(ctx context.Context, channel string, by huiying.Person) error {
	l := d.lane(channel)
	if l == nil {
		return huiying.Errorf(huiying.CodeNotFound, "没有设置“%s”渠道", channel)
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	now := d.speed.Now()
	err := l.channel.Send(ctx, []huiying.Notification{{
		ID: huiying.NotificationID(fmt.Sprintf("test-%s-%d", by.User, now.UnixNano())), Number: "测试消息", Region: by.Region, Level: huiying.Blue,
		Kind: huiying.NoticeChanged, Channel: channel, Unit: by.Unit, Role: by.Role, To: by.User, ToName: by.Name, Text: "测试", CreatedAt: now,
	}})
	l.noted(err, 1)
	if err != nil {
		return huiying.Errorf(huiying.CodeBusy, "没有发出：%s", err)
	}
	return nil
}

// Health tells how each channel does.
func (d *Dispatcher) Health() []huiying.ChannelHealth {
	out := make([]huiying.ChannelHealth, len(d.lanes))
	for i, l := range d.lanes {
		out[i] = l.health()
	}
	return out
}
