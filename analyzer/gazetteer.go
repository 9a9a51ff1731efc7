package analyzer

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"huiying"
)

// gazetteer finds places of the county in a text. Most village names are borne
// by many villages, and "交城" hides in 移交城建档案 and 公交城市: a name counts
// only where the words around it say so (DOMAIN §5). How sure each reading is
// stands in [beliefs]; [scene] is a text as it sees it, [land] says where we are.
type gazetteer struct {
	county *huiying.County
	short  string // 交城 of 交城县; the name itself where its short form is a word (富裕)
	words  *automaton
	names  []name  // by word
	seen   []int32 // by word of the watch: the name + 1
}

// name is a word of the automaton and what it may stand for.
type name struct {
	text     string
	runes    int
	land     landKind  // not 0: the county itself or another land
	meanings []meaning // else places of ours, likeliest first
	rival    bool      // a city better known than our village of that name
}

// meaning is one division a name may stand for and how fully it names it.
type meaning struct {
	div  huiying.Division
	form form
}

type form int

const (
	formal   form = iota // 西营镇, 石家庄村委会, 柏叶口水库
	suffixed             // 石家庄村, 西街社区
	bare                 // 石家庄, 西营
)

func newGazetteer(c *huiying.County) *gazetteer {
	g := &gazetteer{county: c, short: shortOf(c)}
	at := make(map[string]int)
	get := func(text string) *name {
		i, ok := at[text]
		if !ok {
			i, at[text] = len(g.names), len(g.names)
			g.names = append(g.names, name{text: text, runes: utf8.RuneCountInString(text)})
		}
		return &g.names[i]
	}
	for _, l := range landsOf(c) {
		get(l.text).land = l.kind
	}
	for _, d := range c.Divisions {
		if d.Kind == "county" {
			continue
		}
		for _, m := range formsOf(d) {
			n := get(m.text)
			n.rival = n.rival || n.land == afar
			n.land = 0
			n.meanings = append(n.meanings, meaning{d, m.form})
		}
	}
	words := make([]string, len(g.names))
	for i := range g.names {
		n := &g.names[i]
		words[i] = n.text
		n.rival = n.rival || slices.ContainsFunc(c.Neighbors, func(s string) bool {
			stem, city := strings.CutSuffix(s, "市")
			return city && stem == n.text
		})
		// today's before former ones, a township before its village
		slices.SortStableFunc(n.meanings, func(a, b meaning) int {
			return cmp.Or(compareBool(a.div.Former, b.div.Former), compareBool(a.div.Kind != "township", b.div.Kind != "township"))
		})
	}
	g.words = newAutomaton(words)
	return g
}

// watch makes the names known to the watch; add returns the index of a word there.
func (g *gazetteer) watch(add func(word string) int) {
	for i := range g.names {
		w := add(g.names[i].text)
		for len(g.seen) <= w {
			g.seen = append(g.seen, 0)
		}
		g.seen[w] = int32(i) + 1
	}
}

// sights are the names in a text, by rising end.
func (g *gazetteer) sights(s *scene) {
	r := s.reading
	if s.to != nil { // it was squeezed: the watch saw another text
		g.words.scan(s.runes, func(word, start, end int) { s.sights = append(s.sights, sight{word, start, end}) })
		return
	}
	for _, o := range r.seen.all {
		if int(o.word) < len(g.seen) && g.seen[o.word] != 0 {
			s.sights = append(s.sights, sight{int(g.seen[o.word]) - 1, int(o.from), int(o.to)})
		}
	}
}

// full reports whether the county is named in full.
func (g *gazetteer) full(at sight) bool { return g.names[at.name].text == g.county.Name }

// shortOf is what a county is called in short.
func shortOf(c *huiying.County) string {
	for _, d := range c.Divisions {
		switch {
		case d.Code != c.Region || d.Former:
		case d.Common:
			return c.Name
		case d.Bare != "":
			return d.Bare
		}
	}
	return strings.TrimSuffix(c.Name, "县")
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

type formOf struct {
	text string
	form form
}

// formsOf are the names people use: 石家庄村委会 is also 石家庄村 and 石家庄, 西营镇
// also 西营. A name of one character is none.
func formsOf(d huiying.Division) []formOf {
	out := []formOf{{d.Name, formal}}
	add := func(s string, f form) {
		if utf8.RuneCountInString(s) >= 2 && !slices.ContainsFunc(out, func(o formOf) bool { return o.text == s }) {
			out = append(out, formOf{s, f})
		}
	}
	switch {
	case d.Kind == "township" && d.Common: // 和平镇 is not 和平
	case d.Kind == "township":
		add(cmp.Or(d.Bare, strings.TrimSuffix(strings.TrimSuffix(d.Name, "镇"), "乡")), bare)
	case d.Bare == "":
	case d.Kind == "community":
		add(strings.TrimSuffix(d.Bare, "社区")+"社区", suffixed)
		fallthrough
	case d.Kind == "village":
		add(strings.TrimSuffix(d.Bare, "村")+"村", suffixed)
		add(d.Bare, bare)
	}
	return out
}

// find returns the places of the text in order, each with how sure it is (at
// least [leastBelief]) and why. A longer name goes before the shorter in it.
func (g *gazetteer) find(r *reading) []huiying.Place {
	s := g.look(r)
	s.order = append(s.order, s.sights...)
	slices.SortStableFunc(s.order, func(a, b sight) int {
		return cmp.Or(cmp.Compare(b.len(), a.len()), cmp.Compare(a.start, b.start))
	})
	out := []huiying.Place{}
	s.taken = zeroed(s.taken, len(s.runes))
	for _, at := range s.order {
		if slices.Contains(s.taken[at.start:at.end], true) {
			continue
		}
		p, ok := g.place(s, at)
		if !ok {
			continue
		}
		for k := at.start; k < at.end; k++ {
			s.taken[k] = true
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b huiying.Place) int { return cmp.Compare(a.Start, b.Start) })
	return out
}

// place is what a sighted name stands for, if we believe it.
func (g *gazetteer) place(s *scene, at sight) (huiying.Place, bool) {
	start, end := s.there(at.start), s.there(at.end-1)+1
	p := huiying.Place{Name: string(s.reading.runes[start:end]), Start: start, End: end}
	if g.names[at.name].land == ours {
		if !g.isCounty(s, at) {
			return p, false
		}
		p.Code, p.P, p.Why = g.county.Region, beliefShortCounty, "县名简称，前后文不是其他词"
		if g.full(at) {
			p.P, p.Why = beliefCounty, "县名全称"
		}
		return p, true
	}
	m, b := g.believe(s, at)
	if b.p < leastBelief {
		return p, false
	}
	p.P, p.Why = b.p, b.why
	switch now := m.div.Now; {
	case m.div.Former:
		if next := g.villageAt(s, at.end); next != "" && slices.Contains(now, next[:9]) { // 会立乡柏叶口村
			now = []huiying.Region{next[:9]}
		}
		if p.Why = "旧名，今属此地；" + b.why; len(now) == 1 {
			p.Code = now[0]
			break
		}
		p.Candidates, p.Why = now, "旧名，已分属多地，请人工确认；"+b.why
	case m.div.Township != "" && !settled(m.div.Kind):
		p.Code = m.div.Township
	default:
		p.Code = m.div.Code
	}
	return p, true
}

// villageAt is the village of today that is named there, or "".
func (g *gazetteer) villageAt(s *scene, start int) huiying.Region {
	for _, at := range s.sightsIn(start, start+1) {
		if m := g.names[at.name].meanings; len(m) > 0 && m[len(m)-1].div.Kind == "village" && !m[len(m)-1].div.Former {
			return m[len(m)-1].div.Code
		}
	}
	return ""
}

// settled reports whether a kind of division is where people live, and not a
// mountain, a temple or a road.
func settled(kind string) bool { return kind == "township" || kind == "village" || kind == "community" }
