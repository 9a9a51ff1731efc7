package huiying_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"huiying"
)

func TestAnAcknowledgementThatGoesQuietIsEscalatedUntilTheUnitActs(t *testing.T) {
	t.Parallel()
	c := acknowledged(t)
	c, said := ticked(c, start.Add(119*time.Minute))
	if slices.Contains(said, "quiet yjj") {
		t.Fatalf("escalated before the limit: %v", said)
	}
	if at, _ := c.NextAt(testRules()); at.After(start.Add(2 * time.Hour)) {
		t.Fatalf("next looked at %v, the silence is due at %v", at, start.Add(2*time.Hour))
	}
	c, said = ticked(c, start.Add(2*time.Hour))
	if !slices.Contains(said, "quiet yjj") {
		t.Fatalf("two hours of silence: %v", said)
	}
	c = must(t, c, huiying.Command{Action: huiying.ActComment, By: liaison, Reason: "正在现场"}, start.Add(150*time.Minute))
	c, said = ticked(c, start.Add(4*time.Hour+29*time.Minute))
	if slices.Contains(said, "quiet yjj") {
		t.Fatalf("a word from the unit must begin the silence anew: %v", said)
	}
	_, said = ticked(c, start.Add(7*time.Hour))
	if n := len(slices.DeleteFunc(said, func(s string) bool { return s != "quiet yjj" })); n != 2 {
		t.Fatalf("after twice the limit both steps are due, got %d: %v", n, said)
	}
	c = must(t, c, huiying.Command{Action: huiying.ActSubmit, By: liaison, Feedback: &huiying.Feedback{Finding: huiying.FoundTrue, Facts: "属实", Measures: "整改", Publicity: huiying.Public}}, start.Add(5*time.Hour))
	if _, said = ticked(c, start.Add(40*time.Hour)); slices.Contains(said, "quiet yjj") {
		t.Fatalf("the case waits for the office now, not for the unit: %v", said)
	}
}

func TestSilencePastTheReturnPeriodIsAcceptance(t *testing.T) {
	t.Parallel()
	c, said := ticked(acknowledged(t), start.Add(8*time.Hour))
	if !slices.Contains(said, "accept yjj") {
		t.Fatalf("at the end of the return period: %v", said)
	}
	if slices.ContainsFunc(c.Allowed(liaison), func(tr huiying.Transition) bool { return tr.Action == huiying.ActReturn }) {
		t.Error("the button to return the case is still there")
	}
	if _, again := ticked(c, start.Add(9*time.Hour)); slices.Contains(again, "accept yjj") {
		t.Error("acceptance is put on record twice")
	}
}

func TestAReturnSaysWhoRefusedAndWhoInstead(t *testing.T) {
	t.Parallel()
	c := must(t, acknowledged(t), huiying.Command{Action: huiying.ActReturn, By: liaison, Reason: "属住建职责", Lead: "zjj"}, start.Add(time.Hour))
	want := []huiying.Refusal{{Unit: "yjj", By: "liaison", At: start.Add(time.Hour), Reason: "属住建职责", Instead: "zjj"}}
	if !reflect.DeepEqual(c.Refusals, want) {
		t.Errorf("refusals %+v", c.Refusals)
	}
	if len(c.Units) != 0 || c.State != huiying.StateTriage {
		t.Errorf("state %s with %v", c.State, c.Units)
	}
}

func TestAPausedClockStandsStillAndGoesOnWithWhatWasLeft(t *testing.T) {
	t.Parallel()
	c := acknowledged(t)
	due, _ := c.Clock(huiying.ClockFeedback, "yjj")
	cmd := huiying.Command{By: analyst, Clock: huiying.ClockFeedback, Unit: "yjj", Reason: "等检测报告"}
	cmd.Action = huiying.ActPause
	c = must(t, c, cmd, start.Add(time.Hour))
	if k, _ := c.Clock(huiying.ClockFeedback, "yjj"); k.State(start.Add(99*time.Hour)) != huiying.ClockPaused {
		t.Errorf("state %s", k.State(start.Add(99*time.Hour)))
	}
	if c, said := ticked(c, start.Add(10*time.Hour)); slices.Contains(said, "overdue yjj") || slices.Contains(said, "quiet yjj") {
		t.Errorf("a paused clock lapsed: %v %v", said, c.Units)
	}
	cmd.Action = huiying.ActResume
	c = must(t, c, cmd, start.Add(11*time.Hour))
	k, _ := c.Clock(huiying.ClockFeedback, "yjj")
	if !k.Due.Equal(due.Due.Add(10*time.Hour)) || time.Duration(k.Excused) != 10*time.Hour {
		t.Errorf("due %v, excused %v", k.Due, k.Excused)
	}
	up := must(t, c, huiying.Command{Action: huiying.ActChangeLevel, By: leader, Reason: "升温", Level: huiying.Red}, start.Add(11*time.Hour))
	if n, _ := up.Clock(huiying.ClockFeedback, "yjj"); !n.Due.Equal(k.Due) { // the limit is the same at every level here
		t.Errorf("a change of level forgot the pause: due %v", n.Due)
	}
}

func TestADeadlineIsPutOffAsOftenAsTheRuleSays(t *testing.T) {
	t.Parallel()
	c := acknowledged(t)
	cmd := huiying.Command{Action: huiying.ActExtend, By: leader, Clock: huiying.ClockFeedback, Unit: "yjj", Reason: "待检测", Until: start.Add(20 * time.Hour)}
	c = must(t, c, cmd, start.Add(time.Hour))
	cmd.Until = start.Add(30 * time.Hour)
	if _, _, err := c.Do(cmd, testRules(), start.Add(2*time.Hour)); !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("a second extension: %v", err)
	}
}

func TestHelpersMayHaveADeadlineOfTheirOwnThatLevelsDoNotMove(t *testing.T) {
	t.Parallel()
	c := must(t, acknowledged(t), huiying.Command{Action: huiying.ActAddUnit, By: leader, Helpers: []huiying.UnitID{"jkj"}, Until: start.Add(20 * time.Hour)}, start.Add(time.Hour))
	c = must(t, c, huiying.Command{Action: huiying.ActChangeLevel, By: leader, Reason: "升温", Level: huiying.Red}, start.Add(2*time.Hour))
	if k, _ := c.Clock(huiying.ClockFeedback, "jkj"); !k.Due.Equal(start.Add(20*time.Hour)) || !k.Agreed {
		t.Errorf("helper's clock %+v", k)
	}
	if k, _ := c.Clock(huiying.ClockFeedback, "yjj"); k.Agreed {
		t.Error("the lead's deadline was moved too")
	}
}
