package collector

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"

	"huiying"
)

// How far an article has spread, as its page counts it: 阅读 1.2万, 33条评论.

var (
	countToken = regexp.MustCompile(`(\d[\d,]*(?:\.\d+)?\s*[万亿wWkK]?)\+?|(阅读|浏览|点击|查看|播放|访问|人气|围观)|(点赞|赞同|赞|喜欢)|(评论|回复|跟帖|回帖|留言|回应|评)|(转发|分享)`)
	countTie   = regexp.MustCompile(`^(?:次数|总数|人数|量|数)?[\s:：(（\[【]*$`)
	countUnit  = regexp.MustCompile(`^\s*(?:次|条|个|人)?\s*$`)
	noCount    = regexp.MustCompile(`(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/月]\d{1,2}日?|\d{1,2}:\d\d(?::\d\d)?|\d+\s*(?:楼|天前|小时前|分钟前)|\d{8,}|获赞\s*[\d.]+万?|已回复[:：]?\s*\d+`)
)

// countsIn are the numbers in a line by their words: all words stand before their
// numbers (阅读 31　评论 2) or all behind (31阅读 2评论), whichever tells more.
func countsIn(line string) huiying.Engagement {
	line = noCount.ReplaceAllString(line, "¦")
	tokens := countToken.FindAllStringSubmatchIndex(line, 30)
	before, n := countsTied(line, tokens, false)
	if behind, more := countsTied(line, tokens, true); more > n {
		return behind
	}
	return before
}

// countsTied are the counts of those words in a line that stand right before a number,
// or behind one, and how many they are.
func countsTied(line string, tokens [][]int, behind bool) (e huiying.Engagement, found int) {
	for i := 1; i < len(tokens); i++ {
		word, number, tie := tokens[i-1], tokens[i], countTie
		if behind {
			word, number, tie = tokens[i], tokens[i-1], countUnit
		}
		if word[2] >= 0 || number[2] < 0 || !tie.MatchString(line[tokens[i-1][1]:tokens[i][0]]) {
			continue
		}
		n, _ := parseCount(line[number[2]:number[3]]) // it has a digit
		found++
		switch {
		case word[4] >= 0:
			set(&e.Views, n)
		case word[6] >= 0:
			set(&e.Likes, n)
		case word[8] >= 0:
			set(&e.Comments, n)
		default:
			set(&e.Reposts, n)
		}
	}
	return e, found
}

// engagement reads the counts beside an article: the first of each kind that stands in
// no comment and no list of other pages.
func (p *page) engagement(content *html.Node) huiying.Engagement {
	e := p.declaredCounts()
	for _, line := range p.shownLines(content) {
		if !strings.ContainsAny(line.text, "0123456789") || insideList(line.in) {
			continue
		}
		found := countsIn(p.untitled(spacedText(line.in)))
		set(&e.Comments, found.Comments) // it also heads the comments
		if p.byOthers(line.in) {
			continue
		}
		set(&e.Views, found.Views)
		set(&e.Likes, found.Likes)
		set(&e.Reposts, found.Reposts)
	}
	if e != (huiying.Engagement{}) {
		p.found("engagement", "页面上的计数")
	}
	return e
}

func set(count *int64, to int64) {
	if *count == 0 {
		*count = to
	}
}

var stateCounts = map[string]*regexp.Regexp{
	"reposts":  regexp.MustCompile(`"(?:reposts?|share)_?count"\s*:\s*"?(\d+)`),
	"comments": regexp.MustCompile(`"comments?_?count"\s*:\s*"?(\d+)`),
	"likes":    regexp.MustCompile(`"(?:attitudes|likes?|digg)_?count"\s*:\s*"?(\d+)`),
	"views":    regexp.MustCompile(`"(?:read|view|play)s?_?count"\s*:\s*"?(\d+)`),
}

// declaredCounts are those a page that only scripts draw holds as data.
func (p *page) declaredCounts() huiying.Engagement {
	if p.why["text"] != fromState {
		return huiying.Engagement{}
	}
	count := func(kind string) int64 {
		if m := stateCounts[kind].FindStringSubmatch(p.scripts); m != nil {
			n, _ := parseCount(m[1]) // they are digits
			return n
		}
		return 0
	}
	return huiying.Engagement{Views: count("views"), Likes: count("likes"), Comments: count("comments"), Reposts: count("reposts")}
}
