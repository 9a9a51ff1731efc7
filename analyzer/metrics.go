package analyzer

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"huiying"
)

// Metrics is how the analyzer does on labelled rows. The models were trained on
// the dev sets: on these it tells of memory, not of skill ([Train] prints
// cross-validated scores).
type Metrics struct {
	Suite string `json:"suite"`
	N     int    `json:"n"`
	Scores[float64]
	Positive    string             `json:"positive,omitempty"` // the label that is looked for, in suites of two
	Support     map[string]int     `json:"support,omitempty"`
	Confusion   *Confusion         `json:"confusion,omitempty"`
	Reliability []Bin              `json:"reliability,omitempty"`
	CI95        Scores[[2]float64] `json:"ci95"`
	Slices      map[string]Slice   `json:"slices,omitempty"`
	Unknown     map[string]int     `json:"unknown_labels,omitempty"` // rows left out, by their label
	Misjudged   []Misjudged        `json:"-"`                        // the surest first
}

// Scores are figures between 0 and 1, or the low and high ends of their
// intervals. Those by label are of the labels that occur.
type Scores[T float64 | [2]float64] struct {
	Accuracy  T            `json:"accuracy"`
	MacroF1   T            `json:"macro_f1"`       // mean F1 of the labels that occur
	Top3      *T           `json:"top3,omitempty"` // the label is among the first three, in suites of more than two
	ECE       *T           `json:"ece,omitempty"`  // expected calibration error (Naeini et al. 2015)
	Precision map[string]T `json:"precision"`
	Recall    map[string]T `json:"recall"`
	F1        map[string]T `json:"f1"`
}

// Confusion counts rows by the label they have and the one they were given:
// Counts[i][j] rows of Labels[i] were judged Labels[j]. Frequent labels first;
// those never wanted stand last.
type Confusion struct {
	Labels []string `json:"labels"`
	Counts [][]int  `json:"counts"`
}

// Bin gathers the rows whose probability lies between From and To: how probable
// they were said to be in the mean, and which share of them came true. The
// probability is that of the positive label, or of the verdict in suites of more
// than two labels.
type Bin struct {
	From      float64 `json:"from"`
	To        float64 `json:"to"`
	N         int     `json:"n"`
	Predicted float64 `json:"predicted"`
	Observed  float64 `json:"observed"`
}

// Slice is how rows of one origin do. Recall and F1 are of the positive label,
// absent where it does not occur: there accuracy is the specificity.
type Slice struct {
	N         int                   `json:"n"`
	Positives int                   `json:"positives"`
	Accuracy  float64               `json:"accuracy"`
	Recall    *float64              `json:"recall,omitempty"`
	F1        *float64              `json:"f1,omitempty"`
	CI95      map[string][2]float64 `json:"ci95"`
}

// Misjudged is a row whose verdict is wrong. P is the verdict's probability.
type Misjudged struct {
	ID, Want, Got string
	P             float64
	Text          string
}

// judged is one row with its verdict: scores[0] names it, whatever the others
// are; in suites of two labels the positive one must be among them.
type judged struct {
	want   string
	scores []huiying.Scored
	slice  string
}

func (j judged) got() huiying.Scored {
	if len(j.scores) == 0 {
		return huiying.Scored{}
	}
	return j.scores[0]
}

// measure compares verdicts with labels. The same rows give the same figures and
// the same intervals.
func measure(suite string, rows []judged) Metrics {
	s := newSheet(suites[suite].positive, rows)
	all := s.figures(whole(len(rows)))
	intervals := Bootstrap(len(rows), s.figures)
	m := Metrics{
		Suite: suite, N: len(rows), Positive: s.positive, Support: make(map[string]int),
		Scores: scores(s, all), CI95: scores(s, intervals),
		Confusion: s.confusion(), Reliability: s.bins(whole(len(rows))), Slices: s.slices(rows),
	}
	for _, r := range rows {
		m.Support[r.want]++
	}
	for i := range m.Reliability {
		b := &m.Reliability[i]
		b.Predicted, b.Observed = three(b.Predicted), three(b.Observed)
	}
	return m
}

// sheet is the rows as numbers, quick to resample.
type sheet struct {
	positive  string
	labels    []string // the first wanted of them occur as labels
	wanted    int
	want, got []int // in labels
	top3      []bool
	p         []float64 // what was said to be probable
	true      []bool    // and whether it was so
}

func newSheet(positive string, rows []judged) *sheet {
	support := make(map[string]int)
	for _, r := range rows {
		support[r.want]++
	}
	s := &sheet{positive: positive, wanted: len(support)}
	for _, r := range rows {
		if _, ok := support[r.got().Name]; !ok {
			support[r.got().Name] = 0
		}
	}
	for l := range support {
		s.labels = append(s.labels, l)
	}
	slices.SortFunc(s.labels, func(a, b string) int {
		return cmp.Or(cmp.Compare(support[b], support[a]), strings.Compare(a, b))
	})
	for _, r := range rows {
		got := r.got()
		s.want = append(s.want, slices.Index(s.labels, r.want))
		s.got = append(s.got, slices.Index(s.labels, got.Name))
		is := func(x huiying.Scored) bool { return x.Name == r.want }
		s.top3 = append(s.top3, slices.ContainsFunc(r.scores[:min(3, len(r.scores))], is))
		p, came := got.P, got.Name == r.want
		if positive != "" {
			p, came = 0, r.want == positive
			if i := slices.IndexFunc(r.scores, func(x huiying.Scored) bool { return x.Name == positive }); i >= 0 {
				p = r.scores[i].P
			}
		}
		s.p, s.true = append(s.p, p), append(s.true, came)
	}
	return s
}

// figures are accuracy, macro-F1, top-3, calibration error, and precision,
// recall and F1 of every wanted label; NaN of one that the rows do not have.
func (s *sheet) figures(rows []int) []float64 {
	n := float64(len(rows))
	right, asked, said := make([]float64, len(s.labels)), make([]float64, len(s.labels)), make([]float64, len(s.labels))
	hits, top3 := 0.0, 0.0
	for _, i := range rows {
		asked[s.want[i]]++
		said[s.got[i]]++
		if s.want[i] == s.got[i] {
			right[s.want[i]]++
			hits++
		}
		if s.top3[i] {
			top3++
		}
	}
	out := []float64{hits / n, 0, top3 / n, calibrationError(s.bins(rows))}
	sum, occur := 0.0, 0.0
	for l := range s.wanted {
		if asked[l] == 0 {
			out = append(out, math.NaN(), math.NaN(), math.NaN())
			continue
		}
		f := 2 * right[l] / (asked[l] + said[l])
		out = append(out, right[l]/max(1, said[l]), right[l]/asked[l], f)
		sum += f
		occur++
	}
	out[1] = sum / max(1, occur)
	return out
}

// scores names the figures, which may be intervals.
func scores[T float64 | [2]float64](s *sheet, f []T) Scores[T] {
	out := Scores[T]{
		Accuracy: rounded(f[0]), MacroF1: rounded(f[1]),
		Precision: make(map[string]T), Recall: make(map[string]T), F1: make(map[string]T),
	}
	if s.positive == "" && s.wanted > 2 {
		top := rounded(f[2])
		out.Top3 = &top
	}
	ece := rounded(f[3])
	out.ECE = &ece
	for i, l := range s.labels[:s.wanted] {
		of := f[4+3*i:]
		out.Precision[l], out.Recall[l], out.F1[l] = rounded(of[0]), rounded(of[1]), rounded(of[2])
	}
	return out
}

const calibrationBins = 10

// bins of equal width that hold rows.
func (s *sheet) bins(rows []int) []Bin {
	var all [calibrationBins]Bin
	for _, i := range rows {
		b := &all[max(0, min(calibrationBins-1, int(s.p[i]*calibrationBins)))]
		b.N++
		b.Predicted += s.p[i]
		if s.true[i] {
			b.Observed++
		}
	}
	out := make([]Bin, 0, calibrationBins)
	for i, b := range all {
		if b.N > 0 {
			n := float64(b.N)
			out = append(out, Bin{float64(i) / calibrationBins, float64(i+1) / calibrationBins, b.N, b.Predicted / n, b.Observed / n})
		}
	}
	return out
}

// calibrationError is the mean gap between what was said and what came true,
// weighted by rows: Naeini, Cooper and Hauskrecht 2015.
func calibrationError(bins []Bin) float64 {
	gap, n := 0.0, 0.0
	for _, b := range bins {
		gap += float64(b.N) * math.Abs(b.Observed-b.Predicted)
		n += float64(b.N)
	}
	return gap / max(1, n)
}

func (s *sheet) confusion() *Confusion {
	c := &Confusion{Labels: s.labels, Counts: make([][]int, len(s.labels))}
	for i := range c.Counts {
		c.Counts[i] = make([]int, len(s.labels))
	}
	for i := range s.want {
		c.Counts[s.want[i]][s.got[i]]++
	}
	return c
}

// gathered slices: those that are hard for a finder of keywords, the hard
// negatives among them (drills, history, policy, metaphors), and the disasters.
var gathered = map[string]func(slice string) bool{
	"hard": func(s string) bool {
		return strings.Contains(s, "hardneg") || strings.Contains(s, "disaster") || strings.Contains(s, "complaint")
	},
	"hardneg":  func(s string) bool { return strings.HasSuffix(s, "_hardneg") },
	"disaster": func(s string) bool { return strings.HasSuffix(s, "_disaster") },
}

func (s *sheet) slices(rows []judged) map[string]Slice {
	of := make(map[string][]int)
	for i, r := range rows {
		if r.slice == "" {
			continue
		}
		of[r.slice] = append(of[r.slice], i)
		for name, holds := range gathered {
			if holds(r.slice) {
				of[name] = append(of[name], i)
			}
		}
	}
	out := make(map[string]Slice, len(of))
	for name, rows := range of {
		out[name] = s.slice(rows)
	}
	return out
}

func (s *sheet) slice(rows []int) Slice {
	positive := slices.Index(s.labels, s.positive)
	figures := func(sample []int) []float64 {
		right, tp, asked, said := 0.0, 0.0, 0.0, 0.0
		for _, k := range sample {
			want, got := s.want[rows[k]], s.got[rows[k]]
			if want == got {
				right++
			}
			if want == positive {
				asked++
			}
			if got == positive {
				said++
			}
			if want == positive && got == positive {
				tp++
			}
		}
		out := []float64{right / float64(len(sample)), math.NaN(), math.NaN(), asked}
		if asked > 0 {
			out[1], out[2] = tp/asked, 2*tp/(asked+said)
		}
		return out
	}
	f, ends := figures(whole(len(rows))), Bootstrap(len(rows), figures)
	out := Slice{N: len(rows), Positives: int(f[3]), Accuracy: three(f[0]), CI95: map[string][2]float64{"accuracy": rounded(ends[0])}}
	if out.Positives > 0 {
		recall, f1 := three(f[1]), three(f[2])
		out.Recall, out.F1 = &recall, &f1
		out.CI95["recall"], out.CI95["f1"] = rounded(ends[1]), rounded(ends[2])
	}
	return out
}

const resamples = 1000

// Bootstrap gives the 95% percentile interval of every figure of n rows: the
// figures are computed of 1000 resamples of the rows, drawn with replacement
// and a fixed seed (Efron and Tibshirani 1993, §13.3). A resample in which a
// figure is NaN does not count for it.
func Bootstrap(n int, figures func(rows []int) []float64) [][2]float64 {
	r := rand.New(rand.NewPCG(1, 95))
	var drawn [][]float64 // figure × resample
	rows := make([]int, n)
	for range resamples {
		for i := range rows {
			rows[i] = r.IntN(n)
		}
		for i, v := range figures(rows) {
			if i == len(drawn) {
				drawn = append(drawn, nil)
			}
			if !math.IsNaN(v) {
				drawn[i] = append(drawn[i], v)
			}
		}
	}
	out := make([][2]float64, len(drawn))
	for i, v := range drawn {
		if len(v) > 0 {
			slices.Sort(v)
			tail := len(v) / 40 // 2.5%
			out[i] = [2]float64{v[tail], v[len(v)-1-tail]}
		}
	}
	return out
}

// whole names every row once.
func whole(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

func three(v float64) float64 { return math.Round(v*1000) / 1000 }

// rounded keeps three decimals of a figure or of both ends of an interval.
func rounded[T float64 | [2]float64](v T) T {
	switch v := any(&v).(type) {
	case *float64:
		*v = three(*v)
	case *[2]float64:
		v[0], v[1] = three(v[0]), three(v[1])
	}
	return v
}
