// Package collector reads sources and yields posts: feeds, web sites, JSON
// interfaces, what programs push and what people import from files.
//
// It is polite (robots.txt, one page at a time, an honest name), safe (it never
// connects into our own network), and loses nothing: an item counts as seen
// only after its post is durable. It knows no log-in, no captcha and no
// personal profiles; it judges nothing.
//
// Start reading at [Collector.Visit]; [Collector.Run] is the schedule,
// [Extract] the reading of a page, [Rows] the reading of a file.
package collector

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"huiying"
)

// Ledger is what the collector remembers.
type Ledger interface {
	Sources(ctx context.Context, region huiying.Region) ([]huiying.Source, error)
	Health(ctx context.Context, region huiying.Region) (map[huiying.SourceID]huiying.SourceHealth, error)
	SaveHealth(ctx context.Context, h huiying.SourceHealth) error
	// Unseen returns those keys of the source that are not marked yet, order kept.
	Unseen(ctx context.Context, source huiying.SourceID, keys []string) ([]string, error)
	MarkSeen(ctx context.Context, source huiying.SourceID, keys []string, at time.Time) error
	SaveRejections(ctx context.Context, rs []huiying.Rejection) error
	// Hold takes or renews a lease for so long; false while another holder has it.
	Hold(ctx context.Context, name, holder string, long time.Duration) (bool, error)
	Release(ctx context.Context, name, holder string) error
	// AddRevisits leaves those that are noted already as they are; SaveRevisit
	// forgets one that has no time.
	AddRevisits(ctx context.Context, list []huiying.Revisit) error
	SaveRevisit(ctx context.Context, r huiying.Revisit) error
	DueRevisits(ctx context.Context, source huiying.SourceID, now time.Time, limit int) ([]huiying.Revisit, error)
	Revisits(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID]huiying.Revisit, error)
	hostBook
}

// Config is what a collector needs. Region, Ledger, Publish and Intake must be set.
type Config struct {
	Region huiying.Region
	Ledger Ledger
	// Publish makes posts durable before it returns. ErrBusy means the bus is
	// full: nothing of the call may be counted as taken, the caller comes again.
	Publish func(ctx context.Context, posts []huiying.Post) (accepted, duplicate int, err error)
	Intake  huiying.Intake
	Speed   huiying.Speed // the time source

	UserAgent    string
	Contact      string        // for site owners
	AllowPrivate bool          // demo and tests only: let the fetcher reach this machine, by loopback
	Rate         rate.Limit    // requests a second and host; default 1
	Burst        int           // default 1
	Timeout      time.Duration // of one request, wall clock; default 30 s
	MaxBody      int64         // bytes of one page; default 8 MB
	Workers      int           // visits at the same time; default 16
	DailyBudget  int           // requests a day and host, wall clock, of all collectors together; default 5000
	Quiet        []Window      // times of day in which no visit begins
	Browser      string        // path of a Chromium for sources of kind browser; empty: none
	BrowserMB    int           // memory it may take, MB; default 1024
	Mailboxes    []Mailbox     // for sources of kind imap
	Secrets      []Secret      // keys of interfaces
	Allow        []string      // the sites the office approved, with all below them; empty: those of the sources

	// Urgent names the sources, as posts name them, that open events come from:
	// they are visited as often as is polite. May be nil.
	Urgent func(ctx context.Context) (map[string]bool, error)

	// Watched says which of these posts belong to events whose case is open: their
	// pages are looked at again more often and for longer. May be nil.
	Watched func(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID]bool, error)

	OnHealth func(huiying.Source, huiying.SourceHealth) // for the live page
	Log      *slog.Logger
}

// Collector reads the sources of a region.
type Collector struct {
	cfg      Config
	fetcher  *Fetcher
	chromium *chromium // nil: none
	holder   string    // of leases: this collector among those that share the work

	failures failures

	pause func(ctx context.Context, d time.Duration) error // wall clock; replaced in tests
}

// finishTime is how long the book-keeping of finished work may take after a
// shutdown began, wall clock.
const finishTime = 10 * time.Second

// New makes a collector; nothing moves before Run, Visit or Push.
func New(cfg Config) *Collector {
	cfg.Workers = cmp.Or(cfg.Workers, 16)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Intake.Now == nil {
		cfg.Intake.Now = cfg.Speed.Now
	}
	if cfg.Intake.Region == "" {
		cfg.Intake.Region = cfg.Region
	}
	c := &Collector{
		cfg: cfg, holder: rand.Text(),
		fetcher: NewFetcher(FetchConfig{
			UserAgent: cfg.UserAgent, Contact: cfg.Contact, AllowPrivate: cfg.AllowPrivate,
			Rate: cfg.Rate, Burst: cfg.Burst, Timeout: cfg.Timeout, MaxBody: cfg.MaxBody, DailyBudget: cfg.DailyBudget, Allow: cfg.Allow, book: cfg.Ledger,
		}),
		pause: sleep,
	}
	if cfg.Browser != "" {
		c.chromium = newChromium(c.fetcher, cfg.Browser, cfg.BrowserMB)
	}
	return c
}

// Close ends idle connections.
func (c *Collector) Close() { c.fetcher.Close() }

// Visit reads a source once: fetch, parse, publish, mark seen, save health.
// The error is what the health shows too; it is nil when single items failed
// but the visit as a whole did not.
func (c *Collector) Visit(ctx context.Context, s huiying.Source) error {
	known, err := c.cfg.Ledger.Health(ctx, c.cfg.Region)
	if err != nil {
		return fmt.Errorf("read health: %w", err)
	}
	if err := c.fetcher.hosts.learn(ctx, hostOf(s)); err != nil {
		return fmt.Errorf("read what is known of the host: %w", err)
	}
	h := known[s.ID]
	h.Source, h.LastAttempt = s.ID, c.cfg.Speed.Now()
	v := c.newVisit(s, h.State, false)
	t, err := c.read(ctx, v)
	if ctx.Err() != nil {
		return ctx.Err() // interrupted is not failed; what is unsettled is read again
	}
	if c.failed(v, err); err != nil && kindOf(err) == "" {
		c.failed(v, &Failure{Kind: huiying.FailureOurs, Cause: err})
	}
	c.grade(&h, v, t, err)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	if saveErr := c.cfg.Ledger.SaveHealth(ctx, h); saveErr != nil {
		return errors.Join(err, fmt.Errorf("save health of %s: %w", s.ID, saveErr))
	}
	if c.cfg.OnHealth != nil {
		c.cfg.OnHealth(s, h)
	}
	return err
}

func (c *Collector) read(ctx context.Context, v *visit) (tally, error) {
	p, err := openSource(v.source)
	if err != nil {
		return tally{}, err
	}
	items, err := p.list(ctx, v)
	if err != nil {
		return tally{}, err
	}
	t, err := c.collect(ctx, v, items)
	if p.settled != nil {
		err = errors.Join(err, c.settle(ctx, v, p, items))
	}
	if err != nil {
		return t, err
	}
	return t, c.revisit(ctx, v, p.page, &t)
}

// settle tells the source what is published, or kept as a rejection, by now.
func (c *Collector) settle(ctx context.Context, v *visit, p plan, items []candidate) error {
	keys := make([]string, len(items))
	for i, item := range items {
		keys[i] = item.key
	}
	open, err := c.cfg.Ledger.Unseen(ctx, v.source.ID, keys)
	if err != nil {
		return fmt.Errorf("ask which items are settled: %w", err)
	}
	items = slices.DeleteFunc(slices.Clone(items), func(item candidate) bool { return slices.Contains(open, item.key) })
	if len(items) == 0 {
		return nil
	}
	return p.settled(ctx, v, items)
}

func openSource(s huiying.Source) (plan, error) {
	p, err := open(s)
	if err != nil {
		return plan{}, fmt.Errorf("信源“%s”设置有误：%w", huiying.Clip(s.Name, 30), err)
	}
	return p, nil
}

// grade writes what became of a visit into the source's health.
func (c *Collector) grade(h *huiying.SourceHealth, v *visit, t tally, err error) {
	now := c.cfg.Speed.Now()
	h.Visits++
	h.Items += t.items
	h.Rejected += t.rejected
	if t.items > 0 {
		if !h.LastItem.IsZero() { // the first visit brings what had gathered
			h.Gap = huiying.Duration(smooth(time.Duration(h.Gap), now.Sub(h.LastItem)/time.Duration(t.items)))
		}
		h.LastItem = now
	}
	if len(t.lags) > 0 {
		h.LagSeconds = quantile(t.lags, 0.5)
		v.memory.Lags = append(v.memory.Lags, t.lags...)
		v.memory.Lags = v.memory.Lags[max(0, len(v.memory.Lags)-lagsKept):]
		h.LagP95 = quantile(v.memory.Lags, 0.95)
	}
	switch {
	case t.items == 0 && t.known == 0 && t.rejected > 0:
		h.Barren++
	case t.items+t.known > 0:
		h.Barren = 0
	}
	hour := huiying.SourceHour{Items: int(t.items), Rejected: int(t.rejected), Requests: v.requests, Bytes: v.bytes, Kinds: v.failed}
	if err != nil {
		hour.Failures = 1
	}
	h.Record(now, hour)
	switch {
	case err != nil:
		h.Failures++
		h.LastError = huiying.Clip(err.Error(), 500)
	default:
		h.Succeeded(v.source, now)
		if t.trouble != nil {
			h.LastError = "有条目没有取到，下次再试：" + huiying.Clip(t.trouble.Error(), 450)
		}
	}
	// A list counts as read only when everything on it is settled, or its
	// "not modified" would hide what is left.
	if err == nil && !t.unfinished {
		v.memory.Lists, v.memory.Mods = v.fresh, v.mods
	} else {
		v.memory.Lists, v.memory.Mods = nil, nil
	}
	v.memory.Every = v.source.Every
	h.State = v.memory.bytes()
	h.NextVisit = now.Add(c.wait(v.source, *h, err))
}

// Try reads a source like Visit, but publishes and remembers nothing: it shows
// what would come.
func (c *Collector) Try(ctx context.Context, s huiying.Source) (huiying.Preview, error) {
	const shown = 10
	p, err := openSource(s)
	if err != nil {
		return huiying.Preview{}, err
	}
	v := c.newVisit(s, nil, true)
	items, err := p.list(ctx, v)
	if err != nil {
		return huiying.Preview{Notes: v.notes, Sample: v.sample, Fields: v.taken}, err
	}
	var preview huiying.Preview
	for i, item := range items[:min(len(items), shown)] {
		if v.late() {
			v.note("网站太慢，只试取了前 %d 条", i)
			break
		}
		p, err := item.post, item.err
		if err == nil && item.fetch != nil {
			p, item.replies, err = c.complete(ctx, v, item)
			if ctx.Err() != nil {
				return huiying.Preview{}, ctx.Err()
			}
		}
		if err != nil && item.spare {
			err = nil
		}
		if err == nil {
			p, err = c.cfg.Intake.Accept(p)
		}
		if err != nil {
			preview.Rejected = append(preview.Rejected, huiying.RowError{Index: i, Error: item.where + "：" + strings.TrimPrefix(personText(err), item.where+"：")})
			continue
		}
		preview.Posts = append(preview.Posts, p)
		if n := len(item.replies); n > 0 {
			v.note("%s 下有 %d 条评论或回复", item.where, n)
		}
	}
	v.note("列表里有 %d 条，试取了前 %d 条", len(items), min(len(items), shown))
	preview.Notes, preview.Sample, preview.Fields, preview.ReplySample, preview.ReplyFields = v.notes, v.sample, v.taken, v.replySample, v.replyTaken
	return preview, nil
}

// publish waits while the bus is full. When it stays full the items are left
// for the next visit.
func (c *Collector) publish(ctx context.Context, posts []huiying.Post) (accepted, duplicate int, err error) {
	wait := 250 * time.Millisecond
	for range 6 { // 250 ms … 8 s: 16 s in all
		accepted, duplicate, err = c.cfg.Publish(ctx, posts)
		if !errors.Is(err, huiying.ErrBusy) {
			break
		}
		if err := c.pause(ctx, wait); err != nil {
			return 0, 0, err
		}
		wait *= 2
	}
	if err != nil {
		return 0, 0, fmt.Errorf("有 %d 条没有发布成功，下次重读：%w", len(posts), err)
	}
	return accepted, duplicate, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Bounds on what a rejection keeps of an item, in characters.
const (
	rawKept     = 2000
	rawRedacted = 8000 // read before cutting, so that no number is cut into one that looks harmless
)

func (c *Collector) rejection(region huiying.Region, source, where, raw string, err error) huiying.Rejection {
	if region == "" {
		region = c.cfg.Region
	}
	found := make(map[string]int)
	raw = huiying.Redact(huiying.CleanText(huiying.Clip(raw, rawRedacted)), found)
	return huiying.Rejection{
		At: c.cfg.Speed.Now(), Region: region, Source: source, Where: huiying.Clip(where, 500),
		Error: huiying.Redact(huiying.Clip(personText(err), 500), found), Raw: huiying.Clip(raw, rawKept),
	}
}

// personText is an error without the cause that is for the log only.
func personText(err error) string {
	var e *huiying.Error
	var f *Failure
	switch {
	case errors.As(err, &f):
		return f.Error()
	case errors.As(err, &e):
		plain := *e
		plain.Cause = nil
		return plain.Error()
	}
	return err.Error()
}
