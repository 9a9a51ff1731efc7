package dashboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"huiying"
)

// maxPush is the largest body of one push, in bytes. What is larger is sent in
// parts: a repeated post does no harm.
const maxPush = 32 << 20

// postDoc is a post with its assessment and the event it belongs to.
type postDoc struct {
	huiying.Assessed
	Event    huiying.EventID   `json:"event,omitempty"`
	Versions []huiying.Version `json:"versions,omitempty" doc:"只在单条查询时给出：此后读到的修改与下线"`
}

// bare takes out what is kept for de-duplication only: nobody follows a person
// across posts (DOMAIN §7.1).
func bare(p huiying.Post) huiying.Post {
	p.AuthorHash = ""
	return p
}

type postsInput struct {
	Listing
	Window
	Query     string  `query:"q" maxLength:"200" doc:"全文检索：空格并且，| 或者，-词 排除，“”短语"`
	Channel   string  `query:"channel" doc:"渠道"`
	Queue     string  `query:"queue" enum:"online,offline" doc:"网络舆情或社会舆情"`
	Source    string  `query:"source" maxLength:"200" doc:"来源名称"`
	Category  string  `query:"category" maxLength:"100" doc:"诉求类别"`
	Sentiment string  `query:"sentiment" enum:"negative,neutral,positive"`
	Flag      string  `query:"flag" maxLength:"50" doc:"特别关注标记"`
	MinRisk   float64 `query:"min_risk" minimum:"0" maximum:"100" doc:"风险分不低于"`
	Unit      string  `query:"unit" maxLength:"100" doc:"建议主办单位"`
}

type idInput struct {
	ID string `path:"id" maxLength:"128"`
}

func (a api) routesPosts() {
	tags := []string{"舆情"}
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/posts", OperationID: "list-posts", Summary: "舆情列表，最新发布在前", Tags: tags,
	}, a.listPosts)
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/posts/{id}", OperationID: "get-post", Summary: "一条舆情及其研判", Tags: tags,
	}, func(ctx context.Context, p huiying.Person, in *idInput) (postDoc, error) {
		return a.onePost(ctx, p, huiying.PostID(in.ID))
	})
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/posts", OperationID: "push-posts", Summary: "推送舆情", Tags: tags, DefaultStatus: http.StatusAccepted,
		Description: "请求体为 JSON 数组或 NDJSON（每行一条），不超过 32 MB。答复时已接收的各条均已落盘；相同编号或网址的重复推送计入 duplicate。队列满时返回 503 与 Retry-After。",
	}, a.pushPosts)
	post := a.doc.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[huiying.Post](), true, "")
	// Documented after registration: huma must not read this body, it is a stream.
	a.doc.OpenAPI().Paths["/posts"].Post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json":     {Schema: &huma.Schema{Type: huma.TypeArray, Items: post}},
		"application/x-ndjson": {Schema: post},
	}}
}

func (a api) listPosts(ctx context.Context, p huiying.Person, in *postsInput) (huiying.Page[postDoc], error) {
	none := huiying.Page[postDoc]{}
	region, err := regionFor(p, in.Region)
	if err != nil {
		return none, err
	}
	if in.Channel != "" && !huiying.Channel(in.Channel).Valid() {
		return none, huiying.Invalid("channel", "没有 %q 这个渠道", huiying.Clip(in.Channel, 20))
	}
	page, err := a.cfg.Archive.Posts(ctx, huiying.PostQuery{
		Region: region, Text: in.Query, Channel: huiying.Channel(in.Channel), Queue: huiying.Queue(in.Queue), Source: in.Source,
		Category: in.Category, Sentiment: in.Sentiment, Flag: huiying.Flag(in.Flag), MinRisk: in.MinRisk, Unit: huiying.UnitID(in.Unit),
		From: in.From.Time, To: in.To.Time, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return none, fmt.Errorf("listing posts: %w", err)
	}
	views, err := a.placed(ctx, page.Items)
	return huiying.Page[postDoc]{Items: views, Next: page.Next, Partial: page.Partial}, err
}

// placed adds to each post the event it belongs to.
func (a api) placed(ctx context.Context, posts []huiying.Assessed) ([]postDoc, error) {
	ids := make([]huiying.PostID, len(posts))
	for i, one := range posts {
		ids[i] = one.Post.ID
	}
	events, err := a.cfg.Ledger.Placed(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("finding the events of posts: %w", err)
	}
	views := make([]postDoc, len(posts))
	for i, one := range posts {
		one.Post = bare(one.Post)
		views[i] = postDoc{Assessed: one, Event: events[one.Post.ID]}
	}
	return views, nil
}

func (a api) onePost(ctx context.Context, p huiying.Person, id huiying.PostID) (postDoc, error) {
	one, err := a.cfg.Archive.Post(ctx, id)
	if err == nil && !p.Region.Covers(one.Post.Region) {
		err = huiying.Errorf(huiying.CodeNotFound, "没有这条舆情")
	}
	if err != nil {
		return postDoc{}, fmt.Errorf("reading a post: %w", err)
	}
	views, err := a.placed(ctx, []huiying.Assessed{one})
	if err != nil {
		return postDoc{}, err
	}
	versions, err := a.cfg.Archive.Versions(ctx, []huiying.PostID{id})
	if err != nil {
		return postDoc{}, fmt.Errorf("reading the versions of a post: %w", err)
	}
	views[0].Versions = versions[id]
	return views[0], nil
}

// pushInput takes the body as a stream: a push may be larger than we want in
// memory.
type pushInput struct {
	Region string `query:"region" doc:"未注明区划的条目归于此县；缺省为本账号所在县"`

	request *http.Request
	writer  http.ResponseWriter
}

// Resolve keeps the request, whose body huma does not read.
func (in *pushInput) Resolve(ctx huma.Context) []error {
	in.request, in.writer = humago.Unwrap(ctx)
	return nil
}

func (a api) pushPosts(ctx context.Context, p huiying.Person, in *pushInput) (huiying.PushResult, error) {
	none := huiying.PushResult{}
	region, err := a.countyFor(p, in.Region)
	if err != nil {
		return none, err
	}
	r := in.request
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		return none, &statusError{http.StatusUnsupportedMediaType, "请直接以 JSON 数组或 NDJSON 为请求体，不要用表单上传"}
	}
	if r.ContentLength > maxPush {
		in.writer.Header().Set("Connection", "close") // the rest is not read
		return none, tooLarge(ctx, nil)
	}
	body := &cappedBody{Reader: http.MaxBytesReader(in.writer, r.Body, maxPush)}
	result, err := a.cfg.Inlet.Push(ctx, region, body)
	result.Rejected = some(result.Rejected)
	switch {
	case body.exceeded:
		return none, tooLarge(ctx, &result)
	case err != nil && result.Accepted+result.Duplicate > 0:
		p := newProblem(fmt.Errorf("taking a push: %w", err), visitOf(ctx).id)
		p.Result = &result
		return none, p
	case err != nil:
		return none, fmt.Errorf("taking a push: %w", err)
	}
	return result, nil
}

// countyFor is the county new posts and cases belong to.
func (a api) countyFor(p huiying.Person, asked string) (huiying.Region, error) {
	region, err := regionFor(p, asked)
	switch {
	case err != nil:
		return "", err
	case len(region) >= 6:
		return region.County(), nil
	case asked == "" && region.Covers(a.cfg.Region):
		return a.cfg.Region.County(), nil
	}
	return "", huiying.Invalid("region", "请写明六位县级区划代码")
}

func tooLarge(ctx context.Context, taken *huiying.PushResult) error {
	p := newProblem(&statusError{http.StatusRequestEntityTooLarge, fmt.Sprintf("请求体超过 %d MB，请分批推送；重复的条目会自动识别，不会计两次", maxPush>>20)}, visitOf(ctx).id)
	p.Result = taken
	return p
}

// cappedBody notices when the limit was hit, even if its reader goes on.
type cappedBody struct {
	io.Reader
	exceeded bool
}

func (b *cappedBody) Read(buf []byte) (int, error) {
	n, err := b.Reader.Read(buf)
	var limit *http.MaxBytesError
	if errors.As(err, &limit) {
		b.exceeded = true
	}
	return n, err
}
