package main

import (
	"strings"
	"testing"

	"huiying/analyzer"
	"huiying/collector"
)

func TestTableOfMetricsStandsInColumns(t *testing.T) {
	t.Parallel()
	recall := 0.75
	m := analyzer.Metrics{
		Suite: "emergency", N: 12, Support: map[string]int{"1": 4, "0": 8},
		Scores: analyzer.Scores[float64]{
			Accuracy: 0.917, MacroF1: 0.9, ECE: &recall,
			Precision: map[string]float64{"1": 1, "0": 0.889}, Recall: map[string]float64{"1": 0.75, "0": 1}, F1: map[string]float64{"1": 0.857, "0": 0.941},
		},
		CI95: analyzer.Scores[[2]float64]{
			Accuracy: [2]float64{0.75, 1}, ECE: &[2]float64{0.1, 0.2}, F1: map[string][2]float64{"1": {0.4, 1}},
		},
		Slices:    map[string]analyzer.Slice{"hard": {N: 5, Positives: 4, Accuracy: 0.8, Recall: &recall, F1: &recall}, "ordinary_news": {N: 7, Accuracy: 1}},
		Confusion: &analyzer.Confusion{Labels: []string{"0", "1"}, Counts: [][]int{{8, 0}, {1, 3}}},
	}
	var out strings.Builder
	if err := writeMetrics(&out, m); err != nil {
		t.Fatal(err)
	}
	for _, table := range strings.Split(strings.TrimSpace(out.String()), "\n\n") {
		lines := strings.Split(table, "\n")
		for _, l := range lines {
			if columns(l) != columns(lines[0]) {
				t.Errorf("%q is %d columns wide, its head %d", l, columns(l), columns(lines[0]))
			}
		}
	}
	for _, want := range []string{"准确率             0.917  0.750–1.000  12", "非突发  8", "────\n难例合计       5     4", "ordinary_news  7     0   1.000", "突发      非突发     1"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}

func TestIntervalsOfExtractionAreOverPages(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	m := withIntervals(collector.ExtractScore{N: 4, Pages: []collector.PageResult{
		{ContentF1: 1, TitleOK: true, DateOK: &yes}, {ContentF1: 0.5, TitleOK: true, DateOK: &no}, {ContentF1: 0.5, TitleOK: true}, {ContentF1: 1, TitleOK: true},
	}})
	if ends := m.CI95["content_f1"]; ends != [2]float64{0.5, 1} {
		t.Errorf("content %v", ends)
	}
	if ends := m.CI95["title_rate"]; ends != [2]float64{1, 1} {
		t.Errorf("titles %v", ends)
	}
	if ends := m.CI95["date_rate"]; ends != [2]float64{0, 1} {
		t.Errorf("dates of the pages that have one: %v", ends)
	}
}
