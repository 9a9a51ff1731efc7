package analyzer

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"huiying"
)

// topic is a topic of the lexicon with its words in the watch.
type topic struct {
	huiying.Topic
	words, veto []int
}

// concern is what a word of the watch is looked for, in the order of the lists it
// points into.
type concern struct {
	signals []signal
	duties  []int32 // in Analyzer.duties
	leaves  []int32 // classes with a leaf of that name
}

// signal is a word of a topic.
type signal struct{ topic, at int32 }

// watchFor makes the watch for the words of the county and the taxonomy.
func (a *Analyzer) watchFor(c *huiying.County) {
	var words, signals []string
	index := make(map[string]int)
	for i, w := range watched {
		index[w] = i
	}
	add := func(w string) int {
		i, ok := index[w]
		if !ok {
			i = len(watched) + len(words)
			index[w] = i
			words = append(words, w)
		}
		return i
	}
	for _, t := range c.Lexicon.Topics {
		x := topic{Topic: t}
		for _, w := range t.Words {
			x.words, signals = append(x.words, add(w)), append(signals, w)
		}
		for _, w := range t.Veto {
			x.veto = append(x.veto, add(w))
		}
		a.topics = append(a.topics, x)
	}
	for _, u := range c.Units {
		for _, k := range u.Keywords {
			if utf8.RuneCountInString(k) >= 2 {
				a.duties = append(a.duties, duty{u.ID, k, add(k)})
			}
		}
	}
	for _, leaves := range a.classes.leaves {
		var in []int
		for _, l := range leaves {
			in = append(in, add(l))
		}
		a.classes.words = append(a.classes.words, in)
	}
	for i := range a.policies.sayings {
		a.policies.sayings[i].word = add(a.policies.sayings[i].text)
	}
	a.tones.watch(add)
	a.gazetteer.watch(add)
	a.watch = newWatch(words)
	a.folder = huiying.NewFolder(signals)
	a.concern = make([]int32, len(watched)+len(words))
	a.listConcerns()
}

// listConcerns says of each word of the watch what it is looked for.
func (a *Analyzer) listConcerns() {
	a.concerns = make([]concern, 1)
	of := func(word int) *concern {
		if a.concern[word] == 0 {
			a.concern[word] = int32(len(a.concerns))
			a.concerns = append(a.concerns, concern{})
		}
		return &a.concerns[a.concern[word]]
	}
	for t := range a.topics {
		for i, w := range a.topics[t].words {
			c := of(w)
			c.signals = append(c.signals, signal{int32(t), int32(i)})
		}
	}
	for i, d := range a.duties {
		c := of(d.word)
		c.duties = append(c.duties, int32(i))
	}
	for class, leaves := range a.classes.words {
		for _, w := range leaves {
			c := of(w)
			c.leaves = append(c.leaves, int32(class))
		}
	}
}

// hit is one place where a topic's word stands and means what it says.
type hit struct {
	topic      *topic
	word       string
	start, end int // rune offsets
}

// concern notes what the words seen are looked for, each word once.
func (r *reading) concern() {
	a := r.analyzer
	for w := range r.seen.words() {
		if i := a.concern[w]; i != 0 {
			c := &a.concerns[i]
			r.signals, r.duties, r.leaves = append(r.signals, c.signals...), append(r.duties, c.duties...), append(r.leaves, c.leaves...)
		}
	}
	slices.SortFunc(r.signals, func(x, y signal) int { return cmp.Or(cmp.Compare(x.topic, y.topic), cmp.Compare(x.at, y.at)) })
	slices.Sort(r.duties)
}

// match finds the signal words of every topic. A word whose sentence (or whose
// title) holds a veto context, or a metaphor, means something else and is passed
// over. Each word counts once.
func (a *Analyzer) match(r *reading) []hit {
	title := r.titleBytes()
	hits := r.hits
	for _, s := range r.signals {
		t := &a.topics[s.topic]
		r.seen.each(t.words[s.at], func(start, end int) bool {
			from, to := r.sentenceBytes(start)
			vetoed := (r.vetoed(t, from, to) || r.vetoed(t, 0, title)) && !r.filmed(from, to)
			figure := !vetoed && r.figurative(from, start, end, to)
			if r.figure = r.figure || figure; vetoed || figure || negated(r.text[:start]) {
				return true
			}
			h := r.hit(start, end)
			h.topic = t
			hits = append(hits, h)
			return false
		})
	}
	return hits
}

// vetoed reports whether a veto context of the topic stands between the bytes.
func (r *reading) vetoed(t *topic, from, to int) bool {
	return len(t.veto) > 0 && r.seen.hasIn(t.veto, from, to)
}

// sentenceBytes are the bounds of the sentence around a byte offset.
func (r *reading) sentenceBytes(at int) (from, to int) {
	i, _ := slices.BinarySearchFunc(r.sentences, at+1, func(s span, at int) int { return int(r.bytes[s.to]) - at })
	if i == len(r.sentences) {
		return len(r.text), len(r.text)
	}
	return int(r.bytes[r.sentences[i].from]), int(r.bytes[r.sentences[i].to])
}

// negated reports whether the word is denied: "未发生", "没有", "无".
func negated(before string) bool {
	for _, n := range []string{"未发生", "没有发生", "未出现", "没有出现", "未造成", "没有造成", "杜绝", "防止", "防范", "避免", "谨防", "严防"} {
		if strings.HasSuffix(before, n) {
			return true
		}
	}
	return false
}
