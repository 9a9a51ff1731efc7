package huiying_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"huiying"
)

var appraisalRules = huiying.AppraisalRules{MinSample: 1, Rules: []huiying.AppraisalRule{
	{Name: "签收", Merit: huiying.MeritAcknowledge, Points: 20},
	{Name: "反馈", Merit: huiying.MeritFeedback, Points: 20},
	{Name: "回应", Merit: huiying.MeritRespond, Points: 20},
	{Name: "解决", Merit: huiying.MeritFixed, Points: 30},
	{Name: "合格", Merit: huiying.MeritComplete, Points: 10},
}}

// logged plays commands and time on a case and keeps its timeline.
type logged struct {
	c       huiying.Case
	entries []huiying.Entry
}

func (l *logged) keep(out huiying.Outcome) {
	for _, e := range out.Entries {
		e.Seq = len(l.entries) + 1
		l.entries = append(l.entries, e)
	}
}

func (l *logged) do(t interface{ Fatal(...any) }, at time.Time, cmd huiying.Command) {
	next, out, err := l.c.Do(cmd, testRules(), at)
	if err != nil {
		t.Fatal(cmd.Action, err)
	}
	l.c = next
	l.keep(out)
}

func (l *logged) tick(at time.Time) {
	next, out, _ := l.c.Tick(testRules(), at)
	l.c = next
	l.keep(out)
}

func (l *logged) log() huiying.CaseLog {
	return huiying.CaseLog{Case: l.c.ID, Number: "1号", Entries: l.entries}
}

func lineOf(t *testing.T, list []huiying.Appraisal, unit huiying.UnitID, m huiying.Merit) huiying.AppraisalLine {
	t.Helper()
	for _, a := range list {
		for _, l := range a.Lines {
			if a.Unit == unit && l.Merit == m {
				return l
			}
		}
	}
	t.Fatalf("%s is not appraised by %s: %+v", unit, m, list)
	return huiying.AppraisalLine{}
}

func TestAScoreIsReplayedFromTheTimeline(t *testing.T) {
	t.Parallel()
	hour := func(n float64) time.Time { return start.Add(time.Duration(n * float64(time.Hour))) }
	form := &huiying.Feedback{Finding: huiying.FoundTrue, Facts: "属实", Measures: "整改", Publicity: huiying.Public}
	resp := &huiying.Response{Text: "通报", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public}
	l := &logged{c: opened(t, huiying.Orange, false)}
	l.do(t, start, huiying.Command{Action: huiying.ActAssign, By: leader, Lead: "yjj", Helpers: []huiying.UnitID{"t100"}})
	l.tick(hour(0.1))
	l.do(t, hour(0.2), huiying.Command{Action: huiying.ActAcknowledge, By: liaison})
	l.tick(hour(1)) // t100's 15 minutes lapse
	l.do(t, hour(1), huiying.Command{Action: huiying.ActAcknowledge, By: helper})
	l.tick(hour(5)) // both units' 4 h for the first feedback lapse
	l.do(t, hour(5), huiying.Command{Action: huiying.ActExtend, By: leader, Clock: huiying.ClockFeedback, Unit: "yjj", Until: hour(9), Reason: "待检测"})
	l.do(t, hour(8), huiying.Command{Action: huiying.ActSubmit, By: liaison, Feedback: form})
	l.do(t, hour(8), huiying.Command{Action: huiying.ActSendBack, By: leader, Reason: "补充", Grounds: "要素不健全"})
	l.do(t, hour(9), huiying.Command{Action: huiying.ActSubmit, By: liaison, Feedback: form})
	l.do(t, hour(9), huiying.Command{Action: huiying.ActApprove, By: leader})
	l.do(t, hour(10), huiying.Command{Action: huiying.ActRespond, By: leader, Response: resp})
	l.do(t, hour(20), huiying.Command{Action: huiying.ActClose, By: leader, Reason: "已解决"})

	list := huiying.Appraise(appraisalRules, []huiying.CaseLog{l.log()}, nil, start, hour(1))
	for m, want := range map[huiying.Merit]int{
		huiying.MeritAcknowledge: 1, huiying.MeritFeedback: 1 /* late, but excused */, huiying.MeritRespond: 1, huiying.MeritFixed: 1, huiying.MeritComplete: 0,
	} {
		if line := lineOf(t, list, "yjj", m); line.N != 1 || line.Met != want {
			t.Errorf("yjj %s: %d of %d, want %d", m, line.Met, line.N, want)
		}
	}
	if a := list[slices.IndexFunc(list, func(a huiying.Appraisal) bool { return a.Unit == "yjj" })]; a.Score != 90 || !a.Scored {
		t.Errorf("yjj has %v points", a.Score)
	}
	if line := lineOf(t, list, "t100", huiying.MeritAcknowledge); line.N != 1 || line.Met != 0 || line.Missed[0].Number != "1号" {
		t.Errorf("t100 acknowledged late: %+v", line)
	}
	if line := lineOf(t, list, "t100", huiying.MeritRespond); line.N != 0 {
		t.Errorf("a helper is not asked for the response: %+v", line)
	}
	appeal := huiying.Appeal{Unit: "t100", Case: l.c.ID, Merit: huiying.MeritAcknowledge}
	for decision, met := range map[huiying.Decision]int{"": 0, huiying.AppealRefused: 0, huiying.AppealGranted: 1} {
		appeal.Decision = decision
		again := huiying.Appraise(appraisalRules, []huiying.CaseLog{l.log()}, []huiying.Appeal{appeal}, start, hour(1))
		if line := lineOf(t, again, "t100", huiying.MeritAcknowledge); line.Met != met || len(line.Excused) != met {
			t.Errorf("an appeal %q: %+v", decision, line)
		}
	}
	if none := huiying.Appraise(appraisalRules, []huiying.CaseLog{l.log()}, nil, hour(1), hour(2)); len(none) != 0 {
		t.Errorf("another period: %+v", none)
	}
	strict := appraisalRules
	strict.MinSample = 5
	if a := huiying.Appraise(strict, []huiying.CaseLog{l.log()}, nil, start, hour(1))[0]; a.Scored || !a.Lines[0].Thin {
		t.Errorf("one case is enough to judge a unit: %+v", a)
	}
	l.do(t, hour(30), huiying.Command{Action: huiying.ActReopen, By: leader, Reason: "反弹"})
	if line := lineOf(t, huiying.Appraise(appraisalRules, []huiying.CaseLog{l.log()}, nil, start, hour(1)), "yjj", huiying.MeritFixed); line.Met != 0 || line.N != 1 {
		t.Errorf("a case that was reopened counts as solved: %+v", line)
	}
}

// What is said to be a rumour is no fact: until it was checked a unit gains and
// loses nothing by it, and what was untrue could not be fixed.
func TestARumourIsAppraisedOnceItWasChecked(t *testing.T) {
	t.Parallel()
	resp := &huiying.Response{Text: "通报", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public}
	c, out, err := huiying.Open(huiying.Case{ID: "c1", Region: "141122", Queue: huiying.Online, Title: "网传水库要垮", Level: huiying.Blue, Flags: []huiying.Flag{huiying.FlagRumor}}, leader, testRules(), start)
	if err != nil {
		t.Fatal(err)
	}
	l := &logged{c: c}
	l.keep(out)
	at := start
	do := func(cmd huiying.Command) { at = at.Add(time.Minute); l.do(t, at, cmd) }
	do(huiying.Command{Action: huiying.ActAssign, By: leader, Lead: "yjj"})
	do(huiying.Command{Action: huiying.ActAcknowledge, By: liaison})
	do(huiying.Command{Action: huiying.ActRespond, By: leader, Response: resp})
	do(huiying.Command{Action: huiying.ActClose, By: leader, Reason: "已辟谣"})
	look := func() huiying.Appraisal {
		return huiying.Appraise(appraisalRules, []huiying.CaseLog{l.log()}, nil, start, at)[0]
	}
	if a := look(); a.Parts != 1 || len(a.Rumors) != 1 || a.Scored || a.Lines[0].N != 0 {
		t.Errorf("not checked: %+v", a)
	}
	for _, x := range []struct {
		state            huiying.RumorState
		answered, solved int
	}{{huiying.RumorRefuted, 1, 0}, {huiying.RumorVerified, 1, 1}, {huiying.RumorUnverified, 0, 0}} {
		do(huiying.Command{Action: huiying.ActRumor, By: leader, To: string(x.state), Reason: "现场核查"})
		a := look()
		if got := lineOf(t, []huiying.Appraisal{a}, "yjj", huiying.MeritRespond).N; got != x.answered {
			t.Errorf("%s: asked %d times for the response", x.state, got)
		}
		if got := lineOf(t, []huiying.Appraisal{a}, "yjj", huiying.MeritFixed).N; got != x.solved {
			t.Errorf("%s: asked %d times for the fix", x.state, got)
		}
		if apart := len(a.Rumors) == 1; apart != (x.answered == 0) {
			t.Errorf("%s: apart are %+v", x.state, a.Rumors)
		}
	}
}

// Whatever people do: the timeline tells which units have a part, and the order
// in which logs and entries come changes no score.
func TestTheTimelineTellsWhoHasAPartAndScoresDoNotDependOnOrder(t *testing.T) {
	t.Parallel()
	var actions []huiying.Action
	for _, tr := range huiying.Transitions {
		actions = append(actions, tr.Action)
	}
	rapid.Check(t, func(t *rapid.T) {
		now := start
		var logs []huiying.CaseLog
		for n := range 2 {
			l := &logged{c: opened(t, rapid.SampledFrom(huiying.Levels).Draw(t, "level"), false)}
			l.c.ID = huiying.CaseID(rune('a' + n))
			for range rapid.IntRange(1, 25).Draw(t, "steps") {
				now = now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "minutes")) * time.Minute)
				if rapid.Bool().Draw(t, "tick") {
					l.tick(now)
				} else if next, out, err := l.c.Do(randomCommand(t, actions, now), testRules(), now); err == nil {
					l.c = next
					l.keep(out)
				}
			}
			if list := huiying.Appraise(appraisalRules, []huiying.CaseLog{l.log()}, nil, start, now.Add(time.Hour)); l.c.State != huiying.StateMerged && l.c.State != huiying.StateArchived {
				var want, got []huiying.UnitID
				for _, u := range l.c.Units {
					want = append(want, u.Unit)
				}
				for _, a := range list {
					got = append(got, a.Unit)
					if a.Score < 0 || a.Score > 100 {
						t.Fatalf("%s has %v points", a.Unit, a.Score)
					}
				}
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Fatalf("the timeline gives a part to %v, the case to %v", got, want)
				}
			}
			logs = append(logs, l.log())
		}
		first := huiying.Appraise(appraisalRules, logs, nil, start, now.Add(time.Hour))
		slices.Reverse(logs)
		for i := range logs {
			logs[i].Entries = slices.Clone(logs[i].Entries)
			rand.New(rand.NewPCG(1, uint64(i))).Shuffle(len(logs[i].Entries), func(a, b int) {
				logs[i].Entries[a], logs[i].Entries[b] = logs[i].Entries[b], logs[i].Entries[a]
			})
		}
		if again := huiying.Appraise(appraisalRules, logs, nil, start, now.Add(time.Hour)); !reflect.DeepEqual(first, again) {
			t.Fatalf("scores depend on the order:\n%+v\n%+v", first, again)
		}
	})
}
