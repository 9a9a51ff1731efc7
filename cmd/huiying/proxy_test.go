package main_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// site is the name that deploy/nginx and deploy/caddy serve.
const site = "yq.example.gov.cn"

// proxy is a real nginx or Caddy with the configuration an operator installs,
// on ports of its own.
type proxy struct {
	name        string
	config      func(t *testing.T, dir, upstream string, httpPort, httpsPort int) []string // what to run
	http, https int
	roots       *x509.CertPool
}

func nginx(t *testing.T, dir, upstream string, httpPort, httpsPort int) []string {
	own := replaced(t, "../../deploy/nginx/huiying.conf", map[string]string{
		"127.0.0.1:8080": upstream, "listen 80;": fmt.Sprintf("listen %d;", httpPort), "listen [::]:80;": fmt.Sprintf("listen [::]:%d;", httpPort),
		"listen 443 ": fmt.Sprintf("listen %d ", httpsPort), "listen [::]:443 ": fmt.Sprintf("listen [::]:%d ", httpsPort), "/etc/huiying/tls": dir,
	})
	write(t, filepath.Join(dir, "huiying.conf"), own)
	user := ""
	if os.Getuid() == 0 {
		user = "user root;\n"
	}
	main := user + "daemon off;\nworker_processes 1;\npid DIR/pid;\nerror_log DIR/error.log;\nevents {}\nhttp {\naccess_log off;\n" +
		"client_body_temp_path DIR/body;\nproxy_temp_path DIR/proxy;\nfastcgi_temp_path DIR/f;\nuwsgi_temp_path DIR/u;\nscgi_temp_path DIR/s;\ninclude DIR/huiying.conf;\n}\n"
	write(t, filepath.Join(dir, "nginx.conf"), strings.ReplaceAll(main, "DIR", dir))
	return []string{"nginx", "-e", filepath.Join(dir, "error.log"), "-c", filepath.Join(dir, "nginx.conf")}
}

func caddy(t *testing.T, dir, upstream string, httpPort, httpsPort int) []string {
	own := replaced(t, "../../deploy/caddy/Caddyfile", map[string]string{
		"127.0.0.1:8080": upstream, "admin off": fmt.Sprintf("admin off\n\thttp_port %d\n\thttps_port %d", httpPort, httpsPort), "/etc/huiying/tls": dir,
	})
	write(t, filepath.Join(dir, "Caddyfile"), own)
	return []string{"caddy", "run", "--adapter", "caddyfile", "--config", filepath.Join(dir, "Caddyfile")}
}

// replaced is a file of deploy/ with the operator's values put in; each must be there.
func replaced(t *testing.T, path string, values map[string]string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for from, to := range values {
		if !strings.Contains(string(raw), from) {
			t.Fatalf("%s has no %q", path, from)
		}
		pairs = append(pairs, from, to)
	}
	return strings.NewReplacer(pairs...).Replace(string(raw))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestBehindAProxy(t *testing.T) {
	for _, p := range []*proxy{{name: "nginx", config: nginx}, {name: "caddy", config: caddy}} {
		t.Run(p.name, func(t *testing.T) {
			if _, err := exec.LookPath(p.name); err != nil && os.Getenv("HUIYING_DEPLOY") == "" {
				t.Skip(err, "; make test-deploy installs it")
			}
			in := install(t)
			in.kill(syscall.SIGTERM)
			f, err := os.OpenFile(in.config, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = f.WriteString("behind_tls: true\n")
			_ = f.Close()
			in.start()
			p.start(t, strings.TrimPrefix(in.url, "http://"))
			for _, address := range []string{"127.0.0.1", "[::1]"} {
				p.serves(t, in, address)
			}
			p.keepsNumbersInside(t)
			log, err := os.ReadFile(in.logFile())
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(log), "203.0.113.9") || !strings.Contains(string(log), "from=::1") || !strings.Contains(string(log), "from=127.0.0.1") {
				t.Errorf("the caller is not who the proxy says it is:\n%s", tail(log))
			}
		})
	}
}

// start writes a certificate and runs the proxy until the test ends.
func (p *proxy) start(t *testing.T, upstream string) {
	t.Helper()
	dir := t.TempDir()
	p.roots = certificate(t, dir)
	p.http, p.https = freePort(t), freePort(t)
	args := p.config(t, dir, upstream, p.http, p.https)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", p.name, &said)
		}
	})
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p.https))
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not listen: %v\n%s", p.name, err, &said)
		}
	}
}

// client reaches the site at an address of this machine, from an address of it.
func (p *proxy) client(address, from string) *http.Client {
	return &http.Client{
		Timeout: time.Minute,
		Transport: &http.Transport{
			ForceAttemptHTTP2: true,
			TLSClientConfig:   &tls.Config{RootCAs: p.roots},
			DialContext:       dialer(address, from),
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func dialer(address, from string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, to string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(to)
		if err != nil {
			return nil, err
		}
		var d net.Dialer
		if from != "" {
			d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
		}
		return d.DialContext(ctx, network, address+":"+port)
	}
}

func (p *proxy) serves(t *testing.T, in *installation, address string) {
	t.Helper()
	client, base := p.client(address, ""), fmt.Sprintf("https://%s:%d", site, p.https)
	call := func(method, url string, body io.Reader) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, url, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+in.token)
		r.Header.Set("Content-Type", "application/x-ndjson")
		r.Header.Set("X-Forwarded-For", "203.0.113.9") // what a caller claims
		resp, err := client.Do(r)
		if err != nil {
			t.Fatalf("%s at %s: %v", url, address, err)
		}
		defer func() { _ = resp.Body.Close() }()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(text)
	}

	if resp, _ := call("GET", base+"/", nil); resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s: the first page: %s, HTTP/%d, %v", address, resp.Status, resp.ProtoMajor, resp.Header)
	}
	if resp, _ := call("GET", fmt.Sprintf("http://%s:%d/signin", site, p.http), nil); resp.StatusCode/100 != 3 || !strings.HasPrefix(resp.Header.Get("Location"), "https://"+site) {
		t.Errorf("%s: plain HTTP: %s to %q", address, resp.Status, resp.Header.Get("Location"))
	}

	dial := websocket.Dialer{NetDialContext: dialer(address, ""), TLSClientConfig: &tls.Config{RootCAs: p.roots}, HandshakeTimeout: 20 * time.Second}
	ws, resp, err := dial.DialContext(t.Context(), "wss"+strings.TrimPrefix(base, "https")+"/api/v1/live", http.Header{"Authorization": {"Bearer " + in.token}})
	if err != nil {
		t.Fatalf("%s: websocket: %v (%v)", address, err, resp)
	}
	defer func() { _ = ws.Close() }()
	_ = ws.SetReadDeadline(time.Now().Add(time.Minute))

	title := "经代理 " + address + " 推送的信息"
	line := fmt.Sprintf(`{"source":"12345","channel":"hotline","title":%q,"text":"南街小区停暖三天。","published_at":%q}`+"\n", title, time.Now().Format(time.RFC3339))
	if resp, text := call("POST", base+"/api/v1/posts", strings.NewReader(line)); resp.StatusCode != http.StatusAccepted {
		t.Fatalf("%s: push: %s %s", address, resp.Status, text)
	}
	for {
		_, message, err := ws.ReadMessage()
		if err != nil {
			t.Fatalf("%s: the post does not come over the websocket: %v", address, err)
		}
		if bytes.Contains(message, []byte(title)) {
			break
		}
	}

	blank := strings.Repeat("\n", 1<<20)
	if resp, text := call("POST", base+"/api/v1/posts", strings.NewReader(strings.Repeat(blank, 20)+line)); resp.StatusCode != http.StatusAccepted {
		t.Errorf("%s: a push of 20 MB: %s %s", address, resp.Status, text)
	}
	if resp, _ := call("POST", base+"/api/v1/posts", strings.NewReader(strings.Repeat(blank, 40)+line)); resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("%s: a push of 40 MB: %s", address, resp.Status)
	}
}

// keepsNumbersInside asks for the numbers from this machine and from another.
func (p *proxy) keepsNumbersInside(t *testing.T) {
	t.Helper()
	for from, want := range map[string]int{"127.0.0.1": http.StatusOK, "127.0.0.2": http.StatusForbidden} {
		resp, err := p.client("127.0.0.1", from).Get(fmt.Sprintf("https://%s:%d/metrics", site, p.https))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("/metrics from %s: %s, want %d", from, resp.Status, want)
		}
	}
}

// certificate writes fullchain.pem and key.pem, signed by itself.
func certificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{site}, IsCA: true, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	write(t, filepath.Join(dir, "fullchain.pem"), string(chain))
	write(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(chain)
	return pool
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
