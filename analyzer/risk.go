package analyzer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"unicode"

	"huiying"
)

var (
	deaths     = look(`(?:[0-9一二三四五六七八九十两数多]+|有)[名个位]?(?:人|群众|工人|村民|学生|老人|孩子|司机|矿工)?(?:当场)?(?:死亡|遇难|身亡|丧生|不治)|死亡[0-9一二三四五六七八九十]+人|死了[人0-9一二三四五六七八九十]|致.{0,6}[死亡]`)
	injuries   = look(`受伤|重伤|轻伤|伤者|送医|送往医院|被困|昏迷|住院治疗|抢救|伤亡`)
	unhurt     = look(`(?:无|没有|未造成|没|未发生)(?:人员|人|任何人)*(?:受伤|伤亡|被困|死亡)`)
	manyPeople = look(`([0-9]{2,5})(?:多|余)?[名个位]?(?:人|群众|工人|农民工|村民|居民|业主|家长|学生)|几十(?:名|个|号)?(?:人|工人|村民|业主|家长)|上百(?:名|个|号)?(?:人|工人|村民|业主|家长)|[三四五六七八九]十(?:多|余)?(?:名|个|号)?(?:人|工人|村民|业主|家长|户)`)
	minors     = look(`名(?:中|小|大)?学生|儿童|幼儿|婴儿|未成年|男童|女童|(?:男|女)孩|孩子们?(?:被|受|都|全)|几个孩子|[0-9一二两三四五六七八九十多]+(?:名|个)(?:小)?(?:孩|学生)`)
	moments    = look(`[0-9]{1,4}(?:日|号|点|时)|昨天|今天|今早|昨晚|刚刚|凌晨|上午|下午|晚上`)
)

// flagsOf marks what needs special care. What did not happen (a drill, a plan,
// a memory) raises none but misreading and rumour, which are about words.
func flagsOf(r *reading, hits []hit, as huiying.Assessment) []huiying.Flag {
	out := []huiying.Flag{}
	add := func(f huiying.Flag) {
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	real := as.State == huiying.PhaseOccurred || as.State == huiying.PhaseResolved
	for _, h := range hits {
		for _, f := range h.topic.Flags {
			switch f {
			case huiying.FlagMisreading:
				if as.Misreading.P >= 0.5 {
					add(f)
				}
			case huiying.FlagRumor:
				if as.Rumor.P >= 0.35 {
					add(f)
				}
			case huiying.FlagLivelihood:
				if real && as.State == huiying.PhaseOccurred && len(wordsOf(hits, h.topic)) >= 2 {
					add(f)
				}
			default:
				if real {
					add(f)
				}
			}
		}
	}
	if as.Misreading.Clause != nil && as.Misreading.P >= 0.5 {
		add(huiying.FlagMisreading)
	}
	if real && as.Emergency.P >= 0.2 && !history.in(r.seen) {
		if affirmed(r, deaths) != (hit{}) {
			add(huiying.FlagDeath)
		}
		if affirmed(r, injuries) != (hit{}) {
			add(huiying.FlagCasualty)
		}
	}
	if slices.ContainsFunc(out, func(f huiying.Flag) bool { return slices.Contains(harmful, f) }) && minors.in(r.seen) {
		add(huiying.FlagMinor)
	}
	return out
}

// harmful are the flags of matters in which a child is a minor to be protected,
// not just somebody a text speaks of.
var harmful = []huiying.Flag{huiying.FlagDeath, huiying.FlagCasualty, huiying.FlagHealth}

// affirmed is the first match that is not denied, as in 无人员伤亡, or none.
func affirmed(r *reading, p *pattern) (found hit) {
	p.matches(r.seen, func(start, end int) bool {
		denied := r.denied(start, end)
		if !denied {
			found = r.hit(start, end)
		}
		return denied
	})
	return found
}

// denied reports whether the text says that there is no such harm between the
// bytes. It looks for denials once: a text may be full of them.
func (r *reading) denied(start, end int) bool {
	if r.denials == nil {
		r.denials = []stretch{}
		unhurt.matches(r.seen, func(from, to int) bool {
			r.denials = append(r.denials, stretch{from, to})
			return true
		})
	}
	i, _ := slices.BinarySearchFunc(r.denials, start+1, func(d stretch, at int) int { return d.to - at })
	return i < len(r.denials) && r.denials[i].from < end
}

// hit is what stands at the byte offsets given.
func (r *reading) hit(start, end int) hit {
	h := hit{word: r.text[start:end]}
	h.start, h.end = r.runesOf(start, end)
	return h
}

// first is the first match, or none.
func (r *reading) first(p *pattern) hit {
	if start, end, ok := p.find(r.seen); ok {
		return r.hit(start, end)
	}
	return hit{}
}

func wordsOf(hits []hit, t *topic) []hit {
	var out []hit
	for _, h := range hits {
		if h.topic == t {
			out = append(out, h)
		}
	}
	return out
}

// The terms of the risk score, in points of 100.
const (
	perWeight  = 6.0  // each point of a topic's weight
	moreTopics = 0.3  // share of it for the second and third topic
	perWord    = 2.0  // each further word of a topic, at most three
	forDeath   = 25.0 // somebody died
	forInjury  = 12.0
	forMany    = 10.0 // a crowd is named
	forDetail  = 4.0  // a place of the county and a time: the matter can be checked
	forRumor   = 6.0
	forPolicy  = 8.0
	perTier    = 3.0  // each step of the source's reach above self media
	heatScale  = 4.0  // each power of ten of weighted interactions
	forModel   = 24.0 // the model alone is all but sure of an emergency
	forAppeal  = 6.0  // somebody asks for an answer
	forTone    = 4.0  // negative tone, only beside a topic: criticism is not risk
	praise     = -0.6 // share taken off for thanks and praise that ask for nothing
	pleased    = 0.5  // sentiment score from which a text is praise
	notReal    = -0.8 // share taken off for a drill, plan or memory
	notice     = -0.6
	solved     = -0.4
	notOurs    = -0.7 // another county's matter
	nameOf     = "主题："
)

// risk adds up what speaks for a real, present matter somebody must look into.
// The score is the sum of the factors' weights, held between 0 and 100.
func risk(r *reading, hits []hit, as huiying.Assessment, stateWhy, elsewhere string) huiying.Risk {
	var f []huiying.Factor
	add := func(name string, weight float64, evidence string, h ...hit) {
		x := huiying.Factor{Name: name, Weight: math.Round(weight*10) / 10, Evidence: evidence}
		if len(h) > 0 {
			x.Start, x.End = h[0].start, h[0].end
		}
		if x.Weight != 0 {
			f = append(f, x)
		}
	}
	topicFactors(hits, add)
	alone := r.soundsGrave(hits, as)
	if alone {
		h := r.gravest()
		add("疑似突发事件", forModel*as.Emergency.P, h.word, h)
	}
	if slices.Contains(as.Flags, huiying.FlagDeath) {
		h := affirmed(r, deaths)
		add("有人死亡", forDeath, h.word, h)
	} else if slices.Contains(as.Flags, huiying.FlagCasualty) {
		h := affirmed(r, injuries)
		add("人员受伤或被困", forInjury, h.word, h)
	}
	if len(hits) > 0 || alone {
		if m := r.first(manyPeople); m != (hit{}) && as.State == huiying.PhaseOccurred {
			add("涉及多人", forMany, m.word, m)
		}
		if i := slices.IndexFunc(as.Places, func(p huiying.Place) bool { return len(p.Code) > 6 }); i >= 0 && moments.in(r.seen) {
			add("时间地点具体", forDetail, as.Places[i].Name, hit{start: as.Places[i].Start, end: as.Places[i].End})
		}
		if ask := r.first(appeals); ask != (hit{}) && as.State == huiying.PhaseOccurred && !official(r.post) {
			add("有明确诉求", forAppeal, ask.word, ask)
		}
		if as.Sentiment.Label == "negative" {
			add("语气负面", forTone, fmt.Sprintf("情感 %.2f（只在有风险主题时计入）", as.Sentiment.Score))
		}
		if steps := r.post.Tier.Rank() - 1; steps > 0 && as.State == huiying.PhaseOccurred {
			add("来源层级", perTier*float64(steps), r.post.Tier.Label())
		}
	}
	e := r.post.Engagement
	// read 1, like 2, comment 3, repost 5 (default weights of heat)
	if heat := float64(e.Views+2*e.Likes+3*e.Comments+5*e.Reposts) / 100; heat > 1 && len(hits) > 0 {
		add("传播热度", heatScale*math.Log10(heat), fmt.Sprintf("阅读 %d 赞 %d 评 %d 转 %d", e.Views, e.Likes, e.Comments, e.Reposts))
	}
	if slices.Contains(as.Flags, huiying.FlagRumor) {
		add("疑似谣言", forRumor, fmt.Sprintf("概率 %.2f，待核实", as.Rumor.P))
	}
	if as.Misreading.P >= 0.5 {
		add("政策误解误读", forPolicy, as.Misreading.Policy)
	}
	sum := 0.0
	for _, x := range f {
		sum += x.Weight
	}
	switch as.State {
	case huiying.PhasePrevent, huiying.PhaseDeploy:
		add("演练、部署类内容", notReal*sum, stateWhy)
	case huiying.PhaseNotice:
		add("通知、回顾类内容", notice*sum, stateWhy)
	case huiying.PhaseResolved:
		add("已解决或已澄清", solved*sum, stateWhy)
	case huiying.PhaseOccurred:
		switch {
		case elsewhere != "":
			add("外地事项", notOurs*sum, elsewhere)
		case as.Sentiment.Score >= pleased && len(as.Flags) == 0 && !complaints.in(r.seen):
			add("感谢、表扬类内容", praise*sum, fmt.Sprintf("情感 %.2f，没有求助或投诉的话", as.Sentiment.Score))
		}
	}
	f = append(f, r.learned.factors(r)...)
	return total(f)
}

// soundsGrave reports whether the model is all but sure of an emergency that no
// topic has the words of, and nothing speaks for a figure of speech.
func (r *reading) soundsGrave(hits []hit, as huiying.Assessment) bool {
	told := func(h hit) bool { return emergencyTypes[h.topic.Name] != "" }
	return as.State == huiying.PhaseOccurred && as.Emergency.P >= allButSure && !slices.ContainsFunc(hits, told) &&
		(earnest.in(r.seen) || !figurativeIn.in(r.seen))
}

// allButSure is how probable an emergency is at least that the model alone speaks
// for.
const allButSure = 0.8

// gravest is the sentence of the first few that sounds most like an emergency by
// itself.
func (r *reading) gravest() hit {
	const few = 8
	var best span
	most := -1.0
	for _, s := range r.sentences[:min(len(r.sentences), few)] {
		for s.from < s.to && unicode.IsSpace(r.runes[s.from]) {
			s.from++
		}
		for s.from < s.to && unicode.IsSpace(r.runes[s.to-1]) {
			s.to--
		}
		part := r.analyzer.read(huiying.Post{Text: r.piece(s.from, s.to)})
		if p := emergency(part).P; p > most {
			best, most = s, p
		}
		r.analyzer.free(part)
	}
	return hit{word: r.piece(best.from, best.to), start: best.from, end: best.to}
}

func topicFactors(hits []hit, add func(string, float64, string, ...hit)) {
	var seen []*topic
	for _, h := range hits {
		if !slices.Contains(seen, h.topic) {
			seen = append(seen, h.topic)
		}
	}
	slices.SortStableFunc(seen, func(a, b *topic) int { return cmp.Compare(b.Weight, a.Weight) })
	for i, t := range seen[:min(len(seen), 3)] {
		words := wordsOf(hits, t)
		share := 1.0
		if i > 0 {
			share = moreTopics
		}
		add(nameOf+t.Name, share*perWeight*t.Weight, words[0].word, words[0])
		for _, h := range words[1:min(len(words), 4)] {
			add(nameOf+t.Name, share*perWord, h.word, h)
		}
	}
}

func total(f []huiying.Factor) huiying.Risk {
	sum := 0.0
	for _, x := range f {
		sum += x.Weight
	}
	switch {
	case sum > 100:
		f = append(f, huiying.Factor{Name: "封顶 100", Weight: math.Round((100-sum)*10) / 10})
		sum = 100
	case sum < 0:
		f = append(f, huiying.Factor{Name: "不低于 0", Weight: math.Round(-sum*10) / 10})
		sum = 0
	}
	if f == nil {
		f = []huiying.Factor{}
	}
	return huiying.Risk{Score: math.Round(sum*10) / 10, Factors: f}
}
