package report

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"huiying"
)

// Brief computes the 日报, 周报 or 月报 of an order: what it will say before
// anybody has changed a remark.
func (r *Reporter) Brief(ctx context.Context, o Order) (huiying.Brief, error) {
	r.settle(&o)
	none := huiying.Brief{}
	in := huiying.BriefInput{Kind: o.Kind, From: o.From, To: o.To, Now: o.Now, MinParts: r.cfg.Rules().Appraisal.MinSample}
	var err error
	if in.Posts, in.Trend, err = r.counts(ctx, o.From, o.To, true); err != nil {
		return none, err
	}
	before := o.Kind.Before(o.From)
	if in.Before, _, err = r.counts(ctx, before, before.Add(o.To.Sub(o.From)), false); err != nil { // as long, so that half a day is held against half a day
		return none, err
	}
	if in.Events, err = r.events(ctx, o.From, o.To); err != nil {
		return none, err
	}
	if in.Cases, err = r.cases(ctx, o.From, o.To); err != nil {
		return none, err
	}
	if o.Kind != huiying.ReportDaily {
		if in.Units, err = r.cfg.Ledger.UnitStats(ctx, huiying.StatsQuery{Region: r.cfg.Region, From: o.From, To: o.To, Now: o.Now}); err != nil {
			return none, fmt.Errorf("measuring the units: %w", err)
		}
	}
	sources, err := r.cfg.Ledger.Sources(ctx, r.cfg.Region)
	if err != nil {
		return none, fmt.Errorf("reading the sources: %w", err)
	}
	health, err := r.cfg.Ledger.Health(ctx, r.cfg.Region)
	if err != nil {
		return none, fmt.Errorf("reading how the sources fare: %w", err)
	}
	in.Sources, in.Blind = len(sources), huiying.BlindSpotsIn(sources, health, o.From, earlier(o.To, o.Now))
	return huiying.BriefOf(in), nil
}

// counts sums the posts of a period; whole hours, as the archive keeps them.
func (r *Reporter) counts(ctx context.Context, from, to time.Time, kinds bool) (huiying.PostCounts, []huiying.TrendBucket, error) {
	c := huiying.PostCounts{Channels: make(map[huiying.Channel]int)}
	step := time.Hour
	if to.Sub(from) > 2*24*time.Hour {
		step = 24 * time.Hour
	}
	trend, err := r.cfg.Archive.Trend(ctx, r.cfg.Region, from, to, step)
	if err != nil {
		return c, nil, fmt.Errorf("reading the trend: %w", err)
	}
	for _, b := range trend {
		c.Total += b.Posts
		c.Negative += b.Negative
		for channel, n := range b.Channels {
			c.Channels[channel] += n
		}
	}
	if !kinds || c.Total == 0 {
		return c, trend, nil
	}
	q := huiying.PostQuery{Region: r.cfg.Region, From: from, To: to, Sentiment: "positive"}
	if c.Positive, err = r.cfg.Archive.CountPosts(ctx, q); err != nil {
		return c, nil, fmt.Errorf("counting posts: %w", err)
	}
	c.Neutral = max(0, c.Total-c.Negative-c.Positive)
	if step == time.Hour {
		return c, trend, nil
	}
	c.Categories = make(map[string]int)
	for _, name := range huiying.Categories {
		q := huiying.PostQuery{Region: r.cfg.Region, From: from, To: to, Category: name}
		n, err := r.cfg.Archive.CountPosts(ctx, q)
		if err != nil {
			return c, nil, fmt.Errorf("counting posts: %w", err)
		}
		if n > 0 {
			c.Categories[name] = n
		}
	}
	return c, trend, nil
}

// events are those that had a post in the period, as they stand now.
func (r *Reporter) events(ctx context.Context, from, to time.Time) ([]huiying.Event, error) {
	return pages(func(cursor string) (huiying.Page[huiying.Event], error) {
		return r.cfg.Ledger.Events(ctx, huiying.EventQuery{Region: r.cfg.Region, From: from, Limit: huiying.MaxLimit, Cursor: cursor})
	}, func(e huiying.Event) bool { return e.FirstAt.Before(to) })
}

// cases are those opened in the period and those open now, drills left out.
func (r *Reporter) cases(ctx context.Context, from, to time.Time) ([]huiying.Case, error) {
	no, yes := false, true
	q := huiying.CaseQuery{Region: r.cfg.Region, Drill: &no, Limit: huiying.MaxLimit}
	list := func(q huiying.CaseQuery, keep func(huiying.Case) bool) ([]huiying.Case, error) {
		return pages(func(cursor string) (huiying.Page[huiying.Case], error) {
			q.Cursor = cursor
			return r.cfg.Ledger.Cases(ctx, q)
		}, keep)
	}
	open := q
	open.Open, open.To = &yes, from
	out, err := list(open, func(huiying.Case) bool { return true })
	if err != nil {
		return nil, err
	}
	q.From, q.To = from.AddDate(0, -3, 0), to // those answered or closed in the period were opened before
	recent, err := list(q, func(c huiying.Case) bool {
		return !c.OpenedAt.Before(from) || c.State.Ended() && !c.ClosedAt.Before(from)
	})
	return append(out, recent...), err
}

// pages reads a list to its end and keeps what keep says.
func pages[T any](read func(cursor string) (huiying.Page[T], error), keep func(T) bool) ([]T, error) {
	var out []T
	for cursor := ""; ; {
		page, err := read(cursor)
		if err != nil {
			return nil, fmt.Errorf("reading a list for a report: %w", err)
		}
		for _, x := range page.Items {
			if keep(x) {
				out = append(out, x)
			}
		}
		if cursor = page.Next; cursor == "" {
			return out, nil
		}
	}
}

func casePath(id huiying.CaseID) string   { return "/cases/" + url.PathEscape(string(id)) }
func eventPath(id huiying.EventID) string { return "/events/" + url.PathEscape(string(id)) }
