package huiying

import (
	"cmp"
	"slices"
	"time"
)

// PostCounts are how many posts there were in a period, and of which kind.
type PostCounts struct {
	Total      int             `json:"total"`
	Negative   int             `json:"negative"`
	Neutral    int             `json:"neutral"`
	Positive   int             `json:"positive"`
	Channels   map[Channel]int `json:"channels"`
	Categories map[string]int  `json:"categories,omitempty"`
}

// NegativeShare is the share of negative posts, 0…1; 0 of nothing.
func (c PostCounts) NegativeShare() float64 {
	if c.Total == 0 {
		return 0
	}
	return float64(c.Negative) / float64(c.Total)
}

// BriefInput is all that a 日报, 周报 or 月报 is computed from.
type BriefInput struct {
	Kind     ReportKind
	From, To time.Time // the period, [From, To)
	Now      time.Time
	Posts    PostCounts
	Before   PostCounts // of the period before, as long
	Trend    []TrendBucket
	Events   []Event // with a post in the period
	Cases    []Case  // opened in the period, or open; drills left out
	Units    []UnitStats
	Sources  int // watched
	Blind    []BlindSpot
	MinParts int // fewer cases of a unit say nothing
}

// Brief is what a 日报, 周报 or 月报 says: figures, lists and remarks made by rule.
// A person may change the remarks before it is issued, never the figures.
type Brief struct {
	BriefInput
	Matters  []Matter // 重点舆情: those that came up to the mark, the gravest first
	Top      []Matter // of these, the ones that are told: at most 5
	Open     []Case   // 在办: not ended at To, the nearest deadline first
	Rumors   []Matter // said, and checked by nobody: in no other figure, the gravest first
	Refuted  []Matter // found untrue: likewise
	Checking []Case   // the open cases of those, which units owe work for all the same
	Late     []LateClock
	Opened   []Case // in the period
	Answered int    // first responses given in the period
	Answers  []Case // those, the latest first
	Closed   int    // closed in the period
	Risks    []Remark
	Advice   []Remark
	Outlook  []Remark // what the time after the period brings
}

// Matter is an event worth a leader's attention, with its case if there is one.
type Matter struct {
	Event Event
	Case  *Case
}

// Level is that of the case, which a person confirmed, else of the event.
func (m Matter) Level() Level {
	if m.Case != nil {
		return m.Case.Level
	}
	return m.Event.Level
}

// LateClock is a deadline that had passed at the end of the period and was still
// open.
type LateClock struct {
	Case  Case
	Clock Clock
	Late  time.Duration
}

// Remark is a sentence made by a rule, with the path of its evidence ("" none).
type Remark struct {
	Text string `json:"text"`
	Path string `json:"path,omitempty"`
}

const (
	topMatters = 5
	matterRisk = 60 // an event without a case counts from this risk: what lists call 高风险
)

// BriefOf computes a report. It is a pure function: the same input gives the same
// words.
func BriefOf(in BriefInput) Brief {
	b := Brief{BriefInput: in}
	end := b.end()
	byEvent := make(map[EventID]*Case)
	for i := range in.Cases {
		c := &in.Cases[i]
		if c.Event != "" && c.State != StateMerged && c.State != StateDismissed {
			byEvent[c.Event] = c
		}
		if c.openAt(end) {
			b.Late = append(b.Late, c.lateAt(end)...)
		}
		if !c.Factual() {
			b.apart(c, end)
			continue
		}
		if !c.OpenedAt.Before(in.From) && c.OpenedAt.Before(in.To) {
			b.Opened = append(b.Opened, *c)
		}
		within := func(t time.Time) bool { return !t.Before(in.From) && t.Before(in.To) }
		if within(c.RespondedAt) {
			b.Answered++
			b.Answers = append(b.Answers, *c)
		}
		if within(c.ClosedAt) {
			b.Closed++
		}
		if c.openAt(end) {
			b.Open = append(b.Open, *c)
		}
	}
	for _, e := range in.Events {
		m := Matter{e, byEvent[e.ID]}
		switch m.Rumor() {
		case RumorUnverified:
			b.Rumors = append(b.Rumors, m)
			continue
		case RumorRefuted:
			b.Refuted = append(b.Refuted, m)
			continue
		}
		if m.Case != nil || e.Level >= Yellow || e.Risk >= matterRisk {
			b.Matters = append(b.Matters, m)
		}
	}
	for _, list := range [][]Matter{b.Matters, b.Rumors, b.Refuted} {
		slices.SortStableFunc(list, graver)
	}
	b.Top = b.Matters[:min(topMatters, len(b.Matters))]
	slices.SortStableFunc(b.Open, func(x, y Case) int {
		kx, okx := x.NextDue()
		ky, oky := y.NextDue()
		if okx != oky {
			if okx {
				return -1
			}
			return 1
		}
		return cmp.Or(kx.Due.Compare(ky.Due), cmp.Compare(x.ID, y.ID))
	})
	slices.SortStableFunc(b.Late, func(x, y LateClock) int {
		return cmp.Or(cmp.Compare(y.Late, x.Late), cmp.Compare(x.Case.ID, y.Case.ID))
	})
	slices.SortStableFunc(b.Answers, func(x, y Case) int { return y.RespondedAt.Compare(x.RespondedAt) })
	b.Risks, b.Advice, b.Outlook = b.risks(), b.advice(), b.outlook()
	return b
}

// end is where what the report tells of ends: with the period, or now.
func (b Brief) end() time.Time {
	if b.Now.Before(b.To) {
		return b.Now
	}
	return b.To
}

// apart keeps the case of a rumour that was not found true out of the figures. An
// event of the period speaks for its case; one registered by hand, or whose event
// is older, is a matter of its own.
func (b *Brief) apart(c *Case, end time.Time) {
	if c.State == StateMerged || c.State == StateDismissed {
		return
	}
	if c.openAt(end) {
		b.Checking = append(b.Checking, *c)
	}
	if slices.ContainsFunc(b.Events, func(e Event) bool { return e.ID == c.Event && c.Event != "" }) {
		return
	}
	if m := (Matter{Case: c}); c.Rumor == RumorRefuted {
		b.Refuted = append(b.Refuted, m)
	} else {
		b.Rumors = append(b.Rumors, m)
	}
}

// graver orders matters, the gravest first.
func graver(x, y Matter) int {
	return cmp.Or(cmp.Compare(y.Level(), x.Level()), cmp.Compare(y.Event.Risk, x.Event.Risk),
		cmp.Compare(y.Event.Engagement.Interactions(), x.Event.Engagement.Interactions()), cmp.Compare(x.Event.ID, y.Event.ID))
}

// openAt reports whether the case waited for something at t. What was dismissed
// or merged since counts as ended: the case does not say when.
func (c Case) openAt(t time.Time) bool {
	if !c.OpenedAt.Before(t) {
		return false
	}
	return !c.State.Ended() || !c.ClosedAt.IsZero() && !c.ClosedAt.Before(t)
}

// lateAt are the deadlines that had passed at t with nothing done.
func (c Case) lateAt(t time.Time) []LateClock {
	var out []LateClock
	for _, k := range c.Clocks {
		if k.Void || !k.PausedAt.IsZero() || !k.Due.Before(t) || !k.StoppedAt.IsZero() && k.StoppedAt.Before(t) {
			continue
		}
		out = append(out, LateClock{c, k, t.Sub(k.Due)})
	}
	return out
}
