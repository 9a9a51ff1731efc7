package browser_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/dashboard/browser"
)

// finding is one rule of axe-core a page breaks.
type finding struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"`
}

// accessible lets axe-core look at the page a window shows.
func accessible(t *testing.T, w *browser.Tab, page string) {
	t.Helper()
	axe, err := os.ReadFile(filepath.Join("testdata", "axe-core", "axe.min.js"))
	must(t, err)
	if _, err := browser.Value[bool](w, string(axe)+`; true`); err != nil {
		t.Fatal(err)
	}
	const settle = `document.getAnimations().forEach((a) => { try { a.finish(); } catch { a.cancel(); } }), ` // a colour on its way is none
	found, err := browser.Value[[]finding](w, settle+`axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"]}).then((r) => r.violations.filter((v) => v.impact === "serious" || v.impact === "critical")
		.map((v) => ({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " | " + (n.any[0] || n.all[0] || n.none[0] || {message: ""}).message)})))`)
	must(t, err)
	for _, f := range found {
		t.Errorf("%s: %s (%s): %s\n  %s", page, f.ID, f.Impact, f.Help, strings.Join(f.Nodes, "\n  "))
	}
}

// Every page, for one role of each kind, by day and in the dark, has no serious or
// critical finding of axe-core (WCAG 2.1 A and AA), and nothing sticks out of the
// screen. Phones: fit_test.go.
func TestEveryPageIsAccessible(t *testing.T) {
	b := chromium(t)
	in := running(t)
	night := browser.Desktop
	night.Dark = true
	evidence := "/reports/evidence?" + url.Values{"kind": {"weekly"}, "of": {"open"}, "from": {time.Now().AddDate(0, 0, -7).Format(time.RFC3339)}, "to": {time.Now().Format(time.RFC3339)}}.Encode()
	pages := map[huiying.Role][]string{
		huiying.Leader: {
			"/", "/posts", "/posts?q=%E4%BA%A4%E5%9F%8E&risk=40", "/posts/match?risk=40", "/events", "/cases?view=all", "/cases/new", "/intake", "/stats", "/reports", evidence, "/appraisal", "/sources", "/models", "/rules",
			"/rules/levels.yaml", "/units", "/policies?q=%E8%80%81%E5%B9%B4", "/roster", "/drills", "/notices", "/me", "/guide", "/wall",
		},
		huiying.Liaison:       {"/", "/cases", "/stats", "/reports", "/notices", "/guide"},
		huiying.Monitor:       {"/sources"},
		huiying.Supervisor:    {"/", "/cases?view=late"},
		huiying.SystemAdmin:   {"/", "/system", "/users", "/users/leader", "/channels", "/sources", "/setup?step=county", "/setup?step=sources"},
		huiying.SecurityAdmin: {"/users", "/users/leader"}, huiying.AuditAdmin: {"/audit"},
	}
	for role, paths := range pages {
		for _, s := range []browser.Screen{browser.Desktop, night} {
			w := tab(t, b, in, in.account(t, role), s)
			for i := 0; i < len(paths); i++ {
				path := paths[i]
				must(t, w.Open(path))
				must(t, w.Wait("h1"))
				link, err := browser.Value[string](w, `(document.querySelector("#rows .post-title, #rows .case-title, #work .case-title") || {getAttribute: () => ""}).getAttribute("href")`)
				must(t, err)
				if link != "" && !strings.Contains(strings.Join(paths, " "), link[:strings.LastIndex(link, "/")+1]) {
					paths = append(paths, link) // one post, event and case each
				}
				over, err := browser.Value[int](w, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
				must(t, err)
				if over > 0 {
					t.Errorf("%s sticks out by %d px at %d px", path, over, s.Width)
				}
				accessible(t, w, fmt.Sprintf("%s %s at %d px (dark: %t)", role, path, s.Width, s.Dark))
			}
		}
	}
}

// The keyboard is enough: sign in, open the case that waits, acknowledge it,
// sign out; focus is visible at every stop.
func TestTheKeyboardIsEnough(t *testing.T) {
	b := chromium(t)
	in := running(t)
	liaison := in.account(t, huiying.Liaison)
	title := fmt.Sprintf("键盘可达 %d", time.Now().UnixNano()%1e6)
	c := in.assigned(t, title, liaison.Unit)
	w, err := b.Tab(in.url, browser.Desktop)
	must(t, err)
	defer w.Close()
	must(t, w.Open("/signin"))
	until := func(css string) { // tab on until the focus stands on it
		t.Helper()
		for range 150 {
			must(t, w.Keys("\t"))
			ok, err := browser.Value[bool](w, fmt.Sprintf(`!!document.activeElement?.matches(%q)`, css))
			must(t, err)
			if ok {
				seen, err := browser.Value[bool](w, `(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0; })()`)
				must(t, err)
				if !seen {
					t.Errorf("the focus on %s cannot be seen", css)
				}
				return
			}
		}
		t.Fatalf("the keyboard never comes to %s", css)
	}
	focused, err := browser.Value[string](w, `document.activeElement.id`)
	must(t, err)
	if focused != "user" {
		until("#user")
	}
	must(t, w.Keys(string(liaison.User)))
	until("#password")
	must(t, w.Keys(liaison.Password+"\r"))
	must(t, w.Until(`document.body.dataset.user && document.querySelector("main h1")`))
	must(t, w.Wait("#case-"+string(c.ID)))
	must(t, w.Keys("\t"))
	skip, err := browser.Value[bool](w, `!!document.activeElement?.matches(".skip")`)
	must(t, err)
	if !skip {
		t.Error("the first stop is not the link to the content")
	}
	must(t, w.Keys("\r"))
	until(fmt.Sprintf("#case-%s .case-title", c.ID))
	must(t, w.Keys("\r"))
	must(t, w.Until(fmt.Sprintf(`location.pathname === "/cases/%s" && document.readyState === "complete"`, c.ID)))
	until(".ack-button")
	must(t, w.Keys("\r"))
	must(t, w.Wait("#said .note"))
	var after huiying.Case
	in.call(t, liaison, "GET", "/cases/"+string(c.ID), nil, &after)
	if after.State != huiying.StateAcknowledged {
		t.Errorf("the case is %s", after.State)
	}
	until(".who button[type=submit]")
	must(t, w.Keys("\r"))
	must(t, w.Until(`location.pathname === "/signin"`))
	for _, p := range w.Problems() {
		t.Errorf("the console says: %s", p)
	}
}

// The first page a person sees weighs at most 300 KB on the wire, without the
// charts, and needs nobody else's server.
func TestTheFirstPageIsLight(t *testing.T) {
	b := chromium(t)
	in := running(t)
	w := tab(t, b, in, in.account(t, huiying.Leader), browser.Desktop)
	must(t, w.Open("/"))
	must(t, w.Until(`document.readyState === "complete"`))
	type resource struct {
		Name string  `json:"name"`
		Size float64 `json:"size"`
	}
	all, err := browser.Value[[]resource](w, `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map((e) => ({name: e.name, size: e.encodedBodySize}))`)
	must(t, err)
	total := 0.0
	for _, r := range all {
		if !strings.HasPrefix(r.Name, in.url) {
			t.Errorf("the page asks %s", r.Name)
		}
		if !strings.Contains(r.Name, "echarts") {
			total += r.Size
		}
		t.Logf("%8.0f %s", r.Size, r.Name)
	}
	if total == 0 || total > 300*1024 {
		t.Errorf("the first page weighs %.0f KB", total/1024)
	}
	ready, err := browser.Value[[]float64](w, `(({domInteractive, domContentLoadedEventEnd}) => [domInteractive, domContentLoadedEventEnd])(performance.getEntriesByType("navigation")[0])`)
	must(t, err)
	t.Logf("%.0f KB; read after %.0f ms, its scripts at work after %.0f ms", total/1024, ready[0], ready[1]) // a figure: how fast depends on who else is at work
}
