package huiying

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Profile says how the columns of an office's export become posts (来件模板): a
// 12345 export is mapped once and read the same way ever after. Its name is its
// key within the region.
type Profile struct {
	Name    string          `json:"name" yaml:"name"`
	Region  Region          `json:"region" yaml:"-"`
	Channel Channel         `json:"channel" yaml:"channel"`
	Source  string          `json:"source" yaml:"source"`                     // shown with the post; part of a row's ID
	Sheet   string          `json:"sheet,omitempty" yaml:"sheet,omitempty"`   // of a workbook; "" is the first one
	Header  int             `json:"header,omitempty" yaml:"header,omitempty"` // the row with the column names, from 1; 0 is 1
	Columns []ProfileColumn `json:"columns" yaml:"columns"`
}

// ProfileColumn fills one field, from a column or with a constant.
type ProfileColumn struct {
	Column  string       `json:"column,omitempty" yaml:"column,omitempty"`
	Value   string       `json:"value,omitempty" yaml:"value,omitempty"` // a constant, instead of a column
	Field   ProfileField `json:"field" yaml:"field"`
	Layouts []string     `json:"layouts,omitempty" yaml:"layouts,omitempty"` // of times: "yyyy-MM-dd HH:mm"; none: what [ParseTime] reads
}

// ProfileField is what a column of an export is about.
type ProfileField string

// The fields a column may fill. What is mapped to none is not imported.
const (
	FieldID       ProfileField = "id"           // what names the row in the office's books; several are joined
	FieldAt       ProfileField = "published_at" // when they told us
	FieldTitle    ProfileField = "title"
	FieldText     ProfileField = "text"     // several are joined
	FieldAuthor   ProfileField = "author"   // hashed and masked at intake
	FieldPhone    ProfileField = "phone"    // never imported: only that there was one
	FieldPlace    ProfileField = "place"    // added to the text, where the analyzer looks for places
	FieldCategory ProfileField = "category" // kept as the office's word
	FieldUnit     ProfileField = "unit"     // kept as the office's word
	FieldUrgency  ProfileField = "urgency"  // kept as the office's word
	FieldURL      ProfileField = "url"
	FieldKeep     ProfileField = "keep" // kept under the column's name
)

// ProfileFields lists the fields in the order pages show them.
var ProfileFields = []ProfileField{
	FieldID, FieldAt, FieldTitle, FieldText, FieldPlace, FieldCategory, FieldUnit, FieldUrgency, FieldAuthor, FieldPhone, FieldURL, FieldKeep,
}

var profileFieldLabels = map[ProfileField]string{
	FieldID: "编号", FieldAt: "时间", FieldTitle: "标题", FieldText: "内容", FieldPlace: "地点", FieldCategory: "诉求类别", FieldUnit: "承办单位",
	FieldUrgency: "紧急程度", FieldAuthor: "诉求人（脱敏）", FieldPhone: "联系电话（不导入）", FieldURL: "网址", FieldKeep: "原样保留",
}

// Label is the Chinese name of the field.
func (f ProfileField) Label() string { return profileFieldLabels[f] }

// Valid reports whether f is one of [ProfileFields].
func (f ProfileField) Valid() bool { return profileFieldLabels[f] != "" }

// Bounds of a profile.
const (
	MaxHeaderRow      = 20 // titles above the column names take a row or two
	MaxProfileColumns = 100
)

// TableRow is one row of a table as it stands in a file.
type TableRow struct {
	Number int // counted from 1, as the spreadsheet shows it
	Cells  []string
}

// Blank reports whether the row holds nothing.
func (r TableRow) Blank() bool {
	return !slices.ContainsFunc(r.Cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

// ProfileRow is a row of an export and the post read from it.
type ProfileRow struct {
	TableRow
	Post Post
}

// Check reports what makes the profile unusable whatever the file is.
func (p Profile) Check() error {
	switch {
	case strings.TrimSpace(p.Name) == "" || len([]rune(p.Name)) > 50:
		return Invalid("name", "模板名称应为 1 到 50 字")
	case !p.Channel.Valid():
		return Invalid("channel", "没有 %q 这个渠道，可用：%s", Clip(string(p.Channel), 20), channelKeys())
	case p.Header < 0 || p.Header > MaxHeaderRow:
		return Invalid("header", "表头应在第 1 至 %d 行", MaxHeaderRow)
	case len(p.Columns) > MaxProfileColumns:
		return Invalid("columns", "最多对应 %d 列", MaxProfileColumns)
	case !p.names(FieldText) && !p.names(FieldTitle):
		return Invalid("columns", "请指明哪一列是内容或标题")
	}
	seen := make(map[string]bool)
	for _, c := range p.Columns {
		if err := c.Check(); err != nil {
			return err
		}
		if name := headerName(c.Column); name != "" && seen[name] {
			return Invalid("columns", "“%s”这一列写了两次", c.Column)
		} else if name != "" {
			seen[name] = true
		}
	}
	return nil
}

// Check reports what is wrong with one column of a profile.
func (c ProfileColumn) Check() error {
	switch {
	case !c.Field.Valid():
		return Invalid("field", "没有 %q 这个字段，可用：%s", Clip(string(c.Field), 20), profileFieldKeys())
	case (c.Column == "") == (c.Value == ""):
		return Invalid("column", "%s应写明列名 column，或固定内容 value，二者取一", c.Field.Label())
	case len(c.Layouts) > 0 && c.Field != FieldAt:
		return Invalid("layouts", "只有时间才有写法 layouts")
	}
	for _, l := range c.Layouts {
		if !strings.Contains(l, "yy") || !strings.Contains(l, "M") || !strings.Contains(l, "d") {
			return Invalid("layouts", "时间写法应像 yyyy-MM-dd HH:mm，收到 %q", Clip(l, 40))
		}
	}
	return nil
}

func profileFieldKeys() string {
	keys := make([]string, len(ProfileFields))
	for i, f := range ProfileFields {
		keys[i] = string(f)
	}
	return strings.Join(keys, " ")
}

// HeaderRow is the row with the column names, counted from 1.
func (p Profile) HeaderRow() int { return max(1, p.Header) }

// needed are the fields without which a row of this profile is not the office's.
var needed = []ProfileField{FieldID, FieldAt, FieldTitle, FieldText}

// Fits reports whether the header has the columns a row cannot do without.
func (p Profile) Fits(header []string) error {
	names := make(map[string]int)
	for _, h := range header {
		names[headerName(h)]++
	}
	for _, c := range p.Columns {
		switch n := names[headerName(c.Column)]; {
		case c.Column == "":
		case n == 0 && slices.Contains(needed, c.Field):
			return Invalid("header", "第 %d 行（表头）里没有“%s”这一列，有：%s。请核对表头在第几行、是不是这个模板的文件", p.HeaderRow(), c.Column, Clip(strings.Join(header, "、"), 200))
		case n > 1:
			return Invalid("header", "第 %d 行（表头）里“%s”出现了 %d 次，请在表格中改成不同的列名", p.HeaderRow(), c.Column, n)
		}
	}
	return nil
}

// Apply reads a row under its header. The post is as the office wrote it: only
// [Intake.Accept] makes it fit to keep. An error names row and column.
func (p Profile) Apply(header []string, row TableRow) (Post, error) {
	post := Post{Channel: p.Channel, Source: p.Source}
	if post.Source == "" {
		post.Source = p.Channel.Label()
	}
	var key, text []string
	phone := ""
	extra := make(map[string]string)
	for _, c := range p.Columns {
		v := c.read(header, row)
		if v == "" {
			continue
		}
		switch c.Field {
		case FieldID:
			key = append(key, v)
		case FieldAt:
			at, err := c.time(v)
			if err != nil {
				return Post{}, p.Blame(row.Number, err)
			}
			post.PublishedAt = at
		case FieldTitle:
			post.Title = v
		case FieldText:
			text = append(text, v)
		case FieldAuthor:
			post.Author = v
		case FieldURL:
			post.URL = v
		case FieldPlace:
			extra[FieldPlace.Label()] = v
		case FieldPhone:
			phone = v
		case FieldKeep:
			extra[c.Column] = v
		default:
			extra[c.Field.Label()] = v
		}
	}
	post.Text = strings.Join(text, "\n")
	if post.Text == "" {
		post.Text = post.Title
	}
	if place := extra[FieldPlace.Label()]; place != "" && post.Text != "" && !strings.Contains(post.Text, place) {
		post.Text += "\n地点：" + place
	}
	if phone != "" {
		extra["联系电话"] = "〔电话〕" // that there is one is all a desk must know
		post.Title, post.Text = strings.ReplaceAll(post.Title, phone, "〔电话〕"), strings.ReplaceAll(post.Text, phone, "〔电话〕")
	}
	if len([]rune(post.Author)) > 1 { // the table tells which words of the text are a name
		hidden := MaskName(post.Author)
		post.Title, post.Text = strings.ReplaceAll(post.Title, post.Author, hidden), strings.ReplaceAll(post.Text, post.Author, hidden)
	}
	switch {
	case post.Text == "":
		return Post{}, p.Blame(row.Number, Invalid("text", "内容和标题都是空的"))
	case p.names(FieldID) && len(key) == 0:
		return Post{}, p.Blame(row.Number, Invalid("id", "编号为空，无法识别重复"))
	case p.names(FieldAt) && post.PublishedAt.IsZero():
		return Post{}, p.Blame(row.Number, Invalid("published_at", "时间为空，时限无从起算"))
	case len(key) > 0:
		post.ID = rowID(p.Region, post, key)
	}
	for name, value := range extra {
		if post.Extra == nil {
			post.Extra = make(map[string]json.RawMessage)
		}
		post.Extra[name], _ = json.Marshal(value) // a string cannot fail
	}
	return post, nil
}

func (p Profile) names(f ProfileField) bool {
	return slices.ContainsFunc(p.Columns, func(c ProfileColumn) bool { return c.Field == f })
}

// rowID is the same whenever the office exports the row again, whoever reads it
// with whichever profile of that office; another county may number its rows alike.
func rowID(r Region, p Post, key []string) PostID {
	sum := sha256.Sum256([]byte(string(r) + "\x00row\x00" + string(p.Channel) + "\x00" + p.Source + "\x00" + strings.Join(key, "\x00")))
	return PostID("r" + hex.EncodeToString(sum[:12]))
}

// Blame makes an error about a post one about the row and column it came from.
func (p Profile) Blame(row int, err error) error {
	e, ok := err.(*Error) //nolint:errorlint // ours, not wrapped
	if !ok {
		return &Error{Code: CodeInvalid, Message: "第 " + strconv.Itoa(row) + " 行读不出来", Cause: err}
	}
	where := ""
	for _, c := range p.Columns {
		if string(c.Field) == e.Field && c.Column != "" {
			where = "“" + strings.Join(strings.Fields(c.Column), "") + "”" // a header may go over two lines
		}
	}
	return &Error{Code: e.Code, Message: "第 " + strconv.Itoa(row) + " 行" + where + "：" + e.Message, Cause: e.Cause}
}

func (c ProfileColumn) read(header []string, row TableRow) string {
	if c.Value != "" {
		return c.Value
	}
	want := headerName(c.Column)
	i := slices.IndexFunc(header, func(h string) bool { return headerName(h) == want })
	if i < 0 || i >= len(row.Cells) {
		return ""
	}
	return strings.TrimSpace(CleanText(row.Cells[i]))
}

func (c ProfileColumn) time(v string) (time.Time, error) {
	if serial, err := strconv.ParseFloat(v, 64); err == nil {
		if t, ok := SerialTime(serial); ok {
			return t, nil
		}
	}
	for _, l := range c.Layouts {
		if t, err := time.ParseInLocation(goLayout.Replace(l), v, Beijing); err == nil {
			return t, nil
		}
	}
	if len(c.Layouts) > 0 {
		return time.Time{}, Invalid("published_at", "“%s”不是时间，模板要求写作 %s", Clip(v, 40), strings.Join(c.Layouts, " 或 "))
	}
	t, err := ParseTime(v)
	if err != nil {
		return t, Invalid("published_at", "“%s”不是时间，应像 2026-03-05 09:05", Clip(v, 40))
	}
	return t, nil
}

// goLayout turns the way spreadsheets write a date format into Go's.
var goLayout = strings.NewReplacer("yyyy", "2006", "yy", "06", "MM", "01", "M", "1", "dd", "02", "d", "2", "HH", "15", "H", "15", "mm", "04", "m", "4", "ss", "05", "s", "5")

// SerialTime reads a spreadsheet's day number, counted from 1899-12-30: a
// wall-clock time without a zone. Numbers outside 1990 … 2099 are none.
func SerialTime(serial float64) (time.Time, bool) {
	const first, last = 32874, 73050
	if serial < first || serial > last {
		return time.Time{}, false
	}
	day, part := math.Modf(serial)
	seconds := int(math.Round(part * 24 * 60 * 60))
	return time.Date(1899, 12, 30+int(day), 0, 0, seconds, 0, Beijing), true
}

// headerName is a column's name as it is compared: without case, blanks and what
// stands in brackets.
func headerName(s string) string {
	s = strings.ToLower(strings.Join(strings.Fields(strings.TrimPrefix(CleanText(s), "\uFEFF")), ""))
	if i := strings.IndexAny(s, "(（*"); i > 0 {
		s = s[:i]
	}
	return s
}

// Read finds the header among the rows and reads each row below it. An error
// with the row number 0 is about the whole file and ends it.
func (p Profile) Read(rows iter.Seq2[TableRow, error]) iter.Seq2[ProfileRow, error] {
	return func(yield func(ProfileRow, error) bool) {
		var header []string
		for row, err := range rows {
			if err != nil && (row.Number == 0 || header == nil && row.Number == p.HeaderRow()) {
				yield(ProfileRow{}, err)
				return
			}
			if row.Number < p.HeaderRow() {
				continue
			}
			if header == nil {
				header = row.Cells
				if err := p.Fits(header); err != nil {
					yield(ProfileRow{}, err)
					return
				}
				continue
			}
			out := ProfileRow{TableRow: row}
			if err == nil {
				out.Post, err = p.Apply(header, row)
			}
			if !yield(out, err) {
				return
			}
		}
		if header == nil {
			yield(ProfileRow{}, Invalid("header", "文件没有第 %d 行（表头），请核对表头在第几行", p.HeaderRow()))
		}
	}
}

// columnWords are headers offices use, for [GuessProfile].
var columnWords = map[ProfileField][]string{
	FieldID:       {"工单编号", "工单号", "编号", "受理编号", "信件编号", "留言编号", "业务编号", "来信编号", "单号"},
	FieldAt:       {"来电时间", "受理时间", "诉求时间", "登记时间", "来信时间", "发布时间", "反映时间", "创建时间", "时间", "日期", "来电日期", "受理日期"},
	FieldTitle:    {"诉求标题", "工单标题", "标题", "主题", "题目"},
	FieldText:     {"诉求内容", "工单内容", "内容", "来信内容", "反映内容", "正文", "主要内容", "诉求描述", "详情"},
	FieldPlace:    {"诉求地点", "事发地点", "地点", "地址", "诉求地址", "所属区域", "事发地址", "所属乡镇"},
	FieldCategory: {"诉求类别", "类别", "分类", "诉求类型", "工单类型", "问题类别", "一级分类", "诉求分类", "问题分类", "事项分类"},
	FieldUnit:     {"承办单位", "责任单位", "主办单位", "办理单位", "转办单位"},
	FieldUrgency:  {"紧急程度", "缓急", "是否紧急", "办理时限"},
	FieldAuthor:   {"诉求人", "来电人", "姓名", "联系人", "反映人", "来信人", "市民姓名", "诉求人姓名", "来电人姓名", "反映人姓名"},
	FieldPhone:    {"联系电话", "来电号码", "电话", "手机", "联系方式", "手机号", "电话号码"},
	FieldURL:      {"网址", "链接"},
}

func columnField(name string) ProfileField {
	for _, f := range ProfileFields {
		if slices.Contains(columnWords[f], headerName(name)) {
			return f
		}
	}
	return ""
}

// GuessProfile proposes how to read a file from its first rows: the header is
// the row with most known names, and a person corrects the rest.
func GuessProfile(head []TableRow) Profile {
	p, best := Profile{Header: 1}, -1
	for _, row := range head {
		if row.Number > MaxHeaderRow {
			break
		}
		if g := GuessColumns(row.Cells); len(g) > best {
			p.Header, p.Columns, best = row.Number, g, len(g)
		}
	}
	return p
}

// GuessColumns proposes the fields of the columns of a header, each field once.
func GuessColumns(header []string) []ProfileColumn {
	var out []ProfileColumn
	for _, name := range header {
		f := columnField(name)
		taken := slices.ContainsFunc(out, func(c ProfileColumn) bool { return c.Field == f })
		if f != "" && !taken {
			out = append(out, ProfileColumn{Column: strings.TrimSpace(name), Field: f})
		}
	}
	return out
}
