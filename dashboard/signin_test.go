package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"huiying"
)

func form(user, pass string) url.Values { return url.Values{"user": {user}, "password": {pass}} }

func (c caller) signIn(user, pass string) reply {
	c.h.t.Helper()
	return c.do("POST", "/signin", form(user, pass), "Accept", "text/html")
}

// signedIn reports whether the browser is known to the API.
func (c caller) signedIn() bool {
	c.h.t.Helper()
	return c.get("/notifications").status == http.StatusOK
}

func TestSigningInAndOut(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	r := b.do("GET", "/cases?state=triage", nil, "Accept", "text/html")
	if to := r.header.Get("Location"); r.status != http.StatusSeeOther || to != "/signin?next=%2Fcases%3Fstate%3Dtriage" {
		t.Fatalf("a stranger is sent to %d %q", r.status, to)
	}
	if r := b.do("GET", "/signin?next=/cases", nil, "Accept", "text/html"); r.status != http.StatusOK || !strings.Contains(string(r.body), "/cases") {
		t.Errorf("the sign-in page: %d %.200s", r.status, r.body)
	}
	in := form("leader", password)
	in.Set("next", "/cases?state=triage")
	r = b.do("POST", "/signin", in)
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "/cases?state=triage" {
		t.Fatalf("signing in: %d %q", r.status, r.header.Get("Location"))
	}
	cookie := r.header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q lacks %s", cookie, want)
		}
	}
	if strings.Contains(cookie, "Expires") || strings.Contains(cookie, "Max-Age") {
		t.Errorf("the cookie outlives the browser: %q", cookie)
	}
	if !b.signedIn() {
		t.Fatal("not signed in")
	}
	if r := b.do("GET", "/signin?next=/posts", nil); r.header.Get("Location") != "/posts" {
		t.Errorf("who is signed in is sent to %q", r.header.Get("Location"))
	}
	token := b.cookie()
	if r := b.do("POST", "/signout", nil); r.status != http.StatusSeeOther || r.header.Get("Location") != "/signin" {
		t.Errorf("signing out: %d %q", r.status, r.header.Get("Location"))
	}
	if b.signedIn() {
		t.Error("still signed in")
	}
	if r := h.browser().do("GET", "/api/v1/notifications", nil, "Cookie", "huiying_session="+token); r.status != http.StatusUnauthorized {
		t.Error("the old token still works after signing out")
	}
	h.audited(t, "session.sign-in", "session.sign-out")
}

func (c caller) cookie() string {
	u := must(url.Parse(c.h.web.URL))
	for _, k := range c.http.Jar.Cookies(u) {
		if k.Name == "huiying_session" {
			return k.Value
		}
	}
	return ""
}

// audited checks that the audit chain verifies and holds the actions.
func (h *house) audited(t *testing.T, actions ...string) {
	t.Helper()
	seen := make(map[string]bool)
	for _, a := range h.audits(t) {
		seen[a.Action] = true
		if a.Action == "session.sign-in" && a.From == "" {
			t.Error("a sign-in does not say from where")
		}
	}
	for _, a := range actions {
		if !seen[a] {
			t.Errorf("%s is not on record", a)
		}
	}
}

func TestASignInIsNotBroughtAlong(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	u := must(url.Parse(h.web.URL))
	b.http.Jar.SetCookies(u, []*http.Cookie{{Name: "huiying_session", Value: "chosen-by-an-attacker", Path: "/"}})
	b.signIn("leader", password)
	if got := b.cookie(); got == "" || got == "chosen-by-an-attacker" {
		t.Errorf("the token after sign-in is %q", got)
	}
	first := b.cookie()
	b.signIn("monitor", password)
	if b.cookie() == first {
		t.Error("signing in again keeps the token")
	}
	if r := h.browser().do("GET", "/api/v1/notifications", nil, "Cookie", "huiying_session="+first); r.status != http.StatusUnauthorized {
		t.Error("the session before goes on")
	}
}

func TestFiveFailuresLockTheAccount(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	unknown := b.signIn("nobody-here", "wrong")
	for i := range 5 {
		if r := b.signIn("leader", "wrong"); r.status != http.StatusUnauthorized {
			t.Fatalf("try %d: %d", i+1, r.status)
		}
	}
	r := b.signIn("leader", password)
	if r.status != http.StatusUnauthorized {
		t.Fatalf("the right password works on a locked account: %d", r.status)
	}
	if a, b := strings.ReplaceAll(string(unknown.body), "nobody-here", "X"), strings.ReplaceAll(string(r.body), "leader", "X"); stamps(a) != stamps(b) {
		t.Errorf("a locked account and an unknown one look different:\n%s\n%s", a, b)
	}
	if r := h.browser().signIn("monitor", password); r.status != http.StatusSeeOther {
		t.Errorf("another account is locked too: %d", r.status)
	}
	h.pass(14 * time.Minute)
	if r := b.signIn("leader", password); r.status != http.StatusUnauthorized {
		t.Error("unlocked too early")
	}
	h.pass(2 * time.Minute)
	if r := b.signIn("leader", password); r.status != http.StatusSeeOther {
		t.Errorf("still locked after 16 minutes: %d", r.status)
	}
	for range 4 { // a success began the count anew
		b.signIn("leader", "wrong")
	}
	if r := b.signIn("leader", password); r.status != http.StatusSeeOther {
		t.Error("locked after four failures")
	}
	h.audited(t, "session.sign-in-failed")
	for _, a := range h.audits(t) {
		if strings.Contains(string(a.Who)+a.Object+a.Detail, "nobody-here") {
			t.Errorf("an unknown name is on record, people type passwords there: %+v", a)
		}
	}
}

func TestParallelFailuresAreAllCounted(t *testing.T) {
	h := newHouse(t)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() { h.browser().signIn("leader", "wrong") })
	}
	wg.Wait()
	if r := h.browser().signIn("leader", password); r.status != http.StatusUnauthorized {
		t.Error("five parallel failures do not lock")
	}
}

// stamps takes out of a page what differs between any two: the clock.
func stamps(page string) string {
	var out []string
	for line := range strings.Lines(page) {
		if !strings.Contains(line, "data-now") && !strings.Contains(line, "data-clock") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

func TestADisabledAccountIsOut(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("leader", password)
	u := must(h.ledger.User(t.Context(), "leader"))
	u.Disabled = true
	check(t, h.ledger.SaveUser(t.Context(), u))
	if b.signedIn() {
		t.Error("its session goes on")
	}
	h.as("leader").get("/cases").problem(t, 401)
	if r := b.signIn("leader", password); r.status != http.StatusUnauthorized {
		t.Error("it signs in")
	}
}

func TestSessionsEndByThemselves(t *testing.T) {
	t.Run("after 30 minutes without use", func(t *testing.T) {
		h := newHouse(t)
		b := h.browser()
		b.signIn("leader", password)
		for range 4 {
			h.pass(29 * time.Minute)
			if !b.signedIn() {
				t.Fatal("signed out while in use")
			}
		}
		h.pass(31 * time.Minute)
		if b.signedIn() {
			t.Error("signed in after 31 idle minutes")
		}
	})
	t.Run("polling is no use", func(t *testing.T) {
		h := newHouse(t)
		b := h.browser()
		b.signIn("leader", password)
		for range 4 {
			h.pass(10 * time.Minute)
			b.get("/live/poll")
			b.do("GET", "/api/v1/cases", nil, "X-Unattended", "1")
		}
		if b.signedIn() {
			t.Error("a screen nobody touches stays signed in")
		}
	})
	t.Run("after 12 hours in any case", func(t *testing.T) {
		h := newHouse(t)
		b := h.browser()
		b.signIn("leader", password)
		for range 24 {
			h.pass(29 * time.Minute)
			b.signedIn()
		}
		h.pass(29 * time.Minute)
		if b.signedIn() {
			t.Error("signed in after 12 hours")
		}
	})
}

func TestOtherSitesCannotUseTheCookie(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.signIn("leader", password)
	c := h.open("校车超载")
	path := "/api/v1/cases/" + string(c.ID) + "/dismiss"
	body := `{"version":1,"reason":"x"}`
	for name, headers := range map[string][]string{
		"by fetch metadata": {"Sec-Fetch-Site", "cross-site"},
		"by origin":         {"Origin", "https://evil.example"},
		"from a subdomain":  {"Sec-Fetch-Site", "same-site"},
	} {
		if p := b.do("POST", path, body, headers...).problem(t, 403); p.Code != "forbidden" {
			t.Errorf("%s: %+v", name, p)
		}
		if r := h.browser().do("POST", "/signin", form("leader", password), headers...); r.status != http.StatusForbidden {
			t.Errorf("%s: another site signs a browser in: %d", name, r.status)
		}
	}
	if r := b.do("POST", path, body, "Sec-Fetch-Site", "same-origin", "Origin", h.web.URL); r.status != http.StatusOK {
		t.Errorf("our own page is refused: %d %s", r.status, r.body)
	}
	other := h.open("第二件")
	if r := h.as("leader").do("POST", "/api/v1/cases/"+string(other.ID)+"/dismiss", body, "Origin", "https://tool.example"); r.status != http.StatusOK {
		t.Errorf("a bearer token is refused by origin: %d %s", r.status, r.body)
	}
}

func TestAFragmentMovesTheWholePageToSignIn(t *testing.T) {
	h := newHouse(t)
	r := h.browser().do("GET", "/cases", nil, "HX-Request", "true", "HX-Current-URL", h.web.URL+"/posts?q=1")
	if r.status != http.StatusUnauthorized || r.header.Get("HX-Redirect") != "/signin?next=%2Fposts%3Fq%3D1" {
		t.Errorf("%d %q", r.status, r.header.Get("HX-Redirect"))
	}
}

// The session ended while the page was open: after signing in the person is
// where the button was.
func TestATapAfterTheSessionEndedComesBackToItsPage(t *testing.T) {
	h := newHouse(t)
	for from, want := range map[string]string{
		h.web.URL + "/cases/c1":             "/signin?next=%2Fcases%2Fc1",
		"https://evil.example/cases/c1":     "/signin",
		h.web.URL + "//evil.example/cases/": "/signin",
		"":                                  "/signin",
	} {
		r := h.browser().do("POST", "/cases/c1/acknowledge", form("", ""), "Accept", "text/html", "Referer", from)
		if got := r.header.Get("Location"); r.status != http.StatusSeeOther || got != want {
			t.Errorf("from %q: %d to %q, want %q", from, r.status, got, want)
		}
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/signin", "/api/v1/cases", "/healthz", "/nothing"} {
		r := h.browser().do("GET", path, nil)
		csp := r.header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'self'", "frame-ancestors 'none'", "object-src 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: the policy %q lacks %s", path, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") || r.header.Get("X-Content-Type-Options") != "nosniff" || r.header.Get("X-Request-Id") == "" || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, r.header)
		}
	}
}

func (h *house) audits(t *testing.T) []huiying.Audit {
	t.Helper()
	must(h.ledger.VerifyAudit(t.Context()))
	return must(h.ledger.AuditTrail(t.Context(), huiying.AuditQuery{Region: jiaocheng, Limit: 500})).Items
}
