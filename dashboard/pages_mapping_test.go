package dashboard_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheMappingOfAJSONInterfaceIsFilledInRowByRow(t *testing.T) {
	h, _ := filled(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"code":0,"payload":{"feed":[{"nr":7,"bt":"滨河路路灯不亮","zw":{"nr":"<p>从上周起一直不亮。</p>"},"fbsj":"2026-03-05 08:00","yh":{"nc":"夜行人"}}]}}`)
	}))
	defer site.Close()
	fields := []string{"kind", "jsonapi", "name", "民声", "url", site.URL + "/api", "channel", "forum", "tier", "self", "every", "15", "options", ""}

	h.as("monitor").submit("/sources/test", fields...).says(t, "像列表的有：payload.feed", "payload.feed.0.bt")

	fields = append(fields, "map_items", "payload.feed", "map_title", "bt", "map_text", "zw.nr", "map_published_at", "fbsj", "map_author", "yh.name", "map_url", "https://ms.example.cn/{nr}")
	h.as("monitor").submit("/sources/test", fields...).says(t, `value="payload.feed"`, "<b>滨河路路灯不亮</b>", "<b>从上周起一直不亮。</b>", "<b>https://ms.example.cn/7</b>", "第一条里没有 yh.name", `<option value="yh.nc">夜行人</option>`, "没有入库")

	for i := range fields {
		if fields[i] == "yh.name" {
			fields[i] = "yh.nc"
		}
	}
	if r := h.as("monitor").submit("/sources", fields...); r.status != http.StatusSeeOther {
		t.Fatalf("saving: %d %.300s", r.status, r.body)
	}
	for _, s := range must(h.ledger.Sources(t.Context(), jiaocheng)) {
		if s.Name != "民声" {
			continue
		}
		mapped, _ := s.Options["fields"].(map[string]any)
		if s.Options["items"] != "payload.feed" || mapped["author"] != "yh.nc" || len(mapped) != 5 {
			t.Errorf("saved as %+v", s.Options)
		}
		return
	}
	t.Error("nothing was saved")
}

func TestCommentsAndHeadersOfAJSONInterfaceAreFilledInToo(t *testing.T) {
	h, _ := filled(t)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/robots.txt":
			http.NotFound(w, r)
		case r.Header.Get("X-Kind") != "open", r.Header.Get("X-Sign") != fmt.Sprintf("%x", sha256.Sum256([]byte(r.URL.Path+"!"))):
			w.WriteHeader(http.StatusForbidden)
		case r.URL.Path == "/hf":
			_, _ = io.WriteString(w, `{"d":{"l":[{"n":{"c":"路人甲"},"w":"我们小区也一样。","z":"12"}]}}`)
		default:
			_, _ = io.WriteString(w, `{"list":[{"id":7,"title":"滨河路路灯不亮","text":"从上周起一直不亮。"}]}`)
		}
	}))
	defer site.Close()
	fields := []string{
		"kind", "jsonapi", "name", "民声", "url", site.URL + "/api", "channel", "forum", "tier", "self", "every", "15", "options", "", "map_items", "list",
		"map_headers", "X-Kind: open\nX-Sign: {$sign}\n", "map_sign_method", "sha256", "map_sign_text", "{$path}!", "map_replies", "d.l", "map_replies_url", site.URL + "/hf?id={id}", "reply_text", "w", "reply_author", "n.c", "reply_likes", "zan",
	}
	h.as("monitor").submit("/sources/test", fields...).says(t, "<b>我们小区也一样。</b>", "<b>路人甲</b>", "第一条里没有 zan", `<option value="z">12</option>`, "1 条评论或回复")
	if r := h.as("monitor").submit("/sources", append(fields, "map_headers", "没有冒号")...); r.status != http.StatusSeeOther { // the first of a name counts
		t.Fatalf("saving: %d %.300s", r.status, r.body)
	}
	for _, s := range must(h.ledger.Sources(t.Context(), jiaocheng)) {
		if s.Name != "民声" {
			continue
		}
		reply, _ := s.Options["reply_fields"].(map[string]any)
		headers, _ := s.Options["headers"].(map[string]any)
		if reply["author"] != "n.c" || len(reply) != 3 || headers["X-Kind"] != "open" || s.Options["replies"] != "d.l" || s.Options["sign_method"] != "sha256" || s.Options["sign_text"] != "{$path}!" {
			t.Errorf("saved as %+v", s.Options)
		}
		r := h.as("monitor").page("/sources?edit=" + string(s.ID))
		r.says(t, `value="n.c"`, "X-Kind: open", `name="reply_text" value="w"`, `name="map_sign_text" value="{$path}!"`)
		if strings.Contains(string(r.body), "reply_fields") || strings.Contains(string(r.body), "sign_text =") {
			t.Error("the form still shows what has a row as it is stored")
		}
		return
	}
	t.Error("nothing was saved")
}
