package huiying

import (
	"iter"
	"time"
)

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

// Over is when the span is over that t lies in, t itself when it lies in none. A
// span that ends before it begins goes through midnight.
func (s Span) Over(t time.Time) time.Time {
	day := midnight(t)
	at := int(t.Sub(day).Minutes())
	over := day.Add(time.Duration(s.To) * time.Minute)
	switch {
	case s.From <= s.To && at >= s.From && at < s.To, s.From > s.To && at < s.To:
		return over
	case s.From > s.To && at >= s.From:
		return over.AddDate(0, 0, 1)
	}
	return t
}

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

// unknown is a year between two instants whose holidays are not loaded, if there
// is one. A calendar that lists no year at all claims nothing.
func (c *Calendar) unknown(from, to time.Time) (year int, ok bool) {
	if c == nil || len(c.Years) == 0 {
		return 0, false
	}
	for year = from.In(Beijing).Year(); year <= to.In(Beijing).Year(); year++ {
		if !c.Years[year] {
			return year, true
		}
	}
	return 0, false
}

// Add returns the instant d after start, counting only the hours h counts.
func (c *Calendar) Add(start time.Time, d time.Duration, h Hours) time.Time {
	if h != DutyHours && h != WorkingHours || c == nil {
		return start.Add(d)
	}
	at := start.In(Beijing)
	for range 3660 { // ten years: a calendar without working days ends here
		for from, to := range c.counted(at, h) {
			room := to.Sub(from)
			if d <= room {
				return from.Add(d)
			}
			d -= room
		}
		at = midnight(at).AddDate(0, 0, 1)
	}
	return at
}

// Between is how much of the time from one instant to a later one h counts; 0
// when the second is not later.
func (c *Calendar) Between(from, to time.Time, h Hours) (d time.Duration) {
	if h != DutyHours && h != WorkingHours || c == nil {
		return max(0, to.Sub(from))
	}
	for at := from.In(Beijing); at.Before(to); at = midnight(at).AddDate(0, 0, 1) {
		for a, b := range c.counted(at, h) {
			if b.After(to) {
				b = to
			}
			d += max(0, b.Sub(a))
		}
	}
	return d
}

// counted yields the stretches of at's day, from at on, that h counts.
func (c *Calendar) counted(at time.Time, h Hours) iter.Seq2[time.Time, time.Time] {
	spans := c.Office
	if h == WorkingHours || len(spans) == 0 {
		spans = []Span{{0, 24 * 60}}
	}
	return func(yield func(from, to time.Time) bool) {
		if !c.Works(at) {
			return
		}
		for _, s := range spans {
			from := midnight(at).Add(time.Duration(s.From) * time.Minute)
			to := midnight(at).Add(time.Duration(s.To) * time.Minute)
			if from.Before(at) {
				from = at
			}
			if from.Before(to) && !yield(from, to) {
				return
			}
		}
	}
}

func midnight(at time.Time) time.Time {
	y, m, d := at.In(Beijing).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Beijing)
}
