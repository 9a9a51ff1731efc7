// Package browser drives a real Chromium over pages of the dashboard: for its
// tests, and for the screenshots of the documentation. It needs no Node.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// ErrNoChromium says that no Chromium is installed.
var ErrNoChromium = errors.New("没有找到 Chromium：请安装 chromium 和 fonts-noto-cjk")

// patience is how long a step may take before it counts as failed.
const patience = 20 * time.Second

// Browser is one running Chromium with a profile of its own.
type Browser struct {
	ctx  context.Context
	stop []func()
}

// Start runs Chromium headless with a fresh profile below dir.
func Start(ctx context.Context, dir string) (*Browser, error) {
	path := ""
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); name != "" && err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, ErrNoChromium
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "zh-CN"),
		chromedp.Flag("hide-scrollbars", true), chromedp.Env("LANGUAGE=zh_CN"), // on Linux the language of file and date inputs comes from there
	)
	b := &Browser{}
	alloc, stopAlloc := chromedp.NewExecAllocator(ctx, options...)
	root, stopRoot := chromedp.NewContext(alloc)
	b.ctx, b.stop = root, []func(){stopRoot, stopAlloc}
	if err := chromedp.Do(root); err != nil {
		b.Close()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return b, nil
}

// Close ends the browser and waits for it.
func (b *Browser) Close() {
	for _, f := range b.stop {
		f()
	}
}

// Screen is the size a page is looked at in.
type Screen struct {
	Width, Height int64
	Mobile        bool
	Scale         float64 // pixels a point; 0 means 1
	Dark          bool    // what the person's system prefers
}

// The screens the pages are made for.
var (
	Desktop = Screen{Width: 1366, Height: 768}
	Wall    = Screen{Width: 1920, Height: 1080}
	Phone   = Screen{Width: 390, Height: 844, Mobile: true, Scale: 2}
)

// Tab is one person's window: cookies are its own.
type Tab struct {
	ctx   context.Context
	close func()
	base  string

	mu       sync.Mutex
	problems []string
}

// Tab opens a window of its own on the server at base.
func (b *Browser) Tab(base string, s Screen) (*Tab, error) {
	ctx, closeTab := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t := &Tab{ctx: ctx, base: strings.TrimSuffix(base, "/")}
	options := []chromedp.EmulateViewportOption{}
	if s.Mobile {
		options = append(options, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	if s.Scale > 0 {
		options = append(options, chromedp.EmulateScale(s.Scale))
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(s.Width, s.Height, options...)); err != nil {
		closeTab()
		return nil, fmt.Errorf("open a tab: %w", err)
	}
	if s.Dark {
		if err := chromedp.Do(ctx, dark); err != nil {
			closeTab()
			return nil, fmt.Errorf("turn the tab dark: %w", err)
		}
	}
	messages := chromedp.Console(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" || m.Type == "warning" || m.Type == "assert" {
				t.mu.Lock()
				t.problems = append(t.problems, fmt.Sprintf("%s (%s:%d)", m, m.URL, m.Line))
				t.mu.Unlock()
			}
		}
	}()
	t.close = func() {
		closeTab()
		<-done
	}
	return t, nil
}

func dark(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
	_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
	return chromedp.Void{}, err
}

// Close closes the window.
func (t *Tab) Close() { t.close() }

// Freeze lets the page sleep as a phone does with one in the background: no timer
// and no message runs.
func (t *Tab) Freeze() error { return t.lifecycle(page.SetWebLifecycleStateStateFrozen) }

// Wake ends the sleep.
func (t *Tab) Wake() error { return t.lifecycle(page.SetWebLifecycleStateStateActive) }

func (t *Tab) lifecycle(state page.SetWebLifecycleStateState) error {
	return t.do("make the page "+string(state), func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, tab, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: state})
		return chromedp.Void{}, err
	})
}

// Problems are the errors and warnings the console has shown so far.
func (t *Tab) Problems() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.problems...)
}

func (t *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Open goes to a path of the server.
func (t *Tab) Open(path string) error { return t.do("open "+path, chromedp.Navigate(t.base+path)) }

// Fill types into the field a CSS selector names, instead of what it holds.
func (t *Tab) Fill(css, text string) error {
	if err := t.Wait(css); err != nil {
		return err
	}
	if _, err := Value[bool](t, fmt.Sprintf("document.querySelector(%q).value = '', true", css)); err != nil {
		return fmt.Errorf("empty %s: %w", css, err)
	}
	return t.do("fill "+css, chromedp.SendKeys(chromedp.CSS(css), text))
}

// Click presses what a CSS selector names, once it can be seen; again where the page
// put another in its place before it was pressed.
func (t *Tab) Click(css string) error {
	for {
		err := t.do("click "+css, chromedp.ScrollIntoView(chromedp.CSS(css)), chromedp.Click(chromedp.CSS(css)))
		if err == nil || !strings.Contains(err.Error(), "Could not find node with given id") {
			return err
		}
	}
}

// Tap touches what a CSS selector names, brought to the middle of the screen as a
// thumb does, clear of the bars above and below.
func (t *Tab) Tap(css string) error {
	middle := fmt.Sprintf(`document.querySelector(%q).scrollIntoView({block: "center", behavior: "instant"})`, css)
	return t.do("tap "+css, chromedp.WaitVisible(chromedp.CSS(css)), chromedp.Evaluate[chromedp.Void](middle), chromedp.Tap(chromedp.CSS(css)))
}

// Keys presses keys, one after the other, wherever the focus is: "\t" is the
// tabulator, "\r" the enter key.
func (t *Tab) Keys(keys string) error { return t.do("press keys", chromedp.KeyEvent(keys)) }

// Wait waits until a CSS selector names something visible.
func (t *Tab) Wait(css string) error {
	return t.do("wait for "+css, chromedp.WaitVisible(chromedp.CSS(css)))
}

// Text is the text of what a CSS selector names.
func (t *Tab) Text(css string) (string, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(css)))
	if err != nil {
		return "", fmt.Errorf("text of %s: %w", css, err)
	}
	return strings.TrimSpace(s), nil
}

// Path is where the window stands.
func (t *Tab) Path() (string, error) {
	s, err := chromedp.Run(t.ctx, chromedp.Location())
	return strings.TrimPrefix(s, t.base), err
}

// Until waits until a JavaScript expression holds.
func (t *Tab) Until(expression string) error {
	return t.do("until "+expression, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		for {
			ok, err := chromedp.Evaluate[bool]("Boolean("+expression+")")(ctx, tab)
			if err == nil && ok {
				return nil
			}
			select { // an error may be a page on its way to the next one
			case <-ctx.Done():
				return errors.Join(ctx.Err(), err)
			case <-time.After(50 * time.Millisecond):
			}
		}
	}))
}

// Value is what a JavaScript expression gives, or what its promise resolves to.
func Value[T any](t *Tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// SignIn signs in and waits for the page that follows.
func (t *Tab) SignIn(user, password string) error {
	steps := []func() error{
		func() error { return t.Open("/signin") },
		func() error { return t.Fill("#user", user) },
		func() error { return t.Fill("#password", password) },
		func() error { return t.Click("#signin button[type=submit]") },
		func() error { return t.Wait("main h1") },
		func() error { return t.Until(`document.body.dataset.user`) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("sign in as %s: %w", user, err)
		}
	}
	return nil
}

const shotTime = 30 * time.Second

// Shot saves what the screen shows, or the whole page, as a PNG.
func (t *Tab) Shot(file string, whole bool) error {
	shot := chromedp.CaptureScreenshot()
	if whole {
		shot = chromedp.FullScreenshot(100)
	}
	ctx, cancel := context.WithTimeout(t.ctx, shotTime) // a window in the background may never draw
	defer cancel()
	png, err := chromedp.Run(ctx, shot)
	if err != nil {
		return fmt.Errorf("screenshot: %w", err)
	}
	return os.WriteFile(file, png, 0o644)
}
