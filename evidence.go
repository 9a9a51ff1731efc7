package huiying

import (
	"cmp"
	"slices"
)

// maxEvidence bounds the posts frozen with a case.
const maxEvidence = 20

// EvidenceOf freezes posts as they stand, each once, in the order they were
// published; of more than 20 the gravest.
func EvidenceOf(posts []Assessed) []Evidence {
	gravest := slices.Clone(posts)
	slices.SortStableFunc(gravest, func(a, b Assessed) int {
		return cmp.Compare(b.Assessment.Risk.Score, a.Assessment.Risk.Score)
	})
	var out []Evidence
	for _, a := range gravest {
		p := a.Post
		if slices.ContainsFunc(out, func(e Evidence) bool { return e.Post == p.ID }) {
			continue // delivered twice in one batch
		}
		out = append(out, Evidence{
			Post: p.ID, Source: p.Source, Channel: p.Channel, URL: p.URL, Headline: p.Headline(),
			Excerpt: Clip(p.Text, 200), PublishedAt: p.PublishedAt, Engagement: p.Engagement,
		})
		if len(out) == maxEvidence {
			break
		}
	}
	slices.SortStableFunc(out, func(a, b Evidence) int { return a.PublishedAt.Compare(b.PublishedAt) })
	return out
}
