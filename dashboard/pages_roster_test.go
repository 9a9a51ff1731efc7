package dashboard_test

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"huiying"
)

// sheetOf is an XLSX file of the rows given.
func sheetOf(rows ...[]any) []byte {
	book := excelize.NewFile()
	for i, row := range rows {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			panic(err)
		}
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		panic(err)
	}
	return out.Bytes()
}

var hiddenRows = regexp.MustCompile(`name="rows" value="([^"]*)"`)

// previewed takes the rows of a preview out of its page.
func (r reply) previewed(t *testing.T) string {
	t.Helper()
	m := hiddenRows.FindSubmatch(r.body)
	if m == nil {
		t.Fatalf("no preview (%d): %.800s", r.status, r.body)
	}
	return html.UnescapeString(string(m[1]))
}

func monday() time.Time {
	now := time.Now().In(huiying.Beijing)
	return time.Date(now.Year(), now.Month(), now.Day()-(int(now.Weekday())+6)%7, 0, 0, 0, 0, huiying.Beijing)
}

type rosterAnswer struct {
	On, Shifts []huiying.Shift
	Gaps       []huiying.Gap
}

func TestARosterSheetIsPreviewedBeforeItIsImported(t *testing.T) {
	h := newHouse(t)
	day := monday()
	file := sheetOf(
		[]any{"交城县值班表"},
		[]any{"姓名", "账号", "单位", "岗位", "日期", "班次", "电话"}, // in another order
		[]any{"王联络", "jkj-liaison", "教科局", "联络人", day.Format("2006年1月2日"), "00:00-24:00", "0358-1"},
		[]any{"李某", "", "县教育科技局", "联络人", day.AddDate(0, 0, 1), "全天", ""}, // an Excel date
		[]any{"赵某", "", "环保局", "联络人", "明天", "早班", ""},
		[]any{"钱某", "nobody", "教科局", "联络人", day.AddDate(0, 0, 3).Format(time.DateOnly), "白班", ""},
	)
	r := h.as("leader").upload("/roster/preview", "值班表.xlsx", file)
	r.says(t, "共 4 行", "无误 2 行", "第 5 行 日期：认不出 &#34;明天&#34;", "第 5 行 班次：认不出 &#34;早班&#34;", "第 5 行 单位：没有单位 &#34;环保局&#34;", "第 6 行 账号：没有账号 &#34;nobody&#34;", "只导入无误的行（2 行）")
	sound(t, "the preview", r)
	rows := r.previewed(t)

	roster := func() (a rosterAnswer) {
		h.as("monitor").get("/roster?from="+day.Format(time.DateOnly)).json(t, &a)
		return a
	}
	if got := roster(); len(got.Shifts) != 0 {
		t.Errorf("a preview saved %+v", got.Shifts)
	}
	r = h.as("leader").submit("/roster/import", "rows", rows)
	if r.status != http.StatusUnprocessableEntity || len(roster().Shifts) != 0 {
		t.Errorf("rows with mistakes were imported without a word: %d", r.status)
	}
	r = h.as("leader").submit("/roster/import", "rows", rows, "only_valid", "yes")
	if r.status != http.StatusSeeOther {
		t.Fatalf("the import: %d %.600s", r.status, r.body)
	}
	got := roster()
	if len(got.Shifts) != 2 || !got.Shifts[0].From.Equal(day) || !got.Shifts[1].From.Equal(day.AddDate(0, 0, 1).Add(8*time.Hour)) || !got.Shifts[1].To.Equal(day.AddDate(0, 0, 2).Add(8*time.Hour)) {
		t.Errorf("imported %+v", got.Shifts)
	}
	if len(got.Gaps) == 0 || !got.Gaps[0].From.Equal(day.AddDate(0, 0, 1)) {
		t.Errorf("the gap before the second shift is not told: %+v", got.Gaps)
	}
	h.as("sysadmin").page("/roster").says(t, "空岗", "王联络", "00:00–24:00", "今天")
	trail := must(h.ledger.AuditTrail(t.Context(), huiying.AuditQuery{Region: jiaocheng, Limit: 10})).Items
	if trail[0].Action != "roster.import" || trail[0].Who != "leader" {
		t.Errorf("the audit says %+v", trail[0])
	}
}

func TestAFileThatIsNoRosterIsRefusedInWords(t *testing.T) {
	h := newHouse(t)
	for want, file := range map[string][]byte{
		"不是可读的 XLSX 文件":         []byte("姓名,日期"),
		"没有找到表头":                sheetOf([]any{"甲", "乙"}),
		"表头下面没有内容":              sheetOf([]any{"日期", "班次", "单位", "岗位", "姓名"}),
		"请选择不超过 5 MB 的 XLSX 文件": bytes.Repeat([]byte("x"), 6<<20),
	} {
		if r := h.as("analyst").upload("/roster/preview", "值班表.xlsx", file); r.status < 400 || r.status >= 500 || !strings.Contains(string(r.body), want) {
			t.Errorf("%s: %d", want, r.status)
		}
	}
	r := h.as("analyst").submit("/roster/import", "rows", `[{"Number":1}`)
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("half a preview: %d", r.status)
	}
}

func TestTheTemplateCanBeImportedOnceFilledIn(t *testing.T) {
	h := newHouse(t)
	h.as("analyst").upload("/roster/preview", "值班表.xlsx", h.as("analyst").page("/roster/template.xlsx").body).says(t, "导入 1 行")
}

// shiftBody is one row of the API.
func shiftBody(day time.Time, shift, unit, role, name, user string) map[string]any {
	return map[string]any{"date": day.Format(time.DateOnly), "shift": shift, "unit": unit, "role": role, "name": name, "user": user, "phone": "0358-9"}
}

func TestWhoMayArrangeWhichDuty(t *testing.T) {
	h := newHouse(t)
	next := monday().AddDate(0, 0, 14)
	post := func(user, unit, role string) reply {
		return h.as(user).post("/roster", map[string]any{"shifts": []any{shiftBody(next, "白班", unit, role, "甲", "")}})
	}
	for _, c := range []struct {
		user, unit, role string
		status           int
	}{
		{"leader", "jkj", "联络人", 200},
		{"analyst", "zjj", "值班领导", 200},
		{"jkj-liaison", "jkj", "联络人", 200},
		{"jkj-liaison", "zjj", "联络人", 422},
		{"jkj-liaison", "jkj", "研判员", 422},
		{"jkj-handler", "jkj", "联络人", 403},
		{"monitor", "jkj", "联络人", 403},
		{"sysadmin", "jkj", "联络人", 403},
	} {
		if r := post(c.user, c.unit, c.role); r.status != c.status {
			t.Errorf("%s arranges %s of %s: %d, want %d: %s", c.user, c.role, c.unit, r.status, c.status, r.body)
		}
	}
	var seen rosterAnswer
	h.as("zjj-liaison").get("/roster?from="+next.Format(time.DateOnly)).json(t, &seen)
	phones := map[huiying.UnitID]string{}
	for _, s := range seen.Shifts {
		phones[s.Unit] += s.Person.Phone
	}
	if len(seen.Shifts) != 2 || phones["jkj"] != "" || phones["zjj"] != "0358-9" {
		t.Errorf("a unit reads the roster with the numbers %v", phones)
	}
	var elsewhere rosterAnswer
	h.as("wenshui").get("/roster?from="+next.Format(time.DateOnly)).json(t, &elsewhere)
	if len(elsewhere.Shifts) != 0 {
		t.Errorf("another county reads %+v", elsewhere.Shifts)
	}
	if r := h.as("wenshui").post("/roster/"+string(seen.Shifts[0].ID)+"/substitute", map[string]any{"name": "乙", "reason": "x"}); r.status != http.StatusNotFound {
		t.Errorf("another county changes a shift: %d", r.status)
	}
}

func TestASubstituteAndASwapAreArrangedWithForms(t *testing.T) {
	h := newHouse(t)
	next := monday().AddDate(0, 0, 14)
	r := h.as("leader").post("/roster", map[string]any{"shifts": []any{
		shiftBody(next, "白班", "jkj", "联络人", "王联络", "jkj-liaison"),
		shiftBody(next.AddDate(0, 0, 1), "白班", "jkj", "联络人", "李某", ""),
		shiftBody(next.AddDate(0, 0, 2), "白班", "jkj", "联络人", "孙某", ""),
	}})
	if r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	roster := func() (a rosterAnswer) {
		h.as("leader").get("/roster?from="+next.Format(time.DateOnly)).json(t, &a)
		return a
	}
	shifts := roster().Shifts
	path := func(s huiying.Shift) string { return "/roster/" + string(s.ID) }
	page := "/roster?week=" + next.Format(time.DateOnly)
	form := h.as("jkj-liaison").page(page + "&shift=" + string(shifts[0].ID))
	form.says(t, "调整班次", "登记替班", "与哪一班互换", "李某", next.Format(time.DateOnly)+"T08:00")
	sound(t, "the form of a change", form)

	from, to := next.Format(time.DateOnly)+"T10:00", next.Format(time.DateOnly)+"T12:00"
	r = h.as("jkj-liaison").submit(path(shifts[0])+"/substitute", "name", "周某", "from", from, "to", to, "reason", " ")
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", r.status)
	}
	r.says(t, "请填写替班原因", `value="周某"`)
	r = h.as("jkj-liaison").submit(path(shifts[0])+"/substitute", "name", "周某", "user", "zjj-liaison", "from", from, "to", to, "reason", "开会")
	if r.status != http.StatusUnprocessableEntity {
		t.Errorf("an account of another unit stands in: %d", r.status)
	}
	if r = h.as("zjj-liaison").submit(path(shifts[0])+"/substitute", "name", "周某", "from", from, "to", to, "reason", "开会"); r.status != http.StatusForbidden {
		t.Errorf("another unit arranges a substitute: %d", r.status)
	}
	if r = h.as("jkj-liaison").submit(path(shifts[0])+"/substitute", "name", "周某", "from", from, "to", to, "reason", "开会"); r.status != http.StatusSeeOther {
		t.Fatalf("a substitute: %d %s", r.status, r.body)
	}
	h.as("leader").page(page).says(t, "周某", "替 王联络", "开会", "王联络安排", "已另有安排")
	if r = h.as("leader").submit(path(shifts[0])+"/substitute", "name", "吴某", "from", from, "to", to, "reason", "开会"); r.status != http.StatusConflict {
		t.Errorf("a second substitute for the same hours: %d", r.status)
	}

	if r = h.as("leader").submit(path(shifts[1])+"/swap", "other", string(shifts[2].ID), "reason", "家中有事"); r.status != http.StatusSeeOther {
		t.Fatalf("a swap: %d %s", r.status, r.body)
	}
	after := huiying.Roster(roster().Shifts)
	noon := func(days int) string {
		return after.On("jkj", huiying.Liaison, next.AddDate(0, 0, days).Add(13*time.Hour))[0].Person.Name
	}
	if noon(0) != "王联络" || noon(1) != "孙某" || noon(2) != "李某" {
		t.Errorf("on duty after the swap: %s, %s, %s", noon(0), noon(1), noon(2))
	}
	trail := must(h.ledger.AuditTrail(t.Context(), huiying.AuditQuery{Region: jiaocheng, Limit: 10})).Items
	if trail[0].Action != "roster.swap" || trail[1].Action != "roster.substitute" || !strings.Contains(trail[1].Detail, "开会") {
		t.Errorf("the audit says %+v and %+v", trail[0], trail[1])
	}
}
