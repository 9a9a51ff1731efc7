package collector

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
)

// A feed of 100 articles with their text as HTML, as news sites send it, read by
// gofeed alone, by us into gofeed's items, and by us into posts.
func BenchmarkFeed(b *testing.B) {
	var feed strings.Builder
	feed.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>示例网</title><link>http://a.example/</link>`)
	for i := range 100 {
		fmt.Fprintf(&feed, `<item><title>第 %d 篇：%s</title><link>http://a.example/%d.html</link><guid>g%d</guid><pubDate>Thu, 05 Mar 2026 09:30:00 +0800</pubDate><author>李记者</author><description><![CDATA[%s]]></description></item>`,
			i, sentence, i, i, strings.Repeat("<p>"+sentence+"</p><img src=\"a.png\"/>", 20))
	}
	feed.WriteString(`</channel></rss>`)
	body := []byte(feed.String())
	v := &visit{now: func() time.Time { return testNow }}
	const contentType = "application/xml; charset=utf-8"
	works := []struct {
		name string
		do   func() error
		took time.Duration
	}{
		{name: "gofeed", do: func() error {
			_, err := gofeed.NewParser().Parse(bytes.NewReader(body))
			return err
		}},
		{name: "read", do: func() error {
			text, _, _ := decodeText(body, contentType)
			_, err := readFeed(text)
			return err
		}},
		{name: "posts", do: func() error {
			_, err := parseFeed(v, Fetched{URL: "http://a.example/rss", Body: body, ContentType: contentType})
			return err
		}},
	}
	for b.Loop() { // by turns, so that what else the machine does falls on all
		for i := range works {
			start := time.Now()
			if err := works[i].do(); err != nil {
				b.Fatal(err)
			}
			works[i].took += time.Since(start)
		}
	}
	for _, w := range works {
		b.ReportMetric(float64(w.took)/float64(works[0].took), w.name+"/gofeed")
	}
}
