package huiying

import "time"

// PushResult says what became of each item of a push or an import.
type PushResult struct {
	Accepted  int        `json:"accepted"`
	Duplicate int        `json:"duplicate"`
	Rejected  []RowError `json:"rejected"`
}

// RowError names one item that was not taken, counted from 0, and why.
type RowError struct {
	Index int    `json:"index"`
	Error string `json:"error"`
}

// Preview is what a source would give if it were visited now: shown before a
// source is added, and by "test source".
type Preview struct {
	Posts    []Post     `json:"posts"`
	Rejected []RowError `json:"rejected"`
	Notes    []string   `json:"notes"` // what was asked, robots, encoding, which rule found what
}

// ManualCase is a case registered by hand: a hotline call, a letter, a media
// enquiry, an order from above.
type ManualCase struct {
	Region   Region    `json:"region,omitempty"`
	Queue    Queue     `json:"queue"`
	Title    string    `json:"title"`
	Summary  string    `json:"summary,omitempty"`
	Category string    `json:"category,omitempty"`
	Level    Level     `json:"level,omitempty"`
	Lead     UnitID    `json:"lead,omitempty"`    // proposed; sent only by assign
	Event    EventID   `json:"event,omitempty"`   // made from an event
	EventAt  time.Time `json:"event_at,omitzero"` // when it happened
	Drill    bool      `json:"drill,omitempty"`   // 演练: counts nowhere, nothing is really sent

	Evidence []Evidence `json:"-"` // the posts of the event as they stand, frozen with the case
}
