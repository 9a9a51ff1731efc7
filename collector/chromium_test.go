package collector

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"huiying"
)

// testChromium is a browser that reaches one server only.
func testChromium(t *testing.T, s *httptest.Server, change ...func(*FetchConfig)) *chromium {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no Chromium here")
	}
	only := netip.MustParseAddrPort(s.Listener.Addr().String())
	f := testFetcher(t, append(change, func(cfg *FetchConfig) {
		cfg.AllowPrivate, cfg.allowed = false, func(ap netip.AddrPort) bool { return ap == only }
	})...)
	return newChromium(f, path, 0)
}

func TestABrowserSourceReadsWhatScriptsMake(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Path {
		case "/news":
			_, _ = io.WriteString(w, `<html><body><div id="app"></div><script>setTimeout(() => fetch("/api/list").then(r => r.json()).then(l => {
				document.getElementById("app").innerHTML = l.map(x => '<li class="e"><a href="/a/'+x.id+'.html">'+x.t+'</a></li>').join("")
			}), 300)</script></body></html>`)
		case "/api/list":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `[{"id":2026001,"t":"供暖管道漏水正在抢修"}]`)
		case "/a/2026001.html":
			_, _ = fmt.Fprintf(w, `<html><body><h1>供暖管道漏水正在抢修</h1><div>2026-03-05 09:30</div><div id="c"></div><script>
				document.getElementById("c").innerHTML = %q</script></body></html>`, sentence+sentence)
		default:
			http.NotFound(w, r)
		}
	}))
	b := testChromium(t, s)
	out := &sink{}
	c := testCollector(t, newBook(), out)
	c.chromium = b
	src := newsSource(s.URL + "/news")
	src.Kind, src.Options = "browser", map[string]any{"wait": "li.e, h1", "list": "li.e"}
	if err := c.Visit(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if len(out.posts) != 1 || out.posts[0].Title != "供暖管道漏水正在抢修" || !strings.Contains(out.posts[0].Text, "三个小区") || out.posts[0].PublishedAt.Hour() != 9 {
		t.Errorf("%+v", out.posts)
	}
}

func TestNothingAPageAsksForGetsPastTheGuard(t *testing.T) {
	var inside atomic.Int32
	secret := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside.Add(1) }))
	t.Cleanup(secret.Close)
	port := secret.URL[strings.LastIndexByte(secret.URL, ':')+1:]
	var downloads atomic.Int32
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, strings.ReplaceAll(`<html><head><link rel="preconnect" href="http://127.0.0.1:PORT"><link rel="stylesheet" href="http://127.0.0.1:PORT/a.css"></head><body><h1>诱饵</h1><p id="t">正文</p>
<img src="http://127.0.0.1:PORT/i.png"><iframe src="http://localhost:PORT/f"></iframe><iframe src="http://2130706433:PORT/"></iframe><iframe src="http://[::ffff:127.0.0.1]:PORT/"></iframe>
<iframe src="file:///etc/passwd"></iframe><iframe src="http://169.254.169.254/latest/meta-data/"></iframe>
<script src="http://0x7f.1:PORT/s.js"></script><script>
fetch("http://127.0.0.1:PORT/x", {mode: "no-cors"}); fetch("/redirect", {mode: "no-cors"}); navigator.sendBeacon("http://127.0.0.1:PORT/b", "x");
new WebSocket("ws://127.0.0.1:PORT/ws"); try { window.open("/popup"); window.open("http://127.0.0.1:PORT/popup") } catch (e) {}
const a = document.createElement("a"); a.href = "/file.zip"; a.download = "x.zip"; document.body.append(a); a.click();
const pc = new RTCPeerConnection({iceServers: [{urls: "stun:127.0.0.1:PORT"}]}); pc.createDataChannel("x"); pc.createOffer().then(o => pc.setLocalDescription(o));
</script></body></html>`, "PORT", port))
		case "/redirect":
			http.Redirect(w, r, secret.URL, http.StatusFound)
		case "/popup":
			_, _ = io.WriteString(w, "<p>新窗口</p>")
		case "/file.zip":
			w.Header().Set("Content-Disposition", "attachment")
			downloads.Add(1)
		}
	}))
	got, err := testChromium(t, s).render(t.Context(), s.URL+"/", rendering{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(got.Body), "正文") || strings.Contains(string(got.Body), "root:") {
		t.Errorf("%.300s", got.Body)
	}
	if n := inside.Load(); n > 0 {
		t.Errorf("a page reached our own network %d times", n)
	}
}

func TestABrowserDoesNotOpenAnInnerAddressAtAll(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, _ *http.Request) { t.Error("it was opened") }))
	b := testChromium(t, s)
	b.fetcher.reach = publicOnly
	for _, address := range []string{s.URL + "/", strings.Replace(s.URL, "127.0.0.1", "localhost", 1), strings.Replace(s.URL, "127.0.0.1", "2130706433", 1)} {
		b.fetcher.robots.site = map[string]*robotsEntry{address[:strings.LastIndexByte(address, ':')] + s.URL[strings.LastIndexByte(s.URL, ':'):]: {slot: make(chan struct{}, 1), until: time.Now().Add(time.Hour)}} // known: only the page itself is asked for
		if _, err := b.render(t.Context(), address, rendering{}); err == nil || !strings.Contains(err.Error(), "不允许采集") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestDialogsDoNotStopAPage(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<p id="p"></p><script>alert("请先登录"); const yes = confirm("下载客户端？"), typed = prompt("验证码");
			document.getElementById("p").textContent = "正文在弹窗之后 " + yes + " " + typed; alert("再见")</script>`)
	}))
	got, err := testChromium(t, s).render(t.Context(), s.URL+"/", rendering{})
	if err != nil || !strings.Contains(string(got.Body), "正文在弹窗之后 false null") {
		t.Errorf("%s %v", got.Body, err)
	}
}

func TestABrowserPageHasBounds(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt":
			_, _ = io.WriteString(w, "User-agent: *\nDisallow: /closed\n")
		case "/away":
			_, _ = io.WriteString(w, `<script>location = "/closed/1"</script>`)
		case "/gone":
			http.NotFound(w, r)
		case "/busy":
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		case "/flood":
			w.Header().Set("Content-Type", "text/html")
			chunk := "<!--" + strings.Repeat("x", 256<<10) + "-->"
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, chunk); err != nil {
					return
				}
			}
		case "/file":
			w.Header().Set("Content-Type", "application/zip")
			_, _ = io.WriteString(w, "PK")
		case "/spin":
			_, _ = io.WriteString(w, `<p>转</p><script>for (;;) {}</script>`)
		case "/spin-later":
			_, _ = io.WriteString(w, `<p>转</p><script>setTimeout(() => { for (;;) {} }, 100)</script>`)
		case "/counter":
			_, _ = io.WriteString(w, `<p>正文在这里</p><link rel="stylesheet" href="/silent.css">`)
		case "/silent", "/silent.css":
			<-r.Context().Done()
		default:
			_, _ = io.WriteString(w, `<p>好</p>`)
		}
	})
	b := testChromium(t, s, func(cfg *FetchConfig) { cfg.Rate = rate.Inf }) // nobody is to be spared a rest
	b.loadTime, b.stuckTime = 6*time.Second, 3*time.Second
	for path, says := range map[string]string{"/closed/1": "robots.txt", "/away": "robots.txt", "/gone": "404", "/busy": "429", "/flood": "超过 24 MB", "/file": "下载"} {
		t.Run(path, func(t *testing.T) {
			b := testChromium(t, s) // a host that sent us away is not asked again
			_, err := b.render(t.Context(), s.URL+path, rendering{})
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%v, want it to say %q", err, says)
			}
		})
	}
	t.Run("a script that never ends", func(t *testing.T) {
		for _, path := range []string{"/spin", "/spin-later"} {
			_, err := b.render(t.Context(), s.URL+path, rendering{})
			var failure *Failure
			if !errors.As(err, &failure) || failure.Kind != huiying.FailureScript || failure.Permanent || !strings.Contains(err.Error(), "脚本一直不结束") {
				t.Errorf("%s: %v", path, err)
			}
		}
		if _, err := b.render(t.Context(), s.URL+"/", rendering{}); err != nil {
			t.Errorf("after it the next page fails: %v", err)
		}
	})
	t.Run("a page that waits for something without end is read without it", func(t *testing.T) {
		got, err := b.render(t.Context(), s.URL+"/counter", rendering{})
		if err != nil || !strings.Contains(string(got.Body), "正文在这里") {
			t.Errorf("%s %v", got.Body, err)
		}
	})
	t.Run("a page that never answers", func(t *testing.T) {
		_, err := b.render(t.Context(), s.URL+"/silent", rendering{})
		var failure *Failure
		if !errors.As(err, &failure) || failure.Kind != huiying.FailureTimeout || failure.Permanent {
			t.Errorf("%v", err)
		}
	})
	t.Run("a browser that takes too much memory", func(t *testing.T) {
		small := newChromium(b.fetcher, b.path, 1)
		if _, err := small.render(t.Context(), s.URL+"/", rendering{}); err == nil || !strings.Contains(err.Error(), "内存") {
			t.Errorf("%v", err)
		}
	})
}

func TestWithoutABrowserTheSourceSaysWhatToDo(t *testing.T) {
	src := huiying.Source{ID: "b", Kind: "browser", Name: "网", URL: "http://127.0.0.1:1/", Channel: huiying.ChannelNews}
	if err := testCollector(t, newBook(), &sink{}).Visit(t.Context(), src); err == nil || !strings.Contains(err.Error(), "collector.browser") {
		t.Error(err)
	}
}
