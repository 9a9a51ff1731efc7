package report

import "strconv"

// cellBox is a cell while its row is drawn: the lines not drawn yet.
type cellBox struct {
	x, width float64
	fill     string
	lines    []cellLine
}

type cellLine struct {
	textLine
	form   form
	height float64
}

const cellPad = 4.25

func (c cellBox) height() float64 {
	h := 4.0
	for _, l := range c.lines {
		h += l.height
	}
	return h
}

// table draws the rows; those of the head again on each page.
func (p *printer) table(t *node) {
	var grid []float64
	for _, g := range t.at("w:tblGrid").kidsOf("w:gridCol") {
		grid = append(grid, twips(g.attr("w:w")))
	}
	total := 0.0
	for _, w := range grid {
		total += w
	}
	left := p.left + max(0, (p.right-p.left-total)/2)
	var heads []*node
	for _, r := range t.kidsOf("w:tr") {
		if r.at("w:trPr", "w:tblHeader") != nil {
			heads = append(heads, r)
		}
		p.row(r, grid, left, heads)
	}
	p.y += 4
}

func (n *node) kidsOf(name string) []*node {
	var out []*node
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if k.name == name {
			out = append(out, k)
		}
	}
	return out
}

func (p *printer) row(r *node, grid []float64, left float64, heads []*node) {
	cells := p.cells(r, grid, left)
	least := twips(r.at("w:trPr", "w:trHeight").attr("w:val"))
	turn := func() {
		p.newPage()
		for _, h := range heads {
			if h != r {
				p.rowOnPage(p.cells(h, grid, left), 0)
			}
		}
	}
	for {
		high := least
		for _, c := range cells {
			high = max(high, c.height())
		}
		switch {
		case p.y+high <= p.bottom:
			p.rowOnPage(cells, high)
			return
		case high <= p.bottom-p.top-40:
			turn()
			if p.y+high <= p.bottom {
				p.rowOnPage(cells, high)
				return
			}
		}
		rest := make([]cellBox, len(cells)) // higher than a page: as many lines as go
		drew := false
		for i := range cells {
			rest[i] = cells[i]
			n, h := 0, 4.0
			for n < len(cells[i].lines) && p.y+h+cells[i].lines[n].height <= p.bottom {
				h += cells[i].lines[n].height
				n++
			}
			rest[i].lines, cells[i].lines = cells[i].lines[n:], cells[i].lines[:n]
			drew = drew || n > 0
		}
		if drew {
			p.rowOnPage(cells, p.bottom-p.y)
		}
		least, cells = 0, rest
		turn()
	}
}

func (p *printer) cells(r *node, grid []float64, left float64) []cellBox {
	var out []cellBox
	at, x := 0, left
	for _, c := range r.kidsOf("w:tc") {
		n, err := strconv.Atoi(c.at("w:tcPr", "w:gridSpan").attr("w:val"))
		if err != nil || n < 1 {
			n = 1
		}
		box := cellBox{x: x, fill: c.at("w:tcPr", "w:shd").attr("w:fill")}
		for ; n > 0 && at < len(grid); n-- {
			box.width += grid[at]
			at++
		}
		for _, para := range c.kidsOf("w:p") {
			f := p.formOf(para)
			lines := p.lines(para, f, box.width-2*cellPad)
			for i, l := range lines {
				h := f.leading()
				if i == 0 {
					h += f.before
				}
				if i == len(lines)-1 {
					h += f.after
				}
				box.lines = append(box.lines, cellLine{l, f, h})
			}
		}
		x += box.width
		out = append(out, box)
	}
	return out
}

// rowOnPage draws a row that fits; height 0: as high as it needs.
func (p *printer) rowOnPage(cells []cellBox, height float64) {
	for _, c := range cells {
		height = max(height, c.height())
	}
	p.pdf.SetLineWidth(0.5)
	p.pdf.SetStrokeColor(0, 0, 0)
	for _, c := range cells {
		if len(c.fill) == 6 {
			fill := colourOf(c.fill)
			p.pdf.SetFillColor(fill[0], fill[1], fill[2])
			p.pdf.RectFromUpperLeftWithStyle(c.x, p.y, c.width, height, "F")
			p.pdf.SetFillColor(0, 0, 0)
		}
		p.pdf.RectFromUpperLeftWithStyle(c.x, p.y, c.width, height, "D")
		y := p.y + (height-c.height())/2 + 2
		for _, l := range c.lines {
			p.drawIn(l.textLine, c.x+cellPad, c.x+c.width-cellPad, y+(l.height-l.form.leading())/2, l.form)
			y += l.height
		}
	}
	p.y += height
}
