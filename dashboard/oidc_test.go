package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/oauth2-proxy/mockoidc"

	"huiying/dashboard"
)

// federated is a house with an identity provider beside it.
func federated(t *testing.T) (*house, *mockoidc.MockOIDC) {
	t.Helper()
	h := newHouse(t)
	m := must(mockoidc.Run())
	t.Cleanup(func() { check(t, m.Shutdown()) })
	c := m.Config()
	h.server.Federate(dashboard.OIDC{
		Name: "市统一身份认证", Issuer: m.Issuer(), ClientID: c.ClientID, Secret: c.ClientSecret, Redirect: h.web.URL + "/signin/oidc/callback",
	})
	return h, m
}

// visit goes to the provider and comes back with what it says.
func (c caller) visit(t *testing.T, subject string, m *mockoidc.MockOIDC) string {
	t.Helper()
	m.QueueUser(&mockoidc.MockUser{Subject: subject})
	out := c.page("/signin/oidc?next=/cases").header.Get("Location")
	u := must(url.Parse(out))
	q := u.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("state") == "" || q.Get("nonce") == "" {
		t.Fatalf("the provider is asked without PKCE, state or nonce: %s", out)
	}
	resp, err := c.http.Get(out)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return strings.TrimPrefix(resp.Header.Get("Location"), c.h.web.URL)
}

func TestSigningInWithTheOfficesIdentityProvider(t *testing.T) {
	h, m := federated(t)
	h.browser().page("/signin").says(t, "用市统一身份认证登录", "/signin/oidc")

	b := h.browser()
	r := b.page(b.visit(t, "sub-leader", m))
	if r.status != http.StatusUnauthorized || b.signedIn() || !strings.Contains(r.spoken(), "sub-leader 还没有绑定") {
		t.Errorf("an identity nobody bound: %d %s", r.status, r.spoken())
	}
	sec := h.at("secadmin")
	if r := sec.submit("/users/leader/bind-subject", "subject", "sub-leader", "reason", "本人持工作证办理"); r.status != http.StatusSeeOther {
		t.Fatalf("binding: %d %s", r.status, r.spoken())
	}
	if r := sec.submit("/users/monitor/bind-subject", "subject", "sub-leader", "reason", "x"); r.status != http.StatusConflict {
		t.Errorf("one identity, two accounts: %d", r.status)
	}
	sec.page("/users/leader").says(t, "sub-leader")

	b = h.browser()
	back := b.visit(t, "sub-leader", m)
	if r := h.browser().page(back); r.status != http.StatusUnauthorized {
		t.Errorf("the answer in another browser (no state): %d", r.status)
	}
	if r := b.page(strings.Replace(back, "state=", "state=x", 1)); r.status != http.StatusUnauthorized {
		t.Errorf("another state: %d", r.status)
	}
	if r := b.page(back); r.status != http.StatusSeeOther || r.header.Get("Location") != "/cases" || !b.signedIn() {
		t.Errorf("signing in: %d to %q", r.status, r.header.Get("Location"))
	}
	if r := b.page(back); r.status != http.StatusUnauthorized {
		t.Errorf("the same answer again: %d", r.status)
	}

	u := must(h.ledger.User(t.Context(), "leader"))
	u.Disabled = true
	check(t, h.ledger.SaveUser(t.Context(), u))
	b = h.browser()
	if r := b.page(b.visit(t, "sub-leader", m)); r.status != http.StatusUnauthorized || b.signedIn() {
		t.Errorf("a disabled account: %d", r.status)
	}
	h.audited(t, "session.sign-in", "session.sign-in-failed", "user.bind-subject")
}

func TestTheProviderDoesNotReplaceTheSecondFactor(t *testing.T) {
	h, m := federated(t)
	h.at("leader").enrol(h.now())
	h.at("secadmin").submit("/users/leader/bind-subject", "subject", "s", "reason", "x")
	b := h.browser()
	if r := b.page(b.visit(t, "s", m)); !strings.HasPrefix(r.header.Get("Location"), "/signin/code") || b.signedIn() {
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
