package collector

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"huiying"
)

func TestExtractFindsThePartsOfAPage(t *testing.T) {
	now := testNow
	long := strings.Repeat(sentence, 6)
	for name, c := range map[string]struct {
		html                        string
		title, date, author, source string
		textHas, textLacks          string
	}{
		"a portal's page with standard meta": {
			`<html><head><title>关于城区集中供暖的通告-交城县人民政府</title><meta name="ArticleTitle" content="关于城区集中供暖的通告"><meta name="PubDate" content="2026-03-01 08:00"><meta name="ContentSource" content="县住建局"></head><body><div class="nav">首页 > 政务公开 > 通知公告</div><div id="zoom">` + long + `</div><div class="footer">版权所有：交城县人民政府办公室</div></body></html>`,
			"关于城区集中供暖的通告", "2026-03-01 08:00:00", "", "县住建局", "漏水", "版权所有",
		},
		"a forum thread with a short post": {
			`<html><head><title>东关街晚上烧烤摊太吵了 - 交城论坛</title></head><body><div class="nav"><a href="/">论坛首页</a></div><h1>东关街晚上烧烤摊太吵了</h1><div class="author">楼主：夜不能寐 发表于 昨天 23:15 阅读 321</div><div class="post"><p>每天到半夜两点，孩子没法睡，打了几次电话也没人管，到底谁来管管？</p></div><div class="comments"><p>一楼：我家也是，吵得不行，天天这样，谁受得了啊。</p></div></body></html>`,
			"东关街晚上烧烤摊太吵了", "2026-03-04 23:15:00", "夜不能寐", "", "到底谁来管管", "一楼",
		},
		"a thread whose floors look alike": {
			`<html><head><title>东关街晚上烧烤摊太吵了 - 交城论坛</title></head><body><h1>东关街晚上烧烤摊太吵了</h1><div id="postlist"><div id="post_11" class="plhin"><div class="pi">发表于 2026-03-04 22:10</div><div class="t_f">每天到半夜两点，孩子没法睡，打了几次电话也没人管，到底谁来管管？</div></div><div id="post_12" class="plhin"><div class="pi">发表于 2026-03-04 22:30</div><div class="t_f">我家也是，吵得不行，天天这样，谁受得了啊，真的是太不像话了，希望有关部门来看看。</div></div><div id="post_13" class="plhin"><div class="pi">发表于 2026-03-04 23:30</div><div class="t_f">顶。</div></div></div></body></html>`,
			"东关街晚上烧烤摊太吵了", "2026-03-04 22:10:00", "", "", "到底谁来管管", "受得了",
		},
		"a page that tells in JSON-LD": {
			`<html><head><title>t</title><script type="application/ld+json">{"@graph":[{"@type":"NewsArticle","headline":"我县启动森林防火检查","datePublished":"2026-02-20T10:00:00+08:00","author":{"name":"赵记者"},"publisher":{"name":"吕梁日报"}}]}</script></head><body><div>` + long + `</div></body></html>`,
			"我县启动森林防火检查", "2026-02-20 10:00:00", "赵记者", "吕梁日报", "漏水", "datePublished",
		},
		"a date in the address only": {
			`<html><head><title>城北公园改造工程完工</title></head><body><h1>城北公园改造工程完工</h1><div>` + long + `</div></body></html>`,
			"城北公园改造工程完工", "2026-02-14 00:00:00", "", "", "漏水", "",
		},
		"a date in a script only": {
			`<html><head><title>文章</title></head><body><script>var ct = "1772330400";</script><h1>卦山景区恢复开放的说明</h1><div>` + long + `</div></body></html>`,
			"卦山景区恢复开放的说明", "2026-03-01 10:00:00", "", "", "漏水", "var ct",
		},
		"dates of other articles beside": {
			`<html><head><title>城北公园改造工程完工</title></head><body><ul><li><a href="/1">别的新闻</a> <span class="time">2026-03-05 10:00</span></li></ul><h1>城北公园改造工程完工</h1><p>时间：2026-02-10</p><div>` + long + `</div><ul><li><a href="/2">另一篇</a><span class="date">2026-03-04 11:00</span></li></ul></body></html>`,
			"城北公园改造工程完工", "2026-02-10 00:00:00", "", "", "漏水", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := extractAt("http://www.example.gov.cn/art/2026/2/14/20260214/a.html", []byte(c.html), "", now)
			if err != nil {
				t.Fatal(err)
			}
			if a.Title != c.title {
				t.Errorf("title %q (%s)", a.Title, a.Why["title"])
			}
			if got := a.PublishedAt.Format(time.DateTime); got != c.date {
				t.Errorf("date %s (%s), want %s", got, a.Why["published_at"], c.date)
			}
			if a.Author != c.author || a.Source != c.source {
				t.Errorf("author %q, source %q; want %q, %q (%v)", a.Author, a.Source, c.author, c.source, a.Why)
			}
			if !strings.Contains(a.Text, c.textHas) || c.textLacks != "" && strings.Contains(a.Text, c.textLacks) {
				t.Errorf("text %q", a.Text)
			}
		})
	}
}

func TestAPageIsBelievedAboutItsOwnAddressOnlyOnItsSite(t *testing.T) {
	for name, c := range map[string]struct{ page, href, want string }{
		"the desktop edition":          {"http://m.example.gov.cn/wap/20260305_123.html", "https://www.example.gov.cn/xw/123.html?n=123", ""},
		"the same number elsewhere":    {"http://m.example.gov.cn/wap/123456.html", "https://www.example.gov.cn/xw/123456.html", "https://www.example.gov.cn/xw/123456.html"},
		"a relative one":               {"http://www.example.gov.cn/xw/123456.html?x=1", "/xw/123456.html", "http://www.example.gov.cn/xw/123456.html"},
		"another site":                 {"http://www.example.gov.cn/xw/123456.html", "http://evil.example.com/xw/123456.html", ""},
		"the front page":               {"http://www.example.gov.cn/xw/123456.html", "http://www.example.gov.cn/", ""},
		"the same for every page":      {"http://www.example.gov.cn/xw/123456.html", "http://www.example.gov.cn/xw/detail.html", ""},
		"a name without a number":      {"http://m.example.gov.cn/a/gongnuan.html", "http://www.example.gov.cn/b/gongnuan.html", "http://www.example.gov.cn/b/gongnuan.html"},
		"what is no address of a page": {"http://www.example.gov.cn/xw/123456.html", "javascript:123456", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := extractAt(c.page, []byte(`<html><head><link rel="canonical" href="`+c.href+`"></head><body><h1>城北公园改造工程完工</h1><div>`+sentence+sentence+`</div></body></html>`), "", testNow)
			if err != nil || a.Canonical != c.want {
				t.Errorf("%q, want %q (%v)", a.Canonical, c.want, err)
			}
		})
	}
}

func TestExtractSaysWhatIsNoPage(t *testing.T) {
	for name, c := range map[string]struct{ body, contentType, says string }{
		"a PDF":            {"%PDF-1.4 ...", "", "二进制"},
		"an image":         {"\x89PNG", "image/png", "image/png"},
		"a page of links":  {`<html><body><a href="/1">一</a><a href="/2">二</a></body></html>`, "", "没有找到正文"},
		"nothing":          {"", "", "没有找到正文"},
		"a maze of nested": {strings.Repeat("<div>", 3000) + "字" + strings.Repeat("</div>", 3000), "", "解析"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Extract("http://a.example/x", []byte(c.body), c.contentType)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "http://a.example/x") {
				t.Errorf("error %v should say %q", err, c.says)
			}
		})
	}
}

func TestExplainTellsWhatWasLeftOutAndWhy(t *testing.T) {
	body, err := os.ReadFile("testdata/layouts/toutiao_pc.html")
	if err != nil {
		t.Fatal(err)
	}
	a, err := Explain("http://a.example/article/1/", body, "")
	if err != nil {
		t.Fatal(err)
	}
	why := map[string]string{}
	for _, l := range a.LeftOut {
		why[l.Where] = l.Why
		if strings.Contains(a.Text, l.Text) {
			t.Errorf("%q is called left out and stands in the text", l.Text)
		}
	}
	for where, want := range map[string]string{"h1": "标题", "div.article-meta": "署名", "div#comment-area.ttp-comment-wrapper": "评论", "div.right-sidebar": "导航"} {
		if !strings.Contains(why[where], want) {
			t.Errorf("%s: %q should say %s; all: %v", where, why[where], want, why)
		}
	}
	if a.Why["source"] != "没有找到" {
		t.Errorf("source: %q", a.Why["source"])
	}
}

func TestSiteJoinsTheNextPagesOfAnArticle(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		body := map[string]string{
			"/list":          `<ul><li class="e"><a href="/2026/a.html">长文章的标题在这里</a></li></ul>`,
			"/2026/a.html":   `<h1>长文章的标题在这里</h1><div class="c"><p>第一页的内容。</p></div><a href="a_2.html">下一页</a><a href="/2026/b.html">下一篇</a><span class="v">阅读 1.2万</span>`,
			"/2026/a_2.html": `<h1>长文章的标题在这里</h1><div class="c"><p>第二页的内容。</p></div><a href="a.html">下一页</a>`,
		}[r.URL.Path]
		_, _ = io.WriteString(w, body)
	}))
	out := &sink{}
	src := newsSource(s.URL + "/list")
	src.Options = map[string]any{"list": "li.e", "text": ".c", "views": ".v"}
	if err := testCollector(t, newBook(), out).Visit(t.Context(), src); err != nil {
		t.Fatal(err)
	}
	if len(out.posts) != 1 || out.posts[0].Text != "第一页的内容。\n第二页的内容。" || out.posts[0].Engagement.Views != 12_000 {
		t.Errorf("%+v", out.posts)
	}
}

func TestParseCountReadsNumbersAsPlatformsShowThem(t *testing.T) {
	for s, want := range map[string]int64{"31": 31, "1,204": 1204, "3.5万": 35_000, "阅读 2万+": 20_000, "1.2亿": 120_000_000, "12k": 12_000} {
		if got, ok := parseCount(s); !ok || got != want {
			t.Errorf("parseCount(%q) = %d, %v", s, got, ok)
		}
	}
	if _, ok := parseCount("暂无"); ok {
		t.Error("暂无 is no number")
	}
}

func FuzzExtract(f *testing.F) {
	f.Add([]byte(article("标题", "2026-03-05 10:00", sentence)), "text/html; charset=gbk")
	f.Add([]byte(`<script type="application/ld+json">[[[{"@graph":{}}]]]</script><title>-_|-_|</title><h1></h1>`), "")
	f.Add([]byte("\xFF\xFE<\x00p\x00>\x00"), "text/html")
	if names, _ := filepath.Glob("../../shared/data/extract/html/b*.gz"); len(names) > 0 && os.Getenv("CI") == "" {
		if b, err := readPage(names[0]); err == nil {
			f.Add(b, "")
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		a, err := extractAt("http://a.example/2026/03/05/x.html", body, contentType, testNow)
		if err != nil && huiying.CodeOf(err) == "" {
			t.Errorf("an error without a code: %v", err)
		}
		if a.PublishedAt.After(testNow.Add(24 * time.Hour)) {
			t.Errorf("published %v, in the future", a.PublishedAt)
		}
	})
}
