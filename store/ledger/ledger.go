// Package ledger keeps everything but posts: cases with their timelines,
// events, notifications, units, accounts, sources, sessions and the audit chain.
//
// It holds no rules: what a case may do is in package huiying, when and why in
// alerting. It speaks SQL through bun, so that one code serves SQLite and
// PostgreSQL. Start reading at [Ledger.OpenCase] and [Ledger.SaveCase].
package ledger

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"

	"github.com/ncruces/go-sqlite3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"huiying"
	"huiying/store/internal/keyset"
	"huiying/store/internal/sqlitedb"
)

//go:embed migrations/*.sql
var files embed.FS

// migrations is the schema, written once for both databases (see inPostgres).
func migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // only when the name is malformed
	}
	return sub
}

// Ledger is safe for concurrent use. Every method that changes something does so
// in one transaction, and these follow one another: what a change reads, nobody
// else changes before it is done.
type Ledger struct {
	write       *bun.DB
	read        *bun.DB
	close       func() error
	duplicate   func(error) bool // err says that a unique key exists already
	trouble     func(error) error
	uncommitted func(error) error // what an error of a commit means
	snapshot    func(ctx context.Context, path string) error
	queue       func(context.Context, bun.Tx) error // waits for the changes of others; nil where connections do
	now         string                              // the database's clock in µs, as SQL
}

// OpenSQLite opens or creates the ledger in the SQLite file at path.
func OpenSQLite(ctx context.Context, path string) (*Ledger, error) {
	db, err := sqlitedb.Open(ctx, path, sqlitedb.Options{Migrations: migrations(), Readers: 4, WriteCache: 16 << 10, ReadCache: 4 << 10})
	if err != nil {
		return nil, err
	}
	return &Ledger{
		write: bun.NewDB(db.Write, sqlitedialect.New()),
		read:  bun.NewDB(db.Read, sqlitedialect.New()),
		close: db.Close, snapshot: db.Snapshot, trouble: sqlitedb.Trouble,
		uncommitted: func(err error) error { return err },
		now:         "CAST(unixepoch('now', 'subsec') * 1000000 AS INTEGER)",
		duplicate: func(err error) bool {
			return errors.Is(err, sqlite3.CONSTRAINT_UNIQUE) || errors.Is(err, sqlite3.CONSTRAINT_PRIMARYKEY)
		},
	}, nil
}

// Snapshot writes the ledger as it stands at this moment to a new SQLite file,
// whatever database it is on; nobody waits for it.
func (l *Ledger) Snapshot(ctx context.Context, path string) error {
	if l.snapshot != nil {
		return l.snapshot(ctx, path)
	}
	to, err := OpenSQLite(ctx, path)
	if err != nil {
		return err
	}
	_, err = Copy(ctx, l, to, func(int, int) {})
	return errors.Join(err, to.Close())
}

// Close ends the ledger's use of its database.
func (l *Ledger) Close() error { return l.close() }

// noDeadline stands in a column for "never": it sorts behind every time.
const noDeadline = math.MaxInt64

// Trouble makes err a [huiying.ErrBusy] that says what to do when the database is
// the cause (out of reach, its disk full, its file damaged) and not what was asked.
// Other errors stay as they are. Changes say so themselves.
func (l *Ledger) Trouble(err error) error { return l.trouble(err) }

// change runs f in one transaction.
func (l *Ledger) change(ctx context.Context, doing string, f func(ctx context.Context, tx bun.Tx) error) error {
	if err := l.transact(ctx, f); err != nil {
		return l.trouble(fmt.Errorf("%s: %w", doing, err))
	}
	return nil
}

func (l *Ledger) transact(ctx context.Context, f func(ctx context.Context, tx bun.Tx) error) error {
	tx, err := l.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing to do once it is committed
	if l.queue != nil {
		if err := l.queue(ctx, tx); err != nil {
			return fmt.Errorf("waiting for other changes: %w", err)
		}
	}
	if err := f(ctx, tx); err != nil {
		return err
	}
	return l.uncommitted(tx.Commit())
}

// conditions gathers what a list is filtered by.
type conditions struct {
	text string
	args []any
}

func (c *conditions) add(cond string, args ...any) {
	if c.text != "" {
		c.text += " AND "
	}
	c.text += cond
	c.args = append(c.args, args...)
}

// in limits a column to a region and those below it; a range, so that an index
// serves it on every backend.
func (c *conditions) in(column string, region huiying.Region) {
	if region != "" {
		c.add(column+" >= ? AND "+column+" < ?", string(region), keyset.Under(region))
	}
}

func (c *conditions) where() string {
	if c.text == "" {
		return ""
	}
	return " WHERE " + c.text
}

// like makes a pattern that finds s anywhere, for LIKE … ESCAPE '!'.
func like(s string) string {
	out := []byte{'%'}
	for i := range len(s) {
		if s[i] == '%' || s[i] == '_' || s[i] == '!' {
			out = append(out, '!')
		}
		out = append(out, s[i])
	}
	return string(append(out, '%'))
}

// none reports whether err means that no row was found.
func none(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// changed says how many rows a statement changed.
func changed(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
