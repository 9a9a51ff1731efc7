package huiying

import "time"

// SourceID names a source for ever.
type SourceID string

// SourceKinds are the ways to read a source: a subscription, a list page, a map
// of the site, a JSON interface.
var SourceKinds = []string{"feed", "site", "sitemap", "jsonapi"}

// Source is a place the collectors read, approved by the office. Options
// belong to its kind.
type Source struct {
	ID      SourceID       `json:"id" yaml:"id"`
	Region  Region         `json:"region" yaml:"region,omitempty"`
	Kind    string         `json:"kind" yaml:"kind"` // one of SourceKinds
	Name    string         `json:"name" yaml:"name"` // becomes Post.Source
	URL     string         `json:"url" yaml:"url"`
	Channel Channel        `json:"channel" yaml:"channel"`
	Tier    MediaTier      `json:"tier,omitempty" yaml:"tier,omitempty"`
	Every   Duration       `json:"every" yaml:"every"` // time between visits
	Paused  bool           `json:"paused,omitempty" yaml:"paused,omitempty"`
	Options map[string]any `json:"options,omitempty" yaml:"options,omitempty"`
}

// SourceHealth is what became of a source's visits.
type SourceHealth struct {
	Source      SourceID  `json:"source"`
	LastAttempt time.Time `json:"last_attempt,omitzero"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	LastItem    time.Time `json:"last_item,omitzero"` // when it last gave something new
	LastError   string    `json:"last_error,omitempty"`
	Failures    int       `json:"failures"` // in a row
	Visits      int64     `json:"visits"`
	Items       int64     `json:"items"`       // new posts
	Rejected    int64     `json:"rejected"`    // items that could not be taken
	LagSeconds  float64   `json:"lag_seconds"` // publish → capture of the last items, median
	NextVisit   time.Time `json:"next_visit,omitzero"`
	State       []byte    `json:"state,omitempty"` // the collector's own memory: validators, cursors
}

// Status is green, yellow or red, with the reason in words.
func (h SourceHealth) Status(s Source, now time.Time) (colour, why string) {
	silent := now.Sub(h.LastSuccess)
	switch {
	case s.Paused:
		return "grey", "已暂停"
	case h.LastAttempt.IsZero():
		return "grey", "尚未采集"
	case h.LastSuccess.IsZero():
		return "red", "从未成功：" + h.LastError
	case h.Failures >= 3 || silent > max(time.Hour, 6*time.Duration(s.Every)):
		return "red", "已 " + SpanText(silent) + "未成功：" + h.LastError
	case h.Failures > 0:
		return "yellow", "最近一次失败：" + h.LastError
	}
	return "green", "正常"
}

// Rejection is an item that could not become a post: kept, counted and shown.
type Rejection struct {
	ID     int64     `json:"id"`
	At     time.Time `json:"at"`
	Region Region    `json:"region"`
	Source string    `json:"source"`
	Where  string    `json:"where"` // the row, or the address
	Error  string    `json:"error"`
	Raw    string    `json:"raw,omitempty"` // redacted, at most 2,000 characters
}

// DeadLetter is a bus message no consumer could handle; it can be replayed.
type DeadLetter struct {
	ID       string    `json:"id"`
	At       time.Time `json:"at"`
	Stream   string    `json:"stream"`
	Consumer string    `json:"consumer"`
	Subject  string    `json:"subject"`
	Error    string    `json:"error"`
	Data     []byte    `json:"data"`
	Tries    int       `json:"tries"`
}
