package dashboard_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Every field of the 处置反馈单 is asked for by the form, kept, and said on the
// page, in the API and in the exported document.
func TestTheFeedbackFormIsWholeEverywhere(t *testing.T) {
	h := newHouse(t)
	c := h.assigned("村道塌陷", "jkj")
	c = h.act("jkj-liaison", c, "acknowledge", nil)
	path := "/cases/" + string(c.ID)
	c = h.act("jkj-liaison", c, "attach", map[string]any{"file": map[string]any{"name": "现场照片.png", "content": []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00")}})
	fields := map[string]string{
		"finding": "partly", "facts": "路基被雨水冲空", "responsibility": "养护单位巡查不到位", "measures": "已围挡并回填", "progress": "回填完成八成", "contacted": "yes",
		"advice": "说明原因和通车时间", "outlet": "县融媒体中心", "reviewer": "周股长", "publicity": "on_request", "publicity_reason": "涉及在建合同",
		"clock": "settle", "hours": "48", "extension_reason": "待雨停后压实",
	}
	form := []string{"version", strconv.Itoa(c.Version)}
	page := string(h.as("jkj-handler").page(path).body)
	for name, value := range fields {
		form = append(form, name, value)
		if !strings.Contains(page, `name="`+name+`"`) {
			t.Errorf("the form does not ask for %s", name)
		}
	}
	if r := h.as("jkj-handler").submit(path+"/submit", form...); r.status != http.StatusSeeOther {
		t.Fatalf("submitting: %d %s", r.status, r.body)
	}
	h.as("jkj-handler").page(path).says(t, "待责任人王局长签字", "王局长（未签字）", `value="48"`)
	h.as("leader").get("/cases/"+string(c.ID)).json(t, &c)
	if c.Form != nil {
		t.Error("the API shows an unsigned form outside the unit")
	}
	c = h.act("jkj-head", c, "sign", nil)

	said := []string{"部分属实", "路基被雨水冲空", "养护单位巡查不到位", "已围挡并回填", "回填完成八成", "说明原因和通车时间", "县融媒体中心", "周股长", "此件依申请公开", "涉及在建合同", "现场照片.png", "王承办", "王局长", "待雨停后压实"}
	h.as("leader").page(path).says(t, append(said, "已联系", "签字）")...)
	h.pass(time.Minute)
	doc := wordText(t, h.as("leader").get("/reports/feedback.docx?case="+string(c.ID)).body)
	for _, word := range append(said, c.Number, "县教育科技局", "签字）", "申请办结时限延长48小时") {
		if !strings.Contains(doc, word) {
			t.Errorf("the document does not say %q", word)
		}
	}
	f := c.Feedback[0]
	if f.Handler != "王承办" || f.Head != "王局长" || f.Reviewer != "周股长" || f.SignedAt.IsZero() || !f.At.Equal(f.SignedAt) || f.Extension == nil || !f.Contacted {
		t.Errorf("the API gives %+v", f)
	}
	if w := c.WaitingExtensions(); len(w) != 1 || w[0].Clock != "settle" {
		t.Errorf("asked for more time: %+v", w)
	}
}

// zjj has no account of a 责任人: nobody signs, and the form says so.
func TestAUnitWithoutAHeadMaySubmit(t *testing.T) {
	h := newHouse(t)
	c := h.assigned("欠薪", "zjj")
	c = h.act("zjj-liaison", c, "acknowledge", nil)
	c = h.act("zjj-liaison", c, "submit", map[string]any{"feedback": map[string]any{"finding": "true", "facts": "情况属实", "measures": "已补发", "publicity": "public"}})
	if c.State != "reviewing" || c.Feedback[0].Head != "" {
		t.Errorf("state %s, signed by %q", c.State, c.Feedback[0].Head)
	}
	h.as("leader").page("/cases/"+string(c.ID)).says(t, "责任人 无人签字")
}
