package report

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/signintech/gopdf"

	"huiying"
)

// printer draws a filled document as PDF: paragraphs, tables, pictures, page
// numbers and the watermark, as the styles of the template say. What it does not
// know (text boxes, tables in tables, columns) it leaves out.
type printer struct {
	pdf    *gopdf.GoPdf
	word   *word
	styles map[string]*node
	rels   map[string]string
	mark   string

	width, height            float64 // points, as all here
	left, right, top, bottom float64
	y                        float64
	page                     int
	failed                   error
}

// twips are twentieths of a point.
func twips(s string) float64 {
	v, _ := strconv.ParseFloat(s, 64) // what is no number is none
	return v / 20
}

// pdf draws the document; mark slants behind every page.
func (w *word) pdf(mark, title string) ([]byte, error) {
	doc, err := parseXML(w.parts[mainPart])
	if err != nil {
		return nil, err
	}
	p := &printer{word: w, mark: mark, styles: make(map[string]*node), rels: make(map[string]string)}
	if styles, err := parseXML(w.parts["word/styles.xml"]); err == nil {
		for _, s := range styles.kids {
			p.styles[s.attr("w:styleId")] = s
		}
	}
	if rels, err := parseXML(w.parts[relsOf(mainPart)]); err == nil {
		for _, r := range rels.kids {
			p.rels[r.attr("Id")] = r.attr("Target")
		}
	}
	body := doc.kid("w:body")
	if body == nil {
		return nil, huiying.Errorf(huiying.CodeInvalid, "文档没有正文")
	}
	size, margin := body.at("w:sectPr", "w:pgSz"), body.at("w:sectPr", "w:pgMar")
	if size == nil || margin == nil {
		return nil, huiying.Errorf(huiying.CodeInvalid, "文档没有页面设置，请在 Word 里设好纸张和页边距再存")
	}
	p.width, p.height = twips(size.attr("w:w")), twips(size.attr("w:h"))
	p.left, p.right = twips(margin.attr("w:left")), p.width-twips(margin.attr("w:right"))
	p.top, p.bottom = twips(margin.attr("w:top")), p.height-twips(margin.attr("w:bottom"))
	p.pdf = &gopdf.GoPdf{}
	p.pdf.Start(gopdf.Config{PageSize: gopdf.Rect{W: p.width, H: p.height}})
	p.pdf.SetInfo(gopdf.PdfInfo{Title: title, Creator: "Huiying"})
	option := gopdf.TtfOption{OnGlyphNotFoundSubstitute: func(rune) rune { return '□' }}
	for name, raw := range map[string][]byte{"sans": sansTTF(), "serif": serifTTF()} {
		if err := p.pdf.AddTTFFontDataWithOption(name, raw, option); err != nil {
			return nil, fmt.Errorf("loading a font: %w", err)
		}
	}
	p.newPage()
	for i, k := range body.kids {
		switch k.name {
		case "w:p":
			p.paragraph(k, body.kids[i+1:])
		case "w:tbl":
			p.table(k)
		}
	}
	if p.failed != nil {
		return nil, fmt.Errorf("drawing a PDF: %w", p.failed)
	}
	return p.pdf.GetBytesPdfReturnErr()
}

func (p *printer) check(err error) {
	if err != nil && p.failed == nil {
		p.failed = err
	}
}

// newPage begins a page with its watermark and number.
func (p *printer) newPage() {
	p.pdf.AddPage()
	p.page++
	p.y = p.top
	p.check(p.pdf.SetFont("sans", "", 22))
	p.pdf.SetTextColor(0xe2, 0xe2, 0xe2)
	w, err := p.pdf.MeasureTextWidth(p.mark)
	p.check(err)
	p.pdf.Rotate(40, p.width/2, p.height/2)
	p.pdf.SetXY(p.width/2-w/2, p.height/2)
	p.check(p.pdf.Text(p.mark))
	p.pdf.RotateReset()
	number := fmt.Sprintf("— %d —", p.page)
	p.check(p.pdf.SetFont("serif", "", 14))
	p.pdf.SetTextColor(0, 0, 0)
	w, err = p.pdf.MeasureTextWidth(number)
	p.check(err)
	x := p.right - w - 14 // odd pages outside right, even ones left
	if p.page%2 == 0 {
		x = p.left + 14
	}
	p.pdf.SetXY(x, p.bottom+30)
	p.check(p.pdf.Text(number))
}

// look is how a run is drawn.
type look struct {
	font   string
	size   float64
	colour [3]uint8
	bold   bool
}

// form is how a paragraph is set.
type form struct {
	look
	align                   string
	before, after, line     float64
	exact                   bool
	first, left, right, tab float64
	keep                    bool
	topRule, bottomRule     bool
	ruleColour              [3]uint8
	ruleWide                float64
}

func (p *printer) formOf(para *node) form {
	f := form{look: look{font: "serif", size: 16}}
	pr := para.kid("w:pPr")
	p.style(&f, pr.kid("w:pStyle").attr("w:val"), 0)
	f.set(pr)
	return f
}

func (p *printer) style(f *form, id string, depth int) {
	s := p.styles[id]
	if s == nil || depth > 8 {
		return
	}
	p.style(f, s.kid("w:basedOn").attr("w:val"), depth+1)
	f.set(s.kid("w:pPr"))
	f.look.set(s.kid("w:rPr"))
}

func (f *form) set(pr *node) {
	if pr == nil {
		return
	}
	if s := pr.kid("w:spacing"); s != nil {
		for name, into := range map[string]*float64{"w:before": &f.before, "w:after": &f.after, "w:line": &f.line} {
			if v := s.attr(name); v != "" {
				*into = twips(v)
			}
		}
		f.exact = s.attr("w:lineRule") == "exact"
		if s.attr("w:line") != "" && (s.attr("w:lineRule") == "" || s.attr("w:lineRule") == "auto") { // a multiple, in 240ths
			f.line = 0
		}
	}
	if s := pr.kid("w:ind"); s != nil {
		for name, into := range map[string]*float64{"w:firstLine": &f.first, "w:left": &f.left, "w:right": &f.right} {
			if v := s.attr(name); v != "" {
				*into = twips(v)
			}
		}
	}
	if s := pr.kid("w:jc"); s != nil {
		f.align = s.attr("w:val")
	}
	if s := pr.at("w:tabs", "w:tab"); s != nil {
		f.tab = twips(s.attr("w:pos"))
	}
	f.keep = f.keep || pr.kid("w:keepNext") != nil
	if b := pr.kid("w:pBdr"); b != nil {
		f.topRule, f.bottomRule = b.kid("w:top") != nil, b.kid("w:bottom") != nil
		f.ruleColour, f.ruleWide = colourOf(b.kid("w:bottom").attr("w:color")), twips(b.kid("w:bottom").attr("w:sz"))*20/8
	}
}

func (l *look) set(pr *node) {
	if pr == nil {
		return
	}
	if s := pr.kid("w:rFonts").attr("w:eastAsia"); s != "" {
		l.font = "serif"
		if strings.Contains(s, "黑") || strings.Contains(s, "Hei") || strings.Contains(s, "雅") || strings.Contains(s, "Sans") {
			l.font = "sans"
		}
	}
	if s := pr.kid("w:sz").attr("w:val"); s != "" {
		l.size = twips(s) * 10
	}
	if s := pr.kid("w:color").attr("w:val"); s != "" {
		l.colour = colourOf(s)
	}
	if b := pr.kid("w:b"); b != nil {
		l.bold = b.attr("w:val") != "0" && b.attr("w:val") != "false"
	}
}

func colourOf(s string) [3]uint8 {
	v, err := strconv.ParseUint(s, 16, 32)
	if err != nil || len(s) != 6 {
		return [3]uint8{}
	}
	return [3]uint8{uint8(v >> 16), uint8(v >> 8), uint8(v)} //nolint:gosec // cut on purpose
}

// paragraph draws para; next are those after it, for one that keeps with them.
func (p *printer) paragraph(para *node, next []*node) {
	f := p.formOf(para)
	if pic := find(para, "w:drawing"); pic != nil {
		p.drawing(pic, f)
		return
	}
	lines := p.lines(para, f, p.right-p.left)
	high := f.before + f.after + float64(len(lines))*f.leading()
	reserve := 0.0
	if f.keep {
		reserve = p.kept(next)
		if high+reserve > p.bottom-p.top { // no page holds them together
			reserve = tableStart
		}
	}
	if p.y+min(high, 2*f.leading())+reserve > p.bottom {
		p.newPage()
	}
	p.y += f.before
	for _, l := range lines {
		if p.y+f.leading() > p.bottom+1 {
			p.newPage()
		}
		p.draw(l, p.left, p.y, f)
		p.y += f.leading()
	}
	p.rules(f, p.y-float64(len(lines))*f.leading())
	p.y += f.after
}

// tableStart is how much of a table, in points, stays with its title.
const tableStart = 56

// kept is how high what follows is, as far as each keeps with the next (the advice
// and 版记), and the beginning of what stands behind.
func (p *printer) kept(next []*node) float64 {
	sum := 0.0
	for _, k := range next {
		if k.name == "w:tbl" {
			return sum + tableStart
		}
		if k.name != "w:p" {
			continue
		}
		f := p.formOf(k)
		high := f.before + f.after
		if pic := find(k, "w:drawing"); pic != nil {
			_, h := p.extent(pic)
			high += h
		} else {
			high += float64(len(p.lines(k, f, p.right-p.left))) * f.leading()
		}
		if f.bottomRule {
			high += ruleGap
		}
		if !f.keep {
			return sum + min(high, 2*f.leading())
		}
		sum += high
	}
	return sum
}

// ruleGap is the room, in points, between a paragraph and the line below it.
const ruleGap = 3

// rules draws the lines above and below a paragraph.
func (p *printer) rules(f form, from float64) {
	p.pdf.SetStrokeColor(f.ruleColour[0], f.ruleColour[1], f.ruleColour[2])
	p.pdf.SetLineWidth(max(0.5, f.ruleWide))
	if f.topRule {
		p.pdf.Line(p.left+f.left, from, p.right-f.right, from)
	}
	if f.bottomRule {
		p.y += ruleGap
		p.pdf.Line(p.left+f.left, p.y, p.right-f.right, p.y)
	}
}

// extent is the size a picture is drawn in; 0 for one without.
func (p *printer) extent(pic *node) (w, h float64) {
	const emuPerPoint = 12700
	size := pic.at("wp:inline", "wp:extent")
	if size == nil {
		return 0, 0
	}
	w, _ = strconv.ParseFloat(size.attr("cx"), 64)
	h, _ = strconv.ParseFloat(size.attr("cy"), 64)
	w, h = w/emuPerPoint, h/emuPerPoint
	if most := p.right - p.left; w > most {
		w, h = most, h*most/w
	}
	return w, h
}

func (p *printer) drawing(pic *node, f form) {
	w, h := p.extent(pic)
	blip := find(pic, "a:blip")
	if w == 0 || blip == nil {
		return
	}
	raw := p.word.parts[path.Join("word", p.rels[blip.attr("r:embed")])]
	if p.y+f.before+h > p.bottom {
		p.newPage()
	}
	holder, err := gopdf.ImageHolderByBytes(raw)
	if err != nil {
		p.check(err)
		return
	}
	p.check(p.pdf.ImageByHolder(holder, p.left+(p.right-p.left-w)/2, p.y+f.before, &gopdf.Rect{W: w, H: h}))
	p.y += f.before + h + f.after
}

func find(n *node, name string) *node {
	var out *node
	n.all(func(k *node) bool {
		if k.name == name && out == nil {
			out = k
		}
		return out == nil
	})
	return out
}
