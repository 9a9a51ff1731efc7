package collector

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"

	"huiying"
)

var feedKind = Kind{
	Name: "feed", Title: "订阅源",
	About: "网站提供 RSS、Atom 或 JSON Feed 时首选：最省流量，也最稳定",
	Options: []Option{
		maxItems, otherHosts,
		{Name: "full", Type: SwitchOption, Example: true, Meaning: "订阅源只有摘要时，再打开每条的网页取全文"},
		{Name: "text", Type: SelectorOption, Example: "div.article-content", Meaning: "取全文时正文所在的元素；不填则自动识别"},
		{Name: "remove", Type: SelectorOption, Example: ".share,.related", Meaning: "取全文时先去掉的元素"},
	},
	open: openFeed,
}

func openFeed(opts options, s huiying.Source) (plan, error) {
	limit, err := opts.count("max_items", 1, 1000)
	if err != nil {
		return plan{}, err
	}
	full, rules := opts.flag("full"), siteRules{text: opts.text("text"), remove: opts.text("remove"), articlePages: 5, hosts: strings.Fields(opts.text("hosts"))}
	var page completion
	if full {
		page = rules.complete
	}
	list := func(ctx context.Context, v *visit) ([]candidate, error) {
		v.limit = limit
		got, err := v.get(ctx, s.URL, true)
		if err != nil || got.NotModified {
			return nil, err
		}
		items, err := parseFeed(v, got)
		if err != nil {
			return nil, err
		}
		if full {
			for i := range items {
				if rules.opens(s.URL, items[i].post.URL) {
					items[i].fetch, items[i].ownPage, items[i].spare = page, true, true
				}
			}
		}
		return items, nil
	}
	return plan{list: list, page: page}, nil
}

var xmlEncoding = regexp.MustCompile(`^(\s*<\?xml[^>]{0,200}?)\s+encoding\s*=\s*["'][^"']*["']`)

func parseFeed(v *visit, got Fetched) ([]candidate, error) {
	text, encoding, how := decodeText(got.Body, got.ContentType)
	v.note("编码 %s（%s）", encoding, how)
	text = xmlEncoding.ReplaceAll(text, []byte("$1")) // it is UTF-8 now
	feed, err := readFeed(text)
	if err != nil {
		return nil, &Failure{URL: got.URL, Message: "不是可读的 RSS、Atom 或 JSON Feed（" + huiying.Clip(oneLine(err.Error()), 100) + "）", Permanent: true, Cause: err}
	}
	v.note("%s %s，共 %d 条", feed.FeedType, feed.FeedVersion, len(feed.Items))
	base, err := url.Parse(got.URL)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", got.URL, err)
	}
	items := make([]candidate, 0, len(feed.Items))
	for i, it := range feed.Items {
		items = append(items, feedItem(v, base, it, i))
	}
	return items, nil
}

// feedDepth bounds the nesting of a feed's elements. gofeed reads extensions by
// calling itself, and a stack that overflows ends the process past any recover.
const feedDepth = 200

// readFeed keeps a broken feed from ending the process: gofeed v1.4.2 panics on
// an item that is null.
func readFeed(text []byte) (feed *gofeed.Feed, err error) {
	text = withoutControls(text) // as gofeed reads it
	if tricky(text) {
		return nil, errTricky
	}
	if depth, items := outline(text); depth > feedDepth {
		return nil, fmt.Errorf("元素套了 %d 层以上", feedDepth)
	} else if items > mostListed {
		return nil, fmt.Errorf("条目超过 %d 个", mostListed)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read feed: %v", r)
		}
	}()
	parser := gofeed.NewParser()
	parser.RSSTranslator = &gofeed.DefaultRSSTranslator{DisableContentImageScan: true} // it would parse every text for a picture
	return parser.Parse(bytes.NewReader(text))
}

func feedItem(v *visit, base *url.URL, it *gofeed.Item, i int) candidate {
	p := v.blank()
	p.Title = oneLine(fragmentText(it.Title))
	p.Text = fragmentText(cmp.Or(it.Content, it.Description))
	if p.Text == "" {
		p.Text = p.Title // a headline is all it tells
	}
	if len(it.Authors) > 0 && it.Authors[0] != nil {
		p.Author = oneLine(it.Authors[0].Name)
	} else if it.DublinCoreExt != nil && len(it.DublinCoreExt.Creator) > 0 {
		p.Author = oneLine(it.DublinCoreExt.Creator[0])
	}
	link := strings.TrimSpace(it.Link)
	if link == "" && strings.HasPrefix(it.GUID, "http") {
		link = it.GUID
	}
	if link != "" {
		if u, err := base.Parse(link); err == nil && u.Host != "" {
			p.URL = u.String()
		}
	}
	c := candidate{post: p, where: cmp.Or(p.URL, fmt.Sprintf("%s 第 %d 条", v.source.URL, i+1)), raw: it}
	c.key = itemKey(it.GUID, p.URL, p.Title+"\x00"+p.Text)
	c.post.PublishedAt, c.err = feedDate(it, v.now())
	return c
}

// feedDate reads the date again: gofeed takes a time without a zone for UTC,
// eight hours off, and does not read Chinese dates. A date that is there but
// unreadable is an error; none at all is not.
func feedDate(it *gofeed.Item, now time.Time) (time.Time, error) {
	written := ""
	for _, s := range []string{it.Published, dublinDate(it), it.Updated} {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		if t, ok := ParseDate(s, now); ok {
			return t, nil
		}
		written = cmp.Or(written, s)
	}
	if it.PublishedParsed != nil {
		return it.PublishedParsed.In(huiying.Beijing), nil
	}
	if written != "" {
		return time.Time{}, huiying.Invalid("published_at", "认不出发布时间 %q", huiying.Clip(written, 60))
	}
	return time.Time{}, nil
}

func dublinDate(it *gofeed.Item) string {
	if it.DublinCoreExt != nil && len(it.DublinCoreExt.Date) > 0 {
		return it.DublinCoreExt.Date[0]
	}
	return ""
}
