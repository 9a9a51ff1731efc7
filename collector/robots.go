package collector

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/temoto/robotstxt"

	"huiying"
)

// How long an answer about robots.txt holds, wall clock (RFC 9309 §2.4: at most
// a day).
const (
	robotsKept   = 24 * time.Hour
	robotsRetry  = 10 * time.Minute
	robotsMax    = 512 << 10 // RFC 9309 §2.5: at least 500 KiB; what follows is not read
	robotsAgents = "huiying" // the product token robots.txt may name
)

// robots remembers which pages each site lets us read.
type robots struct {
	fetch func(ctx context.Context, u *url.URL) (body []byte, err error)
	slow  func(host string, delay time.Duration)
	wall  func() time.Time

	mu   sync.Mutex
	site map[string]*robotsEntry
}

type robotsEntry struct {
	slot  chan struct{} // held while the file is read
	until time.Time
	group *robotstxt.Group // nil: all allowed
	maps  []string         // the sitemaps it names
	deny  string           // not "": nothing is allowed, and why
	retry bool             // the denial is for now only
}

// check returns nil when our robot may read u.
func (r *robots) check(ctx context.Context, u *url.URL) error {
	e, done, err := r.entry(ctx, u)
	if err != nil {
		return err
	}
	defer done()
	if e.deny != "" {
		return &Failure{URL: printable(u), Kind: huiying.FailureRobots, Message: e.deny, Permanent: !e.retry}
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	if e.group != nil && !e.group.Test(path) {
		return &Failure{URL: printable(u), Kind: huiying.FailureRobots, Message: "网站的 robots.txt 不允许采集这个页面", Permanent: true}
	}
	return nil
}

// sitemaps are those the site's robots.txt names.
func (r *robots) sitemaps(ctx context.Context, u *url.URL) ([]string, error) {
	e, done, err := r.entry(ctx, u)
	if err != nil {
		return nil, err
	}
	defer done()
	return e.maps, nil
}

// entry is what is known of u's site, read if need be, and held until done.
func (r *robots) entry(ctx context.Context, u *url.URL) (e *robotsEntry, done func(), err error) {
	key := u.Scheme + "://" + u.Host
	r.mu.Lock()
	e = r.site[key]
	if e == nil {
		e = &robotsEntry{slot: make(chan struct{}, 1)}
		r.site[key] = e
	}
	r.mu.Unlock()

	select {
	case e.slot <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	done = func() { <-e.slot }
	if !r.wall().Before(e.until) {
		if err := r.read(ctx, e, u); err != nil {
			done()
			return nil, nil, err
		}
	}
	return e, done, nil
}

// read asks the site for its robots.txt. A site that refuses even that (401,
// 403) wants no robots; one that is overloaded or broken (429, 5xx) is left
// alone for now; any other 4xx means there is no such file (RFC 9309 §2.3.1).
func (r *robots) read(ctx context.Context, e *robotsEntry, u *url.URL) error {
	body, err := r.fetch(ctx, &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/robots.txt"})
	var f *Failure
	if err != nil && !errors.As(err, &f) {
		return err // our context ended
	}
	e.group, e.maps, e.deny, e.retry, e.until = nil, nil, "", false, r.wall().Add(robotsKept)
	switch {
	case f == nil:
		e.group, e.maps = r.parse(body, u.Host)
	case f.Status == http.StatusUnauthorized || f.Status == http.StatusForbidden:
		e.deny, e.until = "网站的 robots.txt 不许读取，视为不允许采集", r.wall().Add(time.Hour)
	case f.Status >= 400 && f.Status < 500 && f.Status != http.StatusTooManyRequests && f.Status != http.StatusRequestTimeout:
		// no such file: everything is allowed
	default:
		e.until = time.Time{} // nothing was learnt
		if f.Status != 0 {
			e.deny, e.retry = "读不到网站的 robots.txt（"+f.Message+"），暂不采集", true
			e.until = r.wall().Add(robotsRetry)
			return nil
		}
		return &Failure{URL: printable(u), Kind: f.Kind, Message: f.Message, RetryAfter: f.RetryAfter, Permanent: f.Permanent, Cause: f}
	}
	return nil
}

func (r *robots) parse(body []byte, host string) (*robotstxt.Group, []string) {
	body = bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))
	if head := strings.ToLower(string(body[:min(len(body), 256)])); strings.Contains(head, "<html") || strings.Contains(head, "<!doctype") {
		return nil, nil // a "not found" page that calls itself 200
	}
	data, err := robotstxt.FromBytes(body)
	if err != nil {
		return nil, nil
	}
	g := data.FindGroup(robotsAgents)
	r.slow(host, g.CrawlDelay)
	return g, data.Sitemaps
}
