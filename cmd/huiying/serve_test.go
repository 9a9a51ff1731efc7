package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestTheProfilerIsForTheMachineItself(t *testing.T) {
	h := profiled(http.NotFoundHandler())
	for _, c := range []struct {
		from, to string
		want     int
	}{
		{"127.0.0.1:4000", "127.0.0.1:9090", http.StatusOK},
		{"[::1]:4000", "[::1]:9090", http.StatusOK},
		{"10.0.0.11:4000", "10.0.0.11:9090", http.StatusOK}, // typed on the machine, at the address it listens on
		{"10.0.0.9:4000", "10.0.0.11:9090", http.StatusForbidden},
		{"[fd00::9]:4000", "[fd00::11]:9090", http.StatusForbidden},
		{"nonsense", "10.0.0.11:9090", http.StatusForbidden},
	} {
		to, err := net.ResolveTCPAddr("tcp", c.to)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, "/debug/pprof/", nil)
		r.RemoteAddr = c.from
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(to))))
		if w.Code != c.want {
			t.Errorf("from %s to %s: %d, want %d", c.from, c.to, w.Code, c.want)
		}
	}
}
