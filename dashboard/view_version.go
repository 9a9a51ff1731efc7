package dashboard

import (
	"context"
	"fmt"
	"time"

	"huiying"
)

// changeView is one later reading of a post, beside the one before it.
type changeView struct {
	At     time.Time
	Gone   string // why the page is not there any more
	Back   bool   // it was gone before
	Title  []huiying.DiffRun
	Text   []huiying.DiffRun
	Before float64 // risk, 0…100
	After  float64
}

// changesOf says of each version what it changed, the latest first.
func changesOf(x huiying.Assessed, versions []huiying.Version) []changeView {
	last, gone := huiying.Version{Title: x.Post.Title, Text: x.Post.Text, Risk: x.Assessment.Risk.Score}, false
	out := make([]changeView, len(versions))
	for i, v := range versions {
		c := changeView{At: v.At, Gone: v.Gone, Back: gone && v.Gone == ""}
		if v.Gone == "" {
			if v.Title != last.Title {
				c.Title = huiying.Diff(last.Title, v.Title)
			}
			if v.Text != last.Text {
				c.Text = huiying.Diff(last.Text, v.Text)
			}
			c.Before, c.After = last.Risk, v.Risk
			last = v
		}
		gone = v.Gone != ""
		out[len(versions)-1-i] = c
	}
	return out
}

// fate is what became of a post after it was first read.
type fate struct {
	Gone    string // why its page is not there any more, "" while it is
	Since   time.Time
	Changed int // how often it was edited
}

// fatesOf are the fates of those posts that changed.
func (s *Server) fatesOf(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID]fate, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	versions, err := s.cfg.Archive.Versions(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read versions of posts: %w", err)
	}
	out := make(map[huiying.PostID]fate, len(versions))
	for id, list := range versions {
		out[id] = fateOf(list)
	}
	return out, nil
}

func fateOf(versions []huiying.Version) fate {
	var f fate
	for _, v := range versions {
		f.Gone, f.Since = v.Gone, v.At
		if v.Gone == "" {
			f.Changed++
		}
	}
	return f
}
