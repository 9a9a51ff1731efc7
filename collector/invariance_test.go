package collector

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// What changes nothing for a reader must change nothing for the extraction, on
// nearly all pages: each change names the share that must stand.
var harmless = []struct {
	name   string
	change func(page string) []byte
	least  float64
}{
	{"more boxes around the page", wrapped, 0.99},
	{"no white space between tags", func(s string) []byte { return []byte(betweenTags.ReplaceAllString(s, "><")) }, 0.98},
	{"a line end after each tag of a block", func(s string) []byte { return []byte(blockEnd.ReplaceAllString(s, "$0\n")) }, 0.98},
	{"tags in capitals", func(s string) []byte { return []byte(tagName.ReplaceAllStringFunc(s, strings.ToUpper)) }, 0.99},
	{"ends left out that HTML does not ask for", func(s string) []byte { return []byte(optionalEnd.ReplaceAllString(s, "")) }, 0.97},
	{"other names of classes", func(s string) []byte { return []byte(classes.ReplaceAllStringFunc(s, renamed)) }, 0.95},
	{"a long list of links below", func(s string) []byte { return beforeEnd(s, sidebar(80)) }, 0.98},
	{"a long list of links above", func(s string) []byte { return afterBegin(s, sidebar(80)) }, 0.98},
	{"many comments below", func(s string) []byte { return beforeEnd(s, talk(40)) }, 0.97},
	{"UTF-8 called GB2312", func(s string) []byte { return declared(s, "gb2312") }, 0.99},
	{"UTF-8 without a word", func(s string) []byte { return declared(s, "") }, 0.99},
	{"GBK called UTF-8", func(s string) []byte { return inGBK(declared(s, "utf-8")) }, 0.99},
	{"GBK without a word", func(s string) []byte { return inGBK(declared(s, "")) }, 0.99},
	{"GBK called Big5", func(s string) []byte { return inGBK(declared(s, "big5")) }, 0.99},
}

func TestWhatAReaderDoesNotSeeChangesNothing(t *testing.T) {
	pages := knownPages(t)
	for i, c := range harmless {
		t.Run(c.name, func(t *testing.T) {
			pages := pages
			if !*eachPage {
				pages = third(pages, i)
			}
			stands := 0
			for _, p := range pages {
				got, _ := extractAt(p.URL, c.change(p.page), "", p.Now)
				if p.want.Title == got.Title && p.want.PublishedAt.Equal(got.PublishedAt) && (p.want.Text == got.Text || pairF1(p.want.Text, got.Text) >= 0.99) {
					stands++
					continue
				}
				t.Logf("%s: title %q → %q, date %v → %v, content %.3f", p.ID, p.want.Title, got.Title, p.want.PublishedAt, got.PublishedAt, pairF1(p.want.Text, got.Text))
			}
			t.Logf("%d of %d pages", stands, len(pages))
			if float64(stands) < c.least*float64(len(pages)) {
				t.Errorf("it should be %.0f %%", 100*c.least)
			}
		})
	}
}

// eachPage tries each change on each page: 4,000 readings, minutes under the race detector.
var eachPage = flag.Bool("each", false, "every change on every page, not on a third of them")

func third(pages []knownPage, from int) []knownPage {
	var out []knownPage
	for i := from % 3; i < len(pages); i += 3 {
		out = append(out, pages[i])
	}
	return out
}

// A knownPage is one of our own pages as UTF-8, and what is read from it unchanged.
type knownPage struct {
	goldPage
	page string
	want Article
}

func knownPages(t *testing.T) []knownPage {
	t.Helper()
	var pages []knownPage
	const heavy = 20 << 10 // bytes: of the pages as heavy as real ones, reading them this often takes minutes
	add := func(gold goldPage, body []byte) {
		text, _, _ := decodeText(body, "")
		if len(text) > heavy {
			return
		}
		if gold.URL == "" {
			gold.URL = "http://www.example.com/"
		}
		if gold.Now.IsZero() {
			gold.Now = roundNow.Add(365 * 24 * time.Hour)
		}
		want, err := extractAt(gold.URL, text, "text/html; charset=utf-8", gold.Now)
		if err != nil {
			return // counted by the tests of the sets
		}
		pages = append(pages, knownPage{gold, string(text), want})
	}
	sets, _ := filepath.Glob("testdata/*/gold.jsonl") // both patterns are sound
	more, _ := filepath.Glob("testdata/rounds/*/gold.jsonl")
	for _, set := range slices.Concat(sets, more) {
		f, err := os.Open(set)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 4<<20)
		for lines.Scan() {
			var gold goldPage
			if err := json.Unmarshal(lines.Bytes(), &gold); err != nil {
				t.Fatal(err)
			}
			body, err := readPage(filepath.Join(filepath.Dir(set), gold.File))
			if err != nil {
				t.Fatal(err)
			}
			add(gold, body)
		}
		_ = f.Close() // only read
	}
	for _, file := range []string{"1.tmpl", "2.tmpl", "3.tmpl"} {
		for _, p := range round(t, file) {
			add(p.goldPage, p.body)
		}
	}
	return pages
}

var (
	betweenTags = regexp.MustCompile(`>[ \t\r\n]+<`)
	blockEnd    = regexp.MustCompile(`(?i)</(?:div|p|td|tr|table|ul|ol|li|h1|h2|h3|section|article)>`)
	tagName     = regexp.MustCompile(`</?(?:div|p|td|tr|table|ul|ol|li|h[1-6]|section|article|span|a|body|head|title|html|meta|br|img)\b`)
	optionalEnd = regexp.MustCompile(`(?i)</(?:p|li|td|th|tr|dt|dd|tbody|body|html)>`)
	classes     = regexp.MustCompile(`(?i)\sclass\s*=\s*"[^"]*"`)
	charsets    = regexp.MustCompile(`(?i)<meta[^>]*charset[^>]*>`)
	bodyBegins  = regexp.MustCompile(`(?i)<body[^>]*>`)
	bodyEnds    = regexp.MustCompile(`(?i)</body>`)
)

func wrapped(s string) []byte {
	root, err := html.Parse(strings.NewReader(s))
	if err != nil {
		return []byte(s)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "body" {
			continue
		}
		for range 4 {
			box := &html.Node{Type: html.ElementNode, Data: "div"}
			for c := n.FirstChild; c != nil; c = n.FirstChild {
				n.RemoveChild(c)
				box.AppendChild(c)
			}
			n.AppendChild(box)
		}
		break
	}
	var out bytes.Buffer
	if html.Render(&out, root) != nil {
		return []byte(s)
	}
	return out.Bytes()
}

// renamed gives each class a name that says nothing, the same one wherever it stands.
func renamed(attribute string) string {
	at := strings.IndexByte(attribute, '"')
	names := strings.Fields(strings.Trim(attribute[at:], `"`))
	for i, n := range names {
		sum := 0
		for _, b := range []byte(n) {
			sum = sum*31%1_000_003 + int(b)
		}
		names[i] = ""
		for ; sum > 0; sum /= 26 {
			names[i] += string(rune('a' + sum%26))
		}
	}
	return ` class="` + strings.Join(names, " ") + `"`
}

func sidebar(n int) string {
	var b strings.Builder
	b.WriteString(`<div class="side"><h3>最新动态</h3><ul>`)
	for i := range n {
		fmt.Fprintf(&b, `<li><a href="/list/%d.html">青岭县召开第%d次秋粮收储工作调度会，部署下一步任务</a><span>2026-02-%02d</span></li>`, i, i+1, i%28+1)
	}
	return b.String() + `</ul></div>`
}

func talk(n int) string {
	var b strings.Builder
	b.WriteString(`<div class="comments"><h3>网友评论</h3>`)
	for i := range n {
		fmt.Fprintf(&b, `<div class="comment-item"><a href="/u/%d">路过的人%d</a><p>说得好，我们那里也是这样，打了好几次电话都没有人管，希望早点解决。</p><span>2026-02-%02d 10:%02d</span></div>`, i, i, i%28+1, i)
	}
	return b.String() + `</div>`
}

func beforeEnd(s, what string) []byte {
	if at := bodyEnds.FindStringIndex(s); at != nil {
		return []byte(s[:at[0]] + what + s[at[0]:])
	}
	return []byte(s + what)
}

func afterBegin(s, what string) []byte {
	if at := bodyBegins.FindStringIndex(s); at != nil {
		return []byte(s[:at[1]] + what + s[at[1]:])
	}
	return []byte(what + s)
}

// declared is a page that calls its encoding so, "" for not at all.
func declared(s, charset string) []byte {
	s = charsets.ReplaceAllString(s, "")
	if charset == "" {
		return []byte(s)
	}
	meta := `<meta charset="` + charset + `">`
	if at := regexp.MustCompile(`(?i)<head[^>]*>`).FindStringIndex(s); at != nil {
		return []byte(s[:at[1]] + meta + s[at[1]:])
	}
	return []byte(meta + s)
}

func inGBK(s []byte) []byte {
	out, err := simplifiedchinese.GB18030.NewEncoder().Bytes(s)
	if err != nil {
		return s
	}
	return out
}
