package collector

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"huiying"
)

// How pages are looked at again: when their post is an hour old, two hours, four
// and so on for a week; while an open event or case speaks of it, at least every
// few hours, for as long as posts are kept anyway.
const (
	firstLook    = time.Hour
	watchedLook  = 3 * time.Hour
	confirmLook  = 30 * time.Minute // a page that is not there is looked for once more
	lookedAfter  = 8 * 24 * time.Hour
	lastLook     = 90 * 24 * time.Hour
	looksAtOnce  = 10 // in one visit
	goneAfter    = 2  // looks in a row that found no page
	mostVersions = 20 // of one post: a page that differs each time tells nothing
)

// printOf is a digest of what a post says, without what changes by itself.
func printOf(p huiying.Post) string {
	w, _ := lineWriters.Get().(*lineWriter)
	defer lineWriters.Put(w)
	w.out = appendSqueezed(w.out[:0], p.Title)
	w.out = append(w.out, 0)
	w.out = appendSqueezed(w.out, p.Text)
	sum := sha256.Sum256(steady(w.out))
	return hex.EncodeToString(sum[:12])
}

var (
	countWords = []string{"阅读", "浏览", "点击", "访问", "查看", "播放", "点赞", "赞", "评论", "回复", "回帖", "转发", "分享", "收藏", "人气", "热度"}
	countTails = []string{"次数", "人数", "量", "数"}
	agoWords   = []string{"秒前", "分钟前", "小时前", "天前"}
)

// steady takes out of a text, in its place, the numbers that change on a page
// although its post is not edited: counts of readers and answers, and times that say
// how long ago.
func steady(text []byte) []byte {
	out := text[:0]
	for rest := text; ; {
		i := bytes.IndexAny(rest, "0123456789")
		if i < 0 {
			return append(out, rest...)
		}
		n := bytes.IndexFunc(rest[i:], func(r rune) bool { return !strings.ContainsRune("0123456789,.万亿wWkK+", r) })
		if n < 0 {
			n = len(rest) - i
		}
		before, number, after := rest[:i], rest[i:i+n], rest[i+n:]
		counted := counts(before, after)
		out = append(out, before...)
		if !counted {
			out = append(out, number...)
		}
		rest = after
	}
}

// counts reports whether the words around a number make it a count or an age.
func counts(before, after []byte) bool {
	before = bytes.TrimRight(before, ":：")
	for _, tail := range countTails {
		if cut, ok := bytes.CutSuffix(before, []byte(tail)); ok {
			before = cut
			break
		}
	}
	for _, unit := range []string{"次", "人", "条", "个"} {
		if cut, ok := bytes.CutPrefix(after, []byte(unit)); ok {
			after = cut
			break
		}
	}
	return slices.ContainsFunc(countWords, func(w string) bool {
		return bytes.HasSuffix(before, []byte(w)) || bytes.HasPrefix(after, []byte(w))
	}) || slices.ContainsFunc(agoWords, func(w string) bool { return bytes.HasPrefix(after, []byte(w)) })
}

// firstRevisit notes an accepted post of a source. One that its list tells whole
// is compared there, and only forgotten in the end.
func firstRevisit(s huiying.Source, p huiying.Post, ownPage bool) huiying.Revisit {
	r := huiying.Revisit{Post: p.ID, Source: s.ID, URL: p.URL, Title: p.Title, Print: printOf(p), Since: p.CollectedAt, Due: p.CollectedAt.Add(lookedAfter)}
	if ownPage {
		r.Due = p.CollectedAt.Add(firstLook)
	}
	return r
}

// nextLook is when to look at a page again, the zero time for never.
func nextLook(r huiying.Revisit, now time.Time, watched bool) time.Time {
	age := now.Sub(r.Since)
	wait := max(firstLook, age)
	switch {
	case r.N >= mostVersions, age >= lastLook:
		return time.Time{}
	case r.Misses > 0 && r.Misses < goneAfter:
		return now.Add(confirmLook)
	case watched:
		return now.Add(min(wait, watchedLook))
	case age+wait > lookedAfter:
		return time.Time{}
	}
	return now.Add(wait)
}

// revisit looks again at the pages of the visit's source whose time has come. A
// page that cannot be read now costs nothing but its turn.
func (c *Collector) revisit(ctx context.Context, v *visit, page completion, t *tally) error {
	due, err := c.cfg.Ledger.DueRevisits(ctx, v.source.ID, v.now(), looksAtOnce)
	if err != nil || len(due) == 0 {
		return err
	}
	watched := make(map[huiying.PostID]bool)
	if c.cfg.Watched != nil {
		ids := make([]huiying.PostID, len(due))
		for i, r := range due {
			ids[i] = r.Post
		}
		if watched, err = c.cfg.Watched(ctx, ids); err != nil {
			return fmt.Errorf("which posts are watched: %w", err)
		}
	}
	for _, r := range due {
		switch {
		case page == nil:
			r.Due = time.Time{} // the list tells all of this source, and it has been compared long enough
		case !c.fetcher.spare(r.URL):
			return nil // what is left of the day is for what is new
		default:
			if err := c.look(ctx, v, page, &r, t); err != nil {
				return err
			}
			r.Due = nextLook(r, v.now(), watched[r.Post])
		}
		if err := c.cfg.Ledger.SaveRevisit(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// look reads one page again and publishes what became of its post, if anything.
func (c *Collector) look(ctx context.Context, v *visit, page completion, r *huiying.Revisit, t *tally) error {
	post := v.blank()
	post.ID, post.URL, post.Title = r.Post, r.URL, r.Title
	post, replies, err := c.complete(ctx, v, candidate{where: r.URL, post: post, fetch: page})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var failure *Failure
	if errors.As(err, &failure) && failure.Gone {
		return c.missed(ctx, v, r, failure)
	}
	if err == nil {
		post, err = c.cfg.Intake.Accept(post)
	}
	if err != nil { // the site is down, or the page has another shape now: nothing is known of the post
		c.cfg.Log.Debug("page not looked at again", "url", r.URL, "error", err)
		return nil
	}
	if err := c.compare(ctx, post, r); err != nil {
		return err
	}
	return c.answer(ctx, v, r.Post, replies, t)
}

// missed counts a look that found no page; the second in a row makes the post gone.
func (c *Collector) missed(ctx context.Context, v *visit, r *huiying.Revisit, why *Failure) error {
	if r.Misses++; r.Misses < goneAfter || r.Gone {
		return nil
	}
	gone := v.blank()
	gone.ID, gone.URL, gone.Version, gone.Gone = r.Post, r.URL, r.N+1, why.Message
	gone.CollectedAt = v.now()
	gone.PublishedAt, gone.Assumed = gone.CollectedAt, true
	if gone.Region == "" {
		gone.Region = c.cfg.Region
	}
	if _, _, err := c.publish(ctx, []huiying.Post{gone}); err != nil {
		return err
	}
	r.N, r.Gone = r.N+1, true
	return nil
}

// compare publishes a version when an accepted post says something else than last
// time.
func (c *Collector) compare(ctx context.Context, post huiying.Post, r *huiying.Revisit) error {
	r.Misses = 0
	if printOf(post) == r.Print && !r.Gone {
		return nil
	}
	post.Version = r.N + 1
	if _, _, err := c.publish(ctx, []huiying.Post{post}); err != nil {
		return err
	}
	r.N, r.Print, r.Gone = post.Version, printOf(post), false
	return nil
}

// relisted compares what a list that tells all says of posts it told before.
func (c *Collector) relisted(ctx context.Context, v *visit, known []candidate, t *tally) error {
	posts := make(map[huiying.PostID]huiying.Post)
	var ids []huiying.PostID
	for _, item := range known {
		if p, err := c.cfg.Intake.Accept(item.post); err == nil {
			ids = append(ids, p.ID)
			posts[p.ID] = p
			if err := c.answer(ctx, v, p.ID, item.replies, t); err != nil {
				return err
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	noted, err := c.cfg.Ledger.Revisits(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		r, ok := noted[id]
		if !ok || r.Source != v.source.ID || r.N >= mostVersions {
			continue
		}
		n := r.N
		if err := c.compare(ctx, posts[id], &r); err != nil {
			return err
		}
		if r.N != n {
			if err := c.cfg.Ledger.SaveRevisit(ctx, r); err != nil {
				return err
			}
		}
	}
	return nil
}
