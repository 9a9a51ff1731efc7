package huiying

import "time"

// BlindSpot is a source that does not watch, or did not for a time, so that
// silence there says nothing.
type BlindSpot struct {
	Source SourceID  `json:"source"`
	Name   string    `json:"name"`
	Since  time.Time `json:"since,omitzero"` // its last success; zero: it never had one
	Until  time.Time `json:"until,omitzero"` // it watches again since; zero: it does not
	Why    string    `json:"why"`
}

// BlindSpots are the sources that do not watch now, or did not for a time within
// the last day. Only when there is none may calm be spoken of.
func BlindSpots(sources []Source, health map[SourceID]SourceHealth, now time.Time) []BlindSpot {
	return BlindSpotsIn(sources, health, now.Add(-24*time.Hour), now)
}

// BlindSpotsIn are the sources that do not watch at to, or did not for a time
// since from.
func BlindSpotsIn(sources []Source, health map[SourceID]SourceHealth, from, to time.Time) []BlindSpot {
	var out []BlindSpot
	for _, s := range sources {
		h := health[s.ID]
		colour, why := h.Status(s, to)
		if colour == "green" || colour == "yellow" {
			for _, o := range h.Outages {
				if o.To.After(from) && o.From.Before(to) {
					out = append(out, BlindSpot{Source: s.ID, Name: s.Name, Since: o.From, Until: o.To, Why: "其间 " + SpanText(o.To.Sub(o.From)) + "没有采集"})
				}
			}
			continue
		}
		out = append(out, BlindSpot{Source: s.ID, Name: s.Name, Since: h.LastSuccess, Why: why})
	}
	return out
}
