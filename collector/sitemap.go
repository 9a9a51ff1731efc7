package collector

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"huiying"
)

var sitemapKind = Kind{
	Name: "sitemap", Title: "网站地图",
	About: "网站提供 sitemap.xml 时用：按其中的更新时间找出新页面，再逐篇打开；不必维护栏目页的选择器",
	Options: []Option{
		{Name: "link_pattern", Type: TextOption, Example: `/\d{4}/\d+\.html$`, Meaning: "只取网址符合这个正则表达式的页面"},
		{Name: "days", Type: NumberOption, Default: "3", Example: 7, Meaning: "只取最近几天更新过的页面；没有写更新时间的页面都算新的"},
		{Name: "title", Type: SelectorOption, Example: "h1", Meaning: "文章页的标题；不填则自动识别"},
		{Name: "text", Type: SelectorOption, Example: "div.article-content", Meaning: "文章页的正文；不填则自动识别"},
		{Name: "date", Type: SelectorOption, Example: "span.time", Meaning: "文章页的发布时间；不填则自动识别"},
		{Name: "author", Type: SelectorOption, Example: "span.author", Meaning: "文章页的作者；不填则自动识别"},
		{Name: "remove", Type: SelectorOption, Example: ".share,.related", Meaning: "文章页上先去掉的元素"},
		{Name: "article_pages", Type: NumberOption, Default: "5", Example: 1, Meaning: "文章分页时最多接着读几页"},
		maxItems, otherHosts, encodingOption,
	},
	open: openSitemap,
}

// Bounds of one sitemap (sitemaps.org: 50,000 addresses a file).
const (
	sitemapEntries = 50_000
	sitemapFiles   = 20 // of an index, the latest changed first
)

func openSitemap(opts options, s huiying.Source) (plan, error) {
	rules, err := articleRules(opts)
	if err != nil {
		return plan{}, err
	}
	limit, err := opts.count("max_items", 1, 1000)
	if err != nil {
		return plan{}, err
	}
	days, err := opts.count("days", 1, 3650)
	if err != nil {
		return plan{}, err
	}
	pattern, err := opts.pattern("link_pattern")
	if err != nil {
		return plan{}, err
	}
	list := func(ctx context.Context, v *visit) ([]candidate, error) {
		v.limit = limit
		m := sitemap{rules: rules, pattern: pattern, since: v.now().Add(-time.Duration(days) * 24 * time.Hour)}
		if err := m.read(ctx, v, s.URL, true); err != nil {
			return nil, err
		}
		if m.empty {
			return nil, &Failure{URL: s.URL, Message: "网站地图里没有一个网页的网址，请核对网址", Permanent: true}
		}
		return m.candidates(v)
	}
	return plan{list: list, page: rules.complete}, nil
}

// sitemap gathers the addresses of a sitemap and of the files it points to
// (sitemaps.org, protocol 0.9).
type sitemap struct {
	rules   siteRules
	pattern *regexp.Regexp
	since   time.Time
	found   []sitemapEntry
	old     int
	empty   bool // everything was read, and there was nothing
}

type sitemapEntry struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod"`

	at time.Time // of LastMod; zero when there is none
}

func (m *sitemap) read(ctx context.Context, v *visit, address string, index bool) error {
	got, err := v.get(ctx, address, true)
	if err != nil || got.NotModified {
		return err
	}
	pages, files, err := parseSitemap(got.Body, v.now())
	if err != nil {
		return &Failure{URL: got.URL, Message: "不是可读的网站地图（" + huiying.Clip(oneLine(err.Error()), 100) + "）", Permanent: true, Cause: err}
	}
	v.note("%s 列出 %d 个页面、%d 个分地图", got.URL, len(pages), len(files))
	m.found = append(m.found, pages...)
	if !index {
		return nil
	}
	all := len(files)
	files = slices.DeleteFunc(files, func(e sitemapEntry) bool {
		return !e.at.IsZero() && e.at.Before(m.since) || !m.rules.opens(got.URL, e.Loc)
	})
	slices.SortStableFunc(files, newestEntry)
	for _, f := range files[:min(len(files), sitemapFiles)] {
		if err := m.read(ctx, v, f.Loc, false); err != nil {
			return err
		}
	}
	m.empty = len(m.found) == 0 && len(files) == all && len(v.memory.Lists) == 0
	return nil
}

// candidates are the recent pages, the latest changed first.
func (m *sitemap) candidates(v *visit) ([]candidate, error) {
	slices.SortStableFunc(m.found, newestEntry)
	var items []candidate
	foreign := 0
	for _, e := range m.found {
		switch {
		case !e.at.IsZero() && e.at.Before(m.since):
			m.old++
			continue
		case m.pattern != nil && !m.pattern.MatchString(e.Loc):
			continue
		case !m.rules.opens(v.source.URL, e.Loc):
			foreign++
			continue
		}
		post := v.blank()
		post.URL = e.Loc
		items = append(items, candidate{key: itemKey("", e.Loc, ""), where: e.Loc, raw: e.Loc + " " + e.LastMod, post: post, fetch: m.rules.complete})
	}
	v.note("其中最近更新的 %d 个，较早的 %d 个没有取；别的网站上的 %d 个没有打开", len(items), m.old, foreign)
	if foreign > 0 && foreign == len(m.found) {
		return nil, &Failure{URL: v.source.URL, Message: fmt.Sprintf("列出的 %d 个网址都在别的网站上，没有打开；需要时用 hosts 准许", foreign), Permanent: true}
	}
	return items, nil
}

func newestEntry(a, b sitemapEntry) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(a.Loc, b.Loc)) }

// parseSitemap reads a urlset or a sitemapindex. Entities are not expanded and
// nothing outside the file is read; what is not XML is an error.
func parseSitemap(body []byte, now time.Time) (pages, files []sitemapEntry, err error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.Strict = false
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) { return in, nil } // addresses are ASCII
	root := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read XML: %w", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if root == "" {
			root = start.Name.Local
			if root != "urlset" && root != "sitemapindex" {
				return nil, nil, fmt.Errorf("根元素是 %s，应为 urlset 或 sitemapindex", huiying.Clip(root, 30))
			}
			continue
		}
		if start.Name.Local != "url" && start.Name.Local != "sitemap" {
			continue
		}
		var e sitemapEntry
		if err := d.DecodeElement(&e, &start); err != nil {
			return nil, nil, fmt.Errorf("read entry %d: %w", len(pages)+len(files)+1, err)
		}
		if e.Loc = strings.TrimSpace(e.Loc); e.Loc == "" {
			continue
		}
		if e.LastMod = strings.TrimSpace(e.LastMod); e.LastMod != "" {
			e.at, _ = ParseDate(e.LastMod, now) // unreadable counts as none: the page is looked at
		}
		if start.Name.Local == "url" {
			pages = append(pages, e)
		} else {
			files = append(files, e)
		}
		if len(pages)+len(files) >= sitemapEntries {
			break
		}
	}
	if root == "" {
		return nil, nil, errors.New("没有内容")
	}
	return pages, files, nil
}
