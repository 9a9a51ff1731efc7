package huiying

import "slices"

// maxEvidence bounds the posts frozen with a case.
const maxEvidence = 20

// EvidenceOf freezes posts as they stand, each once, the first 20.
func EvidenceOf(posts []Assessed) []Evidence {
	var out []Evidence
	for _, a := range posts {
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
	return out
}
