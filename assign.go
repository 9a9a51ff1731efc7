package huiying

import (
	"slices"
	"time"
)

// assign sends the case to a lead and helpers and starts their clocks.
func (c *Case) assign(cmd Command, r *Rules, now time.Time) (string, error) {
	lead := cmd.Lead
	if lead == "" {
		return "", Invalid("lead", "请选择主办单位")
	}
	c.judged(now)
	c.AssignedAt = now
	for i := range c.Units {
		c.Units[i].Lead = false
	}
	if u := c.unit(lead); u != nil {
		u.Lead = true
	}
	c.join(lead, true, r, now)
	if k, ok := c.Clock(ClockSettle, ""); !ok || !k.Open() {
		c.start(r, ClockSettle, "", now, "自交办起算")
	}
	for _, h := range cmd.Helpers {
		c.join(h, false, r, now)
	}
	slices.SortStableFunc(c.Units, func(a, b CaseUnit) int {
		switch {
		case a.Lead == b.Lead:
			return 0
		case a.Lead:
			return -1
		}
		return 1
	})
	return c.agree(cmd, now)
}

// join adds a unit that is not in the case yet, or whose part begins anew
// because it now leads.
func (c *Case) join(id UnitID, lead bool, r *Rules, now time.Time) {
	if id == "" {
		return
	}
	if u := c.unit(id); u != nil {
		if !lead || c.State != StateAssigned {
			return
		}
		*u = r.part(id, lead, now)
		c.stop(ClockAcknowledge, id, now, true)
		c.stop(ClockFeedback, id, now, true)
	} else {
		c.Units = append(c.Units, r.part(id, lead, now))
	}
	c.start(r, ClockAcknowledge, id, now, "自交办起算")
	c.start(r, ClockFeedback, id, now, "自交办起算")
}

// part is a unit's part in a case as it begins.
func (r *Rules) part(id UnitID, lead bool, now time.Time) CaseUnit {
	u := CaseUnit{Unit: id, Lead: lead, AssignedAt: now}
	if r.ReturnIn > 0 {
		u.ReturnBy = r.Calendar.Add(now, time.Duration(r.ReturnIn), r.ReturnHrs)
	}
	return u
}

// agree gives the helpers of a command their own deadline for feedback, if it
// names one.
func (c *Case) agree(cmd Command, now time.Time) (string, error) {
	if cmd.Until.IsZero() || len(cmd.Helpers) == 0 {
		return "", nil
	}
	if !cmd.Until.After(now) {
		return "", Invalid("until", "协办时限须晚于现在")
	}
	if k, ok := c.Clock(ClockRespond, ""); ok && k.Open() && cmd.Until.After(k.Due) {
		return "", Invalid("until", "协办时限不得晚于回应时限 %s", k.Due.In(Beijing).Format("01-02 15:04"))
	}
	for i := range c.Clocks {
		if k := &c.Clocks[i]; k.Kind == ClockFeedback && k.Open() && k.Unit != c.Lead() && slices.Contains(cmd.Helpers, k.Unit) {
			k.Due, k.Limit, k.Hours, k.Agreed, k.Rule = cmd.Until, Duration(cmd.Until.Sub(k.Start)), PlainHours, true, "派单时另定的协办时限"
		}
	}
	return "协办时限 " + cmd.Until.In(Beijing).Format("01-02 15:04"), nil
}

// release takes a unit out of the case; its clocks and reminders no longer apply.
func (c *Case) release(id UnitID, now time.Time, out *Outcome) {
	out.Silence = append(out.Silence, id)
	c.stop(ClockAcknowledge, id, now, true)
	c.stop(ClockFeedback, id, now, true)
	c.Units = slices.DeleteFunc(c.Units, func(u CaseUnit) bool { return u.Unit == id })
}

func (c *Case) acknowledge(by Person, now time.Time, before Case, out *Outcome) string {
	u := c.unit(by.Unit)
	u.AckedAt, u.AckedBy = now, by.Name
	c.stop(ClockAcknowledge, u.Unit, now, false)
	out.Silence = append(out.Silence, u.Unit)
	if !u.Lead || before.State != StateAssigned {
		c.State = before.State // only the lead's acknowledgement moves the case
	}
	return "用时 " + SpanText(now.Sub(u.AssignedAt))
}

// giveBack takes the case from all its units (退单) and asks for a new judgement;
// a helper only leaves, the case goes on without it.
func (c *Case) giveBack(cmd Command, r *Rules, now time.Time, before Case, out *Outcome) (string, error) {
	u := c.unit(cmd.By.Unit)
	if !u.ReturnBy.IsZero() && now.After(u.ReturnBy) {
		return "", Errorf(CodeConflict, "退单须在交办后 %s 内提出，已于 %s 截止，视为接受", SpanText(time.Duration(r.ReturnIn)), u.ReturnBy.In(Beijing).Format("01-02 15:04"))
	}
	if cmd.Lead == u.Unit {
		return "", Invalid("lead", "建议承办单位不能是退单单位自己")
	}
	c.Refusals = append(c.Refusals, Refusal{Unit: u.Unit, By: cmd.By.Name, At: now, Reason: cmd.Reason, Instead: cmd.Lead})
	if !u.Lead {
		c.State = before.State
		c.release(u.Unit, now, out)
		for _, to := range []Role{Analyst, Leader} {
			out.Notices = append(out.Notices, Notice{Kind: NoticeChanged, To: string(to), Text: "协办单位退单，请看是否另派"})
		}
		return "退出协办", nil
	}
	for _, u := range slices.Clone(c.Units) { // helpers wait for the new order too
		c.release(u.Unit, now, out)
		if !u.Lead {
			out.tell(u.Unit, "主办单位退单，本单将重新派单，贵单位暂不办理")
		}
	}
	c.AssignedAt = time.Time{}
	c.stop(ClockSettle, "", now, true)
	c.start(r, ClockJudge, "", now, "自退单起算")
	due, _ := c.Clock(ClockJudge, "")
	for _, to := range []Role{Analyst, Leader} {
		out.Notices = append(out.Notices, Notice{Kind: NoticeChanged, To: string(to), Text: "单位退单，请重新研判派单", Due: due.Due})
	}
	return "", nil
}

func (c *Case) addHelpers(cmd Command, r *Rules, now time.Time) (string, error) {
	if len(cmd.Helpers) == 0 || slices.Contains(cmd.Helpers, "") {
		return "", Invalid("helpers", "请选择协办单位")
	}
	for i, id := range cmd.Helpers {
		switch {
		case slices.Contains(cmd.Helpers[:i], id):
			return "", Invalid("helpers", "协办单位 %s 选了两次", id)
		case c.HasUnit(id):
			return "", Invalid("helpers", "单位 %s 已在本单中", id)
		}
		c.join(id, false, r, now)
	}
	return c.agree(cmd, now)
}
