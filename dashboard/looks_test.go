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
	h.at("secadmin").page("/users")
	if looks("secadmin", "view.account") != 2 {
		t.Error("a look at the list of accounts is not on record")
	}
	for range 2 {
		h.as("leader").page("/units.xlsx")
	}
	if n := looks("leader", "export.units"); n != 2 {
		t.Errorf("two exports are %d rows", n)
	}
	h.as("auditor").page("/audit").says(t, "查看交办单", "查看账号")
	if looks("auditor", "view.audit") != 1 {
		t.Error("a look at the audit is not on record")
	}
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

// What a program reads with a token, and what goes to the printer, leaves the
// system as much as a file does; what a page shows does not.
func TestReadingByTokenAndPrintingAreExports(t *testing.T) {
	h, _ := filled(t)
	exports := func(who, action string) (out []huiying.Audit) {
		return must(h.ledger.AuditTrail(t.Context(), huiying.AuditQuery{Region: jiaocheng, Who: huiying.UserID(who), Action: action, Limit: 100})).Items
	}
	for range 3 {
		h.as("leader").get("/posts?limit=2")
	}
	h.as("leader").get("/cases")
	taken := exports("leader", "export.api")
	if len(taken) != 2 || taken[1].Object != "/api/v1/posts" || !strings.Contains(taken[1].Detail, "令牌") || !strings.Contains(taken[1].Detail, "limit=2") {
		t.Errorf("a program that reads posts and cases is on record as %+v", taken)
	}
	desk := h.browser()
	desk.signIn("analyst", password)
	desk.get("/posts")
	if got := exports("analyst", "export.api"); len(got) != 0 {
		t.Errorf("a person at a browser is on record as a program: %+v", got)
	}
	if r := desk.submit("/printed", "page", "/cases"); r.status != http.StatusNoContent {
		t.Fatalf("printing: %d %s", r.status, r.body)
	}
	if got := exports("analyst", "export.print"); len(got) != 1 || got[0].Object != "/cases" {
		t.Errorf("a printed page is on record as %+v", got)
	}
	desk.page("/cases").says(t, "print-mark", "（analyst）")
	h.as("auditor").page("/audit?action=export.").says(t, "打印页面", "程序读取（接口）")
}

// Each administrator finds on 工作台 what waits for him.
func TestTheThreeAdministratorsSeeTheirDuties(t *testing.T) {
	h, _ := filled(t)
	h.as("sysadmin").page("/").says(t, "职责所在", "信源", "死信", "通知渠道")
	h.as("secadmin").page("/").says(t, "没有待核准的申请", "没有锁定的账号")
	h.as("auditor").page("/").says(t, "还没有核验过", "导出和打印")
	for range 5 {
		h.browser().submit("/signin", "user", "leader", "password", "wrong")
	}
	h.as("secadmin").page("/").says(t, "1 个账号因连续输错密码锁定", "/users?state=red")
	h.as("auditor").page("/").says(t, "5 次，近 24 小时")
}
