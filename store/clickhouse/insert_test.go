package clickhouse

import (
	"context"
	"testing"
	"time"

	"huiying"
	"huiying/store/internal/batch"
	"huiying/store/storetest"
)

// physical counts rows as they lie on disk, repeats included.
func physical(t *testing.T, a *Archive, table string) int {
	t.Helper()
	var n uint64
	if err := a.shards[0].conn.QueryRow(context.Background(), "SELECT count() FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return int(n)
}

func sumOf(t *testing.T, a *Archive) (posts, negative int) {
	t.Helper()
	buckets, err := a.Trend(context.Background(), "", march, march.Add(time.Hour), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range buckets {
		posts, negative = posts+b.Posts, negative+b.Negative
	}
	return posts, negative
}

// again stores a batch without asking what is there.
func again(a *Archive, posts []huiying.Assessed) error {
	ctx := context.Background()
	return store(ctx, a.shards[0].conn, posts, func() ([]batch.Row, error) { return cut(ctx, posts, a.tokens) })
}

func TestARepeatedBatchAddsNothing(t *testing.T) {
	for _, n := range []int{20, 200} { // queued by the server, and not
		a := openArchive(t, one, storetest.Bigrams)
		for range 3 { // as when a node is killed before it has noted that all was stored
			if err := again(a, letters(0, n)); err != nil {
				t.Fatal(err)
			}
		}
		for _, table := range []string{"posts", "docs", "tally"} {
			if got := physical(t, a, table); got != n {
				t.Errorf("%s holds %d rows of %d posts", table, got, n)
			}
		}
	}
}

func TestPostsRepeatedInOtherBatchesCountOnceInEveryRead(t *testing.T) {
	a := openArchive(t, one, storetest.Bigrams)
	ctx := context.Background()
	if err := a.shards[0].conn.Exec(ctx, "SYSTEM STOP MERGES"); err != nil { // as it is before merges
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.shards[0].conn.Exec(ctx, "SYSTEM START MERGES") })
	for _, part := range [][2]int{{0, 120}, {60, 120}, {0, 180}} {
		if err := again(a, letters(part[0], part[1])); err != nil {
			t.Fatal(err)
		}
	}
	if got := physical(t, a, "posts"); got <= 180 {
		t.Fatalf("%d rows: nothing is repeated, so this test means nothing", got)
	}
	for _, q := range []huiying.PostQuery{{}, {Text: "食堂"}, {MinRisk: 60, Sentiment: "negative"}, {From: march}} {
		if n, err := a.CountPosts(ctx, q); err != nil || n != 180 {
			t.Errorf("%+v counts %d, %v; want 180", q, n, err)
		}
		if n, err := a.CountPostsUpTo(ctx, q, 179); err != nil || n != 179 {
			t.Errorf("%+v counts %d up to 179, %v", q, n, err)
		}
		q.Limit = 500
		page, err := a.Posts(ctx, q)
		if err != nil || len(page.Items) != 180 {
			t.Errorf("%+v lists %d, %v; want 180", q, len(page.Items), err)
		}
	}
	if posts, negative := sumOf(t, a); posts != 180 || negative != 180 {
		t.Errorf("the trend sums to %d posts, %d negative; want 180", posts, negative)
	}
	if fresh, err := a.Insert(ctx, letters(0, 180)); err != nil || len(fresh) != 0 {
		t.Errorf("%d posts are called fresh, %v", len(fresh), err)
	}
}

// TestABatchCutShortIsCompletedWhenItComesAgain stores each beginning of what an
// insert writes, as a killed process leaves it.
func TestABatchCutShortIsCompletedWhenItComesAgain(t *testing.T) {
	ctx := context.Background()
	for name, begin := range map[string]func(a *Archive, posts []huiying.Assessed, rows []batch.Row) error{
		"after the tally": func(a *Archive, posts []huiying.Assessed, _ []batch.Row) error {
			return addTally(ctx, a.shards[0].conn, posts)
		},
		"after the posts": func(a *Archive, _ []huiying.Assessed, rows []batch.Row) error {
			return addPosts(ctx, a.shards[0].conn, "posts", rows)
		},
		"after both": func(a *Archive, posts []huiying.Assessed, rows []batch.Row) error {
			if err := addTally(ctx, a.shards[0].conn, posts); err != nil {
				return err
			}
			return addPosts(ctx, a.shards[0].conn, "posts", rows)
		},
		"after the documents": func(a *Archive, posts []huiying.Assessed, rows []batch.Row) error {
			if err := addTally(ctx, a.shards[0].conn, posts); err != nil {
				return err
			}
			return addDocs(ctx, a.shards[0].conn, "docs", rows)
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := openArchive(t, one, storetest.Bigrams)
			rows, err := cut(ctx, letters(0, 50), a.tokens)
			if err != nil {
				t.Fatal(err)
			}
			if err := begin(a, letters(0, 50), rows); err != nil {
				t.Fatal(err)
			}
			if page, err := a.Posts(ctx, huiying.PostQuery{}); err != nil || len(page.Items) != 0 {
				t.Errorf("a list shows %d posts that are stored by half, %v", len(page.Items), err)
			}
			if fresh, err := a.Insert(ctx, letters(0, 80)); err != nil || len(fresh) != 80 {
				t.Errorf("%d posts are fresh, %v; want 80", len(fresh), err)
			}
			if n, err := a.CountPosts(ctx, huiying.PostQuery{}); err != nil || n != 80 {
				t.Errorf("%d posts, %v; want 80", n, err)
			}
			if posts, _ := sumOf(t, a); posts != 80 {
				t.Errorf("the trend sums to %d posts, want 80", posts)
			}
			if fresh, err := a.Insert(ctx, letters(0, 80)); err != nil || len(fresh) != 0 {
				t.Errorf("%d posts are fresh when all are stored, %v", len(fresh), err)
			}
		})
	}
}
