package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"huiying"
	"huiying/bus"
	"huiying/deploy/dev"
)

func TestConfigAccess(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "oidc.secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	load := func(text string) (*Config, error) {
		path := filepath.Join(dir, configName)
		if err := os.WriteFile(path, []byte("region: \"141122\"\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		return loadConfig(path)
	}
	c, err := load("")
	if err != nil || len(c.Access.SecondFactor) != 4 {
		t.Fatalf("without the section: %v, %v", c, err)
	}
	if c, err := load("access:\n  second_factor: []\n"); err != nil || len(c.Access.SecondFactor) != 0 {
		t.Errorf("switched off: %v, %v", c.Access.SecondFactor, err)
	}
	for text, want := range map[string]string{
		"access:\n  second_factor: [boss]\n":                                                 "没有 \"boss\" 这个角色",
		"access:\n  oidc: {issuer: \"http://sso.example.invalid\", client_id: x}\n":          "https",
		"base_url: https://hy\naccess:\n  oidc: {issuer: \"https://sso.example.invalid\"}\n": "client_id",
		"access:\n  oidc: {issuer: \"https://sso.example.invalid\", client_id: x}\n":         "base_url",
		"access:\n  oicd: {}\n": "oicd",
	} {
		if _, err := load(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	c, err = load("base_url: https://hy.example.invalid/\naccess:\n  oidc: {issuer: \"https://sso.example.invalid\", client_id: x, secret_file: oidc.secret}\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.oidc(); huiying.CodeOf(err) != huiying.CodeInvalid {
		t.Errorf("a secret others can read: %v", err)
	}
	if err := os.Chmod(secret, 0o600); err != nil {
		t.Fatal(err)
	}
	if o, err := c.oidc(); err != nil || o.Secret != "s3cret" || o.Redirect != "https://hy.example.invalid/signin/oidc/callback" {
		t.Errorf("%+v, %v", o, err)
	}
	t.Setenv("HUIYING_SECRET_KEY", "short")
	if _, err := c.factorKey(); huiying.CodeOf(err) != huiying.CodeInvalid {
		t.Errorf("a short key: %v", err)
	}
}

func TestConfigRegion(t *testing.T) {
	load := func(region string) error {
		path := filepath.Join(t.TempDir(), configName)
		if err := os.WriteFile(path, []byte("region: \""+region+"\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loadConfig(path)
		return err
	}
	for _, region := range []string{"11", "14", "1411", "141122", "441900"} {
		if err := load(region); err != nil {
			t.Errorf("%s: %v", region, err)
		}
	}
	for _, country := range []string{"00", "100000", "000000"} {
		if err := load(country); huiying.CodeOf(err) != huiying.CodeInvalid || !strings.Contains(err.Error(), "一省一套") {
			t.Errorf("%s: %v", country, err)
		}
	}
}

func TestConfigArchive(t *testing.T) {
	load := func(archive string) error {
		path := filepath.Join(t.TempDir(), configName)
		if err := os.WriteFile(path, []byte("region: \"141122\"\narchive: \""+archive+"\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loadConfig(path)
		return err
	}
	for _, address := range []string{"", "clickhouse://huiying@10.0.0.1:9000/huiying?cluster=county&retention_days=180"} {
		if err := load(address); err != nil {
			t.Errorf("%q: %v", address, err)
		}
	}
	for _, address := range []string{"archive.db", "postgres://10.0.0.1/huiying", "clickhouse://10.0.0.1:9000", "clickhouse://10.0.0.1:9000/huiying?retention_days=半年"} {
		if err := load(address); huiying.CodeOf(err) != huiying.CodeInvalid || !strings.Contains(err.Error(), "archive") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestTheConfigurationsWeShipAreRead(t *testing.T) {
	for _, file := range []string{"../../deploy/systemd/huiying.yaml", "../../deploy/compose/huiying.yaml"} {
		if c, err := loadConfig(file); err != nil || c.County == "" || !c.TLS {
			t.Errorf("%s: %+v %v", file, c, err)
		}
	}
}

// The servers of the bus take the file we ship, and the program talks to three of
// them with the certificates it names.
func TestTheConfigurationOfAClusterIsTakenByRealServers(t *testing.T) {
	c, err := loadConfig("../../deploy/cluster/huiying.yaml")
	if err != nil || c.Ledger == "" || c.Archive == "" || c.Bus.Replicas != 3 || c.Bus.CA == "" {
		t.Fatalf("%+v %v", c, err)
	}
	dir := t.TempDir()
	ca, err := dev.NewAuthority(dir, "ca")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"server", "client"} {
		if _, err := ca.Issue(dir, name); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile("../../deploy/cluster/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	var routes, urls []string
	ports := make([]int, 6)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ports[i] = l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
	}
	for i := range 3 {
		routes = append(routes, fmt.Sprintf("n%d.example.gov.cn:6222", i+1), fmt.Sprintf("127.0.0.1:%d", ports[3+i]))
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", ports[i]))
	}
	for i := range 3 {
		text := strings.NewReplacer(append(slices.Clone(routes),
			"server_name: n1", fmt.Sprintf("server_name: n%d", i+1), "0.0.0.0:4222", fmt.Sprintf("127.0.0.1:%d", ports[i]), "0.0.0.0:6222", fmt.Sprintf("127.0.0.1:%d", ports[3+i]),
			"/var/lib/nats", filepath.Join(dir, fmt.Sprint("store", i)), "50GB", "1GB", "/etc/nats/tls", dir)...).Replace(string(raw))
		path := filepath.Join(dir, fmt.Sprintf("n%d.conf", i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		o, err := server.ProcessConfigFile(path)
		if err != nil {
			t.Fatal(err)
		}
		o.NoSigs, o.NoLog = true, true
		s, err := server.NewServer(o)
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	}
	open := func(cert string) error {
		var key string
		if cert != "" {
			cert, key = filepath.Join(dir, "client.pem"), filepath.Join(dir, "client.key")
		}
		b, err := bus.Open(t.Context(), bus.Config{URL: strings.Join(urls, ","), Region: "141122", Replicas: c.Bus.Replicas, TLS: bus.TLS{CA: ca.File, Cert: cert, Key: key}, MaxBytes: 64 << 20})
		if err != nil {
			return err
		}
		return b.Close(t.Context())
	}
	if err := open("client"); err != nil {
		t.Errorf("with a certificate: %v", err)
	}
	if err := open(""); err == nil {
		t.Error("the servers let in who has no certificate")
	}
}
