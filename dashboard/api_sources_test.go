package dashboard_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"huiying"
)

func source(change map[string]any) map[string]any {
	s := map[string]any{"kind": "feed", "name": "交城论坛", "url": "https://bbs.example.cn/rss", "channel": "forum", "every": "10m", "options": map[string]any{"key": "secret-key"}}
	for k, v := range change {
		s[k] = v
	}
	return s
}

func TestSources(t *testing.T) {
	h := newHouse(t)
	var made struct {
		huiying.Source
		Status, Why string
	}
	r := h.as("monitor").post("/sources", source(nil))
	if r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	r.json(t, &made)
	if made.ID == "" || made.Region != jiaocheng || made.Status != "grey" {
		t.Errorf("%s", r.body)
	}
	changed := h.as("sysadmin").post("/sources", source(map[string]any{"id": made.ID, "name": "交城生活论坛"}))
	if changed.status != http.StatusOK {
		t.Fatalf("%d %s", changed.status, changed.body)
	}
	var list huiying.Page[struct {
		huiying.Source
		Health huiying.SourceHealth
		Status string
	}]
	h.as("monitor").get("/sources").json(t, &list)
	if len(list.Items) != 1 || list.Items[0].Name != "交城生活论坛" || list.Items[0].Health.Source != made.ID || list.Items[0].Options["key"] != "secret-key" {
		t.Errorf("%+v", list)
	}
	if r := h.as("supervisor").get("/sources"); strings.Contains(string(r.body), "secret-key") {
		t.Error("who cannot change a source reads its options")
	}
	h.as("wenshui").get("/sources").json(t, &list)
	if len(list.Items) != 0 {
		t.Errorf("another county sees %+v", list.Items)
	}
	for name, change := range map[string]map[string]any{
		"an unknown kind":    {"kind": "telepathy"},
		"no name":            {"name": " "},
		"no address":         {"url": "bbs.example.cn"},
		"a file":             {"url": "file:///etc/passwd"},
		"an unknown channel": {"channel": "pigeon"},
		"too often":          {"every": "5s"},
		"no duration":        {"every": "soon"},
	} {
		if p := h.as("monitor").post("/sources", source(change)).problem(t, 422); p.Detail == "" {
			t.Errorf("%s: %+v", name, p)
		}
	}
	h.as("monitor").post("/sources", source(map[string]any{"id": "unknown"})).problem(t, 404)
	h.as("wenshui").post("/sources", source(map[string]any{"id": made.ID})).problem(t, 404)
	for _, user := range []string{"analyst", "supervisor", "jkj-liaison", "auditor"} {
		h.as(user).post("/sources", source(nil)).problem(t, 403)
		h.as(user).post("/sources/"+string(made.ID)+"/test", nil).problem(t, 403)
	}
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/rss" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, `<rss version="2.0"><channel><title>交城论坛</title><item><title>路灯坏了</title><link>http://`+r.Host+`/1</link>`+
			`<description>卦山路的路灯坏了三天，电话 13800138000</description><author>张三丰</author><pubDate>Mon, 02 Mar 2026 09:00:00 +0800</pubDate></item></channel></rss>`)
	}))
	defer feed.Close()
	h.as("monitor").post("/sources", source(map[string]any{"id": made.ID, "url": feed.URL + "/rss", "options": nil}))
	var preview huiying.Preview
	r = h.as("monitor").post("/sources/"+string(made.ID)+"/test", nil)
	r.json(t, &preview)
	if len(preview.Posts) != 1 || preview.Posts[0].Title != "路灯坏了" || preview.Posts[0].AuthorHash != "" || strings.Contains(string(r.body), "13800138000") {
		t.Errorf("%s", r.body)
	}
	h.as("monitor").post("/sources/unknown/test", nil).problem(t, 404)
}

func TestRejectionsHideTheirContentFromAdministrators(t *testing.T) {
	h := newHouse(t)
	check(t, h.ledger.SaveRejections(t.Context(), []huiying.Rejection{{At: time.Now(), Region: jiaocheng, Source: "论坛", Where: "第 3 行", Error: "正文为空", Raw: "原文片段"}}))
	if r := h.as("monitor").get("/rejections"); !strings.Contains(string(r.body), "原文片段") || !strings.Contains(string(r.body), "第 3 行") {
		t.Errorf("%s", r.body)
	}
	if r := h.as("sysadmin").get("/rejections"); strings.Contains(string(r.body), "原文片段") || !strings.Contains(string(r.body), "第 3 行") {
		t.Errorf("%s", r.body)
	}
}
