package collector

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"huiying"
)

// Table reads a CSV file or a workbook row by row as it stands, blank rows left
// out; [huiying.Profile.Read] makes posts of it. A row that cannot be read comes
// with its number and an error, and the rows after it are still read; an error
// with the row number 0 is about the whole file. format is csv or xlsx, sheet
// names one of a workbook, "" its first.
func Table(r io.Reader, format, sheet string) iter.Seq2[huiying.TableRow, error] {
	return func(yield func(huiying.TableRow, error) bool) {
		switch strings.ToLower(strings.TrimPrefix(format, ".")) {
		case "csv", "tsv", "txt":
			csvCells(r, yield)
		case "xlsx", "xlsm":
			workbookCells(r, sheet, yield)
		default:
			yield(huiying.TableRow{}, huiying.Invalid("format", "表格应为 .xlsx 或 .csv，收到 %q", huiying.Clip(format, 20)))
		}
	}
}

// Table reads a table people uploaded; see the function of that name.
func (c *Collector) Table(r io.Reader, format, sheet string) iter.Seq2[huiying.TableRow, error] {
	return Table(r, format, sheet)
}

// ProfileRows reads a file of posts as a profile says.
func ProfileRows(r io.Reader, format string, p huiying.Profile) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for row, err := range p.Read(Table(r, format, p.Sheet)) {
			raw, _ := json.Marshal(row.Cells) // strings cannot fail
			if !yield(Row{Number: row.Number, Raw: raw, Post: row.Post}, err) {
				return
			}
		}
	}
}

func csvCells(r io.Reader, yield func(huiying.TableRow, error) bool) {
	in, err := utf8Reader(r)
	if err != nil {
		yield(huiying.TableRow{}, err)
		return
	}
	table := csvTable{in: in, line: 1}
	for {
		cells, _, number, err := table.next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil && huiying.CodeOf(err) == "" {
			yield(huiying.TableRow{}, fmt.Errorf("read line %d: %w", number, err))
			return
		}
		row := huiying.TableRow{Number: number, Cells: cells}
		if err == nil && row.Blank() {
			continue
		}
		if !yield(row, err) {
			return
		}
	}
}

func workbookCells(r io.Reader, sheet string, yield func(huiying.TableRow, error) bool) {
	book, err := openWorkbook(r)
	if err != nil {
		yield(huiying.TableRow{}, err)
		return
	}
	defer func() { _ = book.Close() }() // only temporary files
	if props, err := book.GetWorkbookProps(); err == nil && props.Date1904 != nil && *props.Date1904 {
		yield(huiying.TableRow{}, huiying.Errorf(huiying.CodeInvalid, "这个工作簿用的是 1904 日期系统，日期会差四年零一天，请另存为 CSV 再导入"))
		return
	}
	if sheet == "" {
		sheet = book.GetSheetName(0)
	}
	rows, err := book.Rows(sheet)
	if err != nil {
		yield(huiying.TableRow{}, huiying.Invalid("sheet", "没有工作表 %q，有：%s", sheet, strings.Join(book.GetSheetList(), "、")))
		return
	}
	defer func() { _ = rows.Close() }() // only read
	for number := 1; rows.Next(); number++ {
		row := huiying.TableRow{Number: number}
		cells, err := rows.Columns()
		if err != nil {
			err = &huiying.Error{Code: huiying.CodeInvalid, Message: fmt.Sprintf("第 %d 行读不出来", number), Cause: err}
		}
		row.Cells = cells
		if err == nil && row.Blank() {
			continue
		}
		if !yield(row, err) {
			return
		}
	}
	if err := rows.Error(); err != nil {
		yield(huiying.TableRow{}, fmt.Errorf("read sheet %s: %w", sheet, err))
	}
}
