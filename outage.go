package huiying

import (
	"slices"
	"time"
)

// Outage is a time in which a source was not watched: from its last success to
// the next one.
type Outage struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// outagesKept is how long outages are remembered: a monthly report asks for them.
const outagesKept = 40 * 24 * time.Hour

// Succeeded puts a success on record, and that nobody had watched before it if it
// was long in coming, be it that the source failed or that the program was down.
// A pause that was planned is none.
func (h *SourceHealth) Succeeded(s Source, now time.Time) {
	patience := max(time.Hour, time.Duration(s.Every))
	if !h.LastSuccess.IsZero() && now.Sub(h.LastSuccess) > max(time.Hour, 6*time.Duration(s.Every)) && (h.Failures > 0 || now.Sub(h.NextVisit) > patience) {
		h.Outages = append(h.Outages, Outage{h.LastSuccess, now})
	}
	h.Outages = slices.DeleteFunc(h.Outages, func(o Outage) bool { return now.Sub(o.To) > outagesKept })
	h.Failures, h.LastSuccess, h.LastError = 0, now, ""
}
