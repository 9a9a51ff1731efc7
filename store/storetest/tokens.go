package storetest

import (
	"strings"
	"unicode"

	"huiying/store/internal/textquery"
)

// Token is one searchable term of a text and where it stands, in bytes.
type Token = textquery.Token

// Bigrams cuts runs of Han characters into overlapping pairs and everything else
// into runs of letters and digits.
func Bigrams(text string) []Token {
	var out []Token
	type char struct {
		r  rune
		at int
	}
	var run []char
	flush := func(end int) {
		switch {
		case len(run) == 0:
		case !unicode.Is(unicode.Han, run[0].r), len(run) == 1:
			out = append(out, Token{Term: text[run[0].at:end], Start: run[0].at, End: end})
		default:
			for i := 1; i < len(run); i++ {
				stop := end
				if i+1 < len(run) {
					stop = run[i+1].at
				}
				out = append(out, Token{Term: text[run[i-1].at:stop], Start: run[i-1].at, End: stop})
			}
		}
		run = run[:0]
	}
	for i, r := range text {
		word := unicode.IsLetter(r) || unicode.IsDigit(r)
		if !word || len(run) > 0 && unicode.Is(unicode.Han, r) != unicode.Is(unicode.Han, run[0].r) {
			flush(i)
		}
		if word {
			run = append(run, char{r, i})
		}
	}
	flush(len(text))
	return out
}

// dictionary cuts like a dictionary does: known words, and the shorter known words
// inside them too, unknown characters one by one.
func dictionary(words ...string) func(string) []Token {
	return func(text string) []Token {
		var out []Token
		for i := 0; i < len(text); {
			longest := ""
			for _, w := range words {
				if strings.HasPrefix(text[i:], w) && len(w) > len(longest) {
					longest = w
				}
			}
			if longest == "" {
				n := len(string([]rune(text[i:])[0]))
				out = append(out, Token{Term: text[i : i+n], Start: i, End: i + n})
				i += n
				continue
			}
			for _, w := range words { // shorter words first, as segmenters give them
				if at := strings.Index(longest, w); at >= 0 && w != longest {
					out = append(out, Token{Term: w, Start: i + at, End: i + at + len(w)})
				}
			}
			out = append(out, Token{Term: longest, Start: i, End: i + len(longest)})
			i += len(longest)
		}
		return out
	}
}
