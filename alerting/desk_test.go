package alerting_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"huiying"
	"huiying/alerting"
)

func waiting(unit huiying.UnitID) func(huiying.Notification) bool {
	return func(n huiying.Notification) bool { return n.Unit == unit && n.Status == huiying.NotifyPending }
}

func TestAnAcknowledgementStopsTheUnitsRemindersOnly(t *testing.T) {
	t.Parallel()
	var o *office
	var atOnce []huiying.Notification
	o = newOffice(t, func(cfg *alerting.Config) {
		cfg.Live = func(_ context.Context, m huiying.Live) error { // sent as soon as the change is committed
			if strings.Contains(string(m.Data), `"action":"acknowledge"`) {
				atOnce = o.told(t, o.onlyCase(t).ID, waiting("sthj"))
			}
			return nil
		}
	})
	c := o.assigned(t, huiying.Red)
	ours, theirs := o.told(t, c.ID, waiting("sthj")), o.told(t, c.ID, waiting("slj"))
	if len(ours) != 2 || len(theirs) != 2 {
		t.Fatalf("%d and %d webhooks wait, want those to liaison and head of both units", len(ours), len(theirs))
	}
	c = o.do(t, c.ID, huiying.Command{Action: huiying.ActAcknowledge, By: liaison, Version: c.Version})
	if c.State != huiying.StateAcknowledged || c.Units[0].AckedBy != liaison.Name {
		t.Errorf("case is %s, acknowledged by %q", c.State, c.Units[0].AckedBy)
	}
	if len(atOnce) != 0 {
		t.Errorf("%d reminders still waited when the acknowledgement was committed", len(atOnce))
	}
	for _, n := range ours {
		now := o.told(t, c.ID, func(m huiying.Notification) bool { return m.ID == n.ID })
		if len(now) != 1 || now[0].Status != huiying.NotifyCancelled {
			t.Errorf("reminder to %s is now %+v, want it cancelled", n.ToName, now)
		}
	}
	if left := o.told(t, c.ID, waiting("slj")); len(left) != len(theirs) {
		t.Errorf("%d messages to the helper wait, want all %d", len(left), len(theirs))
	}
	again := o.do(t, c.ID, huiying.Command{Action: huiying.ActAcknowledge, By: head, Version: 1})
	if again.Rev != c.Rev || len(o.timeline(t, c.ID, huiying.ActAcknowledge)) != 1 {
		t.Error("the second acknowledgement changed something")
	}
}

func TestARefusedCommandLeavesAllAsItWas(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	triage, err := o.Desk().Open(t.Context(), leader, huiying.ManualCase{Queue: huiying.Online, Title: "路灯不亮", Level: huiying.Blue})
	if err != nil {
		t.Fatal(err)
	}
	sent := o.assigned(t, huiying.Orange)
	other := person("jkj-liaison", huiying.Liaison, "jkj")
	tests := []struct {
		name string
		id   huiying.CaseID
		cmd  huiying.Command
		code huiying.Code
	}{
		{"a version that is not the present one", sent.ID, huiying.Command{Action: huiying.ActAcknowledge, By: liaison, Version: sent.Version - 1}, huiying.CodeStale},
		{"a lead that does not exist", triage.ID, huiying.Command{Action: huiying.ActAssign, By: leader, Lead: "nowhere"}, huiying.CodeInvalid},
		{"a lead that was dissolved", triage.ID, huiying.Command{Action: huiying.ActAssign, By: leader, Lead: "old"}, huiying.CodeInvalid},
		{"a helper that was dissolved", triage.ID, huiying.Command{Action: huiying.ActAssign, By: leader, Lead: "sthj", Helpers: []huiying.UnitID{"old"}}, huiying.CodeInvalid},
		{"no lead", triage.ID, huiying.Command{Action: huiying.ActAssign, By: leader}, huiying.CodeInvalid},
		{"a monitor who assigns", triage.ID, huiying.Command{Action: huiying.ActAssign, By: monitor, Lead: "sthj"}, huiying.CodeForbidden},
		{"an acknowledgement before the assignment", triage.ID, huiying.Command{Action: huiying.ActAcknowledge, By: liaison}, huiying.CodeNotFound},
		{"a unit that has no part in it", sent.ID, huiying.Command{Action: huiying.ActAcknowledge, By: other}, huiying.CodeNotFound},
		{"a return without a reason", sent.ID, huiying.Command{Action: huiying.ActReturn, By: liaison}, huiying.CodeInvalid},
		{"an action nobody knows", sent.ID, huiying.Command{Action: "explode", By: leader}, huiying.CodeInvalid},
		{"a case nobody knows", "c0", huiying.Command{Action: huiying.ActAcknowledge, By: liaison}, huiying.CodeNotFound},
	}
	before := o.everything(t)
	for _, tt := range tests {
		_, err := o.Desk().Do(t.Context(), tt.id, tt.cmd)
		if huiying.CodeOf(err) != tt.code {
			t.Errorf("%s: error %v, want code %s", tt.name, err, tt.code)
		}
		if after := o.everything(t); after != before {
			t.Fatalf("%s made of\n%s\nthis\n%s", tt.name, before, after)
		}
	}
}

func TestACaseIsOpenedByHandByThoseWhoMay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	tests := []struct {
		name string
		by   huiying.Person
		m    huiying.ManualCase
		code huiying.Code // "" when it is opened
	}{
		{"a monitor may", monitor, huiying.ManualCase{}, ""},
		{"an analyst may", analyst, huiying.ManualCase{}, ""},
		{"a leader may and may propose a lead", leader, huiying.ManualCase{Lead: "sthj"}, ""},
		{"a unit may not", liaison, huiying.ManualCase{}, huiying.CodeForbidden},
		{"a supervisor may not", supervisor, huiying.ManualCase{}, huiying.CodeForbidden},
		{"nobody may in another county", leader, huiying.ManualCase{Region: "141121"}, huiying.CodeForbidden},
		{"nothing happens tomorrow", leader, huiying.ManualCase{EventAt: huiying.Speed{}.Now().Add(time.Hour)}, huiying.CodeInvalid},
		{"a proposed lead must exist", leader, huiying.ManualCase{Lead: "old"}, huiying.CodeInvalid},
		{"a queue must be named", leader, huiying.ManualCase{Queue: "none"}, huiying.CodeInvalid},
		{"an event must exist", leader, huiying.ManualCase{Event: "e0"}, huiying.CodeNotFound},
		{"a title must be given", leader, huiying.ManualCase{Title: " "}, huiying.CodeInvalid},
		{"a title is no report", leader, huiying.ManualCase{Title: strings.Repeat("长", huiying.MaxTitleRunes+1)}, huiying.CodeInvalid},
		{"a category must exist", leader, huiying.ManualCase{Category: "什么类"}, huiying.CodeInvalid},
		{"nothing happened in 1970", leader, huiying.ManualCase{EventAt: time.Unix(0, 0)}, huiying.CodeInvalid},
	}
	for _, tt := range tests {
		tt.m.Queue = cmp.Or(tt.m.Queue, huiying.Offline)
		tt.m.Title = cmp.Or(tt.m.Title, "来电反映13812345678处占道")
		tt.m.Summary = "身份证141122199001011234，联系电话１３８１２３４５６７８"
		before := len(o.cases(t))
		c, err := o.Desk().Open(t.Context(), tt.by, tt.m)
		if huiying.CodeOf(err) != tt.code || tt.code == "" && err != nil {
			t.Errorf("%s: error %v, want code %q", tt.name, err, tt.code)
		}
		if err != nil {
			if len(o.cases(t)) != before {
				t.Errorf("%s: refused and opened all the same", tt.name)
			}
			continue
		}
		kept, err := o.ledger.Case(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if kept.State != huiying.StateTriage || kept.Number == "" || len(kept.Units) != 0 {
			t.Errorf("%s: case %q is %s with %d units", tt.name, kept.Number, kept.State, len(kept.Units))
		}
		if text := kept.Title + kept.Summary; strings.Contains(text, "5678") || strings.Contains(text, "141122199") || strings.Contains(text, "５６７８") {
			t.Errorf("%s: personal data was kept: %q", tt.name, text)
		}
	}
}

func TestOpeningACaseAgainWithItsKeyGivesTheFirst(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	m := huiying.ManualCase{Queue: huiying.Offline, Title: " 来电反映13812345678处占道 ", Key: "k1"}
	first, err := o.Desk().Open(t.Context(), leader, m)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if again, err := o.Desk().Open(t.Context(), leader, m); err != nil || again.ID != first.ID || again.Number != first.Number {
				t.Errorf("asked again: %s %s, %v; want %s %s", again.ID, again.Number, err, first.ID, first.Number)
			}
			other := m
			other.Key = "k2"
			if _, err := o.Desk().Open(t.Context(), leader, other); err != nil {
				t.Errorf("a second key, by several at once: %v", err)
			}
		})
	}
	wait.Wait()
	if n := len(o.cases(t)); n != 2 {
		t.Errorf("%d cases of two keys", n)
	}
	m.Title = "另一件事"
	if _, err := o.Desk().Open(t.Context(), leader, m); !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("another case with the key of the first: %v, want a conflict", err)
	}
	if _, err := o.Desk().Open(t.Context(), analyst, m); err != nil {
		t.Errorf("the same key of another person: %v", err)
	}
}

func TestEveryStepIsOnTheAuditChain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.assigned(t, huiying.Red)
	o.do(t, c.ID, huiying.Command{Action: huiying.ActAcknowledge, By: liaison})
	o.do(t, c.ID, huiying.Command{Action: huiying.ActHandle, By: liaison, Text: "已派人到现场核实"})
	o.do(t, c.ID, huiying.Command{Action: huiying.ActUrge, By: supervisor, Reason: "请加快"})
	o.do(t, c.ID, huiying.Command{Action: huiying.ActReassign, By: leader, Lead: "zjj", Reason: "属住建"})
	steps := o.timeline(t, c.ID)
	rows, err := o.ledger.VerifyAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if int(rows) != len(steps) {
		t.Errorf("%d audit rows for %d steps", rows, len(steps))
	}
	trail, err := o.ledger.AuditTrail(t.Context(), huiying.AuditQuery{Region: "141122", Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range steps {
		a := trail.Items[len(trail.Items)-1-i]
		if a.Action != "case."+string(e.Action) || a.Who != e.By.User || a.Object != string(c.ID) {
			t.Errorf("step %d is %s by %s, the audit says %s by %s on %s", e.Seq, e.Action, e.By.User, a.Action, a.Who, a.Object)
		}
	}
}

// Two phones acknowledge while the leader urges: all succeed, the case is
// acknowledged once and the audit chain holds.
func TestPeopleActingAtOnceSeeOneTruth(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for range 100 {
		c := o.assigned(t, huiying.Red)
		var wg sync.WaitGroup
		for _, cmd := range []huiying.Command{
			{Action: huiying.ActAcknowledge, By: liaison},
			{Action: huiying.ActAcknowledge, By: head},
			{Action: huiying.ActUrge, By: leader, Reason: "快"},
		} {
			wg.Go(func() {
				if _, err := o.Desk().Do(t.Context(), c.ID, cmd); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if acks := o.timeline(t, c.ID, huiying.ActAcknowledge); len(acks) != 1 {
			t.Fatalf("acknowledged %d times", len(acks))
		}
		if urges := o.timeline(t, c.ID, huiying.ActUrge); len(urges) != 1 {
			t.Fatalf("urged %d times", len(urges))
		}
	}
	if _, err := o.ledger.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

// The clock-keeper escalates at the very moments at which liaisons acknowledge: a
// little before the deadline, at it, after it, from several desks at once. Every
// case goes to eight units, and each of them meets the keeper.
func TestAnAcknowledgementAndAnEscalationNeverCross(t *testing.T) {
	t.Parallel()
	const desks, each = 4, 75
	units := []huiying.UnitID{"sthj", "slj", "zjj", "gaj", "jkj", "yjj", "scjg", "mzj"}
	speed := huiying.NewSpeed(morning, 60_000) // the 10 minutes of a red case are 10 ms
	o := newOffice(t, func(cfg *alerting.Config) {
		rules := *cfg.Rules
		rules.Quiet = huiying.Quiet{} // what follows an acknowledgement is another matter
		rules.Clocks = slices.DeleteFunc(slices.Clone(rules.Clocks), func(r huiying.ClockRule) bool { return r.Kind != huiying.ClockAcknowledge })
		rules.Escalation.Red = []huiying.EscalationStep{
			{At: 0, To: "liaison", Channels: []string{"webhook"}, Label: "已交办"}, {At: 1, To: "liaison", Channels: []string{"webhook"}, Label: "逾期未签收"}, {At: 1.5, To: "head", Channels: []string{"webhook"}, Label: "报责任人"},
		}
		cfg.Speed, cfg.Rules = speed, &rules
	})
	ctx, stop := context.WithCancel(t.Context())
	var keeper, people sync.WaitGroup
	keeper.Go(func() {
		if err := o.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	ids := make([]huiying.CaseID, desks*each)
	for desk := range desks {
		people.Go(func() {
			for i := range each {
				id, err := o.meet(t.Context(), speed, units, i)
				if err != nil {
					t.Error(err)
					return
				}
				ids[desk*each+i] = id
			}
		})
	}
	people.Wait()
	stop()
	keeper.Wait()
	if t.Failed() {
		return
	}
	before, after := 0, 0
	for _, id := range ids {
		acks, escalated := make(map[huiying.UnitID]int), make(map[huiying.UnitID]bool)
		for _, e := range o.timeline(t, id, huiying.ActAcknowledge, huiying.ActEscalate) {
			switch {
			case e.Action == huiying.ActAcknowledge:
				acks[e.Unit]++
			case acks[e.Unit] > 0:
				t.Errorf("%s: escalated after the acknowledgement: %+v", id, e)
			default:
				escalated[e.Unit] = true
			}
		}
		for _, unit := range units {
			if acks[unit] != 1 {
				t.Errorf("%s: acknowledged %d times by %s", id, acks[unit], unit)
			}
			if escalated[unit] {
				after++
			} else {
				before++
			}
		}
		for _, n := range o.told(t, id, func(n huiying.Notification) bool { return n.Status == huiying.NotifyPending }) {
			if n.Kind == huiying.NoticeAssigned || n.Kind == huiying.NoticeEscalate {
				t.Errorf("%s: %s still waits to be sent to %s: %s", id, n.Kind, n.Unit, n.Text)
			}
		}
	}
	t.Logf("%d acknowledged before the first escalation, %d after", before, after)
	if after == 0 {
		t.Error("the keeper never came first: this test shows nothing")
	}
	if _, err := o.ledger.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

// meet opens a case, sends it to the units and acknowledges it, unit after unit,
// about when it lapses.
func (o *office) meet(ctx context.Context, speed huiying.Speed, units []huiying.UnitID, i int) (huiying.CaseID, error) {
	c, err := o.Desk().Open(ctx, leader, huiying.ManualCase{Queue: huiying.Online, Title: fmt.Sprint("异味 ", i), Level: huiying.Red})
	if err != nil {
		return "", err
	}
	if c, err = o.Desk().Do(ctx, c.ID, huiying.Command{Action: huiying.ActAssign, By: leader, Lead: units[0], Helpers: units[1:]}); err != nil {
		return "", err
	}
	k, ok := c.Clock(huiying.ClockAcknowledge, units[0])
	if !ok {
		return "", errors.New("no clock waits for the acknowledgement")
	}
	if i%10 == 9 { // on a busy machine the keeper may always come second: here it has come first
		if err := o.escalated(ctx, c.ID); err != nil {
			return "", err
		}
	} else if err := pause(ctx, speed.Real(k.Due.Add(time.Duration(i%10-6)*time.Minute).Sub(speed.Now()))); err != nil {
		return "", err
	}
	for _, unit := range units {
		by := person(huiying.UserID(unit+"-liaison"), huiying.Liaison, unit)
		if _, err = o.Desk().Do(ctx, c.ID, huiying.Command{Action: huiying.ActAcknowledge, By: by}); err != nil {
			return "", err
		}
	}
	return c.ID, nil
}

// pause waits for a span of real time, or for the end of ctx.
func pause(ctx context.Context, span time.Duration) error {
	timer := time.NewTimer(span)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// escalated waits until the keeper has put an escalation of the case on record.
func (o *office) escalated(ctx context.Context, id huiying.CaseID) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		entries, err := o.ledger.Timeline(ctx, id)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(entries, func(e huiying.Entry) bool { return e.Action == huiying.ActEscalate }) {
			return nil
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
}

func TestAMergedCaseEndsAndTheOtherCarriesOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	into := o.assigned(t, huiying.Red)
	other, err := o.Desk().Open(t.Context(), analyst, huiying.ManualCase{Queue: huiying.Online, Title: "同一件事的来信"})
	if err != nil {
		t.Fatal(err)
	}
	merge := huiying.Command{Action: huiying.ActMerge, By: leader, Reason: "同一件事", Into: into.ID}
	nowhere := merge
	nowhere.Into = "c0"
	if _, err := o.Desk().Do(t.Context(), other.ID, nowhere); huiying.CodeOf(err) != huiying.CodeInvalid {
		t.Errorf("into a case that does not exist: %v", err)
	}
	if c := o.do(t, other.ID, merge); c.State != huiying.StateMerged || c.MergedInto != into.ID {
		t.Errorf("merged case %s into %q", c.State, c.MergedInto)
	}
	if said := o.timeline(t, into.ID, huiying.ActAbsorb); len(said) != 1 || !strings.Contains(said[0].Detail, other.Number) {
		t.Errorf("the other case says %+v", said)
	}
	if _, err := o.Desk().Do(t.Context(), into.ID, huiying.Command{Action: huiying.ActMerge, By: leader, Reason: "反过来", Into: other.ID}); huiying.CodeOf(err) != huiying.CodeConflict {
		t.Errorf("merging in a circle: %v", err)
	}
	if _, err := o.ledger.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestASplitCaseIsJudgedOnItsOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := o.assigned(t, huiying.Red)
	o.do(t, c.ID, huiying.Command{Action: huiying.ActSplit, By: leader, Reason: "两件事", Split: &huiying.Part{Title: "路灯不亮，来电13812345678", Category: "城乡建设"}})
	var part huiying.Case
	for _, x := range o.cases(t) {
		if x.SplitFrom == c.ID {
			part = x
		}
	}
	if part.State != huiying.StateTriage || part.Number == "" || part.Number == c.Number || strings.Contains(part.Title, "5678") {
		t.Errorf("the part: %+v", part)
	}
	if _, ok := part.Clock(huiying.ClockJudge, ""); !ok {
		t.Error("nobody has to judge the part")
	}
	if e := o.timeline(t, c.ID, huiying.ActSplit); len(e) != 1 || strings.Contains(e[0].Detail, "5678") {
		t.Errorf("the timeline keeps the telephone number: %+v", e)
	}
}

// A drill looks and ticks like a case; nothing of it leaves the machine.
func TestADrillIsMarkedOnEveryNotification(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c, err := o.Desk().Open(t.Context(), leader, huiying.ManualCase{Queue: huiying.Online, Title: "演练：化工厂泄漏", Level: huiying.Red, Drill: true})
	if err != nil {
		t.Fatal(err)
	}
	o.do(t, c.ID, huiying.Command{Action: huiying.ActAssign, By: leader, Lead: "sthj"})
	told := o.told(t, c.ID, func(huiying.Notification) bool { return true })
	if len(told) == 0 {
		t.Fatal("nobody was told")
	}
	for _, n := range told {
		if n.Channel != alerting.InApp && (n.Status != huiying.NotifySent || n.Attempts[0].Detail != "演练，不实际发送") {
			t.Errorf("a drill's %s notification would leave the machine: %+v", n.Channel, n)
		}
		if !n.Drill || !strings.HasPrefix(n.Text, "【演练】") {
			t.Errorf("notification %q, drill %v", n.Text, n.Drill)
		}
	}
}
