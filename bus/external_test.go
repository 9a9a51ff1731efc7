package bus

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"huiying"
)

// startNATS runs a server of its own on a loopback port and stops it with the test.
func startNATS(t *testing.T, o *server.Options) *server.Server {
	t.Helper()
	o.Host, o.NoSigs, o.NoLog, o.JetStream = "127.0.0.1", true, true, true
	if o.StoreDir == "" {
		o.StoreDir = t.TempDir()
	}
	if o.Port == 0 {
		o.Port = server.RANDOM_PORT
	}
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("server is not ready")
	}
	return s
}

func TestExternalServerIsUsedByTheSameCode(t *testing.T) {
	s := startNATS(t, &server.Options{})
	collector := open(t, Config{URL: s.ClientURL(), MaxBytes: 64 << 20})
	analyzer := open(t, Config{URL: s.ClientURL(), MaxBytes: 64 << 20})
	var c tally
	run(t, func(ctx context.Context) error { return analyzer.ConsumePosts(ctx, "analyzer", 32, c.posts) })
	got, _ := listen(t, analyzer, 1)
	publish(t, collector, posts(0, 300))
	publishLive(t, collector, 0, 5)
	if ls := take(t, got, 5); ls[4].Sent != 5 {
		t.Fatalf("live: %+v", ls)
	}
	eventually(t, "all posts are seen", func() bool { return c.distinct() == 300 })
	accepted, duplicate, err := analyzer.PublishPosts(t.Context(), posts(0, 10))
	if err != nil || accepted != 0 || duplicate != 10 {
		t.Fatalf("accepted %d, duplicate %d, %v; want 0, 10", accepted, duplicate, err)
	}
}

func TestServerThatIsNotThereIsNamed(t *testing.T) {
	_, err := Open(t.Context(), Config{URL: "nats://127.0.0.1:1"})
	if !errors.Is(err, huiying.ErrBusy) || !strings.Contains(err.Error(), "连不上") {
		t.Fatalf("got %v", err)
	}
}

func TestExternalServerThatRestartsIsFoundAgain(t *testing.T) {
	dir := t.TempDir()
	s := startNATS(t, &server.Options{StoreDir: dir})
	b := open(t, Config{URL: s.ClientURL(), MaxBytes: 64 << 20, AckWait: time.Second})
	var c tally
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 32, c.posts) })
	got, _ := listen(t, b, 1)
	publish(t, b, posts(0, 100))
	publishLive(t, b, 0, 1)
	before := take(t, got, 1)[0].Seq
	eventually(t, "the first posts are seen", func() bool { return c.distinct() == 100 })

	u, err := url.Parse(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	port := 0
	if _, err := fmt.Sscan(u.Port(), &port); err != nil {
		t.Fatal(err)
	}
	s.Shutdown()
	s.WaitForShutdown()
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, _, err := b.PublishPosts(short, posts(100, 101)); err == nil {
		t.Fatal("published to a server that is down")
	}
	startNATS(t, &server.Options{StoreDir: dir, Port: port})
	eventually(t, "publishing works again", func() bool {
		_, _, err := b.PublishPosts(t.Context(), posts(100, 200))
		return err == nil
	})
	eventually(t, "consuming works again", func() bool { return c.distinct() == 200 })
	publishLive(t, b, 1, 2)
	if l := take(t, got, 1)[0]; l.Sent != 2 || l.Seq <= before {
		t.Fatalf("live after the restart: number %d with seq %d, after %d", l.Sent-1, l.Seq, before)
	}
}

func TestSubscriptionEndsWhileTheServerIsAway(t *testing.T) {
	s := startNATS(t, &server.Options{})
	b := open(t, Config{URL: s.ClientURL(), MaxBytes: 64 << 20})
	var c tally
	stopConsumer := run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 32, c.posts) })
	got, stopLive := listen(t, b, 1)
	publishLive(t, b, 0, 1)
	take(t, got, 1)
	s.Shutdown()
	s.WaitForShutdown()
	stopConsumer() // both return although nobody answers
	stopLive()
}

func TestRegionsOnOneServerDoNotMix(t *testing.T) {
	s := startNATS(t, &server.Options{})
	var seen [2]tally
	buses := make([]*Bus, 2)
	for i, region := range []huiying.Region{"141122", "141123"} {
		b := open(t, Config{URL: s.ClientURL(), Region: region, MaxBytes: 64 << 20, MaxDeliver: 1})
		buses[i] = b
		run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 32, seen[i].posts) })
	}
	got, _ := listen(t, buses[1], 1)
	publish(t, buses[0], posts(0, 100)) // the same posts, in each region its own
	publish(t, buses[1], posts(50, 80))
	eventually(t, "each region has its posts and no others", func() bool { return seen[0].distinct() == 100 && seen[1].distinct() == 30 })
	publishLive(t, buses[0], 0, 3)
	take(t, got, 3) // those above see what happens below

	poison := run(t, func(ctx context.Context) error {
		return buses[0].ConsumeAssessed(ctx, "archive", 1, func(context.Context, []huiying.Assessed) error { return errors.New("broken") })
	})
	if err := buses[0].PublishAssessed(t.Context(), []huiying.Assessed{{Post: posts(0, 1)[0]}}); err != nil {
		t.Fatal(err)
	}
	letters := func(b *Bus) []huiying.DeadLetter {
		t.Helper()
		list, err := b.DeadLetters(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	eventually(t, "a dead letter lies in its region", func() bool { return len(letters(buses[0])) == 1 })
	poison()
	if n := len(letters(buses[1])); n != 0 {
		t.Errorf("the other region has %d dead letters", n)
	}
	if err := buses[0].Replay(t.Context(), letters(buses[0])[0].ID); err != nil {
		t.Fatal(err)
	}
	var mended tally
	run(t, func(ctx context.Context) error {
		return buses[0].ConsumeAssessed(ctx, "archive", 1, func(_ context.Context, batch []huiying.Assessed) error {
			for _, a := range batch {
				mended.add(a.Post.ID)
			}
			return nil
		})
	})
	eventually(t, "the replayed letter is handled", func() bool { return mended.distinct() == 1 })
}
