package browser_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"huiying"
	"huiying/dashboard/browser"
)

// choose puts a file into a file field, as a person does.
func choose(t *testing.T, w *browser.Tab, css, name string, content []byte) {
	t.Helper()
	must(t, w.Wait(css))
	if _, err := browser.Value[bool](w, fmt.Sprintf(`(() => {
		const raw = Uint8Array.from(atob(%q), (c) => c.charCodeAt(0));
		const list = new DataTransfer();
		list.items.add(new File([raw], %q));
		document.querySelector(%q).files = list.files;
		return true;
	})()`, base64.StdEncoding.EncodeToString(content), name, css)); err != nil {
		t.Fatal(err)
	}
}

// unitSheet is a sheet of 机构与人员 with one change, one new unit and one mistake.
func unitSheet(t *testing.T) []byte {
	t.Helper()
	book := excelize.NewFile()
	defer func() { _ = book.Close() }()
	for i, row := range [][]string{
		{"单位名称", "编号", "类别", "职责", "协调部门", "责任人", "联络人", "联络人电话", "承办人", "生效日期"},
		{"县审计局", "", "", "", "法规审理股", "", "刘芳", "0358-3520001", "", ""},
		{"县大数据应用中心", "dsjzx", "县政府", "政务数据共享和公共数据开放", "数据股", "王建", "赵敏", "0358-3520002", "孙强", "2026-01-01"},
		{"县邮政局", "", "", "", "", "", "", "", "", ""},
	} {
		must(t, book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row))
	}
	var out bytes.Buffer
	must(t, book.Write(&out))
	return out.Bytes()
}

// A sheet of units is looked at first, then in force at once.
func TestUnitsAreUpdatedFromASheet(t *testing.T) {
	b := chromium(t)
	in := running(t)
	w := tab(t, b, in, in.account(t, huiying.Analyst), browser.Desktop)
	must(t, w.Open("/units"))
	must(t, w.Click(".unit-import summary"))
	choose(t, w, "#file", "名录.xlsx", unitSheet(t))
	must(t, w.Click(`form[action="/units/preview"] button`))
	must(t, w.Wait(".changes"))
	said, err := w.Text("[aria-labelledby=preview-h]")
	must(t, err)
	for _, want := range []string{"要改 2 个单位", "第 4 行“单位名称”", "刘芳", "新增"} {
		if !strings.Contains(said, want) {
			t.Errorf("the preview does not say %q", want)
		}
	}
	shot(t, w, "units-preview")
	must(t, w.Click(`form[action="/units/import"] button`))
	must(t, w.Wait("#said .note"))
	must(t, w.Wait("#unit-dsjzx"))
	text, err := w.Text("#unit-sjj")
	must(t, err)
	if !strings.Contains(text, "刘芳") || !strings.Contains(text, "法规审理股") {
		t.Errorf("the unit is %q", text)
	}
	var c huiying.Case // the new unit can be sent a case at once
	in.call(t, in.account(t, huiying.Monitor), "POST", "/cases", map[string]any{"queue": "offline", "title": "数据开放平台打不开", "summary": "群众来电", "level": "blue"}, &c)
	in.call(t, in.account(t, huiying.Leader), "POST", "/cases/"+string(c.ID)+"/assign", map[string]any{"version": c.Version, "lead": "dsjzx"}, &c)
}
