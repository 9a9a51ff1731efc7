package huiying_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"huiying"
)

func asking(by huiying.Person, longer time.Duration) huiying.Command {
	return huiying.Command{Action: huiying.ActAsk, By: by, Clock: huiying.ClockFeedback, Longer: huiying.Duration(longer), Reason: "待检测报告"}
}

func TestAskingForMoreTimeMovesNoClockAndTellsTheLeader(t *testing.T) {
	t.Parallel()
	before := acknowledged(t)
	for _, by := range []huiying.Person{liaison, handler, helper} {
		c, out, err := before.Do(asking(by, 8*time.Hour), testRules(), start.Add(time.Hour))
		if err != nil {
			t.Fatalf("%s: %v", by.Name, err)
		}
		if !reflect.DeepEqual(c.Clocks, before.Clocks) {
			t.Errorf("%s: asking moved a clock", by.Name)
		}
		waits := c.WaitingExtensions()
		if len(waits) != 1 || waits[0].Unit != by.Unit || waits[0].By != by.Name || waits[0].Reason != "待检测报告" || !waits[0].At.Equal(start.Add(time.Hour)) {
			t.Errorf("%s: waiting %+v", by.Name, waits)
		}
		if len(out.Notices) != 1 || out.Notices[0].To != string(huiying.Leader) || out.Notices[0].Kind != huiying.NoticeReview {
			t.Errorf("%s: told %+v", by.Name, out.Notices)
		}
		if e := out.Entries[0]; e.Clock != huiying.ClockFeedback || e.Unit != by.Unit || !strings.Contains(e.Detail, "延长8小时") || e.Reason != "待检测报告" {
			t.Errorf("%s: the timeline says %+v", by.Name, e)
		}
		if _, said := ticked(c, start.Add(5*time.Hour)); !slices.Contains(said, "overdue "+string(by.Unit)) {
			t.Errorf("%s: the deadline passed in silence because more time was asked for: %v", by.Name, said)
		}
	}
}

func TestTheLeaderGrantsWhatWasAskedOrAnotherDeadlineOrRefuses(t *testing.T) {
	t.Parallel()
	due, _ := acknowledged(t).Clock(huiying.ClockFeedback, "yjj")
	answer := huiying.Command{By: leader, Clock: huiying.ClockFeedback, Unit: "yjj", Reason: "情况属实"}
	for name, tt := range map[string]struct {
		action huiying.Action
		until  time.Time
		due    time.Time
		answer huiying.ExtensionAnswer
	}{
		"as asked":         {huiying.ActExtend, time.Time{}, due.Due.Add(8 * time.Hour), huiying.ExtensionGranted},
		"another deadline": {huiying.ActExtend, due.Due.Add(3 * time.Hour), due.Due.Add(3 * time.Hour), huiying.ExtensionGranted},
		"refused":          {huiying.ActRefuse, time.Time{}, due.Due, huiying.ExtensionRefused},
	} {
		c := must(t, acknowledged(t), asking(liaison, 8*time.Hour), start.Add(time.Hour))
		cmd := answer
		cmd.Action, cmd.Until = tt.action, tt.until
		for _, by := range []huiying.Person{liaison, analyst, supervisor} {
			other := cmd
			other.By = by
			if _, _, err := c.Do(other, testRules(), start.Add(2*time.Hour)); !errors.Is(err, huiying.ErrForbidden) {
				t.Errorf("%s: answered by %s: %v", name, by.Name, err)
			}
		}
		next, out, err := c.Do(cmd, testRules(), start.Add(2*time.Hour))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		k, _ := next.Clock(huiying.ClockFeedback, "yjj")
		e := next.Extensions[0]
		if !k.Due.Equal(tt.due) || e.Answer != tt.answer || e.AnsweredBy != leader.Name || e.Why != "情况属实" || len(next.WaitingExtensions()) != 0 {
			t.Errorf("%s: due %v, request %+v", name, k.Due, e)
		}
		if len(out.Notices) != 1 || out.Notices[0].Unit != "yjj" || out.Notices[0].To != string(huiying.Liaison) {
			t.Errorf("%s: the unit is told %+v", name, out.Notices)
		}
		if _, _, err := next.Do(huiying.Command{Action: huiying.ActRefuse, By: leader, Reason: "再答一次"}, testRules(), start.Add(3*time.Hour)); !errors.Is(err, huiying.ErrConflict) {
			t.Errorf("%s: answered twice: %v", name, err)
		}
		if c.Extensions[0].Answer != "" {
			t.Errorf("%s: the case before was changed", name)
		}
	}
}

func TestMoreTimeIsAskedForWithinTheRules(t *testing.T) {
	t.Parallel()
	c := acknowledged(t)
	asked := must(t, c, asking(liaison, 8*time.Hour), start.Add(time.Hour))
	granted := must(t, asked, huiying.Command{Action: huiying.ActExtend, By: leader, Clock: huiying.ClockFeedback, Unit: "yjj", Reason: "同意"}, start.Add(time.Hour))
	of := func(k huiying.ClockKind) huiying.Command {
		cmd := asking(liaison, time.Hour)
		cmd.Clock = k
		return cmd
	}
	noReason := asking(liaison, time.Hour)
	noReason.Reason = " "
	tests := map[string]struct {
		of   huiying.Case
		cmd  huiying.Command
		at   time.Duration
		want error
	}{
		"without a reason":                         {c, noReason, 1, huiying.ErrInvalid},
		"without hours":                            {c, asking(liaison, 0), 1, huiying.ErrInvalid},
		"more than the rule gives at once":         {c, asking(liaison, 25*time.Hour), 1, huiying.ErrInvalid},
		"of a clock that runs for no unit":         {c, of(huiying.ClockSettle), 1, huiying.ErrInvalid},
		"of what the State Council asks":           {c, of(huiying.ClockRespond), 1, huiying.ErrConflict},
		"after the deadline":                       {c, asking(liaison, time.Hour), 5, huiying.ErrConflict},
		"twice":                                    {asked, asking(handler, time.Hour), 2, huiying.ErrConflict},
		"more often than the rule says":            {granted, asking(liaison, time.Hour), 2, huiying.ErrConflict},
		"by the leader himself":                    {c, asking(leader, time.Hour), 1, huiying.ErrForbidden},
		"by a helper about the case's own clock":   {c, huiying.Command{Action: huiying.ActAsk, By: helper, Clock: huiying.ClockRespond, Longer: huiying.Duration(time.Hour), Reason: "待检测"}, 1, huiying.ErrForbidden},
		"by a unit that has no part in the matter": {c, asking(stranger, time.Hour), 1, huiying.ErrNotFound},
	}
	for name, tt := range tests {
		if _, _, err := tt.of.Do(tt.cmd, testRules(), start.Add(tt.at*time.Hour)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %s", name, err, huiying.CodeOf(tt.want))
		}
	}
	if got := c.Extendable("yjj", testRules(), start.Add(time.Hour)); len(got) != 1 || got[0].Kind != huiying.ClockFeedback {
		t.Errorf("the page offers %+v", got)
	}
	if got := asked.Extendable("yjj", testRules(), start.Add(time.Hour)); len(got) != 0 {
		t.Errorf("asked already, and the page offers %+v", got)
	}
}

func TestARequestWhoseClockStoppedIsNotNeededAnyMore(t *testing.T) {
	t.Parallel()
	c := must(t, acknowledged(t), asking(liaison, 8*time.Hour), start.Add(time.Hour))
	for name, cmd := range map[string]huiying.Command{
		"the feedback came":    {Action: huiying.ActHandle, By: handler, Text: "已到现场"},
		"another unit leads":   {Action: huiying.ActReassign, By: leader, Lead: "jkj", Reason: "属教科局"},
		"the unit returned it": {Action: huiying.ActReturn, By: liaison, Reason: "不归我"},
		"it was merged":        {Action: huiying.ActMerge, By: leader, Into: "c2", Reason: "同一件事"},
	} {
		if next := must(t, c, cmd, start.Add(2*time.Hour)); next.Extensions[0].Answer != huiying.ExtensionMoot {
			t.Errorf("%s: %+v", name, next.Extensions[0])
		}
	}
}

// The 处置反馈单 has a field for it: of an offline matter the 5 working days run on
// after the form is in.
func TestTheFeedbackFormMayAskForMoreTime(t *testing.T) {
	t.Parallel()
	c, _, err := huiying.Open(huiying.Case{ID: "c1", Region: "141122", Queue: huiying.Offline, Title: "村道塌陷", Level: huiying.Blue}, analyst, testRules(), start)
	if err != nil {
		t.Fatal(err)
	}
	c = must(t, c, huiying.Command{Action: huiying.ActAssign, By: analyst, Lead: "yjj"}, start)
	c = must(t, c, huiying.Command{Action: huiying.ActAcknowledge, By: liaison}, start)
	form := huiying.Feedback{
		Finding: huiying.FoundTrue, Facts: "属实", Measures: "修复", Publicity: huiying.Public,
		Extension: &huiying.ExtensionWish{Clock: huiying.ClockSettle, Longer: huiying.Duration(48 * time.Hour), Reason: "待汛期过后施工"},
	}
	rules := testRules()
	if _, _, err := c.Do(huiying.Command{Action: huiying.ActSubmit, By: liaison, Feedback: &form}, rules, start.Add(time.Hour)); !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("an extension the rule does not know: %v", err)
	}
	for i := range rules.Clocks {
		if rules.Clocks[i].Kind == huiying.ClockSettle {
			rules.Clocks[i].Extend = huiying.Extension{Times: 1, Most: huiying.Duration(120 * time.Hour)}
		}
	}
	c, out, err := c.Do(huiying.Command{Action: huiying.ActSubmit, By: liaison, Feedback: &form}, rules, start.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if w := c.WaitingExtensions(); c.State != huiying.StateReviewing || len(w) != 1 || w[0].Clock != huiying.ClockSettle || w[0].Reason != "待汛期过后施工" {
		t.Errorf("state %s, waiting %+v", c.State, w)
	}
	if len(out.Entries) != 1 || !strings.Contains(out.Entries[0].Detail, "申请办结时限延长48小时") {
		t.Errorf("the timeline says %+v", out.Entries)
	}
}
