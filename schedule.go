package huiying

import (
	"fmt"
	"time"
)

// Scheduled reports whether reports of the rule are issued by themselves.
func (r ReportRule) Scheduled() bool { return r.At != "" && r.Check() == nil }

// slot is when a report is issued in the calendar period (day, week from Monday,
// month) in which at lies, or n periods later.
func (r ReportRule) slot(at time.Time, n int) time.Time {
	from, _ := r.Kind.Period(at)
	clock, _ := time.Parse("15:04", r.At) // Check passed
	switch r.Kind {
	case ReportWeekly:
		from = from.AddDate(0, 0, 7*n+r.On-1)
	case ReportMonthly:
		from = from.AddDate(0, n, r.On-1)
	default:
		from = from.AddDate(0, 0, n)
	}
	return time.Date(from.Year(), from.Month(), from.Day(), clock.Hour(), clock.Minute(), 0, 0, Beijing)
}

// Due is the first moment after a time at which the rule issues a report, by
// Beijing's clock; zero: it never does.
func (r ReportRule) Due(after time.Time) time.Time {
	if !r.Scheduled() {
		return time.Time{}
	}
	n := 0
	for !r.slot(after, n).After(after) {
		n++
	}
	return r.slot(after, n)
}

// edge is where the report issued at a slot ends: the whole hour, as the archive
// counts; a 月报 ends with the day before.
func (r ReportRule) edge(slot time.Time) time.Time {
	if r.Kind == ReportMonthly {
		return time.Date(slot.Year(), slot.Month(), slot.Day(), 0, 0, 0, 0, Beijing)
	}
	return slot.Truncate(time.Hour)
}

// Issue is what the next issue that ends after at is about, [from, to), and when
// it is due. Issues follow each other without gap or overlap, whoever makes them:
// each begins where the one before ends. Without a schedule it is the calendar
// period in which at lies, due never.
func (r ReportRule) Issue(at time.Time) (from, to, due time.Time) {
	if !r.Scheduled() {
		from, to = r.Kind.Period(at)
		return from, to, time.Time{}
	}
	n := -1
	for !r.edge(r.slot(at, n)).After(at) {
		n++
	}
	due = r.slot(at, n)
	from, to = r.Span(due)
	return from, to, due
}

// Span is the period of the report that is due at a moment.
func (r ReportRule) Span(due time.Time) (from, to time.Time) {
	return r.edge(r.slot(due, -1)), r.edge(due)
}

// Missed are the moments in (since, now] at which the rule should have issued a
// report, the earliest first: those of the last seven periods at most.
func (r ReportRule) Missed(since, now time.Time) []time.Time {
	const most = 7
	if !r.Scheduled() {
		return nil
	}
	if first := r.slot(now, -most); since.Before(first) {
		since = first
	}
	var out []time.Time
	for s := r.Due(since); !s.After(now); s = r.Due(s) {
		out = append(out, s)
	}
	return out
}

// When says the schedule as people do: 每周五 17:00; "" for none.
func (r ReportRule) When() string {
	switch {
	case !r.Scheduled():
		return ""
	case r.Kind == ReportWeekly:
		return "每周" + string([]rune("一二三四五六日")[r.On-1]) + " " + r.At
	case r.Kind == ReportMonthly:
		return fmt.Sprintf("每月%d日 %s", r.On, r.At)
	}
	return "每日 " + r.At
}
