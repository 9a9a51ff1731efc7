package textquery

import "testing"

func TestDocument(t *testing.T) {
	for _, c := range []struct {
		name   string
		tokens []Token
		want   string
	}{
		{"of nothing", nil, ""},
		{"in the order of the text, the longer first at one place", []Token{{"b", 2, 3}, {"a", 0, 1}, {"ab", 0, 2}}, "\x1fab\x1ea\x1fb"},
		{"without punctuation, in lower case", []Token{{"APP", 0, 3}, {"，", 3, 6}, {"É", 6, 8}, {"5", 8, 9}}, "\x1fapp\x1fé\x1f5"},
		{"without separators", []Token{{"a\x1fb", 0, 3}, {"\x1e", 3, 4}, {"·", 4, 6}}, "\x1fab"},
	} {
		if got := Document(c.tokens); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
