package dashboard_test

import (
	"context"
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
}

func (a sharded) Posts(ctx context.Context, q huiying.PostQuery) (huiying.Page[huiying.Assessed], error) {
	page, err := a.Archive.Posts(ctx, q)
	page.Partial = a.note(ctx)
	return page, err
}

func (a sharded) Trend(ctx context.Context, region huiying.Region, from, to time.Time, step time.Duration) ([]huiying.TrendBucket, error) {
	a.note(ctx)
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
	var page struct{ Partial bool }
	if h.as("analyst").get("/posts").json(t, &page); !page.Partial {
		t.Error("the API gives a partial list as a whole one")
	}
	if r := h.as("leader").get("/reports/daily.docx"); r.status != 503 || !strings.Contains(string(r.body), "部分数据暂不可用") {
		t.Errorf("a report of partial data: %d %.200s", r.status, r.body)
	}
}
