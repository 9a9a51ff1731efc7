package collector

import (
	"strings"
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

// plainText is the readable text under n: one paragraph a line, no blank lines.
func plainText(n *html.Node) string {
	var b strings.Builder
	writeText(&b, n)
	return paragraphs(b.String())
}

// paragraphs leaves out blank lines and needless blanks.
func paragraphs(s string) string {
	lines := strings.Split(s, "\n")
	kept := lines[:0]
	for _, l := range lines {
		if l = oneLine(l); l != "" {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "\n")
}

var lineEnds = strings.NewReplacer("\n", " ", "\r", " ")

func writeText(b *strings.Builder, n *html.Node) {
	switch n.Type {
	case html.TextNode:
		if n.Parent != nil && n.Parent.DataAtom == atom.Pre {
			b.WriteString(n.Data)
		} else {
			b.WriteString(lineEnds.Replace(n.Data))
		}
		return
	case html.CommentNode, html.DoctypeNode:
		return
	case html.ElementNode:
		if unread[n.DataAtom] {
			return
		}
		if n.DataAtom == atom.Br {
			b.WriteByte('\n')
			return
		}
	}
	block := blocks[n.DataAtom]
	if block {
		b.WriteByte('\n')
	} else if n.DataAtom == atom.Td || n.DataAtom == atom.Th {
		b.WriteByte(' ')
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		writeText(b, c)
	}
	if block {
		b.WriteByte('\n')
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
	for _, r := range s {
		if r != ' ' && unicode.IsSpace(r) || r == ' ' && blank {
			return strings.Join(strings.Fields(s), " ")
		}
		blank = r == ' '
	}
	if blank {
		return strings.TrimSuffix(s, " ")
	}
	return s
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
