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

// collect crawls the site of `huiying bench collect` as a program on colly does:
// one request at a time, robots.txt heeded, title, date, author and text by the
// same selectors.
func collect(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: bench collect ADDRESS PAGES")
	}
	pages, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	c := colly.NewCollector(colly.UserAgent("bench"))
	c.IgnoreRobotsTxt = false
	type article struct{ title, date, author, text string }
	var got int
	var failed error
	c.OnHTML("ul.news li a[href]", func(e *colly.HTMLElement) {
		if err := e.Request.Visit(e.Attr("href")); err != nil && failed == nil {
			failed = err
		}
	})
	c.OnHTML("html", func(e *colly.HTMLElement) {
		a := article{e.ChildText("h1"), e.ChildText("span.time"), e.ChildText("span.author"), e.ChildText("div.content")}
		if strings.Contains(e.Request.URL.Path, "/a/") && a.title != "" && a.date != "" && a.text != "" {
			got++
		}
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
	if got != pages {
		return fmt.Errorf("%d articles, want %d", got, pages)
	}
	raw, _ := os.ReadFile("/proc/self/statm")
	var size, resident float64
	_, _ = fmt.Sscan(string(raw), &size, &resident)
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"pages": got, "seconds": took.Seconds(), "rss_mb": resident * float64(os.Getpagesize()) / 1e6})
}
