package huiying_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"huiying"
)

var (
	start = time.Date(2026, 11, 23, 9, 0, 0, 0, huiying.Beijing) // a Monday morning

	analyst    = person("analyst", huiying.Analyst, "wxb")
	leader     = person("leader", huiying.Leader, "")
	liaison    = person("liaison", huiying.Liaison, "yjj")
	handler    = person("handler", huiying.Handler, "yjj")
	helper     = person("helper", huiying.Liaison, "t100")
	stranger   = person("stranger", huiying.Liaison, "jkj")
	supervisor = person("supervisor", huiying.Supervisor, "ducha")
	everyone   = []huiying.Person{analyst, leader, liaison, handler, helper, stranger, supervisor, huiying.TheSystem("141122")}
)

func person(id string, r huiying.Role, u huiying.UnitID) huiying.Person {
	return huiying.Person{User: huiying.UserID(id), Name: id, Role: r, Unit: u, Region: "141122"}
}

func testRules() *huiying.Rules {
	d := func(s time.Duration) huiying.Duration { return huiying.Duration(s) }
	same := func(s time.Duration) huiying.ByLevel[huiying.Duration] {
		return huiying.ByLevel[huiying.Duration]{Red: d(s), Orange: d(s), Yellow: d(s), Blue: d(s)}
	}
	steps := []huiying.EscalationStep{
		{At: 0, To: "liaison", Label: "通知联络人"},
		{At: 1, To: "liaison", Label: "短信催签"},
		{At: 1.5, To: "head", Label: "报责任人"},
		{At: 2, To: "supervisor", Label: "报督查室"},
	}
	return &huiying.Rules{
		Version: "test",
		Clocks: []huiying.ClockRule{
			{Kind: huiying.ClockJudge, Limits: same(30 * time.Minute)},
			{Kind: huiying.ClockAcknowledge, Limits: huiying.ByLevel[huiying.Duration]{Red: d(10 * time.Minute), Orange: d(15 * time.Minute), Yellow: d(30 * time.Minute), Blue: d(time.Hour)}},
			{Kind: huiying.ClockFeedback, Limits: same(4 * time.Hour)},
			{Kind: huiying.ClockAuthoritative, Emergency: true, Limits: huiying.ByLevel[huiying.Duration]{Red: d(5 * time.Hour), Orange: d(5 * time.Hour)}},
			{Kind: huiying.ClockPress, Emergency: true, Limits: huiying.ByLevel[huiying.Duration]{Red: d(24 * time.Hour), Orange: d(24 * time.Hour)}},
			{Kind: huiying.ClockRespond, Limits: same(48 * time.Hour)},
		},
		Escalation: huiying.ByLevel[[]huiying.EscalationStep]{Red: steps, Orange: steps, Yellow: steps, Blue: steps},
		Calendar:   &huiying.Calendar{},
		ReturnIn:   d(8 * time.Hour),
	}
}

func opened(t interface{ Fatal(...any) }, l huiying.Level, emergency bool) huiying.Case {
	c, _, err := huiying.Open(huiying.Case{
		ID: "c1", Region: "141122", Queue: huiying.Online, Title: "化工园区异味", Level: l, Emergency: emergency,
		EventAt: start.Add(-time.Hour), FirstSeenAt: start.Add(-10 * time.Minute),
	}, huiying.TheSystem("141122"), testRules(), start)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func must(t *testing.T, c huiying.Case, cmd huiying.Command, at time.Time) huiying.Case {
	t.Helper()
	next, _, err := c.Do(cmd, testRules(), at)
	if err != nil {
		t.Fatalf("%s: %v", cmd.Action, err)
	}
	return next
}

func assigned(t *testing.T) huiying.Case {
	t.Helper()
	return must(t, opened(t, huiying.Orange, true), huiying.Command{Action: huiying.ActAssign, By: leader, Lead: "yjj", Helpers: []huiying.UnitID{"t100"}}, start)
}

func TestPublicClocksStartAtTheEarlierOfEventAndDetection(t *testing.T) {
	t.Parallel()
	c := opened(t, huiying.Red, true)
	for kind, limit := range map[huiying.ClockKind]time.Duration{
		huiying.ClockAuthoritative: 5 * time.Hour, huiying.ClockPress: 24 * time.Hour, huiying.ClockRespond: 48 * time.Hour,
	} {
		k, ok := c.Clock(kind, "")
		if !ok || !k.Due.Equal(start.Add(-time.Hour+limit)) || k.StartWhy != "自首发时间起算" {
			t.Errorf("%s: due %v (%s), want %v after the event", kind, k.Due, k.StartWhy, limit)
		}
	}
	if _, ok := opened(t, huiying.Red, false).Clock(huiying.ClockAuthoritative, ""); ok {
		t.Error("the 5 h clock runs on a case that is no emergency")
	}
}

func TestSilenceIsEscalatedStepByStepAndAcknowledgingStopsIt(t *testing.T) {
	t.Parallel()
	r, c := testRules(), assigned(t)
	var told []string
	tick := func(at time.Time) {
		next, out, _ := c.Tick(r, at)
		c = next
		for _, n := range out.Notices {
			if (n.Kind == huiying.NoticeAssigned || n.Kind == huiying.NoticeEscalate) && n.Unit == "yjj" {
				told = append(told, n.To)
			}
		}
	}
	tick(start)
	tick(start.Add(14 * time.Minute))
	if want := []string{"liaison"}; !slices.Equal(told, want) {
		t.Fatalf("before the limit %v was told, want %v", told, want)
	}
	tick(start.Add(15 * time.Minute))
	tick(start.Add(22*time.Minute + 30*time.Second))
	if want := []string{"liaison", "liaison", "head"}; !slices.Equal(told, want) {
		t.Fatalf("after 1.5 limits %v was told, want %v", told, want)
	}
	c = must(t, c, huiying.Command{Action: huiying.ActAcknowledge, By: liaison}, start.Add(23*time.Minute))
	tick(start.Add(2 * time.Hour))
	if len(told) != 3 {
		t.Errorf("somebody was told after the acknowledgement: %v", told)
	}
	k, _ := c.Clock(huiying.ClockAcknowledge, "yjj")
	if k.State(start) != huiying.ClockLate || k.Took() != 23*time.Minute {
		t.Errorf("acknowledge clock is %s after %s, want late after 23m", k.State(start), k.Took())
	}
	if c.State != huiying.StateAcknowledged {
		t.Errorf("state %s, want acknowledged", c.State)
	}
}

func TestADeadlineThatPassedUnseenIsRecordedOnce(t *testing.T) {
	t.Parallel()
	r, c := testRules(), assigned(t)
	c, first, changed := c.Tick(r, start.Add(72*time.Hour))
	if !changed || len(first.Entries) == 0 {
		t.Fatal("three days of silence brought nothing")
	}
	if _, again, changed := c.Tick(r, start.Add(73*time.Hour)); changed {
		t.Errorf("the same lapses were recorded again: %v", again.Entries)
	}
	if at, ok := c.NextAt(r); ok {
		t.Errorf("nothing is left to happen, but NextAt is %v", at)
	}
}

func TestAHelpersAcknowledgementDoesNotMoveTheCase(t *testing.T) {
	t.Parallel()
	c := must(t, assigned(t), huiying.Command{Action: huiying.ActAcknowledge, By: helper}, start)
	if c.State != huiying.StateAssigned {
		t.Errorf("state %s, want assigned", c.State)
	}
	c = must(t, c, huiying.Command{Action: huiying.ActAcknowledge, By: liaison}, start)
	if c.State != huiying.StateAcknowledged {
		t.Errorf("state %s, want acknowledged", c.State)
	}
}

func TestAcknowledgingTwiceKeepsTheFirst(t *testing.T) {
	t.Parallel()
	c := must(t, assigned(t), huiying.Command{Action: huiying.ActAcknowledge, By: liaison}, start.Add(time.Minute))
	again, out, err := c.Do(huiying.Command{Action: huiying.ActAcknowledge, By: handler, Version: 1}, testRules(), start.Add(time.Hour))
	if err != nil || len(out.Entries) != 0 || !reflect.DeepEqual(again, c) {
		t.Errorf("the second acknowledgement changed something (%v): %v", err, out.Entries)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	c := assigned(t)
	tests := map[string]struct {
		cmd  huiying.Command
		want error
	}{
		"a stale version":                       {huiying.Command{Action: huiying.ActVerify, By: liaison, Version: 1}, huiying.ErrConflict},
		"a stale version of an allowed action":  {huiying.Command{Action: huiying.ActUrge, By: supervisor, Version: 1, Reason: "快"}, huiying.ErrStale},
		"another unit's case":                   {huiying.Command{Action: huiying.ActAcknowledge, By: stranger}, huiying.ErrNotFound},
		"no reason where one is due":            {huiying.Command{Action: huiying.ActReturn, By: liaison}, huiying.ErrInvalid},
		"an action of another state":            {huiying.Command{Action: huiying.ActClose, By: leader, Reason: "已解决"}, huiying.ErrConflict},
		"an action of another role":             {huiying.Command{Action: huiying.ActUrge, By: liaison, Reason: "快"}, huiying.ErrForbidden},
		"a helper doing the lead's work":        {huiying.Command{Action: huiying.ActReturn, By: helper, Reason: "非我职责"}, huiying.ErrForbidden},
		"a response without publicity":          {respond(huiying.Response{Text: "已停产整改", Forms: []huiying.ResponseForm{huiying.FormRelease}}), huiying.ErrInvalid},
		"a non-public response without reason":  {respond(huiying.Response{Text: "已停产整改", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.NotPublic}), huiying.ErrInvalid},
		"an unknown action":                     {huiying.Command{Action: "delete", By: leader}, huiying.ErrInvalid},
		"a new deadline before the present one": {huiying.Command{Action: huiying.ActExtend, By: leader, Reason: "待检测", Clock: huiying.ClockRespond, Until: start}, huiying.ErrInvalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _, err := c.Do(tt.cmd, testRules(), start)
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want code %s", err, huiying.CodeOf(tt.want))
			}
			if !reflect.DeepEqual(got, c) {
				t.Error("the case changed although the command was refused")
			}
		})
	}
}

func respond(r huiying.Response) huiying.Command {
	return huiying.Command{Action: huiying.ActRespond, By: leader, Response: &r}
}

func TestReturningACaseTooLateCountsAsAccepted(t *testing.T) {
	t.Parallel()
	cmd := huiying.Command{Action: huiying.ActReturn, By: liaison, Reason: "属自然资源局职责"}
	if _, _, err := assigned(t).Do(cmd, testRules(), start.Add(9*time.Hour)); !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("error %v, want a conflict after the return window", err)
	}
	c := must(t, assigned(t), cmd, start.Add(time.Hour))
	if c.State != huiying.StateTriage || len(c.Units) != 0 {
		t.Errorf("returned case is %s with units %v, want triage without units", c.State, c.Units)
	}
	if k, ok := c.Clock(huiying.ClockJudge, ""); !ok || !k.Open() {
		t.Error("nobody is asked to judge the returned case")
	}
}

func TestTheWholeWayFromClueToArchive(t *testing.T) {
	t.Parallel()
	c := assigned(t)
	fb := &huiying.Feedback{Finding: huiying.FoundTrue, Facts: "夜间违规排放", Measures: "停产整改", Publicity: huiying.Public}
	for i, cmd := range []huiying.Command{
		{Action: huiying.ActAcknowledge, By: liaison},
		{Action: huiying.ActVerify, By: handler},
		{Action: huiying.ActHandle, By: handler, Text: "初步核实属实，已到现场"},
		{Action: huiying.ActSubmit, By: handler, Feedback: fb},
		{Action: huiying.ActSendBack, By: leader, Reason: "要素不健全"},
		{Action: huiying.ActSubmit, By: handler, Feedback: fb},
		{Action: huiying.ActApprove, By: leader},
		respond(huiying.Response{Text: "情况通报", Forms: []huiying.ResponseForm{huiying.FormRelease, huiying.FormPress}, Publicity: huiying.Public}),
		{Action: huiying.ActClose, By: leader, Reason: "现场复核达标"},
		{Action: huiying.ActArchive, By: analyst},
	} {
		c = must(t, c, cmd, start.Add(time.Duration(i+1)*5*time.Minute))
	}
	if c.State != huiying.StateArchived {
		t.Errorf("state %s, want archived", c.State)
	}
	for _, k := range c.Clocks {
		if k.Open() {
			t.Errorf("the %s clock still runs", k.Kind)
		}
	}
}

func TestResponseNeedsAnApprovedWording(t *testing.T) {
	t.Parallel()
	c := must(t, assigned(t), huiying.Command{Action: huiying.ActAcknowledge, By: liaison}, start)
	c = must(t, c, huiying.Command{Action: huiying.ActSubmit, By: handler, Feedback: &huiying.Feedback{Finding: huiying.FoundTrue, Facts: "属实", Measures: "整改", Publicity: huiying.Public}}, start)
	_, _, err := c.Do(respond(huiying.Response{Text: "通报", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public}), testRules(), start)
	if !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("error %v, want a conflict before 审签", err)
	}
}

// Whatever people and time do in whatever order: no unknown state, no clock that
// ends before it starts, no clock open in an ended case, exactly one lead where
// there are units, and a refused command changes nothing.
func TestAnySequenceOfActionsKeepsTheInvariants(t *testing.T) {
	t.Parallel()
	actions := []huiying.Action{"nonsense"}
	for _, tr := range huiying.Transitions {
		actions = append(actions, tr.Action)
	}
	rapid.Check(t, func(t *rapid.T) {
		r, now := testRules(), start
		c := opened(t, rapid.SampledFrom(huiying.Levels).Draw(t, "level"), rapid.Bool().Draw(t, "emergency"))
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "minutes")) * time.Minute)
			before := c
			if rapid.Bool().Draw(t, "tick") {
				c, _, _ = c.Tick(r, now)
			} else {
				next, out, err := c.Do(randomCommand(t, actions, now), r, now)
				if err != nil && !reflect.DeepEqual(next, before) {
					t.Fatalf("refused (%v) but changed", err)
				}
				if err == nil && len(out.Entries) == 0 && !reflect.DeepEqual(next, before) {
					t.Fatal("changed without a line on the timeline")
				}
				c = next
			}
			checkInvariants(t, c, r, now)
		}
	})
}

func randomCommand(t *rapid.T, actions []huiying.Action, now time.Time) huiying.Command {
	units := []huiying.UnitID{"", "yjj", "t100", "jkj"}
	return huiying.Command{
		Action: rapid.SampledFrom(actions).Draw(t, "action"), By: rapid.SampledFrom(everyone).Draw(t, "by"),
		Reason: rapid.SampledFrom([]string{"", "理由"}).Draw(t, "reason"),
		Lead:   rapid.SampledFrom(units).Draw(t, "lead"), Helpers: rapid.SliceOfN(rapid.SampledFrom(units), 0, 2).Draw(t, "helpers"),
		Level: rapid.SampledFrom(huiying.Levels).Draw(t, "to level"), Clock: huiying.ClockRespond, Until: now.Add(time.Duration(rapid.IntRange(-50, 50).Draw(t, "until")) * time.Hour),
		To: rapid.SampledFrom([]string{"online", "offline", "police", "?"}).Draw(t, "to"), Into: "c2", Text: "已到现场",
		Feedback: &huiying.Feedback{Finding: huiying.FoundPartly, Facts: "部分属实", Measures: "整改", Publicity: rapid.SampledFrom([]huiying.Publicity{"", huiying.Public}).Draw(t, "publicity")},
		Response: &huiying.Response{Text: "通报", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public},
	}
}

func checkInvariants(t *rapid.T, c huiying.Case, r *huiying.Rules, now time.Time) {
	if !slices.Contains(huiying.CaseStates, c.State) {
		t.Fatalf("unknown state %q", c.State)
	}
	leads := 0
	for _, u := range c.Units {
		if u.Lead {
			leads++
		}
		if u.Unit == "" {
			t.Fatal("a nameless unit takes part")
		}
	}
	if len(c.Units) > 0 && leads != 1 {
		t.Fatalf("%d leads among %v", leads, c.Units)
	}
	for _, k := range c.Clocks {
		if k.Due.Before(k.Start) || !k.StoppedAt.IsZero() && k.StoppedAt.Before(k.Start) && !k.Void {
			t.Fatalf("clock %s ends before it starts: %+v", k.Kind, k)
		}
		if k.Open() && c.State.Ended() {
			t.Fatalf("clock %s runs in state %s", k.Kind, c.State)
		}
	}
	next, _, _ := c.Tick(r, now)
	if at, ok := next.NextAt(r); ok && !at.After(now) {
		t.Fatalf("after a tick something is still due at %v (now %v)", at, now)
	}
}
