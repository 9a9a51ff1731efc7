package browser_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"huiying"
	"huiying/dashboard"
	"huiying/dashboard/browser"
)

// installation is a running system and its accounts: `huiying demo`, built and
// started here, or the one HUIYING_URL and HUIYING_CREDENTIALS name.
type installation struct {
	url      string
	accounts []dashboard.Credential
	binary   string // what was started; "" for one that ran already
	data     string // its folder; "" for one that ran already
}

var (
	demoOnce sync.Once
	demo     installation
	demoErr  error
	demoStop = func() {}
)

func TestMain(m *testing.M) {
	code := m.Run()
	demoStop()
	os.Exit(code)
}

// running is the one installation all tests of this package look at.
func running(t *testing.T) installation {
	t.Helper()
	demoOnce.Do(func() { demo, demoStop, demoErr = start() })
	if demoErr != nil {
		t.Fatal(demoErr)
	}
	return demo
}

func start() (installation, func(), error) {
	none := func() {}
	if url := os.Getenv("HUIYING_URL"); url != "" {
		accounts, err := readAccounts(os.Getenv("HUIYING_CREDENTIALS"))
		return installation{url: url, accounts: accounts}, none, err
	}
	dir, err := os.MkdirTemp("", "huiying-browser")
	if err != nil {
		return installation{}, none, err
	}
	clean := func() { _ = os.RemoveAll(dir) }
	binary := filepath.Join(dir, "huiying")
	if out, err := exec.Command("go", "build", "-o", binary, "huiying/cmd/huiying").CombinedOutput(); err != nil {
		return installation{}, clean, fmt.Errorf("build huiying: %w\n%s", err, out)
	}
	in, stop, err := launch(binary, filepath.Join(dir, "data"), "127.0.0.1:0")
	return in, func() { stop(); clean() }, err
}

// launch runs a demo until the function it returns is called.
func launch(binary, data, listen string) (installation, func(), error) {
	in := installation{binary: binary, data: data}
	cmd := exec.Command(binary, "demo", "--listen", listen, "--data", data)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return in, func() {}, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return in, func() {}, fmt.Errorf("start the demo: %w", err)
	}
	stop := func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
	if in.url, err = readURL(stdout); err != nil {
		return in, stop, err
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }() // ends with the process
	if in.accounts, err = readAccounts(filepath.Join(data, "demo-credentials.json")); err == nil {
		err = ready(in.url)
	}
	return in, stop, err
}

// readURL is the address the demo prints first.
func readURL(r io.Reader) (string, error) {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if i := strings.Index(lines.Text(), "http://"); i >= 0 {
			return strings.TrimRight(strings.Fields(lines.Text()[i:])[0], "/"), nil
		}
	}
	return "", errors.New("the demo ended without printing its address")
}

func readAccounts(file string) ([]dashboard.Credential, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []dashboard.Credential
	return out, json.Unmarshal(raw, &out)
}

func ready(url string) error {
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var resp *http.Response
		if resp, err = http.Get(url + "/readyz"); err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		err = errors.New(resp.Status)
	}
	return fmt.Errorf("the demo is not ready: %w", err)
}

// account is the first account of a role.
func (in installation) account(t *testing.T, role huiying.Role) dashboard.Credential {
	t.Helper()
	for _, c := range in.accounts {
		if c.Role == role {
			return c
		}
	}
	t.Fatalf("the demo has no %s", role)
	return dashboard.Credential{}
}

// person is the account of a name.
func (in installation) person(t *testing.T, user string) dashboard.Credential {
	t.Helper()
	for _, c := range in.accounts {
		if string(c.User) == user {
			return c
		}
	}
	t.Fatalf("the demo has no account %s", user)
	return dashboard.Credential{}
}

// call uses the API as an account and decodes the answer.
func (in installation) call(t *testing.T, as dashboard.Credential, method, path string, body, into any) {
	t.Helper()
	var payload io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		payload = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, in.url+"/api/v1"+path, payload)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+as.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode >= 300 {
		t.Fatalf("%s %s as %s: %s %s", method, path, as.User, resp.Status, raw)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, raw)
	}
}

// assigned opens a case through the API and sends it to a unit.
func (in installation) assigned(t *testing.T, title string, lead huiying.UnitID) huiying.Case {
	t.Helper()
	var c huiying.Case
	in.call(t, in.account(t, huiying.Monitor), "POST", "/cases", map[string]any{
		"queue": "offline", "title": title, "summary": "居民来电，请尽快核实。", "level": "orange",
	}, &c)
	in.call(t, in.account(t, huiying.Leader), "POST", "/cases/"+string(c.ID)+"/assign", map[string]any{"version": c.Version, "lead": lead}, &c)
	return c
}

// chromium starts a browser that the test closes. Without one the test is
// skipped, but never in CI.
func chromium(t *testing.T) *browser.Browser {
	t.Helper()
	b, err := browser.Start(context.Background(), t.TempDir())
	if errors.Is(err, browser.ErrNoChromium) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// tab opens a signed-in window; at the end its console must have been silent.
func tab(t *testing.T, b *browser.Browser, in installation, as dashboard.Credential, s browser.Screen) *browser.Tab {
	t.Helper()
	w, err := b.Tab(in.url, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, p := range w.Problems() {
			t.Errorf("the console of %s says: %s", as.User, p)
		}
		if t.Failed() {
			_ = w.Shot(filepath.Join(os.TempDir(), "huiying-failed-"+string(as.User)+".png"), false) // a picture helps, its absence hurts nobody
		}
		w.Close()
	})
	must(t, w.SignIn(string(as.User), as.Password))
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
