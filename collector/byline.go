package collector

import (
	"regexp"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"huiying"
)

var (
	authorLabel  = regexp.MustCompile(`(?:作\s*者|记\s*者|撰\s*[文稿]|文字|摄\s*影|楼\s*主|发帖人|发布者|发布人|网\s*友)\s*[:：]\s*((?:[\p{Han}]{0,6}(?:记者|通讯员)\s+[\p{Han}·]{2,4})|[^\s|，,；;。:：()（）【】\[\]]{1,20})|(?:楼\s*主|网\s*友|作\s*者)\s+(\S{1,20})\s+(?:发[表布]|提交)?于`)
	authorLine   = regexp.MustCompile(`^(?:作\s*者|记\s*者|撰\s*文|文)\s*[:：/]\s*\S{2,12}$|^[□■◎●]?\s*本[报网台刊]?(?:全媒体)?(?:记者|通讯员)[\s　]*[\p{Han}·]{2,4}(?:[\s　]+[\p{Han}·]{2,4}){0,4}$`)
	reporterLine = regexp.MustCompile(`^[□■◎●]?\s*[\p{Han}]{0,8}(?:记者|通讯员)[\s　]*([\p{Han}·]{2,4}(?:[\s　、]+[\p{Han}·]{2,4}){0,4})$`)
	sourceLabel  = regexp.MustCompile(`(?:稿件来源|信息来源|文章来源|来\s*源|出\s*处|供稿(?:单位)?|发布(?:机构|单位|部门))\s*[:：]\s*([^\s|，,；;。:：]{2,30})`)
	authorWord   = regexp.MustCompile(`者|员|撰|主|人|友|文字|摄`)
	sourceWord   = regexp.MustCompile(`源|处|供稿|发布`)
	nameTail     = regexp.MustCompile(`(?:发布时间|发布日期|时间|日期|来源|作者|编辑|责任编辑|责编|浏览|阅读|点击|评论|字[号体]|【|分享|打印|\d{4}[-年/.]).*$`)
	noName       = regexp.MustCompile(`(?i)^(?:\d+|(?:系统|网站|超级)?管理员|admin\w*|webmaster|editor|匿名.{0,2}|本站|.*\bTeam\b.*)$`)
	nameLead     = regexp.MustCompile(`^(?:由\s+|(?:作\s*者|记\s*者|来\s*源|文|楼\s*主)\s*[:：/]\s*)`)
)

// cleanName cuts labels before a name and what stands on the same line after it.
func cleanName(s string) string {
	s = nameLead.ReplaceAllString(oneLine(s), "")
	s = nameTail.ReplaceAllString(s, "")
	s = strings.Trim(s, " |:：-—/【】[]()（）·")
	if tooLong(s, 30) || clockTime.MatchString(s) || strings.HasPrefix(s, "http") || noName.MatchString(s) {
		return ""
	}
	return s
}

// author is the name in the byline, "" when the page tells none.
func (p *page) author(content *html.Node) string {
	if v, name := p.metaFirst("article:author", "author", "dc.creator", "byl", "weibo:article:author"); v != "" {
		if v = cleanName(v); v != "" && v != p.meta["og:site_name"] && !p.ofSite(v) {
			p.found("author", "meta %s", name)
			return v
		}
	}
	if v := cleanName(p.schema("author")); v != "" {
		p.found("author", "JSON-LD author")
		return v
	}
	if v, text := p.labelled(authorLabel, authorWord, content); v != "" {
		p.found("author", "页面上的“%s”", huiying.Clip(text, 40))
		return v
	}
	if v, text := p.labelled(reporterLine, authorWord, content); v != "" {
		p.found("author", "页面上的“%s”", huiying.Clip(text, 40))
		return v
	}
	if v := p.penName(content); v != "" {
		p.found("author", "署名一行里的记者")
		return v
	}
	for v := range selectedValues(p.doc.Selection, "[itemprop=author] [itemprop=name]@content") {
		if v = cleanName(v); v != "" {
			p.found("author", "署名元素")
			return v
		}
	}
	if v := p.nameIn(writers); v != "" {
		p.found("author", "署名元素")
		return v
	}
	if v, _ := p.unlabelled(content); v != "" {
		p.found("author", "署名一行里的名称")
		return v
	}
	if m := stateName.FindStringSubmatch(p.scripts); m != nil && p.why["text"] == fromState {
		p.found("author", fromState)
		return m[1]
	}
	return ""
}

// Elements sites set names in: of who writes, of whom they took it from.
const (
	writers = "[itemprop=author],[rel=author],.author,.byline,.author-name,.user-name,.user_name,.username,.nickname,.nick,.up-name,.poster,.p_author_name,.authi a,[class*=meta] .name,[class*=info] .name,[class*=top] h3.m-text-cut"
	origins = ".source,.media-name,.laiyuan"
)

// nameIn is the first name in elements a selector finds, in what links of theirs
// say where they hold one.
func (p *page) nameIn(selector string) string {
	name := ""
	p.doc.Find(selector).EachWithBreak(func(_ int, s *goquery.Selection) bool {
		if p.byOthers(s.Nodes[0]) {
			return true
		}
		if name = cleanName(s.Find("a").First().Text()); name == "" {
			name = cleanName(s.Text())
		}
		return name == ""
	})
	return name
}

// byOthers reports whether n stands in what is set beside the article or under it:
// lists, comments.
func (p *page) byOthers(n *html.Node) bool {
	for up := n; up != nil && up.DataAtom != atom.Body; up = up.Parent {
		if p.aside[up] && !p.precedes(up, p.headed) || repliesName.MatchString(named(up)) {
			return true
		}
	}
	return false
}

// source is the publication the page names as its source.
func (p *page) source(content *html.Node) string {
	if v, name := p.metaFirst("contentsource", "source", "article:source", "weibo:article:source", "mediaid"); v != "" {
		if v = cleanName(v); v != "" {
			p.found("source", "meta %s", name)
			return v
		}
	}
	if v, text := p.labelled(sourceLabel, sourceWord, content); v != "" {
		p.found("source", "页面上的“%s”", huiying.Clip(text, 40))
		return v
	}
	if v := cleanName(p.doc.Find("#js_name").First().Text()); v != "" {
		p.found("source", "公众号")
		return v
	}
	if v := p.nameIn(origins); v != "" {
		p.found("source", "来源元素")
		return v
	}
	if _, v := p.unlabelled(content); v != "" {
		p.found("source", "署名一行里的名称")
		return v
	}
	if v := cleanName(p.meta["og:site_name"]); v != "" {
		p.found("source", "meta og:site_name")
		return v
	}
	if v := cleanName(p.schema("publisher")); v != "" {
		p.found("source", "JSON-LD publisher")
		return v
	}
	return ""
}

var mediaName = regexp.MustCompile(`^[\p{Han}A-Za-z0-9·《》（）()-]{1,14}(?:网|[^播]报》?|社|台|发布|融媒|在线|客户端|新闻|视频|频道|观察|视点|传媒|日报|晚报|政府|局|委|办|中心|部)$`)

// A shown is a line of the page and the element it stands in.
type shown struct {
	in   *html.Node
	text string
}

// shownLines are the lines of a page outside the text of its article, those of
// outer elements first; where the article's element also holds its heading, the few
// lines under that are among them.
func (p *page) shownLines(content *html.Node) []shown {
	if p.lines != nil {
		return p.lines
	}
	p.lines = []shown{}
	under := func(content *html.Node) {
		const most = 8
		seen, lines := false, 0
		for n := range content.Descendants() {
			if n == p.headed {
				seen = true
			}
			if !seen || n.Type != html.ElementNode || unread[n.DataAtom] || within(n, p.headed) {
				continue
			}
			if line := shortText(n); line != "" && !strings.ContainsAny(line, endMarks[:9]) {
				p.lines = append(p.lines, shown{n, line})
			}
			if lines++; lines == most {
				return
			}
		}
	}
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		if n == content {
			if p.headed != nil && within(p.headed, n) {
				under(n)
			}
			return
		}
		if depth > 400 || n.Type == html.ElementNode && unread[n.DataAtom] {
			return
		}
		if n.Type == html.ElementNode {
			if line := shortText(n); line != "" {
				p.lines = append(p.lines, shown{n, line})
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c, depth+1)
		}
	}
	walk(p.doc.Nodes[0], 0)
	return p.lines
}

// untitled is a line without the page's title, which may name people and days itself.
func (p *page) untitled(line string) string {
	if p.named == "" {
		return line
	}
	return strings.TrimSpace(strings.Replace(line, p.named, " ", 1))
}

// labelled finds a label, of which word is a part, in a line outside the text of
// the article.
func (p *page) labelled(label, word *regexp.Regexp, content *html.Node) (name, text string) {
	for _, line := range p.shownLines(content) {
		if !word.MatchString(line.text) {
			continue
		}
		m := label.FindStringSubmatch(p.untitled(line.text))
		if parted := label.FindStringSubmatch(p.untitled(spacedText(line.in))); parted != nil {
			m = parted // the next element's text is no part of the name
		}
		if m == nil {
			continue
		}
		if v := cleanName(strings.Join(m[1:], "")); v != "" {
			return v, line.text
		}
	}
	return "", ""
}
