package collector

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// What stands beside an article, on pages of any make:
//   - what ends before its heading;
//   - a row of pieces made alike that each name another person, page or day;
//   - what follows a line that announces it: 相关阅读, 网友评论.

// A span is where a node begins and ends in a page: as a place in its order, and
// in characters of sentences, whoever says them.
type span struct{ from, to, spokenFrom, spokenTo int }

const leastSpoken = 12 // characters of sentences that make an article, be it short

// spans measures a page once.
func (p *page) spans() map[*html.Node]span {
	if p.measured != nil {
		return p.measured
	}
	p.measured = make(map[*html.Node]span)
	order, spoken := 0, 0
	var walk func(n *html.Node, depth int, linked bool)
	walk = func(n *html.Node, depth int, linked bool) {
		order++
		s := span{from: order, spokenFrom: spoken}
		if n.Type == html.TextNode && !linked {
			spoken += spokenRunes(n.Data)
		}
		if depth < 500 {
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				if c.Type == html.TextNode || c.Type == html.ElementNode && !unread[c.DataAtom] && !hidden(c) {
					walk(c, depth+1, linked || c.DataAtom == atom.A)
				}
			}
		}
		s.to, s.spokenTo = order, spoken
		p.measured[n] = s
	}
	for _, body := range p.doc.Find("body").First().Nodes {
		walk(body, 0, false)
	}
	return p.measured
}

// spokenRunes are the characters of a text when it is sentences.
func spokenRunes(s string) int {
	const least = 8
	if len(s) < 3*least || !strings.ContainsAny(s, "，。！？；、") || smallPrint.MatchString(s) {
		return 0
	}
	return utf8.RuneCountInString(strings.TrimSpace(s))
}

// anchor is the element that shows the title above the article, nil when none
// does. A title may be shown more than once: on top of the window, under the text.
func (p *page) anchor(title string) *html.Node {
	spans := p.spans()
	title = squeeze(title)
	if utf8.RuneCountInString(title) < 3 {
		return nil
	}
	var all []*html.Node
	for n := range p.doc.Nodes[0].Descendants() {
		if n.Type != html.TextNode || len(n.Data) < len(title) || n.Parent == nil {
			continue
		}
		if _, shown := spans[n]; shown && squeeze(n.Data) == title && !inLink(n) {
			all = append(all, n.Parent)
		}
	}
	if len(all) == 0 && p.headed != nil {
		all = append(all, p.headed)
	}
	total := 0
	for _, body := range p.doc.Find("body").First().Nodes {
		total = spans[body].spokenTo
	}
	for i := len(all) - 1; i > 0; i-- {
		if after := total - spans[all[i]].spokenTo; after >= leastSpoken && 2*after > total {
			return all[i]
		}
	}
	if len(all) == 0 || total-spans[all[0]].spokenTo < leastSpoken {
		return nil
	}
	return all[0]
}

func inLink(n *html.Node) bool {
	for up, i := n.Parent, 0; up != nil && i < 4; up, i = up.Parent, i+1 {
		if up.DataAtom == atom.A || up.DataAtom == atom.Nav {
			return true
		}
	}
	return false
}

// opener is the line above what is no part of the article.
var opener = regexp.MustCompile(`^[\s【\[]*(?:(?:全部|热门|最新|最热|最赞|高赞|精彩|网友|用户|文章|发表|查看|相关|我要)*(?:评论|跟帖|回帖|热评|留言|回复|回应|回答)(?:列表|区)?|\d+\s*(?:条|个|则)(?:评论|回复|回答|跟帖)|(?:相关|延伸|推荐|热门|更多|往期|最新|今日|猜你|精彩|大家都|为[您你]|热点|本周|编辑|其他|近期|图片|接下来)\s*(?:相关|热门|精彩|的)?(?:阅读|推荐|报道|文章|新闻|稿件|资讯|内容|图集|影像|视频|图片|访谈|话题|喜欢|在看|回顾|精选|头条|要闻|帖子|播放|专题|排行|问政|来信|信件)|热[榜点搜]|(?:阅读|点击|新闻|今日|本周|人气)?排行榜?|\d+小时(?:滚动|热[文点榜])(?:新闻)?|滚动新闻|网友热议|(?:网友|满意度|我要|办理)评价|我来说两句|发表[你您]?的?(?:评论|看法)|猜你喜欢|为你推荐|上一[篇条]|下一[篇条])[\s】\]]*(?:[(（]?\s*[\d.万+]+\s*(?:条|个|人)?\s*[)）]?)?\s*[:：>»]*$`)

// beside are the elements that are no part of the article under the heading.
func (p *page) beside(heading *html.Node) map[*html.Node]bool {
	spans := p.spans()
	out := make(map[*html.Node]bool)
	var start span
	if heading != nil {
		start = spans[heading]
	}
	told := func(n *html.Node) bool { return spans[n].spokenFrom-start.spokenTo >= leastSpoken }
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		if depth > 300 {
			return
		}
		for _, members := range rowsOfLike(n) {
			if foreign(members) && spans[members[0]].from > start.from && told(members[0]) {
				for _, m := range members {
					out[m] = true
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			s, shown := spans[c]
			if c.Type != html.ElementNode || !shown || out[c] {
				continue
			}
			if s.to < start.from {
				out[c] = true
				continue
			}
			if s.from > start.to && s.spokenTo == s.spokenFrom && told(c) && opener.MatchString(shortText(c)) && !speaksOn(c) {
				for ; c != nil; c = c.NextSibling {
					out[c] = true
				}
				return
			}
			walk(c, depth+1)
		}
	}
	for _, body := range p.doc.Find("body").First().Nodes {
		walk(body, 0)
	}
	return out
}

// speaksOn reports whether a paragraph follows that is made as n is: then n is a
// line of the text that only sounds like the name of a list.
func speaksOn(n *html.Node) bool {
	next := n.NextSibling
	for next != nil && next.Type != html.ElementNode {
		next = next.NextSibling
	}
	return next != nil && n.DataAtom == atom.P && next.DataAtom == atom.P && !beginsLinked(next)
}

// kind is what siblings of one make have in common: their element and the first of
// the names they were given.
func kind(n *html.Node) string {
	name := attr(n, "id")
	if f := strings.Fields(attr(n, "class")); len(f) > 0 {
		name = f[0]
	}
	return n.Data + " " + serial.ReplaceAllString(name, "")
}

// rowsOfLike are n's children of one make, three or more each, in the order of the page.
func rowsOfLike(n *html.Node) [][]*html.Node {
	const least = 3
	count := 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode {
			count++
		}
	}
	if count < least {
		return nil
	}
	at := make(map[string]int)
	var all [][]*html.Node
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode || unread[c.DataAtom] || !piece(c) {
			continue
		}
		k := kind(c)
		i, known := at[k]
		if !known {
			i = len(all)
			at[k] = i
			all = append(all, nil)
		}
		all[i] = append(all[i], c)
	}
	big := all[:0]
	for _, g := range all {
		if len(g) >= least {
			big = append(big, g)
		}
	}
	return big
}

// piece reports whether n may be one of a row of pieces: a comment, a card.
func piece(n *html.Node) bool {
	return n.DataAtom == atom.Li || container(n) && n.DataAtom != atom.Td && n.DataAtom != atom.P && n.DataAtom != atom.Span
}

// foreign reports whether nearly all of a row of pieces name somebody or something
// else first, or a day of their own.
func foreign(pieces []*html.Node) bool {
	const most = 0.8
	n := 0
	for _, c := range pieces {
		if text := plainText(c); beginsLinked(c) || floorDate.MatchString(text) || isoDate.MatchString(text) {
			n++
		}
	}
	return float64(n) >= most*float64(len(pieces))
}

// beginsLinked reports whether the first text under n is a link, and not all of it.
func beginsLinked(n *html.Node) bool {
	for d := range n.Descendants() {
		if d.Type == html.TextNode && strings.TrimSpace(d.Data) != "" && d.Parent != nil && !unread[d.Parent.DataAtom] {
			for up := d.Parent; up != nil && up != n.Parent; up = up.Parent {
				if up.DataAtom == atom.A {
					return true
				}
			}
			return false
		}
	}
	return false
}
