package alerting

import (
	"context"
	"errors"
	"fmt"

	"huiying"
)

// editsOf parts the versions of known posts that say something else from first
// readings. A version that tells the post is gone changes nothing here: what the
// event and the case know of it stays.
func editsOf(batch []huiying.Assessed) (first, edits []huiying.Assessed) {
	for _, a := range batch {
		switch {
		case a.Post.Version == 0:
			first = append(first, a)
		case a.Post.Gone == "":
			edits = append(edits, a)
		}
	}
	return first, edits
}

// reread has the events of edited posts know what the posts say now, and adds them
// to changed. The edit of a post the ledger has not placed is told again by the
// first reading, or not at all.
func (e *Engine) reread(ctx context.Context, edits []huiying.Assessed, placed map[huiying.PostID]huiying.EventID, changed map[huiying.EventID]*huiying.Event) ([]huiying.Assessed, error) {
	var known []huiying.Assessed
	for _, a := range edits {
		id, ok := placed[a.Post.ID]
		if !ok {
			continue
		}
		ev := changed[id]
		if ev == nil {
			ev = e.tracker.Event(id)
		}
		if ev == nil { // faded from memory
			stored, err := e.ledger.Event(ctx, id)
			if errors.Is(err, huiying.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("event %s of an edited post: %w", id, err)
			}
			ev = &stored
		}
		edited(ev, a)
		changed[id] = ev
		known = append(known, a)
	}
	return known, nil
}

// edited brings an event in step with what one of its posts says now. An event of
// this post alone is what it says, milder too; of an event of several the gravest
// that was said stays, and people judge. Doing it again changes nothing.
func edited(e *huiying.Event, a huiying.Assessed) {
	p, as := a.Post, a.Assessment
	alone := e.Posts == 1 && e.Replies == 0 && e.FirstPost == p.ID
	if alone {
		e.Flags, e.Emergency, e.Misreading, e.RumorP = nil, huiying.Emergency{}, huiying.Misreading{}, 0
		e.Keywords, e.Places, e.Units, e.Negative = nil, nil, as.Units, 0
		if as.Sentiment.Label == "negative" {
			e.Negative = 1
		}
		e.Engagement = e.Engagement.Max(p.Engagement)
	}
	if alone || as.Risk.Score > e.Risk {
		speak(e, a)
	}
	heed(e, as)
	e.Keywords = union(e.Keywords, as.Keywords, func(a, b string) bool { return a == b })
	e.Places = union(e.Places, as.Places, func(a, b huiying.Place) bool { return a.Name == b.Name && a.Code == b.Code })
}
