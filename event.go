package huiying

import "time"

// EventID names an event; it is made from its first post, so tracking the same
// posts again gives the same events.
type EventID string

// MediaTier says how far a source's voice carries (DOMAIN §3).
type MediaTier string

// The tiers, least first.
const (
	TierSelf       MediaTier = "self"       // 自媒体、个人
	TierCounty     MediaTier = "county"     // 县级媒体
	TierCity       MediaTier = "city"       // 市级媒体
	TierProvincial MediaTier = "provincial" // 省级媒体
	TierCentral    MediaTier = "central"    // 中央媒体
)

var tierRanks = map[MediaTier]int{TierSelf: 1, TierCounty: 2, TierCity: 3, TierProvincial: 4, TierCentral: 5}

// Rank orders tiers: 1 (self media, also when unknown) … 5 (central media).
func (t MediaTier) Rank() int { return max(1, tierRanks[t]) }

// Label is the Chinese name of the tier.
func (t MediaTier) Label() string {
	return [...]string{"", "自媒体", "县级媒体", "市级媒体", "省级媒体", "中央媒体"}[t.Rank()]
}

// Event is one matter that several posts speak about. It is event-centred on
// purpose: it knows no authors.
type Event struct {
	ID       EventID `json:"id"`
	Region   Region  `json:"region"`
	Queue    Queue   `json:"queue"` // of the first post
	Title    string  `json:"title"` // of the gravest post, as are summary and category
	Summary  string  `json:"summary,omitempty"`
	Category string  `json:"category"`

	Posts       int               `json:"posts"`
	Duplicates  int               `json:"duplicates"`        // near-copies among them
	Replies     int               `json:"replies,omitempty"` // comments and replies to them, which are not counted as posts
	Negative    int               `json:"negative"`
	Channels    map[Channel]int   `json:"channels"`
	Sources     map[string]int    `json:"sources"`
	Tier        MediaTier         `json:"tier"` // the highest among its sources
	Engagement  Engagement        `json:"engagement"`
	Flags       []Flag            `json:"flags"`
	Keywords    []string          `json:"keywords"`
	Places      []Place           `json:"places"`
	Units       []Candidate       `json:"units"`
	Risk        float64           `json:"risk"` // of the gravest post
	Factors     []Factor          `json:"factors"`
	Emergency   Emergency         `json:"emergency"`
	Misreading  Misreading        `json:"misreading"`
	RumorP      float64           `json:"rumor_p"`
	State       Phase             `json:"state"`
	FirstPost   PostID            `json:"first_post"`
	FirstURL    string            `json:"first_url,omitempty"`
	FirstSource string            `json:"first_source"`
	FirstAt     time.Time         `json:"first_at"`      // earliest publication: event_at
	FirstSeenAt time.Time         `json:"first_seen_at"` // earliest collection
	LastAt      time.Time         `json:"last_at"`       // latest publication
	Hours       map[string]int    `json:"hours"`         // posts an hour of publication, key "2006-01-02T15"
	Curve       CurvePhase        `json:"curve"`
	Level       Level             `json:"level"`
	Reasons     []Reason          `json:"reasons"` // why this level
	Case        CaseID            `json:"case,omitempty"`
	UpdatedAt   time.Time         `json:"updated_at"`
	Track       Track             `json:"track"`
	Extra       map[string]string `json:"extra,omitempty"`
}

// Track is what the tracker compares new posts with.
type Track struct {
	Prints []Fingerprint      `json:"prints,omitempty"` // of its distinct texts, the newest last
	Terms  map[string]float64 `json:"terms,omitempty"`  // the weightiest words
}

// Reason is one step of a judgement: the rule that spoke and what it saw.
type Reason struct {
	Rule string `json:"rule"`
	Text string `json:"text"`
}

// CurvePhase names the shape of an event's hourly curve (DOMAIN §3, a default).
type CurvePhase string

// The phases of spread.
const (
	CurveLatent  CurvePhase = "latent"  // 潜伏
	CurveGrowing CurvePhase = "growing" // 发酵
	CurveBurst   CurvePhase = "burst"   // 爆发
	CurveFading  CurvePhase = "fading"  // 消退
	CurveRebound CurvePhase = "rebound" // 反弹
)

var curveLabels = map[CurvePhase]string{CurveLatent: "潜伏", CurveGrowing: "发酵", CurveBurst: "爆发", CurveFading: "消退", CurveRebound: "反弹"}

// Label is the Chinese name of the phase.
func (c CurvePhase) Label() string { return curveLabels[c] }

// EventPost is the membership of a post in an event.
type EventPost struct {
	Event     EventID `json:"event"`
	Post      PostID  `json:"post"`
	Duplicate bool    `json:"duplicate"` // a near-copy of an earlier member
}

// Has reports whether the event carries the flag.
func (e Event) Has(f Flag) bool {
	for _, g := range e.Flags {
		if g == f {
			return true
		}
	}
	return false
}
