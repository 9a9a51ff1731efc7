package huiying

import "time"

// ClockKind names a deadline a case runs against.
type ClockKind string

// The clocks of DOMAIN §2.
const (
	ClockJudge         ClockKind = "judge"         // 研判
	ClockAcknowledge   ClockKind = "acknowledge"   // 签收, one a unit
	ClockFeedback      ClockKind = "feedback"      // 首次反馈, one a unit
	ClockAuthoritative ClockKind = "authoritative" // 发布权威信息, 国办发〔2016〕80号
	ClockPress         ClockKind = "press"         // 新闻发布会, 国办发〔2016〕61号
	ClockRespond       ClockKind = "respond"       // 回应, 国办发〔2016〕61号
	ClockSettle        ClockKind = "settle"        // 办结, in working days as the hotline's rules count
)

var clockLabels = map[ClockKind]string{
	ClockJudge: "研判", ClockAcknowledge: "签收", ClockFeedback: "首次反馈",
	ClockAuthoritative: "发布权威信息", ClockPress: "新闻发布会", ClockRespond: "回应", ClockSettle: "办结",
}

// Label is the Chinese name of the clock.
func (k ClockKind) Label() string { return clockLabels[k] }

// PerUnit reports whether each unit of a case has a clock of the kind; of the
// others the case has one.
func (k ClockKind) PerUnit() bool { return k == ClockAcknowledge || k == ClockFeedback }

// Valid reports whether k is a known clock.
func (k ClockKind) Valid() bool { return clockLabels[k] != "" }

// Clock is one running or stopped deadline of a case. Start, its reason and the
// rule are kept because the page shows them; Due is computed once, from the
// calendar of that day.
type Clock struct {
	Kind      ClockKind `json:"kind"`
	Unit      UnitID    `json:"unit,omitempty"` // set for the clocks each unit has
	Start     time.Time `json:"start"`
	StartWhy  string    `json:"start_why"`
	Limit     Duration  `json:"limit"`
	Excused   Duration  `json:"excused,omitempty"` // what pauses and extensions added to the limit, as Hours counts
	Hours     Hours     `json:"hours"`
	Due       time.Time `json:"due"`
	Rule      string    `json:"rule"` // the text it comes from
	StoppedAt time.Time `json:"stopped_at,omitzero"`
	Void      bool      `json:"void,omitempty"`      // stopped because it no longer applies
	OverdueAt time.Time `json:"overdue_at,omitzero"` // when the lapse was put on record
	PausedAt  time.Time `json:"paused_at,omitzero"`  // it stands still since
	PauseWhy  string    `json:"pause_why,omitempty"`
	Extended  int       `json:"extended,omitempty"` // how often it was extended
	Agreed    bool      `json:"agreed,omitempty"`   // a person set this deadline for one unit: levels do not move it
}

// ClockState is how a clock stands at an instant.
type ClockState string

// How a clock can stand.
const (
	ClockRunning ClockState = "running" // open, in time
	ClockOverdue ClockState = "overdue" // open, too late
	ClockPaused  ClockState = "paused"  // open, stands still
	ClockMet     ClockState = "met"     // stopped in time
	ClockLate    ClockState = "late"    // stopped too late
	ClockVoid    ClockState = "void"    // no longer applies
)

// State is how the clock stands at now.
func (c Clock) State(now time.Time) ClockState {
	switch {
	case c.Void:
		return ClockVoid
	case c.Open() && !c.PausedAt.IsZero():
		return ClockPaused
	case c.StoppedAt.IsZero() && now.After(c.Due):
		return ClockOverdue
	case c.StoppedAt.IsZero():
		return ClockRunning
	case c.StoppedAt.After(c.Due) && (c.PausedAt.IsZero() || c.PausedAt.After(c.Due)):
		return ClockLate
	}
	return ClockMet
}

// Open reports whether something is still awaited.
func (c Clock) Open() bool { return c.StoppedAt.IsZero() && !c.Void }

// Running reports whether the clock is open and does not stand still.
func (c Clock) Running() bool { return c.Open() && c.PausedAt.IsZero() }

// Took is how long the clock ran until it was stopped, in plain time; 0 while open.
func (c Clock) Took() time.Duration {
	if c.StoppedAt.IsZero() || c.Void {
		return 0
	}
	return c.StoppedAt.Sub(c.Start)
}
