package dashboard_test

import (
	"strings"
	"testing"
)

func TestADrillIsReportedToThoseWhoTookPart(t *testing.T) {
	h, _ := filled(t)
	h.as("leader").page("/drills").says(t, "还没有演练")
	var c caseDoc
	h.as("leader").post("/cases", map[string]any{"queue": "online", "title": "演练：锅炉房泄漏", "summary": "演练", "level": "red", "emergency": true, "drill": true}).json(t, &c)
	h.as("leader").post("/cases/"+string(c.ID)+"/assign", map[string]any{"version": c.Version, "lead": "jkj"}).json(t, &c)
	h.as("jkj-liaison").post("/cases/"+string(c.ID)+"/acknowledge", nil).json(t, &c)
	h.as("supervisor").page("/drills").says(t, "交舆演〔", "演练：锅炉房泄漏", "教科局（主办）", "按时完成", "按时签收 1 个", "<dt>研判</dt>", "站内 ")
	h.as("zjj-liaison").page("/drills").says(t, "还没有演练")
	h.as("jkj-liaison").page("/cases/"+string(c.ID)).says(t, "不计入统计和考核", `class="drilled"`)
	if text := wordText(t, h.as("leader").get("/reports/case.docx?case="+string(c.ID)).body); !strings.Contains(text, "演练，不作为正式公文") {
		t.Errorf("the order of a drill does not say so: %.300s", text)
	}
	book := h.as("leader").get("/reports/case.docx?case=" + string(c.ID)).body
	if header := wordPart(t, book, "word/header1.xml"); !strings.Contains(header, "演练　") {
		t.Errorf("its watermark does not: %.300s", header)
	}
}
