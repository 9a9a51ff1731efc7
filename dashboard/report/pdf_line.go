package report

import (
	"strings"
	"unicode"
)

// token is what no line is broken inside: a letter of Chinese, or a word, with
// the punctuation that belongs to it.
type token struct {
	text  string
	look  look
	url   string
	width float64
}

type textLine struct {
	tokens []token
	last   bool // of its paragraph
	indent float64
}

func (f form) leading() float64 {
	if f.exact && f.line > 0 {
		return f.line
	}
	return max(f.line, f.size*1.35)
}

// What must not begin or end a line (禁则).
const (
	noStart = "。，、；：？！）》〉”’】〕〗…—％%.,;:?!)]}·／"
	noEnd   = "（《〈“‘【〔〖([{"
)

// tokens are the words of a paragraph, in order.
func (p *printer) tokens(para *node, f form) []token {
	var out []token
	var walk func(n *node, url string)
	add := func(s string, l look, url string) {
		for _, word := range words(s) {
			t := token{text: word, look: l, url: url}
			r := []rune(word)
			if n := len(out); n > 0 && out[n-1].text != "\n" && out[n-1].text != "\t" && word != "\n" && word != "\t" {
				before := []rune(out[n-1].text)
				if strings.ContainsRune(noStart, r[0]) || strings.ContainsRune(noEnd, before[len(before)-1]) {
					if out[n-1].look == l && out[n-1].url == url {
						out[n-1].text += word
						continue
					}
				}
			}
			out = append(out, t)
		}
	}
	walk = func(n *node, url string) {
		for _, k := range n.kids {
			switch k.name {
			case "w:hyperlink":
				walk(k, p.rels[k.attr("r:id")])
			case "w:r":
				l := f.look
				l.set(k.kid("w:rPr"))
				for _, c := range k.kids {
					switch c.name {
					case "w:t":
						add(c.say(), l, url)
					case "w:tab":
						add("\t", l, url)
					case "w:br":
						add("\n", l, url)
					}
				}
			case "w:pPr":
			default:
				walk(k, url)
			}
		}
	}
	walk(para, "")
	for i := range out {
		out[i].width = p.measure(out[i])
	}
	return out
}

// words parts a text where a line may be broken.
func words(s string) []string {
	var out []string
	all := []rune(s)
	digit := func(i int) bool { return i >= 0 && i < len(all) && all[i] >= '0' && all[i] <= '9' }
	run := func(i int) bool {
		r := all[i]
		if strings.ContainsRune(",.:", r) && digit(i-1) && digit(i+1) { // 36,525 and 22:10 are one word
			return true
		}
		return r < 0x2e80 && !unicode.IsSpace(r) && !strings.ContainsRune(noStart+noEnd, r)
	}
	var word []rune
	flush := func() {
		if len(word) > 0 {
			out = append(out, string(word))
			word = nil
		}
	}
	for i, r := range all {
		if run(i) {
			if word = append(word, r); len(word) >= 24 { // an address: somewhere it must break
				flush()
			}
			continue
		}
		flush()
		out = append(out, string(r))
	}
	flush()
	return out
}

func (p *printer) measure(t token) float64 {
	if t.text == "\n" || t.text == "\t" {
		return 0
	}
	p.check(p.pdf.SetFont(t.look.font, "", t.look.size))
	w, err := p.pdf.MeasureTextWidth(t.text)
	p.check(err)
	return w
}

// lines breaks a paragraph for a width.
func (p *printer) lines(para *node, f form, width float64) []textLine {
	width -= f.left + f.right
	out := []textLine{{indent: f.first}}
	used := f.first
	next := func() {
		out = append(out, textLine{})
		used = 0
	}
	for _, t := range p.tokens(para, f) {
		if t.text == "\n" {
			out[len(out)-1].last = true
			next()
			continue
		}
		if used+t.width > width+0.5 && len(out[len(out)-1].tokens) > 0 {
			next()
			if strings.TrimSpace(t.text) == "" && t.text != "\t" && t.text != "　" {
				continue
			}
		}
		line := &out[len(out)-1]
		line.tokens = append(line.tokens, t)
		used += t.width
	}
	out[len(out)-1].last = true
	return out
}

// draw writes a line whose upper edge is at y.
func (p *printer) draw(l textLine, left, y float64, f form) {
	p.drawIn(l, left+f.left, left+(p.right-p.left)-f.right, y, f)
}

func (p *printer) drawIn(l textLine, left, right, y float64, f form) {
	sum, tab := 0.0, -1
	for i, t := range l.tokens {
		sum += t.width
		if t.text == "\t" {
			tab = i
		}
	}
	free := right - left - l.indent - sum
	x, gap := left+l.indent, 0.0
	switch {
	case tab >= 0:
	case f.align == "center":
		x = left + (right-left-sum)/2
	case f.align == "right" || f.align == "end":
		x += free
	case f.align == "both" && !l.last && len(l.tokens) > 1:
		if g := free / float64(len(l.tokens)-1); g > 0 && g < f.size/2 {
			gap = g
		}
	}
	base := y + f.leading()/2 + f.size*0.36
	for _, t := range l.tokens {
		if t.text == "\t" {
			x += max(0, free) // to the right edge: the tab of our heads and feet
			continue
		}
		p.check(p.pdf.SetFont(t.look.font, "", t.look.size))
		c := t.look.colour
		p.pdf.SetTextColor(c[0], c[1], c[2])
		p.pdf.SetXY(x, base)
		p.check(p.pdf.Text(t.text))
		if t.look.bold {
			p.pdf.SetXY(x+0.35, base)
			p.check(p.pdf.Text(t.text))
		}
		if strings.HasPrefix(t.url, "http") {
			p.pdf.AddExternalLink(t.url, x, base-t.look.size*0.8, t.width, t.look.size)
		}
		x += t.width + gap
	}
}
