package collector

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"huiying"
)

func TestFreshnessCountsWhatWasPublishedWhileWeWatch(t *testing.T) {
	var page string
	s := serve(t, noRobots(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, page) }))
	item := func(n int, published string) string {
		return fmt.Sprintf(`<item><title>第 %d 条</title><guid>%d</guid><pubDate>%s</pubDate></item>`, n, n, published)
	}
	ledger, out := newBook(), &sink{}
	c := testCollector(t, ledger, out)
	src := huiying.Source{ID: "f", Kind: "feed", Name: "源", URL: s.URL + "/rss", Channel: huiying.ChannelNews}
	visit := func(at time.Time, items ...string) huiying.SourceHealth {
		t.Helper()
		c.cfg.Speed = huiying.NewSpeed(at, 1)
		c.cfg.Intake.Now = c.cfg.Speed.Now
		page = `<rss version="2.0"><channel>` + strings.Join(items, "") + `</channel></rss>`
		if err := c.Visit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
		return ledger.health["f"]
	}
	if h := visit(testNow, item(1, "2026-03-01 09:00:00")); h.LagSeconds != 0 || h.LagP95 != 0 {
		t.Errorf("what had gathered before counts as lag: %v, %v", h.LagSeconds, h.LagP95)
	}
	h := visit(testNow.Add(time.Hour), item(2, testNow.Add(40*time.Minute).Format(time.DateTime)), item(3, "2026-03-02 08:00:00"))
	if h.LagSeconds < 1199 || h.LagSeconds > 1260 || h.LagP95 != h.LagSeconds {
		t.Errorf("an item 20 minutes old and one from before: %v, %v", h.LagSeconds, h.LagP95)
	}
	if h := visit(testNow.Add(30*time.Hour), item(4, "2026-03-06")); h.LagP95 > 1260 {
		t.Errorf("a day without an hour counts as lag: %v", h.LagP95)
	}
}
