package browser_test

import (
	"path/filepath"
	"strings"
	"testing"

	"huiying"
	"huiying/dashboard/browser"
)

// A page that says what went wrong hears the live messages like any other, and
// is left as it is: read anew, it would answer the same, or send a form again.
func TestAnErrorPageIsNotReadAgainAndAgain(t *testing.T) {
	b := chromium(t)
	in := running(t)
	in.assigned(t, "错误页面打开之前", "sthj") // so that there are live messages to be behind
	w, err := b.Tab(in.url, browser.Desktop)
	must(t, err)
	t.Cleanup(w.Close)
	leader := in.account(t, huiying.Leader)
	must(t, w.SignIn(string(leader.User), leader.Password))
	must(t, w.Open("/cases/nowhere"))
	must(t, w.Wait(".error-page h1"))
	_, err = browser.Value[bool](w, `(document.addEventListener("live", () => { window.heard = true; }), true)`)
	must(t, err)
	in.assigned(t, "错误页面开着的时候", "sthj")
	must(t, w.Until("window.heard"))
	if said := w.Problems(); len(said) > 1 { // the 404 itself
		t.Errorf("the console says %d things: %v", len(said), said)
	}
}

// After a restart a page is read anew, as messages were missed: but not over what
// somebody typed into it, also where the field is left again.
func TestWhatSomebodyTypedOutlivesARestartOfTheServer(t *testing.T) {
	t.Parallel()
	shared := running(t)
	if shared.binary == "" {
		t.Skip("looks at an installation that must not be stopped")
	}
	b, data := chromium(t), filepath.Join(t.TempDir(), "data")
	in, stop, err := launch(shared.binary, data, "127.0.0.1:0")
	defer func() { stop() }()
	must(t, err)
	leader := in.account(t, huiying.Leader)
	var tabs [2]*browser.Tab // one is typed into; their consoles may speak: the server goes away on purpose
	for i := range tabs {
		w, err := b.Tab(in.url, browser.Desktop)
		must(t, err)
		defer w.Close()
		must(t, w.SignIn(string(leader.User), leader.Password))
		must(t, w.Open("/cases/new"))
		must(t, w.Wait(`#live[data-state=open]`))
		must(t, w.Until(`(window.untouched = true)`))
		tabs[i] = w
	}
	const typed = "打了一半的标题"
	must(t, tabs[0].Fill("#title", typed))
	must(t, tabs[0].Until(`(document.activeElement.blur(), document.activeElement === document.body)`))
	stop()
	stop = func() {}
	must(t, tabs[0].Wait(`#live[data-state=lost]`))
	_, stop, err = launch(shared.binary, data, strings.TrimPrefix(in.url, "http://"))
	must(t, err)
	must(t, tabs[1].Until(`!window.untouched && document.querySelector("#live[data-state=open]")`))
	must(t, tabs[0].Wait(`#live[data-state=open]`))
	must(t, tabs[0].Until(`document.body.textContent.includes("请在填完后刷新")`))
	if kept, err := browser.Value[string](tabs[0], `window.untouched ? document.querySelector("#title").value : "读取了新的一页"`); err != nil || kept != typed {
		t.Errorf("after the restart the field holds %q (%v)", kept, err)
	}
}
