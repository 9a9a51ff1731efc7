package dashboard_test

import (
	"context"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/deploy/county"
)

// shelf holds the rules of the built-in county in memory.
type shelf struct {
	text, saved string
	fixed       bool
	trouble     string
}

func (s *shelf) Editable() bool { return !s.fixed }

func (s *shelf) County() *huiying.County {
	return &huiying.County{Region: jiaocheng, Name: "交城县", Divisions: make([]huiying.Division, 118)}
}

func (s *shelf) Adopt(context.Context, huiying.Audit) error {
	s.fixed = false
	return nil
}

func (s *shelf) Trouble() string { return s.trouble }

func (s *shelf) Files() ([]huiying.RuleFile, error) {
	if s.text == "" {
		s.text = string(must(fs.ReadFile(must(county.Embedded(jiaocheng)), "levels.yaml")))
	}
	return []huiying.RuleFile{{Name: "levels.yaml", Label: "定级规则", Text: s.text, Hash: "h1", Since: time.Now(), Rule: true}}, nil
}

func (s *shelf) UnitsText(units []huiying.Unit) (file, text, was string, err error) {
	raw, err := county.WithUnits(must(fs.ReadFile(must(county.Embedded(jiaocheng)), "units.yaml")), units)
	return "units.yaml", string(raw), "h1", err
}

func (s *shelf) Check(file, text string) ([]huiying.RuleProblem, error) {
	if i := strings.Index(text, "BROKEN"); i >= 0 {
		return []huiying.RuleProblem{{File: file, Line: 1 + strings.Count(text[:i], "\n"), Message: "不认识的名称"}}, nil
	}
	return nil, nil
}

func (s *shelf) Try(_ context.Context, _, _ string, from time.Time) (huiying.RuleTrial, []huiying.RuleProblem, error) {
	return huiying.RuleTrial{From: from, Events: 7, Levels: 1, Opened: 1, Rows: []huiying.RuleTrialRow{{
		Event: "e1", Title: "学校食堂质疑", Level: huiying.Yellow, Judged: huiying.Orange, Before: "ignore", After: "assign",
		Reasons: []huiying.Reason{{Rule: "新规则"}},
	}}}, nil, nil
}

func (s *shelf) Save(_ context.Context, by huiying.Person, _, text, was, reason string) error {
	switch {
	case reason == "":
		return huiying.Invalid("reason", "请写明为什么改")
	case was != "h1":
		return huiying.Errorf(huiying.CodeConflict, "这个文件刚刚被改过")
	}
	s.saved = string(by.User) + ": " + reason
	s.text = text
	return nil
}

func (s *shelf) Editions(string) ([]huiying.RuleEdition, error) {
	return []huiying.RuleEdition{
		{ID: "2", File: "levels.yaml", At: time.Now(), Name: "研判", Role: huiying.Analyst, Reason: "收紧", Hash: "h1", Text: "version: 2"},
		{ID: "1", File: "levels.yaml", At: time.Now(), Reason: "原来的", Hash: "h0", Text: "version: old"},
	}, nil
}

func TestRulesAreCheckedTriedAndSavedByThoseWhoJudge(t *testing.T) {
	h, _ := filled(t)
	h.as("supervisor").page("/rules").says(t, "定级规则", "收紧")
	page := h.as("analyst").page("/rules/levels.yaml")
	page.says(t, "现行", "原来的", "保存并生效", `name="was" value="h1"`)
	old := h.as("analyst").page("/rules/levels.yaml?edition=1")
	old.says(t, "version: old", "回退到这个版本", `<span class="sr">这一版有</span></td><td><code>version: old</code>`, "这一版没有")
	h.as("analyst").page("/rules/levels.yaml?edition=1&with=2").says(t, "<code>version: 2</code>", "<code>version: old</code>")
	if strings.Contains(string(h.as("supervisor").page("/rules/levels.yaml?edition=1").body), "回退到这个版本") {
		t.Error("a supervisor is offered to roll back")
	}

	r := h.as("analyst").submit("/rules/levels.yaml", "text", "a: 1\nb: BROKEN\n", "do", "save", "was", "h1", "reason", "x")
	r.says(t, "第 2 行", "不认识的名称", "b: BROKEN")
	if r.status != http.StatusUnprocessableEntity || h.shelf.saved != "" {
		t.Errorf("a broken file: %d, saved %q", r.status, h.shelf.saved)
	}
	h.as("supervisor").submit("/rules/levels.yaml", "text", "a: 1", "do", "try", "days", "7").says(t, "学校食堂质疑", "新规则", "立单并先行交办")
	h.as("supervisor").submit("/rules/levels.yaml", "text", "a: 1", "do", "check").says(t, "检查通过")
	if r := h.as("supervisor").submit("/rules/levels.yaml", "text", "a: 1", "do", "save", "was", "h1", "reason", "x"); r.status != http.StatusForbidden {
		t.Errorf("a supervisor saves rules: %d", r.status)
	}
	if r := h.as("leader").submit("/rules/levels.yaml", "text", "a: 1", "do", "save", "was", "h0", "reason", "x"); r.status != http.StatusConflict {
		t.Errorf("a stale form: %d", r.status)
	}
	if r := h.as("leader").submit("/rules/levels.yaml", "text", "a: 1\r\n", "do", "save", "was", "h1", "reason", "会商决定"); r.status != http.StatusSeeOther || h.shelf.saved != "leader: 会商决定" || h.shelf.text != "a: 1\n" {
		t.Errorf("saving: %d %q %q", r.status, h.shelf.saved, h.shelf.text)
	}
	if r := h.as("analyst").submit("/rules/levels.yaml", append(hidden(t, string(old.body), "/rules/levels.yaml"), "do", "save")...); r.status != http.StatusSeeOther || h.shelf.text != "version: old" {
		t.Errorf("rolling back with one click: %d %q", r.status, h.shelf.text)
	}
}
