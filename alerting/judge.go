package alerting

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"huiying"
)

// facts is what a rule may speak about; docs/rules.md explains each for the
// office. Counts are of the event up to now.
type facts struct {
	Posts         int      `expr:"posts"`
	Sources       int      `expr:"sources"`
	Views         int      `expr:"views"`
	Likes         int      `expr:"likes"`
	Comments      int      `expr:"comments"`
	Reposts       int      `expr:"reposts"`
	Interactions  int      `expr:"interactions"`
	Negative      int      `expr:"negative"`
	NegativeShare float64  `expr:"negative_share"`
	Risk          float64  `expr:"risk"`
	Emergency     float64  `expr:"emergency"`
	Rumor         float64  `expr:"rumor"`
	Misreading    float64  `expr:"misreading"`
	Tier          string   `expr:"tier"`
	TierRank      int      `expr:"tier_rank"`
	Flags         []string `expr:"flags"`
	Category      string   `expr:"category"`
	State         string   `expr:"state"`
	Channels      []string `expr:"channels"`
	Queue         string   `expr:"queue"`
	Places        int      `expr:"places"`
	Townships     int      `expr:"townships"`
	UnitP         float64  `expr:"unit_p"`   // opening rules only, like unit_gap
	UnitGap       float64  `expr:"unit_gap"` //
	LastHour      float64  `expr:"last_hour"`
	PrevHour      float64  `expr:"prev_hour"`
	Growth        float64  `expr:"growth"`
	Velocity3     bool     `expr:"velocity3"`
	BaselineRatio float64  `expr:"baseline_ratio"`
	Level         string   `expr:"level"`      // opening rules only
	LevelRank     int      `expr:"level_rank"` // opening rules only: 1 blue … 4 red
}

// What an opening rule can ask for.
const (
	doIgnore = "ignore"
	doOpen   = "open"
	doAssign = "assign"
)

// Judge proposes levels and cases from the county's rule files. The proposal
// advises; a person confirms or changes it, and both values stay on record.
type Judge struct {
	levels  []compiled[huiying.LevelRule]
	opening []compiled[huiying.OpenRule]
}

type compiled[T any] struct {
	rule    T
	program *vm.Program
}

// NewJudge compiles the rules; the error names the rule, its line and the place
// in the expression.
func NewJudge(r *huiying.Rules) (*Judge, error) {
	j := &Judge{}
	for _, rule := range r.Levels {
		p, err := compile(rule.When)
		if err != nil {
			return nil, ruleError("levels.yaml", rule.Line, rule.Name, err)
		}
		j.levels = append(j.levels, compiled[huiying.LevelRule]{rule, p})
	}
	for _, rule := range r.Opening {
		p, err := compile(rule.When)
		if err != nil {
			return nil, ruleError("opening.yaml", rule.Line, rule.Name, err)
		}
		if rule.Do != doIgnore && rule.Do != doOpen && rule.Do != doAssign {
			return nil, ruleError("opening.yaml", rule.Line, rule.Name, fmt.Errorf("do 应为 ignore、open 或 assign，收到 %q", rule.Do))
		}
		j.opening = append(j.opening, compiled[huiying.OpenRule]{rule, p})
	}
	return j, nil
}

func ruleError(file string, line int, name string, err error) error {
	return &huiying.Error{Code: huiying.CodeInvalid, Field: fmt.Sprintf("%s:%d", file, line), Message: fmt.Sprintf("规则“%s”无法使用", name), Cause: err}
}

func compile(when string) (*vm.Program, error) {
	return expr.Compile(when, expr.Env(facts{}), expr.AsBool())
}

// holds runs a compiled condition. It can only fail on arithmetic a rule's
// author could not foresee; such a rule does not hold.
func holds(p *vm.Program, f facts) bool {
	v, err := expr.Run(p, f)
	ok, _ := v.(bool)
	return err == nil && ok
}

// Judge sets the event's curve phase, level and the reasons: the highest level
// rule that holds wins, then one level more when an "up" rule holds (DOMAIN §3).
func (j *Judge) Judge(e *huiying.Event, baseline float64, now time.Time) {
	e.Curve = curve(e.Hours, baseline, now)
	f := factsOf(*e, baseline, now)
	level, reasons := huiying.NoLevel, []huiying.Reason{}
	for _, c := range j.levels {
		if c.rule.Up || c.rule.Level < level || !holds(c.program, f) {
			continue
		}
		if c.rule.Level > level {
			level, reasons = c.rule.Level, reasons[:0]
		}
		reasons = append(reasons, huiying.Reason{Rule: c.rule.Name, Text: c.rule.Why})
	}
	raised := false
	for _, c := range j.levels {
		if !c.rule.Up || level == huiying.NoLevel || !holds(c.program, f) {
			continue
		}
		if !raised {
			level, raised = level.Up(), true
		}
		reasons = append(reasons, huiying.Reason{Rule: c.rule.Name, Text: "上调一级：" + c.rule.Why})
	}
	e.Level, e.Reasons = level, reasons
}

// Decide returns the first opening rule that holds; none means ignore.
func (j *Judge) Decide(e huiying.Event, route Routing, now time.Time) huiying.OpenRule {
	f := factsOf(e, 0, now)
	f.Level, f.LevelRank, f.UnitP, f.UnitGap = e.Level.String(), int(e.Level), route.P, route.Gap
	for _, c := range j.opening {
		if holds(c.program, f) {
			return c.rule
		}
	}
	return huiying.OpenRule{Do: doIgnore}
}

func factsOf(e huiying.Event, baseline float64, now time.Time) facts {
	h := lastHours(e.Hours, now)
	f := facts{
		Posts: e.Posts, Sources: len(e.Sources),
		Views: int(e.Engagement.Views), Likes: int(e.Engagement.Likes), Comments: int(e.Engagement.Comments),
		Reposts: int(e.Engagement.Reposts), Interactions: int(e.Engagement.Interactions()),
		Negative: e.Negative, Risk: e.Risk, Emergency: e.Emergency.P, Rumor: e.RumorP, Misreading: e.Misreading.P,
		Tier: string(e.Tier), TierRank: e.Tier.Rank(), Category: e.Category, State: string(e.State), Queue: string(e.Queue),
		Townships: len(townships(e.Places)), LastHour: h[0], PrevHour: h[1], Growth: h[0] / max(1, h[1]),
		Velocity3: h[1] >= 3*max(1, h[2]) && h[0] >= 3*h[1],
	}
	if e.Posts > 0 {
		f.NegativeShare = float64(e.Negative) / float64(e.Posts)
	}
	if baseline > 0 {
		f.BaselineRatio = h[0] / baseline
	}
	for _, flag := range e.Flags {
		f.Flags = append(f.Flags, string(flag))
	}
	for _, c := range slices.Sorted(maps.Keys(e.Channels)) {
		f.Channels = append(f.Channels, string(c))
	}
	for _, p := range e.Places {
		if p.Code != "" {
			f.Places++
		}
	}
	return f
}
