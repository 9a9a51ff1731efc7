package collector

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"huiying"
)

// Article is what a page says, and which rule found each part of it.
type Article struct {
	URL         string             `json:"url"`
	Canonical   string             `json:"canonical,omitempty"` // its own address, as the page names it
	Title       string             `json:"title"`
	Text        string             `json:"text"`
	Author      string             `json:"author,omitempty"`
	Source      string             `json:"source,omitempty"` // whom the page names as its source
	PublishedAt time.Time          `json:"published_at,omitzero"`
	Engagement  huiying.Engagement `json:"engagement,omitzero"` // as the page counts it
	Encoding    string             `json:"encoding"`
	NextPage    string             `json:"next_page,omitempty"` // the address of the article's next page
	Why         map[string]string  `json:"why"`                 // field → the rule that found it
	LeftOut     []LeftOut          `json:"left_out,omitempty"`  // told by [Explain] only
}

// Extract reads the article of a page without knowing the site. It tells in Why how it
// found each part. contentType is the HTTP header, "" when unknown. In order:
//
//  1. Decode (charset.go) and gather what the page tells machines (meta.go).
//  2. The title is the heading that fits what the document calls itself (title.go);
//     where that is the site's name, the line above the text most like a title
//     (heading.go).
//  3. Letters and hotlines are read by their labels (letter.go), questions by
//     schema.org (question.go).
//  4. Else the text stands under the heading: what stands beside it is set aside
//     (beside.go, named.go), then the element is taken where sentences are densest
//     (density.go); readability judges when that is doubtful (content.go). Of a thread
//     the first post counts (thread.go). A page that shows nothing is read from its
//     scripts (state.go).
//  5. Lines of the frame fall away above and below the text (frame.go).
//  6. The date is the one declared, else shown (published.go, visible.go); names and
//     counts stand between heading and text (byline.go, signature.go, spread.go).
func Extract(pageURL string, body []byte, contentType string) (Article, error) {
	return extractAt(pageURL, body, contentType, time.Now())
}

// FetchArticle reads a page from the web and explains its article, for a person
// at a terminal: it obeys robots.txt and all bounds of a [Fetcher], but may read a
// site on that person's own machine.
func FetchArticle(ctx context.Context, address, userAgent string) (Article, error) {
	f := NewFetcher(FetchConfig{UserAgent: userAgent, AllowPrivate: true})
	defer f.Close()
	got, err := f.Get(ctx, address, Validators{})
	if err != nil {
		return Article{}, err
	}
	return Explain(got.URL, got.Body, got.ContentType)
}

// extractAt is Extract at a given time, which "3小时前" counts from.
func extractAt(pageURL string, body []byte, contentType string, now time.Time) (Article, error) {
	p, err := parsePage(pageURL, body, contentType, now)
	if err != nil {
		return Article{}, err
	}
	return p.article(siteRules{})
}

// A page is a parsed document on its way to becoming an [Article].
type page struct {
	url      *url.URL
	doc      *goquery.Document
	encoding string
	now      time.Time
	meta     map[string]string   // lower-case name or property → content
	own      string              // the address it calls its own, as written
	ld       []map[string]any    // schema.org objects, flattened
	scripts  string              // inline scripts, for what only they tell
	dated    *html.Node          // the element that shows the date, when one does
	headed   *html.Node          // the heading that bears the title, when one does
	named    string              // the title, once it is known
	told     string              // the text, once it is known
	sure     bool                // that it is the title: the declared one names the site alone
	lines    []shown             // of the page outside the article, once asked for
	signed   []shown             // what stands between heading and text, once asked for
	answer   *html.Node          // the only answer to a question, when that is the page
	opening  *html.Node          // the first post of a thread, when it is one
	measured map[*html.Node]span // where its parts stand, once asked for
	aside    map[*html.Node]bool // what stands beside the article, once its heading is known
	why      map[string]string
}

// maxScript bounds the inline script text that is searched, in bytes.
const maxScript = 512 << 10

func parsePage(pageURL string, body []byte, contentType string, now time.Time) (*page, error) {
	u, err := url.Parse(pageURL)
	if err != nil {
		return nil, huiying.Invalid("url", "不是合法的网址：%s", huiying.Clip(pageURL, 200))
	}
	if !isText(contentType) || scriptType.MatchString(contentType) {
		return nil, notAPage(pageURL, "是 "+contentType+"，不是网页")
	}
	if isBinary(body) {
		return nil, notAPage(pageURL, "是二进制文件，不是网页")
	}
	text, encoding, how := decodeText(body, contentType)
	root, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, notAPage(pageURL, "网页结构无法解析（"+err.Error()+"）")
	}
	p := &page{url: u, doc: goquery.NewDocumentFromNode(root), encoding: encoding, now: now, why: map[string]string{"encoding": how}}
	p.readMeta()
	return p, nil
}

// scriptType is what browsers run or draw with and no reader reads.
var scriptType = regexp.MustCompile(`(?i)^\s*(?:text|application)/(?:x-)?(?:javascript|ecmascript|css)\b`)

func notAPage(pageURL, message string) error {
	return &Failure{URL: huiying.Clip(pageURL, 300), Message: message, Permanent: true}
}

// article applies the site's own rules first and the general ones where it has none.
func (p *page) article(rules siteRules) (Article, error) {
	a := Article{URL: p.url.String(), Encoding: p.encoding, Why: p.why}
	rules.prepare(p)

	var content *html.Node
	a.Title = p.chosen("title", rules.title, oneLine)
	if rules.text != "" {
		a.Text, content = p.selectedText(rules.text)
	}
	var letter *letter
	if a.Title == "" || a.Text == "" {
		letter = p.letter()
	}
	if a.Title == "" && letter != nil && letter.title != "" {
		p.found("title", "“标题”一栏")
		a.Title = letter.title
	}
	if a.Title == "" {
		a.Title = p.title()
	}
	p.named = a.Title
	if a.Text == "" && letter != nil {
		p.found("text", "来信和答复内容各栏")
		a.Text, content = letter.text, letter.at
	}
	if a.Text == "" {
		a.Text, content = p.content(a.Title)
	}
	p.told = a.Text
	if a.Title == "" || noTitle.MatchString(a.Title) {
		if m := bracketed.FindStringSubmatch(a.Text); m != nil {
			p.found("title", "正文开头的【】")
			a.Title, p.named = m[1], m[1]
		}
	}
	if when := p.chosen("published_at", rules.date, nil); when != "" {
		a.PublishedAt, _ = ParseDate(when, p.now)
	}
	if a.PublishedAt.IsZero() {
		a.PublishedAt = p.published(content)
	}
	a.Author = p.chosen("author", rules.author, cleanName)
	if a.Author == "" {
		a.Author = p.author(content)
	}
	if rules.author == "" { // else the source's setting says who speaks, and nobody asks for more
		if a.Source = p.source(content); a.Source == a.Author {
			a.Author = ""
		}
	}
	a.Engagement = p.engagement(content)
	if rules.articlePages != 1 {
		a.NextPage = p.nextPage()
	}
	a.Canonical = p.canonical()
	if a.Text == "" {
		return a, notAPage(a.URL, "网页里没有找到正文")
	}
	return a, nil
}

// bracketed is how posts without a heading call themselves: 【停水通知】因管道抢修……
var bracketed = regexp.MustCompile(`^【([^【】\n]{2,40})】.`)

// chosen is the first non-empty text or attribute a selector of the source's
// options finds.
func (p *page) chosen(field, selector string, clean func(string) string) string {
	if selector == "" {
		return ""
	}
	for s := range selectedValues(p.doc.Selection, selector) {
		if clean != nil {
			s = clean(s)
		}
		if s = strings.TrimSpace(s); s != "" {
			p.why[field] = "选择器 " + selector
			return s
		}
	}
	return ""
}

func (p *page) selectedText(selector string) (string, *html.Node) {
	css, _ := splitSelector(selector)
	sel := p.doc.Find(css)
	var parts []string
	for _, n := range sel.Nodes {
		if t := plainText(n); t != "" {
			parts = append(parts, t)
		}
	}
	if len(parts) == 0 {
		return "", nil
	}
	p.why["text"] = "选择器 " + selector
	return strings.Join(parts, "\n"), sel.Nodes[0]
}

// splitSelector parts "meta[name=author]@content" into selector and attribute.
func splitSelector(s string) (css, attribute string) {
	if i := strings.LastIndexByte(s, '@'); i > 0 && !strings.ContainsAny(s[i:], `]"'`) {
		return strings.TrimSpace(s[:i]), strings.TrimSpace(s[i+1:])
	}
	return s, ""
}

// selectedValues yields what a selector finds, in the order of the page and no more
// than is asked for.
func selectedValues(in *goquery.Selection, selector string) iter.Seq[string] {
	css, attribute := splitSelector(selector)
	return func(yield func(string) bool) {
		wanted, err := cascadia.ParseGroup(css)
		if err != nil {
			return // refused when the source was saved
		}
		var walk func(n *html.Node) bool
		walk = func(n *html.Node) bool {
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				if c.Type != html.ElementNode {
					continue
				}
				if wanted.Match(c) {
					value := attr(c, attribute)
					if attribute == "" {
						value = plainText(c)
					}
					if !yield(value) {
						return false
					}
				}
				if !walk(c) {
					return false
				}
			}
			return true
		}
		for _, root := range in.Nodes {
			if !walk(root) {
				return
			}
		}
	}
}

// found notes which rule gave a field.
func (p *page) found(field, format string, args ...any) { p.why[field] = fmt.Sprintf(format, args...) }
