package huiying

import "time"

// IsEmergency says whether an event is to be treated as an emergency (突发事件), by
// what was written about it; a person may say otherwise of its case.
func (e Event) IsEmergency() bool {
	return e.State == PhaseOccurred && (e.Emergency.P >= 0.5 || e.Has(FlagDeath))
}

// What [ActEmergency] may find.
const (
	isEmergency = "emergency"
	isOrdinary  = "ordinary"
)

// settleEmergency says that a case is an emergency, or is none: the clocks of
// emergencies begin, at the start all public clocks have, or apply no more.
func (c *Case) settleEmergency(cmd Command, r *Rules, now time.Time, out *Outcome) (string, error) {
	what := "认定为突发事件"
	switch {
	case cmd.To != isEmergency && cmd.To != isOrdinary:
		return "", Invalid("to", "应为 emergency（突发事件）或 ordinary（不是突发事件）")
	case c.Emergency && cmd.To == isEmergency:
		return "", Errorf(CodeConflict, "已经认定为突发事件")
	case !c.Emergency && cmd.To == isOrdinary:
		return "", Errorf(CodeConflict, "本单没有认定为突发事件")
	case cmd.To == isOrdinary:
		what = "不作为突发事件"
	}
	if c.Emergency = cmd.To == isEmergency; c.Emergency {
		c.startEmergency(r)
	} else {
		c.stop(ClockAuthoritative, "", now, true)
		c.stop(ClockPress, "", now, true)
	}
	c.tellUnits(out, what)
	return what, nil
}

// startEmergency starts those clocks of emergencies that apply and do not run yet;
// what was published already has stopped them.
func (c *Case) startEmergency(r *Rules) {
	at, why := c.publicStart()
	for _, kind := range []ClockKind{ClockAuthoritative, ClockPress} {
		if k, had := c.Clock(kind, ""); !had || k.Void {
			c.start(r, kind, "", at, why)
		}
	}
	for _, resp := range c.Responses {
		c.published(resp)
	}
}

// published stops the clocks of emergencies that the forms of a response answer.
func (c *Case) published(resp Response) {
	for _, form := range resp.Forms {
		switch form {
		case FormRelease:
			c.stop(ClockAuthoritative, "", resp.At, false)
		case FormPress:
			c.stop(ClockAuthoritative, "", resp.At, false)
			c.stop(ClockPress, "", resp.At, false)
		}
	}
}
