package report

import (
	"errors"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// writeSheet makes a book of one sheet: a title, who took it out, a head that
// stays in sight and can be filtered, and the rows f gives. Printed, it lies
// across the page, as wide as the paper, with the head on every page.
func writeSheet(name, title, mark string, head []any, f func(row func([]any) error, date, long int) error) ([]byte, error) {
	book := excelize.NewFile()
	defer func() { _ = book.Close() }() // it is in memory
	if err := book.SetSheetName("Sheet1", name); err != nil {
		return nil, err
	}
	if err := MarkBook(book, mark); err != nil { // before a stream is opened, or it is lost
		return nil, err
	}
	if err := layOut(book, name, len(head)); err != nil {
		return nil, err
	}
	style := func(s *excelize.Style) int {
		id, err := book.NewStyle(s)
		if err != nil {
			panic(err) // the styles are ours
		}
		return id
	}
	plain := "yyyy-mm-dd hh:mm"
	hours := "[h]\"小时\"mm\"分\""
	big := style(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 16, Family: "宋体"}})
	bold := style(&excelize.Style{Font: &excelize.Font{Bold: true, Family: "宋体"}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F2F2F2"}}, Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}})
	date, long := style(&excelize.Style{CustomNumFmt: &plain}), style(&excelize.Style{CustomNumFmt: &hours})
	w, err := book.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	if err := w.SetColWidth(1, 1, 6); err != nil {
		return nil, err
	}
	if err := w.SetColWidth(2, len(head), 17); err != nil {
		return nil, err
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, XSplit: 2, YSplit: 3, TopLeftCell: "C4", ActivePane: "bottomRight"}); err != nil {
		return nil, err
	}
	heads := make([]any, len(head))
	for i, h := range head {
		heads[i] = excelize.Cell{StyleID: bold, Value: h}
	}
	n := 0
	row := func(cells []any, height ...excelize.RowOpts) error {
		n++
		return w.SetRow(fmt.Sprintf("A%d", n), cells, height...)
	}
	if err := errors.Join(row([]any{excelize.Cell{StyleID: big, Value: title}}, excelize.RowOpts{Height: 26}), row([]any{mark}), row(heads, excelize.RowOpts{Height: 32})); err != nil {
		return nil, err
	}
	if err := f(func(cells []any) error { return row(cells) }, date, long); err != nil {
		return nil, err
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	last, err := excelize.CoordinatesToCellName(len(head), max(4, n))
	if err != nil {
		return nil, err
	}
	if err := book.AutoFilter(name, "A3:"+last, nil); err != nil {
		return nil, err
	}
	if err := book.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + name + "'!$3:$3", Scope: name}); err != nil {
		return nil, err
	}
	b, err := book.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// layOut sets how a sheet of so many columns is printed: on A4, a wide one on A3.
func layOut(book *excelize.File, name string, columns int) error {
	across, paper, one, free := "landscape", 9, 1, 0
	if columns > 15 {
		paper = 8
	}
	yes, margin := true, 0.4
	return errors.Join(
		book.SetPageLayout(name, &excelize.PageLayoutOptions{Orientation: &across, Size: &paper, FitToWidth: &one, FitToHeight: &free}),
		book.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &yes}),
		book.SetPageMargins(name, &excelize.PageLayoutMarginsOptions{Left: &margin, Right: &margin}),
	)
}

// MarkBook puts the line that says who took it out at the head and foot of every
// page of a workbook, and into its properties (DOMAIN §7.7).
func MarkBook(book *excelize.File, mark string) error {
	line := strings.ReplaceAll(mark, "&", "&&")
	for _, sheet := range book.GetSheetList() {
		if err := book.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{OddHeader: "&C" + line, OddFooter: "&C第 &P 页，共 &N 页"}); err != nil {
			return fmt.Errorf("marking sheet %s: %w", sheet, err)
		}
	}
	if err := book.SetDocProps(&excelize.DocProperties{Creator: "回应 Huiying", Description: mark, Subject: "工作秘密"}); err != nil {
		return fmt.Errorf("marking the workbook: %w", err)
	}
	return nil
}
