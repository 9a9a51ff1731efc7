package browser_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/dashboard"
	"huiying/dashboard/browser"
)

// The three administrators and a new colleague: asked for, granted, signed in
// with a password that must be changed, and every step found in the audit.
func TestThreeAdministratorsBringAColleagueIn(t *testing.T) {
	b := chromium(t)
	in := running(t)
	name := fmt.Sprintf("zhang.san%d", time.Now().UnixNano()%1e6)
	sys := tab(t, b, in, in.account(t, huiying.SystemAdmin), browser.Desktop)
	must(t, sys.Open("/users"))
	must(t, sys.Click("details.card summary"))
	for css, text := range map[string]string{"#u-user": name, "#u-name": "张三", "#u-reason": "新任"} {
		must(t, sys.Fill(css, text))
	}
	must(t, sys.Until(`(() => { document.querySelector("#u-role").value = "liaison"; document.querySelector("#u-unit").value = "jkj"; return true; })()`))
	must(t, sys.Click(`details.card button[type=submit]`))
	must(t, sys.Wait(".note"))
	shot(t, sys, "users-added")

	sec := tab(t, b, in, in.account(t, huiying.SecurityAdmin), browser.Desktop)
	must(t, sec.Open("/users"))
	must(t, sec.Until(fmt.Sprintf(`(() => { const li = [...document.querySelectorAll(".ask")].find((l) => l.textContent.includes(%q)); li.querySelector("button[value=yes]").id = "grant"; return true; })()`, name)))
	must(t, sec.Click("#grant"))
	must(t, sec.Wait(".handed"))
	temporary, err := sec.Text(".handed code")
	must(t, err)
	shot(t, sec, "users-granted")

	zhang := tab(t, b, in, dashboard.Credential{User: huiying.UserID(name), Password: temporary}, browser.Phone)
	must(t, zhang.Open("/cases"))
	if path, _ := zhang.Path(); path != "/me" {
		t.Errorf("with a temporary password /cases leads to %s", path)
	}
	for css, text := range map[string]string{"#pw-old": temporary, "#pw-new": "Wenyu-he-2026", "#pw-again": "Wenyu-he-2026"} {
		must(t, zhang.Fill(css, text))
	}
	must(t, zhang.Click(`form[action="/me/password"] button`))
	must(t, zhang.Wait(".note"))
	must(t, zhang.Open("/cases"))
	if path, _ := zhang.Path(); path != "/cases" {
		t.Errorf("afterwards /cases leads to %s", path)
	}

	aud := tab(t, b, in, in.account(t, huiying.AuditAdmin), browser.Desktop)
	must(t, aud.Open("/audit?object="+name))
	text, err := aud.Text(".audit tbody")
	must(t, err)
	for _, want := range []string{"添加账号", "核准授权", "登录", "修改密码"} {
		if !strings.Contains(text, want) {
			t.Errorf("the audit does not show %s", want)
		}
	}
	must(t, aud.Click(`form[action="/audit/verify"] button`))
	must(t, aud.Until(`document.querySelector(".chain").textContent.includes("完整")`)) // comes by itself
	shot(t, aud, "audit-verified")
}
