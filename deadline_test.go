package huiying_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"huiying"
)

func lapses(out huiying.Outcome, kind huiying.ClockKind) (n int) {
	for _, e := range out.Entries {
		if e.Action == huiying.ActOverdue && e.Clock == kind {
			n++
		}
	}
	return n
}

func TestALapseIsPutOnRecordOnceWhateverTheLevelBecomes(t *testing.T) {
	t.Parallel()
	late := start.Add(50 * time.Hour)
	c, out, _ := assigned(t).Tick(testRules(), late)
	if n := lapses(out, huiying.ClockRespond); n != 1 {
		t.Fatalf("%d lapses of the response on record, want 1", n)
	}
	for _, cmd := range []huiying.Command{
		{Action: huiying.ActChangeLevel, By: leader, Level: huiying.Red, Reason: "扩大"},
		{Action: huiying.ActRestart, By: supervisor, Clock: huiying.ClockRespond, Until: start.Add(-2 * time.Hour), Reason: "首发更早"},
		{Action: huiying.ActTransfer, By: analyst, To: "offline", Reason: "来信为主"},
	} {
		c = must(t, c, cmd, late.Add(time.Minute))
		if c, out, _ = c.Tick(testRules(), late.Add(2*time.Minute)); lapses(out, huiying.ClockRespond) != 0 {
			t.Errorf("%s put the same lapse on record again", cmd.Action)
		}
	}
	c = must(t, c, huiying.Command{Action: huiying.ActRestart, By: supervisor, Clock: huiying.ClockRespond, Until: late, Reason: "登记有误"}, late.Add(time.Hour))
	if _, out, _ := c.Tick(testRules(), late.Add(49*time.Hour)); lapses(out, huiying.ClockRespond) != 1 {
		t.Error("a deadline that was given back and lapsed again is not on record")
	}
}

func TestAClockCannotBeginInAnotherAge(t *testing.T) {
	t.Parallel()
	cmd := huiying.Command{Action: huiying.ActRestart, By: supervisor, Clock: huiying.ClockRespond, Until: start.AddDate(-2, 0, 0), Reason: "首发更早"}
	if _, _, err := assigned(t).Do(cmd, testRules(), start); !errors.Is(err, huiying.ErrInvalid) {
		t.Errorf("a start two years before the case: %v", err)
	}
	cmd.Until = start.Add(-300 * 24 * time.Hour)
	if _, _, err := assigned(t).Do(cmd, testRules(), start); err != nil {
		t.Errorf("a start 300 days before the case: %v", err)
	}
}

// The hotline's clock counts in the queue of the hotline alone.
func TestAMovedCaseRunsAgainstTheClocksOfItsQueue(t *testing.T) {
	t.Parallel()
	move := func(c huiying.Case, to string, at time.Time) huiying.Case {
		return must(t, c, huiying.Command{Action: huiying.ActTransfer, By: analyst, To: to, Reason: "归口"}, at)
	}
	c := move(assigned(t), "offline", start.Add(time.Hour))
	first, ok := c.Clock(huiying.ClockSettle, "")
	if !ok || !first.Running() || !first.Start.Equal(start.Add(time.Hour)) {
		t.Fatalf("moved offline: clock %+v", first)
	}
	c = move(c, "online", start.Add(2*time.Hour))
	if k, _ := c.Clock(huiying.ClockSettle, ""); k.Open() {
		t.Error("moved back online, the hotline's clock still runs")
	}
	c = move(c, "offline", start.Add(3*time.Hour))
	if k, _ := c.Clock(huiying.ClockSettle, ""); !k.Running() || !k.Due.Equal(first.Due) {
		t.Errorf("moving to and fro gained time: %v, first %v", k.Due, first.Due)
	}
	if _, ok := move(opened(t, huiying.Blue, false), "offline", start).Clock(huiying.ClockSettle, ""); ok {
		t.Error("a case nobody has must be settled")
	}
}

// A helper's deadline runs whatever the lead does, and so may the helper.
func TestAHelperGivesItsFeedbackWithoutWaitingForTheLead(t *testing.T) {
	t.Parallel()
	word := huiying.Command{Action: huiying.ActHandle, By: helper, Text: "已到现场"}
	c := assigned(t)
	if _, _, err := c.Do(word, testRules(), start); !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("before it acknowledged: %v", err)
	}
	c = must(t, c, huiying.Command{Action: huiying.ActAcknowledge, By: helper}, start)
	early := must(t, c, word, start.Add(time.Minute))
	if k, _ := early.Clock(huiying.ClockFeedback, "t100"); k.Open() || early.State != huiying.StateAssigned {
		t.Errorf("case is %s, the helper's clock %+v", early.State, k)
	}
	word.By = liaison
	if _, _, err := c.Do(word, testRules(), start); !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("a lead that has not acknowledged: %v", err)
	}
	c = must(t, c, huiying.Command{Action: huiying.ActAcknowledge, By: liaison}, start)
	c = must(t, c, huiying.Command{Action: huiying.ActSubmit, By: head, Feedback: &huiying.Feedback{Finding: huiying.FoundTrue, Facts: "属实", Measures: "整改", Publicity: huiying.Public}}, start)
	if _, _, err := c.Do(word, testRules(), start); !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("a lead that has handed its form in: %v", err)
	}
	word.By = helper
	if c = must(t, c, word, start.Add(time.Hour)); c.State != huiying.StateReviewing {
		t.Errorf("a helper's word moved the case to %s", c.State)
	}
}

func TestAResponseLeadsToAPageOrNowhere(t *testing.T) {
	t.Parallel()
	r := huiying.Response{Text: "通报", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public}
	for address, good := range map[string]bool{"": true, "https://www.jiaocheng.gov.cn/1.html": true, "http://[2001:db8::1]/1": true, "javascript:alert(1)": false, "www.jiaocheng.gov.cn": false} {
		r.URL = address
		if _, _, err := acknowledged(t).Do(respond(r), testRules(), start); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
		if _, _, err := acknowledged(t).Do(huiying.Command{Action: huiying.ActDraft, By: liaison, Response: &r}, testRules(), start); (err == nil) != good {
			t.Errorf("%q in a draft: %v", address, err)
		}
	}
}

// A deadline in working days is only as good as the calendar: where a year's
// holidays are not known, the clock says so.
func TestAClockSaysWhichYearsHolidaysItDoesNotKnow(t *testing.T) {
	t.Parallel()
	rules := testRules()
	rules.Calendar = &huiying.Calendar{Years: map[int]bool{2026: true}}
	for at, want := range map[time.Time]bool{start: false, time.Date(2026, 12, 30, 9, 0, 0, 0, huiying.Beijing): true} {
		c, _, err := huiying.Open(huiying.Case{ID: "c1", Region: "141122", Queue: huiying.Offline, Title: "村道塌陷", Level: huiying.Blue}, analyst, rules, at)
		if err != nil {
			t.Fatal(err)
		}
		if c, _, err = c.Do(huiying.Command{Action: huiying.ActAssign, By: analyst, Lead: "yjj"}, rules, at); err != nil {
			t.Fatal(err)
		}
		if k, _ := c.Clock(huiying.ClockSettle, ""); strings.Contains(k.Rule, "2027 年的节假日安排还没有载入") != want {
			t.Errorf("from %v to %v the rule says %q", at, k.Due, k.Rule)
		}
		if k, _ := c.Clock(huiying.ClockRespond, ""); strings.Contains(k.Rule, "节假日") {
			t.Errorf("a clock in plain hours speaks of holidays: %q", k.Rule)
		}
	}
}

func TestAUnitThatIsNoMoreSaysSinceWhen(t *testing.T) {
	t.Parallel()
	d := huiying.NewDirectory([]huiying.Unit{{ID: "old", Name: "县旧局", To: start}, {ID: "new", Name: "县新局", From: start}})
	for id, at := range map[huiying.UnitID]time.Time{"old": start, "new": start.Add(-time.Hour)} {
		if err := d.Check(id, at); !errors.Is(err, huiying.ErrInvalid) || !strings.Contains(err.Error(), "自 2026-11-23 起") {
			t.Errorf("%s: %v", id, err)
		}
	}
}
