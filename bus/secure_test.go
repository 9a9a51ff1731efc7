package bus

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"huiying"
)

// A server as an operator would run it: TLS with certificates on both sides, and
// accounts with credentials.
func TestCertificatesAndCredentialsOpenTheBusAndNothingElseDoes(t *testing.T) {
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	serverCert, _ := ca.issue(t, dir, "server")
	_, files := ca.issue(t, dir, "client")
	stranger := newAuthority(t, dir, "stranger")
	_, strange := stranger.issue(t, dir, "strange")
	resolver, operator, system, creds := accounts(t, dir)
	otherCreds := func() string { _, _, _, c := accounts(t, t.TempDir()); return c }()

	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	s := startNATS(t, &server.Options{
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{serverCert}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS12},
		TLS:       true, TLSTimeout: 5, TrustedOperators: operator, AccountResolver: resolver, SystemAccount: system,
	})

	good := Config{URL: s.ClientURL(), MaxBytes: 64 << 20, Creds: creds, TLS: TLS{CA: ca.file, Cert: files.cert, Key: files.key}}
	b := open(t, good)
	var c tally
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 32, c.posts) })
	publish(t, b, posts(0, 50))
	eventually(t, "posts travel", func() bool { return c.distinct() == 50 })

	for name, spoil := range map[string]func(*Config){
		"no credentials":              func(c *Config) { c.Creds = "" },
		"credentials of another":      func(c *Config) { c.Creds = otherCreds },
		"no certificate":              func(c *Config) { c.TLS.Cert, c.TLS.Key = "", "" },
		"a certificate of a stranger": func(c *Config) { c.TLS.Cert, c.TLS.Key = strange.cert, strange.key },
		"a server nobody vouches for": func(c *Config) { c.TLS.CA = stranger.file },
	} {
		cfg := good
		spoil(&cfg)
		b, err := Open(t.Context(), cfg)
		if err == nil {
			_ = b.Close(t.Context())
		}
		if !errors.Is(err, huiying.ErrBusy) {
			t.Errorf("%s: %v, want that the bus cannot be reached", name, err)
		}
	}
}

type pair struct{ cert, key string }

type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T, dir, name string) *authority {
	t.Helper()
	a := &authority{key: newKey(t), file: filepath.Join(dir, name+".pem")}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	writePEM(t, a.file, "CERTIFICATE", der)
	return a
}

func (a *authority) issue(t *testing.T, dir, name string) (tls.Certificate, pair) {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	files := pair{filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")}
	writePEM(t, files.cert, "CERTIFICATE", der)
	writePEM(t, files.key, "EC PRIVATE KEY", secret)
	both, err := tls.LoadX509KeyPair(files.cert, files.key)
	if err != nil {
		t.Fatal(err)
	}
	return both, files
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// accounts makes an operator, the system's account, one that may use JetStream,
// and the credentials of a user of it.
func accounts(t *testing.T, dir string) (r server.AccountResolver, operators []*jwt.OperatorClaims, system, creds string) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	names := func(kp nkeys.KeyPair, err error) (nkeys.KeyPair, string) {
		t.Helper()
		check(err)
		public, err := kp.PublicKey()
		check(err)
		return kp, public
	}
	operatorKey, operatorName := names(nkeys.CreateOperator())
	accountKey, accountName := names(nkeys.CreateAccount())
	userKey, userName := names(nkeys.CreateUser())
	_, system = names(nkeys.CreateAccount())

	operator := jwt.NewOperatorClaims(operatorName)
	_, err := operator.Encode(operatorKey)
	check(err)
	account := jwt.NewAccountClaims(accountName)
	account.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1, Streams: -1, Consumer: -1}
	accountText, err := account.Encode(operatorKey)
	check(err)
	userText, err := jwt.NewUserClaims(userName).Encode(accountKey)
	check(err)
	seed, err := userKey.Seed()
	check(err)
	text, err := jwt.FormatUserConfig(userText, seed)
	check(err)
	creds = filepath.Join(dir, "huiying.creds")
	check(os.WriteFile(creds, text, 0o600))
	systemText, err := jwt.NewAccountClaims(system).Encode(operatorKey)
	check(err)
	resolver := &server.MemAccResolver{}
	check(resolver.Store(accountName, accountText))
	check(resolver.Store(system, systemText))
	return resolver, []*jwt.OperatorClaims{operator}, system, creds
}
