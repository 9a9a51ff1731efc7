package report

import (
	"errors"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// sheet is one of a book: its title, its head and the rows it gives. A cell may be
// a [Link].
type sheet struct {
	name, title string
	head        []any
	rows        func(row func([]any) error, date, long int) error
}

// writeBook makes a book of sheets: each with a title, who took it out, a head that
// stays in sight and can be filtered, and its rows. Printed, a sheet lies across
// the page, as wide as the paper, with the head on every page.
func writeBook(mark string, sheets ...sheet) ([]byte, error) {
	book := excelize.NewFile()
	defer func() { _ = book.Close() }() // it is in memory
	for i, s := range sheets {
		var err error
		if i == 0 {
			err = book.SetSheetName("Sheet1", s.name)
		} else {
			_, err = book.NewSheet(s.name)
		}
		if err := errors.Join(err, layOut(book, s.name, len(s.head))); err != nil {
			return nil, err
		}
	}
	if err := MarkBook(book, mark); err != nil { // before a stream is opened, or it is lost
		return nil, err
	}
	for _, s := range sheets {
		if err := s.write(book, mark); err != nil {
			return nil, fmt.Errorf("sheet %s: %w", s.name, err)
		}
	}
	b, err := book.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (s sheet) write(book *excelize.File, mark string) error {
	style := func(like *excelize.Style) int {
		id, err := book.NewStyle(like)
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
	w, err := book.NewStreamWriter(s.name)
	if err != nil {
		return err
	}
	first := 17.0
	if s.head[0] == "序号" {
		first = 6
	}
	if err := errors.Join(w.SetColWidth(1, 1, first), w.SetColWidth(2, len(s.head), 17)); err != nil {
		return err
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, XSplit: 2, YSplit: 3, TopLeftCell: "C4", ActivePane: "bottomRight"}); err != nil {
		return err
	}
	heads := make([]any, len(s.head))
	for i, h := range s.head {
		heads[i] = excelize.Cell{StyleID: bold, Value: h}
	}
	blue := style(&excelize.Style{Font: &excelize.Font{Color: "0563C1", Underline: "single"}})
	links := make(map[string]string) // by cell
	n := 0
	row := func(cells []any, height ...excelize.RowOpts) error {
		n++
		return w.SetRow(fmt.Sprintf("A%d", n), cells, height...)
	}
	if err := errors.Join(row([]any{excelize.Cell{StyleID: big, Value: s.title}}, excelize.RowOpts{Height: 26}), row([]any{mark}), row(heads, excelize.RowOpts{Height: 32})); err != nil {
		return err
	}
	err = s.rows(func(cells []any) error {
		for i, c := range cells {
			l, ok := c.(Link)
			if !ok {
				continue
			}
			if cells[i] = l.Text; l.URL != "" {
				cells[i] = excelize.Cell{StyleID: blue, Value: l.Text}
				at, err := excelize.CoordinatesToCellName(i+1, n+1)
				if err != nil {
					return err
				}
				links[at] = l.URL
			}
		}
		return row(cells)
	}, date, long)
	if err != nil {
		return err
	}
	for at, url := range links {
		if err := book.SetCellHyperLink(s.name, at, url, "External"); err != nil {
			return err
		}
	}
	last, err := excelize.CoordinatesToCellName(len(s.head), max(4, n))
	if err != nil {
		return err
	}
	return errors.Join( // before the stream ends, or it is lost
		book.AutoFilter(s.name, "A3:"+last, nil),
		w.Flush(),
		book.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + s.name + "'!$3:$3", Scope: s.name}),
	)
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
