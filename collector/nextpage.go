package collector

import (
	"regexp"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

var nextWords = regexp.MustCompile(`^[\[【（(«<>\s]*(?:下一页|下页|后一页|余下全文|Next|next|NEXT)[\]】）)»<>\s]*$`)

// nextPage is the address of the same article's next page. Only a link on the
// same site that keeps most of the address counts: "下一篇" is another article.
func (p *page) nextPage() string {
	next := ""
	p.doc.Find("a[href],link[rel=next]").EachWithBreak(func(_ int, s *goquery.Selection) bool {
		if goquery.NodeName(s) == "a" && !nextWords.MatchString(oneLine(s.Text())) {
			return true
		}
		u, err := p.url.Parse(strings.TrimSpace(s.AttrOr("href", "")))
		if err != nil || u.Host != p.url.Host || !samePaper(p.url.Path, u.Path) {
			return true
		}
		u.Fragment = ""
		if u.String() == p.url.String() {
			return true
		}
		next = u.String()
		return false
	})
	if next != "" {
		p.found("next_page", "“下一页”链接")
	}
	return next
}

// samePaper reports whether two paths name pages of one article:
// /2020/a.html and /2020/a_2.html.
func samePaper(a, b string) bool {
	if a == b {
		return true
	}
	dirA, fileA := a[:strings.LastIndexByte(a, '/')+1], a[strings.LastIndexByte(a, '/')+1:]
	dirB, fileB := b[:strings.LastIndexByte(b, '/')+1], b[strings.LastIndexByte(b, '/')+1:]
	stem, _, _ := strings.Cut(fileA, ".")
	return dirA == dirB && stem != "" && strings.HasPrefix(fileB, strings.TrimRight(strings.TrimRight(stem, "0123456789"), "_-")) &&
		prefixRunes(fileA, fileB) >= min(4, len(stem))
}
