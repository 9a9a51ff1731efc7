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
	About: "网站提供 sitemap.xml 时用：按其中的更新时间找出新页面，再逐篇打开；不必维护栏目页的选择器。压缩的（.xml.gz）、分成多个的（最多三层）、新闻专用的都能读；分地图的更新时间没有变就不再读。网址填网站首页时，用 robots.txt 里 Sitemap 一行所写的，没有则用 /sitemap.xml",
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

// Bounds of one reading.
const (
	sitemapEntries = 50_000 // in all files together; sitemaps.org allows as many in one
	sitemapFiles   = 20     // beside the first, the latest changed first
	sitemapDepth   = 3      // an index of indexes of files
	sitemapSettled = 48 * time.Hour
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
		starts, err := sitemapsOf(ctx, v, s.URL, m.rules)
		if err != nil {
			return nil, err
		}
		for _, address := range starts {
			if err := m.read(ctx, v, sitemapEntry{Loc: address}, sitemapDepth); err != nil {
				return nil, err
			}
		}
		if len(m.found) == 0 && v.trouble != nil {
			return nil, v.trouble
		}
		if len(m.found) == 0 && !m.spared && len(v.memory.Lists) == 0 {
			return nil, &Failure{URL: s.URL, Message: "网站地图里没有一个网页的网址，请核对网址", Permanent: true}
		}
		return m.candidates(v)
	}
	return plan{list: list, page: rules.complete}, nil
}

// sitemapsOf is where reading begins: at the address itself, or for a site's front
// page at what its robots.txt names (sitemaps.org, "Specifying the Sitemap location").
func sitemapsOf(ctx context.Context, v *visit, address string, rules siteRules) ([]string, error) {
	u, err := checkURL(address)
	if err != nil {
		return nil, err
	}
	if !homePath.MatchString(u.Path) || u.RawQuery != "" {
		return []string{address}, nil
	}
	named, err := v.fetcher.robots.sitemaps(ctx, u)
	if err != nil {
		return nil, err
	}
	named = slices.DeleteFunc(slices.Clone(named), func(loc string) bool { return !rules.opens(address, loc) })
	if len(named) == 0 {
		return []string{u.Scheme + "://" + u.Host + "/sitemap.xml"}, nil
	}
	v.note("robots.txt 写明的网站地图：%s", strings.Join(named, "、"))
	return named[:min(len(named), sitemapFiles)], nil
}

// sitemap gathers the addresses of a sitemap and of the files it points to
// (sitemaps.org, protocol 0.9).
type sitemap struct {
	rules   siteRules
	pattern *regexp.Regexp
	since   time.Time
	found   []sitemapEntry
	files   []string // read, or left because nothing changed in them
	old     int
	spared  bool // a file was left so, or held only old ones
}

type sitemapEntry struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod"`
	News    struct {
		Date  string `xml:"publication_date"`
		Title string `xml:"title"`
	} `xml:"news"`

	at time.Time // of LastMod, or of the news; zero when there is neither
}

// read takes in one file and those it points to. One of these that cannot be read
// does not keep the others from it.
func (m *sitemap) read(ctx context.Context, v *visit, file sitemapEntry, depth int) error {
	if slices.Contains(m.files, file.Loc) {
		return nil // it points to itself, or two point to it
	}
	m.files = append(m.files, file.Loc)
	if v.unchanged(file) {
		m.spared = true
		v.note("%s 的更新时间没有变，没有读", file.Loc)
		return nil
	}
	got, err := v.getMap(ctx, file.Loc)
	if err != nil || got.NotModified {
		return err
	}
	pages, files, err := parseSitemap(got.Body, v.now())
	if err != nil {
		return &Failure{URL: got.URL, Message: "不是可读的网站地图（" + huiying.Clip(oneLine(err.Error()), 100) + "）", Permanent: true, Cause: err}
	}
	if file.LastMod != "" {
		v.mods[file.Loc] = file.LastMod
	}
	v.note("%s 列出 %d 个页面、%d 个分地图", got.URL, len(pages), len(files))
	m.found = append(m.found, pages[:min(len(pages), sitemapEntries-len(m.found))]...)
	if depth <= 1 {
		return nil
	}
	all := len(files)
	files = slices.DeleteFunc(files, func(e sitemapEntry) bool {
		return !e.at.IsZero() && e.at.Before(m.since) || !m.rules.opens(got.URL, e.Loc)
	})
	m.spared = m.spared || len(files) < all
	slices.SortStableFunc(files, newestEntry)
	for _, f := range files {
		if len(m.files) > sitemapFiles || len(m.found) >= sitemapEntries {
			v.note("分地图太多，只读了 %d 个", len(m.files))
			break
		}
		if err := m.read(ctx, v, f, depth-1); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			v.note("%v", err)
			v.trouble = err
		}
	}
	return nil
}

// unchanged reports whether a sitemap's file is as it was when all of it was
// settled, by the time its index gives. A day without an hour tells so only when it
// is over.
func (v *visit) unchanged(file sitemapEntry) bool {
	if file.LastMod == "" || v.memory.Mods[file.Loc] != file.LastMod || !hasClock(file.at) && v.now().Sub(file.at) < sitemapSettled {
		return false
	}
	v.mods[file.Loc] = file.LastMod
	if known, ok := v.memory.Lists[file.Loc]; ok {
		v.fresh[file.Loc] = known
	}
	return true
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
		post.URL, post.Title = e.Loc, oneLine(e.News.Title)
		if hasClock(e.at) && e.News.Date != "" {
			post.PublishedAt = e.at
		}
		items = append(items, candidate{key: itemKey("", e.Loc, ""), where: e.Loc, raw: e.Loc + " " + e.LastMod, post: post, fetch: m.rules.complete, ownPage: true})
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
	body = bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))
	if tricky(body) {
		return nil, nil, errTricky
	}
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
		e.LastMod, e.News.Date = strings.TrimSpace(e.LastMod), strings.TrimSpace(e.News.Date)
		if when := cmp.Or(e.News.Date, e.LastMod); when != "" {
			e.at, _ = ParseDate(when, now) // unreadable counts as none: the page is looked at
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
