package analyzer

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"huiying"
)

// longest is how many bytes of a text are looked at: longer letters repeat
// themselves, and time must stay bounded.
const longest = 32 << 10

// word is a segment with where it stands.
type word struct {
	text, pos  string
	start, end int // rune offsets
}

// segmenter cuts a text into words: the likeliest way through the dictionary,
// and what is left in single characters by the hidden Markov model. Its words are
// those of jieba's mixed mode, to the byte (see [newReference]), without crossing
// into C++ and without its 140 MB. It is only read after it is made, so any number
// of goroutines may use it at once.
type segmenter struct {
	words  *dictionary
	hidden *hiddenMarkov
	pool   sync.Pool // of *cutting
}

func newSegmenter(words []string) (*segmenter, error) {
	d, err := newDictionary(words)
	if err != nil {
		return nil, fmt.Errorf("segmenter: %w", err)
	}
	h, err := newHiddenMarkov()
	if err != nil {
		return nil, fmt.Errorf("segmenter: %w", err)
	}
	s := &segmenter{words: d, hidden: h}
	s.pool.New = func() any { return new(cutting) }
	return s, nil
}

// cutting is the scratch of cutting one text.
type cutting struct {
	from  int // offset in the text of what is being cut
	runes []rune
	roots []root
	best  []float64 // of the likeliest way from a rune to the end of its piece
	end   []int32   // of the first word on that way
	back  [][positions]uint8
	last  []bool
	ends  []int32 // of the words, rune offsets in the text

	touched edge // means nothing
}

// cut appends the words of a text to out; runes are the text's, and bytes is where
// each stands in it, and its end.
func (s *segmenter) cut(out []word, text string, runes []rune, bytes []int32) []word {
	c := s.pool.Get().(*cutting)
	defer s.pool.Put(c)
	c.ends = c.ends[:0]
	from := 0
	for i, r := range runes {
		switch r {
		case ' ', '\t', '\n', '，', '。': // no word reaches over one
			s.piece(c, runes, from, i)
			c.ends = append(c.ends, int32(i+1))
			from = i + 1
		}
	}
	s.piece(c, runes, from, len(runes))
	out = slices.Grow(out, len(c.ends))
	start := 0
	for _, e := range c.ends {
		end := int(e)
		out = append(out, word{text: text[bytes[start]:bytes[end]], start: start, end: end})
		start = end
	}
	return out
}

// placed are the runes of a text and where each stands in it, with the end.
func placed(text string) (runes []rune, bytes []int32) {
	runes, bytes = make([]rune, 0, len(text)), make([]int32, 0, len(text)+1)
	for i, c := range text {
		runes, bytes = append(runes, c), append(bytes, int32(i))
	}
	return runes, append(bytes, int32(len(text)))
}

// piece cuts a part of a text that no word reaches out of.
func (s *segmenter) piece(c *cutting, runes []rune, from, to int) {
	if to-from <= 1 {
		if from < to {
			c.ends = append(c.ends, int32(to))
		}
		return
	}
	c.from, c.runes = from, runes[from:to]
	s.likeliest(c)
	alone := 0 // runes that are words by themselves so far
	for i := 0; i < len(c.runes); i = int(c.end[i]) {
		if int(c.end[i]) == i+1 {
			alone++
			continue
		}
		s.unknown(c, i-alone, i)
		alone = 0
		c.ends = append(c.ends, int32(from)+c.end[i])
	}
	s.unknown(c, len(c.runes)-alone, len(c.runes))
}

// likeliest finds the way through the dictionary whose words are most common.
func (s *segmenter) likeliest(c *cutting) {
	n := len(c.runes)
	c.best, c.end = sized(c.best, n+1), sized(c.end, n)
	c.best[n] = 0
	d := s.words
	c.roots = sized(c.roots, n)
	for i, r := range c.runes {
		c.roots[i] = d.first(r)
		if i > 0 { // read now, all at once, what is needed below one after the other
			c.touched ^= d.edges[wanted(c.roots[i-1].to, r)]
		}
	}
	for i := n - 1; i >= 0; i-- {
		at, w := c.roots[i].to, c.roots[i].word
		best, end := c.best[i+1]+d.weight(w), i+1
		for j := i + 1; at != 0 && j < n; j++ {
			if at, w = d.step(at, c.runes[j]); w != 0 {
				if v := c.best[j+1] + d.weight(w); v > best {
					best, end = v, j+1
				}
			}
		}
		c.best[i], c.end[i] = best, int32(end)
	}
}

// unknown cuts runes of which the dictionary makes single characters: letters
// and digits go together, of the rest the hidden Markov model makes words.
func (s *segmenter) unknown(c *cutting, from, to int) {
	left := from
	for i := from; i < to; {
		if c.runes[i] >= utf8.RuneSelf {
			i++
			continue
		}
		s.guess(c, left, i)
		i += asciiWord(c.runes[i:to])
		c.ends = append(c.ends, int32(c.from+i))
		left = i
	}
	s.guess(c, left, to)
}

func (s *segmenter) guess(c *cutting, from, to int) {
	n := to - from
	if n > 1 {
		c.back, c.last = sized(c.back, n), sized(c.last, n)
		s.hidden.last(c.runes[from:to], c.back, c.last)
		for i, last := range c.last[:n-1] {
			if last {
				c.ends = append(c.ends, int32(c.from+from+i+1))
			}
		}
	}
	if n > 0 {
		c.ends = append(c.ends, int32(c.from+to))
	}
}

// asciiWord is how many runes go together at the beginning: a name of letters
// and digits, a number, or one sign.
func asciiWord(runes []rune) int {
	n := 1
	switch letter, digit := isLatin(runes[0]), isDigit(runes[0]); {
	case letter:
		for n < len(runes) && (isLatin(runes[n]) || isDigit(runes[n])) {
			n++
		}
	case digit:
		for n < len(runes) && (isDigit(runes[n]) || runes[n] == '.') {
			n++
		}
	}
	return n
}

func isLatin(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' && r < utf8.RuneSelf }
func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// pos is the part of speech of a word.
func (s *segmenter) pos(w []rune) string {
	if tag := s.words.tag(s.words.find(w)); tag != "" {
		return tag
	}
	ascii, digits := 0, 0
	for i := 0; i < len(w) && ascii < len(w)/2; i++ { // jieba looks no further
		if w[i] < utf8.RuneSelf {
			ascii++
			if isDigit(w[i]) {
				digits++
			}
		}
	}
	switch {
	case ascii == 0:
		return "x"
	case digits == ascii:
		return "m"
	}
	return "eng"
}

// inside calls f with the words of two, then those of three runes inside a longer
// one, as offsets in it.
func (s *segmenter) inside(w []rune, f func(from, to int)) {
	for n := 2; n <= 3 && n < len(w); n++ {
		for i := 0; i+n <= len(w); i++ {
			if s.words.find(w[i:i+n]) != 0 {
				f(i, i+n)
			}
		}
	}
}

// sized is a scratch of n elements, whatever they hold.
func sized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n+n/2)
	}
	return s[:cap(s)]
}

// tag gives the words their parts of speech.
func (r *reading) tag() {
	if r.tagged {
		return
	}
	r.tagged = true
	r.analyzer.tag(r.words, r.runes)
}

func (a *Analyzer) tag(words []word, runes []rune) {
	for i := range words {
		words[i].pos = a.segmenter.pos(runes[words[i].start:words[i].end])
	}
}

// segment cuts a text into words with their parts of speech.
func (a *Analyzer) segment(text string) []word {
	runes, bytes := placed(text)
	words := a.segmenter.cut(nil, text, runes, bytes)
	a.tag(words, runes)
	return words
}

// Segment cuts a text into words with their parts of speech.
func (a *Analyzer) Segment(text string) []huiying.Segment {
	words := a.segment(bounded(text))
	out := make([]huiying.Segment, len(words))
	for i, w := range words {
		out[i] = huiying.Segment{W: w.text, POS: w.pos}
	}
	return out
}

// Token is a term for full-text search and the bytes of the text it came from.
type Token struct {
	Term       string
	Start, End int // byte offsets
}

// Tokens cuts a text for full-text search: lower-cased words without
// punctuation, long words also as the words inside them.
func (a *Analyzer) Tokens(text string) []Token {
	clean := huiying.CleanText(text) // stored text is clean already; a query may not be
	runes, bytes := placed(clean)
	words := a.segmenter.cut(nil, clean, runes, bytes)
	out := make([]Token, 0, len(words)+len(words)/4)
	add := func(from, to int) {
		start, end := int(bytes[from]), int(bytes[to])
		if term := termOf(clean[start:end]); term != "" {
			out = append(out, Token{Term: term, Start: min(start, len(text)), End: min(end, len(text))})
		}
	}
	for _, w := range words {
		a.segmenter.inside(runes[w.start:w.end], func(i, j int) { add(w.start+i, w.start+j) })
		add(w.start, w.end)
	}
	return out
}

// termOf is a word as it is searched for, "" for punctuation.
func termOf(word string) string {
	if strings.IndexFunc(word, func(r rune) bool { return r < 0x4E00 || r > 0x9FFF }) < 0 {
		return word // Han: nearly all we see
	}
	return strings.ToLower(strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
}

// Terms are the terms of [Analyzer.Tokens].
func (a *Analyzer) Terms(text string) []string {
	tokens := a.Tokens(text)
	out := make([]string, len(tokens))
	for i, t := range tokens {
		out[i] = t.Term
	}
	return out
}

// bounded cuts a text at a rune boundary so that its length is at most longest.
func bounded(text string) string {
	text = huiying.CleanText(text)
	if len(text) <= longest {
		return text
	}
	cut := longest
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}
