package dashboard_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"huiying"
)

func TestAPanicIsAnsweredAndLoggedOnce(t *testing.T) {
	h := newHouse(t)
	h.server.Route("GET /api/v1/panic", func(http.ResponseWriter, *http.Request) { panic("the roof is gone") })
	h.server.Route("GET /panic", func(http.ResponseWriter, *http.Request) { panic("the roof is gone") })
	p := h.as("monitor").get("/panic").problem(t, 500)
	if strings.Contains(p.Detail, "roof") || !strings.Contains(p.Detail, strings.TrimPrefix(p.Instance, "urn:huiying:request:")) {
		t.Errorf("%+v", p)
	}
	r := h.as("monitor").do("GET", "/panic", nil, "Accept", "text/html")
	if r.status != 500 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") || strings.Contains(string(r.body), "roof") {
		t.Errorf("%d %s", r.status, r.header.Get("Content-Type"))
	}
	if n := strings.Count(h.log.String(), "the roof is gone"); n != 2 {
		t.Errorf("logged %d times, want once each", n)
	}
	if r := h.as("monitor").get("/cases"); r.status != 200 {
		t.Errorf("the server is gone too: %d", r.status)
	}
}

func TestAPageAndAProgramGetTheirOwnErrors(t *testing.T) {
	h := newHouse(t)
	for _, tt := range []struct{ path, accept, kind string }{
		{"/nothing", "text/html,*/*", "text/html"},
		{"/nothing", "application/json", "application/problem+json"},
		{"/api/v1/nothing", "text/html,*/*", "application/problem+json"},
	} {
		r := h.as("monitor").do("GET", tt.path, nil, "Accept", tt.accept)
		if r.status != 404 || !strings.HasPrefix(r.header.Get("Content-Type"), tt.kind) {
			t.Errorf("%s for %s: %d %s", tt.path, tt.accept, r.status, r.header.Get("Content-Type"))
		}
	}
}

func TestOneRequestOneLogLine(t *testing.T) {
	h := newHouse(t)
	r := h.as("monitor").get("/cases")
	h.browser().do("GET", "/healthz", nil)
	id := r.header.Get("X-Request-Id")
	if n := strings.Count(h.log.String(), id); n != 1 || !strings.Contains(h.log.String(), "user=monitor") {
		t.Errorf("%d lines about %s in\n%s", n, id, h.log)
	}
	if strings.Contains(h.log.String(), "token-monitor") || strings.Contains(h.log.String(), "/healthz") {
		t.Error("the log holds a token, or the noise of health checks")
	}
}

// A counter that is reached by IPv6 alone works the same, and the record names the
// address without brackets or port.
func TestPagesAreServedOverIPv6(t *testing.T) {
	h := newHouse(t)
	listener, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6:", err)
	}
	six := httptest.NewUnstartedServer(h.server)
	check(t, six.Listener.Close())
	six.Listener = listener
	six.Start()
	defer six.Close()
	h.web.Close()
	h.web = six
	b := h.browser()
	b.signIn("leader", password)
	if r := b.do("GET", "/cases", nil, "Accept", "text/html"); r.status != http.StatusOK || !strings.Contains(r.header.Get("Content-Security-Policy"), "ws://[::1]:") {
		t.Errorf("%d, %s", r.status, r.header.Get("Content-Security-Policy"))
	}
	if rows := must(h.ledger.AuditTrail(t.Context(), huiying.AuditQuery{Region: jiaocheng, Who: "leader", Action: "session.sign-in", Limit: 1})).Items; len(rows) != 1 || rows[0].From != "::1" {
		t.Errorf("signing in over IPv6 is on record as %+v", rows)
	}
}
