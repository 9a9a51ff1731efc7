package collector

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"huiying"
)

// FetchConfig says how a [Fetcher] behaves. The zero value is polite and safe.
type FetchConfig struct {
	UserAgent    string        // default "Huiying/1.0"; Contact is added
	Contact      string        // a page or mail address for site owners
	AllowPrivate bool          // demo and tests only: let it reach this machine, by loopback only
	Rate         rate.Limit    // requests a second and host; default 1
	Burst        int           // default 1
	Timeout      time.Duration // of one request with its body, wall clock; default 30 s
	MaxBody      int64         // bytes after decompression; default 8 MB
	DailyBudget  int           // requests a day and host; default 5000
	Allow        []string      // sites that may be read, with all below them; empty: any
	Wall         func() time.Time

	allowed  func(netip.AddrPort) bool // instead of public addresses; tests only
	resolver *net.Resolver             // instead of the system's; tests only
	book     hostBook                  // shared by all collectors; nil: one in memory
}

// Bounds of a fetch.
const (
	defaultTimeout = 30 * time.Second
	defaultMaxBody = 8 << 20
	defaultBudget  = 5000
	maxRedirects   = 8
	maxHeader      = 64 << 10 // bytes of an answer's head, cookies included
)

const accepted = "text/html,application/xhtml+xml,application/xml,application/json,application/feed+json;q=0.9,*/*;q=0.5"

// Fetcher reads public pages politely: it obeys robots.txt, asks one page of a
// host at a time and at most at a given rate, stays away when told to, follows
// few redirects, reads no more than it can hold, and never connects to an
// address inside our own network.
type Fetcher struct {
	cfg    FetchConfig
	client *http.Client
	plain  http.Header               // of a request without validators
	reach  func(netip.AddrPort) bool // where it may connect
	hosts  *hosts
	robots *robots
}

// Validators let a server answer 304 when nothing changed (RFC 9110 §13).
type Validators struct {
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
}

// Fetched is the answer of a server.
type Fetched struct {
	URL         string // after redirects
	ContentType string
	Body        []byte // decompressed; nil when NotModified
	Validators  Validators
	NotModified bool
	Read        int64 // bytes of the body as they came over the wire

	cookie bool // where it sends us to, it wants to know us by a cookie
}

// NewFetcher makes a fetcher; Close it when done.
func NewFetcher(cfg FetchConfig) *Fetcher {
	cfg.UserAgent = cmp.Or(cfg.UserAgent, "Huiying/1.0")
	if cfg.Contact != "" && !strings.Contains(cfg.UserAgent, cfg.Contact) {
		cfg.UserAgent += " (+" + cfg.Contact + ")"
	}
	cfg.Rate = cmp.Or(cfg.Rate, 1)
	cfg.Burst = max(cfg.Burst, 1)
	cfg.Timeout = cmp.Or(cfg.Timeout, defaultTimeout)
	cfg.MaxBody = cmp.Or(cfg.MaxBody, defaultMaxBody)
	cfg.DailyBudget = cmp.Or(cfg.DailyBudget, defaultBudget)
	if cfg.Wall == nil {
		cfg.Wall = time.Now
	}
	allowed := cfg.allowed
	if allowed == nil {
		allowed = publicOnly
	}
	if cfg.AllowPrivate {
		allowed = publicOrOwn
	}
	f := &Fetcher{cfg: cfg, reach: allowed, hosts: newHosts(cfg.Rate, cfg.Burst, cfg.DailyBudget, cfg.Wall, cfg.book)}
	f.plain = http.Header{
		"User-Agent": {cfg.UserAgent}, "Accept": {accepted}, "Accept-Language": {"zh-CN,zh;q=0.9"}, "Accept-Encoding": {packings},
	}
	f.client = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would connect for us, past the guard
			DialContext:            dialer(allowed, cfg.resolver).DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    10 * time.Second,
			MaxIdleConnsPerHost:    1,
			MaxIdleConns:           64,
			IdleConnTimeout:        30 * time.Second,
			ReadBufferSize:         32 << 10, // most pages come in one piece
			MaxResponseHeaderBytes: maxHeader,
			DisableCompression:     true, // readBody unpacks, within bounds
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	f.robots = &robots{fetch: f.readRobots, slow: f.hosts.slower, wall: cfg.Wall, site: make(map[string]*robotsEntry)}
	return f
}

// Close ends idle connections.
func (f *Fetcher) Close() { f.client.CloseIdleConnections() }

// Get reads one address, with the validators of the last reading if any. Every
// error but the end of ctx is a [Failure].
func (f *Fetcher) Get(ctx context.Context, address string, v Validators) (Fetched, error) {
	return f.get(ctx, address, v, bound{bytes: f.cfg.MaxBody})
}

// get is Get with the caller's bound.
func (f *Fetcher) get(ctx context.Context, address string, v Validators, size bound) (Fetched, error) {
	u, err := checkURL(address)
	if err != nil {
		return Fetched{}, err
	}
	return f.follow(ctx, u, v, size, func(ctx context.Context, u *url.URL) error { return f.robots.check(ctx, u) })
}

// spare reports whether an address may be read beside what is new: its host's
// budget of the day is not nearly spent.
func (f *Fetcher) spare(address string) bool {
	u, err := checkURL(address)
	return err == nil && f.hosts.spare(u.Host)
}

func (f *Fetcher) readRobots(ctx context.Context, u *url.URL) ([]byte, error) {
	got, err := f.follow(ctx, u, Validators{}, bound{bytes: robotsMax, cut: true}, nil)
	return got.Body, err
}

// mayRead reports whether a page may be opened at all: its site is approved and
// its robots.txt allows it.
func (f *Fetcher) mayRead(ctx context.Context, u *url.URL) error {
	if err := f.onList(u); err != nil {
		return err
	}
	return f.robots.check(ctx, u)
}

// follow asks for u and goes where it is sent, checking each step.
func (f *Fetcher) follow(ctx context.Context, u *url.URL, v Validators, size bound, allowed func(context.Context, *url.URL) error) (Fetched, error) {
	start := u
	var been []string
	cookie := false
	for {
		here := u.String()
		if cookie && slices.Contains(been, here) {
			return Fetched{}, &Failure{URL: printable(start), Kind: huiying.FailureRedirect, Message: "网站要先存 Cookie 才给看（多半是登录或人机验证），本系统不采集这样的页面", Permanent: true}
		}
		if slices.Contains(been, here) {
			return Fetched{}, &Failure{URL: printable(start), Kind: huiying.FailureRedirect, Message: "重定向绕成了圈，又回到 " + printable(u), Permanent: true}
		}
		if len(been) > maxRedirects {
			return Fetched{}, &Failure{URL: printable(start), Kind: huiying.FailureRedirect, Message: fmt.Sprintf("重定向超过 %d 次", maxRedirects), Permanent: true}
		}
		been = append(been, here)
		if allowed != nil {
			if err := allowed(ctx, u); err != nil {
				return Fetched{}, err
			}
		}
		got, next, err := f.ask(ctx, u, v, size)
		if err != nil || next == "" {
			return got, err
		}
		cookie = cookie || got.cookie
		to, err := u.Parse(next)
		if err != nil {
			return Fetched{}, &Failure{URL: printable(u), Kind: huiying.FailureRedirect, Message: "重定向到不合法的网址", Permanent: true, Cause: err}
		}
		to.Fragment = ""
		from := u.Host
		if u, err = checkURL(to.String()); err != nil {
			return Fetched{}, err
		}
		if u.Host != from {
			size.headers = nil
		}
	}
}

// ask sends one request and reads its answer, or where it sends us.
func (f *Fetcher) ask(ctx context.Context, u *url.URL, v Validators, size bound) (got Fetched, next string, err error) {
	if err := f.onList(u); err != nil {
		return Fetched{}, "", err
	}
	done, err := f.hosts.turn(ctx, u.Host)
	if err != nil {
		return Fetched{}, "", withURL(err, u)
	}
	defer done()
	hurry, cancel := context.WithTimeout(ctx, f.cfg.Timeout)
	defer cancel()
	res, err := f.client.Do((&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: f.header(v, size.headers)}).WithContext(hurry))
	if err != nil {
		if ctx.Err() != nil {
			return Fetched{}, "", ctx.Err()
		}
		return Fetched{}, "", transportFailure(u, err, f.cfg.Timeout)
	}
	defer func() { _ = res.Body.Close() }() // nothing is left to learn from it

	got = Fetched{
		URL: u.String(), ContentType: res.Header.Get("Content-Type"),
		Validators: Validators{ETag: res.Header.Get("ETag"), LastModified: res.Header.Get("Last-Modified")},
	}
	switch {
	case res.StatusCode == http.StatusNotModified && v != (Validators{}):
		got.NotModified = true
		got.Validators.ETag = cmp.Or(got.Validators.ETag, v.ETag)
		got.Validators.LastModified = cmp.Or(got.Validators.LastModified, v.LastModified)
		return got, "", nil
	case res.StatusCode >= 300 && res.StatusCode < 400 && res.Header.Get("Location") != "":
		return Fetched{cookie: len(res.Header["Set-Cookie"]) > 0}, res.Header.Get("Location"), nil
	case res.StatusCode != http.StatusOK:
		failure := statusFailure(u, res, f.cfg.Wall())
		if failure.RetryAfter > 0 {
			if err := f.hosts.sendAway(ctx, u.Host, failure.RetryAfter); err != nil {
				return Fetched{}, "", err
			}
		}
		return Fetched{}, "", failure
	}
	if !isText(got.ContentType) && !size.gzipped { // a sitemap is looked at whatever its type
		return Fetched{}, "", &Failure{URL: printable(u), Message: "是 " + huiying.Clip(got.ContentType, 60) + "，不是网页，没有打开", Permanent: true}
	}
	got.Body, got.Read, err = readBody(res, u, size)
	var failure *Failure
	switch {
	case err == nil && isBinary(got.Body):
		return Fetched{}, "", &Failure{URL: printable(u), Message: "是二进制文件，不是网页，没有打开", Permanent: true}
	case err != nil && ctx.Err() != nil:
		return Fetched{}, "", ctx.Err()
	case errors.As(err, &failure):
		return Fetched{}, "", failure
	case errors.Is(err, io.ErrUnexpectedEOF):
		return Fetched{}, "", &Failure{URL: printable(u), Kind: huiying.FailureBroken, Message: "内容没有传完，连接就断开了", Cause: err}
	case err != nil:
		return Fetched{}, "", transportFailure(u, err, f.cfg.Timeout)
	}
	return got, "", nil
}

// header is what every request says, and "only if it changed since" where that is
// known. It is shared, not to be written to.
func (f *Fetcher) header(v Validators, own http.Header) http.Header {
	if v == (Validators{}) && len(own) == 0 {
		return f.plain
	}
	h := f.plain.Clone()
	maps.Copy(h, own)
	if v.ETag != "" {
		h.Set("If-None-Match", v.ETag)
	}
	if v.LastModified != "" {
		h.Set("If-Modified-Since", v.LastModified)
	}
	return h
}

func (f *Fetcher) onList(u *url.URL) error {
	if f.approved(u.Hostname()) {
		return nil
	}
	return &Failure{URL: printable(u), Kind: huiying.FailureAddress, Message: "网站 " + huiying.Clip(u.Hostname(), 80) + " 不在获准采集的名单里，经办公室核准后写入 collector.allow", Permanent: true}
}

// approved reports whether a host is on the list, or below one that is.
func (f *Fetcher) approved(host string) bool {
	return len(f.cfg.Allow) == 0 || onSites(host, f.cfg.Allow)
}

// onSites reports whether a host is one of these, or below one that is.
func onSites(host string, sites []string) bool {
	host = strings.ToLower(strings.TrimSuffix(asciiHost(host), "."))
	return slices.ContainsFunc(sites, func(site string) bool {
		site = strings.ToLower(strings.Trim(asciiHost(site), "."))
		return host == site || strings.HasSuffix(host, "."+site)
	})
}

// withURL puts the page's address in place of the host's.
func withURL(err error, u *url.URL) error {
	var f *Failure
	if !errors.As(err, &f) {
		return err
	}
	named := *f
	named.URL = printable(u)
	return &named
}

func sizeText(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d MB", n>>20)
}

// isBinary reports whether a body is an archive, a program, a picture or the
// like, whatever its type says.
func isBinary(body []byte) bool {
	for _, magic := range []string{"PK\x03\x04", "Rar!", "7z\xBC\xAF", "\x1F\x8B", "BZh", "\xFD7zXZ", "%PDF", "GIF8", "\xFF\xD8\xFF"} {
		if bytes.HasPrefix(body, []byte(magic)) {
			return true
		}
	}
	return bytes.Contains(body[:min(len(body), 512)], []byte{0, 0, 0})
}

// isText reports whether a content type may hold text we read. Scripts are let
// through: interfaces call their JSON that.
func isText(contentType string) bool {
	if strings.HasPrefix(contentType, "text/") {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil || kind == "" {
		return true // undeclared or broken: the reader will see
	}
	major, minor, _ := strings.Cut(kind, "/")
	if major != "application" {
		return major == "text"
	}
	switch minor {
	case "xml", "json", "javascript", "x-javascript", "octet-stream":
		return true
	}
	return strings.HasSuffix(minor, "+xml") || strings.HasSuffix(minor, "json")
}
