package collector

import (
	"regexp"
	"strings"

	readability "codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds of automatic extraction.
const (
	maxElements    = 50_000    // of a page the fall-back reads
	maxReadable    = 512 << 10 // bytes of text; its time grows with text times nesting
	trustedRunes   = 200       // the general extractor is sure of articles at least this long
	nearlyAll      = 0.7       // of a text: what is more is the frame around the article
	beside         = 0.15      // of a text, in sentences the densest element has not: they are the article's
	paragraphRunes = 8         // a shorter line counts only beside longer ones
)

// content is the article's text and the element it stands in. Long articles
// are read by readability; short ones (notices, forum posts), which it
// mistakes for decoration, by where the page's sentences are densest.
func (p *page) content(title string) (string, *html.Node) {
	if text, at := p.question(); text != "" {
		return text, at
	}
	if at := p.anchor(title); at != nil {
		p.headed = at
	}
	p.aside = p.beside(p.headed)
	if text, at := p.withReply(title); text != "" {
		p.found("text", "提问和官方回复")
		return text, at
	}
	if text, at := p.underVideo(); text != "" {
		p.found("text", "视频的简介，与网页的描述相符")
		return text, at
	}
	dense, thread := p.densest()
	if p.headed != nil && title != "" && inReplies(dense, p.headed) {
		p.found("text", "除评论外只有标题")
		return title, p.headed
	}
	if under := p.underHeading(dense, title); under != nil {
		if text := p.articleText(under, title); text != "" {
			p.found("text", "标题之下的元素 %s", describe(under))
			return text, under
		}
	}
	ownText := p.articleText(dense, title)
	if text, linked := p.readable(); text != "" && !thread && !p.surelyAll(dense, ownText) {
		text = bare(text, title)
		n, own := runes(text), runes(ownText)
		if n >= trustedRunes && 2*n >= own && (own > n || float64(own) < nearlyAll*float64(n-linked) && float64(sentencesBeside(text, ownText)) > beside*float64(n)) {
			p.found("text", "readability")
			return text, p.around(text, dense)
		}
	}
	if ownText == "" && p.headed != nil && runes(title) >= trustedRunes/20 && p.doc.Find("video").Length() > 0 {
		p.found("text", "除视频外只有标题")
		return title, p.headed
	}
	if ownText == "" {
		if text := p.stateText(); text != "" {
			p.found("text", fromState)
			return text, nil
		}
	}
	if ownText != "" {
		p.found("text", "文字最密的元素 %s", describe(dense))
	}
	return ownText, dense
}

// underVideo is what stands under a video: what the page begins its description with.
func (p *page) underVideo() (string, *html.Node) {
	const least = 8 // characters of the description that must be there
	said := []rune(squeeze(p.meta["description"]))
	if !strings.HasPrefix(p.meta["og:type"], "video") || len(said) < least {
		return "", nil
	}
	for n := range textsUnder(p.doc.Find("body").Get(0)) {
		if strings.HasPrefix(squeeze(n.Data), string(said[:least])) && n.Parent.DataAtom != atom.A && !within(n, p.headed) {
			at := n.Parent
			if at.DataAtom == atom.P {
				at = at.Parent // which holds the other paragraphs
			}
			return introduction.ReplaceAllString(plainText(at), ""), at
		}
	}
	return "", nil
}

var introduction = regexp.MustCompile(`^简介[:：]?\s*`)

// inReplies reports whether n stands in what the page calls comments, and the heading
// does not: then the heading is all somebody wrote, as under a video.
func inReplies(n, heading *html.Node) bool {
	for up := n; up != nil && up.DataAtom != atom.Body; up = up.Parent {
		if repliesName.MatchString(named(up)) {
			return !within(heading, up)
		}
	}
	return false
}

// surelyAll reports whether the densest element is surely all of the article: it stands
// under the heading and is long.
func (p *page) surelyAll(dense *html.Node, text string) bool {
	return p.headed != nil && dense != nil && runes(text) >= trustedRunes && !within(p.headed, dense) && p.spans()[p.headed].to < p.spans()[dense].from
}

// readable is what readability takes for the article, and how many of its
// characters stand in links.
func (p *page) readable() (text string, linked int) {
	parser := readability.NewParser()
	parser.CharThresholds = 100
	parser.MaxElemsToParse = maxElements
	// replies are sentences too, and in a thread there are more of them
	doc := cloneWithout(p.doc.Nodes[0], func(n *html.Node) bool {
		return p.aside[n] || container(n) && n.DataAtom != atom.Body && (repliesName.MatchString(named(n)) && junk(n) || frameName.MatchString(named(n)))
	})
	size := 0
	for n := range doc.Descendants() {
		if n.Type == html.TextNode {
			size += len(n.Data)
		}
	}
	if size > maxReadable {
		return "", 0
	}
	a, err := parser.ParseDocument(doc, p.url)
	if err != nil || a.Node == nil {
		return "", 0
	}
	return plainText(a.Node), linkedRunes(a.Node)
}

// hiddenRest is the element after n that is made like it and hidden: the rest of a
// text that is shown when somebody asks for it. It is nil when there is none.
func hiddenRest(n *html.Node) *html.Node {
	next := n.NextSibling
	for next != nil && next.Type != html.ElementNode {
		next = next.NextSibling
	}
	if next == nil || next.Data != n.Data || !hidden(next) {
		return nil
	}
	a, b := strings.Fields(attr(n, "class")), strings.Fields(attr(next, "class"))
	if len(a) == 0 || len(b) == 0 || a[0] != b[0] {
		return nil
	}
	return next
}

// underHeading is the element under the page's heading that its title speaks of,
// when the densest element stands elsewhere and speaks of something else: what
// stands beside a short notice is often longer. Else it is nil.
func (p *page) underHeading(dense *html.Node, title string) *html.Node {
	if p.headed == nil || dense == nil {
		return nil
	}
	const (
		least   = 0.3  // of the title's pairs of characters in the text it heads
		nothing = 0.15 // at most, in a text it does not
	)
	if runes(title) < 4 || share(title, pairsOf(sentences(dense, p.headed))) > nothing {
		return nil
	}
	for n := p.headed.Parent; n != nil && n.DataAtom != atom.Body && !within(dense, n); n = n.Parent {
		if text := sentences(n, p.headed); runes(text) >= 4*paragraphRunes && (p.sure || share(title, pairsOf(text)) >= least) {
			under, _ := p.densestIn(n)
			return under
		}
	}
	return nil
}

// sentences is the punctuated text under n outside a heading.
func sentences(n, heading *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && strings.ContainsAny(d.Data, "，。！？；") && !within(d, heading) && (d.Parent == nil || !unread[d.Parent.DataAtom]) {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// speaks reports whether sentences stand under n outside its heading.
func speaks(n, heading *html.Node) bool { return sentences(n, heading) != "" }

// articleText is the text of an element without the parts that are no article:
// what stands in links only, and what the page calls something else.
func (p *page) articleText(n *html.Node, title string) string {
	if n == nil {
		return ""
	}
	kept := cloneWithout(n, func(c *html.Node) bool {
		if p.aside[c] {
			return true
		}
		switch c.DataAtom {
		case atom.H1, atom.Nav, atom.Footer, atom.Aside, atom.Form:
			return true
		}
		if junk(c) {
			return true
		}
		if c.DataAtom == atom.Ul || c.DataAtom == atom.Ol || c.DataAtom == atom.Div || c.DataAtom == atom.P || c.DataAtom == atom.Dl {
			return linkShare(c) > 0.7
		}
		return false
	})
	text := bare(plainText(kept), title)
	if rest := hiddenRest(n); rest != nil {
		text += "\n" + plainText(rest)
	}
	for _, a := range p.attached(n) {
		text += "\n" + plainText(a)
	}
	return text
}

// attached are the elements after n, beside it or beside what holds it, that name
// the files published with a text.
func (p *page) attached(n *html.Node) []*html.Node {
	const (
		up      = 3
		longest = 400 // characters of a list of files
	)
	var out []*html.Node
	for i := 0; i < up && n != nil && n.DataAtom != atom.Body; i, n = i+1, n.Parent {
		for next := n.NextSibling; next != nil; next = next.NextSibling {
			if next.Type != html.ElementNode || p.aside[next] || unread[next.DataAtom] {
				continue
			}
			if text := plainText(next); attachment.MatchString(text) && runes(text) <= longest {
				out = append(out, next)
			}
		}
	}
	return out
}

// attachment begins a list of files: 附件：1.…
var attachment = regexp.MustCompile(`^(?:相关)?附\s*件(?:下载)?\s*[:：\d一二三\n]`)

func cloneWithout(n *html.Node, drop func(*html.Node) bool) *html.Node {
	c := &html.Node{Type: n.Type, Data: n.Data, DataAtom: n.DataAtom, Attr: n.Attr}
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		if k.Type == html.ElementNode && (unread[k.DataAtom] || drop(k)) {
			continue
		}
		c.AppendChild(cloneWithout(k, drop))
	}
	return c
}

// around is the element of our own document that holds a text readability
// found in its copy: the one that holds both its first and last paragraph.
func (p *page) around(text string, otherwise *html.Node) *html.Node {
	var want []string
	for line := range strings.SplitSeq(text, "\n") {
		if runes(line) >= 2*paragraphRunes {
			want = append(want, squeeze(line))
		}
	}
	if len(want) == 0 {
		return otherwise
	}
	first, last := p.holding(want[0]), p.holding(want[len(want)-1])
	for n := first; n != nil; n = n.Parent {
		if within(last, n) && n.Type == html.ElementNode && container(n) {
			return n
		}
	}
	return otherwise
}

// holding is the text node that begins a paragraph.
func (p *page) holding(paragraph string) *html.Node {
	for n := range p.doc.Nodes[0].Descendants() {
		if n.Type != html.TextNode || n.Parent != nil && (unread[n.Parent.DataAtom] || n.Parent.DataAtom == atom.Title) {
			continue
		}
		if s := squeeze(n.Data); runes(s) >= 4 && strings.HasPrefix(paragraph, s) {
			return n
		}
	}
	return nil
}

// describe names an element as a selector would: div#content.article.
func describe(n *html.Node) string {
	s := n.Data
	if id := attr(n, "id"); id != "" {
		s += "#" + id
	}
	if class := strings.Fields(attr(n, "class")); len(class) > 0 {
		s += "." + class[0]
	}
	return s
}
