package main

import (
	"fmt"
	"strings"
)

const (
	ns    = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	nsRel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

	contentTypes = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/fontTable.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"/><Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/><Override PartName="/word/header1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/><Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/><Override PartName="/word/footer2.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/></Types>`
	packageRels  = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + nsRel + `/officeDocument" Target="word/document.xml"/></Relationships>`
	documentRels = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + nsRel + `/styles" Target="styles.xml"/><Relationship Id="rId2" Type="` + nsRel + `/fontTable" Target="fontTable.xml"/><Relationship Id="rId3" Type="` + nsRel + `/settings" Target="settings.xml"/><Relationship Id="rId4" Type="` + nsRel + `/header" Target="header1.xml"/><Relationship Id="rId5" Type="` + nsRel + `/footer" Target="footer1.xml"/><Relationship Id="rId6" Type="` + nsRel + `/footer" Target="footer2.xml"/></Relationships>`
	settings     = `<w:settings xmlns:w="` + ns + `"><w:evenAndOddHeaders/><w:characterSpacingControl w:val="compressPunctuation"/><w:compat><w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>`
)

// The fonts of official documents; what stands in for one that is not installed
// is named in the font table.
const (
	fangSong = "仿宋_GB2312"
	biaoSong = "方正小标宋简体"
	heiTi    = "黑体"
	kaiTi    = "楷体_GB2312"
	song     = "宋体"
)

var standIns = []struct{ font, instead string }{
	{fangSong, "仿宋,FangSong,方正仿宋_GBK,方正仿宋简体,FangSong_GB2312"},
	{biaoSong, "方正小标宋_GBK,FZXiaoBiaoSong-B05S,华文中宋,STZhongsong,宋体"},
	{heiTi, "SimHei,方正黑体_GBK,方正黑体简体,Noto Sans CJK SC"},
	{kaiTi, "楷体,KaiTi,方正楷体_GBK,方正楷体简体,KaiTi_GB2312"},
	{song, "SimSun,方正书宋_GBK,Noto Serif CJK SC"},
}

func fontTable() string {
	var b strings.Builder
	b.WriteString(`<w:fonts xmlns:w="` + ns + `">`)
	for _, f := range standIns {
		fmt.Fprintf(&b, `<w:font w:name="%s"><w:altName w:val="%s"/><w:charset w:val="86"/><w:family w:val="auto"/></w:font>`, f.font, f.instead)
	}
	b.WriteString(`<w:font w:name="Times New Roman"><w:charset w:val="00"/><w:family w:val="roman"/></w:font></w:fonts>`)
	return b.String()
}

// style is a paragraph style; sizes in half points, spacing in twentieths.
type style struct {
	name, font string
	size       int
	colour     string
	para       string
	bold       bool
}

// houseStyles follow GB/T 9704: title 2号小标宋, headings 3号黑体 and 楷体, text
// 3号仿宋 at 28 points a line, indented two letters.
var houseStyles = []style{
	{name: "正文", font: fangSong, size: 32, para: `<w:spacing w:line="560" w:lineRule="exact"/><w:ind w:firstLineChars="200" w:firstLine="640"/><w:jc w:val="both"/>`},
	{name: "密标", font: heiTi, size: 32, para: `<w:spacing w:line="480" w:lineRule="exact"/>`},
	{name: "报头", font: biaoSong, size: 72, colour: "C00000", para: `<w:spacing w:before="160" w:after="120" w:line="1000" w:lineRule="exact"/><w:jc w:val="center"/>`},
	{name: "文号", font: fangSong, size: 32, para: `<w:spacing w:line="560" w:lineRule="exact"/><w:jc w:val="center"/>`},
	{name: "编印", font: fangSong, size: 32, para: `<w:pBdr><w:bottom w:val="single" w:sz="18" w:space="4" w:color="C00000"/></w:pBdr><w:tabs><w:tab w:val="right" w:pos="8844"/></w:tabs><w:spacing w:after="360" w:line="560" w:lineRule="exact"/>`},
	{name: "标题", font: biaoSong, size: 44, para: `<w:keepNext/><w:spacing w:before="120" w:after="240" w:line="640" w:lineRule="exact"/><w:jc w:val="center"/>`},
	{name: "一级标题", font: heiTi, size: 32, para: `<w:keepNext/><w:spacing w:line="560" w:lineRule="exact"/><w:ind w:firstLineChars="200" w:firstLine="640"/>`},
	{name: "二级标题", font: kaiTi, size: 32, para: `<w:keepNext/><w:spacing w:line="560" w:lineRule="exact"/><w:ind w:firstLineChars="200" w:firstLine="640"/>`},
	{name: "图", font: fangSong, size: 24, para: `<w:keepNext/><w:spacing w:before="60" w:after="0"/><w:jc w:val="center"/>`},
	{name: "图注", font: heiTi, size: 24, para: `<w:spacing w:before="40" w:after="120" w:line="360" w:lineRule="exact"/><w:jc w:val="center"/>`},
	{name: "表题", font: heiTi, size: 24, para: `<w:keepNext/><w:spacing w:before="160" w:after="60" w:line="360" w:lineRule="exact"/><w:jc w:val="center"/>`},
	{name: "表头", font: heiTi, size: 21, para: `<w:spacing w:before="40" w:after="40" w:line="320" w:lineRule="atLeast"/><w:jc w:val="center"/>`},
	{name: "表文", font: fangSong, size: 21, para: `<w:spacing w:before="30" w:after="30" w:line="300" w:lineRule="atLeast"/><w:jc w:val="center"/>`},
	{name: "表左", font: fangSong, size: 21, para: `<w:spacing w:before="30" w:after="30" w:line="300" w:lineRule="atLeast"/>`},
	{name: "小表头", font: heiTi, size: 18, para: `<w:spacing w:before="30" w:after="30" w:line="260" w:lineRule="atLeast"/><w:jc w:val="center"/>`},
	{name: "小表文", font: fangSong, size: 18, para: `<w:spacing w:before="20" w:after="20" w:line="250" w:lineRule="atLeast"/><w:jc w:val="center"/>`},
	{name: "小表左", font: fangSong, size: 18, para: `<w:spacing w:before="20" w:after="20" w:line="250" w:lineRule="atLeast"/>`},
	{name: "落款", font: fangSong, size: 32, para: `<w:spacing w:line="560" w:lineRule="exact"/><w:ind w:rightChars="200" w:right="640"/><w:jc w:val="right"/>`},
	{name: "空行", font: fangSong, size: 20, para: `<w:keepNext/><w:spacing w:line="240" w:lineRule="exact"/>`},
	{name: "版记", font: fangSong, size: 28, para: `<w:keepNext/><w:keepLines/><w:pBdr><w:top w:val="single" w:sz="8" w:space="2" w:color="000000"/><w:between w:val="single" w:sz="4" w:space="2" w:color="000000"/><w:bottom w:val="single" w:sz="8" w:space="2" w:color="000000"/></w:pBdr><w:tabs><w:tab w:val="right" w:pos="8800"/></w:tabs><w:spacing w:line="480" w:lineRule="exact"/><w:ind w:left="284" w:right="284"/>`},
	{name: "页码", font: song, size: 28, para: `<w:spacing w:line="360" w:lineRule="exact"/><w:ind w:left="280" w:right="280"/>`},
	{name: "页眉", font: fangSong, size: 18, para: `<w:spacing w:line="240" w:lineRule="exact"/>`},
}

var styleIDs = func() map[string]string {
	ids := make(map[string]string)
	for i, s := range houseStyles {
		ids[s.name] = fmt.Sprintf("H%d", i+1)
	}
	return ids
}()

func styles() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<w:styles xmlns:w="%s"><w:docDefaults><w:rPrDefault><w:rPr>%s<w:sz w:val="32"/><w:szCs w:val="32"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>`, ns, fonts(fangSong))
	b.WriteString(`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>`)
	for _, s := range houseStyles {
		fmt.Fprintf(&b, `<w:style w:type="paragraph" w:customStyle="1" w:styleId="%s"><w:name w:val="回应%s"/><w:basedOn w:val="Normal"/><w:qFormat/><w:pPr>%s</w:pPr><w:rPr>%s`, styleIDs[s.name], s.name, s.para, fonts(s.font))
		if s.bold {
			b.WriteString(`<w:b/>`)
		}
		if s.colour != "" {
			fmt.Fprintf(&b, `<w:color w:val="%s"/>`, s.colour)
		}
		fmt.Fprintf(&b, `<w:sz w:val="%d"/><w:szCs w:val="%d"/></w:rPr></w:style>`, s.size, s.size)
	}
	b.WriteString(`</w:styles>`)
	return b.String()
}

func fonts(eastAsia string) string {
	return fmt.Sprintf(`<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman" w:eastAsia="%s"/>`, eastAsia)
}

// footer is the page number — 1 —, outside: right on odd pages, left on even ones.
func footer(side string) string {
	field := func(kind string) string { return `<w:r><w:fldChar w:fldCharType="` + kind + `"/></w:r>` }
	return `<w:ftr xmlns:w="` + ns + `" xmlns:r="` + nsRel + `"><w:p><w:pPr><w:pStyle w:val="` + styleIDs["页码"] + `"/><w:jc w:val="` + side + `"/></w:pPr>` +
		`<w:r><w:t xml:space="preserve">— </w:t></w:r>` + field("begin") + `<w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>` + field("separate") + `<w:r><w:t>1</w:t></w:r>` + field("end") + `<w:r><w:t xml:space="preserve"> —</w:t></w:r></w:p></w:ftr>`
}
