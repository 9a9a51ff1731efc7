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
	dateLabel  = regexp.MustCompile(`(?:发布|发表|发稿|发[帖贴]|刊发|更新|编辑于|上传|录入|添加|创建|提问|来信|留言|来电|受理|成文|写信|(?:^|[^\p{Han}])(?:时\s*间|日\s*期))\s*(?:时\s*间|日\s*期|于|在)?\s*[:：】]?\s*`)
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
