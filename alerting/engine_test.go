package alerting_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"huiying"
	"huiying/alerting"
	"huiying/deploy/county"
	"huiying/store/ledger"
)

// office is an engine over the real ledger with the sample county's rules.
type office struct {
	*alerting.Engine
	ledger *ledger.Ledger
}

func newOffice(t *testing.T) office {
	t.Helper()
	files, err := county.Embedded("141122")
	if err != nil {
		t.Fatal(err)
	}
	data, err := county.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	l, err := ledger.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	for _, u := range []huiying.Person{
		{User: "leader", Name: "值班领导", Role: huiying.Leader, Region: "141122"},
		{User: "sthj-liaison", Name: "联络人", Role: huiying.Liaison, Unit: "sthj", Region: "141122"},
	} {
		if err := l.SaveUser(t.Context(), huiying.User{Person: u, PasswordHash: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	e, err := alerting.New(t.Context(), alerting.Config{
		Region: "141122", Ledger: l, Rules: &data.Rules, Units: huiying.NewDirectory(data.Units), Channels: []string{"webhook"},
		Live: func(context.Context, huiying.Live) error { return nil }, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return office{e, l}
}

// smell is a grave matter whose lead is clear.
func smell(id string) huiying.Assessed {
	now := huiying.Speed{}.Now()
	a := assessedPost(id, "瓦窑河水发白冒泡死鱼一片", "瓦窑河的水发白冒泡，岸边死鱼一片，味道刺鼻，附近村民不敢出门。"+id, now.Add(-time.Minute))
	a.Post.Engagement = huiying.Engagement{Views: 120_000, Comments: 900, Reposts: 1500}
	a.Assessment.Risk.Score = 60
	a.Assessment.Flags = []huiying.Flag{huiying.FlagLivelihood}
	a.Assessment.Units = []huiying.Candidate{{Unit: "sthj", P: 0.8, Why: "环境污染"}, {Unit: "slj", P: 0.1}}
	return a
}

func (o office) onlyCase(t *testing.T) huiying.Case {
	t.Helper()
	page, err := o.ledger.Cases(t.Context(), huiying.CaseQuery{Region: "141122"})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Items) != 1 {
		t.Fatalf("%d cases, want 1", len(page.Items))
	}
	return page.Items[0]
}

func TestABatchDeliveredTwiceMakesOneCase(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	batch := []huiying.Assessed{smell("p1"), smell("p2")}
	for range 2 {
		if err := o.Handle(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	c := o.onlyCase(t)
	if c.State != huiying.StateAssigned || c.Lead() != "sthj" || c.Level < huiying.Orange || len(c.Evidence) == 0 {
		t.Errorf("case is %s at %s led by %q with %d pieces of evidence", c.State, c.Level, c.Lead(), len(c.Evidence))
	}
	e, err := o.ledger.Event(t.Context(), c.Event)
	if err != nil {
		t.Fatal(err)
	}
	if e.Posts != 2 || e.Case != c.ID {
		t.Errorf("event counts %d posts and has case %q", e.Posts, e.Case)
	}
	told, err := o.ledger.CaseNotifications(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	channels := make(map[string]int)
	for _, n := range told {
		channels[n.Channel]++
		if n.Number != c.Number {
			t.Errorf("a notification quotes %q, the case is %q", n.Number, c.Number)
		}
	}
	if channels[alerting.InApp] == 0 || channels["webhook"] == 0 {
		t.Errorf("told by %v, want in-app and webhook", channels)
	}
}

// Two phones acknowledge while the leader urges: all succeed, the case is
// acknowledged once, nothing is escalated afterwards and the audit chain holds.
func TestPeopleActingAtOnceSeeOneTruth(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	liaison := huiying.Person{User: "sthj-liaison", Name: "联络人", Role: huiying.Liaison, Unit: "sthj", Region: "141122"}
	leader := huiying.Person{User: "leader", Name: "值班领导", Role: huiying.Leader, Region: "141122"}
	for i := range 100 {
		c, err := o.Desk().Open(t.Context(), leader, huiying.ManualCase{Queue: huiying.Online, Title: fmt.Sprint("异味 ", i), Level: huiying.Red})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Desk().Do(t.Context(), c.ID, huiying.Command{Action: huiying.ActAssign, By: leader, Lead: "sthj"}); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if _, err := o.Desk().Do(t.Context(), c.ID, huiying.Command{Action: huiying.ActAcknowledge, By: liaison}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Go(func() {
			if _, err := o.Desk().Do(t.Context(), c.ID, huiying.Command{Action: huiying.ActUrge, By: leader, Reason: "快"}); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		timeline, err := o.ledger.Timeline(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		acks := 0
		for _, e := range timeline {
			if e.Action == huiying.ActAcknowledge {
				acks++
			}
			if acks > 0 && e.Action == huiying.ActEscalate {
				t.Errorf("escalated after the acknowledgement: %+v", e)
			}
		}
		if acks != 1 {
			t.Fatalf("acknowledged %d times", acks)
		}
	}
	if _, err := o.ledger.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}
