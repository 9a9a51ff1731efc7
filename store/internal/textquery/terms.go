package textquery

import (
	"strings"
	"unicode"
)

// Token is one searchable term of a text and where it stands, in bytes. Tokens
// may overlap: a long word and the shorter ones inside it.
type Token struct {
	Term       string
	Start, End int
}

// Texts are cut into terms in Go, on all cores and outside of the database, which
// is handed the terms joined by these characters, which no clean text holds: each
// term takes the next position; one behind SameStart takes the position of the
// term before it.
const (
	NextTerm  = '\x1f'
	SameStart = '\x1e'
)

// Document lists the terms of a text, each behind its separator.
func Document(tokens []Token) string {
	placed := inOrder(tokens)
	size := 0
	for _, t := range placed {
		size += 1 + len(t.Term)
	}
	var b strings.Builder
	b.Grow(size)
	last := -1
	for _, t := range placed {
		if t.Start == last {
			b.WriteByte(SameStart)
		} else {
			b.WriteByte(NextTerm)
		}
		b.WriteString(t.Term)
		last = t.Start
	}
	return b.String()
}

// inOrder sorts by place, the longer first, drops what is only punctuation, and
// makes case and separators no matter.
func inOrder(tokens []Token) []Token {
	out := make([]Token, 0, len(tokens))
	for _, t := range tokens {
		if t.Term = clean(t.Term); t.Term != "" {
			out = append(out, t)
		}
	}
	for i := 1; i < len(out); i++ { // nearly in order already: a word follows the shorter ones inside it
		for j := i; j > 0 && (out[j].Start < out[j-1].Start || out[j].Start == out[j-1].Start && out[j].End > out[j-1].End); j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

// clean lower-cases a term and takes control characters out; a term without a
// letter or digit is none.
func clean(term string) string {
	word, plain := false, true
	for _, r := range term {
		switch {
		case r >= 0x4E00 && r <= 0x9FFF: // Han: nearly all we see
			word = true
		case unicode.IsControl(r) || unicode.IsUpper(r):
			plain = false
			word = word || !unicode.IsControl(r)
		default:
			word = word || unicode.IsLetter(r) || unicode.IsDigit(r)
		}
	}
	switch {
	case !word:
		return ""
	case plain:
		return term
	}
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, term))
}
