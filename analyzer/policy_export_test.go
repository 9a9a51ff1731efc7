package analyzer

import "huiying"

// FindClause takes every sentence of a text for a claim, whether or not a word
// of hearsay stands in it.
func (a *Analyzer) FindClause(text string) *huiying.ClauseFound {
	r := a.read(huiying.Post{Text: text})
	var best match
	for _, s := range r.sentences {
		if m := a.policies.search(r, s); m.likeness > best.likeness {
			best = m
		}
	}
	if best.likeness == 0 {
		return nil
	}
	return a.policies.found(best)
}
