package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"huiying"
)

// PublishAssessedFor gives assessed posts to one consumer, whether or not it had
// them before; the others are not asked. It is for a consumer that drops what it
// knows, and whose knowledge was set back.
func (b *Bus) PublishAssessedFor(ctx context.Context, consumer string, assessed []huiying.Assessed) error {
	msgs := make([]*nats.Msg, len(assessed))
	for i := range assessed {
		m, err := b.message("assessed", &assessed[i].Post, &assessed[i])
		if err != nil {
			return err
		}
		msgs[i] = again(m.Subject, m.Data, headerOnly, consumer)
	}
	_, _, err := b.publish(ctx, msgs)
	return err
}

// giveAtOnce is how many messages are held in memory to be given again.
const giveAtOnce = 256

// headerAgain is on a message that [Bus.AssessedAgain] gave.
const headerAgain = "Huiying-Again"

// AssessedAgain gives all that still waits in ASSESSED for one consumer to every
// consumer anew, and says how many there were: for when what they made of it was
// set back, and they drop what they know.
func (b *Bus) AssessedAgain(ctx context.Context) (int, error) {
	s, err := b.js.Stream(ctx, b.named(Assessed))
	if err != nil {
		return 0, fmt.Errorf("giving %s again: %w", Assessed, busy(err))
	}
	next := jetstream.WithGetMsgSubject(b.subjects("assessed")[0]) // the next there is, not the very number
	var msgs []*nats.Msg
	n := 0
	give := func() error {
		_, _, err := b.publish(ctx, msgs)
		n += len(msgs)
		msgs = msgs[:0]
		return err
	}
	for seq, last := uint64(1), s.CachedInfo().State.LastSeq; seq <= last; seq++ {
		m, err := s.GetMsg(ctx, seq, next)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return n, fmt.Errorf("giving %s again: %w", Assessed, busy(err))
		}
		if seq = m.Sequence; seq <= last && m.Header.Get(headerAgain) == "" {
			msgs = append(msgs, again(m.Subject, m.Data, headerAgain, "yes"))
		}
		if len(msgs) == giveAtOnce {
			if err := give(); err != nil {
				return n, err
			}
		}
	}
	return n, give()
}

// again is a message that the window for repeats does not hold back.
func again(subject string, data []byte, header, value string) *nats.Msg {
	m := nats.NewMsg(subject)
	m.Data = data
	m.Header.Set(header, value)
	return m
}
