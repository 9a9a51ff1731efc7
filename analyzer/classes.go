package analyzer

import (
	"bufio"
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"huiying"
)

//go:embed taxonomy.jsonl
var taxonomy []byte

// classes knows the 15 first-level classes of citizen appeals and the words of
// their leaves.
type classes struct {
	names  []string
	leaves map[string][]string // class → names of its second and third level
}

func newClasses() (*classes, error) {
	c := &classes{leaves: make(map[string][]string)}
	sc := bufio.NewScanner(bytes.NewReader(taxonomy))
	for sc.Scan() {
		var row struct{ L1, L2, L3 string }
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			return nil, err
		}
		if !slices.Contains(c.names, row.L1) {
			c.names = append(c.names, row.L1)
		}
		for _, leaf := range []string{row.L2, row.L3} {
			if n := len([]rune(leaf)); n >= 2 && n <= 6 && !slices.Contains(c.leaves[row.L1], leaf) && leaf != "其他" {
				c.leaves[row.L1] = append(c.leaves[row.L1], leaf)
			}
		}
	}
	return c, sc.Err()
}

// classify gives every class a probability: the learned model speaks for the
// classes it knows, the topics found and the taxonomy's own words for all.
func (c *classes) classify(r *reading, hits []hit, m *models) []huiying.Scored {
	prior := make(map[string]float64, len(c.names))
	for _, h := range hits {
		if h.topic.Category != "" && !slices.Contains(h.topic.Flags, huiying.FlagMisreading) && !slices.Contains(h.topic.Flags, huiying.FlagRumor) {
			prior[h.topic.Category] += 1.2
		}
	}
	for class, leaves := range c.leaves {
		for _, leaf := range leaves {
			if strings.Contains(r.text, leaf) {
				prior[class] += 0.4
			}
		}
	}
	learned := map[string]float64{}
	if len(r.features) > 0 {
		learned = m.Category.probabilities(r.features)
	}
	out := make([]huiying.Scored, len(c.names))
	total := 0.0
	for i, name := range c.names {
		floor := 0.02 // of a class the model never saw
		if p, ok := learned[name]; ok {
			floor = math.Max(p, 0.001)
		}
		p := floor * math.Exp(math.Min(prior[name], 4))
		out[i] = huiying.Scored{Name: name, P: p}
		total += p
	}
	for i := range out {
		out[i].P = round(out[i].P / total)
	}
	slices.SortStableFunc(out, func(a, b huiying.Scored) int { return cmp.Compare(b.P, a.P) })
	return out
}
