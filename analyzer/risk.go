package analyzer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

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
	if slices.Contains(as.Flags, huiying.FlagDeath) {
		h := affirmed(r, deaths)
		add("有人死亡", forDeath, h.word, h)
	} else if slices.Contains(as.Flags, huiying.FlagCasualty) {
		h := affirmed(r, injuries)
		add("人员受伤或被困", forInjury, h.word, h)
	}
	if len(hits) > 0 {
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

// duty is a word that names what a unit is there for.
type duty struct {
	unit huiying.UnitID
	text string
	word int // in the watch
}

// candidates proposes who should answer: the topics' units, the units whose
// duties the text names, and the township the place lies in.
func (a *Analyzer) candidates(r *reading, hits []hit, as huiying.Assessment) []huiying.Candidate {
	note := r.proposals.note
	said, nobody := 1.0, 0.3
	if r.post.Channel == huiying.ChannelLetter { // of letters the model knows more than the words of duties
		said, nobody = 0.2, 0.1
	}
	for _, h := range hits {
		about := slices.Contains(h.topic.Flags, huiying.FlagMisreading) || slices.Contains(h.topic.Flags, huiying.FlagRumor)
		for i, u := range h.topic.Units {
			points := h.topic.Weight / 3
			if i > 0 {
				points *= 0.35
			}
			if about { // who drafted the policy, or whose matter the rumour is, answers
				points *= 0.3
			}
			note(u, said*points, reason{"主题“", h.topic.Name, "”：", h.word})
		}
	}
	for _, i := range r.duties {
		d := &a.duties[i]
		points := 0.8
		r.seen.each(d.word, func(_, end int) bool {
			if end <= r.titleBytes() {
				points = 1.3
			}
			return false
		})
		note(d.unit, said*points, reason{"职责词“", d.text, "”", ""})
	}
	a.departments(r, note)
	best := 0.0
	for _, p := range r.proposals {
		best = max(best, p.score)
	}
	out := r.ranked[:0]
	sum := 0.0
	for _, p := range r.proposals {
		if u, ok := a.units.Unit(p.unit); !ok || u.Township != "" {
			continue
		}
		share := math.Exp(p.score - best)
		sum += share
		out = append(out, huiying.Candidate{Unit: p.unit, P: share})
	}
	for i := range out {
		out[i].P = round(out[i].P / (sum + nobody)) // it may be none of them
	}
	slices.SortFunc(out, func(x, y huiying.Candidate) int {
		return cmp.Or(cmp.Compare(y.P, x.P), cmp.Compare(x.Unit, y.Unit))
	})
	const most, mostTowns = 5, 3
	r.ranked = out
	if r.learned == nil {
		out = out[:min(len(out), most)]
	}
	out = append(make([]huiying.Candidate, 0, len(out)+mostTowns), out...)
	for i := range out {
		out[i].Why = r.proposals.of(out[i].Unit).told()
	}
	out = r.learned.reroute(r, out)
	out = drafterFirst(out[:min(len(out), most)], as)
	return append(out, a.townships(as.Places)...)
}

// proposals are the units somebody or something speaks for, and why.
type proposals []proposal

type proposal struct {
	unit  huiying.UnitID
	score float64
	why   [3]reason // the first ones
	whys  int
}

// reason is what speaks for a unit, in pieces: few are ever told.
type reason [4]string

func (p *proposals) note(unit huiying.UnitID, points float64, why reason) {
	x := p.of(unit)
	if x == nil {
		*p = append(*p, proposal{unit: unit})
		x = &(*p)[len(*p)-1]
	}
	x.score += points
	if x.whys < len(x.why) && !slices.Contains(x.why[:x.whys], why) {
		x.why[x.whys] = why
		x.whys++
	}
}

func (p proposals) of(unit huiying.UnitID) *proposal {
	for i := range p {
		if p[i].unit == unit {
			return &p[i]
		}
	}
	return nil
}

// told is what speaks for a unit.
func (x *proposal) told() string {
	var s strings.Builder
	s.Grow(64 * x.whys)
	for i, why := range x.why[:x.whys] {
		if i > 0 {
			s.WriteString("；")
		}
		for _, piece := range why {
			s.WriteString(piece)
		}
	}
	return s.String()
}

// departments adds what the model learned from which bureau answers such letters.
// In a letter the points of a unit are log-odds above faint of what all its bureaus
// answer together.
func (a *Analyzer) departments(r *reading, note func(huiying.UnitID, float64, reason)) {
	const (
		least  = 0.1   // probability that is worth a mention
		second = 0.6   // share of the second unit of a bureau
		faint  = 0.003 // the same of a letter
		behind = 1.0   // log-odds the second unit of a bureau has less there
	)
	letter := r.post.Channel == huiying.ChannelLetter
	answers := r.answers[:0]
	mentioned := faint
	if !letter {
		mentioned = least
	}
	bureaus := slices.DeleteFunc(r.verdicts.of(taskDepartment), func(s huiying.Scored) bool { return s.P < mentioned })
	slices.SortStableFunc(bureaus, func(x, y huiying.Scored) int { return cmp.Compare(y.P, x.P) })
	for _, s := range bureaus {
		why := reason{"同类来信多由", s.Name, "部门答复（" + strconv.Itoa(int(100*s.P+0.5)), "%）"}
		for i, u := range a.bureaus[s.Name] {
			if letter {
				answers.note(u, s.P*math.Exp(-behind*float64(i)), why)
			} else {
				note(u, s.P*math.Pow(second, float64(i)), why)
			}
		}
	}
	for _, x := range answers {
		note(x.unit, math.Max(0, math.Log(x.score/faint)), x.why[0]) // of its likeliest bureau
	}
	r.answers = answers
}

func (a *Analyzer) townships(places []huiying.Place) []huiying.Candidate {
	var out []huiying.Candidate
	add := func(code huiying.Region, p float64, reason string) {
		u, ok := a.units.Township(code)
		if ok && !slices.ContainsFunc(out, func(c huiying.Candidate) bool { return c.Unit == u.ID }) {
			out = append(out, huiying.Candidate{Unit: u.ID, P: p, Why: reason})
		}
	}
	for _, p := range places {
		add(p.Code, 0.6, "属地：“"+p.Name+"”")
		for _, c := range p.Candidates {
			add(c, round(0.6/float64(len(p.Candidates))), "可能属地：“"+p.Name+"”")
		}
	}
	return out[:min(len(out), 3)]
}
