package dashboard

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"huiying"
	"huiying/dashboard/report"
)

// Server is the whole dashboard: pages, API, websocket, metrics. It serves as
// soon as it is made; what is live begins with [Server.Run].
type Server struct {
	cfg      Config
	log      *slog.Logger
	wall     func() time.Time
	handler  http.Handler
	mux      *routes
	sessions *sessions
	hub      *hub
	metrics  *metrics
	openapi  []byte

	crossOrigin *http.CrossOriginProtection
	hashing     chan struct{} // bounds the memory argon2id takes

	overviews memo[huiying.Overview]
	walls     memo[wallView]
	uploads   *uploads
	verifier  *verifier
	limits    *limiter
	looks     *looks
	oidc      *federation      // nil: passwords only
	vault     *vault           // nil: no second factors
	reports   *report.Reporter // nil: none
	schedule  schedule
	draining  atomic.Bool // about to stop: /readyz says no
}

// New makes a dashboard from its parts.
func New(cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Wall == nil {
		cfg.Wall = time.Now
	}
	s := &Server{
		cfg:     cfg,
		log:     cfg.Log,
		wall:    cfg.Wall,
		hashing: make(chan struct{}, 2),

		crossOrigin: http.NewCrossOriginProtection(),
	}
	s.mux = &routes{ServeMux: http.NewServeMux(), s: s}
	s.verifier = newVerifier()
	s.limits, s.looks = newLimiter(), newLooks()
	s.oidc = newFederation(cfg.OIDC, cfg.Wall)
	var err error
	if s.vault, err = newVault(cfg.Factor.Key); err != nil {
		return nil, err
	}
	s.sessions = newSessions(cfg.Ledger, cfg.Wall, cfg.TLS, cfg.Log)
	s.uploads = newUploads(cfg.Temp, cfg.Wall)
	if cfg.Templates != nil {
		s.reports = report.New(report.Config{
			Region: cfg.Region, County: cfg.County, Base: cfg.Base, Archive: cfg.Archive, Ledger: cfg.Ledger, Rules: cfg.Rules, Templates: cfg.Templates,
		})
	}
	s.schedule = schedule{retry: scheduleRetry, done: make(map[huiying.ReportKind]time.Time), fails: make(map[huiying.ReportKind]scheduleFail)}
	s.metrics = newMetrics(s)
	s.hub = newHub(cfg.Speed.Now, cfg.Wall, s.metrics)
	if err := s.routesAPI(s.mux); err != nil {
		return nil, err
	}
	s.routesSignIn(s.mux)
	s.routesHealth(s.mux)
	s.routesPages(s.mux) // registers the pages, but not "/": that is notFound
	if len(s.mux.missing) > 0 {
		return nil, fmt.Errorf("dashboard: access.go has no row for %s", strings.Join(s.mux.missing, ", "))
	}
	s.mux.ServeMux.HandleFunc("/", s.notFound)
	s.handler = s.logged(s.recovered(s.secured(s.sameOrigin(s.mux))))
	return s, nil
}

func (c Config) check() error {
	var missing []string
	for name, absent := range map[string]bool{
		"Region": c.Region == "", "Archive": c.Archive == nil, "Ledger": c.Ledger == nil, "Desk": c.Desk == nil,
		"Inlet": c.Inlet == nil, "Bus": c.Bus == nil, "Rules": c.Rules == nil,
	} {
		if absent {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("dashboard: %s missing", strings.Join(missing, ", "))
	}
	return nil
}

// ServeHTTP answers every request of people and programs.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Run hears the bus and feeds the open screens until ctx ends, then closes them
// with a close frame and waits until they are gone.
func (s *Server) Run(ctx context.Context) error {
	g, inner := errgroup.WithContext(ctx)
	s.hub.open()
	g.Go(func() error { return s.listen(inner) })
	g.Go(func() error { return s.hub.tend(inner) })
	g.Go(func() error { return s.beat(inner) })
	g.Go(func() error { return s.importUploads(inner) })
	g.Go(func() error { return s.verifyAudits(inner) })
	g.Go(func() error { return s.keepSchedule(inner) })
	err := g.Wait()
	s.hub.close()
	if ctx.Err() != nil {
		err = nil // asked to stop
	}
	return err
}

// now is the county's time, which a demo may run faster.
func (s *Server) now() time.Time { return s.cfg.Speed.Now() }

// pageFunc answers a signed-in person; an error becomes the error page.
type pageFunc func(w http.ResponseWriter, r *http.Request, p huiying.Person) error

// page is the handler of a page for people who are signed in: others are sent
// to the sign-in page and come back afterwards.
func (s *Server) page(f pageFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := s.person(r)
		if !ok {
			s.toSignIn(w, r)
			return
		}
		if err := f(w, r, p); err != nil {
			s.note(r, err)
			s.errorPage(w, r, p, err)
		}
	})
}

// notFound answers what no route took: a known path with the wrong method, or
// nothing we have.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	if allow := s.otherMethods(r); len(allow) > 0 {
		w.Header().Set("Allow", strings.Join(allow, ", "))
		s.fail(w, r, &statusError{http.StatusMethodNotAllowed, "这个地址只接受 " + strings.Join(allow, "、")})
		return
	}
	s.fail(w, r, huiying.Errorf(huiying.CodeNotFound, "没有这个地址"))
}

func (s *Server) otherMethods(r *http.Request) []string {
	var allow []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		try := &http.Request{Method: m, URL: r.URL, Host: r.Host}
		if _, pattern := s.mux.Handler(try); m != r.Method && pattern != "/" && pattern != "" {
			allow = append(allow, m)
		}
	}
	return allow
}
