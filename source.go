package huiying

import (
	"bytes"
	"encoding/json"
	"net/url"
	"time"
)

// SourceID names a source for ever.
type SourceID string

// SourceKinds are the ways to read a source: a subscription, a list page, a map
// of the site, a JSON interface, a list page that scripts make, a mailbox.
var SourceKinds = []string{"feed", "site", "sitemap", "jsonapi", "browser", "imap"}

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

// CheckURL reports whether the source's address is one its kind can read.
func (s Source) CheckURL() error {
	u, err := url.Parse(s.URL)
	switch {
	case s.Kind == "imap" && (err != nil || u.Host == "" || u.Scheme != "imaps"):
		return Invalid("url", "邮箱写作 imaps://名称/文件夹，名称见配置的 collector.mailboxes，收到 %q", Clip(s.URL, 80))
	case s.Kind != "imap" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https"):
		return Invalid("url", "网址应以 http:// 或 https:// 开头，收到 %q", Clip(s.URL, 80))
	}
	return nil
}

// Host is the host of the source's address as it is written, with its port where
// there is one; "" for a mailbox.
func (s Source) Host() string {
	u, err := url.Parse(s.URL)
	if err != nil || s.Kind == "imap" {
		return ""
	}
	return u.Host
}

// Differences names the settings, by their JSON names, in which a source is not as
// another; whose it is and where it is are none.
func (s Source) Differences(other Source) []string {
	var out []string
	differ := func(name string, same bool) {
		if !same {
			out = append(out, name)
		}
	}
	differ("name", s.Name == other.Name)
	differ("kind", s.Kind == other.Kind)
	differ("url", s.URL == other.URL)
	differ("channel", s.Channel == other.Channel)
	differ("tier", s.Tier == other.Tier)
	differ("every", s.Every == other.Every)
	differ("paused", s.Paused == other.Paused)
	differ("options", sameOptions(s.Options, other.Options))
	return out
}

// sameOptions compares what is meant, however YAML or JSON read the numbers.
func sameOptions(a, b map[string]any) bool {
	if len(a) == 0 && len(b) == 0 {
		return true
	}
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
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
