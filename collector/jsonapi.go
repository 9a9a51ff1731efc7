package collector

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"huiying"
)

var jsonKind = Kind{
	Name: "jsonapi", Title: "JSON 接口",
	About: "平台或网站用 JSON 提供列表时用（热榜、搜索结果、开放接口）。字段用点号路径指明，如 user.name；也可写成模板，如 https://example.com/{id}；不填则按常见名称寻找",
	Options: slices.Concat([]Option{
		{Name: "items", Type: PathOption, Example: "data.list", Meaning: "列表在返回内容里的位置"},
		{
			Name: "fields", Type: FieldsOption, Example: map[string]any{"title": "title", "text": "content", "url": "https://m.weibo.cn/status/{bid}", "author": "user.name", "views": "read_count"},
			Meaning: "各字段的位置，可用 " + strings.Join(jsonFields, " ") + "。内容相同而网址会变时指明 id；正文可以带 HTML，没有正文时取标题；时间可以是文字或时间戳",
		},
		{Name: "full", Type: SwitchOption, Example: true, Meaning: "再打开每条的网页取全文"},
		{Name: "pages", Type: NumberOption, Default: "1", Example: 3, Meaning: "最多读几页"},
		{Name: "page_param", Type: TextOption, Example: "page", Meaning: "网址里表示页码或游标的参数名"},
		{Name: "page_start", Type: NumberOption, Default: "1", Example: 0, Meaning: "第一页的页码"},
		{Name: "next", Type: PathOption, Example: "data.next_cursor", Meaning: "下一页的网址，或配合 page_param 的游标，在返回内容里的位置"},
		{Name: "replies", Type: PathOption, Example: "comments.list", Meaning: "评论列表在每一条里的位置；填了 replies_url 时是在那个接口返回内容里的位置"},
		{Name: "replies_url", Type: TextOption, Example: "https://m.weibo.cn/comments/hotflow?id={id}&mid={mid}", Meaning: "每一条的评论接口，{} 里是这一条的字段；只对新条目读一次"},
		{
			Name: "reply_fields", Type: FieldsOption, Example: map[string]any{"text": "text", "author": "user.screen_name", "likes": "like_count"},
			Meaning: "评论里各字段的位置，写法同 fields；不填则按常见名称寻找",
		},
	}, signingOptions, []Option{maxItems, otherHosts}),
	open: openJSON,
}

// jsonRules say where the fields of an item stand.
type jsonRules struct {
	items     string
	next      string
	pageParam string
	pageStart int
	pages     int
	full      bool
	article   siteRules
	ownID     bool                // the mapping names an id: it is the item's identity
	fields    map[string][]string // field → paths or templates to try

	replies    string     // where the comments stand
	repliesURL string     // template of the interface that gives them, "" when the item does
	reply      *jsonRules // how one is read; nil when none are asked for
}

// jsonFields are the fields a mapping may name.
var jsonFields = []string{"id", "title", "text", "url", "published_at", "author", "views", "likes", "comments", "reposts"}

// usualItems are the places a list is looked for.
var usualItems = []string{"", "data", "items", "list", "results", "result", "rows", "records", "data.list", "data.items", "data.records", "data.data", "data.cards", "result.list"}

// usualNames are tried when an option does not name the place of a field.
var usualNames = map[string][]string{
	"id":           {"id", "mid", "aid", "guid"},
	"title":        {"title", "name", "word", "note", "headline", "status_title"},
	"text":         {"text", "content", "body", "summary", "description", "desc", "excerpt"},
	"url":          {"url", "link", "href", "mobileUrl"},
	"published_at": {"published_at", "publish_time", "pub_time", "pubtime", "published", "created_at", "create_time", "ctime", "date", "time"},
	"author":       {"author", "user.screen_name", "user.name", "author.name", "nickname"},
	"views":        {"views", "view_count", "read_count", "readCount"},
	"likes":        {"likes", "like_count", "attitudes_count"},
	"comments":     {"comments", "comment_count", "comments_count", "reply_count", "discussCount"},
	"reposts":      {"reposts", "repost_count", "reposts_count", "share_count"},
}

func openJSON(opts options, s huiying.Source) (plan, error) {
	r := jsonRules{items: opts.text("items"), next: opts.text("next"), pageParam: opts.text("page_param"), full: opts.flag("full")}
	r.article = siteRules{articlePages: 5, hosts: strings.Fields(opts.text("hosts"))}
	r.read(opts.fields("fields"))
	r.replies, r.repliesURL = opts.text("replies"), opts.text("replies_url")
	if r.replies != "" || r.repliesURL != "" {
		r.reply = &jsonRules{}
		r.reply.read(opts.fields("reply_fields"))
	} else if len(opts.fields("reply_fields")) > 0 {
		return plan{}, huiying.Invalid("options.replies", "请用 replies 或 replies_url 指明评论在哪里")
	}
	sign, err := signingOf(opts, s.URL)
	if err != nil {
		return plan{}, err
	}
	if r.pages, err = opts.count("pages", 1, 100); err != nil {
		return plan{}, err
	}
	if r.pageStart, err = opts.count("page_start", 0, 1_000_000); err != nil {
		return plan{}, err
	}
	limit, err := opts.count("max_items", 1, 1000)
	if err != nil {
		return plan{}, err
	}
	if r.pages > 1 && r.pageParam == "" && r.next == "" {
		return plan{}, huiying.Invalid("options.page_param", "要读 %d 页，请填写 page_param 或 next", r.pages)
	}
	var page completion
	if r.full {
		page = r.article.complete
	}
	list := func(ctx context.Context, v *visit) ([]candidate, error) {
		v.limit, v.signing = limit, sign
		return r.pagesOf(ctx, v, s.URL)
	}
	return plan{list: list, page: page}, nil
}

// read takes a mapping; fields it does not name are looked for where they usually
// are.
func (r *jsonRules) read(named map[string]string) {
	r.ownID = named["id"] != ""
	r.fields = make(map[string][]string)
	for _, field := range jsonFields {
		if r.fields[field] = usualNames[field]; named[field] != "" {
			r.fields[field] = []string{named[field]}
		}
	}
}

func (r jsonRules) pagesOf(ctx context.Context, v *visit, first string) ([]candidate, error) {
	var items []candidate
	address := first
	if r.pageParam != "" && r.next == "" && r.pages > 1 {
		address = withParam(first, r.pageParam, strconv.Itoa(r.pageStart))
	}
	been := map[string]bool{}
	for n := range r.pages {
		been[address] = true
		got, err := v.ask(ctx, address, true)
		if err != nil {
			return nil, err
		}
		if got.NotModified {
			break
		}
		doc, err := decodeJSON(got)
		if err != nil {
			return nil, err
		}
		found, err := r.page(v, got, doc, n)
		if err != nil {
			return nil, err
		}
		items = append(items, found...)
		address = r.following(first, got.URL, doc, n)
		if address == "" || been[address] || len(found) == 0 {
			break
		}
	}
	return items, nil
}

// following is the address of the next page, "" after the last.
func (r jsonRules) following(first, current string, doc any, n int) string {
	switch {
	case r.next != "":
		cursor := jsonText(at(doc, r.next))
		if cursor == "" || cursor == "0" || cursor == "false" {
			return ""
		}
		if r.pageParam != "" {
			return withParam(first, r.pageParam, cursor)
		}
		return absolute(current, cursor)
	case r.pageParam != "":
		return withParam(first, r.pageParam, strconv.Itoa(r.pageStart+n+1))
	}
	return ""
}

var jsonp = regexp.MustCompile(`^\s*(?:/\*\*/)?\s*[A-Za-z_$][\w$.]*\s*\(`)

func decodeJSON(got Fetched) (any, error) {
	text, _, _ := decodeText(got.Body, got.ContentType)
	if loc := jsonp.FindIndex(text); loc != nil {
		text = bytes.TrimRight(text[loc[1]:], " \r\n\t;)")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, &Failure{URL: got.URL, Message: "返回的不是合法的 JSON（开头是 " + strconv.Quote(huiying.Clip(oneLine(string(text[:min(len(text), 200)])), 40)) + "）", Permanent: true, Cause: err}
	}
	return doc, nil
}

// page lists the items of one answer.
func (r jsonRules) page(v *visit, got Fetched, doc any, n int) ([]candidate, error) {
	var list []any
	where, ok := "", false
	places := usualItems
	if r.items != "" {
		places = []string{r.items}
	}
	for _, where = range places {
		if list, ok = itemsAt(doc, where, r.items != ""); ok {
			break
		}
	}
	if !ok {
		hint := "最外层有：" + keysOf(doc)
		if lists := listsIn(doc); len(lists) > 0 {
			hint = "像列表的有：" + strings.Join(lists, "、")
		}
		v.sample = sampled(doc)
		return nil, &Failure{URL: got.URL, Message: "返回内容里没有列表，请用 items 指明位置（" + hint + "）", Permanent: true}
	}
	if len(list) > mostListed {
		return nil, &Failure{URL: got.URL, Message: fmt.Sprintf("列表超过 %d 条", mostListed), Permanent: true}
	}
	v.note("第 %d 页，列表 %q，%d 条", n+1, where, len(list))
	if v.dry && v.sample == nil && len(list) > 0 {
		v.sample, v.taken = sampled(list[0]), r.taken(list[0])
	}
	out := make([]candidate, 0, len(list))
	for i, o := range list {
		out = append(out, r.item(v, got, o, i))
	}
	return out, nil
}

func itemsAt(doc any, path string, named bool) ([]any, bool) {
	switch found := at(doc, path).(type) {
	case []any:
		return found, true
	case map[string]any:
		return []any{found}, named // a single object counts only where it was pointed at
	}
	return nil, false
}

func (r jsonRules) item(v *visit, got Fetched, o any, i int) candidate {
	p := v.blank()
	p.Title = oneLine(fragmentText(r.text(o, "title")))
	p.Text = cmp.Or(fragmentText(r.text(o, "text")), p.Title)
	p.Author = oneLine(r.text(o, "author"))
	if link := r.link(o); link != "" {
		p.URL = absolute(got.URL, link)
	}
	p.Engagement = huiying.Engagement{Views: r.number(o, "views"), Likes: r.number(o, "likes"), Comments: r.number(o, "comments"), Reposts: r.number(o, "reposts")}

	id := r.text(o, "id")
	if r.ownID && id != "" {
		sum := sha256.Sum256([]byte("item\x00" + string(v.source.ID) + "\x00" + id))
		p.ID = huiying.PostID("p" + hex.EncodeToString(sum[:12]))
	}
	c := candidate{post: p, raw: o, key: itemKey(id, p.URL, p.Title+"\x00"+p.Text)}
	c.where = cmp.Or(p.URL, fmt.Sprintf("%s 第 %d 条", got.URL, i+1))
	if when := r.text(o, "published_at"); when != "" {
		t, ok := ParseDate(when, v.now())
		if !ok {
			c.err = huiying.Invalid("published_at", "认不出发布时间 %q", huiying.Clip(when, 60))
		}
		c.post.PublishedAt = t
	}
	if r.full && r.article.opens(got.URL, p.URL) {
		c.fetch, c.ownPage, c.spare = r.article.complete, true, true
	}
	if r.reply != nil {
		r.answered(v, got, o, &c)
	}
	return c
}

// answered adds the comments of an item: those it tells, or how to ask for them.
func (r jsonRules) answered(v *visit, got Fetched, o any, c *candidate) {
	if r.repliesURL == "" {
		c.replies = r.answers(v, got, at(o, r.replies), c.post.URL, 0)
		return
	}
	address := fill(o, r.repliesURL, url.QueryEscape)
	if address == "" || !r.article.opens(got.URL, address) {
		v.note("%s 的评论接口缺字段，或在没有准许的网站上", c.where)
		return
	}
	page := c.fetch
	c.spare = true
	c.fetch = func(ctx context.Context, v *visit, p huiying.Post) (huiying.Post, []huiying.Post, error) {
		var beside []huiying.Post
		if page != nil {
			var err error
			if p, beside, err = page(ctx, v, p); err != nil {
				return p, nil, err
			}
		}
		answer, err := v.ask(ctx, address, false)
		if err != nil {
			return p, nil, err
		}
		doc, err := decodeJSON(answer)
		if err != nil {
			return p, nil, err
		}
		return p, append(beside, r.answers(v, answer, at(doc, r.replies), p.URL, 0)...), nil
	}
}

// replyDepth bounds how far comments to comments are followed.
const replyDepth = 10

// answers reads a list of comments, with those to them when they stand inside.
func (r jsonRules) answers(v *visit, got Fetched, list any, page string, depth int) []huiying.Post {
	items, _ := itemsAt(list, "", false)
	if v.dry && v.replySample == nil && len(items) > 0 {
		v.replySample, v.replyTaken = sampled(items[0]), r.reply.taken(items[0])
	}
	if depth > replyDepth {
		items = nil
	}
	var out []huiying.Post
	for i, o := range items[:min(len(items), maxReplies)] {
		c := r.reply.item(v, got, o, i)
		if c.err != nil {
			c.post.PublishedAt = time.Time{} // the time of reading counts
		}
		c.post.URL, c.post.Title = page, ""
		out = append(out, c.post)
		for _, name := range []string{"replies", "children", "sub_comments", "comments"} {
			out = append(out, r.answers(v, got, at(o, name), page, depth+1)...)
		}
		if len(out) >= maxReplies {
			break
		}
	}
	return out
}

// text is the first place of a field that holds something.
func (r jsonRules) text(o any, field string) string {
	for _, path := range r.fields[field] {
		var s string
		if strings.Contains(path, "{") {
			s = fill(o, path, func(s string) string { return s })
		} else {
			s = jsonText(at(o, path))
		}
		if s = strings.TrimSpace(s); s != "" {
			return s
		}
	}
	return ""
}

func (r jsonRules) link(o any) string {
	if path := r.fields["url"][0]; strings.Contains(path, "{") {
		return fill(o, path, url.QueryEscape)
	}
	return r.text(o, "url")
}

func (r jsonRules) number(o any, field string) int64 {
	for _, path := range r.fields[field] {
		if n, ok := parseCount(jsonText(at(o, path))); ok {
			return n
		}
	}
	return 0
}

var placeholder = regexp.MustCompile(`\{([^{}]+)\}`)

// fill puts an item's fields into a template; "" when one of them is missing.
func fill(o any, template string, escape func(string) string) string {
	missing := false
	out := placeholder.ReplaceAllStringFunc(template, func(m string) string {
		if m[1] == '$' {
			return m // filled in when it is asked for
		}
		s := jsonText(at(o, m[1:len(m)-1]))
		missing = missing || s == ""
		return escape(s)
	})
	if missing {
		return ""
	}
	return out
}

// at follows a dotted path: names into objects, numbers into arrays.
func at(v any, path string) any {
	if path == "" {
		return v
	}
	for step := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func jsonText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func keysOf(doc any) string {
	o, ok := doc.(map[string]any)
	if !ok {
		return "不是对象"
	}
	var keys []string
	for k := range o {
		keys = append(keys, huiying.Clip(k, 20))
		if len(keys) == 10 {
			break
		}
	}
	return strings.Join(keys, "、")
}

func withParam(address, name, value string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = escapedVariable.ReplaceAllString(q.Encode(), "{$$$1}")
	return u.String()
}

func absolute(base, ref string) string {
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	u, err := b.Parse(strings.TrimSpace(ref))
	if err != nil {
		return ref
	}
	return u.String()
}
