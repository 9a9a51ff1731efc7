package analyzer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"huiying"
)

// setting is what, apart from the words right before a name, makes a text one
// of this county.
type setting int

const (
	alone    setting = iota // nothing
	locally                 // it came by a channel of the county
	inCounty                // it names the county, or a place that is ours for sure
)

var settingWhy = [...]string{alone: "文中无本县语境", locally: "本地渠道来文", inCounty: "文中有本县地名"}

// kindOfName is how a name names a place, with how many others bear it.
type kindOfName int

const (
	townOwn       kindOfName = iota // 天宁镇: nowhere else in China
	townShared                      // 西社镇: elsewhere too
	townFormer                      // 横尖镇
	townCommon                      // 城关镇
	townBare                        // 西营
	villageOwn                      // 蒲渠河村, 蒲渠河: nowhere else, three characters or more
	villageShort                    // 奈林村: nowhere else, but short
	villageRare                     // 磁窑村: at most rareUpTo in China
	villageMany                     // 石家庄村, 王村
	communityBare                   // 西街
	bareLong                        // 田家山
	bareShortOwn                    // 奈林
	bareCued                        // 磁窑, with a word of place or in a list
	bareShort                       // 磁窑, without
	wordCued                        // 山水, in a list of our places
	wordBare                        // 山水, 安定: words like any other; 石家庄: a city better known
	sightOwn                        // 玄中寺
	sightShort                      // 卦山
	sightShared                     // 天宁寺, 307国道
)

// beliefs says how sure we are that a name is the place of ours: 0…1, by what
// else the text tells (alone, locally, inCounty). The figures were set by
// judgement and checked with the sentences of place_test.go.
var beliefs = [...]struct {
	p   [3]float64
	why string
}{
	townOwn:       {[3]float64{0.95, 0.97, 0.98}, "乡镇全称，全国仅此一处"},
	townShared:    {[3]float64{0.70, 0.90, 0.97}, "乡镇全称，外地也有同名"},
	townFormer:    {[3]float64{0.75, 0.90, 0.95}, "原乡镇全称"},
	townCommon:    {[3]float64{0.10, 0.65, 0.85}, "乡镇全称，各地多有同名"},
	townBare:      {[3]float64{0.40, 0.75, 0.88}, "乡镇简称，为独立词"},
	villageOwn:    {[3]float64{0.90, 0.95, 0.97}, "村名全国仅此一处"},
	villageShort:  {[3]float64{0.80, 0.90, 0.95}, "称村或社区，全国仅此一处"},
	villageRare:   {[3]float64{0.35, 0.80, 0.92}, "称村或社区，外地少有同名"},
	villageMany:   {[3]float64{0.20, 0.72, 0.88}, "称村或社区，外地多有同名"},
	communityBare: {[3]float64{0.10, 0.62, 0.78}, "社区简称，为独立词"},
	bareLong:      {[3]float64{0.20, 0.65, 0.80}, "村名简称，为独立词"},
	bareShortOwn:  {[3]float64{0.40, 0.60, 0.80}, "村名简称，全国仅此一处"},
	bareCued:      {[3]float64{0.20, 0.65, 0.80}, "村名简称，前后有表示地点的词"},
	bareShort:     {[3]float64{0.05, 0.35, 0.45}, "村名简称，也可能不是地名"},
	wordCued:      {[3]float64{0.10, 0.60, 0.75}, "也是常用词或城市名，但与本县地名并列"},
	wordBare:      {[3]float64{0.00, 0.10, 0.20}, "是常用词或更有名的城市"},
	sightOwn:      {[3]float64{0.90, 0.95, 0.97}, "知名地点"},
	sightShort:    {[3]float64{0.85, 0.90, 0.95}, "知名地点，名称较短"},
	sightShared:   {[3]float64{0.20, 0.65, 0.85}, "知名地点，外地也有同名或跨多县"},
}

// What the words right before a name make of it, whatever the rest.
const (
	beliefCounty      = 0.99 // 交城县
	beliefShortCounty = 0.95 // 交城, a word by itself
	beliefInTown      = 0.98 // 天宁镇石家庄村: and the village is that township's
	beliefInCounty    = 0.97 // 交城县石家庄村
	beliefWrongTown   = 0.30 // 西社镇石家庄村

	leastBelief = 0.5  // below it a name is not told
	sure        = 0.85 // a name believed so without context is context for others

	lookBack = 20 // characters: the longest name a list is searched for

	rareUpTo   = 10 // namesakes in China a rare name has at most
	commonFrom = 50 // and a common township's at least
)

type belief struct {
	p   float64
	why string
}

// believe says which place a name stands for and how sure that is.
func (g *gazetteer) believe(s *scene, at sight) (meaning, belief) {
	n := g.names[at.name]
	if len(n.meanings) == 0 || anotherPlace(s, at, n) {
		return meaning{}, belief{}
	}
	over, under := s.over(at.start)
	if under && over.kind.foreign() {
		return meaning{}, belief{0, "属外地"}
	}
	switch {
	case under && over.kind == town:
		for _, m := range slices.Backward(n.meanings) { // 西营镇西营 is the village
			if liesIn(m.div, over.towns) && (!m.div.Former || n.meanings[0].div.Former) {
				return m, belief{g.after(s, at, n, m, beliefInTown), fmt.Sprintf("紧跟“%s”，且属该乡镇", s.piece(over.start, over.end))}
			}
		}
		return n.meanings[0], belief{beliefWrongTown, "与前面的乡镇不符"}
	case under && over.kind == ours:
		m := n.meanings[0]
		return m, belief{g.after(s, at, n, m, beliefInCounty), "紧跟县名"}
	}
	c, ofVillages := s.settingAt(at), len(n.meanings) > 1 && villageList.MatchString(s.after(at.end, 40))
	var best belief
	chosen := n.meanings[0]
	for _, m := range n.meanings {
		k, ok := g.kindOf(s, at, n, m)
		switch {
		case !ok || m.div.Former && !chosen.div.Former: // today's places before former ones
		case ofVillages && m.div.Kind == "village" && chosen.div.Kind == "township", beliefs[k].p[c] > best.p:
			chosen, best = m, belief{beliefs[k].p[c], beliefs[k].why}
		}
	}
	if c > alone {
		best.why += "；" + settingWhy[c]
	}
	return chosen, best
}

// after lowers the belief in a word that only happens to follow (洪相镇安定团结).
func (g *gazetteer) after(s *scene, at sight, n name, m meaning, p float64) float64 {
	if m.form == bare && (m.div.Common || n.rival) && !placeAfter(s, at.end) {
		return beliefs[wordBare].p[inCounty]
	}
	if m.form == bare && m.div.Kind != "community" && !s.cut[at.end] && utf8.RuneCountInString(n.text) < 3 {
		return beliefs[wordBare].p[inCounty]
	}
	return p
}

// villageList is what follows a name in a list of villages: 西营、大营、东营等村.
var villageList = regexp.MustCompile(`^(?:[、和与及]\p{Han}{2,4})*(?:等地?)?(?:[一二两三四五六七八九十多几\d]+个?)?(?:行政|自然)?村`)

func liesIn(d huiying.Division, towns []huiying.Region) bool {
	where := d.Now
	if !d.Former {
		where = []huiying.Region{d.Code}
	}
	return slices.ContainsFunc(where, func(w huiying.Region) bool {
		return slices.ContainsFunc(towns, func(t huiying.Region) bool { return t.Covers(w) })
	})
}

// kindOf says how a name names a place; not at all when it is a piece of other
// words.
func (g *gazetteer) kindOf(s *scene, at sight, n name, m meaning) (kindOfName, bool) {
	d := m.div
	long := n.runes >= 3
	switch {
	case d.Kind == "township" && m.form == formal:
		switch {
		case d.National >= commonFrom:
			return townCommon, true
		case d.Former:
			return townFormer, true
		case d.National <= 1:
			return townOwn, true
		}
		return townShared, true
	case d.Kind == "township":
		return townBare, s.word(at) || s.apart(at) && g.listed(s, at)
	case !settled(d.Kind):
		switch {
		case d.National > 1:
			return sightShared, true
		case long:
			return sightOwn, true
		}
		return sightShort, s.word(at)
	case m.form != bare || strings.HasSuffix(n.text, "村"):
		if !s.cut[at.start] || n.runes == 2 && (!s.cut[at.end] || hasAnySuffix(s.before(at.start, 1), []string{"建", "变", "改", "办"})) {
			return 0, false // 阶段|村, 这段|村道, 改建成|村史馆
		}
		switch {
		case d.National > rareUpTo:
			return villageMany, true
		case d.National > 1 || n.runes == 2:
			return villageRare, true
		case n.runes > 3:
			return villageOwn, true
		}
		return villageShort, true
	}
	listed := g.listed(s, at)
	switch {
	case !s.apart(at) || !s.word(at) && !long && !listed:
		return 0, false
	case d.Common || n.rival:
		if listed {
			return wordCued, true
		}
		return wordBare, true
	case d.Kind == "community":
		return communityBare, true
	case long && d.National <= 1:
		return villageOwn, true
	case long:
		return bareLong, true
	case d.National <= 1:
		return bareShortOwn, true
	case listed || placeBefore(s, at.start) || placeAfter(s, at.end), s.opens(at.start) && s.after(at.end, 1) == "的":
		return bareCued, true
	}
	return bareShort, true
}

func placeBefore(s *scene, at int) bool {
	return hasAnySuffix(s.before(at, 2), []string{"在", "到", "去", "从", "往", "自", "至", "于", "来", "回", "经", "住", "涉及", "路过", "我们", "咱们", "俺们"})
}

func placeAfter(s *scene, at int) bool {
	return hasAnyPrefix(s.after(at, 3), []string{
		"到", "那边", "这边", "那里", "这里", "一带", "附近", "村", "路口", "方向", "片区", "小学", "中学", "学校", "幼儿园", "卫生室", "卫生院",
		"境内", "市场", "大桥", "路段", "煤矿", "水库", "老乡", "乡亲",
	})
}

// listed reports whether a name stands beside another of ours in a list.
func (g *gazetteer) listed(s *scene, at sight) bool {
	const joiners = "、和与及"
	ofOurs := func(o sight) bool { return len(g.names[o.name].meanings) > 0 }
	if at.end < len(s.runes) && strings.ContainsRune(joiners, s.runes[at.end]) && slices.ContainsFunc(s.sightsIn(at.end+1, at.end+2), ofOurs) {
		return true
	}
	return at.start > 0 && strings.ContainsRune(joiners, s.runes[at.start-1]) &&
		slices.ContainsFunc(s.sightsIn(at.start-lookBack, at.start), func(o sight) bool { return o.end == at.start-1 && ofOurs(o) })
}

// anotherPlace reports whether the characters around a name make it another:
// 石家庄市, 双龙镇, 西营街道, 南街路, 山|西社|会.
func anotherPlace(s *scene, at sight, n name) bool {
	m := n.meanings[0]
	next := s.after(at.end, 3)
	if strings.HasSuffix(n.text, "村") && strings.HasPrefix(next, "庄") || m.form == bare && isPerson(s, at) {
		return true // 山水|村庄, 张西社同志
	}
	switch {
	case m.form == formal && m.div.Kind == "township", hasAnyPrefix(next, []string{"市场", "市里", "区域", "县里", "县城"}):
	case hasAnyPrefix(next, []string{"市", "县", "州", "省", "旗"}):
		return true
	case m.form == bare && hasAnyPrefix(next, []string{"镇", "乡", "区", "街道办", "大街", "大道", "高速"}):
		return true
	case m.form == bare && strings.HasPrefix(next, "路") && !hasAnyPrefix(next, []string{"路口", "路段", "路灯", "路面", "路上", "路边"}):
		return true
	}
	before := s.before(at.start, 2)
	last, _ := utf8.DecodeLastRuneInString(before)
	if l, ok := s.landBefore(at.start); ok && l.end == at.start || before == "" {
		return false
	}
	if strings.ContainsRune("省市县州旗镇乡", last) {
		if hasAnyPrefix(before, []string{"全", "我", "本", "咱", "该", "各", "超", "城", "夜", "早", "菜", "集", "家", "老"}) {
			return false
		}
		return m.div.Kind != "township" || last != '市'
	}
	return m.form == bare && s.runes[at.start] == '西' && strings.ContainsRune("山陕江广", last)
}

// isPerson reports whether a name is what somebody is called: a surname before it,
// and after it what only people do.
func isPerson(s *scene, at sight) bool {
	if at.start == 0 || at.end-at.start > 2 || !huiying.IsSurname(s.runes[at.start-1]) {
		return false
	}
	return hasAnyPrefix(s.after(at.end, 3), []string{
		"同志", "先生", "女士", "老师", "主任", "书记", "队长", "厂长", "老板", "大爷", "大妈", "他", "她", "说", "是我", "自称", "某", "（男", "（女", "，男", "，女", "没领", "没有领", "不给", "打人", "骂人",
	})
}

// settingOf is the setting of the text as a whole.
func (g *gazetteer) settingOf(s *scene) setting {
	if slices.ContainsFunc(s.lands, func(l land) bool { return l.kind == ours }) || g.enumerates(s) {
		return inCounty
	}
	var asked []int
	for _, at := range s.sights {
		_, b := g.believe(s, at)
		if b.p >= sure {
			return inCounty
		}
		if b.p >= leastBelief && !slices.Contains(asked, at.name) {
			if asked = append(asked, at.name); g.withVillages(s, at) {
				return inCounty
			}
		}
	}
	if local(s.reading.post.Channel) {
		return locally
	}
	return alone
}

// withVillages: a township's name is borne elsewhere too (西营镇), but not with
// the same villages.
func (g *gazetteer) withVillages(s *scene, town sight) bool {
	m := g.names[town.name].meanings[0]
	if m.div.Kind != "township" {
		return false
	}
	return slices.ContainsFunc(s.sights, func(at sight) bool {
		apart := at.end <= town.start || at.start >= town.end
		return apart && s.apart(at) && slices.ContainsFunc(g.names[at.name].meanings, func(v meaning) bool {
			return v.div.Kind == "village" && !v.div.Common && liesIn(v.div, townsOf(m.div)) && v.div.Bare != strings.TrimSuffix(m.div.Name, "镇")
		})
	})
}

// enumerates: three of our names side by side (西营、夏家营、洪相等乡镇), one of
// them rare, are no chance.
func (g *gazetteer) enumerates(s *scene) bool {
	inRow, rare := 0, false
	end := -1
	for _, at := range s.sights {
		n := g.names[at.name]
		if len(n.meanings) == 0 || at.start < end || !s.apart(at) {
			continue
		}
		if inRow == 0 || at.start != end+1 || s.runes[end] != '、' {
			inRow, rare = 0, false
		}
		inRow, rare, end = inRow+1, rare || n.meanings[0].div.National <= rareUpTo, at.end
		if inRow >= 3 && rare {
			return true
		}
	}
	return false
}

// settingAt is the setting of a name: on a channel of the county one who has
// just told of another land no longer speaks of it, unless of home.
func (s *scene) settingAt(at sight) setting {
	if s.setting == locally && !s.home && s.abroad <= at.start {
		return alone
	}
	return s.setting
}

// local: what comes by these channels is told by people of the county.
func local(c huiying.Channel) bool {
	switch c {
	case huiying.ChannelForum, huiying.ChannelHotline, huiying.ChannelLetter, huiying.ChannelGov, huiying.ChannelManual:
		return true
	}
	return false
}
