package collector

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	readability "codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"huiying"
)

// Bounds of automatic extraction.
const (
	maxElements    = 50_000    // of a page the fall-back reads
	maxReadable    = 512 << 10 // bytes of text; its time grows with text times nesting
	trustedRunes   = 200       // the general extractor is sure of articles at least this long
	nearlyAll      = 0.7       // of a text: what is more is the frame around the article
	beside         = 0.15      // of a text, in sentences the densest element has not: they are the article's
	paragraphRunes = 8         // a shorter line counts only beside longer ones
)

// content is the article's text and the element it stands in. Long articles
// are read by readability; short ones (notices, forum posts), which it
// mistakes for decoration, by where the page's sentences are densest.
func (p *page) content(title string) (string, *html.Node) {
	if text, at := p.question(); text != "" {
		return text, at
	}
	if at := p.anchor(title); at != nil {
		p.headed = at
	}
	p.aside = p.beside(p.headed)
	dense, thread := p.densest()
	if p.headed != nil && title != "" && inReplies(dense, p.headed) {
		p.found("text", "除评论外只有标题")
		return title, p.headed
	}
	if under := p.underHeading(dense, title); under != nil {
		if text := p.articleText(under, title); text != "" {
			p.found("text", "标题之下的元素 %s", describe(under))
			return text, under
		}
	}
	ownText := p.articleText(dense, title)
	if text, linked := p.readable(); text != "" && !thread && !p.surelyAll(dense, ownText) {
		text = bare(text, title)
		n, own := runes(text), runes(ownText)
		if n >= trustedRunes && 2*n >= own && (own > n || float64(own) < nearlyAll*float64(n-linked) && float64(sentencesBeside(text, ownText)) > beside*float64(n)) {
			p.found("text", "readability")
			return text, p.around(text, dense)
		}
	}
	if ownText == "" && p.headed != nil && runes(title) >= trustedRunes/20 && p.doc.Find("video").Length() > 0 {
		p.found("text", "除视频外只有标题")
		return title, p.headed
	}
	if ownText == "" {
		if text := p.stateText(); text != "" {
			p.found("text", fromState)
			return text, nil
		}
	}
	if ownText != "" {
		p.found("text", "文字最密的元素 %s", describe(dense))
	}
	return ownText, dense
}

// inReplies reports whether n stands in what the page calls comments, and the heading
// does not: then the heading is all somebody wrote, as under a video.
func inReplies(n, heading *html.Node) bool {
	for up := n; up != nil && up.DataAtom != atom.Body; up = up.Parent {
		if repliesName.MatchString(named(up)) {
			return !within(heading, up)
		}
	}
	return false
}

// question reads the page of a question that says so in schema.org's words: what was
// asked, unless it is cut short, and the answer when the page shows a single one.
func (p *page) question() (string, *html.Node) {
	var asked, answer *html.Node
	answers := 0
	for _, n := range p.doc.Find(`[itemtype$="/Question"] [itemprop=text]`).Nodes {
		if of := answerOf(n); of == nil {
			asked = cmp.Or(asked, n)
		} else if answers++; answers == 1 {
			answer = n
			p.answer = of
		}
	}
	if answers != 1 {
		answer, p.answer = nil, nil
	}
	var text string
	if asked != nil {
		if text = plainText(asked); answer != nil && strings.HasSuffix(text, "…") {
			text, asked = "", nil
		}
	}
	switch {
	case asked == nil && answer == nil:
		return "", nil
	case answer == nil:
		p.found("text", "schema.org Question")
		return text, asked
	case asked == nil:
		p.found("text", "schema.org Answer")
		return plainText(answer), answer
	}
	p.found("text", "schema.org Question 和 Answer")
	return text + "\n" + plainText(answer), answer
}

// answerOf is the schema.org answer n stands in, nil when it stands in none.
func answerOf(n *html.Node) *html.Node {
	for up := n; up != nil; up = up.Parent {
		if strings.HasSuffix(attr(up, "itemtype"), "/Answer") {
			return up
		}
	}
	return nil
}

// surelyAll reports whether the densest element is surely all of the article: it stands
// under the heading and is long.
func (p *page) surelyAll(dense *html.Node, text string) bool {
	return p.headed != nil && dense != nil && runes(text) >= trustedRunes && !within(p.headed, dense) && p.spans()[p.headed].to < p.spans()[dense].from
}

// readable is what readability takes for the article, and how many of its
// characters stand in links.
func (p *page) readable() (text string, linked int) {
	parser := readability.NewParser()
	parser.CharThresholds = 100
	parser.MaxElemsToParse = maxElements
	// replies are sentences too, and in a thread there are more of them
	doc := cloneWithout(p.doc.Nodes[0], func(n *html.Node) bool {
		return p.aside[n] || container(n) && n.DataAtom != atom.Body && (repliesName.MatchString(named(n)) && junk(n) || frameName.MatchString(named(n)))
	})
	size := 0
	for n := range doc.Descendants() {
		if n.Type == html.TextNode {
			size += len(n.Data)
		}
	}
	if size > maxReadable {
		return "", 0
	}
	a, err := parser.ParseDocument(doc, p.url)
	if err != nil || a.Node == nil {
		return "", 0
	}
	return plainText(a.Node), linkedRunes(a.Node)
}

var (
	junkName    = regexp.MustCompile(`(?:^|[ _-])(?:nav|menu|footer?|foot|copyright|crumb\w*|breadcrumb\w*|related?|recommend\w*|relate|hot|rank\w*|sidebar|side|aside|share\w*|toolbar|login|search|advert\w*|ads?|banner|qrcode|pagination|pager|page-?nav|declare|disclaimer|statement|shengming|mianze|tags?|prev-?next|sign(?:ature)?|kefu|friend-?links?)(?:$|[ _-])`)
	repliesName = regexp.MustCompile(`(?:^|[ _-])(?:repl(?:y|ies)|comments?|huifu|pinglun)(?:[ _-]?(?:list|box|area|wrap|item)s?)?(?:$|[ _-])`)
	frameName   = regexp.MustCompile(`(?:^|[ _-])(?:footer?|foot|copyright|statement|declare|disclaimer|shengming|mianze)(?:$|[ _-])`)
	creditName  = regexp.MustCompile(`(?:^|[ _-])(?:editor|zebian)(?:$|[ _-])`)
	smallPrint  = regexp.MustCompile(`免责声明|版权所有|不承担.{0,12}责任|侵权必究|ICP备|All [Rr]ights [Rr]eserved`)
)

// densest is the element that holds the page's sentences and little else: from
// the body downwards as long as one child holds nearly all of them.
// thread tells that it is the opening post of one.
func (p *page) densest() (n *html.Node, thread bool) {
	body := p.doc.Find("body").First()
	if len(body.Nodes) == 0 {
		return nil, false
	}
	return p.densestIn(body.Nodes[0])
}

func (p *page) densestIn(n *html.Node) (_ *html.Node, thread bool) {
	weight := p.weights(n)
	if weight[n] <= 0 {
		return nil, false
	}
	for {
		var heaviest *html.Node
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.ElementNode && (heaviest == nil || weight[c] > weight[heaviest]) {
				heaviest = c
			}
		}
		if first := p.firstOfThread(n); first != nil {
			n, thread = first, true
			p.opening = first
			for c := first.NextSibling; c != nil && p.aside != nil; c = c.NextSibling {
				p.aside[c] = true
			}
			continue
		}
		const most = 0.6 // of the parent's weight
		if heaviest == nil || weight[heaviest] < most*weight[n] || dataTable(n) || !container(heaviest) && heaviest.DataAtom != atom.Tr {
			for n.Parent != nil && partOfText(n) {
				n = n.Parent
			}
			return n, thread
		}
		n = heaviest
	}
}

// weights are the weights of the elements under n: without what the page's names set
// beside the article, unless they mislead and it calls its article something such.
// Comments are believed to be comments as long as there is another word.
func (p *page) weights(n *html.Node) map[*html.Node]float64 {
	const few = 0.2 // of the text
	article, unanswered := make(map[*html.Node]float64), make(map[*html.Node]float64)
	most := p.weighText(n, unanswered, 0, replies)
	if p.weighText(n, article, 0, junk) >= few*most && most > 0 {
		return article
	}
	if most >= leastSpoken {
		return unanswered
	}
	all := make(map[*html.Node]float64)
	p.weighText(n, all, 0, func(*html.Node) bool { return false })
	return all
}

// partOfText reports whether n is made of what texts are made of, so that more of
// the text may stand beside it.
func partOfText(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Ul, atom.Ol, atom.Dl, atom.Table, atom.Tbody, atom.Tr, atom.Blockquote, atom.P, atom.Span, atom.Pre, atom.Figure:
		return true
	}
	return false
}

// dataTable reports whether n is a table of facts, not of the page's layout: rows of
// a name or two and short cells.
func dataTable(n *html.Node) bool {
	const (
		most = 300 // characters of a cell
		name = 12
	)
	if n.DataAtom != atom.Table {
		return false
	}
	rows := 0
	for tr := range n.Descendants() {
		if tr.DataAtom == atom.Table {
			return false
		}
		if tr.DataAtom != atom.Tr {
			continue
		}
		if postDate.MatchString(plainText(tr)) {
			return false // an old forum
		}
		cells, first := 0, 0
		for c := range tr.ChildNodes() {
			if c.DataAtom != atom.Td && c.DataAtom != atom.Th {
				continue
			}
			n := runes(plainText(c))
			if n > most {
				return false
			}
			if n > 0 {
				if cells++; cells == 1 {
					first = n
				}
			}
		}
		if cells > 1 && first <= name {
			rows++
		}
	}
	return rows > 2
}

// container reports whether n may be the whole of an article: paragraphs and
// inline elements are parts of one.
func container(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Span:
		return brokenLines(n)
	case atom.A, atom.B, atom.Strong, atom.Em, atom.I, atom.Font, atom.U, atom.Blockquote, atom.H1, atom.H2, atom.H3, atom.Li, atom.Tr:
		return false
	}
	return blocks[n.DataAtom] || n.DataAtom == atom.Td || n.DataAtom == 0
}

// brokenLines reports whether n holds paragraphs that are parted by line breaks.
func brokenLines(n *html.Node) bool {
	breaks := 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Br {
			breaks++
		}
	}
	return breaks > 1
}

// weighText gives every element the weight of the sentences under it: characters
// outside links, more when they are punctuated, none in what the page itself
// calls navigation, related pages, comments.
func (p *page) weighText(n *html.Node, weight map[*html.Node]float64, depth int, beside func(*html.Node) bool) float64 {
	if n.Type == html.TextNode {
		s := strings.TrimSpace(n.Data)
		count := utf8.RuneCountInString(s)
		if count == 0 || smallPrint.MatchString(s) {
			return 0
		}
		marks := strings.Count(s, "，") + strings.Count(s, "。") + strings.Count(s, "！") + strings.Count(s, "？") + strings.Count(s, "；") + strings.Count(s, "、")
		if count < paragraphRunes && marks == 0 {
			return 0.1 * float64(count)
		}
		return float64(count) * (1 + float64(min(marks, count/8)))
	}
	if depth > 500 || n.Type != html.ElementNode || unread[n.DataAtom] || p.aside[n] {
		return 0
	}
	switch n.DataAtom {
	case atom.A, atom.Nav, atom.Footer, atom.Aside:
		return 0
	}
	if beside(n) {
		return 0
	}
	if hidden(n) {
		return 0
	}
	sum := 0.0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		sum += p.weighText(c, weight, depth+1, beside)
	}
	weight[n] = sum
	return sum
}

// hidden reports whether a page shows n only when somebody asks for it.
func hidden(n *html.Node) bool {
	return strings.Contains(strings.ReplaceAll(attr(n, "style"), " ", ""), "display:none")
}

// hiddenRest is the element after n that is made like it and hidden: the rest of a
// text that is shown when somebody asks for it. It is nil when there is none.
func hiddenRest(n *html.Node) *html.Node {
	next := n.NextSibling
	for next != nil && next.Type != html.ElementNode {
		next = next.NextSibling
	}
	if next == nil || next.Data != n.Data || !hidden(next) {
		return nil
	}
	a, b := strings.Fields(attr(n, "class")), strings.Fields(attr(next, "class"))
	if len(a) == 0 || len(b) == 0 || a[0] != b[0] {
		return nil
	}
	return next
}

// underHeading is the element under the page's heading that its title speaks of,
// when the densest element stands elsewhere and speaks of something else: what
// stands beside a short notice is often longer. Else it is nil.
func (p *page) underHeading(dense *html.Node, title string) *html.Node {
	if p.headed == nil || dense == nil {
		return nil
	}
	const (
		least   = 0.3  // of the title's pairs of characters in the text it heads
		nothing = 0.15 // at most, in a text it does not
	)
	if runes(title) < 4 || share(title, pairsOf(sentences(dense, p.headed))) > nothing {
		return nil
	}
	for n := p.headed.Parent; n != nil && n.DataAtom != atom.Body && !within(dense, n); n = n.Parent {
		if text := sentences(n, p.headed); runes(text) >= 4*paragraphRunes && (p.sure || share(title, pairsOf(text)) >= least) {
			under, _ := p.densestIn(n)
			return under
		}
	}
	return nil
}

// sentences is the punctuated text under n outside a heading.
func sentences(n, heading *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && strings.ContainsAny(d.Data, "，。！？；") && !within(d, heading) && (d.Parent == nil || !unread[d.Parent.DataAtom]) {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

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

// speaks reports whether sentences stand under n outside its heading.
func speaks(n, heading *html.Node) bool { return sentences(n, heading) != "" }

// articleText is the text of an element without the parts that are no article:
// what stands in links only, and what the page calls something else.
func (p *page) articleText(n *html.Node, title string) string {
	if n == nil {
		return ""
	}
	kept := cloneWithout(n, func(c *html.Node) bool {
		if p.aside[c] {
			return true
		}
		switch c.DataAtom {
		case atom.H1, atom.Nav, atom.Footer, atom.Aside, atom.Form:
			return true
		}
		if junk(c) {
			return true
		}
		if c.DataAtom == atom.Ul || c.DataAtom == atom.Ol || c.DataAtom == atom.Div || c.DataAtom == atom.P || c.DataAtom == atom.Dl {
			return linkShare(c) > 0.7
		}
		return false
	})
	text := bare(plainText(kept), title)
	if rest := hiddenRest(n); rest != nil {
		text += "\n" + plainText(rest)
	}
	for _, a := range p.attached(n) {
		text += "\n" + plainText(a)
	}
	return text
}

// attached are the elements after n, beside it or beside what holds it, that name
// the files published with a text.
func (p *page) attached(n *html.Node) []*html.Node {
	const (
		up      = 3
		longest = 400 // characters of a list of files
	)
	var out []*html.Node
	for i := 0; i < up && n != nil && n.DataAtom != atom.Body; i, n = i+1, n.Parent {
		for next := n.NextSibling; next != nil; next = next.NextSibling {
			if next.Type != html.ElementNode || p.aside[next] || unread[next.DataAtom] {
				continue
			}
			if text := plainText(next); attachment.MatchString(text) && runes(text) <= longest {
				out = append(out, next)
			}
		}
	}
	return out
}

// attachment begins a list of files: 附件：1.…
var attachment = regexp.MustCompile(`^(?:相关)?附\s*件(?:下载)?\s*[:：\d一二三\n]`)

func cloneWithout(n *html.Node, drop func(*html.Node) bool) *html.Node {
	c := &html.Node{Type: n.Type, Data: n.Data, DataAtom: n.DataAtom, Attr: n.Attr}
	for k := n.FirstChild; k != nil; k = k.NextSibling {
		if k.Type == html.ElementNode && (unread[k.DataAtom] || drop(k)) {
			continue
		}
		c.AppendChild(cloneWithout(k, drop))
	}
	return c
}

// linkShare is the share of n's characters that stand in links, 0…1; 0 when
// there is no text.
func linkShare(n *html.Node) float64 {
	all := 0
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			all += runes(d.Data)
		}
	}
	if all == 0 {
		return 0
	}
	return float64(linkedRunes(n)) / float64(all)
}

// document is the address of a file: an attachment is a part of the article.
var document = regexp.MustCompile(`(?i)\.(?:pdf|docx?|xlsx?|pptx?|wps|et|ofd|zip|rar|7z|csv|txt)(?:$|[?#])`)

// linkedRunes counts the characters under n that stand in links to other pages.
func linkedRunes(n *html.Node) int {
	linked := 0
	for d := range n.Descendants() {
		if d.DataAtom != atom.A || document.MatchString(attr(d, "href")) {
			continue
		}
		for t := range d.Descendants() {
			if t.Type == html.TextNode {
				linked += runes(t.Data)
			}
		}
	}
	return linked
}

// around is the element of our own document that holds a text readability
// found in its copy: the one that holds both its first and last paragraph.
func (p *page) around(text string, otherwise *html.Node) *html.Node {
	var want []string
	for line := range strings.SplitSeq(text, "\n") {
		if runes(line) >= 2*paragraphRunes {
			want = append(want, squeeze(line))
		}
	}
	if len(want) == 0 {
		return otherwise
	}
	first, last := p.holding(want[0]), p.holding(want[len(want)-1])
	for n := first; n != nil; n = n.Parent {
		if within(last, n) && n.Type == html.ElementNode && container(n) {
			return n
		}
	}
	return otherwise
}

// holding is the text node that begins a paragraph.
func (p *page) holding(paragraph string) *html.Node {
	for n := range p.doc.Nodes[0].Descendants() {
		if n.Type != html.TextNode || n.Parent != nil && (unread[n.Parent.DataAtom] || n.Parent.DataAtom == atom.Title) {
			continue
		}
		if s := squeeze(n.Data); runes(s) >= 4 && strings.HasPrefix(paragraph, s) {
			return n
		}
	}
	return nil
}

// describe names an element as a selector would: div#content.article.
func describe(n *html.Node) string {
	s := n.Data
	if id := attr(n, "id"); id != "" {
		s += "#" + id
	}
	if class := strings.Fields(attr(n, "class")); len(class) > 0 {
		s += "." + class[0]
	}
	return s
}
