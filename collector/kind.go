package collector

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/http/httpguts"

	"huiying"
)

// Kind is one way to read a source. Its specification is what the docs and the
// source form are made from.
type Kind struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"` // Chinese
	About   string   `json:"about"` // Chinese, when to choose it
	Options []Option `json:"options"`

	open func(opts options, s huiying.Source) (plan, error)
}

// Option is one setting of a [Kind].
type Option struct {
	Name    string     `json:"name"`
	Type    OptionType `json:"type"`
	Meaning string     `json:"meaning"` // Chinese
	Example any        `json:"example"`
	Default string     `json:"default,omitempty"`
}

// OptionType says how an option is written.
type OptionType string

// The types of options.
const (
	TextOption     OptionType = "text"
	NumberOption   OptionType = "number"
	SwitchOption   OptionType = "switch"   // true or false
	SelectorOption OptionType = "selector" // CSS, with @attribute at its end to read an attribute
	PathOption     OptionType = "path"     // dotted path into JSON: data.list, user.name, items.0.id
	FieldsOption   OptionType = "fields"   // field of the post → path or template
	HeadersOption  OptionType = "headers"  // header of a request → template
)

// A plan is how one source is read: what it lists now, and how the page of one
// item is read again, nil when the list tells all.
type plan struct {
	list reader
	page completion

	// settled tells the source which of its items are taken for good; nil when it
	// does not care.
	settled func(ctx context.Context, v *visit, items []candidate) error
}

// A completion completes a post from its own page, and tells the comments and
// replies that stand there.
type completion func(ctx context.Context, v *visit, p huiying.Post) (post huiying.Post, replies []huiying.Post, err error)

// A reader lists what a source holds now. Items it cannot read are candidates
// with an error; an error of its own means the list could not be read.
type reader func(ctx context.Context, v *visit) ([]candidate, error)

// A candidate is one item of a source that may become a post.
type candidate struct {
	key   string // what the ledger remembers once the item is settled
	where string // its address or place in the list, for rejections
	raw   any    // how it came, for rejections: text, or what is shown as JSON
	post  huiying.Post
	err   error // it cannot become a post

	uid     mailUID        // of a message
	replies []huiying.Post // comments and replies the list tells with it

	fetch   completion // nil when the list tells all
	ownPage bool       // fetch asks for the post's page first
	spare   bool       // the post will do as it is when its page cannot be read
}

// kinds are all ways to read a source, in the order the docs show them.
var kinds = []*Kind{&feedKind, &siteKind, &sitemapKind, &jsonKind, &browserKind, &mailboxKind}

// Kinds lists every way to read a source.
func Kinds() []Kind {
	out := make([]Kind, len(kinds))
	for i, k := range kinds {
		out[i] = *k
	}
	return out
}

// Check reports whether a source is set up rightly, without visiting it. The
// error names the option and what to write.
func Check(s huiying.Source) error {
	if s.Name == "" {
		return huiying.Invalid("name", "信源要有名称")
	}
	if !s.Channel.Valid() {
		return huiying.Invalid("channel", "没有 %q 这个渠道", huiying.Clip(string(s.Channel), 20))
	}
	_, err := open(s)
	return err
}

// open prepares the reading of a source.
func open(s huiying.Source) (plan, error) {
	i := slices.IndexFunc(kinds, func(k *Kind) bool { return k.Name == s.Kind })
	if i < 0 {
		var names []string
		for _, k := range kinds {
			names = append(names, k.Name)
		}
		return plan{}, huiying.Invalid("kind", "没有 %q 这种信源，可用：%s", huiying.Clip(s.Kind, 20), strings.Join(names, " "))
	}
	k := kinds[i]
	if k != &mailboxKind {
		if _, err := checkURL(s.URL); err != nil {
			return plan{}, err
		}
	}
	opts := options{kind: k, values: s.Options}
	if err := opts.check(); err != nil {
		return plan{}, err
	}
	return k.open(opts, s)
}

// options are the settings of one source, checked against its kind.
type options struct {
	kind   *Kind
	values map[string]any
}

func (o options) check() error {
	for name, value := range o.values {
		spec := o.spec(name)
		if spec == nil {
			var known []string
			for _, s := range o.kind.Options {
				known = append(known, s.Name)
			}
			return huiying.Invalid("options."+name, "%s 类信源没有 %q 这个选项，可用：%s", o.kind.Name, huiying.Clip(name, 30), strings.Join(known, " "))
		}
		if err := spec.check(value); err != nil {
			return err
		}
	}
	return nil
}

func (o options) spec(name string) *Option {
	for i := range o.kind.Options {
		if o.kind.Options[i].Name == name {
			return &o.kind.Options[i]
		}
	}
	return nil
}

func (s *Option) check(value any) error {
	wrong := func(want string) error {
		return huiying.Invalid("options."+s.Name, "%s，收到 %s；例如 %v", want, huiying.Clip(fmt.Sprint(value), 60), s.Example)
	}
	switch s.Type {
	case NumberOption:
		if _, ok := number(value); !ok {
			return wrong("应为数字")
		}
	case SwitchOption:
		if _, ok := value.(bool); !ok {
			return wrong("应为 true 或 false")
		}
	case SelectorOption:
		text, ok := value.(string)
		if !ok {
			return wrong("应为 CSS 选择器")
		}
		css, _ := splitSelector(text)
		if _, err := cascadia.ParseGroup(css); err != nil {
			return wrong("不是合法的 CSS 选择器")
		}
	case FieldsOption:
		fields, ok := value.(map[string]any)
		if !ok {
			return wrong("应为“字段: 路径”的对照表")
		}
		for field, path := range fields {
			if _, ok := path.(string); !ok || usualNames[field] == nil {
				return wrong("没有 " + huiying.Clip(field, 30) + " 这个字段，可用：" + strings.Join(jsonFields, " "))
			}
		}
	case HeadersOption:
		headers, ok := value.(map[string]any)
		if !ok {
			return wrong("应为“请求头: 内容”的对照表")
		}
		for name, text := range headers {
			if _, ok := text.(string); !ok || !httpguts.ValidHeaderFieldName(name) {
				return wrong("不是合法的请求头：" + huiying.Clip(name, 30))
			}
		}
	default:
		if _, ok := value.(string); !ok {
			return wrong("应为文字")
		}
	}
	return nil
}

// number reads a whole number however YAML, JSON or a form wrote it.
func number(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case int64:
		return int(v), true
	case uint64:
		return int(v), v < 1<<31
	case float64:
		return int(v), v == float64(int(v))
	case string:
		n, err := strconv.Atoi(strings.TrimSpace(v))
		return n, err == nil
	}
	return 0, false
}

// text is the value of a text, selector or path option, or its default.
func (o options) text(name string) string {
	if s, ok := o.values[name].(string); ok {
		return strings.TrimSpace(s)
	}
	return o.spec(name).Default
}

// fields is the value of a fields option.
func (o options) fields(name string) map[string]string {
	values, _ := o.values[name].(map[string]any)
	out := make(map[string]string, len(values))
	for field, path := range values {
		if s, ok := path.(string); ok && s != "" {
			out[field] = s
		}
	}
	return out
}

func (o options) flag(name string) bool {
	v, _ := o.values[name].(bool)
	return v
}

// count is the value of a number option between from and to, or its default.
func (o options) count(name string, from, to int) (int, error) {
	v, set := o.values[name]
	if !set {
		v = o.spec(name).Default
	}
	n, ok := number(v)
	if !ok || n < from || n > to {
		return 0, huiying.Invalid("options."+name, "应在 %d 到 %d 之间，收到 %v", from, to, v)
	}
	return n, nil
}

// pattern is the value of a text option that is a regular expression, nil when
// it is not set.
func (o options) pattern(name string) (*regexp.Regexp, error) {
	text := o.text(name)
	if text == "" {
		return nil, nil
	}
	p, err := regexp.Compile(text)
	if err != nil {
		return nil, huiying.Invalid("options."+name, "不是合法的正则表达式：%s", huiying.Clip(text, 80))
	}
	return p, nil
}

var maxItems = Option{
	Name: "max_items", Type: NumberOption, Default: "50", Example: 30,
	Meaning: "一次采集最多取多少条新内容；其余的留到下一次，不会丢",
}

var otherHosts = Option{
	Name: "hosts", Type: TextOption, Example: "mp.weixin.qq.com news.example.cn",
	Meaning: "除信源自己的网站外，还准许打开哪些网站上的文章，用空格分开",
}

var encodingOption = Option{
	Name: "encoding", Type: TextOption, Example: "gbk",
	Meaning: "网页编码；通常自动识别，只在识别有误时填写",
}
