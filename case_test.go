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

var (
	start = time.Date(2026, 11, 23, 9, 0, 0, 0, huiying.Beijing) // a Monday morning

	analyst    = person("analyst", huiying.Analyst, "wxb")
	leader     = person("leader", huiying.Leader, "")
	liaison    = person("liaison", huiying.Liaison, "yjj")
	handler    = person("handler", huiying.Handler, "yjj")
	head       = person("head", huiying.Head, "yjj")
	helper     = person("helper", huiying.Liaison, "t100")
	stranger   = person("stranger", huiying.Liaison, "jkj")
	supervisor = person("supervisor", huiying.Supervisor, "ducha")
	everyone   = []huiying.Person{analyst, leader, liaison, handler, head, helper, stranger, supervisor, huiying.TheSystem("141122")}
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
			{Kind: huiying.ClockFeedback, Limits: same(4 * time.Hour), Pause: true, Extend: huiying.Extension{Times: 1, Most: d(24 * time.Hour)}},
			{Kind: huiying.ClockAuthoritative, Emergency: true, Limits: huiying.ByLevel[huiying.Duration]{Red: d(5 * time.Hour), Orange: d(5 * time.Hour)}},
			{Kind: huiying.ClockPress, Emergency: true, Limits: huiying.ByLevel[huiying.Duration]{Red: d(24 * time.Hour), Orange: d(24 * time.Hour)}},
			{Kind: huiying.ClockRespond, Limits: same(48 * time.Hour)},
			{Kind: huiying.ClockSettle, Limits: same(120 * time.Hour), Hours: huiying.ByLevel[huiying.Hours]{Blue: huiying.WorkingHours}, Queue: huiying.Offline},
		},
		Escalation: huiying.ByLevel[[]huiying.EscalationStep]{Red: steps, Orange: steps, Yellow: steps, Blue: steps},
		Quiet: huiying.Quiet{Limits: same(2 * time.Hour), Steps: []huiying.EscalationStep{
			{At: 1, To: "liaison", Label: "签收后未见进展"}, {At: 2, To: "supervisor", Label: "久无进展，报督查室"},
		}},
		Calendar: &huiying.Calendar{},
		ReturnIn: d(8 * time.Hour),
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
	if n := r.Reminders(c.Level, c.Units[0].Step); n != 2 {
		t.Errorf("%d reminders, want 2: the order itself is none", n)
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

// In duty hours a reminder may wait until morning; the news itself may not.
func TestAUnitIsToldAtOnceAtAnyHourAndRemindedInDutyHours(t *testing.T) {
	t.Parallel()
	rules := testRules()
	rules.Calendar = springFestival()
	for i := range rules.Clocks {
		if rules.Clocks[i].Kind == huiying.ClockAcknowledge {
			rules.Clocks[i].Hours.Blue = huiying.DutyHours
		}
	}
	for _, at := range []time.Time{start.Add(3*time.Hour + 30*time.Minute), start.Add(14 * time.Hour)} { // 12:30 and 23:00
		c, _, err := opened(t, huiying.Blue, false).Do(huiying.Command{Action: huiying.ActAssign, By: leader, Lead: "yjj"}, rules, at)
		if err != nil {
			t.Fatal(err)
		}
		told := func(when time.Time) (n int) {
			next, out, _ := c.Tick(rules, when)
			c = next
			for _, notice := range out.Notices {
				if notice.Unit == "yjj" {
					n++
				}
			}
			return n
		}
		if n := told(at); n != 1 {
			t.Errorf("assigned at %s: %d notices at once, want 1", at.Format(time.TimeOnly), n)
		}
		if n := told(at.Add(time.Hour)); n != 0 {
			t.Errorf("assigned at %s: reminded outside duty hours", at.Format(time.TimeOnly))
		}
		if n := told(at.Add(48 * time.Hour)); n == 0 {
			t.Errorf("assigned at %s: never reminded", at.Format(time.TimeOnly))
		}
	}
}

func TestADeadlineThatPassedUnseenIsRecordedOnce(t *testing.T) {
	t.Parallel()
	r, c := testRules(), assigned(t)
	c, first, changed := c.Tick(r, start.Add(72*time.Hour))
	if !changed || len(first.Entries) == 0 {
		t.Fatal("three days of silence brought nothing")
	}
	if e := first.Entries[0]; e.Action != huiying.ActOverdue || !strings.Contains(e.Detail, "记录时已超") {
		t.Errorf("the record does not say how late it is: %+v", e)
	}
	for late, says := range map[time.Duration]bool{time.Second: false, 39 * time.Second: true} {
		_, out, _ := assigned(t).Tick(r, start.Add(15*time.Minute+late))
		i := slices.IndexFunc(out.Entries, func(e huiying.Entry) bool { return e.Action == huiying.ActOverdue })
		if i < 0 || strings.Contains(out.Entries[i].Detail, "记录时已超") != says {
			t.Errorf("%s late: %+v", late, out.Entries)
		}
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
		"a stale version":                         {huiying.Command{Action: huiying.ActVerify, By: liaison, Version: 1}, huiying.ErrConflict},
		"a stale version of an allowed action":    {huiying.Command{Action: huiying.ActUrge, By: supervisor, Version: 1, Reason: "快"}, huiying.ErrStale},
		"another unit's case":                     {huiying.Command{Action: huiying.ActAcknowledge, By: stranger}, huiying.ErrNotFound},
		"no reason where one is due":              {huiying.Command{Action: huiying.ActReturn, By: liaison}, huiying.ErrInvalid},
		"an action of another state":              {huiying.Command{Action: huiying.ActClose, By: leader, Reason: "已解决"}, huiying.ErrConflict},
		"an action of another role":               {huiying.Command{Action: huiying.ActUrge, By: liaison, Reason: "快"}, huiying.ErrForbidden},
		"a response without publicity":            {respond(huiying.Response{Text: "已停产整改", Forms: []huiying.ResponseForm{huiying.FormRelease}}), huiying.ErrInvalid},
		"a non-public response without reason":    {respond(huiying.Response{Text: "已停产整改", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.NotPublic}), huiying.ErrInvalid},
		"an unknown action":                       {huiying.Command{Action: "delete", By: leader}, huiying.ErrInvalid},
		"a new deadline before the present one":   {huiying.Command{Action: huiying.ActExtend, By: leader, Reason: "待检测", Clock: huiying.ClockFeedback, Until: start}, huiying.ErrInvalid},
		"more time than an extension may give":    {huiying.Command{Action: huiying.ActExtend, By: leader, Reason: "待检测", Clock: huiying.ClockFeedback, Until: start.Add(40 * time.Hour)}, huiying.ErrInvalid},
		"putting off what the State Council asks": {huiying.Command{Action: huiying.ActExtend, By: leader, Reason: "待检测", Clock: huiying.ClockRespond, Until: start.Add(72 * time.Hour)}, huiying.ErrConflict},
		"pausing what the State Council asks":     {huiying.Command{Action: huiying.ActPause, By: leader, Reason: "待检测", Clock: huiying.ClockRespond}, huiying.ErrConflict},
		"a helper's deadline after the response":  {huiying.Command{Action: huiying.ActAddUnit, By: leader, Helpers: []huiying.UnitID{"jkj"}, Until: start.Add(72 * time.Hour)}, huiying.ErrInvalid},
		"a consultation without a conclusion":     {huiying.Command{Action: huiying.ActConsult, By: analyst, Consult: &huiying.Consultation{People: "网信办、应急局"}}, huiying.ErrInvalid},
		"a split without a title":                 {huiying.Command{Action: huiying.ActSplit, By: analyst, Reason: "两件事", Split: &huiying.Part{Title: " "}}, huiying.ErrInvalid},
		"a split with foreign evidence":           {huiying.Command{Action: huiying.ActSplit, By: analyst, Reason: "两件事", Split: &huiying.Part{Title: "路灯不亮", Posts: []huiying.PostID{"p9"}}}, huiying.ErrInvalid},
		"a new lead that leads already":           {huiying.Command{Action: huiying.ActReassign, By: leader, Lead: "yjj", Reason: "从头计时"}, huiying.ErrInvalid},
		"a helper named twice":                    {huiying.Command{Action: huiying.ActAddUnit, By: leader, Helpers: []huiying.UnitID{"jkj", "jkj"}}, huiying.ErrInvalid},
		"a helper without a name":                 {huiying.Command{Action: huiying.ActAddUnit, By: leader, Helpers: []huiying.UnitID{""}}, huiying.ErrInvalid},
		"a rumour state nobody knows":             {huiying.Command{Action: huiying.ActRumor, By: analyst, Reason: "已核", To: "perhaps"}, huiying.ErrInvalid},
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

// A person who takes a call knows that something blew up; the analyzer may be wrong
// about what it reads.
func TestAPersonSaysWhetherACaseIsAnEmergency(t *testing.T) {
	t.Parallel()
	say := func(c huiying.Case, to string, at time.Time) huiying.Case {
		t.Helper()
		return must(t, c, huiying.Command{Action: huiying.ActEmergency, By: leader, To: to, Reason: "现场核实"}, at)
	}
	state := func(c huiying.Case, kind huiying.ClockKind, at time.Time) huiying.ClockState {
		k, ok := c.Clock(kind, "")
		if !ok {
			return ""
		}
		return k.State(at)
	}
	later := start.Add(2 * time.Hour)
	c := opened(t, huiying.Red, false)
	c = say(c, "emergency", later)
	if k, ok := c.Clock(huiying.ClockAuthoritative, ""); !ok || !k.Due.Equal(start.Add(4*time.Hour)) || k.StartWhy != "自首发时间起算" {
		t.Errorf("the 5 h clock: %+v", k)
	}
	if _, _, err := c.Do(huiying.Command{Action: huiying.ActEmergency, By: leader, To: "emergency", Reason: "再说一遍"}, testRules(), later); huiying.CodeOf(err) != huiying.CodeConflict {
		t.Errorf("said twice: %v", err)
	}
	if c = say(c, "ordinary", later); state(c, huiying.ClockPress, later) != huiying.ClockVoid {
		t.Error("the 24 h clock runs on, though it is no emergency")
	}
	if c = say(c, "emergency", later); state(c, huiying.ClockPress, later) != huiying.ClockRunning {
		t.Error("the 24 h clock does not run again")
	}
	blue := say(opened(t, huiying.Blue, false), "emergency", later)
	if state(blue, huiying.ClockAuthoritative, later) != "" {
		t.Error("the 5 h clock runs at the lowest level")
	}
	answered := assigned(t)
	answered = say(answered, "ordinary", later)
	answered = must(t, answered, huiying.Command{Action: huiying.ActRespond, By: leader, Response: &huiying.Response{Text: "通报", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public}}, later)
	answered = say(answered, "emergency", later.Add(time.Hour))
	if a, p := state(answered, huiying.ClockAuthoritative, later), state(answered, huiying.ClockPress, later); a != huiying.ClockMet || p != huiying.ClockRunning {
		t.Errorf("an authoritative text was published before: %s, press conference %s", a, p)
	}
}

// acknowledged is a case of yjj with the helper t100, acknowledged by yjj at start.
func acknowledged(t *testing.T) huiying.Case {
	t.Helper()
	return must(t, assigned(t), huiying.Command{Action: huiying.ActAcknowledge, By: liaison}, start)
}

func ticked(c huiying.Case, at time.Time) (huiying.Case, []string) {
	next, out, _ := c.Tick(testRules(), at)
	var said []string
	for _, e := range out.Entries {
		said = append(said, string(e.Action)+" "+string(e.Unit))
	}
	return next, said
}

func TestADraftIsSignedThenPublishedWithoutTypingItAgain(t *testing.T) {
	t.Parallel()
	c := acknowledged(t)
	c = must(t, c, huiying.Command{Action: huiying.ActSubmit, By: liaison, Feedback: &huiying.Feedback{Finding: huiying.FoundTrue, Facts: "属实", Measures: "整改", Publicity: huiying.Public}}, start)
	draft := &huiying.Response{Text: "情况通报", Forms: []huiying.ResponseForm{huiying.FormRelease}, Outlet: "县政府门户网站", Publicity: huiying.Public}
	c = must(t, c, huiying.Command{Action: huiying.ActDraft, By: liaison, Response: draft}, start)
	c = must(t, c, huiying.Command{Action: huiying.ActApprove, By: leader}, start)
	changed := must(t, c, huiying.Command{Action: huiying.ActDraft, By: liaison, Response: &huiying.Response{Text: "另一种说法"}}, start)
	if _, _, err := changed.Do(huiying.Command{Action: huiying.ActRespond, By: leader, Response: draft}, testRules(), start); !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("a wording changed after it was signed was published: %v", err)
	}
	c = must(t, c, huiying.Command{Action: huiying.ActRespond, By: leader}, start.Add(time.Hour))
	if got := c.Responses[0]; got.Text != "情况通报" || got.Outlet != "县政府门户网站" || got.ApprovedBy != "leader" || c.Draft != nil {
		t.Errorf("published %+v, draft left %v", got, c.Draft)
	}
}

func TestAMergedCaseGivesItsEvidenceToTheOther(t *testing.T) {
	t.Parallel()
	into, other := acknowledged(t), opened(t, huiying.Blue, false)
	into.Evidence = []huiying.Evidence{{Post: "p1"}}
	other.ID, other.Evidence = "c2", []huiying.Evidence{{Post: "p1"}, {Post: "p2"}}
	next, out, err := into.Absorb(other, analyst, start)
	if err != nil || len(next.Evidence) != 2 || len(into.Evidence) != 1 || len(out.Notices) != 1 || next.Rev != into.Rev+1 {
		t.Errorf("%v: evidence %v, notices %v", err, next.Evidence, out.Notices)
	}
	into.State = huiying.StateClosed
	if _, _, err := into.Absorb(other, analyst, start); !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("into a closed case: %v", err)
	}
}

func TestReboundIsSaidOnceAfterAResponse(t *testing.T) {
	t.Parallel()
	c := acknowledged(t)
	if _, _, said := c.Rebound(start); said {
		t.Error("a rebound before any response")
	}
	c = must(t, c, huiying.Command{Action: huiying.ActRespond, By: leader, Response: &huiying.Response{Text: "通报", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public}}, start)
	c, _, first := c.Rebound(start.Add(time.Hour))
	_, _, second := c.Rebound(start.Add(2 * time.Hour))
	if !first || second {
		t.Errorf("said first %v, second %v", first, second)
	}
}

func TestAHelperThatReturnsLeavesAndTheCaseGoesOn(t *testing.T) {
	t.Parallel()
	c := acknowledged(t)
	c, out, err := c.Do(huiying.Command{Action: huiying.ActReturn, By: helper, Reason: "不在本镇"}, testRules(), start.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if c.State != huiying.StateAcknowledged || c.HasUnit("t100") || c.Lead() != "yjj" || len(c.Refusals) != 1 {
		t.Errorf("state %s, units %v, refusals %v", c.State, c.Units, c.Refusals)
	}
	if k, _ := c.Clock(huiying.ClockFeedback, "t100"); k.Open() {
		t.Error("the helper's clock still runs")
	}
	if !slices.ContainsFunc(out.Notices, func(n huiying.Notice) bool { return n.To == string(huiying.Analyst) }) {
		t.Errorf("nobody was told: %+v", out.Notices)
	}
	if _, _, err := acknowledged(t).Do(huiying.Command{Action: huiying.ActVerify, By: helper}, testRules(), start); !errors.Is(err, huiying.ErrForbidden) {
		t.Errorf("a helper does the lead's work: %v", err)
	}
	c = must(t, c, huiying.Command{Action: huiying.ActVerify, By: handler}, start.Add(2*time.Hour))
	if _, _, err := c.Do(huiying.Command{Action: huiying.ActReturn, By: liaison, Reason: "不归我"}, testRules(), start.Add(3*time.Hour)); !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("returned after the work began: %v", err)
	}
}

// Whoever loses a case, or gets another deadline, hears of it.
func TestUnitsAreToldWhatChangesForThem(t *testing.T) {
	t.Parallel()
	c := acknowledged(t)
	responded := must(t, c, respond(huiying.Response{Text: "通报", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public}), start)
	tests := map[string]struct {
		of   huiying.Case
		cmd  huiying.Command
		told []huiying.UnitID
	}{
		"another lead":       {c, huiying.Command{Action: huiying.ActReassign, By: leader, Lead: "jkj", Reason: "属教科局"}, []huiying.UnitID{"yjj", "t100"}},
		"a lead that left":   {c, huiying.Command{Action: huiying.ActReturn, By: liaison, Reason: "不归我"}, []huiying.UnitID{"t100"}},
		"a merged case":      {c, huiying.Command{Action: huiying.ActMerge, By: leader, Into: "c2", Reason: "同一件事"}, []huiying.UnitID{"yjj", "t100"}},
		"a deadline put off": {c, huiying.Command{Action: huiying.ActExtend, By: leader, Clock: huiying.ClockFeedback, Unit: "t100", Until: start.Add(20 * time.Hour), Reason: "待检测"}, []huiying.UnitID{"t100"}},
		"a paused clock":     {c, huiying.Command{Action: huiying.ActPause, By: leader, Clock: huiying.ClockFeedback, Unit: "yjj", Reason: "待检测"}, []huiying.UnitID{"yjj"}},
		"another start":      {c, huiying.Command{Action: huiying.ActRestart, By: supervisor, Clock: huiying.ClockRespond, Until: start.Add(-2 * time.Hour), Reason: "首发更早"}, []huiying.UnitID{"yjj"}},
		"a response":         {c, respond(huiying.Response{Text: "通报", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public}), []huiying.UnitID{"yjj", "t100"}},
		"the end":            {responded, huiying.Command{Action: huiying.ActClose, By: leader, Reason: "达标"}, []huiying.UnitID{"yjj", "t100"}},
	}
	for name, tt := range tests {
		_, out, err := tt.of.Do(tt.cmd, testRules(), start.Add(time.Minute))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var told []huiying.UnitID
		for _, n := range out.Notices {
			if n.Kind == huiying.NoticeChanged && n.To == string(huiying.Liaison) {
				told = append(told, n.Unit)
			}
		}
		if !slices.Equal(told, tt.told) {
			t.Errorf("%s: told %v, want %v", name, told, tt.told)
		}
	}
}

func TestThePoliceTakePartInWhatIsHandedOverToThem(t *testing.T) {
	t.Parallel()
	cmd := huiying.Command{Action: huiying.ActTransfer, By: analyst, To: "police", Unit: huiying.PoliceUnit, Reason: "涉嫌犯罪"}
	c := must(t, acknowledged(t), cmd, start.Add(time.Hour))
	if k, ok := c.Clock(huiying.ClockAcknowledge, huiying.PoliceUnit); !ok || !k.Open() || !c.Police {
		t.Errorf("police %v, their clock %+v", c.Police, k)
	}
	if _, _, err := c.Do(cmd, testRules(), start.Add(time.Hour)); !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("handed over twice: %v", err)
	}
	early := must(t, opened(t, huiying.Orange, false), cmd, start)
	if !early.Police || len(early.Units) != 0 {
		t.Errorf("before anybody has the case: police %v, units %v", early.Police, early.Units)
	}
}

func TestWhatIsPublishedIsWhatWasSigned(t *testing.T) {
	t.Parallel()
	draft := huiying.Response{Text: "情况通报", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public}
	c := acknowledged(t)
	c = must(t, c, huiying.Command{Action: huiying.ActSubmit, By: liaison, Feedback: &huiying.Feedback{Finding: huiying.FoundTrue, Facts: "属实", Measures: "整改", Publicity: huiying.Public}}, start)
	unwritten := must(t, c, huiying.Command{Action: huiying.ActApprove, By: leader}, start)
	byAnalyst := huiying.Command{Action: huiying.ActRespond, By: analyst, Response: &draft}
	if _, _, err := unwritten.Do(byAnalyst, testRules(), start); !errors.Is(err, huiying.ErrForbidden) {
		t.Errorf("an analyst published what the leader had not read: %v", err)
	}
	c = must(t, c, huiying.Command{Action: huiying.ActDraft, By: liaison, Response: &draft}, start)
	c = must(t, c, huiying.Command{Action: huiying.ActApprove, By: leader}, start)
	other := draft
	other.Text = "另一种说法"
	for _, by := range []huiying.Person{analyst, leader} {
		if _, _, err := c.Do(huiying.Command{Action: huiying.ActRespond, By: by, Response: &other}, testRules(), start); !errors.Is(err, huiying.ErrInvalid) {
			t.Errorf("%s published another wording under the signature: %v", by.Name, err)
		}
	}
	c = must(t, c, byAnalyst, start)
	if _, _, err := c.Do(byAnalyst, testRules(), start); !errors.Is(err, huiying.ErrForbidden) {
		t.Errorf("a second response went out under the first one's signature: %v", err)
	}
	c = must(t, c, huiying.Command{Action: huiying.ActDraft, By: liaison, Response: &other}, start)
	c = must(t, c, huiying.Command{Action: huiying.ActApprove, By: leader}, start)
	c = must(t, c, huiying.Command{Action: huiying.ActRespond, By: analyst}, start)
	if len(c.Responses) != 2 || c.Responses[1].Text != other.Text || c.Responses[1].ApprovedBy != "leader" {
		t.Errorf("responses %+v", c.Responses)
	}
}

// A letter of Monday noon before the National Day: five working days, over the
// holidays and a worked Saturday.
func TestAnAppealIsSettledInWorkingDays(t *testing.T) {
	t.Parallel()
	rules := testRules()
	rules.Calendar = &huiying.Calendar{Off: map[string]string{}, On: map[string]string{"2026-10-10": "国庆节调休上班"}, Years: map[int]bool{2026: true}}
	for d := 1; d <= 7; d++ {
		rules.Calendar.Off[time.Date(2026, 10, d, 0, 0, 0, 0, huiying.Beijing).Format(time.DateOnly)] = "国庆节"
	}
	noon := time.Date(2026, 9, 28, 12, 0, 0, 0, huiying.Beijing)
	c, _, err := huiying.Open(huiying.Case{ID: "c1", Region: "141122", Queue: huiying.Offline, Title: "村道塌陷", Level: huiying.Blue}, analyst, rules, noon)
	if err != nil {
		t.Fatal(err)
	}
	do := func(cmd huiying.Command, at time.Time) {
		t.Helper()
		if c, _, err = c.Do(cmd, rules, at); err != nil {
			t.Fatal(err)
		}
	}
	do(huiying.Command{Action: huiying.ActAssign, By: analyst, Lead: "yjj"}, noon)
	k, ok := c.Clock(huiying.ClockSettle, "")
	if want := time.Date(2026, 10, 10, 12, 0, 0, 0, huiying.Beijing); !ok || !k.Due.Equal(want) { // 28–30 September: 2½ days, 8, 9 and the morning of 10 October
		t.Fatalf("settled by %v, want %v", k.Due, want)
	}
	do(huiying.Command{Action: huiying.ActReturn, By: liaison, Reason: "不归我"}, noon.Add(time.Hour))
	if k, _ := c.Clock(huiying.ClockSettle, ""); k.Open() {
		t.Error("the clock of a case nobody has still runs")
	}
	do(huiying.Command{Action: huiying.ActAssign, By: analyst, Lead: "jkj"}, noon.Add(2*time.Hour))
	do(huiying.Command{Action: huiying.ActRespond, By: analyst, Response: &huiying.Response{Text: "已修复", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public}}, noon.Add(24*time.Hour))
	do(huiying.Command{Action: huiying.ActClose, By: analyst, Reason: "已修复"}, noon.Add(48*time.Hour))
	if k, _ := c.Clock(huiying.ClockSettle, ""); k.State(noon.Add(99*time.Hour)) != huiying.ClockMet || k.Took() != 46*time.Hour {
		t.Errorf("settled: %s after %v", k.State(noon), k.Took())
	}
	if _, ok := assigned(t).Clock(huiying.ClockSettle, ""); ok {
		t.Error("an online matter has the hotline's clock")
	}
}

func TestTheReachOfAResponseIsKeptByChannel(t *testing.T) {
	t.Parallel()
	c := must(t, acknowledged(t), respond(huiying.Response{Text: "通报", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public}), start)
	reach := func(outlet string, reads int64, reprints int) huiying.Command {
		return huiying.Command{Action: huiying.ActReach, By: analyst, Reach: &huiying.Reach{Outlet: outlet, Reads: reads, Reprints: reprints}}
	}
	for name, cmd := range map[string]huiying.Command{
		"no channel": reach(" ", 10, 0), "nothing": reach("县政府网站", 0, 0), "less than nothing": reach("县政府网站", -1, 0), "no form": {Action: huiying.ActReach, By: analyst},
	} {
		if _, _, err := c.Do(cmd, testRules(), start); !errors.Is(err, huiying.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	before := c
	c = must(t, c, reach("县政府网站", 1200, 0), start.Add(time.Hour))
	c = must(t, c, reach("县融媒体中心", 56000, 3), start.Add(2*time.Hour))
	if got := c.Responses[0].Reach; len(got) != 2 || got[0].Reads != 1200 || got[1].Reprints != 3 || got[1].By != analyst.Name || len(before.Responses[0].Reach) != 0 {
		t.Errorf("reach %+v", got)
	}
}
