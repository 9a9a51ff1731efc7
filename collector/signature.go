package collector

import (
	"cmp"
	"iter"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A signature is what stands between a heading and its text, or around the date:
// who wrote it, when, how often it was read. Most platforms write it without labels,
// so that a name is told by what it is not.

// signature are the pieces of text of the page's signature, in its order.
func (p *page) signature(content *html.Node) []shown {
	if p.signed != nil {
		return p.signed
	}
	p.signed = []shown{}
	const most = 40
	heading := p.titleNode()
	took := make(map[*html.Node]bool)
	take := func(n *html.Node) {
		if text := oneLine(n.Data); text != "" && !took[n] && len(p.signed) < most {
			took[n] = true
			p.signed = append(p.signed, shown{n.Parent, text})
		}
	}
	for n := range textsUnder(p.opening) {
		if within(n, content) {
			break
		}
		take(n)
	}
	if box := p.common(p.dated, content); box != nil && !within(content, p.dated) {
		var before []*html.Node
		for n := range textsUnder(box) {
			if within(n, content) || len(before) > most/3 || endsSpoken.MatchString(n.Data) {
				break
			}
			before = append(before, n)
		}
		for _, n := range before {
			if len(before) <= most/3 && !within(n, heading) {
				take(n)
			}
		}
	}
	if p.dated != nil && !within(p.dated, heading) {
		for n := range textsUnder(p.line(p.dated, heading, content)) {
			if within(n, content) {
				break
			}
			if !within(n, heading) {
				take(n)
			}
		}
	}
	if heading != nil && p.precedes(heading, content) || within(heading, content) {
		after := false
		for n := range textsUnder(p.doc.Nodes[0]) {
			if within(n, heading) {
				after = true
				continue
			}
			if !after {
				continue
			}
			if !within(heading, content) && within(n, content) || endsSpoken.MatchString(n.Data) || len(p.signed) == most {
				break
			}
			take(n)
		}
	}
	return p.signed
}

// textsUnder are the pieces of text a reader sees under n.
func textsUnder(n *html.Node) iter.Seq[*html.Node] {
	return func(yield func(*html.Node) bool) {
		if n == nil {
			return
		}
		for d := range n.Descendants() {
			if d.Type == html.TextNode && d.Parent != nil && !unread[d.Parent.DataAtom] && d.Parent.DataAtom != atom.Title && strings.TrimSpace(d.Data) != "" && !yield(d) {
				return
			}
		}
	}
}

// line is the largest element around a date that still is a line, and holds neither
// heading nor text.
func (p *page) line(date, heading, content *html.Node) *html.Node {
	const most = 60 // characters
	n := date
	for up := n.Parent; up != nil && up.DataAtom != atom.Body && !within(heading, up) && !within(content, up) && !insideList(up); up = up.Parent {
		if text := shortText(up); text == "" || runes(text) > most {
			break
		}
		n = up
	}
	return n
}

// titleNode is the element that shows the title, nil when none does.
func (p *page) titleNode() *html.Node {
	if p.headed != nil {
		return p.headed
	}
	for _, n := range p.doc.Find("h1").First().Nodes {
		return n
	}
	return nil
}

var (
	signatureGap = regexp.MustCompile(`[|｜·•丨,，、/／]|\s+`)
	nameForm     = regexp.MustCompile(`^[\p{Han}A-Za-z0-9_·@*＊-]{2,16}$`)
	notName      = regexp.MustCompile(`^(?:\d.*|[A-Za-z]{1,2}|.*(?:阅读|浏览|点击|评论|回复|分享|收藏|字[号体数]|打印|关闭|关注|举报|点赞|喜欢|转[发载]|认证|账号|创作者|发[布表]|来[自源]|楼主|沙发|只看|[倒正]序|播放|[收试]听|下载|APP|App|首页|返回|更多|保存|复制|扫码|分类|类[型别]|级别|编辑|审[核签校]|积分|时间|日期|年|作者|人气|次数|展开|收起|切换|语音|朗读|听新闻|放大|缩小|附件|栏目|频道|当前|位置|标签|等级|会员|注册|登录|设置|所在地?|星期.|已\p{Han}{1,3}).*|第?\d*楼|[上下前后]一?[版篇页条]|(?:标题|版面)导航|原创|独家|深度|求助|投诉|咨询|建议|微信号|[大中小]{1,3}|默认|超大|[上下]午|刚刚|[昨前今]天.*|时政|要闻|新闻|文章|通知公告|正文|详情|微信|微博|QQ空间|新浪微博|朋友圈)$`)
	provinces    = regexp.MustCompile(`^(?:北京|天津|河北|山西|内蒙古|辽宁|吉林|黑龙江|上海|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|重庆|四川|贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆|香港|澳门|台湾)[省市]?$`)
	writerName   = regexp.MustCompile(`author|writer|user|nick|poster|byline`)
	originName   = regexp.MustCompile(`source|(?:^|[ _-])src|media|laiyuan|origin`)
	penLabel     = regexp.MustCompile(`(?:^|[\s|｜])(?:撰文|文字|文|图|图文|摄影)\s*[/／|｜:：]\s*([\p{Han}·]{2,4})(?:$|\s)|(?:^|[\s|｜/])[\p{Han}]{0,4}(?:记者|通讯员)\s+([\p{Han}·]{2,4})(?:$|\s)|(?:^|\s)記者([\p{Han}]{2,4})\s*[∕/／╱]`)
)

// unlabelled are the first names of a writer and of a medium in the signature that
// stand behind no label: pieces that are no date, count, place or button.
func (p *page) unlabelled(content *html.Node) (writer, medium string) {
	const near = 3 // pieces from the date
	parts := p.signature(content)
	date := slices.IndexFunc(parts, func(s shown) bool { return within(s.in, p.dated) })
	labelled := false // by the piece before: 来自 iPhone
	for i, part := range parts {
		before := labelled
		labelled = labelEnd.MatchString(part.text)
		class := named(part.in)
		if (date < 0 || i < date-near || i > date+near) && !originName.MatchString(class) && !writerName.MatchString(class) && (p.opening == nil || !within(part.in, p.opening)) {
			continue
		}
		if before || tooLong(part.text, 60) || p.aside[part.in] && !within(part.in, p.opening) {
			continue
		}
		if at := dateLabel.FindStringIndex(part.text); at != nil && at[0] > 0 && (at[1] < len(part.text) || strings.HasSuffix(part.text, "于")) {
			part.text = part.text[:at[0]] // 老张 发表于 昨天
		} else if at != nil && at[0] == 0 || sourceLabel.MatchString(part.text) {
			continue
		}
		for _, piece := range signatureGap.Split(part.text, -1) {
			piece = strings.Trim(piece, " 　【】[]（）()<>《》“”")
			if !nameForm.MatchString(piece) || notName.MatchString(piece) || provinces.MatchString(piece) || noName.MatchString(piece) {
				continue
			}
			if mediaName.MatchString(piece) || p.ofSite(piece) || originName.MatchString(class) && !writerName.MatchString(class) {
				medium = cmp.Or(medium, piece)
			} else {
				writer = cmp.Or(writer, piece)
			}
		}
	}
	return writer, medium
}

var labelEnd = regexp.MustCompile(`[:：]$|来[自源]$|发布于$|^由$`)

// ofSite reports whether a name is the last part of the document's title, where sites
// set theirs.
func (p *page) ofSite(name string) bool {
	rest, ends := strings.CutSuffix(oneLine(p.doc.Find("title").First().Text()), name)
	return ends && strings.TrimRight(rest, " -_|—–｜－") != rest
}

// penName is the name behind 文/, 记者 in the signature.
func (p *page) penName(content *html.Node) string {
	for _, part := range p.signature(content) {
		if m := penLabel.FindStringSubmatch(part.text); m != nil && !tooLong(part.text, 60) {
			return m[1] + m[2] + m[3]
		}
	}
	return ""
}
