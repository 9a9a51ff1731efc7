package huiying_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"huiying"
)

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
		told := timeline{state: c.State, urgent: c.Emergency}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "minutes")) * time.Minute)
			before := c
			if rapid.Bool().Draw(t, "tick") {
				next, out, _ := c.Tick(r, now)
				c = next
				told.fold(t, out.Entries)
			} else {
				cmd := randomCommand(t, actions, now)
				if may := c.Allowed(cmd.By); len(may) > 0 && rapid.IntRange(0, 3).Draw(t, "sensible") > 0 { // most of what people ask for can be done
					cmd.Action = rapid.SampledFrom(may).Draw(t, "allowed").Action
				}
				next, out, err := c.Do(cmd, r, now)
				if err != nil && !reflect.DeepEqual(next, before) {
					t.Fatalf("refused (%v) but changed", err)
				}
				if err == nil && len(out.Entries) == 0 && !reflect.DeepEqual(next, before) {
					t.Fatal("changed without a line on the timeline")
				}
				c = next
				told.fold(t, out.Entries)
			}
			checkInvariants(t, c, r, now)
			told.check(t, c)
		}
	})
}

// timeline is what can be told of a case from its timeline alone.
type timeline struct {
	state   huiying.CaseState
	units   []huiying.UnitID // lead first
	acted   int              // entries of people
	acked   map[huiying.UnitID]bool
	refused int
	sent    int // responses
	handed  int // forms that left the unit
	rumor   huiying.RumorState
	urgent  bool
}

func (l *timeline) fold(t *rapid.T, entries []huiying.Entry) {
	for _, e := range entries {
		if e.From != l.state {
			t.Fatalf("%s begins in %q, the entry before ended in %q", e.Action, e.From, l.state)
		}
		l.state = e.To
		if e.By.Role != huiying.System || e.Action == huiying.ActAssign {
			l.acted++
		}
		if l.acked == nil {
			l.acked = make(map[huiying.UnitID]bool)
		}
		switch e.Action {
		case huiying.ActAssign, huiying.ActReassign, huiying.ActAddUnit, huiying.ActTransfer:
			if len(e.Units) == 0 {
				break
			}
			if len(l.units) > 0 && e.Units[0] != l.units[0] { // who leads now begins anew
				delete(l.acked, e.Units[0])
			}
			for u := range l.acked {
				if !slices.Contains(e.Units, u) {
					delete(l.acked, u)
				}
			}
			l.units = e.Units
		case huiying.ActReturn:
			l.refused++
			if len(l.units) > 0 && e.Unit == l.units[0] {
				l.units, l.acked = nil, nil
				break
			}
			l.units = slices.DeleteFunc(slices.Clone(l.units), func(u huiying.UnitID) bool { return u == e.Unit })
			delete(l.acked, e.Unit)
		case huiying.ActAcknowledge:
			l.acked[e.Unit] = true
		case huiying.ActReopen:
			l.acked = nil
		case huiying.ActRespond:
			l.sent++
		case huiying.ActSubmit, huiying.ActSign:
			if e.To == huiying.StateReviewing {
				l.handed++
			}
		case huiying.ActRumor:
			l.rumor = e.Rumor
		case huiying.ActEmergency:
			l.urgent = !l.urgent
		}
	}
}

// check compares the case with the fold of its timeline.
func (l *timeline) check(t *rapid.T, c huiying.Case) {
	var units []huiying.UnitID
	for _, u := range c.Units {
		units = append(units, u.Unit)
		if u.AckedAt.IsZero() == l.acked[u.Unit] {
			t.Fatalf("%s acknowledged at %v, the timeline says %v", u.Unit, u.AckedAt, l.acked[u.Unit])
		}
	}
	if c.State != l.state || !slices.Equal(units, l.units) || c.Version != 1+l.acted || len(c.Refusals) != l.refused || len(c.Responses) != l.sent || len(c.Feedback) != l.handed || c.Rumor != l.rumor || c.Emergency != l.urgent {
		t.Fatalf("the case (%s, %v, version %d, %d refusals, %d responses) is not the fold of its timeline %+v", c.State, units, c.Version, len(c.Refusals), len(c.Responses), *l)
	}
}

func randomCommand(t *rapid.T, actions []huiying.Action, now time.Time) huiying.Command {
	units := []huiying.UnitID{"", "yjj", "t100", "jkj"}
	return huiying.Command{
		Action: rapid.SampledFrom(actions).Draw(t, "action"), By: rapid.SampledFrom(everyone).Draw(t, "by"),
		Reason: rapid.SampledFrom([]string{"", "理由"}).Draw(t, "reason"),
		Lead:   rapid.SampledFrom(units).Draw(t, "lead"), Helpers: rapid.SliceOfN(rapid.SampledFrom(units), 0, 2).Draw(t, "helpers"),
		Level: rapid.SampledFrom(huiying.Levels).Draw(t, "to level"), Clock: rapid.SampledFrom([]huiying.ClockKind{huiying.ClockRespond, huiying.ClockFeedback, huiying.ClockAcknowledge}).Draw(t, "clock"), Until: now.Add(time.Duration(rapid.IntRange(-50, 50).Draw(t, "until")) * time.Hour),
		To: rapid.SampledFrom([]string{"online", "offline", "police", "verified", "emergency", "ordinary", "?"}).Draw(t, "to"), Into: "c2", Text: "已到现场",
		Longer:  huiying.Duration(time.Duration(rapid.IntRange(0, 30).Draw(t, "longer")) * time.Hour),
		Grounds: rapid.SampledFrom([]string{"", "要素不健全", "?"}).Draw(t, "grounds"),
		Consult: &huiying.Consultation{People: "网信办", Conclusion: rapid.SampledFrom([]string{"", "属实"}).Draw(t, "conclusion")},
		Split:   &huiying.Part{Title: rapid.SampledFrom([]string{"", "路灯"}).Draw(t, "part")},
		Feedback: &huiying.Feedback{
			Finding: huiying.FoundPartly, Facts: "部分属实", Measures: "整改", Publicity: rapid.SampledFrom([]huiying.Publicity{"", huiying.Public}).Draw(t, "publicity"),
			Extension: rapid.SampledFrom([]*huiying.ExtensionWish{nil, nil, {Clock: huiying.ClockSettle, Longer: huiying.Duration(time.Hour), Reason: "待检测"}}).Draw(t, "wish"),
		},
		Head:     rapid.SampledFrom([]string{"", "head"}).Draw(t, "head"),
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
	open := make(map[string]int)
	for _, k := range c.Clocks {
		if k.Due.Before(k.Start) || !k.StoppedAt.IsZero() && k.StoppedAt.Before(k.Start) && !k.Void {
			t.Fatalf("clock %s ends before it starts: %+v", k.Kind, k)
		}
		if k.Excused < 0 || !k.PausedAt.IsZero() && k.PausedAt.After(k.Due) {
			t.Fatalf("clock %s counts backwards: %+v", k.Kind, k)
		}
		if k.Open() {
			open[string(k.Kind)+" of "+string(k.Unit)]++
		}
		if k.Open() && c.State.Ended() {
			t.Fatalf("clock %s runs in state %s", k.Kind, c.State)
		}
	}
	if c.Form != nil && (c.Form.Unit != c.Lead() || c.State == huiying.StateReviewing || c.State.Ended()) {
		t.Fatalf("a form of %s waits for a signature in %s, led by %s", c.Form.Unit, c.State, c.Lead())
	}
	for _, f := range c.Feedback {
		if (f.Head == "") == !f.SignedAt.IsZero() {
			t.Fatalf("signed by %q at %v", f.Head, f.SignedAt)
		}
	}
	for _, e := range c.WaitingExtensions() {
		if open[string(e.Clock)+" of "+string(e.Of())] == 0 {
			t.Fatalf("a request to put off a clock that has stopped still waits: %+v", e)
		}
	}
	for which, n := range open {
		if n > 1 {
			t.Fatalf("%d open clocks: %s", n, which)
		}
	}
	next, _, _ := c.Tick(r, now)
	if at, ok := next.NextAt(r); ok && !at.After(now) {
		t.Fatalf("after a tick something is still due at %v (now %v)", at, now)
	}
}
