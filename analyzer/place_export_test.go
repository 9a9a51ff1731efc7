package analyzer

import "huiying"

// Elsewhere is the other land a post is about, and why.
func (a *Analyzer) Elsewhere(p huiying.Post) string {
	r := a.read(p)
	return a.gazetteer.elsewhere(r, a.gazetteer.find(r))
}

// Crosses says why a post tells of a matter over the county border.
func (a *Analyzer) Crosses(p huiying.Post) (string, bool) {
	r := a.read(p)
	return a.gazetteer.crosses(r, a.gazetteer.find(r))
}

// Places are the places of a post alone, without the rest of the assessment.
func (a *Analyzer) Places(p huiying.Post) func() []huiying.Place {
	r := a.read(p)
	return func() []huiying.Place { return a.gazetteer.find(r) }
}
