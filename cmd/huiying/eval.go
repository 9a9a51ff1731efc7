package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"golang.org/x/text/width"

	"huiying"
	"huiying/analyzer"
	"huiying/collector"
)

type evalCmd struct {
	Suite  string `arg:"" help:"routing, department, sentiment, citizen, emergency, rumor, events, extract or segment."`
	File   string `arg:"" type:"existingfile" help:"Labelled JSONL of that suite."`
	Table  bool   `help:"Print a table instead of JSON."`
	Plot   string `type:"path" placeholder:"DIR" help:"Also write SUITE-confusion.svg and SUITE-reliability.svg to this folder, where the suite has them."`
	Errors int    `placeholder:"N" help:"Also show the N surest misjudged rows on standard error."`
}

// Run prints the metrics, each with its 95% bootstrap interval.
func (c *evalCmd) Run() error {
	switch c.Suite {
	case "extract":
		score, err := collector.EvalExtract(c.File)
		if err != nil {
			return err
		}
		return c.print(withIntervals(score))
	case "events":
		return c.withAnalyzer(func(a *analyzer.Analyzer, f io.Reader) error {
			m, err := evalEvents(a, f)
			if err != nil {
				return err
			}
			return c.print(m)
		})
	}
	return c.withAnalyzer(func(a *analyzer.Analyzer, f io.Reader) error {
		bar := newMeter("评测")
		m, err := a.Eval(c.Suite, f, bar.show)
		bar.done()
		var wrong *huiying.Error
		if errors.As(err, &wrong) && wrong.Field == "suite" {
			return usageError{err}
		}
		if err != nil {
			return err
		}
		c.explain(m)
		if c.Plot != "" {
			if err := m.Draw(c.Plot); err != nil {
				return err
			}
		}
		if c.Table {
			return writeMetrics(os.Stdout, m)
		}
		return printJSON(m)
	})
}

func (c *evalCmd) withAnalyzer(work func(*analyzer.Analyzer, io.Reader) error) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	a, err := openAnalyzer("141122")
	if err != nil {
		return err
	}
	return work(a, f)
}

// explain shows what was left out and what was judged wrong.
func (c *evalCmd) explain(m analyzer.Metrics) {
	for _, l := range slices.Sorted(maps.Keys(m.Unknown)) {
		fmt.Fprintf(os.Stderr, "标注 %q 不属于 %s，%d 行未计入\n", l, m.Suite, m.Unknown[l])
	}
	for _, e := range m.Misjudged[:max(0, min(c.Errors, len(m.Misjudged)))] {
		fmt.Fprintf(os.Stderr, "%s\t标注 %s\t判为 %s\t%.3f\t%s\n", e.ID, e.Want, e.Got, e.P, e.Text)
	}
}

// print shows metrics that have no labels: those of extract and events.
func (c *evalCmd) print(v any) error {
	if !c.Table {
		return printJSON(v)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var values map[string]any
	if err := json.Unmarshal(raw, &values); err != nil {
		return err
	}
	ends, _ := values["ci95"].(map[string]any)
	t := grid{{"指标", "值", "95% 区间"}}
	for _, f := range figureNames {
		v, ok := values[f.key].(float64)
		if !ok {
			continue
		}
		row := []string{f.name, fmt.Sprintf("%.3f", v), "—"}
		if f.count {
			row[1] = fmt.Sprint(int(v))
		}
		if e, ok := cmp.Or(ends[f.key], values[f.key+"_ci"]).([]any); ok && len(e) == 2 {
			row[2] = fmt.Sprintf("%.3f–%.3f", e[0], e[1])
		}
		t = append(t, row)
	}
	return t.write(os.Stdout)
}

var figureNames = []struct {
	key, name string
	count     bool
}{
	{"rows", "行数", true},
	{"n", "计分行数", true},
	{"content_f1", "正文 F1", false},
	{"title_rate", "标题准确率", false},
	{"date_rate", "日期准确率", false},
	{"events", "聚成事件", true},
	{"matters", "标注事项", true},
	{"largest_event", "最大事件的行数", true},
	{"background_in_labelled_events", "混入有标注事件的无标注行", true},
	{"b3_precision", "B³ 精确率", false},
	{"b3_recall", "B³ 召回率", false},
	{"b3_f1", "B³ F1", false},
}

// extractMetrics are the score of the extractor with intervals over its pages.
type extractMetrics struct {
	Suite string `json:"suite"`
	collector.ExtractScore
	CI95 map[string][2]float64 `json:"ci95"`
}

func withIntervals(s collector.ExtractScore) extractMetrics {
	ends := analyzer.Bootstrap(len(s.Pages), func(rows []int) []float64 {
		content, titles, dates, dated := 0.0, 0.0, 0.0, 0.0
		for _, i := range rows {
			p := s.Pages[i]
			content += p.ContentF1
			if p.TitleOK {
				titles++
			}
			if p.DateOK != nil {
				dated++
				if *p.DateOK {
					dates++
				}
			}
		}
		n := float64(len(rows))
		return []float64{content / n, titles / n, dates / dated}
	})
	return extractMetrics{"extract", s, map[string][2]float64{"content_f1": ends[0], "title_rate": ends[1], "date_rate": ends[2]}}
}

// writeMetrics writes the figures, those by label, those by origin, and the
// labels most often taken for others.
func writeMetrics(w io.Writer, m analyzer.Metrics) error {
	t := grid{{"指标（" + m.Suite + "）", "值", "95% 区间", "n"}}
	add := func(name string, v float64, ends [2]float64) {
		t = append(t, []string{name, fmt.Sprintf("%.3f", v), between(ends), fmt.Sprint(m.N)})
	}
	add("准确率", m.Accuracy, m.CI95.Accuracy)
	add("宏平均 F1", m.MacroF1, m.CI95.MacroF1)
	if m.Top3 != nil {
		add("前三命中率", *m.Top3, *m.CI95.Top3)
	}
	if m.ECE != nil {
		add("校准误差 ECE", *m.ECE, *m.CI95.ECE)
	}
	labels := grid{{"标注", "n", "精确率", "95% 区间", "召回率", "95% 区间", "F1", "95% 区间"}}
	for _, l := range labelsOf(m) {
		labels = append(labels, []string{
			analyzer.LabelName(m.Suite, l), support(m, l), fmt.Sprintf("%.3f", m.Precision[l]), between(m.CI95.Precision[l]),
			fmt.Sprintf("%.3f", m.Recall[l]), between(m.CI95.Recall[l]), fmt.Sprintf("%.3f", m.F1[l]), between(m.CI95.F1[l]),
		})
	}
	for _, g := range []grid{t, labels, origins(m), confused(m)} {
		if len(g) < 2 {
			continue
		}
		if err := g.write(w); err != nil {
			return err
		}
	}
	return nil
}

func labelsOf(m analyzer.Metrics) []string {
	return slices.SortedFunc(maps.Keys(m.F1), func(a, b string) int {
		return cmp.Or(cmp.Compare(m.Support[b], m.Support[a]), strings.Compare(a, b))
	})
}

func support(m analyzer.Metrics, l string) string {
	if n, ok := m.Support[l]; ok {
		return fmt.Sprint(n)
	}
	return "—" // words are not counted by label
}

var gatheredSlices = []struct{ key, name string }{{"hard", "难例合计"}, {"hardneg", "难负例合计"}, {"disaster", "灾害合计"}}

// origins are the slices, those that gather others first.
func origins(m analyzer.Metrics) grid {
	g := grid{{"来源切片", "n", "正例", "准确率", "95% 区间", "召回率", "95% 区间", "F1", "95% 区间"}}
	add := func(name string, s analyzer.Slice) {
		row := []string{name, fmt.Sprint(s.N), fmt.Sprint(s.Positives), fmt.Sprintf("%.3f", s.Accuracy), between(s.CI95["accuracy"]), "—", "—", "—", "—"}
		if s.Recall != nil {
			row[5], row[6] = fmt.Sprintf("%.3f", *s.Recall), between(s.CI95["recall"])
			row[7], row[8] = fmt.Sprintf("%.3f", *s.F1), between(s.CI95["f1"])
		}
		g = append(g, row)
	}
	left := maps.Clone(m.Slices)
	for _, s := range gatheredSlices {
		if of, ok := left[s.key]; ok {
			add(s.name, of)
			delete(left, s.key)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		add(name, left[name])
	}
	return g
}

// confused are the ten pairs of labels most often taken for each other.
func confused(m analyzer.Metrics) grid {
	if m.Confusion == nil {
		return nil
	}
	type pair struct{ want, got, n int }
	var pairs []pair
	for i, row := range m.Confusion.Counts {
		for j, n := range row {
			if i != j && n > 0 {
				pairs = append(pairs, pair{i, j, n})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(b.n, a.n) })
	g := grid{{"常见误判", "判为", "行数"}}
	for _, p := range pairs[:min(10, len(pairs))] {
		l := m.Confusion.Labels
		g = append(g, []string{analyzer.LabelName(m.Suite, l[p.want]), analyzer.LabelName(m.Suite, l[p.got]), fmt.Sprint(p.n)})
	}
	return g
}

func between(ends [2]float64) string { return fmt.Sprintf("%.3f–%.3f", ends[0], ends[1]) }

// grid is a table for a terminal; the first row is its head.
type grid [][]string

func (g grid) write(w io.Writer) error {
	var wide []int
	for _, row := range g {
		for i, cell := range row {
			if i == len(wide) {
				wide = append(wide, 0)
			}
			wide[i] = max(wide[i], columns(cell))
		}
	}
	var out strings.Builder
	for n, row := range g {
		for i, cell := range row {
			if pad := strings.Repeat(" ", wide[i]-columns(cell)); i == 0 {
				out.WriteString(cell + pad)
			} else {
				out.WriteString("  " + pad + cell)
			}
		}
		out.WriteByte('\n')
		if n == 0 {
			for i, n := range wide {
				out.WriteString(strings.Repeat("─", n+2*min(i, 1)))
			}
			out.WriteByte('\n')
		}
	}
	out.WriteByte('\n')
	_, err := io.WriteString(w, out.String())
	return err
}

// columns is how wide a terminal shows the text: Chinese characters take two.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}
