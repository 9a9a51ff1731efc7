package dashboard

import (
	"net/url"
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

// A mapping is how the form of a source shows where the fields of a JSON interface
// stand.
type mapping struct {
	Items  string // where the list stands
	Rows   []mapRow
	Sample []huiying.Sampled // of the first item, after a test
	Tested bool
}

// mappingOf reads the rows of the form; what stands in the options counts where a
// row is empty.
func mappingOf(f url.Values, opts map[string]any) mapping {
	m := mapping{Items: strings.TrimSpace(f.Get("map_items")), Rows: make([]mapRow, len(mapFields))}
	if m.Items == "" {
		m.Items, _ = opts["items"].(string)
	}
	fields, _ := opts["fields"].(map[string]any)
	copy(m.Rows, mapFields)
	for i := range m.Rows {
		row := &m.Rows[i]
		if row.Path = strings.TrimSpace(f.Get("map_" + row.Field)); row.Path == "" {
			row.Path, _ = fields[row.Field].(string)
		}
	}
	return m
}

// into adds the rows to a source's options.
func (m mapping) into(opts map[string]any) map[string]any {
	fields := map[string]any{}
	for _, row := range m.Rows {
		if row.Path != "" {
			fields[row.Field] = row.Path
		}
	}
	if opts == nil {
		opts = map[string]any{}
	}
	if m.Items != "" {
		opts["items"] = m.Items
	}
	if len(fields) > 0 {
		opts["fields"] = fields
	}
	return opts
}

// learn shows beside the rows what a test took.
func (m *mapping) learn(p huiying.Preview) {
	m.Sample, m.Tested = p.Sample, len(p.Sample) > 0
	for i := range m.Rows {
		if taken, ok := p.Fields[m.Rows[i].Field]; ok {
			m.Rows[i].Taken = &taken
		}
	}
}
