package dashboard

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Behind our proxy the caller is whom the proxy names last; what stands to the
// left of that, callers may have written themselves.
func TestTheCallerIsWhomTheProxyNames(t *testing.T) {
	for _, tt := range []struct {
		behind    bool
		forwarded []string
		want      string
	}{
		{true, []string{"192.0.2.7"}, "192.0.2.7"},
		{true, []string{"2001:db8:1:2::1"}, "2001:db8:1:2::1"},
		{true, []string{"203.0.113.9, 2001:db8::7"}, "2001:db8::7"},
		{true, []string{"203.0.113.9", "::1"}, "::1"},
		{true, []string{"192.0.2.7, not an address"}, "2001:db8::5"},
		{true, nil, "2001:db8::5"},
		{false, []string{"192.0.2.7"}, "2001:db8::5"}, // no proxy of ours: the header is anybody's
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "[2001:db8::5]:4711"
		for _, f := range tt.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		s := &Server{}
		s.cfg.TLS = tt.behind
		r.RemoteAddr = s.remoteAddr(r)
		if got := remote(r); got != tt.want {
			t.Errorf("behind a proxy %t, X-Forwarded-For %q: %s, want %s", tt.behind, tt.forwarded, got, tt.want)
		}
	}
}
