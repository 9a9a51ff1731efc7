package analyzer

import (
	"cmp"
	"maps"
	"slices"
)

// automaton finds many words in a text in one pass (Aho and Corasick, 1975). Its
// states are beginnings of words in a double array (Aoe, 1989): 16 bytes each,
// about one a Chinese character. It is made once and only read after.
type automaton struct {
	states []state
	ends   []int32         // by state, the word that ends there, or none
	codes  []uint16        // by rune below 1<<16: the common ones first; 0 for one in no word
	rare   map[rune]uint16 // the same of other runes
	first  []int32         // by code, the state after one rune; 0, the root, for none
	runes  []int32         // of each word
	same   []int32         // the next word of equal text, or none
}

// state is the beginning of some words. Its child by a rune is the state at base
// and the rune's code, if that one names it as its parent.
type state struct {
	base, parent int32
	fail         int32 // the longest proper suffix that is itself a state
	end          int32 // the longest suffix that is a word, this state included; 0 for none
}

const none = -1

// newAutomaton makes an automaton of words, which it knows by their index. Words
// may repeat: each is found. The empty word never is.
func newAutomaton(words []string) *automaton {
	a := &automaton{runes: make([]int32, len(words)), same: make([]int32, len(words))}
	b := builder{automaton: a, text: make([][]uint16, len(words))}
	b.number(words)
	for i, w := range words {
		for _, r := range w {
			b.text[i] = append(b.text[i], a.code(r))
		}
		a.runes[i], a.same[i] = int32(len(b.text[i])), none
		if w != "" {
			b.order = append(b.order, int32(i))
		}
	}
	slices.SortStableFunc(b.order, func(x, y int32) int { return slices.Compare(b.text[x], b.text[y]) })
	b.build()
	return a
}

// code is the number of a rune, 0 for one that is in no word.
func (a *automaton) code(r rune) uint16 {
	if uint(r) < uint(len(a.codes)) {
		return a.codes[r]
	}
	return a.rare[r]
}

// scan calls found for every occurrence of every word, overlapping ones too: by
// rising end, and of one end the longest first. Offsets are runes.
func (a *automaton) scan(text []rune, found func(word, start, end int)) {
	s := int32(0)
	for i, r := range text {
		c := a.code(r)
		if c == 0 {
			s = 0
			continue
		}
		s = a.step(s, c)
		for e := a.states[s].end; e != 0; e = a.states[a.states[e].fail].end {
			for w := a.ends[e]; w != none; w = a.same[w] {
				found(int(w), i+1-int(a.runes[w]), i+1)
			}
		}
	}
}

func (a *automaton) step(s int32, c uint16) int32 {
	for s != 0 {
		at := &a.states[s]
		if next := at.base + int32(c); a.states[next].parent == s {
			return next
		}
		s = at.fail
	}
	return a.first[c]
}

// builder lays out the states level by level: the few with many children come
// first, while there is room, and those with one child fill the holes.
type builder struct {
	*automaton
	text  [][]uint16 // codes of the words
	order []int32    // the words, sorted
	open  int        // no slot below is free
	last  int32      // the word last finished
}

// number gives the runes of the words their codes.
func (b *builder) number(words []string) {
	count := make(map[rune]int)
	for _, w := range words {
		for _, r := range w {
			count[r]++
		}
	}
	runes := slices.SortedFunc(maps.Keys(count), func(x, y rune) int { return cmp.Or(count[y]-count[x], int(x-y)) })
	b.codes, b.rare = make([]uint16, 1<<16), make(map[rune]uint16)
	for i, r := range runes {
		if int(r) < len(b.codes) {
			b.codes[r] = uint16(i + 1)
		} else {
			b.rare[r] = uint16(i + 1)
		}
	}
	b.first = make([]int32, len(runes)+1)
}

// branch is a state and the words that begin with it.
type branch struct {
	state int32
	depth int // runes
	words []int32
}

func (b *builder) build() {
	b.open = len(b.first) // so that no base is negative
	b.grow(2 * b.open)
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
		if w := at.words[0]; b.ends[at.state] == none {
			b.ends[at.state], s.end = w, at.state
		} else {
			b.same[b.last] = w
		}
		b.last = at.words[0]
		at.words = at.words[1:]
	}
	return at
}

// split groups the words of a state by their next rune and appends a branch for
// each; its state is the code of that until it is placed.
func split(queue []branch, at branch, text [][]uint16) []branch {
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
			b.states[child].fail = b.step(b.states[s].fail, uint16(c))
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
		b.grow(int(base) + 2*len(b.first)) // a step may look as far, and open is never the end
		if !slices.ContainsFunc(children, func(c branch) bool { return b.states[base+c.state].parent != none }) {
			return base
		}
	}
}

func (b *builder) grow(n int) {
	for len(b.states) < n {
		b.states, b.ends = append(b.states, state{parent: none}), append(b.ends, none)
	}
}
