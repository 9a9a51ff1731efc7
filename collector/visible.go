package collector

import (
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"huiying"
)

// The date a page shows to its readers.

// A dated is a visible piece of text that holds a date.
type dated struct {
	at    time.Time
	score int
	sure  bool // its place does not speak against it
	in    *html.Node
	text  string
}

// visibleDate looks at short pieces of text: best is one with a label
// (发布时间：), then one in an element called time or info, then one between
// heading and content. sure tells that more than its place speaks for it.
func (p *page) visibleDate(content *html.Node) (at time.Time, why string, sure bool) {
	var best, otherwise dated // otherwise: on top of the page, as newspapers have it
	seenHeading, seenContent := false, false
	title := p.headed
	if title == nil {
		if h1 := p.doc.Find("h1").First(); len(h1.Nodes) > 0 {
			title = h1.Nodes[0]
		}
	}
	frame := p.common(title, content)
	var walk func(n *html.Node, depth int, aside bool)
	walk = func(n *html.Node, depth int, aside bool) {
		if depth > 400 || n.Type == html.ElementNode && unread[n.DataAtom] {
			return
		}
		if n.Type == html.TextNode {
			if n.Parent == content && len(n.Data) < 200 && dateLabel.MatchString(n.Data) {
				p.weigh(content, oneLine(n.Data), place{afterHeading: seenHeading, inContent: true}, &best)
			}
			return
		}
		above := p.precedes(n, title) && (frame == nil || !within(n, frame))
		aside = aside || p.aside[n] && !p.precedes(n, title)
		if n == content {
			seenContent = true
		}
		if n == title {
			seenHeading = true
		}
		if n.Type == html.ElementNode && n.DataAtom != atom.A && n != content {
			text := p.untitled(shortText(n))
			if text != "" && strings.ContainsAny(text, "0123456789前昨今刚〇零") {
				into := &best
				if above || aside || seenContent && !within(n, content) {
					into = &otherwise
				}
				p.weigh(n, text, place{afterHeading: seenHeading, afterContent: seenContent && !within(n, content), inContent: seenContent && within(n, content), aside: aside}, into)
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, depth+1, aside)
		}
	}
	walk(p.doc.Nodes[0], 0, false)
	const elsewhere = 3
	if best.score < 2 || otherwise.score-elsewhere > best.score {
		best = otherwise
	}
	if best.score < 2 || best.score == 2 && sameDay(best.at, p.now) { // a bare date of today is the page's clock
		return time.Time{}, "", false
	}
	p.dated = best.in
	return best.at, "页面上的“" + huiying.Clip(best.text, 50) + "”", best.sure
}

// precedes reports whether n ends before other begins.
func (p *page) precedes(n, other *html.Node) bool {
	return other != nil && p.spans()[n].to < p.spans()[other].from
}

// common is the innermost element that holds both heading and text, nil when that
// is the whole page.
func (p *page) common(heading, content *html.Node) *html.Node {
	if heading == nil || content == nil {
		return nil
	}
	n := heading
	for n != nil && !within(content, n) {
		n = n.Parent
	}
	if n == nil || n.DataAtom == atom.Body || n.DataAtom == atom.Html {
		return nil
	}
	return n
}

// A place is where a piece of text stands.
type place struct{ afterHeading, afterContent, inContent, aside bool }

func (p *page) weigh(n *html.Node, text string, where place, best *dated) {
	t, score := time.Time{}, 0
	fact := where.inContent && !publishing.MatchString(text) // 停水时间：
	for _, loc := range dateLabel.FindAllStringIndex(text, -1) {
		worth := 6
		if lesserDate.MatchString(text[loc[0]:loc[1]]) {
			worth = 5
		}
		after := text[loc[1]:]
		at, ok := p.past(after)
		if first, _, more := strings.Cut(after, " "); !ok && more {
			at, ok = p.past(first) // 编辑于 10-05 山西
		}
		if ok && worth > score && startsWithDate(after) {
			t, score = at, worth
		}
	}
	if score == 0 {
		if ordinal.MatchString(text) {
			return
		}
		at, ok := p.past(text)
		if parts := dateParts.FindStringSubmatch(spacedText(n)); !ok && parts != nil || ok && !hasClock(at) && parts != nil && parts[4] != "" {
			at, ok = p.past(parts[1] + "-" + parts[2] + "-" + parts[3] + " " + parts[4]) // its parts are elements of their own
		}
		if !ok {
			return
		}
		if notPublished.MatchString(text) || where.inContent && strings.ContainsAny(text, "，。；") || strings.HasSuffix(text, "。") {
			return // a sentence that speaks of a day
		}
		if !hasClock(at) && !yearSaid.MatchString(text) && (runes(text) > 30 || dayOfPlans.MatchString(text)) {
			return // a heading that speaks of a day: 铁路12月1日起实行新图
		}
		t, score = at, 2
	}
	if dateNamed.MatchString(named(n)) || n.Parent != nil && dateNamed.MatchString(named(n.Parent)) {
		score += 2
	}
	if hasClock(t) {
		score += 2
	}
	if where.afterHeading {
		score++
	}
	if where.aside {
		score -= 4
	}
	if relative.MatchString(text) {
		if exact, ok := p.exactDate(n); ok {
			t = exact
		}
	}
	if bylineSign.MatchString(text) {
		score++
	}
	if where.afterContent {
		score -= 3
		if m := bareDate.FindStringSubmatch(text); m != nil && m[1] == "" && isoOrHan.MatchString(text) && runes(m[2]) < 5 {
			score += 3 // it stands alone, as in newspapers
		}
	}
	if insideList(n) {
		score -= 3 // dates of other articles
	}
	if p.now.Sub(t) < 20*time.Minute && strings.Contains(text, "星期") {
		score -= 4 // the page's clock
	}
	if score > best.score {
		*best = dated{at: t, score: score, sure: score >= 4 && !fact, in: n, text: text}
	}
}

// publishing is what days of publication are called.
var publishing = regexp.MustCompile(`发布|发表|发稿|发[帖贴]|刊发|来源|作者|阅读|浏览|点击`)

var dayOfPlans = regexp.MustCompile(`\d日?(?:起|至|前|将|开)`)

var yearSaid = regexp.MustCompile(`(?:19|20)\d\d|[二一][〇零○一二三四五六七八九]{3}年|[前昨今]`)

// notPublished are days of people, not of what they wrote.
var notPublished = regexp.MustCompile(`(?:注册|加入|登录|出生|入驻)(?:时间|日期|于)?\s*[:：]`)

var isoOrHan = regexp.MustCompile(`^\D{0,2}(?:19|20)\d\d`)

var relative = regexp.MustCompile(`前|刚刚|[昨今]天`)

// exactDate is the moment an element names in an attribute, where it shows "3 天前".
func (p *page) exactDate(n *html.Node) (time.Time, bool) {
	const most = 12
	seen := 0
	for d := range n.Descendants() {
		if d.Type != html.ElementNode {
			continue
		}
		if seen++; seen > most {
			break
		}
		for _, name := range []string{"title", "datetime", "data-time", "data-date"} {
			if t, ok := p.past(attr(d, name)); ok && hasClock(t) {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// startsWithDate reports whether the first digit of s stands near its front, so
// that a label before it belongs to it.
func startsWithDate(s string) bool {
	i := strings.IndexAny(s, "0123456789〇零一二三四五六七八九十昨前今刚半")
	return i >= 0 && i < 3*4
}
