package alerting

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"huiying"
)

func begin(a huiying.Assessed) *huiying.Event {
	sum := sha256.Sum256([]byte(a.Post.ID))
	return &huiying.Event{
		ID: huiying.EventID("e" + hex.EncodeToString(sum[:10])), Region: a.Post.Region, Queue: a.Post.Channel.Queue(),
		Channels: make(map[huiying.Channel]int), Sources: make(map[string]int), Hours: make(map[string]int),
	}
}

// gather adds what a post says to its event.
func gather(e *huiying.Event, a huiying.Assessed, duplicate bool) {
	p, as := a.Post, a.Assessment
	e.Posts++
	if duplicate {
		e.Duplicates++
	}
	if as.Sentiment.Label == "negative" {
		e.Negative++
	}
	e.Channels[p.Channel]++
	e.Sources[p.Source]++
	e.Hours[hourKey(p.PublishedAt)]++
	if e.Tier == "" || p.Tier.Rank() > e.Tier.Rank() {
		e.Tier = p.Tier
	}
	e.Engagement = e.Engagement.Plus(p.Engagement)
	if e.FirstAt.IsZero() || p.PublishedAt.Before(e.FirstAt) {
		e.FirstAt, e.FirstPost, e.FirstURL, e.FirstSource = p.PublishedAt, p.ID, p.URL, p.Source
	}
	if e.FirstSeenAt.IsZero() || p.CollectedAt.Before(e.FirstSeenAt) {
		e.FirstSeenAt = p.CollectedAt
	}
	if p.PublishedAt.After(e.LastAt) {
		e.LastAt = p.PublishedAt
	}
	if as.Risk.Score > e.Risk || e.Posts == 1 {
		speak(e, a)
	}
	heed(e, as)
	e.Keywords = union(e.Keywords, as.Keywords, func(a, b string) bool { return a == b })
	e.Places = union(e.Places, as.Places, func(a, b huiying.Place) bool { return a.Name == b.Name && a.Code == b.Code })
	e.Units = mix(e.Units, as.Units, e.Posts)
}

// speak lets a post, the gravest, speak for its event.
func speak(e *huiying.Event, a huiying.Assessed) {
	p, as := a.Post, a.Assessment
	e.Risk, e.Factors, e.State = as.Risk.Score, as.Risk.Factors, as.State
	e.Title, e.Summary, e.Category = p.Headline(), huiying.Clip(p.Text, 160), as.Category
}

// heed keeps the gravest of what is said, whoever says it.
func heed(e *huiying.Event, as huiying.Assessment) {
	if as.Emergency.P > e.Emergency.P {
		e.Emergency = as.Emergency
	}
	e.Misreading = e.Misreading.Join(as.Misreading)
	e.RumorP = max(e.RumorP, as.Rumor.P)
	e.Flags = union(e.Flags, as.Flags, func(a, b huiying.Flag) bool { return a == b })
}

func hourKey(t time.Time) string { return t.In(huiying.Beijing).Format("2006-01-02T15") }

func union[T any](have, more []T, same func(a, b T) bool) []T {
	for _, m := range more {
		if len(have) < maxEvidence && !slices.ContainsFunc(have, func(h T) bool { return same(h, m) }) {
			have = append(have, m)
		}
	}
	return have
}

// mix averages the candidates of n posts; the words of the surest are kept.
func mix(have, more []huiying.Candidate, n int) []huiying.Candidate {
	out := make([]huiying.Candidate, 0, len(have)+len(more))
	for _, c := range have {
		c.P *= float64(n-1) / float64(n)
		out = append(out, c)
	}
	for _, m := range more {
		i := slices.IndexFunc(out, func(c huiying.Candidate) bool { return c.Unit == m.Unit })
		if i < 0 {
			m.P /= float64(n)
			out = append(out, m)
			continue
		}
		if m.P > out[i].P*float64(n)/float64(max(1, n-1)) {
			out[i].Why = m.Why
		}
		out[i].P += m.P / float64(n)
	}
	slices.SortStableFunc(out, func(a, b huiying.Candidate) int { return cmp.Compare(b.P, a.P) })
	return out[:min(len(out), 8)]
}
