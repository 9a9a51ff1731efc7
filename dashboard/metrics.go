package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
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
}

// Collect implements prometheus.Collector.
func (c *deskCollector) Collect(ch chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.server.wall(); c.last == nil || now.Sub(c.at) >= collectEvery {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		got, err := c.read(ctx)
		if err != nil {
			ch <- prometheus.NewInvalidMetric(casesOpenDesc, err)
			return
		}
		c.at, c.last = now, got
	}
	for _, m := range c.last {
		ch <- m
	}
}

func (c *deskCollector) read(ctx context.Context) ([]prometheus.Metric, error) {
	s := c.server
	region := s.cfg.Region
	o, err := s.overview(ctx, region)
	if err != nil {
		return nil, err
	}
	out := []prometheus.Metric{}
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
	return out, nil
}

// routesHealth are for those who run the system: is it alive, is it ready, how
// is it doing. They tell nothing about content.
func (s *Server) routesHealth(mux *routes) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answerText(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: scrapeLog{s},
	}))
}

type scrapeLog struct{ s *Server }

func (l scrapeLog) Println(v ...any) { l.s.log.Error("metrics", "error", fmt.Sprint(v...)) }

// ready asks each part once and names those that do not answer.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	checks := []struct {
		name string
		ask  func() error
	}{
		{"ledger", func() error { _, err := s.cfg.Ledger.Units(ctx, s.cfg.Region); return err }},
		{"archive", func() error {
			_, err := s.cfg.Archive.Posts(ctx, huiying.PostQuery{Region: s.cfg.Region, Limit: 1})
			return err
		}},
		{"bus", func() error { _, err := s.cfg.Bus.CountDeadLetters(ctx); return err }},
		{"live", s.hub.ready},
	}
	status, text := http.StatusOK, ""
	for _, c := range checks {
		word := "ok"
		if err := c.ask(); err != nil {
			s.log.WarnContext(ctx, "not ready", "part", c.name, "error", err)
			status, word = http.StatusServiceUnavailable, "not ready"
		}
		text += c.name + ": " + word + "\n"
	}
	answerText(w, status, text)
}

func answerText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the caller may have hung up
}
