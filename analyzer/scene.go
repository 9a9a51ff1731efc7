package analyzer

import (
	"slices"
	"strings"
)

// scene is a text as the gazetteer sees it: without the spaces and quotes that
// split names (“西营”镇, 西 营 镇), with every name in it and the lands it tells of.
// Offsets are runes of this text.
type scene struct {
	reading *reading
	text    string
	runes   []rune
	bytes   []int32 // offset in text of each rune, and of its end
	at, to  []int   // offset in the reading of each rune here, and back; nil: the same
	cut     []bool  // a word of the segmenter begins here
	sights  []sight
	order   []sight // the longest first
	taken   []bool  // a rune is part of a place
	lands   []land  // in order, without overlap
	narrow  narrow  // what squeeze makes
	setting setting
	home    bool // it speaks of home
	abroad  int  // where the first land ends that is another's and not only come from
}

// narrow is a text without what splits names; runes, bytes, at and to point into it
// where there is one.
type narrow struct {
	runes  []rune
	bytes  []int32
	at, to []int
}

// sight is an occurrence of a name.
type sight struct{ name, start, end int }

func (s sight) len() int { return s.end - s.start }

// splits reports whether a name may be split by a rune.
func splits(r rune) bool {
	switch r {
	case ' ', '\t', 0x3000, 0xA0, '“', '”', '‘', '’', '"', '\'', '「', '」', '『', '』':
		return true
	}
	return false
}

func (g *gazetteer) look(r *reading) *scene {
	s := &r.scene
	if s.reading != nil {
		return s
	}
	s.reading, s.text, s.runes, s.bytes = r, r.text, r.runes, r.bytes
	if slices.ContainsFunc(r.runes, splits) {
		s.squeeze()
	}
	s.cut = zeroed(s.cut, len(s.runes)+1)
	for _, w := range r.words {
		s.cut[s.here(w.start)], s.cut[s.here(w.end)] = true, true
	}
	for i, c := range s.runes { // 洪|相等乡镇
		if c == '等' && hasAnyPrefix(s.after(i+1, 1), afterList) {
			s.cut[i] = true
		}
	}
	g.sights(s)
	slices.SortStableFunc(s.sights, func(a, b sight) int { return a.start - b.start })
	g.survey(s)
	s.home, s.abroad = speaksOfHome.in(s.reading.seen), len(s.runes)+1
	if i := slices.IndexFunc(s.lands, func(l land) bool { return l.kind.foreign() && !s.moving(l) }); i >= 0 {
		s.abroad = s.lands[i].end
	}
	s.setting = g.settingOf(s)
	return s
}

// empty is a scene that uses the slices of this one again.
func (s *scene) empty() scene {
	n := s.narrow
	return scene{cut: s.cut[:0], sights: s.sights[:0], order: s.order[:0], taken: s.taken[:0], lands: s.lands[:0], narrow: narrow{n.runes[:0], n.bytes[:0], n.at[:0], n.to[:0]}}
}

// zeroed is a scratch of n elements, all false.
func zeroed(s []bool, n int) []bool {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// afterList is what 等 at the end of a list may be followed by.
var afterList = strings.Split("乡镇村地处社多几各两三四五六七八九十", "")

// squeeze leaves out what splits names.
func (s *scene) squeeze() {
	n := &s.narrow
	for i, c := range s.reading.runes {
		n.to = append(n.to, len(n.runes))
		if !splits(c) {
			n.runes, n.at = append(n.runes, c), append(n.at, i)
		}
	}
	n.to = append(n.to, len(n.runes))
	s.text = string(n.runes)
	for i := range s.text {
		n.bytes = append(n.bytes, int32(i))
	}
	n.bytes = append(n.bytes, int32(len(s.text)))
	s.runes, s.bytes, s.at, s.to = n.runes, n.bytes, n.at, n.to
}

// here is the offset of a rune of the reading.
func (s *scene) here(i int) int {
	if s.to == nil {
		return i
	}
	return s.to[i]
}

// there is the offset in the reading of a rune.
func (s *scene) there(i int) int {
	if s.at == nil {
		return i
	}
	return s.at[i]
}

// apart reports whether the segmenter sees no word that crosses an edge.
func (s *scene) apart(at sight) bool { return s.cut[at.start] && s.cut[at.end] }

// word reports whether the segmenter sees one word there, or a name that was
// split and is whole on both sides.
func (s *scene) word(at sight) bool {
	for i := at.start + 1; i < at.end; i++ {
		if s.cut[i] && s.there(i) == s.there(i-1)+1 {
			return false
		}
	}
	return s.apart(at)
}

// wordBefore is the word of the segmenter that ends there.
func (s *scene) wordBefore(at int) string {
	from := at
	for from > 0 {
		if from--; s.cut[from] {
			break
		}
	}
	return s.piece(from, at)
}

// before and after are the n runes around an offset, fewer at the text's edges.
func (s *scene) before(at, n int) string { return s.piece(max(0, at-n), at) }
func (s *scene) after(at, n int) string  { return s.piece(at, min(len(s.runes), at+n)) }

func (s *scene) piece(from, to int) string { return s.text[s.bytes[from]:s.bytes[to]] }

// sightsIn are the sights that begin in a stretch.
func (s *scene) sightsIn(from, to int) []sight {
	at := func(offset int) int {
		i, _ := slices.BinarySearchFunc(s.sights, offset, func(x sight, start int) int { return x.start - start })
		return i
	}
	return s.sights[at(from):at(to)]
}

// landBefore is the last land that ends no later than an offset.
func (s *scene) landBefore(at int) (land, bool) {
	i, _ := slices.BinarySearchFunc(s.lands, at+1, func(l land, end int) int { return l.end - end })
	if i == 0 {
		return land{}, false
	}
	return s.lands[i-1], true
}

const stops = "。！？!?；;\n"

// opens reports whether a sentence begins there.
func (s *scene) opens(at int) bool { return at == 0 || strings.ContainsRune(stops, s.runes[at-1]) }

// sentence is the piece of the text around an offset, up to a full stop.
func (s *scene) sentence(at int) span {
	from, to := at, at
	for from > 0 && !strings.ContainsRune(stops, s.runes[from-1]) {
		from--
	}
	for to < len(s.runes) && !strings.ContainsRune(stops, s.runes[to]) {
		to++
	}
	return span{from, to}
}

func hasAnyPrefix(s string, all []string) bool {
	return slices.ContainsFunc(all, func(p string) bool { return strings.HasPrefix(s, p) })
}

func hasAnySuffix(s string, all []string) bool {
	return slices.ContainsFunc(all, func(p string) bool { return strings.HasSuffix(s, p) })
}
