package analyzer

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"huiying"
)

var policyName = regexp.MustCompile(`《([^《》]{3,40})》`)

// policySubjects are what people misread: the words a question names a policy by.
var policySubjects = []string{
	"老年卡", "医保", "城乡居民医疗保险", "养老金", "养老认证", "养老保险", "低保", "宅基地", "退耕还林", "耕地补贴", "粮食补贴", "补贴", "学区", "入学政策", "学校撤并",
	"公积金", "煤改电", "煤改气", "清洁取暖", "禁煤", "土葬", "殡葬", "电动车上牌", "限行", "拆迁", "征收", "户口", "落户", "社保", "高龄津贴", "独生子女", "两孩", "三孩", "生育", "水价", "电价", "气价", "暖气费", "停车收费", "垃圾费", "物业费",
}

// hearsay are words people pass on what they heard with. They alone are no sign
// of a misreading; beside a clause that speaks to them they are.
var hearsay = look(`听说|据说|听人说|听人讲|有人说|都说|人家说|传言|据传|网传|说是要|说以后`)

// find asks whether a policy is doubted or misunderstood: hearsay or fear,
// beside a policy the text names or whose clause speaks to it.
func (p *policies) find(r *reading, hits []hit) huiying.Misreading {
	var signals []int // rune offsets
	for _, h := range hits {
		if slices.Contains(h.topic.Flags, huiying.FlagMisreading) {
			signals = append(signals, h.start)
		}
	}
	fears := len(signals)
	hearsay.matches(r.seen, func(start, _ int) bool {
		signals = append(signals, utf8.RuneCountInString(r.text[:start]))
		return true
	})
	if len(signals) == 0 {
		return huiying.Misreading{}
	}
	var out huiying.Misreading
	if out.Claim, out.Clause = p.clause(r, signals); out.Clause == nil && fears == 0 {
		return out
	}
	if m := policyName.FindStringSubmatch(r.text); m != nil {
		out.Policy = m[1]
	} else if i := slices.IndexFunc(policySubjects, func(s string) bool { return strings.Contains(r.text, s) }); i >= 0 {
		out.Policy = policySubjects[i]
	}
	out.P = 0.25 + 0.1*float64(min(fears, 3))
	if out.Policy != "" || out.Clause != nil {
		out.P += 0.3
	}
	if strings.ContainsAny(r.text, "?？") || strings.Contains(r.text, "吗") {
		out.P += 0.1
	}
	if official(r.post) || refutation.in(r.seen) {
		out.P *= 0.4 // an office explains its policy; a refutation tells of the misreading and is none
	}
	out.P = round(out.P)
	return out
}

// clause is the best clause for the sentences the signals stand in, or nothing.
func (p *policies) clause(r *reading, signals []int) (*huiying.Claim, *huiying.ClauseFound) {
	var claim span
	var best match
	for i, s := range r.sentences {
		if !slices.ContainsFunc(signals, func(at int) bool { return at >= s.from && at < s.to }) {
			continue
		}
		var context []span
		if i > 0 {
			context = append(context, r.sentences[i-1])
		}
		if i > 1 && r.post.Title != "" {
			context = append(context, r.sentences[0])
		}
		if m := p.search(r, s, context...); m.likeness > best.likeness {
			claim, best = s, m
		}
	}
	if best.likeness == 0 {
		return nil, nil
	}
	return claimOf(r, claim), p.found(best)
}

// match is a clause, how like the claim it is, and the words they share.
type match struct {
	clause   int
	likeness float64 // 0…1; 0: none
	why      []string
}

// search weighs every clause against a claim and what stands around it.
func (p *policies) search(r *reading, claim span, context ...span) match {
	r.tag()
	e := evidence{policies: p, matter: make([]float64, len(p.all)), text: make([]float64, len(p.clauses))}
	e.add(r, claim, 1)
	for _, c := range context {
		e.add(r, c, contextPart)
	}
	var best match
	for i, c := range p.clauses {
		if e.matter[c.policy] < leastMatter || e.text[i] < leastText || !p.all[c.policy].Stands(r.post.PublishedAt) {
			continue
		}
		if l := 1 - math.Exp(-(e.matter[c.policy]+e.text[i])/likeScale); l > best.likeness {
			best = match{clause: i, likeness: l}
		}
	}
	if best.likeness > 0 {
		best.why = e.why(best.clause)
	}
	return best
}

// evidence is what a claim shares with the matter of each policy and with each
// clause. What is counted once is not counted again.
type evidence struct {
	*policies
	matter, text []float64
	names        []string // whole names of matters
	said         []string // whole sayings about clauses
	terms        []string
	asked        []int    // aspects
	askedAs      []string // the words that asked them
}

func (e *evidence) add(r *reading, part span, share float64) {
	from, to := int(r.bytes[part.from]), int(r.bytes[part.to])
	for _, x := range e.sayings {
		switch {
		case !r.seen.hasIn([]int{x.word}, from, to):
		case x.clause >= 0 && !slices.Contains(e.said, x.text):
			e.text[x.clause] += share * wordWeight
			e.said = append(e.said, x.text)
		case x.clause < 0 && !within(e.names, x.text):
			e.matter[x.policy] += nameWeight // the title names the matter as well as the claim does
			e.names = append(e.names, x.text)
		}
	}
	r.eachTerm(part, func(name string, part float64) {
		t := e.policies.terms[name]
		named := within(e.names, name)
		switch {
		case t == nil || slices.Contains(e.terms, name) || part == pairShare && (within(e.terms, name) || within(e.said, name)):
			return
		case named && !slices.Contains(e.names, name): // 补贴 of 高龄补贴
			return
		}
		e.terms = append(e.terms, name)
		if !named {
			for _, x := range t.matter {
				e.matter[x.at] += share * part * x.weight
			}
		}
		for _, x := range t.text {
			e.text[x.at] += share * part * x.weight
		}
	})
	e.aspects.each(r.runes[part.from:part.to], func(aspect, start, end int) {
		word := r.piece(part.from+start, part.from+end)
		if slices.Contains(e.asked, aspect) || within(e.names, word) || within(e.said, word) {
			return
		}
		e.asked, e.askedAs = append(e.asked, aspect), append(e.askedAs, word)
		for _, x := range e.settle[aspect] {
			e.text[x.at] += share * aspectShare * x.weight
		}
	})
}

func within(words []string, part string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(w, part) })
}

// why are the words that speak for a clause.
func (e *evidence) why(clause int) []string {
	at := e.clauses[clause]
	policy := e.all[at.policy]
	var out []string
	keep := func(words []string, speaks func(string) bool) {
		for _, w := range words {
			if speaks(w) && !within(out, w) {
				out = append(out, w)
			}
		}
	}
	stands := func(all []posting, at int) bool {
		return slices.ContainsFunc(all, func(x posting) bool { return x.at == at })
	}
	keep(e.names, func(w string) bool { return slices.Contains(policy.Names, w) })
	keep(e.said, func(w string) bool { return slices.Contains(policy.Clauses[at.clause].Words, w) })
	keep(e.terms, func(w string) bool {
		t := e.policies.terms[w]
		return stands(t.matter, at.policy) || stands(t.text, clause)
	})
	for i, w := range e.askedAs {
		if stands(e.settle[e.asked[i]], clause) && !within(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// claimOf is a sentence without the space around it.
func claimOf(r *reading, s span) *huiying.Claim {
	for s.from < s.to && unicode.IsSpace(r.runes[s.from]) {
		s.from++
	}
	for s.to > s.from && unicode.IsSpace(r.runes[s.to-1]) {
		s.to--
	}
	return &huiying.Claim{Text: string(r.runes[s.from:s.to]), Start: s.from, End: s.to}
}

func (p *policies) found(m match) *huiying.ClauseFound {
	at := p.clauses[m.clause]
	policy := p.all[at.policy]
	c := policy.Clauses[at.clause]
	return &huiying.ClauseFound{
		Policy: policy.Title, Number: policy.Number, Article: c.Article, Text: c.Text, Source: policy.Source,
		Interpretation: policy.Interpretation, Explanation: policy.Explanation, Unit: policy.Unit, Sample: policy.Sample,
		Score: round(m.likeness), Why: strings.Join(m.why, "、"),
	}
}

// drafterFirst puts the unit that drafted a misread policy before the others,
// with the clause it rests on (谁起草、谁解读). A clause that fits less surely only
// proposes its drafter.
func drafterFirst(units []huiying.Candidate, as huiying.Assessment) []huiying.Candidate {
	const (
		sure = 0.75 // score of a clause that decides
		much = 0.7  // of the doubt that a deciding clause takes away
		some = 0.3
	)
	m := as.Misreading
	if m.Clause == nil || !slices.Contains(as.Flags, huiying.FlagMisreading) {
		return units
	}
	share := some
	if m.Clause.Score >= sure {
		share = much
	}
	drafter := huiying.Candidate{Unit: m.Clause.Unit, Why: "谁起草、谁解读：起草《" + m.Clause.Policy + "》" + m.Clause.Article}
	out := make([]huiying.Candidate, 0, len(units)+1)
	for _, u := range units {
		if u.Unit == drafter.Unit {
			drafter.P, drafter.Why = u.P, drafter.Why+"；"+u.Why
			continue
		}
		u.P = round(u.P * (1 - share))
		out = append(out, u)
	}
	drafter.P = round(drafter.P + share*(1-drafter.P))
	out = append(out, drafter)
	slices.SortStableFunc(out, func(a, b huiying.Candidate) int { return cmp.Compare(b.P, a.P) })
	return out
}
