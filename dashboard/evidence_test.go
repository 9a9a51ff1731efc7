package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"huiying"
)

// A figure of a report leads to a page that lists as many as it says, also when the
// report is of a day that is over.
func TestAFigureOfAReportLeadsToWhatItCounts(t *testing.T) {
	h, c := filled(t)
	h.pass(time.Minute)
	body := string(h.as("leader").page("/reports").body)
	_, path, ok := strings.Cut(body, `href="/reports/evidence?`)
	if !ok {
		t.Fatal("no figure of the page leads to its evidence")
	}
	path, _, _ = strings.Cut(path, `"`)
	q, err := url.ParseQuery(strings.ReplaceAll(path, "&amp;", "&"))
	if err != nil {
		t.Fatal(err)
	}
	q.Set("of", string(huiying.FigureOpen))
	h.as("leader").page("/reports/evidence?"+q.Encode()).says(t, "在办的交办单", c.Number, "/cases/"+string(c.ID))
	for name, change := range map[string]struct {
		key, value string
		status     int
	}{
		"a figure there is not": {"of", "calm", http.StatusNotFound}, "a kind without figures": {"kind", "ledger", http.StatusNotFound},
		"no period": {"from", "", http.StatusUnprocessableEntity}, "a period that ends before it begins": {"to", "2020-01-01", http.StatusUnprocessableEntity},
	} {
		wrong := url.Values{}
		for k := range q {
			wrong.Set(k, q.Get(k))
		}
		wrong.Set(change.key, change.value)
		if r := h.as("leader").page("/reports/evidence?" + wrong.Encode()); r.status != change.status {
			t.Errorf("%s: %d, want %d", name, r.status, change.status)
		}
	}
}
