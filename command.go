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

	Lead     UnitID    // assign, reassign; return: who should have it instead, if known
	Helpers  []UnitID  // assign, add-unit
	Level    Level     // change-level
	Clock    ClockKind // extend, ask-extension, refuse-extension, restart-clock, pause-clock, resume-clock
	Unit     UnitID    // extend, restart-clock, pause-clock, resume-clock: whose clock, "" for whichever runs; refuse-extension: who asked; transfer to the police: their unit, if they are to have a part
	Until    time.Time // extend: the new deadline, zero for what a unit asked; restart-clock: the new start; assign, add-unit: the helpers' own deadline
	Longer   Duration  // ask-extension: by how much
	To       string    // transfer: online, offline or police; rumor: a [RumorState]; emergency: emergency or ordinary
	Into     CaseID    // merge
	Grounds  string    // send-back: one of [SendBackGrounds]
	Feedback *Feedback // submit
	Head     string    // submit: who must sign the form before it leaves the unit, "" when the unit has no 责任人
	Response *Response // draft; respond: a field left empty is taken from the draft
	Consult  *Consultation
	Split    *Part
	Reach    *Reach
	Attach   *Attachment // attach: kept already
	Text     string      // handle: the first feedback
}

// SendBackGrounds are the standard reasons to send a feedback form back (惯例).
var SendBackGrounds = []string{"真实性核查不通过", "重复提交", "要素不健全", "跨管辖范围", "涉密违规"}

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
	var out Outcome
	if u := next.unit(cmd.By.Unit); u != nil && cmd.By.Role.OfUnit() {
		if u.QuietStep > 0 { // what still waits to remind it is void
			out.Silence = append(out.Silence, u.Unit)
		}
		u.ActiveAt, u.QuietStep = now, 0
	}
	if t.To != "" {
		next.State = t.To
	}
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
	next.forgetExtensions(now)
	if !slices.Contains(inWork, next.State) { // handed in, or another matter now
		next.Form = nil
	}
	entry.Detail = detail
	switch cmd.Action {
	case ActAssign, ActReassign, ActAddUnit, ActTransfer:
		if cmd.Action == ActTransfer && len(next.Units) == len(c.Units) {
			break // nobody new has a part
		}
		for _, u := range next.Units {
			entry.Units = append(entry.Units, u.Unit)
		}
	case ActExtend, ActRefuse, ActPause, ActResume, ActRestart:
		entry.Clock, entry.Unit = cmd.Clock, cmd.Unit
	case ActAsk:
		entry.Clock = cmd.Clock
	case ActRumor:
		entry.Rumor = next.Rumor
	}
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
		return c.assign(cmd, r, now)
	case ActReassign:
		from := before.Lead()
		if cmd.Lead == from {
			return "", Invalid("lead", "本单已由该单位主办，改派请选别的单位")
		}
		c.release(from, now, out)
		out.tell(from, "已改派其他单位，贵单位不再承办")
		for _, u := range c.Units { // those who help go on, under another lead
			if u.Unit != cmd.Lead {
				out.tell(u.Unit, "主办单位已改派")
			}
		}
		c.SignedBy = cmd.By.Name
		return c.assign(cmd, r, now)
	case ActReopen:
		c.reopen(r, now)
	case ActMerge:
		if cmd.Into == "" || cmd.Into == c.ID {
			return "", Invalid("into", "请选择并入哪一件交办单")
		}
		c.MergedInto = cmd.Into
		c.tellUnits(out, "已并入另一件交办单，不再单独办理")
	case ActAcknowledge:
		return c.acknowledge(cmd.By, now, before, out), nil
	case ActReturn:
		return c.giveBack(cmd, r, now, before, out)
	case ActAddUnit:
		return c.addHelpers(cmd, r, now)
	case ActHandle:
		return c.handle(cmd, now, before)
	case ActSubmit:
		return c.submit(cmd, r, now, before, out)
	case ActSign:
		return c.sign(cmd, r, now, out)
	case ActDecline:
		return c.decline(cmd, out)
	case ActApprove:
		c.ApprovedAt, c.ApprovedBy = now, cmd.By.Name
	case ActSendBack:
		if cmd.Grounds != "" && !slices.Contains(SendBackGrounds, cmd.Grounds) {
			return "", Invalid("grounds", "退回原因应为%s之一，收到 %q", strings.Join(SendBackGrounds, "、"), cmd.Grounds)
		}
		c.ApprovedAt, c.ApprovedBy = time.Time{}, ""
		if u := c.unit(c.Lead()); u != nil { // it is the unit's turn again
			u.ActiveAt, u.QuietStep = now, 0
			u.SentBack++
		}
		detail = cmd.Grounds
		out.Notices = append(out.Notices, Notice{Kind: NoticeChanged, Unit: c.Lead(), To: "liaison", Text: "反馈单被退回补充"})
	case ActRespond:
		return c.respond(cmd, now, out)
	case ActClose:
		c.ClosedAt = now
		c.stop(ClockSettle, "", now, false)
		c.tellUnits(out, "已办结")
	case ActChangeLevel:
		return c.changeLevel(cmd.Level, r, now, out)
	case ActExtend:
		return c.extend(cmd, r, now, out)
	case ActAsk:
		return c.askExtension(ExtensionWish{Clock: cmd.Clock, Longer: cmd.Longer, Reason: cmd.Reason}, cmd.By, r, now, out)
	case ActRefuse:
		return c.refuseExtension(cmd, now, out)
	case ActRestart:
		return c.restart(cmd, r, now, out)
	case ActPause:
		return c.pause(cmd, r, now, out)
	case ActResume:
		return c.resume(cmd, r, now, out)
	case ActDraft:
		return c.draft(cmd, now)
	case ActConsult:
		return c.consult(cmd, now)
	case ActRumor:
		return c.settleRumor(cmd)
	case ActEmergency:
		return c.settleEmergency(cmd, r, now, out)
	case ActSplit:
		return c.checkPart(cmd.Split)
	case ActReach:
		return c.reach(cmd, now)
	case ActAttach:
		return c.attach(cmd, now)
	case ActTransfer:
		return c.transfer(cmd, r, now, out)
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

// handle records the first substantive feedback; a helper gives its own.
func (c *Case) handle(cmd Command, now time.Time, before Case) (string, error) {
	text := strings.TrimSpace(cmd.Text)
	if text == "" {
		return "", Invalid("text", "请写明初步核实情况和处置打算")
	}
	u := c.unit(cmd.By.Unit)
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

// signed reports whether the wording that stands there was signed (审签).
func (c Case) signed() bool { return !c.ApprovedAt.IsZero() && c.Draft != nil }

func (c *Case) respond(cmd Command, now time.Time, out *Outcome) (string, error) {
	var resp Response
	if cmd.Response != nil {
		resp = *cmd.Response
	} else if c.Draft == nil {
		return "", Invalid("response", "请填写回应内容")
	}
	resp = resp.orDraft(c.Draft)
	resp.Reach = nil // known only once it is out
	if err := resp.Check(); err != nil {
		return "", err
	}
	if c.signed() && strings.TrimSpace(resp.Text) != strings.TrimSpace(c.Draft.Text) {
		return "", Invalid("response.text", "与审签的拟稿不一致：请照拟稿发布，或修改拟稿后重新审签")
	}
	resp.At, resp.By, resp.ApprovedBy, resp.ApprovedAt = now, cmd.By.User, c.ApprovedBy, c.ApprovedAt
	c.Responses, c.Draft, c.ReboundAt = append(c.Responses, resp), nil, time.Time{}
	c.ApprovedAt, c.ApprovedBy = time.Time{}, "" // what is published next is signed anew
	c.tellUnits(out, "已发布回应")
	if c.RespondedAt.IsZero() {
		c.RespondedAt = now
	}
	c.stop(ClockRespond, "", now, false)
	names := make([]string, len(resp.Forms))
	for i, f := range resp.Forms {
		names[i] = f.Label()
	}
	c.published(resp)
	return strings.Join(names, "、") + "；" + resp.Publicity.Label(), nil
}

func (c *Case) transfer(cmd Command, r *Rules, now time.Time, out *Outcome) (string, error) {
	to := cmd.To
	switch {
	case to == "police" && c.Police:
		return "", Errorf(CodeConflict, "本单已移交公安机关")
	case to == "police":
		c.Police = true
		if cmd.Unit != "" && slices.Contains(withUnit, c.State) && !c.HasUnit(cmd.Unit) {
			c.join(cmd.Unit, false, r, now) // so that they must acknowledge
		}
		return "移交公安机关", nil
	case to != string(Online) && to != string(Offline):
		return "", Invalid("to", "只能移送网信办（online）、新闻中心（offline）或公安（police）")
	case Queue(to) == c.Queue:
		return "", Errorf(CodeConflict, "本单已在%s队列", c.Queue.Label())
	}
	c.Queue = Queue(to)
	c.recount(r, now)
	if k, had := c.Clock(ClockSettle, ""); (!had || !k.Open()) && !c.AssignedAt.IsZero() { // the hotline's clock runs in one queue only
		at, why := now, "自移送起算"
		if had {
			at, why = k.Start, k.StartWhy
		}
		c.start(r, ClockSettle, "", at, why)
	}
	out.Notices = append(out.Notices, Notice{Kind: NoticeChanged, To: string(Analyst), Text: "转入" + c.Queue.Label() + "队列"})
	if c.Queue == Offline {
		return "转县新闻中心（社会舆情）", nil
	}
	return "转县网信办（网络舆情）", nil
}

// reopen starts the case's work again for the units it had (rebound).
func (c *Case) reopen(r *Rules, now time.Time) {
	c.ClosedAt, c.ApprovedAt, c.ApprovedBy, c.ReboundAt = time.Time{}, time.Time{}, "", time.Time{}
	for _, kind := range []ClockKind{ClockAcknowledge, ClockFeedback, ClockRespond, ClockSettle} { // begun anew below
		c.stop(kind, "*", now, true)
	}
	if len(c.Units) == 0 {
		c.State = StateTriage
		c.start(r, ClockJudge, "", now, "自重开起算")
		return
	}
	for i := range c.Units {
		before := c.Units[i]
		c.Units[i] = r.part(before.Unit, before.Lead, now)
		if c.Units[i].SentBack = before.SentBack; before.Lead {
			c.Units[i].Reopened = before.Reopened + 1
		}
		c.start(r, ClockAcknowledge, c.Units[i].Unit, now, "自重开起算")
		c.start(r, ClockFeedback, c.Units[i].Unit, now, "自重开起算")
	}
	c.start(r, ClockRespond, "", now, "自重开起算")
	c.start(r, ClockSettle, "", now, "自重开起算")
}
