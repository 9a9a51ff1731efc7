package storetest

import (
	"testing"

	"huiying"
)

var (
	judge   = huiying.Person{User: "analyst", Name: "研判", Role: huiying.Analyst, Region: county}
	duty    = huiying.Person{User: "leader", Name: "值班", Role: huiying.Leader, Region: county}
	machine = huiying.TheSystem(county)
)

// lived opens a case as the system does and takes it through commands, each a
// minute after the other, by the rules themselves.
func lived(t *testing.T, l LedgerUnderTest, n int, by huiying.Person, commands ...huiying.Command) huiying.Case {
	t.Helper()
	ctx, rules := background(t), &huiying.Rules{}
	draft := aCase(n)
	draft.Level, draft.Title, draft.Summary = huiying.Blue, "公厕无人打扫", "群众来电"
	if by.Role == huiying.System {
		draft.Routing = []huiying.Candidate{{Unit: "t102", P: 0.6}, {Unit: "cgj", P: 0.5}, {Unit: "zjj", P: 0.2}} // the place decides no lead
		draft.Evidence = []huiying.Evidence{{Post: id[huiying.PostID]("p", n), Source: "卦山论坛", Channel: huiying.ChannelForum, Headline: "公厕无人打扫", Excerpt: "新建路公厕一周无人打扫。", PublishedAt: at(n)}}
	}
	c, out, err := huiying.Open(draft, by, rules, at(n))
	must(t, err)
	c = mustOpen(t, l, c, huiying.Change{Entries: out.Entries})
	for i, cmd := range commands {
		next, out, err := c.Do(cmd, rules, at(n+1+i))
		must(t, err)
		must(t, l.SaveCase(ctx, next, c.Rev, huiying.Change{Entries: out.Entries}))
		c = next
	}
	return c
}

func do(by huiying.Person, action huiying.Action, lead huiying.UnitID) huiying.Command {
	return huiying.Command{Action: action, By: by, Lead: lead, Reason: "理由"}
}

func respond(by huiying.Person) huiying.Command {
	return huiying.Command{Action: huiying.ActRespond, By: by, Response: &huiying.Response{
		Text: "已清扫", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public,
	}}
}

func level(to huiying.Level) huiying.Command {
	return huiying.Command{Action: huiying.ActChangeLevel, By: duty, Level: to, Reason: "理由"}
}

func examplesOfTimelines(t *testing.T, l LedgerUnderTest) {
	must(t, l.SaveUnits(background(t), []huiying.Unit{{ID: "t102", Region: county, Name: "西营镇", Township: "141122102"}, {ID: "cgj", Region: county, Name: "城管局"}}))
	liaison := huiying.Person{User: "cgj-l", Role: huiying.Liaison, Unit: "cgj", Region: county}
	auto := do(machine, huiying.ActAssign, "cgj")
	type label struct {
		kind              huiying.ExampleKind
		proposed, decided string
		by                huiying.UserID
	}
	relevant := func(by huiying.UserID) label {
		return label{huiying.ExampleRelevant, huiying.Relevant, huiying.Relevant, by}
	}
	for i, c := range []struct {
		name     string
		by       huiying.Person
		commands []huiying.Command
		want     []label
	}{
		{"what the system did on its own teaches nothing", machine, []huiying.Command{auto}, nil},
		{
			"a re-route corrects the unit", machine,
			[]huiying.Command{auto, do(judge, huiying.ActReassign, "wjj")},
			[]label{{huiying.ExampleUnit, "cgj", "wjj", "analyst"}, relevant("analyst")},
		},
		{
			"a re-route back leaves no correction", machine,
			[]huiying.Command{auto, do(judge, huiying.ActReassign, "wjj"), do(duty, huiying.ActReassign, "cgj")},
			[]label{relevant("leader")},
		},
		{
			"a unit that gives the case back decides nothing, who sends it anew does", machine,
			[]huiying.Command{auto, do(liaison, huiying.ActAcknowledge, ""), do(liaison, huiying.ActReturn, ""), do(duty, huiying.ActAssign, "wjj")},
			[]label{{huiying.ExampleUnit, "cgj", "wjj", "leader"}, relevant("leader")},
		},
		{
			"a case given back and not sent again has no unit", machine,
			[]huiying.Command{auto, do(liaison, huiying.ActReturn, "")},
			nil,
		},
		{
			"an answer without a re-route confirms unit and level", machine,
			[]huiying.Command{auto, respond(duty), do(duty, huiying.ActClose, "")},
			[]label{{huiying.ExampleUnit, "cgj", "cgj", "leader"}, {huiying.ExampleLevel, "blue", "blue", "leader"}, relevant("leader")},
		},
		{
			"a changed level is one example however often it changed", machine,
			[]huiying.Command{level(huiying.Yellow), level(huiying.Orange)},
			[]label{{huiying.ExampleLevel, "blue", "orange", "leader"}},
		},
		{
			"不处置 says that it was not relevant", machine,
			[]huiying.Command{do(judge, huiying.ActDismiss, "")},
			[]label{{huiying.ExampleRelevant, huiying.Relevant, huiying.Irrelevant, "analyst"}},
		},
		{
			"a dismissed case that is reopened and sent is relevant", machine,
			[]huiying.Command{do(judge, huiying.ActDismiss, ""), do(duty, huiying.ActReopen, ""), do(duty, huiying.ActAssign, "cgj")},
			[]label{relevant("leader")},
		},
		{
			"a case made by hand has no proposal for unit and level", judge,
			[]huiying.Command{level(huiying.Yellow), do(duty, huiying.ActAssign, "cgj")},
			[]label{{huiying.ExampleUnit, "", "cgj", "leader"}, relevant("leader")},
		},
		{
			"a merged case teaches nothing", machine,
			[]huiying.Command{level(huiying.Yellow), {Action: huiying.ActMerge, By: judge, Into: "c00001", Reason: "同一件事"}},
			nil,
		},
		{"watching decides nothing", machine, []huiying.Command{do(judge, huiying.ActWatch, "")}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			made := lived(t, l, 100*i, c.by, c.commands...)
			var got []label
			for _, e := range value(l.Examples(background(t), county))(t) {
				if e.Case != made.ID {
					continue
				}
				got = append(got, label{e.Kind, e.Proposed, e.Decided, e.By.User})
				if e.At.Before(at(100*i+1)) || e.Post.Region != county || e.Post.Title != "公厕无人打扫" || e.Post.Text == "" {
					t.Errorf("an example is about %+v at %v", e.Post, e.At)
				}
			}
			same(t, "the examples", got, c.want)
		})
	}
	if got := value(l.Examples(background(t), other))(t); len(got) != 0 {
		t.Errorf("another county learns from %+v", got)
	}
}

func exampleNamesThePost(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	must(t, l.SaveEvents(ctx, []huiying.Event{anEvent(1)}, []huiying.EventPost{{Event: "e00001", Post: "first"}, {Event: "e00001", Post: "second"}}))
	c := aCase(7)
	c.Event, c.State, c.Summary = "e00001", huiying.StateAssigned, "居民来电"
	c.Units = []huiying.CaseUnit{{Unit: "zjj", Lead: true, AssignedAt: at(8)}}
	mustOpen(t, l, c, huiying.Change{Entries: []huiying.Entry{
		{At: at(7), Action: huiying.ActOpen, By: judge, To: huiying.StateTriage}, {At: at(8), Action: huiying.ActAssign, By: duty, To: huiying.StateAssigned},
	}})
	got := value(l.Examples(ctx, county))(t)
	if len(got) != 2 || got[0].Post.ID != "first" || got[0].Post.Title != c.Title || got[0].Post.Text != "居民来电" {
		t.Errorf("a case made by hand from an event: %+v", got)
	}
}

func aModel(n int) huiying.Model {
	return huiying.Model{
		ID: id[huiying.ModelID]("m", n), Region: county, State: huiying.ModelCandidate, CreatedAt: at(n), By: judge,
		Report: huiying.LearnReport{Seed: 1, Examples: 40, Kinds: []huiying.KindReport{{
			Kind: huiying.ExampleUnit, N: 40, Measure: "比例", Measured: true, Before: 0.5, After: 0.75, Better: 11, Worse: 1,
			Changes: []huiying.ExampleChange{{Case: "c00001", Title: "公厕", Before: "城管局", After: "卫健体局", Decided: "卫健体局", Better: true}},
		}}},
	}
}

func modelsAreSwitched(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	note := func(action string) huiying.Audit {
		return huiying.Audit{At: at(1), Region: county, Who: "analyst", Role: huiying.Analyst, Action: action}
	}
	states := func() string {
		s := ""
		for _, m := range value(l.Models(ctx, county))(t) {
			s += string(m.ID) + "=" + string(m.State) + " "
		}
		return s
	}
	add := func(n int) {
		must(t, l.AddModel(ctx, aModel(n), []byte{byte(n), 0, 255}, note("model.train")))
	}
	activate := func(id huiying.ModelID, minute int) error {
		return l.ActivateModel(ctx, county, id, duty, "试用", at(minute), note("model.activate"))
	}
	same(t, "the live model of none", value(l.LiveModel(ctx, county))(t), huiying.NoModel)
	add(1)
	want := aModel(1)
	want.Bytes = 3
	same(t, "the candidate", value(l.Models(ctx, county))(t), []huiying.Model{want})
	same(t, "a candidate is not live", value(l.LiveModel(ctx, county))(t), huiying.NoModel)
	add(2)
	same(t, "a newer candidate takes the place", states(), "m00002=candidate ")
	_, err := l.ModelData(ctx, "m00001")
	is(t, err, huiying.ErrNotFound)

	must(t, activate("m00002", 10))
	is(t, activate("m00002", 11), huiying.ErrConflict)
	add(3)
	must(t, activate("m00003", 20))
	same(t, "the one before is retired", states(), "m00003=live m00002=retired ")
	same(t, "the live one", value(l.LiveModel(ctx, county))(t), "m00003")
	same(t, "its data", value(l.ModelData(ctx, "m00003"))(t), []byte{3, 0, 255})

	must(t, activate("m00002", 30))
	same(t, "after the rollback", states(), "m00003=retired m00002=live ")
	m := value(l.Models(ctx, county))(t)[1]
	if !m.LiveAt.Equal(at(30)) || m.LiveBy != "值班" || m.Reason != "试用" || m.Report.Examples != 40 {
		t.Errorf("switched on: %+v", m)
	}
	must(t, activate(huiying.NoModel, 40))
	same(t, "without any", states(), "m00003=retired m00002=retired ")
	is(t, activate(huiying.NoModel, 41), huiying.ErrConflict)
	is(t, activate("nobody", 42), huiying.ErrNotFound)
	is(t, l.ActivateModel(ctx, other, "m00002", duty, "", at(43), note("model.activate")), huiying.ErrNotFound)

	is(t, l.DiscardModel(ctx, county, "m00002", note("model.discard")), huiying.ErrNotFound)
	add(4)
	is(t, l.DiscardModel(ctx, other, "m00004", note("model.discard")), huiying.ErrNotFound)
	must(t, l.DiscardModel(ctx, county, "m00004", note("model.discard")))
	same(t, "after all", states(), "m00003=retired m00002=retired ")

	// four trainings, four switches, one discarded: refusals leave no row
	if n := value(l.VerifyAudit(ctx))(t); n != 9 {
		t.Errorf("%d audit rows, want 9", n)
	}
}

func modelRefusalChangesNothing(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	must(t, l.AddModel(ctx, aModel(1), []byte{1}, huiying.Audit{At: at(1), Region: county, Action: "model.train"}))
	must(t, l.ActivateModel(ctx, county, "m00001", duty, "", at(2), huiying.Audit{At: at(2), Region: county, Action: "model.activate"}))
	is(t, l.ActivateModel(ctx, county, "nobody", duty, "", at(3), huiying.Audit{At: at(3), Region: county, Action: "model.activate"}), huiying.ErrNotFound)
	same(t, "the live one after a switch that failed", value(l.LiveModel(ctx, county))(t), "m00001")
	if err := l.AddModel(ctx, aModel(1), []byte{1}, huiying.Audit{At: at(4), Region: county}); err == nil {
		t.Error("an id was taken twice")
	}
	same(t, "its state", value(l.Models(ctx, county))(t)[0].State, huiying.ModelLive)
}
