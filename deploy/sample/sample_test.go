package sample

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"huiying"
)

var testStart = time.Date(2026, 11, 23, 9, 30, 0, 0, huiying.Beijing)

// served is the site with its clock standing at now, and a server for it.
func served(t *testing.T, now time.Time) (*Site, *httptest.Server) {
	t.Helper()
	s, err := New(Config{Start: testStart, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	s.now = func() time.Time { return now }
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return s, srv
}

// fetch gets a page of the site and checks its status.
func fetch(t *testing.T, url string, status int, header ...string) (http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != status {
		t.Fatalf("GET %s: %d, want %d\n%.300s", url, resp.StatusCode, status, body)
	}
	return resp.Header, string(body)
}

func TestMoreBecomesVisibleAsTimePasses(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Start: testStart})
	if err != nil {
		t.Fatal(err)
	}
	first := s.posts[0].At
	for _, c := range []struct {
		name string
		at   time.Duration
		want func(n int) bool
	}{
		{"nothing before the first post", first - time.Second, func(n int) bool { return n == 0 }},
		{"the first post in the second it is due", first, func(n int) bool { return n >= 1 }},
		{"a good hundred when the demo starts", 0, func(n int) bool { return n >= 100 }},
		{"everything after six hours", 6 * time.Hour, func(n int) bool { return n == s.Total() }},
	} {
		if n := s.Visible(testStart.Add(c.at)); !c.want(n) {
			t.Errorf("%s: %d of %d visible", c.name, n, s.Total())
		}
	}
}

func TestTheDemoHasSomethingNewAtEverySpeed(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Start: testStart})
	if err != nil {
		t.Fatal(err)
	}
	between := func(from, to time.Duration) int { return s.Visible(testStart.Add(to)) - s.Visible(testStart.Add(from)) }
	if n := between(0, 3*time.Minute); n < 12 {
		t.Errorf("%d posts in the first three minutes, want a dozen", n)
	}
	for from := time.Duration(0); from < 6*time.Hour; from += 10 * time.Minute {
		if n := between(from, from+10*time.Minute); n < 3 {
			t.Errorf("only %d posts appear between %v and ten minutes later", n, from)
		}
	}
	alarms := 0
	for _, p := range s.posts {
		if p.Expect.Alarm && p.At < 0 && p.At >= -time.Hour {
			alarms++
		}
	}
	if alarms < 10 {
		t.Errorf("%d alarming posts in the hour before the start; at once there should be something to do", alarms)
	}
}

func TestSourcesAreVisitedEveryTwelveSecondsOfRealTime(t *testing.T) {
	t.Parallel()
	for _, factor := range []float64{0, 1, 60, 600} {
		speed := huiying.Speed{}
		if factor > 0 {
			speed = huiying.NewSpeed(testStart, factor)
		}
		s, err := New(Config{Speed: speed})
		if err != nil {
			t.Fatal(err)
		}
		sources := s.Sources("http://127.0.0.1:1")
		if len(sources) != len(places) {
			t.Errorf("%d sources for %d sub-sites", len(sources), len(places))
		}
		for _, src := range sources {
			if wait := speed.Real(time.Duration(src.Every)); wait != visitEvery {
				t.Errorf("speed %v: %s is visited every %v of real time", factor, src.Name, wait)
			}
			if !src.Channel.Valid() || src.Kind == "" || src.Region != home || !strings.HasPrefix(src.URL, "http://127.0.0.1:1/") {
				t.Errorf("source %+v is not ready", src)
			}
		}
	}
}

func TestGrowthFadesAndNeverTurnsBack(t *testing.T) {
	t.Parallel()
	var s Spread
	if err := s.UnmarshalText([]byte("180/2/14/1 +60/1/6/0")); err != nil {
		t.Fatal(err)
	}
	if got := s.After(0); got != (huiying.Engagement{Views: 180, Likes: 2, Comments: 14, Reposts: 1}) {
		t.Errorf("at publication: %+v", got)
	}
	hour, day, week := s.After(time.Hour).Views, s.After(24*time.Hour).Views, s.After(7*24*time.Hour).Views
	if hour < 230 || hour > 240 {
		t.Errorf("after an hour %d views, want nearly 180 + 60", hour)
	}
	if day <= hour || week < day || week > 180+60*8 {
		t.Errorf("views after a day %d and a week %d: growth should fade out below 660", day, week)
	}
	for _, bad := range []string{"many", "1/2/3/4/5", "-1", "1 +x"} {
		if err := new(Spread).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was read as a spread", bad)
		}
	}
}
