package analyzer

import (
	"embed"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"huiying"
)

//go:embed dict/*.zst
var dictionaries embed.FS

// dictionary is the words of the language and of the county: how common each is
// and its part of speech. It is a trie laid out in a hash table: an edge is found
// by the state it leaves and a rune, and the slot it stands in names the state it
// leads to. A step is one look-up in 8 MB, a word of two characters two of them.
// It is made once and only read after.
type dictionary struct {
	edges   []edge
	roots   []root    // by rune: the edges that leave the root, once more
	weights []float64 // log of the share of all words; [0] of a rune that is no word
	tags    []string  // parts of speech
}

// edge packs, from the highest bit: the state it leaves (21 bits), its rune (21),
// whether edges leave the state it leads to (1), and the word that ends there
// (21), 0 for none. The edge 0 is an empty slot: no word begins with NUL.
type edge uint64

const (
	slots     = 1 << 20 // of which the language takes half
	keyShift  = 22
	inner     = edge(1) << 21
	wordMask  = inner - 1
	rootState = 0 // any other is a slot + 1
	// A word is the index of its part of speech and that of its weight.
	tagShift   = 14
	weightMask = 1<<tagShift - 1
	mostTags   = 1 << (21 - tagShift)
	mostCommon = 1 << tagShift
)

// root is where the edge of a rune leads from the root.
type root struct{ to, word uint32 }

// newDictionary reads the language's words and adds those given, each a word, a
// space and its part of speech; they are as common as a word in the middle.
func newDictionary(words []string) (*dictionary, error) {
	raw, err := readZstd(dictionaries, "dict/jieba.dict.utf8.zst")
	if err != nil {
		return nil, err
	}
	b := lexicographer{dictionary: &dictionary{edges: make([]edge, slots), tags: []string{""}}, tag: map[string]uint32{"": 0}}
	if err := b.language(string(raw)); err != nil {
		return nil, err
	}
	middle := b.weigh()
	for _, w := range words {
		text, tag, _ := strings.Cut(w, " ")
		if err := b.add(text, tag, middle); err != nil {
			return nil, err
		}
	}
	b.roots = make([]root, 1<<16)
	for r := range b.roots {
		b.roots[r].to, b.roots[r].word = b.step(rootState, rune(r))
	}
	return b.dictionary, nil
}

// first is step from the root.
func (d *dictionary) first(r rune) root {
	if int(r) < len(d.roots) {
		return d.roots[r]
	}
	to, word := d.step(rootState, r)
	return root{to, word}
}

// step goes from a state by a rune: to the state given and the word that ends
// there, both 0 for none.
func (d *dictionary) step(from uint32, r rune) (to, word uint32) {
	i, ok := d.slot(from, r)
	if !ok {
		return 0, 0
	}
	e := d.edges[i]
	if word = uint32(e & wordMask); e&inner != 0 {
		to = i + 1
	}
	return to, word
}

// slot is where an edge stands, or where it would.
func (d *dictionary) slot(from uint32, r rune) (i uint32, ok bool) {
	key := edge(from)<<21 | edge(uint32(r))
	for i = wanted(from, r); ; i = (i + 1) % slots {
		switch e := d.edges[i%slots]; {
		case e>>keyShift == key:
			return i, true
		case e == 0:
			return i, false
		}
	}
}

// wanted is the slot an edge stands in unless that was taken.
func wanted(from uint32, r rune) uint32 {
	return uint32((uint64(from)<<21 | uint64(uint32(r))) * 0x9E3779B97F4A7C15 >> 44)
}

// find is the word a text is, 0 for none.
func (d *dictionary) find(text []rune) (word uint32) {
	at := uint32(rootState)
	for i, r := range text {
		if at, word = d.step(at, r); at == 0 && i < len(text)-1 {
			return 0
		}
	}
	return word
}

func (d *dictionary) weight(word uint32) float64 { return d.weights[word&weightMask] }
func (d *dictionary) tag(word uint32) string     { return d.tags[word>>tagShift] }

// lexicographer makes a dictionary.
type lexicographer struct {
	*dictionary
	edgesUsed int
	tag       map[string]uint32
	counts    []int // of each weight: how often such a word occurs; [0] is not used
	words     []int // of each weight: how many words have it
}

// language adds lines of a word, how often it occurs and its part of speech.
func (b *lexicographer) language(lines string) error {
	weight := make(map[string]uint32)
	b.counts, b.words = []int{0}, []int{0}
	for line := range strings.Lines(lines) {
		text, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		count, tag, ok := strings.Cut(rest, " ")
		if !ok {
			return fmt.Errorf("dictionary: %q is not a word, a number and a part of speech", line)
		}
		w, known := weight[count]
		if !known {
			n, err := strconv.Atoi(count)
			if err != nil || n <= 0 {
				return fmt.Errorf("dictionary: %q occurs %q times", text, count)
			}
			w = uint32(len(b.counts))
			weight[strings.Clone(count)] = w
			b.counts, b.words = append(b.counts, n), append(b.words, 0)
		}
		b.words[w]++
		if err := b.add(text, tag, w); err != nil {
			return err
		}
	}
	return nil
}

// add makes the edges of a word. A word that is there already is replaced.
func (b *lexicographer) add(text, tag string, weight uint32) error {
	t, ok := b.tag[tag]
	if !ok {
		t = uint32(len(b.tags))
		b.tags = append(b.tags, strings.Clone(tag))
		b.tag[b.tags[t]] = t
	}
	if t >= mostTags || weight >= mostCommon || b.edgesUsed > slots*4/5 {
		return fmt.Errorf("dictionary: too many parts of speech (%d), weights (%d) or words (%d states)", len(b.tags), weight, b.edgesUsed)
	}
	at := uint32(rootState)
	for _, r := range text {
		i, ok := b.slot(at, r)
		if !ok {
			b.edges[i] = edge(at)<<(21+keyShift) | edge(uint32(r))<<keyShift
			b.edgesUsed++
		}
		if at != rootState {
			b.edges[at-1] |= inner
		}
		at = i + 1
	}
	if at != rootState {
		b.edges[at-1] = b.edges[at-1]&^wordMask | edge(t<<tagShift|weight)
	}
	return nil
}

// weigh turns counts into weights and returns the weight in the middle of all
// words.
func (b *lexicographer) weigh() (middle uint32) {
	sum, words := 0, 0
	order := make([]uint32, 0, len(b.counts))
	for w := 1; w < len(b.counts); w++ {
		sum += b.counts[w] * b.words[w]
		words += b.words[w]
		order = append(order, uint32(w))
	}
	slices.SortFunc(order, func(x, y uint32) int { return b.counts[x] - b.counts[y] })
	b.weights = make([]float64, len(b.counts))
	for w := 1; w < len(b.counts); w++ {
		b.weights[w] = math.Log(float64(b.counts[w]) / float64(sum))
	}
	b.weights[0] = b.weights[order[0]]
	before := 0
	for _, w := range order {
		if before += b.words[w]; before > words/2 {
			return w
		}
	}
	return 0
}

// stopWords are the words jieba leaves out of its keywords.
func stopWords() (map[string]bool, error) {
	raw, err := readZstd(dictionaries, "dict/stop_words.utf8.zst")
	if err != nil {
		return nil, err
	}
	out := make(map[string]bool)
	for w := range strings.FieldsSeq(string(raw)) {
		out[w] = true
	}
	return out, nil
}

func readZstd(files fs.FS, name string) ([]byte, error) {
	packed, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	raw, err := dec.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return raw, nil
}

// countyWords are the words the segmenter must know: places, units, signals,
// each with its part of speech. Short ones that are parts of common words are
// left out.
func countyWords(c *huiying.County) []string {
	words := make(map[string]bool)
	add := func(w, tag string) {
		if n := len([]rune(w)); n >= 2 && n <= 12 && !strings.ContainsAny(w, " \t") {
			words[w+" "+tag] = true
		}
	}
	for _, d := range c.Divisions {
		add(d.Name, "ns")
		add(d.Bare, "ns")
	}
	for _, u := range c.Units {
		add(u.Name, "nt")
		add(u.Short, "nt")
	}
	for _, t := range c.Lexicon.Terms {
		add(t, "n")
	}
	out := make([]string, 0, len(words))
	for w := range words {
		out = append(out, w)
	}
	slices.Sort(out)
	return out
}
