package collector

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// unread are elements that hold no text for a reader.
var unread = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Iframe: true, atom.Object: true,
	atom.Svg: true, atom.Canvas: true, atom.Select: true, atom.Option: true, atom.Textarea: true, atom.Button: true,
	atom.Head: true, atom.Video: true, atom.Audio: true, atom.Input: true,
}

// blocks are elements that begin and end a line.
var blocks = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Section: true, atom.Article: true, atom.Li: true, atom.Ul: true, atom.Ol: true,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Blockquote: true,
	atom.Tr: true, atom.Table: true, atom.Tbody: true, atom.Dl: true, atom.Dt: true, atom.Dd: true, atom.Header: true,
	atom.Footer: true, atom.Figure: true, atom.Figcaption: true, atom.Pre: true, atom.Form: true, atom.Fieldset: true,
	atom.Main: true, atom.Aside: true, atom.Nav: true, atom.Body: true, atom.Center: true, atom.Address: true, atom.Hr: true,
}

// plainText is the readable text under n: one paragraph a line, no blank lines,
// white space folded.
func plainText(n *html.Node) string {
	w, _ := lineWriters.Get().(*lineWriter)
	defer lineWriters.Put(w)
	w.out, w.gap = w.out[:0], 0
	w.node(n)
	return string(w.out)
}

// plainOf is the text under n, "" when there is no n.
func plainOf(n *html.Node) string {
	if n == nil {
		return ""
	}
	return plainText(n)
}

var lineWriters = sync.Pool{New: func() any { return new(lineWriter) }}

// A lineWriter gathers readable text, folding the white space between words as it
// comes.
type lineWriter struct {
	out []byte
	gap byte // due before the next word: a blank, a line end, 0
}

func (w *lineWriter) node(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		w.text(n.Data, n.Parent != nil && n.Parent.DataAtom == atom.Pre)
		return
	case html.CommentNode, html.DoctypeNode:
		return
	case html.ElementNode:
		if unread[n.DataAtom] {
			return
		}
		if n.DataAtom == atom.Br {
			w.gap = '\n'
			return
		}
	}
	block := blocks[n.DataAtom]
	if block {
		w.gap = '\n'
	} else if n.DataAtom == atom.Td || n.DataAtom == atom.Th {
		w.blank()
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
	if block {
		w.gap = '\n'
	}
}

// blank is due before the next word, unless a line end is.
func (w *lineWriter) blank() {
	if w.gap == 0 {
		w.gap = ' '
	}
}

// text adds s. Its line ends are blanks but in a pre element.
func (w *lineWriter) text(s string, pre bool) {
	for s != "" {
		if n := blankAt(s); n > 0 {
			if w.blank(); pre && s[0] == '\n' {
				w.gap = '\n'
			}
			s = s[n:]
			continue
		}
		n := wordEnd(s)
		if w.gap != 0 && len(w.out) > 0 {
			w.out = append(w.out, w.gap)
		}
		w.gap = 0
		w.out = append(w.out, s[:n]...)
		s = s[n:]
	}
}

// fragmentText turns the HTML that feeds and interfaces put into a field into
// plain text; text without tags passes with its entities decoded.
func fragmentText(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return strings.TrimSpace(s)
	}
	nodes, err := html.ParseFragment(strings.NewReader(s), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		return strings.TrimSpace(s)
	}
	root := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	for _, n := range nodes {
		root.AppendChild(n)
	}
	return plainText(root)
}

// oneLine folds all white space, full-width included, into single blanks.
func oneLine(s string) string {
	blank := true // at the beginning, or behind a blank
	for i := 0; i < len(s); {
		switch n := blankAt(s[i:]); {
		case n == 0:
			i += wordEnd(s[i:])
			blank = false
		case s[i] != ' ' || blank:
			return strings.Join(strings.Fields(s), " ")
		default:
			i++
			blank = true
		}
	}
	if blank {
		return strings.TrimSuffix(s, " ")
	}
	return s
}

// squeeze leaves out all white space.
func squeeze(s string) string {
	if wordEnd(s) == len(s) {
		return s
	}
	return string(appendSqueezed(make([]byte, 0, len(s)), s))
}

func appendSqueezed(out []byte, s string) []byte {
	for s != "" {
		n := blankAt(s)
		if n == 0 {
			n = wordEnd(s)
			out = append(out, s[:n]...)
		}
		s = s[n:]
	}
	return out
}

// wordEnd is the length of s up to its first white space.
func wordEnd(s string) int {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c <= ' ' || c >= 0xC2 && c <= 0xE3) && blankAt(s[i:]) > 0 {
			return i
		}
	}
	return len(s)
}

// blankAt is the length of the white space character that s begins with, 0 when it
// begins with none.
func blankAt(s string) int {
	if s == "" {
		return 0
	}
	switch c := s[0]; {
	case c == ' ', c >= '\t' && c <= '\r':
		return 1
	case c != 0xC2 && (c < 0xE1 || c > 0xE3): // no white space begins so
		return 0
	}
	if r, n := utf8.DecodeRuneInString(s); unicode.IsSpace(r) {
		return n
	}
	return 0
}

// runes counts the characters of s that are not white space.
func runes(s string) int {
	n := 0
	for _, r := range s {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// tooLong reports whether s has more than n characters, without counting all.
func tooLong(s string, n int) bool { return len(s) > n && utf8.RuneCountInString(s) > n }

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// named are the words a page's author called n: its class and id.
func named(n *html.Node) string { return strings.ToLower(attr(n, "class") + " " + attr(n, "id")) }
