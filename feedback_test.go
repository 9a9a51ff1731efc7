package huiying_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"huiying"
)

func submitting(by huiying.Person, head string) huiying.Command {
	return huiying.Command{Action: huiying.ActSubmit, By: by, Head: head, Feedback: &huiying.Feedback{
		Finding: huiying.FoundTrue, Facts: "夜间违规排放", Measures: "停产整改", Publicity: huiying.Public, Head: "冒名的人", SignedAt: start,
	}}
}

func TestTheHeadSignsWhatTheHandlerWroteBeforeItLeavesTheUnit(t *testing.T) {
	t.Parallel()
	c, out, err := acknowledged(t).Do(submitting(handler, "head"), testRules(), start.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if c.State != huiying.StateAcknowledged || len(c.Feedback) != 0 || !c.AwaitsSignature() || c.Form.Handler != handler.Name || c.Form.Head != "" {
		t.Fatalf("state %s, handed in %v, waiting %+v", c.State, c.Feedback, c.Form)
	}
	if k, _ := c.Clock(huiying.ClockFeedback, "yjj"); !k.Open() {
		t.Error("the clock of the first feedback stopped before the form left the unit")
	}
	if len(out.Notices) != 1 || out.Notices[0].To != string(huiying.Head) || out.Notices[0].Unit != "yjj" {
		t.Errorf("told %+v", out.Notices)
	}
	if c.For(analyst).Form != nil || c.For(helper).Form != nil || c.For(liaison).Form == nil {
		t.Error("the form is seen outside the unit before it is signed")
	}
	sign := huiying.Command{Action: huiying.ActSign, By: head}
	for _, by := range []huiying.Person{handler, liaison, leader} {
		other := sign
		other.By = by
		if _, _, err := c.Do(other, testRules(), start.Add(time.Hour)); !errors.Is(err, huiying.ErrForbidden) {
			t.Errorf("signed by %s: %v", by.Name, err)
		}
	}
	next, out, err := c.Do(sign, testRules(), start.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	f := next.Feedback[0]
	if next.State != huiying.StateReviewing || next.Form != nil || f.Handler != handler.Name || f.Head != head.Name || !f.SignedAt.Equal(start.Add(2*time.Hour)) || !f.At.Equal(f.SignedAt) {
		t.Errorf("state %s, form %+v", next.State, f)
	}
	if k, _ := next.Clock(huiying.ClockFeedback, "yjj"); k.Open() || !k.StoppedAt.Equal(start.Add(2*time.Hour)) {
		t.Errorf("the clock: %+v", k)
	}
	if len(out.Notices) != 2 || out.Notices[0].Kind != huiying.NoticeReview {
		t.Errorf("the offices are told %+v", out.Notices)
	}
	if c.Form.Head != "" {
		t.Error("signing changed the case before")
	}
}

func TestTheHeadGivesAFormBackAndItIsWrittenAnew(t *testing.T) {
	t.Parallel()
	c := must(t, acknowledged(t), submitting(handler, "head"), start.Add(time.Hour))
	c, out, err := c.Do(huiying.Command{Action: huiying.ActDecline, By: head, Reason: "责任认定没有写"}, testRules(), start.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if c.AwaitsSignature() || c.Form == nil || c.Form.Declined != "责任认定没有写" || len(out.Notices) != 2 {
		t.Errorf("form %+v, told %+v", c.Form, out.Notices)
	}
	if _, _, err := c.Do(huiying.Command{Action: huiying.ActSign, By: head}, testRules(), start.Add(time.Hour)); !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("signed what was given back: %v", err)
	}
	c = must(t, c, submitting(liaison, "head"), start.Add(2*time.Hour))
	if !c.AwaitsSignature() || c.Form.Handler != liaison.Name {
		t.Errorf("written anew: %+v", c.Form)
	}
}

func TestAFormGoesStraightWhereThereIsNobodyToSignOrTheHeadHandsItIn(t *testing.T) {
	t.Parallel()
	c, out, err := acknowledged(t).Do(submitting(liaison, ""), testRules(), start.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if f := c.Feedback[0]; c.State != huiying.StateReviewing || f.Head != "" || !f.SignedAt.IsZero() {
		t.Errorf("state %s, signed by %q", c.State, f.Head)
	}
	if !strings.Contains(out.Entries[0].Detail, "无人签字") {
		t.Errorf("the timeline does not say that nobody signed: %q", out.Entries[0].Detail)
	}
	c = must(t, acknowledged(t), submitting(head, "head"), start.Add(time.Hour))
	if f := c.Feedback[0]; c.State != huiying.StateReviewing || f.Head != head.Name || f.SignedAt.IsZero() {
		t.Errorf("state %s, signed by %q", c.State, f.Head)
	}
}

func TestAnUnsignedFormDoesNotOutliveTheUnitsPart(t *testing.T) {
	t.Parallel()
	c := must(t, acknowledged(t), submitting(handler, "head"), start.Add(time.Hour))
	for name, cmd := range map[string]huiying.Command{
		"another unit leads": {Action: huiying.ActReassign, By: leader, Lead: "jkj", Reason: "属教科局"},
		"it was answered":    respond(huiying.Response{Text: "通报", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public}),
		"it was merged":      {Action: huiying.ActMerge, By: leader, Into: "c2", Reason: "同一件事"},
	} {
		if next := must(t, c, cmd, start.Add(2*time.Hour)); next.Form != nil {
			t.Errorf("%s: the form still waits", name)
		}
	}
}

// What was asked with the form goes to the leader with the signature; that it has
// become pointless meanwhile does not hold the form up.
func TestAWishForMoreTimeGoesWithTheSignature(t *testing.T) {
	t.Parallel()
	rules := testRules()
	for i := range rules.Clocks {
		if rules.Clocks[i].Kind == huiying.ClockSettle {
			rules.Clocks[i].Extend, rules.Clocks[i].Queue = huiying.Extension{Times: 1, Most: huiying.Duration(48 * time.Hour)}, ""
		}
	}
	do := func(c huiying.Case, cmd huiying.Command, at time.Time) huiying.Case {
		t.Helper()
		next, _, err := c.Do(cmd, rules, at)
		if err != nil {
			t.Fatalf("%s: %v", cmd.Action, err)
		}
		return next
	}
	c := opened(t, huiying.Orange, false)
	c = do(c, huiying.Command{Action: huiying.ActAssign, By: leader, Lead: "yjj"}, start)
	c = do(c, huiying.Command{Action: huiying.ActAcknowledge, By: liaison}, start)
	cmd := submitting(handler, "head")
	cmd.Feedback.Extension = &huiying.ExtensionWish{Clock: huiying.ClockSettle, Longer: huiying.Duration(24 * time.Hour), Reason: "待检测"}
	c = do(c, cmd, start.Add(time.Hour))
	if len(c.Extensions) != 0 {
		t.Errorf("asked before the head signed: %+v", c.Extensions)
	}
	sign := huiying.Command{Action: huiying.ActSign, By: head}
	if got := do(c, sign, start.Add(2*time.Hour)); len(got.WaitingExtensions()) != 1 {
		t.Errorf("signed, and waiting are %+v", got.WaitingExtensions())
	}
	if got := do(c, sign, start.Add(200*time.Hour)); got.State != huiying.StateReviewing || len(got.Extensions) != 0 {
		t.Errorf("after the deadline: state %s, %+v", got.State, got.Extensions)
	}
}
