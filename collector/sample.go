package collector

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"huiying"
)

// What a person sees who maps the fields of an interface: what one item holds, and
// what each field takes from it.

const (
	mostSampled   = 80  // places of one item
	longestSample = 120 // bytes of a value
	sampleDepth   = 6
)

// sampled lists the values of an item by their paths, those near the top first.
func sampled(item any) []huiying.Sampled {
	var out []huiying.Sampled
	var walk func(v any, path string, depth int)
	walk = func(v any, path string, depth int) {
		if len(out) >= mostSampled || depth > sampleDepth {
			return
		}
		switch v := v.(type) {
		case map[string]any:
			keys := make([]string, 0, len(v))
			for k := range v {
				keys = append(keys, k)
			}
			slices.SortFunc(keys, func(a, b string) int {
				return cmp.Or(cmp.Compare(nesting(v[a]), nesting(v[b])), cmp.Compare(a, b))
			})
			for _, k := range keys {
				walk(v[k], strings.TrimPrefix(path+"."+k, "."), depth+1)
			}
		case []any:
			for i, e := range v[:min(len(v), 2)] {
				walk(e, strings.TrimPrefix(path+"."+strconv.Itoa(i), "."), depth+1)
			}
		default:
			if s := oneLine(jsonText(v)); s != "" && path != "" {
				out = append(out, huiying.Sampled{Path: path, Value: huiying.Clip(s, longestSample)})
			}
		}
	}
	walk(item, "", 0)
	return out
}

func nesting(v any) int {
	switch v.(type) {
	case map[string]any, []any:
		return 1
	}
	return 0
}

// taken is what each field takes from an item, and where it found it.
func (r jsonRules) taken(item any) map[string]huiying.Sampled {
	out := make(map[string]huiying.Sampled)
	for _, field := range jsonFields {
		for _, path := range r.fields[field] {
			value := jsonText(at(item, path))
			if strings.Contains(path, "{") {
				value = fill(item, path, func(s string) string { return s })
			}
			if value = oneLine(fragmentText(value)); value != "" {
				out[field] = huiying.Sampled{Path: path, Value: huiying.Clip(value, longestSample)}
				break
			}
		}
	}
	return out
}

// listsIn are the places of a document that look like lists of items.
func listsIn(doc any) []string {
	const most, deepest = 8, 4
	var out []string
	var walk func(v any, path string, depth int)
	walk = func(v any, path string, depth int) {
		if len(out) == most || depth > deepest {
			return
		}
		switch v := v.(type) {
		case []any:
			if len(v) > 0 && nesting(v[0]) > 0 {
				out = append(out, path)
			}
		case map[string]any:
			for k, e := range v {
				walk(e, strings.TrimPrefix(path+"."+k, "."), depth+1)
			}
		}
	}
	walk(doc, "", 0)
	slices.Sort(out)
	return out
}
