package analyzer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"huiying"
)

// land is a part of the text that says where we are: the county, a township of
// it, or somebody else's land.
type land struct {
	kind       landKind
	start, end int
	towns      []huiying.Region // of a township of ours: what it is today
}

type landKind int

const (
	ours  landKind = iota + 1 // 交城县, 交城
	town                      // a township of ours in full
	wide                      // the province and the city the county lies in
	near                      // a neighbour, or a city one of our villages is named like
	afar                      // another province, or its capital
	other                     // any other county or city: 临县, 邢台市; a neighbour's township
)

func (k landKind) foreign() bool { return k >= near }

// provinces by the first two digits of their division codes, each with its
// capital (municipalities and the two special regions have none).
var provinces = map[string][]string{
	"11": {"北京市"}, "12": {"天津市"}, "13": {"河北省", "石家庄市"}, "14": {"山西省", "太原市"}, "15": {"内蒙古", "呼和浩特市"},
	"21": {"辽宁省", "沈阳市"}, "22": {"吉林省", "长春市"}, "23": {"黑龙江省", "哈尔滨市"}, "31": {"上海市"},
	"32": {"江苏省", "南京市"}, "33": {"浙江省", "杭州市"}, "34": {"安徽省", "合肥市"}, "35": {"福建省", "福州市"},
	"36": {"江西省", "南昌市"}, "37": {"山东省", "济南市"}, "41": {"河南省", "郑州市"}, "42": {"湖北省", "武汉市"},
	"43": {"湖南省", "长沙市"}, "44": {"广东省", "广州市"}, "45": {"广西", "南宁市"}, "46": {"海南省", "海口市"},
	"50": {"重庆市"}, "51": {"四川省", "成都市"}, "52": {"贵州省", "贵阳市"}, "53": {"云南省", "昆明市"}, "54": {"西藏", "拉萨市"},
	"61": {"陕西省", "西安市"}, "62": {"甘肃省", "兰州市"}, "63": {"青海省", "西宁市"}, "64": {"宁夏", "银川市"},
	"65": {"新疆", "乌鲁木齐市"}, "71": {"台湾"}, "81": {"香港"}, "82": {"澳门"},
}

// abroad are the continents and the countries the news tells of most.
var abroad = strings.Fields(`亚洲 欧洲 非洲 南美 南美洲 北美 拉美 中东 大洋洲 美国 日本 韩国 朝鲜 俄罗斯 乌克兰 英国 法国 德国 意大利 西班牙 葡萄牙 希腊 土耳其 叙利亚 伊拉克
伊朗 以色列 黎巴嫩 加沙 巴勒斯坦 沙特 也门 阿富汗 巴基斯坦 印度 尼泊尔 孟加拉 斯里兰卡 缅甸 泰国 越南 老挝 柬埔寨 菲律宾 马来西亚 新加坡 印尼 印度尼西亚 蒙古国 哈萨克斯坦
埃及 利比亚 摩洛哥 南非 尼日利亚 肯尼亚 埃塞俄比亚 加拿大 墨西哥 古巴 巴西 阿根廷 智利 秘鲁 委内瑞拉 哥伦比亚 澳大利亚 新西兰 波兰 瑞士 瑞典 挪威 荷兰 比利时`)

type landName struct {
	text string
	kind landKind
}

// landsOf are the names of lands to tell the county from.
func landsOf(c *huiying.County) []landName {
	var out []landName
	add := func(kind landKind, name string) {
		for _, text := range []string{name, strings.TrimSuffix(strings.TrimSuffix(name, "省"), "市")} {
			if !slices.ContainsFunc(out, func(l landName) bool { return l.text == text }) {
				out = append(out, landName{text, kind})
			}
		}
	}
	for _, text := range slices.Compact([]string{c.Name, shortOf(c)}) {
		out = append(out, landName{text, ours})
	}
	for _, name := range c.Within {
		add(wide, name)
	}
	for _, name := range c.Neighbors {
		out = append(out, landName{name, near})
	}
	for _, names := range provinces {
		for _, name := range names {
			add(afar, name)
		}
	}
	for _, name := range abroad {
		add(afar, name)
	}
	return out
}

// survey finds the lands of a text: named ones, and what the segmenter takes for
// the name of a county or city.
func (g *gazetteer) survey(s *scene) {
	var found []land
	for _, at := range s.sights {
		n := g.names[at.name]
		switch {
		case n.land == ours && g.isCounty(s, at), n.land > ours && s.cut[at.start] && s.apartOrFull(at) && !isStreet(s, at.end):
			found = append(found, land{kind: n.land, start: at.start, end: at.end})
		case len(n.meanings) > 0 && n.meanings[0].form == formal && n.meanings[0].div.Kind == "township":
			found = append(found, land{town, at.start, at.end, townsOf(n.meanings[0].div)})
		}
	}
	for _, w := range s.reading.words {
		if !endsAsLand(s.reading.runes[w.end-1]) {
			continue
		}
		if w.pos == "" {
			w.pos = s.reading.analyzer.segmenter.pos(s.reading.runes[w.start:w.end])
		}
		if isOtherLand(w) {
			found = append(found, land{kind: other, start: s.here(w.start), end: s.here(w.end)})
		}
	}
	slices.SortStableFunc(found, func(a, b land) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	for _, l := range found {
		if n := len(s.lands); n > 0 && l.start < s.lands[n-1].end {
			continue
		}
		if over, ok := s.over(l.start); ok && l.kind == town && over.kind.foreign() {
			l.kind, l.towns = other, nil // 文水县西社镇
		}
		s.lands = append(s.lands, l)
	}
}

func townsOf(d huiying.Division) []huiying.Region {
	if d.Former {
		return d.Now
	}
	return []huiying.Region{d.Code}
}

// apartOrFull: a name that says 县 or 市 needs no word's end after it.
func (s *scene) apartOrFull(at sight) bool {
	return s.cut[at.end] || strings.ContainsRune("省市县区", s.runes[at.end-1])
}

// isStreet: 北京路 is in no more cities than 太原街, nor is 德国造 made where it stands.
func isStreet(s *scene, end int) bool {
	return hasAnyPrefix(s.after(end, 2), []string{"路", "街", "大街", "大道", "巷", "进口", "产", "造", "货", "牌", "车", "制", "式"})
}

var generalLand = []string{
	"新区", "城区", "市区", "郊区", "山区", "社区", "园区", "辖区", "小区", "景区", "矿区", "地区", "灾区", "库区", "片区", "校区",
	"城市", "超市", "门市", "夜市", "早市", "集市", "都市", "楼市", "股市", "县市", "省市", "外省", "全国",
}

// mayBeLand reports whether a word ends as names of provinces, cities and counties
// do.
func mayBeLand(w word) bool {
	last, _ := utf8.DecodeLastRuneInString(w.text)
	return endsAsLand(last) && w.end-w.start >= 2 && !hasAnySuffix(w.text, generalLand)
}

func endsAsLand(last rune) bool {
	switch last {
	case '县', '市', '州', '旗', '盟', '省', '区':
		return true
	}
	return false
}

// isOtherLand reports whether a tagged word names a province, a city or a county.
func isOtherLand(w word) bool {
	n := w.end - w.start
	switch {
	case !mayBeLand(w):
		return false
	case !strings.HasSuffix(w.text, "区"):
		return w.pos == "ns" || n >= 3 && (w.pos == "nr" || w.pos == "nz")
	}
	return n >= 3 && w.pos == "ns"
}

// between are the words that may stand between a land and a place in it.
var between = regexp.MustCompile(`^(?:县城|城区|城|县|市|境内|辖区|辖内|下辖|所辖|下属|有个|那边|这边|老家|的|某|一个|[\p{Han}]{1,4}(?:镇|乡|街道))*$`)

// over is the land that what begins at an offset is said to lie in.
func (s *scene) over(at int) (land, bool) {
	l, ok := s.landBefore(at)
	return l, ok && at-l.end <= 8 && between.MatchString(s.piece(l.end, at))
}

// swallowing are the first halves of words that end in 交.
const swallowing = "移提公社外成递转上初结相缴呈送建邦"

// isCounty tells the county from 移交城建, 公交城市 and 交城镇居民医保, even where
// the segmenter was misled.
func (g *gazetteer) isCounty(s *scene, at sight) bool {
	last := s.wordBefore(at.start)
	evening := hasAnySuffix(s.before(at.start, 2), []string{"晚上", "早上", "网上", "路上", "街上", "线上", "山上"})
	if g.full(at) {
		return !hasAnySuffix(last, []string{"移", "提", "递"})
	}
	if !s.cut[at.start] && !evening {
		return false // 公交|城市
	}
	if utf8.RuneCountInString(last) == 1 && strings.Contains(swallowing, last) && !evening {
		return false
	}
	next := s.after(at.end, 4)
	if hasAnyPrefix(next, buildings) && g.elsewhereBefore(s, at.start) {
		return false
	}
	return !hasAnyPrefix(next, []string{"建", "市", "区", "管", "投", "镇", "乡", "中村", "际", "商行"}) ||
		hasAnyPrefix(next, []string{
			"市场", "建设局", "建设银行", "建行", "建成", "建起", "区域", "管委会", "管理局", "管控", "投资", "投诉", "投入", "投产",
			"投用", "乡亲", "乡下", "乡村", "乡镇", "镇村",
		})
}

// buildings are what is named after a place it does not stand in: 天津交城大厦.
var buildings = []string{"大厦", "广场", "大酒店", "酒店", "宾馆", "公寓", "花园", "花苑", "家园", "商场", "商城", "商厦", "大楼", "饭店", "饭庄", "会馆"}

// elsewhereBefore reports whether another's land is named right before an offset.
func (g *gazetteer) elsewhereBefore(s *scene, at int) bool {
	for _, o := range s.sightsIn(at-lookBack, at) {
		if o.end == at {
			return g.names[o.name].land.foreign()
		}
	}
	last := []rune(s.wordBefore(at))
	return len(last) > 1 && s.reading.analyzer.segmenter.pos(last) == "ns"
}

// moving: a land one comes from or goes to is not where the matter is.
func (s *scene) moving(l land) bool {
	return strings.ContainsAny(s.before(l.start, 1), "去到往从回来赴离距至") ||
		hasAnyPrefix(s.after(l.end, 2), []string{"方向", "回来", "出发", "打工", "上班", "看病", "上学"})
}

// speaksOfHome: who says so writes from here.
var speaksOfHome = look(`我[县乡镇村]|本[县乡镇村]|[咱俺](?:们)?[县乡镇村]|我们[县乡镇村]|全县|县城|老家|家里|村里|乡亲|老乡`)

// elsewhere says which other land a text is about and why, or "" when it names
// a place of ours other than in passing, or tells of no other.
func (g *gazetteer) elsewhere(r *reading, places []huiying.Place) string {
	if slices.ContainsFunc(places, func(p huiying.Place) bool { return p.Code != g.county.Region }) {
		return ""
	}
	s := g.look(r)
	first := -1
	for _, l := range s.lands {
		switch {
		case l.kind == ours && !s.inPassing(l):
			return ""
		case first < 0 && l.kind.foreign() && g.isAbout(s, l):
			first = l.start
		}
	}
	here := local(r.post.Channel)
	if first < 0 && !here && len(places) == 0 {
		for _, at := range s.sights { // 石家庄 is the city where nothing says it is our village
			if g.names[at.name].rival && s.apart(at) && at.start < headline {
				return fmt.Sprintf("“%s”更可能是同名城市，文中未提本县", g.names[at.name].text)
			}
		}
	}
	if first < 0 {
		return ""
	}
	i := slices.IndexFunc(s.lands, func(l land) bool { return l.start == first })
	l := s.lands[i]
	name := s.piece(l.start, l.end)
	for _, next := range s.lands[i+1:] { // 河北省邢台市宁晋县
		if !next.kind.foreign() || next.start != l.end {
			break
		}
		l = next
		name = string(s.runes[s.lands[i].start:l.end])
	}
	told := map[landKind]string{near: "邻近或同名县市", afar: "外省或省会", other: "其他地方"}[s.lands[i].kind]
	if len(places) > 0 {
		return fmt.Sprintf("“%s”是%s，本县只是顺带提到", name, told)
	}
	return fmt.Sprintf("“%s”是%s，文中未提本县地名", name, told)
}

// headline is how many runes from the start a land is what a text is about.
const headline = 16

// isAbout reports whether a text is about a foreign land it names.
func (g *gazetteer) isAbout(s *scene, l land) bool {
	r := s.reading
	here := local(r.post.Channel)
	switch {
	case here && (s.moving(l) || s.home):
		return false
	case l.kind == near:
		return true
	case here:
		return l.start < headline || strings.HasSuffix(s.before(l.start, 2), "位于")
	case s.moving(l):
		return false
	}
	return l.kind == other || l.start < max(headline, r.title) ||
		hasAnySuffix(s.before(l.start, 2), []string{"在", "位于", "地处", "，", "。", "：", "#", "【"})
}

// inPassing: 去交城方向, 离交城不远, 不是交城.
func (s *scene) inPassing(l land) bool {
	return hasAnySuffix(s.before(l.start, 2), []string{"去", "往", "到", "离", "距", "不是", "不在"}) &&
		hasAnyPrefix(s.after(l.end, 3), []string{"方向", "的走", "不远", "那边", "很近", "，", "。"})
}

// reaching are the words of a matter that concerns two counties.
var reaching = regexp.MustCompile(`跨(?:县|市|界|区域|流域|境)|交界|接壤|毗邻|相邻|相接|[两三二]县|县界|地界|界河|边界|上游|下游|上下游|联防联控|联合(?:执法|整治|巡查|治理)|共管|争议|纠纷`)

// sideBySide joins two lands: 交城、文水, 与文水县.
var sideBySide = regexp.MustCompile(`^[县市]?(?:和|与|、|跟|同|及|以及)$`)

// crosses reports whether a matter reaches over the county border, and why: one
// of our places and a neighbour in a sentence that tells of 跨县, 交界, 上下游, or
// side by side (交城与文水). Coming from there or going there is no such matter.
func (g *gazetteer) crosses(r *reading, places []huiying.Place) (string, bool) {
	if len(places) == 0 {
		return "", false
	}
	s := g.look(r)
	var in span
	matter := ""
	for _, l := range s.lands {
		if l.kind != near {
			continue
		}
		if l.start >= in.to {
			in = s.sentence(l.start)
			matter = reaching.FindString(s.piece(in.from, in.to))
		}
		name := s.piece(l.start, l.end)
		for _, p := range places {
			start, end := s.here(p.Start), s.here(p.End)
			switch {
			case start < in.from || end > in.to:
			case matter != "":
				return fmt.Sprintf("同一句提到本县“%s”、邻县“%s”和“%s”", p.Name, name, matter), true
			case s.joined(end, l.start), s.joined(l.end, start):
				return fmt.Sprintf("本县“%s”与邻县“%s”并提", p.Name, name), true
			}
		}
	}
	return "", false
}

// joined reports whether 和, 与 or the like is all that stands between.
func (s *scene) joined(from, to int) bool {
	return from < to && to-from <= 3 && sideBySide.MatchString(s.piece(from, to))
}
