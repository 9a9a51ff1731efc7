package huiying

import (
	"cmp"
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Folder reads a text as a person would: traditional characters, full-width
// letters, look-alikes, invisible characters and characters in two halves (氵亏)
// become plain simplified text, and the words it watches for are put together
// again where a sign or a syllable was put into them (污.水, WU水).
//
// What it gives is for matching only. What people wrote is stored and shown
// (see [CleanText]), and offsets lead back to it. The zero Folder watches for no
// word. It is safe for concurrent use.
type Folder struct {
	joints  map[[2]rune][]joint // neighbours in a watched word
	spelled map[string][]joint  // syllable → the characters it may stand for
}

// A joint is a place in a watched word.
type joint struct {
	word []rune
	at   int
}

// NewFolder makes a folder that watches for words of two or more characters.
func NewFolder(words []string) *Folder {
	f := &Folder{joints: make(map[[2]rune][]joint), spelled: make(map[string][]joint)}
	tables := foldTables()
	words = slices.Clone(words)
	slices.SortFunc(words, func(a, b string) int { // the longest word counts
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	for _, w := range slices.Compact(words) {
		word := []rune(w)
		if len(word) < 2 || !utf8.ValidString(w) {
			continue
		}
		for i, r := range word {
			if i+1 < len(word) && isHan(r) && isHan(word[i+1]) {
				pair := [2]rune{r, word[i+1]}
				f.joints[pair] = append(f.joints[pair], joint{word, i})
			}
			for _, syllable := range tables.syllables[r] {
				f.spelled[syllable] = append(f.spelled[syllable], joint{word, i})
			}
		}
	}
	return f
}

// Fold gives the text as a reader understands it, without watching for words.
// See [Folder.Fold].
func Fold(text string) (folded string, at []int32) { return new(Folder).Fold(text) }

// Fold gives the text as a reader understands it. at leads back: the runes
// from i to j of the folded text are those from at[i] to at[j] of the text, and
// at has one entry more than there are runes. at is nil where offsets are the
// same in both; plain text comes back as it is.
func (f *Folder) Fold(text string) (folded string, at []int32) {
	if f.isPlain(text) {
		return text, nil
	}
	tables := foldTables()
	runes := []rune(text)
	out := make([]rune, 0, len(runes))
	at = make([]int32, 0, len(runes)+1)
	for i, r := range runes {
		if r = tables.read(r); r == hidden {
			continue
		}
		if n := len(out); n > 0 && (tables.isPart(r) || tables.isPart(out[n-1])) {
			if whole, ok := tables.whole[[2]rune{out[n-1], r}]; ok {
				out[n-1] = whole
				continue
			}
		}
		out, at = append(out, r), append(at, int32(i))
	}
	out, at = f.rejoin(out, at)
	if len(out) == len(runes) {
		return string(out), nil
	}
	return string(out), append(at, int32(len(runes)))
}

// rejoin puts watched words together again, in place.
func (f *Folder) rejoin(runes []rune, at []int32) ([]rune, []int32) {
	if len(f.joints) == 0 {
		return runes, at
	}
	gone := make([]bool, len(runes))
	for i := 0; i < len(runes); i++ {
		switch {
		case isHan(runes[i]):
			next := skip(runes, i+1, 1)
			if next > i+1 && next < len(runes) && isHan(runes[next]) {
				f.close(runes, gone, i, next)
			}
		case isLatin(runes[i]):
			end := i
			for end < len(runes) && isLatin(runes[end]) {
				end++
			}
			f.spell(runes, gone, i, end)
			i = end - 1
		}
	}
	n := 0
	for i := range runes {
		if !gone[i] {
			runes[n], at[n] = runes[i], at[i]
			n++
		}
	}
	return runes[:n], at[:n]
}

// close drops the signs inside a watched word in which the runes at i and next
// are neighbours.
func (f *Folder) close(runes []rune, gone []bool, i, next int) {
	for _, j := range f.joints[[2]rune{runes[i], runes[next]}] {
		from, ok := fits(runes, i, j.word[:j.at], -1)
		if !ok {
			continue
		}
		to, ok := fits(runes, next, j.word[j.at+2:], 1)
		if !ok {
			continue
		}
		if len(j.word) == 2 && slices.ContainsFunc(runes[i+1:next], isNatural) && hanAt(runes, from-1) && hanAt(runes, to+1) {
			continue // 防火 灾害: the space parts two words, none of them ours
		}
		for k := from; k <= to; k++ {
			gone[k] = gone[k] || isSign(runes[k])
		}
		return
	}
}

// spell writes the characters that letters stand for in a watched word, of which
// one at least is written as it is: 拖欠gongzi.
func (f *Folder) spell(runes []rune, gone []bool, i, end int) {
	if end-i > longestSpelling {
		return
	}
	var buf [longestSpelling]byte
	letters := lowered(buf[:0], runes[i:end])
	for n := min(len(letters), longestSyllable); n > 0; n-- {
		for _, j := range f.spelled[string(letters[:n])] {
			said := 1 + saying(letters[n:], j.word[j.at+1:])
			if said == 0 || said == len(j.word) {
				continue
			}
			from, ok := fits(runes, i, j.word[:j.at], -1)
			if !ok {
				continue
			}
			to, ok := fits(runes, end-1, j.word[j.at+said:], 1)
			if !ok {
				continue
			}
			for k := from; k <= to; k++ {
				gone[k] = gone[k] || isSign(runes[k]) || k >= i+said && k < end
			}
			copy(runes[i:end], j.word[j.at:j.at+said])
			return
		}
	}
}

// saying is how many of the characters all the letters say, -1 if they do not.
func saying(letters []byte, characters []rune) int {
	if len(letters) == 0 {
		return 0
	}
	if len(characters) == 0 {
		return -1
	}
	for _, s := range foldTables().syllables[characters[0]] {
		if !strings.HasPrefix(string(letters), s) {
			continue
		}
		if n := saying(letters[len(s):], characters[1:]); n >= 0 {
			return n + 1
		}
	}
	return -1
}

// fits reports whether the rest of a word stands beside i in direction step,
// with or without signs between, and where it ends.
func fits(runes []rune, i int, rest []rune, step int) (end int, ok bool) {
	for k := range rest {
		want := rest[k]
		if step < 0 {
			want = rest[len(rest)-1-k]
		}
		i = skip(runes, i+step, step)
		if i < 0 || i >= len(runes) || runes[i] != want {
			return 0, false
		}
	}
	return i, true
}

// maxSigns is how many signs in a row may hide in a word.
const maxSigns = 2

// skip passes over signs from i on.
func skip(runes []rune, i, step int) int {
	for n := 0; n < maxSigns && i >= 0 && i < len(runes) && isSign(runes[i]); n++ {
		i += step
	}
	return i
}

func hanAt(runes []rune, i int) bool { return i >= 0 && i < len(runes) && isHan(runes[i]) }

const (
	longestSyllable = 6  // zhuang
	longestSpelling = 18 // letters in a row that are read as syllables
)

func lowered(buf []byte, letters []rune) []byte {
	for _, r := range letters {
		buf = append(buf, byte(r)|0x20)
	}
	return buf
}

func isHan(r rune) bool { return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF }

func isLatin(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// isSign reports whether people put r between characters to hide a word: marks
// that end no sentence and list nothing.
func isSign(r rune) bool {
	if r < utf8.RuneSelf {
		return strings.IndexByte(" .*-_/|+~^#'`,=\\:;@$%&", byte(r)) >= 0
	}
	switch r {
	case '·', '・', '—', '－', '–', '＿', '／', '｜', '＋', '～', '＊', '．', 0x3000:
		return true
	}
	return r >= 0x2020 && r <= 0x2027 || r >= 0x2190 && r <= 0x2BFF || r >= 0x1F000 && r <= 0x1FAFF
}

// isNatural: signs that also stand between words nobody hides.
func isNatural(r rune) bool {
	return r == 0x3000 || strings.ContainsRune(" -/|,:;&·・—－–／｜", r)
}

// isPlain reports whether folding changes nothing, or a little too often that it
// may. It reads bytes: nearly all text ends here.
func (f *Folder) isPlain(text string) bool {
	tables := foldTables()
	watching := len(f.joints) > 0
	var last rune // the Han character before the signs, 0 for none
	signs := 0
	for i := 0; i < len(text); {
		b := text[i]
		if b < utf8.RuneSelf {
			switch {
			case !watching:
			case b|0x20 >= 'a' && b|0x20 <= 'z':
				end := i + 1
				for end < len(text) && text[end]|0x20 >= 'a' && text[end]|0x20 <= 'z' {
					end++
				}
				if f.isSpelled(text[i:end]) {
					return false
				}
				last, i = 0, end
				continue
			case isSign(rune(b)):
				signs++
			default:
				last = 0
			}
			i++
			continue
		}
		var r rune
		if b >= 0xE3 && b <= 0xE9 && i+2 < len(text) && text[i+1]&0xC0 == 0x80 && text[i+2]&0xC0 == 0x80 {
			r = rune(b&0x0F)<<12 | rune(text[i+1]&0x3F)<<6 | rune(text[i+2]&0x3F)
			i += 3
		} else {
			var n int
			r, n = utf8.DecodeRuneInString(text[i:])
			i += n
		}
		if tables.touches(r) {
			return false
		}
		if !watching {
			continue
		}
		switch {
		case isHan(r):
			if signs > 0 && last != 0 && f.joints[[2]rune{last, r}] != nil {
				return false
			}
			last, signs = r, 0
		case isSign(r):
			signs++
		default:
			last = 0
		}
	}
	return true
}

// isSpelled reports whether the letters are syllables of watched words.
func (f *Folder) isSpelled(letters string) bool {
	if len(letters) > longestSpelling {
		return false
	}
	var buf [longestSyllable]byte
	for n := 1; n <= min(len(letters), longestSyllable); n++ {
		buf[n-1] = letters[n-1] | 0x20
		if f.spelled[string(buf[:n])] != nil && (n == len(letters) || f.isSpelled(letters[n:])) {
			return true
		}
	}
	return false
}

//go:embed fold/variants.txt
var variantsTable string

//go:embed fold/split.txt
var splitTable string

//go:embed fold/pinyin.txt
var pinyinTable string

// hidden is what an invisible character is read as.
const hidden = -1

type folding struct {
	plain     [1 << 16]uint16 // rune → what it is read as; 0: itself
	whole     map[[2]rune]rune
	syllables map[rune][]string
}

// Marks in folding.plain that are no character (U+FFFE and U+FFFF are none).
const (
	markHidden = 0xFFFE
	markPart   = 0xFFFF // half a character; no word is written with it
)

func (t *folding) touches(r rune) bool {
	if r < 1<<16 {
		return t.plain[r] != 0
	}
	return t.read(r) != r
}

func (t *folding) isPart(r rune) bool { return r < 1<<16 && t.plain[r] == markPart }

// read is what a rune is read as, or hidden.
func (t *folding) read(r rune) rune {
	if r < 1<<16 {
		switch to := t.plain[r]; to {
		case 0, markPart:
			return r
		case markHidden:
			return hidden
		default:
			return rune(to)
		}
	}
	switch {
	case r >= 0x1D400 && r < 0x1D6A4: // mathematical letters: alphabets of 26 + 26
		if k := (r - 0x1D400) % 52; k < 26 {
			return 'A' + k
		} else {
			return 'a' + k - 26
		}
	case r >= 0x1D7CE && r <= 0x1D7FF:
		return '0' + (r-0x1D7CE)%10
	case r >= 0x1F130 && r <= 0x1F149: // 🄰
		return 'A' + r - 0x1F130
	case r >= 0x1F150 && r <= 0x1F169: // 🅐
		return 'A' + r - 0x1F150
	case r >= 0x1F170 && r <= 0x1F189: // 🅰
		return 'A' + r - 0x1F170
	case r >= 0xE0000 && r <= 0xE01EF: // tags, variation selectors
		return hidden
	}
	return r
}

var foldTables = sync.OnceValue(func() *folding {
	t := &folding{whole: make(map[[2]rune]rune), syllables: make(map[rune][]string)}
	for line := range strings.Lines(variantsTable) {
		to, n := utf8.DecodeRuneInString(line)
		for _, r := range strings.TrimSpace(line[n:]) {
			t.plain[r] = uint16(to)
		}
	}
	for _, span := range invisible {
		for r := span[0]; r <= span[1]; r++ {
			t.plain[r] = markHidden
		}
	}
	for line := range strings.Lines(splitTable) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		runes := []rune(strings.TrimSpace(line))
		mirrored := runes[0] == '~'
		if mirrored {
			runes = runes[1:]
		}
		part := runes[0]
		t.plain[part] = markPart
		for i := 1; i+1 < len(runes); i += 2 {
			pair := [2]rune{part, runes[i]}
			if mirrored {
				pair = [2]rune{runes[i], part}
			}
			t.whole[pair] = runes[i+1]
		}
	}
	for line := range strings.Lines(pinyinTable) {
		syllable, characters, _ := strings.Cut(strings.TrimSpace(line), " ")
		for _, r := range characters {
			t.syllables[r] = append(t.syllables[r], syllable)
		}
	}
	return t
})

// invisible are the runes that show nothing, or only a mark on the one before:
// zero-width and directional marks, fillers, combining marks, variation selectors.
var invisible = [][2]rune{
	{0x00AD, 0x00AD},
	{0x0300, 0x036F},
	{0x061C, 0x061C},
	{0x115F, 0x1160},
	{0x17B4, 0x17B5},
	{0x180B, 0x180F},
	{0x200B, 0x200F},
	{0x202A, 0x202E},
	{0x2060, 0x206F},
	{0x20D0, 0x20F0},
	{0x3164, 0x3164},
	{0xFE00, 0xFE0F},
	{0xFEFF, 0xFEFF},
	{0xFFA0, 0xFFA0},
	{0xFFF9, 0xFFFB},
}
