package analyzer

import (
	"bufio"
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"huiying"
)

//go:embed taxonomy.jsonl
var taxonomy []byte

// mostClasses are as many as the taxonomy may have.
const mostClasses = 16

// classes knows the 15 first-level classes of citizen appeals and the words that
// speak for each.
type classes struct {
	names  []string
	leaves [][]string // of each class the names of its second and third level, and the words of its matters
	words  [][]int    // the same in the watch
	model  *model
	known  []int // of each class its label in that model, or none
}

func newClasses() (*classes, error) {
	c := &classes{}
	sc := bufio.NewScanner(bytes.NewReader(taxonomy))
	for sc.Scan() {
		var row struct{ L1, L2, L3 string }
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			return nil, err
		}
		i := slices.Index(c.names, row.L1)
		if i < 0 {
			i = len(c.names)
			c.names, c.leaves = append(c.names, row.L1), append(c.leaves, nil)
		}
		for _, leaf := range []string{row.L2, row.L3} {
			if n := len([]rune(leaf)); n >= 2 && n <= 6 && !slices.Contains(c.leaves[i], leaf) && leaf != "其他" {
				c.leaves[i] = append(c.leaves[i], leaf)
			}
		}
	}
	matters, err := parseMatters(matterWords)
	if err != nil {
		return nil, err
	}
	for _, m := range matters {
		i := slices.Index(c.names, m.class)
		for _, w := range m.words {
			if i >= 0 && !slices.Contains(c.leaves[i], w) {
				c.leaves[i] = append(c.leaves[i], w)
			}
		}
	}
	if len(c.names) > mostClasses {
		return nil, fmt.Errorf("%d classes, at most %d", len(c.names), mostClasses)
	}
	return c, sc.Err()
}

// teach says which labels of a model are classes.
func (c *classes) teach(m *model) { c.model, c.known = m, c.labels(m) }

func (c *classes) labels(m *model) []int {
	known := m.labels(taskCategory)
	at := make([]int, len(c.names))
	for i, name := range c.names {
		at[i] = slices.Index(known, name) // −1 is none
	}
	return at
}

// How much the rules speak for a class, in log-odds.
const (
	perTopic = 2.4 // each signal word of a topic of the class
	perLeaf  = 0.4 // each name of a leaf of the class, each word of a matter of it
	mostSaid = 4.0 // of both together
	inLetter = 0.1 // share of the rules in a letter: the model was taught by letters
	leastP   = 0.001
)

// classify gives every class a probability: the learned model speaks, and the topics
// found and the taxonomy's own words beside it.
func (c *classes) classify(r *reading) []huiying.Scored {
	var prior [mostClasses]float64
	for _, h := range r.hits {
		if h.topic.Category != "" && !slices.Contains(h.topic.Flags, huiying.FlagMisreading) && !slices.Contains(h.topic.Flags, huiying.FlagRumor) {
			if i := slices.Index(c.names, h.topic.Category); i >= 0 {
				prior[i] += perTopic
			}
		}
	}
	for _, class := range r.leaves {
		prior[class] += perLeaf
	}
	learned, labels := r.verdicts.of(taskCategory), c.known
	if m := r.verdicts.model; m != c.model { // one that is being examined
		labels = c.labels(m)
	}
	share := 1.0
	if r.post.Channel == huiying.ChannelLetter {
		share = inLetter
	}
	out := make([]huiying.Scored, len(c.names))
	total := 0.0
	for i, name := range c.names {
		p := leastP
		if k := labels[i]; k != none {
			p = math.Max(learned[k].P, leastP)
		}
		if prior[i] > 0 { // of few
			p *= math.Exp(share * math.Min(prior[i], mostSaid))
		}
		out[i] = huiying.Scored{Name: name, P: p}
		total += p
	}
	for i := range out {
		out[i].P = round(out[i].P / total)
	}
	slices.SortStableFunc(out, func(a, b huiying.Scored) int { return cmp.Compare(b.P, a.P) })
	return out
}
