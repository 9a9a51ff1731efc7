package browser_test

import (
	"slices"
	"strings"
	"testing"

	"huiying"
	"huiying/dashboard/browser"
)

// sideways lists what of a page is wider than the phone: the page itself, or a part
// that scrolls on its own, unless it says that it may (code, pictures, chips).
const sideways = `(() => {
	const out = [];
	const page = document.scrollingElement;
	if (page.scrollWidth > innerWidth) out.push("the page: " + page.scrollWidth);
	for (const e of document.querySelectorAll("main .scroll")) {
		if (e.scrollWidth > e.clientWidth + 1 && e.offsetParent && !e.querySelector(".roster, .diff")) out.push((e.querySelector("table") || e).className + ": " + e.scrollWidth);
	}
	return out;
})()`

// Each role opens every page its menu offers, and the first of each list, on a
// phone: nothing is wider than the screen, no table is to be pushed sideways.
func TestNoPageScrollsSidewaysOnAPhone(t *testing.T) {
	b := chromium(t)
	in := running(t)
	seen := make(map[string]bool)
	for _, role := range huiying.Roles {
		w := tab(t, b, in, in.account(t, role), browser.Phone)
		kind := "office"
		if role.OfUnit() {
			kind = "unit"
		}
		queue, err := browser.Value[[]string](w, `[...new Set([...document.querySelectorAll(".nav a, .sheet a, .tabs a")].map((a) => a.getAttribute("href")))]`)
		must(t, err)
		if len(queue) < 5 {
			t.Fatalf("the menu of %s offers %v", role, queue)
		}
		for _, path := range slices.Concat(queue, []string{"/me"}) {
			for path != "" {
				page := kind + " " + strings.SplitN(path, "?", 2)[0]
				if seen[page] || path == "/wall" { // which is for a large screen
					break
				}
				seen[page] = true
				must(t, w.Open(path))
				must(t, w.Wait("h1"))
				wide, err := browser.Value[[]string](w, sideways)
				must(t, err)
				for _, what := range wide {
					t.Errorf("%s, %s: %s", role, path, what)
				}
				path, err = browser.Value[string](w, `(document.querySelector("#rows .post-title, #rows .case-title, #work .case-title, main th a, main td a") || {getAttribute: () => ""}).getAttribute("href")`)
				must(t, err)
				if !strings.HasPrefix(path, "/") || strings.Contains(path, ".") {
					path = ""
				}
			}
		}
	}
	t.Logf("%d pages", len(seen))
}
