package dashboard_test

import (
	"net/http"
	"strings"
	"testing"
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
