package collector

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"huiying"
)

func testFetcher(t *testing.T, change ...func(*FetchConfig)) *Fetcher {
	t.Helper()
	cfg := FetchConfig{AllowPrivate: true, Rate: 10_000, Burst: 1000, Timeout: 5 * time.Second, Contact: "mailto:wxb@example.gov.cn"}
	for _, f := range change {
		f(&cfg)
	}
	f := NewFetcher(cfg)
	t.Cleanup(f.Close)
	return f
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// noRobots answers 404 to robots.txt and passes the rest on.
func noRobots(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		h(w, r)
	}
}

func TestGetAsksWhetherThePageChanged(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, "hello")
	}))
	f := testFetcher(t)
	first, err := f.Get(t.Context(), s.URL+"/a", Validators{})
	if err != nil || string(first.Body) != "hello" {
		t.Fatalf("got %q, %v", first.Body, err)
	}
	second, err := f.Get(t.Context(), s.URL+"/a", first.Validators)
	if err != nil || !second.NotModified || second.Validators.ETag != `"v1"` {
		t.Fatalf("got %+v, %v; want 304 with the same validators", second, err)
	}
}

func TestGetNamesTheAddressAndWhatIsWrong(t *testing.T) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/loop":
			http.Redirect(w, r, "/loop2", http.StatusFound)
		case "/loop2":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/far":
			n := 0
			_, _ = fmt.Sscan(r.URL.Query().Get("n"), &n)
			http.Redirect(w, r, fmt.Sprintf("/far?n=%d", n+1), http.StatusFound)
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat("没完没了", 1000)); err != nil {
					return
				}
			}
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 200 {
				_, _ = z.Write(make([]byte, 64<<10))
			}
			_ = z.Close()
		case "/hung":
			select {
			case <-release:
			case <-r.Context().Done():
			}
		case "/drip":
			_, _ = io.WriteString(w, "x")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		case "/ftp":
			http.Redirect(w, r, "ftp://example.com/", http.StatusFound)
		case "/lzma":
			w.Header().Set("Content-Encoding", "lzma")
			_, _ = io.WriteString(w, "x")
		case "/dense":
			w.Header().Set("Content-Encoding", "br")
			z := brotli.NewWriter(w)
			_, _ = z.Write(make([]byte, 6<<20))
			_ = z.Close()
		case "/half":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packedText("gzip", strings.Repeat("半截", 4000))[:40])
		case "/noise":
			w.Header().Set("Content-Encoding", "zstd")
			_, _ = io.WriteString(w, "this is no zstd")
		case "/cut":
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "short")
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/boom":
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	patient := testFetcher(t, func(c *FetchConfig) { c.MaxBody = 1 << 20; c.Timeout = time.Minute })
	roomy := testFetcher(t, func(c *FetchConfig) { c.MaxBody = 64 << 20; c.Timeout = time.Minute })
	hasty := testFetcher(t, func(c *FetchConfig) { c.Timeout = 200 * time.Millisecond })
	for name, c := range map[string]struct {
		url, says string
		permanent bool
	}{
		"a redirect loop":                        {s.URL + "/loop", "绕成了圈", true},
		"redirects without end":                  {s.URL + "/far", "重定向超过", true},
		"a body without end":                     {s.URL + "/endless", "超过 1 MB", true},
		"a small body that unpacks to a big one": {s.URL + "/bomb", "超过 1 MB", true},
		"a server that never answers":            {s.URL + "/hung", "没有传完", false},
		"a server that stops midway":             {s.URL + "/drip", "没有传完", false},
		"a redirect to another protocol":         {s.URL + "/ftp", "http://", true},
		"a packing we did not ask for":           {s.URL + "/lzma", "压缩方式 lzma", true},
		"six million zeros in a few bytes":       {s.URL + "/dense", "压缩炸弹", true},
		"a packing cut short":                    {s.URL + "/half", "不完整", false},
		"a packing that is none":                 {s.URL + "/noise", "已损坏", false},
		"an answer cut short":                    {s.URL + "/cut", "断开", false},
		"a page that is gone":                    {s.URL + "/gone", "410", true},
		"a broken server":                        {s.URL + "/boom", "500", false},
		"nobody there":                           {closed.URL + "/x", "连接被拒绝", false},
		"no protocol":                            {"www.example.com/x", "http://", true},
		"a password in the address":              {"http://a:secret@example.com/", "用户名", true},
	} {
		t.Run(name, func(t *testing.T) {
			f := patient
			switch c.says {
			case "没有传完":
				f = hasty
			case "压缩炸弹":
				f = roomy
			}
			_, err := f.Get(t.Context(), c.url, Validators{})
			var failure *Failure
			if !errors.As(err, &failure) {
				t.Fatalf("got %v, want a Failure", err)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q does not say %q", err, c.says)
			}
			if failure.URL == "" || strings.Contains(err.Error(), "secret") {
				t.Errorf("%q should name the address, without secrets", err)
			}
			if failure.Permanent != c.permanent || permanent(err) != c.permanent {
				t.Errorf("permanent is %v, want %v", failure.Permanent, c.permanent)
			}
			if huiying.CodeOf(err) != huiying.CodeInvalid {
				t.Errorf("code is %q", huiying.CodeOf(err))
			}
		})
	}
}

// packedText is text in a content coding.
func packedText(coding, text string) []byte {
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		z, err := zstd.NewWriter(&b)
		if err != nil {
			panic(err)
		}
		w = z
	}
	if _, err := io.WriteString(w, text); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func TestGetUnpacksWhatItAskedFor(t *testing.T) {
	text := strings.Repeat("交城县天宁镇供暖管道漏水，", 400)
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		coding := strings.TrimPrefix(r.URL.Path, "/")
		if !strings.Contains(r.Header.Get("Accept-Encoding"), coding) {
			http.Error(w, "not asked for", http.StatusNotAcceptable)
			return
		}
		w.Header().Set("Content-Encoding", coding)
		_, _ = w.Write(packedText(coding, text))
	}))
	for _, coding := range []string{"gzip", "br", "zstd"} {
		got, err := testFetcher(t).Get(t.Context(), s.URL+"/"+coding, Validators{})
		if err != nil || string(got.Body) != text || got.Read <= 0 || got.Read >= int64(len(text)) {
			t.Errorf("%s: %d bytes of %d, %d over the wire, %v", coding, len(got.Body), len(text), got.Read, err)
		}
	}
}

func TestGetObeysRobots(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		robots  string
		path    string
		allowed bool
		says    string
	}{
		"a path that is forbidden to all":    {200, "User-agent: *\nDisallow: /private/", "/private/a", false, "robots.txt 不允许"},
		"a path beside it":                   {200, "User-agent: *\nDisallow: /private/", "/public/a", true, ""},
		"a rule for us alone":                {200, "User-agent: huiying\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", false, "robots.txt 不允许"},
		"a rule for others alone":            {200, "User-agent: badbot\nDisallow: /", "/a", true, ""},
		"a query that is forbidden":          {200, "User-agent: *\nDisallow: /*?print", "/a?print=1", false, "robots.txt 不允许"},
		"no file":                            {404, "", "/a", true, ""},
		"a page in place of the file":        {200, "<!DOCTYPE html><html>Disallow: /</html>", "/a", true, ""},
		"a file that is forbidden itself":    {403, "", "/a", false, "不许读取"},
		"a file behind a log-in":             {401, "", "/a", false, "不许读取"},
		"a server that is asked too much":    {429, "", "/a", false, "暂不采集"},
		"a server that is broken":            {503, "", "/a", false, "暂不采集"},
		"a byte order mark before the rules": {200, "\xEF\xBB\xBFUser-agent: *\nDisallow: /", "/a", false, "robots.txt 不允许"},
	} {
		t.Run(name, func(t *testing.T) {
			var pages atomic.Int32
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/robots.txt" {
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, c.robots)
					return
				}
				pages.Add(1)
				if ua := r.UserAgent(); !strings.Contains(ua, "Huiying") || !strings.Contains(ua, "wxb@example.gov.cn") {
					t.Errorf("user agent %q does not say who we are", ua)
				}
			})
			_, err := testFetcher(t).Get(t.Context(), s.URL+c.path, Validators{})
			if c.allowed != (err == nil) || c.allowed != (pages.Load() == 1) {
				t.Fatalf("error %v, %d pages asked, want allowed %v", err, pages.Load(), c.allowed)
			}
			if err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q does not say %q", err, c.says)
			}
		})
	}
}

func TestGetReadsRobotsOnceADay(t *testing.T) {
	var asked atomic.Int32
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			asked.Add(1)
		}
	})
	now := testNow
	f := testFetcher(t, func(c *FetchConfig) { c.Wall = func() time.Time { return now } })
	for _, at := range []time.Duration{0, time.Hour, 25 * time.Hour} {
		now = testNow.Add(at)
		if _, err := f.Get(t.Context(), s.URL+"/a", Validators{}); err != nil {
			t.Fatal(err)
		}
	}
	if asked.Load() != 2 {
		t.Errorf("robots.txt was read %d times, want 2", asked.Load())
	}
}

func TestGetStaysAwayWhenTold(t *testing.T) {
	var asked atomic.Int32
	s := serve(t, noRobots(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	now := testNow
	f := testFetcher(t, func(c *FetchConfig) { c.Wall = func() time.Time { return now } })
	for _, step := range []struct {
		after time.Duration
		asked int32
		ok    bool
	}{{0, 1, false}, {time.Minute, 1, false}, {3 * time.Minute, 2, true}} {
		now = testNow.Add(step.after)
		_, err := f.Get(t.Context(), s.URL+"/a", Validators{})
		var failure *Failure
		if (err == nil) != step.ok || asked.Load() != step.asked {
			t.Fatalf("after %v: error %v, asked %d times", step.after, err, asked.Load())
		}
		if err != nil && (!errors.As(err, &failure) || failure.RetryAfter <= 0 || failure.Permanent) {
			t.Errorf("after %v: %+v should say when to come again", step.after, failure)
		}
	}
}

func TestGetNeverReachesOurOwnNetwork(t *testing.T) {
	var inside atomic.Int32
	secret := serve(t, func(http.ResponseWriter, *http.Request) { inside.Add(1) })
	_, port, _ := strings.Cut(strings.TrimPrefix(secret.URL, "http://"), ":")
	target := ""
	front := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target, http.StatusFound)
	}))
	door := netip.MustParseAddrPort(strings.TrimPrefix(front.URL, "http://"))

	f := testFetcher(t, func(c *FetchConfig) { c.AllowPrivate = false; c.Timeout = 2 * time.Second })
	// only the front server, which stands for a public site, is let through
	f.client.Transport.(*http.Transport).DialContext = dialer(func(ap netip.AddrPort) bool { return ap == door || publicOnly(ap) }, nil).DialContext
	for _, host := range []string{
		"127.0.0.1", "localhost", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "127.1", "0.0.0.0", "0",
		"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "127.0.0.1.",
	} {
		t.Run(host, func(t *testing.T) {
			address := "http://" + host + ":" + port + "/admin"
			_, err := f.Get(t.Context(), address, Validators{})
			if err == nil {
				t.Fatal("it was reached directly")
			}
			target = address
			if _, err := f.Get(t.Context(), front.URL+"/go", Validators{}); err == nil {
				t.Fatal("it was reached by a redirect")
			}
			if !permanent(err) && !strings.Contains(err.Error(), "找不到主机") {
				t.Errorf("%v should be final", err)
			}
		})
	}
	if inside.Load() != 0 {
		t.Errorf("the inside server was asked %d times", inside.Load())
	}
}

func TestPublicKnowsTheSpecialRanges(t *testing.T) {
	for addr, want := range map[string]bool{
		"8.8.8.8": true, "114.114.114.114": true, "2400:3200::1": true, "64:ff9b::808:808": true, "::ffff:8.8.8.8": true,
		"10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.100.100.200": false,
		"127.0.0.1": false, "0.0.0.0": false, "255.255.255.255": false, "224.0.0.1": false, "198.18.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fc00::1": false, "fd00:ec2::254": false, "ff02::1": false,
		"::ffff:10.0.0.1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false, "fe80::1%eth0": false,
	} {
		if got := public(netip.MustParseAddr(addr)); got != want {
			t.Errorf("public(%s) = %v", addr, got)
		}
	}
}

func TestGetAsksOnePageOfAHostAtATime(t *testing.T) {
	var now, most atomic.Int32
	s := serve(t, noRobots(func(http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		for range 2000 {
			runtime.Gosched() // long enough for a second request to overlap
		}
		now.Add(-1)
	}))
	f := testFetcher(t)
	done := make(chan error, 8)
	for i := range 8 {
		go func() {
			_, err := f.Get(context.Background(), fmt.Sprintf("%s/%d", s.URL, i), Validators{})
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if most.Load() != 1 {
		t.Errorf("%d requests at a time", most.Load())
	}
}

func TestAHostIsAskedNoMoreThanItsBudgetADay(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") }))
	wall := time.Date(2026, 3, 5, 22, 0, 0, 0, huiying.Beijing)
	f := testFetcher(t, func(c *FetchConfig) { c.DailyBudget = 3; c.Wall = func() time.Time { return wall } })
	for range 2 { // robots.txt was the third
		if _, err := f.Get(t.Context(), s.URL, Validators{}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := f.Get(t.Context(), s.URL, Validators{})
	var failure *Failure
	if !errors.As(err, &failure) || failure.RetryAfter != 2*time.Hour || failure.Permanent || !strings.Contains(err.Error(), "每日上限") {
		t.Fatalf("got %v; want to be told to come tomorrow", err)
	}
	wall = wall.Add(2 * time.Hour)
	if _, err := f.Get(t.Context(), s.URL, Validators{}); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

func TestCollectorsShareTheBudgetOfAHost(t *testing.T) {
	var hits atomic.Int32
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { hits.Add(1); _, _ = io.WriteString(w, "x") })
	book := &ownBook{days: make(map[string]huiying.HostDay)}
	fetcher := func() *Fetcher {
		return testFetcher(t, func(c *FetchConfig) { c.DailyBudget = 200; c.book = book })
	}
	ask := func(f *Fetcher, n int) (sent int) {
		for range n {
			if _, err := f.Get(t.Context(), s.URL, Validators{}); err != nil {
				break
			}
			sent++
		}
		return sent
	}
	killed, stopped, last := fetcher(), fetcher(), fetcher()
	ask(killed, 50) // and robots.txt: 51 of 52 that were booked
	ask(stopped, 50)
	if err := stopped.hosts.giveBack(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask(last, 1000)
	if n := hits.Load(); n != 199 {
		t.Errorf("the host was asked %d times; 200 may be, and one that was booked was lost", n)
	}
	if _, err := fetcher().Get(t.Context(), s.URL, Validators{}); err == nil || !strings.Contains(err.Error(), "今天已访问 200 次") {
		t.Errorf("one that begins now: %v", err)
	}
	if last.spare(s.URL) {
		t.Error("there is time to look at pages again although the budget is spent")
	}
}

func TestOnlyApprovedSitesAreRead(t *testing.T) {
	f := NewFetcher(FetchConfig{Allow: []string{"jiaocheng.example", ".Lvliang.example"}})
	t.Cleanup(f.Close)
	for host, want := range map[string]bool{
		"jiaocheng.example": true, "www.Jiaocheng.example": true, "news.lvliang.example.": true,
		"evil-jiaocheng.example": false, "jiaocheng.example.evil": false, "other.example": false,
	} {
		if f.approved(host) != want {
			t.Errorf("%s: approved is %v", host, !want)
		}
	}
	_, err := f.Get(t.Context(), "http://other.example/", Validators{})
	if err == nil || !strings.Contains(err.Error(), "collector.allow") {
		t.Errorf("got %v", err)
	}
}
