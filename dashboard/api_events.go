package dashboard

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

// eventPosts is how many of an event's posts come with it; GET /posts has the rest.
const eventPosts = 100

// eventDoc is an event with the posts that speak of it.
type eventDoc struct {
	huiying.Event
	Members []memberDoc `json:"members" doc:"最近的帖文，最多 100 条"`
}

// memberDoc is one post of an event.
type memberDoc struct {
	Post      huiying.Post      `json:"post"`
	Risk      float64           `json:"risk"`
	Sentiment huiying.Sentiment `json:"sentiment"`
	Duplicate bool              `json:"duplicate" doc:"与较早的一条几乎相同"`
}

type eventsInput struct {
	Listing
	Window
	Query    string `query:"q" maxLength:"200" doc:"标题中的字"`
	Queue    string `query:"queue" enum:"online,offline"`
	Category string `query:"category" maxLength:"100"`
	MinLevel string `query:"min_level" doc:"等级不低于：red、orange、yellow、blue"`
	HasCase  string `query:"has_case" enum:"true,false" doc:"是否已立交办单"`
}

func (a api) routesEvents() {
	tags := []string{"事件"}
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/events", OperationID: "list-events", Summary: "事件列表，最近有变化的在前", Tags: tags,
	}, a.listEvents)
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/events/{id}", OperationID: "get-event", Summary: "一个事件及其帖文", Tags: tags,
	}, a.getEvent)
}

func (a api) listEvents(ctx context.Context, p huiying.Person, in *eventsInput) (huiying.Page[huiying.Event], error) {
	none := huiying.Page[huiying.Event]{}
	region, err := regionFor(p, in.Region)
	if err != nil {
		return none, err
	}
	level, err := parseLevel(in.MinLevel)
	if err != nil {
		return none, err
	}
	page, err := a.cfg.Ledger.Events(ctx, huiying.EventQuery{
		Region: region, Text: in.Query, Queue: huiying.Queue(in.Queue), Category: in.Category, MinLevel: level,
		HasCase: yesNo(in.HasCase), From: in.From.Time, To: in.To.Time, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return none, fmt.Errorf("listing events: %w", err)
	}
	page.Items = some(page.Items)
	for i := range page.Items {
		page.Items[i].Track = huiying.Track{} // the tracker's own memory
	}
	return page, nil
}

func (a api) getEvent(ctx context.Context, p huiying.Person, in *idInput) (eventDoc, error) {
	e, err := a.cfg.Ledger.Event(ctx, huiying.EventID(in.ID))
	if err == nil && !p.Region.Covers(e.Region) {
		err = huiying.Errorf(huiying.CodeNotFound, "没有这个事件")
	}
	if err != nil {
		return eventDoc{}, fmt.Errorf("reading an event: %w", err)
	}
	e.Track = huiying.Track{}
	members, err := a.members(ctx, p, e.ID)
	return eventDoc{e, members}, err
}

func (a api) members(ctx context.Context, p huiying.Person, id huiying.EventID) ([]memberDoc, error) {
	links, err := a.cfg.Ledger.EventPosts(ctx, id, eventPosts)
	if err != nil || len(links) == 0 {
		return []memberDoc{}, err
	}
	ids := make([]huiying.PostID, len(links))
	copies := make(map[huiying.PostID]bool, len(links))
	for i, l := range links {
		ids[i], copies[l.Post] = l.Post, l.Duplicate
	}
	page, err := a.cfg.Archive.Posts(ctx, huiying.PostQuery{Region: p.Region, IDs: ids, Limit: len(ids)})
	if err != nil {
		return nil, fmt.Errorf("reading an event's posts: %w", err)
	}
	out := make([]memberDoc, len(page.Items))
	for i, a := range page.Items {
		out[i] = memberDoc{bare(a.Post), a.Assessment.Risk.Score, a.Assessment.Sentiment, copies[a.Post.ID]}
	}
	return out, nil
}
