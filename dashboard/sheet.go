package dashboard

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"huiying"
)

// sheetRow is one row of a sheet somebody filled in: its number there and the
// text of its cells by column. A column the sheet leaves out has no entry.
type sheetRow struct {
	Number int
	Cells  map[string]string
}

// readSheet takes the rows out of the first sheet of an XLSX file, whose columns
// are found by name in any order; the first need of them must be there. It
// returns the name of the sheet, too.
func readSheet(r io.Reader, columns []string, need, most int) (string, []sheetRow, error) {
	book, err := excelize.OpenReader(r, excelize.Options{RawCellValue: true, UnzipSizeLimit: 64 << 20, UnzipXMLSizeLimit: 16 << 20})
	if err != nil {
		return "", nil, &huiying.Error{Code: huiying.CodeInvalid, Field: "file", Message: "不是可读的 XLSX 文件，请下载模板填写，或用 Excel 另存为 .xlsx", Cause: err}
	}
	defer func() { _ = book.Close() }() // only temporary files
	name := book.GetSheetName(0)
	lines, err := book.Rows(name)
	if err != nil {
		return "", nil, &huiying.Error{Code: huiying.CodeInvalid, Field: "file", Message: "表格里没有工作表，请下载模板填写", Cause: err}
	}
	defer func() { _ = lines.Close() }() // only read
	var place []int
	var out []sheetRow
	for number := 1; lines.Next(); number++ {
		cells, err := lines.Columns()
		if err != nil {
			return "", nil, &huiying.Error{Code: huiying.CodeInvalid, Field: "file", Message: fmt.Sprintf("第 %d 行读不出来，请检查后重新保存", number), Cause: err}
		}
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue
		}
		if place == nil {
			if place = placesOfColumns(cells, columns, need); place == nil {
				if number < 5 { // a title above the header
					continue
				}
				return "", nil, huiying.Invalid("file", "没有找到表头，前几行里应有：%s", strings.Join(columns[:need], "、"))
			}
			continue
		}
		if len(out) == most {
			return "", nil, huiying.Invalid("file", "一次最多导入 %d 行，请分开导入", most)
		}
		row := sheetRow{number, make(map[string]string)}
		for i, p := range place {
			if p < 0 {
				continue
			}
			row.Cells[columns[i]] = ""
			if p < len(cells) {
				row.Cells[columns[i]] = strings.Join(strings.Fields(cells[p]), " ")
			}
		}
		out = append(out, row)
	}
	if place == nil {
		return "", nil, huiying.Invalid("file", "没有找到表头，应有：%s", strings.Join(columns[:need], "、"))
	}
	if len(out) == 0 {
		return "", nil, huiying.Invalid("file", "表头下面没有内容")
	}
	return name, out, nil
}

// placesOfColumns says where each column stands, -1 when it is left out; nil when
// a needed one is missing.
func placesOfColumns(header, columns []string, need int) []int {
	out := make([]int, len(columns))
	for i, name := range columns {
		out[i] = slices.IndexFunc(header, func(cell string) bool { return strings.ReplaceAll(strings.TrimSpace(cell), " ", "") == name })
		if out[i] < 0 && i < need {
			return nil
		}
	}
	return out
}

// sheetText writes rows of text to a sheet of a workbook, from its first line on.
func sheetText(book *excelize.File, sheet string, rows [][]string) error {
	for i, row := range rows {
		if err := book.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
			return fmt.Errorf("writing sheet %s: %w", sheet, err)
		}
	}
	return nil
}
