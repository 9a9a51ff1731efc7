package huiying

import "time"

// BlindSpot is a source that does not watch, so that silence there says nothing.
type BlindSpot struct {
	Source SourceID  `json:"source"`
	Name   string    `json:"name"`
	Since  time.Time `json:"since,omitzero"` // its last success; zero: it never had one
	Why    string    `json:"why"`
}

// BlindSpots are the sources that are not watching now, or have not for longer
// than their visits are apart. Only when there is none may calm be spoken of.
func BlindSpots(sources []Source, health map[SourceID]SourceHealth, now time.Time) []BlindSpot {
	var out []BlindSpot
	for _, s := range sources {
		h := health[s.ID]
		colour, why := h.Status(s, now)
		if colour == "green" || colour == "yellow" {
			continue
		}
		out = append(out, BlindSpot{Source: s.ID, Name: s.Name, Since: h.LastSuccess, Why: why})
	}
	return out
}
