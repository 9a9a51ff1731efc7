package dashboard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"huiying"
)

func TestMetrics(t *testing.T) {
	h := newHouse(t)
	s := h.as("monitor").watch("")
	s.hello()
	c := h.assigned("校车超载", "jkj")
	h.act("jkj-liaison", c, "acknowledge", nil)
	h.open("供暖不热")
	h.assigned("路灯不亮", "jkj")
	h.tell(huiying.Live{Type: huiying.LivePost, Data: json.RawMessage(fmt.Sprintf(`{"id":"p","ingested_ns":%d}`, h.now().Add(-40*time.Millisecond).UnixNano()))})
	s.nextOf(huiying.LivePost)
	check(t, h.ledger.SaveSource(t.Context(), huiying.Source{ID: "s1", Region: jiaocheng, Kind: "feed", Name: "论坛", URL: "https://x.example", Channel: huiying.ChannelForum}))
	check(t, h.ledger.SaveHealth(t.Context(), huiying.SourceHealth{Source: "s1", LastSuccess: time.Unix(1767225600, 0)}))
	h.server.CountNotification("webhook", "ok")
	h.server.ExpectNotifications("sms")
	theirs := prometheus.NewCounter(prometheus.CounterOpts{Name: "huiying_bus_published_total", Help: "Of another part."})
	h.server.Registry().MustRegister(theirs)

	text := string(h.browser().do("GET", "/metrics", nil).body)
	for _, want := range []string{
		"huiying_live_clients 1",
		`huiying_cases_open{level="blue",state="triage"} 1`,
		`huiying_cases_open{level="blue",state="acknowledged"} 1`,
		`huiying_case_ack_seconds_count{level="blue",unit="jkj"} 1`,
		`huiying_ingest_to_live_seconds_bucket{le="0.05"} 1`,
		`huiying_ingest_to_live_seconds_bucket{le="0.025"} 0`,
		`huiying_source_last_success_timestamp_seconds{source="s1"} 1.7672256e+09`,
		`huiying_notifications_total{channel="webhook",outcome="ok"} 1`,
		`huiying_notifications_total{channel="sms",outcome="failed"} 0`,
		`huiying_part_up{part="ledger"} 1`,
		`huiying_part_up{part="archive"} 1`,
		`huiying_part_up{part="bus"} 1`,
		"huiying_cases_late 0",
		"huiying_cases_unacknowledged 1",
		"huiying_dead_letters 0",
		`huiying_source_status{source="s1",status="grey"} 1`,
		"huiying_blind_spots 1",
		"huiying_bus_published_total 0",
		`huiying_http_request_seconds_count{route="POST /api/v1/cases",status="201"} 3`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %s", want)
		}
	}
}

func TestHealth(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		if r := h.browser().do("GET", path, nil); r.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, r.status, r.body)
		}
	}
	check(t, h.archive.Close())
	r := h.browser().do("GET", "/readyz", nil)
	if r.status != http.StatusOK || !strings.Contains(string(r.body), "archive: not ready") || !strings.Contains(string(r.body), "ledger: ok") {
		t.Errorf("%d %s", r.status, r.body)
	}
	for path, want := range map[string]string{
		"/healthz": "ok\n", "/readyz": "archive: not ready\n", "/metrics": `huiying_part_up{part="archive"} 0`, "/signin": "404",
	} { // what a process without pages shows, and nothing more
		rec := httptest.NewRecorder()
		h.server.Probes().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%s: no %q in %s", path, want, rec.Body)
		}
	}
	p := h.as("monitor").get("/posts").problem(t, 500)
	if strings.Contains(p.Detail, "sql") || p.Code != "internal" {
		t.Errorf("a failure of ours shows its inside: %+v", p)
	}
	id := strings.TrimPrefix(p.Instance, "urn:huiying:request:")
	if n := strings.Count(h.log.String(), id); n != 2 || !strings.Contains(h.log.String(), "listing posts") {
		t.Errorf("the log mentions request %s %d times, want the failure once and the request once", id, n)
	}
}
