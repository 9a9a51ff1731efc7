package analyzer

import (
	"bytes"
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"huiying"
)

// How strongly people's decisions speak. They were chosen so that two or three
// decisions show but turn nothing, and about half a dozen like ones do.
const (
	restraint     = 0.6  // pull of every weight towards zero, in examples of each word
	calmed        = 10.0 // invented examples for either side of a yes-or-no question
	unnamed       = 0.05 // how probable a department is taken to be that the rules do not name
	leastNamed    = 0.05 // how probable it must become to be named at all
	leastSaid     = 0.3  // log-odds below which experience is not mentioned
	relevantMost  = 15.0 // points of risk
	levelMost     = 10.0
	leastPoints   = 1.0 // fewer are left out
	pointsScale   = 3.0 // log-odds at which three quarters of the most are reached
	fewExamples   = 30  // below it before and after may differ by chance
	changesShown  = 12
	telltale      = 2.0 // points that count as a difference when it is measured
	evidenceWords = 2
)

// What bounds a model to less than a megabyte, whatever people decided.
const (
	learnedVersion = 1
	mostWords      = 20_000
	mostWeights    = 600_000
	mostBytes      = 1 << 20
)

// Learned is what an analyzer learned from people: for each content word of
// their decisions how much it speaks for a unit, for relevance and for a graver
// level. It knows no names of persons or places. It is read only once made.
type Learned struct {
	lexicon map[string]int32
	form    learnedForm
}

// learnedForm is a [Learned] as it is kept: Weights has a row a word and a column
// a unit, then one for relevance and one for the level.
type learnedForm struct {
	Version int
	Words   []string
	Units   []huiying.UnitID
	Scale   []float32 // a column
	Weights []byte    // int8
}

func (f *learnedForm) columns() int { return len(f.Units) + 2 }

// Use lets the analyzer go on with what was learned, nil for nothing. It may be
// called while posts are being assessed; each is assessed by one model.
func (a *Analyzer) Use(l *Learned) { a.learned.Store(l) }

// Encode writes a model: at most a megabyte.
func (l *Learned) Encode() ([]byte, error) {
	var raw bytes.Buffer
	if err := gob.NewEncoder(&raw).Encode(l.form); err != nil {
		return nil, fmt.Errorf("write the learned model: %w", err)
	}
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		return nil, err
	}
	out := enc.EncodeAll(raw.Bytes(), nil)
	return out, enc.Close()
}

// DecodeLearned reads what [Learned.Encode] wrote.
func DecodeLearned(data []byte) (*Learned, error) {
	bad := func(cause error) error {
		return &huiying.Error{Code: huiying.CodeInvalid, Message: "模型文件损坏或版本不符，请重新训练", Cause: cause}
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(4*mostBytes))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	raw, err := dec.DecodeAll(data, nil)
	if err != nil {
		return nil, bad(err)
	}
	var f learnedForm
	if err := gob.NewDecoder(bytes.NewReader(raw)).Decode(&f); err != nil {
		return nil, bad(err)
	}
	if f.Version != learnedVersion || len(f.Scale) != f.columns() || len(f.Weights) != f.columns()*len(f.Words) {
		return nil, bad(fmt.Errorf("version %d, %d words, %d units, %d weights", f.Version, len(f.Words), len(f.Units), len(f.Weights)))
	}
	return newLearned(f), nil
}

func newLearned(f learnedForm) *Learned {
	l := &Learned{lexicon: make(map[string]int32, len(f.Words)), form: f}
	for i, w := range f.Words {
		l.lexicon[w] = int32(i)
	}
	return l
}

// reroute moves the probabilities of the departments by what people decided
// about like posts; departments they chose that the rules did not name may join.
// Without experience that speaks the candidates are as they came.
func (l *Learned) reroute(r *reading, named []huiying.Candidate) []huiying.Candidate {
	if l == nil {
		return named
	}
	return l.rerouted(l.cues(r), r.words, named)
}

// factors are the terms of the risk score that people's decisions about like
// posts make, bounded and at most two: below zero where they were dismissed, or
// their level was lowered. The evidence is the word that says most.
func (l *Learned) factors(r *reading) []huiying.Factor {
	if l == nil {
		return nil
	}
	cues := l.cues(r)
	var out []huiying.Factor
	for i, q := range []struct {
		name string
		most float64
	}{{"同类帖文的人工判定", relevantMost}, {"同类帖文的人工定级", levelMost}} {
		column := len(l.form.Units) + i
		points := l.points(cues, column, q.most)
		words := l.speaking(cues, r.words, column, points > 0)
		if math.Abs(points) < leastPoints || len(words) == 0 {
			continue
		}
		w := words[0]
		out = append(out, huiying.Factor{Name: q.name, Weight: math.Round(points*10) / 10, Evidence: w.text, Start: w.start, End: w.end})
	}
	return out
}

func (l *Learned) points(cues []cue, column int, most float64) float64 {
	return most * math.Tanh(l.sum(cues, column)/pointsScale)
}

// cue is a known word of a text with its share in the text's vector of length 1.
type cue struct {
	row   int32
	at    int32 // index of its first occurrence
	value float32
}

func (l *Learned) cues(r *reading) []cue { return cuesOf(r.words, l.lexicon) }

// cuesOf weighs the telling words of a text; only those of the lexicon are
// returned, but all make its length: a text of other words is hardly known.
func cuesOf(words []word, lexicon map[string]int32) []cue {
	counts := make(map[string]int)
	var first []int32
	for i, w := range words {
		if !telling(w) {
			continue
		}
		if counts[w.text]++; counts[w.text] == 1 {
			first = append(first, int32(i))
		}
	}
	var out []cue
	length := 0.0
	for _, at := range first {
		v := 1 + math.Log(float64(counts[words[at].text]))
		length += v * v
		if row, ok := lexicon[words[at].text]; ok {
			out = append(out, cue{row, at, float32(v)})
		}
	}
	norm := float32(1 / math.Sqrt(max(length, 1e-9)))
	for i := range out {
		out[i].value *= norm
	}
	return out
}

// telling reports whether a word can say what a matter is about: nouns, verbs
// and adjectives, but no persons and places, and none that every letter has.
func telling(w word) bool {
	if utf8.RuneCountInString(w.text) < 2 || commonplace[w.text] || w.pos == "" || w.pos == "eng" {
		return false
	}
	name := len(w.pos) > 1 && w.pos[0] == 'n' && strings.ContainsRune("rst", rune(w.pos[1]))
	return !name && strings.ContainsRune("nvailj", rune(w.pos[0]))
}

var commonplace = func() map[string]bool {
	m := make(map[string]bool)
	for _, w := range strings.Fields(`问题 群众 居民 小区 村民 市民 网友 网民 反映 希望 有关 部门 相关 领导 单位 政府 解决 处理 情况 没有 回复
		答复 记者 县里 全县 我县 本县 我们 大家 现在 目前 可以 需要 进行 造成 影响 严重 请问 谢谢 求助 投诉 举报 建议 咨询 尽快 工作 人员 时间 地方 无法 不能 知道 有人 表示 出现 发生 存在`) {
		m[w] = true
	}
	return m
}()

func (l *Learned) weight(row int32, column int) float32 {
	f := &l.form
	return float32(int8(f.Weights[int(row)*f.columns()+column])) * f.Scale[column]
}

func (l *Learned) sum(cues []cue, column int) float64 {
	sum := float32(0)
	for _, t := range cues {
		sum += t.value * l.weight(t.row, column)
	}
	return float64(sum)
}

// speaking are the words that contribute most to a sum, in its direction.
func (l *Learned) speaking(cues []cue, words []word, column int, up bool) []word {
	share := func(t cue) float64 {
		v := float64(t.value * l.weight(t.row, column))
		if !up {
			v = -v
		}
		return v
	}
	best := slices.DeleteFunc(slices.Clone(cues), func(t cue) bool { return share(t) <= 0 })
	slices.SortStableFunc(best, func(x, y cue) int { return cmp.Compare(share(y), share(x)) })
	var out []word
	for _, t := range best[:min(len(best), evidenceWords)] {
		out = append(out, words[t.at])
	}
	return out
}

func quoted(words []word) string {
	s := ""
	for _, w := range words {
		s += "“" + w.text + "”"
	}
	return s
}

func (l *Learned) rerouted(cues []cue, words []word, named []huiying.Candidate) []huiying.Candidate {
	bonus := make([]float64, len(l.form.Units))
	speaks := false
	for c := range bonus {
		bonus[c] = l.sum(cues, c)
		speaks = speaks || math.Abs(bonus[c]) >= leastSaid
	}
	if !speaks {
		return named
	}
	p, total := shares(l.form.Units, bonus, named)
	out := make([]huiying.Candidate, 0, len(named)+1)
	for _, c := range named { // departments nobody decided about only make room
		if !slices.Contains(l.form.Units, c.Unit) {
			c.P = round(c.P / total)
			out = append(out, c)
		}
	}
	for i, unit := range l.form.Units {
		c := huiying.Candidate{Unit: unit, P: round(p[i] / total)}
		at := slices.IndexFunc(named, func(n huiying.Candidate) bool { return n.Unit == unit })
		if at < 0 && (bonus[i] < leastSaid || c.P < leastNamed) {
			continue
		}
		why := []string{}
		if at >= 0 && named[at].Why != "" {
			why = append(why, named[at].Why)
		}
		switch spoken := l.speaking(cues, words, i, bonus[i] > 0); {
		case bonus[i] >= leastSaid:
			why = append(why, "人工改派经验："+quoted(spoken)+"类帖文由人工定为本单位主办")
		case bonus[i] <= -leastSaid:
			why = append(why, "人工改派经验："+quoted(spoken)+"类帖文多由人工改派其他单位")
		}
		c.Why = strings.Join(why, "；")
		out = append(out, c)
	}
	slices.SortFunc(out, func(x, y huiying.Candidate) int {
		return cmp.Or(cmp.Compare(y.P, x.P), cmp.Compare(x.Unit, y.Unit))
	})
	return out
}

// shares are the units' parts before they are divided by total: log P of the
// rules plus the bonus. What the rules leave open (“none of these”) stays open.
func shares(units []huiying.UnitID, bonus []float64, named []huiying.Candidate) (p []float64, total float64) {
	p = make([]float64, len(units))
	rest := 1.0
	for _, c := range named {
		rest -= c.P
		if !slices.Contains(units, c.Unit) {
			total += c.P
		}
	}
	total += max(rest, unnamed)
	for i, u := range units {
		at := slices.IndexFunc(named, func(c huiying.Candidate) bool { return c.Unit == u })
		if at >= 0 {
			p[i] = named[at].P * math.Exp(bonus[i])
			total += p[i]
			continue
		}
		p[i] = unnamed * math.Exp(bonus[i])
		total += max(0, p[i]-unnamed)
	}
	return p, total
}

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
	defer a.watch.free(r.seen)
	r.tag()
	as := a.assess(r)
	l := lesson{Example: e, words: slices.DeleteFunc(r.words, func(w word) bool { return !telling(w) })}
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
