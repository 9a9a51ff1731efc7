package sqlite

import (
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"huiying/store/internal/textquery"
)

// every is a term that each document holds and no query can name, so that a query
// which only excludes is one FTS5 can answer in order: every NOT ….
const every = "·"

// documentTerms is what FTS5 is handed of a text.
func documentTerms(tokens []Token) string { return every + textquery.Document(tokens) }

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
		for end < len(text) && text[end] != textquery.NextTerm && text[end] != textquery.SameStart {
			end++
		}
		if end > start {
			if err := token(flag, text[start:end], start, end); err != nil {
				return err
			}
		}
		flag = 0
		if end < len(text) && text[end] == textquery.SameStart {
			flag = fts5.TOKEN_COLOCATED
		}
		start = end + 1
	}
	return nil
}

// matchOf makes the FTS5 expression of a text query.
func matchOf(text string, tokens func(string) []Token) (string, error) {
	s, err := textquery.Compile(text, tokens)
	if err != nil {
		return "", err
	}
	must, not := expressions(s.Must), expressions(s.Not)
	if len(must) == 0 {
		must = []string{quote(every)}
	}
	match := "(" + strings.Join(must, " AND ") + ")"
	if len(not) > 0 {
		match += " NOT (" + strings.Join(not, " OR ") + ")"
	}
	return match, nil
}

func expressions(choices []textquery.Choice) []string {
	out := make([]string, len(choices))
	for i, c := range choices {
		either := make([]string, len(c))
		for j, all := range c {
			together := make([]string, len(all))
			for k, p := range all {
				together[k] = quote(strings.Join(p.Terms, string(textquery.NextTerm)))
				if p.Prefix {
					together[k] += " *"
				}
			}
			either[j] = "(" + strings.Join(together, " AND ") + ")"
		}
		out[i] = "(" + strings.Join(either, " OR ") + ")"
	}
	return out
}

func quote(term string) string { return `"` + strings.ReplaceAll(term, `"`, `""`) + `"` }
