package collector

import (
	"strings"

	"huiying"
)

// A crawledKind says how MediaCrawler writes the items of one platform, and where
// an item stands.
type crawledKind struct {
	id      string // the field with the item's number, also in its comments
	page    string // its address, {} for the number
	source  string
	channel huiying.Channel
	is      func(id string, f map[string]string) bool // of those that share the field; nil: it alone has it
}

var crawledKinds = []crawledKind{
	{"aweme_id", "https://www.douyin.com/video/{}", "抖音", huiying.ChannelVideo, nil},
	{"video_id", "https://www.bilibili.com/video/av{}", "哔哩哔哩", huiying.ChannelVideo, func(id string, _ map[string]string) bool { return digits(id) }},
	{"video_id", "https://www.kuaishou.com/short-video/{}", "快手", huiying.ChannelVideo, nil},
	{"note_id", "https://tieba.baidu.com/p/{}", "百度贴吧", huiying.ChannelForum, func(_ string, f map[string]string) bool { return f["tieba_name"] != "" }},
	{"note_id", "https://m.weibo.cn/detail/{}", "微博", huiying.ChannelWeibo, func(id string, _ map[string]string) bool { return digits(id) }},
	{"note_id", "https://www.xiaohongshu.com/explore/{}", "小红书", huiying.ChannelVideo, nil},
	{"content_id", "https://zhuanlan.zhihu.com/p/{}", "知乎", huiying.ChannelQA, func(_ string, f map[string]string) bool { return f["content_type"] == "article" }},
	{"content_id", "https://www.zhihu.com/zvideo/{}", "知乎", huiying.ChannelQA, func(_ string, f map[string]string) bool { return f["content_type"] == "zvideo" }},
	{"content_id", "https://www.zhihu.com/answer/{}", "知乎", huiying.ChannelQA, nil},
}

// crawledFields are its names for the fields of a post, the first that holds
// something counts.
var crawledFields = map[string][]string{
	"url":          {"note_url", "aweme_url", "video_url", "content_url"},
	"text":         {"content", "content_text", "desc"},
	"author":       {"nickname", "user_nickname"},
	"published_at": {"create_date_time", "create_time", "created_time", "publish_time", "time"},
	"views":        {"video_play_count", "viewd_count"},
	"likes":        {"liked_count", "comment_like_count", "like_count", "voteup_count"},
	"comments":     {"comments_count", "comment_count", "video_comment", "total_replay_num", "sub_comment_count"},
	"reposts":      {"shared_count", "share_count", "video_share_count"},
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// crawled reads a row that MediaCrawler wrote, a post or a comment; ok is false
// when it did not. What it keeps of a person beside the name is let go.
func (d *draft) crawled() (kind crawledKind, ok bool) {
	f := make(map[string]string)
	for name, v := range d.extra {
		f[name] = jsonText(v)
	}
	if f["last_modify_ts"] == "" && f["nickname"] == "" && f["user_nickname"] == "" {
		return kind, false
	}
	for _, k := range crawledKinds {
		if id := f[k.id]; id != "" && (k.is == nil || k.is(id, f)) {
			kind, ok = k, true
			break
		}
	}
	if !ok {
		return kind, false
	}
	for field, names := range crawledFields {
		for _, name := range names {
			if d.fields[field] == "" {
				d.fields[field] = f[name]
			}
		}
	}
	page := strings.ReplaceAll(kind.page, "{}", f[kind.id])
	if comment := f["comment_id"]; comment != "" {
		d.fields["id"] = kind.id[:1] + "c-" + comment
		d.fields["parent"], d.fields["url"], d.fields["title"] = page, page, ""
		if to := f["parent_comment_id"]; to != "" && to != "0" && to != comment {
			d.fields["parent"] = kind.id[:1] + "c-" + to
		}
	} else if d.fields["url"] == "" {
		d.fields["url"] = page
	}
	if d.fields["text"] == "" {
		d.fields["text"] = d.fields["title"]
	}
	d.extra = nil
	if word := f["source_keyword"]; word != "" {
		d.extra = map[string]any{"source_keyword": word}
	}
	return kind, true
}
