package dashboard_test

import (
	"bytes"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"huiying"
)

// unitFile is a sheet of units as a form sends it.
func unitFile(t *testing.T, rows ...[]string) (body *bytes.Buffer, kind string) {
	t.Helper()
	book := excelize.NewFile()
	defer func() { check(t, book.Close()) }()
	check(t, book.SetSheetName("Sheet1", "名录"))
	for i, row := range rows {
		check(t, book.SetSheetRow("名录", fmt.Sprintf("A%d", i+1), &row))
	}
	return bookFile(t, book)
}

func bookFile(t *testing.T, book *excelize.File) (body *bytes.Buffer, kind string) {
	t.Helper()
	body = new(bytes.Buffer)
	form := multipart.NewWriter(body)
	part := must(form.CreateFormFile("file", "名录.xlsx"))
	_ = must(book.WriteTo(part))
	check(t, form.Close())
	return body, form.FormDataContentType()
}

// hidden are the hidden fields of the form that posts to a path.
func hidden(t *testing.T, page, path string) []string {
	t.Helper()
	form := regexp.MustCompile(`(?s)method="post" action="` + path + `".*?</form>`).FindString(page)
	if form == "" {
		t.Fatalf("no form posts to %s: %.3000s", path, page)
	}
	var out []string
	for _, m := range regexp.MustCompile(`type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		out = append(out, m[1], html.UnescapeString(m[2]))
	}
	return out
}

func TestUnitsAreChangedFromASheetWithAPreview(t *testing.T) {
	h, _ := filled(t)
	leader := h.as("leader")
	preview := func(rows ...[]string) reply {
		body, kind := unitFile(t, rows...)
		return leader.do("POST", "/units/preview", body, "Content-Type", kind, "Accept", "text/html")
	}
	head := []string{"单位名称", "编号", "类别", "职责", "协调部门", "责任人", "联络人", "联络人电话", "联络人账号", "承办人", "截止日期"}
	r := preview(head,
		[]string{"县教育科技局", "", "", "教育", "办公室", "张局", "新联络", "0358-7654321", "", "赵承办", ""},
		[]string{"没有的局", "", "", "", "", "", "", "", "", "", ""},
		[]string{"审计局", "", "", "", "", "", "", "电话", "", "", "明天"},
		[]string{"县住建局", "zjj2", "县政府", "", "", "", "", "", "", "", ""},
		[]string{"教科局", "jkj", "", "", "", "", "", "", "", "", ""},
	)
	if r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	r.says(t, "要改 1 个单位", "工作表“名录”第 3 行“单位名称”", "第 4 行“联络人电话”", "第 4 行“截止日期”", "第 5 行“职责”：没有填写", "第 6 行“编号”：jkj 在第 2 行已经写过",
		"<del>王联络</del>", "<ins>新联络</ins>", "<ins>0358-7654321</ins>", "只更新无误的 1 个单位", "其余 2 个不变")
	if h.shelf.saved != "" {
		t.Error("a preview saves")
	}
	fields := hidden(t, string(r.body), "/units/import")
	if r := leader.submit("/units/import", append(fields, "reason", "")...); r.status != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", r.status)
	}
	if r := leader.submit("/units/import", append([]string{"was", "old"}, append(fields, "reason", "x")...)...); h.shelf.saved != "" || !strings.Contains(string(r.body), "重新核对") {
		t.Errorf("a stale preview: %d", r.status)
	}
	if r := leader.submit("/units/import", append(fields, "reason", "换人")...); r.status != http.StatusSeeOther || h.shelf.saved != "leader: 换人" {
		t.Fatalf("%d %q %s", r.status, h.shelf.saved, r.body)
	}
	for _, want := range []string{"liaison: {name: 新联络, phone: \"0358-7654321\", user: jkj-liaison}", "head: {name: 张局}"} {
		if !strings.Contains(h.shelf.text, want) {
			t.Errorf("the file lacks %q", want)
		}
	}
	if !strings.Contains(h.shelf.text, "id: sjj") {
		t.Error("a unit the sheet does not name is gone")
	}

	// What is exported says the same when it comes back.
	out := h.as("leader").do("GET", "/units.xlsx", nil)
	book := must(excelize.OpenReader(bytes.NewReader(out.body)))
	defer func() { check(t, book.Close()) }()
	if mark := must(book.GetCellValue("单位", "A1")); !strings.Contains(mark, "值班") {
		t.Errorf("the export is marked %q", mark)
	}
	check(t, book.SetCellValue("单位", "B3", "")) // found by its name
	body, kind := bookFile(t, book)
	again := leader.do("POST", "/units/preview", body, "Content-Type", kind, "Accept", "text/html")
	if again.says(t, "导入预览"); strings.Contains(string(again.body), "<ins>") {
		t.Errorf("the export comes back changed: %s", again.body)
	}
	if rows := must(h.ledger.AuditTrail(t.Context(), huiying.AuditQuery{Region: jiaocheng, Action: "export.units", Limit: 9})); len(rows.Items) != 1 {
		t.Errorf("%d exports on record", len(rows.Items))
	}
	if r := preview([]string{"名称"}, []string{"x"}); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a sheet without a head: %d", r.status)
	}
}
