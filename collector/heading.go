package collector

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// What a page's title is when the document declares none of its own: many sites
// put their name on every page.

var (
	noTitle     = regexp.MustCompile(`^(?:微博|微博正文|正文|详情|详情页|内容页?|文章|新闻|首页|网页|无标题.*|untitled.*)$`)
	wholeSite   = regexp.MustCompile(`^[^，。：！？《》“”]{0,14}(?:网|网站|政府|门户|平台|论坛|社区|热线|信箱|频道|在线|客户端|融媒)$`)
	ownersWords = regexp.MustCompile(`版权所有|[Cc]opyright|©|主办`)
)

// namesSite reports whether a declared title is the site's name or a word for
// any page: short, ending as such names do, or named in the site's small print.
func (p *page) namesSite(declared string) bool {
	return runes(declared) < 5 || noTitle.MatchString(declared) || p.signs(declared)
}

// signs reports whether a name ends as those of sites do or signs the page's small print.
func (p *page) signs(name string) bool {
	if wholeSite.MatchString(name) {
		return true
	}
	for n := range p.doc.Nodes[0].Descendants() {
		if n.Type == html.TextNode && n.Parent != nil && !unread[n.Parent.DataAtom] && ownersWords.MatchString(n.Data) && strings.Contains(n.Data, name) && !strings.ContainsAny(n.Data, "。！？") {
			return true
		}
	}
	return false
}

// partOf is the part of a declared title between its separators that the page
// shows by itself, outside links and longer than names of sites are.
func (p *page) partOf(declared string) string {
	const least = 7
	parts := make(map[string]bool)
	for _, sep := range titleSeparators {
		for at := strings.Index(declared, sep); at >= 0; {
			for _, part := range []string{declared[:at], declared[at+len(sep):]} {
				if part = squeeze(part); utf8.RuneCountInString(part) >= least && !wholeSite.MatchString(part) {
					parts[part] = true
				}
			}
			next := strings.Index(declared[at+len(sep):], sep)
			if next < 0 {
				break
			}
			at += len(sep) + next
		}
	}
	if len(parts) == 0 {
		return ""
	}
	best := ""
	for n := range p.doc.Nodes[0].Descendants() {
		if n.Type != html.TextNode || n.Parent == nil || unread[n.Parent.DataAtom] || n.Parent.DataAtom == atom.Title || n.Parent.DataAtom == atom.A {
			continue
		}
		if s := oneLine(n.Data); len(s) > len(best) && parts[squeeze(s)] {
			best = s
		}
	}
	return best
}

// heading is the heading the page's sentences speak of, when they speak of it
// more than of the declared title; site says that the title is no help at all,
// and then any heading that is not the site's name will do. It is no link.
func (p *page) heading(declared string, site bool) string {
	dense, _ := p.densest()
	if dense == nil {
		return ""
	}
	spoken := pairsOf(plainText(dense))
	const (
		least = 0.3 // of a heading's pairs of characters that its text holds
		clear = 0.3 // more than of the declared title
	)
	best, found, first := least, "", ""
	if !site {
		best = max(least, share(declared, spoken)+clear)
	}
	p.doc.Find(headings).Each(func(i int, s *goquery.Selection) {
		if i > 300 || s.Closest("head,a,nav,footer,aside").Length() > 0 || s.Find("a,h1,h2").Length() > 0 {
			return
		}
		text := shortText(s.Nodes[0])
		if n := runes(text); n < 5 || n > 80 || clockTime.MatchString(text) || p.namesSite(text) {
			return
		}
		if name := goquery.NodeName(s); first == "" && (name == "h1" || name == "h2") {
			first = text
		}
		if !within(dense, s.Nodes[0]) && share(text, spoken) > best {
			best, found, p.headed = share(text, spoken), text, s.Nodes[0]
		}
	})
	if found == "" && site {
		if found = p.aboveByline(); found == "" {
			found = first
		}
	}
	return found
}

// aboveByline is the line right above the one with date and source, where pages
// without headings have their title.
func (p *page) aboveByline() string {
	for n := range p.doc.Nodes[0].Descendants() {
		if n.Type != html.ElementNode || unread[n.DataAtom] {
			continue
		}
		line := shortText(n)
		if line == "" || !dateLabel.MatchString(line) && !bylineSign.MatchString(line) || !strings.ContainsAny(line, "0123456789") {
			continue
		}
		above := n.PrevSibling
		for above != nil && above.Type != html.ElementNode {
			above = above.PrevSibling
		}
		if above == nil {
			continue
		}
		if text := shortText(above); runes(text) >= 5 && runes(text) <= 80 && linkedRunes(above) == 0 && !p.namesSite(text) {
			return text
		}
	}
	return ""
}

// pairsOf are the pairs of neighbouring characters of a text.
func pairsOf(text string) map[[2]rune]bool {
	pairs := make(map[[2]rune]bool)
	last := rune(-1)
	for _, r := range squeeze(text) {
		if last >= 0 {
			pairs[[2]rune{last, r}] = true
		}
		last = r
	}
	return pairs
}

// share is the share of a heading's pairs of characters that stand in a text, 0…1.
func share(heading string, spoken map[[2]rune]bool) float64 {
	pairs := pairsOf(heading)
	hits := 0
	for pair := range pairs {
		if spoken[pair] {
			hits++
		}
	}
	return float64(hits) / float64(max(1, len(pairs)))
}

// emphasised is the first line the page sets off by size, weight or the middle, as
// pages without headings do.
func (p *page) emphasised() string {
	found := ""
	p.doc.Find("font[size],b,strong,big,center,[align=center]").EachWithBreak(func(_ int, s *goquery.Selection) bool {
		text := shortText(s.Nodes[0])
		n := utf8.RuneCountInString(text)
		if n < 6 || n > 80 || strings.Contains(text, "|") || s.Closest("a").Length() > 0 || s.Find("a").Length() > 0 {
			return true
		}
		if _, dated := ParseDate(text, p.now); dated {
			return true
		}
		found = text
		return false
	})
	return found
}
