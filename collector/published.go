package collector

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"huiying"
)

// publishedNames are the meta names sites put the date in, the standard of
// government sites (GB/T 网站页面标签规范: PubDate) among them.
var publishedNames = []string{
	"article:published_time", "pubdate", "publishdate", "publishtime", "og:published_time", "og:release_date", "og:time", "datepublished",
	"publication_date", "weibo:article:create_at", "weibo: article:create_at", "release_date", "dc.date", "dc.date.issued", "createdate", "datecreated",
	"article:create_at", "apub:time", "apub:date", "bytedance:published_time", "date", "article.created", "sailthru.date", "parsely-pub-date",
}

var (
	dateLabel  = regexp.MustCompile(`(?:发布|发表|发稿|发[帖贴]|刊发|更新|编辑于|上传|录入|添加|创建|提问|来信|成文|写信|(?:^|[^\p{Han}])(?:时\s*间|日\s*期))\s*(?:时\s*间|日\s*期|于|在)?\s*[:：】]?\s*`)
	lesserDate = regexp.MustCompile(`更新|成文|编辑`) // not when it was published, but near
	bylineSign = regexp.MustCompile(`(?:来源|作者|阅读|点击|浏览)(?:次数|量|数)?\s*[:：】]`)
	dateParts  = regexp.MustCompile(`^\s*((?:19|20)\d\d)[\s年/.-]+(\d{1,2})[\s月/.-]+(\d{1,2})日?\s+(\d{1,2}:\d\d(?::\d\d)?)?`)
	dateNamed  = regexp.MustCompile(`time|date|pub|info|meta|source|byline|laiyuan|shijian|riqi|author|post`)
	scriptDate = regexp.MustCompile(`(?i)["']?\b(?:pub_?time|publish_?time|publish_?date|pub_?date|create_?time|date_?published|ct|oriCreateTime)["']?\s*[:=]\s*["']?((?:19|20)\d\d[-/]\d{1,2}[-/]\d{1,2}(?:[T ]\d{1,2}:\d\d(?::\d\d)?)?|1\d{9}(?:\d{3})?)\b|"created_at"\s*:\s*"([A-Z][a-z]{2} [A-Z][a-z]{2} \d{1,2} [\d:]{8} \+\d{4} \d{4})"`)
	urlDate    = regexp.MustCompile(`(?:^|[/_-])t?((?:19|20)\d\d)[-/_]?(0[1-9]|1[0-2])[-/_]?(0[1-9]|[12]\d|3[01])(?:[/_.t-]|\d{4,}|$)`)
)

// published is when the page says it was published. What is declared for
// machines comes first; a visible date of the same day that also tells the hour
// refines it.
func (p *page) published(content *html.Node) time.Time {
	declared, why := p.declaredDate()
	if !declared.IsZero() && hasClock(declared) {
		p.found("published_at", "%s", why)
		return declared
	}
	visible, how, sure := p.visibleDate(content)
	if !sure && declared.IsZero() {
		if scripted, from := p.scriptDate(); !scripted.IsZero() {
			p.found("published_at", "%s", from)
			return scripted
		}
	}
	switch {
	case declared.IsZero() && visible.IsZero():
	case declared.IsZero(), sameDay(declared, visible):
		p.found("published_at", "%s", how)
		return visible
	default:
		p.found("published_at", "%s", why)
		return declared
	}
	if m := urlDate.FindStringSubmatch(p.url.Path); m != nil {
		if t, ok := p.past(m[1] + "-" + m[2] + "-" + m[3]); ok {
			p.found("published_at", "网址里的日期")
			return t
		}
	}
	if t, line := p.signedDate(); !t.IsZero() {
		p.found("published_at", "落款“%s”", line)
		return t
	}
	return time.Time{}
}

// signedDate is the day under the text of a notice.
func (p *page) signedDate() (time.Time, string) {
	const last = 3 // lines
	lines := strings.Split(p.told, "\n")
	for _, line := range slices.Backward(lines[max(0, len(lines)-last):]) {
		if signedDay.MatchString(line) {
			if t, ok := p.past(line); ok {
				return t, line
			}
		}
	}
	return time.Time{}, ""
}

var signedDay = regexp.MustCompile(`^[\p{Han}（）()\s]{0,30}(?:(?:19|20)\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日|[二一][〇零○一二三四五六七八九]{3}年[一二三四五六七八九十]{1,3}月[一二三四五六七八九十]{1,3}日)$`)

// ordinal is the place in a row of pictures, no day: 1/4.
var ordinal = regexp.MustCompile(`^\d/\d{1,2}$`)

// scriptDate is the date a script calls the one of publication.
func (p *page) scriptDate() (time.Time, string) {
	if m := scriptDate.FindStringSubmatch(p.scripts); m != nil {
		if t, ok := p.past(m[1] + m[2]); ok {
			return t, "脚本里的 " + huiying.Clip(oneLine(m[0]), 60)
		}
	}
	return time.Time{}, ""
}

var dateOfItem = cascadia.MustCompile("meta[itemprop=dateCreated],meta[itemprop=datePublished]")

func (p *page) declaredDate() (time.Time, string) {
	if p.answer != nil {
		for _, n := range cascadia.QueryAll(p.answer, dateOfItem) {
			if t, ok := p.past(attr(n, "content")); ok {
				return t, "schema.org Answer " + attr(n, "itemprop")
			}
		}
	}
	for _, name := range []string{"datePublished", "pubDate", "uploadDate", "dateCreated"} {
		if t, ok := p.past(p.schema(name)); ok {
			return t, "JSON-LD " + name
		}
	}
	for _, name := range publishedNames {
		if t, ok := p.past(p.meta[name]); ok {
			return t, "meta " + name
		}
	}
	var found time.Time
	p.doc.Find("[itemprop=datePublished],time[pubdate],article time[datetime],header time[datetime]").EachWithBreak(func(_ int, s *goquery.Selection) bool {
		for _, text := range []string{s.AttrOr("datetime", ""), s.AttrOr("content", ""), s.Text()} {
			if t, ok := p.past(text); ok {
				found = t
				return false
			}
		}
		return true
	})
	return found, "time 元素"
}

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

// spacedText is the text of a small element with blanks between its parts.
func spacedText(n *html.Node) string {
	const most = 12
	var parts []string
	for d := range n.Descendants() {
		if d.Type == html.TextNode && strings.TrimSpace(d.Data) != "" {
			if parts = append(parts, strings.TrimSpace(d.Data)); len(parts) > most {
				return ""
			}
		}
	}
	return oneLine(strings.Join(parts, " "))
}

// shortText is n's text when it is a line or less, not a container.
func shortText(n *html.Node) string {
	const longest = 120 // characters of a line with source, author, counts
	size := 0
	for d := range n.Descendants() {
		if d.Type == html.TextNode && (d.Parent == nil || !unread[d.Parent.DataAtom]) {
			if size += len(strings.TrimSpace(d.Data)); size > 3*longest {
				return ""
			}
		}
	}
	if size < 2 {
		return ""
	}
	return oneLine(plainText(n))
}

// insideList reports whether n stands in a list of links to other pages.
func insideList(n *html.Node) bool {
	for up, i := n, 0; up != nil && i < 5; up, i = up.Parent, i+1 {
		switch up.DataAtom {
		case atom.Li, atom.Nav, atom.Aside, atom.Footer:
			links := 0
			for d := range up.Descendants() {
				if d.DataAtom == atom.A && len(attr(d, "href")) > 1 {
					if links++; links > 2 {
						break
					}
				}
			}
			return links > 2 || links > 0 && up.DataAtom == atom.Li
		}
	}
	return false
}

func within(n, root *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == root {
			return true
		}
	}
	return false
}

// past reads a date that is not in the future.
func (p *page) past(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, false
	}
	t, ok := ParseDate(s, p.now)
	return t, ok && !t.After(p.now.Add(24*time.Hour))
}

func hasClock(t time.Time) bool {
	h, m, s := t.Clock()
	return h+m+s > 0
}

func sameDay(a, b time.Time) bool {
	return !a.IsZero() && !b.IsZero() && a.In(huiying.Beijing).Format(time.DateOnly) == b.In(huiying.Beijing).Format(time.DateOnly)
}
