package dashboard

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

// sourceDoc is a source and how it does.
type sourceDoc struct {
	huiying.Source
	Health huiying.SourceHealth `json:"health"`
	Status string               `json:"status" enum:"green,yellow,red,grey"`
	Why    string               `json:"why"`
	Advice string               `json:"advice,omitempty" doc:"状态为 red 时的处理建议"`
	Failed []failureCount       `json:"failed,omitempty" doc:"近 7 天没有取到的，按种类"`
	Host   *huiying.HostDay     `json:"host,omitempty" doc:"网站今天的访问额度，各信源、各采集进程合计；今天没有访问时缺省"`
	File   *huiying.Source      `json:"file,omitempty" doc:"sources.yaml 里的设置，与现在不一致时才有"`
}

// sourceBody is a source as a person enters it.
type sourceBody struct {
	ID      huiying.SourceID  `json:"id,omitempty" maxLength:"64" doc:"缺省为新建；已有编号则修改"`
	Region  string            `json:"region,omitempty"`
	Kind    string            `json:"kind" enum:"feed,site,sitemap,jsonapi,browser,imap"`
	Name    string            `json:"name" minLength:"1" maxLength:"100"`
	URL     string            `json:"url" maxLength:"2000"`
	Channel huiying.Channel   `json:"channel"`
	Tier    huiying.MediaTier `json:"tier,omitempty"`
	Every   huiying.Duration  `json:"every" doc:"采集间隔，如 10m，不短于 1m"`
	Paused  bool              `json:"paused,omitempty"`
	Options map[string]any    `json:"options,omitempty"`
}

type sourceInput struct {
	asked
	Body sourceBody
}

type regionInput struct {
	Region string `query:"region"`
}

func (a api) routesSources() {
	tags := []string{"信源"}
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/sources", OperationID: "list-sources", Summary: "信源及其健康状况", Tags: tags,
	}, a.listSources)
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/sources", OperationID: "save-source", Summary: "新建或修改信源", Tags: tags,
	}, a.saveSource)
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/sources/{id}/test", OperationID: "test-source", Summary: "试采一次，不入库", Tags: tags,
	}, a.testSource)
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/rejections", OperationID: "list-rejections", Summary: "未能入库的条目及原因", Tags: tags,
	}, a.listRejections)
	a.routesDeadLetters()
}

// operators refuses those who neither read posts nor run the system.
func operators(p huiying.Person, what string) error {
	if p.Role == huiying.SystemAdmin {
		return nil
	}
	return offices(p, what)
}

func (a api) listSources(ctx context.Context, p huiying.Person, in *regionInput) (huiying.Page[sourceDoc], error) {
	none := huiying.Page[sourceDoc]{}
	region, err := regionFor(p, in.Region)
	if err != nil {
		return none, err
	}
	sources, err := a.cfg.Ledger.Sources(ctx, region)
	if err != nil {
		return none, fmt.Errorf("listing sources: %w", err)
	}
	health, err := a.cfg.Ledger.Health(ctx, region)
	if err != nil {
		return none, fmt.Errorf("reading source health: %w", err)
	}
	sown, err := a.cfg.Ledger.SownSources(ctx, region)
	if err != nil {
		return none, fmt.Errorf("reading the sources of the file: %w", err)
	}
	hosts, err := a.hostDays(ctx, sources)
	if err != nil {
		return none, err
	}
	now := a.now()
	out := make([]sourceDoc, len(sources))
	for i, src := range sources {
		out[i] = viewSource(p, src, health[src.ID], now)
		if day, ok := hosts[src.Host()]; ok {
			out[i].Host = &day
		}
		if file, ok := sown[src.ID]; ok && len(src.Differences(file)) > 0 && admits("POST /sources", p) {
			out[i].File = &file
		}
	}
	return huiying.Page[sourceDoc]{Items: out}, nil
}

// viewSource leaves out the collector's memory, and the options for those who
// cannot change them: they may hold keys.
func viewSource(p huiying.Person, src huiying.Source, h huiying.SourceHealth, now time.Time) sourceDoc {
	colour, why := h.Status(src, now)
	h.Source, h.State = src.ID, nil
	if !admits("POST /sources", p) {
		src.Options = nil
	}
	out := sourceDoc{Source: src, Health: h, Status: colour, Why: why, Failed: failuresOf(now, h)}
	if colour == "red" {
		out.Advice = h.Advice()
	}
	return out
}

func (a api) saveSource(ctx context.Context, p huiying.Person, in *sourceInput) (sourceDoc, error) {
	none := sourceDoc{}
	f := in.Body
	region, err := a.countyFor(p, f.Region)
	if err != nil {
		return none, err
	}
	src := huiying.Source{
		ID: f.ID, Region: region, Kind: f.Kind, Name: strings.TrimSpace(f.Name), URL: strings.TrimSpace(f.URL),
		Channel: f.Channel, Tier: f.Tier, Every: f.Every, Paused: f.Paused, Options: f.Options,
	}
	if err := checkSource(src); err != nil {
		return none, err
	}
	action := "source.change"
	if src.ID == "" {
		var raw [5]byte
		if _, err := rand.Read(raw[:]); err != nil {
			return none, fmt.Errorf("naming a source: %w", err)
		}
		src.ID, action = huiying.SourceID("s"+hex.EncodeToString(raw[:])), "source.add"
	} else if _, err := a.source(ctx, p, src.ID); err != nil {
		return none, err
	}
	if err := a.cfg.Ledger.SaveSource(ctx, src); err != nil {
		return none, fmt.Errorf("saving a source: %w", err)
	}
	if err := a.audit(ctx, in.request, p, action, string(src.ID), src.Name+" "+src.URL); err != nil {
		return none, err
	}
	return viewSource(p, src, huiying.SourceHealth{}, a.now()), nil
}

func checkSource(src huiying.Source) error {
	switch {
	case src.Name == "":
		return huiying.Invalid("name", "请填写信源名称")
	case !slices.Contains(huiying.SourceKinds, src.Kind):
		return huiying.Invalid("kind", "应为 %s 之一", strings.Join(huiying.SourceKinds, "、"))
	case src.CheckURL() != nil:
		return src.CheckURL()
	case !src.Channel.Valid():
		return huiying.Invalid("channel", "没有 %q 这个渠道", huiying.Clip(string(src.Channel), 20))
	case time.Duration(src.Every) < time.Minute:
		return huiying.Invalid("every", "采集间隔不能短于 1 分钟")
	}
	return nil
}

// source is a source p may see.
func (a api) source(ctx context.Context, p huiying.Person, id huiying.SourceID) (huiying.Source, error) {
	sources, err := a.cfg.Ledger.Sources(ctx, p.Region)
	if err != nil {
		return huiying.Source{}, fmt.Errorf("listing sources: %w", err)
	}
	i := slices.IndexFunc(sources, func(src huiying.Source) bool { return src.ID == id })
	if i < 0 {
		return huiying.Source{}, huiying.Errorf(huiying.CodeNotFound, "没有这个信源")
	}
	return sources[i], nil
}

func (a api) testSource(ctx context.Context, p huiying.Person, in *idInput) (huiying.Preview, error) {
	src, err := a.source(ctx, p, huiying.SourceID(in.ID))
	if err != nil {
		return huiying.Preview{}, err
	}
	preview, err := a.cfg.Inlet.Try(ctx, src)
	if err != nil {
		return huiying.Preview{}, fmt.Errorf("trying a source: %w", err)
	}
	preview.Posts, preview.Rejected, preview.Notes = some(preview.Posts), some(preview.Rejected), some(preview.Notes)
	for i := range preview.Posts {
		preview.Posts[i] = bare(preview.Posts[i])
	}
	return preview, nil
}

func (a api) listRejections(ctx context.Context, p huiying.Person, in *Listing) (huiying.Page[huiying.Rejection], error) {
	none := huiying.Page[huiying.Rejection]{}
	region, err := regionFor(p, in.Region)
	if err != nil {
		return none, err
	}
	page, err := a.cfg.Ledger.Rejections(ctx, region, in.Limit, in.Cursor)
	if err != nil {
		return none, fmt.Errorf("listing rejections: %w", err)
	}
	page.Items = some(page.Items)
	if !p.SeesPosts() {
		for i := range page.Items {
			page.Items[i].Raw = "" // administrators see no content (三员分立)
		}
	}
	return page, nil
}
