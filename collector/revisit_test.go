package collector

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"huiying"
)

// A changing site serves one article, or what became of it.
type changingSite struct {
	address string
	state   atomic.Value // "", "edited", "counted", "404", "soft", "home"
	reads   atomic.Int32 // of the article
}

func newChangingSite(t *testing.T) *changingSite {
	c := &changingSite{}
	c.state.Store("")
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		page := strings.Replace(article("供暖管道漏水正在抢修", "2026-03-05 09:30", sentence+"<p>阅读：31</p>"), "gb2312", "utf-8", 1)
		switch r.URL.Path {
		case "/list":
			_, _ = io.WriteString(w, `<ul><li class="e"><a href="/2026/a.html">供暖管道漏水正在抢修</a></li></ul>`)
			return
		case "/":
			_, _ = io.WriteString(w, `<h1>首页</h1>`+sentence+sentence)
			return
		}
		c.reads.Add(1)
		switch c.state.Load() {
		case "edited":
			page = strings.Replace(page, "三个小区", "十个小区", 1)
		case "counted":
			page = strings.Replace(page, "阅读：31", "阅读：5.2万", 1)
		case "404":
			http.NotFound(w, r)
			return
		case "soft":
			page = `<html><head><title>提示信息</title></head><body><div>抱歉，您访问的页面不存在或已被删除！</div><a href="/">返回首页</a></body></html>`
		case "home":
			http.Redirect(w, r, "/", http.StatusFound)
			return
		case "down":
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, page)
	}))
	c.address = s.URL + "/list"
	return c
}

// watch is a collector of the site, its ledger and a way to let time pass and
// visit again.
func (c *changingSite) watch(t *testing.T, change ...func(*Config)) (b *book, out *sink, later func(d time.Duration, state string)) {
	now := testNow
	b, out = newBook(), &sink{}
	col := testCollector(t, b, out, change...)
	src := newsSource(c.address)
	src.Options = map[string]any{"list": "li.e"}
	later = func(d time.Duration, state string) {
		t.Helper()
		now = now.Add(d)
		col.cfg.Speed = huiying.NewSpeed(now, 1)
		col.cfg.Intake.Now = col.cfg.Speed.Now
		c.state.Store(state)
		if err := col.Visit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
	}
	later(0, "")
	if len(out.posts) != 1 || len(b.revisits) != 1 {
		t.Fatalf("%d posts, %d pages to look at again", len(out.posts), len(b.revisits))
	}
	return b, out, later
}

func TestAnEditedPageIsANewVersionOfTheSamePost(t *testing.T) {
	b, out, later := newChangingSite(t).watch(t)
	later(90*time.Minute, "counted") // only the count of readers changed
	if len(out.posts) != 1 {
		t.Fatalf("a count made a version: %q", out.posts[len(out.posts)-1].Text)
	}
	later(2*time.Hour, "edited")
	if len(out.posts) != 2 {
		t.Fatalf("%d posts were published, want the first and its version", len(out.posts))
	}
	first, second := out.posts[0], out.posts[1]
	if second.ID != first.ID || second.Version != 1 || !strings.Contains(second.Text, "十个小区") || second.Gone != "" || !second.CollectedAt.After(first.CollectedAt) {
		t.Errorf("the version is %+v", second)
	}
	later(24*time.Hour, "edited")
	if len(out.posts) != 2 {
		t.Error("the same words made another version")
	}
	if r := b.revisits[first.ID]; r.N != 1 {
		t.Errorf("noted: %+v", r)
	}
}

func TestAPageIsGoneWhenItIsMissedTwice(t *testing.T) {
	for state, why := range map[string]string{"404": "返回 404", "soft": "页面不存在", "home": "首页"} {
		t.Run(state, func(t *testing.T) {
			_, out, later := newChangingSite(t).watch(t)
			later(2*time.Hour, state)
			if len(out.posts) != 1 {
				t.Fatal("one miss made the post gone")
			}
			later(time.Hour, state)
			if len(out.posts) != 2 {
				t.Fatalf("%d posts were published", len(out.posts))
			}
			gone := out.posts[1]
			if gone.ID != out.posts[0].ID || gone.Version != 1 || !strings.Contains(gone.Gone, why) || gone.Region == "" {
				t.Errorf("%+v", gone)
			}
			later(24*time.Hour, state)
			if len(out.posts) != 2 {
				t.Error("it was told twice that the post is gone")
			}
			later(48*time.Hour, "")
			if len(out.posts) != 3 || out.posts[2].Version != 2 || out.posts[2].Gone != "" || out.posts[2].Text == "" {
				t.Errorf("that the page is back was not told: %d posts", len(out.posts))
			}
		})
	}
}

func TestASiteThatIsDownSaysNothingOfItsPosts(t *testing.T) {
	b, out, later := newChangingSite(t).watch(t)
	for range 3 {
		later(24*time.Hour, "down")
	}
	later(73*time.Hour, "404")
	if len(out.posts) != 1 {
		t.Errorf("%d posts", len(out.posts))
	}
	for _, r := range b.revisits {
		if r.Misses != 1 {
			t.Errorf("%+v", r)
		}
	}
}

func TestPagesAreLookedAtLessAndLessUnlessTheirCaseIsOpen(t *testing.T) {
	for name, c := range map[string]struct {
		open     bool
		from, to int32 // looks in 40 days, visited every hour
		noted    int
	}{"a post nobody works on": {false, 7, 9, 0}, "a post of an open case": {true, 230, 330, 1}} {
		t.Run(name, func(t *testing.T) {
			site := newChangingSite(t)
			b, _, later := site.watch(t, func(cfg *Config) {
				cfg.Watched = func(_ context.Context, ids []huiying.PostID) (map[huiying.PostID]bool, error) {
					return map[huiying.PostID]bool{ids[0]: c.open}, nil
				}
			})
			for range 40 * 24 {
				later(time.Hour, "")
			}
			if n := site.reads.Load() - 1; n < c.from || n > c.to {
				t.Errorf("%d looks, want %d to %d", n, c.from, c.to)
			}
			if len(b.revisits) != c.noted {
				t.Errorf("%d pages are still noted, want %d", len(b.revisits), c.noted)
			}
		})
	}
}

func TestAFeedThatTellsAPostDifferentlyMakesAVersion(t *testing.T) {
	var text atomic.Value
	text.Store("供热公司正在抢修。")
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `<rss version="2.0"><channel><item><title>漏水</title><link>http://127.0.0.1/1.html</link><guid>1</guid><description>`+text.Load().(string)+`</description></item></channel></rss>`)
	}))
	out := &sink{}
	c := testCollector(t, newBook(), out)
	src := huiying.Source{ID: "f", Kind: "feed", Name: "订阅", URL: s.URL + "/rss", Channel: huiying.ChannelNews}
	for _, say := range []string{"供热公司正在抢修。", "供热公司正在抢修。", "供热公司已经修好。", "供热公司已经修好。"} {
		text.Store(say)
		if err := c.Visit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
	}
	if len(out.posts) != 2 || out.posts[1].Version != 1 || out.posts[1].ID != out.posts[0].ID || !strings.Contains(out.posts[1].Text, "修好") {
		t.Errorf("%+v", out.posts)
	}
}

func TestAShortPostAboutADeletedPostIsNoMissingPage(t *testing.T) {
	page := `<html><head><title>我的帖子被删除了 - 论坛</title></head><body><h1>我的帖子被删除了</h1><div>楼主：某某 发表于 2026-03-04 22:10</div><div class="post"><p>昨天反映供暖的帖子被删除了，为什么？</p></div></body></html>`
	p, err := parsePage("http://a.example/t/1", []byte(page), "", testNow)
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.article(siteRules{})
	if why := p.missing("http://a.example/t/1", a); why != "" || err != nil {
		t.Errorf("%q is called missing (%v): %+v", why, err, a)
	}
}

func TestNumbersThatChangeByThemselvesAreNoEdit(t *testing.T) {
	for _, same := range [][2]string{
		{"正文。阅读：31", "正文。阅读：5.2万"}, {"1,204次浏览。正文", "9,999次浏览。正文"}, {"3小时前发布", "2小时前发布"}, {"评论数12点赞3", "评论数13点赞40"},
	} {
		if printOf(huiying.Post{Text: same[0]}) != printOf(huiying.Post{Text: same[1]}) {
			t.Errorf("%q and %q differ", same[0], same[1])
		}
	}
	for _, other := range [][2]string{{"3名学生腹泻", "10名学生腹泻"}, {"补贴1200元", "补贴1500元"}, {"12月1日前搬迁", "12月5日前搬迁"}, {"第3次", "第4次"}} {
		if printOf(huiying.Post{Text: other[0]}) == printOf(huiying.Post{Text: other[1]}) {
			t.Errorf("%q and %q are the same", other[0], other[1])
		}
	}
}
