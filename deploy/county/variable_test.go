package county

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"huiying"
)

var update = flag.Bool("update", false, "rewrite the table of variables in docs/rules.md")

const rulesDoc = "../../docs/rules.md"

const (
	tableBegin = "<!-- 变量表：由 go test ./deploy/county -update 生成 -->\n"
	tableEnd   = "<!-- 变量表完 -->\n"
)

var typeWords = map[string]string{"int": "整数", "float64": "小数", "string": "文字", "bool": "true 或 false", "[]string": "列表"}

func variableTable() string {
	var b strings.Builder
	b.WriteString("\n| 变量 | 类型 | 含义 | 可能的值 | 用在 |\n|---|---|---|---|---|\n")
	for _, v := range variables {
		var values string
		if len(v.values) > 0 && v.name != "category" && v.name != "flags" {
			values = "`" + strings.Join(v.values, "` `") + "`"
		}
		if v.name == "flags" {
			values = "见[标记](#标记)"
		}
		if v.name == "category" {
			values = strings.Join(v.values, "、")
		}
		where := "定级、立单"
		if v.opening {
			where = "立单"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", v.name, typeWords[fmt.Sprintf("%T", v.zero)], v.meaning, values, where)
	}
	return b.String() + "\n"
}

func TestTheDocumentedVariablesAreThoseThatAreChecked(t *testing.T) {
	raw, err := os.ReadFile(rulesDoc)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), tableBegin)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table of variables", rulesDoc)
	}
	want := before + tableBegin + variableTable() + tableEnd + after
	if *update {
		if err := os.WriteFile(rulesDoc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(raw) {
		t.Errorf("the table in %s differs from the variables; run go test ./deploy/county -update", rulesDoc)
	}
}

func TestTheDocumentNamesEveryFileKeyAndValue(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(rulesDoc)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(raw)
	var words []string
	for _, list := range [][]string{
		Files, divisionKinds, channels, recipients, decisions, huiying.SourceKinds,
		values(hours), values(tiers), values(huiying.Channels), values(flags), levelKeys(),
	} {
		words = append(words, list...)
	}
	for _, name := range Files {
		words = append(words, keysOf(t, name)...)
	}
	for _, w := range words {
		if !strings.Contains(doc, "`"+w+"`") && !strings.Contains(doc, "("+"#"+strings.ReplaceAll(w, ".", "")+")") &&
			!strings.Contains(doc, "`"+w+":") {
			t.Errorf("%s does not explain %s", rulesDoc, w)
		}
	}
	for _, f := range flags {
		row := fmt.Sprintf("| `%s` | %s | ", f, f.Label())
		if topics := topicsOf(t, f); topics != "" {
			row += topics + " |"
		}
		if !strings.Contains(doc, row) {
			t.Errorf("%s lacks %q", rulesDoc, row)
		}
	}
}

// topicsOf are the topics of the sample county that raise a flag.
func topicsOf(t *testing.T, f huiying.Flag) string {
	t.Helper()
	files, err := Embedded("141122")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, topic := range c.Lexicon.Topics {
		if slices.Contains(topic.Flags, f) {
			names = append(names, topic.Name)
		}
	}
	return strings.Join(names, "、")
}

// keysOf are the names used in a file of the sample county.
func keysOf(t *testing.T, name string) []string {
	t.Helper()
	raw, err := fs.ReadFile(embedded, "141122/"+name)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(raw)) {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimPrefix(strings.TrimSpace(line), "- ")
		key, _, ok := strings.Cut(line, ":")
		if ok && id.MatchString(strings.ReplaceAll(key, "_", "-")) && !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

// A condition may use every variable with its type: what is documented is what
// compiles.
func TestEveryVariableCanBeUsed(t *testing.T) {
	t.Parallel()
	for _, v := range variables {
		var when string
		switch v.zero.(type) {
		case int, float64:
			when = v.name + " >= 1"
		case bool:
			when = "not " + v.name
		case string:
			when = v.name + ` == "` + v.values[0] + `"`
		case []string:
			when = `"` + v.values[0] + `" in ` + v.name
		}
		var problems Problems
		d := &document{name: "x.yaml", lines: map[string]int{}, problems: &problems}
		if used := checkCondition(d, "when", when, true); len(problems) > 0 || !slices.Equal(used, []string{v.name}) {
			t.Errorf("%s uses %v: %v", when, used, problems)
		}
		if checkCondition(d, "when", when, false); v.opening != (len(problems) > 0) {
			t.Errorf("%s in levels.yaml: %v", when, problems)
		}
	}
}

func TestConditionsSayWhereTheyAreWrong(t *testing.T) {
	t.Parallel()
	for when, want := range map[string]string{
		"posts >= 3 and":                           "第 1 行第",
		"posts >= 3 &&\nviews > 'x'":               "第 2 行第",
		"posts":                                    "无法计算",
		"post > 3":                                 "没有 post 这个变量",
		"any(flags, # in [\"minors\"])":            `flags 不会是 "minors"`,
		"\"tv\" in channels":                       `channels 不会是 "tv"`,
		"category in [\"环保\"]":                     `category 不会是 "环保"`,
		"let n = posts + 1; n > 3":                 "",
		"any(flags, # in [\"minor\", \"health\"])": "",
		"tier != \"self\" or tier == \"central\"":  "",
	} {
		var problems Problems
		d := &document{name: "x.yaml", lines: map[string]int{}, problems: &problems}
		checkCondition(d, "when", when, false)
		switch {
		case want == "" && len(problems) > 0:
			t.Errorf("%s is right, got %v", when, problems)
		case want != "" && !strings.Contains(problems.Error(), want):
			t.Errorf("%s: problems %q, want %q", when, problems.Error(), want)
		}
	}
}
