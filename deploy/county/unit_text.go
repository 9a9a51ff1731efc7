package county

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"huiying"
)

// WithUnits writes units into the text of a units.yaml and returns the new text:
// of those that are there only the lines of what differs change, others are added
// at the end. Comments and order stay, and no unit goes away. The text is checked
// as far as it can be alone; the whole county is by [Load].
func WithUnits(text []byte, units []huiying.Unit) ([]byte, error) {
	var problems Problems
	var f struct {
		Units []unitEntry `yaml:"units"`
	}
	d := open(oneFile(text), unitsFile, &problems, &f)
	if len(problems) > 0 {
		return nil, problems
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	at := make(map[huiying.UnitID]int)
	for i, u := range f.Units {
		at[u.ID] = i
	}
	var edits []edit
	var added []string
	blocks, err := unitBlocks(text)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", d.name, err)
	}
	for _, u := range units {
		i, there := at[u.ID]
		if !there {
			added = append(added, "")
			for n, field := range unitFields(u) {
				if field.text != "" {
					added = append(added, map[bool]string{true: "  - ", false: "    "}[n == 0]+field.key+": "+field.text)
				}
			}
			continue
		}
		edits = append(edits, blocks[i].changes(f.Units[i].unit(u.Region), u)...)
	}
	slices.Reverse(edits) // from the end, so that earlier lines keep their numbers; what stands at a line before what goes in front of it
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Or(b.from-a.from, b.to-a.to) })
	for _, e := range edits {
		lines = slices.Replace(lines, e.from, e.to, e.lines...)
	}
	return []byte(strings.Join(append(lines, added...), "\n") + "\n"), nil
}

// edit puts lines in place of those from (inclusive) to (exclusive), counted from 0.
type edit struct {
	from, to int
	lines    []string
}

// block is where a unit stands in the file.
type block struct {
	indent string
	keys   []string
	from   map[string]int // line of a key, counted from 0
	to     map[string]int // the line after its value
}

// unitBlocks finds the lines of every unit and its keys.
func unitBlocks(text []byte) ([]block, error) {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, err
	}
	root, _ := file.Docs[0].Body.(ast.MapNode)
	var out []block
	for it := root.MapRange(); it.Next(); {
		list, ok := it.Value().(ast.ArrayNode)
		if !ok || it.Key().GetToken().Value != "units" {
			continue
		}
		for items := list.ArrayRange(); items.Next(); {
			b := block{from: make(map[string]int), to: make(map[string]int)}
			fields, _ := items.Value().(ast.MapNode)
			for of := fields.MapRange(); of.Next(); {
				key := of.Key().GetToken()
				b.keys = append(b.keys, key.Value)
				b.indent = strings.Repeat(" ", key.Position.Column-1)
				b.from[key.Value] = key.Position.Line - 1
				b.to[key.Value] = max(lastLine(of.Value()), key.Position.Line)
			}
			out = append(out, b)
		}
	}
	return out, nil
}

// lastLine is the line, counted from 1, on which a value ends.
func lastLine(n ast.Node) int {
	last := 0
	ast.Walk(lineVisitor(func(n ast.Node) {
		if _, comment := n.(*ast.CommentGroupNode); comment {
			return
		}
		t := n.GetToken()
		if t != nil && t.Position != nil {
			last = max(last, t.Position.Line+strings.Count(strings.TrimRight(t.Value, "\n"), "\n"))
		}
		switch n := n.(type) {
		case *ast.SequenceNode:
			if n.End != nil {
				last = max(last, n.End.Position.Line)
			}
		case *ast.MappingNode:
			if n.End != nil {
				last = max(last, n.End.Position.Line)
			}
		}
	}), n)
	return last
}

type lineVisitor func(ast.Node)

func (v lineVisitor) Visit(n ast.Node) ast.Visitor {
	v(n)
	return v
}

// changes are the edits that make a unit's block say what differs.
func (b block) changes(was, is huiying.Unit) []edit {
	var out []edit
	before, after := unitFields(was), unitFields(is)
	place := b.to[b.keys[0]] // where a key that is not there yet goes
	for i, field := range after {
		from, there := b.from[field.key]
		line := b.indent + field.key + ": " + field.text
		switch {
		case field.text == before[i].text:
		case there && field.text == "":
			out = append(out, edit{from, b.to[field.key], nil})
		case there && field.key == b.keys[0]: // stands behind the dash
		case there:
			out = append(out, edit{from, b.to[field.key], []string{line}})
		default:
			out = append(out, edit{place, place, []string{line}})
		}
		if there {
			place = b.to[field.key]
		}
	}
	return out
}

// unitField is a key of a unit with its value as the file has it; "" is none.
type unitField struct{ key, text string }

// unitFields are the keys of a unit in the order of the file.
func unitFields(u huiying.Unit) []unitField {
	tile := ""
	if u.Tile != [2]int{} {
		tile = fmt.Sprintf("[%d, %d]", u.Tile[0], u.Tile[1])
	}
	return []unitField{
		{"id", string(u.ID)},
		{"name", scalar(u.Name)},
		{"short", scalar(u.Short)},
		{"kind", scalar(u.Kind)},
		{"township", quoted(string(u.Township))},
		{"tile", tile},
		{"duty", scalar(u.Duty)},
		{"keywords", flow(u.Keywords)},
		{"pilot_areas", flow(u.PilotAreas)},
		{"bureaus", flow(u.Bureaus)},
		{"superior", scalar(string(u.Superior))},
		{"from", day(u.From)},
		{"to", day(u.To)},
		{"department", scalar(u.Department)},
		{"head", person(u.Head)},
		{"liaison", person(u.Liaison)},
		{"handler", person(u.Handler)},
	}
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(huiying.Beijing).Format(time.DateOnly)
}

func flow(words []string) string {
	if len(words) == 0 {
		return ""
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = scalar(w)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func person(c huiying.Contact) string {
	var parts []string
	for _, f := range []unitField{{"name", scalar(c.Name)}, {"title", scalar(c.Title)}, {"phone", quoted(c.Phone)}, {"user", scalar(string(c.User))}} {
		if f.text != "" {
			parts = append(parts, f.key+": "+f.text)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// plain matches what YAML reads as the same text without quotes, within brackets
// too: it begins with a letter and holds no sign that means something.
var plain = regexp.MustCompile(`^\p{L}[\p{L}\p{N}（）〔〕、；，。/_-]*$`)

// scalar is a text as a value of the file, quoted where it must be.
func scalar(s string) string {
	if plain.MatchString(s) && !slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off"}, strings.ToLower(s)) {
		return s
	}
	return quoted(s)
}

// quoted is a text in double quotes, which YAML reads as JSON does; "" is none.
func quoted(s string) string {
	if s == "" {
		return ""
	}
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string always can be
	}
	return strings.TrimSpace(out.String())
}
