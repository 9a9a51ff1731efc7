package dashboard_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"huiying/dashboard"
	"huiying/deploy/dev"
)

// provider is a real OpenID provider in a process of its own. Without its program
// the tests are skipped, but never in CI.
type provider struct{ *dev.Provider }

// federated is a house with an identity provider beside it.
func federated(t *testing.T) (*house, provider) {
	t.Helper()
	h := newHouse(t)
	back := h.web.URL + "/signin/oidc/callback"
	p, err := dev.StartProvider(t.Context(), t.TempDir(), back, "sub-leader", "sub-nobody")
	if errors.Is(err, dev.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	check(t, err)
	t.Cleanup(p.Stop)
	h.server.Federate(dashboard.OIDC{Name: "市统一身份认证", Issuer: p.Issuer, ClientID: p.Client, Secret: p.Secret, Redirect: back})
	return h, provider{p}
}

var hiddenID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// asked is where our page sends the browser.
func (c caller) asked(t *testing.T) *url.URL {
	t.Helper()
	u := must(url.Parse(c.page("/signin/oidc?next=/cases").header.Get("Location")))
	q := u.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("state") == "" || q.Get("nonce") == "" || q.Get("response_type") != "code" {
		t.Fatalf("the provider is asked without PKCE, state or nonce: %s", u)
	}
	return u
}

// log signs in at the provider, in a browser it has not seen, and returns the path
// of ours it leads back to; "" when it stays there.
func (p provider) log(t *testing.T, h *house, ask *url.URL, subject, password string) string {
	t.Helper()
	left := errors.New("left the provider")
	back := ""
	their := &http.Client{Jar: must(cookiejar.New(nil)), CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), h.web.URL) {
			back = strings.TrimPrefix(r.URL.String(), h.web.URL)
			return left
		}
		return nil
	}}
	defer their.CloseIdleConnections()
	read := func(r *http.Response, err error) (string, bool) {
		t.Helper()
		if errors.Is(err, left) {
			_ = r.Body.Close()
			return "", true
		}
		check(t, err)
		defer func() { _ = r.Body.Close() }()
		return string(must(io.ReadAll(r.Body))), false
	}
	page, gone := read(their.Get(ask.String()))
	if gone {
		return back
	}
	id := hiddenID.FindStringSubmatch(page)
	if id == nil {
		t.Fatalf("the provider does not ask for a password: %s", page)
	}
	page, gone = read(their.PostForm(p.Issuer+"login/username", url.Values{"id": {id[1]}, "username": {subject + "@sso"}, "password": {password}}))
	if !gone && password == dev.ProviderPassword {
		t.Fatalf("the provider does not let %s in: %s", subject, page)
	}
	return back
}

// visit goes to the provider and comes back with what it says; change alters what
// the provider is asked, as somebody in the middle could.
func (c caller) visit(t *testing.T, p provider, subject string, change func(url.Values)) string {
	t.Helper()
	u := c.asked(t)
	if change != nil {
		q := u.Query()
		change(q)
		u.RawQuery = q.Encode()
	}
	back := p.log(t, c.h, u, subject, dev.ProviderPassword)
	if !strings.HasPrefix(back, "/signin/oidc/callback?") {
		t.Fatalf("the provider leads to %q", back)
	}
	return back
}

// refused tries an answer of the provider that must let nobody in.
func (c caller) refused(t *testing.T, what, back, says string) {
	t.Helper()
	if r := c.page(back); r.status != http.StatusUnauthorized || c.signedIn() || !strings.Contains(r.spoken(), says) {
		t.Errorf("%s: %d %s", what, r.status, r.spoken())
	}
}

func TestSigningInWithTheOfficesIdentityProvider(t *testing.T) {
	h, p := federated(t)
	h.browser().page("/signin").says(t, "用市统一身份认证登录", "/signin/oidc")

	b := h.browser()
	b.refused(t, "an identity nobody bound", b.visit(t, p, "sub-leader", nil), "sub-leader 还没有绑定")
	sec := h.at("secadmin")
	if r := sec.submit("/users/leader/bind-subject", "subject", "sub-leader", "reason", "本人持工作证办理"); r.status != http.StatusSeeOther {
		t.Fatalf("binding: %d %s", r.status, r.spoken())
	}
	if r := sec.submit("/users/monitor/bind-subject", "subject", "sub-leader", "reason", "x"); r.status != http.StatusConflict {
		t.Errorf("one identity, two accounts: %d", r.status)
	}
	sec.page("/users/leader").says(t, "sub-leader")

	b = h.browser()
	if back := p.log(t, h, b.asked(t), "sub-leader", "wrong"); back != "" {
		t.Errorf("a wrong password leads to %s", back)
	}
	back := b.visit(t, p, "sub-leader", nil)
	h.browser().refused(t, "the answer in another browser", back, "不是从本页发起")
	b.refused(t, "another state", strings.Replace(back, "state=", "state=x", 1), "不是从本页发起")
	if r := b.page(back); r.status != http.StatusSeeOther || r.header.Get("Location") != "/cases" || !b.signedIn() {
		t.Errorf("signing in: %d to %q", r.status, r.header.Get("Location"))
	}
	h.browser().refused(t, "the same answer again", back, "不是从本页发起")

	// Out is out: neither the page nor the provider's last answer leads back in.
	if r := b.submit("/signout"); r.status != http.StatusSeeOther || b.signedIn() {
		t.Errorf("signing out: %d", r.status)
	}
	b.refused(t, "the answer of before, after signing out", back, "不是从本页发起")
	if r := b.page(b.visit(t, p, "sub-leader", nil)); r.status != http.StatusSeeOther || !b.signedIn() {
		t.Errorf("signing in again: %d", r.status)
	}

	u := must(h.ledger.User(t.Context(), "leader"))
	u.Disabled = true
	check(t, h.ledger.SaveUser(t.Context(), u))
	b = h.browser()
	b.refused(t, "a disabled account", b.visit(t, p, "sub-leader", nil), "停用")
	h.audited(t, "session.sign-in", "session.sign-in-failed", "user.bind-subject")
}

// What somebody in the middle, or a browser left open, could bring.
func TestAnswersOfTheProviderThatWereNotMeantForThisSignIn(t *testing.T) {
	h, p := federated(t)
	h.at("secadmin").submit("/users/leader/bind-subject", "subject", "sub-leader", "reason", "x")
	for what, c := range map[string]struct {
		change func(url.Values)
		later  time.Duration // until the answer is brought
		says   string
	}{
		"another nonce":                 {change: func(q url.Values) { q.Set("nonce", "x") }, says: "不是为这次登录签发"},
		"no nonce":                      {change: func(q url.Values) { q.Del("nonce") }, says: "不是为这次登录签发"},
		"the challenge of another":      {change: func(q url.Values) { q.Set("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM") }, says: "没有认可这次登录"},
		"nobody signed in, none wanted": {change: func(q url.Values) { q.Set("prompt", "none") }, says: "没有同意登录"},
		"after more than five minutes":  {later: 6 * time.Minute, says: "已过期"},
	} {
		t.Run(what, func(t *testing.T) {
			b := h.browser()
			back := b.visit(t, p, "sub-leader", c.change)
			h.pass(c.later)
			b.refused(t, what, back, c.says)
		})
	}

	// A code that was taken from another browser does not work with one's own state.
	mine, theirs := h.browser(), h.browser()
	stolen := must(url.Parse(theirs.visit(t, p, "sub-leader", nil))).Query()
	own := must(url.Parse(mine.visit(t, p, "sub-nobody", nil))).Query()
	mine.refused(t, "a stolen code", "/signin/oidc/callback?"+url.Values{"code": {stolen.Get("code")}, "state": {own.Get("state")}}.Encode(), "没有认可这次登录")

	// Our clock an hour and more ahead of theirs: what they sign has lapsed for us.
	h.pass(90 * time.Minute)
	b := h.browser()
	b.refused(t, "a token that has lapsed", b.visit(t, p, "sub-leader", nil), "没有通过核验")
}

func TestTheProviderDoesNotReplaceTheSecondFactor(t *testing.T) {
	h, p := federated(t)
	h.at("leader").enrol(h.now())
	h.at("secadmin").submit("/users/leader/bind-subject", "subject", "sub-leader", "reason", "x")
	b := h.browser()
	if r := b.page(b.visit(t, p, "sub-leader", nil)); !strings.HasPrefix(r.header.Get("Location"), "/signin/code") || b.signedIn() {
		t.Errorf("with a second factor one goes to %q", r.header.Get("Location"))
	}
}

func TestAProviderThatIsAwayIsSaid(t *testing.T) {
	h := newHouse(t)
	h.server.Federate(dashboard.OIDC{Name: "市统一身份认证", Issuer: "http://127.0.0.1:1", ClientID: "x", Redirect: h.web.URL + "/signin/oidc/callback"})
	if r := h.browser().page("/signin/oidc"); r.status != http.StatusServiceUnavailable || !strings.Contains(r.spoken(), "联系不上") {
		t.Errorf("%d %s", r.status, r.spoken())
	}
	h.at("monitor") // a password still signs in
}
