package collector

import (
	"regexp"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// How much of a text stands in links.

// linkShare is the share of n's characters that stand in links, 0…1; 0 when
// there is no text.
func linkShare(n *html.Node) float64 {
	all := 0
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			all += runes(d.Data)
		}
	}
	if all == 0 {
		return 0
	}
	return float64(linkedRunes(n)) / float64(all)
}

// document is the address of a file: an attachment is a part of the article.
var document = regexp.MustCompile(`(?i)\.(?:pdf|docx?|xlsx?|pptx?|wps|et|ofd|zip|rar|7z|csv|txt)(?:$|[?#])`)

// linkedRunes counts the characters under n that stand in links to other pages.
func linkedRunes(n *html.Node) int {
	linked := 0
	for d := range n.Descendants() {
		if d.DataAtom != atom.A || document.MatchString(attr(d, "href")) {
			continue
		}
		for t := range d.Descendants() {
			if t.Type == html.TextNode {
				linked += runes(t.Data)
			}
		}
	}
	return linked
}
