package analyzer

import (
	"math"
	"sync"
	"unicode"
)

// The learned models read a text as bags: its words, its runs of one to
// three characters, and the runs of one and two characters of its title. Each
// bag is a vector of (1+ln n)·idf scaled to length 1, so that a long letter and
// a short post weigh the same and the title speaks as loud as the body. The next
// are for the tone: what the writer says himself ([voice]), which in most posts is
// all there is, and how he ends, the marks and numbers ([countStyle]), and the
// classes of the tone lexicon, which there are and where they stand ([tones]). The
// last bags hold what the rules found and how it is told, each at the same small
// weight.
const (
	bagWords = iota
	bagTitle
	bagRuns
	bagVoice // the same features as bagRuns
	bagEnding
	bagStyle
	bagTone
	bagTurns
	bagSigns // from here on nothing is weighed by how rare it is
	bagTellings
	bags
)

const (
	// places is how many features a model may know: a power of two. Two that want
	// the same place are told apart by their other bits, and the rarer is not known.
	places = 1 << 21
	// titleLong is how many runes stand for the title of a text without one.
	titleLong = 20
	// signWeight is the value of a sign in its vector.
	signWeight = 0.2
	// longestRun is how many characters of the text or of the writer's own words
	// make a feature at most.
	longestRun = 3
	runSalt    = 0x9e3779b9
	// endingLong is how many runes are the end of what the writer says.
	endingLong = 20
	// bodyLong is how many runes of a text are read for the models: what a letter
	// is about stands at its beginning.
	bodyLong = 2000
)

// feature is a hashed n-gram and how often it occurs.
type feature struct {
	slot  uint32 // its hash
	count uint32
}

// bag counts features; a scratch that is used again and again. Its table is as
// small as the text, so that it stays in the cache: where a feature should stand
// is the end of its slot, and the next free place when that is taken.
type bag struct {
	places []uint32 // index in found + 1, 0 for a free one
	found  []feature
}

// size makes room for so many features at most.
func (b *bag) size(most int) { b.places = emptied(b.places, most) }

// emptied is a table of free places, twice as many as are needed at least; a
// power of two.
func emptied(places []uint32, most int) []uint32 {
	n := 64
	for n < 2*most {
		n *= 2
	}
	if cap(places) < n {
		return make([]uint32, n)
	}
	clear(places[:n])
	return places[:n]
}

func (b *bag) add(slot uint32) {
	last := uint32(len(b.places) - 1)
	for i := slot & last; ; i = (i + 1) & last {
		k := b.places[i]
		if k == 0 {
			b.found = append(b.found, feature{slot, 1})
			b.places[i] = uint32(len(b.found))
			return
		}
		if f := &b.found[k-1]; f.slot == slot {
			if f.count < math.MaxUint16 {
				f.count++
			}
			return
		}
	}
}

// take appends what was counted to out, in order of first occurrence; the bag is
// to be sized before it counts again.
func (b *bag) take(out []feature) []feature {
	out = append(out, b.found...)
	b.found = b.found[:0]
	return out
}

var bagPool = sync.Pool{New: func() any { return new(bag) }}

// features are the bags of a reading, which holds them until it is freed.
func features(r *reading) (out [bags][]feature) {
	b := bagPool.Get().(*bag)
	defer bagPool.Put(b)
	all := r.counted[:0]
	defer func() { r.counted = all }()
	keepOf := func(b *bag) []feature {
		n := len(all)
		all = b.take(all) // earlier bags keep their own array when it grows
		return all[n:len(all):len(all)]
	}
	keep := func() []feature { return keepOf(b) }
	b.size(len(r.words))
	for _, w := range r.words {
		if w.start >= bodyLong {
			break
		}
		if h, ok := hashWord(r.runes[w.start:w.end]); ok {
			b.add(h)
		}
	}
	out[bagWords] = keep()
	title := r.title
	if title == 0 {
		title = min(len(r.runes), titleLong)
	}
	b.size(2 * title)
	countRuns(b, r.runes[:title], 2, 0x85ebca6b)
	out[bagTitle] = keep()
	second := bagPool.Get().(*bag)
	defer bagPool.Put(second)
	signs(r, b, second)
	out[bagSigns] = keep()
	out[bagTellings] = keepOf(second)
	body := r.runes[:min(len(r.runes), bodyLong)]
	b.size(longestRun * len(body))
	countRuns(b, body, longestRun, runSalt)
	out[bagRuns] = keep()
	v := voicePool.Get().(*voice)
	defer voicePool.Put(v)
	v.listen(r.text, body)
	if out[bagVoice] = out[bagRuns]; !v.whole {
		b.size(longestRun * len(v.runes))
		countRuns(b, v.runes, longestRun, runSalt)
		out[bagVoice] = keep()
	}
	b.size(2 * endingLong)
	countRuns(b, v.runes[max(0, len(v.runes)-endingLong):], 2, 0x68e31da4)
	out[bagEnding] = keep()
	b.size(2*len(body) + 8)
	countStyle(b, body, v)
	out[bagStyle] = keep()
	r.analyzer.tones.count(r.tonals, v, b, second)
	out[bagTone] = keep()
	out[bagTurns] = keepOf(second)
	return out
}

// countRuns counts the runs of one to n runes that hold no white space.
func countRuns(b *bag, runes []rune, n int, salt uint32) {
	for i := range runes {
		h := salt
		for _, c := range runes[i:min(i+n, len(runes))] {
			if c <= ' ' || c == '　' {
				break
			}
			h = hashRune(h, c)
			b.add(finish(h))
		}
	}
}

func hashWord(w []rune) (slot uint32, ok bool) {
	h := uint32(0xc2b2ae35)
	for _, c := range w {
		ok = ok || isWordLetter(c) || c == '?' || c == '？' || c == '!' || c == '！'
		h = hashRune(h, c)
	}
	return finish(h), ok
}

// isWordLetter is unicode.IsLetter, sooner of Chinese.
func isWordLetter(c rune) bool {
	switch {
	case c >= 0x4E00 && c <= 0x9FFF:
		return true
	case c >= 0xFF01 && c <= 0xFF20, c >= 0x3001 && c <= 0x3003: // ，！：？、。
		return false
	}
	return unicode.IsLetter(c)
}

// hashSign is the slot of a sign; its name may be given in pieces.
func hashSign(name ...string) uint32 {
	h := uint32(0x27d4eb2f)
	for _, piece := range name {
		for _, r := range piece {
			h = hashRune(h, r)
		}
	}
	return finish(h)
}

func hashRune(h uint32, c rune) uint32 {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return (h ^ uint32(c)) * 0x01000193 * 0x85ebca6b
}

func finish(h uint32) uint32 {
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	h ^= h >> 15
	return h
}
