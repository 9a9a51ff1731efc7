package huiying

import (
	"cmp"
	"time"
)

// changeLevel moves the level and computes the open clocks anew from their own
// starts: a graver level may mean that a deadline has already passed.
func (c *Case) changeLevel(to Level, r *Rules, now time.Time, out *Outcome) (string, error) {
	if to == NoLevel || !to.valid() {
		return "", Invalid("level", "请选择等级")
	}
	if to == c.Level {
		return "", Errorf(CodeConflict, "已经是%s", to.Label())
	}
	from := c.Level
	c.Level = to
	c.Reasons = append(c.Reasons, Reason{Rule: "人工调整", Text: from.Label() + " → " + to.Label()})
	c.recount(r, now)
	c.startEmergency(r)
	for i := range c.Units {
		c.Units[i].Step, c.Units[i].QuietStep = 0, 0
		out.Notices = append(out.Notices, Notice{Kind: NoticeChanged, Unit: c.Units[i].Unit, To: "liaison", Text: "等级调整为" + to.Label()})
	}
	return from.Label() + " → " + to.Label(), nil
}

// recount computes the open clocks anew from their own starts, by the level and
// queue the case has now; one that no longer applies ends.
func (c *Case) recount(r *Rules, now time.Time) {
	for i := range c.Clocks {
		k := &c.Clocks[i]
		if !k.Open() || k.Agreed {
			continue
		}
		n, ok := r.clock(k.Kind, c, k.Start, k.StartWhy)
		if !ok {
			k.StoppedAt, k.Void = now, true
			continue
		}
		*k = n.after(*k, r)
	}
}

// after is a clock computed anew that goes on where the old one stands: whose it
// is, what was excused, whether it is paused. A lapse that is on record and still
// one is not put there again.
func (k Clock) after(old Clock, r *Rules) Clock {
	k.Unit, k.Excused, k.Extended, k.PausedAt, k.PauseWhy = old.Unit, old.Excused, old.Extended, old.PausedAt, old.PauseWhy
	k.Due = r.Calendar.Add(k.Start, time.Duration(k.Limit+k.Excused), k.Hours)
	if !k.Due.After(old.OverdueAt) {
		k.OverdueAt = old.OverdueAt
	}
	return k
}

// picked is the clock a command means: open, of its kind and, if named, its unit.
func (c *Case) picked(cmd Command, is func(Clock) bool) *Clock {
	for i := range c.Clocks {
		if k := &c.Clocks[i]; k.Kind == cmd.Clock && k.Open() && (cmd.Unit == "" || k.Unit == cmd.Unit) && is(*k) {
			return k
		}
	}
	return nil
}

// tooLongAgo reports whether t is so far before the case was opened that the
// year must be a slip of the pen.
func tooLongAgo(t, opened time.Time) bool { return t.Before(opened.AddDate(-1, 0, 0)) }

// restart corrects when a clock began.
func (c *Case) restart(cmd Command, r *Rules, now time.Time, out *Outcome) (string, error) {
	switch {
	case cmd.Until.IsZero() || cmd.Until.After(now):
		return "", Invalid("until", "起算时间不能晚于现在")
	case tooLongAgo(cmd.Until, c.OpenedAt):
		return "", Invalid("until", "起算时间 %s 比登记早一年以上，请核对年份", cmd.Until.In(Beijing).Format(time.DateOnly))
	}
	if k := c.picked(cmd, Clock.Running); k != nil {
		if k.Agreed {
			return "", Errorf(CodeConflict, "这是派单时约定的协办时限，不按起算时间计，请用延期")
		}
		if n, ok := r.clock(k.Kind, c, cmd.Until, "督办员更正："+cmd.Reason); ok {
			*k = n.after(*k, r)
			return c.moved(*k, "改自 "+cmd.Until.In(Beijing).Format("01-02 15:04")+" 起算", out), nil
		}
	}
	return "", Invalid("clock", "没有正在计时的%s时限", cmd.Clock.Label())
}

// pause stops the count of a clock whose rule allows it, until resumed.
func (c *Case) pause(cmd Command, r *Rules, now time.Time, out *Outcome) (string, error) {
	k := c.picked(cmd, Clock.Running)
	if k == nil {
		return "", Invalid("clock", "没有正在计时的%s时限", cmd.Clock.Label())
	}
	rule := r.clockRule(k.Kind)
	switch {
	case !rule.Pause:
		return "", Errorf(CodeConflict, "%s时限不能暂停（%s）", k.Kind.Label(), rule.Rule)
	case !k.Due.After(now):
		return "", Errorf(CodeConflict, "%s时限已过，不能再暂停", k.Kind.Label())
	}
	k.PausedAt, k.PauseWhy = now, cmd.Reason
	return c.moved(*k, "时限暂停，尚余 "+SpanText(r.Calendar.Between(now, k.Due, k.Hours)), out), nil
}

// resume lets a paused clock go on: what it stood still is excused.
func (c *Case) resume(cmd Command, r *Rules, now time.Time, out *Outcome) (string, error) {
	k := c.picked(cmd, func(k Clock) bool { return !k.Running() })
	if k == nil {
		return "", Invalid("clock", "没有暂停的%s时限", cmd.Clock.Label())
	}
	left := r.Calendar.Between(k.PausedAt, k.Due, k.Hours)
	k.Excused += Duration(r.Calendar.Between(k.PausedAt, now, k.Hours))
	k.Due, k.PausedAt, k.PauseWhy = r.Calendar.Add(now, left, k.Hours), time.Time{}, ""
	if u := c.unit(k.Unit); u != nil {
		u.ActiveAt, u.QuietStep = now, 0
	}
	return c.moved(*k, "时限恢复，至 "+k.Due.In(Beijing).Format("01-02 15:04"), out), nil
}

// moved says what became of a deadline, to the timeline and to the unit that has
// to keep it.
func (c *Case) moved(k Clock, what string, out *Outcome) string {
	what = k.Kind.Label() + what
	if unit := cmp.Or(k.Unit, c.Lead()); unit != "" {
		out.tell(unit, what)
	}
	return what
}
