package browser_test

import (
	"path/filepath"
	"strings"
	"testing"

	"huiying"
	"huiying/dashboard/browser"
)

func TestTheWallTurnsStopsAndLivesThroughARestart(t *testing.T) {
	t.Parallel()
	shared := running(t)
	if shared.binary == "" {
		t.Skip("looks at an installation that must not be stopped")
	}
	data := filepath.Join(t.TempDir(), "data")
	in, stop, err := launch(shared.binary, data, "127.0.0.1:0")
	defer func() { stop() }()
	must(t, err)
	leader := in.account(t, huiying.Leader)
	w, err := chromium(t).Tab(in.url, browser.Wall)
	must(t, err)
	defer w.Close() // its console may speak: the server goes away on purpose
	must(t, w.SignIn(string(leader.User), leader.Password))
	must(t, w.Open("/wall"))
	must(t, w.Wait(`#live[data-state=open]`))
	must(t, w.Until(`document.querySelectorAll(".wall-posts [data-key]").length > 0`))
	must(t, w.Until(`document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth`))
	shot(t, w, "wall-1")

	// Arrow keys turn the scenes, the space bar stops and starts them.
	first, err := w.Text("#scene-name")
	must(t, err)
	for i := 2; i <= 4; i++ {
		must(t, w.Click("[data-do=next]"))
		must(t, w.Until(`document.querySelectorAll(".scene.on").length === 1 && document.body.classList.contains("still")`))
		shot(t, w, "wall-"+string(rune('0'+i)))
	}
	must(t, w.Click("[data-do=next]"))
	if again, _ := w.Text("#scene-name"); again != first {
		t.Errorf("four scenes on, the wall shows %q, not %q again", again, first)
	}
	must(t, w.Click("[data-do=motion]"))
	must(t, w.Until(`!document.body.classList.contains("still")`))

	// The whole screen, and back.
	must(t, w.Click("[data-do=full]"))
	must(t, w.Until(`document.fullscreenElement`))
	must(t, w.Keys("f"))
	must(t, w.Until(`!document.fullscreenElement`))

	// What comes in appears; nobody touches the screen.
	in.assigned(t, "大屏上应当看到的交办单", "t100")
	must(t, w.Until(`document.querySelector("main").textContent.includes("大屏上应当看到的交办单")`))

	// The server goes away and comes back: the screen keeps what it showed, says
	// so, and is live again by itself.
	must(t, w.Until(`(window.untouched = true)`))
	stop()
	stop = func() {}
	must(t, w.Wait(`#live[data-state=lost]`))
	must(t, w.Until(`document.querySelector("main").textContent.includes("大屏上应当看到的交办单")`))
	_, again, err := launch(shared.binary, data, strings.TrimPrefix(in.url, "http://"))
	stop = again
	must(t, err)
	must(t, w.Wait(`#live[data-state=open]`))
	in.assigned(t, "重启以后的交办单", "t100")
	must(t, w.Until(`document.querySelector("main").textContent.includes("重启以后的交办单")`))
	must(t, w.Until(`window.untouched === true`))
}
