package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode"

	"huiying"
)

// What is offered as perhaps the same matter: advice to a person, never a merge.
const (
	similarFor  = 30 * 24 * time.Hour // back from now
	similarMost = 5
	similarFrom = 0.12 // likeness, as the tracker asks of a second post (alerting)
)

// similarMatter is an event or case a text may be about.
type similarMatter struct {
	Title, Path, Number string
	At                  time.Time
	Likeness            float64 // 0…1

	about pairs
}

// similar finds recent events and open cases a text may belong to, the likest
// first. An event is compared by the words the tracker remembers of it.
func (s *Server) similar(ctx context.Context, region huiying.Region, title, text string) ([]similarMatter, error) {
	now := s.now()
	var out []similarMatter
	events, err := s.cfg.Ledger.Events(ctx, huiying.EventQuery{Region: region, From: now.Add(-similarFor), Limit: huiying.MaxLimit})
	if err != nil {
		return nil, fmt.Errorf("read events to compare with: %w", err)
	}
	cases, err := s.cfg.Ledger.Cases(ctx, huiying.CaseQuery{Region: region, From: now.Add(-similarFor), Now: now, Limit: huiying.MaxLimit})
	if err != nil {
		return nil, fmt.Errorf("read cases to compare with: %w", err)
	}
	numbers := make(map[huiying.CaseID]string)
	for _, c := range cases.Items {
		numbers[c.ID] = c.Number
		if c.Event == "" {
			out = append(out, similarMatter{Title: c.Title, Path: "/cases/" + string(c.ID), Number: c.Number, At: c.OpenedAt, about: pairSet(c.Title + "\n" + c.Summary)})
		}
	}
	for _, e := range events.Items {
		m := similarMatter{Title: e.Title, Path: "/events/" + string(e.ID), Number: numbers[e.Case], At: e.LastAt, about: e.Track.Terms}
		if len(m.about) == 0 {
			m.about = pairSet(e.Title + "\n" + e.Summary)
		}
		out = append(out, m)
	}
	return likest(pairSet(title+"\n"+text), out), nil
}

// likest keeps the matters most like what is said: the cosine of their pairs,
// what many matters share counting little.
func likest(said pairs, all []similarMatter) []similarMatter {
	const assumed = 20 // matters there may be besides, or a lone one would seem common
	in := make(map[string]int)
	for _, m := range all {
		for pair := range m.about {
			in[pair]++
		}
	}
	for pair, w := range said {
		said[pair] = w * math.Pow(math.Log(float64(len(all)+assumed)/float64(in[pair]+2)), 1.5)
	}
	var out []similarMatter
	for _, m := range all {
		if m.Likeness = said.cosine(m.about); m.Likeness >= similarFrom {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b similarMatter) int {
		return cmp.Or(cmp.Compare(b.Likeness, a.Likeness), b.At.Compare(a.At))
	})
	return out[:min(len(out), similarMost)]
}

// pairs are pairs of neighbouring characters with a weight.
type pairs map[string]float64

// pairSet are the pairs of a text, each of weight 1.
func pairSet(text string) pairs {
	out := make(pairs)
	var before rune
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			before = 0
			continue
		}
		if before != 0 {
			out[string([]rune{before, r})] = 1
		}
		before = r
	}
	return out
}

// cosine is the likeness of two sets of pairs, 0…1.
func (p pairs) cosine(q pairs) float64 {
	both := 0.0
	for pair, w := range q {
		both += w * p[pair]
	}
	if both == 0 {
		return 0
	}
	return both / (p.length() * q.length())
}

func (p pairs) length() float64 {
	sum := 0.0
	for _, w := range p {
		sum += w * w
	}
	return math.Sqrt(sum)
}
