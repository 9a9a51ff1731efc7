package collector

import (
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"huiying"
)

// fixture reads a real-life sample; it skips the test where there is none.
func fixture(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../shared/data/fixtures/" + name)
	if err != nil {
		if os.Getenv("CI") == "" {
			t.Skip("the samples are not here")
		}
		t.Fatal(err)
	}
	return b
}

// visitBody visits a source that answers with body and returns its posts.
func visitBody(t *testing.T, kind, contentType string, body []byte, opts map[string]any) ([]huiying.Post, *book) {
	t.Helper()
	s := serve(t, noRobots(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body)
	}))
	ledger, out := newBook(), &sink{}
	src := huiying.Source{ID: "s", Kind: kind, Name: "源", URL: s.URL + "/in/feed", Channel: huiying.ChannelWeibo, Options: opts}
	if err := testCollector(t, ledger, out).Visit(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	return out.posts, ledger
}

func TestFeedReadsDatesWithoutZoneAsBeijing(t *testing.T) {
	posts, _ := visitBody(t, "feed", "application/rss+xml", []byte(`<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>t</title>
<item><title>一</title><link>/1</link><description>甲&lt;br&gt;乙</description><pubDate>2026-03-05 09:30:00</pubDate></item>
<item><title>二</title><link>/2</link><pubDate>Thu, 05 Mar 2026 09:30:00</pubDate></item>
<item><title>三</title><link>/3</link><pubDate>2026年3月5日 09:30</pubDate></item>
<item><title>四</title><link>/4</link><dc:date>2026-03-05T09:30:00</dc:date></item>
<item><title>五</title><link>/5</link><pubDate>Thu, 05 Mar 2026 01:30:00 GMT</pubDate></item>
<item><title>六</title><link>/6</link><pubDate>Thu, 05 Mar 2026 09:30:00 +0800</pubDate></item>
</channel></rss>`), nil)
	if len(posts) != 6 {
		t.Fatalf("%d posts", len(posts))
	}
	for _, p := range posts {
		if got := p.PublishedAt.Format(time.RFC3339); got != "2026-03-05T09:30:00+08:00" {
			t.Errorf("%s: %s", p.Title, got)
		}
	}
	if posts[0].Text != "甲\n乙" || posts[1].Text != "二" {
		t.Errorf("texts %q, %q", posts[0].Text, posts[1].Text)
	}
}

func TestFeedReadsGBKWhateverIsDeclared(t *testing.T) {
	feed := `<rss version="2.0"><channel><title>交城</title><item><title>天宁镇供暖管道漏水正在抢修</title><link>http://a.example/1</link><description>居民反映室温不足，供热公司已经到现场。</description></item></channel></rss>`
	for name, c := range map[string]struct {
		declaration, contentType string
		body                     []byte
	}{
		"declared in the XML":       {`<?xml version="1.0" encoding="gb2312"?>`, "text/xml", gbk(t, feed)},
		"declared in the header":    {`<?xml version="1.0"?>`, "text/xml; charset=GBK", gbk(t, feed)},
		"declared as UTF-8 wrongly": {`<?xml version="1.0" encoding="utf-8"?>`, "text/xml; charset=utf-8", gbk(t, feed)},
		"UTF-8 declared as GBK":     {`<?xml version="1.0" encoding="gb2312"?>`, "text/xml; charset=gbk", []byte(feed)},
		"not declared":              {`<?xml version="1.0"?>`, "text/xml", gbk(t, feed)},
	} {
		t.Run(name, func(t *testing.T) {
			posts, _ := visitBody(t, "feed", c.contentType, append([]byte(c.declaration), c.body...), nil)
			if len(posts) != 1 || posts[0].Title != "天宁镇供暖管道漏水正在抢修" {
				t.Errorf("%+v", posts)
			}
		})
	}
}

func TestFeedReadsJSONFeedAndAtom(t *testing.T) {
	posts, _ := visitBody(t, "feed", "application/feed+json", []byte(`{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[
{"id":"1","url":"https://a.example/1","title":"标题","content_html":"<p>第一段</p><p>第二段</p>","date_published":"2026-03-05T01:30:00Z","authors":[{"name":"王小明"}]}]}`), nil)
	if len(posts) != 1 || posts[0].Text != "第一段\n第二段" || posts[0].Author != "王**" || posts[0].PublishedAt.Hour() != 9 {
		t.Errorf("JSON Feed: %+v", posts)
	}
	posts, _ = visitBody(t, "feed", "application/atom+xml", []byte(`<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>
<entry><id>x</id><title>标题</title><link href="../news/9.html"/><updated>2026-03-05T09:30:00+08:00</updated><summary>摘要</summary></entry></feed>`), nil)
	if len(posts) != 1 || posts[0].Text != "摘要" || posts[0].URL[len(posts[0].URL)-12:] != "/news/9.html" {
		t.Errorf("Atom: %+v", posts)
	}
}

func TestFeedReadsARealOne(t *testing.T) {
	posts, _ := visitBody(t, "feed", "application/xml", fixture(t, "rsshub_weibo_user.xml"), nil)
	if len(posts) != 1 {
		t.Fatalf("%d posts", len(posts))
	}
	p := posts[0]
	if p.URL != "https://weibo.com/1935396210/PzxMFDdIO" || p.PublishedAt.Format(time.DateTime) != "2025-07-04 15:51:28" || p.Author != "少**" || p.Text == "" {
		t.Errorf("%+v", p)
	}
}

func TestFeedOpensThePagesWhenAskedFor(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/feed" {
			_, _ = io.WriteString(w, `<rss version="2.0"><channel><title>t</title><item><title>摘要里的标题</title><link>/1</link><description>只有摘要</description></item></channel></rss>`)
			return
		}
		_, _ = io.WriteString(w, `<h1>网页上的标题</h1><div id="c"><p>这里才是全文，比摘要长。</p></div>`)
	}))
	out := &sink{}
	src := huiying.Source{ID: "s", Kind: "feed", Name: "源", URL: s.URL + "/feed", Channel: huiying.ChannelNews, Options: map[string]any{"full": true, "text": "#c"}}
	if err := testCollector(t, newBook(), out).Visit(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if len(out.posts) != 1 || out.posts[0].Text != "这里才是全文，比摘要长。" || out.posts[0].Title != "网页上的标题" {
		t.Errorf("%+v", out.posts)
	}
}
