package huiying

import (
	"strings"
	"time"
	"unicode/utf8"
)

// SavedSearch is a search of 信息流 somebody wants to come back to. It is theirs
// alone; its name is its key among them.
type SavedSearch struct {
	User   UserID    `json:"user"`
	Name   string    `json:"name"`
	Query  string    `json:"query"`   // the filter part of the page's address
	SeenAt time.Time `json:"seen_at"` // when they last looked: what was collected since is new
}

// The bounds of saved searches: each is counted whenever the list is shown.
const (
	MaxSavedSearches = 20
	maxSearchName    = 30 // characters
)

// Check refuses a search without a name or a filter.
func (s SavedSearch) Check() error {
	switch {
	case s.User == "":
		return Invalid("user", "没有指明是谁的检索")
	case strings.TrimSpace(s.Name) == "":
		return Invalid("name", "请给这个检索起个名字")
	case utf8.RuneCountInString(s.Name) > maxSearchName:
		return Invalid("name", "名字请控制在 %d 个字以内", maxSearchName)
	case s.Query == "":
		return Invalid("query", "没有任何条件，不必保存：直接打开信息流即可")
	}
	return nil
}
