package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/dashboard/browser"
)

// The main job, as two people live it: a liaison's phone shows a case the moment
// it is sent, one tap acknowledges it, and the supervisor sees how long it took.
func TestACaseArrivesLiveIsAcknowledgedOnAPhoneAndItsResponseTimeAppears(t *testing.T) {
	b := chromium(t)
	in := running(t)
	liaison := in.account(t, huiying.Liaison)
	phone := tab(t, b, in, liaison, browser.Phone)
	must(t, phone.Until(`document.querySelector("#live").dataset.state === "open"`))
	if _, err := browser.Value[bool](phone, `window.sameDocument = true`); err != nil {
		t.Fatal(err)
	}

	title := fmt.Sprintf("城东小区停水，居民询问何时恢复 %d", time.Now().UnixNano()%1e6)
	c := in.assigned(t, title, liaison.Unit)

	card := "#case-" + string(c.ID)
	must(t, phone.Wait("#work "+card+" .ack-button"))
	if same, err := browser.Value[bool](phone, `window.sameDocument === true`); err != nil || !same {
		t.Fatalf("the page was loaded anew; the card must arrive by itself (%v)", err)
	}
	before, err := phone.Text(card + " .clock")
	must(t, err)
	must(t, phone.Until(fmt.Sprintf(`document.querySelector("%s .clock").textContent !== %q`, card, before)))
	shot(t, phone, "phone-card")

	must(t, phone.Tap(card+" .case-title"))
	must(t, phone.Wait(".ack-bar .ack-button"))
	reach, err := browser.Value[float64](phone, `document.querySelector(".ack-bar .ack-button").getBoundingClientRect().top / innerHeight`)
	must(t, err)
	if reach < 0.6 {
		t.Errorf("签收 begins at %.0f%% of the screen's height, out of the thumb's reach", 100*reach)
	}
	shot(t, phone, "phone-case")
	must(t, phone.Tap(".ack-bar .ack-button"))
	must(t, phone.Wait(`.note[role=status]`))
	note, err := phone.Text(`.note[role=status]`)
	must(t, err)
	if !strings.Contains(note, "已签收") {
		t.Errorf("after the tap the page says %q", note)
	}

	var after huiying.Case
	in.call(t, liaison, "GET", "/cases/"+string(c.ID), nil, &after)
	if after.State != huiying.StateAcknowledged || after.Units[0].AckedAt.IsZero() {
		t.Fatalf("the case is %s, acknowledged at %v", after.State, after.Units[0].AckedAt)
	}

	desk := tab(t, b, in, in.account(t, huiying.Supervisor), browser.Desktop)
	must(t, desk.Open("/stats?days=1"))
	row := fmt.Sprintf(`[...document.querySelectorAll("#units-table tbody tr")].find((r) => r.querySelector("a").href.endsWith("unit=%s"))`, liaison.Unit)
	must(t, desk.Until(row))
	median, err := browser.Value[string](desk, row+`.cells[2].textContent`)
	must(t, err)
	if !strings.ContainsAny(median, "秒分时") {
		t.Errorf("响应统计 shows a median of %q for the unit that acknowledged", median)
	}
	acked, err := browser.Value[int](desk, `Number(`+row+`.dataset.acked)`)
	must(t, err)
	if acked < 1 {
		t.Errorf("响应统计 counts %d acknowledged", acked)
	}
	must(t, desk.Wait("[data-plot] canvas"))
	shot(t, desk, "stats")
}

// An analyst has the list open while the liaison acknowledges: the row changes
// by itself, and an open form is never pulled away.
func TestRowsChangeByThemselvesButAnOpenFormStays(t *testing.T) {
	b := chromium(t)
	in := running(t)
	liaison, leader := in.account(t, huiying.Liaison), in.account(t, huiying.Leader)
	c := in.assigned(t, fmt.Sprintf("天宁街路灯不亮 %d", time.Now().UnixNano()%1e6), liaison.Unit)

	list := tab(t, b, in, leader, browser.Desktop)
	must(t, list.Open("/cases?view=all&sort=opened"))
	must(t, list.Until(`document.querySelector("#live").dataset.state === "open"`))
	must(t, list.Wait("#case-"+string(c.ID)))
	page := tab(t, b, in, leader, browser.Desktop)
	must(t, page.Open("/cases/"+string(c.ID)))
	must(t, page.Until(`document.querySelector("#live").dataset.state === "open"`))
	must(t, page.Click("#do-comment summary"))
	must(t, page.Fill("#comment-reason", "已电话提醒联络人"))

	in.call(t, liaison, "POST", "/cases/"+string(c.ID)+"/acknowledge", map[string]any{"version": c.Version}, &c)

	must(t, list.Until(fmt.Sprintf(`document.querySelector("#case-%s .state").textContent === "已签收"`, c.ID)))
	must(t, page.Until(`!document.querySelector("#case-bar").hidden`))
	typed, err := browser.Value[string](page, `document.querySelector("#comment-reason").value`)
	must(t, err)
	if typed != "已电话提醒联络人" {
		t.Errorf("the comment being written is now %q", typed)
	}
}

// The same words on both sides: view_test.go holds this table for the server.
func TestTheBrowserSpeaksTheServersWords(t *testing.T) {
	b := chromium(t)
	in := running(t)
	w := tab(t, b, in, in.account(t, huiying.Supervisor), browser.Desktop)
	for expression, want := range map[string]string{
		`clock.span(59e3, true)`: "59 秒", `clock.span(723e3, true)`: "12 分 03 秒", `clock.span(239e3, false)`: "3 分", `clock.span(20e3, false)`: "20 秒",
		`clock.span(36e5, true)`: "1 小时 00 分", `clock.span(71 * 36e5 + 59 * 6e4, true)`: "71 小时 59 分", `clock.span(100.5 * 36e5, true)`: "4 天 4 小时",
		`counters.count(999)`: "999", `counters.count(9321)`: "9,321", `counters.count(99999)`: "99,999", `counters.count(123456)`: "12.3万", `counters.count(2e8)`: "2亿",
		`counters.seconds(0)`: "—", `counters.seconds(8)`: "8秒", `counters.seconds(754)`: "12分钟", `counters.seconds(11100)`: "3小时5分", `counters.seconds(72 * 3600)`: "3天",
	} {
		got, err := browser.Value[string](w, `(async () => {
			const from = document.querySelector("script[type=module]").src;
			const clock = await import(from.replace("main.js", "clock.js"));
			const counters = await import(from.replace("main.js", "counters.js"));
			return `+expression+`;
		})()`)
		must(t, err)
		if got != want {
			t.Errorf("%s is %q, want %q", expression, got, want)
		}
	}
}

// shot keeps a picture where HUIYING_SHOTS says.
func shot(t *testing.T, w *browser.Tab, name string) {
	t.Helper()
	if dir := os.Getenv("HUIYING_SHOTS"); dir != "" {
		must(t, w.Shot(filepath.Join(dir, name+".png"), false))
	}
}
