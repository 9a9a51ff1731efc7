package collector

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"huiying"
)

// One page of a site whose selectors are known, from bytes to an accepted post.
func BenchmarkArticleBySelectors(b *testing.B) {
	frame := strings.Repeat(`<li><a href="/about/1.html">政务公开</a></li>`, 60)
	text := strings.Repeat(sentence, 30)
	body := fmt.Appendf(nil, `<html><head><meta charset="utf-8"><title>供暖_示例网</title></head><body><ul class="nav">%s</ul><h1>天宁镇供暖管道漏水正在抢修</h1><p><span class="time">2026-03-05 09:30</span> <span class="author">李记者</span></p><div class="content">%s</div><div class="footer">版权所有</div></body></html>`, frame, text)
	intake := huiying.Intake{Region: "141122", Key: []byte("k"), Now: func() time.Time { return testNow }}
	rules := siteRules{title: "h1", text: "div.content", date: "span.time", author: "span.author"}
	for b.Loop() {
		p, err := parsePage("http://a.example/a/1.html", body, "text/html; charset=utf-8", testNow)
		if err != nil {
			b.Fatal(err)
		}
		a, err := p.article(rules)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := intake.Accept(huiying.Post{URL: a.URL, Title: a.Title, Text: a.Text, Author: a.Author, PublishedAt: a.PublishedAt}); err != nil {
			b.Fatal(err)
		}
	}
}
