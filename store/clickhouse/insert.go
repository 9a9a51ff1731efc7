package clickhouse

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"golang.org/x/sync/errgroup"

	"huiying"
)

// riskyFrom is the risk score from which a post counts as risky in trends.
const riskyFrom = 60

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
func (a *Archive) Insert(ctx context.Context, batch []huiying.Assessed) ([]huiying.PostID, error) {
	seen := a.stored.Load()
	batch, err := a.unknown(ctx, batch)
	if err != nil || len(batch) == 0 {
		return nil, err
	}
	rows, err := a.cut(ctx, batch)
	if err != nil {
		return nil, err
	}
	a.writing.Lock()
	defer a.writing.Unlock()
	if a.stored.Load() != seen { // another batch was stored meanwhile: look once more
		if batch, err = a.unknown(ctx, batch); err != nil || len(batch) == 0 {
			return nil, err
		}
		rows = keep(rows, batch)
	}
	if err := a.store(ctx, rows); err != nil {
		return nil, fmt.Errorf("storing %d posts: %w", len(rows), err)
	}
	a.stored.Add(1)
	fresh := make([]huiying.PostID, len(batch))
	for i := range batch {
		fresh[i] = batch[i].Post.ID
	}
	return fresh, nil
}

// unknown drops repeats within the batch and posts that are stored already. It
// asks all shards, and fails without one of them: the post may be there.
func (a *Archive) unknown(ctx context.Context, batch []huiying.Assessed) ([]huiying.Assessed, error) {
	ids := make([]huiying.PostID, len(batch))
	for i, p := range batch {
		if ids[i] = p.Post.ID; ids[i] == "" {
			return nil, huiying.Invalid("id", "信息没有编号，不能入库")
		}
	}
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
			return nil, fmt.Errorf("looking for stored posts: %w", err)
		}
	}
	out := make([]huiying.Assessed, 0, len(batch))
	for _, p := range batch {
		if !known[p.Post.ID] {
			known[p.Post.ID] = true
			out = append(out, p)
		}
	}
	return out, nil
}

// row is a post made ready to be written.
type row struct {
	post       *huiying.Post
	assessment *huiying.Assessment
	doc        string
	terms      string
}

// keep drops the rows that are not of the batch.
func keep(rows []row, batch []huiying.Assessed) []row {
	in := make(map[huiying.PostID]bool, len(batch))
	for _, p := range batch {
		in[p.Post.ID] = true
	}
	return slices.DeleteFunc(rows, func(r row) bool { return !in[r.post.ID] })
}

// cut does what needs no database, on all cores.
func (a *Archive) cut(ctx context.Context, batch []huiying.Assessed) ([]row, error) {
	rows := make([]row, len(batch))
	g, ctx := errgroup.WithContext(ctx)
	workers := min(runtime.GOMAXPROCS(0), len(batch))
	for w := range workers {
		g.Go(func() error {
			for i := w; i < len(batch); i += workers {
				if err := ctx.Err(); err != nil {
					return err
				}
				doc, err := json.Marshal(batch[i])
				if err != nil {
					return fmt.Errorf("writing post %s as JSON: %w", batch[i].Post.ID, err)
				}
				rows[i] = row{
					post: &batch[i].Post, assessment: &batch[i].Assessment,
					doc: string(doc), terms: documentTerms(a.tokens(batch[i].Post.FullText())),
				}
			}
			return nil
		})
	}
	return rows, g.Wait()
}

// store writes rows to their shards: the tally and its sums beside the posts, the
// documents when all of that is there on all shards.
func (a *Archive) store(ctx context.Context, rows []row) error {
	of := make([][]row, len(a.shards))
	for _, r := range rows {
		i := a.shardOf(string(r.post.Region))
		of[i] = append(of[i], r)
	}
	for i := range of { // as the tables are ordered, and the same each time it is tried
		slices.SortFunc(of[i], func(x, y row) int {
			return cmp.Or(cmp.Compare(x.post.Region, y.post.Region), x.post.PublishedAt.Compare(y.post.PublishedAt), cmp.Compare(x.post.ID, y.post.ID))
		})
	}
	each := func(steps ...func(context.Context, driver.Conn, []row) error) error {
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
	posts := func(ctx context.Context, conn driver.Conn, rows []row) error {
		return addPosts(ctx, conn, "posts", rows)
	}
	docs := func(ctx context.Context, conn driver.Conn, rows []row) error { return addDocs(ctx, conn, "docs", rows) }
	if err := each(addTally, posts); err != nil {
		return err
	}
	return each(docs)
}

// named gives an insert the name of its posts, so that the server drops it when it
// has stored it already.
func named(ctx context.Context, rows []row) context.Context {
	h := sha256.New()
	for _, r := range rows {
		h.Write([]byte(r.post.ID))
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

func addPosts(ctx context.Context, conn driver.Conn, table string, rows []row) error {
	b, err := conn.PrepareBatch(ctx, "INSERT INTO "+table+" (region, published, id, channel, source, category, sentiment, risk, lead, flags, parent, terms)")
	if err != nil {
		return fmt.Errorf("posts: %w", err)
	}
	for _, r := range rows {
		p, as := r.post, r.assessment
		flags := make([]string, len(as.Flags))
		for i, f := range as.Flags {
			flags[i] = string(f)
		}
		lead := ""
		if len(as.Units) > 0 {
			lead = string(as.Units[0].Unit)
		}
		if err := b.Append(string(p.Region), column(p.PublishedAt), string(p.ID), string(p.Channel), p.Source, as.Category, as.Sentiment.Label, as.Risk.Score, lead, flags, string(p.Parent), r.terms); err != nil {
			return fmt.Errorf("post %s: %w", p.ID, err)
		}
	}
	return send(b, "posts")
}

func addDocs(ctx context.Context, conn driver.Conn, table string, rows []row) error {
	b, err := conn.PrepareBatch(ctx, "INSERT INTO "+table+" (id, region, published, doc)")
	if err != nil {
		return fmt.Errorf("documents: %w", err)
	}
	for _, r := range rows {
		if err := b.Append(string(r.post.ID), string(r.post.Region), column(r.post.PublishedAt), r.doc); err != nil {
			return fmt.Errorf("document of post %s: %w", r.post.ID, err)
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
func addTally(ctx context.Context, conn driver.Conn, rows []row) error {
	b, err := conn.PrepareBatch(ctx, "INSERT INTO tally (region, hour, channel, post, negative, risky)")
	if err != nil {
		return fmt.Errorf("tally: %w", err)
	}
	hours := make(map[hourKey]bool)
	for _, r := range rows {
		k := hourKey{r.post.Region, hourOf(r.post.PublishedAt)}
		hours[k] = true
		if err := b.Append(string(k.region), k.hour, string(r.post.Channel), digest(r.post.ID), r.assessment.Sentiment.Label == "negative", r.assessment.Risk.Score >= riskyFrom); err != nil {
			return fmt.Errorf("tally of post %s: %w", r.post.ID, err)
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

func hourOf(t time.Time) int32 {
	h := t.Unix() / 3600
	if t.Unix()%3600 < 0 {
		h-- // before 1970
	}
	return int32(h) //nolint:gosec // far beyond any calendar
}
