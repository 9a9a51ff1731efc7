package huiying

import (
	"slices"
	"time"
)

// start and stop keep the clocks; stop also voids when the deadline no longer applies.
func (c *Case) start(r *Rules, kind ClockKind, unit UnitID, at time.Time, why string) {
	if k, ok := r.clock(kind, c, at, why); ok {
		k.Unit = unit
		c.Clocks = append(c.Clocks, k)
	}
}

func (c *Case) stop(kind ClockKind, unit UnitID, at time.Time, void bool) {
	for i := range c.Clocks {
		k := &c.Clocks[i]
		if k.Kind == kind && (unit == "*" || k.Unit == unit) && k.Open() {
			k.StoppedAt, k.Void = at, void
		}
	}
}

func (c *Case) stopAll(at time.Time) {
	for i := range c.Clocks {
		if k := &c.Clocks[i]; k.Open() {
			k.StoppedAt, k.Void = at, true
		}
	}
}

// publicStart is when the public clocks begin: the earlier of the event and its
// detection. The texts do not define the start; the page shows which counts.
func (c Case) publicStart() (time.Time, string) {
	if !c.EventAt.IsZero() && c.EventAt.Before(c.FirstSeenAt) {
		return c.EventAt, "自首发时间起算"
	}
	return c.FirstSeenAt, "自首次发现起算"
}

// NextAt is the next instant at which [Case.Tick] has something to do; ok is
// false when there is none. Stores index it, so that no clock is ever scanned.
func (c Case) NextAt(r *Rules) (at time.Time, ok bool) {
	take := func(t time.Time) {
		if !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	for _, k := range c.Clocks {
		if k.Running() && k.OverdueAt.IsZero() {
			take(k.Due)
		}
	}
	for _, u := range c.Units {
		if _, t, due := c.nextStep(u, r); due {
			take(t)
		}
		if _, t, due := c.nextQuiet(u, r); due {
			take(t)
		}
		if c.mayReturn(u) {
			take(u.ReturnBy)
		}
	}
	return at, ok
}

// nextStep is the escalation step a unit's silence leads to next, and when.
func (c Case) nextStep(u CaseUnit, r *Rules) (EscalationStep, time.Time, bool) {
	steps := r.Escalation.At(c.Level)
	if !u.AckedAt.IsZero() || u.Step >= len(steps) || c.State.Ended() {
		return EscalationStep{}, time.Time{}, false
	}
	k, ok := c.Clock(ClockAcknowledge, u.Unit)
	if !ok || !k.Running() {
		return EscalationStep{}, time.Time{}, false
	}
	s := steps[u.Step]
	if s.At == 0 { // news is told at once, at any hour
		return s, k.Start, true
	}
	return s, r.Calendar.Add(k.Start, time.Duration(s.At*float64(k.Limit)), k.Hours), true
}

// nextQuiet is the step that follows when a unit acknowledged, still owes
// something and does nothing, and when.
func (c Case) nextQuiet(u CaseUnit, r *Rules) (EscalationStep, time.Time, bool) {
	limit := r.Quiet.Limits.At(c.Level)
	if limit == 0 || u.AckedAt.IsZero() || u.QuietStep >= len(r.Quiet.Steps) || !c.owes(u) {
		return EscalationStep{}, time.Time{}, false
	}
	since := u.ActiveAt
	if since.IsZero() {
		since = u.AckedAt
	}
	s := r.Quiet.Steps[u.QuietStep]
	return s, r.Calendar.Add(since, time.Duration(s.At*float64(limit)), r.Quiet.Hours.At(c.Level)), true
}

// owes reports whether the case waits for the unit: for a lead's form, for a
// helper's first feedback. What is paused is not owed.
func (c Case) owes(u CaseUnit) bool {
	if k, ok := c.Clock(ClockFeedback, u.Unit); ok && k.Open() && !k.Running() {
		return false
	}
	if u.Lead {
		return slices.Contains(inWork, c.State)
	}
	return u.FeedbackAt.IsZero() && slices.Contains(withUnit, c.State) && c.State != StateResponded
}

// mayReturn reports whether the unit may still say that the case is not its own.
func (c Case) mayReturn(u CaseUnit) bool {
	return !u.ReturnBy.IsZero() && u.AcceptedAt.IsZero() && slices.Contains(withUnit, c.State)
}

// Tick does what time alone brings: deadlines that lapsed are put on record and
// silence is escalated, step by step. It is idempotent; changed is false when
// there was nothing to do. A lapse found late (after a restart) is recorded once,
// with how late.
func (c Case) Tick(r *Rules, now time.Time) (next Case, out Outcome, changed bool) {
	next = c.clone()
	system := TheSystem(c.Region)
	for i := range next.Clocks {
		k := &next.Clocks[i]
		if !k.Running() || !k.OverdueAt.IsZero() || k.Due.After(now) {
			continue
		}
		k.OverdueAt, changed = now, true
		detail := k.Kind.Label() + "超时，时限 " + SpanText(time.Duration(k.Limit))
		if late := now.Sub(k.Due); late > lateNoted {
			detail += "，记录时已超 " + SpanText(late)
		}
		out.Entries = append(out.Entries, Entry{At: now, Action: ActOverdue, By: system, Unit: k.Unit, Clock: k.Kind, Detail: detail})
		if k.Kind != ClockAcknowledge { // silence has its own escalation
			out.Notices = append(out.Notices, next.overdueNotices(*k)...)
		}
	}
	for i := range next.Units {
		u := &next.Units[i]
		for {
			step, at, due := next.nextStep(*u, r)
			if !due || at.After(now) {
				break
			}
			k, _ := next.Clock(ClockAcknowledge, u.Unit)
			u.Step++
			changed = true
			action, kind := ActEscalate, NoticeEscalate
			if step.At == 0 { // the first word to the unit is news, no reminder
				action, kind = ActNotify, NoticeAssigned
			}
			out.Entries = append(out.Entries, Entry{At: now, Action: action, By: system, Unit: u.Unit, Detail: step.Label})
			out.Notices = append(out.Notices, Notice{Kind: kind, Unit: u.Unit, To: step.To, Channels: step.Channels, Text: step.Label, Due: k.Due})
		}
		for {
			step, at, due := next.nextQuiet(*u, r)
			if !due || at.After(now) {
				break
			}
			u.QuietStep++
			changed = true
			out.Entries = append(out.Entries, Entry{At: now, Action: ActQuiet, By: system, Unit: u.Unit, Detail: step.Label})
			k, _ := next.Clock(ClockFeedback, u.Unit)
			out.Notices = append(out.Notices, Notice{Kind: NoticeEscalate, Unit: u.Unit, To: step.To, Channels: step.Channels, Text: step.Label, Due: k.Due})
		}
		if next.mayReturn(*u) && !u.ReturnBy.After(now) {
			u.AcceptedAt, changed = u.ReturnBy, true
			out.Entries = append(out.Entries, Entry{At: now, Action: ActAccept, By: system, Unit: u.Unit, Detail: "退单期限已过，视为接受"})
		}
	}
	if changed {
		next.Rev++
		next.stamp(&out, c)
	}
	return next, out, changed
}

func (c Case) overdueNotices(k Clock) []Notice {
	n := Notice{Kind: NoticeOverdue, Unit: k.Unit, Text: k.Kind.Label() + "超时", Due: k.Due}
	to := func(who string) Notice { n.To = who; return n }
	if k.Kind == ClockJudge {
		return []Notice{to(string(Analyst)), to(string(Leader))}
	}
	if n.Unit == "" {
		n.Unit = c.Lead()
	}
	if n.Unit == "" {
		return []Notice{to(string(Leader)), to(string(Supervisor))}
	}
	return []Notice{to("liaison"), to("head"), to(string(Supervisor))}
}
