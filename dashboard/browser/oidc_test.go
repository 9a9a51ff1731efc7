package browser_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"huiying/dashboard/browser"
	"huiying/deploy/dev"
)

// A browser goes to the office's identity provider, another site, and comes back
// signed in; who signs out is asked for the password there again.
func TestSigningInAtTheProviderInABrowser(t *testing.T) {
	t.Parallel()
	shared := running(t)
	if shared.binary == "" {
		t.Skip("starts an installation of its own")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	listen := l.Addr().String()
	must(t, l.Close())
	provider, err := dev.StartProvider(t.Context(), t.TempDir(), "http://"+listen+"/signin/oidc/callback", "3f1c-leader")
	if errors.Is(err, dev.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	must(t, err)
	defer provider.Stop()

	dir := t.TempDir()
	config := filepath.Join(dir, "huiying.yaml")
	must(t, os.WriteFile(filepath.Join(dir, "oidc.secret"), []byte(provider.Secret), 0o600))
	must(t, os.WriteFile(config, fmt.Appendf(nil, "region: \"141122\"\ndata: data\nlisten: [%q]\nbase_url: http://%s\naccess:\n  second_factor: []\n  oidc: {name: 市统一身份认证, issuer: %q, client_id: %s, secret_file: oidc.secret}\n", listen, listen, provider.Issuer, provider.Client), 0o600))
	const password = "Wenyu-he-2026"
	for user, role := range map[string]string{"qian.an": "secadmin", "wang.zb": "leader"} {
		add := exec.Command(shared.binary, "user", "--config", config, user, "--role", role, "--full", "某人")
		add.Stdin = strings.NewReader(password + "\n")
		if out, err := add.CombinedOutput(); err != nil {
			t.Fatalf("add %s: %v\n%s", user, err, out)
		}
	}
	_, _, stop := serving(t, exec.Command(shared.binary, "serve", "--config", config))
	defer stop()
	must(t, ready("http://"+listen))

	b := chromium(t)
	w, err := b.Tab("http://"+listen, browser.Desktop)
	must(t, err)
	defer w.Close() // its console may speak: an identity nobody bound is a 401
	there := func() {
		t.Helper()
		must(t, w.Open("/signin"))
		must(t, w.Click("a[href^='/signin/oidc']"))
		must(t, w.Fill("#username", "3f1c-leader@sso"))
		must(t, w.Fill("#password", dev.ProviderPassword))
		must(t, w.Click("button[type=submit]"))
	}
	there()
	shows(t, w, ".problem", "3f1c-leader 还没有绑定")

	sec, err := b.Tab("http://"+listen, browser.Desktop)
	must(t, err)
	defer sec.Close()
	must(t, sec.SignIn("qian.an", password))
	must(t, sec.Open("/users/wang.zb"))
	must(t, sec.Fill("#b-subject", "3f1c-leader"))
	must(t, sec.Fill("#b-reason", "本人持工作证办理"))
	must(t, sec.Click("form[action$='/bind-subject'] button"))
	must(t, sec.Wait(".note[role=status]"))

	for range 2 {
		there()
		must(t, w.Until(`document.body.dataset.user === "wang.zb" && document.querySelector("main h1")`))
		signOut(t, w, "wang.zb")
	}
}
