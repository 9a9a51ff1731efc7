package browser_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"huiying"
	"huiying/dashboard/browser"
)

// day is one day of the county: a call that comes in, and what becomes of it until
// the unit argues about its score.
type day struct {
	browser   *browser.Browser
	in        installation
	stamp     string // in the title, to find the case by
	path      string // of the case
	colleague string // who is brought in
}

// Each role works its day through the pages, from signing in to signing out; every
// page shows what the person before did, and no console says a word.
func TestEachRolesDay(t *testing.T) {
	b, in := chromium(t), running(t)
	d := &day{browser: b, in: in, stamp: fmt.Sprint(time.Now().UnixNano() % 1e6)}
	windows, worked := make(map[string]*browser.Tab), make(map[huiying.Role]bool)
	for _, hour := range []struct {
		user, does string
		work       func(*testing.T, *browser.Tab)
	}{
		{"monitor", "网信办监测员由信息流到事件，登记网络舆情", d.watches},
		{"xw-monitor", "新闻中心监测员登记来电，开交办单", d.registers},
		{"analyst", "会商定级，黄色以上须领导签发", d.judges},
		{"leader", "签发交办", d.assigns},
		{"liaison", "手机签收，转承办人", d.acknowledges},
		{"handler", "首次反馈，附材料，写反馈单", d.handles},
		{"head", "签字报送", d.signs},
		{"analyst", "退回补充", d.sendsBack},
		{"head", "补齐后再报", d.handsInAgain},
		{"leader", "审签，发布回应，办结", d.answers},
		{"xw-monitor", "登记传播数据，归档", d.archives},
		{"supervisor", "看统计，督办", d.urges},
		{"liaison", "收到督办，申诉扣分", d.appeals},
		{"assessor", "裁定申诉，导出考核表", d.decides},
		{"sysadmin", "添加同事，备份，看系统", d.administers},
		{"secadmin", "核准授权", d.grants},
		{"auditor", "查记录，核验审计链", d.audits},
	} {
		as := in.person(t, hour.user)
		if windows[hour.user] == nil {
			screen := browser.Desktop
			if as.Role == huiying.Liaison {
				screen = browser.Phone
			}
			windows[hour.user] = tab(t, b, in, as, screen)
		}
		if !t.Run(hour.user+" "+hour.does, func(t *testing.T) { hour.work(t, windows[hour.user]) }) {
			t.FailNow() // the next would wait for what did not happen
		}
		worked[as.Role] = true
	}
	for _, role := range huiying.Roles {
		if !worked[role] {
			t.Errorf("nobody works the day of %s", role)
		}
	}
	for user, w := range windows {
		signOut(t, w, user)
	}
}

// signOut presses 退出 where the screen has it; after that the pages are shut.
func signOut(t *testing.T, w *browser.Tab, user string) {
	t.Helper()
	must(t, w.Until(`document.querySelector("#live").dataset.state === "open" && performance.now() > 500`)) // it stands still
	if phone, err := browser.Value[bool](w, `getComputedStyle(document.querySelector(".tabs")).display !== "none"`); err != nil {
		t.Fatal(err)
	} else if phone {
		must(t, w.Tap(".more-tab summary"))
		must(t, w.Tap(".sheet button[type=submit]"))
	} else {
		must(t, w.Click(".who button[type=submit]"))
	}
	must(t, w.Until(`location.pathname === "/signin" && document.querySelector("#user")`))
	must(t, w.Open("/me"))
	if path, _ := w.Path(); !strings.HasPrefix(path, "/signin") {
		t.Errorf("%s signed out and still sees %s", user, path)
	}
}

// watches: 信息流 by words, the reasons of a post, its event, and a case of it.
func (d *day) watches(t *testing.T, w *browser.Tab) {
	must(t, w.Open("/posts?days=7"))
	must(t, w.Fill("#q", "交城"))
	must(t, w.Keys("\r"))
	must(t, w.Until(`new URLSearchParams(location.search).get("q") === "交城" && document.querySelector("#rows .post-title")`))
	must(t, w.Open("/posts?risk=40"))
	must(t, w.Click("#rows .post-title"))
	must(t, w.Wait("article h1"))
	terms, err := browser.Value[[]float64](w, `[...document.querySelectorAll("[aria-labelledby=risk-h] .terms td.num")].map((e) => Number(e.textContent))`)
	must(t, err)
	if len(terms) < 2 {
		t.Errorf("the risk of a post above 40 has %d terms", len(terms))
	}
	free := ""
	for range 30 { // the first events of a new installation are matters with a case
		must(t, w.Open("/events"))
		must(t, w.Wait("#rows .case-title"))
		free, err = browser.Value[string](w, `(async () => {
			for (const a of document.querySelectorAll("#rows .case-title")) {
				const page = new DOMParser().parseFromString(await (await fetch(a.href)).text(), "text/html");
				if (page.querySelector("a[href^='/cases/new?event=']")) return a.getAttribute("href");
			}
			return "";
		})()`)
		must(t, err)
		if free != "" {
			break
		}
		time.Sleep(time.Second)
	}
	if free == "" {
		t.Fatal("no event without a case")
	}
	must(t, w.Open(free))
	must(t, w.Wait("[aria-labelledby=curve-h] .plot svg"))
	title, err := w.Text("h1")
	must(t, err)
	must(t, w.Click("a[href^='/cases/new?event=']"))
	must(t, w.Until(fmt.Sprintf(`document.querySelector("#title") && document.querySelector("#title").value === %q`, title)))
	must(t, w.Click("main form button[type=submit]"))
	must(t, w.Until(`/^\/cases\/(?!new)/.test(location.pathname)`))
	shows(t, w, ".title-case", "待研判", title)
}

// registers: a call becomes a post, loses its telephone number, and is a case.
func (d *day) registers(t *testing.T, w *browser.Tab) {
	must(t, w.Open("/intake"))
	pick(t, w, "main", "channel", "hotline")
	must(t, w.Fill("#title", "西社镇河边垃圾桶装满没有人清运 "+d.stamp))
	must(t, w.Fill("#text", "群众来电：河边步道的垃圾桶满了三天，问什么时候来清运。回电 13803581234。"))
	must(t, w.Fill("#place", "西社镇"))
	must(t, w.Click("label:has([name=case][value=yes])"))
	must(t, w.Click("main form[action='/intake'] button[type=submit]"))
	must(t, w.Until(`/^\/(cases|intake\/posts)\//.test(location.pathname) || document.querySelector(".similar")`))
	if known, err := browser.Value[bool](w, `Boolean(document.querySelector(".similar"))`); err != nil {
		t.Fatal(err)
	} else if known { // it says what it may belong to; this is another matter
		must(t, w.Click("main form[action='/intake'] button[type=submit]"))
		must(t, w.Until(`/^\/(cases|intake\/posts)\//.test(location.pathname)`))
	}
	if path, _ := w.Path(); strings.HasPrefix(path, "/intake") { // the event had a case of its own accord
		must(t, w.Until(`document.querySelector("#registered a[href^='/cases/']")`))
		must(t, w.Click("#registered a[href^='/cases/']"))
		must(t, w.Until(`location.pathname.startsWith("/cases/") && document.querySelector(".title-case")`))
	}
	path, err := w.Path()
	must(t, err)
	d.path = strings.SplitN(path, "?", 2)[0]
	shows(t, w, ".title-case", "待研判", d.stamp, "社会舆情")
	page, err := w.Text("main")
	must(t, err)
	if strings.Contains(page, "13803581234") {
		t.Error("the page shows the caller's telephone number")
	}
}

// judges: found by its words, conferred about, raised; the wording of the rule
// keeps an analyst from sending it.
func (d *day) judges(t *testing.T, w *browser.Tab) {
	must(t, w.Open("/cases?view=all&q="+d.stamp))
	must(t, w.Click("#rows .case-title"))
	must(t, w.Until(fmt.Sprintf(`location.pathname === %q && document.querySelector(".title-case")`, d.path)))
	open(t, w, "consult")
	must(t, w.Fill("#consult-people", "网信办、新闻中心、生态环境分局"))
	must(t, w.Fill("#consult-conclusion", "涉及水环境，按较大办理，当晚到现场。"))
	send(t, w, "consult", "会商记录已保存")
	shows(t, w, "[aria-label=会商记录]", "涉及水环境")
	open(t, w, "change-level")
	pick(t, w, "#do-change-level", "level", "yellow")
	must(t, w.Fill("#change-level-reason", "会商意见"))
	send(t, w, "change-level", "等级已调整")
	shows(t, w, ".title-case", "较大", "黄")
	if offered(t, w, "assign") {
		t.Error("the analyst is offered to send a yellow case, which the duty leader signs")
	}
}

func (d *day) assigns(t *testing.T, w *browser.Tab) {
	must(t, w.Open(d.path))
	open(t, w, "assign")
	set(t, w, "#assign-lead", "sthj")
	send(t, w, "assign", "已交办")
	shows(t, w, ".title-case", "已交办")
	shows(t, w, ".case-units", "生态环境", "尚未签收")
	shows(t, w, ".clocks", "签收", "回应")
}

// acknowledges: on the telephone, from the first page.
func (d *day) acknowledges(t *testing.T, w *browser.Tab) {
	must(t, w.Open("/"))
	card := fmt.Sprintf("[data-case='%s']", strings.TrimPrefix(d.path, "/cases/"))
	must(t, w.Tap("#work "+card+" .ack-button"))
	must(t, w.Until(`document.querySelector(".note[role=status]")?.textContent.includes("已签收")`))
	must(t, w.Open(d.path))
	shows(t, w, ".title-case", "已签收")
	open(t, w, "comment")
	must(t, w.Fill("#comment-reason", "请承办人今晚到现场取样，明早报首次反馈。"))
	send(t, w, "comment", "批注已记录")
	shows(t, w, ".timeline", "签收", "到现场取样")
}

// a picture of one pixel.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// handles: reads what the liaison asked for, reports, adds what was found, and
// writes the form, which waits for the head's signature.
func (d *day) handles(t *testing.T, w *browser.Tab) {
	must(t, w.Open("/"))
	must(t, w.Click(fmt.Sprintf("#work [data-case='%s'] .case-title", strings.TrimPrefix(d.path, "/cases/"))))
	shows(t, w, ".timeline", "到现场取样")
	open(t, w, "handle")
	must(t, w.Fill("#handle-text", "已到现场，确有污水外排，已责令停止并取样送检。"))
	send(t, w, "handle", "首次反馈已记录")
	shows(t, w, ".title-case", "处置中")
	open(t, w, "attach")
	raw, err := base64.StdEncoding.DecodeString(pixel)
	must(t, err)
	choose(t, w, "#attach-file", "排口现场.png", raw)
	send(t, w, "attach", "附件已添加")
	shows(t, w, ".files", "排口现场.png")

	open(t, w, "submit")
	pick(t, w, "#do-submit", "finding", "partly")
	must(t, w.Fill("#submit-facts", "养殖场沉淀池溢流，夜间有少量污水进入河道。"))
	must(t, w.Fill("#submit-measures", "责令停产整改，立案调查。"))
	must(t, w.Click("#do-submit label:has([name=contacted])"))
	pick(t, w, "#do-submit", "publicity", "not_public")
	must(t, w.Until(`document.querySelector("#submit-why").required && document.querySelector("#submit-why").offsetParent`)) // a reason is asked for
	pick(t, w, "#do-submit", "publicity", "public")
	send(t, w, "submit", "反馈单已提交")
	shows(t, w, "main", "部分属实", "签字")
	shows(t, w, ".title-case", "处置中")
}

func (d *day) signs(t *testing.T, w *browser.Tab) {
	must(t, w.Open("/"))
	must(t, w.Click(fmt.Sprintf("#work [data-case='%s'] .case-title", strings.TrimPrefix(d.path, "/cases/"))))
	shows(t, w, "[aria-label=待签字的处置反馈单]", "沉淀池溢流")
	open(t, w, "sign")
	send(t, w, "sign", "已签字")
	shows(t, w, ".title-case", "待审核")
}

func (d *day) sendsBack(t *testing.T, w *browser.Tab) {
	must(t, w.Open(d.path))
	shows(t, w, "[aria-label=处置反馈单]", "沉淀池溢流", "部分属实")
	open(t, w, "send-back")
	pick(t, w, "#do-send-back", "grounds", "要素不健全")
	must(t, w.Fill("#send-back-reason", "缺水质检测结果和回访情况"))
	send(t, w, "send-back", "已退回补充")
	shows(t, w, ".title-case", "退回补充")
}

func (d *day) handsInAgain(t *testing.T, w *browser.Tab) {
	must(t, w.Open(d.path))
	shows(t, w, ".timeline", "缺水质检测结果")
	open(t, w, "submit")
	pick(t, w, "#do-submit", "finding", "true")
	must(t, w.Fill("#submit-facts", "取样检测氨氮超标，污水来自沉淀池溢流。"))
	must(t, w.Fill("#submit-measures", "已停产清淤，溢流口封堵，已回访来电群众。"))
	pick(t, w, "#do-submit", "publicity", "public")
	send(t, w, "submit", "反馈单已提交")
	shows(t, w, ".title-case", "待审核") // the head's own needs no other signature
}

// answers: signs the wording, publishes it, and closes on the fix.
func (d *day) answers(t *testing.T, w *browser.Tab) {
	must(t, w.Open(d.path))
	shows(t, w, "main", "氨氮超标")
	open(t, w, "approve")
	send(t, w, "approve", "已审签")
	open(t, w, "respond")
	must(t, w.Fill("#respond-text", "经查，西社镇一养殖场沉淀池溢流，已停产清淤、封堵溢流口，检测结果三日内公布。"))
	must(t, w.Click("#do-respond [name=forms] + span"))
	must(t, w.Fill("#respond-outlet", "县政府门户网站"))
	pick(t, w, "#do-respond", "publicity", "public")
	send(t, w, "respond", "回应已登记")
	shows(t, w, "[aria-label=回应]", "封堵溢流口", "此件公开发布")
	open(t, w, "close")
	must(t, w.Fill("#close-reason", "现场复查无外排，群众认可。"))
	send(t, w, "close", "已办结")
	shows(t, w, ".title-case", "已办结")
	shows(t, w, "[aria-labelledby=clocks-h]", "停止")
}

func (d *day) archives(t *testing.T, w *browser.Tab) {
	must(t, w.Open(d.path))
	open(t, w, "reach")
	must(t, w.Fill("#reach-outlet", "县融媒体中心公众号"))
	must(t, w.Fill("#reach-reads", "1830"))
	send(t, w, "reach", "传播数据已登记")
	open(t, w, "archive")
	send(t, w, "archive", "已归档")
	shows(t, w, ".title-case", "已归档")
	must(t, w.Open(d.path+"/effect"))
	shows(t, w, "main", "1,830")
}

// urges: sees the whole, can change nothing of it, and presses.
func (d *day) urges(t *testing.T, w *browser.Tab) {
	c := d.in.assigned(t, "东门街污水井盖缺失 "+d.stamp, d.in.person(t, "liaison").Unit)
	must(t, w.Open("/stats?days=1"))
	must(t, w.Until(`[...document.querySelectorAll("#units-table tbody tr")].some((r) => r.textContent.includes("生态环境"))`))
	must(t, w.Open("/cases/"+string(c.ID)))
	may, err := browser.Value[[]string](w, `[...document.querySelectorAll("#actions details.action")].map((e) => e.id)`)
	must(t, err)
	slices.Sort(may)
	if want := []string{"do-comment", "do-restart-clock", "do-urge"}; !slices.Equal(may, want) {
		t.Errorf("the supervisor is offered %v, not %v", may, want)
	}
	open(t, w, "urge")
	must(t, w.Fill("#urge-reason", "存在安全隐患，请半小时内签收并设围挡。"))
	send(t, w, "urge", "督办提醒已发出")
	shows(t, w, ".timeline", "督办", "安全隐患")
}

// appeals: the telephone rings with what was urged; a point lost is argued about.
func (d *day) appeals(t *testing.T, w *browser.Tab) {
	must(t, w.Open("/notices"))
	shows(t, w, "main", "督办")
	must(t, w.Open("/appraisal"))
	row := fmt.Sprintf(`[...document.querySelectorAll("details.inline")].find((e) => e.querySelector("[name=case]").value === %q && e.querySelector("[name=merit]").value === "complete")`, strings.TrimPrefix(d.path, "/cases/"))
	must(t, w.Until(fmt.Sprintf(`(() => { const row = %s; if (row) row.id = "mine"; return row; })()`, row)))
	must(t, w.Tap("#mine summary"))
	must(t, w.Fill("#mine textarea", "首次反馈时检测结果尚未出具，非单位原因 "+d.stamp))
	must(t, w.Tap("#mine button"))
	must(t, w.Until(`document.querySelector(".note[role=status]")?.textContent.includes("申诉已提交")`))
	shows(t, w, "[aria-labelledby=appeals-h]", d.stamp, "待处理")
}

// decides: hears the appeal and takes the sheet out.
func (d *day) decides(t *testing.T, w *browser.Tab) {
	must(t, w.Open("/appraisal"))
	must(t, w.Until(fmt.Sprintf(`(() => { const row = [...document.querySelectorAll("[aria-labelledby=appeals-h] tbody tr")].find((r) => r.textContent.includes(%q)); if (row) row.id = "heard"; return row; })()`, d.stamp)))
	must(t, w.Fill("#heard [name=why]", "检测报告日期属实"))
	must(t, w.Click("#heard [value=granted]"))
	must(t, w.Until(`document.querySelector(".note[role=status]")?.textContent.includes("申诉已处理")`))
	shows(t, w, "[aria-labelledby=appeals-h]", d.stamp, "采纳", "检测报告日期属实")
	scores, err := browser.Value[map[string]string](w, `Object.fromEntries([...document.querySelectorAll("details.appraisal")].map((e) => [e.querySelector("summary b").textContent, e.querySelector(".score").textContent.replace(" 分", "")]))`)
	must(t, err)
	file, err := w.Download("a[href^='/appraisal.xlsx']", t.TempDir())
	must(t, err)
	if filepath.Ext(file) != ".xlsx" {
		t.Errorf("the sheet is called %s", filepath.Base(file))
	}
	book, err := excelize.OpenFile(file)
	must(t, err)
	defer func() { _ = book.Close() }()
	var all bytes.Buffer
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		must(t, err)
		for _, row := range rows {
			fmt.Fprintln(&all, strings.Join(row, "\t"))
		}
	}
	for unit, score := range scores {
		line := ""
		for l := range strings.Lines(all.String()) {
			if strings.Contains(l, unit) {
				line = l
				break
			}
		}
		if !strings.Contains(line, "\t"+strings.TrimSuffix(score, ".0")+"\t") {
			t.Errorf("the page gives %s %s, the sheet says %q", unit, score, line)
		}
	}
}

// open unfolds what a person may do to the case.
func open(t *testing.T, w *browser.Tab, action string) {
	t.Helper()
	must(t, w.Wait("#do-"+action+" summary"))
	unfolded, err := browser.Value[bool](w, fmt.Sprintf(`document.querySelector("#do-%s").open`, action))
	must(t, err)
	if !unfolded {
		must(t, w.Click("#do-"+action+" summary"))
	}
}

func offered(t *testing.T, w *browser.Tab, action string) bool {
	t.Helper()
	there, err := browser.Value[bool](w, fmt.Sprintf(`Boolean(document.querySelector("#do-%s"))`, action))
	must(t, err)
	return there
}

// send presses the button of an action; the page says that it is done.
func send(t *testing.T, w *browser.Tab, action, said string) {
	t.Helper()
	must(t, w.Click("#do-"+action+" button[type=submit]"))
	if err := w.Until(fmt.Sprintf(`document.querySelector(".note[role=status]")?.textContent.includes(%q)`, said)); err != nil {
		problem, _ := browser.Value[string](w, `[...document.querySelectorAll(".problem, .note")].map((e) => e.textContent).join(" | ")`)
		t.Fatalf("after %s the page does not say %q but %q (%v)", action, said, problem, err)
	}
}

// pick presses the words beside one of several choices.
func pick(t *testing.T, w *browser.Tab, within, name, value string) {
	t.Helper()
	must(t, w.Click(fmt.Sprintf("%s label:has([name=%q][value=%q]) span", within, name, value)))
	must(t, w.Until(fmt.Sprintf(`document.querySelector('%s [name=%q][value=%q]').checked`, within, name, value)))
}

// set chooses from a list.
func set(t *testing.T, w *browser.Tab, css, value string) {
	t.Helper()
	must(t, w.Wait(css))
	must(t, w.Until(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event("change", {bubbles: true})); return e.value === %q; })()`, css, value, value)))
}

// shows waits until a part of the page has all the words.
func shows(t *testing.T, w *browser.Tab, css string, words ...string) {
	t.Helper()
	for _, word := range words {
		if err := w.Until(fmt.Sprintf(`[...document.querySelectorAll(%q)].some((e) => e.textContent.includes(%q))`, css, word)); err != nil {
			text, _ := browser.Value[string](w, fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.innerText).join(" | ")`, css))
			t.Fatalf("%s does not say %q but %q", css, word, huiying.Clip(text, 600))
		}
	}
}
