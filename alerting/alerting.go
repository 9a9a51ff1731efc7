// Package alerting turns assessed posts into answered cases: the [Tracker]
// gathers posts into events, the [Judge] proposes a level and whether a case is
// called for, the [Router] names the responsible units, the [Desk] keeps cases
// and their clocks, and package notify carries the news to people.
//
// It is not the place where texts are understood (analyzer) or shown
// (dashboard). Start reading at [Engine.Handle]: one batch of posts from
// arrival to case.
package alerting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"huiying"
)

// Ledger is what alerting keeps: events and cases.
type Ledger interface {
	Placed(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID]huiying.EventID, error)
	ActiveEvents(ctx context.Context, region huiying.Region, since time.Time) ([]huiying.Event, error)
	SaveEvents(ctx context.Context, events []huiying.Event, members []huiying.EventPost) error
	caseLedger
}

// Live publishes a message to open screens; losing one costs a refresh.
type Live func(ctx context.Context, m huiying.Live) error

// Engine is the way from an assessed post to a case.
type Engine struct {
	region  huiying.Region
	ledger  Ledger
	tracker *Tracker
	court   atomic.Pointer[Court]
	desk    *Desk
	now     func() time.Time
	// baseline is this county's 30-day median of posts an hour; nil when unknown.
	baseline func(ctx context.Context) float64
	live     Live
	log      *slog.Logger
	ahead    bool // the tracker holds what the ledger does not; one consumer owns both
}

// Config is what an engine is made of. Baseline may be nil, and so may Archive: a
// case then freezes the posts that raised it and none from before.
type Config struct {
	Region   huiying.Region
	Ledger   Ledger
	Archive  Archive
	Rules    *huiying.Rules
	Units    *huiying.Directory
	Speed    huiying.Speed
	Channels []string // the notification channels that are set up; inapp always is
	Duty     Duty     // who is told first; nil: all who hold the role
	Baseline func(ctx context.Context) float64
	Live     Live
	Log      *slog.Logger
}

// New makes an engine and loads the events that are still alive. A rule that
// does not compile is an error that names it.
func New(ctx context.Context, cfg Config) (*Engine, error) {
	e := &Engine{
		region: cfg.Region, ledger: cfg.Ledger, tracker: NewTracker(), now: cfg.Speed.Now,
		baseline: cfg.Baseline, live: cfg.Live, log: cfg.Log,
	}
	e.desk = newDesk(cfg)
	if err := e.Use(cfg.Rules, cfg.Units); err != nil {
		return nil, err
	}
	return e, e.reload(ctx)
}

// Use puts other rules and units in force: for the next batch, the next action
// and, at once, for when open cases are due. Rules that do not compile change
// nothing.
func (e *Engine) Use(rules *huiying.Rules, units *huiying.Directory) error {
	court, err := NewCourt(rules, units)
	if err != nil {
		return err
	}
	e.court.Store(court)
	e.desk.directory.Store(units)
	e.desk.book.Store(rules)
	e.desk.signal(e.desk.changed)
	return nil
}

// Desk is where people's actions go.
func (e *Engine) Desk() *Desk { return e.desk }

// Run keeps the clocks until ctx ends.
func (e *Engine) Run(ctx context.Context) error { return e.desk.run(ctx) }

// Resume makes an engine that stood by go on from what the ledger holds.
func (e *Engine) Resume(ctx context.Context) error { return e.reload(ctx) }

func (e *Engine) reload(ctx context.Context) error {
	events, err := e.ledger.ActiveEvents(ctx, e.region, e.now().Add(-activeFor))
	if err != nil {
		return fmt.Errorf("load active events: %w", err)
	}
	e.tracker.Load(events)
	e.ahead = false
	return nil
}

// Handle takes one batch of assessed posts: each joins or begins an event, the
// changed events, those of edited posts among them, are judged and saved in one
// transaction, and those that call for it become cases. Handling a batch again changes nothing, so an error means
// "deliver again". It is not safe for concurrent use, as the tracker is not.
func (e *Engine) Handle(ctx context.Context, batch []huiying.Assessed) error {
	batch, edits := editsOf(batch) // an event counts posts, not how often one was edited
	ids := make([]huiying.PostID, 0, len(batch)+len(edits))
	for _, a := range edits {
		ids = append(ids, a.Post.ID)
	}
	for _, a := range batch {
		if ids = append(ids, a.Post.ID); a.Post.Parent != "" {
			ids = append(ids, a.Post.Parent)
		}
	}
	if e.ahead {
		if err := e.reload(ctx); err != nil {
			return err
		}
	}
	placed, err := e.ledger.Placed(ctx, ids)
	if err != nil {
		return fmt.Errorf("look up placed posts: %w", err)
	}
	changed := make(map[huiying.EventID]*huiying.Event)
	var members []huiying.EventPost
	for _, a := range batch {
		if _, done := placed[a.Post.ID]; done {
			continue
		}
		ev, duplicate := e.tracker.Answer(placed[a.Post.Parent], a), false
		if ev == nil {
			ev, duplicate = e.tracker.Place(a)
		}
		placed[a.Post.ID] = ev.ID
		changed[ev.ID] = ev
		members = append(members, huiying.EventPost{Event: ev.ID, Post: a.Post.ID, Duplicate: duplicate})
	}
	edits, err = e.reread(ctx, edits, placed, changed)
	if err == nil {
		err = e.judgeAndSave(ctx, changed, members)
	}
	if err != nil {
		e.ahead = true // the next batch begins from the ledger: it may be out of reach now
		return err
	}
	return e.openCases(ctx, placed, append(batch, edits...))
}

func (e *Engine) judgeAndSave(ctx context.Context, changed map[huiying.EventID]*huiying.Event, members []huiying.EventPost) error {
	if len(changed) == 0 {
		return nil
	}
	now, base, judge := e.now(), 0.0, e.court.Load().judge
	if e.baseline != nil {
		base = e.baseline(ctx)
	}
	events := make([]huiying.Event, 0, len(changed))
	for _, id := range slices.Sorted(maps.Keys(changed)) {
		ev := changed[id]
		ev.UpdatedAt = now
		judge.Judge(ev, base, now)
		events = append(events, *ev)
	}
	if err := e.ledger.SaveEvents(ctx, events, members); err != nil {
		return fmt.Errorf("save %d events: %w", len(events), err)
	}
	for _, ev := range events {
		e.publish(ctx, liveEvent(ev))
	}
	return nil
}

// openCases decides for every event of the batch, also those placed by an
// earlier delivery that was cut off before it came this far.
func (e *Engine) openCases(ctx context.Context, placed map[huiying.PostID]huiying.EventID, batch []huiying.Assessed) error {
	evidence := make(map[huiying.EventID][]huiying.Assessed)
	var order []huiying.EventID
	for _, a := range batch {
		id := placed[a.Post.ID]
		if evidence[id] == nil {
			order = append(order, id)
		}
		evidence[id] = append(evidence[id], a)
	}
	for _, id := range order {
		ev := e.tracker.Event(id)
		if ev == nil { // faded from memory: the ledger still knows it
			stored, err := e.ledger.Event(ctx, id)
			if err != nil {
				return fmt.Errorf("event %s: %w", id, err)
			}
			ev = &stored
		}
		if err := e.decide(ctx, ev, evidence[id]); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) decide(ctx context.Context, ev *huiying.Event, posts []huiying.Assessed) error {
	if ev.Case != "" {
		return e.desk.follow(ctx, *ev)
	}
	court := e.court.Load()
	route := court.router.Route(*ev, e.now())
	decision := court.judge.Decide(*ev, route, e.now())
	if decision.Do == doIgnore {
		return nil
	}
	c, err := e.desk.openEvent(ctx, *ev, posts, decision, route)
	if errors.Is(err, huiying.ErrConflict) { // opened by an earlier delivery, or by hand
		stored, lerr := e.ledger.Event(ctx, ev.ID)
		if lerr != nil {
			return fmt.Errorf("event %s: %w", ev.ID, lerr)
		}
		ev.Case = stored.Case
		if ev.Case == "" {
			return nil
		}
		return e.desk.follow(ctx, *ev)
	}
	if err != nil {
		return fmt.Errorf("open case of event %s: %w", ev.ID, err)
	}
	ev.Case = c.ID
	e.log.InfoContext(ctx, "case opened", "case", c.ID, "number", c.Number, "level", c.Level.String(), "state", c.State, "rule", decision.Name)
	return nil
}

func (e *Engine) publish(ctx context.Context, m huiying.Live) {
	if err := e.live(ctx, m); err != nil {
		e.log.Warn("live message lost", "type", m.Type, "err", err)
	}
}
