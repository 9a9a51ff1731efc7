package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"

	"huiying"
	"huiying/alerting"
	"huiying/deploy/county"
	"huiying/store/ledger"
)

type benchDeskCmd struct {
	Cases   int `default:"100000" help:"Cases in the ledger, every third still open."`
	Entries int `default:"10" help:"Timeline rows of a case."`
	Actions int `default:"2000" help:"Actions to measure."`
	Burst   int `default:"1000" help:"Cases whose escalation begins within one minute."`

	Ledger string `help:"An empty PostgreSQL database to measure instead of a file: postgres://…"`
}

// deskPace is what a desk of that size takes. Lateness is how long after its
// deadline an escalation was on record, with the open clocks of all other cases
// beside it.
type deskPace struct {
	N         int                `json:"n"` // actions measured
	Seconds   float64            `json:"seconds"`
	Cases     int                `json:"cases"`
	Timeline  int                `json:"timeline_rows"`
	Open      int                `json:"open_clocks"`
	ActionP50 float64            `json:"action_p50_ms"`
	ActionP99 float64            `json:"action_p99_ms"`
	ListP99   float64            `json:"list_p99_ms"` // of the slowest list
	Lists     map[string]float64 `json:"lists_p99_ms"`
	Burst     int                `json:"escalations_due"` // in one minute
	Lost      int                `json:"escalations_lost"`
	LateP99   float64            `json:"escalation_late_p99_ms"`
	LateMost  float64            `json:"escalation_late_max_ms"`
	RSS       float64            `json:"rss_mb"`
	Machine   machine            `json:"machine"`
}

// Run fills a ledger, measures it and prints one JSON object.
func (c *benchDeskCmd) Run() error {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "huiying-desk-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b, err := newDeskBench(ctx, dir, c)
	if err != nil {
		return err
	}
	defer func() { _ = b.ledger.Close() }()
	began := time.Now()
	for _, step := range []func(context.Context) error{b.fill, b.act, b.list, b.burst} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	b.pace.Seconds, b.pace.RSS, b.pace.Machine = time.Since(began).Seconds(), residentMB(), thisMachine()
	return printJSON(b.pace)
}

type deskBench struct {
	*benchDeskCmd
	ledger *ledger.Ledger
	engine *alerting.Engine
	rules  *huiying.Rules
	units  []huiying.Unit
	open   []huiying.CaseID
	pace   deskPace
}

func newDeskBench(ctx context.Context, dir string, c *benchDeskCmd) (*deskBench, error) {
	files, err := county.Embedded("141122")
	if err != nil {
		return nil, err
	}
	data, err := county.Load(files)
	if err != nil {
		return nil, err
	}
	b := &deskBench{benchDeskCmd: c, rules: &data.Rules, units: data.Units}
	b.pace.Cases, b.pace.Lists = c.Cases+c.Burst, make(map[string]float64)
	if b.ledger, err = (&Config{Data: dir, Ledger: c.Ledger}).openLedger(ctx); err != nil {
		return nil, err
	}
	for _, u := range b.units {
		for _, role := range []huiying.Role{huiying.Liaison, huiying.Handler, huiying.Head} {
			p := b.person(role, u.ID)
			if err := b.ledger.SaveUser(ctx, huiying.User{Person: p, PasswordHash: "x"}); err != nil {
				return nil, err
			}
		}
	}
	b.engine, err = alerting.New(ctx, alerting.Config{
		Region: "141122", Ledger: b.ledger, Rules: b.rules, Units: huiying.NewDirectory(b.units),
		Live: func(context.Context, huiying.Live) error { return nil }, Log: slog.New(slog.DiscardHandler),
	})
	return b, err
}

func (b *deskBench) person(role huiying.Role, unit huiying.UnitID) huiying.Person {
	return huiying.Person{User: huiying.UserID(string(unit) + "-" + string(role)), Name: role.Label(), Role: role, Unit: unit, Region: "141122"}
}

// made is a case as people would have left it: sent out at sent, closed unless
// it stays open, with as many timeline rows as asked for.
func (b *deskBench) made(n int, level huiying.Level, sent time.Time, stays bool) (huiying.CaseWrite, error) {
	unit := b.units[n%len(b.units)].ID
	leader, liaison := b.person(huiying.Leader, ""), b.person(huiying.Liaison, unit)
	c, out, err := huiying.Open(huiying.Case{
		ID: huiying.CaseID(fmt.Sprintf("c%08d", n)), Region: "141122", Queue: huiying.Online, Level: level, Category: "城乡建设",
		Title: fmt.Sprintf("群众反映瓦窑小区暖气不热 %d", n), Summary: "物业说锅炉检修，群众反映多次，至今没有解决，老人和孩子受冻。",
		EventAt: sent, FirstSeenAt: sent, Evidence: []huiying.Evidence{{
			Post: huiying.PostID(fmt.Sprintf("p%08d", n)), Source: "卦山论坛", Channel: huiying.ChannelForum, Headline: "暖气不热",
			Excerpt: "瓦窑小区暖气不热，物业说锅炉检修，群众反映多次，至今没有解决，请有关部门尽快处理。", PublishedAt: sent,
		}},
	}, huiying.TheSystem("141122"), b.rules, sent)
	if err != nil {
		return huiying.CaseWrite{}, err
	}
	entries := out.Entries
	do := func(cmd huiying.Command) {
		if err != nil {
			return
		}
		if c, out, err = c.Do(cmd, b.rules, sent); err == nil {
			entries = append(entries, out.Entries...)
		}
	}
	do(huiying.Command{Action: huiying.ActAssign, By: leader, Lead: unit})
	next, ticked, _ := c.Tick(b.rules, sent)
	c, entries = next, append(entries, ticked.Entries...)
	if !stays {
		do(huiying.Command{Action: huiying.ActAcknowledge, By: liaison})
		do(huiying.Command{Action: huiying.ActRespond, By: leader, Response: &huiying.Response{Text: "已恢复供暖", Forms: []huiying.ResponseForm{huiying.FormRelease}, Publicity: huiying.Public}})
		do(huiying.Command{Action: huiying.ActClose, By: leader, Reason: "已恢复供暖"})
	}
	for len(entries) < b.Entries && err == nil {
		do(huiying.Command{Action: huiying.ActComment, By: leader, Reason: "已电话联系，正在抢修"})
	}
	c.Version, c.Rev = 1, 1
	w := huiying.CaseWrite{Case: c, Change: huiying.Change{Entries: entries}}
	w.Change.NextAt, w.Change.HasNext = c.NextAt(b.rules)
	for _, e := range entries {
		w.Change.Audit = append(w.Change.Audit, huiying.Audit{At: e.At, Region: c.Region, Who: e.By.User, Role: e.By.Role, Action: "case." + string(e.Action), Object: string(c.ID)})
	}
	b.pace.Timeline += len(entries)
	for _, k := range c.Clocks {
		if k.Running() {
			b.pace.Open++
		}
	}
	return w, err
}

// atOnce is how many cases are written in one transaction while filling.
const atOnce = 200

func (b *deskBench) fill(ctx context.Context) error {
	bar := newMeter("建单")
	defer bar.done()
	now := time.Now()
	var batch []huiying.CaseWrite
	for n := range b.Cases {
		stays := n%3 == 0
		sent := now.Add(-time.Duration(n%(365*24)) * time.Hour)
		if stays {
			sent = now.Add(-time.Duration(n%40) * time.Second)
		}
		w, err := b.made(n, huiying.Blue, sent, stays)
		if err != nil {
			return err
		}
		if stays {
			b.open = append(b.open, w.Case.ID)
		}
		if batch = append(batch, w); len(batch) == atOnce || n == b.Cases-1 {
			if _, err := b.ledger.SaveCases(ctx, batch); err != nil {
				return err
			}
			bar.show(n+1, b.Cases)
			batch = batch[:0]
		}
	}
	return nil
}

func (b *deskBench) act(ctx context.Context) error {
	var took []time.Duration
	r := rand.New(rand.NewPCG(1, 1))
	for range b.Actions {
		id := b.open[r.IntN(len(b.open))]
		c, err := b.ledger.Case(ctx, id)
		if err != nil {
			return err
		}
		liaison := b.person(huiying.Liaison, c.Lead())
		cmd := huiying.Command{Action: huiying.ActAcknowledge, By: liaison, Version: c.Version}
		switch c.State {
		case huiying.StateAcknowledged:
			cmd = huiying.Command{Action: huiying.ActHandle, By: liaison, Version: c.Version, Text: "已到现场"}
		case huiying.StateHandling:
			cmd = huiying.Command{Action: huiying.ActComment, By: liaison, Version: c.Version, Reason: "正在抢修"}
		}
		began := time.Now()
		if _, err := b.engine.Desk().Do(ctx, id, cmd); err != nil {
			return fmt.Errorf("%s on %s: %w", cmd.Action, c.Number, err)
		}
		took = append(took, time.Since(began))
	}
	b.pace.N, b.pace.ActionP50, b.pace.ActionP99 = len(took), percentile(took, 50), percentile(took, 99)
	return nil
}

func (b *deskBench) list(ctx context.Context) error {
	now, yes := time.Now(), true
	for name, q := range map[string]huiying.CaseQuery{
		"latest":       {},
		"open_by_due":  {Open: &yes, ByDue: true},
		"open_of_unit": {Open: &yes, Unit: b.units[10].ID},
		"overdue":      {Overdue: true, ByDue: true},
		"by_state":     {States: []huiying.CaseState{huiying.StateAssigned}},
		"by_title":     {Text: "不热 77"},
	} {
		q.Region, q.Now = "141122", now
		var took []time.Duration
		for range 100 {
			began := time.Now()
			page, err := b.ledger.Cases(ctx, q)
			if err != nil {
				return err
			}
			took = append(took, time.Since(began))
			if q.Cursor = page.Next; page.Next == "" { // the next page, so that not one answer is measured
				q.Cursor = ""
			}
		}
		b.pace.Lists[name] = percentile(took, 99)
		b.pace.ListP99 = max(b.pace.ListP99, b.pace.Lists[name])
	}
	return nil
}

// burst lets the clock-keeper run while a thousand acknowledgements fall due
// within one minute, and looks for the escalation of each.
func (b *deskBench) burst(ctx context.Context) error {
	if b.Burst == 0 {
		return nil
	}
	due := make(map[huiying.CaseID]time.Time)
	now := time.Now()
	var batch []huiying.CaseWrite
	for i := range b.Burst {
		at := now.Add(10*time.Second + time.Duration(i)*time.Minute/time.Duration(b.Burst))
		w, err := b.made(b.Cases+i, huiying.Red, at.Add(-10*time.Minute), true)
		if err != nil {
			return err
		}
		k, _ := w.Case.Clock(huiying.ClockAcknowledge, w.Case.Lead())
		due[w.Case.ID] = k.Due
		batch = append(batch, w)
	}
	for part := range slices.Chunk(batch, atOnce) {
		if _, err := b.ledger.SaveCases(ctx, part); err != nil {
			return err
		}
	}
	bar := newMeter("催办")
	defer bar.done()
	ctx, stop := context.WithCancel(ctx)
	var keeper sync.WaitGroup
	keeper.Go(func() { _ = b.engine.Run(ctx) }) // it ends with ctx only
	for second := range 75 {
		time.Sleep(time.Second)
		bar.show(second+1, 75)
	}
	stop()
	keeper.Wait()
	before := 0 // steps of a policy that come before the deadline
	for _, s := range b.rules.Escalation.At(huiying.Red) {
		if s.At > 0 && s.At < 1 {
			before++
		}
	}
	var late []time.Duration
	for id, at := range due {
		steps, err := b.ledger.Timeline(context.WithoutCancel(ctx), id)
		if err != nil {
			return err
		}
		steps = slices.DeleteFunc(steps, func(e huiying.Entry) bool { return e.Action != huiying.ActEscalate })
		if len(steps) <= before {
			b.pace.Lost++
			continue
		}
		late = append(late, steps[before].At.Sub(at))
	}
	b.pace.Burst, b.pace.LateP99, b.pace.LateMost = len(due), percentile(late, 99), percentile(late, 100)
	return nil
}

// percentile is the nearest rank, in ms.
func percentile(took []time.Duration, p int) float64 {
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return float64(took[max(0, (len(took)*p+99)/100-1)].Microseconds()) / 1000
}
