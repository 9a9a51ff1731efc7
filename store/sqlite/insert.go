package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"huiying"
)

const (
	insertPost = `INSERT INTO posts (seq, id, region, published, channel, source, category, sentiment, risk, lead, parent)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	insertDoc   = `INSERT INTO docs (seq, doc) VALUES (?, ?)`
	insertFlag  = `INSERT INTO post_flags (flag, seq) VALUES (?, ?) ON CONFLICT DO NOTHING`
	insertTerms = `INSERT INTO post_text (rowid, terms) VALUES (?, ?)`
	addHour     = `INSERT INTO hourly (region, hour, channel, posts, negative, risky) VALUES (?, ?, ?, ?, ?, ?)` + addUp
	addDay      = `INSERT INTO daily (region, day, channel, posts, negative, risky) VALUES (?, ?, ?, ?, ?, ?)` + addUp
	addUp       = ` ON CONFLICT DO UPDATE SET posts = posts + excluded.posts, negative = negative + excluded.negative, risky = risky + excluded.risky`
)

// riskyFrom is the risk score from which a post counts as risky in trends.
const riskyFrom = 60

// Insert stores a batch in one transaction: rows, search terms and sums.
// It returns the IDs that were not stored before; the others are left as they
// are, so that a batch may be delivered again.
func (a *Archive) Insert(ctx context.Context, batch []huiying.Assessed) ([]huiying.PostID, error) {
	batch, err := a.unknown(ctx, batch)
	if err != nil || len(batch) == 0 {
		return nil, err
	}
	rows, err := a.prepare(ctx, batch)
	if err != nil {
		return nil, err
	}
	tx, err := a.db.Write.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("beginning to store %d posts: %w", len(batch), err)
	}
	defer func() { _ = tx.Rollback() }()
	fresh, err := a.store(ctx, tx, rows)
	if err != nil {
		return nil, fmt.Errorf("storing %d posts: %w", len(batch), err)
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("storing %d posts: %w", len(batch), err)
	}
	return fresh, nil
}

// unknown drops repeats within the batch and posts that are stored already,
// before the work of cutting them into terms.
func (a *Archive) unknown(ctx context.Context, batch []huiying.Assessed) ([]huiying.Assessed, error) {
	ids := make([]huiying.PostID, 0, len(batch))
	for _, p := range batch {
		if p.Post.ID == "" {
			return nil, huiying.Invalid("id", "信息没有编号，不能入库")
		}
		ids = append(ids, p.Post.ID)
	}
	known, err := knownIDs(ctx, a.db.Read, ids)
	if err != nil {
		return nil, err
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

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func knownIDs(ctx context.Context, db querier, ids []huiying.PostID) (map[huiying.PostID]bool, error) {
	known := make(map[huiying.PostID]bool, len(ids))
	for part := range slices.Chunk(ids, 500) {
		if err := addKnown(ctx, db, part, known); err != nil {
			return nil, fmt.Errorf("looking for stored posts: %w", err)
		}
	}
	return known, nil
}

func addKnown(ctx context.Context, db querier, ids []huiying.PostID, known map[huiying.PostID]bool) error {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = string(id)
	}
	rows, err := db.QueryContext(ctx, "SELECT id FROM posts WHERE id IN ("+marks(len(ids))+")", args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		known[huiying.PostID(id)] = true
	}
	return rows.Err()
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

// row is a post made ready to be written.
type row struct {
	seq        int64
	post       *huiying.Post
	assessment *huiying.Assessment
	doc        string
	terms      string
}

// prepare does what needs no database, on all cores, so that the writer is held
// for as short as can be.
func (a *Archive) prepare(ctx context.Context, batch []huiying.Assessed) ([]row, error) {
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

func (a *Archive) store(ctx context.Context, tx *sql.Tx, rows []row) ([]huiying.PostID, error) {
	rows, err := stillUnknown(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	stmt := func(query string) *sql.Stmt { return tx.StmtContext(ctx, a.write[query]) }
	numbers := numbering{last: stmt(lastSeq), next: make(map[int64]int64)}
	fresh := make([]huiying.PostID, len(rows))
	for i := range rows {
		if rows[i].seq, err = numbers.take(ctx, rows[i].post.PublishedAt); err != nil {
			return nil, err
		}
		fresh[i] = rows[i].post.ID
	}
	// FTS5 writes out what it holds in memory whenever a row ID is not above the
	// one before, so order makes one segment of a batch instead of hundreds.
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.seq, b.seq) })
	post, doc, flag, terms := stmt(insertPost), stmt(insertDoc), stmt(insertFlag), stmt(insertTerms)
	hours, days := make(map[sumKey]sum), make(map[sumKey]sum)
	for _, r := range rows {
		p, as := r.post, r.assessment
		if _, err := post.ExecContext(ctx, r.values(r.seq)...); err != nil {
			return nil, fmt.Errorf("post %s: %w", p.ID, err)
		}
		if _, err := doc.ExecContext(ctx, r.seq, r.doc); err != nil {
			return nil, fmt.Errorf("document of post %s: %w", p.ID, err)
		}
		for _, f := range as.Flags {
			if _, err := flag.ExecContext(ctx, string(f), r.seq); err != nil {
				return nil, fmt.Errorf("flag of post %s: %w", p.ID, err)
			}
		}
		if _, err := terms.ExecContext(ctx, r.seq, r.terms); err != nil {
			return nil, fmt.Errorf("terms of post %s: %w", p.ID, err)
		}
		k := sumKey{p.Region, hourOf(p.PublishedAt), p.Channel}
		hours[k] = hours[k].plus(as)
		k.at = dayOf(k.at)
		days[k] = days[k].plus(as)
	}
	if err := addSums(ctx, stmt(addHour), hours); err != nil {
		return nil, err
	}
	return fresh, addSums(ctx, stmt(addDay), days)
}

// stillUnknown looks once more, now that nobody else can write.
func stillUnknown(ctx context.Context, tx *sql.Tx, rows []row) ([]row, error) {
	ids := make([]huiying.PostID, len(rows))
	for i, r := range rows {
		ids[i] = r.post.ID
	}
	known, err := knownIDs(ctx, tx, ids)
	if err != nil || len(known) == 0 {
		return rows, err
	}
	return slices.DeleteFunc(rows, func(r row) bool { return known[r.post.ID] }), nil
}

// sumKey is an hour or a day of a region and channel.
type sumKey struct {
	region  huiying.Region
	at      int64
	channel huiying.Channel
}

type sum struct{ posts, negative, risky int }

func (s sum) plus(as *huiying.Assessment) sum {
	s.posts++
	if as.Sentiment.Label == "negative" {
		s.negative++
	}
	if as.Risk.Score >= riskyFrom {
		s.risky++
	}
	return s
}

func hourOf(t time.Time) int64 {
	h := t.Unix() / 3600
	if t.Unix()%3600 < 0 {
		h-- // before 1970
	}
	return h
}

// dayOf is the day in Beijing of an hour.
func dayOf(hour int64) int64 {
	hour += 8
	if hour%24 < 0 {
		hour -= 24 // before 1970
	}
	return hour / 24
}

func addSums(ctx context.Context, add *sql.Stmt, sums map[sumKey]sum) error {
	for k, s := range sums {
		if _, err := add.ExecContext(ctx, string(k.region), k.at, string(k.channel), s.posts, s.negative, s.risky); err != nil {
			return fmt.Errorf("sums: %w", err)
		}
	}
	return nil
}
