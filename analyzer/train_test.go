package analyzer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"huiying"
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
			for _, label := range []string{"交通运输", "教育文体", "pos", "neg", "neu", "nonneg", "1", "0", "rumor", "nonrumor"} {
				words := classes[label]
				if len(words) == 0 {
					continue
				}
				row := map[string]string{"id": fmt.Sprintf("%s-%s-%d", set, label, i), "label": label, "text": fmt.Sprintf("第%d件事说的是%s和%s", i, words[i%len(words)], words[(i+1)%len(words)])}
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

func TestTrainingTwiceWritesTheSameModelsAndTheyTellClassesApart(t *testing.T) {
	t.Parallel()
	data := writeSets(t)
	train := func(seed int64) (string, analyzer.Report) {
		out := filepath.Join(t.TempDir(), "models")
		report, err := analyzer.Train(t.Context(), data, out, seed, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		return out, report
	}
	first, report := train(7)
	second, again := train(7)
	other, _ := train(8)
	if !reflect.DeepEqual(report, again) || len(report.Models) != 4 || report.Seed != 7 {
		t.Errorf("reports %+v\nand %+v", report, again)
	}
	differs := false
	for _, m := range report.Models {
		a, err := os.ReadFile(filepath.Join(first, m.Name+".bin"))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := os.ReadFile(filepath.Join(second, m.Name+".bin"))
		c, _ := os.ReadFile(filepath.Join(other, m.Name+".bin"))
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs from run to run", m.Name)
		}
		differs = differs || !bytes.Equal(a, c)
		if len(a) != m.Bytes || m.Rows < 24 || m.Folds != 5 || m.MacroF1 < 0.9 || m.MacroF1 > 1 || m.Data == "" {
			t.Errorf("report %+v of a file of %d bytes", m, len(a))
		}
	}
	if !differs {
		t.Error("another seed gives the same files: it is not used")
	}
	for _, c := range []struct{ model, text, label string }{
		{"category", "红绿灯坏了，公交车不停", "交通运输"},
		{"category", "学校的老师要补课", "教育文体"},
		{"emergency", "刚才发生爆炸", "1"},
		{"emergency", "元旦联欢", "0"},
		{"rumor", "内部消息，速转", "rumor"},
		{"sentiment", "讨厌，失望", "negative"},
		{"sentiment", "喜欢，真棒", "positive"},
	} {
		p, err := shared().Predict(first, c.model, c.text)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, v := range p {
			sum += v
		}
		if p[c.label] < 0.6 || math.Abs(sum-1) > 1e-9 {
			t.Errorf("%s: %q is %v, want %s", c.model, c.text, p, c.label)
		}
	}
}

func TestTrainingSaysWhatItMisses(t *testing.T) {
	t.Parallel()
	data := writeSets(t)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := analyzer.Train(stopped, data, t.TempDir(), 1, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("after a stop: %v", err)
	}
	broken := filepath.Join(data, "routing_taidi", "dev.jsonl")
	if err := os.WriteFile(broken, []byte("{\"id\":\"1\",\"text\":\"a\",\"label\":\"b\"}\n{oops\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := analyzer.Train(t.Context(), data, t.TempDir(), 1, io.Discard); err == nil || !strings.Contains(err.Error(), "dev.jsonl:2") {
		t.Errorf("a broken row must be named: %v", err)
	}
	if _, err := analyzer.Train(t.Context(), t.TempDir(), t.TempDir(), 1, io.Discard); err == nil || !strings.Contains(err.Error(), "routing_taidi") {
		t.Errorf("a missing set must be named: %v", err)
	}
}

func TestEvaluation(t *testing.T) {
	t.Parallel()
	a := shared()
	_, err := a.Eval("nonsense", strings.NewReader(""))
	var e *huiying.Error
	if !errors.As(err, &e) || e.Code != huiying.CodeInvalid || e.Field != "suite" || !strings.Contains(e.Message, "nonsense") || !strings.Contains(e.Message, "emergency") {
		t.Errorf("an unknown suite: %v", err)
	}
	if _, err := a.Eval("rumor", strings.NewReader("{\"text\":\"停水\",\"label\":\"rumor\"}\n{oops")); err == nil || !strings.Contains(err.Error(), "第 2 行") {
		t.Errorf("a broken row must be named: %v", err)
	}
	if _, err := a.Eval("rumor", strings.NewReader(`{"text":"","label":"rumor"}`)); err == nil || !strings.Contains(err.Error(), "第 1 行") {
		t.Errorf("an empty text must be named: %v", err)
	}
	rows, _ := json.Marshal(map[string]string{"text": accident.Text, "label": "1"})
	m, err := a.Eval("emergency", strings.NewReader(string(rows)+"\n"+`{"text":"红烧肉的做法：五花肉切块","label":"0"}`+"\n"+`{"text":"红烧肉的做法：冷水下锅","label":"1"}`))
	if err != nil || m.N != 3 || m.Accuracy != 0.667 || m.F1["1"] != 0.667 || m.F1["0"] != 0.667 || m.MacroF1 != 0.667 {
		t.Errorf("two of three right: %+v (%v)", m, err)
	}
	m, err = a.Eval("segment", strings.NewReader(`{"id":"1","label":["停水","了","，","怎么办"]}`))
	if err != nil || m.N != 1 || m.F1["words"] < 0.7 || m.F1["words"] > 1 {
		t.Errorf("segmentation: %+v (%v)", m, err)
	}
	if m, err := a.Eval("rumor", strings.NewReader("")); err != nil || m.N != 0 || m.MacroF1 != 0 {
		t.Errorf("no rows: %+v (%v)", m, err)
	}
}
