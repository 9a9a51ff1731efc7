package collector

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"huiying"
)

func TestTheNextPageIsAskedForWhileAPostIsPublished(t *testing.T) {
	var (
		mu       sync.Mutex
		asked    []string
		at, most atomic.Int32
	)
	second := make(chan struct{})
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		if n := at.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer at.Add(-1)
		mu.Lock()
		asked = append(asked, r.URL.Path)
		mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		next := ""
		switch r.URL.Path {
		case "/news/":
			for i := 1; i <= 3; i++ {
				_, _ = fmt.Fprintf(w, `<li><a href="/a/%d.html">第 %d 篇：天宁镇供暖管道漏水正在抢修</a></li>`, i, i)
			}
			return
		case "/a/1.html":
			next = `<a href="/a/1_2.html">下一页</a>`
		case "/a/2.html":
			close(second)
		}
		_, _ = io.WriteString(w, strings.ReplaceAll(article("第 "+r.URL.Path+" 篇", "2026-03-05 09:30", sentence+"<p>"+r.URL.Path+"</p>"), `<div class="footer">`, next+`<div class="footer">`))
	}))
	ledger, out := newBook(), &sink{}
	c := testCollector(t, ledger, out, func(cfg *Config) {
		publish := cfg.Publish
		cfg.Publish = func(ctx context.Context, posts []huiying.Post) (int, int, error) {
			select {
			case <-second: // is asked for without us
			case <-ctx.Done():
			}
			return publish(ctx, posts)
		}
	})
	src := newsSource(s.URL + "/news/")
	src.Options = map[string]any{"list": "li", "title": "h1", "text": "div.content"}
	if err := c.Visit(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	slices.Sort(asked)
	if want := []string{"/a/1.html", "/a/1_2.html", "/a/2.html", "/a/3.html", "/news/"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v, want each page once: %v", asked, want)
	}
	if most.Load() != 1 {
		t.Errorf("%d requests at a time, want 1", most.Load())
	}
	if len(out.posts) != 3 || !strings.Contains(out.posts[0].Text, "/a/1.html") || !strings.Contains(out.posts[0].Text, "/a/1_2.html") ||
		!strings.Contains(out.posts[1].Text, "/a/2.html") || !strings.Contains(out.posts[2].Text, "/a/3.html") {
		t.Errorf("posts %+v", out.posts)
	}
}

func TestAPageThatWasAskedForInVainIsCounted(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/news/" {
			_, _ = io.WriteString(w, `<li><a href="/a/1.html">第一篇：天宁镇供暖管道漏水</a></li><li><a href="/a/2.html">第二篇：天宁镇供暖管道漏水</a></li>`)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, article("一篇", "2026-03-05 09:30", sentence))
	}))
	ledger, out := newBook(), &sink{fail: []error{huiying.Errorf(huiying.CodeInvalid, "no")}}
	src := newsSource(s.URL + "/news/")
	src.Options = map[string]any{"list": "li"}
	if err := testCollector(t, ledger, out).Visit(t.Context(), src); err == nil {
		t.Fatal("the visit should fail")
	}
	if days := ledger.health["news"].Hours; len(days) != 1 || days[0].Requests != 3 {
		t.Errorf("hours %+v, want one with 3 requests: the list, the page, the one asked for ahead", days)
	}
}
