package huiying

import (
	"slices"
	"strings"
	"time"
)

// Command is one action a person asks for, with what it needs.
type Command struct {
	Action  Action
	By      Person
	Version int    // the version the person saw; 0 skips the check (the system)
	Reason  string // required where the table says so

	Lead     UnitID    // assign, reassign
	Helpers  []UnitID  // assign, add-unit
	Level    Level     // change-level
	Clock    ClockKind // extend, restart-clock
	Until    time.Time // extend: the new deadline; restart-clock: the new start
	To       string    // transfer: online, offline or police
	Into     CaseID    // merge
	Feedback *Feedback // submit
	Response *Response // respond
	Text     string    // handle: the first feedback
}

// Do applies a command: a pure function of the case, the command, the rules and
// the time. On error the case is unchanged. Acknowledging twice is no error: the
// first one counts and nothing changes ([Outcome] is empty then).
func (c Case) Do(cmd Command, r *Rules, now time.Time) (Case, Outcome, error) {
	t, ok := TransitionOf(cmd.Action)
	if !ok {
		return c, Outcome{}, Invalid("action", "没有 %q 这个操作", cmd.Action)
	}
	if err := c.permits(t, cmd.By); err != nil {
		return c, Outcome{}, err
	}
	if cmd.Action == ActAcknowledge && !c.unit(cmd.By.Unit).AckedAt.IsZero() {
		return c, Outcome{}, nil
	}
	if cmd.Version != 0 && cmd.Version != c.Version {
		return c, Outcome{}, Errorf(CodeStale, "交办单已被他人更新（您看到的是第 %d 版，现为第 %d 版），请核对后再操作", cmd.Version, c.Version)
	}
	cmd.Reason = strings.TrimSpace(cmd.Reason)
	if t.Reason && cmd.Reason == "" {
		return c, Outcome{}, Invalid("reason", "%s须填写理由", t.Label)
	}
	next := c.clone()
	if t.To != "" {
		next.State = t.To
	}
	var out Outcome
	entry := Entry{At: now, Action: cmd.Action, By: cmd.By, Unit: cmd.By.Unit, Reason: cmd.Reason}
	detail, err := next.apply(cmd, r, now, c, &out)
	if err != nil {
		return c, Outcome{}, err
	}
	if next.State.Ended() {
		next.stopAll(now)
		for _, u := range next.Units {
			out.Silence = append(out.Silence, u.Unit)
		}
	}
	entry.Detail = detail
	out.Entries = append([]Entry{entry}, out.Entries...)
	next.Version++
	next.Rev++
	next.stamp(&out, c)
	return next, out, nil
}

// apply does the part of a command that is its own. c already has the new
// state; before is the case as it was.
func (c *Case) apply(cmd Command, r *Rules, now time.Time, before Case, out *Outcome) (detail string, err error) {
	switch cmd.Action {
	case ActAssign:
		c.SignedBy = cmd.By.Name
		return c.assign(cmd.Lead, cmd.Helpers, r, now)
	case ActReassign:
		from := before.Lead()
		out.Silence = append(out.Silence, from)
		c.release(from, now)
		c.SignedBy = cmd.By.Name
		return c.assign(cmd.Lead, cmd.Helpers, r, now)
	case ActReopen:
		c.reopen(r, now)
	case ActMerge:
		if cmd.Into == "" || cmd.Into == c.ID {
			return "", Invalid("into", "请选择并入哪一件交办单")
		}
		c.MergedInto = cmd.Into
	case ActAcknowledge:
		return c.acknowledge(cmd.By, now, before, out), nil
	case ActReturn:
		return c.giveBack(cmd.By, r, now, out)
	case ActAddUnit:
		return c.addHelpers(cmd.Helpers, r, now)
	case ActHandle:
		return c.handle(cmd, now, before)
	case ActSubmit:
		return c.submit(cmd, now, out)
	case ActApprove:
		c.ApprovedAt, c.ApprovedBy = now, cmd.By.Name
	case ActSendBack:
		c.ApprovedAt, c.ApprovedBy = time.Time{}, ""
		out.Notices = append(out.Notices, Notice{Kind: NoticeChanged, Unit: c.Lead(), To: "liaison", Text: "反馈单被退回补充"})
	case ActRespond:
		return c.respond(cmd, now)
	case ActClose:
		c.ClosedAt = now
	case ActChangeLevel:
		return c.changeLevel(cmd.Level, r, now, out)
	case ActExtend:
		return c.extend(cmd)
	case ActRestart:
		return c.restart(cmd, r, now)
	case ActTransfer:
		return c.transfer(cmd.To, out)
	case ActUrge:
		for _, u := range c.Units {
			out.Notices = append(out.Notices, Notice{Kind: NoticeUrge, Unit: u.Unit, To: "liaison", Text: "督办：" + cmd.Reason}, Notice{Kind: NoticeUrge, Unit: u.Unit, To: "head", Text: "督办：" + cmd.Reason})
		}
	case ActVerify, ActDismiss, ActWatch, ActArchive, ActComment:
	}
	if cmd.Action == ActDismiss || cmd.Action == ActWatch || cmd.Action == ActMerge {
		c.judged(now)
	}
	return detail, nil
}

func (c *Case) judged(now time.Time) {
	if c.JudgedAt.IsZero() {
		c.JudgedAt = now
	}
	c.stop(ClockJudge, "", now, false)
}

// assign sends the case to a lead and helpers and starts their clocks.
func (c *Case) assign(lead UnitID, helpers []UnitID, r *Rules, now time.Time) (string, error) {
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
	for _, h := range helpers {
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
	return "", nil
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
		*u = CaseUnit{Unit: id, Lead: lead, AssignedAt: now}
		c.stop(ClockAcknowledge, id, now, true)
		c.stop(ClockFeedback, id, now, true)
	} else {
		c.Units = append(c.Units, CaseUnit{Unit: id, Lead: lead, AssignedAt: now})
	}
	c.start(r, ClockAcknowledge, id, now, "自交办起算")
	c.start(r, ClockFeedback, id, now, "自交办起算")
}

// release takes a unit out of the case; its clocks no longer apply.
func (c *Case) release(id UnitID, now time.Time) {
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

func (c *Case) giveBack(by Person, r *Rules, now time.Time, out *Outcome) (string, error) {
	u := c.unit(by.Unit)
	if limit := r.Calendar.Add(u.AssignedAt, time.Duration(r.ReturnIn), r.ReturnHrs); r.ReturnIn > 0 && now.After(limit) {
		return "", Errorf(CodeConflict, "退单须在交办后 %s 内提出，已于 %s 截止，视为接受", SpanText(time.Duration(r.ReturnIn)), limit.In(Beijing).Format("01-02 15:04"))
	}
	out.Silence = append(out.Silence, by.Unit)
	c.release(by.Unit, now)
	for _, u := range slices.Clone(c.Units) { // helpers wait for the new order too
		c.release(u.Unit, now)
		out.Silence = append(out.Silence, u.Unit)
	}
	c.AssignedAt = time.Time{}
	c.start(r, ClockJudge, "", now, "自退单起算")
	due, _ := c.Clock(ClockJudge, "")
	for _, to := range []Role{Analyst, Leader} {
		out.Notices = append(out.Notices, Notice{Kind: NoticeChanged, To: string(to), Text: "单位退单，请重新研判派单", Due: due.Due})
	}
	return "", nil
}

func (c *Case) addHelpers(ids []UnitID, r *Rules, now time.Time) (string, error) {
	if len(ids) == 0 {
		return "", Invalid("helpers", "请选择协办单位")
	}
	for _, id := range ids {
		if c.HasUnit(id) {
			return "", Invalid("helpers", "该单位已在本单中")
		}
		c.join(id, false, r, now)
	}
	return "", nil
}

// handle records the first substantive feedback; a helper gives its own.
func (c *Case) handle(cmd Command, now time.Time, before Case) (string, error) {
	text := strings.TrimSpace(cmd.Text)
	if text == "" {
		return "", Invalid("text", "请写明初步核实情况和处置打算")
	}
	u := c.unit(cmd.By.Unit)
	if u.AckedAt.IsZero() {
		return "", Errorf(CodeConflict, "请先签收")
	}
	c.fedBack(u, now)
	if !u.Lead {
		c.State = before.State
	}
	return text, nil
}

func (c *Case) fedBack(u *CaseUnit, now time.Time) {
	if u.FeedbackAt.IsZero() {
		u.FeedbackAt = now
	}
	c.stop(ClockFeedback, u.Unit, now, false)
}

func (c *Case) submit(cmd Command, now time.Time, out *Outcome) (string, error) {
	if cmd.Feedback == nil {
		return "", Invalid("feedback", "请填写处置反馈单")
	}
	f := *cmd.Feedback
	if err := f.Check(); err != nil {
		return "", err
	}
	f.Unit, f.At, f.By = cmd.By.Unit, now, cmd.By.User
	c.Feedback = append(c.Feedback, f)
	c.fedBack(c.unit(cmd.By.Unit), now)
	c.ApprovedAt, c.ApprovedBy = time.Time{}, ""
	for _, to := range []Role{Analyst, Leader} {
		out.Notices = append(out.Notices, Notice{Kind: NoticeReview, To: string(to), Text: "处置反馈单待审核"})
	}
	return "核实结论：" + f.Finding.Label() + "；" + f.Publicity.Label(), nil
}

func (c *Case) respond(cmd Command, now time.Time) (string, error) {
	if cmd.Response == nil {
		return "", Invalid("response", "请填写回应内容")
	}
	resp := *cmd.Response
	if err := resp.Check(); err != nil {
		return "", err
	}
	resp.At, resp.By = now, cmd.By.User
	c.Responses = append(c.Responses, resp)
	if c.RespondedAt.IsZero() {
		c.RespondedAt = now
	}
	c.stop(ClockRespond, "", now, false)
	names := make([]string, len(resp.Forms))
	for i, f := range resp.Forms {
		names[i] = f.Label()
		switch f {
		case FormRelease:
			c.stop(ClockAuthoritative, "", now, false)
		case FormPress:
			c.stop(ClockAuthoritative, "", now, false)
			c.stop(ClockPress, "", now, false)
		}
	}
	return strings.Join(names, "、") + "；" + resp.Publicity.Label(), nil
}

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
	for i := range c.Clocks {
		k := &c.Clocks[i]
		if !k.Open() {
			continue
		}
		n, ok := r.clock(k.Kind, to, c.Emergency, k.Start, k.StartWhy)
		if !ok {
			k.StoppedAt, k.Void = now, true
			continue
		}
		n.Unit = k.Unit
		*k = n
	}
	at, why := c.publicStart()
	for _, kind := range []ClockKind{ClockAuthoritative, ClockPress} {
		if _, had := c.Clock(kind, ""); !had {
			c.start(r, kind, "", at, why)
		}
	}
	for i := range c.Units {
		c.Units[i].Step = 0
		out.Notices = append(out.Notices, Notice{Kind: NoticeChanged, Unit: c.Units[i].Unit, To: "liaison", Text: "等级调整为" + to.Label()})
	}
	return from.Label() + " → " + to.Label(), nil
}

func (c *Case) extend(cmd Command) (string, error) {
	for i := range c.Clocks {
		k := &c.Clocks[i]
		if k.Kind != cmd.Clock || !k.Open() {
			continue
		}
		if !cmd.Until.After(k.Due) {
			return "", Invalid("until", "新的时限须晚于原时限 %s", k.Due.In(Beijing).Format("01-02 15:04"))
		}
		old := k.Due
		k.Due, k.OverdueAt = cmd.Until, time.Time{}
		return k.Kind.Label() + "时限由 " + old.In(Beijing).Format("01-02 15:04") + " 延至 " + cmd.Until.In(Beijing).Format("01-02 15:04"), nil
	}
	return "", Invalid("clock", "没有正在计时的%s时限", cmd.Clock.Label())
}

func (c *Case) restart(cmd Command, r *Rules, now time.Time) (string, error) {
	if cmd.Until.IsZero() || cmd.Until.After(now) {
		return "", Invalid("until", "起算时间不能晚于现在")
	}
	for i := range c.Clocks {
		k := &c.Clocks[i]
		if k.Kind != cmd.Clock || !k.Open() {
			continue
		}
		n, ok := r.clock(k.Kind, c.Level, c.Emergency, cmd.Until, "督办员更正："+cmd.Reason)
		if !ok {
			break
		}
		n.Unit = k.Unit
		*k = n
		return k.Kind.Label() + "改自 " + cmd.Until.In(Beijing).Format("01-02 15:04") + " 起算", nil
	}
	return "", Invalid("clock", "没有正在计时的%s时限", cmd.Clock.Label())
}

func (c *Case) transfer(to string, out *Outcome) (string, error) {
	switch {
	case to == "police":
		c.Police = true
		return "移交公安机关", nil
	case to != string(Online) && to != string(Offline):
		return "", Invalid("to", "只能移送网信办（online）、新闻中心（offline）或公安（police）")
	case Queue(to) == c.Queue:
		return "", Errorf(CodeConflict, "本单已在%s队列", c.Queue.Label())
	}
	c.Queue = Queue(to)
	out.Notices = append(out.Notices, Notice{Kind: NoticeChanged, To: string(Analyst), Text: "转入" + c.Queue.Label() + "队列"})
	if c.Queue == Offline {
		return "转县新闻中心（社会舆情）", nil
	}
	return "转县网信办（网络舆情）", nil
}

// reopen starts the case's work again for the units it had (rebound).
func (c *Case) reopen(r *Rules, now time.Time) {
	c.ClosedAt, c.ApprovedAt, c.ApprovedBy = time.Time{}, time.Time{}, ""
	if len(c.Units) == 0 {
		c.State = StateTriage
		c.start(r, ClockJudge, "", now, "自重开起算")
		return
	}
	for i := range c.Units {
		c.Units[i] = CaseUnit{Unit: c.Units[i].Unit, Lead: c.Units[i].Lead, AssignedAt: now}
		c.start(r, ClockAcknowledge, c.Units[i].Unit, now, "自重开起算")
		c.start(r, ClockFeedback, c.Units[i].Unit, now, "自重开起算")
	}
	c.start(r, ClockRespond, "", now, "自重开起算")
}
