package collector

import (
	"testing"

	"huiying"
)

func TestCountsAreReadByTheirWords(t *testing.T) {
	for line, want := range map[string]huiying.Engagement{
		"2026-03-05 10:00 来源：交城新闻网 阅读 1.2万": {Views: 12_000},
		"浏览次数：[2,210] 字号：大 中 小":             {Views: 2210},
		"转发 32 评论 101 赞 88":                 {Reposts: 32, Comments: 101, Likes: 88},
		"6210 阅读 38 回复":                     {Views: 6210, Comments: 38},
		"字数 812 阅读 55":                      {Views: 55},
		"网友跟帖 (42)":                         {Comments: 42},
		"33评论 12赞 分享":                       {Comments: 33, Likes: 12},
		"回复于 2026-03-05 10:00":              {},
		"粉丝 2.1万 获赞 43.7万":                  {},
		"3楼 2小时前 回复":                        {},
		"已回复：6498":                          {},
	} {
		if got := countsIn(line); got != want {
			t.Errorf("%s: %+v, want %+v", line, got, want)
		}
	}
}

func TestExtractReadsThePageCounts(t *testing.T) {
	const page = `<html><head><title>东关街晚上烧烤摊太吵了 - 交城论坛</title></head><body><h1>东关街晚上烧烤摊太吵了</h1><div class="info">夜不能寐 发表于 2026-03-04 23:15 <span>查看: <em>321</em></span> <span>回复: <em>2</em></span></div><div class="post"><p>` + sentence + sentence + `</p></div><div class="bar"><a>赞 12</a></div><div class="comments"><h3>全部评论 2</h3><div class="comment-item"><a>甲</a><p>我家也是，吵得不行。</p><span>赞 99</span></div></div></body></html>`
	a, err := extractAt("http://a.example/t-1.html", []byte(page), "", testNow)
	if err != nil {
		t.Fatal(err)
	}
	if want := (huiying.Engagement{Views: 321, Likes: 12, Comments: 2}); a.Engagement != want {
		t.Errorf("%+v, want %+v", a.Engagement, want)
	}
}
