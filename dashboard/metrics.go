package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"huiying"
)

// metrics are what /metrics shows. What is counted elsewhere (the bus, the
// collector) joins through [Server.Registry].
type metrics struct {
	registry *prometheus.Registry
	clients  prometheus.Gauge
	lagged   prometheus.Counter
	ingest   prometheus.Histogram
	acks     *prometheus.HistogramVec
	notices  *prometheus.CounterVec
	requests *prometheus.HistogramVec
}

func newMetrics(s *Server) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		clients: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "huiying_live_clients", Help: "Open live connections: websockets and waiting polls.",
		}),
		lagged: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "huiying_live_lagged_total", Help: "How often a client was too slow and was told to load anew.",
		}),
		ingest: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "huiying_ingest_to_live_seconds", Help: "From the acceptance of a post to its live message, real time.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15, 60, 300},
		}),
		acks: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "huiying_case_ack_seconds", Help: "From assignment to acknowledgement (签收), in the county's time.",
			Buckets: []float64{60, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400},
		}, []string{"unit", "level"}),
		notices: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "huiying_notifications_total", Help: "Attempts to deliver a notification, by channel and outcome.",
		}, []string{"channel", "outcome"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "huiying_http_request_seconds", Help: "HTTP requests by route and status.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, 1, 5, 30},
		}, []string{"route", "status"}),
	}
	m.registry.MustRegister(m.clients, m.lagged, m.ingest, m.acks, m.notices, m.requests,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&deskCollector{server: s})
	return m
}

// Registry is where other parts register their metrics; their names begin with
// huiying_.
func (s *Server) Registry() *prometheus.Registry { return s.metrics.registry }

// CountNotification counts one attempt to deliver a notification.
func (s *Server) CountNotification(channel, outcome string) {
	s.metrics.notices.WithLabelValues(channel, outcome).Inc()
}

// ExpectNotifications shows a channel's counters from the start, at 0, so that
// its first failure is seen as a change.
func (s *Server) ExpectNotifications(channel string) {
	for _, outcome := range []string{"sent", "retry", "failed"} {
		s.metrics.notices.WithLabelValues(channel, outcome)
	}
}

func (m *metrics) answered(route string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

// heard measures what a live message tells: how long a post took to get here,
// how long a unit took to acknowledge.
func (m *metrics) heard(l huiying.Live, wall time.Time) {
	switch l.Type {
	case huiying.LivePost:
		var d struct {
			Ingested int64 `json:"ingested_ns"`
		}
		if json.Unmarshal(l.Data, &d) == nil && d.Ingested > 0 {
			m.ingest.Observe(max(0, time.Duration(wall.UnixNano()-d.Ingested).Seconds()))
		}
	case huiying.LiveCase:
		var d struct {
			Action huiying.Action `json:"action"`
			Unit   string         `json:"unit"` // who acknowledged; the lead when absent
			Lead   string         `json:"lead"`
			Level  huiying.Level  `json:"level"`
			Took   *float64       `json:"ack_seconds"`
		}
		if json.Unmarshal(l.Data, &d) != nil || d.Action != huiying.ActAcknowledge || d.Took == nil {
			return
		}
		if d.Unit == "" {
			d.Unit = d.Lead
		}
		m.acks.WithLabelValues(d.Unit, d.Level.String()).Observe(*d.Took)
	}
}

var (
	casesOpenDesc = prometheus.NewDesc("huiying_cases_open", "Open cases by level and state.", []string{"level", "state"}, nil)
	sourceOKDesc  = prometheus.NewDesc("huiying_source_last_success_timestamp_seconds", "When a source was last read without error, unix time.", []string{"source"}, nil)

	partUpDesc     = prometheus.NewDesc("huiying_part_up", "Whether ledger, archive and bus answer (1) or not (0).", []string{"part"}, nil)
	casesLateDesc  = prometheus.NewDesc("huiying_cases_late", "Open cases with a deadline that has passed.", nil, nil)
	unackedDesc    = prometheus.NewDesc("huiying_cases_unacknowledged", "Open cases a unit has not acknowledged (签收).", nil, nil)
	deadDesc       = prometheus.NewDesc("huiying_dead_letters", "Messages no consumer could handle, kept aside.", nil, nil)
	sourceStatDesc = prometheus.NewDesc("huiying_source_status", "1 for the colour a source has now: green, yellow, red, grey.", []string{"source", "status"}, nil)
	blindDesc      = prometheus.NewDesc("huiying_blind_spots", "Sources that do not watch now, or did not for a time within the last day.", nil, nil)
)

// collectEvery bounds how often a scrape may ask the ledger.
const collectEvery = 10 * time.Second

// deskCollector reads the ledger when it is scraped.
type deskCollector struct {
	server *Server

	mu   sync.Mutex
	at   time.Time
	last []prometheus.Metric
}

// Describe implements prometheus.Collector.
func (c *deskCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- casesOpenDesc
	ch <- sourceOKDesc
	ch <- partUpDesc
	ch <- casesLateDesc
	ch <- unackedDesc
	ch <- deadDesc
	ch <- sourceStatDesc
	ch <- blindDesc
}

// Collect implements prometheus.Collector.
func (c *deskCollector) Collect(ch chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.server.wall(); c.last == nil || now.Sub(c.at) >= collectEvery {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		got := c.parts(ctx)
		read, err := c.read(ctx)
		if err != nil { // what answers is told nevertheless
			for _, m := range got {
				ch <- m
			}
			ch <- prometheus.NewInvalidMetric(casesOpenDesc, err)
			return
		}
		c.at, c.last = now, slices.Concat(got, read)
	}
	for _, m := range c.last {
		ch <- m
	}
}

// parts tells which parts answer.
func (c *deskCollector) parts(ctx context.Context) []prometheus.Metric {
	var out []prometheus.Metric
	for _, p := range c.server.parts() {
		up := 1.0
		if p.ask(ctx) != nil {
			up = 0
		}
		out = append(out, prometheus.MustNewConstMetric(partUpDesc, prometheus.GaugeValue, up, p.name))
	}
	return out
}

func (c *deskCollector) read(ctx context.Context) ([]prometheus.Metric, error) {
	s := c.server
	region := s.cfg.Region
	o, err := s.overview(ctx, region)
	if err != nil {
		return nil, err
	}
	out := []prometheus.Metric{
		prometheus.MustNewConstMetric(casesLateDesc, prometheus.GaugeValue, float64(o.LateNow)),
		prometheus.MustNewConstMetric(unackedDesc, prometheus.GaugeValue, float64(o.Unacked)),
		prometheus.MustNewConstMetric(deadDesc, prometheus.GaugeValue, float64(o.DeadLetters)),
	}
	for _, state := range huiying.CaseStates {
		if state.Ended() || o.ByState[string(state)] == 0 && o.Rumors+o.Refuted == 0 { // rumours are work too, but in no state of the overview
			continue
		}
		for _, level := range huiying.Levels {
			n, err := s.cfg.Ledger.CountCases(ctx, huiying.CaseQuery{Region: region, States: []huiying.CaseState{state}, Level: level})
			if err != nil {
				return nil, fmt.Errorf("counting open cases: %w", err)
			}
			out = append(out, prometheus.MustNewConstMetric(casesOpenDesc, prometheus.GaugeValue, float64(n), level.String(), string(state)))
		}
	}
	health, err := s.cfg.Ledger.Health(ctx, region)
	if err != nil {
		return nil, fmt.Errorf("reading source health: %w", err)
	}
	for id, h := range health {
		if !h.LastSuccess.IsZero() {
			out = append(out, prometheus.MustNewConstMetric(sourceOKDesc, prometheus.GaugeValue, float64(h.LastSuccess.UnixNano())/1e9, string(id)))
		}
	}
	sources, err := s.cfg.Ledger.Sources(ctx, region)
	if err != nil {
		return nil, fmt.Errorf("reading sources: %w", err)
	}
	for _, src := range sources {
		colour, _ := health[src.ID].Status(src, s.now())
		out = append(out, prometheus.MustNewConstMetric(sourceStatDesc, prometheus.GaugeValue, 1, string(src.ID), colour))
	}
	blind := huiying.BlindSpots(sources, health, s.now())
	return append(out, prometheus.MustNewConstMetric(blindDesc, prometheus.GaugeValue, float64(len(blind)))), nil
}

// routesHealth are for those who run the system: is it alive, is it ready, how
// is it doing. They tell nothing about content.
func (s *Server) routesHealth(mux *routes) {
	mux.HandleFunc("GET /healthz", alive)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		s.ready(w, r, append(s.parts(), part{"live", func(context.Context) error { return s.hub.ready() }, false}))
	})
	mux.Handle("GET /metrics", s.scrape())
}

// Probes is what a process shows that has no pages, because it plays other
// roles: /healthz, /readyz and /metrics, to anybody who reaches it.
func (s *Server) Probes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", alive)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { s.ready(w, r, s.parts()) })
	mux.Handle("GET /metrics", s.scrape())
	return mux
}

func alive(w http.ResponseWriter, _ *http.Request) { answerText(w, http.StatusOK, "ok\n") }

func (s *Server) scrape() http.Handler {
	return promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: scrapeLog{s},
	})
}

type scrapeLog struct{ s *Server }

func (l scrapeLog) Println(v ...any) { l.s.log.Error("metrics", "error", fmt.Sprint(v...)) }

// part is something the work depends on.
type part struct {
	name string
	ask  func(context.Context) error
	less bool // without it there is less to see; cases go on, so that people still come here
}

var errShards = errors.New("shards do not answer")

func (s *Server) parts() []part {
	return []part{
		{"ledger", func(ctx context.Context) error { _, err := s.cfg.Ledger.Units(ctx, s.cfg.Region); return err }, false},
		{"archive", s.archiveAnswers, true},
		{"bus", func(ctx context.Context) error { _, err := s.cfg.Bus.CountDeadLetters(ctx); return err }, false},
	}
}

func (s *Server) archiveAnswers(ctx context.Context) error {
	page, err := s.cfg.Archive.Posts(ctx, huiying.PostQuery{Region: s.cfg.Region, Limit: 1})
	if err == nil && page.Partial {
		return errShards
	}
	return err
}

// Drain makes /readyz say no from now on, though all else goes on: whoever sends
// requests here is to go elsewhere before this process stops.
func (s *Server) Drain() { s.draining.Store(true) }

// ready asks each part once and names those that do not answer. It says no when
// cases cannot be worked on here.
func (s *Server) ready(w http.ResponseWriter, r *http.Request, parts []part) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	status, text := http.StatusOK, ""
	if s.draining.Load() {
		status, text = http.StatusServiceUnavailable, "stopping\n"
	}
	for _, p := range parts {
		word := "ok"
		if err := p.ask(ctx); err != nil {
			s.log.WarnContext(ctx, "not ready", "part", p.name, "error", err)
			if word = "not ready"; !p.less {
				status = http.StatusServiceUnavailable
			}
		}
		text += p.name + ": " + word + "\n"
	}
	answerText(w, status, text)
}

func answerText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the caller may have hung up
}
