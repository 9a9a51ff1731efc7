package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"huiying"
	"huiying/store/storetest"
)

// counties lie on both shards (see TestRegionsLieWhereDistributedTablesLook).
var counties = []huiying.Region{"141102", "141121", "141122", "141123", "141124", "141125", "141126", "141127"}

var march = time.Date(2026, 3, 2, 8, 0, 0, 0, huiying.Beijing)

// letters makes posts of all counties, an hour's worth.
func letters(from, n int) []huiying.Assessed {
	out := make([]huiying.Assessed, n)
	for i := range out {
		id := huiying.PostID(fmt.Sprintf("p%06d", from+i))
		out[i] = huiying.Assessed{
			Post: huiying.Post{
				ID: id, Region: counties[(from+i)%len(counties)], Source: "卦山论坛", Channel: huiying.ChannelForum,
				Text: "学校食堂至今无人过问", PublishedAt: march.Add(time.Duration(from+i) * time.Second),
			},
			Assessment: huiying.Assessment{ID: id, Risk: huiying.Risk{Score: 70}, Sentiment: huiying.Sentiment{Label: "negative"}},
		}
	}
	return out
}

func TestRegionsLieWhereDistributedTablesLook(t *testing.T) {
	a := openArchive(t, two, storetest.Bigrams)
	ctx := context.Background()
	if _, err := a.Insert(ctx, letters(0, 40)); err != nil {
		t.Fatal(err)
	}
	on := make(map[uint32]int)
	for _, county := range counties {
		var shard uint32
		var want uint64
		if err := a.conn.QueryRow(ctx, "SELECT any(_shard_num), toUInt64(cityHash64(any(region)) % 2 + 1) FROM posts_all WHERE region = "+quote(string(county))).Scan(&shard, &want); err != nil {
			t.Fatal(err)
		}
		if uint64(shard) != want {
			t.Errorf("%s is on shard %d, a Distributed table would put it on %d", county, shard, want)
		}
		on[shard]++
	}
	if len(on) != 2 {
		t.Errorf("all counties are on one shard: %v", on)
	}
}

// TestAShardKilledInMidInsertLosesAndDoublesNothing kills the second shard again
// and again while posts are stored. Who stores them repeats what failed, as the bus
// does.
func TestAShardKilledInMidInsertLosesAndDoublesNothing(t *testing.T) {
	a := openArchive(t, two, storetest.Bigrams)
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	const batches, size, kills = 60, 80, 4
	fresh := make(map[huiying.PostID]int)
	failed := 0
	var mu sync.Mutex
	done := make(chan struct{})
	var writers sync.WaitGroup
	writers.Go(func() {
		defer close(done)
		for i := range batches {
			for ctx.Err() == nil {
				ids, err := a.Insert(ctx, letters(i*size, size))
				for _, id := range ids {
					fresh[id]++
				}
				if err == nil {
					break
				}
				if !errors.Is(err, huiying.ErrBusy) { // the bus would give the posts up after a while
					t.Errorf("a dead shard is not told as one: %v", err)
				}
				mu.Lock()
				failed++
				mu.Unlock()
				time.Sleep(50 * time.Millisecond)
			}
		}
	})
	failures := func() int {
		mu.Lock()
		defer mu.Unlock()
		return failed
	}
	r := rand.New(rand.NewPCG(3, 3))
	for range kills {
		before := failures()
		time.Sleep(time.Duration(r.IntN(300)) * time.Millisecond)
		if err := two.Kill(1); err != nil {
			t.Fatal(err)
		}
		for failures() == before { // until an insert met the dead shard, or all is stored
			select {
			case <-done:
				before--
			case <-time.After(10 * time.Millisecond):
			}
		}
		if err := two.Restart(ctx, 1); err != nil {
			t.Fatal(err)
		}
	}
	writers.Wait()
	if ctx.Err() != nil {
		t.Fatal("the posts were not stored in time")
	}
	if failures() == 0 {
		t.Error("no insert failed: the shard was killed too late for this test to mean anything")
	}
	const all = batches * size
	for id, n := range fresh {
		if n != 1 {
			t.Errorf("%s was called fresh %d times", id, n)
		}
	}
	for _, q := range []huiying.PostQuery{{}, {Text: "食堂"}} {
		if n, err := a.CountPosts(ctx, q); err != nil || n != all {
			t.Errorf("%+v counts %d posts, %v; want %d", q, n, err, all)
		}
	}
	buckets, err := a.Trend(ctx, "", march, march.Add(2*time.Hour), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, b := range buckets {
		sum += b.Posts
	}
	if sum != all {
		t.Errorf("the trend sums to %d posts, want %d", sum, all)
	}
	for i := range batches {
		for _, p := range letters(i*size, size)[:2] {
			if _, err := a.Post(ctx, p.Post.ID); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestReadsGoOnWithoutAShardAndSayThatTheyArePartial(t *testing.T) {
	for dead := range 2 { // 0 is the server whose address was given
		t.Run(fmt.Sprintf("shard %d", dead+1), func(t *testing.T) {
			a := openArchive(t, two, storetest.Bigrams)
			ctx := context.Background()
			all := letters(0, 80)
			if _, err := a.Insert(ctx, all); err != nil {
				t.Fatal(err)
			}
			here := 0 // on the shard that stays
			var lost huiying.Assessed
			for _, p := range all {
				if a.shardOf(string(p.Post.Region)) != dead {
					here++
				} else {
					lost = p
				}
			}
			ask := func(wantPosts int, wantPartial bool) {
				t.Helper()
				ctx, gaps := huiying.WithGaps(ctx)
				page, err := a.Posts(ctx, huiying.PostQuery{Limit: 500, Text: "食堂"})
				if err != nil {
					t.Fatal(err)
				}
				if len(page.Items) != wantPosts || page.Partial != wantPartial {
					t.Errorf("%d posts, partial %v; want %d, %v", len(page.Items), page.Partial, wantPosts, wantPartial)
				}
				n, err := a.CountPosts(ctx, huiying.PostQuery{})
				if err != nil || n != wantPosts {
					t.Errorf("counted %d posts, %v; want %d", n, err, wantPosts)
				}
				b, err := a.Trend(ctx, "", march, march.Add(time.Hour), time.Hour)
				if err != nil || len(b) != 1 || b[0].Posts != wantPosts {
					t.Errorf("the trend is %v, %v; want %d posts", b, err, wantPosts)
				}
				if got := len(gaps.Parts()) > 0; got != wantPartial {
					t.Errorf("gaps are told: %v, want %v", got, wantPartial)
				}
			}
			ask(len(all), false)
			if err := two.Kill(dead); err != nil {
				t.Fatal(err)
			}
			ask(here, true)
			if _, err := a.Post(ctx, lost.Post.ID); huiying.CodeOf(err) != huiying.CodeBusy {
				t.Errorf("a post of the missing shard: %v; it must not be called gone", err)
			}
			more := letters(80, 8) // one of each county
			fresh, err := a.Insert(ctx, more)
			if !errors.Is(err, huiying.ErrBusy) {
				t.Errorf("an insert without a shard: %v", err)
			}
			for _, p := range more {
				if lives := a.shardOf(string(p.Post.Region)) != dead; lives != slices.Contains(fresh, p.Post.ID) {
					t.Errorf("%s of %s: stored %v, its shard lives %v", p.Post.ID, p.Post.Region, !lives, lives)
				}
			}
			for _, p := range more {
				err := a.SaveVersions(ctx, []huiying.Version{{Post: p.Post.ID, Region: p.Post.Region, N: 1}})
				if lives := a.shardOf(string(p.Post.Region)) != dead; lives != (err == nil) || !lives && !errors.Is(err, huiying.ErrBusy) {
					t.Errorf("a version of %s in %s: %v; its shard lives %v", p.Post.ID, p.Post.Region, err, lives)
				}
			}
			ask(here+len(fresh), true)
			if _, err := a.Purge(ctx, march); err == nil {
				t.Error("a purge succeeded without a shard")
			}
			if err := two.Restart(ctx, dead); err != nil {
				t.Fatal(err)
			}
			a.missing.Store(0) // the pause before it is asked again
			if late, err := a.Insert(ctx, more); err != nil || len(late)+len(fresh) != len(more) {
				t.Errorf("of %d posts %d were stored at once and %d when the shard came back, %v", len(more), len(fresh), len(late), err)
			}
			ask(len(all)+len(more), false)
		})
	}
}
