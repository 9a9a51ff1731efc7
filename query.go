package huiying

import "time"

// Page is part of a list. Next is the cursor of the following part, "" at the end.
type Page[T any] struct {
	Items   []T    `json:"items"`
	Next    string `json:"next,omitempty"`
	Partial bool   `json:"partial,omitempty"` // a part of the store did not answer: there may be more
}

// MaxLimit bounds the length of one page of a list; 0 asks for DefaultLimit.
const (
	DefaultLimit = 50
	MaxLimit     = 500
)

// PostQuery selects posts, newest publication first. Zero fields do not filter.
type PostQuery struct {
	Region    Region // prefix
	Text      string // full text: words must all occur; "…" a phrase; -word excludes; a|b either
	Channel   Channel
	Queue     Queue
	Source    string
	Category  string
	Sentiment string
	Flag      Flag
	MinRisk   float64
	Unit      UnitID // the proposed lead
	IDs       []PostID
	Parent    PostID    // replies to that post
	From, To  time.Time // published in [From, To)
	Limit     int
	Cursor    string
}

// EventQuery selects events, the latest changed first.
type EventQuery struct {
	Region   Region
	Text     string // in the title
	Queue    Queue
	Category string
	MinLevel Level
	HasCase  *bool
	From, To time.Time // last post in [From, To)
	Limit    int
	Cursor   string
}

// CaseQuery selects cases. By default the latest opened come first; ByDue puts
// the nearest open deadline first.
type CaseQuery struct {
	Region   Region
	Text     string // in number or title
	Queue    Queue
	States   []CaseState
	Level    Level
	Unit     UnitID // lead or helper
	Category string
	Event    EventID
	Open     *bool // not ended
	Rumor    RumorState
	Drill    *bool // drills (演练) only, or all but them; nil: both
	Overdue  bool  // with an open deadline before Now
	Now      time.Time
	Factual  bool       // no rumour that nobody checked or that was refuted ([Case.Factual])
	Moment   CaseMoment // what lies in [From, To)
	From, To time.Time
	ByDue    bool
	Limit    int
	Cursor   string
}

// CaseMoment is what of a case a period is about.
type CaseMoment string

// The moments of a case. Only a case that was sent out was answered or closed.
const (
	MomentOpened   CaseMoment = ""
	MomentAnswered CaseMoment = "answered" // first answered in public
	MomentClosed   CaseMoment = "closed"
)

// NotificationQuery selects notifications, newest first.
type NotificationQuery struct {
	Region Region
	To     UserID
	Case   CaseID
	Status NotificationStatus
	Unread bool
	Limit  int
	Cursor string
}

// TrendBucket is the roll-up of one hour, or of several.
type TrendBucket struct {
	At       time.Time       `json:"at"` // its beginning
	Posts    int             `json:"posts"`
	Negative int             `json:"negative"`
	Risky    int             `json:"risky"` // risk ≥ 60
	Channels map[Channel]int `json:"channels,omitempty"`
}

// StatsQuery selects what units are measured by: their parts in cases sent out in
// [From, To). Zero fields do not filter. Now decides what is late.
type StatsQuery struct {
	Region   Region
	Level    Level
	Category string
	From, To time.Time
	Now      time.Time
}

// UnitStats measures the answers of one unit (or of all: Unit ""), at one level
// and in one category (or in all). Durations are in seconds, as they passed; what
// was excused stands beside them. Counts of cases, not points.
type UnitStats struct {
	Region    Region  `json:"region,omitempty"` // of the unit; alone when the figures are a region's
	Unit      UnitID  `json:"unit"`
	Name      string  `json:"name"`
	Level     Level   `json:"level,omitempty"`
	N         int     `json:"n"`          // cases assigned
	Acked     int     `json:"acked"`      // of these, acknowledged
	AckMedian float64 `json:"ack_median"` // seconds, of the acknowledged
	AckP90    float64 `json:"ack_p90"`
	Feedback  Spread  `json:"feedback"`
	Response  Spread  `json:"response"`
	Close     Spread  `json:"close"`
	OnTime    float64 `json:"on_time"`  // share 0…1 of acknowledgements due so far that were in time
	Due       int     `json:"due"`      // how many that is of
	LateNow   int     `json:"late_now"` // open deadlines that have passed

	FeedbackKept Kept    `json:"feedback_kept"`
	ResponseKept Kept    `json:"response_kept"` // of the lead
	Unverified   int     `json:"unverified"`    // cases of rumours nobody has checked: in no other figure but what is late now
	Refused      int     `json:"refused"`       // cases given back (退单), by the day they were
	SentBack     int     `json:"sent_back"`     // cases whose feedback form was sent back (退回补充)
	Reopened     int     `json:"reopened"`      // cases that had to be taken up again
	Excused      int     `json:"excused"`       // cases with a pause or an extension
	ExcusedTime  float64 `json:"excused_seconds"`
}

// Kept says how many deadlines of a kind have come so far, by being met or by
// passing, and the share 0…1 of them that was met in time.
type Kept struct {
	Due   int     `json:"due"`
	Share float64 `json:"share"`
}

// Spread is the median and 90th percentile of a duration in seconds over n.
type Spread struct {
	N      int     `json:"n"`
	Median float64 `json:"median"`
	P90    float64 `json:"p90"`
}

// Overview is the state of the desk at a glance.
type Overview struct {
	At          time.Time      `json:"at"`
	PostsToday  int            `json:"posts_today"`
	PostsTotal  int            `json:"posts_total"`
	Negative    int            `json:"negative_today"`
	EventsOpen  int            `json:"events_active"` // with a post in the last 24 h
	CasesOpen   int            `json:"cases_open"`    // like the other figures of cases without rumours that were not found true
	CasesToday  int            `json:"cases_today"`
	CasesTotal  int            `json:"cases_total"`
	Rumors      int            `json:"rumors_unverified"` // open cases of rumours nobody has checked, counted apart
	Refuted     int            `json:"rumors_refuted"`    // open cases of rumours found untrue, counted apart
	RumorPosts  int            `json:"rumor_posts_today"` // of the posts of today, those that read like hearsay
	Unacked     int            `json:"unacknowledged"`    // what units owe, whether a rumour or not
	LateNow     int            `json:"late_now"`          // likewise
	ByLevel     map[string]int `json:"open_by_level"`
	ByState     map[string]int `json:"open_by_state"`
	AckMedian   float64        `json:"ack_median"` // seconds, cases of the last 30 days
	AckP90      float64        `json:"ack_p90"`
	Rejected    int            `json:"rejected"`
	DeadLetters int            `json:"dead_letters"`
}
