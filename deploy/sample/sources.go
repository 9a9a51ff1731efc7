package sample

import (
	"regexp"
	"time"

	"huiying"
)

const home huiying.Region = "141122"

var idPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// visitEvery is the wall-clock time between two visits of a source.
const visitEvery = 12 * time.Second

// place is one sub-site: what a source of it is called, and how it is read.
type place struct {
	name    string // becomes Post.Source
	kind    string // of the source
	path    string // where its list or feed is
	page    string // where its pages are; the ID follows
	column  string // the section of posts that name none
	channel huiying.Channel
	tier    huiying.MediaTier
	options map[string]any
}

// order is the order of the sources and of the front page.
var order = []Place{Portal, Hotline, News, Forum, Life, Wechat, Weibo, Wire, Ask}

var places = map[Place]place{
	Portal: {
		name: "交城县人民政府门户网站", kind: "site", path: "/portal/", page: "/portal/info/", column: "通知公告",
		channel: huiying.ChannelGov, tier: huiying.TierCounty,
		options: map[string]any{
			"list": "ul.news-list li a", "title": "h1.info-title", "text": "div.info-content",
			"date": ".info-meta .date", "author": ".info-meta .from", "views": ".info-meta .hits",
		},
	},
	Hotline: {
		name: "12345热线办理公开", kind: "site", path: "/portal/12345/", page: "/portal/12345/", column: "热线摘要",
		channel: huiying.ChannelHotline, tier: huiying.TierSelf,
		options: map[string]any{
			"list": "ul.news-list li a", "title": "h1.info-title", "text": "div.info-content",
			"date": ".info-meta .date",
		},
	},
	News: {
		name: "吕梁晨讯网", kind: "site", path: "/news/", page: "/news/", column: "县域",
		channel: huiying.ChannelNews, tier: huiying.TierCity,
		options: map[string]any{"list": "div.list dt a"},
	},
	Forum: {
		name: "卦山论坛·百姓话题", kind: "site", path: "/forum/", page: "/forum/thread-", column: "百姓话题",
		channel: huiying.ChannelForum, tier: huiying.TierSelf,
		options: map[string]any{
			"list": "table.threads a.subject", "title": "h1.subject", "text": "article.first .message",
			"date": "article.first time", "author": "article.first .author",
			"views": ".counts .views", "comments": ".counts .replies", "likes": ".counts .ups",
		},
	},
	Life: {
		name: "卦山论坛·生活圈", kind: "site", path: "/forum/life/", page: "/forum/life/thread-", column: "生活圈",
		channel: huiying.ChannelForum, tier: huiying.TierSelf,
	},
	Wechat: {
		name: "交城身边事", kind: "feed", path: "/feed.xml", page: "/mp/", column: "公众号",
		channel: huiying.ChannelWechat, tier: huiying.TierSelf,
	},
	Weibo: {
		name: "微博·交城", kind: "jsonapi", path: "/weibo.json", page: "/weibo/", column: "微博",
		channel: huiying.ChannelWeibo, tier: huiying.TierSelf,
		options: map[string]any{
			"items": "data.list",
			"fields": map[string]any{
				"id": "id", "title": "title", "text": "text", "url": "url", "author": "user.name", "published_at": "time",
				"views": "views", "likes": "likes", "comments": "comments", "reposts": "reposts",
			},
		},
	},
	Wire: {
		name: "山右新闻网", kind: "feed", path: "/wire/atom.xml", page: "/wire/", column: "市县",
		channel: huiying.ChannelNews, tier: huiying.TierProvincial,
	},
	Ask: {
		name: "山右问政", kind: "feed", path: "/ask/feed.json", page: "/ask/", column: "网民留言",
		channel: huiying.ChannelQA, tier: huiying.TierSelf,
	},
}

// Sources are ready configurations of the collectors for the site at base
// ("http://127.0.0.1:PORT"). They are visited every few seconds of real time,
// whatever the speed.
func (s *Site) Sources(base string) []huiying.Source {
	out := make([]huiying.Source, 0, len(order))
	for _, key := range order {
		p := places[key]
		out = append(out, huiying.Source{
			ID: huiying.SourceID("sample-" + string(key)), Region: home, Kind: p.kind, Name: p.name, URL: base + p.path,
			Channel: p.channel, Tier: p.tier, Every: huiying.Duration(float64(visitEvery) * s.factor), Options: p.options,
		})
	}
	return out
}

// Path is the address of the post's page on its site.
func (p Post) Path() string {
	at := places[p.Site]
	if p.Mobile {
		return at.page + "m/" + p.ID + ".html"
	}
	return at.page + p.ID + ".html"
}
