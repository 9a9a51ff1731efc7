package bus

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"huiying"
)

func TestPostsArriveAsTheyWereSent(t *testing.T) {
	b := open(t, Config{})
	sent := post(1)
	sent.Extra = map[string]jsonRaw{"榜单": jsonRaw(`{"rank":3,"tag":"<热>"}`)}
	sent.Redactions = map[string]int{"phone": 1}
	publish(t, b, []huiying.Post{sent})
	got := make(chan huiying.Post, 1)
	run(t, func(ctx context.Context) error {
		return b.ConsumePosts(ctx, "analyzer", 1, func(_ context.Context, ps []huiying.Post) error {
			got <- ps[0]
			return nil
		})
	})
	p := <-got
	if !p.PublishedAt.Equal(sent.PublishedAt) {
		t.Errorf("published at %v, want %v", p.PublishedAt, sent.PublishedAt)
	}
	p.PublishedAt = sent.PublishedAt
	if !reflect.DeepEqual(p, sent) {
		t.Errorf("got  %+v\nwant %+v", p, sent)
	}
}

func TestRepeatsAreDropped(t *testing.T) {
	b := open(t, Config{})
	publish(t, b, posts(0, 100))
	accepted, duplicate, err := b.PublishPosts(t.Context(), posts(50, 150))
	if err != nil || accepted != 50 || duplicate != 50 {
		t.Fatalf("accepted %d, duplicate %d, %v; want 50, 50", accepted, duplicate, err)
	}
	if d := depth(t, b, Posts); d.Messages != 150 {
		t.Fatalf("stream holds %d, want 150", d.Messages)
	}
}

func TestRepeatsWithinABatchAreDropped(t *testing.T) {
	b := open(t, Config{})
	accepted, duplicate, err := b.PublishPosts(t.Context(), slices.Concat(posts(0, 10), posts(5, 10)))
	if err != nil || accepted != 10 || duplicate != 5 {
		t.Fatalf("accepted %d, duplicate %d, %v; want 10, 5", accepted, duplicate, err)
	}
}

func TestRepeatsAreDroppedAfterTheOriginalWasHandledAndRemoved(t *testing.T) {
	b := open(t, Config{})
	publish(t, b, posts(0, 20))
	var c tally
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 10, c.posts) })
	eventually(t, "the stream is empty", func() bool { return depth(t, b, Posts).Messages == 0 })
	accepted, duplicate, err := b.PublishPosts(t.Context(), posts(0, 20))
	if err != nil || accepted != 0 || duplicate != 20 {
		t.Fatalf("accepted %d, duplicate %d, %v; want 0, 20", accepted, duplicate, err)
	}
}

func TestRepeatsAreTakenAfterTheWindow(t *testing.T) {
	b := open(t, Config{DedupWindow: 100 * time.Millisecond})
	publish(t, b, posts(0, 1))
	eventually(t, "the ID is forgotten", func() bool {
		accepted, _, err := b.PublishPosts(t.Context(), posts(0, 1))
		return err == nil && accepted == 1
	})
}

func TestRepeatsOfWaitingPostsAreDroppedAfterARestart(t *testing.T) {
	dir := t.TempDir()
	b := open(t, Config{Dir: dir})
	publish(t, b, posts(0, 20))
	closeBus(t, b)
	b = open(t, Config{Dir: dir})
	accepted, duplicate, err := b.PublishPosts(t.Context(), posts(0, 20))
	if err != nil || accepted != 0 || duplicate != 20 {
		t.Fatalf("accepted %d, duplicate %d, %v; want 0, 20", accepted, duplicate, err)
	}
}

func TestFullBusRefusesAndRecoversWhenConsumed(t *testing.T) {
	for name, cfg := range map[string]Config{
		"by messages": {MaxPosts: 100},
		"by bytes":    {MaxBytes: 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, cfg)
			all := posts(0, 2000)
			accepted, duplicate, err := b.PublishPosts(t.Context(), all)
			if !errors.Is(err, huiying.ErrBusy) {
				t.Fatalf("overfull publish: %v, want ErrBusy", err)
			}
			if accepted == 0 || accepted == len(all) || duplicate != 0 {
				t.Fatalf("accepted %d, duplicate %d of %d", accepted, duplicate, len(all))
			}
			if d := depth(t, b, Posts); d.Messages != uint64(accepted) {
				t.Fatalf("stream holds %d, reported accepted %d", d.Messages, accepted)
			}
			var c tally
			run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 50, c.posts) })
			eventually(t, "the same batch goes through, retried", func() bool {
				_, _, err := b.PublishPosts(t.Context(), all)
				if err != nil && !errors.Is(err, huiying.ErrBusy) {
					t.Fatal(err)
				}
				return err == nil
			})
			eventually(t, "everything is consumed", func() bool { return c.distinct() == len(all) })
			if c.total() != len(all) {
				t.Fatalf("consumed %d, want each of %d once", c.total(), len(all))
			}
		})
	}
}

func TestUnfitPostsAreRefusedBeforeAnythingIsSent(t *testing.T) {
	b := open(t, Config{})
	for name, spoil := range map[string]func(*huiying.Post){
		"no ID":                 func(p *huiying.Post) { p.ID = "" },
		"ID with a line break":  func(p *huiying.Post) { p.ID = "a\r\nX: y" },
		"no region":             func(p *huiying.Post) { p.Region = "" },
		"region with wildcards": func(p *huiying.Post) { p.Region = "14*>.." },
		"larger than the bus takes": func(p *huiying.Post) {
			p.Text = strings.Repeat("长", maxPayload/3)
		},
	} {
		t.Run(name, func(t *testing.T) {
			batch := posts(0, 3)
			spoil(&batch[2])
			accepted, _, err := b.PublishPosts(t.Context(), batch)
			if !errors.Is(err, huiying.ErrInvalid) || accepted != 0 {
				t.Fatalf("accepted %d, %v; want 0, ErrInvalid", accepted, err)
			}
			if d := depth(t, b, Posts); d.Messages != 0 {
				t.Fatalf("stream holds %d", d.Messages)
			}
		})
	}
}

func TestLargestPostFits(t *testing.T) {
	b := open(t, Config{})
	p := post(1)
	p.Text = strings.Repeat("\"\n", huiying.MaxTextBytes/2) // each byte is two in JSON
	publish(t, b, []huiying.Post{p})
	if p.Text = strings.Repeat("<", huiying.MaxTextBytes); true {
		p.ID = "angle"
		m, err := b.message("posts", &p, &p)
		if err != nil || len(m.Data) > huiying.MaxTextBytes+2048 {
			t.Fatalf("angle brackets take %d bytes, %v", len(m.Data), err)
		}
	}
}

func TestEndedContextStopsPublishing(t *testing.T) {
	b := open(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := b.PublishPosts(ctx, posts(0, 10)); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
}

func TestServerErrorsThatPassAreBusy(t *testing.T) {
	for _, c := range []struct {
		err  error
		busy bool
	}{
		{apiError(503, storeFailed, "maximum messages exceeded"), true},
		{apiError(503, storeFailed, "maximum bytes exceeded"), true},
		{apiError(503, noResources, "insufficient resources"), true},
		{apiError(500, storageExceeded, "insufficient storage resources available"), true},
		{apiError(429, 10167, "too many requests"), true},
		{apiError(503, 10008, "JetStream system temporarily unavailable"), true},
		{apiError(409, repeatInProgress, "duplicate message id is in process"), true},
		{apiError(400, 10054, "message size exceeds maximum allowed"), false},
		{errors.New("anything else"), false},
	} {
		if got := errors.Is(busy(c.err), huiying.ErrBusy); got != c.busy {
			t.Errorf("%v: busy %v, want %v", c.err, got, c.busy)
		}
	}
}
