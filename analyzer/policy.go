package analyzer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"huiying"
)

// How a clause is weighed. All were chosen on the tuned claims of
// policy_claims_test.go, the two thresholds and the share of an aspect with a look
// at the others as well.
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
