package huiying_test

import (
	"slices"
	"testing"
	"time"

	"huiying"
)

func TestAnEffectIsCountedOnBothSidesOfAResponse(t *testing.T) {
	t.Parallel()
	at := start.Add(10 * time.Hour)
	resp := huiying.Response{Text: "就 http://a/1 反映的问题回应如下", URL: "http://gov/9", At: at}
	var posts []huiying.Assessed
	post := func(hours float64, mood, url, text string, likes int64, words ...string) {
		posts = append(posts, huiying.Assessed{
			Post:       huiying.Post{PublishedAt: at.Add(time.Duration(hours * float64(time.Hour))), URL: url, Text: text, Engagement: huiying.Engagement{Likes: likes}},
			Assessment: huiying.Assessment{Sentiment: huiying.Sentiment{Label: mood}, Keywords: words},
		})
	}
	post(-60, "negative", "", "太早", 0)
	post(-1.5, "negative", "http://a/1", "暖气", 100, "暖气", "孩子")
	post(-1.2, "negative", "http://a/2", "暖气", 5, "暖气")
	post(-0.5, "negative", "", "暖气", 0, "暖气")
	post(-0.4, "negative", "", "暖气什么时候能热起来？", 0)
	post(0.5, "negative", "", "还是冷，采暖费能不能退？", 0, "退费")
	post(0.6, "negative", "", "还是冷。采暖费能不能退？", 0, "退费")
	post(1.5, "neutral", "", "转 http://gov/9", 0)
	e := huiying.EffectOf(posts, resp, 48, at.Add(4*time.Hour))
	if e.Before.Posts != 4 || e.Before.Negative != 4 || e.After.Posts != 3 || e.After.Negative != 2 || e.After.Hours != 4 {
		t.Errorf("before %+v after %+v", e.Before, e.After)
	}
	if e.Top != 4 || e.Answered != 1 || e.Links != 1 {
		t.Errorf("top %d, answered %d, links %d", e.Top, e.Answered, e.Links)
	}
	if q := e.Before.Words; len(q) != 1 || q[0].Name != "暖气" || q[0].P != 0.75 {
		t.Errorf("words before: %+v", q)
	}
	if b, a := e.Before.Asked, e.After.Asked; len(b) != 1 || b[0] != (huiying.Asked{Text: "暖气什么时候能热起来？", Posts: 1}) || len(a) != 1 || a[0].Posts != 2 {
		t.Errorf("asked before %+v, after %+v", b, a)
	}
	if e.Before.NegativeShare() != 1 || e.After.NegativeShare() != 2./3 {
		t.Errorf("negative share %v before, %v after", e.Before.NegativeShare(), e.After.NegativeShare())
	}
	if !e.Halved || e.HalvedIn != 2 {
		t.Errorf("halved %v in %v hours, want 2: the hour from 1 to 2 has none", e.Halved, e.HalvedIn)
	}
	if quiet := huiying.EffectOf(nil, resp, 48, at); quiet.Halved || quiet.Before.Posts != 0 {
		t.Errorf("of nothing: %+v", quiet)
	}
}

func TestCalmIsOnlySpokenOfWhenAllSourcesWatch(t *testing.T) {
	t.Parallel()
	every := huiying.Duration(10 * time.Minute)
	sources := []huiying.Source{{ID: "alive", Every: every}, {ID: "dead", Every: every}, {ID: "new", Every: every}, {ID: "paused", Every: every, Paused: true}}
	health := map[huiying.SourceID]huiying.SourceHealth{
		"alive":  {LastAttempt: start, LastSuccess: start},
		"dead":   {LastAttempt: start, LastSuccess: start.Add(-3 * time.Hour), Failures: 9},
		"paused": {LastAttempt: start, LastSuccess: start},
	}
	var got []huiying.SourceID
	for _, b := range huiying.BlindSpots(sources, health, start) {
		got = append(got, b.Source)
	}
	if !slices.Equal(got, []huiying.SourceID{"dead", "new", "paused"}) {
		t.Errorf("blind: %v", got)
	}
	if spots := huiying.BlindSpots(sources[:1], health, start); spots != nil {
		t.Errorf("all watch, yet blind: %+v", spots)
	}
	h := health["alive"]
	h.Succeeded(sources[0], start.Add(30*time.Minute))
	if len(h.Outages) != 0 {
		t.Errorf("half an hour is no outage: %+v", h.Outages)
	}
	h.Succeeded(sources[0], start.Add(4*time.Hour))
	health["alive"] = h
	spots := huiying.BlindSpots(sources[:1], health, start.Add(5*time.Hour))
	if len(spots) != 1 || !spots[0].Since.Equal(start.Add(30*time.Minute)) || !spots[0].Until.Equal(start.Add(4*time.Hour)) {
		t.Errorf("an outage of today: %+v", spots)
	}
	h.Succeeded(sources[0], start.Add(4*time.Hour+10*time.Minute))
	if spots := huiying.BlindSpotsIn(sources[:1], map[huiying.SourceID]huiying.SourceHealth{"alive": h}, start.Add(4*time.Hour), start.Add(5*time.Hour)); spots != nil {
		t.Errorf("it watched since: %+v", spots)
	}
}
