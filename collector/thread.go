package collector

import (
	"regexp"
	"slices"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Threads of forums: rows of posts made alike, of which the first is the article.

var (
	floorDate = regexp.MustCompile(`\d{1,4}[-/年月]\d{1,2}(?:[-/月日]\d{1,2}日?)?\s+\d{1,2}:\d{2}|\d+\s*(?:分钟|小时|天)前|[昨前]天\s*\d{1,2}:\d{2}|(?:\d+|[一二三四五六七八九十])楼`)
	isoDate   = regexp.MustCompile(`(?:19|20)\d\d[-/]\d{1,2}[-/]\d{1,2}`)
	postDate  = regexp.MustCompile(`发[贴帖表布](?:时间|于)`)
	serial    = regexp.MustCompile(`\d+`)
)

// firstOfThread is the opening post when n's children are the posts of a
// thread: two or more of one make, each with its own date or floor (3楼), and
// perhaps one of another make before them. It is nil for anything else.
func (p *page) firstOfThread(n *html.Node) *html.Node {
	posts := make(map[string][]*html.Node)
	var order []string
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		row := c.DataAtom == atom.Tr && postDate.MatchString(plainText(c))
		if c.Type == html.ElementNode && (row || piece(c) && len(named(c)) > 1) && !p.aside[c] {
			k := kind(c)
			if posts[k] == nil {
				order = append(order, k)
			}
			posts[k] = append(posts[k], c)
		}
	}
	for _, k := range order {
		same := posts[k]
		other := func(c *html.Node) bool {
			text := plainText(c)
			return !floorDate.MatchString(text) && (len(same) < 4 || !isoDate.MatchString(text))
		}
		if len(same) < 2 || len(same) > 200 {
			continue
		}
		if replies := same[1:]; !slices.ContainsFunc(replies, other) && (len(replies) > 1 || !other(same[0])) {
			if p.headed != nil && within(p.headed, same[0]) && len(same) > 2 && !speaks(same[0], p.headed) {
				return same[1] // the first is the thread's title
			}
			return same[0] // the opening post may have its date above it
		}
	}
	return nil
}
