package huiying

import (
	"slices"
	"strconv"
	"time"
)

// Version is how a post stood when its page was read again: changed, or not
// there any more. The post as it was first read never changes; versions are kept
// beside it.
type Version struct {
	Post   PostID    `json:"post"`
	Region Region    `json:"region,omitempty"` // of the post
	N      int       `json:"n"`                // 1 is the first change
	At     time.Time `json:"at"`               // when it was read so
	Title  string    `json:"title,omitempty"`
	Text   string    `json:"text,omitempty"`
	Gone   string    `json:"gone,omitempty"` // why the page is not there any more, in Chinese; then there is no title and no text
	Risk   float64   `json:"risk"`           // 0…100, as assessed in these words
}

// VersionOf is the version an assessed post brings; ok is false for a first
// reading.
func VersionOf(a Assessed) (v Version, ok bool) {
	p := a.Post
	return Version{Post: p.ID, Region: p.Region, N: p.Version, At: p.CollectedAt, Title: p.Title, Text: p.Text, Gone: p.Gone, Risk: a.Assessment.Risk.Score}, p.Version > 0
}

// Reading names one reading of a post: the post's ID for the first, so that a
// repeat of it is recognised and a later version is not taken for one.
func (p Post) Reading() string {
	if p.Version == 0 {
		return string(p.ID)
	}
	return string(p.ID) + "@" + strconv.Itoa(p.Version)
}

// A Revisit is a page that is looked at again: was its post changed, or taken
// away?
type Revisit struct {
	Post   PostID    `json:"post"`
	Source SourceID  `json:"source"`
	URL    string    `json:"url"`
	Title  string    `json:"title,omitempty"` // as first read, for pages that name none
	Print  string    `json:"print"`           // digest of what it said last
	Since  time.Time `json:"since"`           // when the post was first read
	Due    time.Time `json:"due"`             // when to look again
	N      int       `json:"n,omitempty"`     // versions so far
	Misses int       `json:"miss,omitempty"`  // looks in a row that found no page
	Gone   bool      `json:"gone,omitempty"`  // the last version says so
}

// SplitVersions parts first readings from versions, order kept.
func SplitVersions(batch []Assessed) (first []Assessed, versions []Version) {
	i := slices.IndexFunc(batch, func(a Assessed) bool { return a.Post.Version > 0 })
	if i < 0 {
		return batch, nil
	}
	first = slices.Clone(batch[:i])
	for _, a := range batch[i:] {
		if v, ok := VersionOf(a); ok {
			versions = append(versions, v)
		} else {
			first = append(first, a)
		}
	}
	return first, versions
}
