package report

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// A template is a Word file with names in double braces:
//
//	{{标题}}                       a value; it keeps the format of the template
//	{{#重点舆情}} … {{/重点舆情}}   once for each item: runs of a paragraph, whole
//	                               paragraphs, or rows of a table
//	{{?重点舆情}} … {{/重点舆情}}   once when there is any
//	{{^重点舆情}} … {{/重点舆情}}   once when there is none
//
// Word parts what is typed into runs as it likes; names are found across them.
// Full-width braces, as Chinese keyboards type them, do as well.

var namePattern = regexp.MustCompile(`(?:\{\{|｛｛)\s*([#^/?＃＾／？]?)\s*([^{}｛｝]*?)\s*(?:\}\}|｝｝)`)

// mark is the beginning ('#', '?', '^') or end ('/') of a section of a template, or a
// value (0).
type mark struct {
	kind byte
	name string
}

func (m mark) String() string {
	if m.kind == 0 {
		return "{{" + m.name + "}}"
	}
	return "{{" + string(m.kind) + m.name + "}}"
}

func markOf(sign, name string) mark {
	kind := byte(0)
	switch sign {
	case "#", "＃":
		kind = '#'
	case "^", "＾":
		kind = '^'
	case "?", "？":
		kind = '?'
	case "/", "／":
		kind = '/'
	}
	return mark{kind, name}
}

// filler fills one part of a document with the fields of a view. A field is
// named by its tag: `word:"标题"`.
type filler struct {
	scopes []reflect.Value // structs, the innermost last
	every  bool            // a check: sections and their opposites are both looked at
	links  func(url string) (id string)
	image  func(Picture) *node
}

// Link is a value that leads to its evidence.
type Link struct {
	Text string
	URL  string // "" for none
}

// Picture is a value drawn in place of its name.
type Picture struct {
	PNG           []byte
	Width, Height float64 // in millimetres
	Alt           string
}

// fill replaces everything in braces below n. The error names what is unknown or
// unbalanced.
func (f *filler) fill(n *node) error {
	if err := lift(n); err != nil {
		return err
	}
	kids, err := f.expand(n.kids)
	n.kids = kids
	n.all(func(n *node) bool { // a cell must end with a paragraph
		if n.name == "w:tc" && (len(n.kids) == 0 || n.kids[len(n.kids)-1].name != "w:p") {
			n.kids = append(n.kids, elem("w:p", nil))
		}
		return true
	})
	return err
}

// expand repeats sections and replaces values.
func (f *filler) expand(kids []*node) ([]*node, error) {
	var out []*node
	for i := 0; i < len(kids); i++ {
		k := kids[i]
		if !k.section() {
			made, err := f.replace(k)
			if err != nil {
				return nil, err
			}
			out = append(out, made...)
			continue
		}
		end := closing(kids, i)
		if end < 0 {
			return nil, fmt.Errorf("%s 没有成对：每个 {{#名称}}、{{?名称}} 或 {{^名称}} 须有同名的 {{/名称}}，且在同一段、同一格或同一表格内", k.mark)
		}
		inner := kids[i+1 : end]
		i = end
		v, err := f.look(*k.mark)
		if err != nil {
			return nil, err
		}
		scopes := f.scopes
		for _, scope := range f.rounds(v, k.mark.kind) {
			f.scopes = append(slices.Clone(scopes), scope...)
			copies := make([]*node, len(inner))
			for j, n := range inner {
				copies[j] = n.clone()
			}
			made, err := f.expand(copies)
			if err != nil {
				return nil, err
			}
			out = append(out, made...)
		}
		f.scopes = scopes
	}
	return out, nil
}

// rounds are the scopes to add for each time a section is written.
func (f *filler) rounds(v reflect.Value, kind byte) [][]reflect.Value {
	list := v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct
	if list && kind == '#' {
		out := make([][]reflect.Value, v.Len())
		for i := range out {
			out[i] = []reflect.Value{v.Index(i)}
		}
		return out
	}
	none := v.IsZero() || list && v.Len() == 0
	if f.every || none == (kind == '^') {
		return [][]reflect.Value{nil}
	}
	return nil
}

// look finds the value of a name, innermost first.
func (f *filler) look(m mark) (reflect.Value, error) {
	for _, scope := range slices.Backward(f.scopes) {
		if v, ok := fieldOf(scope, m.name); ok {
			return v, nil
		}
	}
	var known []string
	for _, scope := range f.scopes {
		known = append(known, fieldNames(scope.Type())...)
	}
	return reflect.Value{}, fmt.Errorf("不认识的名称 %s；这里可用：%s", m, strings.Join(known, "、"))
}

func fieldOf(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Anonymous {
			if found, ok := fieldOf(v.Field(i), name); ok {
				return found, true
			}
			continue
		}
		if field.Tag.Get("word") == name && name != "" {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// fieldNames are the names a view offers; the fields of lists follow in brackets.
func fieldNames(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		field := t.Field(i)
		switch name := field.Tag.Get("word"); {
		case field.Anonymous:
			out = append(out, fieldNames(field.Type)...)
		case name == "":
		case field.Type.Kind() == reflect.Slice && field.Type.Elem().Kind() == reflect.Struct:
			out = append(out, name+"（"+strings.Join(fieldNames(field.Type.Elem()), "、")+"）")
		default:
			out = append(out, name)
		}
	}
	return out
}

// replace fills a node that is no section's mark.
func (f *filler) replace(n *node) ([]*node, error) {
	if n.mark != nil {
		v, err := f.look(*n.mark)
		if err != nil {
			return nil, err
		}
		return f.value(n, v)
	}
	if n.name == "w:p" {
		if lines, err := f.lines(n); lines != nil || err != nil {
			return lines, err
		}
	}
	kids, err := f.expand(n.kids)
	n.kids = kids
	return []*node{n}, err
}

// lines makes a paragraph of each line when a paragraph is nothing but a text of
// several.
func (f *filler) lines(p *node) ([]*node, error) {
	at := -1
	for i, k := range p.kids {
		switch {
		case k.empty():
		case at >= 0 || k.mark == nil || k.mark.kind != 0:
			return nil, nil
		default:
			at = i
		}
	}
	if at < 0 {
		return nil, nil
	}
	v, err := f.look(*p.kids[at].mark)
	if err != nil || v.Kind() != reflect.String || !strings.Contains(v.String(), "\n") {
		return nil, err
	}
	var out []*node
	for line := range strings.Lines(v.String()) {
		c := p.clone()
		made, err := f.value(c.kids[at], reflect.ValueOf(strings.TrimSpace(line)))
		if err != nil {
			return nil, err
		}
		c.kids = slices.Replace(c.kids, at, at+1, made...)
		out = append(out, c)
	}
	return out, nil
}

// value makes the run of a name into what it stands for.
func (f *filler) value(run *node, v reflect.Value) ([]*node, error) {
	name := run.mark.name
	run.mark = nil
	switch v := v.Interface().(type) {
	case string:
		say(run, v)
	case Link:
		say(run, v.Text)
		if v.URL != "" && v.Text != "" {
			return []*node{elem("w:hyperlink", []string{"r:id", f.links(v.URL)}, run)}, nil
		}
	case Picture:
		if len(v.PNG) == 0 {
			say(run, v.Alt)
			break
		}
		run.kids = append(run.kids, f.image(v))
	default:
		return nil, fmt.Errorf("{{%s}} 是列表或条件，应写成 {{#%s}} … {{/%s}}", name, name, name)
	}
	return []*node{run}, nil
}

// say writes text into a run, with a break for each line end.
func say(run *node, s string) {
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			run.kids = append(run.kids, elem("w:br", nil))
		}
		run.kids = append(run.kids, textNode(line))
	}
}

// example is a view with one item in each list, to check a template with.
func example(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Tag.Get("word") != "" && field.Type.Kind() == reflect.Slice && field.Type.Elem().Kind() == reflect.Struct {
			v.Field(i).Set(reflect.Append(v.Field(i), example(field.Type.Elem())))
		}
	}
	return v
}
