package browser_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"huiying"
	"huiying/dashboard"
	"huiying/dashboard/browser"
)

// administers: a colleague asked for, a back-up made at the machine and seen here,
// the state of the installation read.
func (d *day) administers(t *testing.T, w *browser.Tab) {
	d.colleague = "zhang.san" + d.stamp
	must(t, w.Open("/users"))
	must(t, w.Click("details.card summary"))
	for css, text := range map[string]string{"#u-user": d.colleague, "#u-name": "张三", "#u-reason": "新任"} {
		must(t, w.Fill(css, text))
	}
	set(t, w, "#u-role", "liaison")
	set(t, w, "#u-unit", "jkj")
	must(t, w.Click(`details.card button[type=submit]`))
	must(t, w.Wait("#said .note"))
	shot(t, w, "users-added")

	if d.in.data != "" {
		backup := exec.Command(d.in.binary, "backup", "--config", filepath.Join(d.in.data, "huiying.yaml"), "-o", t.TempDir())
		backup.Env = append(os.Environ(), "HUIYING_BACKUP_PASSPHRASE=wenyu-he-2026-guashan")
		if out, err := backup.CombinedOutput(); err != nil {
			t.Fatalf("back-up: %v\n%s", err, out)
		}
		must(t, w.Open("/system"))
		shows(t, w, "[aria-labelledby=backup-h]", "最近一次备份", ".backup")
	}
	must(t, w.Open("/system"))
	shows(t, w, "main", "消息队列", "存储", "盲点")
	must(t, w.Open("/channels"))
	must(t, w.Click("form[action$='/test'] button"))
	must(t, w.Until(`document.querySelector(".note[role=status], .problem")?.textContent.includes("测试消息")`))
}

// grants: the other key; then the colleague's own first day, with a password that
// must be changed.
func (d *day) grants(t *testing.T, w *browser.Tab) {
	must(t, w.Open("/users"))
	must(t, w.Until(fmt.Sprintf(`(() => { const li = [...document.querySelectorAll(".ask")].find((l) => l.textContent.includes(%q)); li.querySelector("button[value=yes]").id = "grant"; return true; })()`, d.colleague)))
	must(t, w.Click("#grant"))
	must(t, w.Wait(".handed"))
	temporary, err := w.Text(".handed code")
	must(t, err)
	shot(t, w, "users-granted")

	zhang := tab(t, d.browser, d.in, dashboard.Credential{User: huiying.UserID(d.colleague), Password: temporary}, browser.Phone)
	must(t, zhang.Open("/cases"))
	if path, _ := zhang.Path(); path != "/me" {
		t.Errorf("with a temporary password /cases leads to %s", path)
	}
	for css, text := range map[string]string{"#pw-old": temporary, "#pw-new": "Wenyu-he-2026", "#pw-again": "Wenyu-he-2026"} {
		must(t, zhang.Fill(css, text))
	}
	must(t, zhang.Click(`form[action="/me/password"] button`))
	must(t, zhang.Wait("#said .note"))
	must(t, zhang.Open("/cases"))
	if path, _ := zhang.Path(); path != "/cases" {
		t.Errorf("afterwards /cases leads to %s", path)
	}
	signOut(t, zhang, d.colleague)
}

// audits: every step of the colleague and of the case is there, and the chain holds.
func (d *day) audits(t *testing.T, w *browser.Tab) {
	must(t, w.Open("/audit?object="+d.colleague))
	shows(t, w, ".audit tbody", "添加账号", "核准授权", "登录", "修改密码")
	must(t, w.Open("/audit?who=assessor"))
	shows(t, w, ".audit tbody", "考核") // who took the sheet out
	must(t, w.Click(`form[action="/audit/verify"] button`))
	must(t, w.Until(`document.querySelector(".chain").textContent.includes("完整")`)) // comes by itself
	shot(t, w, "audit-verified")
}
