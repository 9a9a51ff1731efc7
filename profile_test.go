package huiying_test

import (
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"huiying"
)

var orderHeader = []string{"工单编号", "来电时间", "诉求标题", "诉求内容", "诉求人", "联系电话", "诉求地点", "诉求类别", "承办单位"}

func orders() huiying.Profile {
	p := huiying.GuessProfile([]huiying.TableRow{{Number: 1, Cells: orderHeader}})
	p.Name, p.Region, p.Channel, p.Source = "12345热线工单", "141122", huiying.ChannelHotline, "12345热线"
	return p
}

func order(number int, cells ...string) huiying.TableRow {
	full := []string{"JC20260305001", "2026-03-05 09:05:00", "暖气不热", "天宁镇某小区室温只有14度", "张小三", "13812345678", "天宁镇东关街", "供暖", "住建局"}
	for i, c := range cells {
		if c != "" {
			full[i] = strings.TrimPrefix(c, "=")
		}
	}
	return huiying.TableRow{Number: number, Cells: full}
}

func TestAnOrderBecomesAPostWithoutWhoCalled(t *testing.T) {
	t.Parallel()
	row := order(2)
	row.Cells[3] = "张小三（13812345678）反映室温只有14度"
	p, err := orders().Apply(orderHeader, row)
	if err != nil {
		t.Fatal(err)
	}
	if p.Channel != huiying.ChannelHotline || p.Source != "12345热线" || p.Title != "暖气不热" || p.PublishedAt.Format(time.RFC3339) != "2026-03-05T09:05:00+08:00" {
		t.Errorf("%+v", p)
	}
	if want := "张**（〔电话〕）反映室温只有14度\n地点：天宁镇东关街"; p.Text != want {
		t.Errorf("text %q, want %q", p.Text, want)
	}
	for name, want := range map[string]string{"诉求类别": `"供暖"`, "承办单位": `"住建局"`, "联系电话": `"〔电话〕"`} {
		if string(p.Extra[name]) != want {
			t.Errorf("extra %s is %s, want %s", name, p.Extra[name], want)
		}
	}
	kept, err := huiying.Intake{Region: "141122", Key: []byte("k"), Now: func() time.Time { return p.PublishedAt.Add(time.Hour) }}.Accept(p)
	if err != nil || kept.Author != "张**" || kept.AuthorHash == "" || kept.ID != p.ID {
		t.Errorf("after intake: %+v, %v", kept, err)
	}
}

func TestARowKeepsItsIDWhateverElseChanges(t *testing.T) {
	t.Parallel()
	id := func(p huiying.Profile, row huiying.TableRow) huiying.PostID {
		t.Helper()
		post, err := p.Apply(orderHeader, row)
		if err != nil {
			t.Fatal(err)
		}
		return post.ID
	}
	first := id(orders(), order(2))
	if first == "" {
		t.Fatal("no ID")
	}
	renamed, letters := orders(), orders()
	renamed.Name = "另一个模板"
	letters.Channel, letters.Source = huiying.ChannelLetter, "县长信箱"
	for name, c := range map[string]struct {
		id   huiying.PostID
		same bool
	}{
		"the same row further down":            {id(orders(), order(77)), true},
		"the row with its text completed":      {id(orders(), order(2, "", "", "", "补充：仍然不热")), true},
		"the row read with another profile":    {id(renamed, order(2)), true},
		"another order":                        {id(orders(), order(2, "JC20260305002")), false},
		"the same number of another office":    {id(letters, order(2)), false},
		"a number a space makes look the same": {id(orders(), order(2, " JC20260305001 ")), true},
	} {
		if (c.id == first) != c.same {
			t.Errorf("%s: ID %s beside %s", name, c.id, first)
		}
	}
}

func TestTimesAsOfficesWriteThem(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"2026/3/5 9:05":     "2026-03-05 09:05:00",
		"2026年3月5日 09:05":   "2026-03-05 09:05:00",
		"46086.37847222222": "2026-03-05 09:05:00", // a workbook's day number
		"46086":             "2026-03-05 00:00:00",
		"46086.99999999":    "2026-03-06 00:00:00",
		"05.03.26 0905":     "2026-03-05 09:05:00", // by the profile's own layout
	} {
		p := orders()
		for i := range p.Columns {
			if p.Columns[i].Field == huiying.FieldAt && strings.Contains(cell, ".03.") {
				p.Columns[i].Layouts = []string{"dd.MM.yy HHmm"}
			}
		}
		post, err := p.Apply(orderHeader, order(2, "", cell))
		if err != nil || post.PublishedAt.In(huiying.Beijing).Format(time.DateTime) != want {
			t.Errorf("%q is read as %v (%v), want %s", cell, post.PublishedAt, err, want)
		}
	}
}

func TestAProblemNamesItsRowAndColumn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		row  huiying.TableRow
		says []string
	}{
		"cells shifted by one":    {order(7, "", "暖气不热", "天宁镇某小区"), []string{"第 7 行“来电时间”", "暖气不热"}},
		"no time":                 {order(8, "", "= "), []string{"第 8 行“来电时间”", "时间为空"}},
		"a day number too small":  {order(9, "", "5"), []string{"第 9 行“来电时间”", "“5”"}},
		"no number":               {order(10, "= "), []string{"第 10 行“工单编号”", "编号为空"}},
		"neither title nor text":  {order(11, "", "", "= ", "= "), []string{"第 11 行“诉求内容”", "空"}},
		"a row that is cut short": {huiying.TableRow{Number: 12, Cells: []string{"JC1"}}, []string{"第 12 行"}},
	} {
		_, err := orders().Apply(orderHeader, c.row)
		if !errors.Is(err, huiying.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, s := range c.says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s: %q does not say %q", name, err, s)
			}
		}
	}
}

func TestAHeaderOverTwoLinesIsNamedInOne(t *testing.T) {
	t.Parallel()
	p := huiying.Profile{Columns: []huiying.ProfileColumn{{Column: "诉求\n内容", Field: huiying.FieldText}}}
	if err := p.Blame(7, huiying.Invalid("text", "内容为空")); !strings.Contains(err.Error(), "第 7 行“诉求内容”") {
		t.Errorf("%v", err)
	}
}

func rows(list ...huiying.TableRow) iter.Seq2[huiying.TableRow, error] {
	return func(yield func(huiying.TableRow, error) bool) {
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestAFileIsReadBelowItsHeader(t *testing.T) {
	t.Parallel()
	title := huiying.TableRow{Number: 1, Cells: []string{"交城县12345热线工单导出表"}}
	header := huiying.TableRow{Number: 3, Cells: []string{"工单编号*", " 来电时间（必填）", "诉求标题", "诉求内容", "诉求人", "联系电话"}}
	p := huiying.GuessProfile([]huiying.TableRow{title, header, order(4)})
	p.Name, p.Channel = "x", huiying.ChannelHotline
	if p.Header != 3 {
		t.Fatalf("header guessed in row %d", p.Header)
	}
	var got []string
	for row, err := range p.Read(rows(title, header, order(4), order(5, "", "某日"))) {
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		got = append(got, row.Post.Title)
	}
	if len(got) != 2 || got[0] != "暖气不热" || !strings.Contains(got[1], "第 5 行") {
		t.Errorf("%q", got)
	}

	for name, c := range map[string]struct {
		rows iter.Seq2[huiying.TableRow, error]
		says string
	}{
		"another office's file":   {rows(title, huiying.TableRow{Number: 3, Cells: []string{"姓名", "工资"}}, order(4)), "“工单编号*”"},
		"a name standing twice":   {rows(huiying.TableRow{Number: 3, Cells: append([]string{"工单编号"}, header.Cells...)}), "出现了 2 次"},
		"a file without a header": {rows(title), "没有第 3 行"},
	} {
		n := 0
		for row, err := range p.Read(c.rows) {
			if n++; row.Number != 0 || err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: row %d, %v", name, row.Number, err)
			}
		}
		if n != 1 {
			t.Errorf("%s is told %d times", name, n)
		}
	}
}

func TestAProfileThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*huiying.Profile){
		"without a name":            func(p *huiying.Profile) { p.Name = " " },
		"of no channel":             func(p *huiying.Profile) { p.Channel = "phone" },
		"without title and text":    func(p *huiying.Profile) { p.Columns = p.Columns[:2] },
		"with a column twice":       func(p *huiying.Profile) { p.Columns = append(p.Columns, p.Columns[0]) },
		"with a field that is none": func(p *huiying.Profile) { p.Columns[0].Field = "x" },
		"with a layout of a text":   func(p *huiying.Profile) { p.Columns[0].Layouts = []string{"yyyy-MM-dd"} },
		"with a header far down":    func(p *huiying.Profile) { p.Header = 21 },
	} {
		p := orders()
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		if change(&p); !errors.Is(p.Check(), huiying.ErrInvalid) {
			t.Errorf("%s: %v", name, p.Check())
		}
	}
}
