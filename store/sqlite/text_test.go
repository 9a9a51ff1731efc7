package sqlite

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"huiying"
)

// words cuts like a dictionary does: known words, and the shorter known words
// inside them too, unknown characters one by one.
func words(dictionary ...string) func(string) []Token {
	return func(text string) []Token {
		var out []Token
		for i := 0; i < len(text); {
			longest := ""
			for _, w := range dictionary {
				if strings.HasPrefix(text[i:], w) && len(w) > len(longest) {
					longest = w
				}
			}
			if longest == "" {
				n := len(string([]rune(text[i:])[0]))
				out = append(out, Token{text[i : i+n], i, i + n})
				i += n
				continue
			}
			for _, w := range dictionary { // shorter words first, as segmenters give them
				if at := strings.Index(longest, w); at >= 0 && w != longest {
					out = append(out, Token{w, i + at, i + at + len(w)})
				}
			}
			out = append(out, Token{longest, i, i + len(longest)})
			i += len(longest)
		}
		return out
	}
}

func TestSearchWithADictionary(t *testing.T) {
	cut := words("中华人民共和国", "中华", "人民", "共和国", "政府", "人民政府", "县", "交城县", "交城", "食堂", "学校", "回应")
	a := openArchive(t, cut)
	texts := map[string]string{
		"state": "中华人民共和国万岁", "county": "交城县人民政府回应", "canteen": "学校食堂，回应政府", "people": "人民的食堂",
	}
	var batch []huiying.Assessed
	for id, text := range texts {
		batch = append(batch, huiying.Assessed{Post: huiying.Post{ID: huiying.PostID(id), Region: "141122", Text: text, PublishedAt: time.Unix(1772400000, 0)}})
	}
	if _, err := a.Insert(context.Background(), batch); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, text, want string }{
		{"a short word inside a long one", "人民", "county people state"},
		{"the long word means itself, not its parts", "中华人民共和国", "state"},
		{"a long word and its neighbour", "人民政府回应", "county"},
		{"a phrase over long and short words", `"交城县人民政府"`, "county"},
		{"a phrase that begins within a long word is not one", `"城县人民"`, ""},
		{"words in any order", "回应食堂", "canteen"},
		{"a phrase keeps the order", `"食堂学校"`, ""},
		{"a phrase does not mind punctuation", `"食堂回应"`, "canteen"},
		{"unknown characters count side by side", "万岁", "state"},
		{"a single character begins a word", "交", "county"},
	} {
		t.Run(c.name, func(t *testing.T) {
			page, err := a.Posts(context.Background(), huiying.PostQuery{Text: c.text})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range page.Items {
				got = append(got, string(p.Post.ID))
			}
			slices.Sort(got)
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s finds %v, want [%s]", c.text, got, c.want)
			}
		})
	}
}

func TestDocumentTerms(t *testing.T) {
	for _, c := range []struct {
		name   string
		tokens []Token
		want   string
	}{
		{"none but the one that every document has", nil, "·"},
		{"in the order of the text, the longer first at one place", []Token{{"b", 2, 3}, {"a", 0, 1}, {"ab", 0, 2}}, "·\x1fab\x1ea\x1fb"},
		{"without punctuation, in lower case", []Token{{"APP", 0, 3}, {"，", 3, 6}, {"É", 6, 8}, {"5", 8, 9}}, "·\x1fapp\x1fé\x1f5"},
		{"without separators", []Token{{"a\x1fb", 0, 3}, {"\x1e", 3, 4}, {"·", 4, 6}}, "·\x1fab"},
	} {
		if got := documentTerms(c.tokens); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// FuzzSearch: whatever is typed, the archive answers or says what is wrong with
// the query.
func FuzzSearch(f *testing.F) {
	a := openArchive(f, bigrams)
	if _, err := a.Insert(context.Background(), []huiying.Assessed{{Post: huiying.Post{ID: "p", Text: "学校食堂"}}}); err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{`食堂 -“学校”|a`, `"a" AND b*`, "NEAR(a b)", "\x1e\x1f", `"`, "水"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := a.Posts(context.Background(), huiying.PostQuery{Text: s}); err != nil && huiying.CodeOf(err) != huiying.CodeInvalid {
			t.Errorf("%q: %v", s, err)
		}
	})
}
