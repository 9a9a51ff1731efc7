package dashboard

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"huiying"
)

// Bounds of a roster sheet: a year of 40 units fits.
const (
	maxRosterFile = 5 << 20
	maxRosterRows = 3000
)

// rosterColumns are the columns of a roster sheet, found by name in any order.
var rosterColumns = []string{"日期", "班次", "单位", "岗位", "姓名", "电话", "账号"}

// neededColumns is how many of them, from the first, a sheet must have.
const neededColumns = 5

// shiftsOfRows makes a roster of rows; rows with problems are left out of it. A row
// without a date is of the day above it: offices merge those cells.
func shiftsOfRows(rows []sheetRow, region huiying.Region, units *huiying.Directory, users []huiying.User, now time.Time) (huiying.Roster, []huiying.RosterProblem) {
	var shifts huiying.Roster
	var problems []huiying.RosterProblem
	above := ""
	for _, row := range rows {
		day := cmp.Or(row.Cells["日期"], above)
		above = day
		s, p := shiftOfRow(row, day, region, units, now)
		if len(p) == 0 {
			shifts = append(shifts, s)
		}
		problems = append(problems, p...)
	}
	problems = append(problems, shifts.Check(units, users)...)
	slices.SortStableFunc(problems, func(a, b huiying.RosterProblem) int { return cmp.Compare(a.Row, b.Row) })
	bad := map[int]bool{}
	for _, p := range problems {
		bad[p.Row] = true
	}
	return slices.DeleteFunc(shifts, func(s huiying.Shift) bool { return bad[s.Row] }), problems
}

func shiftOfRow(row sheetRow, date string, region huiying.Region, units *huiying.Directory, now time.Time) (huiying.Shift, []huiying.RosterProblem) {
	var problems []huiying.RosterProblem
	cells := row.Cells
	add := func(field, format string, args ...any) {
		problems = append(problems, huiying.RosterProblem{Row: row.Number, Field: field, Message: fmt.Sprintf(format, args...)})
	}
	s := huiying.Shift{
		Region: region, Kind: huiying.ShiftRegular, Row: row.Number,
		Person: huiying.Contact{Name: cells["姓名"], Phone: cells["电话"], User: huiying.UserID(cells["账号"])},
	}
	day, ok := dutyDay(date, now)
	if !ok {
		add("日期", "认不出 %q，请写作 2026-12-01", date)
	}
	span, ok := shiftHours(cells["班次"])
	if !ok {
		add("班次", "认不出 %q，请写白班、夜班、全天，或 08:00-18:00", cells["班次"])
	}
	s.From, s.To = day.Add(time.Duration(span.From)*time.Minute), day.Add(time.Duration(span.To)*time.Minute)
	if s.Unit, ok = unitNamed(units, cells["单位"]); !ok && cells["单位"] == "" {
		add("单位", "没有填写单位，值班领导等也写所在的单位")
	} else if !ok {
		add("单位", "没有单位 %q", cells["单位"])
	}
	if s.Role, ok = dutyRole(cells["岗位"]); !ok {
		add("岗位", "没有岗位 %q，请写监测员、研判员、值班领导、联络人、承办人或责任人", cells["岗位"])
	}
	if s.Role == huiying.Leader {
		s.Kind = huiying.ShiftLead
	}
	return s, problems
}

// afterDate is what people write behind a date: 星期二, （周二）.
var afterDate = regexp.MustCompile(` ?[（(]?(?:星期|周|礼拜)[一二三四五六日天][）)]?$`)

// dutyDay reads a date cell of a roster; a day without a year is the one nearest
// to now.
func dutyDay(cell string, now time.Time) (time.Time, bool) {
	cell = afterDate.ReplaceAllString(cell, "")
	if t, ok := sheetDay(cell); ok {
		return t, true
	}
	t, err := time.ParseInLocation("1月2日", cell, huiying.Beijing)
	if err != nil {
		return time.Time{}, false
	}
	year := now.In(huiying.Beijing).Year()
	near := t.AddDate(year, 0, 0)
	for _, y := range []int{year - 1, year + 1} {
		if other := t.AddDate(y, 0, 0); other.Sub(now).Abs() < near.Sub(now).Abs() {
			near = other
		}
	}
	return near, true
}

// sheetDay reads a date cell: a serial number of Excel or a text.
func sheetDay(cell string) (time.Time, bool) {
	if serial, err := strconv.ParseFloat(cell, 64); err == nil && serial > 20000 && serial < 80000 { // 1954…2119
		t, err := excelize.ExcelDateToTime(serial, false)
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, huiying.Beijing), err == nil
	}
	for _, layout := range []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102"} {
		if t, err := time.ParseInLocation(layout, cell, huiying.Beijing); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// namedShifts are the hours of the shifts that have a name, in minutes of the
// day; past 24 h is the next day.
var namedShifts = map[string]huiying.Span{
	"白班": {From: 8 * 60, To: 20 * 60}, "夜班": {From: 20 * 60, To: 32 * 60}, "全天": {From: 8 * 60, To: 32 * 60},
}

var hoursOfShift = regexp.MustCompile(`^(\d{1,2})[:：](\d{2}) ?(?:-|–|—|~|～|至|到) ?(?:次日|翌日)? ?(\d{1,2})[:：](\d{2})$`)

// shiftHours reads 白班 or start–end times; an end that is not after the start is
// the next day's.
func shiftHours(cell string) (huiying.Span, bool) {
	if s, ok := namedShifts[cell]; ok {
		return s, true
	}
	m := hoursOfShift.FindStringSubmatch(cell)
	if m == nil {
		return huiying.Span{}, false
	}
	var n [4]int
	for i := range n {
		n[i], _ = strconv.Atoi(m[i+1]) // two digits
	}
	s := huiying.Span{From: n[0]*60 + n[1], To: n[2]*60 + n[3]}
	if n[1] > 59 || n[3] > 59 || s.From >= 24*60 || s.To > 24*60 {
		return huiying.Span{}, false
	}
	if s.To <= s.From {
		s.To += 24 * 60
	}
	return s, true
}

func unitNamed(units *huiying.Directory, name string) (huiying.UnitID, bool) {
	for _, u := range units.All() {
		if name != "" && (name == u.Name || name == u.Short || name == string(u.ID)) {
			return u.ID, true
		}
	}
	return "", false
}

func dutyRole(name string) (huiying.Role, bool) {
	if name == "带班领导" {
		return huiying.Leader, true
	}
	for _, r := range huiying.Roles {
		if name == r.Label() {
			return r, true
		}
	}
	return "", false
}

// rosterTemplate writes an empty sheet with an example and what to fill in.
func rosterTemplate(units *huiying.Directory, day time.Time) ([]byte, error) {
	book := excelize.NewFile()
	defer func() { _ = book.Close() }() // only temporary files
	unit := "县委网信办"
	if all := units.All(); len(all) > 0 {
		unit = all[0].Name
	}
	date := day.In(huiying.Beijing).Format(time.DateOnly)
	const sheet, help = "值班表", "填写说明"
	if err := book.SetSheetName("Sheet1", sheet); err != nil {
		return nil, fmt.Errorf("naming the sheet: %w", err)
	}
	if _, err := book.NewSheet(help); err != nil {
		return nil, fmt.Errorf("adding the help: %w", err)
	}
	text := map[string][][]any{
		sheet: {
			{"日期", "班次", "单位", "岗位", "姓名", "电话", "账号"},
			{date, "白班", unit, huiying.Analyst.Label(), "（示例，导入前请改写）", "0358-0000000", ""},
		},
		help: {
			{"列", "怎么填"},
			{"日期", "班次开始的日期，如 2026-12-01"},
			{"班次", "白班（08:00 至 20:00）、夜班（20:00 至次日 08:00）、全天（08:00 至次日 08:00），或写起止时间，如 08:00-18:00"},
			{"单位", "单位全称或简称"},
			{"岗位", "监测员、研判员、值班领导、联络人、承办人、责任人、督办员"},
			{"账号", "有系统账号的请填写，站内通知先发给值班账号"},
		},
	}
	for name, rows := range text {
		for i, row := range rows {
			if err := book.SetSheetRow(name, "A"+strconv.Itoa(i+1), &row); err != nil {
				return nil, fmt.Errorf("writing the template: %w", err)
			}
		}
		if err := book.SetColWidth(name, "A", "G", 18); err != nil {
			return nil, fmt.Errorf("writing the template: %w", err)
		}
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		return nil, fmt.Errorf("writing the template: %w", err)
	}
	return out.Bytes(), nil
}
