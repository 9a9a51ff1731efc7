package collector

import (
	"cmp"
	"strings"

	"golang.org/x/net/html"
)

// Pages of questions that say so in the words of schema.org.

// question reads the page of a question that says so in schema.org's words: what was
// asked, unless it is cut short, and the answer when the page shows a single one.
func (p *page) question() (string, *html.Node) {
	var asked, answer *html.Node
	answers := 0
	for _, n := range p.doc.Find(`[itemtype$="/Question"] [itemprop=text]`).Nodes {
		if of := answerOf(n); of == nil {
			asked = cmp.Or(asked, n)
		} else if answers++; answers == 1 {
			answer = n
			p.answer = of
		}
	}
	if answers != 1 {
		answer, p.answer = nil, nil
	}
	var text string
	if asked != nil {
		if text = plainText(asked); answer != nil && strings.HasSuffix(text, "…") {
			text, asked = "", nil
		}
	}
	switch {
	case asked == nil && answer == nil:
		return "", nil
	case answer == nil:
		p.found("text", "schema.org Question")
		return text, asked
	case asked == nil:
		p.found("text", "schema.org Answer")
		return plainText(answer), answer
	}
	p.found("text", "schema.org Question 和 Answer")
	return text + "\n" + plainText(answer), answer
}

// answerOf is the schema.org answer n stands in, nil when it stands in none.
func answerOf(n *html.Node) *html.Node {
	for up := n; up != nil; up = up.Parent {
		if strings.HasSuffix(attr(up, "itemtype"), "/Answer") {
			return up
		}
	}
	return nil
}
