package analyzer

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

//go:embed aspects.txt
var aspectWords []byte

// thesaurus are groups of words: a word of a group stands for all of them.
type thesaurus struct {
	names []string
	of    []int // by word, its group
	words *automaton
}

// newThesaurus reads lines 名称…：词 词 …; # begins a comment.
func newThesaurus(text []byte) (*thesaurus, error) {
	t := &thesaurus{}
	var words []string
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, list, ok := strings.Cut(line, "：")
		if !ok {
			return nil, fmt.Errorf("line %d: want 名称：词 词 …", n)
		}
		for _, w := range strings.Fields(list) {
			words, t.of = append(words, w), append(t.of, len(t.names))
		}
		t.names = append(t.names, name)
	}
	t.words = newAutomaton(words)
	return t, nil
}

// each calls f with the groups a text speaks of and where the word stands, in runes.
func (t *thesaurus) each(text []rune, f func(group, start, end int)) {
	t.words.scan(text, func(word, start, end int) { f(t.of[word], start, end) })
}

// aspects are what clauses settle and claims doubt: who cannot come, what is paid
// back, until when.
var aspects = sync.OnceValues(func() (*thesaurus, error) { return newThesaurus(aspectWords) })
