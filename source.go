package huiying

import "time"

// SourceID names a source for ever.
type SourceID string

// SourceKinds are the ways to read a source: a subscription, a list page, a map
// of the site, a JSON interface, a list page that scripts make.
var SourceKinds = []string{"feed", "site", "sitemap", "jsonapi", "browser"}

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
