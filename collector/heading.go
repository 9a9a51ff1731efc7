package collector

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// What a page's title is when the document declares none of its own: many sites
// put their name on every page.

var (
	noTitle     = regexp.MustCompile(`^(?:(?:.{1,20}的微博|微博|微博.?正文|正文|(?:新闻|文章|内容|信息|信件|公告)?(?:详情|查看)页?|内容页?|文章|新闻|通知公告|首页|网页|无标题.*|untitled.*)(?:\s*[-_|—–｜]\s*.{2,8})?)$`)
	wholeSite   = regexp.MustCompile(`^[^，。：！？《》“”]{0,14}(?:网|网站|政府|门户|平台|论坛|社区|热线|信箱|频道|在线|客户端|融媒|微博)$`)
	ownersWords = regexp.MustCompile(`版权所有|[Cc]opyright|©|主办`)
)

// namesSite reports whether a declared title is the site's name or a word for
// any page: short, ending as such names do, or named in the site's small print.
func (p *page) namesSite(declared string) bool {
	return runes(declared) < 5 || noTitle.MatchString(declared) || ofOffice(declared) || p.signs(declared)
}

// ofOffice reports whether a declared title names an office and its section alone:
// 医院动态-清源县人民医院.
func ofOffice(declared string) bool {
	office := false
	for part := range strings.FieldsFuncSeq(declared, func(r rune) bool { return strings.ContainsRune("-_|—–｜－ ", r) }) {
		switch {
		case officeName.MatchString(part):
			office = true
		case !sectionName.MatchString(part):
			return false
		}
	}
	return office
}

var (
	officeName  = regexp.MustCompile(`^[^，。：！？《》“”的]{2,14}(?:局|委员会|办公室|政府|医院|[大中小]学|学院|幼儿园|公司|银行|协会|法院|检察院|网站?|平台|客户端|门户)$`)
	sectionName = regexp.MustCompile(`^[^，。：！？《》“”的]{0,4}(?:动态|公告|通知|新闻|要闻|公示|资讯|公开|文件|解读|信箱|详情|查看|首页|信访|问政)$`)
)

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

// A line is a short piece of text above an article.
type line struct {
	in   *html.Node
	text string
}

// linesAbove are the lines of the page up to the first sentence of dense, the last
// ones of them.
func (p *page) linesAbove(dense *html.Node) []line {
	const most = 40
	var lines []line
	entered := false
	for n := range p.doc.Find("body").First().Nodes[0].Descendants() {
		if entered = entered || n == dense; entered {
			if !within(n, dense) || n.Type == html.TextNode && endsSpoken.MatchString(n.Data) {
				break
			}
		}
		if n.Type != html.ElementNode || unread[n.DataAtom] {
			continue
		}
		if own := ownText(n); strings.TrimSpace(own) == "" || endsSpoken.MatchString(own) {
			continue
		}
		if text := shortText(n); text != "" {
			lines = append(lines, line{n, text})
		}
	}
	return lines[max(0, len(lines)-most):]
}

// heading is the line above the text that is most like its title: the text speaks
// of it, it is set off, the line with date and source follows, or the page calls it
// its title. site says that the declared title names the site alone; else a heading
// must be spoken of much more than that.
func (p *page) heading(declared string, site bool) string {
	dense, _ := p.densest()
	if dense == nil {
		return ""
	}
	spoken := pairsOf(sentences(dense, nil))
	const (
		least  = 0.29
		spoke  = 0.3 // of a heading's pairs of characters that its text holds
		clear  = 0.3 // more than of the declared title
		setOff = 0.3
	)
	best, found := least, ""
	if site && runes(declared) < 5 && !noTitle.MatchString(declared) {
		best = 2 * setOff // a name as short may be the title
	}
	lines := p.linesAbove(dense)
	scripted := p.stateTitles()
	for i, l := range lines {
		n := runes(l.text)
		if n < 4 || n > 80 || notTitle.MatchString(l.text) || ownersWords.MatchString(l.text) || bareDate.MatchString(l.text) || clockTime.MatchString(l.text) || indexLine.MatchString(l.text) || l.in.DataAtom == atom.A || inLink(l.in) || linkedRunes(l.in) > 0 || p.namesSite(l.text) {
			continue
		}
		of := share(l.text, spoken)
		score := of
		if scripted[squeeze(l.text)] {
			score += 1
		} else if l.in.DataAtom != atom.H1 && l.in.DataAtom != atom.H2 && of == 0 && !officialTitle.MatchString(l.text) && (!emphasis(l.in) || noTitle.MatchString(declared)) || !site && of < max(spoke, share(declared, spoken)+clear) {
			continue
		}
		if emphasis(l.in) {
			score += setOff
		}
		if officialTitle.MatchString(l.text) {
			score += setOff
		}
		if i > 0 && titleLabel.MatchString(squeeze(lines[i-1].text)) {
			score += 1
		}
		for _, next := range lines[i+1 : min(i+4, len(lines))] {
			if byline(next.text) && strings.ContainsAny(next.text, "0123456789") {
				score += setOff
				break
			}
		}
		if score > best {
			best, found, p.headed, p.sure = score, l.text, l.in, site
		}
	}
	return found
}

var (
	endsSpoken = regexp.MustCompile(`[。；：，][”』」）)\s]*$|。.`)
	// what offices publish is called by its kind (党政机关公文处理工作条例 第八条)
	officialTitle = regexp.MustCompile(`关于.{2,}(?:公告|通告|通知|公示|决定|决议|意见|通报|报告|请示|批复|议案|函|纪要|办法|方案|说明)$`)
	titleLabel    = regexp.MustCompile(`^(?:信息|文件)?(?:标题|名称|主题)[:：]?$`)
	notTitle      = regexp.MustCompile(`[:：|]$|[>＞»→]|当前位置|您?现?在?所?在的?位置|^(?:首页|返回).*|^(?:今天是|欢迎)`)
	titleName     = regexp.MustCompile(`title|headline|subject|(?:^|[ _-])(?:tit|tt|bt|biaoti)(?:$|[ _-])`)
)

// emphasis reports whether a line is set off by its element, size, weight or the
// middle, as titles are.
func emphasis(n *html.Node) bool {
	for up, i := n, 0; up != nil && i < 3; up, i = up.Parent, i+1 {
		if i > 0 && shortText(up) != shortText(n) {
			break
		}
		switch up.DataAtom {
		case atom.H1, atom.H2, atom.H3, atom.H4, atom.B, atom.Strong, atom.Big, atom.Center:
			return true
		case atom.Font:
			if attr(up, "size") != "" && attr(up, "size") > "3" {
				return true
			}
		}
		if attr(up, "align") == "center" || titleName.MatchString(named(up)) {
			return true
		}
		if style := attr(up, "style"); strings.Contains(style, "center") || strings.Contains(style, "bold") {
			return true
		}
	}
	return false
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
