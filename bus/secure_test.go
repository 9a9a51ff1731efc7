package bus

import (
	"context"
	"errors"
	"testing"

	"huiying"
	"huiying/deploy/dev"
)

// A server as an operator would run it: TLS with certificates on both sides, and
// accounts with credentials.
func TestCertificatesAndCredentialsOpenTheBusAndNothingElseDoes(t *testing.T) {
	s, err := dev.StartNATS(t.Context(), t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop() })
	elsewhere := t.TempDir()
	stranger, err := dev.NewAuthority(elsewhere, "stranger")
	if err != nil {
		t.Fatal(err)
	}
	strange, err := stranger.Issue(elsewhere, "strange")
	if err != nil {
		t.Fatal(err)
	}
	otherCreds, err := dev.NATSCredentials(elsewhere)
	if err != nil {
		t.Fatal(err)
	}

	good := Config{URL: s.URL(), MaxBytes: 64 << 20, Creds: s.Creds, TLS: TLS{CA: s.CA, Cert: s.Client.Cert, Key: s.Client.Key}}
	b := open(t, good)
	var c tally
	run(t, func(ctx context.Context) error { return b.ConsumePosts(ctx, "analyzer", 32, c.posts) })
	publish(t, b, posts(0, 50))
	eventually(t, "posts travel", func() bool { return c.distinct() == 50 })

	for name, spoil := range map[string]func(*Config){
		"no credentials":              func(c *Config) { c.Creds = "" },
		"credentials of another":      func(c *Config) { c.Creds = otherCreds },
		"no certificate":              func(c *Config) { c.TLS.Cert, c.TLS.Key = "", "" },
		"a certificate of a stranger": func(c *Config) { c.TLS.Cert, c.TLS.Key = strange.Cert, strange.Key },
		"a server nobody vouches for": func(c *Config) { c.TLS.CA = stranger.File },
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
