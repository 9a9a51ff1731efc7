package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"huiying"
)

func TestPoisonBecomesADeadLetterAndIsReplayed(t *testing.T) {
	b := open(t, Config{MaxDeliver: 3, BackOff: quick})
	publish(t, b, posts(0, 100))
	var c tally
	var mended atomic.Bool
	var alone atomic.Int64
	run(t, func(ctx context.Context) error {
		return b.ConsumePosts(ctx, "analyzer", 100, func(ctx context.Context, ps []huiying.Post) error {
			if !mended.Load() && slices.ContainsFunc(ps, func(p huiying.Post) bool { return p.ID == "p000042" }) {
				if len(ps) == 1 {
					alone.Add(1)
				}
				return errors.New("词典\r\n损坏")
			}
			return c.posts(ctx, ps)
		})
	})
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Posts).Messages == 0 })
	if c.total() != 99 || alone.Load() != 3 {
		t.Fatalf("handled %d and tried the poison %d times, want 99 and 3", c.total(), alone.Load())
	}
	letters, err := b.DeadLetters(t.Context(), 10)
	if err != nil || len(letters) != 1 {
		t.Fatalf("letters %+v, %v", letters, err)
	}
	l := letters[0]
	if l.Stream != Posts || l.Consumer != "analyzer" || l.Subject != "posts.141122" || l.Tries != 3 || l.Error != "词典  损坏" {
		t.Errorf("letter %+v", l)
	}
	if !strings.Contains(string(l.Data), `"id":"p000042"`) || time.Since(l.At).Abs() > time.Minute {
		t.Errorf("letter of %s: %s", l.At, l.Data)
	}

	// Replayed while still broken it comes back as a new letter.
	if err := b.Replay(t.Context(), l.ID); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is a letter again", func() bool {
		again, err := b.DeadLetters(t.Context(), 10)
		return err == nil && len(again) == 1 && again[0].ID != l.ID && alone.Load() == 6
	})
	mended.Store(true)
	again, err := b.DeadLetters(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Replay(t.Context(), again[0].ID); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is handled", func() bool { return c.of("p000042") == 1 })
	if n, err := b.CountDeadLetters(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d letters left, %v", n, err)
	}
	if err := b.Replay(t.Context(), again[0].ID); !errors.Is(err, huiying.ErrNotFound) {
		t.Fatalf("second replay: %v, want ErrNotFound", err)
	}
	if c.total() != 100 {
		t.Fatalf("handled %d, want 100", c.total())
	}
}

func TestReplayReachesOnlyTheConsumerThatFailed(t *testing.T) {
	b := open(t, Config{MaxDeliver: 1})
	var archive, alerting tally
	var mended atomic.Bool
	run(t, func(ctx context.Context) error {
		return b.ConsumeAssessed(ctx, "archive", 10, func(_ context.Context, as []huiying.Assessed) error {
			if !mended.Load() {
				return errors.New("disk full")
			}
			for _, a := range as {
				archive.add(a.Post.ID)
			}
			return nil
		})
	})
	run(t, func(ctx context.Context) error {
		return b.ConsumeAssessed(ctx, "alerting", 10, func(_ context.Context, as []huiying.Assessed) error {
			for _, a := range as {
				alerting.add(a.Post.ID)
			}
			return nil
		})
	})
	if err := b.PublishAssessed(t.Context(), assessed(0, 1)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "archive's letter", func() bool { n, _ := b.CountDeadLetters(t.Context()); return n == 1 })
	mended.Store(true)
	letters, err := b.DeadLetters(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Replay(t.Context(), letters[0].ID); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both answered for it", func() bool { return depth(t, b, Assessed).Messages == 0 && alerting.total() > 0 })
	if archive.total() != 1 || alerting.total() != 1 {
		t.Fatalf("archive %d, alerting %d, want 1 each", archive.total(), alerting.total())
	}
}

func TestUnreadableMessageIsBuriedAtOnce(t *testing.T) {
	b := open(t, Config{BackOff: []time.Duration{time.Hour}})
	publish(t, b, posts(0, 3))
	raw(t, b, "posts.141122", `{"id":`)
	raw(t, b, "posts.141122", "\xff\x00")
	publish(t, b, posts(3, 6))
	var c tally
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 10, c.posts) })
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Posts).Messages == 0 })
	letters, err := b.DeadLetters(t.Context(), 10)
	if err != nil || len(letters) != 2 || c.distinct() != 6 {
		t.Fatalf("letters %+v, %v, handled %d", letters, err, c.distinct())
	}
	if string(letters[0].Data) != "\xff\x00" || string(letters[1].Data) != `{"id":` || letters[0].Tries != 1 { // newest first
		t.Errorf("letters %+v", letters)
	}
}

func TestDeadLettersAreListedNewestFirstUpToALimit(t *testing.T) {
	b := open(t, Config{MaxDeliver: 1})
	for range 10 {
		raw(t, b, "posts.141122", "?")
	}
	run(t, func(ctx context.Context) error {
		return b.ConsumePosts(ctx, "analyzer", 10, func(context.Context, []huiying.Post) error { return nil })
	})
	eventually(t, "ten letters", func() bool { n, _ := b.CountDeadLetters(t.Context()); return n == 10 })
	for _, id := range []string{"9", "4", "1"} {
		if err := b.removeLetter(t.Context(), must(parse(id))); err != nil {
			t.Fatal(err)
		}
	}
	for limit, want := range map[int]string{0: "", 3: "10 8 7", 100: "10 8 7 6 5 3 2"} {
		letters, err := b.DeadLetters(t.Context(), limit)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, l := range letters {
			ids = append(ids, l.ID)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("limit %d: %q, want %q", limit, got, want)
		}
	}
}

func TestReplayOfNonsenseIsNotFound(t *testing.T) {
	b := open(t, Config{})
	for _, id := range []string{"", "0", "7", "-1", "abc", "99999999999999999999", "1; drop"} {
		if err := b.Replay(t.Context(), id); !errors.Is(err, huiying.ErrNotFound) {
			t.Errorf("%q: %v, want ErrNotFound", id, err)
		}
	}
}

func TestMessageStaysWhenItsLetterCannotBeWritten(t *testing.T) {
	b := open(t, Config{MaxDeliver: 1, BackOff: quick})
	dead, err := b.js.Stream(t.Context(), Dead)
	if err != nil {
		t.Fatal(err)
	}
	cfg := dead.CachedInfo().Config
	cfg.MaxMsgs = 1
	if _, err := b.js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		raw(t, b, "posts.141122", "?")
	}
	run(t, func(ctx context.Context) error {
		return b.ConsumePosts(ctx, "analyzer", 10, func(context.Context, []huiying.Post) error { return nil })
	})
	eventually(t, "one is buried, the other tried several times", func() bool {
		d := depth(t, b, Posts)
		return d.Messages == 1 && d.Consumers["analyzer"].NumRedelivered == 1
	})
	cfg.MaxMsgs = deadMax
	if _, err := b.js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other is buried when there is room", func() bool {
		n, _ := b.CountDeadLetters(t.Context())
		return n == 2 && depth(t, b, Posts).Messages == 0
	})
}

// deliver hands all messages out n times without an answer, as a consumer that
// dies each time would.
func deliver(t *testing.T, b *Bus, n int) {
	t.Helper()
	cons, err := b.js.Consumer(t.Context(), Posts, "analyzer")
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		batch, err := cons.Fetch(2, jetstream.FetchMaxWait(10*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		if got := all(batch); len(got) != 2 {
			t.Fatalf("delivered %d, want 2", len(got))
		}
	}
}

func TestPostThatEndsTheProcessIsTakenOutOfTheWayAndItsNeighbourIsNot(t *testing.T) {
	b := open(t, Config{MaxDeliver: 2, AckWait: 200 * time.Millisecond, BackOff: quick})
	publish(t, b, posts(0, 2)) // p000000 kills, p000001 is innocent
	deliver(t, b, 2)

	// The next lives write the killer's letter, try it and die.
	cons, err := b.js.Consumer(t.Context(), Posts, "analyzer")
	if err != nil {
		t.Fatal(err)
	}
	batch, err := cons.Fetch(2, jetstream.FetchMaxWait(10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	killer := all(batch)[0]
	for n := range lastTries {
		if _, written, err := b.writeLetter(t.Context(), Posts, "analyzer", fmt.Sprint("try", n+1), killer, errors.New("x")); err != nil || !written {
			t.Fatal(written, err)
		}
	}

	var c tally
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 2, c.posts) })
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Posts).Messages == 0 })
	eventually(t, "the killer's letter is the only one left", func() bool {
		letters, err := b.DeadLetters(t.Context(), 10)
		return err == nil && len(letters) == 1 && strings.Contains(string(letters[0].Data), "p000000")
	})
	if c.of("p000000") != 0 || c.of("p000001") != 1 {
		t.Fatalf("killer handled %d times, neighbour %d; want 0 and 1", c.of("p000000"), c.of("p000001"))
	}
}

func TestPostThatWasInHandWhenTheProcessWasKilledIsTriedAgain(t *testing.T) {
	b := open(t, Config{MaxDeliver: 2, AckWait: 200 * time.Millisecond, BackOff: quick})
	publish(t, b, posts(0, 2))
	deliver(t, b, 2)
	cons, err := b.js.Consumer(t.Context(), Posts, "analyzer")
	if err != nil {
		t.Fatal(err)
	}
	batch, err := cons.Fetch(2, jetstream.FetchMaxWait(10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	unlucky := all(batch)[0]
	for n := range lastTries - 1 { // killed while it was tried alone, and not by it
		if _, written, err := b.writeLetter(t.Context(), Posts, "analyzer", fmt.Sprint("try", n+1), unlucky, errors.New("x")); err != nil || !written {
			t.Fatal(written, err)
		}
	}

	var c tally
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 2, c.posts) })
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Posts).Messages == 0 })
	eventually(t, "no letter is left", func() bool {
		letters, err := b.DeadLetters(t.Context(), 10)
		return err == nil && len(letters) == 0
	})
	if c.of("p000000") != 1 || c.of("p000001") != 1 {
		t.Fatalf("handled %d and %d times, want once each", c.of("p000000"), c.of("p000001"))
	}
}

func TestLastTryThatFailsKeepsTheRealError(t *testing.T) {
	b := open(t, Config{MaxDeliver: 1, AckWait: 200 * time.Millisecond})
	publish(t, b, posts(0, 2))
	deliver(t, b, 1)
	run(t, func(ctx context.Context) error {
		return b.ConsumePosts(ctx, "analyzer", 2, func(context.Context, []huiying.Post) error { return errors.New("real cause") })
	})
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Posts).Messages == 0 })
	eventually(t, "only the final letters are left", func() bool {
		letters, err := b.DeadLetters(t.Context(), 10)
		return err == nil && len(letters) == 2 && letters[0].Error == "real cause" && letters[1].Error == "real cause"
	})
}

func TestLetterTakenBackIsWrittenAnewWhenNeededAgain(t *testing.T) {
	b := open(t, Config{AckWait: time.Hour})
	publish(t, b, posts(0, 2))
	cons, err := b.js.Consumer(t.Context(), Posts, "analyzer")
	if err != nil {
		t.Fatal(err)
	}
	batch, err := cons.Fetch(1)
	if err != nil {
		t.Fatal(err)
	}
	m := all(batch)[0]
	write := func() (uint64, bool) {
		id, written, err := b.writeLetter(t.Context(), Posts, "analyzer", "try", m, errors.New("x"))
		if err != nil {
			t.Fatal(err)
		}
		return id, written
	}
	first, written := write()
	if again, rewritten := write(); !written || rewritten || again != first {
		t.Fatalf("wrote %v, then %v (%d, %d); want once", written, rewritten, first, again)
	}
	if err := b.removeLetter(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if _, written := write(); !written {
		t.Fatal("the letter was taken back, but its ID kept it from being written anew")
	}
}
