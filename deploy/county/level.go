package county

import (
	"fmt"
	"slices"

	"huiying"
)

// weak are the variables that may not set a level by themselves: criticism is
// not risk (DOMAIN §3).
var weak = []string{"negative", "negative_share", "posts", "state", "queue", "category", "channels"}

func (l *loader) loadLevels() {
	var f struct {
		OnlyIf string              `yaml:"only_if"`
		Rules  []huiying.LevelRule `yaml:"rules"`
	}
	d := l.open(levelsFile, &f)
	if f.OnlyIf != "" {
		checkCondition(d, "only_if", f.OnlyIf, false)
	}
	if len(f.Rules) == 0 {
		d.blame("rules", "一条定级规则也没有")
	}
	lines := make(map[string]int)
	for i := range f.Rules {
		r, at := &f.Rules[i], index("rules", i)
		r.Line = d.line(at)
		d.needName(at, r.Name, lines)
		d.need(at+".why", r.Why)
		used := checkCondition(d, at+".when", r.When, false)
		switch {
		case r.Up && r.Level != huiying.NoLevel:
			d.blame(at+".up", "“%s”不能既定级（level）又上调（up），请拆成两条", r.Name)
		case !r.Up && r.Level == huiying.NoLevel:
			d.blame(at, "“%s”没有写 level，也没有写 up: true", r.Name)
		}
		if mood(used) {
			d.blame(at+".when", "“%s”只看负面情绪：批评不是风险，不能仅凭它定级，请加上传播、风险或事实条件", r.Name)
		}
		if f.OnlyIf != "" {
			r.When = fmt.Sprintf("(%s) and (%s)", f.OnlyIf, r.When)
		}
	}
	l.county.Rules.Levels = f.Rules
}

// mood reports whether a condition rests on sentiment alone.
func mood(used []string) bool {
	return (slices.Contains(used, "negative") || slices.Contains(used, "negative_share")) &&
		!slices.ContainsFunc(used, func(name string) bool { return !slices.Contains(weak, name) })
}

// needName checks that a rule has a name of its own: people quote it.
func (d *document) needName(at, name string, lines map[string]int) {
	d.need(at+".name", name)
	if before, twice := lines[name]; twice && name != "" {
		d.blame(at+".name", "规则名“%s”重复，第 %d 行已用", name, before)
	}
	lines[name] = d.line(at + ".name")
}

// decisions an opening rule can make.
var decisions = []string{"ignore", "open", "assign"}

func (l *loader) loadOpening() {
	var f struct {
		CloseGap float64            `yaml:"close_gap"`
		Rules    []huiying.OpenRule `yaml:"rules"`
	}
	d := l.open(openingFile, &f)
	if f.CloseGap <= 0 || f.CloseGap >= 1 {
		d.blame("close_gap", "close_gap 应在 0 与 1 之间，收到 %v", f.CloseGap)
	}
	if len(f.Rules) == 0 {
		d.blame("rules", "一条立单规则也没有")
	}
	lines := make(map[string]int)
	for i := range f.Rules {
		r, at := &f.Rules[i], index("rules", i)
		r.Line = d.line(at)
		d.needName(at, r.Name, lines)
		d.need(at+".why", r.Why)
		oneOf(d, at+".do", r.Do, decisions)
		checkCondition(d, at+".when", r.When, true)
	}
	l.county.Rules.CloseGap = f.CloseGap
	l.county.Rules.Opening = f.Rules
}
