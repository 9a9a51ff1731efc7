package dashboard

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"huiying"
)

// mapRow is one field of a post and where it stands in the items of a JSON
// interface.
type mapRow struct {
	Field, Label, Hint string
	Path               string           // as it was typed, "" to look in the usual places
	Taken              *huiying.Sampled // what a test took, nil before one or where it found nothing
}

// mapFields are the fields of a mapping in the order they are filled in.
var mapFields = []mapRow{
	{Field: "title", Label: "标题", Hint: "title"},
	{Field: "text", Label: "正文", Hint: "content"},
	{Field: "url", Label: "网址", Hint: "https://example.cn/{id}"},
	{Field: "published_at", Label: "发布时间", Hint: "created_at"},
	{Field: "author", Label: "作者", Hint: "user.name"},
	{Field: "id", Label: "标识", Hint: "mid"},
	{Field: "views", Label: "阅读数", Hint: "read_count"},
	{Field: "likes", Label: "点赞数", Hint: "like_count"},
	{Field: "comments", Label: "评论数", Hint: "comment_count"},
	{Field: "reposts", Label: "转发数", Hint: "repost_count"},
}

// replyFields are those of a comment.
var replyFields = []mapRow{
	{Field: "text", Label: "评论正文", Hint: "text"},
	{Field: "author", Label: "评论作者", Hint: "user.screen_name"},
	{Field: "published_at", Label: "评论时间", Hint: "created_at"},
	{Field: "likes", Label: "评论点赞", Hint: "like_count"},
	{Field: "id", Label: "评论标识", Hint: "id"},
}

// A mapping is how the form of a source shows where the fields of a JSON interface
// stand.
type mapping struct {
	Items string // where the list stands
	Item  mapGroup

	Headers                       string // of the requests, "name: template" a line
	SignMethod, SignKey, SignText string // how they are signed

	Replies, RepliesURL string // where the comments stand, and who gives them
	Reply               mapGroup
}

// A mapGroup is the rows of one kind of object.
type mapGroup struct {
	Prefix string // of the names of the inputs
	Rows   []mapRow
	Sample []huiying.Sampled // of the first one, after a test
	Tested bool
}

// mapped are the options that stand in the mapping.
var mapped = []string{"items", "fields", "headers", "sign_method", "sign_key", "sign_text", "replies", "replies_url", "reply_fields"}

// mappingOf reads the rows of the form; what stands in the options counts where a
// row is empty.
func mappingOf(f url.Values, opts map[string]any) mapping {
	text := func(input, option string) string {
		if s := strings.TrimSpace(f.Get(input)); s != "" {
			return s
		}
		s, _ := opts[option].(string)
		return s
	}
	m := mapping{
		Items: text("map_items", "items"), Replies: text("map_replies", "replies"), RepliesURL: text("map_replies_url", "replies_url"),
		Item: groupOf(f, "map_", mapFields, opts["fields"]), Reply: groupOf(f, "reply_", replyFields, opts["reply_fields"]),
		Headers:    strings.TrimSpace(f.Get("map_headers")),
		SignMethod: text("map_sign_method", "sign_method"), SignKey: text("map_sign_key", "sign_key"), SignText: text("map_sign_text", "sign_text"),
	}
	if headers, ok := opts["headers"].(map[string]any); ok && m.Headers == "" {
		var lines []string
		for _, name := range slices.Sorted(maps.Keys(headers)) {
			lines = append(lines, fmt.Sprintf("%s: %v", name, headers[name]))
		}
		m.Headers = strings.Join(lines, "\n")
	}
	return m
}

func groupOf(f url.Values, prefix string, rows []mapRow, option any) mapGroup {
	fields, _ := option.(map[string]any)
	g := mapGroup{Prefix: prefix, Rows: slices.Clone(rows)}
	for i := range g.Rows {
		row := &g.Rows[i]
		if row.Path = strings.TrimSpace(f.Get(prefix + row.Field)); row.Path == "" {
			row.Path, _ = fields[row.Field].(string)
		}
	}
	return g
}

// into adds the rows to a source's options.
func (m mapping) into(opts map[string]any) (map[string]any, error) {
	if opts == nil {
		opts = map[string]any{}
	}
	for option, text := range map[string]string{
		"items": m.Items, "replies": m.Replies, "replies_url": m.RepliesURL, "sign_method": m.SignMethod, "sign_key": m.SignKey, "sign_text": m.SignText,
	} {
		if text != "" {
			opts[option] = text
		}
	}
	for option, g := range map[string]mapGroup{"fields": m.Item, "reply_fields": m.Reply} {
		fields, _ := opts[option].(map[string]any) // those that have no row
		fields = maps.Clone(fields)
		for _, row := range g.Rows {
			if row.Path == "" {
				continue
			}
			if fields == nil {
				fields = map[string]any{}
			}
			fields[row.Field] = row.Path
		}
		if len(fields) > 0 {
			opts[option] = fields
		}
	}
	if m.Headers == "" {
		return opts, nil
	}
	headers := map[string]any{}
	for i, line := range strings.Split(m.Headers, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return opts, huiying.Invalid("headers", "请求头第 %d 行应写作“名称: 内容”", i+1)
		}
		headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	opts["headers"] = headers
	return opts, nil
}

// learn shows beside the rows what a test took.
func (m *mapping) learn(p huiying.Preview) {
	m.Item.learn(p.Sample, p.Fields)
	m.Reply.learn(p.ReplySample, p.ReplyFields)
}

func (g *mapGroup) learn(sample []huiying.Sampled, fields map[string]huiying.Sampled) {
	g.Sample, g.Tested = sample, len(sample) > 0
	for i := range g.Rows {
		if taken, ok := fields[g.Rows[i].Field]; ok {
			g.Rows[i].Taken = &taken
		}
	}
}
