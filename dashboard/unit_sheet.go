package dashboard

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"huiying"
	"huiying/dashboard/report"
)

// Bounds of a sheet of units: a county has fifty.
const (
	maxUnitFile = 5 << 20
	maxUnitRows = 500
)

// unitColumn is a column of the sheet: how a unit fills it and is filled from it.
// A set that returns "" took the cell; otherwise it says what is wrong.
type unitColumn struct {
	name, help string
	get        func(u *huiying.Unit) string
	set        func(u *huiying.Unit, cell string) string
}

// emptied is what clears a field: an empty cell leaves it as it is.
const emptied = "清空"

var unitColumns = func() []unitColumn {
	text := func(name, help string, field func(u *huiying.Unit) *string) unitColumn {
		return unitColumn{name, help, func(u *huiying.Unit) string { return *field(u) }, func(u *huiying.Unit, cell string) string {
			*field(u) = cell
			return ""
		}}
	}
	columns := []unitColumn{
		text("单位名称", "单位全称；改名时编号不变、只改这里", func(u *huiying.Unit) *string { return &u.Name }),
		{"编号", "系统里的编号，如 jkj；已有单位可以不填（按名称对应），新单位必填，小写字母开头，以后不能改", func(u *huiying.Unit) string { return string(u.ID) }, func(*huiying.Unit, string) string { return "" }},
		text("简称", "列表和通知里用的短名", func(u *huiying.Unit) *string { return &u.Short }),
		text("类别", "县政府、县委、乡镇、垂直管理等，列表按它分组", func(u *huiying.Unit) *string { return &u.Kind }),
		text("职责", "一两句话", func(u *huiying.Unit) *string { return &u.Duty }),
		text("协调部门", "单位内牵头协调的股室", func(u *huiying.Unit) *string { return &u.Department }),
	}
	for _, c := range []struct {
		role, help string
		of         func(u *huiying.Unit) *huiying.Contact
	}{
		{"责任人", "分管负责人", func(u *huiying.Unit) *huiying.Contact { return &u.Head }},
		{"联络人", "负责签收、电话必须打得通的人", func(u *huiying.Unit) *huiying.Contact { return &u.Liaison }},
		{"承办人", "核实、处置、拟稿的人", func(u *huiying.Unit) *huiying.Contact { return &u.Handler }},
	} {
		columns = append(columns,
			text(c.role, c.help, func(u *huiying.Unit) *string { return &c.of(u).Name }),
			text(c.role+"职务", "", func(u *huiying.Unit) *string { return &c.of(u).Title }),
			unitColumn{c.role + "电话", "座机或手机，如 0358-1234567", func(u *huiying.Unit) string { return c.of(u).Phone }, func(u *huiying.Unit, cell string) string {
				c.of(u).Phone = cell
				return unless(cell == "" || phoneCell.MatchString(cell), "电话只写数字和 - + 空格，收到 %q", cell)
			}},
			unitColumn{c.role + "账号", "接收通知的系统账号；没有就空着", func(u *huiying.Unit) string { return string(c.of(u).User) }, func(u *huiying.Unit, cell string) string {
				c.of(u).User = huiying.UserID(cell)
				return unless(cell == "" || unitIDCell.MatchString(cell), "账号应为小写字母开头的字母、数字和连字符，收到 %q", cell)
			}})
	}
	return append(columns,
		unitColumn{"上级单位", "上级单位的编号；没有就空着", func(u *huiying.Unit) string { return string(u.Superior) }, func(u *huiying.Unit, cell string) string {
			u.Superior = huiying.UnitID(cell)
			return ""
		}},
		unitColumn{"关键词", "分派用的词，用顿号隔开，每个至少两个字", func(u *huiying.Unit) string { return strings.Join(u.Keywords, "、") }, func(u *huiying.Unit, cell string) string {
			u.Keywords = strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune("、，,;； ", r) })
			return ""
		}},
		dateColumn("生效日期", "从这一天起是有效单位；一直有效就空着", func(u *huiying.Unit) *time.Time { return &u.From }),
		dateColumn("截止日期", "从这一天起不再是有效单位；撤并时填，不要删除整行", func(u *huiying.Unit) *time.Time { return &u.To }),
	)
}()

var (
	phoneCell  = regexp.MustCompile(`^[0-9+][0-9 +()（）-]{4,24}$`)
	unitIDCell = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
)

func dateColumn(name, help string, field func(u *huiying.Unit) *time.Time) unitColumn {
	return unitColumn{
		name, help + "；如 2026-12-01",
		func(u *huiying.Unit) string {
			if field(u).IsZero() {
				return ""
			}
			return field(u).In(huiying.Beijing).Format(time.DateOnly)
		},
		func(u *huiying.Unit, cell string) string {
			if cell == "" {
				*field(u) = time.Time{}
				return ""
			}
			t, ok := sheetDay(cell)
			*field(u) = t
			return unless(ok, "认不出 %q，请写作 2026-12-01", cell)
		},
	}
}

// unless is "" when all is well, and what is wrong otherwise.
func unless(well bool, format string, args ...any) string {
	if well {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// unitColumnNames are the names of the columns; only the first must be there.
func unitColumnNames() []string {
	out := make([]string, len(unitColumns))
	for i, c := range unitColumns {
		out[i] = c.name
	}
	return out
}

// sheetProblem is one thing wrong with a sheet, at its place there.
type sheetProblem struct {
	Sheet   string
	Row     int
	Column  string
	Message string
}

func (p sheetProblem) String() string {
	return fmt.Sprintf("工作表“%s”第 %d 行“%s”：%s", p.Sheet, p.Row, p.Column, p.Message)
}

// unitChange is what a row of a sheet makes of a unit.
type unitChange struct {
	Row    int
	Unit   huiying.Unit // as it would be
	New    bool
	Fields []fieldChange
}

type fieldChange struct{ Label, Old, New string }

// unitsOfRows says what the rows of a sheet would change; rows with a problem
// change nothing. Units that the sheet does not name stay as they are.
func unitsOfRows(sheet string, rows []sheetRow, region huiying.Region, units *huiying.Directory, users map[huiying.UserID]bool) (changes []unitChange, problems []sheetProblem, notes []string) {
	rowOf := make(map[huiying.UnitID]int)
	ids := make(map[huiying.UnitID]bool)
	for _, u := range units.All() {
		ids[u.ID] = true
	}
	for _, row := range rows {
		ids[huiying.UnitID(row.Cells["编号"])] = true
	}
	for _, row := range rows {
		var wrong []sheetProblem
		blame := func(column, format string, args ...any) {
			wrong = append(wrong, sheetProblem{sheet, row.Number, column, fmt.Sprintf(format, args...)})
		}
		was, there := unitOfRow(row, units, blame)
		if len(wrong) == 0 && rowOf[was.ID] > 0 {
			blame("编号", "%s 在第 %d 行已经写过", was.ID, rowOf[was.ID])
		}
		if len(wrong) > 0 {
			problems = append(problems, wrong...)
			continue
		}
		rowOf[was.ID] = row.Number
		c := unitChange{Row: row.Number, Unit: was, New: !there}
		c.Unit.Region = region
		for _, column := range unitColumns {
			cell, said := row.Cells[column.name]
			if !said || cell == "" {
				continue
			}
			if cell == emptied {
				cell = ""
			}
			if message := column.set(&c.Unit, cell); message != "" {
				blame(column.name, "%s", message)
			}
		}
		checkUnit(c.Unit, ids, blame)
		for _, column := range unitColumns {
			if before, after := column.get(&was), column.get(&c.Unit); before != after && column.name != "编号" {
				c.Fields = append(c.Fields, fieldChange{column.name, before, after})
				if strings.HasSuffix(column.name, "账号") && after != "" && !users[huiying.UserID(after)] {
					notes = append(notes, fmt.Sprintf("%s的%s %s 还没有建立，建立以前收不到通知", c.Unit.Label(), column.name, after))
				}
			}
		}
		problems = append(problems, wrong...)
		if len(wrong) == 0 && len(c.Fields) > 0 {
			changes = append(changes, c)
		}
	}
	return changes, problems, notes
}

// unitOfRow finds the unit a row is about, by its number or its name; there is
// false for a new one.
func unitOfRow(row sheetRow, units *huiying.Directory, blame func(column, format string, args ...any)) (u huiying.Unit, there bool) {
	name, id := row.Cells["单位名称"], huiying.UnitID(row.Cells["编号"])
	namesake := slices.IndexFunc(units.All(), func(u huiying.Unit) bool { return name != "" && (u.Name == name || u.Short == name) })
	switch {
	case id == "" && name == "":
		blame("单位名称", "没有填写")
	case id == "" && namesake < 0:
		blame("单位名称", "没有单位 %q；如果是新单位，请填写编号", name)
	case id == "":
		return units.All()[namesake], true
	case !unitIDCell.MatchString(string(id)):
		blame("编号", "应为小写字母开头的字母、数字和连字符，收到 %q", id)
	default:
		if u, there = units.Unit(id); !there && namesake >= 0 {
			blame("编号", "没有编号 %s，而 %q 的编号是 %s，请核对", id, name, units.All()[namesake].ID)
		}
		u.ID = id
	}
	return u, there
}

// checkUnit says by column what a unit lacks.
func checkUnit(u huiying.Unit, ids map[huiying.UnitID]bool, blame func(column, format string, args ...any)) {
	for _, need := range []struct{ column, value string }{
		{"单位名称", u.Name}, {"类别", u.Kind}, {"职责", u.Duty}, {"协调部门", u.Department}, {"责任人", u.Head.Name}, {"联络人", u.Liaison.Name}, {"承办人", u.Handler.Name},
	} {
		if need.value == "" {
			blame(need.column, "没有填写")
		}
	}
	if u.Superior != "" && !ids[u.Superior] {
		blame("上级单位", "没有编号为 %s 的单位", u.Superior)
	}
	if !u.From.IsZero() && !u.To.IsZero() && !u.From.Before(u.To) {
		blame("截止日期", "不晚于生效日期")
	}
	for _, w := range u.Keywords {
		if len([]rune(w)) < 2 {
			blame("关键词", "%q 只有一个字，会到处误中", w)
		}
	}
}

// unitBook is the sheet of units with how to fill it in; the mark names who took
// it out, "" for an empty one to fill in.
func unitBook(units []huiying.Unit, mark string) (*excelize.File, error) {
	const sheet, help = "单位", "填写说明"
	book := excelize.NewFile()
	if err := book.SetSheetName("Sheet1", sheet); err != nil {
		return nil, fmt.Errorf("naming the sheet: %w", err)
	}
	if _, err := book.NewSheet(help); err != nil {
		return nil, fmt.Errorf("adding the help: %w", err)
	}
	var rows [][]string
	if mark != "" {
		rows = append(rows, []string{mark})
	}
	rows = append(rows, unitColumnNames())
	header := len(rows)
	for i := range units {
		row := make([]string, len(unitColumns))
		for n, c := range unitColumns {
			row[n] = c.get(&units[i])
		}
		rows = append(rows, row)
	}
	helps := [][]string{
		{"列", "怎么填"},
		{"总的", "一行一个单位。空着的格不改动原来的内容；要去掉原来的内容，写“" + emptied + "”。表里没有的单位保持不变，导入从不删除单位。"},
	}
	for _, c := range unitColumns {
		helps = append(helps, []string{c.name, c.help})
	}
	for name, text := range map[string][][]string{sheet: rows, help: helps} {
		if err := sheetText(book, name, text); err != nil {
			return nil, err
		}
	}
	last, err := excelize.ColumnNumberToName(len(unitColumns))
	if err != nil {
		return nil, err
	}
	bold, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, err
	}
	for _, step := range []func() error{
		func() error { return book.SetColWidth(sheet, "A", last, 16) },
		func() error { return book.SetColWidth(help, "A", "A", 14) },
		func() error { return book.SetColWidth(help, "B", "B", 80) },
		func() error {
			return book.SetCellStyle(sheet, fmt.Sprintf("A%d", header), fmt.Sprintf("%s%d", last, header), bold)
		},
		func() error {
			return book.SetPanes(sheet, &excelize.Panes{Freeze: true, XSplit: 1, YSplit: header, TopLeftCell: fmt.Sprintf("B%d", header+1), ActivePane: "bottomRight"})
		},
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("laying the sheet out: %w", err)
		}
	}
	if mark != "" {
		return book, report.MarkBook(book, mark)
	}
	return book, nil
}
