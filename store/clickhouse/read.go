package clickhouse

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"huiying"
)

// missedFor is how long reads do without a shard that did not answer before they
// ask for it again: each question costs a connection that does not come about.
const missedFor = 5 * time.Second

// read runs a query over all shards and hands over its rows. When a shard does not
// answer, the others do, and the context is told ([huiying.NoteGap]); without any
// shard it fails. each must bear being handed the rows anew.
func (a *Archive) read(ctx context.Context, query string, each func(driver.Rows) error) error {
	if a.cluster == "" {
		return a.rows(ctx, query, each)
	}
	if time.Now().UnixNano() >= a.missing.Load() {
		err := a.rows(ctx, query, each)
		if err == nil || !unreachable(err) || ctx.Err() != nil {
			return err
		}
		a.missing.Store(time.Now().Add(missedFor).UnixNano())
	}
	err := a.rows(clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"skip_unavailable_shards": 1})), query, each)
	if err == nil {
		huiying.NoteGap(ctx, "信息库")
	}
	return err
}

func (a *Archive) rows(ctx context.Context, query string, each func(driver.Rows) error) error {
	return rows(ctx, a.conn, query, each)
}

func rows(ctx context.Context, conn driver.Conn, query string, each func(driver.Rows) error) error {
	err := ask(ctx, conn, query, each)
	// The connection has the deadline of the context, and may find it passed a moment
	// before the context does: whoever set it must see that it was theirs.
	if end, ok := ctx.Deadline(); ok && errors.Is(err, os.ErrDeadlineExceeded) && time.Until(end) < time.Second {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func ask(ctx context.Context, conn driver.Conn, query string, each func(driver.Rows) error) error {
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// lost reports whether a connection broke or did not come about. Other errors that
// are not the server's are ours: a value that cannot be sent will not go later.
func lost(err error) bool {
	if errors.As(err, new(*clickhouse.Exception)) {
		return unreachable(err)
	}
	var network net.Error
	return errors.As(err, &network) || slices.ContainsFunc([]error{
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, clickhouse.ErrAcquireConnTimeout, clickhouse.ErrConnectionClosed, clickhouse.ErrServerUnexpectedData,
	}, func(e error) bool { return errors.Is(err, e) })
}

// unreachable reports whether a query failed for want of a machine.
func unreachable(err error) bool {
	var e *clickhouse.Exception
	if !errors.As(err, &e) {
		return true // the connection to the server we asked broke
	}
	switch e.Code {
	case 32, // ATTEMPT_TO_READ_AFTER_EOF
		209, // SOCKET_TIMEOUT
		210, // NETWORK_ERROR
		279, // ALL_CONNECTION_TRIES_FAILED
		519: // ALL_REPLICAS_LOST
		return true
	}
	return false
}

// trouble makes err a [huiying.ErrBusy] when the servers are the cause and not what
// they were asked: whoever keeps the posts holds on to them.
func trouble(err error) error {
	if errors.Is(err, huiying.ErrInvalid) || errors.Is(err, context.Canceled) {
		return err
	}
	if lost(err) {
		return &huiying.Error{Code: huiying.CodeBusy, Message: "信息库（ClickHouse）没有应答；信息留在消息队列里，恢复后自动补入", Cause: err}
	}
	var e *clickhouse.Exception
	if errors.As(err, &e) && slices.Contains(overloaded, e.Code) {
		return &huiying.Error{Code: huiying.CodeBusy, Message: "信息库（ClickHouse）暂时存不下；信息留在消息队列里，请看服务器的磁盘、内存和 Keeper", Cause: err}
	}
	return err
}

// overloaded are the codes of a server that may take the same later.
var overloaded = []int32{
	159, // TIMEOUT_EXCEEDED
	202, // TOO_MANY_SIMULTANEOUS_QUERIES
	241, // MEMORY_LIMIT_EXCEEDED
	242, // TABLE_IS_READ_ONLY
	243, // NOT_ENOUGH_SPACE
	252, // TOO_MANY_PARTS
	285, // TOO_FEW_LIVE_REPLICAS
	319, // UNKNOWN_STATUS_OF_INSERT
	999, // KEEPER_EXCEPTION
}

// watchGaps lets the caller see what its own reads miss; whoever watched before
// still does.
func watchGaps(ctx context.Context) (context.Context, *huiying.Gaps) {
	if g := huiying.GapsOf(ctx); g != nil {
		return ctx, g
	}
	return huiying.WithGaps(ctx)
}

// Values stand in the queries themselves: lists of hundreds of IDs, and patterns
// full of backslashes, are plainer so than through the driver's formatting.

func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\x00", `\0`).Replace(s) + "'"
}

func list[T ~string](values []T) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(string(v))
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}

// instant is a time to the microsecond, as columns hold it.
func instant(t time.Time) string {
	return "fromUnixTimestamp64Micro(" + strconv.FormatInt(micro(t), 10) + ", 'UTC')"
}
