package collector

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Where a page's sentences are densest: its article, as long as nothing else is known.

// densest is the element that holds the page's sentences and little else: from
// the body downwards as long as one child holds nearly all of them.
// thread tells that it is the opening post of one.
func (p *page) densest() (n *html.Node, thread bool) {
	body := p.doc.Find("body").First()
	if len(body.Nodes) == 0 {
		return nil, false
	}
	return p.densestIn(body.Nodes[0])
}

func (p *page) densestIn(n *html.Node) (_ *html.Node, thread bool) {
	weight := p.weights(n)
	if weight[n] <= 0 {
		return nil, false
	}
	for {
		var heaviest *html.Node
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.ElementNode && (heaviest == nil || weight[c] > weight[heaviest]) {
				heaviest = c
			}
		}
		if first := p.firstOfThread(n); first != nil {
			n, thread = first, true
			p.opening = first
			for c := first.NextSibling; c != nil && p.aside != nil; c = c.NextSibling {
				p.aside[c] = true
			}
			continue
		}
		const most = 0.6 // of the parent's weight
		if heaviest == nil || weight[heaviest] < most*weight[n] || dataTable(n) || !container(heaviest) && heaviest.DataAtom != atom.Tr {
			for n.Parent != nil && partOfText(n) {
				n = n.Parent
			}
			return n, thread
		}
		n = heaviest
	}
}

// weights are the weights of the elements under n: without what the page's names set
// beside the article, unless they mislead and it calls its article something such.
// Comments are believed to be comments as long as there is another word.
func (p *page) weights(n *html.Node) map[*html.Node]float64 {
	const few = 0.2 // of the text
	article, unanswered := make(map[*html.Node]float64), make(map[*html.Node]float64)
	most := p.weighText(n, unanswered, 0, replies)
	if p.weighText(n, article, 0, junk) >= few*most && most > 0 {
		return article
	}
	if most >= leastSpoken {
		return unanswered
	}
	all := make(map[*html.Node]float64)
	p.weighText(n, all, 0, func(*html.Node) bool { return false })
	return all
}

// partOfText reports whether n is made of what texts are made of, so that more of
// the text may stand beside it.
func partOfText(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Ul, atom.Ol, atom.Dl, atom.Table, atom.Tbody, atom.Tr, atom.Blockquote, atom.P, atom.Span, atom.Pre, atom.Figure:
		return true
	}
	return false
}

// dataTable reports whether n is a table of facts, not of the page's layout: rows of
// a name or two and short cells.
func dataTable(n *html.Node) bool {
	const (
		most = 300 // characters of a cell
		name = 12
	)
	if n.DataAtom != atom.Table {
		return false
	}
	rows := 0
	for tr := range n.Descendants() {
		if tr.DataAtom == atom.Table {
			return false
		}
		if tr.DataAtom != atom.Tr {
			continue
		}
		if postDate.MatchString(plainText(tr)) {
			return false // an old forum
		}
		cells, first := 0, 0
		for c := range tr.ChildNodes() {
			if c.DataAtom != atom.Td && c.DataAtom != atom.Th {
				continue
			}
			n := runes(plainText(c))
			if n > most {
				return false
			}
			if n > 0 {
				if cells++; cells == 1 {
					first = n
				}
			}
		}
		if cells > 1 && first <= name {
			rows++
		}
	}
	return rows > 2
}

// container reports whether n may be the whole of an article: paragraphs and
// inline elements are parts of one.
func container(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Span:
		return brokenLines(n)
	case atom.A, atom.B, atom.Strong, atom.Em, atom.I, atom.Font, atom.U, atom.Blockquote, atom.H1, atom.H2, atom.H3, atom.Li, atom.Tr:
		return false
	}
	return blocks[n.DataAtom] || n.DataAtom == atom.Td || n.DataAtom == 0
}

// brokenLines reports whether n holds paragraphs that are parted by line breaks.
func brokenLines(n *html.Node) bool {
	breaks := 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Br {
			breaks++
		}
	}
	return breaks > 1
}

// weighText gives every element the weight of the sentences under it: characters
// outside links, more when they are punctuated, none in what the page itself
// calls navigation, related pages, comments.
func (p *page) weighText(n *html.Node, weight map[*html.Node]float64, depth int, beside func(*html.Node) bool) float64 {
	if n.Type == html.TextNode {
		s := strings.TrimSpace(n.Data)
		count := utf8.RuneCountInString(s)
		if count == 0 || smallPrint.MatchString(s) {
			return 0
		}
		marks := strings.Count(s, "，") + strings.Count(s, "。") + strings.Count(s, "！") + strings.Count(s, "？") + strings.Count(s, "；") + strings.Count(s, "、")
		if count < paragraphRunes && marks == 0 {
			return 0.1 * float64(count)
		}
		return float64(count) * (1 + float64(min(marks, count/8)))
	}
	if depth > 500 || n.Type != html.ElementNode || unread[n.DataAtom] || p.aside[n] {
		return 0
	}
	switch n.DataAtom {
	case atom.A, atom.Nav, atom.Footer, atom.Aside:
		return 0
	}
	if beside(n) {
		return 0
	}
	if hidden(n) {
		return 0
	}
	sum := 0.0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		sum += p.weighText(c, weight, depth+1, beside)
	}
	weight[n] = sum
	return sum
}

// hidden reports whether a page shows n only when somebody asks for it.
func hidden(n *html.Node) bool {
	return strings.Contains(strings.ReplaceAll(attr(n, "style"), " ", ""), "display:none")
}
