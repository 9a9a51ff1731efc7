package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

type noticesInput struct {
	Listing
	Scope  string `query:"scope" enum:"mine,all" doc:"mine：发给本账号的（缺省）；all：辖区全部，仅限两办、督办和系统管理员"`
	Case   string `query:"case" maxLength:"128"`
	Status string `query:"status" enum:"pending,sent,failed,cancelled"`
	Unread bool   `query:"unread" doc:"只看未读的站内通知"`
}

func (a api) routesNotices() {
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/notifications", OperationID: "list-notifications", Summary: "通知及其投递情况，最新在前", Tags: []string{"通知"},
	}, a.listNotices)
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/units", OperationID: "list-units", Summary: "单位名录", Tags: []string{"单位"},
	}, a.listUnits)
}

func (a api) listNotices(ctx context.Context, p huiying.Person, in *noticesInput) (huiying.Page[huiying.Notification], error) {
	none := huiying.Page[huiying.Notification]{}
	region, err := regionFor(p, in.Region)
	if err != nil {
		return none, err
	}
	q := huiying.NotificationQuery{
		Region: region, To: p.User, Case: huiying.CaseID(in.Case), Status: huiying.NotificationStatus(in.Status), Unread: in.Unread,
		Limit: in.Limit, Cursor: in.Cursor,
	}
	if in.Scope == "all" {
		if err := operators(p, "他人的通知"); err != nil {
			return none, err
		}
		q.To = ""
	}
	page, err := a.cfg.Ledger.Notifications(ctx, q)
	if err != nil {
		return none, fmt.Errorf("listing notifications: %w", err)
	}
	page.Items = some(page.Items)
	return page, nil
}

// listUnits names the units; whom to call there is for the offices.
func (a api) listUnits(ctx context.Context, p huiying.Person, in *regionInput) (huiying.Page[huiying.Unit], error) {
	none := huiying.Page[huiying.Unit]{}
	region, err := regionFor(p, in.Region)
	if err != nil {
		return none, err
	}
	units, err := a.cfg.Ledger.Units(ctx, region)
	if err != nil {
		return none, fmt.Errorf("listing units: %w", err)
	}
	units = some(slices.Clone(units))
	if !p.SeesPosts() {
		for i := range units {
			units[i].Head, units[i].Liaison, units[i].Handler = huiying.Contact{}, huiying.Contact{}, huiying.Contact{}
		}
	}
	return huiying.Page[huiying.Unit]{Items: units}, nil
}
