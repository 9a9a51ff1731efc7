package collector

import (
	"cmp"
	"strings"
	"time"

	"golang.org/x/net/html"

	"huiying"
)

// LeftOut is a part of a page that is none of its article, and why.
type LeftOut struct {
	Where string `json:"where"` // the element, as a selector would name it
	Why   string `json:"why"`   // Chinese
	Text  string `json:"text"`  // its beginning
}

// Explain is [Extract] that also tells what it left out, and which parts it looked
// for in vain: for a person who tries a page.
func Explain(pageURL string, body []byte, contentType string) (Article, error) {
	p, err := parsePage(pageURL, body, contentType, time.Now())
	if err != nil {
		return Article{}, err
	}
	a, err := p.article(siteRules{})
	for _, f := range []struct{ key, value string }{{"title", a.Title}, {"text", a.Text}, {"author", a.Author}, {"source", a.Source}} {
		if f.value == "" {
			a.Why[f.key] = cmp.Or(a.Why[f.key], "没有找到")
		}
	}
	if a.PublishedAt.IsZero() {
		a.Why["published_at"] = "没有找到"
	}
	a.LeftOut = p.leftOut(a)
	return a, err
}

// leftOut lists the largest parts of a page that are not in its article.
func (p *page) leftOut(a Article) []LeftOut {
	const (
		most  = 20
		least = 8 // characters
	)
	text := squeeze(a.Text)
	var out []LeftOut
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		for c := n.FirstChild; c != nil && len(out) < most; c = c.NextSibling {
			if c.Type != html.ElementNode || unread[c.DataAtom] {
				continue
			}
			shown := plainText(c)
			switch {
			case runes(shown) < least || strings.Contains(text, squeeze(shown)):
			case p.holdsPart(c, text):
				walk(c)
			case container(c) || blocks[c.DataAtom]:
				out = append(out, LeftOut{Where: describe(c), Why: p.unwanted(c, a), Text: huiying.Clip(oneLine(shown), 60)})
			}
		}
	}
	for _, body := range p.doc.Find("body").First().Nodes {
		walk(body)
	}
	return out
}

// holdsPart reports whether a line of the article's text stands under n.
func (p *page) holdsPart(n *html.Node, text string) bool {
	for line := range strings.SplitSeq(plainText(n), "\n") {
		if line = squeeze(line); runes(line) >= 2*paragraphRunes && strings.Contains(text, line) {
			return true
		}
	}
	return false
}

// unwanted says why n is no part of the article.
func (p *page) unwanted(n *html.Node, a Article) string {
	switch shown := plainText(n); {
	case hidden(n):
		return "网页上不显示"
	case repliesName.MatchString(named(n)):
		return "网页称之为评论或回复；要采集，填写 replies"
	case n.Data == "nav" || n.Data == "footer" || n.Data == "aside" || junk(n):
		return "网页称之为导航、推荐、分享、版权之类"
	case smallPrint.MatchString(shown) || endLine.MatchString(shown):
		return "署名、声明或版权"
	case linkShare(n) > 0.7:
		return "多为链接"
	case a.Title != "" && strings.Contains(squeeze(shown), squeeze(a.Title)) && runes(shown) < runes(a.Title)+120:
		return "标题和署名，另行读取"
	case floorDate.MatchString(shown) && strings.ContainsAny(shown, "，。！？"):
		return "带时间的其他条目，如回帖；要采集，填写 replies"
	case floorDate.MatchString(shown) && runes(shown) < 80:
		return "署名，另行读取"
	}
	return "在正文元素之外"
}
