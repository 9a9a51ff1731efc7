package alerting_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"huiying"
	"huiying/alerting"
)

// smell is a grave matter whose lead is clear.
func smell(id string, change ...func(*huiying.Assessed)) huiying.Assessed {
	now := huiying.Speed{}.Now()
	a := assessedPost(id, "瓦窑河水发白冒泡死鱼一片", "瓦窑河的水发白冒泡，岸边死鱼一片，味道刺鼻，附近村民不敢出门。"+id, now.Add(-time.Minute))
	a.Post.Engagement = huiying.Engagement{Views: 120_000, Comments: 900, Reposts: 1500}
	a.Assessment.Risk.Score = 60
	a.Assessment.Flags = []huiying.Flag{huiying.FlagLivelihood}
	a.Assessment.Units = []huiying.Candidate{{Unit: "sthj", P: 0.8, Why: "环境污染"}, {Unit: "slj", P: 0.1}}
	for _, f := range change {
		f(&a)
	}
	return a
}

// seen gives a post without flags so many views: 20 000 are yellow, 2 000 000 red.
func seen(views int64) func(*huiying.Assessed) {
	return func(a *huiying.Assessed) {
		a.Assessment.Flags = nil
		a.Post.Engagement = huiying.Engagement{Views: views}
	}
}

func (o *office) handle(t *testing.T, batch ...huiying.Assessed) {
	t.Helper()
	if err := o.Handle(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
}

func TestABatchBecomesACaseWithClocksEvidenceAndNews(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.handle(t, smell("p1"), smell("p2"), smell("p1"))
	c := o.onlyCase(t)
	if c.State != huiying.StateAssigned || c.Lead() != "sthj" || c.Level != huiying.Red {
		t.Errorf("case is %s at %s led by %q", c.State, c.Level, c.Lead())
	}
	if e := o.event(t, c.Event); e.Posts != 2 || e.Case != c.ID {
		t.Errorf("event counts %d posts and has case %q", e.Posts, e.Case)
	}
	var evidence []huiying.PostID
	for _, e := range c.Evidence {
		evidence = append(evidence, e.Post)
		if e.Engagement.Views != 120_000 || e.Excerpt == "" || e.Headline == "" || e.PublishedAt.IsZero() {
			t.Errorf("evidence is not frozen whole: %+v", e)
		}
	}
	if !slices.Equal(evidence, []huiying.PostID{"p1", "p2"}) {
		t.Errorf("evidence is %v, want each post once", evidence)
	}
	for _, want := range []struct {
		kind huiying.ClockKind
		unit huiying.UnitID
		open bool
	}{
		{huiying.ClockJudge, "", false},
		{huiying.ClockAcknowledge, "sthj", true},
		{huiying.ClockFeedback, "sthj", true},
		{huiying.ClockRespond, "", true},
	} {
		if k, ok := c.Clock(want.kind, want.unit); !ok || k.Open() != want.open {
			t.Errorf("%s clock of %q: found %v, open %v, want open %v", want.kind, want.unit, ok, k.Open(), want.open)
		}
	}
	channels := make(map[string]int)
	for _, n := range o.told(t, c.ID, func(huiying.Notification) bool { return true }) {
		channels[n.Channel]++
		if n.Number != c.Number || c.Number == "" {
			t.Errorf("a notification quotes %q, the case is %q", n.Number, c.Number)
		}
	}
	if channels[alerting.InApp] == 0 || channels["webhook"] == 0 || channels["sms"] != 0 {
		t.Errorf("told by %v, want in-app and webhook", channels)
	}
}

func TestABatchDeliveredTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := []huiying.Assessed{smell("p1"), smell("p2"), calm("p3")}
	o.handle(t, batch...)
	before := o.everything(t)
	o.handle(t, batch...)
	if after := o.everything(t); after != before {
		t.Errorf("the second delivery made of\n%s\nthis\n%s", before, after)
	}
	o.open(t)
	o.handle(t, batch...)
	if after := o.everything(t); after != before {
		t.Errorf("the delivery after a restart made of\n%s\nthis\n%s", before, after)
	}
}

// calm is news nobody need answer.
func calm(id string) huiying.Assessed {
	a := assessedPost(id, "县图书馆周末开放时间调整", "县图书馆自下周起周末开放时间调整为早八点到晚八点，欢迎读者。", huiying.Speed{}.Now())
	a.Assessment.Category = "文化"
	return a
}

func TestTheOpeningRulesDecideWhatBecomesOfAnEvent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		post huiying.Assessed
		want huiying.CaseState // "" for no case
	}{
		{"a grave matter with a clear lead is sent at once", smell("p"), huiying.StateAssigned},
		{"a yellow one waits for judgement", smell("p", seen(20_000)), huiying.StateTriage},
		{"a sensitive one waits for a person", smell("p", func(a *huiying.Assessed) {
			a.Assessment.Flags = append(a.Assessment.Flags, huiying.FlagSensitive)
		}), huiying.StateTriage},
		{"two leads as probable wait for a person", smell("p", func(a *huiying.Assessed) {
			a.Assessment.Units = []huiying.Candidate{{Unit: "sthj", P: 0.5}, {Unit: "slj", P: 0.45}}
		}), huiying.StateTriage},
		{"a lead that was dissolved is none", smell("p", func(a *huiying.Assessed) {
			a.Assessment.Units = []huiying.Candidate{{Unit: "old", P: 0.9}}
		}), huiying.StateTriage},
		{"a drill is no matter however many read of it", smell("p", func(a *huiying.Assessed) {
			a.Assessment.State = huiying.PhasePrevent
		}), ""},
		{"plain news is no matter", calm("p"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.handle(t, tt.post)
			var got huiying.CaseState
			for _, c := range o.cases(t) {
				got = c.State
			}
			if got != tt.want {
				t.Errorf("case is in state %q, want %q", got, tt.want)
			}
		})
	}
}

// The ledger fails after the posts were placed in memory, and stays out of
// reach for the rest of the call.
func TestWhatTheLedgerRefusedIsCountedOnceWhenDeliveredAgain(t *testing.T) {
	t.Parallel()
	var fail func()
	o := newOffice(t, func(cfg *alerting.Config) {
		cfg.Baseline = func(context.Context) float64 { // asked between placing and saving
			fail()
			return 0
		}
	})
	fail = func() {}
	o.handle(t, smell("p0", seen(100)))
	before := o.everything(t)
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		fail = cancel
		if err := o.Handle(ctx, []huiying.Assessed{smell("p1"), calm("p3")}); err == nil {
			t.Fatal("handled without a ledger")
		}
	}
	if after := o.everything(t); after != before {
		t.Errorf("a batch that failed made of\n%s\nthis\n%s", before, after)
	}
	fail = func() {}
	o.handle(t, smell("p1"), calm("p3"))
	c := o.onlyCase(t)
	if e := o.event(t, c.Event); e.Posts != 2 || e.Engagement.Views != 120_100 {
		t.Errorf("event counts %d posts with %d views, want 2 with 120100", e.Posts, e.Engagement.Views)
	}
}

func TestAClosedLedgerIsAnErrorAndARestartMendsIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.handle(t, smell("p1", seen(100)))
	if err := o.ledger.Close(); err != nil {
		t.Fatal(err)
	}
	if err := o.Handle(t.Context(), []huiying.Assessed{smell("p2")}); err == nil {
		t.Fatal("handled with the ledger closed")
	}
	o.open(t)
	o.handle(t, smell("p2"))
	if e := o.event(t, o.onlyCase(t).Event); e.Posts != 2 {
		t.Errorf("event counts %d posts, want 2", e.Posts)
	}
}

// The process is stopped between saving the events and opening their cases.
func TestADeliveryCutOffBeforeTheCaseIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	o := newOffice(t, func(cfg *alerting.Config) {
		cfg.Live = func(context.Context, huiying.Live) error {
			cancel()
			return nil
		}
	})
	if err := o.Handle(ctx, []huiying.Assessed{smell("p1")}); err == nil {
		t.Fatal("handled with its context cancelled half-way")
	}
	if n := len(o.cases(t)); n != 0 {
		t.Fatalf("%d cases of a delivery cut off, want none", n)
	}
	o.handle(t, smell("p1"))
	c := o.onlyCase(t)
	if e := o.event(t, c.Event); e.Posts != 1 || e.Case != c.ID || len(c.Evidence) != 1 {
		t.Errorf("event counts %d posts, has case %q, evidence %d", e.Posts, e.Case, len(c.Evidence))
	}
}

func TestACaseOpenedByHandIsTheEventsCase(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.handle(t, smell("p1", func(a *huiying.Assessed) { a.Assessment.State = huiying.PhaseNotice }))
	page, err := o.ledger.Events(t.Context(), huiying.EventQuery{Region: "141122"})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%d events, %v", len(page.Items), err)
	}
	mine, err := o.Desk().Open(t.Context(), monitor, huiying.ManualCase{
		Queue: huiying.Online, Title: "瓦窑河水质异常", Level: huiying.Blue, Event: page.Items[0].ID,
	})
	if err != nil {
		t.Fatal(err)
	}
	o.handle(t, smell("p2", func(a *huiying.Assessed) { a.Assessment.Risk.Score = 70 }))
	c := o.onlyCase(t)
	if c.ID != mine.ID || c.Level != huiying.Blue || c.State != huiying.StateTriage {
		t.Errorf("the case is %s, %s at %s; a person opened %s", c.ID, c.State, c.Level, mine.ID)
	}
	if c.Suggested != huiying.Red {
		t.Errorf("suggested %s as soon as the event rose, want red", c.Suggested)
	}
	if e := o.event(t, c.Event); e.Posts != 2 || e.Case != mine.ID {
		t.Errorf("event counts %d posts and has case %q", e.Posts, e.Case)
	}
}

func TestALevelThatRisesLaterIsSuggestedOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.handle(t, smell("p1", seen(20_000)))
	if c := o.onlyCase(t); c.Level != huiying.Yellow || c.Suggested != huiying.NoLevel {
		t.Fatalf("case began at %s, suggested %s", c.Level, c.Suggested)
	}
	rise := smell("p2", seen(2_000_000))
	o.handle(t, rise)
	o.handle(t, rise)
	o.handle(t, smell("p3", seen(10)))
	c := o.onlyCase(t)
	if c.Level != huiying.Yellow || c.Suggested != huiying.Red {
		t.Errorf("case at %s, suggested %s; only a person changes a level", c.Level, c.Suggested)
	}
	if said := o.timeline(t, c.ID, huiying.ActComment); len(said) != 1 {
		t.Errorf("suggested %d times: %+v", len(said), said)
	}
	got := make(map[huiying.UserID]int)
	for _, n := range o.told(t, c.ID, func(n huiying.Notification) bool {
		return n.Kind == huiying.NoticeChanged && n.Channel == alerting.InApp
	}) {
		got[n.To]++
	}
	if got[analyst.User] != 1 || got[leader.User] != 1 || len(got) != 2 {
		t.Errorf("told of it: %v, want the analyst and the leader once", got)
	}
	o.do(t, c.ID, huiying.Command{Action: huiying.ActChangeLevel, By: leader, Level: huiying.Red, Reason: "属实"})
	before := o.timeline(t, c.ID)
	o.handle(t, smell("p4", seen(10)))
	if after := o.timeline(t, c.ID); len(after) != len(before) {
		t.Errorf("after the level was raised there is still more to say: %+v", after[len(before):])
	}
}
