package report

import (
	"slices"
	"strings"
)

// lift makes a mark a node of its own, at the level of what its section repeats.
func lift(n *node) error {
	if n.name == "w:p" {
		gather(n)
		n.kids = part(n.kids)
	}
	var kids []*node
	for _, k := range n.kids {
		if err := lift(k); err != nil {
			return err
		}
		switch k.name {
		case "w:p":
			kids = append(kids, liftParagraph(k)...)
		case "w:tr":
			kids = append(kids, liftRow(k)...)
		default:
			kids = append(kids, k)
		}
	}
	n.kids = kids
	return nil
}

// gather moves the letters of a name that is spread over runs into the run where
// it begins.
func gather(p *node) {
	var texts []*node
	p.all(func(n *node) bool {
		if n.name == "w:t" {
			texts = append(texts, n)
		}
		return n == p || n.name != "w:p" // text boxes have paragraphs of their own
	})
	whole, starts := "", make([]int, len(texts))
	for i, t := range texts {
		starts[i] = len(whole)
		whole += t.say()
	}
	of := func(at int) int { // the text an offset lies in
		i, _ := slices.BinarySearch(starts, at+1)
		return i - 1
	}
	parts := make([]string, len(texts))
	at := 0
	keep := func(to int) {
		for at < to {
			i := of(at)
			end := len(whole)
			if i+1 < len(starts) {
				end = starts[i+1]
			}
			end = min(end, to)
			parts[i] += whole[at:end]
			at = end
		}
	}
	for _, m := range namePattern.FindAllStringIndex(whole, -1) {
		keep(m[0])
		parts[of(m[0])] += whole[m[0]:m[1]]
		at = m[1]
	}
	keep(len(whole))
	for i, t := range texts {
		setText(t, parts[i])
	}
}

func setText(t *node, s string) {
	t.kids = []*node{{text: s}}
	t.set("xml:space", "preserve")
}

// part cuts runs so that each name has a run of its own, and turns those of
// sections into marks.
func part(kids []*node) []*node {
	var out []*node
	for _, k := range kids {
		switch k.name {
		case "w:r":
			out = append(out, cut(k)...)
			continue
		case "w:ins": // tracked changes are taken as made: a report shows none
			out = append(out, part(k.kids)...)
			continue
		case "w:del":
			continue
		case "w:p", "w:pPr", "":
		default: // a hyperlink, a smart tag
			k.kids = part(k.kids)
		}
		out = append(out, k)
	}
	return out
}

// cut parts a run at its names; all parts keep its format.
func cut(run *node) []*node {
	like := func() *node {
		r := elem("w:r", nil)
		if pr := run.kid("w:rPr"); pr != nil {
			r.kids = append(r.kids, pr.clone())
		}
		return r
	}
	out := []*node{like()}
	add := func(n *node) { out[len(out)-1].kids = append(out[len(out)-1].kids, n) }
	for _, c := range run.kids {
		if c.name == "w:rPr" {
			continue
		}
		if c.name != "w:t" {
			add(c)
			continue
		}
		text, at := c.say(), 0
		for _, m := range namePattern.FindAllStringSubmatchIndex(text, -1) {
			if m[0] > at {
				add(textNode(text[at:m[0]]))
			}
			one := markOf(text[m[2]:m[3]], text[m[4]:m[5]])
			made := &node{mark: &one}
			if one.kind == 0 {
				made = like()
				made.mark = &one
			}
			out = append(out, made, like())
			at = m[1]
		}
		if at < len(text) {
			add(textNode(text[at:]))
		}
	}
	return slices.DeleteFunc(out, func(r *node) bool {
		return r.mark == nil && !slices.ContainsFunc(r.kids, func(k *node) bool { return k.name != "w:rPr" })
	})
}

func textNode(s string) *node {
	t := elem("w:t", nil)
	setText(t, s)
	return t
}

// section reports whether the node is the beginning or end of a section.
func (n *node) section() bool { return n.mark != nil && n.mark.kind != 0 }

// empty reports whether nothing of a paragraph would be seen.
func (n *node) empty() bool {
	return n.name == "w:pPr" || n.name == "w:proofErr" || n.name == "w:bookmarkStart" || n.name == "w:bookmarkEnd" ||
		n.name == "w:r" && n.mark == nil && strings.TrimSpace(n.say()) == "" && !slices.ContainsFunc(n.kids, func(k *node) bool {
			return k.name == "w:drawing" || k.name == "w:pict" || k.name == "w:fldChar" || k.name == "w:br"
		})
}

// liftParagraph hands marks up: of a paragraph that is nothing but marks, and of
// one that a section holds from its first to its last letter.
func liftParagraph(p *node) []*node {
	var seen []int
	marks := 0
	for i, k := range p.kids {
		if k.empty() {
			continue
		}
		seen = append(seen, i)
		if k.section() {
			marks++
		}
	}
	switch {
	case marks == 0:
		return []*node{p}
	case marks == len(seen):
		var out []*node
		for _, i := range seen {
			out = append(out, p.kids[i])
		}
		return out
	}
	first, last := seen[0], seen[len(seen)-1]
	if closing(p.kids, first) == last {
		open, end := p.kids[first], p.kids[last]
		p.kids = slices.Delete(slices.Delete(p.kids, last, last+1), first, first+1)
		return slices.Concat([]*node{open}, liftParagraph(p), []*node{end})
	}
	return []*node{p}
}

// closing is the index of the mark that ends the section begun at i, or -1.
func closing(kids []*node, i int) int {
	if !kids[i].section() || kids[i].mark.kind == '/' {
		return -1
	}
	depth := 0
	for j := i; j < len(kids); j++ {
		if !kids[j].section() {
			continue
		}
		if kids[j].mark.kind == '/' {
			depth--
		} else {
			depth++
		}
		if depth == 0 {
			if kids[j].mark.name != kids[i].mark.name {
				return -1
			}
			return j
		}
	}
	return -1
}

// liftRow hands up the marks of a row that begin in one cell and end in another,
// and those of a row that holds nothing else.
func liftRow(row *node) []*node {
	var before, after []*node
	text := strings.TrimSpace(row.say()) != ""
	row.all(func(n *node) bool {
		if n.name == "w:tbl" || n.mark != nil {
			text = text || n.mark == nil || n.mark.kind == 0
			return false
		}
		kept := n.kids[:0:0]
		for i, k := range n.kids {
			stray := k.section() && (k.mark.kind == '/' && opening(n.kids, i) < 0 || k.mark.kind != '/' && closing(n.kids, i) < 0)
			switch {
			case !stray:
				kept = append(kept, k)
			case k.mark.kind == '/':
				after = append(after, k)
			default:
				before = append(before, k)
			}
		}
		n.kids = kept
		return true
	})
	if !text && len(before)+len(after) > 0 {
		return slices.Concat(before, after)
	}
	return slices.Concat(before, []*node{row}, after)
}

func opening(kids []*node, end int) int {
	for i := range end {
		if closing(kids, i) == end {
			return i
		}
	}
	return -1
}
