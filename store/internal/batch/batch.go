// Package batch is what both archives do with posts before and beside their
// databases: drop repeats, make rows on all cores, say what trends count, and
// measure inserts beside the bare driver.
package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"huiying"
)

// Row is a post made ready to be written.
type Row struct {
	Post       *huiying.Post
	Assessment *huiying.Assessment
	Doc        string // both as JSON
	Terms      string // what its text is found by
}

// Unknown drops repeats within a batch and posts that are stored already, before
// the work of cutting them into terms. A post without an ID is [huiying.ErrInvalid].
func Unknown(ctx context.Context, posts []huiying.Assessed, stored func(context.Context, []huiying.PostID) (map[huiying.PostID]bool, error)) ([]huiying.Assessed, error) {
	ids := make([]huiying.PostID, len(posts))
	for i, p := range posts {
		if ids[i] = p.Post.ID; ids[i] == "" {
			return nil, huiying.Invalid("id", "信息没有编号，不能入库")
		}
	}
	known, err := stored(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("looking for stored posts: %w", err)
	}
	out := make([]huiying.Assessed, 0, len(posts))
	for _, p := range posts {
		if !known[p.Post.ID] {
			known[p.Post.ID] = true
			out = append(out, p)
		}
	}
	return out, nil
}

// Prepare does what needs no database, on all cores, so that whoever writes is
// held for as short as can be. terms makes [Row.Terms] of a text. The rows point
// into the batch.
func Prepare(ctx context.Context, posts []huiying.Assessed, terms func(text string) string) ([]Row, error) {
	rows := make([]Row, len(posts))
	g, ctx := errgroup.WithContext(ctx)
	workers := min(runtime.GOMAXPROCS(0), len(posts))
	for w := range workers {
		g.Go(func() error {
			for i := w; i < len(posts); i += workers {
				if err := ctx.Err(); err != nil {
					return err
				}
				doc, err := json.Marshal(posts[i])
				if err != nil {
					return fmt.Errorf("writing post %s as JSON: %w", posts[i].Post.ID, err)
				}
				rows[i] = Row{
					Post: &posts[i].Post, Assessment: &posts[i].Assessment,
					Doc: string(doc), Terms: terms(posts[i].Post.FullText()),
				}
			}
			return nil
		})
	}
	return rows, g.Wait()
}

// Lead is the unit proposed first, or none.
func (r Row) Lead() huiying.UnitID {
	if len(r.Assessment.Units) == 0 {
		return ""
	}
	return r.Assessment.Units[0].Unit
}

// RiskyFrom is the risk score from which a post counts as risky in trends.
const RiskyFrom = 60

// Risky reports whether trends count the post as risky.
func (r Row) Risky() bool { return r.Assessment.Risk.Score >= RiskyFrom }

// Negative reports whether trends count the post as negative.
func (r Row) Negative() bool { return r.Assessment.Sentiment.Label == "negative" }

// Hour is the hour a post counts for: hours since 1970 UTC. Those of Beijing begin
// at the same instants.
func Hour(t time.Time) int64 {
	h := t.Unix() / 3600
	if t.Unix()%3600 < 0 {
		h-- // before 1970
	}
	return h
}
