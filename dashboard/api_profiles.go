package dashboard

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

func (a api) routesProfiles() {
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/profiles", OperationID: "list-profiles", Summary: "来件模板：导出表格的列与信息字段的对应", Tags: []string{"舆情"},
	}, func(ctx context.Context, p huiying.Person, _ *struct{}) ([]huiying.Profile, error) {
		list, err := a.cfg.Ledger.Profiles(ctx, p.Region)
		if err != nil {
			return nil, fmt.Errorf("listing profiles: %w", err)
		}
		return some(list), nil
	})
}
