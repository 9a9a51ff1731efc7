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

// beside are pages that no menu offers.
var beside = map[huiying.Role][]string{
	huiying.Monitor:     {"/cases/new", "/intake"},
	huiying.Leader:      {"/posts?q=%E4%BA%A4%E5%9F%8E&risk=40", "/posts/match?risk=40", "/policies?q=%E8%80%81%E5%B9%B4", "/rules/levels.yaml"},
	huiying.SystemAdmin: {"/setup?step=county", "/setup?step=admins", "/setup?step=sources", "/setup?step=message", "/users/leader"},
}

// Each role opens every page its menu offers, and the first of each list, on a
// phone: nothing is wider than the screen, no table is to be pushed sideways, and
// axe-core finds nothing serious.
func TestEveryPageOfEachRoleFitsAPhoneAndIsAccessible(t *testing.T) {
	b := chromium(t)
	in := running(t)
	seen := make(map[string]bool)
	for _, role := range huiying.Roles {
		w := tab(t, b, in, in.account(t, role), browser.Phone)
		kind := "office"
		switch {
		case role.OfUnit():
			kind = "unit"
		case role.Administers():
			kind = "administrator"
		}
		queue, err := browser.Value[[]string](w, `[...new Set([...document.querySelectorAll(".nav a, .sheet a, .tabs a")].map((a) => a.getAttribute("href")))]`)
		must(t, err)
		if len(queue) < 5 {
			t.Fatalf("the menu of %s offers %v", role, queue)
		}
		for _, path := range slices.Concat(queue, beside[role], []string{"/me"}) {
			for path != "" {
				page := kind + " " + path
				if !slices.Contains(beside[role], path) {
					page = strings.SplitN(page, "?", 2)[0]
				}
				if seen[page] || path == "/wall" { // which is for a large screen
					break
				}
				seen[page] = true
				must(t, w.Open(path))
				must(t, w.Wait("h1"))
				fits(t, w, string(role)+", "+path)
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

// fits checks the page a phone shows.
func fits(t *testing.T, w *browser.Tab, page string) {
	t.Helper()
	wide, err := browser.Value[[]string](w, sideways)
	must(t, err)
	for _, what := range wide {
		t.Errorf("%s: %s", page, what)
	}
	accessible(t, w, page+" on a phone")
}
