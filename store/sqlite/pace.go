package sqlite

import (
	"context"
	"database/sql"
	"path/filepath"

	"github.com/ncruces/go-sqlite3/driver"

	"huiying"
	"huiying/store/internal/batch"
)

// Pace is how fast posts are stored, in rows a second.
type Pace = batch.Pace

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
	return batch.Ways{
		Prepare: archive.prepare, Insert: archive.Insert, Driver: twin.bare,
		Plain: func(ctx context.Context, rows []batch.Row) error { return insertPlain(ctx, plain, rows) },
	}.Measure(ctx, batches)
}

// bare puts prepared rows into the tables and does nothing else.
func (a *Archive) bare(ctx context.Context, rows []batch.Row) error {
	return inTx(ctx, a.db.Write, func(tx *sql.Tx) error {
		post, doc, terms := tx.StmtContext(ctx, a.write[insertPost]), tx.StmtContext(ctx, a.write[insertDoc]), tx.StmtContext(ctx, a.write[insertTerms])
		var next int64
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(seq), 0) + 1 FROM posts").Scan(&next); err != nil {
			return err
		}
		for i, r := range rows {
			seq := next + int64(i)
			if _, err := post.ExecContext(ctx, values(r, seq)...); err != nil {
				return err
			}
			if _, err := doc.ExecContext(ctx, seq, r.Doc); err != nil {
				return err
			}
			if _, err := terms.ExecContext(ctx, seq, r.Terms); err != nil {
				return err
			}
		}
		return nil
	})
}

const plainTable = `CREATE TABLE posts (seq INTEGER PRIMARY KEY, id TEXT, region TEXT, published INTEGER, channel TEXT, source TEXT,
	category TEXT, sentiment TEXT, risk REAL, lead TEXT, parent TEXT, doc TEXT)`

func insertPlain(ctx context.Context, db *sql.DB, rows []batch.Row) error {
	return inTx(ctx, db, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, "INSERT INTO posts VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
		if err != nil {
			return err
		}
		for _, r := range rows {
			if _, err := insert.ExecContext(ctx, append(values(r, 0)[1:], r.Doc)...); err != nil {
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
