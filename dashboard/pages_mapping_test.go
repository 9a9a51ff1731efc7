package dashboard_test

import (
	"io"
	"net/http"
	"net/http/httptest"
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
