package collector

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"huiying"
)

// A preset is a source of a well-known shape, as docs/sources.md shows it. Its
// settings are tried on a small copy of that shape and, where they are, on every
// recorded one.
type preset struct {
	title, about, kind, url, channel string
	options                          map[string]any

	shape    string // what such a source answers, shortened
	recorded string // pattern of recorded answers among the shared samples
	title1   string // of the first post
	url1     string
	views1   int64
	when1    string
}

var presets = []preset{
	{
		title: "newsnow 热榜", about: "自建的 newsnow 把微博、知乎、头条等热榜给成同一种 JSON，换 id 就是另一个平台；网址会变，所以用标题作标识",
		kind: "jsonapi", url: "https://newsnow.example.cn/api/s?id=weibo", channel: "weibo",
		options: map[string]any{"items": "items", "fields": map[string]any{"id": "title", "title": "title", "url": "url"}, "max_items": 100},
		shape:   `{"status":"success","id":"weibo","updatedTime":1772677800000,"items":[{"id":"西街路灯修好了","title":"西街路灯修好了","url":"https://s.weibo.com/weibo?q=%23西街路灯修好了%23","mobileUrl":"https://m.weibo.cn/search?q=%23西街路灯修好了%23","extra":{"icon":{"url":"x","scale":1.5}}},{"id":"骏枣园开剪","title":"骏枣园开剪","url":"https://s.weibo.com/weibo?q=%23骏枣园开剪%23","extra":{"info":"12万"}}]}`,
		title1:  "西街路灯修好了", url1: "https://s.weibo.com/weibo?q=",
	},
	{
		title: "微博热搜存档", about: "按日存档的热搜，一个数组，每条只有标题和站内网址",
		kind: "jsonapi", url: "https://hot.example.cn/weibo/latest.json", channel: "weibo",
		options: map[string]any{"fields": map[string]any{"id": "title", "title": "title", "url": "https://s.weibo.com/weibo?q={title}"}, "max_items": 1000},
		shape:   `[{"url":"/weibo?q=%23x%23&Refer=top","title":"西街路灯修好了"},{"url":"/weibo?q=%23y%23&t=31&band_rank=2&Refer=top","title":"骏枣园开剪"}]`, recorded: "weibo_hot/*.json",
		title1: "西街路灯修好了", url1: "https://s.weibo.com/weibo?q=",
	},
	{
		title: "微博热搜（带阅读量）", about: "热搜存档里带阅读数和讨论数的一种",
		kind: "jsonapi", url: "https://hot.example.cn/weibo/rich.json", channel: "weibo",
		options: map[string]any{"fields": map[string]any{"id": "title", "title": "title", "url": "https://s.weibo.com/weibo?q={title}", "views": "readCount", "comments": "discussCount"}, "max_items": 1000},
		shape:   `[{"title":"西街路灯修好了","category":"社会","url":"https://m.weibo.cn/search?containerid=1&extparam=a","hot":1428835,"ads":false,"readCount":8569000,"discussCount":1132,"origin":527}]`, recorded: "weibo_hot_rich/*.json",
		title1: "西街路灯修好了", url1: "https://s.weibo.com/weibo?q=", views1: 8_569_000,
	},
	{
		title: "单条微博", about: "m.weibo.cn 的公开接口，盯住一条微博的转评赞和评论",
		kind: "jsonapi", url: "https://m.weibo.cn/statuses/show?id=HAohwE36n", channel: "weibo",
		options: map[string]any{"items": "data", "fields": map[string]any{"title": "status_title", "text": "text", "url": "https://m.weibo.cn/status/{bid}", "author": "user.screen_name", "published_at": "created_at", "views": "page_info.play_count"}},
		shape:   `{"ok":1,"data":{"created_at":"Thu Mar 05 09:30:00 +0800 2026","id":"4386","mid":"4386","text":"西街的路灯<a href=\"/x\"><span class=\"surl-text\">#修好了#</span></a>，感谢","user":{"id":1,"screen_name":"交城发布"},"reposts_count":3,"comments_count":5,"attitudes_count":8,"bid":"HAohwE36n","status_title":"西街的路灯#修好了#","page_info":{"play_count":"651万次播放"}}}`, recorded: "mweibo_status.json",
		title1: "西街的路灯#修好了#", url1: "https://m.weibo.cn/status/HAohwE36n", views1: 6_510_000, when1: "2026-03-05 09:30:00",
	},
	{
		title: "要密钥和签名的接口", about: "买来的数据接口：密钥放在请求头，参数加密钥做 MD5 签名。密钥写在配置 `collector.secrets: [{name: jiekou, secret_file: jiekou.secret, hosts: [api.example.cn]}]`，文件只有本用户可读（chmod 600），只发给 hosts 里的网站，页面和日志里都看不到",
		kind: "jsonapi", url: "https://api.example.cn/v1/list?ts={$now}&app=hy&sign={$sign}", channel: "forum",
		options: map[string]any{"items": "list", "pages": 2, "page_param": "page", "sign_method": "md5", "sign_text": "{$path}?{$query}{$secret.jiekou}", "headers": map[string]any{"X-Api-Key": "{$secret.jiekou}", "X-Nonce": "{$nonce}"}},
		shape:   `{"list":[{"id":1,"title":"西街路灯修好了","content":"感谢路灯所","url":"https://bbs.example.cn/t/1","publish_time":"2026-03-05 09:30:00"}]}`,
		title1:  "西街路灯修好了", url1: "https://bbs.example.cn/t/1", when1: "2026-03-05 09:30:00",
	},
	{
		title: "RSSHub", about: "自建的 RSSHub 把微博用户和关键词、公众号、论坛给成 RSS；路由见其文档，如 /weibo/keyword/交城、/wechat/…、/discuz/…",
		kind: "feed", url: "https://rsshub.example.cn/weibo/keyword/交城", channel: "weibo",
		shape: `<?xml version="1.0" encoding="UTF-8"?><rss xmlns:atom="http://www.w3.org/2005/Atom" version="2.0"><channel><title>又有人在微博提到交城了</title><link>http://s.weibo.com/weibo/交城</link><generator>RSSHub</generator><ttl>5</ttl><item><title>西街路灯修好了 [图片]</title><description><![CDATA[西街路灯修好了，<a href="https://m.weibo.cn/search?q=x"><span class="surl-text">#交城#</span></a><br><img src="x.jpg" referrerpolicy="no-referrer">感谢路灯所]]></description><link>https://weibo.com/1/PzxMFDdIO</link><guid isPermaLink="false">https://weibo.com/1/PzxMFDdIO</guid><pubDate>Thu, 05 Mar 2026 01:30:00 GMT</pubDate><author>交城人</author></item></channel></rss>`, recorded: "rsshub_*.xml",
		title1: "西街路灯修好了 [图片]", url1: "https://weibo.com/1/PzxMFDdIO", when1: "2026-03-05 09:30:00",
	},
}

func TestThePresetsReadTheShapesTheyAreFor(t *testing.T) {
	for _, p := range presets {
		t.Run(p.title, func(t *testing.T) {
			posts, ledger := visitBody(t, p.kind, "", []byte(p.shape), p.options)
			if len(posts) == 0 || len(ledger.rejections) != 0 {
				t.Fatalf("%d posts, rejections %+v", len(posts), ledger.rejections)
			}
			first := posts[0]
			if first.Title != p.title1 || !strings.HasPrefix(first.URL, p.url1) || first.Engagement.Views != p.views1 || first.Text == "" || strings.Contains(first.Text, "<") ||
				p.when1 != "" && first.PublishedAt.Format(time.DateTime) != p.when1 || p.when1 == "" && !first.Assumed {
				t.Errorf("%+v", first)
			}
			if err := Check(p.source()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestThePresetsReadEveryRecordedAnswer(t *testing.T) {
	const samples = "../../shared/data/fixtures"
	if _, err := os.Stat(samples); err != nil && os.Getenv("CI") == "" {
		t.Skip("the recorded answers are not here; the shapes of the test above are")
	}
	tried := 0
	for _, p := range presets {
		if p.recorded == "" {
			continue
		}
		files, err := filepath.Glob(filepath.Join(samples, p.recorded))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: nothing recorded as %s (%v)", p.title, p.recorded, err)
		}
		for _, file := range files {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			posts, ledger := visitBody(t, p.kind, "", body, p.options)
			if len(posts) == 0 || len(ledger.rejections) != 0 {
				t.Errorf("%s: %d posts, rejections %+v", file, len(posts), ledger.rejections)
			}
			for _, post := range posts {
				if post.Title == "" || post.Text == "" || !strings.HasPrefix(post.URL, "https://") || strings.Contains(post.Text, "<a ") {
					t.Errorf("%s: %+v", file, post)
				}
			}
			tried++
		}
	}
	if tried < 10 {
		t.Errorf("%d recorded answers were tried", tried)
	}
}

func (p preset) source() huiying.Source {
	return huiying.Source{ID: "preset", Kind: p.kind, Name: p.title, URL: p.url, Channel: huiying.Channel(p.channel), Every: huiying.Duration(10 * time.Minute), Options: p.options}
}

// yaml is the preset as an office writes it.
func (p preset) yaml() string {
	var b strings.Builder
	fmt.Fprintf(&b, "- id: example\n  kind: %s\n  name: %s\n  url: %s\n  channel: %s\n  every: 10m\n", p.kind, p.title, p.url, p.channel)
	if len(p.options) == 0 {
		return b.String()
	}
	b.WriteString("  options:\n")
	for _, option := range jsonKind.Options {
		name := option.Name
		switch v := p.options[name].(type) {
		case string:
			if strings.HasPrefix(v, "{") {
				v = strconv.Quote(v)
			}
			fmt.Fprintf(&b, "    %s: %s\n", name, v)
		case int:
			fmt.Fprintf(&b, "    %s: %d\n", name, v)
		case map[string]any:
			fmt.Fprintf(&b, "    %s:\n", name)
			order := jsonFields
			if name == "headers" {
				order = slices.Sorted(maps.Keys(v))
			}
			for _, field := range order {
				if path, ok := v[field]; ok {
					fmt.Fprintf(&b, "      %s: %q\n", field, path)
				}
			}
		}
	}
	return b.String()
}

func TestAPresetIsAllInItsYAML(t *testing.T) {
	for _, p := range presets {
		var read []huiying.Source
		if err := yaml.Unmarshal([]byte(p.yaml()), &read); err != nil {
			t.Fatalf("%s: %v\n%s", p.title, err, p.yaml())
		}
		want := p.source()
		want.ID = "example"
		if len(read) != 1 || len(read[0].Differences(want)) > 0 {
			t.Errorf("%s: %+v differs in %v", p.title, read, read[0].Differences(want))
		}
	}
}
