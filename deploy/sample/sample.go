// Package sample is a small invented web of 交城县 for the demo and for tests:
// a county portal with its hotline column, a city news site in GBK, a forum
// with two boards, a WeChat account as RSS, a provincial outlet as Atom, a
// question board as JSON Feed and a weibo search API. Its posts lie in
// posts/*.yaml; each appears when its time has come, so collectors that visit
// again find something new. Everything on it is made up, and every page says so.
//
// It is no mock of the collectors' parts: they crawl it over HTTP like any
// other site. Start reading at [New]; the content is read by [Posts].
package sample

import (
	"cmp"
	"slices"
	"time"

	"huiying"
)

// Config says when the invented web began and how its time runs.
type Config struct {
	Speed huiying.Speed // time source; the zero value is the real clock
	Start time.Time     // when the demo started, in this source's time; zero means now
	Seed  int64         // varies the traffic (views, likes, replies), never the texts
}

// Site is the invented web at one start time. It is safe for concurrent use.
type Site struct {
	now    func() time.Time
	start  time.Time
	factor float64 // > 0
	seed   int64
	posts  []Post // by time
	byID   map[string]Post
}

// New reads and checks the embedded posts.
func New(cfg Config) (*Site, error) {
	posts, err := Posts()
	if err != nil {
		return nil, err
	}
	s := &Site{now: cfg.Speed.Now, start: cfg.Start, factor: cfg.Speed.Factor, seed: cfg.Seed, posts: posts, byID: make(map[string]Post, len(posts))}
	if s.factor <= 0 {
		s.factor = 1
	}
	if s.start.IsZero() {
		s.start = s.now()
	}
	slices.SortStableFunc(s.posts, func(a, b Post) int { return cmp.Compare(a.At, b.At) })
	for _, p := range s.posts {
		s.byID[p.ID] = p
	}
	return s, nil
}

// Visible is how many posts have appeared by now.
func (s *Site) Visible(now time.Time) int {
	n, _ := slices.BinarySearchFunc(s.posts, now.Sub(s.start), func(p Post, passed time.Duration) int {
		if p.At <= passed {
			return -1
		}
		return 1
	})
	return n
}

// Total is how many posts there are.
func (s *Site) Total() int { return len(s.posts) }

// listed are the posts of a sub-site that have appeared by now, newest first.
func (s *Site) listed(place Place, now time.Time) []Post {
	var out []Post
	for _, p := range s.posts[:s.Visible(now)] {
		if p.Site == place {
			out = append(out, p)
		}
	}
	slices.Reverse(out)
	return out
}

// find returns a post of a sub-site when its time has come.
func (s *Site) find(place Place, id string, now time.Time) (Post, bool) {
	p, ok := s.byID[id]
	return p, ok && p.Site == place && !p.Published(s.start).After(now)
}
