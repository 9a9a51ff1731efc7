package report

import (
	"reflect"
	"strings"
	"testing"
)

type row struct {
	Name string `word:"名称"`
	N    Link   `word:"条数"`
}

type view struct {
	Title string `word:"标题"`
	Text  string `word:"正文"`
	Rows  []row  `word:"行"`
	None  []row  `word:"空"`
	Yes   bool   `word:"是"`
}

var sample = view{
	Title: "食堂 <质疑> & 回应", Text: "第一段\n第二段", Yes: true,
	Rows: []row{{"论坛", Link{"3", "https://a.invalid/?x=1&y=2"}}, {"新闻", Link{Text: "2"}}},
}

const head = `<w:document xmlns:w="` + nsWord + `"><w:body>`

func filledText(t *testing.T, body string, v any) (*node, string, error) {
	t.Helper()
	root, err := parseXML([]byte(head + body + `</w:body></w:document>`))
	if err != nil {
		t.Fatal(err)
	}
	f := &filler{scopes: []reflect.Value{reflect.ValueOf(v)}, links: func(string) string { return "rId9" }}
	err = f.fill(root)
	if err == nil {
		if _, broken := parseXML(root.bytes()); broken != nil {
			t.Fatalf("what was filled is not well-formed: %v", broken)
		}
	}
	return root, strings.TrimSpace(root.say()), err
}

func p(runs ...string) string {
	out := "<w:p>"
	for _, r := range runs {
		out += `<w:r><w:rPr><w:b/></w:rPr><w:t>` + r + `</w:t></w:r>`
	}
	return out + "</w:p>"
}

func TestATemplateIsFilled(t *testing.T) {
	cell := func(s ...string) string { return "<w:tc>" + p(s...) + "</w:tc>" }
	for name, c := range map[string]struct{ body, want string }{
		"a value in the middle of a line":       {p("关于{{标题}}的报告"), "关于食堂 <质疑> & 回应的报告"},
		"a name that Word parted into runs":     {p("关于{", "{标", "题}", "}的报告"), "关于食堂 <质疑> & 回应的报告"},
		"full-width braces, spaces":             {p("｛｛ 标题 ｝｝"), "食堂 <质疑> & 回应"},
		"lines become paragraphs":               {p("{{正文}}"), "第一段\n第二段"},
		"paragraphs between marks are repeated": {p("{{#行}}") + p("{{名称}}：") + p("{{条数}}条") + p("{{/行}}"), "论坛：\n3条\n新闻：\n2条"},
		"a paragraph that a section fills":      {p("{{#行}}{{名称}}{{条数}}{{/行}}"), "论坛3\n新闻2"},
		"a section inside a line":               {p("有{{#行}}{{名称}}、{{/行}}等"), "有论坛、新闻、等"},
		"a mark that Word parted":               {p("{{", "#行}}") + p("{{名称}}") + p("{{/", "行", "}}"), "论坛\n新闻"},
		"rows are repeated":                     {"<w:tbl><w:tr>" + cell("平台") + cell("条数") + "</w:tr><w:tr>" + cell("{{#行}}{{名称}}") + cell("{{条数}}{{/行}}") + "</w:tr></w:tbl>", "平台 | 条数\n论坛 | 3\n新闻 | 2"},
		"rows between rows of marks":            {"<w:tbl><w:tr>" + cell("{{#行}}") + cell("") + "</w:tr><w:tr>" + cell("{{名称}}") + cell("{{标题}}") + "</w:tr><w:tr>" + cell("{{/行}}") + cell("") + "</w:tr></w:tbl>", "论坛 | 食堂 <质疑> & 回应\n新闻 | 食堂 <质疑> & 回应"},
		"an empty list says so":                 {p("{{^空}}没有。{{/空}}{{^行}}没有行{{/行}}"), "没有。"},
		"a table only when there is something":  {p("{{?空}}") + "<w:tbl><w:tr>" + cell("头") + "</w:tr></w:tbl>" + p("{{/空}}") + p("{{?行}}") + p("有") + p("{{/行}}"), "有"},
		"a list inside its own condition":       {p("{{?行}}") + p("清单") + p("{{#行}}{{名称}}{{/行}}") + p("{{/行}}"), "清单\n论坛\n新闻"},
		"a condition":                           {p("{{?是}}是{{/是}}{{^是}}否{{/是}}。"), "是。"},
		"nothing in braces":                     {p("没有名称"), "没有名称"},
	} {
		t.Run(name, func(t *testing.T) {
			_, got, err := filledText(t, c.body, sample)
			if err != nil || got != c.want {
				t.Errorf("%v\n got %q\nwant %q", err, got, c.want)
			}
		})
	}
}

// What Word itself makes of a name that was typed, corrected and checked: spelling
// marks, bookmarks, revision numbers, tracked changes, content controls.
func TestATemplateEditedInWordIsFilled(t *testing.T) {
	r := func(s string) string {
		return `<w:r w:rsidR="00A45B31"><w:rPr><w:rFonts w:hint="eastAsia"/></w:rPr><w:t xml:space="preserve">` + s + `</w:t></w:r>`
	}
	const (
		spell, spelt = `<w:proofErr w:type="spellStart"/>`, `<w:proofErr w:type="spellEnd"/>`
		gram         = `<w:proofErr w:type="gramStart"/>`
		goBack       = `<w:bookmarkStart w:id="0" w:name="_GoBack"/><w:bookmarkEnd w:id="0"/>`
		rendered     = `<w:r><w:lastRenderedPageBreak/></w:r>`
	)
	par := func(s ...string) string { return `<w:p w:rsidR="00A45B31">` + strings.Join(s, "") + `</w:p>` }
	ins := func(s string) string {
		return `<w:ins w:id="7" w:author="张三" w:date="2026-01-01T00:00:00Z">` + s + `</w:ins>`
	}
	del := func(s string) string {
		return `<w:del w:id="8" w:author="张三"><w:r><w:delText>` + s + `</w:delText></w:r></w:del>`
	}
	for name, c := range map[string]struct{ body, want string }{
		"spelling marks inside a name":         {par(r("关于{{"), spell, r("标"), gram, r("题"), spelt, r("}}的报告")), "关于食堂 <质疑> & 回应的报告"},
		"a bookmark inside a name":             {par(r("{{标"), goBack, r("题}}")), "食堂 <质疑> & 回应"},
		"braces parted, too":                   {par(r("{"), spell, r("{"), r("标题"), r("}"), spelt, goBack, r("}")), "食堂 <质疑> & 回应"},
		"marks of sections with spelling":      {par(r("{{#"), spell, r("行"), spelt, r("}}")) + par(r("{{"), r("名称"), r("}}")) + par(goBack, r("{{/"), spell, r("行"), spelt, r("}}")), "论坛\n新闻"},
		"a mark a page break was drawn in":     {par(rendered, r("{{#行}}")) + par(r("{{名称}}")) + par(r("{{/行}}")), "论坛\n新闻"},
		"a name typed with changes tracked":    {par(r("题为{{标"), del("错"), ins(r("题")), r("}}")), "题为食堂 <质疑> & 回应"},
		"a section typed with changes tracked": {par(ins(r("{{#行}}"))) + par(r("{{名称}}")) + par(ins(r("{{/行}}"))), "论坛\n新闻"},
		"a name in a content control":          {`<w:sdt><w:sdtPr/><w:sdtContent>` + par(r("{{标"), r("题}}")) + `</w:sdtContent></w:sdt>`, "食堂 <质疑> & 回应"},
		"a name in a control within a line":    {par(r("题："), `<w:sdt><w:sdtPr/><w:sdtContent>`+r("{{标题}}")+`</w:sdtContent></w:sdt>`), "题：食堂 <质疑> & 回应"},
		"a name that became a smart tag":       {par(`<w:smartTag w:element="place">`+r("{{标")+`</w:smartTag>`, r("题}}")), "食堂 <质疑> & 回应"},
	} {
		t.Run(name, func(t *testing.T) {
			_, got, err := filledText(t, c.body, sample)
			if err != nil || got != c.want {
				t.Errorf("%v\n got %q\nwant %q", err, got, c.want)
			}
		})
	}
	_, _, err := filledText(t, par(r("{{标"), spell, r("提"), spelt, r("}}")), sample)
	if err == nil || !strings.Contains(err.Error(), "不认识的名称 {{标提}}") {
		t.Errorf("a parted name that is unknown: %v", err)
	}
}

func TestAValueKeepsTheFormatOfItsName(t *testing.T) {
	root, _, err := filledText(t, p("{{#行}}{{条数}}{{/行}}"), sample)
	if err != nil {
		t.Fatal(err)
	}
	linked, bold := 0, 0
	root.all(func(n *node) bool {
		if n.name == "w:hyperlink" && n.attr("r:id") == "rId9" {
			linked++
		}
		if n.name == "w:r" && n.at("w:rPr", "w:b") != nil && n.say() != "" {
			bold++
		}
		return true
	})
	if linked != 1 || bold != 2 {
		t.Errorf("%d links and %d bold runs, want 1 and 2", linked, bold)
	}
}

func TestATemplateIsRefusedWithWhatIsWrong(t *testing.T) {
	for body, want := range map[string]string{
		p("{{标提}}"): "{{标提}}", p("{{#行}}{{负责人}}{{/行}}"): "{{负责人}}；这里可用：标题", p("{{#行}}") + p("{{名称}}"): "{{#行}} 没有成对",
		p("{{名称}}"): "不认识的名称 {{名称}}", p("{{行}}"): "应写成 {{#行}}", p("{{#行}}{{/空}}"): "{{#行}} 没有成对",
	} {
		if _, _, err := filledText(t, body, sample); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", body, err, want)
		}
	}
}

func FuzzTemplatesNeverPanic(f *testing.F) {
	f.Add("{{#行}}", "{{名称}}", "{{/行}}")
	f.Add("{{", "?行}}{{^", "行}}")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		root := elem("w:document", nil, elem("w:p", nil, elem("w:r", nil, textNode(a)), elem("w:r", nil, textNode(b))), elem("w:p", nil, elem("w:r", nil, textNode(c))))
		fill := &filler{scopes: []reflect.Value{reflect.ValueOf(sample)}, links: func(string) string { return "" }}
		_ = fill.fill(root) // an error is an answer
	})
}
