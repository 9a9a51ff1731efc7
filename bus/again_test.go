package bus

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"huiying"
)

// What a consumer answered for before its memory was set back comes to it again: what
// still waits for another, and what is published for it alone, also within the window
// in which repeats are dropped.
func TestWhatWaitsAndWhatIsToldComesAgain(t *testing.T) {
	b := open(t, Config{BackOff: []time.Duration{50 * time.Millisecond}, MaxDeliver: 1000})
	var archive, alerting tally
	var mended atomic.Bool
	run(t, func(ctx context.Context) error {
		return b.ConsumeAssessed(ctx, "archive", 10, func(_ context.Context, as []huiying.Assessed) error {
			for _, a := range as {
				if a.Post.ID >= "p000010" && !mended.Load() {
					return errors.New("disk full")
				}
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
	if err := b.PublishAssessed(t.Context(), assessed(0, 30)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "alerting has all, archive a third", func() bool {
		return alerting.total() == 30 && archive.total() == 10 && depth(t, b, Assessed).Messages == 20
	})
	n, err := b.AssessedAgain(t.Context())
	if err != nil || n != 20 {
		t.Fatalf("%d came again, %v; want the 20 that wait", n, err)
	}
	eventually(t, "they are there", func() bool { return alerting.total() == 50 })
	if err := b.PublishAssessedFor(t.Context(), "alerting", assessed(0, 10)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the others too", func() bool { return alerting.total() == 60 })
	mended.Store(true)
	eventually(t, "archive has the rest", func() bool { return archive.distinct() == 30 && depth(t, b, Assessed).Messages == 0 })
	if n, err := b.AssessedAgain(t.Context()); n != 0 || err != nil {
		t.Errorf("of nothing that waits %d came, %v", n, err)
	}
	for i := range 30 {
		id := assessed(i, i+1)[0].Post.ID
		waited := i/10 + 1 // what waited comes to archive twice: it did not answer for it
		if alerting.of(id) != 2 || archive.of(id) != min(waited, 2) {
			t.Errorf("%s came to alerting %d times, to archive %d times", id, alerting.of(id), archive.of(id))
		}
	}
}
