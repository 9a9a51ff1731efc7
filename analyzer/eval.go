package analyzer

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"huiying"
)

// Metrics is how the analyzer does on labelled rows. The models were trained on
// the dev sets: on these it tells of memory, not of skill ([Train] prints
// cross-validated scores).
type Metrics struct {
	Suite    string             `json:"suite"`
	N        int                `json:"n"`
	Accuracy float64            `json:"accuracy"`
	MacroF1  float64            `json:"macro_f1"`
	F1       map[string]float64 `json:"f1"`
}

// Eval runs a suite over labelled JSONL: routing, sentiment, citizen, emergency,
// rumor or segment. An unknown suite is an error that lists them.
func (a *Analyzer) Eval(suite string, rows io.Reader) (Metrics, error) {
	judge, ok := suites[suite]
	if !ok && suite != "segment" {
		return Metrics{}, huiying.Invalid("suite", "没有 %q 这项评测，可用：routing sentiment citizen emergency rumor segment extract events", suite)
	}
	intake := huiying.Intake{Region: a.county.Region, Key: []byte("eval"), Now: huiying.Speed{}.Now}
	sc := bufio.NewScanner(rows)
	sc.Buffer(nil, 16<<20)
	var want, got []string
	var cut boundaries
	for n := 1; sc.Scan(); n++ {
		var row labelled
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			return Metrics{}, fmt.Errorf("第 %d 行: %w", n, err)
		}
		if suite == "segment" {
			if err := cut.add(a, row); err != nil {
				return Metrics{}, fmt.Errorf("第 %d 行: %w", n, err)
			}
			continue
		}
		p, err := intake.Accept(huiying.Post{Channel: huiying.ChannelLetter, Title: row.Title, Text: row.Text})
		if err != nil {
			return Metrics{}, fmt.Errorf("第 %d 行: %w", n, err)
		}
		w, g := judge(row, a.Assess(p))
		want, got = append(want, w), append(got, g)
	}
	if err := sc.Err(); err != nil {
		return Metrics{}, err
	}
	if suite == "segment" {
		return cut.metrics(), nil
	}
	return metrics(suite, want, got), nil
}

var suites = map[string]func(labelled, huiying.Assessment) (want, got string){
	"routing": func(r labelled, a huiying.Assessment) (string, string) { return r.label(), a.Category },
	"sentiment": func(r labelled, a huiying.Assessment) (string, string) {
		return negative(r.label() == "neg"), negative(a.Sentiment.Label == "negative")
	},
	"citizen": func(r labelled, a huiying.Assessment) (string, string) {
		return negative(r.label() == "neg"), negative(a.Sentiment.Label == "negative")
	},
	"emergency": func(r labelled, a huiying.Assessment) (string, string) {
		return r.label(), map[bool]string{true: "1", false: "0"}[a.Emergency.P >= 0.5]
	},
	"rumor": func(r labelled, a huiying.Assessment) (string, string) {
		return r.label(), map[bool]string{true: "rumor", false: "nonrumor"}[a.Rumor.P >= 0.5]
	},
}

func negative(yes bool) string {
	if yes {
		return "negative"
	}
	return "other"
}

func metrics(suite string, want, got []string) Metrics {
	m := Metrics{Suite: suite, N: len(want), F1: f1(want, got), MacroF1: macroF1(want, got)}
	for i := range want {
		if want[i] == got[i] {
			m.Accuracy += 1 / float64(len(want))
		}
	}
	m.Accuracy, m.MacroF1 = three(m.Accuracy), three(m.MacroF1)
	return m
}

func f1(want, got []string) map[string]float64 {
	tp, fp, fn := make(map[string]float64), make(map[string]float64), make(map[string]float64)
	for i := range want {
		if want[i] == got[i] {
			tp[want[i]]++
			continue
		}
		fn[want[i]]++
		fp[got[i]]++
	}
	out := make(map[string]float64)
	for _, l := range want {
		out[l] = three(2 * tp[l] / (2*tp[l] + fp[l] + fn[l]))
	}
	return out
}

// macroF1 is the mean F1 over the labels that occur.
func macroF1(want, got []string) float64 {
	all := f1(want, got)
	sum := 0.0
	for _, v := range all {
		sum += v
	}
	return sum / max(1, float64(len(all)))
}

func three(v float64) float64 { return math.Round(v*1000) / 1000 }

// boundaries scores segmentation: words whose both ends are right.
type boundaries struct{ rows, right, ours, theirs int }

func (b *boundaries) add(a *Analyzer, row labelled) error {
	var gold []string
	if err := json.Unmarshal(row.Label, &gold); err != nil {
		return err
	}
	ours := make(map[[2]int]bool)
	for _, w := range a.segment(strings.Join(gold, "")) {
		ours[[2]int{w.start, w.end}] = true
	}
	b.rows++
	b.ours += len(ours)
	b.theirs += len(gold)
	at := 0
	for _, w := range gold {
		n := len([]rune(w))
		if ours[[2]int{at, at + n}] {
			b.right++
		}
		at += n
	}
	return nil
}

func (b *boundaries) metrics() Metrics {
	p, r := float64(b.right)/max(1, float64(b.ours)), float64(b.right)/max(1, float64(b.theirs))
	f := three(2 * p * r / max(1e-9, p+r))
	return Metrics{Suite: "segment", N: b.rows, Accuracy: three(p), MacroF1: f, F1: map[string]float64{"words": f}}
}

func sortFeatures(f []feature) {
	slices.SortFunc(f, func(a, b feature) int { return cmp.Compare(a.index, b.index) })
}
