package dashboard_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"huiying"
)

func TestLooksAtPersonalDataAreOnRecordOnce(t *testing.T) {
	h, c := filled(t)
	looks := func(who, action string) (n int) {
		for _, a := range must(h.ledger.AuditTrail(t.Context(), huiying.AuditQuery{Region: jiaocheng, Who: huiying.UserID(who), Action: action, Limit: 100})).Items {
			if a.From == "" || a.Object == "" {
				t.Errorf("a look without where from or at what: %+v", a)
			}
			n++
		}
		return n
	}
	path := "/cases/" + string(c.ID)
	for range 3 {
		h.as("leader").page(path)
		h.as("leader").get(path)
	}
	if n := looks("leader", "view.case"); n != 1 {
		t.Errorf("reading a case for a while is %d rows, want 1", n)
	}
	h.pass(time.Hour)
	h.as("leader").page(path)
	if n := looks("leader", "view.case"); n != 2 {
		t.Errorf("coming back after an hour makes %d rows, want 2", n)
	}
	if r := h.as("zjj-liaison").page(path); r.status != http.StatusNotFound || looks("zjj-liaison", "view.case") != 0 {
		t.Errorf("a case that was not shown is on record as seen (%d)", r.status)
	}
	h.at("secadmin").page("/users/leader")
	if looks("secadmin", "view.account") != 1 {
		t.Error("a look at an account is not on record")
	}
	h.as("auditor").page("/audit").says(t, "查看交办单", "查看账号")
	must(h.ledger.VerifyAudit(t.Context()))
}

// Redaction keeps no original: nothing that is stored or logged holds what was
// hidden, so there is nothing to reveal.
func TestWhatRedactionHidIsNowhere(t *testing.T) {
	h := newHouse(t)
	const phone, card = "13835812345", "141122198001011234"
	r := h.as("monitor").post("/posts", []map[string]any{
		{"source": "热线", "channel": "hotline", "title": "供热投诉", "text": "请回电" + phone + "，身份证" + card, "published_at": "2026-01-05T08:00:00+08:00"},
		{"source": "热线", "channel": "nonsense", "title": phone, "text": "我的电话" + phone},
	})
	if r.status != http.StatusAccepted {
		t.Fatalf("%d %s", r.status, r.body)
	}
	for _, x := range must(h.ledger.Rejections(t.Context(), jiaocheng, 100, "")).Items {
		if strings.Contains(x.Raw+x.Error, phone) || strings.Contains(x.Raw, card) {
			t.Errorf("a refused item keeps what should be hidden: %+v", x)
		}
	}
	if strings.Contains(h.log.String(), phone) {
		t.Error("the log holds it")
	}
	for _, word := range []string{phone, card} {
		for _, user := range []string{"monitor", "leader"} {
			for _, path := range []string{"/posts", "/sources", "/api/v1/rejections", "/api/v1/posts"} {
				if strings.Contains(string(h.as(user).page(path).body), word) {
					t.Errorf("%s reads %s on %s", user, word, path)
				}
			}
		}
	}
}
