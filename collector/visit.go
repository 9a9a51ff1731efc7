package collector

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"time"

	"huiying"
)

// A visit is one reading of a source.
type visit struct {
	source  huiying.Source
	fetcher *Fetcher
	memory  memory
	limit   int // new items at most
	dry     bool
	now     func() time.Time
	until   time.Time // wall clock: no further page is asked for

	rendered *rendering // pages are asked for as scripts make them
	chromium *chromium  // nil when the installation has none

	mailboxes []Mailbox
	secrets   []Secret
	signing   *signing // how the requests of the list are made; nil: as they stand

	fresh   map[string]Validators // of the lists read now, kept if all goes well
	mods    map[string]string     // of the sitemap's files read now, likewise
	trouble error                 // a part of the list could not be read
	notes   []string
	sample  []huiying.Sampled          // of the first item of a JSON list, for a person who tries it
	taken   map[string]huiying.Sampled // field → what it takes from that item

	replySample []huiying.Sampled // the same of the first comment
	replyTaken  map[string]huiying.Sampled
	requests    int
	failed      map[huiying.FailureKind]int
	bytes       int64 // over the wire

	next        string     // the page to ask for ahead, "" for none
	ahead       *lookahead // the page that is asked for now, nil for none
	body, spare []byte     // memory of the last page's body, and for the next
}

// memory is what a source's health keeps for us between visits.
type memory struct {
	Since time.Time             `json:"since,omitzero"`  // the first visit: what was published before is no lag of ours
	Setup string                `json:"setup"`           // digest of the source's kind, URL and options
	Every huiying.Duration      `json:"every,omitzero"`  // as it was set at the last visit
	Lags  []float64             `json:"lags,omitempty"`  // seconds from publication to capture, the latest last
	Lists map[string]Validators `json:"lists,omitempty"` // of the list pages
	Mods  map[string]string     `json:"mods,omitempty"`  // file of a sitemap → its lastmod when it was read
	Tries map[string]int        `json:"tries,omitempty"` // item → failed fetches
}

func (c *Collector) newVisit(s huiying.Source, state []byte, dry bool) *visit {
	v := &visit{source: s, fetcher: c.fetcher, chromium: c.chromium, mailboxes: c.cfg.Mailboxes, secrets: c.cfg.Secrets, dry: dry, now: c.cfg.Speed.Now, limit: 50, until: time.Now().Add(visitTime), fresh: make(map[string]Validators), mods: make(map[string]string)}
	if dry {
		v.until = time.Now().Add(tryTime)
	} else {
		v.memory = recall(s, state)
		if v.memory.Since.IsZero() {
			v.memory.Since = v.now()
		}
	}
	return v
}

// recall reads the memory; a source that was changed starts without one.
func recall(s huiying.Source, state []byte) memory {
	var m memory
	if json.Unmarshal(state, &m) != nil || m.Setup != setupOf(s) {
		m = memory{Setup: setupOf(s)}
	}
	return m
}

func setupOf(s huiying.Source) string {
	b, _ := json.Marshal([]any{s.Kind, s.URL, s.Options}) // what cannot be written compares as empty
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// get reads one address. For a list it asks "changed since last time?". The body is
// valid until the next get.
func (v *visit) get(ctx context.Context, address string, list bool) (Fetched, error) {
	return v.load(ctx, address, list, bound{bytes: v.fetcher.cfg.MaxBody, into: v.body})
}

// getMap reads a file of a sitemap, which may be packed.
func (v *visit) getMap(ctx context.Context, address string) (Fetched, error) {
	return v.load(ctx, address, true, bound{bytes: v.fetcher.cfg.MaxBody, into: v.body, gzipped: true})
}

func (v *visit) load(ctx context.Context, address string, list bool, size bound) (Fetched, error) {
	var known Validators
	if list {
		known = v.memory.Lists[address]
	}
	var got Fetched
	var err error
	ahead, taken := v.asked(address)
	switch {
	case taken:
		got, err = ahead.got, ahead.err
	case v.late():
		return Fetched{}, &Failure{URL: address, Kind: huiying.FailureTimeout, Message: "网站太慢，这次采集的时间已用完，其余留到下次"}
	case v.rendered == nil && v.signing != nil && size.signed:
		got, err = v.signed(ctx, address, known, size)
	case v.rendered == nil:
		got, err = v.fetcher.get(ctx, address, known, size)
	case v.chromium == nil:
		return Fetched{}, &Failure{URL: address, Kind: huiying.FailureOurs, Message: "没有开启浏览器采集，请在配置的 collector.browser 写上 Chromium 的路径", Permanent: true}
	default:
		got, err = v.chromium.render(ctx, address, *v.rendered)
	}
	if cap(got.Body) > cap(v.body) {
		v.body = got.Body
	}
	v.requests++
	v.bytes += got.Read
	if err != nil {
		return Fetched{}, err
	}
	v.askAhead(ctx)
	if list {
		if got.Validators != (Validators{}) {
			v.fresh[address] = got.Validators
		}
		if got.NotModified {
			v.note("%s 没有变化（304）", address)
		} else {
			v.note("读取 %s，%s", got.URL, sizeText(int64(len(got.Body))+1023))
		}
	}
	return got, nil
}

// ask reads one address of an interface, signed where it wants that.
func (v *visit) ask(ctx context.Context, address string, list bool) (Fetched, error) {
	return v.load(ctx, address, list, bound{bytes: v.fetcher.cfg.MaxBody, into: v.body, signed: true})
}

// signed fills in what the address and the headers hold in braces. What comes back
// names no secret.
func (v *visit) signed(ctx context.Context, address string, known Validators, size bound) (Fetched, error) {
	filled, headers, hide, err := v.signing.fill(address, v.secrets, v.fetcher.cfg.Wall())
	if err != nil {
		return Fetched{}, err
	}
	size.headers = headers
	got, err := v.fetcher.get(ctx, filled, known, size)
	got.URL = hide.Replace(got.URL)
	return got, withoutSecrets(err, address, hide)
}

// late reports whether the visit has taken all the time a source may have of a
// worker.
func (v *visit) late() bool { return time.Now().After(v.until) }

func (v *visit) note(format string, args ...any) {
	if v.dry && len(v.notes) < 50 {
		v.notes = append(v.notes, fmt.Sprintf(format, args...))
	}
}

// blank is a post with what the source tells of all its items.
func (v *visit) blank() huiying.Post {
	return huiying.Post{Region: v.source.Region, Source: v.source.Name, Channel: v.source.Channel, Tier: v.source.Tier}
}

// itemKey is what the ledger remembers of an item: its own id, else its
// address, else what it says. Long ones are digested.
func itemKey(id, address, text string) string {
	key := cmp.Or(id, huiying.AddressKey(address), text)
	if len(key) > 200 || id == "" && address == "" {
		sum := sha256.Sum256([]byte(key))
		return "#" + hex.EncodeToString(sum[:16])
	}
	return key
}

// Bounds of one visit.
const (
	publishBatch = 100                    // posts at most that wait to be published
	publishPause = 100 * time.Millisecond // wall clock: pages that come faster than that are published together
	maxTries     = 5                      // fetches of one item over as many visits
	givenUpAfter = 3                      // fetches that fail in a row end a visit: the site is down
	lagsKept     = 200

	visitTime = 10 * time.Minute // wall clock; what is left then waits for the next visit
	tryTime   = time.Minute
)

// A tally is what a visit brought.
type tally struct {
	items, rejected int64
	known           int64     // published before, by this source under another address or by another
	lags            []float64 // seconds from publication to capture
	trouble         error     // an item could not be fetched; the visit went on
	unfinished      bool      // items are left for the next visit
}

// collect settles every unseen candidate: it becomes a published post or a
// rejection, and only then is it marked seen, so a crash at any point reads it
// again. An item whose page cannot be read now is left for the next visit.
func (c *Collector) collect(ctx context.Context, v *visit, list []candidate) (t tally, err error) {
	list, known, more, err := c.unseen(ctx, v, list)
	if err != nil {
		return t, err
	}
	t.unfinished = more || v.trouble != nil
	t.trouble = v.trouble
	c.failed(v, v.trouble)
	if err := c.relisted(ctx, v, known, &t); err != nil {
		return t, err
	}
	b := batch{c: c, v: v, tally: &t}
	failed := 0
	defer v.endAhead()
	for i, item := range list {
		if item.err == nil && item.fetch != nil {
			if v.late() {
				t.unfinished = true
				break
			}
			if i+1 < len(list) && list[i+1].ownPage {
				v.next = list[i+1].post.URL
			}
			item.post, item.replies, item.err = c.complete(ctx, v, item)
			v.next = ""
			if ctx.Err() != nil {
				return t, errors.Join(ctx.Err(), b.flush(context.WithoutCancel(ctx)))
			}
			c.failed(v, item.err)
			if item.err != nil && !permanent(item.err) {
				t.trouble, t.unfinished = item.err, true
				if v.tryAgain(item.key) {
					if failed++; failed >= givenUpAfter {
						break
					}
					continue
				}
				item.err = fmt.Errorf("试了 %d 次都没有取到：%w", maxTries, item.err)
			}
			if item.spare {
				item.err = nil
			}
			failed = 0
		}
		delete(v.memory.Tries, item.key)
		if err := b.add(ctx, item); err != nil {
			return t, err
		}
	}
	err = b.flush(ctx)
	if err == nil && failed >= givenUpAfter {
		err = fmt.Errorf("连续 %d 页没有取到：%w", givenUpAfter, t.trouble)
	}
	return t, err
}

// complete reads an item's own page. A page that makes a parser panic costs
// this item, not the process: the next start would read it again.
func (c *Collector) complete(ctx context.Context, v *visit, item candidate) (p huiying.Post, replies []huiying.Post, err error) {
	defer func() {
		if r := recover(); r != nil {
			c.cfg.Log.Error("panic while reading a page", "url", item.where, "panic", r, "stack", string(debug.Stack()))
			p, err = item.post, &Failure{URL: item.where, Kind: huiying.FailureOurs, Message: "读取这个网页时程序出错，已记入日志", Permanent: true}
		}
	}()
	return item.fetch(ctx, v, item.post)
}

// unseen parts the candidates the ledger does not know, at most v.limit, from
// those it does and that the list tells whole.
func (c *Collector) unseen(ctx context.Context, v *visit, list []candidate) (fresh, known []candidate, more bool, err error) {
	byKey := make(map[string]int, len(list)) // where in list
	keys := make([]string, 0, len(list))
	for i, item := range list {
		if _, twice := byKey[item.key]; !twice {
			byKey[item.key] = i
			keys = append(keys, item.key)
		}
	}
	if keys, err = c.cfg.Ledger.Unseen(ctx, v.source.ID, keys); err != nil {
		return nil, nil, false, fmt.Errorf("ask which items are new: %w", err)
	}
	fresh = make([]candidate, 0, min(len(keys), v.limit))
	for _, key := range keys {
		if len(fresh) < v.limit {
			fresh = append(fresh, list[byKey[key]])
		}
		delete(byKey, key)
	}
	for i, item := range list {
		if at, ok := byKey[item.key]; ok && at == i && item.fetch == nil && item.err == nil {
			known = append(known, item)
		}
	}
	return fresh, known, len(keys) > v.limit, nil
}

// tryAgain counts a failed fetch and reports whether another is worth it.
func (v *visit) tryAgain(key string) bool {
	if v.memory.Tries == nil {
		v.memory.Tries = make(map[string]int)
	}
	v.memory.Tries[key]++
	if v.memory.Tries[key] < maxTries {
		return true
	}
	delete(v.memory.Tries, key)
	return false
}

// A batch gathers settled items until they are published and remembered.
type batch struct {
	c     *Collector
	v     *visit
	tally *tally

	posts      []huiying.Post
	revisits   []huiying.Revisit
	keys       []string
	rejections []huiying.Rejection
	flushed    time.Time // wall clock
}

// add takes one item in with its replies. An item that came with a fetch of its own
// is published at once, for the next may take its time to come; but pages that come
// faster than people can see share their transactions.
func (b *batch) add(ctx context.Context, item candidate) error {
	if p, ok := b.settle(item); ok {
		if p.URL != "" {
			b.revisits = append(b.revisits, firstRevisit(b.v.source, p, item.fetch != nil))
		}
		if err := b.reply(ctx, p.ID, item.replies); err != nil {
			return err
		}
	}
	if item.fetch != nil && time.Since(b.flushed) >= publishPause || len(b.keys) >= publishBatch {
		return b.flush(ctx)
	}
	return nil
}

// settle makes a post of an item, or a rejection.
func (b *batch) settle(item candidate) (p huiying.Post, ok bool) {
	p, err := item.post, item.err
	if err == nil {
		p, err = b.c.cfg.Intake.Accept(p)
	}
	b.keys = append(b.keys, item.key)
	if err != nil {
		b.rejections = append(b.rejections, b.c.rejection(b.v.source.Region, b.v.source.Name, item.where, rawText(item.raw), err))
		return p, false
	}
	b.posts = append(b.posts, p)
	return p, true
}

func rawText(raw any) string {
	switch raw := raw.(type) {
	case nil:
		return ""
	case string:
		return raw
	}
	b, _ := json.Marshal(raw) // only shown to people; a failure leaves it empty
	return string(b)
}

func (b *batch) flush(ctx context.Context) error {
	if len(b.keys) == 0 {
		return nil
	}
	if len(b.posts) > 0 {
		accepted, known, err := b.c.publish(ctx, b.posts)
		if err != nil {
			return err
		}
		b.tally.items += int64(accepted)
		b.tally.known += int64(known)
		for _, p := range b.posts {
			if !p.Assumed && p.PublishedAt.After(b.v.memory.Since) && hasClock(p.PublishedAt) { // a day alone is up to 24 hours off
				b.tally.lags = append(b.tally.lags, p.CollectedAt.Sub(p.PublishedAt).Seconds())
			}
		}
	}
	// published is published: from here on not even a shutdown may stop us halfway
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	if len(b.revisits) > 0 {
		if err := b.c.cfg.Ledger.AddRevisits(ctx, b.revisits); err != nil {
			return fmt.Errorf("note pages to look at again: %w", err)
		}
	}
	if len(b.rejections) > 0 {
		if err := b.c.cfg.Ledger.SaveRejections(ctx, b.rejections); err != nil {
			return fmt.Errorf("keep rejected items: %w", err)
		}
		b.tally.rejected += int64(len(b.rejections))
	}
	if err := b.c.cfg.Ledger.MarkSeen(ctx, b.v.source.ID, b.keys, b.v.now()); err != nil {
		return fmt.Errorf("remember items as seen: %w", err)
	}
	b.posts, b.revisits, b.keys, b.rejections = nil, nil, nil, nil
	b.flushed = time.Now()
	return nil
}

// quantile is the value that a share q of the values does not exceed; 0 of none.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	return v[max(0, int(math.Ceil(q*float64(len(v))))-1)]
}

// smooth moves the usual span a third of the way to what was seen last.
func smooth(usual, seen time.Duration) time.Duration {
	if usual == 0 {
		return seen
	}
	return usual + (seen-usual)/3
}
