package browser_test

import (
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
