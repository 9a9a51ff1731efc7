package county

import (
	"cmp"
	"slices"

	"huiying"
)

// hours are the ways a clock may count.
var hours = []huiying.Hours{huiying.PlainHours, huiying.DutyHours, huiying.WorkingHours}

// alwaysOn are the clocks every case has, whatever its level.
var alwaysOn = []huiying.ClockKind{huiying.ClockJudge, huiying.ClockAcknowledge, huiying.ClockFeedback, huiying.ClockRespond}

// statutoryClocks run through nights, weekends and holidays (国办发〔2016〕61号、80号).
var statutoryClocks = []huiying.ClockKind{huiying.ClockAuthoritative, huiying.ClockPress, huiying.ClockRespond}

func (l *loader) loadClocks() {
	var f struct {
		Clocks []huiying.ClockRule `yaml:"clocks"`
		Return struct {
			Limit huiying.Duration `yaml:"limit"`
			Hours huiying.Hours    `yaml:"hours"`
			Rule  string           `yaml:"rule"`
		} `yaml:"return"`
	}
	d := l.open(clocksFile, &f)
	l.county.Rules.Clocks = f.Clocks
	l.county.Rules.ReturnIn, l.county.Rules.ReturnHrs = f.Return.Limit, cmp.Or(f.Return.Hours, huiying.PlainHours)
	lines := make(map[huiying.ClockKind]int)
	for i, c := range f.Clocks {
		at := index("clocks", i)
		if !c.Kind.Valid() {
			d.blame(at+".kind", "没有 %q 这种时限", c.Kind)
		} else if before, twice := lines[c.Kind]; twice {
			d.blame(at+".kind", "时限 %s 重复，第 %d 行已有", c.Kind, before)
		}
		lines[c.Kind] = d.line(at + ".kind")
		d.need(at+".rule", c.Rule)
		if c.Queue != "" {
			oneOf(d, at+".queue", c.Queue, []huiying.Queue{huiying.Online, huiying.Offline})
			if slices.Contains(alwaysOn, c.Kind) {
				d.blame(at+".queue", "%s时限对两个队列都要有，不能只限一个", c.Kind.Label())
			}
		}
		checkLimits(d, at, c)
		if c.Extend.Times < 0 || c.Extend.Times > 0 && c.Extend.Most <= 0 || c.Extend.Times == 0 && c.Extend.Most != 0 {
			d.blame(at+".extend", "延期须同时写明 times（次数）和 most（每次最多多久），均大于 0")
		}
	}
	for _, kind := range alwaysOn {
		if _, ok := lines[kind]; !ok {
			d.blame("clocks", "缺少%s时限（kind: %s）", kind.Label(), kind)
		}
	}
	if f.Return.Limit == 0 {
		d.blame("return.limit", "缺少退单时限 return.limit")
	}
	if f.Return.Hours != "" {
		oneOf(d, "return.hours", f.Return.Hours, hours)
	}
}

func checkLimits(d *document, at string, c huiying.ClockRule) {
	none := true
	for _, level := range huiying.Levels {
		limit, how := c.Limits.At(level), c.Hours.At(level)
		none = none && limit == 0
		if limit == 0 && slices.Contains(alwaysOn, c.Kind) {
			d.blame(at+".limits", "%s时限缺少%s的 limits.%s", c.Kind.Label(), level.Label(), level)
		}
		if how != "" {
			oneOf(d, at+".hours."+level.String(), how, hours)
		}
		if how != "" && how != huiying.PlainHours {
			switch {
			case level >= huiying.Orange:
				d.blame(at+".hours."+level.String(), "%s须全天候计时（plain）：红、橙级不分昼夜和节假日", level.Label())
			case slices.Contains(statutoryClocks, c.Kind):
				d.blame(at+".hours."+level.String(), "%s时限是国务院文件规定的，连续计时（plain），不能只计工作时段", c.Kind.Label())
			}
		}
	}
	if none && !slices.Contains(alwaysOn, c.Kind) {
		d.blame(at+".limits", "%s没有写任何时限", c.Kind)
	}
}

// The channels a message can take. A county sets up some; a step that names one
// that is not set up goes by the others.
var channels = []string{"inapp", "webhook", "sms", "mail", "wecom", "dingtalk", "feishu"}

// recipients whom a step can name: people of the unit, or a role that watches it.
var recipients = []string{
	string(huiying.Liaison), string(huiying.Handler), string(huiying.Head),
	string(huiying.Analyst), string(huiying.Leader), string(huiying.Supervisor),
}

func (l *loader) loadEscalation() {
	var f struct {
		Escalation huiying.ByLevel[[]huiying.EscalationStep] `yaml:"escalation"`
		Quiet      huiying.Quiet                             `yaml:"quiet"`
		Night      string                                    `yaml:"night"`
	}
	d := l.open(escalationFile, &f)
	l.county.Rules.Escalation, l.county.Rules.Quiet = f.Escalation, f.Quiet
	if f.Night != "" {
		span, ok := spanOf(f.Night)
		if !ok || span.From == span.To {
			d.blame("night", "夜间时段应写作 22:00-07:00，收到 %q", f.Night)
		}
		l.county.Rules.Night = span
	}
	for _, level := range huiying.Levels {
		path := "escalation." + level.String()
		steps := f.Escalation.At(level)
		if len(steps) == 0 {
			d.blame(path, "缺少%s的催办步骤", level.Label())
			continue
		}
		if steps[0].At != 0 {
			d.blame(index(path, 0)+".at", "第一步应在交办时立即通知（at: 0），收到 %v", steps[0].At)
		}
		checkSteps(d, path, steps)
	}
	for _, level := range huiying.Levels {
		if f.Quiet.Limits.At(level) < 0 {
			d.blame("quiet.limits."+level.String(), "时限不能为负")
		}
		if how := f.Quiet.Hours.At(level); how != "" {
			oneOf(d, "quiet.hours."+level.String(), how, hours)
			if level >= huiying.Orange && how != huiying.PlainHours {
				d.blame("quiet.hours."+level.String(), "%s须全天候计时（plain）：红、橙级不分昼夜和节假日", level.Label())
			}
		}
	}
	if len(f.Quiet.Steps) > 0 && f.Quiet.Steps[0].At <= 0 {
		d.blame("quiet.steps[0].at", "at 应大于 0：刚签收时不必催，收到 %v", f.Quiet.Steps[0].At)
	}
	checkSteps(d, "quiet.steps", f.Quiet.Steps)
}

func checkSteps(d *document, path string, steps []huiying.EscalationStep) {
	for i, s := range steps {
		at := index(path, i)
		if i > 0 && (s.At < steps[i-1].At || s.At == steps[i-1].At && s.To == steps[i-1].To) {
			d.blame(at+".at", "各步的 at 应由小到大，收到 %v（上一步 %v）", s.At, steps[i-1].At)
		}
		oneOf(d, at+".to", s.To, recipients)
		d.need(at+".label", s.Label)
		if len(s.Channels) == 0 {
			d.blame(at+".channels", "没有写发送渠道")
		}
		for j, c := range s.Channels {
			oneOf(d, index(at+".channels", j), c, channels)
		}
	}
}
