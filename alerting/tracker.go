package alerting

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"huiying"
)

// What a tracker holds, and how alike a post and an event must be. The figures
// of likeness were set on labelled same-matter letters (docs/evaluation.md), each
// on its plateau: B³-F is 0.96 or more for sameMatter 0.09–0.14, perGrowth 0–0.03,
// perSilence 0–0.015 and rarity 1–2, and 0.94 or more on either half of the matters.
const (
	activeFor   = 200 * 24 * time.Hour
	maxEvents   = 10_000 // held in memory; of more, those silent longest are let go
	maxTerms    = 160    // terms an event remembers
	maxSeen     = 1 << 19
	maxPrints   = 24             // fingerprints an event remembers
	maxEvidence = 20             // things listed for people: flags, places, factors
	sameMatter  = 0.12           // likeness asked of the second post, on the same day
	perGrowth   = 0.02           // more with each e-fold of posts: their mean is like more things
	perSilence  = 0.01           // more with each e-fold of days of silence
	rarity      = 1.5            // power of the idf: two posts on one matter share its rare names
	ofPlace     = 0.5            // weight of a pair of a village's or township's name
	sameOutage  = 48 * time.Hour // how long villages may speak of one matter without naming each other
	assumed     = 20             // events assumed to have been before the first, half of them with the courtesies
)

// courtesies are what people write whatever the matter is; until a tracker has
// read enough to find that out, it must be told. At most 300 characters count.
const courtesies = `尊敬的领导 您好 你好 我是 我们 本人 大家 想反映一个问题 反映的问题 投诉 举报 咨询 请问 建议 求助
希望有关部门 相关部门 政府 领导 尽快处理 尽快解决 处理一下 调查核实 给个说法 给予答复 答复 谢谢 感谢 关注
严重影响 没有人管 谁来管管 不作为 多次反映 打电话 一直没有 至今 什么时候 何时 到底 怎么办 为什么 是不是 有没有
请加快 加快推进 加快建设 步伐 加大力度 整治力度 进一步加强 刻不容缓 全覆盖 有何具体行动
问题 情况 老百姓 居民 群众 村民 业主 孩子 网友 记者 了解到 据了解 今天 昨天 现在 目前 附近 这里`

// Tracker gathers posts into events: near-copies by fingerprint, posts on the
// same matter by likeness, none across townships. The likeness of a post and an
// event is the cosine of their weighted character pairs; a pair counts
//
//	(1 + ln n) · ln((N+2)/(N_pair+2))^rarity
//
// n times in the post, title twice, in N_pair of the N posts that began an event.
// Only those are counted: the name of a matter thousands speak of stays rare.
// An event of m texts, silent for d days, takes a post in at a likeness of
//
//	sameMatter + perGrowth·ln m + perSilence·ln(1+d)
//
// A tracker is not safe for concurrent use; one consumer owns it.
type Tracker struct {
	events map[huiying.EventID]*held
	byTerm map[string][]posting // inverted index of Track.Terms
	seen   map[string]int       // how many events began with a post that has the pair
	begun  int                  // events seen, with the assumed ones
	posts  int
}

// held is an event in memory.
type held struct {
	*huiying.Event
	likeness float64 // to the post being placed
}

// posting is an event that remembers a pair, and the weight of the pair in it.
type posting struct {
	event  *held
	weight float64
}

// term is a pair of characters with its weight.
type term struct {
	pair   string
	weight float64
}

// NewTracker makes a tracker that knows no event.
func NewTracker() *Tracker {
	t := &Tracker{
		events: make(map[huiying.EventID]*held),
		byTerm: make(map[string][]posting),
		seen:   make(map[string]int),
		begun:  assumed,
	}
	for pair := range pairs(huiying.Post{Text: courtesies}) {
		t.seen[pair] = assumed / 2
	}
	return t
}

// Load forgets everything and takes the events given, oldest first or not. What
// is common it learns again from how the gravest post of each begins.
func (t *Tracker) Load(events []huiying.Event) {
	*t = *NewTracker()
	for i := range events {
		e := events[i]
		t.index(t.hold(&e))
		t.learn(pairs(huiying.Post{Title: e.Title, Text: e.Summary}))
	}
}

// Event returns an event in memory, or nil.
func (t *Tracker) Event(id huiying.EventID) *huiying.Event {
	if h := t.events[id]; h != nil {
		return h.Event
	}
	return nil
}

func (t *Tracker) hold(e *huiying.Event) *held {
	h := &held{Event: e}
	t.events[e.ID] = h
	return h
}

// Place puts a post into the event it belongs to, or begins one with it.
// duplicate is true for a near-copy of an earlier member.
func (t *Tracker) Place(a huiying.Assessed) (e *huiying.Event, duplicate bool) {
	t.fade(a.Post.PublishedAt)
	counts := pairs(a.Post)
	terms := t.weigh(counts, a.Assessment.Places)
	h, duplicate := t.match(a, terms)
	if h == nil {
		h = t.hold(begin(a))
		t.learn(counts)
	}
	e = h.Event
	gather(e, a, duplicate)
	if !duplicate {
		t.unindex(h)
		e.Track.Terms = blend(e.Track.Terms, terms, e.Posts-e.Duplicates)
		e.Track.Prints = append(e.Track.Prints, a.Assessment.Print)
		if n := len(e.Track.Prints); n > maxPrints {
			e.Track.Prints = slices.Delete(e.Track.Prints, 1, 2) // the first stays: it is what others copy
		}
		t.index(h)
	}
	return e, duplicate
}

// Answer adds a comment or reply to the event of its parent, nil when that is not
// in memory. It is no post of its own: what it says counts, not that it was said,
// and it does not change what the event is about.
func (t *Tracker) Answer(id huiying.EventID, a huiying.Assessed) *huiying.Event {
	h := t.events[id]
	if h == nil {
		return nil
	}
	e := h.Event
	e.Replies++
	if a.Post.PublishedAt.After(e.LastAt) {
		e.LastAt = a.Post.PublishedAt
	}
	if a.Assessment.Risk.Score > e.Risk {
		e.Risk, e.Factors, e.State = a.Assessment.Risk.Score, a.Assessment.Risk.Factors, a.Assessment.State
	}
	heed(e, a.Assessment)
	return e
}

// match finds the event a post belongs to, nil when there is none: one it copies
// before others, then the likest, then the first by ID.
func (t *Tracker) match(a huiying.Assessed, terms []term) (best *held, duplicate bool) {
	top := 0.0
	for _, e := range t.compare(terms) {
		likeness, silence := e.likeness, max(0, a.Post.PublishedAt.Sub(e.LastAt))
		e.likeness = 0
		if likeness < sameMatter || e.Region != a.Post.Region || silence > activeFor || elsewhere(e.Event, a) {
			continue
		}
		other := otherVillage(e.Event, a)
		dup := !other && isCopy(e.Event, a.Assessment.Print)
		asked := sameMatter + perGrowth*math.Log(float64(e.Posts-e.Duplicates)) + perSilence*math.Log1p(silence.Hours()/24)
		if !dup && (duplicate || likeness < asked || other && silence > sameOutage) {
			continue
		}
		if best == nil || dup && !duplicate || cmp.Or(cmp.Compare(likeness, top), cmp.Compare(best.ID, e.ID)) > 0 {
			best, top, duplicate = e, likeness, dup
		}
	}
	return best, duplicate
}

// compare gives the events that share a term with a post, in no order, with
// their likeness to it; the caller sets it back to 0.
func (t *Tracker) compare(terms []term) []*held {
	var alike []*held
	for _, w := range terms {
		for _, p := range t.byTerm[w.pair] {
			if p.event.likeness == 0 {
				alike = append(alike, p.event)
			}
			p.event.likeness += w.weight * p.weight
		}
	}
	return alike
}

func isCopy(e *huiying.Event, print huiying.Fingerprint) bool {
	return slices.ContainsFunc(e.Track.Prints, func(p huiying.Fingerprint) bool { return p.Distance(print) <= huiying.NearCopy })
}

// elsewhere reports whether post and event name townships and share none: the
// same complaint in another township is another matter.
func elsewhere(e *huiying.Event, a huiying.Assessed) bool {
	ours, theirs := townships(a.Assessment.Places), townships(e.Places)
	return len(ours) > 0 && len(theirs) > 0 &&
		!slices.ContainsFunc(ours, func(r huiying.Region) bool { return slices.Contains(theirs, r) })
}

// otherVillage reports whether post and event name villages and share none: letters
// of one wording from village after village are as many matters, but on the same
// days the water may be gone in all of them.
func otherVillage(e *huiying.Event, a huiying.Assessed) bool {
	ours, theirs := within(a.Assessment.Places, 12), within(e.Places, 12)
	return len(ours) > 0 && len(theirs) > 0 &&
		!slices.ContainsFunc(ours, func(r huiying.Region) bool { return slices.Contains(theirs, r) })
}

// townships are the townships of the places that were resolved.
func townships(places []huiying.Place) []huiying.Region { return within(places, 9) }

// within are the places that were resolved to so many digits of the code, cut there.
func within(places []huiying.Place, digits int) []huiying.Region {
	var out []huiying.Region
	for _, p := range places {
		if len(p.Code) >= digits && !slices.Contains(out, p.Code[:digits]) {
			out = append(out, p.Code[:digits])
		}
	}
	return out
}

// fade forgets events nobody has posted about for long, counted back from now.
func (t *Tracker) fade(now time.Time) {
	if t.posts++; t.posts%256 != 0 {
		return
	}
	events := slices.SortedFunc(maps.Values(t.events), func(a, b *held) int {
		return cmp.Or(b.LastAt.Compare(a.LastAt), cmp.Compare(a.ID, b.ID))
	})
	for i, e := range events {
		if i >= maxEvents || now.Sub(e.LastAt) > activeFor {
			t.unindex(e)
			delete(t.events, e.ID)
		}
	}
}

func (t *Tracker) index(e *held) {
	for pair, w := range e.Track.Terms {
		t.byTerm[pair] = append(t.byTerm[pair], posting{e, w})
	}
}

func (t *Tracker) unindex(e *held) {
	for pair := range e.Track.Terms {
		ps := t.byTerm[pair]
		i := slices.IndexFunc(ps, func(p posting) bool { return p.event == e })
		ps[i] = ps[len(ps)-1]
		if ps = ps[:len(ps)-1]; len(ps) == 0 {
			delete(t.byTerm, pair)
			continue
		}
		t.byTerm[pair] = ps
	}
}

// learn counts the pairs of a post that begins an event. When they are too many,
// all counts are halved: what was said once is forgotten.
func (t *Tracker) learn(counts map[string]float64) {
	t.begun++
	for pair := range counts {
		t.seen[pair]++
	}
	if len(t.seen) <= maxSeen {
		return
	}
	t.begun /= 2
	for pair, n := range t.seen {
		if t.seen[pair] = n / 2; n < 2 {
			delete(t.seen, pair)
		}
	}
}

// pairs counts the character pairs of a post; those of the title count more,
// those far down the text not at all: the matter is told at the beginning.
func pairs(p huiying.Post) map[string]float64 {
	counts := make(map[string]float64, 300)
	count := func(s string, most int, w float64) {
		last, n := -1, 0 // where the character before begins, -1 for none
		for i, r := range s {
			if n++; n > most {
				return
			}
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				last = -1
				continue
			}
			if last >= 0 {
				pair := s[last : i+utf8.RuneLen(r)]
				if counts[pair] == 0 {
					pair = strings.Clone(pair) // it outlives the text
				}
				counts[pair] += w
			}
			last = i
		}
	}
	if p.Title != p.Text {
		count(p.Title, 100, 2)
	}
	count(p.Text, 300, 1)
	return counts
}

// weigh makes counts a unit vector over the weightiest pairs. Those of a village's
// name count less: a village has many matters.
func (t *Tracker) weigh(counts map[string]float64, places []huiying.Place) []term {
	var names strings.Builder
	for _, p := range places {
		if len(p.Code) >= 9 {
			names.WriteString(p.Name + "\n")
		}
	}
	where := names.String()
	terms := make([]term, 0, len(counts))
	for pair, n := range counts {
		idf := math.Log(float64(t.begun+2) / float64(t.seen[pair]+2))
		weight := (1 + math.Log(n)) * math.Pow(idf, rarity)
		if where != "" && strings.Contains(where, pair) {
			weight *= ofPlace
		}
		terms = append(terms, term{pair, weight})
	}
	return unit(terms)
}

// blend moves an event's terms towards those of its n-th distinct post.
func blend(old map[string]float64, add []term, n int) map[string]float64 {
	share := 1 / float64(min(n, 30)) // later posts may still turn a long event
	if len(old) == 0 {
		share = 1
	}
	sum := make(map[string]float64, len(old)+len(add))
	for pair, w := range old {
		sum[pair] = w * (1 - share)
	}
	for _, w := range add {
		sum[w.pair] += w.weight * share
	}
	terms := make([]term, 0, len(sum))
	for pair, w := range sum {
		terms = append(terms, term{pair, w})
	}
	out := make(map[string]float64, maxTerms)
	for _, w := range unit(terms) {
		out[w.pair] = math.Round(w.weight*1e4) / 1e4 // short in the ledger
	}
	return out
}

// unit keeps the weightiest terms, in a fixed order, and scales them to length 1.
func unit(terms []term) []term {
	slices.SortFunc(terms, func(a, b term) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.pair, b.pair))
	})
	terms = terms[:min(len(terms), maxTerms)]
	length := 0.0
	for _, w := range terms {
		length += w.weight * w.weight
	}
	length = math.Sqrt(length)
	for i := range terms {
		terms[i].weight /= length
	}
	return terms
}
