package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gocolly/colly/v2"
)

// A record is what the peer makes of a page, as Huiying makes a post of it.
type record struct {
	address, title, author, text string
	published                    time.Time
}

// collect crawls the site of `huiying bench collect` as a program on colly does:
// one request at a time, robots.txt heeded, the same bounds, title, date, author and
// text by the same selectors, the page's canonical address, each page once.
func collect(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: bench collect ADDRESS PAGES")
	}
	pages, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	c := colly.NewCollector(colly.UserAgent("bench"), colly.MaxBodySize(8<<20))
	c.IgnoreRobotsTxt = false
	c.SetRequestTimeout(30 * time.Second)
	zone := time.FixedZone("CST", 8*3600)
	known := make(map[string]bool)
	var failed error
	note := func(err error) {
		if failed == nil {
			failed = err
		}
	}
	c.OnHTML("ul.news li a[href]", func(e *colly.HTMLElement) {
		if err := e.Request.Visit(e.Attr("href")); err != nil {
			note(err)
		}
	})
	c.OnHTML("html", func(e *colly.HTMLElement) {
		if !strings.Contains(e.Request.URL.Path, "/a/") {
			return
		}
		r := record{address: e.Request.URL.String(), title: e.ChildText("h1"), author: e.ChildText("span.author"), text: e.ChildText("div.content")}
		if own := e.ChildAttr(`link[rel="canonical"]`, "href"); own != "" {
			r.address = e.Request.AbsoluteURL(own)
		}
		var err error
		if r.published, err = time.ParseInLocation("2006-01-02 15:04", e.ChildText("span.time"), zone); err != nil {
			note(err)
		}
		if r.title == "" || r.author == "" || r.text == "" {
			note(fmt.Errorf("%s: something is missing", r.address))
		}
		known[r.address] = true
	})
	start := time.Now()
	for section := range pages / 1000 {
		for page := range 10 {
			if err := c.Visit(fmt.Sprintf("%s/list/%d/%d", args[0], section, page+1)); err != nil {
				return err
			}
		}
	}
	took := time.Since(start)
	if failed != nil {
		return failed
	}
	if len(known) != pages {
		return fmt.Errorf("%d articles, want %d", len(known), pages)
	}
	raw, _ := os.ReadFile("/proc/self/statm")
	var size, resident float64
	_, _ = fmt.Sscan(string(raw), &size, &resident)
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"pages": len(known), "seconds": took.Seconds(), "rss_mb": resident * float64(os.Getpagesize()) / 1e6})
}
