package alerting

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math"
	"slices"
	"time"
	"unicode"

	"huiying"
)

// How alike two texts must be, and for how long an event takes in new posts.
// The thresholds were set on labelled same-matter letters (docs/evaluation.md).
const (
	activeFor    = 200 * 24 * time.Hour
	maxEvents    = 10_000 // held in memory; of more, those silent longest are let go
	copyDistance = 8      // bits of a fingerprint: a near-copy
	sameMatter   = 0.16   // cosine of two texts of one matter
	otherTopic   = 0.05   // more likeness is asked of texts in other classes
	pull         = 0.2    // how much more an event attracts with each e-fold of its posts
	maxTerms     = 96     // terms an event remembers
	maxPrints    = 24     // fingerprints an event remembers
	maxEvidence  = 20     // things listed for people: flags, places, factors
)

// Tracker gathers posts into events: near-copies by fingerprint, posts on the
// same matter by the cosine of their weighted character pairs, with more
// likeness asked when the topic differs and none granted across townships. It is
// not safe for concurrent use; one consumer owns it.
type Tracker struct {
	events map[huiying.EventID]*huiying.Event
	byTerm map[string]map[huiying.EventID]struct{} // inverted index of Track.Terms
	seen   map[string]int                          // in how many posts a term occurred
	posts  int
}

// NewTracker makes a tracker that knows no event.
func NewTracker() *Tracker {
	return &Tracker{
		events: make(map[huiying.EventID]*huiying.Event),
		byTerm: make(map[string]map[huiying.EventID]struct{}),
		seen:   make(map[string]int),
	}
}

// Load forgets everything and takes the events given, oldest first or not.
func (t *Tracker) Load(events []huiying.Event) {
	*t = *NewTracker()
	for i := range events {
		e := events[i]
		t.events[e.ID] = &e
		t.index(&e)
		t.posts += e.Posts
		for term := range e.Track.Terms {
			t.seen[term]++
		}
	}
}

// Event returns an event in memory, or nil.
func (t *Tracker) Event(id huiying.EventID) *huiying.Event { return t.events[id] }

// Place puts a post into the event it belongs to, or begins one with it.
// duplicate is true for a near-copy of an earlier member.
func (t *Tracker) Place(a huiying.Assessed) (e *huiying.Event, duplicate bool) {
	t.fade(a.Post.PublishedAt)
	terms := t.weigh(pairs(a.Post))
	e, duplicate = t.match(a, terms)
	if e == nil {
		e = begin(a)
		t.events[e.ID] = e
	}
	gather(e, a, duplicate)
	if !duplicate {
		t.unindex(e)
		e.Track.Terms = blend(e.Track.Terms, terms, e.Posts-e.Duplicates)
		e.Track.Prints = append(e.Track.Prints, a.Assessment.Print)
		if n := len(e.Track.Prints); n > maxPrints {
			e.Track.Prints = slices.Delete(e.Track.Prints, 1, 2) // the first stays: it is what others copy
		}
		t.index(e)
	}
	return e, duplicate
}

// match finds the event a post belongs to, nil when there is none.
func (t *Tracker) match(a huiying.Assessed, terms map[string]float64) (best *huiying.Event, duplicate bool) {
	candidates := make(map[huiying.EventID]float64)
	for term, w := range terms {
		for id := range t.byTerm[term] {
			candidates[id] += w * t.events[id].Track.Terms[term]
		}
	}
	top := 0.0
	for _, id := range slices.Sorted(maps.Keys(candidates)) {
		e, likeness := t.events[id], candidates[id]
		if e.Region != a.Post.Region || elsewhere(e, a) {
			continue
		}
		if likeness > sameMatter && isCopy(e, a.Assessment.Print) {
			return e, true
		}
		if a.Assessment.Category != e.Category {
			likeness -= otherTopic
		}
		if likeness < sameMatter {
			continue
		}
		// of two events about one matter the larger one takes the post
		if likeness *= 1 + pull*math.Log(float64(e.Posts-e.Duplicates)); likeness > top {
			best, top = e, likeness
		}
	}
	return best, false
}

func isCopy(e *huiying.Event, print huiying.Fingerprint) bool {
	return slices.ContainsFunc(e.Track.Prints, func(p huiying.Fingerprint) bool { return p.Distance(print) <= copyDistance })
}

// elsewhere reports whether post and event name townships and share none: the
// same complaint in another township is another matter.
func elsewhere(e *huiying.Event, a huiying.Assessed) bool {
	ours, theirs := townships(a.Assessment.Places), townships(e.Places)
	return len(ours) > 0 && len(theirs) > 0 &&
		!slices.ContainsFunc(ours, func(r huiying.Region) bool { return slices.Contains(theirs, r) })
}

// townships are the townships of the places that were resolved.
func townships(places []huiying.Place) []huiying.Region {
	var out []huiying.Region
	for _, p := range places {
		if len(p.Code) >= 9 && !slices.Contains(out, p.Code[:9]) {
			out = append(out, p.Code[:9])
		}
	}
	return out
}

// fade forgets events nobody has posted about for long, counted back from now.
func (t *Tracker) fade(now time.Time) {
	if t.posts++; t.posts%256 != 0 {
		return
	}
	held := slices.SortedFunc(maps.Values(t.events), func(a, b *huiying.Event) int {
		return cmp.Or(b.LastAt.Compare(a.LastAt), cmp.Compare(a.ID, b.ID))
	})
	for i, e := range held {
		if i >= maxEvents || now.Sub(e.LastAt) > activeFor {
			t.unindex(e)
			delete(t.events, e.ID)
		}
	}
}

func (t *Tracker) index(e *huiying.Event) {
	for term := range e.Track.Terms {
		if t.byTerm[term] == nil {
			t.byTerm[term] = make(map[huiying.EventID]struct{})
		}
		t.byTerm[term][e.ID] = struct{}{}
	}
}

func (t *Tracker) unindex(e *huiying.Event) {
	for term := range e.Track.Terms {
		delete(t.byTerm[term], e.ID)
		if len(t.byTerm[term]) == 0 {
			delete(t.byTerm, term)
		}
	}
}

// pairs counts the character pairs of a post; those of the title count more,
// those far down the text not at all: the matter is told at the beginning.
func pairs(p huiying.Post) map[string]float64 {
	counts := make(map[string]float64)
	count := func(s string, most int, w float64) {
		var last rune
		n := 0
		for _, r := range s {
			if n++; n > most {
				return
			}
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				last = 0
				continue
			}
			if last != 0 {
				counts[string([]rune{last, r})] += w
			}
			last = r
		}
	}
	if p.Title != p.Text {
		count(p.Title, 100, 2)
	}
	count(p.Text, 300, 1)
	return counts
}

// weigh makes counts a unit vector of tf-idf weights over the weightiest terms,
// with document frequencies of the posts seen so far.
func (t *Tracker) weigh(counts map[string]float64) map[string]float64 {
	for term := range counts {
		t.seen[term]++
	}
	if len(t.seen) > 1<<19 {
		maps.DeleteFunc(t.seen, func(_ string, n int) bool { return n < 2 })
	}
	weights := make(map[string]float64, len(counts))
	for term, n := range counts {
		idf := math.Log(float64(t.posts+20) / float64(t.seen[term]+1))
		weights[term] = (1 + math.Log(n)) * max(idf, 0.05)
	}
	return unit(weights)
}

// blend moves an event's terms towards those of its n-th distinct post.
func blend(old, add map[string]float64, n int) map[string]float64 {
	if len(old) == 0 {
		return add
	}
	share := 1 / float64(min(n, 30)) // later posts may still turn a long event
	sum := make(map[string]float64, len(old)+len(add))
	for term, w := range old {
		sum[term] = w * (1 - share)
	}
	for term, w := range add {
		sum[term] += w * share
	}
	return unit(sum)
}

// unit keeps the weightiest terms and scales them to length 1.
func unit(weights map[string]float64) map[string]float64 {
	terms := slices.SortedFunc(maps.Keys(weights), func(a, b string) int {
		if c := cmp.Compare(weights[b], weights[a]); c != 0 {
			return c
		}
		return cmp.Compare(a, b)
	})
	terms = terms[:min(len(terms), maxTerms)]
	length := 0.0
	for _, term := range terms {
		length += weights[term] * weights[term]
	}
	length = math.Sqrt(length)
	out := make(map[string]float64, len(terms))
	for _, term := range terms {
		out[term] = weights[term] / length
	}
	return out
}

func begin(a huiying.Assessed) *huiying.Event {
	sum := sha256.Sum256([]byte(a.Post.ID))
	return &huiying.Event{
		ID: huiying.EventID("e" + hex.EncodeToString(sum[:10])), Region: a.Post.Region, Queue: a.Post.Channel.Queue(),
		Title: a.Post.Headline(), Summary: huiying.Clip(a.Post.Text, 160), Category: a.Assessment.Category,
		Channels: make(map[huiying.Channel]int), Sources: make(map[string]int), Hours: make(map[string]int),
	}
}

// gather adds what a post says to its event.
func gather(e *huiying.Event, a huiying.Assessed, duplicate bool) {
	p, as := a.Post, a.Assessment
	e.Posts++
	if duplicate {
		e.Duplicates++
	}
	if as.Sentiment.Label == "negative" {
		e.Negative++
	}
	e.Channels[p.Channel]++
	e.Sources[p.Source]++
	e.Hours[hourKey(p.PublishedAt)]++
	if e.Tier == "" || p.Tier.Rank() > e.Tier.Rank() {
		e.Tier = p.Tier
	}
	e.Engagement = e.Engagement.Plus(p.Engagement)
	if e.FirstAt.IsZero() || p.PublishedAt.Before(e.FirstAt) {
		e.FirstAt, e.FirstPost, e.FirstURL, e.FirstSource = p.PublishedAt, p.ID, p.URL, p.Source
	}
	if e.FirstSeenAt.IsZero() || p.CollectedAt.Before(e.FirstSeenAt) {
		e.FirstSeenAt = p.CollectedAt
	}
	if p.PublishedAt.After(e.LastAt) {
		e.LastAt = p.PublishedAt
	}
	graver := as.Risk.Score > e.Risk || e.Posts == 1
	if graver { // the gravest post speaks for the event
		e.Risk, e.Factors, e.State = as.Risk.Score, as.Risk.Factors, as.State
		e.Category = as.Category
	}
	if as.Emergency.P > e.Emergency.P {
		e.Emergency = as.Emergency
	}
	e.Misreading = e.Misreading.Join(as.Misreading)
	e.RumorP = max(e.RumorP, as.Rumor.P)
	e.Flags = union(e.Flags, as.Flags, func(a, b huiying.Flag) bool { return a == b })
	e.Keywords = union(e.Keywords, as.Keywords, func(a, b string) bool { return a == b })
	e.Places = union(e.Places, as.Places, func(a, b huiying.Place) bool { return a.Name == b.Name && a.Code == b.Code })
	e.Units = mix(e.Units, as.Units, e.Posts)
}

func hourKey(t time.Time) string { return t.In(huiying.Beijing).Format("2006-01-02T15") }

func union[T any](have, more []T, same func(a, b T) bool) []T {
	for _, m := range more {
		if len(have) < maxEvidence && !slices.ContainsFunc(have, func(h T) bool { return same(h, m) }) {
			have = append(have, m)
		}
	}
	return have
}

// mix averages the candidates of n posts; the words of the surest are kept.
func mix(have, more []huiying.Candidate, n int) []huiying.Candidate {
	out := make([]huiying.Candidate, 0, len(have)+len(more))
	for _, c := range have {
		c.P *= float64(n-1) / float64(n)
		out = append(out, c)
	}
	for _, m := range more {
		i := slices.IndexFunc(out, func(c huiying.Candidate) bool { return c.Unit == m.Unit })
		if i < 0 {
			m.P /= float64(n)
			out = append(out, m)
			continue
		}
		if m.P > out[i].P*float64(n)/float64(max(1, n-1)) {
			out[i].Why = m.Why
		}
		out[i].P += m.P / float64(n)
	}
	slices.SortStableFunc(out, func(a, b huiying.Candidate) int { return cmp.Compare(b.P, a.P) })
	return out[:min(len(out), 8)]
}
