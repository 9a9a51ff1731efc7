package alerting_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"huiying"
)

// Whatever people do in whatever order, on the real ledger: the case is where its
// timeline ends, a refused command writes nothing, every step is on the audit
// chain, and the chain holds.
func TestTheAuditChainHoldsUnderAnySequenceOfActions(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	actions := []huiying.Action{"nonsense"}
	for _, tr := range huiying.Transitions {
		actions = append(actions, tr.Action)
	}
	people := append(slices.Clone(accounts), leader, head, liaison, person("sthj-handler", huiying.Handler, "sthj"), person("jkj-liaison", huiying.Liaison, "jkj"))
	steps := 0 // of all cases
	done := make(map[huiying.Action]int)
	rapid.Check(t, func(r *rapid.T) {
		ctx := t.Context()
		c, err := o.Desk().Open(ctx, leader, huiying.ManualCase{Queue: rapid.SampledFrom([]huiying.Queue{huiying.Online, huiying.Offline}).Draw(r, "queue"), Title: "瓦窑河异味", Level: rapid.SampledFrom(huiying.Levels).Draw(r, "level")})
		if err != nil {
			r.Fatal(err)
		}
		if rapid.IntRange(0, 3).Draw(r, "sent") > 0 { // most of what can happen happens with a unit
			for _, cmd := range []huiying.Command{{Action: huiying.ActAssign, By: leader, Lead: "sthj", Helpers: []huiying.UnitID{"slj"}}, {Action: huiying.ActAcknowledge, By: liaison}} {
				if c, err = o.Desk().Do(ctx, c.ID, cmd); err != nil {
					r.Fatal(err)
				}
			}
		}
		for range rapid.IntRange(1, 40).Draw(r, "steps") {
			before, err := o.ledger.Timeline(ctx, c.ID)
			if err != nil {
				r.Fatal(err)
			}
			cmd := command(r, people, actions)
			if may := c.Allowed(cmd.By); len(may) > 0 && rapid.IntRange(0, 4).Draw(r, "sensible") > 0 {
				cmd.Action = rapid.SampledFrom(may).Draw(r, "allowed").Action
			}
			if cmd.Action == huiying.ActSplit || cmd.Action == huiying.ActMerge {
				continue // they write to two cases
			}
			_, err = o.Desk().Do(ctx, c.ID, cmd)
			after, lerr := o.ledger.Timeline(ctx, c.ID)
			if lerr != nil {
				r.Fatal(lerr)
			}
			if err != nil && len(after) != len(before) {
				r.Fatalf("%s was refused (%v) and is on the timeline", cmd.Action, err)
			}
			if err == nil && len(after) > len(before) {
				done[cmd.Action]++
			}
			if c, err = o.ledger.Case(ctx, c.ID); err != nil {
				r.Fatal(err)
			}
			if last := after[len(after)-1]; last.To != c.State {
				r.Fatalf("the case is %s, its timeline ends in %s", c.State, last.To)
			}
		}
		timeline, err := o.ledger.Timeline(ctx, c.ID)
		if err != nil {
			r.Fatal(err)
		}
		steps += len(timeline)
		rows, err := o.ledger.VerifyAudit(ctx)
		if err != nil {
			r.Fatalf("the chain is broken: %v", err)
		}
		if int(rows) != steps {
			r.Fatalf("%d audit rows for %d steps", rows, steps)
		}
	})
	t.Log(steps, "steps:", done)
	if len(done) < 15 {
		t.Errorf("only %d kinds of actions were ever done: this test shows little", len(done))
	}
}

func command(r *rapid.T, people []huiying.Person, actions []huiying.Action) huiying.Command {
	units := []huiying.UnitID{"", "sthj", "slj", "jkj"}
	return huiying.Command{
		Action: rapid.SampledFrom(actions).Draw(r, "action"), By: rapid.SampledFrom(people).Draw(r, "by"),
		Reason: rapid.SampledFrom([]string{"", "理由", "理由"}).Draw(r, "reason"), Lead: rapid.SampledFrom(units).Draw(r, "lead"),
		Helpers: rapid.SliceOfN(rapid.SampledFrom(units), 0, 2).Draw(r, "helpers"), Level: rapid.SampledFrom(huiying.Levels).Draw(r, "to level"),
		Clock: rapid.SampledFrom([]huiying.ClockKind{huiying.ClockFeedback, huiying.ClockFeedback, huiying.ClockSettle, huiying.ClockRespond}).Draw(r, "clock"),
		Until: huiying.Speed{}.Now().Add(time.Duration(rapid.IntRange(-5, 30).Draw(r, "until")) * time.Hour), Longer: huiying.Duration(time.Duration(rapid.IntRange(0, 26).Draw(r, "longer")) * time.Hour),
		To: rapid.SampledFrom([]string{"online", "offline", "police", "verified", "refuted", "unverified"}).Draw(r, "to"), Text: "已到现场",
		Grounds:  rapid.SampledFrom([]string{"", "要素不健全"}).Draw(r, "grounds"),
		Consult:  &huiying.Consultation{People: "网信办", Conclusion: "属实"},
		Reach:    &huiying.Reach{Outlet: "县政府网站", Reads: 10},
		Feedback: &huiying.Feedback{Finding: huiying.FoundPartly, Facts: "部分属实", Measures: "整改", Publicity: rapid.SampledFrom([]huiying.Publicity{"", huiying.Public, huiying.Public}).Draw(r, "publicity")},
		Response: &huiying.Response{Text: "通报", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public},
	}
}
