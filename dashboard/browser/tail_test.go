package browser_test

import (
	"fmt"
	"testing"
	"time"

	"huiying"
	"huiying/dashboard/browser"
)

// A post that comes in while somebody reads further down, or points at the list,
// is counted in a bar and moves nothing; pressed, the bar shows it. Nobody
// pointing, it goes on top by itself.
func TestTheLiveTailNeverJumpsUnderTheCursor(t *testing.T) {
	in := running(t)
	if in.binary == "" {
		t.Skip("needs an installation whose clock has not been set back")
	}
	analyst := in.account(t, huiying.Analyst)
	w := tab(t, chromium(t), in, analyst, browser.Desktop)
	must(t, w.Open("/posts"))
	must(t, w.Wait(`#live[data-state=open]`))
	run := fmt.Sprint(time.Now().UnixNano())
	arrives := func(n int) string {
		t.Helper()
		title := fmt.Sprintf("尾随试验%d：井盖丢失", n)
		var answer struct{ Accepted int }
		in.call(t, analyst, "POST", "/posts", []map[string]any{{
			"channel": "forum", "source": "手工", "title": title, "text": fmt.Sprintf("天宁镇第%d条路上的井盖不见了，晚上危险，请修。", 37*n),
			"url": fmt.Sprintf("https://example.com/%s/%d", run, n),
		}}, &answer)
		if answer.Accepted != 1 {
			t.Fatalf("%d posts taken", answer.Accepted)
		}
		return fmt.Sprintf("document.querySelector('#rows').textContent.includes(%q)", title)
	}
	point := func(at string) {
		t.Helper()
		must(t, w.Until(`(`+at+`.dispatchEvent(new PointerEvent("pointerover", { bubbles: true })), true)`))
	}
	const waits = `!document.getElementById("tail-bar").hidden`

	must(t, w.Until(`(scrollTo(0, 900), scrollY === 900)`))
	must(t, w.Until(`(window.read = document.elementFromPoint(700, 400).closest("[data-post]"))`))
	point("window.read")
	must(t, w.Until(`(window.was = window.read.getBoundingClientRect().top)`))
	shown := arrives(1)
	must(t, w.Until(waits))
	if moved, err := browser.Value[float64](w, `window.read.getBoundingClientRect().top - window.was`); err != nil || moved != 0 {
		t.Errorf("what was pointed at moved by %v px (%v)", moved, err)
	}
	if there, err := browser.Value[bool](w, shown); err != nil || there {
		t.Errorf("the post went into the list under the cursor (%v)", err)
	}
	must(t, w.Click("#tail-show"))
	must(t, w.Until(shown+` && scrollY === 0`))

	point(`document.querySelector("#rows > *")`) // at the top, but pointing
	shown = arrives(2)
	must(t, w.Until(waits))
	if there, err := browser.Value[bool](w, shown); err != nil || there {
		t.Errorf("the post went on top of a list somebody points at (%v)", err)
	}

	point(`document.querySelector("h1")`)
	must(t, w.Until(arrives(3)))
}
