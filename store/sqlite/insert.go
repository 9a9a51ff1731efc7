package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"huiying"
	"huiying/store/internal/batch"
	"huiying/store/internal/jsondoc"
	"huiying/store/internal/sqlitedb"
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

// Insert stores a batch in one transaction: rows, search terms and sums.
// It returns the IDs that were not stored before; the others are left as they
// are, so that a batch may be delivered again. A disk that is full, or a file that
// is damaged, is [huiying.ErrBusy] and stores nothing.
func (a *Archive) Insert(ctx context.Context, posts []huiying.Assessed) ([]huiying.PostID, error) {
	fresh, err := a.insert(ctx, posts)
	return fresh, sqlitedb.Trouble(err)
}

func (a *Archive) insert(ctx context.Context, posts []huiying.Assessed) ([]huiying.PostID, error) {
	posts, err := batch.Unknown(ctx, posts, func(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID]bool, error) {
		return knownIDs(ctx, a.db.Read, ids)
	})
	if err != nil || len(posts) == 0 {
		return nil, err
	}
	rows, err := a.prepare(ctx, posts)
	if err != nil {
		return nil, err
	}
	tx, err := a.db.Write.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("beginning to store %d posts: %w", len(posts), err)
	}
	defer func() { _ = tx.Rollback() }()
	fresh, err := a.store(ctx, tx, rows)
	if err != nil {
		return nil, fmt.Errorf("storing %d posts: %w", len(posts), err)
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("storing %d posts: %w", len(posts), err)
	}
	return fresh, nil
}

func (a *Archive) prepare(ctx context.Context, posts []huiying.Assessed) ([]batch.Row, error) {
	return batch.Prepare(ctx, posts, func(text string) string { return documentTerms(a.tokens(text)) })
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func knownIDs(ctx context.Context, db querier, ids []huiying.PostID) (map[huiying.PostID]bool, error) {
	known := make(map[huiying.PostID]bool, len(ids))
	for part := range slices.Chunk(ids, 500) {
		if err := addKnown(ctx, db, part, known); err != nil {
			return nil, err
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

// numbered is a row with its place in the order of lists.
type numbered struct {
	batch.Row
	seq int64
}

func (a *Archive) store(ctx context.Context, tx *sql.Tx, fresh []batch.Row) ([]huiying.PostID, error) {
	fresh, err := stillUnknown(ctx, tx, fresh)
	if err != nil {
		return nil, err
	}
	stmt := func(query string) *sql.Stmt { return tx.StmtContext(ctx, a.write[query]) }
	numbers := numbering{last: stmt(lastSeq), next: make(map[int64]int64)}
	ids, rows := make([]huiying.PostID, len(fresh)), make([]numbered, len(fresh))
	for i, r := range fresh {
		seq, err := numbers.take(ctx, r.Post.PublishedAt)
		if err != nil {
			return nil, err
		}
		ids[i], rows[i] = r.Post.ID, numbered{r, seq}
	}
	// FTS5 writes out what it holds in memory whenever a row ID is not above the
	// one before, so order makes one segment of a batch instead of hundreds.
	slices.SortFunc(rows, func(a, b numbered) int { return cmp.Compare(a.seq, b.seq) })
	post, doc, flag, terms := stmt(insertPost), stmt(insertDoc), stmt(insertFlag), stmt(insertTerms)
	hours, days := make(map[sumKey]sum), make(map[sumKey]sum)
	for _, r := range rows {
		p := r.Post
		if _, err := post.ExecContext(ctx, values(r.Row, r.seq)...); err != nil {
			return nil, fmt.Errorf("post %s: %w", p.ID, err)
		}
		if _, err := doc.ExecContext(ctx, r.seq, r.Doc); err != nil {
			return nil, fmt.Errorf("document of post %s: %w", p.ID, err)
		}
		for _, f := range r.Assessment.Flags {
			if _, err := flag.ExecContext(ctx, string(f), r.seq); err != nil {
				return nil, fmt.Errorf("flag of post %s: %w", p.ID, err)
			}
		}
		if _, err := terms.ExecContext(ctx, r.seq, r.Terms); err != nil {
			return nil, fmt.Errorf("terms of post %s: %w", p.ID, err)
		}
		k := sumKey{p.Region, batch.Hour(p.PublishedAt), p.Channel}
		hours[k] = hours[k].plus(r.Row)
		k.at = dayOf(k.at)
		days[k] = days[k].plus(r.Row)
	}
	if err := addSums(ctx, stmt(addHour), hours); err != nil {
		return nil, err
	}
	return ids, addSums(ctx, stmt(addDay), days)
}

// stillUnknown looks once more, now that nobody else can write.
func stillUnknown(ctx context.Context, tx *sql.Tx, rows []batch.Row) ([]batch.Row, error) {
	ids := make([]huiying.PostID, len(rows))
	for i, r := range rows {
		ids[i] = r.Post.ID
	}
	known, err := knownIDs(ctx, tx, ids)
	if err != nil || len(known) == 0 {
		return rows, err
	}
	return slices.DeleteFunc(rows, func(r batch.Row) bool { return known[r.Post.ID] }), nil
}

// sumKey is an hour or a day of a region and channel.
type sumKey struct {
	region  huiying.Region
	at      int64
	channel huiying.Channel
}

type sum struct{ posts, negative, risky int }

func (s sum) plus(r batch.Row) sum {
	s.posts++
	if r.Negative() {
		s.negative++
	}
	if r.Risky() {
		s.risky++
	}
	return s
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

// values are those of insertPost.
func values(r batch.Row, seq int64) []any {
	p, as := r.Post, r.Assessment
	return []any{
		seq, string(p.ID), string(p.Region), jsondoc.Micro(p.PublishedAt), string(p.Channel),
		p.Source, as.Category, as.Sentiment.Label, as.Risk.Score, string(r.Lead()), string(p.Parent),
	}
}
