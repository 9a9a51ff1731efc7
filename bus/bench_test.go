package bus

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"huiying"
)

// benchPosts are posts with IDs as long as Intake makes them.
func benchPosts(from, n int) []huiying.Post {
	ps := posts(from, from+n)
	for i := range ps {
		ps[i].ID = huiying.PostID(fmt.Sprintf("p%024x", from+i))
	}
	return ps
}

// drained keeps the stream from filling while b publishes.
func drained(tb testing.TB, b *Bus) (seen *atomic.Int64) {
	seen = new(atomic.Int64)
	run(tb, func(ctx context.Context) error {
		return b.ConsumePosts(ctx, "analyzer", 1000, func(_ context.Context, ps []huiying.Post) error {
			seen.Add(int64(len(ps)))
			return nil
		})
	})
	return seen
}

func rate(b *testing.B, n int) {
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "posts/s")
}

func BenchmarkPublish(b *testing.B) {
	for name, c := range map[string]struct {
		batch int
		cfg   Config
	}{
		"one by one":            {1, Config{}},
		"batches of 500":        {500, Config{}},
		"one by one, fsync":     {1, Config{SyncAlways: true}},
		"batches of 500, fsync": {500, Config{SyncAlways: true}},
	} {
		b.Run(name, func(b *testing.B) {
			c.cfg.DedupWindow, c.cfg.MaxPosts, c.cfg.MaxBytes = time.Second, 1<<40, 1<<40
			bus := open(b, c.cfg)
			made := 0
			for b.Loop() {
				b.StopTimer()
				ps := benchPosts(made, c.batch)
				made += c.batch
				b.StartTimer()
				if _, _, err := bus.PublishPosts(b.Context(), ps); err != nil {
					b.Fatal(err)
				}
			}
			rate(b, made)
		})
	}
}

func BenchmarkConsume(b *testing.B) {
	for _, batch := range []int{1, 64, 500} {
		b.Run(fmt.Sprintf("batches of %d", batch), func(b *testing.B) {
			bus := open(b, Config{})
			const n = 20_000
			total := 0
			for b.Loop() {
				b.StopTimer()
				publish(b, bus, benchPosts(total, n))
				total += n
				b.StartTimer()
				left := n
				ctx, cancel := context.WithCancel(b.Context())
				if err := bus.ConsumePosts(ctx, "analyzer", batch, func(_ context.Context, ps []huiying.Post) error {
					if left -= len(ps); left <= 0 {
						cancel()
					}
					return nil
				}); err != nil {
					b.Fatal(err)
				}
				cancel()
			}
			rate(b, total)
		})
	}
}

func BenchmarkLive(b *testing.B) {
	bus := open(b, Config{})
	heard := make(chan huiying.Live, 1)
	run(b, func(ctx context.Context) error {
		return bus.SubscribeLive(ctx, 1, func(l huiying.Live) { heard <- l })
	})
	for b.Loop() { // from the publisher to the subscriber and back
		if err := bus.PublishLive(b.Context(), live(0)); err != nil {
			b.Fatal(err)
		}
		<-heard
	}
}

// BenchmarkDedupMemory measures what a remembered post ID costs, the figure in
// the comment on Config.DedupWindow.
func BenchmarkDedupMemory(b *testing.B) {
	for _, n := range []int{150_000, 300_000, 600_000} { // 5, 10 and 20 min at 500 posts/s
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				bus := open(b, Config{DedupWindow: time.Hour})
				seen := drained(b, bus)
				before := heap()
				for i := 0; i < n; i += 1000 {
					publish(b, bus, benchPosts(i, 1000))
				}
				eventually(b, "all are consumed", func() bool { return seen.Load() == int64(n) && depth(b, bus, Posts).Messages == 0 })
				b.ReportMetric(float64(heap()-before)/float64(n), "B/id")
				closeBus(b, bus)
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
