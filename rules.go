package huiying

import (
	"fmt"
	"time"
)

// ByLevel is a value for each level.
type ByLevel[T any] struct {
	Red    T `json:"red" yaml:"red"`
	Orange T `json:"orange" yaml:"orange"`
	Yellow T `json:"yellow" yaml:"yellow"`
	Blue   T `json:"blue" yaml:"blue"`
}

// At is the value for l; unjudged counts as [Blue].
func (b ByLevel[T]) At(l Level) T {
	switch l {
	case Red:
		return b.Red
	case Orange:
		return b.Orange
	case Yellow:
		return b.Yellow
	}
	return b.Blue
}

// ClockRule says how long a clock may run. A zero limit means the clock does
// not run at that level. Emergency restricts it to emergencies (突发事件).
type ClockRule struct {
	Kind      ClockKind         `json:"kind" yaml:"kind"`
	Limits    ByLevel[Duration] `json:"limits" yaml:"limits"`
	Hours     ByLevel[Hours]    `json:"hours" yaml:"hours"`
	Emergency bool              `json:"emergency" yaml:"emergency"`
	Queue     Queue             `json:"queue,omitempty" yaml:"queue"` // of these cases only; "" for all
	Pause     bool              `json:"pause" yaml:"pause"`           // may be paused, with a reason
	Extend    Extension         `json:"extend" yaml:"extend"`
	Rule      string            `json:"rule" yaml:"rule"`
}

// Extension says how often a deadline may be put off, and by how much each time
// at most (as the clock counts). None when Times is 0.
type Extension struct {
	Times int      `json:"times" yaml:"times"`
	Most  Duration `json:"most" yaml:"most"`
}

// Quiet says when an acknowledgement that nothing follows is escalated: Limits
// after the unit's last activity, At of each step being a multiple of it.
type Quiet struct {
	Limits ByLevel[Duration] `json:"limits" yaml:"limits"`
	Hours  ByLevel[Hours]    `json:"hours" yaml:"hours"`
	Steps  []EscalationStep  `json:"steps" yaml:"steps"`
}

// EscalationStep says whom to tell when an acknowledgement stays away. At is a
// multiple of the acknowledge limit, counted as that clock counts: 0 at once,
// 1 when it lapses. To is liaison, handler or head of the unit, or a role.
type EscalationStep struct {
	At       float64  `json:"at" yaml:"at"`
	To       string   `json:"to" yaml:"to"`
	Channels []string `json:"channels" yaml:"channels"`
	Label    string   `json:"label" yaml:"label"`
}

// LevelRule raises an event to a level when its condition holds. The highest
// matched wins, then each Up rule that holds adds one level, once in all.
type LevelRule struct {
	Name  string `json:"name" yaml:"name"`
	When  string `json:"when" yaml:"when"` // an expression over the event, see docs/rules.md
	Level Level  `json:"level,omitempty" yaml:"level,omitempty"`
	Up    bool   `json:"up,omitempty" yaml:"up,omitempty"`
	Why   string `json:"why" yaml:"why"`
	Line  int    `json:"line,omitempty" yaml:"-"`
}

// OpenRule decides what becomes of an event: "open" makes a case that waits for
// judgement, "assign" makes one and sends it to the unit at once (先交办后补签),
// "ignore" keeps it in the event list only. The first rule that holds speaks.
type OpenRule struct {
	Name string `json:"name" yaml:"name"`
	When string `json:"when" yaml:"when"`
	Do   string `json:"do" yaml:"do"`
	Why  string `json:"why" yaml:"why"`
	Line int    `json:"line,omitempty" yaml:"-"`
}

// Rules are the versioned data files of one county, validated on load.
type Rules struct {
	Version    string                    `json:"version"`
	Clocks     []ClockRule               `json:"clocks"`
	Escalation ByLevel[[]EscalationStep] `json:"escalation"`
	Quiet      Quiet                     `json:"quiet"`
	Night      Span                      `json:"night"` // when less grave reminders wait for the morning; zero: never
	Levels     []LevelRule               `json:"levels"`
	Opening    []OpenRule                `json:"opening"`
	Replies    []Reply                   `json:"replies"`
	Appraisal  AppraisalRules            `json:"appraisal"`
	Reports    ReportRules               `json:"reports"`
	Calendar   *Calendar                 `json:"-"`
	ReturnIn   Duration                  `json:"return_in"`    // how long after assignment a unit may return a case (退单)
	ReturnHrs  Hours                     `json:"return_hours"` // and how that is counted
	NumberWord string                    `json:"number_word"`  // what case numbers begin with, such as 交舆
	CloseGap   float64                   `json:"close_gap"`    // two lead candidates nearer than this: a person chooses
}

// clock makes the clock of a kind for a case, or reports that none runs.
func (r *Rules) clock(kind ClockKind, c *Case, start time.Time, why string) (Clock, bool) {
	for _, rule := range r.Clocks {
		limit := rule.Limits.At(c.Level)
		if rule.Kind != kind || limit == 0 || rule.Emergency && !c.Emergency || rule.Queue != "" && rule.Queue != c.Queue {
			continue
		}
		hours := rule.Hours.At(c.Level)
		if hours == "" {
			hours = PlainHours
		}
		k := Clock{
			Kind: kind, Start: start, StartWhy: why, Limit: limit, Hours: hours, Rule: rule.Rule,
			Due: r.Calendar.Add(start, time.Duration(limit), hours),
		}
		if year, ok := r.Calendar.unknown(start, k.Due); ok && hours != PlainHours {
			k.Rule += fmt.Sprintf("；%d 年的节假日安排还没有载入，只按周一至周五计", year)
		}
		return k, true
	}
	return Clock{}, false
}

// Reminders is how many of the first so many escalation steps of a level are
// reminders: the first words to a unit, at once, are none.
func (r *Rules) Reminders(l Level, steps int) int {
	n := 0
	for i, s := range r.Escalation.At(l) {
		if i < steps && s.At > 0 {
			n++
		}
	}
	return n
}

// clockRule is the rule of a kind of clock, or one that allows nothing.
func (r *Rules) clockRule(kind ClockKind) ClockRule {
	for _, rule := range r.Clocks {
		if rule.Kind == kind {
			return rule
		}
	}
	return ClockRule{}
}
