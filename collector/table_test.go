package collector

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"huiying"
)

const ordersCSV = "交城县工单导出,,,\r\n工单编号,来电时间,诉求标题,诉求内容\r\n\r\nJC1,2026-03-05 09:05,暖气不热,\"室温14度,\n请处理\"\r\nJC2,三月五日,停水,停了两天\r\n"

func workbook(t *testing.T, props *excelize.WorkbookPropsOptions, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetWorkbookProps(props); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAnExportIsReadInAnyEncodingAndAsAWorkbook(t *testing.T) {
	t.Parallel()
	p := huiying.Profile{Name: "x", Channel: huiying.ChannelHotline, Header: 2, Columns: []huiying.ProfileColumn{
		{Column: "工单编号", Field: huiying.FieldID},
		{Column: "来电时间", Field: huiying.FieldAt},
		{Column: "诉求标题", Field: huiying.FieldTitle},
		{Column: "诉求内容", Field: huiying.FieldText},
	}}
	book := workbook(t, nil,
		[]any{"交城县工单导出"}, []any{"工单编号", "来电时间", "诉求标题", "诉求内容"}, nil,
		[]any{"JC1", time.Date(2026, 3, 5, 9, 5, 0, 0, time.UTC), "暖气不热", "室温14度,\n请处理"}, []any{"JC2", "三月五日", "停水", "停了两天"})
	ids := make(map[huiying.PostID]bool)
	for name, c := range map[string]struct {
		format string
		body   []byte
		rows   [2]int
	}{
		"UTF-8":             {"csv", []byte(ordersCSV), [2]int{4, 6}},
		"UTF-8 with a mark": {"csv", []byte("\uFEFF" + ordersCSV), [2]int{4, 6}},
		"GB18030":           {"csv", gbk(t, ordersCSV), [2]int{4, 6}},
		"a workbook":        {"xlsx", book, [2]int{4, 5}},
	} {
		var got []Row
		var errs []error
		for row, err := range ProfileRows(bytes.NewReader(c.body), c.format, p) {
			got, errs = append(got, row), append(errs, err)
		}
		if len(got) != 2 || got[0].Number != c.rows[0] || got[1].Number != c.rows[1] || errs[0] != nil || errs[1] == nil {
			t.Errorf("%s: %+v, %v", name, got, errs)
			continue
		}
		post := got[0].Post
		ids[post.ID] = true
		if post.Title != "暖气不热" || post.Text != "室温14度,\n请处理" || post.PublishedAt.Format(time.DateTime) != "2026-03-05 09:05:00" {
			t.Errorf("%s: %+v", name, post)
		}
		if want := fmt.Sprintf("第 %d 行“来电时间”", c.rows[1]); !strings.Contains(errs[1].Error(), want) || !strings.Contains(string(got[1].Raw), "停水") {
			t.Errorf("%s: %v of %s", name, errs[1], got[1].Raw)
		}
	}
	if len(ids) != 1 {
		t.Errorf("one order has the IDs %v: importing it again would double it", ids)
	}
}

func TestATableThatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body                []byte
		format, sheet, says string
	}{
		"a calendar that begins in 1904": {workbook(t, &excelize.WorkbookPropsOptions{Date1904: new(true)}, []any{"内容"}), "xlsx", "", "1904"},
		"a sheet that is not there":      {workbook(t, nil, []any{"内容"}), "xlsx", "三月", "三月"},
		"a text called a workbook":       {[]byte("内容\n"), "xlsx", "", "XLSX"},
		"a workbook called a text":       {workbook(t, nil, []any{"内容"}), "csv", "", "xlsx"},
		"a document":                     {[]byte("x"), "docx", "", "docx"},
	} {
		n := 0
		for row, err := range Table(bytes.NewReader(c.body), c.format, c.sheet) {
			if n++; row.Number != 0 || err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: row %d, %v", name, row.Number, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d rows", name, n)
		}
	}
}
