package analyzer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"huiying"
)

// lesson is an example as it is learned from: read and assessed once.
type lesson struct {
	huiying.Example
	words []word // the telling ones
	cues  []cue
	named []huiying.Candidate // departments the rules name
	risk  float64
}

// Learn makes a model of what people decided and reports what it would change,
// on examples held back from it. The same examples in the same order and the
// same seed give the same model. progress, which may be nil, hears how many
// examples were read. It returns [huiying.ErrConflict] when there is nothing to
// learn from.
func (a *Analyzer) Learn(ctx context.Context, examples []huiying.Example, seed int64, progress func(done, total int)) (*Learned, huiying.LearnReport, error) {
	report := huiying.LearnReport{Seed: seed}
	lessons := make([]lesson, 0, len(examples))
	for i, e := range examples {
		if ctx.Err() != nil {
			return nil, report, ctx.Err()
		}
		if l, ok := a.lesson(e); ok {
			lessons = append(lessons, l)
		}
		if progress != nil {
			progress(i+1, len(examples))
		}
	}
	if len(lessons) == 0 {
		return nil, report, huiying.Errorf(huiying.CodeConflict, "还没有可以学习的人工判定：改派、调整等级或判为不处置之后再训练")
	}
	s := newSchool(lessons, seed)
	report.Examples = len(lessons)
	for _, k := range huiying.ExampleKinds {
		if ctx.Err() != nil {
			return nil, report, ctx.Err()
		}
		if r := s.examine(k); r.N > 0 {
			a.inWords(&r)
			report.Kinds = append(report.Kinds, r)
		}
	}
	return s.teach(lessons), report, ctx.Err()
}

// lesson reads an example without what was learned before. Townships are not
// learned (the place decides them), nor who answers for a misread policy (who
// drafted it).
func (a *Analyzer) lesson(e huiying.Example) (lesson, bool) {
	r := a.read(e.Post)
	defer a.free(r)
	r.tag()
	as := a.assess(r)
	l := lesson{Example: e, words: slices.DeleteFunc(slices.Clone(r.words), func(w word) bool { return !telling(w) })}
	if len(l.words) == 0 {
		return l, false
	}
	l.risk = as.Risk.Score
	department := func(id huiying.UnitID) bool {
		u, ok := a.units.Unit(id)
		return ok && u.Township == ""
	}
	for _, c := range as.Units {
		if department(c.Unit) {
			l.named = append(l.named, c)
		}
	}
	if e.Kind == huiying.ExampleUnit {
		return l, department(huiying.UnitID(e.Decided)) && !slices.Contains(as.Flags, huiying.FlagMisreading)
	}
	return l, true
}

// inWords names units as people know them.
func (a *Analyzer) inWords(r *huiying.KindReport) {
	if r.Kind != huiying.ExampleUnit {
		return
	}
	name := func(id string) string {
		if id == "" {
			return "无"
		}
		return a.units.Name(huiying.UnitID(id))
	}
	for i := range r.Changes {
		c := &r.Changes[i]
		c.Before, c.After, c.Decided = name(c.Before), name(c.After), name(c.Decided)
	}
}

// school is what all trainings of one set of lessons share.
type school struct {
	lessons []lesson
	words   []string
	lexicon map[string]int32
	units   []huiying.UnitID
	seed    int64
}

func newSchool(lessons []lesson, seed int64) *school {
	s := &school{lessons: lessons, lexicon: make(map[string]int32), seed: seed}
	in := make(map[string]int)
	decided := make(map[huiying.UnitID]bool)
	for _, l := range lessons {
		seen := make(map[string]bool)
		for _, w := range l.words {
			if !seen[w.text] {
				seen[w.text] = true
				in[w.text]++
			}
		}
		if l.Kind == huiying.ExampleUnit {
			decided[huiying.UnitID(l.Decided)] = true
			if len(l.named) > 0 {
				decided[l.named[0].Unit] = true
			}
		}
	}
	s.units = slices.Sorted(maps.Keys(decided))
	for w, n := range in {
		if n > 1 { // what occurs once says nothing about another text
			s.words = append(s.words, w)
		}
	}
	slices.SortFunc(s.words, func(x, y string) int { return cmp.Or(cmp.Compare(in[y], in[x]), strings.Compare(x, y)) })
	s.words = s.words[:min(len(s.words), mostWords, mostWeights/(len(s.units)+2))]
	for i, w := range s.words {
		s.lexicon[w] = int32(i)
	}
	for i := range lessons {
		lessons[i].cues = cuesOf(lessons[i].words, s.lexicon)
	}
	return s
}

// teach fits a model to lessons of all kinds.
func (s *school) teach(lessons []lesson) *Learned {
	columns := len(s.units) + 2
	f := learnedForm{
		Version: learnedVersion, Words: s.words, Units: s.units,
		Scale: make([]float32, columns), Weights: make([]byte, columns*len(s.words)),
	}
	f.put(0, s.fitUnits(of(lessons, huiying.ExampleUnit)))
	f.put(len(s.units), s.fitTendency(of(lessons, huiying.ExampleRelevant)))
	f.put(len(s.units)+1, s.fitTendency(of(lessons, huiying.ExampleLevel)))
	return &Learned{lexicon: s.lexicon, form: f}
}

func of(lessons []lesson, k huiying.ExampleKind) []lesson {
	return slices.DeleteFunc(slices.Clone(lessons), func(l lesson) bool { return l.Kind != k })
}

// put rounds the weights of some columns to bytes.
func (f *learnedForm) put(first int, w *weights) {
	for c := range w.columns {
		top := float32(0)
		for i := c; i < len(w.v); i += w.columns {
			top = max(top, w.v[i], -w.v[i])
		}
		if top == 0 {
			continue
		}
		f.Scale[first+c] = top / 127
		for row := range f.Words {
			f.Weights[row*f.columns()+first+c] = byte(int8(math.Round(float64(w.v[row*w.columns+c] / f.Scale[first+c]))))
		}
	}
}

// fitUnits moves each decided unit's probability towards 1.
func (s *school) fitUnits(lessons []lesson) *weights {
	return s.fit(lessons, len(s.units), func(l *lesson, z []float64) {
		p, total := shares(s.units, z, l.named)
		for c, u := range s.units {
			z[c] = p[c] / total
			if string(u) == l.Decided {
				z[c]--
			}
		}
	})
}

// fitTendency learns yes (1), no (0) or as proposed (½), beside what is usual.
func (s *school) fitTendency(lessons []lesson) *weights {
	yes := calmed
	for _, l := range lessons {
		yes += l.tendency()
	}
	usual := math.Log(yes / (float64(len(lessons)) + 2*calmed - yes))
	return s.fit(lessons, 1, func(l *lesson, z []float64) {
		z[0] = 1/(1+math.Exp(-z[0]-usual)) - l.tendency()
	})
}

// tendency is 1 for relevant or a graver level, 0 for irrelevant or a lesser
// one, ½ for a level people left as it was.
func (l *lesson) tendency() float64 {
	if l.Kind == huiying.ExampleRelevant {
		if l.Decided == huiying.Relevant {
			return 1
		}
		return 0
	}
	proposed, perr := huiying.ParseLevel(l.Proposed)
	decided, derr := huiying.ParseLevel(l.Decided)
	switch {
	case errors.Join(perr, derr) != nil || proposed == decided:
		return 0.5
	case decided > proposed:
		return 1
	}
	return 0
}

// weights are word × column.
type weights struct {
	columns int
	v       []float32
}

// epochs suffice for steps that shrink as 1/t.
const lessonEpochs = 12

// fit descends the loss whose slope miss gives (it turns an example's sums into
// its errors in place) plus restraint/2 times the squared weights.
func (s *school) fit(lessons []lesson, columns int, miss func(l *lesson, z []float64)) *weights {
	w := &weights{columns, make([]float32, columns*len(s.words))}
	if len(lessons) == 0 || columns == 0 {
		return w
	}
	r := rand.New(rand.NewPCG(uint64(s.seed), uint64(columns)))
	z := make([]float64, columns)
	n := float64(len(lessons))
	scale, t := 1.0, n/restraint+1 // what is stored is w/scale: shrinking everything is one product
	for range lessonEpochs {
		for _, i := range r.Perm(len(lessons)) {
			l := &lessons[i]
			rate := n / restraint / t
			t++
			clear(z)
			for _, x := range l.cues {
				for c, v := range w.row(x.row) {
					z[c] += float64(x.value * v)
				}
			}
			for c := range z {
				z[c] *= scale
			}
			miss(l, z)
			scale *= 1 - rate*restraint/n
			for c := range z {
				z[c] *= rate / scale
			}
			for _, x := range l.cues {
				row := w.row(x.row)
				for c := range row {
					row[c] -= x.value * float32(z[c])
				}
			}
		}
	}
	for i := range w.v {
		w.v[i] *= float32(scale)
	}
	return w
}

func (w *weights) row(i int32) []float32 { return w.v[int(i)*w.columns : (int(i)+1)*w.columns] }

// mostFolds is in how many parts the lessons are held back, one after another.
const mostFolds = 5

// examine compares without and with, each example by a model that has not seen
// its case.
func (s *school) examine(k huiying.ExampleKind) huiying.KindReport {
	lessons := of(s.lessons, k)
	r := huiying.KindReport{Kind: k, N: len(lessons), Measure: measures[k], Changes: []huiying.ExampleChange{}}
	for _, l := range lessons {
		if l.Corrects() {
			r.Corrections++
		}
	}
	if r.N < fewExamples {
		r.Warning = fmt.Sprintf("只有 %d 条，不足 %d 条：前后差别可能只是偶然，建议再积累一些判定", r.N, fewExamples)
	}
	folds := min(mostFolds, len(lessons))
	if folds < 2 {
		return r
	}
	fold := rand.New(rand.NewPCG(uint64(s.seed), 3)).Perm(len(lessons))
	guesses := make([]guess, len(lessons))
	for f := range folds {
		var seen []lesson
		for i, l := range lessons {
			if fold[i]%folds != f {
				seen = append(seen, l)
			}
		}
		model := s.teach(seen)
		for i := range lessons {
			if fold[i]%folds == f {
				guesses[i] = model.guess(&lessons[i])
			}
		}
	}
	r.Measured = true
	r.Before, r.After = rated(k, lessons, guesses, false), rated(k, lessons, guesses, true)
	r.Better, r.Worse, r.Changes = compared(lessons, guesses)
	return r
}

var measures = map[huiying.ExampleKind]string{
	huiying.ExampleUnit:     "首选单位与人工一致的比例",
	huiying.ExampleLevel:    "等级倾向与人工一致的比例",
	huiying.ExampleRelevant: "风险分把需处置排在不处置之前的比例",
}

// guess is what is said of an example without and with experience: the answer
// in words, whether it is right, and the risk score.
type guess struct {
	before, after       string
	rightBefore, right  bool
	riskBefore, riskNow float64
}

func (l *Learned) guess(x *lesson) guess {
	first := func(list []huiying.Candidate) string {
		if len(list) == 0 {
			return ""
		}
		return string(list[0].Unit)
	}
	switch x.Kind {
	case huiying.ExampleUnit:
		g := guess{before: first(x.named), after: first(l.rerouted(x.cues, x.words, x.named))}
		g.rightBefore, g.right = g.before == x.Decided, g.after == x.Decided
		return g
	case huiying.ExampleLevel:
		points := l.points(x.cues, len(l.form.Units)+1, levelMost)
		lean := 0.5
		if math.Abs(points) >= telltale {
			lean = (1 + math.Copysign(1, points)) / 2
		}
		return guess{before: leanings[0.5], after: leanings[lean], rightBefore: x.tendency() == 0.5, right: lean == x.tendency()}
	}
	points := l.points(x.cues, len(l.form.Units), relevantMost)
	if math.Abs(points) < leastPoints {
		points = 0 // as it is not shown either
	}
	g := guess{riskBefore: x.risk, riskNow: x.risk + points}
	g.before, g.after = fmt.Sprintf("风险 %.0f", g.riskBefore), fmt.Sprintf("风险 %.0f", math.Min(100, math.Max(0, g.riskNow)))
	nearer := points * (2*x.tendency() - 1) // to what people said
	g.right, g.rightBefore = nearer >= telltale, nearer <= -telltale
	return g
}

var leanings = map[float64]string{0: "倾向下调", 0.5: "维持", 1: "倾向上调"}

// rated is the measure of a kind.
func rated(k huiying.ExampleKind, lessons []lesson, guesses []guess, after bool) float64 {
	if k == huiying.ExampleRelevant {
		return ranked(lessons, guesses, after)
	}
	right := 0
	for _, g := range guesses {
		if after && g.right || !after && g.rightBefore {
			right++
		}
	}
	return float64(right) / float64(len(guesses))
}

// ranked is the area under the ROC curve of the risk score for relevance: how
// often a relevant example stands above an irrelevant one, ties half; ½ when one
// of the two is missing.
func ranked(lessons []lesson, guesses []guess, after bool) float64 {
	score := func(i int) float64 {
		if after {
			return guesses[i].riskNow
		}
		return guesses[i].riskBefore
	}
	order := make([]int, len(guesses))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int { return cmp.Compare(score(x), score(y)) })
	above, yes, no := 0.0, 0.0, 0.0 // pairs in order, examples below so far
	for i := 0; i < len(order); {
		tieYes, tieNo := 0.0, 0.0
		j := i
		for ; j < len(order) && score(order[j]) == score(order[i]); j++ {
			if lessons[order[j]].Decided == huiying.Relevant {
				tieYes++
			} else {
				tieNo++
			}
		}
		above += tieYes * (no + tieNo/2)
		yes, no, i = yes+tieYes, no+tieNo, j
	}
	if yes == 0 || no == 0 {
		return 0.5
	}
	return above / (yes * no)
}

// compared counts what gets better and worse, and lists some, the worse first.
func compared(lessons []lesson, guesses []guess) (better, worse int, changes []huiying.ExampleChange) {
	changes = []huiying.ExampleChange{}
	for i, g := range guesses {
		if g.right == g.rightBefore {
			continue
		}
		l := &lessons[i]
		c := huiying.ExampleChange{Case: l.Case, Title: l.Post.Headline(), Before: g.before, After: g.after, Decided: l.decidedWords(), Better: g.right}
		if g.right {
			better++
		} else {
			worse++
		}
		changes = append(changes, c)
	}
	slices.SortStableFunc(changes, func(x, y huiying.ExampleChange) int {
		switch {
		case x.Better == y.Better:
			return 0
		case y.Better:
			return -1
		}
		return 1
	})
	return better, worse, changes[:min(len(changes), changesShown)]
}

func (l *lesson) decidedWords() string {
	switch l.Kind {
	case huiying.ExampleLevel:
		return map[float64]string{0: "下调", 0.5: "维持", 1: "上调"}[l.tendency()]
	case huiying.ExampleRelevant:
		if l.Decided == huiying.Relevant {
			return "需处置"
		}
		return "不处置"
	}
	return l.Decided
}
