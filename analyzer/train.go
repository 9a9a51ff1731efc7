package analyzer

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/yanyiwu/gojieba"

	"huiying"
)

// Report is what training prints: cross-validated scores, for the sets a model
// was trained on are no test of it.
type Report struct {
	Seed   int64         `json:"seed"`
	Models []ModelReport `json:"models"`
}

// ModelReport describes one trained model.
type ModelReport struct {
	Name    string  `json:"name"`
	Data    string  `json:"data"`
	Rows    int     `json:"rows"`
	Folds   int     `json:"folds"`
	MacroF1 float64 `json:"macro_f1_cv"` // mean over labels of the pooled held-out predictions
	Bytes   int     `json:"bytes"`
}

// example is one labelled text. Rows that share a group are never split between
// training and test; rows marked extra only train.
type example struct {
	features []feature
	label    string
	group    string
	extra    bool
}

type task struct {
	name string
	sets []string
	read func(row labelled, set string) (label string, extra, ok bool)
}

type labelled struct {
	ID    string          `json:"id"`
	RawID string          `json:"raw_id"`
	Title string          `json:"title"`
	Text  string          `json:"text"`
	Label json.RawMessage `json:"label"`
}

func (l labelled) label() string { return strings.Trim(string(l.Label), `"`) }

var tasks = []task{
	{"category", []string{"routing_taidi", "routing_taidi_tok"}, func(row labelled, set string) (string, bool, bool) {
		return row.label(), set == "routing_taidi_tok", true
	}},
	{"sentiment", []string{"senti_ewect", "senti_htl", "senti_waimai", "senti_shopping", "risk_citizen"}, func(row labelled, set string) (string, bool, bool) {
		l, ok := map[string]string{"neg": "negative", "neu": "neutral", "pos": "positive", "nonneg": "neutral"}[row.label()]
		return l, set != "senti_ewect", ok
	}},
	{"emergency", []string{"emergency"}, func(row labelled, _ string) (string, bool, bool) { return row.label(), false, true }},
	{"rumor", []string{"rumor_ced"}, func(row labelled, _ string) (string, bool, bool) { return row.label(), false, true }},
}

const folds = 5

// Train learns every model from the labelled sets under dataDir and writes them
// to outDir. The same seed and data give the same files. Cross-validated scores
// go to the report; progress to the writer.
func Train(ctx context.Context, dataDir, outDir string, seed int64, progress io.Writer) (Report, error) {
	report := Report{Seed: seed}
	tmp, err := os.MkdirTemp("", "huiying-train-")
	if err != nil {
		return report, err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	paths, err := unpack(tmp, nil)
	if err != nil {
		return report, err
	}
	a := &Analyzer{jieba: gojieba.NewJieba(paths...)}
	defer a.Close()
	if err := os.MkdirAll(outDir, 0o755); err != nil {
		return report, err
	}
	for _, t := range tasks {
		if ctx.Err() != nil {
			return report, ctx.Err()
		}
		_, _ = fmt.Fprintf(progress, "训练 %s …\n", t.name)
		m, r, err := a.train(t, dataDir, seed)
		if err != nil {
			return report, fmt.Errorf("train %s: %w", t.name, err)
		}
		raw, err := m.encode()
		if err != nil {
			return report, err
		}
		if err := os.WriteFile(filepath.Join(outDir, t.name+".bin"), raw, 0o644); err != nil {
			return report, err
		}
		r.Bytes = len(raw)
		report.Models = append(report.Models, r)
	}
	return report, nil
}

func (a *Analyzer) train(t task, dataDir string, seed int64) (*linear, ModelReport, error) {
	var all []example
	var sizes []string
	newest := time.Time{}
	for _, set := range t.sets {
		path := filepath.Join(dataDir, set, "dev.jsonl")
		rows, err := readLabelled(path)
		if err != nil {
			return nil, ModelReport{}, err
		}
		if info, err := os.Stat(path); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
		sizes = append(sizes, fmt.Sprintf("%s %d", set, len(rows)))
		for _, row := range rows {
			label, extra, ok := t.read(row, set)
			if !ok {
				continue
			}
			group := row.ID
			if row.RawID != "" {
				group = row.RawID
			}
			if row.RawID != "" || set == "routing_taidi_tok" { // segmented by others: we cut it ourselves
				row.Text = strings.ReplaceAll(row.Text, " ", "")
			}
			r := a.read(huiying.Post{Title: row.Title, Text: row.Text})
			all = append(all, example{r.features, label, group, extra})
		}
	}
	data := strings.Join(sizes, ", ")
	score := crossValidate(all, seed)
	m := fit(all, seed)
	m.Name, m.Data, m.Seed, m.At = t.name, data, seed, newest.UTC()
	m.Scores = fmt.Sprintf("macro-F1 %.3f, %d folds", score, folds)
	return m, ModelReport{Name: t.name, Data: data, Rows: len(all), Folds: folds, MacroF1: math.Round(score*1000) / 1000}, nil
}

func readLabelled(path string) ([]labelled, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var rows []labelled
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 16<<20)
	for n := 1; sc.Scan(); n++ {
		var row labelled
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		rows = append(rows, row)
	}
	return rows, sc.Err()
}

// crossValidate is the macro-F1 of held-out predictions, pooled over the folds.
func crossValidate(all []example, seed int64) float64 {
	fold := make(map[string]int)
	r := rand.New(rand.NewPCG(uint64(seed), 7))
	for _, e := range all {
		if _, ok := fold[e.group]; !ok {
			fold[e.group] = r.IntN(folds)
		}
	}
	var want, got []string
	for k := range folds {
		var train []example
		for _, e := range all {
			if fold[e.group] != k {
				train = append(train, e)
			}
		}
		m := fit(train, seed)
		for _, e := range all {
			if fold[e.group] == k && !e.extra {
				want = append(want, e.label)
				got = append(got, argmax(m.probabilities(e.features)))
			}
		}
	}
	return macroF1(want, got)
}

func argmax(p map[string]float64) string {
	best := ""
	for l, v := range p {
		if best == "" || v > p[best] || v == p[best] && l < best {
			best = l
		}
	}
	return best
}

// How the regression is fitted: AdaGrad over shuffled rows, classes balanced.
const (
	epochs    = 12
	rate      = 0.5
	shrinkage = 1e-6
)

func fit(all []example, seed int64) *linear {
	var labels []string
	count := make(map[string]float64)
	for _, e := range all {
		if count[e.label]++; count[e.label] == 1 {
			labels = append(labels, e.label)
		}
	}
	slices.Sort(labels)
	k := len(labels)
	w, g := make([][]float32, k), make([][]float32, k)
	for c := range labels {
		w[c], g[c] = make([]float32, dimensions), make([]float32, dimensions)
	}
	bias := make([]float32, k)
	class := make([]int, len(all))
	weight := make([]float32, k)
	for c, l := range labels {
		weight[c] = float32(math.Sqrt(float64(len(all)) / (float64(k) * count[l])))
	}
	for i, e := range all {
		class[i] = slices.Index(labels, e.label)
	}
	r := rand.New(rand.NewPCG(uint64(seed), 11))
	p := make([]float64, k)
	for range epochs {
		for _, i := range r.Perm(len(all)) {
			step(all[i].features, class[i], weight[class[i]], w, g, bias, p)
		}
	}
	return quantized(labels, w, bias)
}

// step is one row's gradient of the log-likelihood.
func step(f []feature, want int, weight float32, w, g [][]float32, bias []float32, p []float64) {
	top, sum := math.Inf(-1), 0.0
	for c := range w {
		z := bias[c]
		for _, x := range f {
			z += w[c][x.index] * x.value
		}
		p[c] = float64(z)
		top = max(top, p[c])
	}
	for c := range p {
		p[c] = math.Exp(p[c] - top)
		sum += p[c]
	}
	for c := range w {
		d := float32(p[c] / sum)
		if c == want {
			d--
		}
		if d *= weight; d > -1e-4 && d < 1e-4 {
			continue
		}
		bias[c] -= 0.02 * d
		for _, x := range f {
			grad := d*x.value + shrinkage*w[c][x.index]
			g[c][x.index] += grad * grad
			w[c][x.index] -= rate * grad / float32(math.Sqrt(float64(g[c][x.index]))+1e-3)
		}
	}
}

func quantized(labels []string, w [][]float32, bias []float32) *linear {
	m := &linear{Labels: labels, Bias: bias, Scale: make([]float32, len(w)), W: make([][]int8, len(w))}
	for c := range w {
		top := float32(1e-6)
		for _, v := range w[c] {
			top = max(top, v, -v)
		}
		m.Scale[c] = top / 127
		m.W[c] = make([]int8, dimensions)
		for i, v := range w[c] {
			m.W[c][i] = int8(math.Round(float64(v / m.Scale[c])))
		}
	}
	return m
}
