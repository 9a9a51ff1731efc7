package analyzer

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"huiying"
)

// How a clause is weighed. All were chosen on the tuned claims of
// policy_claims_test.go; the figures of the others stand in that file.
const (
	pairShare   = 0.35 // what a pair of characters counts beside a word
	oneShare    = 0.5  // a verb or noun of one character
	nameWeight  = 2.5  // a whole name of the matter
	wordWeight  = 2.0  // a whole saying about a clause
	contextPart = 0.4  // what the title and the sentence before count beside the claim, but for names
	leastMatter = 1.5  // below it the claim is about something else
	leastText   = 0.5  // below it no clause of the policy speaks to the claim
	aspectShare = 0.5  // an aspect, beside a word
	likeScale   = 4.0  // the evidence at which likeness is 1 − 1/e
	bm25k       = 1.2
)

// policies finds the clause of an official text that speaks to a claim: BM25
// over words and character pairs, by an inverted index made once. A claim must
// touch both the matter of the policy, by its title or what people call it, and
// what one of its clauses says: either alone is chance.
type policies struct {
	all     []huiying.Policy
	sayings []saying // what people call a matter or a clause, the longest first
	clauses []clauseAt
	terms   map[string]*term
	aspects *thesaurus
	settle  [][]posting // by aspect, the clauses that settle it
}

type saying struct {
	text           string
	policy, clause int // clause is −1 for a name of the whole matter
	word           int // in the watch
}

type clauseAt struct{ policy, clause int }

// term is a word or a pair of characters: in the matter of which policies and in
// which clauses it stands, and how much it tells of them.
type term struct{ matter, text []posting }

type posting struct {
	at     int // the policy, or the clause
	weight float64
}

// newPolicies indexes policies; segment cuts a text into words.
func newPolicies(all []huiying.Policy, segment func(string) []word) (*policies, error) {
	p := &policies{all: all, terms: make(map[string]*term)}
	var err error
	if p.aspects, err = aspects(); err != nil {
		return nil, fmt.Errorf("aspects.txt: %w", err)
	}
	p.settle = make([][]posting, len(p.aspects.names))
	for i, policy := range all {
		for _, n := range policy.Names {
			p.sayings = append(p.sayings, saying{text: n, policy: i, clause: -1})
		}
		for name := range counts(policy.Title+"\n"+strings.Join(policy.Names, "\n"), segment) {
			if utf8.RuneCountInString(name) > 1 {
				t := p.term(name)
				t.matter = append(t.matter, posting{at: i})
			}
		}
		p.addClauses(i, segment)
	}
	for _, t := range p.terms {
		for i := range t.matter {
			t.matter[i].weight = idf(len(t.matter), len(all))
		}
	}
	slices.SortStableFunc(p.sayings, func(a, b saying) int { return cmp.Compare(len(b.text), len(a.text)) })
	return p, p.weighByRarity()
}

// addClauses indexes the clauses of policy i. A term tells clauses of one policy
// apart, so its rarity is counted among them.
func (p *policies) addClauses(i int, segment func(string) []word) {
	clauses, first := p.all[i].Clauses, len(p.clauses)
	in, settled := make(map[string]int), make(map[int]int)
	for j, c := range clauses {
		at := len(p.clauses)
		p.aspects.each([]rune(c.Text+"\n"+strings.Join(c.Words, "\n")), func(aspect, _, _ int) {
			if s := p.settle[aspect]; len(s) == 0 || s[len(s)-1].at != at {
				p.settle[aspect] = append(s, posting{at, 1})
				settled[aspect]++
			}
		})
		p.clauses = append(p.clauses, clauseAt{i, j})
		for _, w := range c.Words {
			p.sayings = append(p.sayings, saying{text: w, policy: i, clause: at})
		}
		for name, n := range counts(c.Text+"\n"+strings.Join(c.Words, "\n"), segment) {
			t := p.term(name)
			t.text = append(t.text, posting{at, n * (bm25k + 1) / (n + bm25k)})
			in[name]++
		}
	}
	rarity := func(all []posting, n int) {
		for k := range all {
			if all[k].at >= first {
				all[k].weight *= max(0, math.Log((float64(len(clauses)-n)+0.5)/(float64(n)+0.5))) // 0: in half of them
			}
		}
	}
	for name, n := range in {
		rarity(p.terms[name].text, n)
	}
	for aspect, n := range settled {
		rarity(p.settle[aspect], n)
	}
}

func (p *policies) term(name string) *term {
	t := p.terms[name]
	if t == nil {
		t = &term{}
		p.terms[name] = t
	}
	return t
}

func idf(n, of int) float64 { return math.Log(1 + (float64(of-n)+0.5)/(float64(n)+0.5)) }

// weighByRarity scales the terms by how rare they are in Chinese at large, as
// the segmenter's own table has it: 学校 tells less than 土葬 though each stands
// in one policy.
func (p *policies) weighByRarity() error {
	if len(p.terms) == 0 {
		return nil
	}
	raw, err := readZstd(dictionaries, "dict/idf.utf8.zst")
	if err != nil {
		return err
	}
	scale := func(t *term, idf float64) {
		rarity := max(0.1, min(1.2, (idf-4)/5)) // 4: words of every text; 9: words of one field
		for i := range t.matter {
			t.matter[i].weight *= rarity
		}
		for i := range t.text {
			t.text[i].weight *= rarity
		}
	}
	for line := range strings.Lines(string(raw)) {
		name, v, _ := strings.Cut(strings.TrimSpace(line), " ")
		if t, ok := p.terms[name]; ok {
			idf, err := strconv.ParseFloat(v, 64)
			if err != nil {
				return fmt.Errorf("rarity of %s: %w", name, err)
			}
			scale(t, idf)
		}
	}
	return nil // what is not in the table counts as rare: it is a word of one field
}

// counts are the terms of an official text.
func counts(text string, segment func(string) []word) map[string]float64 {
	out := make(map[string]float64)
	runes, bytes := placed(text)
	r := &reading{text: text, runes: runes, bytes: bytes, words: segment(text)}
	r.eachTerm(span{0, len(runes)}, func(name string, _ float64) { out[name]++ })
	return out
}

// eachTerm calls f with the terms of a part of a text: first words that carry
// meaning, then the pairs of characters in a word or beside a word of one
// character, for what the dictionary cuts apart.
func (r *reading) eachTerm(part span, f func(name string, share float64)) {
	words := r.words
	from, _ := slices.BinarySearchFunc(words, part.from, func(w word, at int) int { return cmp.Compare(w.start, at) })
	to, _ := slices.BinarySearchFunc(words, part.to, func(w word, at int) int { return cmp.Compare(w.end, at+1) })
	words = words[from:max(from, to)]
	for _, w := range words {
		switch {
		case !tells(w):
		case w.end-w.start == 1:
			f(w.text, oneShare)
		default:
			f(w.text, 1)
		}
	}
	pair := func(i int) {
		if a, b := r.runes[i], r.runes[i+1]; unicode.Is(unicode.Han, a) && unicode.Is(unicode.Han, b) && !binding[a] && !binding[b] {
			f(r.piece(i, i+2), pairShare)
		}
	}
	for k, w := range words {
		for i := w.start; i+1 < w.end; i++ {
			pair(i)
		}
		if k+1 < len(words) && (w.end-w.start == 1 || words[k+1].end-words[k+1].start == 1) {
			pair(w.end - 1)
		}
	}
}

// tells reports whether a word carries meaning: of two characters or more, no
// place, no number below three characters, none of the words of every claim.
func tells(w word) bool {
	n := w.end - w.start
	switch {
	case n < 2 && (w.pos != "v" && w.pos != "n" || binding[[]rune(w.text)[0]]) || w.pos == "" || strings.HasPrefix(w.pos, "ns") || common[w.text]:
		return false
	case w.pos == "m":
		return n > 2 // 八十岁
	}
	return strings.ContainsRune("nvajlibzs", rune(w.pos[0]))
}

// binding are characters that bind words and mean little in a pair.
var binding = setOf([]rune("的了是不在有和就都而及与着或一个没我你他她它这那们吧吗呢啊要也还说听据得让把给被从到对为以可能会上下去来")...)

// common are words any claim about a policy is made with.
var common = setOf("听说", "据说", "有人", "规定", "政策", "今年", "明年", "去年", "以后", "可以", "不能", "应当", "需要", "老百姓", "群众", "取消", "强制", "办理", "进行", "时候", "知道", "真的", "办法", "方案", "管理")

func setOf[T comparable](all ...T) map[T]bool {
	out := make(map[T]bool, len(all))
	for _, v := range all {
		out[v] = true
	}
	return out
}

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
