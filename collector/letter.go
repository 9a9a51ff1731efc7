package collector

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A letter is what pages of mailboxes and hotlines set out under labels: what
// somebody wrote, and what was answered.
type letter struct {
	title, text string
	at          *html.Node // where the text of the writer stands
}

var (
	letterTitle = regexp.MustCompile(`^(?:来信|信件|留言|诉求|问题|咨询|提问|写信|工单)?(?:标题|主题)[:：]?$`)
	letterText  = regexp.MustCompile(`^(?:来信|信件|诉求|留言|咨询|投诉|建议|问题|反映|网民|网友|群众|提问|写信|来电|求助)(?:内容|正文|描述|诉求)[:：]?$`)
	letterWhole = regexp.MustCompile(`^(?:内容|(?:问题|诉求|事项)详情)[:：]?$`) // over the text, or over the whole page
	letterReply = regexp.MustCompile(`^(?:官方|部门|单位|处理|办理|受理|调查|承办|来信|信件)?(?:回复|答复|反馈|办理|处理|办结)(?:内容|意见|结果|情况|详情)[:：]?$`)
)

// letter reads a page of a mailbox by its labels; nil when it is none.
func (p *page) letter() *letter {
	var l letter
	var replies []string
	var replied *html.Node // where the last of them stands
	whole := false         // its text may be the whole page
	for n := range p.doc.Nodes[0].Descendants() {
		if n.Type != html.TextNode || n.Parent == nil || unread[n.Parent.DataAtom] {
			continue
		}
		label := squeeze(n.Data)
		if label == "" || tooLong(label, 8) {
			continue
		}
		const least = 10 // characters of a letter
		switch {
		case l.title == "" && letterTitle.MatchString(label):
			l.title, _ = labelledValue(n)
		case letterText.MatchString(label) || letterWhole.MatchString(label):
			text, at := labelledValue(n)
			surely := letterText.MatchString(label)
			inner := l.at != nil && at != l.at && within(at, l.at) // the outer label heads the whole page
			if runes(text) >= least && (l.text == "" || inner || whole && surely) {
				l.text, l.at, whole = text, at, !surely
			}
		case l.text != "" && letterReply.MatchString(label):
			text, at := labelledValue(n)
			if runes(text) < least {
				continue
			}
			if replied != nil && at != replied && within(at, replied) {
				replies = replies[:len(replies)-1] // what headed it is no reply
			}
			replies, replied = append(replies, text), at
		}
	}
	if l.text != "" && len(replies) == 0 {
		replies = p.answers(l.at)
	}
	if l.text != "" && len(replies) == 0 {
		if reply, _ := p.replyBelow(l.at); reply != "" {
			replies = []string{reply}
		}
	}
	if l.text == "" || len(replies) > 3 || whole && len(replies) == 0 {
		return nil
	}
	l.text = strings.Join(append([]string{l.text}, replies...), "\n")
	if tooLong(l.title, 120) || strings.Contains(l.title, "\n") {
		l.title = ""
	}
	return &l
}

// answers are the texts that stand in a box with who answered and when, where the
// answer itself has no label; asked is where the question stands.
func (p *page) answers(asked *html.Node) []string {
	const (
		least = 20 // characters
		up    = 4
	)
	for n := range textsUnder(p.doc.Nodes[0]) {
		if label := squeeze(n.Data); tooLong(label, 8) || !answeredBy.MatchString(label) {
			continue
		}
		for box, i := n.Parent, 0; box != nil && i < up && !within(asked, box); box, i = box.Parent, i+1 {
			dense, _ := p.densestIn(box)
			if text := bare(plainOf(dense), ""); runes(text) >= least && endsSpoken.MatchString(text) && !within(dense, asked) {
				return []string{text}
			}
		}
	}
	return nil
}

var answeredBy = regexp.MustCompile(`^(?:回复|答复|办理|承办|处理)(?:单位|部门|机构|时间|日期)[:：]?$`)

// officialReply heads what an office answers to what stands above it.
var officialReply = regexp.MustCompile(`^(?:官方|部门|单位|领导)(?:回复|答复)[:：]?$`)

// withReply is a question under the page's heading and the answer below it that is
// headed as an office's.
func (p *page) withReply(title string) (string, *html.Node) {
	if p.headed == nil {
		return "", nil
	}
	reply, box := p.replyBelow(p.headed)
	if reply == "" {
		return "", nil
	}
	set := p.aside[box]
	p.aside[box] = true
	at, _ := p.densest()
	asked := p.articleText(at, title)
	p.aside[box] = set
	if at == nil || runes(asked) < leastAnswer || !p.precedes(at, box) || !p.precedes(p.headed, at) {
		return "", nil
	}
	return asked + "\n" + reply, at
}

const leastAnswer = 10 // characters of an answer, and of what it answers

// replyBelow is the text under the heading of an office's reply, below what it
// answers, and the box it stands in.
func (p *page) replyBelow(asked *html.Node) (string, *html.Node) {
	const up = 3
	for n := range textsUnder(p.doc.Nodes[0]) {
		if label := squeeze(n.Data); tooLong(label, 6) || !officialReply.MatchString(label) || !p.precedes(asked, n) {
			continue
		}
		for box, i := n.Parent, 0; box != nil && i < up && !within(asked, box); box, i = box.Parent, i+1 {
			dense, _ := p.densestIn(box)
			if reply := bare(plainOf(dense), ""); runes(reply) >= leastAnswer && endsSpoken.MatchString(reply) {
				return reply, box
			}
		}
	}
	return "", nil
}

// labelledValue is what stands behind a label: the next cell, the rest of its
// line, or the element after the one the label fills.
func labelledValue(label *html.Node) (string, *html.Node) {
	n := label
	for up := 0; up < 3 && n != nil; up++ {
		var w lineWriter
		var at *html.Node
		for next := n.NextSibling; next != nil; next = next.NextSibling {
			w.node(next)
			if at == nil && next.Type == html.ElementNode {
				at = next
			}
			if at != nil && at.DataAtom == atom.P && paragraphFollows(next) {
				continue
			}
			if at != nil && withoutForm(string(w.out)) != "" && (n.DataAtom == atom.Td || n.DataAtom == atom.Th || n.DataAtom == atom.Dt || blocks[n.DataAtom]) {
				break // behind a cell stands its value, and then the next label
			}
		}
		if text := strings.Trim(withoutForm(string(w.out)), ":： "); text != "" {
			if at == nil {
				at = n.Parent
			}
			return text, at
		}
		n = n.Parent
	}
	return "", nil
}

// paragraphFollows reports whether the element after n is a paragraph that is no label.
func paragraphFollows(n *html.Node) bool {
	for next := n.NextSibling; next != nil; next = next.NextSibling {
		if next.Type == html.ElementNode {
			text := squeeze(plainText(next))
			label := !tooLong(text, 8) && (strings.HasSuffix(text, "：") || letterReply.MatchString(text) || officialReply.MatchString(text))
			return next.DataAtom == atom.P && text != "" && !label
		}
	}
	return false
}
