package huiying

import (
	"testing"
	"time"
)

func TestIssuesAreDueAndFollowEachOther(t *testing.T) {
	at := func(s string) time.Time {
		out, err := time.ParseInLocation("2006-01-02 15:04", s, Beijing)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	daily := ReportRule{Kind: ReportDaily, At: "18:30"}
	weekly := ReportRule{Kind: ReportWeekly, At: "17:00", On: 5}
	monthly := ReportRule{Kind: ReportMonthly, At: "09:00", On: 1}
	for _, c := range []struct {
		rule              ReportRule
		at, due, from, to string
	}{
		{daily, "2026-11-26 00:00", "2026-11-26 18:30", "2026-11-25 18:00", "2026-11-26 18:00"},
		{daily, "2026-12-31 18:30", "2027-01-01 18:30", "2026-12-31 18:00", "2027-01-01 18:00"},
		{daily, "2027-02-28 23:59", "2027-03-01 18:30", "2027-02-28 18:00", "2027-03-01 18:00"},
		{weekly, "2026-11-26 00:00", "2026-11-27 17:00", "2026-11-20 17:00", "2026-11-27 17:00"}, // a Thursday
		{weekly, "2026-11-28 00:00", "2026-12-04 17:00", "2026-11-27 17:00", "2026-12-04 17:00"}, // the Saturday after
		{monthly, "2026-11-26 00:00", "2026-12-01 09:00", "2026-11-01 00:00", "2026-12-01 00:00"},
		{monthly, "2026-12-01 10:00", "2027-01-01 09:00", "2026-12-01 00:00", "2027-01-01 00:00"},
	} {
		from, to, due := c.rule.Issue(at(c.at))
		if !from.Equal(at(c.from)) || !to.Equal(at(c.to)) || !due.Equal(at(c.due)) {
			t.Errorf("%s of %s: %s – %s, due %s", c.rule.When(), c.at, from, to, due)
		}
		if next := c.rule.Due(at(c.at)); !next.Equal(at(c.due)) {
			t.Errorf("%s after %s: %s", c.rule.When(), c.at, next)
		}
		if begin, _, _ := c.rule.Issue(to); !begin.Equal(to) {
			t.Errorf("%s: the issue after %s begins at %s", c.rule.When(), to, begin)
		}
	}
	if from, to, due := (ReportRule{Kind: ReportWeekly}).Issue(at("2026-11-26 12:00")); !from.Equal(at("2026-11-23 00:00")) || !to.Equal(at("2026-11-30 00:00")) || !due.IsZero() {
		t.Errorf("without a schedule: %s – %s, due %s", from, to, due)
	}
}

func TestMissedIssuesAreFewAndInOrder(t *testing.T) {
	daily := ReportRule{Kind: ReportDaily, At: "18:00"}
	now := time.Date(2026, 11, 26, 18, 0, 0, 0, Beijing)
	for _, c := range []struct {
		since time.Duration
		want  int
	}{{0, 0}, {time.Second, 1}, {24 * time.Hour, 1}, {24*time.Hour + 1, 2}, {1000 * time.Hour, 7}} {
		got := daily.Missed(now.Add(-c.since), now)
		if len(got) != c.want {
			t.Errorf("down for %s: %v", c.since, got)
		}
		for i, s := range got {
			if want := now.AddDate(0, 0, i+1-len(got)); !s.Equal(want) {
				t.Errorf("down for %s: the %d-th is %s, want %s", c.since, i, s, want)
			}
		}
	}
	if got := daily.Missed(now.Add(-time.Hour), now.Add(-time.Second)); got != nil {
		t.Errorf("before it is due: %v", got)
	}
}
