package huiying

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// ExtensionWish is what a unit asks for in a 延期申请: that one of its deadlines
// be put off.
type ExtensionWish struct {
	Clock  ClockKind `json:"clock"`
	Longer Duration  `json:"longer"` // counted as the clock counts
	Reason string    `json:"reason"`
}

// ExtensionRequest is a 延期申请 and what became of it. Asking moves no clock; only
// the answer does.
type ExtensionRequest struct {
	ExtensionWish
	Unit       UnitID          `json:"unit"` // who asks
	By         string          `json:"by"`
	At         time.Time       `json:"at"`
	Due        time.Time       `json:"due"` // the deadline it asks to put off
	Answer     ExtensionAnswer `json:"answer,omitempty"`
	AnsweredBy string          `json:"answered_by,omitempty"`
	AnsweredAt time.Time       `json:"answered_at,omitzero"`
	Why        string          `json:"why,omitempty"`
}

// ExtensionAnswer is what became of a 延期申请; "" while it waits.
type ExtensionAnswer string

// The answers.
const (
	ExtensionGranted ExtensionAnswer = "granted" // 同意
	ExtensionRefused ExtensionAnswer = "refused" // 不同意
	ExtensionMoot    ExtensionAnswer = "moot"    // the clock stopped first
)

// Label is the Chinese name of the answer.
func (a ExtensionAnswer) Label() string {
	return map[ExtensionAnswer]string{"": "待批复", ExtensionGranted: "已同意", ExtensionRefused: "未同意", ExtensionMoot: "不再需要"}[a]
}

// Waits reports whether nobody has answered yet.
func (e ExtensionRequest) Waits() bool { return e.Answer == "" }

// Of is whose clock it is about: the unit's own, or "" for the case's.
func (e ExtensionRequest) Of() UnitID {
	if e.Clock.PerUnit() {
		return e.Unit
	}
	return ""
}

// WaitingExtensions are the 延期申请 that wait for an answer.
func (c Case) WaitingExtensions() []ExtensionRequest {
	return slices.DeleteFunc(slices.Clone(c.Extensions), func(e ExtensionRequest) bool { return !e.Waits() })
}

// Extendable are the clocks a unit may ask to have put off at now: its own, the
// lead's also the case's; where the rule allows one more extension, the deadline
// has not passed and nobody has asked yet.
func (c Case) Extendable(unit UnitID, r *Rules, now time.Time) []Clock {
	var out []Clock
	for _, k := range c.Clocks {
		if c.mayAsk(k, unit, r, now) == nil {
			out = append(out, k)
		}
	}
	return out
}

func (c *Case) mayAsk(k Clock, unit UnitID, r *Rules, now time.Time) error {
	switch {
	case !k.Running() || k.Unit != "" && k.Unit != unit:
		return Invalid("clock", "本单位没有正在计时的%s时限", k.Kind.Label())
	case k.Unit == "" && unit != c.Lead():
		return Errorf(CodeForbidden, "%s时限的延期由主办单位申请", k.Kind.Label())
	case !k.Due.After(now):
		return Errorf(CodeConflict, "%s时限已过，不能再申请延期", k.Kind.Label())
	case c.asked(k) != nil:
		return Errorf(CodeConflict, "%s时限已有一份延期申请在等批复", k.Kind.Label())
	}
	return r.mayExtend(k)
}

// asked is the request that waits for an answer about a clock, or nil.
func (c *Case) asked(k Clock) *ExtensionRequest {
	for i := range c.Extensions {
		if e := &c.Extensions[i]; e.Waits() && e.Clock == k.Kind && e.Of() == k.Unit {
			return e
		}
	}
	return nil
}

// askExtension puts a 延期申请 on record and tells the duty leader; no clock moves.
func (c *Case) askExtension(w ExtensionWish, by Person, r *Rules, now time.Time, out *Outcome) (string, error) {
	if w.Reason = strings.TrimSpace(w.Reason); w.Reason == "" {
		return "", Invalid("extension.reason", "申请延期须写明理由")
	}
	if w.Longer <= 0 {
		return "", Invalid("longer", "请写明要延长多少小时")
	}
	k := Clock{Kind: w.Clock, Void: true}
	for _, open := range c.Clocks {
		if open.Kind == w.Clock && open.Running() && (open.Unit == "" || open.Unit == by.Unit) {
			k = open
		}
	}
	if err := c.mayAsk(k, by.Unit, r, now); err != nil {
		return "", err
	}
	if most := time.Duration(r.clockRule(k.Kind).Extend.Most); most > 0 && time.Duration(w.Longer) > most {
		return "", Invalid("longer", "%s时限每次最多延 %s", k.Kind.Label(), SpanText(most))
	}
	c.Extensions = append(c.Extensions, ExtensionRequest{ExtensionWish: w, Unit: by.Unit, By: by.Name, At: now, Due: k.Due})
	what := "申请" + k.Kind.Label() + "时限延长" + SpanText(time.Duration(w.Longer))
	out.Notices = append(out.Notices, Notice{Kind: NoticeReview, Unit: by.Unit, To: string(Leader), Text: what, Due: k.Due})
	return what + "，原时限 " + k.Due.In(Beijing).Format("01-02 15:04"), nil
}

// refuseExtension answers a 延期申请 with no; the clock runs on as it did.
func (c *Case) refuseExtension(cmd Command, now time.Time, out *Outcome) (string, error) {
	for i := range c.Extensions {
		e := &c.Extensions[i]
		if !e.Waits() || cmd.Clock != "" && e.Clock != cmd.Clock || cmd.Unit != "" && e.Unit != cmd.Unit {
			continue
		}
		e.Answer, e.AnsweredBy, e.AnsweredAt, e.Why = ExtensionRefused, cmd.By.Name, now, cmd.Reason
		out.tell(e.Unit, e.Clock.Label()+"时限的延期申请未获同意，仍为 "+e.Due.In(Beijing).Format("01-02 15:04"))
		return e.Clock.Label() + "时限仍为 " + e.Due.In(Beijing).Format("01-02 15:04"), nil
	}
	return "", Invalid("clock", "没有这份等待批复的延期申请")
}

// extend puts a deadline off (延期), as often and as far as the rule allows; no
// new deadline given, as far as a unit asked.
func (c *Case) extend(cmd Command, r *Rules, now time.Time, out *Outcome) (string, error) {
	k := c.picked(cmd, func(k Clock) bool { return k.Running() && (!cmd.Until.IsZero() || c.asked(k) != nil) })
	if k == nil && cmd.Until.IsZero() && c.picked(cmd, Clock.Running) != nil {
		return "", Invalid("until", "请填写新的时限")
	}
	if k == nil {
		return "", Invalid("clock", "没有正在计时的%s时限", cmd.Clock.Label())
	}
	if err := r.mayExtend(*k); err != nil {
		return "", err
	}
	request := c.asked(*k)
	if cmd.Until.IsZero() {
		cmd.Until = r.Calendar.Add(k.Due, time.Duration(request.Longer), k.Hours)
	}
	by := r.Calendar.Between(k.Due, cmd.Until, k.Hours)
	switch most := time.Duration(r.clockRule(k.Kind).Extend.Most); {
	case !cmd.Until.After(k.Due):
		return "", Invalid("until", "新的时限须晚于原时限 %s", k.Due.In(Beijing).Format("01-02 15:04"))
	case most > 0 && by > most:
		return "", Invalid("until", "%s时限每次最多延 %s，即不晚于 %s", k.Kind.Label(), SpanText(most), r.Calendar.Add(k.Due, most, k.Hours).In(Beijing).Format("01-02 15:04"))
	}
	if request != nil {
		request.Answer, request.AnsweredBy, request.AnsweredAt, request.Why = ExtensionGranted, cmd.By.Name, now, cmd.Reason
	}
	old := k.Due
	k.Due, k.OverdueAt = cmd.Until, time.Time{}
	k.Excused += Duration(by)
	k.Extended++
	return c.moved(*k, "时限由 "+old.In(Beijing).Format("01-02 15:04")+" 延至 "+cmd.Until.In(Beijing).Format("01-02 15:04"), out), nil
}

// mayExtend refuses a clock whose rule allows no extension, or no more.
func (r *Rules) mayExtend(k Clock) error {
	switch rule := r.clockRule(k.Kind); {
	case rule.Extend.Times == 0:
		return Errorf(CodeConflict, "%s时限不能延期（%s）", k.Kind.Label(), cmp.Or(rule.Rule, "规则未设延期"))
	case k.Extended >= rule.Extend.Times:
		return Errorf(CodeConflict, "%s时限最多延期 %d 次，已经用完", k.Kind.Label(), rule.Extend.Times)
	}
	return nil
}

// forgetExtensions closes the requests whose clock has stopped before anybody
// answered.
func (c *Case) forgetExtensions(now time.Time) {
	for i := range c.Extensions {
		e := &c.Extensions[i]
		if k, ok := c.Clock(e.Clock, e.Of()); e.Waits() && (!ok || !k.Open() || k.Start.After(e.At)) {
			e.Answer, e.AnsweredAt = ExtensionMoot, now
		}
	}
}
