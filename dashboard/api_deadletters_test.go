package dashboard_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"huiying"
	"huiying/bus"
)

func TestDeadLettersAreSeenAndReplayed(t *testing.T) {
	h := newHouse(t)
	if r := h.as("monitor").post("/posts", `[{"id":"poison","source":"论坛","channel":"forum","text":"路灯坏了"}]`); r.status != 202 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	h.consumeUntil(t, errors.New("分析失败"), func() bool {
		n, err := h.bus.CountDeadLetters(t.Context())
		return err == nil && n == 1
	})
	var page huiying.Page[struct {
		ID, Stream, Error string
		Bytes             int
	}]
	r := h.as("sysadmin").get("/dead-letters")
	r.json(t, &page)
	if len(page.Items) != 1 || !strings.Contains(page.Items[0].Error, "分析失败") || page.Items[0].Stream != bus.Posts || page.Items[0].Bytes == 0 {
		t.Fatalf("%s", r.body)
	}
	if strings.Contains(string(r.body), "路灯") {
		t.Error("an administrator reads the post")
	}
	id := page.Items[0].ID
	h.as("monitor").post("/dead-letters/"+id+"/replay", nil).problem(t, 403)
	h.as("sysadmin").post("/dead-letters/none/replay", nil).problem(t, 404)
	if r := h.as("sysadmin").post("/dead-letters/"+id+"/replay", nil); r.status != 202 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	h.consumeUntil(t, nil, func() bool {
		n, err := h.bus.CountDeadLetters(t.Context())
		return err == nil && n == 0
	})
	h.as("sysadmin").post("/dead-letters/"+id+"/replay", nil).problem(t, 404)
	h.audited(t, "deadletter.replay")
}

// consumeUntil lets the consumer of the posts answer with err until done.
func (h *house) consumeUntil(t *testing.T, err error, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	handled := make(chan struct{}, 100)
	go func() {
		stopped <- h.bus.ConsumePosts(ctx, "test", 1, func(context.Context, []huiying.Post) error {
			handled <- struct{}{}
			return err
		})
	}()
	<-handled
	for !done() {
		select {
		case <-handled:
		case <-t.Context().Done():
			t.Fatal("never")
		default:
		}
	}
	cancel()
	check(t, <-stopped)
}
