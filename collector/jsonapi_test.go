package collector

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"huiying"
)

func TestJSONReadsRealHotLists(t *testing.T) {
	posts, ledger := visitBody(t, "jsonapi", "application/json", fixture(t, "weibo_hot/2026-08-22.json"), map[string]any{"fields": map[string]any{"url": "https://s.weibo.com/weibo?q={title}"}, "max_items": 1000})
	if len(posts) < 50 || len(ledger.rejections) != 0 {
		t.Fatalf("%d posts, rejections %+v", len(posts), ledger.rejections)
	}
	if p := posts[0]; p.Title != "一份20万字的战略擘画" || p.Text != p.Title || !strings.HasPrefix(p.URL, "https://s.weibo.com/weibo?q=%") {
		t.Errorf("%+v", p)
	}
	posts, _ = visitBody(t, "jsonapi", "application/json", fixture(t, "weibo_hot_rich/2024-06-10_12.json"), map[string]any{"fields": map[string]any{"id": "title", "views": "readCount", "comments": "discussCount"}})
	if len(posts) == 0 || posts[0].Engagement.Views != 8569000 || posts[0].Engagement.Comments != 1132 {
		t.Errorf("%+v", posts[:min(1, len(posts))])
	}
}

func TestJSONReadsARealStatus(t *testing.T) {
	posts, _ := visitBody(t, "jsonapi", "application/json", fixture(t, "mweibo_status.json"), map[string]any{
		"items": "data", "fields": map[string]any{"url": "https://m.weibo.cn/status/{bid}", "views": "page_info.play_count"},
	})
	if len(posts) != 1 {
		t.Fatalf("%d posts", len(posts))
	}
	p := posts[0]
	if p.URL != "https://m.weibo.cn/status/HAohwE36n" || p.PublishedAt.Format(time.DateTime) != "2019-06-24 15:35:56" || p.Author != "V**" ||
		!strings.HasPrefix(p.Text, "【38岁#妈妈陪儿子高考过二本线#86分") || strings.Contains(p.Text, "<") ||
		p.Engagement != (huiying.Engagement{Views: 6_510_000, Likes: 1147, Comments: 517, Reposts: 155}) {
		t.Errorf("%+v", p)
	}
}

func TestJSONFollowsPages(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		page := r.URL.Query().Get("page")
		switch r.URL.Path {
		case "/numbered":
			_, _ = fmt.Fprintf(w, `{"code":0,"data":{"list":[{"id":%q,"title":"第%s页"}]}}`, page, page)
		case "/cursor":
			next := map[string]string{"": "c2", "c2": "c3", "c3": ""}[page]
			_, _ = fmt.Fprintf(w, `callback({"data":[{"id":"x%s","title":"游标%s"}],"next":%q});`, page, page, next)
		}
	}))
	for path, c := range map[string]struct {
		opts map[string]any
		want string
	}{
		"/numbered": {map[string]any{"pages": 3, "page_param": "page", "items": "data.list"}, "第1页 第2页 第3页"},
		"/cursor":   {map[string]any{"pages": 9, "page_param": "page", "next": "next"}, "游标 游标c2 游标c3"},
	} {
		out := &sink{}
		src := huiying.Source{ID: "s", Kind: "jsonapi", Name: "源", URL: s.URL + path, Channel: huiying.ChannelForum, Options: c.opts}
		if err := testCollector(t, newBook(), out).Visit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
		var titles []string
		for _, p := range out.posts {
			titles = append(titles, p.Title)
		}
		if got := strings.Join(titles, " "); got != c.want {
			t.Errorf("%s: %q, want %q", path, got, c.want)
		}
	}
}

func TestJSONKeepsTheIDWhereTheAddressChanges(t *testing.T) {
	rank := 0
	s := serve(t, noRobots(func(w http.ResponseWriter, _ *http.Request) {
		rank++
		_, _ = fmt.Fprintf(w, `[{"word":"供暖","url":"/q?rank=%d"},{"word":123},{"nothing":1},{"word":"坏日期","date":"某天"}]`, rank)
	}))
	ledger, out := newBook(), &sink{}
	c := testCollector(t, ledger, out)
	src := huiying.Source{ID: "s", Kind: "jsonapi", Name: "源", URL: s.URL + "/hot", Channel: huiying.ChannelWeibo, Options: map[string]any{"fields": map[string]any{"id": "word"}}}
	for range 2 {
		ledger.seen = map[string]bool{}
		if err := c.Visit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
	}
	if len(out.posts) != 2 || out.posts[1].Title != "123" {
		t.Errorf("posts %+v", out.posts)
	}
	if len(ledger.rejections) != 4 {
		t.Errorf("%d rejections, want the empty and the undated item each time", len(ledger.rejections))
	}
}

func TestJSONSaysWhatItCannotRead(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(map[string]string{"/html": "<html>登录</html>", "/error": `{"code":-1,"msg":"参数错误"}`}[r.URL.Path]))
	}))
	for path, says := range map[string]string{"/html": "不是合法的 JSON", "/error": "msg"} {
		err := testCollector(t, newBook(), &sink{}).Visit(t.Context(), huiying.Source{ID: "s", Kind: "jsonapi", Name: "源", URL: s.URL + path, Channel: huiying.ChannelWeibo})
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v should say %q", path, err, says)
		}
	}
}
