package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"huiying"
)

// A dead letter is a message of stream DEAD: the body is the original's, all
// else is in headers. Its ID is its number in the stream.
const (
	headerStream   = "Huiying-Stream"
	headerConsumer = "Huiying-Consumer"
	headerSubject  = "Huiying-Subject"
	headerTries    = "Huiying-Tries"
	headerError    = "Huiying-Error"

	// headerOnly is on a replayed message: the consumer it is for. The others
	// have handled the original.
	headerOnly = "Huiying-Only"
)

const maxErrorRunes = 1000

// writeLetter records that a consumer could not handle m. key tells the kinds
// of letters about one message apart. written is false when that letter exists
// already.
func (b *Bus) writeLetter(ctx context.Context, stream, consumer, key string, m jetstream.Msg, cause error) (id uint64, written bool, err error) {
	meta, err := m.Metadata()
	if err != nil {
		return 0, false, fmt.Errorf("dead letter: %w", err)
	}
	msgID := fmt.Sprintf("%s.%s.%d.%d.%s", stream, consumer, meta.Sequence.Stream, meta.Timestamp.UnixNano(), key)
	letter := nats.NewMsg(b.subject("dead", "") + "." + stream + "." + consumer)
	letter.Data = m.Data()
	letter.Header.Set(jetstream.MsgIDHeader, msgID)
	letter.Header.Set(headerStream, stream)
	letter.Header.Set(headerConsumer, consumer)
	letter.Header.Set(headerSubject, m.Subject())
	letter.Header.Set(headerTries, strconv.FormatUint(meta.NumDelivered, 10))
	letter.Header.Set(headerError, huiying.Clip(oneLine(cause.Error()), maxErrorRunes))

	// A consumer that is stopping still answers for what it was given.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	ack, err := b.js.PublishMsg(ctx, letter)
	if err != nil {
		return 0, false, fmt.Errorf("dead letter: %w", busy(err))
	}
	if !ack.Duplicate {
		return ack.Sequence, true, nil
	}
	s, err := b.js.Stream(ctx, b.named(Dead))
	if err != nil {
		return 0, false, fmt.Errorf("dead letter: %w", busy(err))
	}
	_, err = s.GetMsg(ctx, ack.Sequence)
	if !errors.Is(err, jetstream.ErrMsgNotFound) {
		return ack.Sequence, false, err
	}
	// It was taken back or replayed since, but its ID is still remembered.
	letter.Header.Set(jetstream.MsgIDHeader, msgID+"."+strconv.FormatUint(meta.NumDelivered, 10))
	if ack, err = b.js.PublishMsg(ctx, letter); err != nil {
		return 0, false, fmt.Errorf("dead letter: %w", busy(err))
	}
	return ack.Sequence, true, nil
}

func (b *Bus) removeLetter(ctx context.Context, id uint64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	s, err := b.js.Stream(ctx, b.named(Dead))
	if err != nil {
		return err
	}
	return s.DeleteMsg(ctx, id)
}

// oneLine makes s fit for a header.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// DeadLetters lists the messages no consumer could handle, newest first.
func (b *Bus) DeadLetters(ctx context.Context, limit int) ([]huiying.DeadLetter, error) {
	if err := b.begin(); err != nil {
		return nil, err
	}
	defer b.calls.Done()
	s, err := b.js.Stream(ctx, b.named(Dead))
	if err != nil {
		return nil, fmt.Errorf("dead letters: %w", busy(err))
	}
	info, err := s.Info(ctx, jetstream.WithDeletedDetails(true))
	if err != nil {
		return nil, fmt.Errorf("dead letters: %w", busy(err))
	}
	state := info.State
	slices.Sort(state.Deleted)
	letters := make([]huiying.DeadLetter, 0, min(max(limit, 0), int(state.Msgs)))
	for id := state.LastSeq; len(letters) < cap(letters) && id >= state.FirstSeq && id > 0; id-- {
		if _, gone := slices.BinarySearch(state.Deleted, id); gone {
			continue
		}
		raw, err := s.GetMsg(ctx, id)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // replayed in the meantime
		}
		if err != nil {
			return nil, fmt.Errorf("dead letter %d: %w", id, busy(err))
		}
		letters = append(letters, letterOf(raw))
	}
	return letters, nil
}

func letterOf(raw *jetstream.RawStreamMsg) huiying.DeadLetter {
	tries, _ := strconv.Atoi(raw.Header.Get(headerTries)) // ours; 0 when someone else wrote here
	return huiying.DeadLetter{
		ID:       strconv.FormatUint(raw.Sequence, 10),
		At:       raw.Time.In(huiying.Beijing),
		Stream:   raw.Header.Get(headerStream),
		Consumer: raw.Header.Get(headerConsumer),
		Subject:  raw.Header.Get(headerSubject),
		Error:    raw.Header.Get(headerError),
		Data:     raw.Data,
		Tries:    tries,
	}
}

// CountDeadLetters tells how many there are.
func (b *Bus) CountDeadLetters(ctx context.Context) (int, error) {
	if err := b.begin(); err != nil {
		return 0, err
	}
	defer b.calls.Done()
	s, err := b.js.Stream(ctx, b.named(Dead))
	if err != nil {
		return 0, fmt.Errorf("dead letters: %w", busy(err))
	}
	return int(s.CachedInfo().State.Msgs), nil
}

// Replay gives a dead letter's original back to the consumer that failed on it,
// and to no other, and removes the letter. If it fails again it becomes a new
// letter. Replaying what is gone is [huiying.ErrNotFound].
func (b *Bus) Replay(ctx context.Context, id string) error {
	if err := b.begin(); err != nil {
		return err
	}
	defer b.calls.Done()
	gone := huiying.Errorf(huiying.CodeNotFound, "没有死信 %s，可能已重放", huiying.Clip(id, 20))
	seq, err := strconv.ParseUint(id, 10, 64)
	if err != nil || seq == 0 {
		return gone
	}
	s, err := b.js.Stream(ctx, b.named(Dead))
	if err != nil {
		return fmt.Errorf("replaying %s: %w", id, busy(err))
	}
	raw, err := s.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return gone
	}
	if err != nil {
		return fmt.Errorf("replaying %s: %w", id, busy(err))
	}
	letter := letterOf(raw)
	m := nats.NewMsg(letter.Subject)
	m.Data = letter.Data
	// Not the post's ID, which the dedup window may still hold; the same ID for
	// the same letter, so that replaying it twice at once gives it back once.
	m.Header.Set(jetstream.MsgIDHeader, fmt.Sprintf("replay.%d.%d", raw.Sequence, raw.Time.UnixNano()))
	m.Header.Set(headerOnly, letter.Consumer)
	if _, err := b.js.PublishMsg(ctx, m, jetstream.WithExpectStream(b.named(letter.Stream)), jetstream.WithRetryWait(100*time.Millisecond)); err != nil {
		return fmt.Errorf("replaying %s: %w", id, busy(err))
	}
	if err := s.DeleteMsg(ctx, seq); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("removing dead letter %s: %w", id, busy(err))
	}
	return nil
}
