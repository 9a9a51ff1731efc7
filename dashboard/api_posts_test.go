package dashboard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"huiying"
)

// archived puts n negative posts of now into the archive.
func (h *house) archived(t *testing.T, n int) []huiying.PostID {
	t.Helper()
	var batch []huiying.Assessed
	var ids []huiying.PostID
	for i := range n {
		p := must(huiying.Intake{Region: jiaocheng, Key: []byte("k"), Now: time.Now}.Accept(huiying.Post{
			ID: huiying.PostID(fmt.Sprintf("post-%d", i)), Source: "交城论坛", Channel: huiying.ChannelForum, Title: fmt.Sprintf("暖气不热 %d", i),
			Text: "天宁镇暖气一直不热，电话 13800138000", Author: "张三丰", PublishedAt: time.Now(),
		}))
		batch = append(batch, huiying.Assessed{Post: p, Assessment: huiying.Assessment{
			ID: p.ID, Sentiment: huiying.Sentiment{Label: "negative", Score: -0.8}, Risk: huiying.Risk{Score: 60}, Category: "城乡建设",
		}})
		ids = append(ids, p.ID)
	}
	must(h.archive.Insert(t.Context(), batch))
	return ids
}

func TestPushing(t *testing.T) {
	h := newHouse(t)
	big := strings.Repeat("长", 5<<20/3)
	tests := []struct {
		name      string
		body      string
		accepted  int
		duplicate int
		rejected  map[int]string // row → what its error must say
	}{
		{"a JSON array", `[{"id":"a1","source":"论坛","channel":"forum","text":"路灯坏了"},{"id":"a2","source":"论坛","channel":"forum","text":"井盖丢了"}]`, 2, 0, nil},
		{"the same again", `[{"id":"a1","source":"论坛","channel":"forum","text":"路灯坏了"},{"id":"a3","source":"论坛","channel":"forum","text":"停水"}]`, 1, 1, nil},
		{"lines of JSON", "{\"id\":\"n1\",\"channel\":\"weibo\",\"text\":\"停电\"}\n\n{\"id\":\"n2\",\"channel\":\"weibo\",\"text\":\"停气\"}\n", 2, 0, nil},
		{"a broken line loses nothing else", "{\"id\":\"b1\",\"channel\":\"weibo\",\"text\":\"甲\"}\n{oops\n{\"id\":\"b2\",\"channel\":\"weibo\",\"text\":\"乙\"}\n", 2, 0, map[int]string{1: "JSON"}},
		{"an unknown channel names its row", `[{"id":"c1","channel":"forum","text":"甲"},{"id":"c2","channel":"pigeon","text":"乙"}]`, 1, 0, map[int]string{1: "pigeon"}},
		{"a missing text names its row", `[{"id":"d1","channel":"forum"},{"id":"d2","channel":"forum","text":"乙"}]`, 1, 0, map[int]string{0: "正文"}},
		{"a text of 5 MB names its row", `[{"id":"e1","channel":"forum","text":"甲"},{"id":"e2","channel":"forum","text":"` + big + `"}]`, 1, 0, map[int]string{1: "超过"}},
		{"a future date names its row", `[{"id":"f1","channel":"forum","text":"甲","published_at":"2999-01-01T00:00:00+08:00"}]`, 0, 0, map[int]string{0: "将来"}},
		{"nothing", `[]`, 0, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := h.as("monitor").post("/posts", tt.body)
			if r.status != http.StatusAccepted {
				t.Fatalf("%d %.300s", r.status, r.body)
			}
			var got huiying.PushResult
			r.json(t, &got)
			if got.Accepted != tt.accepted || got.Duplicate != tt.duplicate || len(got.Rejected) != len(tt.rejected) {
				t.Errorf("got %+v", got)
			}
			for _, row := range got.Rejected {
				if want := tt.rejected[row.Index]; want == "" || !strings.Contains(row.Error, want) {
					t.Errorf("row %d: %q", row.Index, row.Error)
				}
			}
			if !strings.Contains(string(r.body), `"rejected":[`) {
				t.Errorf("no list of the rejected: %s", r.body)
			}
		})
	}
}

func TestAPushThatIsRefusedSaysWhy(t *testing.T) {
	h := newHouse(t)
	t.Run("a full queue asks to come back", func(t *testing.T) {
		h.inlet.fail(huiying.Errorf(huiying.CodeBusy, "队列已满"))
		defer h.inlet.fail(nil)
		r := h.as("monitor").post("/posts", `[]`)
		if p := r.problem(t, 503); p.Code != "busy" || r.header.Get("Retry-After") == "" {
			t.Errorf("%+v, Retry-After %q", p, r.header.Get("Retry-After"))
		}
	})
	t.Run("a body that says it is too large is not read", func(t *testing.T) {
		r := h.as("monitor").post("/posts", strings.NewReader(strings.Repeat(" ", 32<<20+1)))
		if p := r.problem(t, 413); p.Code != "too_large" || !strings.Contains(p.Detail, "32 MB") {
			t.Errorf("%+v", p)
		}
	})
	t.Run("one that turns out too large is told what was taken", func(t *testing.T) {
		r := h.as("monitor").post("/posts", endless{strings.NewReader(strings.Repeat("\n", 32<<20+10))})
		if p := r.problem(t, 413); p.Result == nil {
			t.Errorf("%+v", p)
		}
	})
	t.Run("a form upload is told what to send", func(t *testing.T) {
		h.as("monitor").do("POST", "/api/v1/posts", "x", "Content-Type", "multipart/form-data; boundary=x").problem(t, 415)
	})
	t.Run("another county is out of bounds", func(t *testing.T) {
		h.as("monitor").post("/posts?region=141121", `[]`).problem(t, 403)
	})
	t.Run("who only reads may not push", func(t *testing.T) {
		for _, user := range []string{"supervisor", "jkj-liaison", "auditor"} {
			h.as(user).post("/posts", `[]`).problem(t, 403)
		}
	})
}

// endless hides the length of a body.
type endless struct{ r *strings.Reader }

func (e endless) Read(b []byte) (int, error) { return e.r.Read(b) }

func (in *inlet) fail(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.refuse = err
}

func TestReadingPosts(t *testing.T) {
	h := newHouse(t)
	ids := h.archived(t, 3)
	var page huiying.Page[struct {
		huiying.Assessed
		Event string `json:"event"`
	}]
	r := h.as("monitor").get("/posts?q=" + url.QueryEscape("暖气") + "&channel=forum&sentiment=negative&min_risk=50")
	r.json(t, &page)
	if len(page.Items) != 3 || page.Items[0].Assessment.Risk.Score != 60 {
		t.Fatalf("%s", r.body)
	}
	for _, secret := range []string{"13800138000", "张三丰", "author_hash"} {
		if strings.Contains(string(r.body), secret) {
			t.Errorf("the answer contains %q", secret)
		}
	}
	var one struct{ Post, Assessment json.RawMessage }
	h.as("leader").get("/posts/"+string(ids[0])).json(t, &one)
	if len(one.Post) == 0 || len(one.Assessment) == 0 {
		t.Errorf("%+v", one)
	}
	h.as("wenshui").get("/posts/"+string(ids[0])).problem(t, 404)
	h.as("jkj-liaison").get("/posts/"+string(ids[0])).problem(t, 403)
	h.as("monitor").get("/posts/none").problem(t, 404)
	h.as("monitor").get("/posts?channel=pigeon").problem(t, 422)
}

func TestReadingEvents(t *testing.T) {
	h := newHouse(t)
	ids := h.archived(t, 2)
	now := time.Now()
	event := huiying.Event{
		ID: "e1", Region: jiaocheng, Queue: huiying.Online, Title: "暖气不热", Category: "城乡建设", Posts: 2, Level: huiying.Yellow,
		FirstAt: now, FirstSeenAt: now, LastAt: now, UpdatedAt: now, FirstPost: ids[0], Track: huiying.Track{Terms: map[string]float64{"暖气": 1}},
	}
	check(t, h.ledger.SaveEvents(t.Context(), []huiying.Event{event}, []huiying.EventPost{{Event: "e1", Post: ids[0]}, {Event: "e1", Post: ids[1], Duplicate: true}}))
	var page huiying.Page[huiying.Event]
	r := h.as("analyst").get("/events?min_level=yellow&has_case=false")
	r.json(t, &page)
	if len(page.Items) != 1 || page.Items[0].Track.Terms != nil {
		t.Errorf("%s", r.body)
	}
	var one struct {
		huiying.Event
		Members []struct {
			Post      huiying.Post
			Duplicate bool
		}
	}
	h.as("analyst").get("/events/e1").json(t, &one)
	if len(one.Members) != 2 || one.Members[0].Duplicate == one.Members[1].Duplicate || one.Members[0].Post.AuthorHash != "" {
		t.Errorf("%+v", one)
	}
	h.as("wenshui").get("/events/e1").problem(t, 404)
	var post struct{ Event huiying.EventID }
	h.as("analyst").get("/posts/"+string(ids[1])).json(t, &post)
	if post.Event != "e1" {
		t.Errorf("the post does not say its event: %+v", post)
	}
}
