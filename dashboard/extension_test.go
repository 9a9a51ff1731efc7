package dashboard_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"huiying"
)

// A unit asks for more time, the duty leader answers: through the forms and the
// API, with the to-do list, the timeline and the notices of both.
func TestAUnitAsksForMoreTimeAndTheLeaderAnswers(t *testing.T) {
	h := newHouse(t)
	c := h.assigned("路灯不亮", "jkj")
	c = h.act("jkj-liaison", c, "acknowledge", nil)
	path := "/cases/" + string(c.ID)
	due := feedbackDue(t, h, c.ID)

	h.as("jkj-liaison").page(path).says(t, `id="do-ask-extension"`, "首次反馈时限，至")
	r := h.as("jkj-handler").submit(path+"/ask-extension", "version", strconv.Itoa(c.Version), "clock", "feedback", "hours", "一天", "reason", "待检测")
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("hours that are no number: %d", r.status)
	}
	r.says(t, "请填写要延长的小时数", "待检测")
	r = h.as("jkj-handler").submit(path+"/ask-extension", "version", strconv.Itoa(c.Version), "clock", "feedback", "hours", "8", "reason", "等水质检测报告")
	if r.status != http.StatusSeeOther {
		t.Fatalf("asking: %d %s", r.status, r.body)
	}
	h.as("jkj-liaison").page(path).says(t, "申请把首次反馈时限延长 8小时", "待批复", "等水质检测报告")
	h.as("leader").page("/").says(t, "延期申请待批复")
	h.as("leader").page("/notices").says(t, "申请首次反馈时限延长8小时")
	h.as("leader").page(path).says(t, `id="do-extend" open`, `id="do-refuse-extension"`)
	if strings.Contains(string(h.as("analyst").page(path).body), `id="do-refuse-extension"`) {
		t.Error("an analyst is offered the leader's answer")
	}

	h.as("leader").get("/cases/"+string(c.ID)).json(t, &c)
	if got := feedbackDue(t, h, c.ID); !got.Equal(due) {
		t.Errorf("asking moved the deadline to %v", got)
	}
	c = h.act("leader", c, "refuse-extension", map[string]any{"clock": "feedback", "unit": "jkj", "reason": "先报初步情况"})
	h.as("jkj-liaison").page("/notices").says(t, "延期申请未获同意")
	h.as("jkj-liaison").page(path).says(t, "未同意", "先报初步情况", "不同意延期")
	c = h.act("jkj-liaison", c, "ask-extension", map[string]any{"clock": "feedback", "longer": "4h", "reason": "检测机构明早出结果"})
	c = h.act("leader", c, "extend", map[string]any{"clock": "feedback", "unit": "jkj", "reason": "情况属实"})
	if got := feedbackDue(t, h, c.ID); got.Sub(due) != 4*time.Hour {
		t.Errorf("granted: due %v, was %v", got, due)
	}
	h.as("jkj-liaison").page("/notices").says(t, "首次反馈时限由")
	h.as("jkj-liaison").page(path).says(t, "已同意", "情况属实")
	if body := string(h.as("leader").page("/").body); strings.Contains(body, "延期申请待批复") {
		t.Error("answered, and still on the leader's list")
	}
}

func feedbackDue(t *testing.T, h *house, id huiying.CaseID) time.Time {
	t.Helper()
	k, ok := must(h.ledger.Case(t.Context(), id)).Clock(huiying.ClockFeedback, "jkj")
	if !ok {
		t.Fatal("no clock of the first feedback")
	}
	return k.Due
}
