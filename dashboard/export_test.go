package dashboard

import (
	"net/http"
	"time"

	"huiying"
)

// Federate gives the server an identity provider. It is called before the first request.
func (s *Server) Federate(c OIDC) { s.oidc = newFederation(c, s.wall) }

// NeedFactor makes roles need a second factor. It is called before the first request.
func (s *Server) NeedFactor(roles ...huiying.Role) { s.cfg.Factor.Roles = roles }

// Hurry makes a server's live connections quick enough for a test, and patient
// enough with a slow one. It is called before Run.
func (s *Server) Hurry(ping, grace time.Duration) {
	s.hub.ping, s.hub.grace, s.hub.write = ping, grace, time.Minute
}

// Route adds a handler behind everything a request passes.
func (s *Server) Route(pattern string, h http.HandlerFunc) { s.mux.ServeMux.HandleFunc(pattern, h) }

// Patterns are the routes of the mux.
func (s *Server) Patterns() []string { return s.mux.patterns }

// Ready says why no screen may be opened yet, nil when one may.
func (s *Server) Ready() error { return s.hub.ready() }

// Heard is the highest number of a live message that came from the bus.
func (s *Server) Heard() uint64 {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return s.hub.last
}

// HurrySchedule makes a report that could not be issued be tried again soon.
func (s *Server) HurrySchedule(retry time.Duration) { s.schedule.retry = retry }
