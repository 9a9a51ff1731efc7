package dashboard_test

import (
	"net/http"
	"testing"
	"time"

	"huiying"
)

func TestAnAdministratorTestsAChannelAndSendsAgainWhatFailed(t *testing.T) {
	h, doc := filled(t)
	h.as("sysadmin").page("/channels").says(t, "推送接口", "正常", "没有送达失败的通知")
	if r := h.as("sysadmin").submit("/channels/webhook/test"); r.status != http.StatusSeeOther {
		t.Errorf("a test that arrives: %d", r.status)
	}
	h.refuse.Store(true)
	r := h.as("sysadmin").submit("/channels/webhook/test")
	r.says(t, "没有发出", "对方拒收", "最近一次未成功")
	h.as("sysadmin").post("/channels/sms/test", nil).problem(t, 404)
	h.as("leader").post("/channels/webhook/test", nil).problem(t, 403)

	now := time.Now()
	c, err := h.ledger.Case(t.Context(), doc.ID)
	check(t, err)
	c.Rev++
	check(t, h.ledger.SaveCase(t.Context(), c, c.Rev-1, huiying.Change{Notify: []huiying.Notification{{
		ID: "lost", Channel: "webhook", Kind: huiying.NoticeUrge, ToName: "教科局 联络人", CreatedAt: now, NextAt: now, Status: huiying.NotifyFailed,
		Attempts: []huiying.Attempt{{At: now, Attempt: 1, Detail: "对方返回 502"}},
	}}}))
	h.as("sysadmin").page("/channels").says(t, "对方返回 502", "教科局 联络人", "重发")
	if r := h.as("sysadmin").submit("/notifications/lost/resend"); r.status != http.StatusSeeOther {
		t.Errorf("sending again: %d", r.status)
	}
	if at, waits, err := h.ledger.NextNotification(t.Context(), "webhook"); err != nil || !waits || at.After(time.Now()) {
		t.Errorf("it does not wait to be sent: %v %v %v", at, waits, err)
	}
	h.as("sysadmin").post("/notifications/lost/resend", nil).problem(t, 409)
	if _, err := h.ledger.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}
