package alerting

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"huiying"
)

// Archive is where the posts of an event are read again when a case freezes them.
type Archive interface {
	Posts(ctx context.Context, q huiying.PostQuery) (huiying.Page[huiying.Assessed], error)
}

// evidenceFrom is how many posts of an event are looked at for evidence, the
// first ones: what began it is what must not be lost.
const evidenceFrom = 100

// eventPosts are the posts of an event a person opens a case from; an event of
// another county is not found.
func (d *Desk) eventPosts(ctx context.Context, region huiying.Region, id huiying.EventID) ([]huiying.Assessed, error) {
	if id == "" {
		return nil, nil
	}
	e, err := d.ledger.Event(ctx, id)
	if err == nil && !region.Covers(e.Region) {
		err = huiying.Errorf(huiying.CodeNotFound, "没有这个事件")
	}
	if err != nil {
		return nil, fmt.Errorf("reading event %s: %w", id, err)
	}
	return d.members(ctx, id)
}

// members are the first posts of an event in the order they joined, as the
// archive has them.
func (d *Desk) members(ctx context.Context, id huiying.EventID) ([]huiying.Assessed, error) {
	if d.archive == nil {
		return nil, nil
	}
	members, err := d.ledger.EventPosts(ctx, id, evidenceFrom)
	if err != nil || len(members) == 0 {
		return nil, err
	}
	ids := make([]huiying.PostID, len(members))
	for i, m := range members {
		ids[i] = m.Post
	}
	posts, err := d.archive.Posts(ctx, huiying.PostQuery{IDs: ids, Limit: evidenceFrom})
	if err != nil {
		return nil, fmt.Errorf("reading the posts of event %s: %w", id, err)
	}
	slices.SortFunc(posts.Items, func(a, b huiying.Assessed) int {
		return cmp.Compare(slices.Index(ids, a.Post.ID), slices.Index(ids, b.Post.ID))
	})
	return posts.Items, nil
}

// CaseOf drafts a case from an event; its posts so far are frozen as evidence.
func CaseOf(e huiying.Event, posts []huiying.Assessed) huiying.Case {
	c := huiying.Case{
		ID: eventCaseID(e.ID), Region: e.Region, Queue: e.Queue, Level: e.Level, Reasons: e.Reasons, Title: e.Title,
		Summary: e.Summary, Category: e.Category, Flags: e.Flags, Places: e.Places, Event: e.ID, Risk: e.Risk,
		Factors: e.Factors, Engagement: e.Engagement, Emergency: e.IsEmergency(), Routing: e.Units,
		Policy: e.Misreading.Policy, Misreading: e.Misreading,
	}
	c.EventAt, c.FirstSeenAt = began(e, posts)
	c.Evidence = huiying.EvidenceOf(posts)
	return c
}

// began says when what the case is about was first published and first seen here.
// Advice on the same matter that came before it happened starts no clock.
func began(e huiying.Event, posts []huiying.Assessed) (published, seen time.Time) {
	for _, a := range posts {
		if !a.Assessment.State.Happened() {
			continue
		}
		if published.IsZero() || a.Post.PublishedAt.Before(published) {
			published = a.Post.PublishedAt
		}
		if seen.IsZero() || a.Post.CollectedAt.Before(seen) {
			seen = a.Post.CollectedAt
		}
	}
	if published.IsZero() {
		return e.FirstAt, e.FirstSeenAt
	}
	return published, seen
}
