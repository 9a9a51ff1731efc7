package county

import (
	"regexp"
	"slices"

	"huiying"
)

var field = regexp.MustCompile(`\{([^{}]*)\}`)

func (l *loader) loadReplies() {
	var f struct {
		Version string          `yaml:"version"`
		Author  string          `yaml:"author"`
		Replies []huiying.Reply `yaml:"replies"`
	}
	d := l.open(repliesFile, &f)
	l.county.Rules.Replies = f.Replies
	d.need("version", f.Version)
	d.need("author", f.Author)
	names := make(map[string]bool)
	for i, r := range f.Replies {
		at := index("replies", i)
		d.need(at+".name", r.Name)
		d.need(at+".text", r.Text)
		if names[r.Name] {
			d.blame(at+".name", "模板 %s 重复", r.Name)
		}
		names[r.Name] = true
		if r.Category != "" {
			oneOf(d, at+".category", r.Category, categories)
		}
		if r.When != "" && r.When.Label() == "" {
			d.blame(at+".when", "核实结论应为 true、partly、false 或 unverified，收到 %q", string(r.When))
		}
		for _, m := range field.FindAllStringSubmatch(r.Text, -1) {
			if !slices.Contains(huiying.ReplyFields, m[1]) {
				d.blame(at+".text", "没有 {%s} 这一项，可用：%v", m[1], huiying.ReplyFields)
			}
		}
	}
}
