package huiying_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"huiying"
)

// springFestival is the winter of 2026: 2 月 15 日至 23 日放假，14 日、28 日（星期六）上班
// (国办发明电〔2025〕7号).
func springFestival() *huiying.Calendar {
	c := &huiying.Calendar{
		Off: make(map[string]string),
		On:  map[string]string{"2026-02-14": "春节调休上班", "2026-02-28": "春节调休上班"},
		Office: []huiying.Span{
			{From: 8 * 60, To: 12 * 60}, {From: 14*60 + 30, To: 18 * 60},
		},
		Years: map[int]bool{2026: true},
	}
	for day := range 9 {
		c.Off[time.Date(2026, 2, 15+day, 0, 0, 0, 0, huiying.Beijing).Format(time.DateOnly)] = "春节"
	}
	return c
}

func beijing(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", s, huiying.Beijing)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestADeadlineCountsTheHoursItSays(t *testing.T) {
	t.Parallel()
	const plain, duty, working = huiying.PlainHours, huiying.DutyHours, huiying.WorkingHours
	tests := map[string]struct {
		start string
		limit time.Duration
		hours huiying.Hours
		want  string
	}{
		"5 h run through New Year's Eve":                 {"2026-02-16 22:30", 5 * time.Hour, plain, "2026-02-17 03:30"},
		"24 h run through the first day of the year":     {"2026-02-16 22:30", 24 * time.Hour, plain, "2026-02-17 22:30"},
		"48 h end inside the holidays":                   {"2026-02-14 17:00", 48 * time.Hour, plain, "2026-02-16 17:00"},
		"an unknown way to count is plain":               {"2026-02-14 17:00", time.Hour, "", "2026-02-14 18:00"},
		"no limit is due at once":                        {"2026-02-14 17:00", 0, plain, "2026-02-14 17:00"},
		"half an hour within office hours":               {"2026-02-25 09:00", 30 * time.Minute, duty, "2026-02-25 09:30"},
		"before the office opens":                        {"2026-02-25 06:00", 30 * time.Minute, duty, "2026-02-25 08:30"},
		"over lunch":                                     {"2026-02-25 11:45", 30 * time.Minute, duty, "2026-02-25 14:45"},
		"until the very end of a span":                   {"2026-02-25 11:30", 30 * time.Minute, duty, "2026-02-25 12:00"},
		"over the night":                                 {"2026-02-25 17:45", time.Hour, duty, "2026-02-26 08:45"},
		"over a plain weekend":                           {"2026-03-06 17:45", time.Hour, duty, "2026-03-09 08:45"},
		"from the worked Saturday over Spring Festival":  {"2026-02-14 17:45", time.Hour, duty, "2026-02-24 08:45"},
		"begun in the middle of the holidays":            {"2026-02-18 10:00", time.Hour, duty, "2026-02-24 09:00"},
		"24 h on duty are more than three working days":  {"2026-03-02 08:00", 24 * time.Hour, duty, "2026-03-05 09:30"},
		"a working day within the week":                  {"2026-03-03 16:20", 24 * time.Hour, working, "2026-03-04 16:20"},
		"a working day from Friday to Monday":            {"2026-03-06 16:20", 24 * time.Hour, working, "2026-03-09 16:20"},
		"a working day from Friday to a worked Saturday": {"2026-02-27 16:20", 24 * time.Hour, working, "2026-02-28 16:20"},
		"from a worked Saturday over the Sunday":         {"2026-02-28 16:20", 24 * time.Hour, working, "2026-03-02 16:20"},
		"five working days over a worked Saturday":       {"2026-02-25 10:00", 5 * 24 * time.Hour, working, "2026-03-03 10:00"},
		"a working day over Spring Festival":             {"2026-02-14 10:00", 24 * time.Hour, working, "2026-02-24 10:00"},
		"begun on a holiday, counted from the next day":  {"2026-02-20 10:00", 24 * time.Hour, working, "2026-02-25 00:00"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := springFestival().Add(beijing(t, tt.start), tt.limit, tt.hours)
			if want := beijing(t, tt.want); !got.Equal(want) {
				t.Errorf("due %s, want %s", got.In(huiying.Beijing).Format("2006-01-02 15:04"), tt.want)
			}
		})
	}
}

func TestWorkingDaysAreThoseOfBeijing(t *testing.T) {
	t.Parallel()
	c := springFestival()
	for at, want := range map[string]bool{
		"2026-02-13T10:00:00Z": true,  // Friday
		"2026-02-13T18:00:00Z": true,  // already the worked Saturday in Beijing
		"2026-02-14T18:00:00Z": false, // Sunday, the first day off
		"2026-02-22T18:00:00Z": false, // Monday the 23rd, still off
		"2026-02-23T18:00:00Z": true,  // Tuesday the 24th
		"2026-03-06T15:59:59Z": true,  // Friday, a second before midnight
		"2026-03-06T16:00:00Z": false, // Saturday
	} {
		v, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Works(v); got != want {
			t.Errorf("%s works: %v, want %v", v.In(huiying.Beijing), got, want)
		}
	}
}

func TestACalendarWithoutWorkingDaysEnds(t *testing.T) {
	t.Parallel()
	c := &huiying.Calendar{Office: []huiying.Span{{From: 9 * 60, To: 9 * 60}}} // hours that never open
	start := beijing(t, "2026-02-14 10:00")
	if due := c.Add(start, time.Hour, huiying.DutyHours); due.Before(start.AddDate(9, 0, 0)) {
		t.Errorf("due %s: a deadline that can never come lies far ahead", due)
	}
}

func TestWithoutACalendarTimeIsPlain(t *testing.T) {
	t.Parallel()
	var none *huiying.Calendar
	start := beijing(t, "2026-02-14 10:00")
	if due := none.Add(start, time.Hour, huiying.DutyHours); !due.Equal(start.Add(time.Hour)) {
		t.Errorf("due %s, want an hour later", due)
	}
}

// A deadline never comes early, lies where its hours count, and counting twice
// half the limit ends where counting it once does.
func TestDeadlinesAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := springFestival()
		start := time.Date(2026, 2, 1, 0, 0, 0, 0, huiying.Beijing).Add(time.Duration(rapid.IntRange(0, 60*24*60).Draw(t, "minute")) * time.Minute)
		first := time.Duration(rapid.IntRange(0, 3000).Draw(t, "first")) * time.Minute
		second := time.Duration(rapid.IntRange(0, 3000).Draw(t, "second")) * time.Minute
		hours := rapid.SampledFrom([]huiying.Hours{huiying.PlainHours, huiying.DutyHours, huiying.WorkingHours}).Draw(t, "hours")
		due := c.Add(start, first+second, hours)
		if due.Before(start.Add(first + second)) {
			t.Fatalf("due %s comes before %v have passed since %s", due, first+second, start)
		}
		if second == 0 {
			return // the end of one span and the beginning of the next are the same deadline
		}
		if twice := c.Add(c.Add(start, first, hours), second, hours); !twice.Equal(due) {
			t.Fatalf("%v then %v end at %s, together at %s", first, second, twice, due)
		}
		if last := due.Add(-time.Second); hours != huiying.PlainHours && !c.Works(last) {
			t.Fatalf("due %s: the last second counted lies on a day off", due)
		}
	})
}

func TestBetweenUndoesAdd(t *testing.T) {
	t.Parallel()
	c := &huiying.Calendar{Office: []huiying.Span{{From: 8 * 60, To: 12 * 60}, {From: 14*60 + 30, To: 18 * 60}}, Off: map[string]string{"2026-11-25": "休"}}
	rapid.Check(t, func(t *rapid.T) {
		from := start.Add(time.Duration(rapid.IntRange(0, 10000).Draw(t, "from")) * time.Minute)
		d := time.Duration(rapid.IntRange(1, 6000).Draw(t, "minutes")) * time.Minute
		h := rapid.SampledFrom([]huiying.Hours{huiying.PlainHours, huiying.DutyHours, huiying.WorkingHours}).Draw(t, "hours")
		if got := c.Between(from, c.Add(from, d, h), h); got != d {
			t.Fatalf("%v counts %v between, added %v", h, got, d)
		}
	})
}

func TestANightGoesThroughMidnight(t *testing.T) {
	t.Parallel()
	at := func(d, h, m int) time.Time { return time.Date(2026, 11, d, h, m, 0, 0, huiying.Beijing) }
	night, noon := huiying.Span{From: 22 * 60, To: 7 * 60}, huiying.Span{From: 12 * 60, To: 14 * 60}
	for _, tt := range []struct {
		span     huiying.Span
		in, over time.Time
	}{
		{night, at(23, 22, 0), at(24, 7, 0)},
		{night, at(24, 6, 59), at(24, 7, 0)},
		{night, at(24, 7, 0), at(24, 7, 0)},
		{night, at(24, 21, 59), at(24, 21, 59)},
		{noon, at(24, 12, 0), at(24, 14, 0)},
		{noon, at(24, 14, 0), at(24, 14, 0)},
		{huiying.Span{}, at(24, 0, 0), at(24, 0, 0)},
	} {
		if got := tt.span.Over(tt.in); !got.Equal(tt.over) {
			t.Errorf("%v at %v: over at %v, want %v", tt.span, tt.in, got, tt.over)
		}
	}
}
