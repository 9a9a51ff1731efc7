// Package textquery reads the small search language of [huiying.PostQuery]:
// words that must all occur, "…" a phrase, -word excludes, a|b either.
package textquery

import (
	"strings"
	"unicode"

	"huiying"
)

// Query is what must occur and what must not.
type Query struct {
	Must    []Clause
	MustNot []Clause
}

// Clause is a choice: one of its words must occur.
type Clause []Word

// Word is what stands between spaces. A quoted one is meant to the letter.
type Word struct {
	Text   string
	Quoted bool
}

// maxWords bounds the work one query can cause.
const maxWords = 32

// Parse reads s. It takes what people type on a Chinese keyboard too: full-width
// spaces, “quotes”, － and ｜. A quote that is not closed ends with the text.
func Parse(s string) (Query, error) {
	var q Query
	in := []rune(huiying.CleanText(s))
	words := 0
	for i := 0; i < len(in); {
		if unicode.IsSpace(in[i]) || isOr(in[i]) {
			i++
			continue
		}
		not := false
		if isNot(in[i]) {
			not = true
			i++
		}
		var c Clause
		c, i = clause(in, i)
		if len(c) == 0 {
			continue
		}
		if words += len(c); words > maxWords {
			return Query{}, huiying.Invalid("text", "检索词太多，请减到 %d 个以内", maxWords)
		}
		if not {
			q.MustNot = append(q.MustNot, c)
		} else {
			q.Must = append(q.Must, c)
		}
	}
	return q, nil
}

func clause(in []rune, i int) (Clause, int) {
	var c Clause
	for {
		var w Word
		w, i = word(in, i)
		if w.Text != "" {
			c = append(c, w)
		}
		if i >= len(in) || !isOr(in[i]) {
			return c, i
		}
		i++
	}
}

func word(in []rune, i int) (Word, int) {
	if i < len(in) && isQuote(in[i]) {
		end := i + 1
		for end < len(in) && !isQuote(in[end]) {
			end++
		}
		return Word{Text: strings.TrimSpace(string(in[i+1 : end])), Quoted: true}, min(end+1, len(in))
	}
	end := i
	for end < len(in) && !unicode.IsSpace(in[end]) && !isOr(in[end]) && !isQuote(in[end]) {
		end++
	}
	return Word{Text: string(in[i:end])}, end
}

func isOr(r rune) bool    { return r == '|' || r == '｜' }
func isNot(r rune) bool   { return r == '-' || r == '－' }
func isQuote(r rune) bool { return r == '"' || r == '“' || r == '”' || r == '＂' }
