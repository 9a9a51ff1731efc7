package collector

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// headings are what sites set titles in.
const headings = "h1,h2,h3,h4,[class*=title],[class*=Title],[id*=title],[id*=Title],[class*=headline],[class*=subject],[id*=subject],[itemprop=headline]"

// title is the article's heading. The document title names it, often with the
// site's name around it; the heading on the page says where it begins and ends.
func (p *page) title() string {
	docTitle := unpaged(p.doc.Find("title").First().Text())
	og, ogName := p.metaFirst("og:title", "twitter:title", "articletitle", "title", "headline")
	og = unpaged(og)

	declaredTitle, declaredOG := squeeze(docTitle), squeeze(og)
	best, bestScore, rule := "", 0.0, ""
	var at *html.Node
	consider := func(s, why string, bonus float64, n0 *html.Node) {
		n := utf8.RuneCountInString(s)
		if n < 3 || n > 150 {
			return
		}
		score := headingScore(squeeze(s), declaredTitle, declaredOG) * bonus
		if clockTime.MatchString(s) && !clockTime.MatchString(docTitle) {
			score /= 2 // it holds the byline too
		}
		if score > bestScore {
			best, bestScore, rule, at = s, score, why, n0
		}
	}
	p.doc.Find(headings).Each(func(i int, s *goquery.Selection) {
		if i > 300 || s.Find("h1,h2,h3").Length() > 1 {
			return
		}
		bonus := 1.0
		switch goquery.NodeName(s) {
		case "h1":
			bonus = 1.1
		case "title", "meta", "body", "a":
			return
		}
		if s.Closest("a,nav,footer,aside").Length() > 0 {
			bonus *= 0.8
		}
		consider(shortText(s.Nodes[0]), "页面标题元素 "+goquery.NodeName(s), bonus, s.Nodes[0])
		if own := oneLine(ownText(s.Nodes[0])); own != "" {
			consider(own, "页面标题元素 "+goquery.NodeName(s), bonus, s.Nodes[0]) // a state may stand behind it: 已回复
		}
		if first := firstLine(s.Nodes[0]); first != "" {
			consider(first, "页面标题元素 "+goquery.NodeName(s)+" 的第一行", bonus, s.Nodes[0])
		}
	})
	if bestScore < 0.5 {
		cut := strings.Contains(declaredTitle, "…") || strings.Contains(declaredTitle, "...")
		p.plainLines(func(n *html.Node, text string) {
			if t := squeeze(text); cut || strings.Contains(declaredTitle, t) || t == declaredOG {
				consider(text, "与网页标题相符的一行", 0.9, n)
			}
		})
	}
	if bestScore >= 0.5 && (best == docTitle && p.namesSite(best) || wholeSite.MatchString(best) || ofOffice(best)) {
		if s := p.heading(docTitle, true); s != "" && s != docTitle {
			p.found("title", "正文上面突出的一行")
			return s
		}
		if noTitle.MatchString(best) {
			return ""
		}
	}
	switch {
	case bestScore >= 0.5:
		p.found("title", "%s，与网页标题相符", rule)
		p.headed = at
		return best
	case og != "":
		p.found("title", "meta %s", ogName)
		return trimSite(og, p.meta["og:site_name"])
	case p.schema("headline") != "":
		p.found("title", "JSON-LD headline")
		return oneLine(p.schema("headline"))
	}
	if s := p.partOf(docTitle); s != "" {
		p.found("title", "网页标题中页面上也有的一段")
		return s
	}
	declared := trimSite(docTitle, p.meta["og:site_name"])
	site := p.namesSite(declared)
	if s := p.heading(declared, site); s != "" {
		p.found("title", "正文上面突出的一行")
		return s
	}
	if site && noTitle.MatchString(declared) {
		return ""
	}
	if h1 := oneLine(p.doc.Find("h1").First().Text()); h1 != "" && runes(h1) > runes(declared) && (declared == "" || !strings.HasSuffix(h1, declared)) {
		p.found("title", "第一个 h1") // the document is named after the site or not at all
		return h1
	}
	if declared != "" {
		p.found("title", "网页标题去掉网站名")
	}
	return declared
}

// unpaged is a declared title without the number of its page.
func unpaged(title string) string { return pageMark.ReplaceAllString(oneLine(title), "$1") }

var pageMark = regexp.MustCompile(`\s*(?:[（(【\[]\s*第?\s*\d{1,3}\s*页?\s*[）)】\]]|[-_ ]第\s*\d{1,3}\s*页|_\d{1,2})($|\s*[-_|—–｜])`)

// plainLines are the lines of the page that are no links and stand in no list of
// the page's frame.
func (p *page) plainLines(yield func(n *html.Node, text string)) {
	const most = 2000
	count := 0
	for n := range p.doc.Nodes[0].Descendants() {
		if n.Type != html.TextNode || n.Parent == nil || unread[n.Parent.DataAtom] || n.Parent.DataAtom == atom.Title || len(n.Data) < 9 || len(n.Data) > 450 || inLink(n) {
			continue
		}
		if count++; count > most {
			return
		}
		yield(n.Parent, oneLine(n.Data))
	}
}

// headingScore says how well s, a heading on the page, fits the titles the
// document declares: 1 and more when one of them is s, possibly with the
// site's name before or after it; 0 when they share nothing.
func headingScore(s, docTitle, og string) float64 {
	score := 0.0
	for _, declared := range []string{docTitle, og} {
		if declared == "" {
			continue
		}
		switch {
		case s == declared:
			score = max(score, 1)
		case strings.HasPrefix(declared, s), strings.HasSuffix(declared, s):
			// the rest is the site's name, never much longer than the title
			share := float64(utf8.RuneCountInString(s)) / float64(utf8.RuneCountInString(declared))
			switch parted := partedFrom(declared, s); {
			case parted && strings.HasPrefix(declared, s) && !siteWords.MatchString(s):
				score = max(score, 0.6+0.4*share)
			case parted || utf8.RuneCountInString(s) >= 8:
				score = max(score, 0.6+0.4*share-0.35*boolTo(siteName(declared, s)))
			}
		case strings.Contains(declared, s) && utf8.RuneCountInString(s) >= 8:
			score = max(score, 0.7)
		case prefixRunes(s, declared) >= 10:
			score = max(score, 0.75) // one of the two is cut short
		}
	}
	return score
}

var clockTime = regexp.MustCompile(`\d{1,2}:\d\d`)

// firstLine is what stands before the first line break in a heading of several
// lines: the byline may be one of them. It is "" for a heading of one line.
func firstLine(n *html.Node) string {
	if shortText(n) == "" {
		return ""
	}
	first, _, more := strings.Cut(plainText(n), "\n")
	if !more {
		return ""
	}
	return first
}

// siteWords end the names of sites and their sections.
var siteWords = regexp.MustCompile(`(?:网|网站|[^通预公警汇简]报|局|委|办|政府|频道|在线|论坛|社区|门户|平台|新闻|资讯|公告|公示|信箱|首页|.吧)$`)

// partedFrom reports whether a separator stands between s, at one end of a
// declared title, and the rest.
func partedFrom(declared, s string) bool {
	rest := strings.TrimPrefix(declared, s)
	if rest == declared {
		rest = strings.TrimSuffix(declared, s)
		return strings.TrimRight(rest, " -_|—–｜－:：") != rest
	}
	return strings.TrimLeft(rest, " -_|—–｜－【(（") != rest
}

// siteName reports whether s is the short part of a declared title, the part
// that names the site rather than the article.
func siteName(declared, s string) bool {
	return 2*utf8.RuneCountInString(s) < utf8.RuneCountInString(declared)
}

func boolTo(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func prefixRunes(a, b string) int {
	n := 0
	for len(a) > 0 && len(b) > 0 {
		ra, sa := utf8.DecodeRuneInString(a)
		rb, sb := utf8.DecodeRuneInString(b)
		if ra != rb {
			break
		}
		a, b, n = a[sa:], b[sb:], n+1
	}
	return n
}

var titleSeparators = []string{" - ", " | ", " — ", " – ", "_", "|", "--", "-", "—", "–", "｜", "－"}

// trimSite cuts the site's name from the end of a document title: what follows
// the last separators, as long as the most of the title stays.
func trimSite(title, site string) string {
	if site != "" {
		if t := strings.TrimRight(strings.TrimSuffix(title, site), " -_|—–｜－"); t != "" && t != title {
			return t
		}
	}
	for range 3 {
		cut := -1
		for _, sep := range titleSeparators {
			cut = max(cut, strings.LastIndex(title, sep))
		}
		if cut <= 0 {
			break
		}
		head := strings.TrimRight(title[:cut], " -_|—–｜－")
		tail := utf8.RuneCountInString(title[cut:])
		if n := utf8.RuneCountInString(head); n < 6 || n < tail-1 {
			break
		}
		title = head
	}
	return title
}
