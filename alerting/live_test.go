package alerting_test

import (
	"encoding/json"
	"slices"
	"testing"

	"huiying"
	"huiying/alerting"
)

// caseNews is what a screen reads from a message about a case.
type caseNews struct {
	Action huiying.Action   `json:"action"`
	Unit   huiying.UnitID   `json:"unit"`
	Lead   huiying.UnitID   `json:"lead"`
	Units  []huiying.UnitID `json:"units"`
	Took   *float64         `json:"ack_seconds"`
}

func news(t *testing.T, m huiying.Live) (n caseNews) {
	t.Helper()
	if m.Type != huiying.LiveCase {
		t.Fatalf("the last message is about a %s", m.Type)
	}
	if err := json.Unmarshal(m.Data, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestScreensLearnWhichUnitAcknowledgedAndHowFast(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(cfg *alerting.Config) { cfg.Speed = huiying.NewSpeed(morning, 60) })
	c := o.assigned(t, huiying.Red)
	if n := news(t, o.heard.last(t)); n.Took != nil || n.Unit != "" {
		t.Errorf("an assignment says %q acknowledged after %v s", n.Unit, n.Took)
	}
	var took [2]float64
	for i, by := range []huiying.Person{helper, liaison} { // the helper first, while the lead is silent
		c = o.do(t, c.ID, huiying.Command{Action: huiying.ActAcknowledge, By: by})
		n := news(t, o.heard.last(t))
		k, _ := c.Clock(huiying.ClockAcknowledge, by.Unit)
		if n.Unit != by.Unit || n.Took == nil || *n.Took != k.Took().Seconds() || *n.Took <= 0 {
			t.Fatalf("%s acknowledged after %s, the message says %q after %v s", by.Unit, k.Took(), n.Unit, n.Took)
		}
		took[i] = *n.Took
	}
	if took[0] >= took[1] {
		t.Errorf("the helper took %v s, the lead %v s: both have the same clock", took[0], took[1])
	}
	o.do(t, c.ID, huiying.Command{Action: huiying.ActUrge, By: supervisor, Reason: "请加快"})
	if n := news(t, o.heard.last(t)); n.Took != nil {
		t.Errorf("an urging says %v s were taken to acknowledge", *n.Took)
	}
}

func TestAUnitTakenOutOfACaseIsToldOnce(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		cmd   huiying.Command
		told  []huiying.UnitID // in any order, each once
		still []huiying.UnitID
	}{
		{"a lead returns it: the helper is out too", huiying.Command{Action: huiying.ActReturn, By: liaison, Reason: "不属本单位职责"}, []huiying.UnitID{"slj", "sthj"}, nil},
		{"another unit leads now", huiying.Command{Action: huiying.ActReassign, By: leader, Lead: "zjj", Reason: "属住建"}, []huiying.UnitID{"slj", "sthj", "zjj"}, []huiying.UnitID{"slj", "zjj"}},
		{"the helper leads now", huiying.Command{Action: huiying.ActReassign, By: leader, Lead: "slj", Reason: "属水利"}, []huiying.UnitID{"slj", "sthj"}, []huiying.UnitID{"slj"}},
		{"nobody goes", huiying.Command{Action: huiying.ActUrge, By: supervisor, Reason: "请加快"}, []huiying.UnitID{"slj", "sthj"}, []huiying.UnitID{"slj", "sthj"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			c := o.assigned(t, huiying.Red)
			o.do(t, c.ID, tt.cmd)
			m := o.heard.last(t)
			if got := slices.Sorted(slices.Values(m.Units)); !slices.Equal(got, tt.told) {
				t.Errorf("the message reaches %v, want %v", got, tt.told)
			}
			if got := slices.Sorted(slices.Values(news(t, m).Units)); !slices.Equal(got, tt.still) {
				t.Errorf("the message names %v, want %v", got, tt.still)
			}
			if !m.VisibleTo(liaison) {
				t.Error("the screen of the unit that had it shows it still")
			}
			c = o.do(t, c.ID, huiying.Command{Action: huiying.ActComment, By: leader, Reason: "记"})
			if m := o.heard.last(t); m.VisibleTo(liaison) != c.HasUnit("sthj") {
				t.Errorf("the message after that reaches %v", m.Units)
			}
		})
	}
}
