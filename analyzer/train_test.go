package analyzer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"huiying/analyzer"
)

// twoClasses are what a row of each label is about, so plain that any learner
// must tell them apart.
var twoClasses = map[string]map[string][]string{
	"routing_taidi":     {"交通运输": {"公交车", "出租车", "道路拥堵", "红绿灯"}, "教育文体": {"学校", "老师", "补课", "作业"}},
	"routing_taidi_tok": {"交通运输": {"公交 车", "出租 车"}, "教育文体": {"学 校", "老 师"}},
	"senti_ewect":       {"pos": {"开心", "喜欢", "真棒"}, "neg": {"生气", "讨厌", "失望"}, "neu": {"今天", "路过", "看见"}},
	"senti_htl":         {"pos": {"干净", "舒服"}, "neg": {"太脏", "吵闹"}},
	"senti_waimai":      {"pos": {"好吃"}, "neg": {"难吃"}},
	"senti_shopping":    {"pos": {"好用"}, "neg": {"坏了"}},
	"risk_citizen":      {"neg": {"投诉", "讨要"}, "nonneg": {"咨询", "建议"}},
	"cluster_taidi3":    {"": {"小区", "马路", "公园"}},
	"routing_dept_weak": {"教育": {"学校", "老师"}, "公安": {"报警", "民警"}},
	"emergency":         {"1": {"爆炸", "地震", "洪水"}, "0": {"联欢", "开学", "降价"}},
	"rumor_ced":         {"rumor": {"速转", "内部消息"}, "nonrumor": {"通报", "据报道"}},
}

// writeSets makes the labelled sets in the shape of the real ones.
func writeSets(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for set, classes := range twoClasses {
		var out bytes.Buffer
		for i := range 12 {
			for _, label := range []string{"", "教育", "公安", "交通运输", "教育文体", "pos", "neg", "neu", "nonneg", "1", "0", "rumor", "nonrumor"} {
				words := classes[label]
				if len(words) == 0 {
					continue
				}
				row := map[string]string{"id": fmt.Sprintf("%s-%s-%d", set, label, i), "label": label, "text": fmt.Sprintf("%s，说的是%s和%s", chatter(set, label, i), words[i%len(words)], words[(i+1)%len(words)])}
				if set == "senti_ewect" {
					row["emotion"] = map[string]string{"pos": "happy", "neg": "angry", "neu": "neutral"}[label]
				}
				if set == "emergency" && label == "0" { // they sound like one
					row["slice"] = "kw_hardneg"
				}
				if set == "routing_taidi_tok" {
					row["raw_id"] = fmt.Sprintf("routing_taidi-%s-%d", label, i)
				}
				if err := json.NewEncoder(&out).Encode(row); err != nil {
					t.Fatal(err)
				}
			}
		}
		path := filepath.Join(dir, set, "dev.jsonl")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		old := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// chatter are thirty letters that no other text has in this order, so that texts
// of the same words are no copies of each other.
func chatter(set, label string, i int) string {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, set, label, i)
	r := rand.New(rand.NewPCG(h.Sum64(), 0))
	out := make([]rune, 30)
	for k := range out {
		out[k] = rune(0x4E00 + r.IntN(0x5000))
	}
	return string(out)
}

func TestARowThatCountsTwiceIsTwoRows(t *testing.T) {
	t.Parallel()
	z, yes := []float64{-2, -1, -0.3, 0.2, 1.1, 1.8}, []bool{false, true, false, true, false, true}
	once := []float64{1, 1, 1, 1, 1, 1}
	a, b := analyzer.Platt(append(z, z[1], z[3]), append(yes, yes[1], yes[3]), append(once, 1, 1))
	gotA, gotB := analyzer.Platt(z, yes, []float64{1, 2, 1, 2, 1, 1})
	if math.Abs(a-gotA) > 1e-6 || math.Abs(b-gotB) > 1e-6 {
		t.Errorf("a, b = %.6f, %.6f, of the rows written twice %.6f, %.6f", gotA, gotB, a, b)
	}
	a, b = analyzer.Platt(z[:4], yes[:4], once[:4])
	gotA, gotB = analyzer.Platt(z, yes, []float64{1, 1, 1, 1, 0, 0})
	if math.Abs(a-gotA) > 1e-6 || math.Abs(b-gotB) > 1e-6 {
		t.Errorf("a, b = %.6f, %.6f with rows that do not count, %.6f, %.6f without", gotA, gotB, a, b)
	}
}

// What is true of copies alone must not count: each text here is there four times
// with a word changed and has a label by chance.
func TestACopyOfATrainedRowIsNoTestOfTheModel(t *testing.T) {
	t.Parallel()
	data := writeSets(t)
	var out bytes.Buffer
	labels := []string{"rumor", "nonrumor"}
	chance := rand.New(rand.NewPCG(3, 0))
	for i := range 80 {
		label := labels[chance.IntN(2)]
		for k := range 4 {
			row := map[string]string{"id": fmt.Sprint(i, "-", k), "label": label, "text": fmt.Sprintf("%s%d%s", chatter("a", "", i), k, chatter("b", "", i))}
			if err := json.NewEncoder(&out).Encode(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(data, "rumor_ced", "dev.jsonl"), out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := shared().Train(t.Context(), data, t.TempDir(), 1, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range report.Tasks {
		if task.Name == "rumor" && (task.Held.N != 320 || task.Held.Accuracy > 0.7) {
			t.Errorf("%d rows of chance are judged right %.2f of the time", task.Held.N, task.Held.Accuracy)
		}
	}
}

func TestTrainingTwiceWritesTheSameModelsAndTheyTellClassesApart(t *testing.T) {
	t.Parallel()
	data := writeSets(t)
	train := func(seed int64) (string, analyzer.Report) {
		out := filepath.Join(t.TempDir(), "models")
		report, err := shared().Train(t.Context(), data, out, seed, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		return out, report
	}
	first, report := train(7)
	second, again := train(7)
	other, _ := train(8)
	if !reflect.DeepEqual(report, again) || len(report.Tasks) != 12 || report.Seed != 7 || report.Folds != 5 {
		t.Errorf("reports %+v\nand %+v", report, again)
	}
	a, b, c := modelFile(t, first), modelFile(t, second), modelFile(t, other)
	if !bytes.Equal(a, b) {
		t.Error("the model differs from run to run")
	}
	if bytes.Equal(a, c) {
		t.Error("another seed gives the same model: it is not used")
	}
	if len(a) != report.Bytes {
		t.Errorf("report says %d bytes, the file has %d", report.Bytes, len(a))
	}
	for _, task := range report.Tasks {
		least := 0.9
		if task.Name == "emotion" {
			least = 0.5 // its feelings are hardly taught by three words each
		}
		if m := task.Held; m.N < 24 || m.MacroF1 < least || task.Rows < m.N || task.Data == "" {
			t.Errorf("report of %s: %+v", task.Name, task)
		}
	}
	for _, suite := range []string{"routing", "department", "sentiment", "sentiment/senti_htl", "citizen", "emergency", "rumor"} {
		if m := report.Product[suite]; m.N < 12 || m.ECE == nil {
			t.Errorf("the whole product on %s: %+v", suite, m)
		}
	}
	for _, c := range []struct{ model, text, label string }{
		{"category", "红绿灯坏了，公交车不停", "交通运输"},
		{"category", "学校的老师要补课", "教育文体"},
		{"emergency", "刚才发生爆炸", "1"},
		{"rumor", "内部消息，速转", "rumor"},
		{"sentiment", "讨厌，失望", "negative"},
		{"emotion", "喜欢，真棒", "happy"},
	} {
		p, err := shared().Predict(first, c.model, c.text)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for label, v := range p {
			if sum += v; label != c.label && v > p[c.label] || v < 0 || v > 1 {
				t.Errorf("%s: %q is %v, want %s", c.model, c.text, p, c.label)
			}
		}
		if len(p) > 1 && math.Abs(sum-1) > 1e-9 {
			t.Errorf("%s: %q is %v, which sums to %v", c.model, c.text, p, sum)
		}
	}
}

func modelFile(t *testing.T, dir string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "model.bin"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestTrainingSaysWhatItMisses(t *testing.T) {
	t.Parallel()
	data := writeSets(t)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := shared().Train(stopped, data, t.TempDir(), 1, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("after a stop: %v", err)
	}
	broken := filepath.Join(data, "routing_taidi", "dev.jsonl")
	if err := os.WriteFile(broken, []byte("{\"id\":\"1\",\"text\":\"a\",\"label\":\"b\"}\n{oops\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := shared().Train(t.Context(), data, t.TempDir(), 1, io.Discard); err == nil || !strings.Contains(err.Error(), "dev.jsonl:2") {
		t.Errorf("a broken row must be named: %v", err)
	}
	if _, err := shared().Train(t.Context(), t.TempDir(), t.TempDir(), 1, io.Discard); err == nil || !strings.Contains(err.Error(), "senti_ewect") {
		t.Errorf("a missing set must be named: %v", err)
	}
}

func TestOfRumoursLateRowsCountForMoreWhenProbabilitiesAreFitted(t *testing.T) {
	times := []string{"300", "100", `"Mon Mar 11 13:30:22 +0800 2013"`, "200", "null"}
	got := analyzer.Counts("rumor", times)
	for _, pair := range [][2]int{{2, 0}, {0, 3}, {3, 1}, {1, 4}} { // later, earlier; unknown is earliest
		if got[pair[0]] <= got[pair[1]] {
			t.Errorf("the row of %s counts %.3f, the earlier of %s %.3f", times[pair[0]], got[pair[0]], times[pair[1]], got[pair[1]])
		}
	}
	for i, n := range analyzer.Counts("emergency", times) {
		if n != 1 {
			t.Errorf("an emergency of %s counts %.3f", times[i], n)
		}
	}
}
