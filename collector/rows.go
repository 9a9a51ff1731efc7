package collector

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"huiying"
)

// Row is one row of an imported file. Number is its line or row in the file,
// counted from 1, so a person can find it and an import can go on from there.
type Row struct {
	Number int
	Raw    []byte // as it stands in the file; cells of a workbook as a JSON array
	Post   huiying.Post
}

// Formats are the file formats [Rows] reads.
var Formats = []string{"jsonl", "csv", "xlsx"}

// maxWorkbook bounds a workbook, which has to be read whole, in bytes; and what
// it may unpack to.
const (
	maxWorkbook         = 64 << 20
	maxWorkbookUnpacked = 1 << 30
)

// Rows reads a file of posts row by row in constant memory (a workbook: in the
// memory of its size). format is one of [Formats]. A row that cannot become a
// post comes with its number, its raw content and an error, and the rows after
// it are still read. An error with the row number 0 is about the whole file.
//
// Text may be UTF-8, UTF-16 with a byte order mark, or any GB encoding.
func Rows(r io.Reader, format string, m Mapping) iter.Seq2[Row, error] {
	return rowsAt(r, format, m, time.Now)
}

func rowsAt(r io.Reader, format string, m Mapping, now func() time.Time) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if err := m.check(); err != nil {
			yield(Row{}, err)
			return
		}
		switch strings.ToLower(strings.TrimPrefix(format, ".")) {
		case "jsonl", "ndjson", "json":
			jsonRows(r, m, now(), yield)
		case "csv", "tsv", "txt":
			csvRows(r, m, now(), yield)
		case "xlsx", "xlsm":
			workbookRows(r, m, now(), yield)
		default:
			yield(Row{}, huiying.Invalid("format", "不认识文件格式 %q，可用：%s", huiying.Clip(format, 20), strings.Join(Formats, " ")))
		}
	}
}

func jsonRows(r io.Reader, m Mapping, now time.Time, yield func(Row, error) bool) {
	in, err := utf8Reader(r)
	if err != nil {
		yield(Row{}, err)
		return
	}
	for number := 1; ; number++ {
		line, long, err := readLine(in, nil) // the caller keeps it
		raw := bytes.TrimSpace(line)
		if len(raw) > 0 {
			row := Row{Number: number, Raw: raw}
			var bad error
			if long {
				bad = errTooLong
			} else {
				row.Post, bad = m.jsonPost(raw, now)
			}
			if !yield(row, bad) {
				return
			}
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			yield(Row{}, fmt.Errorf("read line %d: %w", number, err))
			return
		}
	}
}

// jsonPost maps the fields of one JSON object. Fields that are a post's own
// need no mapping.
func (m Mapping) jsonPost(raw []byte, now time.Time) (huiying.Post, error) {
	if raw[0] != '{' {
		return huiying.Post{}, huiying.Errorf(huiying.CodeInvalid, "每行应为一个 JSON 对象")
	}
	var object map[string]any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&object); err != nil {
		return huiying.Post{}, jsonFault(raw, err)
	}
	d := draft{fields: make(map[string]string), extra: make(map[string]any)}
	for field, path := range m.Fields {
		d.fields[field] = jsonText(at(object, path))
	}
	if spread, ok := object["engagement"].(map[string]any); ok {
		for name, value := range spread {
			d.fields[name] = jsonText(value)
		}
		delete(object, "engagement")
	}
	if kept, ok := object["extra"].(map[string]any); ok {
		d.extra = kept
		delete(object, "extra")
	}
	for name, value := range object {
		field := m.target(name)
		switch _, taken := d.fields[field]; {
		case m.maps(name): // done above
		case field == "" || taken && field != name:
			d.extra[name] = value
		case value == nil:
		default:
			text := jsonText(value)
			if text == "" && value != "" {
				return huiying.Post{}, huiying.Invalid(field, "类型不对，应为文字或数字")
			}
			d.fields[field] = text
		}
	}
	return m.post(d, now)
}

func (m Mapping) maps(column string) bool {
	for _, from := range m.Fields {
		if from == column {
			return true
		}
	}
	return false
}

func csvRows(r io.Reader, m Mapping, now time.Time, yield func(Row, error) bool) {
	in, err := utf8Reader(r)
	if err != nil {
		yield(Row{}, err)
		return
	}
	table := csvTable{in: in, line: 1}
	head, _, _, err := table.next()
	if err != nil {
		yield(Row{}, huiying.Errorf(huiying.CodeInvalid, "文件是空的，或第一行不是列名"))
		return
	}
	columns, err := m.columns(head)
	if err != nil {
		yield(Row{}, err)
		return
	}
	for {
		cells, raw, number, err := table.next()
		if errors.Is(err, io.EOF) {
			return
		}
		row := Row{Number: number, Raw: raw}
		switch {
		case err != nil && huiying.CodeOf(err) == "":
			yield(Row{}, fmt.Errorf("read line %d: %w", number, err))
			return
		case err == nil && blank(cells):
			continue
		case err == nil:
			row.Post, err = m.cellPost(columns, cells, now, false)
		}
		if !yield(row, err) {
			return
		}
	}
}

// A column of a table: what it is called and the field it fills.
type column struct{ name, field string }

// columns reads a header. One that names no text is a mistake of the whole
// file, told once and not for every row.
func (m Mapping) columns(head []string) ([]column, error) {
	out := make([]column, len(head))
	filled := make(map[string]bool)
	for i, name := range head {
		out[i].name = oneLine(strings.TrimPrefix(name, "\uFEFF"))
		if field := m.target(out[i].name); field != "" && !filled[field] {
			out[i].field = field
			filled[field] = true
		}
	}
	for field, from := range m.Fields {
		if !filled[field] {
			return nil, huiying.Invalid("map", "文件里没有 %q 这一列（要作 %s），有：%s", from, field, huiying.Clip(strings.Join(head, "、"), 200))
		}
	}
	if !filled["text"] && !filled["title"] {
		return nil, huiying.Invalid("map", "认不出哪一列是正文，请用 text=列名 指明；文件里有：%s", huiying.Clip(strings.Join(head, "、"), 200))
	}
	return out, nil
}

func (m Mapping) cellPost(columns []column, cells []string, now time.Time, workbook bool) (huiying.Post, error) {
	d := draft{fields: make(map[string]string), extra: make(map[string]any)}
	for i, cell := range cells {
		cell = strings.TrimSpace(cell)
		if cell == "" {
			continue
		}
		if i >= len(columns) {
			return huiying.Post{}, huiying.Errorf(huiying.CodeInvalid, "这一行有 %d 格，列名只有 %d 个", len(cells), len(columns))
		}
		switch c := columns[i]; {
		case c.field == "published_at" && workbook:
			d.fields[c.field] = cell
			if serial, err := strconv.ParseFloat(cell, 64); err == nil {
				if t, ok := excelDate(serial); ok {
					d.fields[c.field] = t.Format(time.RFC3339)
				}
			}
		case c.field != "":
			d.fields[c.field] = cell
		case c.name != "":
			d.extra[c.name] = cell
		}
	}
	if d.fields["text"] == "" {
		d.fields["text"] = d.fields["title"]
	}
	return m.post(d, now)
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// openWorkbook reads a workbook whole; dates stay the numbers they are.
func openWorkbook(r io.Reader) (*excelize.File, error) {
	limited := &io.LimitedReader{R: r, N: maxWorkbook + 1}
	book, err := excelize.OpenReader(bufio.NewReader(limited), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxWorkbookUnpacked, UnzipXMLSizeLimit: 64 << 20,
	})
	if limited.N <= 0 {
		return nil, huiying.Errorf(huiying.CodeInvalid, "表格文件超过 %d MB，请存为 CSV 再导入", maxWorkbook>>20)
	}
	if err != nil {
		return nil, &huiying.Error{Code: huiying.CodeInvalid, Message: "不是可读的 XLSX 文件，请用 Excel 另存为 .xlsx 或 .csv", Cause: err}
	}
	return book, nil
}

func workbookRows(r io.Reader, m Mapping, now time.Time, yield func(Row, error) bool) {
	book, err := openWorkbook(r)
	if err != nil {
		yield(Row{}, err)
		return
	}
	defer func() { _ = book.Close() }() // only temporary files
	sheet := m.Sheet
	if sheet == "" {
		sheet = book.GetSheetName(0)
	}
	rows, err := book.Rows(sheet)
	if err != nil {
		yield(Row{}, huiying.Invalid("sheet", "没有工作表 %q，有：%s", sheet, strings.Join(book.GetSheetList(), "、")))
		return
	}
	defer func() { _ = rows.Close() }() // only read

	var columns []column
	for number := 1; rows.Next(); number++ {
		cells, err := rows.Columns()
		if err == nil && blank(cells) {
			continue
		}
		if columns == nil {
			if err == nil {
				columns, err = m.columns(cells)
			}
			if err != nil {
				yield(Row{}, err)
				return
			}
			continue
		}
		row := Row{Number: number}
		if err == nil {
			row.Raw, _ = json.Marshal(cells) // strings cannot fail
			row.Post, err = m.cellPost(columns, cells, now, true)
		} else {
			err = &huiying.Error{Code: huiying.CodeInvalid, Message: "这一行读不出来", Cause: err}
		}
		if !yield(row, err) {
			return
		}
	}
	if err := rows.Error(); err != nil {
		yield(Row{}, fmt.Errorf("read sheet %s: %w", sheet, err))
		return
	}
	if columns == nil {
		yield(Row{}, huiying.Errorf(huiying.CodeInvalid, "工作表 %s 是空的", sheet))
	}
}
