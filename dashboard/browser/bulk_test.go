package browser_test

import (
	"fmt"
	"testing"
	"time"

	"huiying"
	"huiying/dashboard/browser"
)

// A liaison takes two cases in one go, on a phone: the bar appears with the
// first tick, offers what both allow, and hides nothing it needs.
func TestTwoCasesAreAcknowledgedAtOnceOnAPhone(t *testing.T) {
	b := chromium(t)
	in := running(t)
	liaison := in.account(t, huiying.Liaison)
	stamp := time.Now().UnixNano() % 1e6
	first := in.assigned(t, fmt.Sprintf("河道垃圾无人清理 %d 甲", stamp), liaison.Unit)
	second := in.assigned(t, fmt.Sprintf("河道垃圾无人清理 %d 乙", stamp), liaison.Unit)

	w := tab(t, b, in, liaison, browser.Phone)
	must(t, w.Open(fmt.Sprintf("/cases?q=%d", stamp)))
	must(t, w.Until(`document.querySelectorAll("[data-bulk]").length === 2 && document.getElementById("bulk").hidden`))
	for _, c := range []huiying.Case{first, second} {
		must(t, w.Tap(fmt.Sprintf("#case-%s .tick", c.ID)))
	}
	must(t, w.Until(`document.querySelector("#bulk-count").textContent === "已选 2 件"`))
	must(t, w.Until(`document.querySelector("#bulk [value=acknowledge]").checked`)) // the only thing both allow
	inside, err := browser.Value[bool](w, `(() => { const box = document.querySelector("#bulk button").getBoundingClientRect(), tabs = document.querySelector(".tabs").getBoundingClientRect(); return box.bottom <= tabs.top && box.left >= 0 && box.right <= innerWidth; })()`)
	must(t, err)
	if !inside {
		t.Error("the button of the bar stands outside the screen or under the tabs")
	}
	shot(t, w, "phone-bulk")
	must(t, w.Tap("#bulk button"))
	must(t, w.Wait("#said .note"))
	for _, c := range []huiying.Case{first, second} {
		var after huiying.Case
		in.call(t, liaison, "GET", "/cases/"+string(c.ID), nil, &after)
		if after.State != huiying.StateAcknowledged {
			t.Errorf("%s is %s", c.Title, after.State)
		}
	}
}
