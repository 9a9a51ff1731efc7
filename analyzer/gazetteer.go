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
// only where the words around it say so (DOMAIN §5).
type gazetteer struct {
	county    *huiying.County
	short     string // 交城 of 交城县
	names     []placeName
	neighbors []string
}

type placeName struct {
	text string
	div  huiying.Division
	sure bool // the name alone is enough
}

func newGazetteer(c *huiying.County) *gazetteer {
	g := &gazetteer{county: c, short: strings.TrimSuffix(c.Name, "县"), neighbors: c.Neighbors}
	for _, d := range c.Divisions {
		if d.Kind == "county" {
			continue
		}
		full := utf8.RuneCountInString(d.Name) >= 3
		g.names = append(g.names, placeName{d.Name, d, full && (d.Kind != "village" || d.National <= 1)})
		for _, alias := range aliases(d) {
			g.names = append(g.names, placeName{alias, d, d.National == 1 && utf8.RuneCountInString(alias) >= 3})
		}
	}
	// longer names first: 文峪河水库 before 文峪河, today's before former ones
	slices.SortStableFunc(g.names, func(a, b placeName) int {
		if c := cmp.Compare(utf8.RuneCountInString(b.text), utf8.RuneCountInString(a.text)); c != 0 {
			return c
		}
		if a.div.Former != b.div.Former {
			if a.div.Former {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.div.Code, b.div.Code)
	})
	return g
}

// aliases are the names people use: 石家庄 and 石家庄村 of 石家庄村委会, 西营 of 西营镇.
func aliases(d huiying.Division) []string {
	bare := d.Bare
	var out []string
	add := func(s string) {
		if utf8.RuneCountInString(s) >= 2 && s != d.Name && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	switch d.Kind {
	case "village", "community":
		if bare == "" {
			return nil
		}
		add(strings.TrimSuffix(bare, "村") + "村")
		add(bare)
		if d.Kind == "community" {
			add(strings.TrimSuffix(bare, "社区") + "社区")
		}
	case "township":
		add(strings.TrimSuffix(strings.TrimSuffix(d.Name, "镇"), "乡"))
	}
	return out
}

// find returns the places of the text in order, each with why it was believed.
func (g *gazetteer) find(r *reading) []huiying.Place {
	out := []huiying.Place{}
	taken := make([]bool, len(r.runes))
	context := g.findCounty(r, &out, taken) || local(r.post.Channel)
	for _, d := range g.names { // a township named in full is context for the villages
		if d.div.Kind == "township" && d.sure && strings.Contains(r.text, d.text) {
			context = true
		}
	}
	for _, n := range g.names {
		for from := 0; ; {
			k := strings.Index(r.text[from:], n.text)
			if k < 0 {
				break
			}
			at := from + k
			from = at + len(n.text)
			start := utf8.RuneCountInString(r.text[:at])
			end := start + utf8.RuneCountInString(n.text)
			why, ok := g.believe(r, n, start, end, context)
			if !ok || slices.Contains(taken[start:end], true) {
				continue
			}
			for i := start; i < end; i++ {
				taken[i] = true
			}
			out = append(out, place(n, start, end, why))
		}
	}
	slices.SortFunc(out, func(a, b huiying.Place) int { return cmp.Compare(a.Start, b.Start) })
	return out
}

// findCounty takes 交城县 anywhere, 交城 only where the segmenter sees a word.
func (g *gazetteer) findCounty(r *reading, out *[]huiying.Place, taken []bool) (found bool) {
	region := g.county.Region
	for i, w := range r.words {
		name := w.text
		switch {
		case name == g.county.Name:
		case name == g.short && !swallowed(r, i):
		default:
			continue
		}
		found = true
		for k := w.start; k < w.end; k++ {
			taken[k] = true
		}
		*out = append(*out, huiying.Place{Name: name, Code: region, Start: w.start, End: w.end, Why: "县名"})
	}
	return found
}

// swallowed reports whether 交城 is a piece of 移交城建, 公交城市 and the like,
// even when the segmenter was misled.
func swallowed(r *reading, i int) bool {
	w := r.words[i]
	if w.start > 0 && strings.ContainsRune("移提公社外成递转上初结相缴呈", r.runes[w.start-1]) {
		return true
	}
	return w.end < len(r.runes) && strings.ContainsRune("建市区管投", r.runes[w.end])
}

// believe decides whether a name means our place here.
func (g *gazetteer) believe(r *reading, n placeName, start, end int, context bool) (why string, ok bool) {
	if end < len(r.runes) && strings.ContainsRune("市县州", r.runes[end]) {
		return "", false // 石家庄市 is another place
	}
	before := string(r.runes[max(0, start-6):start])
	for _, other := range g.neighbors {
		if strings.HasSuffix(before, other) || strings.HasSuffix(before, other+"县") || strings.HasSuffix(before, other+"市") {
			return "", false // 文水县西社镇
		}
	}
	for _, other := range []string{"省", "市", "州"} {
		if strings.HasSuffix(before, other) && !strings.HasSuffix(before, "吕梁市") && n.div.Kind != "township" {
			return "", false
		}
	}
	if n.sure {
		if n.div.Former {
			return "旧名", true
		}
		return "全称", true
	}
	if strings.HasSuffix(before, g.county.Name) || strings.HasSuffix(before, g.short) || g.afterTownship(before) {
		return "前有县名或乡镇名", true
	}
	if !context {
		return "", false
	}
	next := rune(0)
	if end < len(r.runes) {
		next = r.runes[end]
	}
	suffixed := strings.HasSuffix(n.text, "村") || strings.HasSuffix(n.text, "社区") || strings.ContainsRune("村镇乡", next)
	switch {
	case (n.div.Kind == "township" || n.div.Kind == "community") && wordAt(r, start, end):
		return "有县内语境，且为独立词", true
	case n.div.Kind == "village" && utf8.RuneCountInString(n.text) >= 3 && wordAt(r, start, end):
		return "有县内语境，且为独立词", true
	case (n.div.Kind == "village" || n.div.Kind == "community") && suffixed:
		return "有县内语境，且称村或社区", true
	case n.div.Kind != "village" && n.div.Kind != "community" && n.div.Kind != "township":
		return "有县内语境", true
	}
	return "", false
}

// local: what comes by these channels is told by people of the county.
func local(c huiying.Channel) bool {
	switch c {
	case huiying.ChannelForum, huiying.ChannelHotline, huiying.ChannelLetter, huiying.ChannelGov, huiying.ChannelManual:
		return true
	}
	return false
}

func (g *gazetteer) afterTownship(before string) bool {
	for _, n := range g.names {
		if n.div.Kind == "township" && strings.HasSuffix(before, n.text) && utf8.RuneCountInString(n.text) >= 3 {
			return true
		}
	}
	return false
}

func wordAt(r *reading, start, end int) bool {
	return slices.ContainsFunc(r.words, func(w word) bool { return w.start == start && w.end == end })
}

func place(n placeName, start, end int, why string) huiying.Place {
	p := huiying.Place{Name: n.text, Start: start, End: end, Why: why}
	switch {
	case n.div.Former && len(n.div.Now) == 1:
		p.Code, p.Why = n.div.Now[0], "旧名，今属此地"
	case n.div.Former:
		p.Candidates, p.Why = n.div.Now, "旧名，已分属多地，请人工确认"
	case n.div.Township != "" && n.div.Kind != "village" && n.div.Kind != "community" && n.div.Kind != "township":
		p.Code = n.div.Township
	default:
		p.Code = n.div.Code
	}
	return p
}

// elsewhere is the neighbour a text is about when it names none of our places.
func (g *gazetteer) elsewhere(r *reading, places []huiying.Place) string {
	if len(places) > 0 {
		return ""
	}
	for _, n := range g.neighbors {
		if strings.Contains(r.text, n) {
			return n
		}
	}
	return ""
}
