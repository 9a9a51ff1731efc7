package collector

import (
	"context"
	"net/http"
	"testing"
	"time"

	"huiying"
)

func TestRunVisitsWhatIsDueAndStopsCleanly(t *testing.T) {
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = w.Write([]byte(`{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"` + r.URL.Path + `","content_text":"内容"}]}`))
	}))
	source := func(id string) huiying.Source {
		return huiying.Source{ID: huiying.SourceID(id), Kind: "feed", Name: id, URL: s.URL + "/" + id, Channel: huiying.ChannelNews, Every: huiying.Duration(time.Hour)}
	}
	paused := source("paused")
	paused.Paused = true
	ledger := newBook(source("a"), source("bad"), paused, source("later"))
	ledger.health["later"] = huiying.SourceHealth{Source: "later", LastAttempt: testNow, NextVisit: testNow.Add(30 * time.Minute), State: memory{Setup: setupOf(source("later"))}.bytes()}
	ledger.saved = make(chan huiying.SourceHealth, 100)
	out := &sink{}
	// an hour takes 36 ms
	c := testCollector(t, ledger, out, func(c *Config) { c.Speed = huiying.NewSpeed(testNow, 100_000) })

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	visits := map[huiying.SourceID]int{}
	for visits["a"] < 3 || visits["bad"] < 2 || visits["later"] < 1 {
		h := <-ledger.saved
		visits[h.Source]++
		if h.Source == "later" && visits["later"] == 1 && h.LastAttempt.Before(testNow.Add(30*time.Minute)) {
			t.Errorf("later was visited at %v", h.LastAttempt)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run ended with %v", err)
	}
	if visits["paused"] > 0 {
		t.Error("a paused source was visited")
	}
	if len(out.posts) != 2 {
		t.Errorf("%d posts, want one of a and one of later", len(out.posts))
	}
}

func TestNextPicksOneSourceAHostLongestDueFirst(t *testing.T) {
	at := func(minutes int) time.Time { return testNow.Add(time.Duration(minutes) * time.Minute) }
	src := func(id, host string) huiying.Source {
		return huiying.Source{ID: huiying.SourceID(id), URL: "http://" + host + "/" + id}
	}
	s := schedule{
		c:       testCollector(t, newBook(), &sink{}, func(c *Config) { c.Workers = 2 }),
		sources: []huiying.Source{src("a1", "a.example"), src("a2", "a.example"), src("b", "b.example"), src("c", "c.example"), src("d", "d.example")},
		due:     map[huiying.SourceID]time.Time{"a1": at(-1), "a2": at(-9), "b": at(-5), "c": at(-3), "d": at(60)},
		busy:    map[string]bool{},
	}
	got := s.next()
	if len(got) != 2 || got[0].ID != "a2" || got[1].ID != "b" {
		t.Errorf("picked %v, want a2 and b", got)
	}
}

func TestWaitGrowsWithFailuresAndListensToTheSite(t *testing.T) {
	c := testCollector(t, newBook(), &sink{}, func(c *Config) { c.AllowPrivate = false })
	src := huiying.Source{ID: "x", Every: huiying.Duration(10 * time.Minute)}
	for name, k := range map[string]struct {
		failures int
		err      error
		from, to time.Duration
	}{
		"a healthy source":             {0, nil, 10 * time.Minute, 11 * time.Minute},
		"one failure":                  {1, errTooLong, 10 * time.Minute, 11 * time.Minute},
		"three failures":               {3, errTooLong, 40 * time.Minute, 44 * time.Minute},
		"very many failures":           {99, errTooLong, 6 * time.Hour, 6*time.Hour + 36*time.Minute},
		"a site that sends us away":    {1, &Failure{RetryAfter: 2 * time.Hour}, 2 * time.Hour, 2 * time.Hour},
		"a site that waits too little": {1, &Failure{RetryAfter: time.Second}, 10 * time.Minute, 11 * time.Minute},
	} {
		if got := c.wait(src, huiying.SourceHealth{Failures: k.failures}, k.err); got < k.from || got > k.to {
			t.Errorf("%s: wait %v, want %v to %v", name, got, k.from, k.to)
		}
	}
	if got := c.wait(huiying.Source{ID: "x", Every: 1}, huiying.SourceHealth{}, nil); got < minEvery {
		t.Errorf("an interval of a nanosecond gives %v", got)
	}
}

func TestASourceThatWasChangedIsDueAtOnce(t *testing.T) {
	c := schedule{c: testCollector(t, newBook(), &sink{})}
	src := huiying.Source{ID: "x", Name: "县论坛", Kind: "feed", URL: "http://a.example/", Every: huiying.Duration(time.Hour)}
	h := huiying.SourceHealth{LastAttempt: testNow, NextVisit: testNow.Add(time.Hour), State: memory{Setup: setupOf(src), Every: src.Every}.bytes()}
	if due := c.dueAt(src, h); !due.Equal(h.NextVisit) {
		t.Errorf("unchanged: due %v", due)
	}
	shorter := src
	shorter.Every = huiying.Duration(10 * time.Minute)
	if due := c.dueAt(shorter, h); !due.Equal(testNow.Add(11 * time.Minute)) {
		t.Errorf("with a shorter interval: due %v", due)
	}
	src.Options = map[string]any{"full": true}
	if due := c.dueAt(src, h); !due.IsZero() {
		t.Errorf("with a new option: due %v", due)
	}
}

func TestTheIntervalBendsToWhatASourceBrings(t *testing.T) {
	c := testCollector(t, newBook(), &sink{})
	src := huiying.Source{ID: "x", Every: huiying.Duration(10 * time.Minute)}
	for name, k := range map[string]struct {
		gap, silent time.Duration
		want        time.Duration
	}{
		"nothing is known yet":             {0, 0, 10 * time.Minute},
		"it never brought more than once":  {0, 3 * time.Hour, 22*time.Minute + 30*time.Second},
		"and that was long ago":            {0, 30 * 24 * time.Hour, time.Hour},
		"something every minute":           {time.Minute, time.Minute, 2 * time.Minute},
		"something every hour":             {time.Hour, 30 * time.Minute, 15 * time.Minute},
		"something every hour, long ago":   {time.Hour, 6 * time.Hour, 45 * time.Minute},
		"something every day":              {24 * time.Hour, 12 * time.Hour, time.Hour},
		"it was lively and has been still": {time.Minute, 30 * 24 * time.Hour, time.Hour},
	} {
		got := c.interval(src, huiying.SourceHealth{Gap: huiying.Duration(k.gap), LastItem: c.cfg.Speed.Now().Add(-k.silent)})
		if (got - k.want).Abs() > time.Second {
			t.Errorf("%s: %v, want %v", name, got, k.want)
		}
	}
	never := huiying.SourceHealth{State: memory{Setup: setupOf(src), Since: testNow.Add(-7 * 24 * time.Hour)}.bytes()}
	if got := c.interval(src, never); got != time.Hour {
		t.Errorf("a source that never brought anything: %v, want an hour", got)
	}
}

func TestSourcesOfOpenEventsComeFirstAndOften(t *testing.T) {
	src := huiying.Source{ID: "forum", Name: "县论坛", Kind: "feed", URL: "http://a.example/", Every: huiying.Duration(time.Hour)}
	h := huiying.SourceHealth{LastAttempt: testNow, NextVisit: testNow.Add(time.Hour), State: memory{Setup: setupOf(src), Every: src.Every}.bytes()}
	other := huiying.Source{ID: "other", Name: "别处", URL: "http://b.example/"}
	s := schedule{
		c: testCollector(t, newBook(), &sink{}), urgent: map[string]bool{"县论坛": true}, busy: map[string]bool{},
		sources: []huiying.Source{other, src}, due: map[huiying.SourceID]time.Time{"other": testNow.Add(-time.Hour), "forum": testNow.Add(-time.Second)},
	}
	if due := s.dueAt(src, h); !due.Equal(testNow.Add(12 * time.Minute)) {
		t.Errorf("due %v, want a fifth of the interval", due)
	}
	if got := s.next(); len(got) != 2 || got[0].ID != "forum" {
		t.Errorf("picked %v, want the forum first", got)
	}
	s.due["forum"] = testNow
	var w Window
	if err := w.UnmarshalText([]byte("14:00-16:00")); err != nil {
		t.Fatal(err)
	}
	s.c.cfg.Quiet = []Window{w}
	if got := s.next(); len(got) != 0 {
		t.Errorf("picked %v in a quiet window", got)
	}
	if got := s.untilNext(); got < 55*time.Minute || got > time.Hour {
		t.Errorf("sleeps %v, want until 16:00", got)
	}
}

func TestAWindowMayReachOverMidnight(t *testing.T) {
	var w Window
	if err := w.UnmarshalText([]byte("23:00-06:30")); err != nil {
		t.Fatal(err)
	}
	for clock, left := range map[string]time.Duration{
		"22:59": 0, "23:00": 7*time.Hour + 30*time.Minute, "00:00": 6*time.Hour + 30*time.Minute, "06:29": time.Minute, "06:30": 0, "12:00": 0,
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", "2026-03-05 "+clock, huiying.Beijing)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.left(at.UTC()); got != left {
			t.Errorf("at %s %v are left, want %v", clock, got, left)
		}
	}
	if text, err := w.MarshalText(); err != nil || string(text) != "23:00-06:30" {
		t.Errorf("written %s, %v", text, err)
	}
	for _, bad := range []string{"", "23:00", "25:00-06:00", "08:00-08:00", "夜里"} {
		if err := w.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
