package collector

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"huiying"
)

var siteKind = Kind{
	Name: "site", Title: "网站栏目",
	About: "网站没有订阅源时用：读栏目页上的链接，再逐篇打开。不填选择器时自动找链接、自动识别标题、正文和日期",
	Options: []Option{
		{Name: "list", Type: SelectorOption, Example: "ul.news-list li", Meaning: "栏目页上每一条所在的元素，或文章链接本身；不填则自动找出像文章的链接"},
		{Name: "link", Type: SelectorOption, Example: "a.subject", Meaning: "每一条里指向文章的链接；不填则取第一个"},
		{Name: "link_pattern", Type: TextOption, Example: `/\d{4}/\d+\.html$`, Meaning: "只取网址符合这个正则表达式的链接"},
		{Name: "title", Type: SelectorOption, Example: "h1", Meaning: "文章页的标题；不填则自动识别"},
		{Name: "text", Type: SelectorOption, Example: "div.article-content", Meaning: "文章页的正文，匹配多个元素时依次拼接；不填则自动识别"},
		{Name: "date", Type: SelectorOption, Example: "span.time", Meaning: "文章页的发布时间；不填则自动识别"},
		{Name: "author", Type: SelectorOption, Example: "span.author", Meaning: "文章页的作者；不填则自动识别"},
		{Name: "remove", Type: SelectorOption, Example: ".share,.related", Meaning: "文章页上先去掉的元素"},
		{Name: "views", Type: SelectorOption, Example: "span.views", Meaning: "阅读数所在的元素"},
		{Name: "likes", Type: SelectorOption, Example: "span.likes", Meaning: "点赞数所在的元素"},
		{Name: "comments", Type: SelectorOption, Example: "span.replies", Meaning: "评论或回帖数所在的元素"},
		{Name: "reposts", Type: SelectorOption, Example: "span.shares", Meaning: "转发数所在的元素"},
		replyOptions[0], replyOptions[1], replyOptions[2], replyOptions[3], replyOptions[4],
		{Name: "pages", Type: NumberOption, Default: "1", Example: 3, Meaning: "读栏目的前几页，配合 page_url"},
		{Name: "page_url", Type: TextOption, Example: "http://www.example.gov.cn/news/list_{n}.html", Meaning: "栏目第 2 页起的网址，{n} 代表页码"},
		{Name: "article_pages", Type: NumberOption, Default: "5", Example: 1, Meaning: "文章分页时最多接着读几页"},
		maxItems, otherHosts, encodingOption,
	},
	open: openSite,
}

// siteRules are the selectors of one site; an empty one means "find it yourself".
type siteRules struct {
	list, link                        string
	title, text, date, author, remove string
	views, likes, comments, reposts   string
	encoding                          string
	replies                           replyRules
	articlePages                      int
	hosts                             []string // sites beside the source's own whose pages may be read
}

func openSite(opts options, s huiying.Source) (plan, error) {
	rules, err := articleRules(opts)
	if err != nil {
		return plan{}, err
	}
	if rules.replies, err = replyRulesOf(opts); err != nil {
		return plan{}, err
	}
	rules.list, rules.link = opts.text("list"), opts.text("link")
	rules.views, rules.likes, rules.comments, rules.reposts = opts.text("views"), opts.text("likes"), opts.text("comments"), opts.text("reposts")
	limit, err := opts.count("max_items", 1, 1000)
	if err != nil {
		return plan{}, err
	}
	pages, err := opts.count("pages", 1, 100)
	if err != nil {
		return plan{}, err
	}
	if rules.link != "" && rules.list == "" {
		return plan{}, huiying.Invalid("options.link", "link 是在 list 选出的每一条里找链接，请先填写 list")
	}
	if pages > 1 && !strings.Contains(opts.text("page_url"), "{n}") {
		return plan{}, huiying.Invalid("options.page_url", "要读 %d 页，请填写带 {n} 的网址", pages)
	}
	pattern, err := opts.pattern("link_pattern")
	if err != nil {
		return plan{}, err
	}
	list := func(ctx context.Context, v *visit) ([]candidate, error) {
		v.limit = limit
		var items []candidate
		for n := range pages {
			address := s.URL
			if n > 0 {
				address = strings.ReplaceAll(opts.text("page_url"), "{n}", strconv.Itoa(n+1))
			}
			found, changed, err := rules.listPage(ctx, v, address, pattern)
			if err != nil {
				return nil, err
			}
			if !changed {
				break // the newest stand on the first page
			}
			items = append(items, found...)
		}
		return items, nil
	}
	return plan{list: list, page: rules.complete}, nil
}

// articleRules are the options that say how an article's page is read.
func articleRules(opts options) (siteRules, error) {
	r := siteRules{
		title: opts.text("title"), text: opts.text("text"), date: opts.text("date"), author: opts.text("author"), remove: opts.text("remove"),
		encoding: opts.text("encoding"), hosts: strings.Fields(opts.text("hosts")),
	}
	if _, known := encodingOf(r.encoding); r.encoding != "" && known == "" {
		return r, huiying.Invalid("options.encoding", "不认识编码 %q", huiying.Clip(r.encoding, 30))
	}
	var err error
	r.articlePages, err = opts.count("article_pages", 1, 50)
	return r, err
}

// listPage reads the links of one list page.
func (r siteRules) listPage(ctx context.Context, v *visit, address string, pattern *regexp.Regexp) (items []candidate, changed bool, err error) {
	got, err := v.get(ctx, address, true)
	if err != nil || got.NotModified {
		return nil, false, err
	}
	p, err := parsePage(got.URL, got.Body, r.contentType(got.ContentType), v.now())
	if err != nil {
		return nil, false, err
	}
	v.note("编码 %s（%s）", p.encoding, p.why["encoding"])
	links := p.links(r, pattern)
	v.note("找到 %d 个文章链接", len(links))
	hint := "没有找到像文章的链接，请填写 list 选择器"
	if r.list != "" {
		hint = "选择器 " + r.list + " 没有选到文章链接，请核对"
	}
	if v.rendered == nil && p.scripted() {
		hint = "没有找到像文章的链接，" + byScript
	}
	all := len(links)
	links = slices.DeleteFunc(links, func(l link) bool { return !r.opens(got.URL, l.url) })
	if foreign := all - len(links); foreign > 0 {
		hint = fmt.Sprintf("%d 个链接在别的网站上，没有打开；需要时用 hosts 准许", foreign)
		v.note("%s", hint)
	}
	if len(links) == 0 {
		return nil, false, &Failure{URL: got.URL, Message: hint, Permanent: true}
	}
	for _, l := range links {
		post := v.blank()
		post.URL, post.Title = l.url, l.text
		items = append(items, candidate{key: itemKey("", l.url, ""), where: l.url, raw: l.text, post: post, fetch: r.complete, ownPage: true})
	}
	return items, true, nil
}

// contentType lets the encoding of the options win over the header.
func (r siteRules) contentType(header string) string {
	if r.encoding != "" {
		return "text/html; charset=" + r.encoding
	}
	return header
}

func (r siteRules) prepare(p *page) {
	if r.remove != "" {
		p.doc.Find(r.remove).Remove()
	}
}

// complete reads an item's own page. What the list told of it stays where the
// page tells nothing.
func (r siteRules) complete(ctx context.Context, v *visit, post huiying.Post) (huiying.Post, []huiying.Post, error) {
	first, err := r.read(ctx, v, post.URL)
	if err != nil {
		return post, nil, err
	}
	a, replies := first.Article, first.replies
	if v.dry {
		v.note("%s：%s", post.URL, whyText(a.Why))
		if v.dry {
			v.note("没有取的：%s", leftOutText(a))
		}
	}
	seen := map[string]bool{a.URL: true}
	for n := 1; n < r.articlePages && a.NextPage != "" && !seen[a.NextPage]; n++ {
		seen[a.NextPage] = true
		next, err := r.read(ctx, v, a.NextPage)
		if err != nil {
			if permanent(err) {
				break // the link led nowhere; the first pages are good
			}
			return post, nil, err
		}
		a.Text += "\n" + next.Text
		a.NextPage = next.NextPage
		replies = append(replies, next.replies...)
	}
	post.URL = cmp.Or(a.Canonical, post.URL)
	post.Title = cmp.Or(a.Title, post.Title)
	post.Text = a.Text
	post.Author = cmp.Or(a.Author, post.Author)
	if !a.PublishedAt.IsZero() {
		post.PublishedAt = a.PublishedAt
	}
	post.Engagement = post.Engagement.Max(a.Engagement).Max(first.spread)
	return post, replies, nil
}

// A reading is what one page of an article told.
type reading struct {
	Article
	spread  huiying.Engagement
	replies []huiying.Post
}

func (r siteRules) read(ctx context.Context, v *visit, address string) (reading, error) {
	got, err := v.get(ctx, address, false)
	if err != nil {
		return reading{}, err
	}
	p, err := parsePage(got.URL, got.Body, r.contentType(got.ContentType), v.now())
	if err != nil {
		return reading{}, err
	}
	var out reading
	out.spread = huiying.Engagement{
		Views: p.count(r.views), Likes: p.count(r.likes), Comments: p.count(r.comments), Reposts: p.count(r.reposts),
	}
	out.replies = r.replies.take(p, v)
	out.Article, err = p.article(r)
	if v.dry {
		out.LeftOut = p.leftOut(out.Article)
	}
	if why := p.missing(address, out.Article); why != "" {
		return out, &Failure{URL: address, Message: why, Permanent: true, Gone: true}
	}
	if out.Text == "" && v.rendered == nil && p.scripted() {
		return out, notAPage(address, "网页里没有找到正文，"+byScript)
	}
	return out, err
}

const byScript = "内容像是由脚本生成的，可以把类型改为“需脚本的网页”"

// scripted reports whether a page shows next to nothing until its scripts have run.
func (p *page) scripted() bool {
	return p.doc.Find("script").Length() > 0 && runes(plainText(p.doc.Nodes[0])) < fewWords
}

var (
	goneWords = regexp.MustCompile(`(?i)(?:页面|网页|文章|内容|帖子|主题|信息|链接|微博|视频|新闻|稿件).{0,12}(?:不存在|已删除|已被删除|被删除|已被.{0,8}删除|找不到|没有找到|未找到|已下线|已下架|已失效|已撤|已经?关闭)|(?:找不到|没有找到|未找到).{0,8}(?:页面|网页|文章|内容)|404 ?not ?found|page ?not ?found|^ ?404\b`)
	homePath  = regexp.MustCompile(`^/?(?:index\.\w+)?$`)
)

// fewWords is what a page that only says its content is gone does not exceed, in
// characters.
const fewWords = 120

// missing says why a page that was answered with 200 is none: it only tells that
// the content is not there, or it is the front page in its place. "" when it is
// an article.
func (p *page) missing(asked string, a Article) string {
	isHome := func(u *url.URL) bool { return homePath.MatchString(u.Path) && u.RawQuery == "" }
	if u, err := url.Parse(asked); err == nil && isHome(p.url) && !isHome(u) {
		return "转到了网站首页，原来的页面已不在"
	}
	if !a.PublishedAt.IsZero() {
		return ""
	}
	text := cmp.Or(a.Text, plainText(p.doc.Nodes[0]))
	if runes(text) > fewWords {
		return ""
	}
	if said := goneWords.FindString(oneLine(a.Title + " " + text)); said != "" {
		return "页面只说“" + huiying.Clip(said, 30) + "”"
	}
	return ""
}

// count reads the number in the first element of a selector: 3,204 or 1.2万.
func (p *page) count(selector string) int64 {
	if selector == "" {
		return 0
	}
	for s := range selectedValues(p.doc.Selection, selector) {
		if n, ok := parseCount(s); ok {
			return n
		}
	}
	return 0
}

var countForm = regexp.MustCompile(`(\d[\d,]*(?:\.\d+)?)\s*([万亿wWkK]?)`)

// parseCount reads a number as platforms show it: 1,204, 3.5万, 2亿, 12k, 阅读 31.
func parseCount(s string) (int64, bool) {
	m := countForm.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(m[1], ",", ""), 64)
	if err != nil {
		return 0, false
	}
	switch m[2] {
	case "万", "w", "W":
		n *= 1e4
	case "亿":
		n *= 1e8
	case "k", "K":
		n *= 1e3
	}
	if n > 1e15 {
		return 0, false
	}
	return int64(n + 0.5), true
}

func whyText(why map[string]string) string {
	var parts []string
	for _, f := range []struct{ key, label string }{{"encoding", "编码"}, {"title", "标题"}, {"text", "正文"}, {"published_at", "时间"}, {"author", "作者"}} {
		if why[f.key] != "" {
			parts = append(parts, f.label+"由"+why[f.key])
		} else {
			parts = append(parts, "没有找到"+f.label)
		}
	}
	return strings.Join(parts, "；")
}

// leftOutText says which parts of a page are no part of its article, the first few.
func leftOutText(a Article) string {
	const most = 6
	var parts []string
	for _, l := range a.LeftOut[:min(len(a.LeftOut), most)] {
		parts = append(parts, l.Where+"（"+l.Why+"：“"+huiying.Clip(l.Text, 40)+"”）")
	}
	if more := len(a.LeftOut) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("另有 %d 处", more))
	}
	return cmp.Or(strings.Join(parts, "；"), "无")
}

// A link is an address on a list page and its words.
type link struct {
	url, text string
}

// opens reports whether an article at address may be read for a source at
// base: on its own site, or on one the office approved too.
func (r siteRules) opens(base, address string) bool {
	b, err := url.Parse(base)
	if err != nil {
		return false
	}
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (sameSite(b, u) || slices.Contains(r.hosts, strings.ToLower(u.Hostname())))
}

// links are the article links of a list page, in its order, each once.
func (p *page) links(r siteRules, pattern *regexp.Regexp) []link {
	base := p.url
	if href := p.doc.Find("base[href]").First().AttrOr("href", ""); href != "" {
		if u, err := p.url.Parse(href); err == nil {
			base = u
		}
	}
	css, attribute := "a[href]", "href"
	if r.list != "" {
		css, attribute = splitSelector(r.list)
		attribute = cmp.Or(attribute, "href")
	}
	var out []link
	seen := map[string]bool{huiying.AddressKey(p.url.String()): true}
	p.doc.Find(css).Each(func(_ int, s *goquery.Selection) {
		if r.link != "" {
			s = s.Find(r.link).First()
		}
		if s.AttrOr(attribute, "") == "" && attribute == "href" {
			s = s.Find("a[href]").First() // the selector names the entry, not its link
		}
		u, err := base.Parse(strings.TrimSpace(s.AttrOr(attribute, "")))
		if s.AttrOr(attribute, "") == "" || err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return
		}
		u.Fragment = ""
		l := link{url: u.String(), text: oneLine(cmp.Or(s.AttrOr("title", ""), plainTextOf(s)))}
		key := huiying.AddressKey(l.url)
		if seen[key] || pattern != nil && !pattern.MatchString(l.url) {
			return
		}
		if r.list == "" && pattern == nil && articleScore(p.url, u, s, l.text) < 4 {
			return
		}
		seen[key] = true
		out = append(out, l)
	})
	return out[:min(len(out), mostListed)]
}

func plainTextOf(s *goquery.Selection) string {
	if len(s.Nodes) == 0 {
		return ""
	}
	return plainText(s.Nodes[0])
}

var (
	articlePath = regexp.MustCompile(`(?i)(?:20\d\d[-/_]?[01]?\d|/(?:a|c|content|article|news|detail|thread|topic|post|t|p)[-/_]?\d+|\d{3,}|[?&](?:id|tid|aid|newsid|articleid|infoid)=\w+)`)
	filePath    = regexp.MustCompile(`(?i)\.(?:jpe?g|png|gif|webp|svg|mp4|mp3|pdf|docx?|xlsx?|pptx?|zip|rar|apk|exe|css|js|xml|json|rss)$`)
	pagerWords  = regexp.MustCompile(`^(?:首页|上一页|下一页|末页|尾页|更多|more|第?\d+页?|[<>«»\d\s.…]+)$`)
	chromeWords = regexp.MustCompile(`登录|注册|关于我们|联系我们|网站地图|隐私|收藏|客户端|RSS|订阅|ICP备|公网安备|无障碍|版权|举报|投诉指南`)
)

// articleScore says how much a link looks like one to an article: words long
// enough for a headline, an address with a date or number in it, on the same
// site, not in what frames the page.
func articleScore(page, u *url.URL, s *goquery.Selection, text string) int {
	n := runes(text)
	if !sameSite(page, u) || filePath.MatchString(u.Path) || pagerWords.MatchString(text) || n < 4 {
		return 0
	}
	score := 0
	switch {
	case n >= 10:
		score += 3
	case n >= 7:
		score += 2
	}
	if articlePath.MatchString(u.RequestURI()) {
		score += 2
	} else if strings.ContainsAny(u.RequestURI(), "0123456789") {
		score++
	}
	if strings.HasSuffix(u.Path, "html") || strings.HasSuffix(u.Path, ".htm") {
		score++
	}
	if s.Closest("li,h1,h2,h3,h4,article,td,dd,dt").Length() > 0 {
		score++
	}
	if s.Closest("nav,header,footer,aside").Length() > 0 || chromeWords.MatchString(text) {
		score -= 3
	}
	return score
}

// sameSite reports whether two addresses belong to one site: the same host, or
// hosts that share all but their first label (www.x.gov.cn, news.x.gov.cn).
func sameSite(a, b *url.URL) bool {
	if strings.EqualFold(a.Hostname(), b.Hostname()) {
		return true
	}
	if _, err := netip.ParseAddr(a.Hostname()); err == nil {
		return false // numbers share endings by chance
	}
	tail := func(u *url.URL) string {
		h := strings.ToLower(u.Hostname())
		if i := strings.IndexByte(h, '.'); i > 0 && strings.Count(h, ".") >= 2 {
			return h[i:]
		}
		return "." + h
	}
	_, known := commonSuffix[tail(a)]
	return !known && tail(a) == tail(b)
}

// commonSuffix are endings whole registries share.
var commonSuffix = map[string]struct{}{".gov.cn": {}, ".com.cn": {}, ".org.cn": {}, ".net.cn": {}, ".edu.cn": {}, ".com": {}, ".cn": {}, ".net": {}, ".org": {}}
