package analyzer

import "sync"

// mostKeywords is how many words are told of a text.
const mostKeywords = 12

// keyword is a word of a text that may tell it from others.
type keyword struct {
	text  string
	slot  uint32 // its feature
	n     int
	score float64
}

// tally is the scratch of counting the words of a text, in order of first
// occurrence.
type tally struct {
	places []uint32 // index in words + 1, as in a bag
	words  []keyword
}

var tallies = sync.Pool{New: func() any { return new(tally) }}

// keywords are the twelve words that tell this text from others best: by how
// often they occur here and how rare they are elsewhere (tf·idf), the first of
// equals before the others.
func (a *Analyzer) keywords(r *reading) []string {
	t := tallies.Get().(*tally)
	defer tallies.Put(t)
	t.places, t.words = emptied(t.places, len(r.words)), t.words[:0]
	for _, w := range r.words {
		if w.end-w.start >= 2 && isWordLetter(r.runes[w.start]) {
			slot, _ := hashWord(r.runes[w.start:w.end])
			t.add(w.text, slot)
		}
	}
	var best [mostKeywords]*keyword
	n := 0
	for i := range t.words {
		k := &t.words[i]
		k.score = float64(k.n) * a.model.rarity(k.slot)
		if n == mostKeywords && best[n-1].score >= k.score || a.stop[k.text] {
			continue
		}
		at := n
		for at > 0 && best[at-1].score < k.score {
			at--
		}
		if at < mostKeywords {
			n = min(n+1, mostKeywords)
			copy(best[at+1:n], best[at:n])
			best[at] = k
		}
	}
	out := make([]string, n)
	for i, k := range best[:n] {
		out[i] = k.text
	}
	clear(t.words) // they hold the text
	return out
}

func (t *tally) add(word string, slot uint32) {
	last := uint32(len(t.places) - 1)
	for i := slot & last; ; i = (i + 1) & last {
		k := t.places[i]
		if k == 0 {
			t.words = append(t.words, keyword{text: word, slot: slot, n: 1})
			t.places[i] = uint32(len(t.words))
			return
		}
		if w := &t.words[k-1]; w.slot == slot && w.text == word {
			w.n++
			return
		}
	}
}
