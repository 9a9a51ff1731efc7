package collector

import (
	"encoding/json"
	"regexp"
	"strings"
)

// What pages that scripts draw hold as data: the article a second time, or, before a
// browser has drawn it, the only time.

var (
	stateTitle = regexp.MustCompile(`(?i)["']?\b(?:article_?|news_?)?title["']?\s*[:=]\s*["']([^"'<>\\]{4,100})["']`)
	stateText  = regexp.MustCompile(`(?i)"(?:text|content|article_?content|html_?content|body|desc)"\s*:\s*("(?:[^"\\]|\\.)*")`)
	stateName  = regexp.MustCompile(`"(?:screen_name|nick_?name|author_?name)"\s*:\s*"([^"\\]{2,30})"`)
)

const fromState = "脚本里的数据"

// stateTitles are what the page's scripts call a title.
func (p *page) stateTitles() map[string]bool {
	const most = 50
	titles := make(map[string]bool)
	for _, m := range stateTitle.FindAllStringSubmatch(p.scripts, most) {
		titles[squeeze(m[1])] = true
	}
	return titles
}

// stateText is the longest text in the scripts of a page that shows none.
func (p *page) stateText() string {
	const (
		most  = 200
		least = 30 // characters
	)
	best := ""
	for _, m := range stateText.FindAllStringSubmatch(p.scripts, most) {
		var raw string
		if json.Unmarshal([]byte(m[1]), &raw) != nil {
			continue
		}
		if text := fragmentText(raw); len(text) > len(best) && runes(text) >= least && strings.ContainsAny(text, "，。！？") {
			best = text
		}
	}
	return best
}
