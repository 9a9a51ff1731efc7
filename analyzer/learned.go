package analyzer

import (
	"bytes"
	"cmp"
	"encoding/gob"
	"fmt"
	"math"
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
