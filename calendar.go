package huiying

import "time"

// Hours says which hours a clock counts.
type Hours string

// The ways to count.
const (
	PlainHours   Hours = "plain"   // through nights, weekends and holidays
	DutyHours    Hours = "duty"    // office hours of working days
	WorkingHours Hours = "working" // whole working days of 24 h, for "5 个工作日"
)

// Label is the Chinese name of the way to count.
func (h Hours) Label() string {
	switch h {
	case DutyHours:
		return "工作时段内计"
	case WorkingHours:
		return "按工作日计"
	}
	return "连续计时"
}

// Span is a part of a day, in minutes after midnight: [From, To).
type Span struct{ From, To int }

// Calendar knows working days and office hours. Off and On are exceptions to
// Monday–Friday, keyed "2006-01-02": holidays, and 调休 days that are worked.
type Calendar struct {
	Version string
	Off     map[string]string // date → name of the holiday
	On      map[string]string
	Office  []Span       // office hours of a working day, in order
	Years   map[int]bool // the years whose holidays are loaded
}

// Works reports whether the day t lies in (Beijing time) is a working day.
func (c *Calendar) Works(t time.Time) bool {
	t = t.In(Beijing)
	key := t.Format(time.DateOnly)
	if _, ok := c.On[key]; ok {
		return true
	}
	if _, ok := c.Off[key]; ok {
		return false
	}
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}

// Add returns the instant d after start, counting only the hours h counts.
func (c *Calendar) Add(start time.Time, d time.Duration, h Hours) time.Time {
	if h != DutyHours && h != WorkingHours || c == nil {
		return start.Add(d)
	}
	spans := c.Office
	if h == WorkingHours || len(spans) == 0 {
		spans = []Span{{0, 24 * 60}}
	}
	at := start.In(Beijing)
	for range 3660 { // ten years: a calendar without working days ends here
		midnight := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, Beijing)
		if c.Works(at) {
			for _, s := range spans {
				from := midnight.Add(time.Duration(s.From) * time.Minute)
				to := midnight.Add(time.Duration(s.To) * time.Minute)
				if from.Before(at) {
					from = at
				}
				if !from.Before(to) {
					continue
				}
				if room := to.Sub(from); d <= room {
					return from.Add(d)
				} else {
					d -= room
				}
			}
		}
		at = midnight.AddDate(0, 0, 1)
	}
	return at
}
