package huiying

import (
	"slices"
	"strings"
	"time"
)

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

	Sample []Sampled          `json:"sample,omitempty"` // what the first item of a JSON list holds
	Fields map[string]Sampled `json:"fields,omitempty"` // field of the post → what was taken from there

	ReplySample []Sampled          `json:"reply_sample,omitempty"` // the same of the first comment
	ReplyFields map[string]Sampled `json:"reply_fields,omitempty"`
}

// Sampled is a value of a JSON item and the dotted path where it stands.
type Sampled struct {
	Path  string `json:"path"`
	Value string `json:"value"` // cut where it is long
}

// ManualCase is a case registered by hand: a hotline call, a letter, a media
// enquiry, an order from above.
type ManualCase struct {
	Region    Region    `json:"region,omitempty"`
	Queue     Queue     `json:"queue"`
	Title     string    `json:"title"`
	Summary   string    `json:"summary,omitempty"`
	Category  string    `json:"category,omitempty"`
	Level     Level     `json:"level,omitempty"`
	Lead      UnitID    `json:"lead,omitempty"`      // proposed; sent only by assign
	Event     EventID   `json:"event,omitempty"`     // made from an event
	EventAt   time.Time `json:"event_at,omitzero"`   // when it happened
	Emergency bool      `json:"emergency,omitempty"` // 突发事件: the 5 h and 24 h clocks run, if the level has them
	Drill     bool      `json:"drill,omitempty"`     // 演练: counts nowhere, nothing is really sent
	Key       string    `json:"-"`                   // who asks again with it is given the case opened first; "" opens another
}

// Check returns an error that names the field a person must look at again.
func (m ManualCase) Check(now time.Time) error {
	switch {
	case m.EventAt.After(now):
		return Invalid("event_at", "事发时间不能晚于现在")
	case !m.EventAt.IsZero() && m.EventAt.Year() < 1990:
		return Invalid("event_at", "事发时间 %s 太早，请核对年份", m.EventAt.In(Beijing).Format(time.DateOnly))
	}
	if err := checkTitle("title", m.Title); err != nil {
		return err
	}
	return checkCategory("category", m.Category)
}

func checkTitle(field, title string) error {
	if n := len([]rune(strings.TrimSpace(title))); n > MaxTitleRunes {
		return Invalid(field, "标题 %d 字，超过上限 %d 字，细节请写在摘要里", n, MaxTitleRunes)
	}
	return nil
}

func checkCategory(field, name string) error {
	if name != "" && !slices.Contains(Categories, name) {
		return Invalid(field, "没有“%s”这一类，应为%s之一", Clip(name, 20), strings.Join(Categories, "、"))
	}
	return nil
}
