package sqlite

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"huiying"
	"huiying/store/internal/textquery"
)

// Texts are cut into terms in Go, on all cores and outside of the transaction.
// FTS5 is handed the terms joined by these characters, which no clean text
// holds: each term takes the next position; one behind sameStart takes the
// position of the term before it.
const (
	nextTerm  = '\x1f'
	sameStart = '\x1e'
)

// every is a term that each document holds and no query can name, so that a query
// which only excludes is one FTS5 can answer in order: every NOT ….
const every = "·"

// registerTerms gives a connection the tokenizer "terms", which takes such a
// list apart again. Queries use it too: a quoted list is a phrase.
func registerTerms(c *sqlite3.Conn) error {
	return fts5.RegisterCustom(c, func(api *fts5.API) error {
		return api.CreateTokenizer("terms", func([]string) (fts5.Tokenizer, error) { return termList{}, nil })
	})
}

type termList struct{}

// Tokenize implements [fts5.Tokenizer].
func (termList) Tokenize(_ fts5.TokenizeFlag, text, _ string, token fts5.TokenCallback) error {
	var flag fts5.TokenFlag
	for start := 0; start < len(text); {
		end := start
		for end < len(text) && text[end] != nextTerm && text[end] != sameStart {
			end++
		}
		if end > start {
			if err := token(flag, text[start:end], start, end); err != nil {
				return err
			}
		}
		flag = 0
		if end < len(text) && text[end] == sameStart {
			flag = fts5.TOKEN_COLOCATED
		}
		start = end + 1
	}
	return nil
}

// documentTerms joins the tokens of a document.
func documentTerms(tokens []Token) string {
	tokens = inOrder(tokens)
	var b strings.Builder
	b.WriteString(every)
	last := -1
	for _, t := range tokens {
		if t.Start == last {
			b.WriteByte(sameStart)
		} else {
			b.WriteByte(nextTerm)
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
	byPlace := func(a, b Token) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	}
	if !slices.IsSortedFunc(out, byPlace) {
		slices.SortStableFunc(out, byPlace)
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

// errNothingToFind tells a person that the query holds no word.
var errNothingToFind = huiying.Invalid("text", "没有可检索的字词，请输入汉字、字母或数字")

// matchOf makes the FTS5 expression of a text query. Words without a term in
// them (punctuation) do not count.
func matchOf(text string, tokens func(string) []Token) (string, error) {
	q, err := textquery.Parse(text)
	if err != nil {
		return "", err
	}
	must, not := expressions(q.Must, tokens), expressions(q.MustNot, tokens)
	if len(must) == 0 && len(not) == 0 {
		return "", errNothingToFind
	}
	if len(must) == 0 {
		must = []string{quote(every)}
	}
	match := "(" + strings.Join(must, " AND ") + ")"
	if len(not) > 0 {
		match += " NOT (" + strings.Join(not, " OR ") + ")"
	}
	return match, nil
}

func expressions(clauses []textquery.Clause, tokens func(string) []Token) []string {
	var out []string
	for _, c := range clauses {
		var either []string
		for _, w := range c {
			if e := wordExpression(w, inOrder(tokens(w.Text))); e != "" {
				either = append(either, e)
			}
		}
		if len(either) > 0 {
			out = append(out, "("+strings.Join(either, " OR ")+")")
		}
	}
	return out
}

// wordExpression finds one word of a query. A quoted one is a phrase: its terms
// side by side. In an unquoted run of characters every word it is cut into must
// occur (people type Chinese without spaces), unless it falls apart into single
// characters: then only side by side do they mean anything.
func wordExpression(w textquery.Word, tokens []Token) string {
	if len(tokens) == 0 {
		return ""
	}
	words := outermost(tokens)
	if len(words) == 1 {
		if utf8.RuneCountInString(words[0].Term) == 1 {
			return quote(words[0].Term) + " *" // a lone character begins a word
		}
		return quote(words[0].Term)
	}
	single := !slices.ContainsFunc(words, func(t Token) bool { return utf8.RuneCountInString(t.Term) > 1 })
	if w.Quoted || single {
		var phrase []string
		last := -1
		for _, t := range tokens {
			if t.Start != last { // the longest at each place
				phrase = append(phrase, t.Term)
			}
			last = t.Start
		}
		return quote(strings.Join(phrase, string(nextTerm)))
	}
	var all []string
	for _, t := range words {
		if q := quote(t.Term); !slices.Contains(all, q) {
			all = append(all, q)
		}
	}
	return "(" + strings.Join(all, " AND ") + ")"
}

// outermost drops tokens that lie within another one.
func outermost(tokens []Token) []Token {
	var out []Token
	reach := -1
	for _, t := range tokens {
		if t.End > reach {
			out = append(out, t)
			reach = t.End
		}
	}
	return out
}

func quote(term string) string { return `"` + strings.ReplaceAll(term, `"`, `""`) + `"` }
