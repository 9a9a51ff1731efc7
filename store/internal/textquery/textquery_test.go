package textquery

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"huiying"
)

func TestParse(t *testing.T) {
	word := func(s string) Clause { return Clause{{Text: s}} }
	phrase := func(s string) Clause { return Clause{{Text: s, Quoted: true}} }
	for _, c := range []struct {
		name, in string
		want     Query
	}{
		{"nothing is nothing", " 　", Query{}},
		{"words stand between spaces", "食堂　中毒", Query{Must: []Clause{word("食堂"), word("中毒")}}},
		{"quotes make a phrase with its spaces", `"食堂 中毒" 学校`, Query{Must: []Clause{phrase("食堂 中毒"), word("学校")}}},
		{"Chinese quotes do too", "“学校食堂”", Query{Must: []Clause{phrase("学校食堂")}}},
		{"a quote that is not closed ends with the text", `"食堂 中毒`, Query{Must: []Clause{phrase("食堂 中毒")}}},
		{"a minus excludes", `-演练 －"食品安全"`, Query{MustNot: []Clause{word("演练"), phrase("食品安全")}}},
		{"a minus within a word is part of it", "Wi-Fi", Query{Must: []Clause{word("Wi-Fi")}}},
		{"a bar is a choice", `暖气|塌陷｜"道路 积水"`, Query{Must: []Clause{{{Text: "暖气"}, {Text: "塌陷"}, {Text: "道路 积水", Quoted: true}}}}},
		{"a choice can be excluded", "-a|b", Query{MustNot: []Clause{{{Text: "a"}, {Text: "b"}}}}},
		{"a bar with nothing on a side is no choice", "|食堂| 学校", Query{Must: []Clause{word("食堂"), word("学校")}}},
		{"a quote ends the word before it", `食堂"中毒"`, Query{Must: []Clause{word("食堂"), phrase("中毒")}}},
		{"signs alone are nothing", `- | "" “”`, Query{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(c.in)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s: got %+v, %v; want %+v", c.in, got, err, c.want)
			}
		})
	}
	if _, err := Parse(strings.Repeat("a|", maxWords+1)); !errors.Is(err, huiying.ErrInvalid) {
		t.Errorf("too many words: %v", err)
	}
}

// FuzzParse: what is found stands in the query, in its order, and is never empty.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"食堂 -“学校”|a", `"a b"|c -d`, "-", "|", "\x00\xff", `"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := Parse(s)
		if err != nil {
			if !errors.Is(err, huiying.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		clean := huiying.CleanText(s)
		for _, list := range [][]Clause{q.Must, q.MustNot} {
			rest := clean
			for _, c := range list {
				if len(c) == 0 {
					t.Fatalf("%q: an empty clause", s)
				}
				for _, w := range c {
					i := strings.Index(rest, w.Text)
					if w.Text == "" || i < 0 {
						t.Fatalf("%q: %q is not there", s, w.Text)
					}
					rest = rest[i+len(w.Text):]
				}
			}
		}
	})
}
