package dashboard

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

type pollInput struct {
	Since string `query:"since" maxLength:"20" doc:"上一次的 seq；缺省则立即返回当前位置"`
	Now   bool   `query:"now" doc:"为真时不等待新消息，立即返回"`
}

func (a api) routesLive(mux *routes) {
	tags := []string{"实时"}
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/live/poll", OperationID: "poll-live", Summary: "实时消息的长轮询（代理不支持 WebSocket 时）", Tags: tags,
		Description: "最多等待 25 秒，有消息即返回。",
	}, a.poll)
	mux.HandleFunc("GET "+apiPrefix+"/live", a.live)
	schemas := a.doc.OpenAPI().Components.Schemas
	a.doc.OpenAPI().AddOperation(&huma.Operation{
		Method: http.MethodGet, Path: "/live", OperationID: "live", Summary: "实时消息（WebSocket）", Tags: tags,
		Description: "连接后先收到 hello（data.at 为县里的时间；data.resync 为真、或 data.epoch 与上次不同时，请重新读取页面内容），随后是 post、event、case、stats、source。" +
			"断线重连时带上 since，补发其间的消息。跟不上的连接会被略过 post 与 stats，并收到 resync。发任意文本可探询连接是否仍通，服务端以 hello 作答。",
		Parameters: []*huma.Param{{
			Name: "since", In: "query", Description: "最后收到的 seq", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"},
		}},
		Responses: map[string]*huma.Response{
			"101": {Description: "已切换为 WebSocket，每条消息如所示", Content: map[string]*huma.MediaType{
				"application/json": {Schema: schemas.Schema(reflect.TypeFor[huiying.Live](), true, "")},
			}},
			"default": problemResponse(a.doc),
		},
	})
}
