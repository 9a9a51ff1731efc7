package collector

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/unicode"

	"huiying"
)

type readRow struct {
	row Row
	err error
}

func rowsOf(t *testing.T, body []byte, format string, m Mapping) []readRow {
	t.Helper()
	var out []readRow
	for row, err := range rowsAt(bytes.NewReader(body), format, m, func() time.Time { return testNow }) {
		out = append(out, readRow{row, err})
	}
	return out
}

const chineseCSV = "\"标题\",正文（必填）,来源,渠道,发布时间,网址,作者,阅读数,备注\r\n" +
	"供暖不热,\"天宁镇某小区室温只有14度,\n请尽快处理。\",12345热线,12345热线,2026年3月5日 9:05,http://a.example/1,张三,1.2万,急\r\n" +
	"\r\n" +
	"路灯不亮,\"东关街路灯坏了\"\"一周\"\"\",县长信箱,gov,2026/3/4 8:00:00,,,,\r\n" +
	"日期有误,内容,县长信箱,gov,三月某日,,,,\r\n" +
	"只有标题,,县长信箱,政务平台,2026-03-01,,,,\r\n"

func TestRowsReadsCSVWithChineseHeaders(t *testing.T) {
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(strings.ReplaceAll(chineseCSV, ",", "\t")))
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{
		"in GBK": gbk(t, chineseCSV), "in UTF-8": []byte(chineseCSV), "in UTF-8 with a mark": append([]byte("\xEF\xBB\xBF"), chineseCSV...),
	} {
		t.Run(name, func(t *testing.T) { checkChineseRows(t, rowsOf(t, body, "csv", Mapping{}), 2) })
	}
	t.Run("in UTF-16, as a spreadsheet saves text", func(t *testing.T) {
		rows := rowsOf(t, utf16, "csv", Mapping{})
		if len(rows) != 4 || rows[1].row.Post.Title != "路灯不亮" || rows[1].row.Post.Channel != huiying.ChannelGov {
			t.Errorf("%+v", rows)
		}
	})
}

func checkChineseRows(t *testing.T, rows []readRow, first int) {
	t.Helper()
	if len(rows) != 4 {
		t.Fatalf("%d rows: %+v", len(rows), rows)
	}
	p := rows[0].row.Post
	if p.Title != "供暖不热" || p.Text != "天宁镇某小区室温只有14度,\n请尽快处理。" || p.Source != "12345热线" || p.Channel != huiying.ChannelHotline ||
		p.PublishedAt.Format(time.DateTime) != "2026-03-05 09:05:00" || p.URL != "http://a.example/1" || p.Author != "张三" ||
		p.Engagement.Views != 12_000 || string(p.Extra["备注"]) != `"急"` || rows[0].row.Number != first {
		t.Errorf("first row %d: %+v", rows[0].row.Number, p)
	}
	if p := rows[1].row.Post; p.Text != `东关街路灯坏了"一周"` || rows[1].err != nil {
		t.Errorf("second row: %+v, %v", p, rows[1].err)
	}
	if r := rows[2]; r.err == nil || !strings.Contains(r.err.Error(), "三月某日") || !strings.Contains(string(r.row.Raw), "日期有误") {
		t.Errorf("third row: %v, %s", r.err, r.row.Raw)
	}
	if p := rows[3].row.Post; p.Text != "只有标题" || p.Channel != huiying.ChannelGov {
		t.Errorf("fourth row: %+v", p)
	}
}

func TestRowsReadsWorkbooks(t *testing.T) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	style, err := f.NewStyle(&excelize.Style{NumFmt: 14}) // mm-dd-yy, shown without the hour
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range [][]any{
		{"标题", "正文（必填）", "来源", "渠道", "发布时间", "网址", "作者", "阅读数", "备注"},
		{"供暖不热", "天宁镇某小区室温只有14度,\n请尽快处理。", "12345热线", "12345热线", time.Date(2026, 3, 5, 9, 5, 0, 0, time.UTC), "http://a.example/1", "张三", 12000, "急"},
		{},
		{"路灯不亮", `东关街路灯坏了"一周"`, "县长信箱", "gov", "2026/3/4 8:00:00"},
		{"日期有误", "内容", "县长信箱", "gov", "三月某日"},
		{"只有标题", "", "县长信箱", "政务平台", "2026-03-01"},
	} {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetCellStyle("Sheet1", "E2", "E2", style); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	checkChineseRows(t, rowsOf(t, b.Bytes(), "xlsx", Mapping{}), 2)

	rows := rowsOf(t, b.Bytes(), "xlsx", Mapping{Sheet: "没有"})
	if len(rows) != 1 || rows[0].err == nil || rows[0].row.Number != 0 {
		t.Errorf("a sheet that is not there: %+v", rows)
	}
	rows = rowsOf(t, []byte("no workbook"), "xlsx", Mapping{})
	if len(rows) != 1 || huiying.CodeOf(rows[0].err) != huiying.CodeInvalid {
		t.Errorf("no workbook: %+v", rows)
	}
}

func TestRowsSurvivesAQuoteThatIsNeverClosed(t *testing.T) {
	rows := rowsOf(t, []byte("text,source\n好的,a\n\"没有收尾,a\n也是好的,b\n最后一条,c\n"), "csv", Mapping{})
	if len(rows) != 4 || rows[1].err == nil || rows[1].row.Number != 3 || !strings.Contains(rows[1].err.Error(), "第 3 行") {
		t.Fatalf("%+v", rows)
	}
	if rows[2].row.Post.Text != "也是好的" || rows[3].row.Post.Text != "最后一条" || rows[3].row.Number != 5 {
		t.Errorf("the rows after it: %+v", rows[2:])
	}
}

func TestRowsTellsOnceWhatIsWrongWithTheWholeFile(t *testing.T) {
	for name, c := range map[string]struct {
		body, format string
		m            Mapping
		says         string
	}{
		"no column with text":       {"甲,乙\n1,2\n3,4\n", "csv", Mapping{}, "text=列名"},
		"a mapped column not there": {"正文\nx\n", "csv", Mapping{Fields: map[string]string{"published_at": "时间戳"}}, "时间戳"},
		"a workbook called CSV":     {"PK\x03\x04...", "csv", Mapping{}, "xlsx"},
		"an unknown format":         {"x", "docx", Mapping{}, "docx"},
		"a field that is not there": {"正文\nx\n", "csv", Mapping{Fields: map[string]string{"nonsense": "正文"}}, "published_at"},
		"a mapping to no column":    {"正文\nx\n", "csv", Mapping{Fields: map[string]string{"text": ""}}, "没有列名"},
		"an unknown channel":        {"正文\nx\n", "csv", Mapping{Channel: "telepathy"}, "telepathy"},
		"nothing":                   {"", "csv", Mapping{}, "空的"},
	} {
		t.Run(name, func(t *testing.T) {
			rows := rowsOf(t, []byte(c.body), c.format, c.m)
			if len(rows) != 1 || rows[0].row.Number != 0 || rows[0].err == nil || !strings.Contains(rows[0].err.Error(), c.says) {
				t.Errorf("%+v", rows)
			}
		})
	}
}

func TestRowsReadsJSONLWithMapping(t *testing.T) {
	body := `{"id":"td2-1","title":"占道施工","text":"内容","date":"2020/1/6 12:09:38","label":"城乡建设","engagement":{"views":3}}

{"title":"x","text":"y","date":"2020-01-01","channel":"news","source":"a","extra":{"k":1},"n":{"deep":[1]}}
{"title":"x","text":
{"text":["不是文字"]}
["不是对象"]
{"text":"最后","date":null}`
	m := Mapping{Fields: map[string]string{"published_at": "date"}, Source: "市民来信", Channel: huiying.ChannelLetter}
	rows := rowsOf(t, []byte(body), "jsonl", m)
	if len(rows) != 6 {
		t.Fatalf("%d rows", len(rows))
	}
	p := rows[0].row.Post
	if p.ID != "td2-1" || p.PublishedAt.Format(time.DateTime) != "2020-01-06 12:09:38" || p.Source != "市民来信" || p.Channel != huiying.ChannelLetter ||
		string(p.Extra["label"]) != `"城乡建设"` || p.Engagement.Views != 3 || len(p.Extra) != 1 {
		t.Errorf("first: %+v", p)
	}
	if p := rows[1].row.Post; p.Channel != huiying.ChannelNews || p.Source != "a" || rows[1].row.Number != 3 || string(p.Extra["n"]) != `{"deep":[1]}` || string(p.Extra["k"]) != "1" {
		t.Errorf("second: %+v", p)
	}
	if !strings.Contains(string(rows[0].row.Raw), "td2-1") {
		t.Errorf("the first row's raw content was overwritten: %s", rows[0].row.Raw)
	}
	for i, says := range map[int]string{2: "JSON", 3: "text", 4: "JSON 对象"} {
		if rows[i].err == nil || !strings.Contains(rows[i].err.Error(), says) || len(rows[i].row.Raw) == 0 {
			t.Errorf("row %d: %v", i, rows[i].err)
		}
	}
	if rows[5].err != nil || rows[5].row.Post.Text != "最后" || rows[5].row.Number != 7 {
		t.Errorf("last: %+v", rows[5])
	}
}

func TestRowsReadsRealLetters(t *testing.T) {
	body, err := os.ReadFile("../../shared/data/routing_taidi/dev.jsonl")
	if err != nil {
		if os.Getenv("CI") == "" {
			t.Skip("the letters are not here")
		}
		t.Fatal(err)
	}
	in := huiying.Intake{Region: "141122", Key: []byte("k"), Now: func() time.Time { return testNow }}
	rows := rowsOf(t, body, "jsonl", Mapping{Fields: map[string]string{"published_at": "date"}, Source: "市民来信", Channel: huiying.ChannelLetter})
	for _, r := range rows {
		if r.err != nil {
			t.Errorf("line %d: %v", r.row.Number, r.err)
		} else if p, err := in.Accept(r.row.Post); err != nil || p.Assumed {
			t.Errorf("line %d: %v, date assumed %v", r.row.Number, err, p.Assumed)
		}
	}
	if len(rows) != 446 {
		t.Errorf("%d rows", len(rows))
	}
}

func FuzzRows(f *testing.F) {
	f.Add([]byte(chineseCSV), "csv")
	f.Add([]byte("text\n\"\n\"\n\"\"\"\n"), "csv")
	f.Add([]byte(`{"text":"x"}`+"\n{"), "jsonl")
	f.Fuzz(func(t *testing.T, body []byte, format string) {
		if format == "xlsx" || format == "xlsm" {
			return // the workbook reader is not ours
		}
		last := 0
		for row, err := range rowsAt(bytes.NewReader(body), format, Mapping{}, func() time.Time { return testNow }) {
			if row.Number < last && row.Number != 0 || err == nil && row.Number == 0 {
				t.Fatalf("row %d after %d, %v", row.Number, last, err)
			}
			last = max(last, row.Number)
		}
	})
}
