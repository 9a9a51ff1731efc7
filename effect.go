package huiying

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Effect is what followed a response, beside what was before: counts with their
// sample, never one figure. That something followed does not show that the
// response caused it.
type Effect struct {
	At       time.Time    `json:"at"`    // of the response
	Hours    int          `json:"hours"` // looked at on each side, at most
	Before   EffectWindow `json:"before"`
	After    EffectWindow `json:"after"`
	HalvedIn float64      `json:"halved_in,omitempty"` // hours until negative posts an hour were half of what they had been; 0: not yet, or there were none
	Halved   bool         `json:"halved"`
	Top      int          `json:"top"`      // source posts looked at: those before with most interactions
	Answered int          `json:"answered"` // of these, linked to by the response or copied beside a link to it
	Links    int          `json:"links"`    // later posts that link to the response
	Series   []EffectHour `json:"series"`
}

// EffectWindow sums one side.
type EffectWindow struct {
	Hours    float64  `json:"hours"` // of it that have passed
	Posts    int      `json:"posts"`
	Negative int      `json:"negative"`
	Asked    []Asked  `json:"asked"` // what people ask, the question most posts ask first
	Words    []Scored `json:"words"` // words most posts share; P is the share of posts
}

// Asked is a question and how many posts ask it.
type Asked struct {
	Text  string `json:"text"`
	Posts int    `json:"posts"`
}

// NegativeShare is the share of the posts that are negative, 0 of none.
func (w EffectWindow) NegativeShare() float64 { return float64(w.Negative) / float64(max(1, w.Posts)) }

// EffectHour is one hour of the curve.
type EffectHour struct {
	At       time.Time `json:"at"`
	Posts    int       `json:"posts"`
	Negative int       `json:"negative"`
}

const (
	effectTop       = 10 // source posts looked at
	effectQuestions = 5  // and words, of each side
)

// EffectOf compares the posts of an event before and after a response, at most
// so many hours on each side, as known at now.
func EffectOf(posts []Assessed, resp Response, hours int, now time.Time) Effect {
	span := time.Duration(hours) * time.Hour
	from, to := resp.At.Add(-span), resp.At.Add(span)
	if now.Before(to) {
		to = now
	}
	e := Effect{At: resp.At, Hours: hours}
	for at := from.Truncate(time.Hour); at.Before(to); at = at.Add(time.Hour) {
		e.Series = append(e.Series, EffectHour{At: at.In(Beijing)})
	}
	var before, after []Assessed
	for _, p := range posts {
		at := p.Post.PublishedAt
		if at.Before(from) || !at.Before(to) {
			continue
		}
		if at.Before(resp.At) {
			before = append(before, p)
		} else {
			after = append(after, p)
		}
		h := &e.Series[int(at.Sub(e.Series[0].At)/time.Hour)]
		h.Posts++
		if p.Assessment.Sentiment.Label == "negative" {
			h.Negative++
		}
	}
	e.Before, e.After = windowOf(before, span), windowOf(after, to.Sub(resp.At))
	slices.SortStableFunc(before, func(a, b Assessed) int {
		return cmp.Compare(b.Post.Engagement.Interactions(), a.Post.Engagement.Interactions())
	})
	for _, p := range before[:min(effectTop, len(before))] {
		e.Top++
		if p.Post.URL != "" && strings.Contains(resp.Text, p.Post.URL) {
			e.Answered++
		}
	}
	for _, p := range after {
		if resp.URL != "" && strings.Contains(p.Post.Text, resp.URL) {
			e.Links++
		}
	}
	e.halve()
	return e
}

// halve looks for the first full hour after the response in which there were at
// most half as many negative posts as in a mean hour of those before that had any.
func (e *Effect) halve() {
	sum, n := 0, 0
	for _, h := range e.Series {
		if h.At.Before(e.At) && h.Negative > 0 {
			sum, n = sum+h.Negative, n+1
		}
	}
	if n == 0 {
		return
	}
	for i, h := range e.Series {
		full := i < len(e.Series)-1 // the last may not be over
		if full && h.At.After(e.At) && float64(h.Negative) <= float64(sum)/float64(n)/2 {
			e.Halved, e.HalvedIn = true, h.At.Add(time.Hour).Sub(e.At).Hours()
			return
		}
	}
}

func windowOf(posts []Assessed, passed time.Duration) EffectWindow {
	w := EffectWindow{Hours: max(0, passed.Hours()), Posts: len(posts), Asked: []Asked{}, Words: []Scored{}}
	in, texts := make(map[string]int), make([]string, 0, len(posts))
	for _, p := range posts {
		texts = append(texts, p.Post.FullText())
		if p.Assessment.Sentiment.Label == "negative" {
			w.Negative++
		}
		for _, k := range p.Assessment.Keywords {
			in[k]++
		}
	}
	for word, n := range in {
		if n > 1 {
			w.Words = append(w.Words, Scored{Name: word, P: float64(n) / float64(len(posts))})
		}
	}
	slices.SortFunc(w.Words, func(a, b Scored) int { return cmp.Or(cmp.Compare(b.P, a.P), cmp.Compare(a.Name, b.Name)) })
	w.Words = w.Words[:min(effectQuestions, len(w.Words))]
	for _, q := range Questions(texts) {
		if len(w.Asked) == effectQuestions {
			break
		}
		w.Asked = append(w.Asked, Asked{q.Text, len(q.Posts)})
	}
	return w
}
