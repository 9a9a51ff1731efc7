package analyzer

import (
	"cmp"
	"iter"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// pattern is a regular expression that is not run over the text. All words it
// can match, or cannot match without, are looked for together with those of the
// county in one pass (see [watch]). Branches of few words are matched by that
// alone; the rest of the expression is run only near its words.
type pattern struct {
	mark    marks          // its own
	literal []int          // in watched; each is a match
	near    []need         // of rest, one of them in every match
	rest    *regexp.Regexp // nil for none
}

// need is what every match of a branch holds: one of the words and, where there
// are any, one of those beside it.
type need struct {
	words, beside []int // in watched
	before, after int   // runes a match may have on either side of a word
}

// watched are the words of all patterns; the county's words follow them.
var watched []string

// heralds say of each of them which patterns it may stand in a match of.
var heralds []marks

// marks are a set of patterns, a bit each, in the order they were made.
type marks [2]uint64

var made int // patterns so far

func newMark() (m marks) {
	m[made/64] = 1 << (made % 64)
	made++
	return m
}

// look compiles an expression that can only match around some literal word.
func look(expr string) *pattern {
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		panic(err) // a mistake in this package
	}
	branches := []*syntax.Regexp{tree}
	if tree.Op == syntax.OpAlternate {
		branches = tree.Sub
	}
	p := &pattern{mark: newMark()}
	var rest []string
	for _, b := range branches {
		if words := language(b); len(words) > 0 {
			for _, w := range words {
				p.literal = append(p.literal, watchedAs(w, p.mark))
			}
			continue
		}
		k := needed(b.Simplify())
		if len(k.words) == 0 {
			panic("no word is needed by " + b.String())
		}
		n := need{before: k.before, after: k.after}
		for _, w := range k.words {
			n.words = append(n.words, watchedAs(w, p.mark))
		}
		for _, w := range k.beside {
			n.beside = append(n.beside, watchedAs(w, marks{}))
		}
		p.near = append(p.near, n)
		rest = append(rest, b.String())
	}
	if rest != nil {
		p.rest = regexp.MustCompile(strings.Join(rest, "|"))
	}
	return p
}

// language are all the words an expression matches, none when they are many or
// one of them is empty.
func language(re *syntax.Regexp) []string {
	const many = 64
	words := expand(re, many)
	if slices.Contains(words, "") {
		return nil
	}
	return words
}

func expand(re *syntax.Regexp, many int) []string {
	var out []string
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []string{""}
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if out = append(out, string(r)); len(out) > many {
					return nil
				}
			}
		}
		return out
	case syntax.OpCapture:
		return expand(re.Sub[0], many)
	case syntax.OpQuest:
		if out = expand(re.Sub[0], many); out == nil {
			return nil
		}
		return append(out, "")
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			words := expand(sub, many)
			if out = append(out, words...); words == nil || len(out) > many {
				return nil
			}
		}
		return out
	case syntax.OpConcat:
		out = []string{""}
		for _, sub := range re.Sub {
			words := expand(sub, many)
			if len(words)*len(out) == 0 || len(words)*len(out) > many {
				return nil
			}
			var longer []string
			for _, w := range out {
				for _, more := range words {
					longer = append(longer, w+more)
				}
			}
			out = longer
		}
		return out
	}
	return nil
}

// watchedAs is the index of a word in watched, which heralds the patterns marked.
func watchedAs(word string, of marks) int {
	i := slices.Index(watched, word)
	if i < 0 {
		i = len(watched)
		watched, heralds = append(watched, word), append(heralds, marks{})
	}
	heralds[i].add(of)
	return i
}

func (m *marks) add(more marks) { m[0], m[1] = m[0]|more[0], m[1]|more[1] }

// meets reports whether two sets have a pattern in common.
func (m *marks) meets(o *marks) bool { return m[0]&o[0]|m[1]&o[1] != 0 }

// kernel is what no match can do without: one of the words, the longest and fewest
// there are, so many runes of the match before and after it, and beside them one
// of others.
type kernel struct {
	words, beside []string
	before, after int
}

// needed is the kernel of an expression; of one that may match nothing it has no
// words.
func needed(re *syntax.Regexp) kernel {
	switch re.Op {
	case syntax.OpLiteral:
		return kernel{words: []string{string(re.Rune)}}
	case syntax.OpCharClass:
		return kernel{words: language(re)}
	case syntax.OpCapture:
		return needed(re.Sub[0])
	case syntax.OpPlus: // of the first time
		k := needed(re.Sub[0])
		k.after += longestMatch(re) - longestMatch(re.Sub[0])
		return k
	case syntax.OpAlternate:
		var all kernel
		for _, sub := range re.Sub {
			k := needed(sub)
			if len(k.words) == 0 {
				return kernel{}
			}
			all.words = append(all.words, k.words...)
			all.before, all.after = max(all.before, k.before), max(all.after, k.after)
		}
		return all
	case syntax.OpConcat:
		var best kernel
		long := longestMatch(re)
		passed := 0
		for _, sub := range re.Sub {
			k := needed(sub)
			n := longestMatch(sub)
			switch {
			case rarer(k.words, best.words):
				best = kernel{k.words, best.words, passed + k.before, long - passed - n + k.after}
			case rarer(k.words, best.beside):
				best.beside = k.words
			}
			passed += n
		}
		return best
	}
	return kernel{}
}

// rarer guesses which of two sets of words is seldom: longer words are.
func rarer(a, b []string) bool {
	shortest := func(words []string) int {
		n := 99
		for _, w := range words {
			n = min(n, utf8.RuneCountInString(w))
		}
		return n
	}
	switch {
	case len(a) == 0 || len(b) == 0:
		return len(a) > 0
	case shortest(a) != shortest(b):
		return shortest(a) > shortest(b)
	}
	return len(a) < len(b)
}

// longestMatch is how many runes a match may have, counting what repeats without
// end as 12.
func longestMatch(re *syntax.Regexp) int {
	const endless = 12
	n := 0
	switch re.Op {
	case syntax.OpLiteral:
		n = len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		n = 1
	case syntax.OpCapture, syntax.OpQuest, syntax.OpConcat:
		for _, sub := range re.Sub {
			n += longestMatch(sub)
		}
	case syntax.OpStar, syntax.OpPlus:
		n = endless * longestMatch(re.Sub[0])
	case syntax.OpRepeat:
		if n = re.Max; n < 0 {
			n = endless
		}
		n *= longestMatch(re.Sub[0])
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			n = max(n, longestMatch(sub))
		}
	}
	return n
}

// watch finds all words of interest in a text in one pass.
type watch struct {
	automaton *automaton
	pool      sync.Pool
}

func newWatch(words []string) *watch {
	words = append(slices.Clone(watched), words...)
	w := &watch{automaton: newAutomaton(words)}
	w.pool.New = func() any { return &sightings{first: make([]int32, len(words)), last: make([]int32, len(words))} }
	return w
}

// sightings are where the words stand in a text.
type sightings struct {
	text        string
	all         []sighting // by rising end
	first, last []int32    // by word, index in all + 1; 0 for none
	heralded    marks      // the patterns that may match
	found       []stretch  // scratch
}

type sighting struct {
	word, start, end int32 // bytes
	from, to         int32 // the same in runes
	next             int32 // of the same word, index in all + 1
}

type stretch struct{ from, to int }

// scan reads a text, of which runes are the runes and bytes where each stands;
// give what it returns back with [watch.free].
func (w *watch) scan(text string, runes []rune, bytes []int32) *sightings {
	s := w.pool.Get().(*sightings)
	s.text = text
	w.automaton.scan(runes, func(word, from, to int) {
		s.all = append(s.all, sighting{word: int32(word), start: bytes[from], end: bytes[to], from: int32(from), to: int32(to)})
		at := int32(len(s.all))
		if s.first[word] == 0 {
			if s.first[word] = at; word < len(heralds) {
				s.heralded.add(heralds[word])
			}
		} else {
			s.all[s.last[word]-1].next = at
		}
		s.last[word] = at
	})
	return s
}

func (w *watch) free(s *sightings) {
	for _, o := range s.all {
		s.first[o.word] = 0
	}
	s.all, s.text, s.heralded = s.all[:0], "", marks{}
	w.pool.Put(s)
}

// words are the words in the text, each once, by where they end first.
func (s *sightings) words() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, o := range s.all {
			if s.first[o.word] == int32(i)+1 && !yield(int(o.word)) {
				return
			}
		}
	}
}

// each calls f for every sighting of a word in order, until it returns false.
func (s *sightings) each(word int, f func(start, end int) bool) {
	for i := s.first[word]; i != 0; i = s.all[i-1].next {
		if o := s.all[i-1]; !f(int(o.start), int(o.end)) {
			return
		}
	}
}

// hasIn reports whether one of the words stands between the bytes; of no words
// that is true.
func (s *sightings) hasIn(words []int, from, to int) (found bool) {
	for _, w := range words {
		s.each(w, func(start, end int) bool {
			found = start >= from && end <= to
			return !found && start < to
		})
		if found {
			return true
		}
	}
	return len(words) == 0
}

// find returns the first match as byte offsets.
func (p *pattern) find(s *sightings) (start, end int, ok bool) {
	p.matches(s, func(a, b int) bool {
		start, end, ok = a, b, true
		return false
	})
	return start, end, ok
}

func (p *pattern) in(s *sightings) bool {
	_, _, ok := p.find(s)
	return ok
}

// within reports whether a match stands between the bytes.
func (p *pattern) within(s *sightings, from, to int) (found bool) {
	p.matches(s, func(start, end int) bool {
		found = start >= from && end <= to
		return !found && start < to
	})
	return found
}

// text is the first match, or "".
func (p *pattern) text(s *sightings) string {
	a, b, _ := p.find(s)
	return s.text[a:b]
}

// count is the number of matches before the byte offset, at most most.
func (p *pattern) count(s *sightings, before, most int) (n int) {
	p.matches(s, func(_, end int) bool {
		if end > before {
			return false
		}
		n++
		return n < most
	})
	return n
}

// matches calls f for the matches in order, without overlap, until it returns
// false.
func (p *pattern) matches(s *sightings, f func(start, end int) bool) {
	if !s.heralded.meets(&p.mark) {
		return
	}
	from := len(s.found) // f may look for other patterns
	for _, w := range p.literal {
		for i := s.first[w]; i != 0; i = s.all[i-1].next {
			s.found = append(s.found, stretch{int(s.all[i-1].start), int(s.all[i-1].end)})
		}
	}
	p.runNear(s)
	found := s.found[from:]
	slices.SortFunc(found, func(a, b stretch) int { return cmp.Or(a.from-b.from, b.to-a.to) })
	at := 0
	for _, m := range found {
		if m.from < at {
			continue
		}
		if at = m.to; !f(m.from, m.to) {
			break
		}
	}
	s.found = s.found[:from]
}

// runNear adds the matches of the rest of the expression to s.found.
func (p *pattern) runNear(s *sightings) {
	var space [16]stretch
	near := space[:0]
	for i := range p.near {
		n := &p.near[i]
		for _, w := range n.words {
			s.each(w, func(start, end int) bool {
				if from, to := s.back(start, n.before), s.on(end, n.after); s.hasIn(n.beside, from, to) {
					near = append(near, stretch{from, to})
				}
				return true
			})
		}
	}
	if len(near) == 0 {
		return
	}
	slices.SortFunc(near, func(a, b stretch) int { return a.from - b.from })
	for i := 0; i < len(near); {
		from, to := near[i].from, near[i].to
		for i++; i < len(near) && near[i].from <= to; i++ {
			to = max(to, near[i].to)
		}
		for from < to {
			m := p.rest.FindStringIndex(s.text[from:to])
			if m == nil {
				break
			}
			s.found = append(s.found, stretch{from + m[0], from + m[1]})
			from += max(m[1], 1)
		}
	}
}

// back and on are n runes before and after a byte offset, fewer at the text's edges.
func (s *sightings) back(at, n int) int {
	for ; n > 0 && at > 0; n-- {
		for at--; at > 0 && !utf8.RuneStart(s.text[at]); at-- {
		}
	}
	return at
}

func (s *sightings) on(at, n int) int {
	for ; n > 0 && at < len(s.text); n-- {
		for at++; at < len(s.text) && !utf8.RuneStart(s.text[at]); at++ {
		}
	}
	return at
}
