package ledger

import (
	"fmt"
	"strings"
	"testing"
)

// What is asked for every few seconds must not grow with the number of cases.
func TestClocksAreReadFromAnIndex(t *testing.T) {
	l := openLedger(t)
	for query, index := range map[string]string{
		"SELECT id FROM cases WHERE next_at <= 5 ORDER BY next_at, id LIMIT 10":                                                                          "COVERING INDEX cases_next",
		"SELECT next_at FROM cases ORDER BY next_at, id LIMIT 1":                                                                                         "COVERING INDEX cases_next",
		"SELECT * FROM notifications WHERE status = 'pending' AND next_at <= 5 ORDER BY next_at, id LIMIT 10":                                            "INDEX notifications_due",
		"SELECT next_at FROM notifications WHERE status = 'pending' ORDER BY next_at, id LIMIT 1":                                                        "INDEX notifications_due",
		"SELECT count(*) FROM notifications WHERE to_user = 'li' AND channel = 'inapp' AND read_at = 0":                                                  "INDEX notifications_unread",
		"SELECT id FROM cases WHERE region >= '14' AND region < '14:' ORDER BY opened_at DESC, id DESC LIMIT 50":                                         "INDEX cases_opened",
		"SELECT id FROM cases WHERE region >= '14' AND region < '14:' AND ended = FALSE ORDER BY opened_at DESC, id DESC LIMIT 50":                       "INDEX cases_open",
		"SELECT id FROM cases WHERE region >= '14' AND region < '14:' AND ended = FALSE ORDER BY due_at, id LIMIT 50":                                    "INDEX cases_work",
		"SELECT id FROM cases WHERE lower(title) LIKE lower('%a%') ESCAPE '!' OR number LIKE '%a%' ESCAPE '!'":                                           "COVERING INDEX cases_words",
		"SELECT count(*) FROM cases WHERE drill = FALSE AND region >= '14' AND region < '14:'":                                                           "COVERING INDEX",
		"SELECT count(*) FROM cases WHERE ended = FALSE AND region >= '14' AND region < '14:'":                                                           "COVERING INDEX",
		"SELECT count(*) FROM cases WHERE due_at < 7 AND drill = FALSE AND region >= '14' AND region < '14:'":                                            "COVERING INDEX cases_due",
		"SELECT level, state, count(*) FROM cases WHERE ended = FALSE AND drill = FALSE AND region >= '14' AND region < '14:' GROUP BY level, state":     "COVERING INDEX cases_work",
		"SELECT id FROM cases WHERE ended = FALSE AND opened_at < 9 ORDER BY opened_at DESC, id DESC LIMIT 50":                                           "INDEX cases_open",
		"SELECT id FROM cases WHERE ended = FALSE AND (due_at, id) > (5, 'c') ORDER BY due_at, id LIMIT 50":                                              "INDEX cases_work",
		"SELECT count(DISTINCT case_id) FROM case_units WHERE acked_at = 0 AND ended = FALSE AND drill = FALSE AND region >= '14' AND region < '14:'":    "COVERING INDEX case_units_waiting",
		"SELECT acked_at - assigned_at FROM case_units WHERE assigned_at >= 5 AND acked_at <> 0 AND drill = FALSE AND region >= '14' AND region < '14:'": "COVERING INDEX case_units_measured",
		"SELECT id FROM cases WHERE drill = TRUE ORDER BY opened_at DESC, id DESC LIMIT 50":                                                              "INDEX cases_drill",
		"SELECT doc FROM cases WHERE event_id <> '' AND event_id = 'e'":                                                                                  "INDEX cases_event",
		"SELECT id FROM cases WHERE (due_at, id) > (5, 'c') ORDER BY due_at, id LIMIT 50":                                                                "INDEX cases_due",
		"SELECT id FROM events WHERE region >= '14' AND region < '14:' ORDER BY updated_at DESC, id DESC LIMIT 50":                                       "INDEX events_updated",
	} {
		var plan []struct {
			ID, Parent, Notused int
			Detail              string
		}
		if err := l.read.NewRaw("EXPLAIN QUERY PLAN "+query).Scan(t.Context(), &plan); err != nil {
			t.Fatal(err)
		}
		if all := fmt.Sprint(plan); !strings.Contains(all, index) || strings.Contains(all, "ORDER BY") {
			t.Errorf("%s:\n%s, want %s and no sorting", query, all, index)
		}
	}
}
