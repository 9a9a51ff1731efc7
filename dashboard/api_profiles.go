package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

func (a api) routesProfiles() {
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/profiles", OperationID: "list-profiles", Summary: "来件模板：导出表格的列与信息字段的对应", Tags: []string{"舆情"},
	}, func(ctx context.Context, p huiying.Person, _ *struct{}) ([]huiying.Profile, error) {
		if err := only(p, "使用来件模板", huiying.Monitor, huiying.Analyst, huiying.Leader, huiying.SystemAdmin); err != nil {
			return nil, err
		}
		list, err := a.cfg.Ledger.Profiles(ctx, p.Region)
		if err != nil {
			return nil, fmt.Errorf("listing profiles: %w", err)
		}
		return some(list), nil
	})
}

// evidenceFrom is how many posts of an event are looked at for evidence, the
// first ones: what began it is what must not be lost.
const evidenceFrom = 100

// evidence is what a case made from an event freezes: its posts as they stand.
func (a api) evidence(ctx context.Context, event huiying.EventID) ([]huiying.Evidence, error) {
	if event == "" {
		return nil, nil
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
