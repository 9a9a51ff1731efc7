package sqlite

import (
	"path/filepath"
	"testing"
	"unicode"

	"huiying/store/storetest"
)

func TestArchive(t *testing.T) {
	storetest.Archive(t, func(t *testing.T) storetest.ArchiveUnderTest { return openArchive(t, bigrams) })
}

func openArchive(t testing.TB, tokens func(string) []Token) *Archive {
	t.Helper()
	a, err := OpenArchive(t.Context(), filepath.Join(t.TempDir(), "archive.db"), tokens)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// bigrams cuts runs of Han characters into overlapping pairs and everything else
// into runs of letters and digits.
func bigrams(text string) []Token {
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
