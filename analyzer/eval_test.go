package analyzer_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"huiying"
)

func rowsOf(t *testing.T, rows ...map[string]any) string {
	t.Helper()
	var out strings.Builder
	for _, r := range rows {
		if err := json.NewEncoder(&out).Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func TestEvaluation(t *testing.T) {
	t.Parallel()
	a := shared()
	m, err := a.Eval("emergency", strings.NewReader(rowsOf(t,
		map[string]any{"id": "a", "text": accident.Text, "label": 1},
		map[string]any{"id": "b", "text": "红烧肉的做法：五花肉切块", "label": "0"},
		map[string]any{"id": "c", "text": "红烧肉的做法：\n冷水下锅", "label": "1", "slice": "duee_disaster"},
	)), nil)
	if err != nil || m.N != 3 || m.Accuracy != 0.667 || m.F1["1"] != 0.667 || m.F1["0"] != 0.667 || m.MacroF1 != 0.667 {
		t.Errorf("two of three right: %+v (%v)", m, err)
	}
	if len(m.Misjudged) != 1 || m.Misjudged[0].ID != "c" || m.Misjudged[0].Want != "1" || m.Misjudged[0].Got != "0" || m.Misjudged[0].Text != "红烧肉的做法： 冷水下锅" {
		t.Errorf("misjudged is the third: %+v", m.Misjudged)
	}
	if s := m.Slices["hard"]; s.N != 1 || s.Accuracy != 0 {
		t.Errorf("the row's slice is hard: %+v", m.Slices)
	}
	m, err = a.Eval("segment", strings.NewReader(`{"id":"1","label":["停水","了","，","怎么办"]}`), nil)
	if err != nil || m.N != 1 || m.F1["words"] < 0.7 || m.F1["words"] > 1 || m.CI95.F1["words"][0] != m.F1["words"] {
		t.Errorf("segmentation: %+v (%v)", m, err)
	}
}

func TestEvaluationOnAllCoresKeepsTheOrderOfRows(t *testing.T) {
	t.Parallel()
	var rows []map[string]any
	for i := range 60 {
		rows = append(rows, map[string]any{"id": fmt.Sprint(i), "text": fmt.Sprintf("第%d封：小区停水三天，物业不管", i), "label": []string{"城乡建设", "教育文体", "卫生计生"}[i%3]})
	}
	in := rowsOf(t, rows...)
	var told []int
	first, err := shared().Eval("routing", strings.NewReader(in), func(done, total int) {
		if total != len(rows) {
			t.Errorf("%d of %d", done, total)
		}
		told = append(told, done)
	})
	if err != nil {
		t.Fatal(err)
	}
	again, _ := shared().Eval("routing", strings.NewReader(in), nil)
	if !reflect.DeepEqual(first, again) {
		t.Error("two runs differ")
	}
	for i, done := range told {
		if done != i+1 {
			t.Fatalf("progress goes %v", told)
		}
	}
	if len(told) != len(rows) {
		t.Errorf("progress was told %d times", len(told))
	}
}

func TestToneIsScoredAsNegativeOrNot(t *testing.T) {
	t.Parallel()
	m, err := shared().Eval("sentiment", strings.NewReader(rowsOf(t,
		map[string]any{"text": "太差了，垃圾，失望透顶，再也不来", "label": "neg"}, map[string]any{"text": "真开心，太好吃了，非常喜欢", "label": "pos"},
		map[string]any{"text": "今天路过车站", "label": "neu"},
	)), nil)
	if err != nil || m.N != 3 || m.Support["other"] != 2 || m.Support["negative"] != 1 || m.Accuracy != 1 || m.ECE == nil {
		t.Errorf("%+v (%v)", m, err)
	}
}

func TestWhatCannotBeEvaluatedIsSaid(t *testing.T) {
	t.Parallel()
	good := `{"text":"停水","label":"rumor"}`
	for _, c := range []struct{ name, suite, in, want string }{
		{"an unknown suite", "nonsense", good, "nonsense"},
		{"an unknown suite lists the others", "nonsense", good, "routing department sentiment citizen emergency"},
		{"an empty file", "rumor", "\n \n", "没有标注的行"},
		{"a broken line, by its number in the file", "rumor", good + "\n\n{oops", "第 3 行不是合格的 JSON"},
		{"a post without text", "rumor", good + "\n" + `{"text":"","label":"rumor"}`, "第 2 行"},
		{"words that are none", "segment", good, "第 1 行的 label 应是词的数组"},
		{"labels of another suite", "routing", good, `没有一行的标注属于 routing 这项评测，请核对文件（例如标注 "rumor"）`},
		{"a line without end", "rumor", good + "\n" + strings.Repeat("水", 6<<20), "第 2 行超过 16 MB"},
	} {
		_, err := shared().Eval(c.suite, strings.NewReader(c.in), nil)
		var e *huiying.Error
		if !errors.As(err, &e) || e.Code != huiying.CodeInvalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	m, err := shared().Eval("rumor", strings.NewReader(good+"\n"+`{"text":"停水","label":"maybe"}`+"\n"+`{"text":"停电","label":"maybe"}`), nil)
	if err != nil || m.N != 1 || !reflect.DeepEqual(m.Unknown, map[string]int{"maybe": 2}) {
		t.Errorf("unknown labels are counted: %+v (%v)", m, err)
	}
}
