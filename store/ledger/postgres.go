package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"huiying"
)

// connections is how many one process opens to a PostgreSQL server at most.
const connections = 16

// writersLock is the advisory lock that changes queue at, in every process.
const writersLock = 0x68756979696e67 // "huiying"

// OpenPostgres opens the ledger in a PostgreSQL database (15 or newer), given as
// postgres://user:password@host:port/database?sslmode=verify-full, and brings its
// schema up to date; several processes may do so at once. The errors never quote
// the password.
//
// A change takes one advisory lock for the length of its transaction, so that
// changes follow one another in the whole installation as they do in a file:
// numbers have no gaps, the audit chain has one end, and what a person is shown
// before acting is what the action changes. Reading waits for nobody.
func OpenPostgres(ctx context.Context, url string) (*Ledger, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, huiying.Invalid("ledger", "应为 postgres://用户:口令@主机:端口/库名 的形式：%v", err)
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol // bun writes arguments into the text: nothing to prepare
	db := sql.OpenDB(connector{stdlib.GetConnector(*cfg)})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	l := bun.NewDB(db, pgdialect.New())
	if err := migratePostgres(ctx, l); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the ledger on %s/%s: %w", cfg.Host, cfg.Database, err), db.Close())
	}
	return &Ledger{
		write: l, read: l, close: db.Close, trouble: troublePostgres, uncommitted: inDoubt,
		now: "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
		duplicate: func(err error) bool {
			var refused *pgconn.PgError
			return errors.As(err, &refused) && refused.Code == uniqueViolation
		},
		queue: func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw("SELECT pg_advisory_xact_lock(?)", writersLock).Exec(ctx)
			return err
		},
	}, nil
}

// connector says also to who only reads that the server is out of reach.
type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return conn, troublePostgres(err)
}

// uniqueViolation is PostgreSQL's code (appendix A of its manual).
const uniqueViolation = "23505"

// troublePostgres tells what is the server's or the network's trouble.
func troublePostgres(err error) error {
	var told *huiying.Error
	if err == nil || errors.As(err, &told) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		switch refused.Code[:2] { // classes of appendix A
		case "53": // insufficient resources: a full disk, too many connections
			return &huiying.Error{Code: huiying.CodeBusy, Message: "台账数据库资源不足（磁盘、内存或连接），没有存入，恢复后请重试", Cause: err}
		case "08", "25", "40", "57", "58", "XX": // connection, read-only, conflict, being stopped, system, damaged
			return &huiying.Error{Code: huiying.CodeBusy, Message: "台账数据库暂时不能办理，没有存入，恢复后请重试", Cause: err}
		}
		return err
	}
	var network net.Error
	if errors.As(err, &network) || errors.As(err, new(*pgconn.ConnectError)) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err) {
		return &huiying.Error{Code: huiying.CodeBusy, Message: "连不上台账数据库，没有存入，恢复后请重试", Cause: err}
	}
	return err
}

// inDoubt tells of a connection that broke while a change was being committed:
// only the server knows what became of it, and it may number transactions anew
// after a crash, so that asking it by number could name another's. Whoever asked
// looks, or asks again: every change knows one that was made before, by its ID, its
// version or its key. pgconn.SafeToRetry is no help: it says yes of a commit that was
// sent and not answered.
func inDoubt(err error) error {
	var refused *pgconn.PgError
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &refused) && refused.SeverityUnlocalized == "ERROR":
		return err
	}
	return &huiying.Error{Code: huiying.CodeBusy, Message: "台账数据库断在存入的一刻，这一步可能已经办成；恢复后请先刷新查看，没有办成再重试", Cause: err}
}

func migratePostgres(ctx context.Context, db *bun.DB) error {
	locker, err := lock.NewPostgresSessionLocker() // nodes that start together wait for the first
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db.DB, inPostgres{migrations()}, goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	if current, target, err := p.GetVersions(ctx); err == nil && current > target {
		return huiying.Errorf(huiying.CodeConflict, "数据库已由更新的程序升级（结构 %d，本程序只认到 %d）：请换用新版程序，或用升级前的备份恢复", current, target)
	}
	_, err = p.Up(ctx)
	return err
}

// wording says in PostgreSQL what the migrations say in SQLite's words. Texts
// compare byte by byte, as SQLite does: ranges of region codes depend on it.
var wording = strings.NewReplacer(
	"INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
	"INTEGER", "BIGINT",
	"BLOB", "BYTEA",
	"TEXT", `TEXT COLLATE "C"`,
	" WITHOUT ROWID", "",
	"BEGIN\n  SELECT RAISE(ABORT, 'audit rows are final');\nEND;", "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_final();",
	"-- +goose Up\n\n-- Documents are JSON", "-- +goose Up\n\n"+auditIsFinal+"\n-- Documents are JSON",
)

const auditIsFinal = `-- +goose StatementBegin
CREATE FUNCTION audit_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit rows are final';
END $$;
-- +goose StatementEnd
`

// inPostgres is the schema as PostgreSQL reads it.
type inPostgres struct{ fs.FS }

func (p inPostgres) Open(name string) (fs.File, error) {
	f, err := p.FS.Open(name)
	if err != nil || path.Ext(name) != ".sql" {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return translated{f, strings.NewReader(wording.Replace(string(text)))}, nil
}

type translated struct {
	fs.File
	text *strings.Reader
}

func (t translated) Read(p []byte) (int, error) { return t.text.Read(p) }
