package clickhouse

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"golang.org/x/sync/errgroup"

	"huiying"
	"huiying/store/internal/batch"
)

// queuedBelow is the size of a batch that is left to the server's queue, where the
// small batches of many nodes become one part.
const queuedBelow = 100

// Insert stores a batch: rows with their search terms, and beside them the tally,
// the hourly sums and then the documents. A post is stored when it has its row and
// its document, and so its sums. Insert returns the IDs that were not stored
// before; the others are left as they are, so that a batch may be delivered again.
// When it fails, some of the batch may be stored: those are returned beside the
// error. Delivered again, it is completed and nothing counts twice. Servers that do
// not answer, or have no room, are [huiying.ErrBusy].
//
// Each shard is asked only for the posts of its regions, so one that is down holds
// up these and no others. A post is known by its ID within a shard: counties on
// several that read one page have a copy each.
//
// A post delivered to two processes at the very same time may be called fresh by
// both; it is stored, and counted, once.
func (a *Archive) Insert(ctx context.Context, posts []huiying.Assessed) ([]huiying.PostID, error) {
	of := make([][]huiying.Assessed, len(a.shards))
	for _, p := range posts {
		i := a.shardOf(string(p.Post.Region))
		of[i] = append(of[i], p)
	}
	fresh, errs := make([][]huiying.PostID, len(of)), make([]error, len(of))
	var g sync.WaitGroup
	for i, part := range of {
		if len(part) > 0 {
			g.Go(func() { fresh[i], errs[i] = a.shards[i].insert(ctx, part, a.tokens) })
		}
	}
	g.Wait()
	for i, err := range errs {
		if err != nil {
			errs[i] = trouble(fmt.Errorf("shard %d of %d: %w", i+1, len(of), err))
		}
	}
	return slices.Concat(fresh...), errors.Join(errs...)
}

func (s *shard) insert(ctx context.Context, posts []huiying.Assessed, tokens func(string) []Token) ([]huiying.PostID, error) {
	seen := s.stored.Load()
	var rows []batch.Row
	cutting, stop := context.WithCancel(ctx) // nearly always all are new: they are cut while the server looks and counts
	var cutter errgroup.Group
	cutter.Go(func() (err error) {
		rows, err = cut(cutting, posts, tokens)
		return err
	})
	defer func() {
		stop()
		_ = cutter.Wait() // told below, when it matters
	}()
	fresh, err := batch.Unknown(ctx, posts, s.known)
	if err != nil || len(fresh) == 0 {
		return nil, err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.stored.Load() != seen { // another batch was stored meanwhile: look once more
		if fresh, err = batch.Unknown(ctx, fresh, s.known); err != nil || len(fresh) == 0 {
			return nil, err
		}
	}
	made := func() ([]batch.Row, error) {
		err := cutter.Wait()
		return keep(rows, fresh), err
	}
	if err := store(ctx, s.conn, fresh, made); err != nil {
		return nil, fmt.Errorf("storing %d posts: %w", len(fresh), err)
	}
	s.stored.Add(1)
	ids := make([]huiying.PostID, len(fresh))
	for i := range fresh {
		ids[i] = fresh[i].Post.ID
	}
	return ids, nil
}

// known says which posts the shard has: those with a document, nearly always none,
// if they have a row too.
func (s *shard) known(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID]bool, error) {
	known := make(map[huiying.PostID]bool, len(ids))
	for part := range slices.Chunk(ids, 2000) {
		keys, err := keysOf(part, func(query string, each func(driver.Rows) error) error { return rows(ctx, s.conn, query, each) }, "docs")
		if err != nil {
			return nil, err
		}
		if keys == nothing {
			continue
		}
		err = rows(ctx, s.conn, "SELECT DISTINCT id FROM posts WHERE "+keys, func(rows driver.Rows) error {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			known[huiying.PostID(id)] = true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

// keep drops the rows that are not of the batch, and repeats.
func keep(rows []batch.Row, posts []huiying.Assessed) []batch.Row {
	if len(rows) == len(posts) {
		return rows
	}
	in := make(map[huiying.PostID]bool, len(posts))
	for _, p := range posts {
		in[p.Post.ID] = true
	}
	return slices.DeleteFunc(rows, func(r batch.Row) bool {
		wanted := in[r.Post.ID]
		delete(in, r.Post.ID)
		return !wanted
	})
}

func cut(ctx context.Context, posts []huiying.Assessed, tokens func(string) []Token) ([]batch.Row, error) {
	return batch.Prepare(ctx, posts, func(text string) string { return documentTerms(tokens(text)) })
}

// store writes posts to a shard: the rows, which made waits for, and beside them
// the tally, its sums, and when these are there the documents.
func store(ctx context.Context, conn driver.Conn, posts []huiying.Assessed, made func() ([]batch.Row, error)) error {
	slices.SortFunc(posts, func(x, y huiying.Assessed) int { return inOrder(&x.Post, &y.Post) })
	ctx = named(ctx, posts)
	ready := sync.OnceValues(func() ([]batch.Row, error) {
		rows, err := made()
		slices.SortFunc(rows, func(x, y batch.Row) int { return inOrder(x.Post, y.Post) })
		return rows, err
	})
	var g errgroup.Group // without a context of its own: ending one may close a connection that is in the pool again
	g.Go(func() error {
		rows, err := ready()
		if err != nil {
			return err
		}
		return addPosts(ctx, conn, "posts", rows)
	})
	g.Go(func() error {
		if err := addTally(ctx, conn, posts); err != nil {
			return err
		}
		rows, err := ready()
		if err != nil {
			return err
		}
		return addDocs(ctx, conn, "docs", rows)
	})
	return g.Wait()
}

// inOrder is how the tables are ordered, and the same each time a batch is tried.
func inOrder(x, y *huiying.Post) int {
	return cmp.Or(cmp.Compare(x.Region, y.Region), x.PublishedAt.Compare(y.PublishedAt), cmp.Compare(x.ID, y.ID))
}

// named gives an insert the name of its posts, so that the server drops it when it
// has stored it already.
func named(ctx context.Context, posts []huiying.Assessed) context.Context {
	h := sha256.New()
	for _, p := range posts {
		h.Write([]byte(p.Post.ID))
		h.Write([]byte{0})
	}
	queued := 0
	if len(posts) < queuedBelow {
		queued = 1
	}
	return clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"insert_deduplication_token": hex.EncodeToString(h.Sum(nil)), "async_insert": queued,
	}))
}

func addPosts(ctx context.Context, conn driver.Conn, table string, rows []batch.Row) error {
	b, err := conn.PrepareBatch(ctx, "INSERT INTO "+table+" (region, published, id, channel, source, category, sentiment, risk, lead, flags, parent, terms)")
	if err != nil {
		return fmt.Errorf("posts: %w", err)
	}
	for _, r := range rows {
		p, as := r.Post, r.Assessment
		flags := make([]string, len(as.Flags))
		for i, f := range as.Flags {
			flags[i] = string(f)
		}
		if err := b.Append(string(p.Region), column(p.PublishedAt), string(p.ID), string(p.Channel), p.Source, as.Category, as.Sentiment.Label, as.Risk.Score, string(r.Lead()), flags, string(p.Parent), r.Terms); err != nil {
			return fmt.Errorf("post %s: %w", p.ID, err)
		}
	}
	return send(b, "posts")
}

func addDocs(ctx context.Context, conn driver.Conn, table string, rows []batch.Row) error {
	b, err := conn.PrepareBatch(ctx, "INSERT INTO "+table+" (id, region, published, doc)")
	if err != nil {
		return fmt.Errorf("documents: %w", err)
	}
	for _, r := range rows {
		if err := b.Append(string(r.Post.ID), string(r.Post.Region), column(r.Post.PublishedAt), r.Doc); err != nil {
			return fmt.Errorf("document of post %s: %w", r.Post.ID, err)
		}
	}
	return send(b, "documents")
}

func send(b driver.Batch, what string) error {
	if err := b.Send(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

type hourKey struct {
	region huiying.Region
	hour   int32
}

// addTally notes what each post counts for and sums the hours that got one anew.
func addTally(ctx context.Context, conn driver.Conn, posts []huiying.Assessed) error {
	b, err := conn.PrepareBatch(ctx, "INSERT INTO tally (region, hour, channel, post, negative, risky)")
	if err != nil {
		return fmt.Errorf("tally: %w", err)
	}
	hours := make(map[hourKey]bool)
	for i := range posts {
		r := batch.Row{Post: &posts[i].Post, Assessment: &posts[i].Assessment}
		k := hourKey{r.Post.Region, hourOf(r.Post.PublishedAt)}
		hours[k] = true
		if err := b.Append(string(k.region), k.hour, string(r.Post.Channel), digest(r.Post.ID), r.Negative(), r.Risky()); err != nil {
			return fmt.Errorf("tally of post %s: %w", r.Post.ID, err)
		}
	}
	if err := send(b, "tally"); err != nil {
		return err
	}
	return sumHours(ctx, conn, hours)
}

func sumHours(ctx context.Context, conn driver.Conn, hours map[hourKey]bool) error {
	of := make(map[huiying.Region][]string)
	for k := range hours {
		of[k.region] = append(of[k.region], strconv.Itoa(int(k.hour)))
	}
	var touched []string
	for region, list := range of {
		touched = append(touched, "region = "+quote(string(region))+" AND hour IN ("+strings.Join(list, ", ")+")")
	}
	// The sums are of what is there now, not of a batch: no two are the same insert.
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"insert_deduplicate": 0, "async_insert": 0}))
	err := conn.Exec(ctx, `INSERT INTO hourly (region, hour, channel, posts, negative, risky)
		SELECT region, hour, channel, count(), countIf(negative = 1), countIf(risky = 1) FROM tally FINAL
		WHERE `+strings.Join(touched, " OR ")+` GROUP BY region, hour, channel`)
	if err != nil {
		return fmt.Errorf("hourly sums: %w", err)
	}
	return nil
}

// digest stands for a post in the tally, without saying which it is.
func digest(id huiying.PostID) uint64 {
	sum := sha256.Sum256([]byte(id))
	return binary.LittleEndian.Uint64(sum[:])
}

func hourOf(t time.Time) int32 { return int32(batch.Hour(t)) } //nolint:gosec // far beyond any calendar
