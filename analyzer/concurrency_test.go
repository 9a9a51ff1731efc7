package analyzer_test

import (
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"huiying"
	"huiying/deploy/sample"
)

// samplePosts are the sample site's, as the collectors would hand them over.
var samplePosts = sync.OnceValue(func() []huiying.Post {
	rows, err := sample.Posts()
	if err != nil {
		panic(err)
	}
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, huiying.Beijing)
	out := make([]huiying.Post, 0, len(rows))
	for _, row := range rows {
		now := start.Add(row.At).Add(10 * time.Minute)
		in := huiying.Intake{Region: "141122", Key: []byte("k"), Now: func() time.Time { return now }}
		p, err := in.Accept(row.Render(start, now))
		if err != nil {
			panic(err)
		}
		out = append(out, p)
	}
	return out
})

func TestManyAtOnceReadAsOneAfterAnother(t *testing.T) {
	t.Parallel()
	const readers, each = 8, 200
	posts := samplePosts()
	want := make([]huiying.Assessment, len(posts))
	for i, p := range posts {
		want[i] = shared().Assess(p)
		checkAssessment(t, p, want[i])
	}
	var all sync.WaitGroup
	for g := range readers {
		all.Go(func() {
			for k := range each {
				i := (g*37 + k) % len(posts)
				if got := shared().Assess(posts[i]); !reflect.DeepEqual(got, want[i]) {
					t.Errorf("reader %d, %s: got %+v, want %+v", g, posts[i].Headline(), got, want[i])
					return
				}
				if k%10 == 0 {
					shared().Tokens(posts[i].Text)
				}
			}
		})
	}
	all.Wait()
}

// Not parallel: other tests would fill the heap it looks at.
func TestMemoryDoesNotGrowWithTheNumberOfPosts(t *testing.T) {
	posts := samplePosts()
	held := func(rounds int) uint64 {
		for range rounds {
			for _, p := range posts {
				shared().Assess(p)
			}
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // the second empties the pools
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const spare = 1 << 20
	if before, after := held(1), held(10); after > before+spare {
		t.Errorf("after %d posts %d bytes more are held than after %d", 11*len(posts), after-before, len(posts))
	}
}

func FuzzAssess(f *testing.F) {
	for _, text := range weird {
		f.Add("", text[:min(len(text), 4096)], "forum", "central", int64(0))
		f.Add(text[:min(len(text), 300)], "交城县停水", "gov", "", int64(1)<<62)
	}
	for _, p := range []huiying.Post{accident, drill, policy, past, metaphor, critic} {
		f.Add(p.Title, p.Text, string(p.Channel), "", int64(12_000))
	}
	f.Add("没有人员死亡", "没有人员死亡的说法不实，昨天3人死亡，上百人围观", "weibo", "provincial", int64(-5))
	f.Add("同题", "同题", "wechat", "", int64(7))
	f.Fuzz(func(t *testing.T, title, text, channel, tier string, views int64) {
		p := huiying.Post{
			ID: "p1", Title: title, Text: text, Channel: huiying.Channel(channel), Tier: huiying.MediaTier(tier),
			Engagement: huiying.Engagement{Views: views, Likes: views / 3, Comments: views / 5, Reposts: views},
		}
		as := shared().Assess(p)
		checkAssessment(t, p, as)
		checkTokens(t, text)
		if !reflect.DeepEqual(as, shared().Assess(p)) {
			t.Errorf("the second reading of %q differs", strings.ToValidUTF8(text, "?"))
		}
	})
}

// The whole assessment beside its cutting into words alone, on the sample posts.
func BenchmarkAssess(b *testing.B) {
	bench(b, func(p huiying.Post) { shared().Assess(p) })
}

func BenchmarkCut(b *testing.B) {
	bench(b, func(p huiying.Post) { shared().Segment(p.FullText()) })
}

func bench(b *testing.B, do func(huiying.Post)) {
	posts := samplePosts()
	shared()
	size := 0
	for _, p := range posts {
		size += len(p.FullText())
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range posts {
			do(p)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(posts)), "µs/post")
}
