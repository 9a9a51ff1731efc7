package analyzer

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"huiying"
)

var update = flag.Bool("update", false, "draw the golden pictures anew")

// said is a row with its label and what was said of it: name, p, name, p …
func said(want string, scores ...any) judged {
	j := judged{want: want}
	for i := 0; i < len(scores); i += 2 {
		j.scores = append(j.scores, huiying.Scored{Name: scores[i].(string), P: scores[i+1].(float64)})
	}
	return j
}

func many(n int, j judged) []judged {
	out := make([]judged, n)
	for i := range out {
		out[i] = j
	}
	return out
}

func TestFiguresAreThoseOneGetsByHand(t *testing.T) {
	t.Parallel()
	m := measure("routing", []judged{
		said("水", "水", 0.9), said("水", "水", 0.7), said("水", "电", 0.5, "路", 0.2, "水", 0.1), said("水", "气", 0.4, "电", 0.2, "路", 0.1, "水", 0.1),
		said("电", "电", 0.8), said("电", "水", 0.6, "电", 0.3),
		said("路", "水", 0.6),
	})
	if m.N != 7 || m.Accuracy != 0.429 || *m.Top3 != 0.714 {
		t.Errorf("3 of 7 right, 5 of 7 among the first three: %+v", m.Scores)
	}
	for _, c := range []struct {
		label                 string
		precision, recall, f1 float64
		support               int
	}{{"水", 0.5, 0.5, 0.5, 4}, {"电", 0.5, 0.5, 0.5, 2}, {"路", 0, 0, 0, 1}} {
		if m.Precision[c.label] != c.precision || m.Recall[c.label] != c.recall || m.F1[c.label] != c.f1 || m.Support[c.label] != c.support {
			t.Errorf("%s: precision %v, recall %v, F1 %v of %d rows; want %+v", c.label, m.Precision[c.label], m.Recall[c.label], m.F1[c.label], m.Support[c.label], c)
		}
	}
	if _, ok := m.F1["气"]; ok || m.MacroF1 != 0.333 {
		t.Errorf("macro-F1 is over the labels that occur: %v of %v", m.MacroF1, m.F1)
	}
	want := &Confusion{Labels: []string{"水", "电", "路", "气"}, Counts: [][]int{{2, 1, 0, 1}, {1, 1, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 0}}}
	if !reflect.DeepEqual(m.Confusion, want) {
		t.Errorf("confusion %+v, want %+v", m.Confusion, want)
	}
}

func TestSlicesTellHardNegativesFromDisasters(t *testing.T) {
	t.Parallel()
	in := func(slice string, rows ...judged) []judged {
		for i := range rows {
			rows[i].slice = slice
		}
		return rows
	}
	yes, no := []any{"1", 0.9, "0", 0.1}, []any{"0", 0.8, "1", 0.2}
	var rows []judged
	rows = append(rows, in("duee_disaster", said("1", yes...), said("1", yes...), said("1", no...), said("1", yes...))...)
	rows = append(rows, in("kw_news_hardneg", said("0", no...), said("0", yes...))...)
	rows = append(rows, in("complaint_hardneg", said("0", no...), said("0", no...))...)
	rows = append(rows, in("complaint_plain", said("0", no...))...)
	rows = append(rows, in("ordinary_news", said("0", yes...))...)
	m := measure("emergency", rows)
	for _, c := range []struct {
		name         string
		n, positives int
		accuracy     float64
		recall, f1   float64 // −1: absent
	}{
		{"duee_disaster", 4, 4, 0.75, 0.75, 0.857},
		{"disaster", 4, 4, 0.75, 0.75, 0.857},
		{"hardneg", 4, 0, 0.75, -1, -1},
		{"complaint_hardneg", 2, 0, 1, -1, -1},
		{"ordinary_news", 1, 0, 0, -1, -1},
		{"hard", 9, 4, 0.778, 0.75, 0.75}, // tp 3, fp 1, fn 1
	} {
		s := m.Slices[c.name]
		absent := func(v *float64) float64 {
			if v == nil {
				return -1
			}
			return *v
		}
		if s.N != c.n || s.Positives != c.positives || s.Accuracy != c.accuracy || absent(s.Recall) != c.recall || absent(s.F1) != c.f1 {
			t.Errorf("%s is %+v (recall %v, F1 %v), want %+v", c.name, s, absent(s.Recall), absent(s.F1), c)
		}
		if ends := s.CI95["accuracy"]; ends[0] > s.Accuracy || ends[1] < s.Accuracy {
			t.Errorf("%s: %v is not within %v", c.name, s.Accuracy, ends)
		}
	}
	if m.Top3 != nil {
		t.Error("two labels need no first three")
	}
}

func TestDepartmentsAreTheUnitsTheProductNames(t *testing.T) {
	t.Parallel()
	a := &Analyzer{units: huiying.NewDirectory([]huiying.Unit{
		{ID: "gaj", Bureaus: []string{"公安", "公安交警"}},
		{ID: "wjj", Bureaus: []string{"卫健医保"}},
		{ID: "ybj", Bureaus: []string{"卫健医保"}},
		{ID: "zjj", Bureaus: []string{"住建房产"}},
		{ID: "yjj"},
		{ID: "t100", Township: "141122100"},
	})}
	for _, c := range []struct {
		name, text string
		units      []huiying.Candidate
		want       []huiying.Scored
	}{
		{
			"the lead first, whatever the sums", "停水",
			[]huiying.Candidate{{Unit: "zjj", P: 0.4}, {Unit: "wjj", P: 0.25}, {Unit: "ybj", P: 0.25}},
			[]huiying.Scored{{Name: "住建房产", P: 0.4}, {Name: "卫健医保", P: 0.5}},
		},
		{"police", "派出所不给落户", []huiying.Candidate{{Unit: "gaj", P: 0.5}}, []huiying.Scored{{Name: "公安", P: 0.5}}},
		{"traffic police", "红绿灯坏了没人修", []huiying.Candidate{{Unit: "gaj", P: 0.5}}, []huiying.Scored{{Name: "公安交警", P: 0.5}}},
		{
			"a unit no label stands for", "井下着火",
			[]huiying.Candidate{{Unit: "yjj", P: 0.7}, {Unit: "zjj", P: 0.1}},
			[]huiying.Scored{{Name: "其他单位", P: 0.7}, {Name: "住建房产", P: 0.1}},
		},
		{"a township answers for the place", "停水", []huiying.Candidate{{Unit: "t100", P: 0.6}, {Unit: "zjj", P: 0.4}}, []huiying.Scored{{Name: "住建房产", P: 0.4}}},
		{"nobody", "花开了", nil, []huiying.Scored{{Name: "其他单位"}}},
	} {
		if got := bureausOf(a, huiying.Post{Text: c.text}, huiying.Assessment{Units: c.units}); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if n := len(bureauLabels()); n != 16 {
		t.Errorf("%d bureaus, the set has 16", n)
	}
}

func TestCalibrationErrorIsTheMeanGapWeightedByRows(t *testing.T) {
	t.Parallel()
	yes := func(want string, p float64) judged { return judged{want: want, scores: either("1", "0", p, p >= 0.5)} }
	var rows []judged
	rows = append(rows, many(8, yes("1", 0.9))...)
	rows = append(rows, many(2, yes("0", 0.9))...) // of ten said to be 0.9 eight came true: gap 0.1
	rows = append(rows, many(6, yes("0", 0.25))...)
	rows = append(rows, many(4, yes("1", 0.25))...) // of ten said to be 0.25 four came true: gap 0.15
	rows = append(rows, many(20, yes("0", 0))...)   // never, and it never did: no gap
	m := measure("emergency", rows)
	if *m.ECE != 0.063 { // (10·0.1 + 10·0.15 + 20·0)/40 = 0.0625
		t.Errorf("ECE %v", *m.ECE)
	}
	want := []Bin{{0, 0.1, 20, 0, 0}, {0.2, 0.3, 10, 0.25, 0.4}, {0.9, 1, 10, 0.9, 0.8}}
	if !reflect.DeepEqual(m.Reliability, want) {
		t.Errorf("bins %+v, want %+v", m.Reliability, want)
	}
	sure := measure("routing", []judged{said("水", "水", 1.0), said("电", "水", 1.0), said("路", "路", 1.0), said("路", "路", 1.0)})
	if *sure.ECE != 0.25 {
		t.Errorf("of more than two labels the verdict's probability counts: sure of all and right in three of four is %v", *sure.ECE)
	}
}

func TestIntervalsAreTheSameEachTimeAndHoldTheTruthAsOftenAsTheySay(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	const truth, worlds, n = 0.8, 200, 120
	held := 0
	for range worlds {
		right := make([]float64, n)
		for i := range right {
			if r.Float64() < truth {
				right[i] = 1
			}
		}
		share := func(rows []int) []float64 {
			sum := 0.0
			for _, i := range rows {
				sum += right[i]
			}
			return []float64{sum / float64(len(rows)), math.NaN()}
		}
		ends := Bootstrap(n, share)
		if again := Bootstrap(n, share); !reflect.DeepEqual(ends, again) {
			t.Fatalf("%v, then %v", ends, again)
		}
		if ends[1] != [2]float64{} {
			t.Fatalf("what no resample has is no interval: %v", ends[1])
		}
		if ends[0][0] <= truth && truth <= ends[0][1] {
			held++
		}
	}
	// 0.95 of 200 within four standard errors
	if held < 178 || held == worlds {
		t.Errorf("%d of %d intervals hold the truth", held, worlds)
	}
}

func TestEveryFigureLiesInItsInterval(t *testing.T) {
	t.Parallel()
	m := pictured()
	within := func(name string, v float64, ends [2]float64) {
		if ends[0] > v || v > ends[1] || ends[0] == ends[1] {
			t.Errorf("%s %v is not within %v", name, v, ends)
		}
	}
	within("accuracy", m.Accuracy, m.CI95.Accuracy)
	within("macro-F1", m.MacroF1, m.CI95.MacroF1)
	within("top 3", *m.Top3, *m.CI95.Top3)
	for l := range m.F1 {
		within(l+" precision", m.Precision[l], m.CI95.Precision[l])
		within(l+" recall", m.Recall[l], m.CI95.Recall[l])
		within(l+" F1", m.F1[l], m.CI95.F1[l])
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{`"suite":"department","n":200,"accuracy":`, `"macro_f1":`, `"top3":`, `"ece":`, `"ci95":{"accuracy":[0.`, `"confusion":{"labels":[`, `"reliability":[{"from":`} {
		if !strings.Contains(string(raw), key) {
			t.Errorf("%s is missing in %.300s…", key, raw)
		}
	}
}

// pictured are metrics of 200 made-up verdicts.
func pictured() Metrics {
	labels := []string{"教育", "住建房产", "人才财政税务", "农业农村水利", "公安交警"}
	r := rand.New(rand.NewPCG(5, 6))
	rows := make([]judged, 200)
	for i := range rows {
		want, p := r.IntN(len(labels)), 0.3+0.65*r.Float64()
		got := want
		if r.Float64() > p {
			got = (want + 1 + r.IntN(2)) % len(labels)
		}
		rows[i] = said(labels[want], labels[got], p, "A<B&C", 0.02, labels[(got+4)%len(labels)], 0.01)
	}
	rows[7].scores[0].Name = "A<B&C"
	return measure("department", rows)
}

func TestPicturesAreWellFormedAndAsLastLookedAt(t *testing.T) {
	t.Parallel()
	two := measure("emergency", []judged{
		{"1", either("1", "0", 0.9, true), ""},
		{"1", either("1", "0", 0.4, false), ""},
		{"0", either("1", "0", 0.1, false), ""},
		{"0", either("1", "0", 0.2, false), ""},
		{"0", either("1", "0", 0.6, true), ""},
	})
	dir := t.TempDir()
	for _, m := range []Metrics{pictured(), two} {
		if err := m.Draw(dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"department-confusion.svg", "department-reliability.svg", "emergency-confusion.svg", "emergency-reliability.svg"} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		dec := xml.NewDecoder(strings.NewReader(string(got)))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s is no XML: %v", name, err)
			}
		}
		golden := filepath.Join("testdata", "plot", name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || string(want) != string(got) {
			t.Errorf("%s is not as it was (%v); look at it and run go test ./analyzer -run Pictures -update", name, err)
		}
	}
	words := Metrics{Suite: "segment"}
	if err := words.Draw(filepath.Join(dir, "none")); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "none")); len(left) != 0 {
		t.Errorf("words have no pictures: %v", left)
	}
}
