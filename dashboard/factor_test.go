package dashboard_test

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"huiying"
)

var (
	recovery = regexp.MustCompile(`<li><code>([a-z2-7-]+)</code></li>`)
	picture  = regexp.MustCompile(`src="data:image/png;base64,(?:[A-Za-z0-9/=]|&#43;){200,}"`)
)

// enrol sets a second factor up and returns its secret and the recovery codes.
func (c caller) enrol(at time.Time) (secret string, codes []string) {
	c.h.t.Helper()
	r := c.submit("/me/factor")
	if !picture.Match(r.body) {
		c.h.t.Fatalf("no QR code: %d %s", r.status, r.spoken())
	}
	secret = once.FindStringSubmatch(string(r.body))[1]
	if r := c.submit("/me/factor/confirm", "code", "000000"); r.status != http.StatusUnprocessableEntity || !strings.Contains(string(r.body), secret) {
		c.h.t.Errorf("a wrong first code: %d", r.status)
	}
	r = c.submit("/me/factor/confirm", "code", must(totp.GenerateCode(secret, at)))
	for _, m := range recovery.FindAllStringSubmatch(string(r.body), -1) {
		codes = append(codes, m[1])
	}
	if len(codes) != 10 {
		c.h.t.Fatalf("%d recovery codes: %d %s", len(codes), r.status, r.spoken())
	}
	return secret, codes
}

func TestASecondFactorIsSetUpAskedForAndUsedOnce(t *testing.T) {
	h := newHouse(t)
	leader := h.at("leader")
	secret, codes := leader.enrol(h.now())
	if strings.Contains(string(leader.page("/me").body), secret) {
		t.Error("the secret is shown again")
	}
	d := must(h.ledger.SecondFactor(t.Context(), "leader"))
	if bytes.Contains(d.Sealed, []byte(secret)) || strings.Contains(strings.Join(d.Recovery, " "), codes[0]) {
		t.Error("secret or recovery codes are kept in the clear")
	}

	code := func(drift time.Duration) string { return must(totp.GenerateCode(secret, h.now().Add(drift))) }
	half := func() caller {
		t.Helper()
		b := h.browser()
		if r := b.signIn("leader", password); !strings.HasPrefix(r.header.Get("Location"), "/signin/code") {
			t.Fatalf("after the password one goes to %q", r.header.Get("Location"))
		}
		if b.signedIn() {
			t.Fatal("the password alone signs in")
		}
		return b
	}
	try := func(b caller, code string) bool {
		t.Helper()
		b.submit("/signin/code", "code", code, "next", "/cases")
		return b.signedIn()
	}
	if try(half(), code(0)) {
		t.Error("the code of the set-up is taken a second time")
	}
	h.pass(time.Minute)
	now := code(0)
	if try(half(), code(-2*time.Minute)) || try(half(), code(2*time.Minute)) {
		t.Error("a code two minutes off is taken")
	}
	if b := half(); !try(b, now) {
		t.Error("the right code is not taken")
	}
	if try(half(), now) {
		t.Error("a code is taken twice")
	}
	if !try(half(), code(30*time.Second)) {
		t.Error("a telephone one step fast is refused")
	}
	if !try(half(), codes[3]) || try(half(), codes[3]) {
		t.Error("a recovery code is good exactly once")
	}
	b := half()
	h.pass(6 * time.Minute)
	if try(b, code(0)) {
		t.Error("half a session lasts more than five minutes")
	}
	h.audited(t, "factor.enrol", "factor.recovery", "session.code-failed", "session.password")
}

func TestWrongCodesLockAndThePasswordDoesNotReset(t *testing.T) {
	h := newHouse(t)
	secret, _ := h.at("leader").enrol(h.now())
	h.pass(time.Minute)
	for range 5 { // each time with the right password
		b := h.browser()
		b.signIn("leader", password)
		b.submit("/signin/code", "code", "123456")
	}
	if u := must(h.ledger.User(t.Context(), "leader")); !u.LockedAt(h.now()) {
		t.Errorf("five wrong codes: %+v", u)
	}
	h.pass(16 * time.Minute)
	b := h.browser()
	b.signIn("leader", password)
	b.submit("/signin/code", "code", must(totp.GenerateCode(secret, h.now())))
	if !b.signedIn() {
		t.Error("still locked after 16 minutes")
	}
}

func TestARoleThatNeedsASecondFactorSetsItUpFirst(t *testing.T) {
	h := newHouse(t)
	h.server.NeedFactor(huiying.Leader)
	leader := h.at("leader")
	if r := leader.page("/cases"); r.header.Get("Location") != "/me" {
		t.Errorf("without a second factor one goes to %d %q", r.status, r.header.Get("Location"))
	}
	leader.page("/me").says(t, "须启用二次验证")
	leader.enrol(h.now())
	if r := leader.page("/cases"); r.status != http.StatusOK {
		t.Errorf("afterwards: %d", r.status)
	}
	if r := h.at("monitor").page("/cases"); r.status != http.StatusOK {
		t.Errorf("another role: %d", r.status)
	}

	sec := h.at("secadmin")
	sec.page("/users/leader").says(t, "重置二次验证")
	sec.submit("/users/leader/reset-second-factor", "reason", "手机丢失，本人到场")
	if leader.signedIn() {
		t.Error("the session outlives its second factor")
	}
	again := h.browser()
	if r := again.signIn("leader", password); r.header.Get("Location") != "/" {
		t.Errorf("after a reset: %q", r.header.Get("Location"))
	}
	h.audited(t, "user.reset-second-factor")
}

func TestOnesOwnSecondFactorGoesAgainstACode(t *testing.T) {
	h := newHouse(t)
	monitor := h.at("monitor")
	secret, _ := monitor.enrol(h.now())
	if r := monitor.submit("/me/factor/remove", "code", "000000"); r.status != http.StatusUnprocessableEntity {
		t.Errorf("against a wrong code: %d", r.status)
	}
	if r := monitor.submit("/me/factor"); r.status != http.StatusConflict {
		t.Errorf("a second device over the first: %d", r.status)
	}
	h.pass(time.Minute)
	monitor.submit("/me/factor/remove", "code", must(totp.GenerateCode(secret, h.now())))
	if d := must(h.ledger.SecondFactor(context.Background(), "monitor")); d.User != "" {
		t.Errorf("it is still there: %+v", d)
	}
	sound(t, "/me", monitor.page("/me"))
	h.audited(t, "factor.remove")
}
