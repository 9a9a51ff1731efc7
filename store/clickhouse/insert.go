package clickhouse

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// Insert stores a batch: tally and hourly sums, rows with their search terms, and
// at last the documents, which make the posts stored. It returns the IDs that were
// not stored before; the others are left as they are, so that a batch may be
// delivered again. When it fails, some of the batch may be visible already;
// delivered again, it is completed and nothing counts twice.
//
// A post delivered to two processes at the very same time may be called fresh by
// both; it is stored, and counted, once.
func (a *Archive) Insert(ctx context.Context, posts []huiying.Assessed) ([]huiying.PostID, error) {
	seen := a.stored.Load()
	posts, err := batch.Unknown(ctx, posts, a.known)
	if err != nil || len(posts) == 0 {
		return nil, err
	}
	rows, err := a.cut(ctx, posts)
	if err != nil {
		return nil, err
	}
	a.writing.Lock()
	defer a.writing.Unlock()
	if a.stored.Load() != seen { // another batch was stored meanwhile: look once more
		if posts, err = batch.Unknown(ctx, posts, a.known); err != nil || len(posts) == 0 {
			return nil, err
		}
		rows = keep(rows, posts)
	}
	if err := a.store(ctx, rows); err != nil {
		return nil, fmt.Errorf("storing %d posts: %w", len(rows), err)
	}
	a.stored.Add(1)
	fresh := make([]huiying.PostID, len(posts))
	for i := range posts {
		fresh[i] = posts[i].Post.ID
	}
	return fresh, nil
}

// known says which posts are stored already. It asks all shards, and fails
// without one of them: the post may be there.
func (a *Archive) known(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID]bool, error) {
	known := make(map[huiying.PostID]bool, len(ids))
	for part := range slices.Chunk(ids, 2000) {
		err := a.rows(ctx, "SELECT id FROM "+a.from("docs")+" WHERE id IN "+list(part), func(rows driver.Rows) error {
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

// keep drops the rows that are not of the batch.
func keep(rows []batch.Row, posts []huiying.Assessed) []batch.Row {
	in := make(map[huiying.PostID]bool, len(posts))
	for _, p := range posts {
		in[p.Post.ID] = true
	}
	return slices.DeleteFunc(rows, func(r batch.Row) bool { return !in[r.Post.ID] })
}

func (a *Archive) cut(ctx context.Context, posts []huiying.Assessed) ([]batch.Row, error) {
	return batch.Prepare(ctx, posts, func(text string) string { return documentTerms(a.tokens(text)) })
}

// store writes rows to their shards: the tally and its sums beside the posts, the
// documents when all of that is there on all shards.
func (a *Archive) store(ctx context.Context, rows []batch.Row) error {
	of := make([][]batch.Row, len(a.shards))
	for _, r := range rows {
		i := a.shardOf(string(r.Post.Region))
		of[i] = append(of[i], r)
	}
	for i := range of { // as the tables are ordered, and the same each time it is tried
		slices.SortFunc(of[i], func(x, y batch.Row) int {
			return cmp.Or(cmp.Compare(x.Post.Region, y.Post.Region), x.Post.PublishedAt.Compare(y.Post.PublishedAt), cmp.Compare(x.Post.ID, y.Post.ID))
		})
	}
	each := func(steps ...func(context.Context, driver.Conn, []batch.Row) error) error {
		var g errgroup.Group // without a context of its own: ending one may close a connection that is in the pool again
		for i, rows := range of {
			if len(rows) == 0 {
				continue
			}
			for _, step := range steps {
				g.Go(func() error { return step(named(ctx, rows), a.shards[i].conn, rows) })
			}
		}
		return g.Wait()
	}
	posts := func(ctx context.Context, conn driver.Conn, rows []batch.Row) error {
		return addPosts(ctx, conn, "posts", rows)
	}
	docs := func(ctx context.Context, conn driver.Conn, rows []batch.Row) error {
		return addDocs(ctx, conn, "docs", rows)
	}
	if err := each(addTally, posts); err != nil {
		return err
	}
	return each(docs)
}

// named gives an insert the name of its posts, so that the server drops it when it
// has stored it already.
func named(ctx context.Context, rows []batch.Row) context.Context {
	h := sha256.New()
	for _, r := range rows {
		h.Write([]byte(r.Post.ID))
		h.Write([]byte{0})
	}
	queued := 0
	if len(rows) < queuedBelow {
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
func addTally(ctx context.Context, conn driver.Conn, rows []batch.Row) error {
	b, err := conn.PrepareBatch(ctx, "INSERT INTO tally (region, hour, channel, post, negative, risky)")
	if err != nil {
		return fmt.Errorf("tally: %w", err)
	}
	hours := make(map[hourKey]bool)
	for _, r := range rows {
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
