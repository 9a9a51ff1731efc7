package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"huiying"
)

// apiPrefix is where the API lives; its paths are stable (docs: /api/openapi.json).
const apiPrefix = "/api/v1"

// api is the part of the dashboard programs talk to: each method answers one
// call. doc collects their description.
type api struct {
	*Server
	doc huma.API
}

// routesAPI registers the API and writes its OpenAPI document, once.
func (s *Server) routesAPI(mux *routes) error {
	config := huma.DefaultConfig("回应 Huiying", s.cfg.Version)
	config.Info.Description = "县级政务舆情回应：舆情、事件、交办单与响应统计。错误一律为 RFC 9457 problem+json，code 供程序判断，detail 供人阅读。"
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", "" // served below; no page that loads from elsewhere
	config.CreateHooks = nil                                             // no $schema links in the answers
	config.RejectUnknownQueryParameters = true
	config.Servers = []*huma.Server{{URL: apiPrefix}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "huiying token 签发的令牌"},
		"cookie": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "页面登录后的会话"},
	}
	config.Security = []map[string][]string{{"bearer": {}}, {"cookie": {}}}
	config.Transformers = []huma.Transformer{func(ctx huma.Context, _ string, v any) (any, error) {
		if m, ok := v.(*huma.ErrorModel); ok {
			return fromHuma(m, visitOf(ctx.Context()).id), nil
		}
		return v, nil
	}}
	a := api{s, humago.NewWithPrefix(mux, apiPrefix, config)}
	a.doc.UseMiddleware(s.signedIn)

	a.routesPosts()
	a.routesProfiles()
	a.routesEvents()
	a.routesCases()
	a.routesStats()
	a.routesAppraisal()
	a.routesSources()
	a.routesModels()
	a.routesNotices()
	a.routesChannels()
	a.routesRoster()
	a.routesUsers()
	a.routesAudit()
	a.routesReports(mux)
	a.routesLive(mux)

	for _, name := range []string{"ErrorModel", "ErrorDetail"} { // huma's own, which nobody sees
		delete(a.doc.OpenAPI().Components.Schemas.Map(), name)
	}
	doc, err := json.Marshal(a.doc.OpenAPI())
	if err != nil {
		return fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	s.openapi = doc
	mux.HandleFunc("GET /api/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Header().Set("Cache-Control", "public, max-age=300")
		_, _ = w.Write(s.openapi) // the caller may have hung up
	})
	return nil
}

type personKey struct{}

// signedIn lets only those through who are known.
func (s *Server) signedIn(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	p, err := s.visitor(r)
	if err != nil {
		writeProblem(w, newProblem(err, visitOf(r.Context()).id))
		return
	}
	next(huma.WithValue(ctx, personKey{}, p))
}

// answer is the body of a successful call.
type answer[T any] struct {
	Body T
}

// handle registers one call of the API. The handler gets who asks; its errors
// become problems here and nowhere else.
func handle[I, O any](a api, op huma.Operation, f func(ctx context.Context, p huiying.Person, in *I) (O, error)) {
	op.Responses = map[string]*huma.Response{"default": problemResponse(a.doc)}
	huma.Register(a.doc, op, func(ctx context.Context, in *I) (*answer[O], error) {
		p, _ := ctx.Value(personKey{}).(huiying.Person)
		out, err := f(ctx, p, in)
		if err != nil {
			a.noteContext(ctx, apiPrefix+op.Path, err)
			return nil, newProblem(err, visitOf(ctx).id)
		}
		return &answer[O]{out}, nil
	})
}

func problemResponse(doc huma.API) *huma.Response {
	schema := doc.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem](), true, "")
	return &huma.Response{Description: "出错", Content: map[string]*huma.MediaType{problemType: {Schema: schema}}}
}

// asked is the request a call came in, kept for its row of the audit.
type asked struct{ request *http.Request }

// Resolve keeps it.
func (in *asked) Resolve(ctx huma.Context) []error {
	in.request, _ = humago.Unwrap(ctx)
	return nil
}

// Listing is what every list takes. (Exported, as its fields are filled by
// reflection.)
type Listing struct {
	Region string `query:"region" doc:"行政区划代码，限于本账号辖区之内；缺省为本账号辖区"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" doc:"每页条数，缺省 50"`
	Cursor string `query:"cursor" maxLength:"500" doc:"上一页的 next"`
}

// Window is a span of time, [from, to).
type Window struct {
	From instant `query:"from" doc:"起（含），RFC 3339 或日期"`
	To   instant `query:"to" doc:"止（不含），RFC 3339 或日期"`
}

// instant is a time as people and programs write it in an address.
type instant struct{ time.Time }

// UnmarshalText reads what [huiying.ParseTime] reads.
func (t *instant) UnmarshalText(b []byte) error {
	at, err := huiying.ParseTime(string(b))
	t.Time = at
	return err
}

// regionFor is the region a query is about: the person's own, or one in it.
func regionFor(p huiying.Person, asked string) (huiying.Region, error) {
	if p.Region == "" { // an account without a region sees nothing, not everything
		return "", huiying.Errorf(huiying.CodeForbidden, "账号没有设置辖区，请联系系统管理员")
	}
	if asked == "" {
		return p.Region, nil
	}
	r, err := huiying.ParseRegion(asked)
	if err != nil {
		return "", err
	}
	if !p.Region.Covers(r) {
		return "", huiying.Errorf(huiying.CodeForbidden, "%s 不在您的辖区 %s 之内", r, p.Region)
	}
	return r, nil
}

// offices refuses those who may not read posts and what is made of them.
func offices(p huiying.Person, what string) error {
	if p.SeesPosts() {
		return nil
	}
	return huiying.Errorf(huiying.CodeForbidden, "%s不能查看%s", p.Role.Label(), what)
}

// only refuses roles that are not among those given.
func only(p huiying.Person, what string, roles ...huiying.Role) error {
	for _, r := range roles {
		if p.Role == r {
			return nil
		}
	}
	return huiying.Errorf(huiying.CodeForbidden, "%s不能%s", p.Role.Label(), what)
}

func parseLevel(s string) (huiying.Level, error) {
	if s == "" {
		return huiying.NoLevel, nil
	}
	return huiying.ParseLevel(s)
}

// yesNo reads the three-valued filters: absent, true, false.
func yesNo(s string) *bool {
	if s == "" {
		return nil
	}
	yes := s == "true"
	return &yes
}

// some makes an empty list out of none, so that programs read [] and not null.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
