package county

import (
	"encoding"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"huiying"
)

// document is one YAML file while it is read: it fills a Go value from it,
// remembers the line of every value by its path ("units[3].name"), and collects
// problems instead of stopping at the first.
type document struct {
	name     string
	lines    map[string]int
	problems *Problems
	unread   bool // nothing was read: what is missing in it is no news
}

// open reads a file of the folder into v, a pointer to a struct.
func open(fsys fs.FS, name string, problems *Problems, v any) *document {
	d := &document{name: name, lines: make(map[string]int), problems: problems}
	d.unread = true
	raw, err := fs.ReadFile(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.report(0, "缺少这个文件；可用 huiying init 生成一份对照补齐")
		return d
	case err != nil:
		d.report(0, "读不出来：%v", err)
		return d
	case !utf8.Valid(raw):
		d.report(firstInvalidLine(raw), "不是 UTF-8 编码，请另存为 UTF-8 后再用")
		return d
	}
	raw = []byte(strings.TrimPrefix(string(raw), "\ufeff"))
	file, err := parser.ParseBytes(raw, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, message := 0, err.Error()
		var at yaml.Error
		if errors.As(err, &at) {
			message = at.GetMessage()
			if t := at.GetToken(); t != nil && t.Position != nil {
				line = t.Position.Line
			}
		}
		d.report(line, "YAML 写法有误，请检查缩进、冒号和引号（%s）", message)
		return d
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		d.report(0, "应有且只有一段 YAML 内容")
		return d
	}
	d.unread = false
	d.decode(file.Docs[0].Body, reflect.ValueOf(v).Elem(), "")
	return d
}

func firstInvalidLine(raw []byte) int {
	line := 1
	for len(raw) > 0 {
		r, n := utf8.DecodeRune(raw)
		if r == utf8.RuneError && n == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		raw = raw[n:]
	}
	return line
}

func (d *document) report(line int, format string, args ...any) {
	*d.problems = append(*d.problems, Problem{d.name, line, fmt.Sprintf(format, args...)})
}

// blame reports a problem at the line of a path, or of the nearest path above
// it that stands in the file.
func (d *document) blame(path, format string, args ...any) {
	if !d.unread {
		d.report(d.line(path), format, args...)
	}
}

func (d *document) line(path string) int {
	for {
		if line, ok := d.lines[path]; ok {
			return line
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return 0
		}
		path = path[:cut]
	}
}

func lineOf(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// decode fills v from a node. A wrong part is reported and left at its zero
// value; the others are still read.
func (d *document) decode(n ast.Node, v reflect.Value, path string) {
	if _, ok := d.lines[path]; !ok {
		d.lines[path] = lineOf(n)
	}
	switch n.(type) {
	case *ast.NullNode:
		return
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.report(lineOf(n), "请直接写出内容，不使用 YAML 的锚点、别名和标签")
		return
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		d.decodeText(n, u)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.decodeStruct(n, v, path)
	case reflect.Slice:
		d.decodeSlice(n, v, path)
	case reflect.Map:
		if err := yaml.NodeToValue(n, v.Addr().Interface(), yaml.Strict()); err != nil {
			d.report(lineOf(n), "应为若干“名称: 值”")
		}
	default:
		d.decodeScalar(n, v)
	}
}

func (d *document) decodeStruct(n ast.Node, v reflect.Value, path string) {
	m, ok := n.(ast.MapNode)
	if !ok {
		d.report(lineOf(n), "此处应为若干“名称: 值”，可用的名称有 %s", strings.Join(keys(v.Type()), "、"))
		return
	}
	seen := make(map[string]int)
	for it := m.MapRange(); it.Next(); {
		key, line := it.Key().GetToken().Value, lineOf(it.Key())
		i := slices.Index(keys(v.Type()), key)
		if i < 0 {
			d.report(line, "不认识的名称 %q，可用的有 %s", key, strings.Join(keys(v.Type()), "、"))
			continue
		}
		if before, twice := seen[key]; twice {
			d.report(line, "%s 重复，第 %d 行已写过", key, before)
			continue
		}
		seen[key] = line
		at := strings.TrimPrefix(path+"."+key, ".")
		d.lines[at] = line
		d.decode(it.Value(), v.Field(fieldIndex(v.Type(), key)), at)
	}
}

// keys are the YAML names of a struct's fields.
func keys(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		if key := yamlName(t.Field(i)); key != "" {
			out = append(out, key)
		}
	}
	return out
}

func fieldIndex(t reflect.Type, key string) int {
	for i := range t.NumField() {
		if yamlName(t.Field(i)) == key {
			return i
		}
	}
	panic("county: no field " + key) // keys listed it
}

func yamlName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	if name == "-" {
		return ""
	}
	return name
}

func (d *document) decodeSlice(n ast.Node, v reflect.Value, path string) {
	a, ok := n.(ast.ArrayNode)
	if !ok {
		d.report(lineOf(n), "此处应为列表，每项以“- ”开头或写在 [ ] 里")
		return
	}
	for it := a.ArrayRange(); it.Next(); {
		item := reflect.New(v.Type().Elem()).Elem()
		d.decode(it.Value(), item, fmt.Sprintf("%s[%d]", path, v.Len()))
		v.Set(reflect.Append(v, item))
	}
}

// text is a scalar as it was written, without quotes.
func text(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.StringNode:
		return n.Value, true
	case ast.ScalarNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (d *document) decodeText(n ast.Node, u encoding.TextUnmarshaler) {
	s, ok := text(n)
	if !ok {
		d.report(lineOf(n), "此处应为一个值")
		return
	}
	if err := u.UnmarshalText([]byte(s)); err != nil {
		message := err.Error()
		var known *huiying.Error
		if errors.As(err, &known) {
			message = known.Message
		}
		d.report(lineOf(n), "%s", message)
	}
}

func (d *document) decodeScalar(n ast.Node, v reflect.Value) {
	s, ok := text(n)
	if !ok {
		d.report(lineOf(n), "此处应为一个值")
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.TrimSpace(s))
	case reflect.Bool:
		b, err := strconv.ParseBool(s)
		if err != nil {
			d.report(lineOf(n), "应为 true 或 false，收到 %q", s)
		}
		v.SetBool(b)
	case reflect.Int:
		i, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			d.report(lineOf(n), "应为整数，收到 %q", s)
		}
		v.SetInt(i)
	case reflect.Float64:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			d.report(lineOf(n), "应为数字，收到 %q", s)
		}
		v.SetFloat(f)
	default:
		panic("county: cannot read a " + v.Kind().String()) // a field of a kind no file has
	}
}
