package huiying

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// PostID names a post for ever. The same page read twice has the same ID.
type PostID string

// Channel is the kind of place a post came from.
type Channel string

// The channels of a post. The last five are 社会舆情 (offline), the others 网络舆情.
const (
	ChannelNews    Channel = "news"
	ChannelWeibo   Channel = "weibo"
	ChannelWechat  Channel = "wechat"
	ChannelForum   Channel = "forum"
	ChannelVideo   Channel = "video"
	ChannelQA      Channel = "qa"
	ChannelGov     Channel = "gov"
	ChannelHotline Channel = "hotline"
	ChannelLetter  Channel = "letter"
	ChannelMedia   Channel = "media"
	ChannelManual  Channel = "manual"
)

// Channels lists every channel in the order pages show them.
var Channels = []Channel{
	ChannelNews, ChannelWeibo, ChannelWechat, ChannelForum, ChannelVideo, ChannelQA,
	ChannelGov, ChannelHotline, ChannelLetter, ChannelMedia, ChannelManual,
}

var channelLabels = map[Channel]string{
	ChannelNews: "新闻", ChannelWeibo: "微博", ChannelWechat: "微信", ChannelForum: "论坛",
	ChannelVideo: "短视频", ChannelQA: "问答", ChannelGov: "政务平台", ChannelHotline: "12345热线",
	ChannelLetter: "来信", ChannelMedia: "媒体问询", ChannelManual: "人工登记",
}

// Label is the Chinese name of the channel.
func (c Channel) Label() string { return channelLabels[c] }

// Valid reports whether c is one of [Channels].
func (c Channel) Valid() bool { return channelLabels[c] != "" }

// Queue says which guiding office a channel belongs to (交政办发〔2020〕78号).
func (c Channel) Queue() Queue {
	switch c {
	case ChannelGov, ChannelHotline, ChannelLetter, ChannelMedia, ChannelManual:
		return Offline
	}
	return Online
}

// Queue is one of the two work queues of the founding notice.
type Queue string

// The two queues and the office that guides each.
const (
	Online  Queue = "online"  // 网络舆情, 县网信办
	Offline Queue = "offline" // 社会舆情, 县新闻中心
)

// Label is the Chinese name of the queue.
func (q Queue) Label() string {
	if q == Offline {
		return "社会舆情"
	}
	return "网络舆情"
}

// Office is the unit that guides the queue.
func (q Queue) Office() UnitID {
	if q == Offline {
		return "xwzx"
	}
	return "wxb"
}

// Engagement is how far a post has spread, as the platform counted it.
type Engagement struct {
	Views    int64 `json:"views,omitempty"`
	Likes    int64 `json:"likes,omitempty"`
	Comments int64 `json:"comments,omitempty"`
	Reposts  int64 `json:"reposts,omitempty"`
}

// Interactions is likes + comments + reposts.
func (e Engagement) Interactions() int64 { return e.Likes + e.Comments + e.Reposts }

// Max is the larger count of each kind: counts only grow, readings may repeat.
func (e Engagement) Max(o Engagement) Engagement {
	return Engagement{max(e.Views, o.Views), max(e.Likes, o.Likes), max(e.Comments, o.Comments), max(e.Reposts, o.Reposts)}
}

// Plus adds two counts kind by kind.
func (e Engagement) Plus(o Engagement) Engagement {
	return Engagement{e.Views + o.Views, e.Likes + o.Likes, e.Comments + o.Comments, e.Reposts + o.Reposts}
}

// Post is one item somebody published or told us. After [Intake.Accept] it is
// clean UTF-8, redacted, and has an ID; only such posts travel on the bus.
type Post struct {
	ID          PostID     `json:"id,omitempty"`
	Region      Region     `json:"region,omitempty"` // the county whose desk collected it
	Source      string     `json:"source"`
	Channel     Channel    `json:"channel"`
	URL         string     `json:"url,omitempty"`
	Title       string     `json:"title,omitempty"`
	Text        string     `json:"text"`
	Author      string     `json:"author,omitempty"`      // masked (张**)
	AuthorHash  string     `json:"author_hash,omitempty"` // keyed, for de-duplication only
	PublishedAt time.Time  `json:"published_at,omitzero"`
	CollectedAt time.Time  `json:"collected_at,omitzero"`
	Assumed     bool       `json:"published_at_assumed,omitempty"` // no date was given: PublishedAt is CollectedAt
	Tier        MediaTier  `json:"tier,omitempty"`                 // of the source
	Engagement  Engagement `json:"engagement,omitzero"`
	Parent      PostID     `json:"parent,omitempty"`  // of a comment or reply: the post it answers; at intake also its address
	Version     int        `json:"version,omitempty"` // 0 as first read, n its nth change
	Gone        string     `json:"gone,omitempty"`    // of a version: why the page is not there any more

	Redactions map[string]int             `json:"redactions,omitempty"` // kind → how many were hidden at intake
	Extra      map[string]json.RawMessage `json:"extra,omitempty"`      // fields we do not know, kept
}

// Limits on one post. A longer text is refused with its row named, never cut.
const (
	MaxTextBytes  = 256 << 10
	MaxTitleRunes = 500
	MaxIDBytes    = 128
	MaxExtraBytes = 64 << 10
)

// postFields are the JSON names [Post] knows; all others go to Extra.
var postFields = []string{
	"id", "region", "source", "channel", "url", "title", "text", "author", "author_hash",
	"published_at", "collected_at", "published_at_assumed", "tier", "engagement", "parent", "version", "gone", "redactions", "extra",
}

// UnmarshalJSON reads a post, keeping fields it does not know under Extra and
// reading published_at by [ParseTime]. Errors name the field.
func (p *Post) UnmarshalJSON(b []byte) error {
	type plain Post // without this method
	var raw struct {
		plain
		PublishedAt json.RawMessage `json:"published_at"`
	}
	if err := json.Unmarshal(b, &raw); err != nil {
		return jsonError(err)
	}
	*p = Post(raw.plain)
	if t := bytes.TrimSpace(raw.PublishedAt); len(t) > 0 && !bytes.Equal(t, []byte("null")) {
		at, err := parseJSONTime(t)
		if err != nil {
			return err
		}
		p.PublishedAt = at
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return jsonError(err)
	}
	for name, value := range all {
		if slices.ContainsFunc(postFields, func(f string) bool { return strings.EqualFold(f, name) }) {
			continue // as encoding/json matches names: "Author" is the author and nothing else
		}
		if p.Extra == nil {
			p.Extra = make(map[string]json.RawMessage)
		}
		p.Extra[name] = value
	}
	return nil
}

func jsonError(err error) error {
	var wrongType *json.UnmarshalTypeError
	var wrongSyntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		return &Error{Code: CodeInvalid, Field: strings.TrimPrefix(wrongType.Field, "plain."), Message: "类型不对，不应为" + kindOf(wrongType.Value), Cause: err}
	case errors.As(err, &wrongSyntax):
		return &Error{Code: CodeInvalid, Message: "不是合法的 JSON", Cause: err}
	}
	return err
}

// kindOf names a kind of JSON value as encoding/json does: a word, and of some
// numbers also their digits.
func kindOf(value string) string {
	kind, _, _ := strings.Cut(value, " ")
	if name := map[string]string{"array": "数组", "object": "对象", "string": "字符串", "number": "数字", "bool": "真假值"}[kind]; name != "" {
		return name
	}
	return " " + value
}

func parseJSONTime(raw []byte) (time.Time, error) {
	var s string
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &s); err != nil {
			return time.Time{}, jsonError(err)
		}
		if s == "" {
			return time.Time{}, nil
		}
		return ParseTime(s)
	}
	var n int64
	if err := json.Unmarshal(raw, &n); err != nil || n < 0 {
		return time.Time{}, Invalid("published_at", "应为 RFC 3339 时间，收到 %s", raw)
	}
	if n > 1e11 { // milliseconds
		return time.UnixMilli(n).In(Beijing), nil
	}
	return time.Unix(n, 0).In(Beijing), nil
}

var timeLayouts = []string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-1-2 15:04:05", "2006-1-2 15:04", "2006-1-2",
	"2006/1/2 15:04:05", "2006/1/2 15:04", "2006/1/2", "2006.1.2 15:04:05", "2006.1.2 15:04", "2006.1.2", "20060102150405", "20060102 15:04:05", "20060102 15:04", "20060102",
	"2006年1月2日15:04:05", "2006年1月2日15:04", "2006年1月2日15时4分5秒", "2006年1月2日15时4分", "2006年1月2日15时", "2006年1月2日",
	time.RFC1123Z, time.RFC1123, time.RubyDate,
}

// ParseTime reads an absolute time as machines and Chinese exports write it.
// A time without a zone is in [Beijing].
func ParseTime(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	written := s
	if day, clock, ok := strings.Cut(s, "日"); ok { // people put a blank between day and hour, or none
		written = day + "日" + strings.ReplaceAll(clock, " ", "")
	}
	for _, layout := range timeLayouts {
		if t, err := time.ParseInLocation(layout, written, Beijing); err == nil {
			return t.In(Beijing), nil
		}
	}
	return time.Time{}, Invalid("published_at", "认不出时间 %q，请用 2026-01-02T15:04:05+08:00 这样的写法", s)
}

// Headline is the title, or the first words of the text when there is none.
func (p Post) Headline() string {
	if p.Title != "" {
		return p.Title
	}
	line, _, _ := strings.Cut(strings.TrimSpace(p.Text), "\n")
	return Clip(line, 40)
}

// Clip shortens s to n runes, marking the cut.
func Clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	r := []rune(s)
	return string(r[:n-1]) + "…"
}
