package collector

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"huiying"
)

// Mapping says which column or JSON field of a file becomes which field of a
// post, and what stands in for fields the file does not have.
type Mapping struct {
	Fields  map[string]string // field of the post → column, or dotted path in JSONL
	Source  string            // for rows that name none
	Channel huiying.Channel   // for rows that name none
	Sheet   string            // of a workbook; "" is the first one
}

// postTargets are the fields a mapping may fill.
var postTargets = []string{"id", "source", "channel", "url", "title", "text", "author", "published_at", "region", "views", "likes", "comments", "reposts", "parent"}

// check reports a mapping no file could satisfy.
func (m Mapping) check() error {
	for field, from := range m.Fields {
		switch {
		case !slices.Contains(postTargets, field):
			return huiying.Invalid("map", "没有 %q 这个字段，可用：%s", huiying.Clip(field, 30), strings.Join(postTargets, " "))
		case from == "":
			return huiying.Invalid("map", "应写作 字段=列名，例如 published_at=日期，%s 没有列名", field)
		}
	}
	if m.Channel != "" && !m.Channel.Valid() {
		return huiying.Invalid("channel", "没有 %q 这个渠道", huiying.Clip(string(m.Channel), 20))
	}
	return nil
}

// columnNames are headers known without a mapping, compared without case,
// blanks and what stands in brackets.
var columnNames = map[string]string{
	"编号": "id", "留言编号": "id", "信件编号": "id", "工单编号": "id", "序号": "",
	"标题": "title", "主题": "title", "留言主题": "title", "题目": "title", "诉求标题": "title", "工单标题": "title", "来信标题": "title", "诉求主题": "title",
	"内容": "text", "正文": "text", "文本": "text", "留言详情": "text", "留言内容": "text", "诉求内容": "text", "来电内容": "text", "工单内容": "text", "反映内容": "text", "来信内容": "text", "诉求描述": "text", "详情": "text", "摘要": "text", "content": "text", "body": "text",
	"来源": "source", "信源": "source", "媒体": "source", "平台": "source", "来源平台": "source", "网站": "source", "媒体名称": "source",
	"渠道": "channel", "媒体类型": "channel", "来源类型": "channel",
	"发布时间": "published_at", "发布日期": "published_at", "发表时间": "published_at", "日期": "published_at", "时间": "published_at",
	"留言时间": "published_at", "来信时间": "published_at", "来电时间": "published_at", "受理时间": "published_at", "提交时间": "published_at", "诉求时间": "published_at", "反映时间": "published_at", "首发时间": "published_at", "date": "published_at", "time": "published_at", "publishedat": "published_at", "created_at": "published_at",
	"网址": "url", "链接": "url", "地址链接": "url", "原文链接": "url", "url": "url", "link": "url",
	"作者": "author", "发布人": "author", "昵称": "author", "账号": "author", "留言用户": "author", "用户": "author",
	"阅读": "views", "阅读数": "views", "阅读量": "views", "浏览量": "views", "点击量": "views", "播放量": "views",
	"点赞": "likes", "点赞数": "likes", "点赞量": "likes", "赞": "likes",
	"评论": "comments", "评论数": "comments", "评论量": "comments", "回复数": "comments", "回帖数": "comments",
	"转发": "reposts", "转发数": "reposts", "转发量": "reposts", "分享数": "reposts",
	"所回复": "parent", "上级编号": "parent",
	"区划": "region", "区划代码": "region", "行政区划代码": "region",
}

// target is the field of the post a column fills, "" when it is kept as extra.
func (m Mapping) target(column string) string {
	for field, from := range m.Fields {
		if from == column {
			return field
		}
	}
	name := strings.ToLower(strings.Join(strings.Fields(column), ""))
	if i := strings.IndexAny(name, "(（"); i > 0 {
		name = name[:i]
	}
	field, known := columnNames[name]
	if !known && slices.Contains(postTargets, name) {
		field = name
	}
	if _, mapped := m.Fields[field]; mapped {
		return "" // the mapping takes this field from another column
	}
	return field
}

var channelOf = func() map[string]huiying.Channel {
	names := map[string]huiying.Channel{
		"热线": huiying.ChannelHotline, "12345": huiying.ChannelHotline, "信件": huiying.ChannelLetter, "短视频": huiying.ChannelVideo, "视频": huiying.ChannelVideo,
		"公众号": huiying.ChannelWechat, "微信公众号": huiying.ChannelWechat, "贴吧": huiying.ChannelForum, "论坛": huiying.ChannelForum, "新闻网站": huiying.ChannelNews,
		"政务": huiying.ChannelGov, "留言板": huiying.ChannelGov, "媒体": huiying.ChannelMedia, "人工": huiying.ChannelManual,
	}
	for _, c := range huiying.Channels {
		names[c.Label()] = c
		names[string(c)] = c
	}
	return names
}()

// A draft is a row on its way to becoming a post: fields by name, and the rest.
type draft struct {
	fields map[string]string
	extra  map[string]any
}

// post makes the raw post of a row. The error names the field.
func (m Mapping) post(d draft, now time.Time) (huiying.Post, error) {
	kind, crawled := d.crawled()
	f := d.fields
	p := huiying.Post{
		ID: huiying.PostID(f["id"]), Source: f["source"], URL: f["url"], Title: f["title"], Text: f["text"],
		Author: f["author"], Region: huiying.Region(f["region"]), Channel: huiying.Channel(f["channel"]), Parent: huiying.PostID(f["parent"]),
	}
	if c, known := channelOf[strings.ToLower(strings.TrimSpace(f["channel"]))]; known {
		p.Channel = c
	}
	if crawled { // what it holds names the platform
		p.Source, p.Channel = cmp.Or(p.Source, kind.source), cmp.Or(p.Channel, kind.channel)
	}
	p.Source, p.Channel = cmp.Or(p.Source, m.Source), cmp.Or(p.Channel, m.Channel)
	if when := strings.TrimSpace(f["published_at"]); when != "" {
		at, ok := ParseDate(when, now)
		if !ok {
			return huiying.Post{}, huiying.Invalid("published_at", "认不出时间 %q，请用 2026-01-02 15:04:05 这样的写法", huiying.Clip(when, 60))
		}
		p.PublishedAt = at
	}
	for name, into := range map[string]*int64{"views": &p.Engagement.Views, "likes": &p.Engagement.Likes, "comments": &p.Engagement.Comments, "reposts": &p.Engagement.Reposts} {
		s := strings.TrimSpace(f[name])
		if s == "" || s == "-" {
			continue
		}
		n, ok := parseCount(s)
		if !ok {
			return huiying.Post{}, huiying.Invalid(name, "应为数字，收到 %q", huiying.Clip(s, 30))
		}
		*into = n
	}
	for name, value := range d.extra {
		b, err := json.Marshal(value)
		if err != nil {
			continue // strings and decoded JSON cannot fail
		}
		if p.Extra == nil {
			p.Extra = make(map[string]json.RawMessage)
		}
		p.Extra[name] = b
	}
	return p, nil
}

// excelDate reads a workbook's day number: days since 1899-12-30, a wall-clock
// time without a zone.
func excelDate(serial float64) (time.Time, bool) {
	const first, last = 32874, 73050 // 1990 … 2099
	if serial < first || serial > last {
		return time.Time{}, false
	}
	t, err := excelize.ExcelDateToTime(serial, false)
	if err != nil {
		return time.Time{}, false
	}
	y, month, d := t.Date()
	h, minute, s := t.Round(time.Second).Clock()
	return time.Date(y, month, d, h, minute, s, 0, huiying.Beijing), true
}
