package collector

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"huiying"
)

// A trick is what a hostile site answers, and what the source that reads it must
// show for it.
type trick struct {
	kind    string // of the source
	answer  http.HandlerFunc
	options map[string]any
	says    string              // in the source's last error or in a rejection
	counts  huiying.FailureKind // "" when only the item is refused
	robots  http.HandlerFunc
}

func write(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body)
	}
}

// zeros answers with n MB of zeros in a content coding.
func zeros(coding string, n int) http.HandlerFunc {
	body := packedText(coding, strings.Repeat("\x00", n<<20))
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", coding)
		_, _ = w.Write(body)
	}
}

func forward(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
}

// drip sends a byte now and then for ever, once its head is out.
func drip(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := io.WriteString(w, "x"); err != nil {
			return
		}
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func endless(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, text); err != nil {
				return
			}
		}
	}
}

const goodFeed = `<rss version="2.0"><channel><item><title>好信源的一条消息</title><guid>%d</guid></item></channel></rss>`

// laughs is XML whose entities would unfold to three thousand million letters.
const laughs = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "哈"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">]>`

// outside is XML that asks for a file of ours.
const outside = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>`

func tricks() map[string]trick {
	nested := func(open, end string, n int) string { return strings.Repeat(open, n) + strings.Repeat(end, n) }
	list := `<ul><li><a href="/2026/x.html">一条看上去平常的新闻标题</a></li></ul>`
	article := func(h http.HandlerFunc) http.HandlerFunc { // the list is good, its page is not
		return func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/2026/") {
				h(w, r)
				return
			}
			write("text/html", list)(w, r)
		}
	}
	out := map[string]trick{
		"a head without end": {kind: "feed", counts: huiying.FailureTooLarge, says: "响应头超过", answer: func(w http.ResponseWriter, _ *http.Request) {
			for i := range 3000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("h", 100))
			}
		}},
		"a flood of cookies": {kind: "feed", counts: huiying.FailureTooLarge, says: "响应头超过", answer: func(w http.ResponseWriter, _ *http.Request) {
			for i := range 2000 {
				w.Header().Add("Set-Cookie", fmt.Sprintf("c%d=%s", i, strings.Repeat("v", 60)))
			}
		}},
		"a cookie wall": {kind: "feed", counts: huiying.FailureRedirect, says: "Cookie", answer: func(w http.ResponseWriter, r *http.Request) {
			if _, err := r.Cookie("pass"); err == nil {
				_, _ = fmt.Fprintf(w, goodFeed, 1)
				return
			}
			http.SetCookie(w, &http.Cookie{Name: "pass", Value: "1"})
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}},
		"a body without end":        {kind: "feed", counts: huiying.FailureTooLarge, says: "超过", answer: endless(strings.Repeat("没完没了", 1000))},
		"a line of ten million":     {kind: "feed", counts: huiying.FailureTooLarge, says: "超过", answer: write("application/xml", strings.Repeat("一", 10<<20/3))},
		"a body that drips":         {kind: "feed", counts: huiying.FailureTimeout, says: "没有传完", answer: drip},
		"zeros in gzip":             {kind: "feed", counts: huiying.FailureTooLarge, says: "压缩", answer: zeros("gzip", 64)},
		"zeros in br":               {kind: "feed", counts: huiying.FailureTooLarge, says: "压缩", answer: zeros("br", 64)},
		"zeros in zstd":             {kind: "feed", counts: huiying.FailureTooLarge, says: "压缩", answer: zeros("zstd", 64)},
		"laughs in a feed":          {kind: "feed", counts: huiying.FailureUnread, says: "实体", answer: write("application/xml", laughs+`<rss version="2.0"><channel><item><title>&e;</title><guid>1</guid><description>&e;&e;</description></item></channel></rss>`)},
		"laughs in a sitemap":       {kind: "sitemap", counts: huiying.FailureUnread, says: "实体", answer: write("application/xml", laughs+`<urlset><url><loc>&e;</loc></url></urlset>`)},
		"a file asked for by XML":   {kind: "feed", counts: huiying.FailureUnread, says: "实体", answer: write("application/xml", outside+`<rss version="2.0"><channel><item><title>标题&a;</title><guid>1</guid></item></channel></rss>`)},
		"a feed nested too deep":    {kind: "feed", counts: huiying.FailureUnread, says: "200 层", answer: write("application/xml", `<rss version="2.0" xmlns:a="http://a"><channel><item><title>t</title>`+nested("<a:b>", "</a:b>", 600_000)+`</item></channel></rss>`)},
		"a nesting that hides":      {kind: "feed", counts: huiying.FailureUnread, says: "200 层", answer: write("application/xml", `<rss version="2.0" xmlns:a="http://a"><channel><item>`+strings.Repeat("<a:b x='/>'><!--></a:b>-->", 1000)+`</item></channel></rss>`)},
		"a declaration inside":      {kind: "feed", counts: huiying.FailureUnread, says: "200 层", answer: write("application/xml", `<rss version="2.0"><channel>`+strings.Repeat("<item><!X <<</item></item>>>", 300)+`</channel></rss>`)},
		"a million items":           {kind: "feed", counts: huiying.FailureUnread, says: "条目超过", answer: write("application/xml", `<rss version="2.0"><channel>`+strings.Repeat("<item/>", 1_000_000)+`</channel></rss>`)},
		"a page nested too deep":    {kind: "site", says: "无法解析", answer: article(write("text/html", nested("<div>", "</div>", 100_000)))},
		"much text nested deep":     {kind: "site", says: "", answer: article(write("text/html", "<h1>标题在这里</h1>"+strings.Repeat("<div class=a>", 400)+strings.Repeat("这是一句很长的话，说个不停。", 100_000)+strings.Repeat("</div>", 400)))},
		"redirects in a circle":     {kind: "site", counts: huiying.FailureRedirect, says: "绕成了圈", answer: forward("/list")},
		"redirects for ever":        {kind: "site", counts: huiying.FailureRedirect, says: "重定向超过", answer: func(w http.ResponseWriter, r *http.Request) { forward(r.URL.Path+"x")(w, r) }},
		"a robots.txt that drips":   {kind: "feed", counts: huiying.FailureTimeout, says: "没有传完", robots: drip, answer: write("application/xml", fmt.Sprintf(goodFeed, 2))},
		"a robots.txt without end":  {kind: "feed", says: "", robots: endless("User-agent: *\nDisallow: /private/\n\n"), answer: write("application/xml", fmt.Sprintf(goodFeed, 3))},
		"a robots.txt that forbids": {kind: "feed", counts: huiying.FailureRobots, says: "robots.txt 不允许", robots: endless("User-agent: *\nDisallow: /\n"), answer: write("application/xml", fmt.Sprintf(goodFeed, 4))},
		"a robots.txt of zeros":     {kind: "feed", says: "二进制", robots: zeros("gzip", 64), counts: huiying.FailureUnread},
		"an archive called a feed":  {kind: "feed", counts: huiying.FailureUnread, says: "二进制", answer: write("application/rss+xml", "PK\x03\x04"+strings.Repeat("zip", 1000))},
		"an archive called a page":  {kind: "site", says: "二进制", answer: article(write("text/html; charset=utf-8", "Rar!\x1a\x07\x00"))},
		"an archive as such":        {kind: "site", says: "application/x-7z-compressed", answer: article(write("application/x-7z-compressed", "7z\xBC\xAF\x27\x1C"))},
		"a program":                 {kind: "site", says: "application/x-msdownload", answer: article(write("application/x-msdownload", "MZ"))},
		"a script called a page":    {kind: "site", says: "text/javascript", answer: article(write("text/javascript", "alert('这不是一篇文章，也不应当打开。')"))},
		"a picture called a page":   {kind: "site", says: "二进制", answer: article(write("text/html", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"))},
		"JSON nested too deep":      {kind: "jsonapi", counts: huiying.FailureUnread, says: "不是合法的 JSON", answer: write("application/json", nested(`{"a":[`, `]}`, 100_000))},
		"a list of a million":       {kind: "jsonapi", counts: huiying.FailureUnread, says: "列表超过", answer: write("application/json", "["+strings.Repeat("{},", 1_000_000)+"{}]")},
		"comments to comments":      {kind: "jsonapi", says: "", options: map[string]any{"replies": "replies"}, answer: write("application/json", `[{"title":"一条消息","text":"正文在这里"`+strings.Repeat(`,"replies":[{"text":"`+strings.Repeat("楼", 100)+`"`, 4000)+strings.Repeat("}]", 4000)+"}]")},
		"a page that follows itself": {kind: "jsonapi", says: "", options: map[string]any{"pages": 100, "next": "next"}, answer: func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, `{"next":"/list?n=%s1","data":[{"title":"一条消息"}]}`, r.URL.Query().Get("n"))
		}},
		"a sitemap of itself": {kind: "sitemap", counts: huiying.FailureUnread, says: "没有一个网页", answer: func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, `<sitemapindex><sitemap><loc>http://%s/list</loc></sitemap><sitemap><loc>http://%s/list</loc></sitemap></sitemapindex>`, r.Host, r.Host)
		}},
	}
	for name, to := range map[string]string{
		"the loopback": "127.0.0.1", "the metadata service": "169.254.169.254", "the loopback of IPv6": "[::1]", "a mapped address": "[::ffff:127.0.0.1]",
		"a decimal number": "2130706433", "an octal number": "0177.0.0.1", "a hexadecimal number": "0x7f.0.0.1", "nowhere": "0.0.0.0", "NAT64": "[64:ff9b::7f00:1]",
		"full-width digits": "１２７.０.０.１", "a short form": "127.1", "6to4": "[2002:7f00:1::]",
	} {
		out["a redirect to "+name] = trick{kind: "feed", counts: huiying.FailureAddress, says: "", answer: forward("http://" + to + "/latest/meta-data/")}
	}
	out["a redirect to a file"] = trick{kind: "feed", counts: huiying.FailureAddress, says: "http://", answer: forward("file:///etc/passwd")}
	return out
}

// TestAHostileSiteHarmsNobodyButItself lets each trick be played by a site of its
// own while one collector with two workers reads it beside a good source: the
// trick ends as a typed, counted error the source shows, and the good source
// gives its post.
func TestAHostileSiteHarmsNobodyButItself(t *testing.T) {
	good := serve(t, noRobots(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintf(w, goodFeed, 0) }))
	for name, c := range tricks() {
		t.Run(name, func(t *testing.T) {
			bad := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.Path != "/robots.txt":
					c.answer(w, r)
				case c.robots != nil:
					c.robots(w, r)
				default:
					http.NotFound(w, r)
				}
			})
			nice := huiying.Source{ID: "good", Kind: "feed", Name: "好信源", URL: good.URL + "/rss", Channel: huiying.ChannelNews}
			evil := huiying.Source{ID: "evil", Kind: c.kind, Name: "坏信源", URL: bad.URL + "/list", Channel: huiying.ChannelNews, Options: c.options}
			ledger, out := newBook(evil, nice), &sink{}
			ledger.saved = make(chan huiying.SourceHealth, 10)
			col := testCollector(t, ledger, out, func(cfg *Config) { cfg.Workers, cfg.Timeout = 2, 3*time.Second })
			if c.counts == huiying.FailureAddress { // only the two sites stand for the public net
				col.fetcher.Close()
				col.fetcher = guardedFetcher(t, good, bad)
			}
			if strings.Contains(c.says, "没有传完") {
				col.fetcher = testFetcher(t, func(cfg *FetchConfig) { cfg.Timeout = 300 * time.Millisecond })
			}
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- col.Run(ctx) }()
			for range 2 {
				<-ledger.saved
			}
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
			if h := ledger.health["good"]; h.Items != 1 || h.LastError != "" {
				t.Errorf("the good source: %+v", h)
			}
			shown := ledger.health["evil"].LastError
			for _, r := range ledger.rejections {
				shown += "\n" + r.Error
			}
			if !strings.Contains(shown, c.says) || (c.says != "" || c.counts != "") && shown == "" {
				t.Errorf("the source shows %q, want %q", shown, c.says)
			}
			if got := col.Failures(); c.counts != "" && got[c.counts] == 0 {
				t.Errorf("counted %v, want one of %s", got, c.counts)
			}
			health := ledger.health["evil"]
			if got := health.Load(time.Time{}).Kinds; c.counts != "" && got[c.counts] == 0 {
				t.Errorf("the source's hours count %v, want one of %s", got, c.counts)
			}
			for _, p := range out.posts {
				if strings.Contains(p.Text+p.Title, "root:") || strings.Contains(p.Text, strings.Repeat("哈", 1000)) {
					t.Errorf("an entity was unfolded: %.100q", p.Title+p.Text)
				}
			}
		})
	}
}

var quiet = log.New(io.Discard, "", 0)

func guardedFetcher(t *testing.T, sites ...*httptest.Server) *Fetcher {
	doors := map[string]bool{}
	for _, s := range sites {
		doors[s.Listener.Addr().String()] = true
	}
	return testFetcher(t, func(c *FetchConfig) {
		c.AllowPrivate = false
		c.allowed = func(ap netip.AddrPort) bool { return doors[ap.String()] || publicOnly(ap) }
	})
}

func TestAServerThatBreaksTheProtocolIsATypedError(t *testing.T) {
	raw := func(answer string) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, answer)
				_ = conn.Close()
			}
		}()
		return l.Addr().String()
	}
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = quiet
	secure.StartTLS()
	t.Cleanup(secure.Close)
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.Config.ErrorLog = quiet
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS10, MinVersion: tls.VersionTLS10} //nolint:gosec // what an old site speaks
	old.StartTLS()
	t.Cleanup(old.Close)
	f := testFetcher(t)
	for name, c := range map[string]struct {
		address string
		want    huiying.FailureKind
	}{
		"a certificate nobody signed":   {secure.URL, huiying.FailureTLS},
		"encryption of the past":        {old.URL, huiying.FailureTLS},
		"no encryption behind https":    {"https://" + raw("HTTP/1.1 200 OK\r\n\r\n"), huiying.FailureTLS},
		"no HTTP at all":                {"http://" + raw("SSH-2.0-OpenSSH_9.2\r\n"), huiying.FailureConnect},
		"a line that ends at once":      {"http://" + raw(""), huiying.FailureConnect},
		"a chunk of nonsense":           {"http://" + raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), huiying.FailureConnect},
		"two lengths":                   {"http://" + raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nhello"), huiying.FailureConnect},
		"hints without an answer":       {"http://" + raw(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 10_000)), huiying.FailureTooLarge},
		"a length longer than the body": {"http://" + raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhello"), huiying.FailureBroken},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.Get(t.Context(), c.address+"/x", Validators{})
			if kindOf(err) != c.want || huiying.CodeOf(err) == "" {
				t.Errorf("%s: %v, want %s", kindOf(err), err, c.want)
			}
		})
	}
}

func TestASlowSourceGivesItsWorkerBack(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/list" {
			for i := range 40 {
				_, _ = fmt.Fprintf(w, `<li><a href="/2026/%d.html">第 %d 条看上去平常的新闻标题</a></li>`, i, i)
			}
			return
		}
		_, _ = io.WriteString(w, `<h1>标题</h1><p>这里是一段正文，说了一件事。</p>`)
	}))
	ledger, out := newBook(), &sink{}
	c := testCollector(t, ledger, out)
	src := newsSource(s.URL + "/list")
	v := c.newVisit(src, nil, false)
	items, err := func() ([]candidate, error) {
		p, err := openSource(src)
		if err != nil {
			return nil, err
		}
		return p.list(t.Context(), v)
	}()
	if err != nil || len(items) != 40 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	v.until = time.Now() // its time is over
	got, err := c.collect(t.Context(), v, items)
	if err != nil || !got.unfinished || got.items != 0 || len(ledger.rejections) != 0 || len(v.memory.Tries) != 0 {
		t.Errorf("%+v, %v: want the items left for the next visit", got, err)
	}
	if _, err := v.get(t.Context(), src.URL, true); kindOf(err) != huiying.FailureTimeout || permanent(err) {
		t.Errorf("another list page: %v", err)
	}
}
