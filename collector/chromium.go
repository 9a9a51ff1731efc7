package collector

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	protocol "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"huiying"
)

// Bounds of one page in the browser, beside the fetcher's.
const (
	browserTime   = 45 * time.Second // with the start of the browser
	browserBytes  = 24 << 20         // of everything the page asks for
	browserMemory = 1024             // MB, of all its processes
	loadTime      = 20 * time.Second // what a page still waits for then is done without
	stuckTime     = 10 * time.Second // a script that lets nobody else in for so long never ends
	restTime      = 8 * time.Second  // a page that never comes to rest is read as it is
	memoryLook    = 250 * time.Millisecond
)

// chromium reads pages that scripts make: a browser of its own for each page, one
// at a time, with a fresh profile, no pictures, downloads or new windows, and a
// [guardedProxy] as its only way out.
type chromium struct {
	fetcher *Fetcher
	path    string
	memory  int64 // bytes
	slot    chan struct{}

	loadTime, stuckTime time.Duration // shorter in tests
}

func newChromium(f *Fetcher, path string, memoryMB int) *chromium {
	return &chromium{fetcher: f, path: path, memory: int64(cmp.Or(memoryMB, browserMemory)) << 20, slot: make(chan struct{}, 1), loadTime: loadTime, stuckTime: stuckTime}
}

// render opens one address as a browser does, and gives the document that stands
// there when scripts have run. It keeps to what [Fetcher.Get] keeps to: robots.txt,
// the approved list, the host's turn and budget.
func (c *chromium) render(ctx context.Context, address string, how rendering) (Fetched, error) {
	u, err := checkURL(address)
	if err != nil {
		return Fetched{}, err
	}
	if err := c.fetcher.mayRead(ctx, u); err != nil {
		return Fetched{}, err
	}
	select {
	case c.slot <- struct{}{}:
	case <-ctx.Done():
		return Fetched{}, ctx.Err()
	}
	defer func() { <-c.slot }()
	done, err := c.fetcher.hosts.turn(ctx, u.Host)
	if err != nil {
		return Fetched{}, withURL(err, u)
	}
	defer done()
	got, err := c.open(ctx, address, how)
	if err != nil {
		return got, err
	}
	end, err := checkURL(got.URL)
	if err != nil {
		return Fetched{}, err
	}
	if end.Host != u.Host || end.Path != u.Path { // scripts or the server led elsewhere
		if err := c.fetcher.mayRead(ctx, end); err != nil {
			return Fetched{}, err
		}
	}
	return got, nil
}

// A cutOff says which bound ended a page.
type cutOff struct {
	kind    huiying.FailureKind
	message string
}

func (c *cutOff) Error() string { return c.message }

func (c *chromium) open(ctx context.Context, address string, how rendering) (Fetched, error) {
	hurry, stopTime := context.WithTimeout(ctx, browserTime)
	defer stopTime()
	hurry, cut := context.WithCancelCause(hurry)
	defer cut(nil)
	proxy, err := newGuardedProxy(hurry, c.fetcher.reach, browserBytes, func() {
		cut(&cutOff{huiying.FailureTooLarge, "网页和它要的内容超过 " + sizeText(browserBytes) + "，没有读完就停下了"})
	})
	if err != nil {
		return Fetched{}, err
	}
	defer proxy.close()
	alloc, stopAlloc := chromedp.NewExecAllocator(hurry, c.flags(proxy.address())...)
	defer stopAlloc()
	tab, stopTab := chromedp.NewContext(alloc, chromedp.WithErrorf(func(string, ...any) {})) // what matters comes as an error
	defer stopTab()
	if err := chromedp.Do(tab); err != nil {
		if ctx.Err() != nil {
			return Fetched{}, ctx.Err()
		}
		return Fetched{}, &Failure{URL: address, Kind: huiying.FailureOurs, Message: "浏览器没有启动，请核对 collector.browser：" + huiying.Clip(oneLine(err.Error()), 160), Cause: err}
	}
	var watches sync.WaitGroup
	watches.Go(func() { c.watchMemory(hurry, chromedp.FromContext(tab).Browser.Process(), cut) })
	got, err := c.read(tab, address, how, proxy, &watches, cut)
	bound := context.Cause(hurry)
	cut(nil)
	watches.Wait()
	var over *cutOff
	switch {
	case ctx.Err() != nil:
		return Fetched{}, ctx.Err()
	case errors.As(bound, &over):
		return Fetched{}, &Failure{URL: address, Kind: over.kind, Message: over.message, Permanent: over.kind == huiying.FailureTooLarge}
	case bound != nil && err != nil:
		return Fetched{}, &Failure{URL: address, Kind: huiying.FailureTimeout, Message: fmt.Sprintf("浏览器 %s内没有读完，网页可能停住了", huiying.SpanText(browserTime))}
	case err != nil:
		return Fetched{}, proxy.failure(address, err)
	}
	return got, nil
}

func (c *chromium) flags(proxy string) []chromedp.ExecAllocatorOption {
	flags := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(c.path), chromedp.DisableGPU, chromedp.UserAgent(c.fetcher.cfg.UserAgent),
		chromedp.ProxyServer("http://"+proxy),
		chromedp.Flag("proxy-bypass-list", "<-loopback>"), // not even this machine is reached past the proxy
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
		chromedp.Flag("force-webrtc-ip-handling-policy", "disable_non_proxied_udp"),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-domain-reliability", true), chromedp.Flag("no-pings", true),
		chromedp.Flag("disable-popup-blocking", false), chromedp.Flag("block-new-web-contents", true), chromedp.Flag("deny-permission-prompts", true),
		chromedp.Flag("blink-settings", "imagesEnabled=false"), chromedp.Flag("mute-audio", true), chromedp.Flag("autoplay-policy", "user-gesture-required"),
		chromedp.Flag("renderer-process-limit", "1"), chromedp.Flag("js-flags", "--max-old-space-size=256"), chromedp.Flag("lang", "zh-CN"),
	)
	if os.Geteuid() == 0 { // Chromium's sandbox does not run as root
		flags = append(flags, chromedp.NoSandbox)
	}
	return flags
}

// read opens the address in the tab and waits for what is asked for.
func (c *chromium) read(tab context.Context, address string, how rendering, proxy *guardedProxy, watches *sync.WaitGroup, cut context.CancelCauseFunc) (Fetched, error) {
	if _, err := chromedp.CallBrowser(tab, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorDeny}); err != nil {
		return Fetched{}, err
	}
	main := cdp.FrameID(chromedp.FromContext(tab).Target.TargetID) // a page's first frame is named as the page is
	var answer atomic.Pointer[network.Response]                    // to the page itself, nil while it is waited for
	if err := chromedp.Listen(tab, func(ev any) {
		switch ev := ev.(type) {
		case *network.EventRequestWillBeSent:
			if ev.FrameID == main && ev.Type == network.ResourceTypeDocument {
				answer.Store(nil)
			}
		case *network.EventResponseReceived:
			if ev.FrameID == main && ev.Type == network.ResourceTypeDocument {
				answer.Store(ev.Response)
			}
		}
	}); err != nil {
		return Fetched{}, err
	}
	watches.Go(func() { c.watchScripts(tab, func() bool { return answer.Load() != nil }, cut) })
	go dismiss(tab, chromedp.Events(tab, protocol.JavascriptDialogOpening))
	if err := c.load(tab, address, how, &answer); err != nil {
		return Fetched{}, err
	}
	where, err := chromedp.Run(tab, chromedp.Location())
	if err != nil {
		return Fetched{}, err
	}
	if err := c.status(tab, where, answer.Load()); err != nil {
		return Fetched{}, err
	}
	size, err := chromedp.Run(tab, chromedp.Evaluate[int64]("document.documentElement.outerHTML.length"))
	if err != nil {
		return Fetched{}, err
	}
	if size > c.fetcher.cfg.MaxBody {
		return Fetched{}, &Failure{URL: address, Message: "网页内容超过 " + sizeText(c.fetcher.cfg.MaxBody), Permanent: true}
	}
	doc, err := chromedp.Run(tab, chromedp.Evaluate[string]("document.documentElement.outerHTML"))
	if err != nil {
		return Fetched{}, err
	}
	return Fetched{URL: where, ContentType: "text/html; charset=utf-8", Body: []byte("<!DOCTYPE html>" + doc), Read: proxy.carried.Load()}, nil
}

// load opens the address and waits until the page has come to rest, or has had its
// time to load: what it still waits for then, a counter of visitors perhaps, is done
// without.
func (c *chromium) load(tab context.Context, address string, how rendering, answer *atomic.Pointer[network.Response]) error {
	wait, stop := context.WithTimeout(tab, c.loadTime)
	defer stop()
	_, err := chromedp.Run(wait, chromedp.NavigateResponse(address))
	there := answer.Load()
	switch {
	case err == nil:
		return c.settle(tab, how)
	case tab.Err() != nil:
		return err
	case wait.Err() == nil:
		return cmp.Or(c.status(tab, address, there), err) // of an empty refusal the browser tells no more
	case there == nil:
		return &Failure{URL: address, Kind: huiying.FailureTimeout, Message: huiying.SpanText(c.loadTime) + "内没有应答，网站可能停住了"}
	}
	return nil
}

// watchScripts ends the page when a script lets nobody else in. While the page itself
// is waited for, the browser lets nobody in either.
func (c *chromium) watchScripts(tab context.Context, there func() bool, cut context.CancelCauseFunc) {
	for sleep(tab, time.Second) == nil {
		if !there() {
			continue
		}
		ask, stop := context.WithTimeout(tab, c.stuckTime)
		_, _ = chromedp.Run(ask, chromedp.Evaluate[int]("1")) // what counts is that it is answered
		stuck := ask.Err() != nil && tab.Err() == nil && there()
		stop()
		if stuck {
			cut(&cutOff{huiying.FailureScript, fmt.Sprintf("网页的脚本一直不结束，%s内没有让出浏览器，已停下；多半是网页自己出错，可以改用它的订阅源或接口", huiying.SpanText(c.stuckTime))})
			return
		}
	}
}

// dismiss closes the dialogs a page opens, each of which stops it until somebody
// answers; a page that asks before it is left is left.
func dismiss(tab context.Context, dialogs iter.Seq2[protocol.EventJavascriptDialogOpening, error]) {
	for dialog, err := range dialogs {
		if err != nil {
			return // the tab is closed
		}
		leave := dialog.Type == protocol.DialogTypeBeforeunload
		if _, err := chromedp.Call(tab, protocol.HandleJavaScriptDialog, protocol.HandleJavaScriptDialogParams{Accept: leave}); err != nil && tab.Err() != nil {
			return
		}
	}
}

// settle waits for the element that was named, or until the text of the page has
// not grown for a moment.
func (c *chromium) settle(tab context.Context, how rendering) error {
	if how.wait != "" {
		wait, stop := context.WithTimeout(tab, restTime)
		defer stop()
		if err := chromedp.Do(wait, chromedp.WaitReady(chromedp.CSS(how.wait))); err != nil && tab.Err() == nil && wait.Err() != nil {
			return nil // what it was waiting for did not come: the rules will say what is missing
		} else if err != nil {
			return err
		}
		return nil
	}
	last, still := int64(-1), 0
	for start := time.Now(); time.Since(start) < restTime && still < 3; {
		n, err := chromedp.Run(tab, chromedp.Evaluate[int64](`document.readyState == "complete" ? document.body ? document.body.innerText.length : 0 : -1`))
		if err != nil {
			return err
		}
		if n >= 0 && n == last {
			still++
		} else {
			last, still = n, 0
		}
		if err := sleep(tab, 250*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// status judges the answer to the page itself.
func (c *chromium) status(ctx context.Context, where string, res *network.Response) error {
	if res == nil || res.Status == http.StatusOK {
		return nil
	}
	u, err := checkURL(where)
	if err != nil {
		return err
	}
	h := make(http.Header)
	for name, value := range res.Headers {
		h.Set(name, strings.Trim(fmt.Sprint(value), `"`))
	}
	failure := statusFailure(u, &http.Response{StatusCode: int(res.Status), Header: h}, c.fetcher.cfg.Wall())
	if failure.RetryAfter > 0 {
		if err := c.fetcher.hosts.sendAway(ctx, u.Host, failure.RetryAfter); err != nil {
			return err
		}
	}
	return failure
}

// watchMemory ends the page when the browser's processes take too much.
func (c *chromium) watchMemory(ctx context.Context, main *os.Process, cut context.CancelCauseFunc) {
	for main != nil && sleep(ctx, memoryLook) == nil {
		if memoryOf(main.Pid) > c.memory {
			cut(&cutOff{huiying.FailureTooLarge, "浏览器占用内存超过 " + sizeText(c.memory) + "，没有读完就停下了"})
			return
		}
	}
}

// memoryOf is what a process and all below it hold for themselves, in bytes; 0
// where the system does not tell (it is read from Linux's /proc).
func memoryOf(main int) int64 {
	children := make(map[int][]int)
	own := make(map[int]int64)
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is sound
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := bytes.Cut(stat, []byte(") "))
		fields := strings.Fields(string(rest)) // state, parent
		statm, err := os.ReadFile(filepath.Join(filepath.Dir(path), "statm"))
		if err != nil || len(fields) < 2 {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		parent, _ := strconv.Atoi(fields[1])
		children[parent] = append(children[parent], pid)
		if pages := strings.Fields(string(statm)); len(pages) > 2 {
			resident, _ := strconv.ParseInt(pages[1], 10, 64)
			shared, _ := strconv.ParseInt(pages[2], 10, 64)
			own[pid] = (resident - shared) * int64(os.Getpagesize())
		}
	}
	sum, all := int64(0), []int{main}
	for i := 0; i < len(all); i++ {
		sum += own[all[i]]
		all = append(all, children[all[i]]...)
	}
	return sum
}
