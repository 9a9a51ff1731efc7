package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"huiying"
)

// evidenceFrom is how many posts of an event are looked at for evidence, the
// first ones: what began it is what must not be lost.
const evidenceFrom = 100

// evidence is what a case made from an event freezes: its posts as they stand.
// An event of another county is not found.
func (a api) evidence(ctx context.Context, region huiying.Region, event huiying.EventID) ([]huiying.Evidence, error) {
	if event == "" {
		return nil, nil
	}
	e, err := a.cfg.Ledger.Event(ctx, event)
	if err == nil && !region.Covers(e.Region) {
		err = huiying.Errorf(huiying.CodeNotFound, "没有这个事件")
	}
	if err != nil {
		return nil, fmt.Errorf("reading event %s: %w", event, err)
	}
	members, err := a.cfg.Ledger.EventPosts(ctx, event, evidenceFrom)
	if err != nil {
		return nil, fmt.Errorf("finding the posts of event %s: %w", event, err)
	}
	if len(members) == 0 {
		return nil, nil
	}
	ids := make([]huiying.PostID, len(members))
	for i, m := range members {
		ids[i] = m.Post
	}
	posts, err := a.cfg.Archive.Posts(ctx, huiying.PostQuery{IDs: ids, Limit: evidenceFrom})
	if err != nil {
		return nil, fmt.Errorf("reading the posts of event %s: %w", event, err)
	}
	slices.SortFunc(posts.Items, func(a, b huiying.Assessed) int {
		return cmp.Compare(slices.Index(ids, a.Post.ID), slices.Index(ids, b.Post.ID))
	})
	return huiying.EvidenceOf(posts.Items), nil
}
