package bus

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"huiying"
)

// quick makes retries fast.
var quick = []time.Duration{10 * time.Millisecond}

func TestWhatIsPublishedBeforeAConsumerStartsWaitsForIt(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Config{Dir: dir})
	publish(t, b, posts(0, 500))
	if err := b.PublishAssessed(t.Context(), assessed(0, 30)); err != nil {
		t.Fatal(err)
	}
	closeBus(t, b)
	b = open(t, Config{Dir: dir})
	var c tally
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 64, c.posts) })
	eventually(t, "all posts are seen", func() bool { return c.distinct() == 500 })
	if d := depth(t, b, Assessed); d.Messages != 30 || d.Consumers["archive"].NumPending != 30 || d.Consumers["alerting"].NumPending != 30 {
		t.Fatalf("assessed: %+v", d)
	}
}

func TestASlowConsumerHoldsNobodyUpAndIsNotGivenTheSameTwice(t *testing.T) {
	b := open(t, Config{AckWait: 300 * time.Millisecond})
	var archive, alerting tally
	room := make(chan struct{})
	run(t, func(ctx context.Context) error { // a disk that takes longer than the server waits for an answer
		return b.ConsumeAssessed(ctx, "archive", 50, func(ctx context.Context, as []huiying.Assessed) error {
			select {
			case <-room:
			case <-ctx.Done():
				return ctx.Err()
			}
			for _, a := range as {
				archive.add(a.Post.ID)
			}
			return nil
		})
	})
	run(t, func(ctx context.Context) error {
		return b.ConsumeAssessed(ctx, "alerting", 50, func(_ context.Context, as []huiying.Assessed) error {
			for _, a := range as {
				alerting.add(a.Post.ID)
			}
			return nil
		})
	})
	if err := b.PublishAssessed(t.Context(), assessed(0, 200)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the other consumer has all", func() bool { return alerting.distinct() == 200 })
	later := time.After(4 * 300 * time.Millisecond) // several times AckWait
	<-later
	if n := archive.total(); n != 0 {
		t.Fatalf("%d messages went past a consumer that is busy", n)
	}
	close(room)
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Assessed).Messages == 0 })
	if archive.total() != 200 || archive.distinct() != 200 {
		t.Errorf("the slow one was given %d messages, %d distinct; want each once", archive.total(), archive.distinct())
	}
}

func TestBothConsumersSeeEverythingAndThenItIsRemoved(t *testing.T) {
	b := open(t, Config{})
	var archive, alerting tally
	take := func(c *tally) func(context.Context, []huiying.Assessed) error {
		return func(_ context.Context, as []huiying.Assessed) error {
			for _, a := range as {
				c.add(a.Post.ID)
			}
			return nil
		}
	}
	run(t, func(ctx context.Context) error { return b.ConsumeAssessed(ctx, "archive", 64, take(&archive)) })
	for range 5 {
		if err := b.PublishAssessed(t.Context(), assessed(0, 300)); err != nil { // repeats are dropped here too
			t.Fatal(err)
		}
	}
	eventually(t, "archive saw all", func() bool { return archive.distinct() == 300 })
	if d := depth(t, b, Assessed); d.Messages != 300 {
		t.Fatalf("stream holds %d while alerting has not read, want 300", d.Messages)
	}
	run(t, func(ctx context.Context) error { return b.ConsumeAssessed(ctx, "alerting", 7, take(&alerting)) })
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Assessed).Messages == 0 })
	if archive.total() != 300 || alerting.total() != 300 {
		t.Fatalf("archive saw %d, alerting %d, want 300 each", archive.total(), alerting.total())
	}
}

func TestCallsOfOneNameShareTheWork(t *testing.T) {
	b := open(t, Config{})
	var c tally
	for range 4 {
		run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 16, c.posts) })
	}
	publish(t, b, posts(0, 2000))
	eventually(t, "all posts are seen", func() bool { return c.distinct() == 2000 })
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Posts).Messages == 0 })
	if c.total() != 2000 {
		t.Fatalf("handled %d, want each of 2000 once", c.total())
	}
}

func TestFailedPostsComeAgainAndTheOthersAreHandledOnce(t *testing.T) {
	b := open(t, Config{BackOff: quick})
	publish(t, b, posts(0, 50))
	var c tally
	failed := map[huiying.PostID]int{}
	run(t, func(ctx context.Context) error {
		return b.ConsumePosts(ctx, "analyzer", 50, func(_ context.Context, ps []huiying.Post) error {
			for _, p := range ps {
				if (p.ID == "p000007" || p.ID == "p000031") && failed[p.ID] < 4 {
					if len(ps) == 1 {
						failed[p.ID]++
					}
					return errors.New("暂时失败")
				}
			}
			return c.posts(ctx, ps)
		})
	})
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Posts).Messages == 0 })
	if c.total() != 50 || c.distinct() != 50 {
		t.Fatalf("handled %d, distinct %d, want 50", c.total(), c.distinct())
	}
	if n, err := b.CountDeadLetters(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d dead letters, %v", n, err)
	}
}

func TestBusyConsumerHoldsItsBatchAndBuriesNothing(t *testing.T) {
	b := open(t, Config{MaxDeliver: 1, BackOff: quick})
	publish(t, b, posts(0, 30))
	var c tally
	var calls atomic.Int64
	run(t, func(ctx context.Context) error {
		return b.ConsumePosts(ctx, "analyzer", 10, func(ctx context.Context, ps []huiying.Post) error {
			if len(ps) != 10 {
				t.Errorf("a busy batch was split: %d", len(ps))
			}
			if calls.Add(1) <= 2 {
				return huiying.Errorf(huiying.CodeBusy, "下游已满")
			}
			return c.posts(ctx, ps)
		})
	})
	eventually(t, "all are handled", func() bool { return c.distinct() == 30 })
	if c.total() != 30 || calls.Load() != 5 {
		t.Fatalf("handled %d in %d calls, want 30 in 5", c.total(), calls.Load())
	}
	if n, err := b.CountDeadLetters(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d dead letters, %v", n, err)
	}
}

func TestFullAssessedStreamPushesBackToThePublisherOfPosts(t *testing.T) {
	b := open(t, Config{MaxPosts: 200})
	run(t, func(ctx context.Context) error { // an analyzer
		return b.ConsumePosts(ctx, "analyzer", 20, func(ctx context.Context, ps []huiying.Post) error {
			var as []huiying.Assessed
			for _, p := range ps {
				as = append(as, huiying.Assessed{Post: p})
			}
			return b.PublishAssessed(ctx, as)
		})
	})
	all := posts(0, 1000) // archive and alerting do not run: room for 400 on the way
	eventually(t, "the publisher is refused with both streams full", func() bool {
		_, _, err := b.PublishPosts(t.Context(), all)
		return errors.Is(err, huiying.ErrBusy) && depth(t, b, Assessed).Messages == 200 && depth(t, b, Posts).Messages == 200
	})
	var archive, alerting tally
	for name, c := range map[string]*tally{"archive": &archive, "alerting": &alerting} {
		run(t, func(ctx context.Context) error {
			return b.ConsumeAssessed(ctx, name, 50, func(_ context.Context, as []huiying.Assessed) error {
				for _, a := range as {
					c.add(a.Post.ID)
				}
				return nil
			})
		})
	}
	eventually(t, "everything arrives", func() bool {
		_, _, err := b.PublishPosts(t.Context(), all)
		return err == nil && archive.distinct() == 1000 && alerting.distinct() == 1000
	})
	if n, err := b.CountDeadLetters(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d dead letters, %v", n, err)
	}
}

func TestPanicIsAnErrorOfThatPostOnly(t *testing.T) {
	b := open(t, Config{MaxDeliver: 2, BackOff: quick})
	publish(t, b, posts(0, 20))
	var c tally
	run(t, func(ctx context.Context) error {
		return b.ConsumePosts(ctx, "analyzer", 20, func(ctx context.Context, ps []huiying.Post) error {
			if slices.ContainsFunc(ps, func(p huiying.Post) bool { return p.ID == "p000003" }) {
				panic("index out of range")
			}
			return c.posts(ctx, ps)
		})
	})
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Posts).Messages == 0 })
	letters, err := b.DeadLetters(t.Context(), 10)
	if err != nil || len(letters) != 1 || letters[0].Error != "panic: index out of range" || c.distinct() != 19 {
		t.Fatalf("letters %+v, %v, handled %d", letters, err, c.distinct())
	}
}

func TestLongWorkIsNotGivenToAnother(t *testing.T) {
	b := open(t, Config{AckWait: 300 * time.Millisecond})
	publish(t, b, posts(0, 2))
	var c tally
	work := func(ctx context.Context, ps []huiying.Post) error {
		err := c.posts(ctx, ps)
		wait(ctx, 4*300*time.Millisecond) // real time is what is measured here
		return err
	}
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 2, work) })
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 2, work) })
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Posts).Messages == 0 })
	if c.total() != 2 {
		t.Fatalf("handled %d times, want 2", c.total())
	}
}

func TestStoppedConsumerGivesItsBatchBackAtOnce(t *testing.T) {
	b := open(t, Config{AckWait: time.Hour})
	publish(t, b, posts(0, 10))
	started := make(chan struct{})
	var once sync.Once
	stop := run(t, func(ctx context.Context) error {
		return b.ConsumePosts(ctx, "analyzer", 10, func(ctx context.Context, _ []huiying.Post) error {
			once.Do(func() { close(started) })
			<-ctx.Done()
			return ctx.Err()
		})
	})
	<-started
	stop()
	var c tally
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 10, c.posts) })
	eventually(t, "another has them", func() bool { return c.distinct() == 10 })
}

func TestUnknownConsumerIsNamed(t *testing.T) {
	b := open(t, Config{})
	err := b.ConsumePosts(t.Context(), "archive", 10, func(context.Context, []huiying.Post) error { return nil })
	if !errors.Is(err, huiying.ErrNotFound) {
		t.Fatalf("got %v, want ErrNotFound", err)
	}
	if err := b.ConsumePosts(t.Context(), "analyzer", 0, nil); !errors.Is(err, huiying.ErrInvalid) {
		t.Fatalf("batch 0: %v, want ErrInvalid", err)
	}
}

// raw publishes bytes past the API.
func raw(t *testing.T, b *Bus, subject, data string) {
	t.Helper()
	if _, err := b.js.PublishMsg(t.Context(), &nats.Msg{Subject: subject, Data: []byte(data)}); err != nil {
		t.Fatal(err)
	}
}
