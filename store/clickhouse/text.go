package clickhouse

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"huiying/store/internal/textquery"
)

// beginning marks a term that stands for the first character of words, so that a
// lone character is found by the index too. No clean term holds it.
const beginning = "\x1d"

// documentTerms is the column terms: those of the text by position (see
// [textquery.Document]), then the first characters of its words.
func documentTerms(tokens []Token) string {
	doc := textquery.Document(tokens)
	out := make([]byte, 0, 2*len(doc))
	out = append(out, doc...)
	seen := make(map[rune]bool, 128)
	for i := range len(doc) {
		if doc[i] != textquery.NextTerm && doc[i] != textquery.SameStart {
			continue
		}
		first, _ := utf8.DecodeRuneInString(doc[i+1:])
		if !seen[first] {
			seen[first] = true
			out = append(out, textquery.NextTerm)
			out = append(out, beginning...)
			out = utf8.AppendRune(out, first)
		}
	}
	return string(out)
}

// matchOf makes the condition of a text query.
func matchOf(text string, tokens func(string) []Token) (string, error) {
	s, err := textquery.Compile(text, tokens)
	if err != nil {
		return "", err
	}
	var all []string
	for _, c := range s.Must {
		all = append(all, choice(c))
	}
	for _, c := range s.Not {
		all = append(all, "NOT "+choice(c))
	}
	return strings.Join(all, " AND "), nil
}

func choice(c textquery.Choice) string {
	either := make([]string, len(c))
	for i, phrases := range c {
		var terms, side []string
		for _, p := range phrases {
			switch {
			case p.Prefix:
				terms = append(terms, beginning+p.Terms[0])
			default:
				terms = append(terms, p.Terms...)
			}
			if len(p.Terms) > 1 {
				side = append(side, "match(terms, "+quote(sideBySide(p.Terms))+")")
			}
		}
		slices.Sort(terms)
		var all []string
		for part := range slices.Chunk(slices.Compact(terms), maxNeedles) {
			all = append(all, "hasAllTokens(terms, ["+strings.Trim(list(part), "()")+"])")
		}
		either[i] = "(" + strings.Join(append(all, side...), " AND ") + ")"
	}
	return "(" + strings.Join(either, " OR ") + ")"
}

// maxNeedles is how many terms the server looks for at once.
const maxNeedles = 64

// sideBySide is a pattern of terms at positions that follow each other. At one
// position several terms may stand: the wanted one may be any of them.
func sideBySide(terms []string) string {
	quoted := make([]string, len(terms))
	for i, t := range terms {
		quoted[i] = regexp.QuoteMeta(t)
	}
	return "[\x1f\x1e]" + strings.Join(quoted, "(?:\x1e[^\x1f]*)?\x1f(?:[^\x1f]*\x1e)?") + "(?:[\x1f\x1e]|$)"
}
