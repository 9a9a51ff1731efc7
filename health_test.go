package huiying_test

import (
	"testing"
	"time"

	"huiying"
)

func TestASourceIsJudgedByItsOwnBaseline(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 5, 15, 0, 0, 0, huiying.Beijing)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	every := 10 * time.Minute
	well := huiying.SourceHealth{LastAttempt: ago(every), LastSuccess: ago(every), LastItem: ago(time.Hour), Gap: huiying.Duration(time.Hour), NextVisit: now}
	for name, c := range map[string]struct {
		change func(*huiying.SourceHealth)
		paused bool
		want   string
	}{
		"all is well":                               {func(*huiying.SourceHealth) {}, false, "green"},
		"it is paused":                              {func(*huiying.SourceHealth) {}, true, "grey"},
		"it failed once":                            {func(h *huiying.SourceHealth) { h.Failures = 1 }, false, "yellow"},
		"it failed three times":                     {func(h *huiying.SourceHealth) { h.Failures = 3 }, false, "red"},
		"one visit read nothing of what is new":     {func(h *huiying.SourceHealth) { h.Barren = 1 }, false, "yellow"},
		"three visits read nothing of what is new":  {func(h *huiying.SourceHealth) { h.Barren = 3 }, false, "red"},
		"an hourly source has been still for a day": {func(h *huiying.SourceHealth) { h.LastItem = ago(25 * time.Hour) }, false, "yellow"},
		"a weekly source has been still for a day": {func(h *huiying.SourceHealth) {
			h.LastItem = ago(25 * time.Hour)
			h.Gap = huiying.Duration(168 * time.Hour)
		}, false, "green"},
		"nobody visits it": {func(h *huiying.SourceHealth) { h.LastSuccess, h.NextVisit = ago(5*time.Hour), ago(4*time.Hour) }, false, "red"},
		"it is asked rarely, for it is nearly dead": {func(h *huiying.SourceHealth) {
			h.LastSuccess, h.Gap, h.LastItem = ago(65*time.Minute), 0, ago(time.Hour)
		}, false, "green"},
		"it was never visited": {func(h *huiying.SourceHealth) { *h = huiying.SourceHealth{} }, false, "grey"},
	} {
		h := well
		c.change(&h)
		colour, why := h.Status(huiying.Source{Every: huiying.Duration(every), Paused: c.paused}, now)
		if colour != c.want || why == "" {
			t.Errorf("%s: %s (%s), want %s", name, colour, why, c.want)
		}
	}
}

func TestTheHoursOfAWeekAreKeptAndAddedUp(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 0, 10, 0, 0, huiying.Beijing)
	var h huiying.SourceHealth
	for i := range 10 * 24 * 2 { // ten days, two visits an hour
		h.Record(start.Add(time.Duration(i)*30*time.Minute), huiying.SourceHour{Items: 1, Requests: 3, Bytes: 1000, Kinds: map[huiying.FailureKind]int{huiying.FailureTimeout: 1 + i%2}})
	}
	if len(h.Hours) != 7*24 {
		t.Fatalf("%d hours are kept, want a week's", len(h.Hours))
	}
	last := start.Add(10*24*time.Hour - 30*time.Minute)
	if day := h.Load(last.Add(-23 * time.Hour)); day.Visits != 48 || day.Requests != 144 || day.Bytes != 48000 || day.Items != 48 {
		t.Errorf("the load of a day is %+v", day)
	} else if day.Kinds[huiying.FailureTimeout] != 24+48 {
		t.Errorf("the failures of a day are %v", day.Kinds)
	}
	if got, want := h.Advice(), huiying.FailureTimeout.Advice(); got != want {
		t.Errorf("the advice is %q, want that of what fails most: %q", got, want)
	}
	if again := h.Load(last.Add(-23 * time.Hour)); again.Kinds[huiying.FailureTimeout] != 24+48 {
		t.Errorf("asked again, the failures of a day are %v", again.Kinds)
	}
}

func TestEveryKindOfFailureHasItsWordAndAdvice(t *testing.T) {
	t.Parallel()
	words := make(map[string]huiying.FailureKind)
	for _, kind := range huiying.FailureKinds {
		if kind.Label() == string(kind) || kind.Advice() == "" {
			t.Errorf("%s is called %q, with the advice %q", kind, kind.Label(), kind.Advice())
		}
		if other, taken := words[kind.Label()]; taken {
			t.Errorf("%s and %s are both called %s", kind, other, kind.Label())
		}
		words[kind.Label()] = kind
	}
	if got := huiying.FailureKind("of_a_later_version"); got.Label() != "of_a_later_version" {
		t.Errorf("a kind that is not known is called %q", got.Label())
	}
}
