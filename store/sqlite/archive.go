// Package sqlite is the archive of posts and assessments on SQLite: search,
// lists and trends for one county, or a few, in one file. What outgrows it goes
// to ClickHouse, which passes the same suite (storetest).
//
// It is not the ledger: cases, people and audit are in package ledger. Start
// reading at [Archive.Insert] and [Archive.Posts].
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"huiying"
	"huiying/store/internal/jsondoc"
	"huiying/store/internal/sqlitedb"
	"huiying/store/internal/textquery"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Token is one searchable term of a text and where it stands, in bytes. Tokens
// may overlap: a long word and the shorter ones inside it.
type Token = textquery.Token

// Archive keeps posts with their assessments. It is safe for concurrent use.
type Archive struct {
	db     *sqlitedb.DB
	tokens func(text string) []Token
	write  map[string]*sql.Stmt // prepared once; the writer is a single connection
}

// OpenArchive opens or creates the archive in the file at path. tokens cuts a
// text into searchable terms; it must be safe for concurrent use, and the same
// for every opening of a file, or what was stored before is not found any more.
func OpenArchive(ctx context.Context, path string, tokens func(text string) []Token) (*Archive, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("finding the archive's migrations: %w", err)
	}
	db, err := sqlitedb.Open(ctx, path, sqlitedb.Options{
		Init: registerTerms, Migrations: sub,
		Readers: 4, WriteCache: 32 << 10, ReadCache: 8 << 10,
	})
	if err != nil {
		return nil, err
	}
	a := &Archive{db: db, tokens: tokens, write: make(map[string]*sql.Stmt)}
	for _, query := range []string{insertPost, insertDoc, insertFlag, insertTerms, addHour, addDay, lastSeq} {
		if a.write[query], err = db.Write.PrepareContext(ctx, query); err != nil {
			return nil, errors.Join(fmt.Errorf("preparing the archive: %w", err), a.Close())
		}
	}
	return a, nil
}

// Close ends the archive's use of its file.
func (a *Archive) Close() error {
	for _, s := range a.write {
		_ = s.Close() // the connection it belongs to closes next
	}
	return a.db.Close()
}

// Snapshot writes the archive as it stands at this moment to a new file; nobody
// waits for it but this process's own writer.
func (a *Archive) Snapshot(ctx context.Context, path string) error { return a.db.Snapshot(ctx, path) }

// Size is how many bytes the archive takes on disk, without the WAL.
func (a *Archive) Size(ctx context.Context) (int64, error) { return a.db.Size(ctx) }

// Post returns one post.
func (a *Archive) Post(ctx context.Context, id huiying.PostID) (huiying.Assessed, error) {
	var doc string
	err := a.db.Read.QueryRowContext(ctx, "SELECT d.doc FROM posts p JOIN docs d ON d.seq = p.seq WHERE p.id = ?", string(id)).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return huiying.Assessed{}, huiying.Errorf(huiying.CodeNotFound, "没有编号为 %q 的信息，可能已过保存期", id)
	}
	if err != nil {
		return huiying.Assessed{}, fmt.Errorf("reading post %s: %w", id, err)
	}
	return jsondoc.Decode[huiying.Assessed](doc)
}

// Purge removes the posts published before an instant and says how many there
// were (DOMAIN: raw posts are kept 180 days). The sums stay: they hold
// nothing personal, and next year's report compares with them.
func (a *Archive) Purge(ctx context.Context, before time.Time) (int, error) {
	total := 0
	for {
		n, err := a.purge(ctx, before)
		total += n
		if err != nil || n < purgeAtOnce {
			return total, err
		}
	}
}

// purgeAtOnce bounds how long a purge keeps other writers waiting.
const purgeAtOnce = 2000

func (a *Archive) purge(ctx context.Context, before time.Time) (int, error) {
	tx, err := a.db.Write.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("beginning a purge: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	const old = `(SELECT seq FROM posts WHERE seq < ? AND published < ? ORDER BY seq LIMIT ?)`
	args := []any{seqAfter(before), jsondoc.Micro(before), purgeAtOnce}
	for _, table := range []string{
		"DELETE FROM post_text WHERE rowid IN ", "DELETE FROM post_flags WHERE seq IN ", "DELETE FROM docs WHERE seq IN ",
	} {
		if _, err := tx.ExecContext(ctx, table+old, args...); err != nil {
			return 0, fmt.Errorf("purging: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM versions WHERE post IN (SELECT id FROM posts WHERE seq IN "+old+")", args...); err != nil {
		return 0, fmt.Errorf("purging versions: %w", err)
	}
	res, err := tx.ExecContext(ctx, "DELETE FROM posts WHERE seq IN "+old, args...)
	if err != nil {
		return 0, fmt.Errorf("purging: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("purging: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return 0, fmt.Errorf("purging: %w", err)
	}
	return int(n), nil
}
