package collector

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"huiying"
)

func gbk(t *testing.T, s string) []byte {
	t.Helper()
	b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func article(title, date, text string) string {
	return `<html><head><meta charset="gb2312"><title>` + title + `_交城新闻网</title></head><body>
<div class="nav"><a href="/">首页</a><a href="/news/">新闻中心栏目列表页</a></div>
<h1>` + title + `</h1><div class="info">发布时间：` + date + `　来源：交城融媒　作者：李记者</div>
<div class="content">` + text + `</div><div class="footer">版权所有 交城新闻网 晋ICP备12345678号</div></body></html>`
}

const sentence = "<p>交城县天宁镇一处供暖管道漏水，附近三个小区的居民反映室温不足，供热公司已经派人到现场查看，预计当晚恢复。</p>"

func newsSite(t *testing.T) (address string, hits *atomic.Int32) {
	hits = new(atomic.Int32)
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		w.Header().Set("Content-Type", "text/html") // no charset: the page has to tell
		switch r.URL.Path {
		case "/news/":
			_, _ = w.Write(gbk(t, `<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312"></head><body>
<nav><a href="/about/2020/1.html">关于我们网站的详细介绍页面</a></nav>
<ul><li><a href="/news/2026/101.html">天宁镇供暖管道漏水正在抢修</a> 03-05</li>
<li><a href="102.html#top">县城西环路封闭施工十五天的通告</a></li>
<li><a href="/news/2026/101.html">天宁镇供暖管道漏水正在抢修</a></li>
<li><a href="/news/poster2026.jpg">一张很长很长的图片的说明文字</a></li></ul>
<div class="page"><a href="/news/list_2.html">下一页</a></div></body></html>`))
		case "/news/2026/101.html":
			_, _ = w.Write(gbk(t, article("天宁镇供暖管道漏水正在抢修", "2026年03月05日 09:30", sentence+sentence)))
		case "/news/102.html":
			_, _ = w.Write(gbk(t, article("县城西环路封闭施工十五天的通告", "3小时前", "<p>自即日起西环路封闭施工，请过往车辆绕行，给您带来不便敬请谅解。</p>")))
		default:
			http.NotFound(w, r)
		}
	}))
	return s.URL + "/news/", hits
}

func newsSource(address string) huiying.Source {
	return huiying.Source{ID: "news", Region: "141122", Kind: "site", Name: "交城新闻网", URL: address, Channel: huiying.ChannelNews, Tier: huiying.TierCounty, Every: huiying.Duration(10 * time.Minute)}
}

func TestVisitReadsASiteInGBKWithoutBeingToldHow(t *testing.T) {
	address, hits := newsSite(t)
	ledger, out := newBook(), &sink{}
	c := testCollector(t, ledger, out)
	if err := c.Visit(t.Context(), newsSource(address)); err != nil {
		t.Fatal(err)
	}
	if len(out.posts) != 2 {
		t.Fatalf("got %d posts: %+v", len(out.posts), out.posts)
	}
	p := out.posts[0]
	if p.Title != "天宁镇供暖管道漏水正在抢修" || !strings.HasPrefix(p.Text, "交城县天宁镇一处供暖管道漏水") || strings.Contains(p.Text, "版权") ||
		p.PublishedAt.Format(time.DateTime) != "2026-03-05 09:30:00" || p.Tier != huiying.TierCounty || p.Region != "141122" ||
		p.Source != "交城新闻网" || p.ID == "" || p.Author != "李**" || p.AuthorHash == "" {
		t.Errorf("first post %+v", p)
	}
	if p := out.posts[1]; !strings.HasSuffix(p.URL, "/news/102.html") || p.PublishedAt.Sub(testNow.Add(-3*time.Hour)).Abs() > time.Minute || p.Text != "自即日起西环路封闭施工，请过往车辆绕行，给您带来不便敬请谅解。" {
		t.Errorf("second post %+v", p)
	}
	h := ledger.health["news"]
	if h.Items != 2 || h.Visits != 1 || h.Failures != 0 || h.LastError != "" || h.LastSuccess.IsZero() || h.LastItem.IsZero() || h.LagSeconds != 0 || !h.NextVisit.After(testNow.Add(9*time.Minute)) {
		t.Errorf("health %+v", h)
	}
	before := hits.Load()
	if err := c.Visit(t.Context(), newsSource(address)); err != nil {
		t.Fatal(err)
	}
	if got := hits.Load() - before; got != 1 {
		t.Errorf("the second visit asked for %d pages, want the list only", got)
	}
}

func TestTryShowsWhatWouldComeAndLeavesNoTrace(t *testing.T) {
	address, _ := newsSite(t)
	ledger, out := newBook(), &sink{}
	preview, err := testCollector(t, ledger, out).Try(t.Context(), newsSource(address))
	if err != nil || len(preview.Posts) != 2 || len(preview.Rejected) != 0 {
		t.Fatalf("preview %+v, %v", preview, err)
	}
	notes := strings.Join(preview.Notes, "\n")
	if !strings.Contains(notes, "gb18030") || !strings.Contains(notes, "标题由") {
		t.Errorf("the notes do not tell how: %s", notes)
	}
	if len(out.posts)+len(ledger.seen)+len(ledger.health)+len(ledger.rejections) != 0 {
		t.Error("something was published or remembered")
	}
}

func TestVisitReadsAgainWhatWasNotPublished(t *testing.T) {
	address, _ := newsSite(t)
	ledger, out := newBook(), &sink{fail: []error{nil, errors.New("the process dies here")}}
	c := testCollector(t, ledger, out)
	if err := c.Visit(t.Context(), newsSource(address)); err == nil {
		t.Fatal("the visit should fail")
	}
	if h := ledger.health["news"]; h.Failures != 1 || h.LastError == "" || h.Items != 1 {
		t.Errorf("health %+v", h)
	}
	if len(ledger.seen) != 1 {
		t.Errorf("%d items are marked seen, only the published one may be", len(ledger.seen))
	}
	ledger.seen = map[string]bool{} // it died after publishing, before remembering
	if err := c.Visit(t.Context(), newsSource(address)); err != nil {
		t.Fatal(err)
	}
	if len(out.posts) != 2 {
		t.Errorf("%d posts, want each once", len(out.posts))
	}
}

func TestVisitWaitsWhileTheBusIsFull(t *testing.T) {
	address, _ := newsSite(t)
	busy := huiying.Errorf(huiying.CodeBusy, "队列已满")
	ledger, out := newBook(), &sink{fail: []error{busy, busy, busy}}
	c := testCollector(t, ledger, out)
	var waited []time.Duration
	c.pause = func(_ context.Context, d time.Duration) error { waited = append(waited, d); return nil }
	if err := c.Visit(t.Context(), newsSource(address)); err != nil || len(out.posts) != 2 {
		t.Fatalf("%d posts, %v", len(out.posts), err)
	}
	if len(waited) != 3 || waited[2] <= waited[0] {
		t.Errorf("waited %v, want longer each time", waited)
	}
	out.fail = []error{busy, busy, busy, busy, busy, busy, busy}
	ledger.seen, out.ids = map[string]bool{}, nil
	if err := c.Visit(t.Context(), newsSource(address)); !errors.Is(err, huiying.ErrBusy) || len(ledger.seen) != 0 {
		t.Errorf("error %v, %d items seen; want busy and none", err, len(ledger.seen))
	}
}

func TestVisitComesBackForAPageThatFailed(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"same"`)
		switch {
		case r.URL.Path == "/list" && r.Header.Get("If-None-Match") != "":
			w.WriteHeader(http.StatusNotModified)
		case r.URL.Path == "/list":
			_, _ = io.WriteString(w, `<a href="/2026/1.html">第一篇文章的标题在这里</a><a href="/2026/2.html">第二篇文章的标题在这里</a><a href="/2026/3.html">第三篇文章的标题在这里</a>`)
		case r.URL.Path == "/2026/2.html":
			http.NotFound(w, r)
		case broken.Load() && r.URL.Path == "/2026/1.html":
			w.WriteHeader(http.StatusBadGateway)
		default:
			_, _ = io.WriteString(w, `<h1>文章的标题</h1><p>这里是一段正文，说了一件事，也有标点符号。</p>`)
		}
	}))
	src := newsSource(s.URL + "/list")
	ledger, out := newBook(), &sink{}
	c := testCollector(t, ledger, out)
	if err := c.Visit(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	h := ledger.health["news"]
	if len(out.posts) != 1 || h.Rejected != 1 || !strings.Contains(h.LastError, "502") || !strings.Contains(h.LastError, "/2026/1.html") {
		t.Fatalf("%d posts, health %+v", len(out.posts), h)
	}
	if r := ledger.rejections[0]; !strings.Contains(r.Where, "/2026/2.html") || !strings.Contains(r.Error, "404") || r.Source != "交城新闻网" {
		t.Errorf("rejection %+v", r)
	}
	broken.Store(false)
	if err := c.Visit(t.Context(), src); err != nil || len(out.posts) != 2 {
		t.Fatalf("%d posts, %v: the failed page was forgotten, perhaps behind a 304", len(out.posts), err)
	}
	if err := c.Visit(t.Context(), src); err != nil || ledger.health["news"].LastError != "" {
		t.Errorf("third visit: %v, %+v", err, ledger.health["news"])
	}
}

func TestVisitTakesManyItemsInSeveralVisits(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"same"`)
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, `<rss version="2.0"><channel><title>t</title>`)
		for i := range 25 {
			_, _ = fmt.Fprintf(w, `<item><title>第 %d 条</title><link>/p/%d</link><description>内容 %d</description></item>`, i, i, i)
		}
		_, _ = io.WriteString(w, `</channel></rss>`)
	}))
	src := huiying.Source{ID: "f", Kind: "feed", Name: "源", URL: s.URL + "/feed", Channel: huiying.ChannelForum, Options: map[string]any{"max_items": 10}}
	out := &sink{}
	c := testCollector(t, newBook(), out)
	for visit, want := range []int{10, 20, 25, 25} {
		if err := c.Visit(t.Context(), src); err != nil || len(out.posts) != want {
			t.Fatalf("visit %d: %d posts, want %d, %v", visit+1, len(out.posts), want, err)
		}
	}
}

func TestVisitCountsAndShowsWhatIsWrong(t *testing.T) {
	long := strings.Repeat("<p>长文一行，说个不停。</p>", 180_000) // over 5 MB
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/feed":
			_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>t</title>
<item><title>好的一条</title><link>/ok</link><description>内容</description><pubDate>2026-03-05 10:00:00</pubDate></item>
<item><title>将来的一条</title><link>/future</link><description>内容，电话 13812345678</description><pubDate>2027-01-01 10:00:00</pubDate></item>
<item><title>日期不对</title><link>/odd</link><description>内容</description><pubDate>不知道哪天</pubDate></item>
<item><title>太长的一条</title><link>/long</link><description><![CDATA[%s]]></description></item>
<item><title>另一条好的</title><link>/ok2</link><description>内容</description></item></channel></rss>`, long)
		case "/notfeed":
			_, _ = io.WriteString(w, `<html><body>维护中</body></html>`)
		case "/empty":
			_, _ = io.WriteString(w, `<html><body><p>没有链接</p></body></html>`)
		}
	}))
	ledger, out := newBook(), &sink{}
	c := testCollector(t, ledger, out)
	src := huiying.Source{ID: "f", Kind: "feed", Name: "源", URL: s.URL + "/feed", Channel: huiying.ChannelForum}
	if err := c.Visit(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if len(out.posts) != 2 || !out.posts[1].Assumed {
		t.Errorf("%d posts, want the two good ones", len(out.posts))
	}
	if h := ledger.health["f"]; h.Rejected != 3 || h.Items != 2 {
		t.Errorf("health %+v", h)
	}
	for i, says := range []string{"在将来", "不知道哪天", "超过上限"} {
		if r := ledger.rejections[i]; !strings.Contains(r.Error, says) || !strings.HasPrefix(r.Where, s.URL) || len([]rune(r.Raw)) > rawKept || strings.Contains(r.Raw, "13812345678") {
			t.Errorf("rejection %d: %q at %q", i, r.Error, r.Where)
		}
	}
	for id, c2 := range map[huiying.SourceID]struct{ kind, path, says string }{
		"notfeed": {"feed", "/notfeed", "不是可读的 RSS"},
		"empty":   {"site", "/empty", "list 选择器"},
		"missing": {"site", "/nothing", ""},
	} {
		err := c.Visit(t.Context(), huiying.Source{ID: id, Kind: c2.kind, Name: "源", URL: s.URL + c2.path, Channel: huiying.ChannelNews})
		h := ledger.health[id]
		if err == nil || h.Failures != 1 || !strings.Contains(h.LastError, c2.says) || !strings.Contains(h.LastError, s.URL) {
			t.Errorf("%s: %v, health %+v", id, err, h)
		}
	}
}

func TestVisitRefusesASourceSetUpWrongly(t *testing.T) {
	ledger := newBook()
	c := testCollector(t, ledger, &sink{})
	for name, c2 := range map[string]struct {
		src  huiying.Source
		says string
	}{
		"an unknown kind":        {huiying.Source{Kind: "telepathy", URL: "http://a.example/"}, "telepathy"},
		"an unknown option":      {huiying.Source{Kind: "feed", URL: "http://a.example/", Options: map[string]any{"maxitems": 5}}, "max_items"},
		"a selector with a slip": {huiying.Source{Kind: "site", URL: "http://a.example/", Options: map[string]any{"list": "ul[["}}, "CSS"},
		"a number out of range":  {huiying.Source{Kind: "site", URL: "http://a.example/", Options: map[string]any{"max_items": 0}}, "1 到 1000"},
		"pages without address":  {huiying.Source{Kind: "site", URL: "http://a.example/", Options: map[string]any{"pages": 3}}, "{n}"},
		"a pattern with a slip":  {huiying.Source{Kind: "site", URL: "http://a.example/", Options: map[string]any{"link_pattern": "("}}, "正则"},
		"an unknown field":       {huiying.Source{Kind: "jsonapi", URL: "http://a.example/", Options: map[string]any{"fields": map[string]any{"body": "x"}}}, "published_at"},
		"a link without a list":  {huiying.Source{Kind: "site", URL: "http://a.example/", Options: map[string]any{"link": "a"}}, "list"},
		"no address":             {huiying.Source{Kind: "feed"}, "http"},
	} {
		t.Run(name, func(t *testing.T) {
			c2.src.ID, c2.src.Name, c2.src.Channel = "x", "源", huiying.ChannelNews
			err := c.Visit(t.Context(), c2.src)
			if err == nil || !strings.Contains(err.Error(), c2.says) || !strings.Contains(ledger.health["x"].LastError, c2.says) {
				t.Errorf("error %v should say %q", err, c2.says)
			}
			if err := Check(c2.src); err == nil || huiying.CodeOf(err) != huiying.CodeInvalid {
				t.Errorf("Check gives %v", err)
			}
		})
	}
}

func TestEveryOptionOfEveryKindHasAnExampleThatWorks(t *testing.T) {
	for _, k := range Kinds() {
		if k.Title == "" || k.About == "" || len(k.Options) == 0 {
			t.Errorf("%s is not documented", k.Name)
		}
		all := map[string]any{}
		for _, o := range k.Options {
			if o.Meaning == "" || o.Example == nil || o.Example == "" {
				t.Errorf("%s.%s is not documented", k.Name, o.Name)
			}
			all[o.Name] = o.Example
		}
		s := huiying.Source{Name: "源", Kind: k.Name, URL: exampleURLs[k.Name], Channel: huiying.ChannelGov, Options: all}
		if err := Check(s); err != nil {
			t.Errorf("%s with all examples: %v", k.Name, err)
		}
	}
}

func TestASiteThatWasMadeOverIsRedWithinThreeVisits(t *testing.T) {
	n := 0
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/news/" {
			n++
			_, _ = fmt.Fprintf(w, `<ul><li><a href="/news/2026/%d.html">第 %d 条新闻的标题写得足够长</a></li></ul>`, n, n)
			return
		}
		_, _ = io.WriteString(w, `<html><body><h1>标题还在</h1><div id="app"></div><script src="/app.js"></script></body></html>`)
	}))
	source := newsSource(s.URL + "/news/")
	source.Options = map[string]any{"text": "div.content"}
	ledger, out := newBook(), &sink{}
	c := testCollector(t, ledger, out)
	for visit := 1; visit <= 3; visit++ {
		if err := c.Visit(t.Context(), source); err != nil {
			t.Fatal(err)
		}
		h := ledger.health["news"]
		colour, why := h.Status(source, testNow)
		want := map[int]string{1: "yellow", 2: "yellow", 3: "red"}[visit]
		if h.Barren != visit || colour != want {
			t.Errorf("after visit %d: %s (%s), barren %d, want %s", visit, colour, why, h.Barren, want)
		}
	}
	h := ledger.health["news"]
	if len(out.posts) != 0 || len(ledger.rejections) != 3 || len(h.Hours) != 1 || h.Hours[0].Requests != 6 || h.Hours[0].Bytes == 0 || h.Hours[0].Rejected != 3 {
		t.Errorf("%d posts, %d rejections, hours %+v", len(out.posts), len(ledger.rejections), h.Hours)
	}
}

func TestATestNamesThePageOnceThatIsNotTaken(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path != "/list" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, `<ul><li><a href="/2026/1.html">供暖管道漏水正在抢修之中</a></li></ul>`)
	}))
	src := newsSource(s.URL + "/list")
	src.Kind, src.Options = "site", nil
	preview, err := testCollector(t, newBook(), &sink{}).Try(t.Context(), src)
	if err != nil || len(preview.Rejected) != 1 || strings.Count(preview.Rejected[0].Error, s.URL) != 1 || !strings.Contains(preview.Rejected[0].Error, "404") {
		t.Errorf("%+v %v", preview, err)
	}
}

func TestAPageThatScriptsMakeIsToldAsThat(t *testing.T) {
	const shell = `<html><body><div id="app"></div><script src="/app.js"></script></body></html>`
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/list" {
			_, _ = io.WriteString(w, `<ul><li><a href="/2026/1.html">一条看上去平常的新闻标题</a></li></ul>`)
			return
		}
		_, _ = io.WriteString(w, shell)
	}))
	ledger := newBook()
	c := testCollector(t, ledger, &sink{})
	if err := c.Visit(t.Context(), newsSource(s.URL+"/list")); err != nil {
		t.Fatal(err)
	}
	if len(ledger.rejections) != 1 || !strings.Contains(ledger.rejections[0].Error, "由脚本生成") {
		t.Errorf("the article is refused as %+v", ledger.rejections)
	}
	if err := c.Visit(t.Context(), newsSource(s.URL+"/app")); err == nil || !strings.Contains(err.Error(), "由脚本生成") {
		t.Errorf("the list: %v", err)
	}
	if advice := ledger.health["news"].Advice(); !strings.Contains(advice, "需脚本的网页") {
		t.Errorf("the advice is %q", advice)
	}
}
