package alerting_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/alerting"
	"huiying/store/sqlite"
)

// withArchive gives an office the archive its posts are kept in.
func withArchive(t *testing.T) (*sqlite.Archive, func(*alerting.Config)) {
	t.Helper()
	a, err := sqlite.OpenArchive(t.Context(), filepath.Join(t.TempDir(), "archive.db"), func(string) []sqlite.Token { return nil })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a, func(cfg *alerting.Config) { cfg.Archive = a }
}

// Advice on carbon monoxide was read in the morning; in the evening people were
// poisoned. The case is about the people: it bears their title, its clocks start
// with their report, and both posts are frozen with it.
func TestACaseIsAboutWhatHappenedNotAboutTheAdviceBeforeIt(t *testing.T) {
	t.Parallel()
	archive, use := withArchive(t)
	o := newOffice(t, use)
	now := huiying.Speed{}.Now()
	advice := smell("p1", func(a *huiying.Assessed) {
		a.Post.Title, a.Post.PublishedAt, a.Post.CollectedAt = "瓦窑河水发白冒泡有多可怕？这几个误区", now.Add(-12*time.Hour), now.Add(-11*time.Hour)
		a.Post.Engagement, a.Assessment.Flags = huiying.Engagement{}, nil
		a.Assessment.State, a.Assessment.Risk.Score = huiying.PhasePrevent, 5
	})
	o.handle(t, advice)
	if n, err := o.ledger.CountCases(t.Context(), huiying.CaseQuery{}); err != nil || n != 0 {
		t.Fatalf("%d cases of advice, %v", n, err)
	}
	if _, err := archive.Insert(t.Context(), []huiying.Assessed{advice}); err != nil {
		t.Fatal(err)
	}
	report := smell("p2")
	report.Post.CollectedAt = now
	o.handle(t, report)
	c := o.onlyCase(t)
	if c.Title != report.Post.Title || !c.EventAt.Equal(report.Post.PublishedAt) || !c.FirstSeenAt.Equal(now) {
		t.Errorf("the case is %q since %s, seen %s; want %q since %s, seen %s", c.Title, c.EventAt, c.FirstSeenAt, report.Post.Title, report.Post.PublishedAt, now)
	}
	var frozen []huiying.PostID
	for _, e := range c.Evidence {
		frozen = append(frozen, e.Post)
	}
	if !slices.Equal(frozen, []huiying.PostID{"p1", "p2"}) {
		t.Errorf("frozen: %v, want the advice and the report", frozen)
	}
	if e := o.event(t, c.Event); !e.FirstAt.Equal(advice.Post.PublishedAt) {
		t.Errorf("the event was first spoken of at %s, want %s", e.FirstAt, advice.Post.PublishedAt)
	}
}

func TestEvidenceIsTheGravestPostsInTheOrderTheyWerePublished(t *testing.T) {
	t.Parallel()
	var posts []huiying.Assessed
	for i := range 30 {
		posts = append(posts, huiying.Assessed{
			Post:       huiying.Post{ID: huiying.PostID(fmt.Sprint("p", i)), Text: strings.Repeat("长", 300), PublishedAt: morning.Add(time.Duration(i) * time.Minute)},
			Assessment: huiying.Assessment{Risk: huiying.Risk{Score: float64(i)}},
		})
	}
	posts = append(posts, posts[29]) // delivered twice
	frozen := huiying.EvidenceOf(posts)
	if len(frozen) != 20 || frozen[0].Post != "p10" || frozen[19].Post != "p29" || len([]rune(frozen[0].Excerpt)) != 200 {
		t.Errorf("frozen: %d from %s to %s", len(frozen), frozen[0].Post, frozen[len(frozen)-1].Post)
	}
}
