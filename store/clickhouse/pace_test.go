package clickhouse

import (
	"context"
	"testing"

	"huiying"
	"huiying/store/storetest"
)

func TestACountyIsCopiedToItsNeighbours(t *testing.T) {
	for name, a := range map[string]*Archive{"one server": openArchive(t, one, storetest.Bigrams), "two shards": openArchive(t, two, storetest.Bigrams)} {
		ctx := context.Background()
		if _, err := a.Insert(ctx, letters(0, 80)); err != nil { // 10 of each county
			t.Fatal(err)
		}
		for range 2 {
			done, all := 0, 0
			if err := a.CopyCounty(ctx, "141122", 7, func(d, n int) { done, all = d, n }); err != nil { // 141123 to 141127 have posts of their own
				t.Fatal(err)
			}
			if done != 7 || all != 7 {
				t.Errorf("%s: %d of %d months are copied; want 7", name, done, all)
			}
		}
		for region, want := range map[huiying.Region]int{"141122": 10, "141123": 10, "141128": 10, "141129": 10, "": 100} {
			if n, err := a.CountPosts(ctx, huiying.PostQuery{Region: region, Text: "食堂"}); err != nil || n != want {
				t.Errorf("%s: %q has %d posts, %v; want %d", name, region, n, err, want)
			}
			if posts, _ := sumOf(t, a); posts != 100 {
				t.Errorf("%s: the trend sums to %d", name, posts)
			}
		}
	}
}

func TestPaceIsMeasuredOnTheSamePosts(t *testing.T) {
	a := openArchive(t, one, storetest.Bigrams)
	p, err := a.MeasurePace(context.Background(), [][]huiying.Assessed{letters(0, 120), letters(120, 120)})
	if err != nil || p.N != 240 || p.Archive <= 0 || p.Driver <= 0 || p.Plain <= 0 {
		t.Errorf("%+v, %v", p, err)
	}
	if n, err := a.CountPosts(context.Background(), huiying.PostQuery{}); err != nil || n != 240 {
		t.Errorf("%d posts, %v", n, err)
	}
}
