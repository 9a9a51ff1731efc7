package county_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"huiying"
	"huiying/deploy/county"
)

func TestTheSamplePoliciesAreMarkedAndComplete(t *testing.T) {
	t.Parallel()
	c := sample(t)
	if n := len(c.Policies); n < 8 {
		t.Fatalf("%d sample policies", n)
	}
	for _, p := range c.Policies {
		if !p.Sample || !strings.Contains(p.Number, "示例") {
			t.Errorf("%s %s is not marked as a sample", p.Title, p.Number)
		}
		if p.Interpretation == "" || p.Explanation == "" || len(p.Names) == 0 || len(p.Clauses) < 4 || p.Issued.IsZero() {
			t.Errorf("%s lacks something: %+v", p.Title, p)
		}
	}
}

func TestSamplePoliciesSayThatTheyAreSamples(t *testing.T) {
	t.Parallel()
	files, err := county.Embedded(jiaocheng)
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(files, "policies/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(raw), "# 示例文本") {
			t.Errorf("%s does not begin with 示例文本", name)
		}
	}
}

func TestInitWritesThePolicies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := county.WriteTo(jiaocheng, dir); err != nil {
		t.Fatal(err)
	}
	c, err := county.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Policies) != len(sample(t).Policies) {
		t.Errorf("%d policies written", len(c.Policies))
	}
	if err := os.Remove(filepath.Join(dir, "units.yaml")); err != nil {
		t.Fatal(err)
	}
	for _, name := range county.Files {
		_ = os.Remove(filepath.Join(dir, name))
	}
	if err := county.WriteTo(jiaocheng, dir); huiying.CodeOf(err) != huiying.CodeConflict || !strings.Contains(err.Error(), "policies") {
		t.Errorf("error %v does not name the policy in the way", err)
	}
}

const goodPolicy = `title: 试行办法
number: 交政办发〔2026〕9号
unit: mzj
issued: 2026-03-02
source: https://www.example.com/9
clauses:
  - article: 第一条
    text: 一律自愿。
`

func TestAPolicyNeedsOnlyWhatItIs(t *testing.T) {
	t.Parallel()
	files := copyOf(t)
	files["policies/nine.yaml"] = &fstest.MapFile{Data: []byte(goodPolicy)}
	c, err := county.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	p := c.Policies[0]
	issued := time.Date(2026, 3, 2, 0, 0, 0, 0, huiying.Beijing)
	if len(c.Policies) != 1 || p.Unit != "mzj" || p.Clauses[0].Article != "第一条" || !p.Issued.Equal(issued) || p.Sample {
		t.Errorf("%+v", c.Policies)
	}
	if !p.Stands(issued) || p.Stands(issued.Add(-time.Second)) || !p.Stands(time.Time{}) {
		t.Error("a policy without an end stands from the day it was issued")
	}
}

func TestEveryMistakeInAPolicyIsReportedWithItsFileAndLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, new string
		line     int
		message  string
	}{
		"no title":                 {"title: 试行办法", "title:", 1, "缺少 title"},
		"no number":                {"number: 交政办发〔2026〕9号", "number: ''", 2, "缺少 number"},
		"an unknown unit":          {"unit: mzj", "unit: mzz", 3, "没有编号为 mzz"},
		"no unit":                  {"unit: mzj", "unit:", 3, "缺少 unit"},
		"a date that is none":      {"2026-03-02", "2026年3月2日", 4, "日期应写作"},
		"no date":                  {"issued: 2026-03-02", "issued:", 4, "缺少 issued"},
		"an end before the begin":  {"source:", "to: 2025-01-01\nsource:", 5, "失效日期应在成文日期之后"},
		"no source":                {"source: https://www.example.com/9", "source:", 5, "缺少 source"},
		"a source that is no link": {"https://www.example.com/9", "www.example.com/9", 5, "https://"},
		"an interpretation that is no link": {
			"clauses:", "interpretation: 见网站\nclauses:", 6, "https://",
		},
		"a name of one character": {"clauses:", "names: [保]\nclauses:", 6, "只有一个字"},
		"no clauses":              {"  - article: 第一条\n    text: 一律自愿。\n", "  []\n", 6, "一条条款也没有"},
		"a clause without text":   {"text: 一律自愿。", "text:", 8, "缺少 text"},
		"a clause twice":          {"    text: 一律自愿。\n", "    text: 一律自愿。\n  - article: 第一条\n    text: 又一条。\n", 9, "第一条 重复，第 7 行已有"},
		"an unknown key":          {"title:", "titel:", 1, `不认识的名称 "titel"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := strings.Replace(goodPolicy, c.old, c.new, 1)
			if changed == goodPolicy {
				t.Fatalf("%q is not in the policy", c.old)
			}
			files := copyOf(t)
			files["policies/nine.yaml"] = &fstest.MapFile{Data: []byte(changed)}
			expect(t, problemsOf(t, files), "policies/nine.yaml", c.line, c.message)
		})
	}
}

func TestTwoPoliciesOfOneNumber(t *testing.T) {
	t.Parallel()
	files := copyOf(t)
	files["policies/a.yaml"] = &fstest.MapFile{Data: []byte(goodPolicy)}
	files["policies/b.yaml"] = &fstest.MapFile{Data: []byte(goodPolicy)}
	expect(t, problemsOf(t, files), "policies/b.yaml", 2, "a.yaml 已用")
}

func TestProblemsOfPoliciesComeLast(t *testing.T) {
	t.Parallel()
	files := copyOf(t)
	files["policies/a.yaml"] = &fstest.MapFile{Data: []byte("title: 甲\n")}
	delete(files, "sources.yaml")
	problems := problemsOf(t, files)
	if problems[0].File != "sources.yaml" || problems[len(problems)-1].File != "policies/a.yaml" {
		t.Errorf("problems out of order:\n%v", problems)
	}
}

func TestAPolicyOfAUnitThatHasEndedIsTold(t *testing.T) {
	t.Parallel()
	c := *sample(t)
	c.Policies = []huiying.Policy{{Title: "试行办法", Unit: "nobody"}}
	problems := county.Outdated(&c, time.Date(2026, 6, 1, 0, 0, 0, 0, huiying.Beijing))
	if len(problems) != 1 || problems[0].File != "policies" || !strings.Contains(problems[0].Message, "试行办法") {
		t.Errorf("problems %v", problems)
	}
}
