// Package sqlitedb opens an SQLite file the way both stores need it: one
// connection that writes, a few that read, migrations applied.
package sqlitedb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strconv"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/pressly/goose/v3"

	"huiying"
)

// DB is one SQLite file. All writes go through the single connection of Write,
// so writers queue in Go (where they can be cancelled) and never meet a locked
// file; readers see the last committed state and wait for nobody.
type DB struct {
	Write *sql.DB
	Read  *sql.DB
}

// Options of a file. Cache sizes are in KiB a connection.
type Options struct {
	Init       func(*sqlite3.Conn) error // run on every new connection; may be nil
	Migrations fs.FS
	Readers    int
	WriteCache int
	ReadCache  int
}

// Open opens or creates the file at path and brings its schema up to date.
//
// The journal is a WAL with synchronous=NORMAL: a commit is in the operating
// system's hands when it returns, so killing the process loses nothing. Only a
// power failure may take back the last commits (never corrupt the file); that
// needs synchronous=FULL, which costs one disk flush a commit.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	if path == "" {
		return nil, errors.New("opening an SQLite file: no path given")
	}
	write, err := driver.Open(dsn(path, o.WriteCache), o.Init)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	d := &DB{Write: write}
	if err := migrate(ctx, write, o.Migrations); err != nil {
		return nil, errors.Join(Trouble(fmt.Errorf("migrating %s: %w", path, err)), d.Close())
	}
	d.Read, err = driver.Open(dsn(path, o.ReadCache, "query_only(on)"), o.Init)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s to read: %w", path, err), d.Close())
	}
	d.Read.SetMaxOpenConns(o.Readers)
	d.Read.SetMaxIdleConns(o.Readers)
	return d, nil
}

// Close waits for running statements and closes every connection; the last one
// folds the WAL into the file.
func (d *DB) Close() error {
	var errs []error
	if d.Read != nil {
		errs = append(errs, d.Read.Close())
	}
	return errors.Join(append(errs, d.Write.Close())...)
}

// Snapshot writes the database as it stands now to a new file, while others read
// and, through other connections, write. It reads every page: a damaged file is
// found out here at the latest.
func (d *DB) Snapshot(ctx context.Context, path string) error {
	if _, err := d.Write.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return Trouble(fmt.Errorf("writing a snapshot to %s: %w", path, err))
	}
	return nil
}

// Size is how many bytes the database holds, free pages included.
func (d *DB) Size(ctx context.Context) (int64, error) {
	var pages, size int64
	if err := d.Read.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		return 0, fmt.Errorf("counting pages: %w", err)
	}
	if err := d.Read.QueryRowContext(ctx, "PRAGMA page_size").Scan(&size); err != nil {
		return 0, fmt.Errorf("reading the page size: %w", err)
	}
	return pages * size, nil
}

func dsn(path string, cacheKiB int, more ...string) string {
	q := url.Values{"_txlock": {"immediate"}}
	pragmas := []string{
		"busy_timeout(10000)", "journal_mode(wal)", "synchronous(normal)", "foreign_keys(on)", "temp_store(memory)",
		"wal_autocheckpoint(4000)", "journal_size_limit(67108864)", "cache_size(" + strconv.Itoa(-cacheKiB) + ")",
	}
	q["_pragma"] = append(pragmas, more...)
	u := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}
	if path[0] != '/' {
		u.Opaque = (&url.URL{Path: "./" + path}).EscapedPath()
	}
	return u.String()
}

func migrate(ctx context.Context, db *sql.DB, fsys fs.FS) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, db, fsys)
	if err != nil {
		return err
	}
	if current, target, err := p.GetVersions(ctx); err == nil && current > target {
		return huiying.Errorf(huiying.CodeConflict, "数据库已由更新的程序升级（结构 %d，本程序只认到 %d）：请换用新版程序，或用升级前的备份恢复", current, target)
	}
	_, err = p.Up(ctx)
	return err
}
