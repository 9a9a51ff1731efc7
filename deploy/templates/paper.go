package main

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// paper is a document in the making: styles of official documents (GB/T 9704) and
// what stands on the page.
type paper struct {
	body      strings.Builder
	landscape bool
	onePage   bool // a form or a short brief: less margin above and below
	width     int  // of the text, in twentieths of a point
}

// Sizes in twentieths of a point: A4, and the margins of GB/T 9704 (top 37 mm,
// left 28 mm, text 156 mm × 225 mm).
const (
	short, long        = 11906, 16838
	top, bottom        = 2098, 1984
	left, right        = 1588, 1474
	portraitText       = short - left - right
	landscapeText      = long - 2*1134
	narrow             = 1134 // margin of landscape tables, 20 mm
	body, small, table = "正文", "版记", "表文"
)

func portrait() *paper { return &paper{width: portraitText} }

// onePage is a portrait page for what should not go on to a second one.
func onePage() *paper { return &paper{onePage: true, width: portraitText} }

func landscape() *paper { return &paper{landscape: true, width: landscapeText} }

// p writes a paragraph in a style.
func (d *paper) p(style, text string) *paper {
	fmt.Fprintf(&d.body, `<w:p><w:pPr><w:pStyle w:val="%s"/></w:pPr>%s</w:p>`, styleIDs[style], run(text))
	return d
}

// run is text; *stars* make it bold.
func run(text string) string {
	var b strings.Builder
	for i, part := range strings.Split(text, "*") {
		if part == "" {
			continue
		}
		bold := ""
		if i%2 == 1 {
			bold = "<w:rPr><w:b/></w:rPr>"
		}
		b.WriteString(`<w:r>` + bold)
		for j, piece := range strings.Split(part, "\t") {
			if j > 0 {
				b.WriteString("<w:tab/>")
			}
			b.WriteString(`<w:t xml:space="preserve">` + escaped(piece) + `</w:t>`)
		}
		b.WriteString(`</w:r>`)
	}
	return b.String()
}

func escaped(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return b.String()
}

// any writes what f writes when a list is not empty.
func (d *paper) any(name string, f func()) *paper {
	d.p("空行", "{{?"+name+"}}")
	f()
	return d.p("空行", "{{/"+name+"}}")
}

// section repeats what f writes for each item of a list.
func (d *paper) section(name string, f func()) *paper {
	d.p(body, "{{#"+name+"}}")
	f()
	return d.p(body, "{{/"+name+"}}")
}

// none is what is said when a list is empty.
func (d *paper) none(name, text string) *paper {
	return d.p(body, "{{^"+name+"}}"+text+"{{/"+name+"}}")
}

const border = `<w:tblBorders><w:top w:val="single" w:sz="8" w:color="000000"/><w:left w:val="single" w:sz="4" w:color="000000"/><w:bottom w:val="single" w:sz="8" w:color="000000"/><w:right w:val="single" w:sz="4" w:color="000000"/><w:insideH w:val="single" w:sz="4" w:color="000000"/><w:insideV w:val="single" w:sz="4" w:color="000000"/></w:tblBorders>`

// column is one column of a table: its head, its share of the width and what
// stands in a row.
type column struct {
	head  string
	share int
	text  string
	style string // 表文 (centred) when empty
}

// list is a table with a head that repeats on each page and one row for each item.
func (d *paper) list(name string, columns ...column) {
	widths := d.open(columns)
	d.body.WriteString(`<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>`)
	head := "表头"
	if d.landscape {
		head = smaller[head]
	}
	for i, c := range columns {
		d.cell(widths[i], 1, head, c.head, "F2F2F2")
	}
	d.body.WriteString(`</w:tr><w:tr><w:trPr><w:cantSplit/></w:trPr>`)
	for i, c := range columns {
		text, style := c.text, c.style
		if i == 0 {
			text = "{{#" + name + "}}" + text
		}
		if i == len(columns)-1 {
			text += "{{/" + name + "}}"
		}
		if style == "" {
			style = table
		}
		if d.landscape {
			style = smaller[style]
		}
		d.cell(widths[i], 1, style, text, "")
	}
	d.body.WriteString(`</w:tr></w:tbl>`)
}

// smaller are the styles of wide tables.
var smaller = map[string]string{"表头": "小表头", table: "小表文", "表左": "小表左"}

func (d *paper) open(columns []column) []int {
	total := 0
	for _, c := range columns {
		total += c.share
	}
	fmt.Fprintf(&d.body, `<w:tbl><w:tblPr><w:tblW w:w="%d" w:type="dxa"/><w:jc w:val="center"/>%s<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>`, d.width, border)
	widths := make([]int, len(columns))
	left := d.width
	for i, c := range columns {
		widths[i] = d.width * c.share / total
		if i == len(columns)-1 {
			widths[i] = left
		}
		left -= widths[i]
		fmt.Fprintf(&d.body, `<w:gridCol w:w="%d"/>`, widths[i])
	}
	d.body.WriteString(`</w:tblGrid>`)
	return widths
}

func (d *paper) cell(width, span int, style, text, fill string) {
	fmt.Fprintf(&d.body, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>`, width)
	if span > 1 {
		fmt.Fprintf(&d.body, `<w:gridSpan w:val="%d"/>`, span)
	}
	if fill != "" {
		fmt.Fprintf(&d.body, `<w:shd w:val="clear" w:color="auto" w:fill="%s"/>`, fill)
	}
	d.body.WriteString(`<w:vAlign w:val="center"/></w:tcPr>`)
	for line := range strings.SplitSeq(text, "\n") {
		d.p(style, line)
	}
	d.body.WriteString(`</w:tc>`)
}

// field is a label and its value on a form; a wide one has a row to itself.
type field struct {
	label, text string
	wide        bool
	high        int // least height of its row, in lines; 0 one
}

// form is a table of labels and values, two of them to a row.
func (d *paper) form(fields ...field) {
	widths := d.open([]column{{share: 16}, {share: 34}, {share: 16}, {share: 34}})
	row := func(lines int) {
		fmt.Fprintf(&d.body, `<w:tr><w:trPr><w:trHeight w:val="%d" w:hRule="atLeast"/></w:trPr>`, 480*max(1, lines))
	}
	for i := 0; i < len(fields); i++ {
		f := fields[i]
		row(f.high)
		d.cell(widths[0], 1, "表头", f.label, "F2F2F2")
		if f.wide || i+1 == len(fields) {
			d.cell(widths[1]+widths[2]+widths[3], 3, "表左", f.text, "")
		} else {
			i++
			d.cell(widths[1], 1, "表左", f.text, "")
			d.cell(widths[2], 1, "表头", fields[i].label, "F2F2F2")
			d.cell(widths[3], 1, "表左", fields[i].text, "")
		}
		d.body.WriteString(`</w:tr>`)
	}
	d.body.WriteString(`</w:tbl>`)
}

// docx is the file.
func (d *paper) docx() []byte {
	page := fmt.Sprintf(`<w:pgSz w:w="%d" w:h="%d"/><w:pgMar w:top="%d" w:right="%d" w:bottom="%d" w:left="%d" w:header="851" w:footer="1400" w:gutter="0"/>`, short, long, top, right, bottom, left)
	if d.onePage {
		page = fmt.Sprintf(`<w:pgSz w:w="%d" w:h="%d"/><w:pgMar w:top="1304" w:right="%d" w:bottom="1304" w:left="%d" w:header="624" w:footer="737" w:gutter="0"/>`, short, long, right, left)
	}
	if d.landscape {
		page = fmt.Sprintf(`<w:pgSz w:w="%d" w:h="%d" w:orient="landscape"/><w:pgMar w:top="1247" w:right="%d" w:bottom="1134" w:left="%d" w:header="624" w:footer="567" w:gutter="0"/>`, long, short, narrow, narrow)
	}
	refs := `<w:headerReference w:type="default" r:id="rId4"/><w:headerReference w:type="even" r:id="rId4"/><w:footerReference w:type="default" r:id="rId5"/><w:footerReference w:type="even" r:id="rId6"/>`
	document := `<w:document xmlns:w="` + ns + `" xmlns:r="` + nsRel + `"><w:body>` + d.body.String() + `<w:sectPr>` + refs + page + `</w:sectPr></w:body></w:document>`
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range []struct{ name, text string }{
		{"[Content_Types].xml", contentTypes},
		{"_rels/.rels", packageRels},
		{"word/document.xml", document},
		{"word/_rels/document.xml.rels", documentRels},
		{"word/styles.xml", styles()},
		{"word/fontTable.xml", fontTable()},
		{"word/settings.xml", settings},
		{"word/header1.xml", `<w:hdr xmlns:w="` + ns + `" xmlns:r="` + nsRel + `"><w:p><w:pPr><w:pStyle w:val="` + styleIDs["页眉"] + `"/></w:pPr></w:p></w:hdr>`},
		{"word/footer1.xml", footer("right")},
		{"word/footer2.xml", footer("left")},
	} {
		f, err := z.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			panic(err) // a buffer takes everything
		}
		if _, err := f.Write([]byte(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" + part.text)); err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}
