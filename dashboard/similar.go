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
	similarFrom = 0.25 // share of what an event is about that the text says too
)

// similarMatter is an event or case a text may be about.
type similarMatter struct {
	Title, Path, Number string
	At                  time.Time
	Share               float64 // 0…1
}

// similar finds recent events and open cases a text may belong to, the likest
// first. An event is compared by the words the tracker remembers of it.
func (s *Server) similar(ctx context.Context, region huiying.Region, title, text string) ([]similarMatter, error) {
	said, now := pairSet(title+"\n"+text), s.now()
	var out []similarMatter
	offer := func(m similarMatter, about map[string]float64) {
		if m.Share = said.share(about); m.Share >= similarFrom {
			out = append(out, m)
		}
	}
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
			offer(similarMatter{Title: c.Title, Path: "/cases/" + string(c.ID), Number: c.Number, At: c.OpenedAt}, pairSet(c.Title+"\n"+c.Summary))
		}
	}
	for _, e := range events.Items {
		about := e.Track.Terms
		if len(about) == 0 {
			about = pairSet(e.Title + "\n" + e.Summary)
		}
		offer(similarMatter{Title: e.Title, Path: "/events/" + string(e.ID), Number: numbers[e.Case], At: e.LastAt}, about)
	}
	slices.SortStableFunc(out, func(a, b similarMatter) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), b.At.Compare(a.At))
	})
	return out[:min(len(out), similarMost)], nil
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

// share is the cosine of the pairs with those a matter is about, 0…1.
func (p pairs) share(about map[string]float64) float64 {
	both, length := 0.0, 0.0
	for pair, w := range about {
		length += w * w
		if p[pair] > 0 {
			both += w * w
		}
	}
	if length == 0 {
		return 0
	}
	return math.Sqrt(both / length)
}
