package dashboard_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

const otherRules = `version: "试"
author: 考核员
min_sample: 1
rules:
  - {name: 只看签收, merit: acknowledge, points: 10, rule: 试算}
`

func TestAUnitAppealsAndTheAssessorDecides(t *testing.T) {
	h, c := filled(t)
	h.as("jkj-liaison").page("/appraisal").says(t, "教科局", "样本不足")
	if r := h.as("jkj-liaison").submit("/appraisal/appeals", "case", string(c.ID), "merit", "acknowledge", "reason", " "); r.status != http.StatusUnprocessableEntity {
		t.Errorf("an appeal without a reason: %d", r.status)
	}
	if r := h.as("zjj-liaison").submit("/appraisal/appeals", "case", string(c.ID), "merit", "acknowledge", "reason", "停电"); r.status != http.StatusNotFound {
		t.Errorf("an appeal for another unit's case: %d", r.status)
	}
	if r := h.as("jkj-liaison").submit("/appraisal/appeals", "case", string(c.ID), "merit", "acknowledge", "reason", "当日停电"); r.status != http.StatusSeeOther {
		t.Fatalf("an appeal: %d %s", r.status, r.body)
	}
	r := h.as("assessor").page("/appraisal")
	r.says(t, "当日停电", "采纳")
	id := between(t, string(r.body), `action="/appraisal/appeals/`, `"`)
	if r := h.as("supervisor").submit("/appraisal/appeals/"+id, "decision", "granted", "why", "属实"); r.status != http.StatusForbidden {
		t.Errorf("a supervisor decides: %d", r.status)
	}
	if r := h.as("assessor").submit("/appraisal/appeals/"+id, "decision", "granted", "why", "属实"); r.status != http.StatusSeeOther {
		t.Errorf("the decision: %d", r.status)
	}
	h.as("assessor").post("/appraisal/appeals/"+id, map[string]string{"decision": "refused", "why": "再想"}).problem(t, 409)
	h.as("jkj-liaison").page("/appraisal").says(t, "采纳", "属实")
	if strings.Contains(string(h.as("zjj-liaison").page("/appraisal").body), "当日停电") {
		t.Error("another unit reads the appeal")
	}
}

func TestOtherRulesAreTriedAndTheSheetIsTakenOut(t *testing.T) {
	h, c := filled(t)
	h.as("assessor").submit("/appraisal/try", "rules", otherRules).says(t, "规则 试", "教科局", "样本不足")
	h.as("assessor").page("/appraisal").says(t, `name="period"`, "考核规则（现行的 appraisal.yaml")
	bad := h.as("assessor").submit("/appraisal/try", "rules", strings.Replace(otherRules, "acknowledge", "clicks", 1))
	if bad.status != http.StatusUnprocessableEntity {
		t.Errorf("rules that are wrong: %d", bad.status)
	}
	bad.says(t, "appraisal.yaml:5", "clicks")
	if r := h.as("jkj-liaison").submit("/appraisal/try", "rules", otherRules); r.status != http.StatusForbidden {
		t.Errorf("a unit tries rules: %d", r.status)
	}
	book, err := excelize.OpenReader(bytes.NewReader(h.as("assessor").page("/appraisal.xlsx").body))
	check(t, err)
	defer func() { _ = book.Close() }()
	rows, err := book.GetRows("考核表")
	check(t, err)
	if len(rows) < 4 || !strings.Contains(rows[1][0], "考核") || !strings.Contains(rows[1][0], "导出") || rows[3][0] != "教科局" {
		t.Errorf("the sheet: %v", rows)
	}
	h.act("analyst", c, "rumor", map[string]any{"to": "unverified", "reason": "网传，无出处"})
	h.as("jkj-liaison").page("/appraisal").says(t, "其中未核实传闻 1 件不计", c.Number)
	book, err = excelize.OpenReader(bytes.NewReader(h.as("assessor").page("/appraisal.xlsx").body))
	check(t, err)
	rows, err = book.GetRows("逐件说明")
	check(t, err)
	if len(rows) != 4 || rows[3][2] != c.Number || rows[3][3] != "未核实传闻，核实前不计" {
		t.Errorf("case by case: %v", rows)
	}
	if linked, url, err := book.GetCellHyperLink("逐件说明", "C4"); err != nil || !linked || !strings.HasSuffix(url, "/cases/"+string(c.ID)) {
		t.Errorf("the case is linked to %q, %v", url, err)
	}
}

func between(t *testing.T, s, before, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(s, before)
	out, _, end := strings.Cut(rest, after)
	if !ok || !end {
		t.Fatalf("no %q in %.400s", before, s)
	}
	return out
}
