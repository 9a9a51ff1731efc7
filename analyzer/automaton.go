package analyzer

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// automaton finds many words in a text in one pass (Aho and Corasick, 1975). Its
// states are prefixes of bytes in a double array (Aoe, 1989): 20 bytes a state,
// about two states a Chinese character. It is made once and only read after.
type automaton struct {
	states []state
	first  [256]int32           // the state after one byte; 0, the root, for none
	begins [1 << 16 / 64]uint64 // the characters of three bytes, as Chinese ones are, that begin a word
	words  []size
	same   []int32 // the next word of equal text, or none
}

// state is a prefix of some words. Its child by byte c is the state at base+c,
// if that one names it as its parent.
type state struct {
	base, parent int32
	fail         int32 // the longest proper suffix that is itself a state
	end          int32 // the longest suffix that is a word, this state included; 0 for none
	word         int32 // the word that ends here, or none
}

type size struct{ bytes, runes int }

const none = -1

// newAutomaton makes an automaton of words, which it knows by their index. Words
// may repeat: each is found. The empty word never is.
func newAutomaton(words []string) *automaton {
	a := &automaton{words: make([]size, len(words)), same: make([]int32, len(words))}
	b := builder{automaton: a, text: words}
	for i, w := range words {
		a.words[i] = size{len(w), utf8.RuneCountInString(w)}
		a.same[i] = none
		if w != "" {
			b.order = append(b.order, int32(i))
		}
		if r, n := utf8.DecodeRuneInString(w); n == 3 {
			a.begins[r/64] |= 1 << (r % 64)
		}
		if !utf8.ValidString(w) { // it may begin in the middle of a character
			for i := range a.begins {
				a.begins[i] = ^uint64(0)
			}
		}
	}
	slices.SortStableFunc(b.order, func(x, y int32) int { return cmp.Compare(words[x], words[y]) })
	b.build()
	return a
}

// scan calls found for every occurrence of every word, overlapping ones too: by
// rising end, and of one end the longest first. Offsets are bytes.
func (a *automaton) scan(text string, found func(word, start, end int)) {
	s := int32(0)
	for i := 0; i < len(text); i++ {
		for s == 0 && a.passes(text, i) {
			i += 3
		}
		if i == len(text) {
			return
		}
		s = a.step(s, text[i])
		for e := a.states[s].end; e != 0; e = a.states[a.states[e].fail].end {
			for w := a.states[e].word; w != none; w = a.same[w] {
				found(int(w), i+1-a.words[w].bytes, i+1)
			}
		}
	}
}

// passes reports whether a character of three bytes stands there that begins no
// word: most do.
func (a *automaton) passes(text string, i int) bool {
	if i+2 >= len(text) || text[i]&0xF0 != 0xE0 || text[i+1]&0xC0 != 0x80 || text[i+2]&0xC0 != 0x80 {
		return false
	}
	r := uint(text[i]&0x0F)<<12 | uint(text[i+1]&0x3F)<<6 | uint(text[i+2]&0x3F)
	return a.begins[r/64]>>(r%64)&1 == 0
}

// scanRunes is scan with offsets in runes; text and words must be valid UTF-8.
func (a *automaton) scanRunes(text string, found func(word, start, end int)) {
	at, runes := 0, 0
	a.scan(text, func(word, _, end int) {
		runes += utf8.RuneCountInString(text[at:end])
		at = end
		found(word, runes-a.words[word].runes, runes)
	})
}

func (a *automaton) step(s int32, c byte) int32 {
	for s != 0 {
		if next := a.states[s].base + int32(c); a.states[next].parent == s {
			return next
		}
		s = a.states[s].fail
	}
	return a.first[c]
}

// builder lays out the states level by level: the few with many children come
// first, while there is room, and those with one child fill the holes.
type builder struct {
	*automaton
	text  []string
	order []int32 // the words, sorted
	open  int     // no slot below is free
	last  int32   // the word last finished
}

// branch is a state and the words that begin with it.
type branch struct {
	state int32
	depth int // bytes
	words []int32
}

func (b *builder) build() {
	b.open = 256 // so that no base is negative
	b.grow(b.open + 256)
	b.states[0].parent = 0 // taken; nobody asks for the root's parent
	queue := []branch{{words: b.order}}
	for i := 0; i < len(queue); i++ {
		at := b.finish(queue[i])
		from := len(queue)
		if queue = split(queue, at, b.text); len(queue) > from {
			b.place(at.state, queue[from:])
		}
	}
}

// finish says which words end at a state and leaves those that go on.
func (b *builder) finish(at branch) branch {
	s := &b.states[at.state]
	s.end = b.states[s.fail].end
	for len(at.words) > 0 && len(b.text[at.words[0]]) == at.depth {
		if w := at.words[0]; s.word == none {
			s.word, s.end = w, at.state
		} else {
			b.same[b.last] = w
		}
		b.last = at.words[0]
		at.words = at.words[1:]
	}
	return at
}

// split groups the words of a state by their next byte and appends a branch for
// each; its state is that byte until it is placed.
func split(queue []branch, at branch, text []string) []branch {
	for words := at.words; len(words) > 0; {
		c, n := text[words[0]][at.depth], 1
		for n < len(words) && text[words[n]][at.depth] == c {
			n++
		}
		queue = append(queue, branch{int32(c), at.depth + 1, words[:n]})
		words = words[n:]
	}
	return queue
}

// place makes states of the children of s.
func (b *builder) place(s int32, children []branch) {
	base := b.base(children)
	b.states[s].base = base
	for i := range children {
		c := children[i].state
		child := base + c
		children[i].state = child
		b.states[child].parent = s
		if s == 0 {
			b.first[c] = child
		} else {
			b.states[child].fail = b.step(b.states[s].fail, byte(c))
		}
	}
}

// base is the least one at which every child has a free slot.
func (b *builder) base(children []branch) int32 {
	for b.states[b.open].parent != none {
		b.open++
	}
	for slot := b.open; ; slot++ {
		base := int32(slot) - children[0].state
		b.grow(int(base) + 512) // a step may look 255 beyond, and open is never the end
		if !slices.ContainsFunc(children, func(c branch) bool { return b.states[base+c.state].parent != none }) {
			return base
		}
	}
}

func (b *builder) grow(n int) {
	for len(b.states) < n {
		b.states = append(b.states, state{parent: none, word: none})
	}
}
