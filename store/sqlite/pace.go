package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"time"

	"github.com/ncruces/go-sqlite3/driver"

	"huiying"
	"huiying/store/internal/jsondoc"
)

// Pace is how fast posts are stored, in rows a second. All three store the same
// posts, batch by batch in turns.
type Pace struct {
	N int `json:"archive_rows"`

	// Archive is [Archive.Insert]: repeats looked for, JSON written, texts cut into
	// terms, rows numbered, hourly sums kept.
	Archive float64 `json:"archive_rows_per_second"`

	// Driver puts the same rows into the same tables, full text included, from
	// values made beforehand: what the database itself takes for them.
	Driver float64 `json:"driver_rows_per_second"`

	// Plain puts columns and JSON into one table with neither indexes nor full
	// text.
	Plain float64 `json:"driver_plain_rows_per_second"`

	ToDriver float64 `json:"ratio_to_driver"`
	ToPlain  float64 `json:"ratio_to_plain"`
}

// MeasurePace stores batches below dir in all three ways. The posts must have
// IDs of their own.
func MeasurePace(ctx context.Context, dir string, tokens func(string) []Token, batches [][]huiying.Assessed) (Pace, error) {
	archive, err := OpenArchive(ctx, filepath.Join(dir, "archive.db"), tokens)
	if err != nil {
		return Pace{}, err
	}
	defer func() { _ = archive.Close() }()
	twin, err := OpenArchive(ctx, filepath.Join(dir, "twin.db"), tokens)
	if err != nil {
		return Pace{}, err
	}
	defer func() { _ = twin.Close() }()
	plain, err := driver.Open("file:" + filepath.Join(dir, "plain.db") + "?_pragma=journal_mode(wal)&_pragma=synchronous(normal)&_pragma=wal_autocheckpoint(4000)")
	if err != nil {
		return Pace{}, err
	}
	defer func() { _ = plain.Close() }()
	plain.SetMaxOpenConns(1)
	if _, err := plain.ExecContext(ctx, plainTable); err != nil {
		return Pace{}, err
	}
	var p Pace
	var took [3]time.Duration
	for _, batch := range batches {
		rows, err := archive.prepare(ctx, batch)
		if err != nil {
			return Pace{}, err
		}
		for i, way := range []func() error{
			func() error { _, err := archive.Insert(ctx, batch); return err },
			func() error { return twin.bare(ctx, rows) },
			func() error { return insertPlain(ctx, plain, rows) },
		} {
			began := time.Now()
			if err := way(); err != nil {
				return Pace{}, fmt.Errorf("measuring inserts: %w", err)
			}
			took[i] += time.Since(began)
		}
		p.N += len(batch)
	}
	rate := func(d time.Duration) float64 { return float64(p.N) / d.Seconds() }
	p.Archive, p.Driver, p.Plain = rate(took[0]), rate(took[1]), rate(took[2])
	p.ToDriver, p.ToPlain = p.Archive/p.Driver, p.Archive/p.Plain
	return p, nil
}

// bare puts prepared rows into the tables and does nothing else.
func (a *Archive) bare(ctx context.Context, rows []row) error {
	return inTx(ctx, a.db.Write, func(tx *sql.Tx) error {
		post, doc, terms := tx.StmtContext(ctx, a.write[insertPost]), tx.StmtContext(ctx, a.write[insertDoc]), tx.StmtContext(ctx, a.write[insertTerms])
		var next int64
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) + 1 FROM posts").Scan(&next); err != nil {
			return err
		}
		for i, r := range rows {
			seq := next + int64(i)
			if _, err := post.ExecContext(ctx, r.values(seq)...); err != nil {
				return err
			}
			if _, err := doc.ExecContext(ctx, seq, r.doc); err != nil {
				return err
			}
			if _, err := terms.ExecContext(ctx, seq, r.terms); err != nil {
				return err
			}
		}
		return nil
	})
}

const plainTable = `CREATE TABLE posts (seq INTEGER PRIMARY KEY, id TEXT, region TEXT, published INTEGER, channel TEXT, source TEXT,
	category TEXT, sentiment TEXT, risk REAL, lead TEXT, parent TEXT, doc TEXT)`

func insertPlain(ctx context.Context, db *sql.DB, rows []row) error {
	return inTx(ctx, db, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, "INSERT INTO posts VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
		if err != nil {
			return err
		}
		for _, r := range rows {
			if _, err := insert.ExecContext(ctx, append(r.values(0)[1:], r.doc)...); err != nil {
				return err
			}
		}
		return nil
	})
}

func inTx(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// values are those of insertPost.
func (r row) values(seq int64) []any {
	p, as := r.post, r.assessment
	lead := ""
	if len(as.Units) > 0 {
		lead = string(as.Units[0].Unit)
	}
	return []any{
		seq, string(p.ID), string(p.Region), jsondoc.Micro(p.PublishedAt), string(p.Channel),
		p.Source, as.Category, as.Sentiment.Label, as.Risk.Score, lead, string(p.Parent),
	}
}
