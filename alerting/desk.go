package alerting

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"huiying"
)

// caseLedger is what the desk keeps: cases and the accounts it tells.
type caseLedger interface {
	Event(ctx context.Context, id huiying.EventID) (huiying.Event, error)
	EventPosts(ctx context.Context, id huiying.EventID, limit int) ([]huiying.EventPost, error)
	OpenCase(ctx context.Context, c huiying.Case, ch huiying.Change) (huiying.Case, error)
	Case(ctx context.Context, id huiying.CaseID) (huiying.Case, error)
	SaveCase(ctx context.Context, c huiying.Case, prevRev int, ch huiying.Change) error
	SaveCases(ctx context.Context, writes []huiying.CaseWrite) ([]huiying.Case, error)
	DueCases(ctx context.Context, now time.Time, limit int) ([]huiying.CaseID, error)
	NextDue(ctx context.Context) (time.Time, bool, error)
	Reschedule(ctx context.Context, region huiying.Region, next func(huiying.Case) (at time.Time, ok bool)) error
	Meta(ctx context.Context, key string) (string, error)
	SetMeta(ctx context.Context, key, value string) error
	Users(ctx context.Context, region huiying.Region) ([]huiying.User, error)
}

// Desk keeps cases. Every change is: load, a pure function of case, command and
// time, save with its timeline, notifications and audit in one transaction, tell
// the open screens.
type Desk struct {
	region    huiying.Region
	ledger    caseLedger
	archive   Archive
	book      atomic.Pointer[huiying.Rules]
	directory atomic.Pointer[huiying.Directory]
	speed     huiying.Speed
	mailing   *mailing
	live      Live
	log       *slog.Logger
	wake      chan struct{} // a deadline may have come nearer
	notify    chan struct{} // a notification may wait
	changed   chan struct{} // there are other rules
}

func newDesk(cfg Config) *Desk {
	d := &Desk{
		region: cfg.Region, ledger: cfg.Ledger, archive: cfg.Archive, speed: cfg.Speed,
		mailing: &mailing{ledger: cfg.Ledger, channels: cfg.Channels, duty: cfg.Duty}, live: cfg.Live, log: cfg.Log,
		wake: make(chan struct{}, 1), notify: make(chan struct{}, 1), changed: make(chan struct{}, 1),
	}
	d.book.Store(cfg.Rules)
	d.directory.Store(cfg.Units)
	d.mailing.units = d.units
	d.mailing.night = func() huiying.Span { return d.rules().Night }
	return d
}

// rules are those in force now; one change of a case asks once.
func (d *Desk) rules() *huiying.Rules { return d.book.Load() }

// units are those there are now.
func (d *Desk) units() *huiying.Directory { return d.directory.Load() }

// Wake looks at the clocks and at what is to be sent: another process may have
// changed a case.
func (d *Desk) Wake() {
	d.signal(d.wake)
	d.signal(d.notify)
}

// Notified is signalled after a change that may have left notifications to send.
func (d *Desk) Notified() <-chan struct{} { return d.notify }

// retries is how often the desk begins again when the case moved on between its
// load and its save, before it gives up.
const retries = 8

// Do applies a person's command to a case and returns the case as it is then. A
// stale version, a wrong state or a missing field is a [huiying.Error]; the case
// stays as it was.
func (d *Desk) Do(ctx context.Context, id huiying.CaseID, cmd huiying.Command) (huiying.Case, error) {
	now := d.speed.Now()
	if err := d.checkUnits(cmd, now); err != nil {
		return huiying.Case{}, err
	}
	switch {
	case cmd.Action == huiying.ActSubmit:
		var err error
		if cmd.Head, err = d.mailing.head(ctx, cmd.By.Region, cmd.By.Unit); err != nil {
			return huiying.Case{}, err
		}
	case cmd.Action == huiying.ActTransfer:
		if cmd.Unit = ""; cmd.To == "police" && d.units().Check(huiying.PoliceUnit, now) == nil {
			cmd.Unit = huiying.PoliceUnit
		}
	case cmd.Action == huiying.ActMerge && cmd.Into != "" && cmd.Into != id:
		return d.merge(ctx, id, cmd)
	case cmd.Action == huiying.ActSplit && cmd.Split != nil:
		return d.split(ctx, id, cmd)
	}
	return d.change(ctx, id, cmd.Action, cmd.By.Unit, func(c huiying.Case, now time.Time) (huiying.Case, huiying.Outcome, error) {
		next, out, err := c.Do(cmd, d.rules(), now)
		if err != nil || len(out.Entries) == 0 {
			return next, out, err
		}
		return d.andTick(next, out, now)
	})
}

// checkUnits refuses units that do not exist now, by the field that names them.
func (d *Desk) checkUnits(cmd huiying.Command, now time.Time) error {
	named := map[string][]huiying.UnitID{"lead": {cmd.Lead}, "helpers": cmd.Helpers}
	for _, field := range []string{"lead", "helpers"} {
		for _, u := range named[field] {
			if u == "" {
				continue
			}
			var e *huiying.Error
			if err := d.units().Check(u, now); errors.As(err, &e) {
				return huiying.Invalid(field, "%s", e.Message)
			}
		}
	}
	return nil
}

// andTick lets what is due at once (the first notice to a unit just assigned)
// happen in the same transaction.
func (d *Desk) andTick(c huiying.Case, out huiying.Outcome, now time.Time) (huiying.Case, huiying.Outcome, error) {
	rev := c.Rev
	next, more, _ := c.Tick(d.rules(), now)
	next.Rev = rev
	out.Entries = append(out.Entries, more.Entries...)
	out.Notices = append(out.Notices, more.Notices...)
	return next, out, nil
}

// change runs f on the case and saves what it returns; when somebody else saved
// in between, it loads again and repeats. unit is the one that acts, if one does.
func (d *Desk) change(ctx context.Context, id huiying.CaseID, action huiying.Action, unit huiying.UnitID,
	f func(huiying.Case, time.Time) (huiying.Case, huiying.Outcome, error),
) (huiying.Case, error) {
	for try := 0; ; try++ {
		before, err := d.ledger.Case(ctx, id)
		if err != nil {
			return huiying.Case{}, err
		}
		now := d.speed.Now()
		next, out, err := f(before, now)
		if err != nil || len(out.Entries) == 0 {
			return before, err
		}
		ch, err := d.changeOf(ctx, next, out, now)
		if err != nil {
			return before, err
		}
		err = d.ledger.SaveCase(ctx, next, before.Rev, ch)
		if errors.Is(err, huiying.ErrStale) && try < retries {
			continue
		}
		if err != nil {
			return before, fmt.Errorf("save case %s: %w", next.Number, err)
		}
		d.noted(ctx, next, out.Entries)
		d.told(ctx, liveCase(before, next, action, unit, now))
		return next, nil
	}
}

func (d *Desk) changeOf(ctx context.Context, c huiying.Case, out huiying.Outcome, now time.Time) (huiying.Change, error) {
	letters, err := d.mailing.write(ctx, c, out.Notices, now)
	if err != nil {
		return huiying.Change{}, err
	}
	ch := huiying.Change{Entries: out.Entries, Notify: letters, Silence: out.Silence, Word: d.rules().NumberWord}
	ch.NextAt, ch.HasNext = c.NextAt(d.rules())
	for _, e := range out.Entries {
		detail := strings.TrimSpace(e.Reason + " " + e.Detail)
		ch.Audit = append(ch.Audit, huiying.Audit{
			At: now, Region: c.Region, Who: e.By.User, Role: e.By.Role,
			Action: "case." + string(e.Action), Object: string(c.ID), Detail: detail,
		})
	}
	return ch, nil
}

// noted logs what was written to a timeline, a line each.
func (d *Desk) noted(ctx context.Context, c huiying.Case, entries []huiying.Entry) {
	for _, e := range entries {
		d.log.InfoContext(ctx, "case", "case", c.ID, "number", c.Number, "action", e.Action, "state", c.State, "rev", c.Rev, "user", e.By.User, "unit", e.Unit)
	}
}

// told wakes those who wait and tells the open screens.
func (d *Desk) told(ctx context.Context, m huiying.Live) {
	d.Wake()
	if err := d.live(ctx, m); err != nil {
		d.log.Warn("live message lost", "type", m.Type, "err", err)
	}
}

func (d *Desk) signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default: // one is waiting already
	}
}

// Open registers a case by hand: from the hotline, a letter, the media, or from
// an event a person thinks worth it.
func (d *Desk) Open(ctx context.Context, by huiying.Person, m huiying.ManualCase) (huiying.Case, error) {
	now := d.speed.Now()
	if by.Role != huiying.Monitor && by.Role != huiying.Analyst && by.Role != huiying.Leader {
		return huiying.Case{}, huiying.Errorf(huiying.CodeForbidden, "登记交办单由监测员、研判员或值班领导办理")
	}
	if m.Region == "" {
		m.Region = d.region
	}
	if !by.Region.Covers(m.Region) {
		return huiying.Case{}, huiying.Errorf(huiying.CodeForbidden, "%s 不在您的管辖范围", m.Region)
	}
	if err := m.Check(now); err != nil {
		return huiying.Case{}, err
	}
	if err := d.checkUnits(huiying.Command{Lead: m.Lead}, now); err != nil {
		return huiying.Case{}, err
	}
	posts, err := d.eventPosts(ctx, m.Region, m.Event)
	if err != nil {
		return huiying.Case{}, err
	}
	found := make(map[string]int)
	draft := huiying.Case{
		ID: manualCaseID(by, m), Region: m.Region, Queue: m.Queue, Title: huiying.Redact(huiying.CleanText(m.Title), found),
		Summary: huiying.Redact(huiying.CleanText(m.Summary), found), Category: m.Category, Level: m.Level,
		Event: m.Event, EventAt: m.EventAt, FirstSeenAt: now, RoutingNote: "人工登记", Emergency: m.Emergency, Drill: m.Drill, Evidence: huiying.EvidenceOf(posts),
		Reasons: []huiying.Reason{{Rule: "人工登记", Text: by.Role.Label() + by.Name + "初定"}},
	}
	if m.Lead != "" {
		draft.Routing = []huiying.Candidate{{Unit: m.Lead, P: 1, Why: "登记人建议"}}
	}
	if m.Key == "" {
		return d.open(ctx, draft, by, nil)
	}
	if c, err := d.openedBefore(ctx, draft); !errors.Is(err, huiying.ErrNotFound) {
		return c, err
	}
	c, err := d.open(ctx, draft, by, nil)
	if errors.Is(err, huiying.ErrConflict) { // somebody was faster; with the same key?
		if before, lookErr := d.openedBefore(ctx, draft); !errors.Is(lookErr, huiying.ErrNotFound) {
			return before, lookErr
		}
	}
	return c, err
}

// openedBefore is the case that was opened with the key of draft. That it cannot be
// read does not say that it was not opened.
func (d *Desk) openedBefore(ctx context.Context, draft huiying.Case) (huiying.Case, error) {
	c, err := d.ledger.Case(ctx, draft.ID)
	if err != nil && !errors.Is(err, huiying.ErrNotFound) {
		return c, &huiying.Error{Code: huiying.CodeBusy, Message: "读不出台账，不能确定这一件是否已经登记过，请稍后用同一个 Idempotency-Key 再试", Cause: err}
	}
	if err == nil && (c.Title != strings.TrimSpace(draft.Title) || c.Event != draft.Event) {
		return huiying.Case{}, huiying.Errorf(huiying.CodeConflict, "这个 Idempotency-Key 已用来登记 %s，请换一个", c.Number)
	}
	return c, err
}

// openEvent makes the case of an event, and sends it at once when the rule says so.
func (d *Desk) openEvent(ctx context.Context, e huiying.Event, posts []huiying.Assessed, rule huiying.OpenRule, route Routing) (huiying.Case, error) {
	earlier, err := d.members(ctx, e.ID)
	if err != nil { // a case is not kept waiting for what the archive holds anyway
		d.log.Warn("a case freezes only the posts that raised it", "event", e.ID, "err", err)
	}
	draft := CaseOf(e, append(earlier, posts...))
	draft.RoutingNote = route.Note
	by := huiying.TheSystem(e.Region)
	var send *huiying.Command
	if rule.Do == doAssign && route.Clear {
		send = &huiying.Command{Action: huiying.ActAssign, By: by, Lead: route.Lead, Helpers: route.Helpers, Reason: "按规则“" + rule.Name + "”先交办，待值班领导补签"}
	}
	return d.open(ctx, draft, by, send)
}

func (d *Desk) open(ctx context.Context, draft huiying.Case, by huiying.Person, send *huiying.Command) (huiying.Case, error) {
	now := d.speed.Now()
	c, out, err := huiying.Open(draft, by, d.rules(), now)
	if err != nil {
		return huiying.Case{}, err
	}
	if send != nil {
		next, more, err := c.Do(*send, d.rules(), now)
		if err != nil {
			return huiying.Case{}, err
		}
		c = next
		out.Entries = append(out.Entries, more.Entries...)
		out.Notices = more.Notices // it is judged already: nobody is asked to
	}
	if c, out, err = d.andTick(c, out, now); err != nil {
		return huiying.Case{}, err
	}
	c.Version, c.Rev = 1, 1
	ch, err := d.changeOf(ctx, c, out, now)
	if err != nil {
		return huiying.Case{}, err
	}
	c, err = d.ledger.OpenCase(ctx, c, ch)
	if err != nil {
		return huiying.Case{}, err
	}
	d.noted(ctx, c, out.Entries)
	d.told(ctx, liveCase(huiying.Case{}, c, huiying.ActOpen, "", now))
	return c, nil
}

// follow keeps an open case in step with its event.
func (d *Desk) follow(ctx context.Context, e huiying.Event) error {
	if e.Level < huiying.Yellow && e.Curve != huiying.CurveRebound {
		return nil
	}
	id, err := d.standing(ctx, e.Case)
	if err != nil {
		return fmt.Errorf("follow event %s: %w", e.ID, err)
	}
	_, err = d.change(ctx, id, huiying.ActComment, "", func(c huiying.Case, now time.Time) (huiying.Case, huiying.Outcome, error) {
		if e.Curve == huiying.CurveRebound && e.LastAt.After(c.RespondedAt) {
			if next, out, ok := c.Rebound(now); ok {
				return next, out, nil
			}
		}
		next, out, _ := c.Suggest(e.Level, e.Reasons, now)
		return next, out, nil
	})
	if err != nil {
		return fmt.Errorf("follow event %s: %w", e.ID, err)
	}
	return nil
}

// standing is the case that stands for one: the one it was merged into, if it was.
func (d *Desk) standing(ctx context.Context, id huiying.CaseID) (huiying.CaseID, error) {
	for {
		c, err := d.ledger.Case(ctx, id)
		if err != nil || c.MergedInto == "" {
			return id, err
		}
		id = c.MergedInto
	}
}

// eventCaseID makes opening the case of one event twice give one case.
func eventCaseID(e huiying.EventID) huiying.CaseID {
	sum := sha256.Sum256([]byte("case of " + e))
	return huiying.CaseID("c" + hex.EncodeToString(sum[:8]))
}

// manualCaseID makes registering a case twice with one key give one case.
func manualCaseID(by huiying.Person, m huiying.ManualCase) huiying.CaseID {
	if m.Key == "" {
		return newCaseID()
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "case of %q by %q in %q", m.Key, by.User, m.Region))
	return huiying.CaseID("c" + hex.EncodeToString(sum[:8]))
}

func newCaseID() huiying.CaseID {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return huiying.CaseID("c" + hex.EncodeToString(b[:]))
}
