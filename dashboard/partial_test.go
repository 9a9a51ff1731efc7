package dashboard_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"huiying"
	"huiying/store/sqlite"
)

// sharded is an archive of which a part can be down, as store/clickhouse tells of it.
type sharded struct {
	*sqlite.Archive
	down *atomic.Bool
	mute *atomic.Bool // it does not answer at all
}

func (a sharded) Posts(ctx context.Context, q huiying.PostQuery) (huiying.Page[huiying.Assessed], error) {
	page, err := a.Archive.Posts(ctx, q)
	page.Partial = a.note(ctx)
	return page, err
}

func (a sharded) Trend(ctx context.Context, region huiying.Region, from, to time.Time, step time.Duration) ([]huiying.TrendBucket, error) {
	a.note(ctx)
	if a.mute.Load() {
		return nil, errors.New("dial tcp: connection refused")
	}
	return a.Archive.Trend(ctx, region, from, to, step)
}

func (a sharded) note(ctx context.Context) bool {
	if a.down.Load() {
		huiying.NoteGap(ctx, "信息库")
	}
	return a.down.Load()
}

func TestPeopleAndProgramsAreToldThatAPartOfTheArchiveIsMissing(t *testing.T) {
	h, _ := filled(t)
	for _, path := range []string{"/posts", "/"} {
		if r := h.as("analyst").page(path); strings.Contains(string(r.body), "部分数据不可用") || r.header.Get("Huiying-Partial") != "" {
			t.Errorf("%s says that something is missing, and nothing is", path)
		}
	}
	h.shardDown.Store(true)
	for _, path := range []string{"/posts", "/"} {
		r := h.as("analyst").page(path)
		r.says(t, "部分数据不可用：信息库")
		if r.header.Get("Huiying-Partial") != "true" {
			t.Errorf("%s: the header does not tell", path)
		}
	}
	h.as("sysadmin").page("/system").says(t, "信息库没有应答", "交办、签收和计时不受影响")
	var page struct{ Partial bool }
	if h.as("analyst").get("/posts").json(t, &page); !page.Partial {
		t.Error("the API gives a partial list as a whole one")
	}
	if r := h.as("leader").get("/reports/daily.docx"); r.status != 503 || !strings.Contains(string(r.body), "部分数据暂不可用") {
		t.Errorf("a report of partial data: %d %.200s", r.status, r.body)
	}
}

// The figures are computed for whoever watches, once a second, and not for a
// request: a failure of that ends nothing, and comes to the log once.
func TestAnArchiveThatDoesNotAnswerEndsNothing(t *testing.T) {
	h := newHouse(t)
	s := h.as("leader").watch("")
	s.hello()
	s.nextOf(huiying.LiveStats)
	h.mute.Store(true)
	told := func() int { return strings.Count(h.log.String(), "no figures for the open screens") }
	for told() == 0 {
		h.pass(time.Second) // past what is kept of an overview
		time.Sleep(20 * time.Millisecond)
	}
	h.mute.Store(false)
	h.open("校车超载")
	for {
		h.pass(time.Second)
		var o huiying.Overview
		if err := json.Unmarshal(s.nextOf(huiying.LiveStats).Data, &o); err != nil {
			t.Fatal(err)
		}
		if o.CasesOpen == 1 {
			break
		}
	}
	if n := told(); n != 1 {
		t.Errorf("the log says it %d times", n)
	}
}
