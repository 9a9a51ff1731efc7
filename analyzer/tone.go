package analyzer

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The tone lexicon: what words say of the writer's feeling, of the quality of a
// thing or a service, of what he wants, of where he has it from. It was written
// for Huiying, from general knowledge of the language; no published lexicon was
// copied.
//
//go:embed tone/*.txt
var toneFiles embed.FS

// tones finds the words of the tone lexicon in a text and makes features of their
// classes, so that a word no training text held still counts for something.
type tones struct {
	classes []string
	words   map[string][]int       // classes of each
	sets    [][]int                // classes of words, side by side; the first is none
	set     []uint16               // by word of the watch: in sets
	slots   [][2][toneEdges]uint32 // of each class, plain and turned
	widest  int                    // classes of one word, at most
	harm    []bool                 // by set: tells of a wrong, of harm or of neglect
}

// Where a word of a class stands.
const (
	toneAnywhere = iota
	toneQuoted   // in others' words, passed on
	toneBegins   // among the writer's first runes
	toneEnds     // among his last
	toneFirst    // the first of all
	toneLast
	toneEdges
)

// toneEdge is how many runes count as the beginning or the end.
const toneEdge = 12

// newTones reads the lexicon. A line [名] begins a class, # begins a comment.
func newTones() (*tones, error) {
	t := &tones{words: make(map[string][]int), sets: [][]int{nil}, harm: []bool{false}}
	files, err := toneFiles.ReadDir("tone")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		raw, err := toneFiles.ReadFile("tone/" + f.Name())
		if err != nil {
			return nil, err
		}
		if err := t.read(string(raw)); err != nil {
			return nil, fmt.Errorf("tone/%s: %w", f.Name(), err)
		}
	}
	for c, name := range t.classes {
		t.slots = append(t.slots, [2][toneEdges]uint32{})
		for neg := range 2 {
			for edge := range toneEdges {
				t.slots[c][neg][edge] = hashSign(fmt.Sprintf("tone:%s/%d/%d", name, neg, edge))
			}
		}
	}
	return t, nil
}

func (t *tones) read(text string) error {
	class := -1
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "# ")
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "= "); ok {
			class = len(t.classes)
			t.classes = append(t.classes, name)
			continue
		}
		for w := range strings.FieldsSeq(line) {
			if class < 0 {
				return fmt.Errorf("line %d: no class yet", n+1)
			}
			for _, v := range []string{w, strings.ToLower(w), strings.ToUpper(w)} {
				if !slices.Contains(t.words[v], class) {
					t.words[v] = append(t.words[v], class)
				}
			}
		}
	}
	return nil
}

// watch makes the words of the lexicon known to the watch; add returns the index
// of a word there.
func (t *tones) watch(add func(word string) int) {
	at := make(map[string]uint16)
	texts := make([]string, 0, len(t.words))
	for w := range t.words {
		texts = append(texts, w)
	}
	slices.Sort(texts)
	for _, w := range texts {
		key := fmt.Sprint(t.words[w])
		if at[key] == 0 {
			at[key] = uint16(len(t.sets))
			t.sets = append(t.sets, t.words[w])
			t.harm = append(t.harm, slices.ContainsFunc(t.words[w], func(c int) bool { return slices.Contains(harms, t.classes[c]) }))
			t.widest = max(t.widest, len(t.words[w]))
		}
		i := add(w)
		for len(t.set) <= i {
			t.set = append(t.set, 0)
		}
		t.set[i] = at[key]
	}
	t.words = nil
}

// tonal is a word of the lexicon in a text, by byte offsets.
type tonal struct {
	set        uint16
	turned     uint8 // 1 after a denial
	start, end int32
}

// find are the words of the lexicon in a text, from left to right, the longer
// before the shorter and none twice.
func (t *tones) find(s *sightings, out []tonal) []tonal {
	for _, o := range s.all { // by rising end, of one end the longest first
		if int(o.word) >= len(t.set) || t.set[o.word] == 0 || letterAt(s.text, int(o.start)) && letterAt(s.text, int(o.start)-1) || letterAt(s.text, int(o.end)-1) && letterAt(s.text, int(o.end)) {
			continue
		}
		n := len(out)
		for n > 0 && out[n-1].start >= o.start {
			n--
		}
		if n > 0 && out[n-1].end > o.start {
			continue
		}
		out = append(out[:n], tonal{t.set[o.word], 0, o.start, o.end})
	}
	return out
}

// letterAt reports whether a Latin letter or a digit stands at a byte.
func letterAt(text string, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	c := text[i]
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
}

// count counts the classes of the words found: which there are, and where they
// stand in what the writer says himself. Those in names and topics do not count.
func (t *tones) count(found []tonal, v *voice, there, turns *bag) {
	there.size(t.widest * len(found))
	turns.size(2*t.widest*len(found) + 2*t.widest + 1)
	own := int32(len(v.runes))
	at, first, last := int32(0), -1, -1 // at: in the writer's runes
	for i := range found {
		f := &found[i]
		if denied(v.text[:f.start]) {
			f.turned = 1
		}
		for at < own && v.at[at] < f.start {
			at++
		}
		if int(f.start) >= v.rest {
			t.add(*f, toneQuoted, there)
			continue
		}
		if at == own || v.at[at] != f.start {
			continue
		}
		t.add(*f, toneAnywhere, there)
		if at < toneEdge {
			t.add(*f, toneBegins, turns)
		}
		if at+int32(utf8.RuneCountInString(v.text[f.start:f.end])) > own-toneEdge {
			t.add(*f, toneEnds, turns)
		}
		if last = i; first < 0 {
			first = i
		}
	}
	if first < 0 {
		turns.add(noTone)
		return
	}
	t.add(found[first], toneFirst, turns)
	t.add(found[last], toneLast, turns)
}

// harms are the classes of wrongs, of harm and of neglect.
var harms = []string{"违法", "受害", "不管"}

func (t *tones) harmful(f tonal) bool { return t.harm[f.set] }

func (t *tones) add(f tonal, edge int, to *bag) {
	for _, c := range t.sets[f.set] {
		to.add(t.slots[c][f.turned][edge])
	}
}

var noTone = hashSign("tone:none")

// denials turn the word after them.
var denials = func() map[string]bool {
	out := make(map[string]bool)
	for w := range strings.FieldsSeq("不 没 没有 别 未 无 不是 不会 不能 不够 从不 不太 不很 并不 并非 毫无 不要 不再 不怎么 不算 没什么 没那么 谈不上 算不上 不想 不用") {
		out[w] = true
	}
	return out
}()

// denied reports whether a text ends in a word that turns the next one.
func denied(text string) bool {
	const longest = 3
	at := len(text)
	for range longest {
		c, n := utf8.DecodeLastRuneInString(text[:at])
		if n == 0 {
			return false
		}
		at -= n
		switch c {
		case '不', '没', '未', '无', '从', '并', '毫', '谈', '算':
			if denials[text[at:]] {
				return true
			}
		case '别':
			before, _ := utf8.DecodeLastRuneInString(text[:at])
			return len(text)-at == n && !strings.ContainsRune("特分区个级性类告", before)
		}
	}
	return false
}
