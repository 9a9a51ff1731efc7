package collector

import (
	"regexp"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"huiying"
)

// What a page's author called its parts: 导航, 评论, 版权 in the names of classes.

var (
	junkName    = regexp.MustCompile(`(?:^|[ _-])(?:nav|menu|footer?|foot|copyright|crumb\w*|breadcrumb\w*|related?|recommend\w*|relate|hot|rank\w*|sidebar|side|aside|share\w*|toolbar|login|search|advert\w*|ads?|banner|qrcode|pagination|pager|page-?nav|declare|disclaimer|statement|shengming|mianze|tags?|prev-?next|sign(?:ature)?|kefu|friend-?links?)(?:$|[ _-])`)
	repliesName = regexp.MustCompile(`(?:^|[ _-])(?:repl(?:y|ies)|comments?|huifu|pinglun)(?:[ _-]?(?:list|box|area|wrap|item)s?)?(?:$|[ _-])`)
	frameName   = regexp.MustCompile(`(?:^|[ _-])(?:footer?|foot|copyright|statement|declare|disclaimer|shengming|mianze)(?:$|[ _-])`)
	creditName  = regexp.MustCompile(`(?:^|[ _-])(?:editor|zebian)(?:$|[ _-])`)
	smallPrint  = regexp.MustCompile(`免责声明|版权所有|不承担.{0,12}责任|侵权必究|ICP备|All [Rr]ights [Rr]eserved`)
)

// junk reports whether the page itself calls n something beside the article.
func junk(n *html.Node) bool {
	name := named(n)
	return len(name) > 1 && len(name) < 120 && n.DataAtom != atom.Body &&
		(junkName.MatchString(name) || replies(n) || creditName.MatchString(name) && shortText(n) != "") // an editor with much to say is the one of the CMS
}

// replies reports whether the page calls n comments.
func replies(n *html.Node) bool {
	return n.DataAtom != atom.Body && repliesName.MatchString(named(n)) && !answered.MatchString(huiying.Clip(plainText(n), 60))
}

// answered begins what an office replies, which is a part of the letter.
var answered = regexp.MustCompile(`^[^，。！？]{0,30}(?:[局委办院部镇乡]|中心|政府|公司|街道)\s*(?:官方|的)?(?:回复|答复)|^官方(?:回复|答复)`)
