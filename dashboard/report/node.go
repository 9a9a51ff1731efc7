package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// node is an element of an XML part as it stands in the file, prefixes and all:
// what we do not know is written back as it was. A node without a name is text.
type node struct {
	name  string // w:p
	attrs []xml.Attr
	kids  []*node
	text  string
	mark  *mark // of a template: stands for a section's beginning or end
}

// parseXML reads a part. DTDs are refused: no office file has one.
func parseXML(raw []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(raw))
	root := &node{}
	open := []*node{root}
	for {
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("not well-formed: %w", err)
		}
		top := open[len(open)-1]
		switch t := t.(type) {
		case xml.StartElement:
			n := &node{name: qualified(t.Name), attrs: slices.Clone(t.Attr)}
			top.kids = append(top.kids, n)
			open = append(open, n)
		case xml.EndElement:
			if len(open) == 1 || top.name != qualified(t.Name) {
				return nil, fmt.Errorf("</%s> closes nothing", qualified(t.Name))
			}
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 1 {
				top.kids = append(top.kids, &node{text: string(t)})
			}
		case xml.Directive:
			return nil, errors.New("a document type is not allowed")
		}
	}
	if len(open) != 1 || len(root.kids) != 1 {
		return nil, errors.New("not one whole element")
	}
	return root.kids[0], nil
}

func qualified(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

func (n *node) bytes() []byte {
	var b bytes.Buffer
	b.WriteString(xmlHead)
	n.write(&b)
	return b.Bytes()
}

func (n *node) write(b *bytes.Buffer) {
	if n.name == "" {
		escape(b, n.text)
		return
	}
	b.WriteString("<" + n.name)
	for _, a := range n.attrs {
		b.WriteString(" " + qualified(a.Name) + `="`)
		escape(b, a.Value)
		b.WriteByte('"')
	}
	if len(n.kids) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	for _, k := range n.kids {
		k.write(b)
	}
	b.WriteString("</" + n.name + ">")
}

// escape writes text; characters XML cannot hold become U+FFFD.
func escape(b *bytes.Buffer, s string) {
	_ = xml.EscapeText(b, []byte(s)) // a buffer takes everything
}

func (n *node) clone() *node {
	c := *n
	c.attrs = slices.Clone(n.attrs)
	c.kids = make([]*node, len(n.kids))
	for i, k := range n.kids {
		c.kids[i] = k.clone()
	}
	return &c
}

// kid is the first child called name, or nil.
func (n *node) kid(name string) *node {
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// at follows a path of first children.
func (n *node) at(path ...string) *node {
	for _, name := range path {
		n = n.kid(name)
	}
	return n
}

func (n *node) attr(name string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.attrs {
		if qualified(a.Name) == name {
			return a.Value
		}
	}
	return ""
}

func (n *node) set(name, value string) {
	for i := range n.attrs {
		if qualified(n.attrs[i].Name) == name {
			n.attrs[i].Value = value
			return
		}
	}
	n.attrs = append(n.attrs, xml.Attr{Name: xml.Name{Local: name}, Value: value})
}

// all calls f for n and every element below it, in order, until f says not to go
// below.
func (n *node) all(f func(*node) (below bool)) {
	if n.name == "" && n.mark == nil || !f(n) {
		return
	}
	for _, k := range n.kids {
		k.all(f)
	}
}

// say is the text of a paragraph, cell or document as it reads: paragraphs and
// rows end lines, cells are parted by a bar.
func (n *node) say() string {
	var b strings.Builder
	n.sayTo(&b)
	return b.String()
}

func (n *node) sayTo(b *strings.Builder) {
	switch n.name {
	case "w:t":
		for _, k := range n.kids {
			b.WriteString(k.text)
		}
		return
	case "w:tab":
		b.WriteByte('\t')
		return
	case "w:br":
		b.WriteByte('\n')
		return
	case "w:drawing":
		b.WriteString("[图：" + n.at("wp:inline", "wp:docPr").attr("descr") + "]")
		return
	case "w:instrText", "w:pPr", "w:rPr":
		return
	case "w:tr":
		for i, c := range n.kids {
			if c.name == "w:tc" {
				if i > 0 && b.Len() > 0 && !strings.HasSuffix(b.String(), "\n") {
					b.WriteString(" | ")
				}
				b.WriteString(strings.TrimSpace(strings.ReplaceAll(c.say(), "\n", " ")))
			}
		}
		b.WriteByte('\n')
		return
	}
	for _, k := range n.kids {
		k.sayTo(b)
	}
	if n.name == "w:p" {
		b.WriteByte('\n')
	}
}

// elem makes an element; attributes are name, value pairs.
func elem(name string, attrs []string, kids ...*node) *node {
	n := &node{name: name, kids: kids}
	for i := 0; i+1 < len(attrs); i += 2 {
		n.attrs = append(n.attrs, xml.Attr{Name: xml.Name{Local: attrs[i]}, Value: attrs[i+1]})
	}
	return n
}
