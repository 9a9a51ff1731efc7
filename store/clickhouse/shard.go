package clickhouse

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/go-faster/city"

	"huiying"
)

// shard is where the rows of some regions are: one machine, or replicas that copy
// from each other, of which the first that answers is used.
type shard struct {
	conn     driver.Conn
	replicas []string // host:port

	writing sync.Mutex
	stored  atomic.Uint64 // batches; tells whether another was stored meanwhile
}

// shardOf is the shard of a region, the same that Distributed tables would choose
// for all weights alike.
func (a *Archive) shardOf(key string) int {
	return int(city.CH64([]byte(key)) % uint64(len(a.shards))) //nolint:gosec // below the number of shards
}

// outOfReach is an error of the first connection in words that say what to look at.
func outOfReach(err error) error {
	if !unreachable(err) {
		return fmt.Errorf("connecting to ClickHouse: %w", err)
	}
	return &huiying.Error{Code: huiying.CodeBusy, Message: "连不上信息库（ClickHouse）：请核对地址和端口、服务器是否在运行、防火墙", Cause: err}
}

func (a *Archive) connect(ctx context.Context, at Address) (err error) {
	if err := makeDatabase(ctx, at.options); err != nil {
		return outOfReach(err)
	}
	if a.conn, err = clickhouse.Open(&at.options); err != nil {
		return err
	}
	if err := a.findShards(ctx, at); err != nil {
		return err
	}
	for _, s := range a.shards {
		if err := a.prepare(ctx, at, s); err != nil {
			return err
		}
	}
	if a.cluster == "" {
		return nil
	}
	// Reads go to any machine of the cluster when the first is down.
	all := at.options
	for _, s := range a.shards {
		all.Addr = append(all.Addr, s.replicas...)
	}
	old := a.conn
	if a.conn, err = clickhouse.Open(&all); err != nil {
		return err
	}
	return old.Close()
}

// makeDatabase connects to a server, where the database need not exist yet.
func makeDatabase(ctx context.Context, o clickhouse.Options) error {
	name := o.Auth.Database
	o.Auth.Database = "" // the user's own
	conn, err := clickhouse.Open(&o)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	var n uint64
	if err := conn.QueryRow(ctx, "SELECT count() FROM system.databases WHERE name = "+quote(name)).Scan(&n); err != nil || n > 0 {
		return err
	}
	return conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS `"+strings.ReplaceAll(name, "`", "")+"`")
}

// findShards asks the server for the machines of the cluster.
func (a *Archive) findShards(ctx context.Context, at Address) error {
	if at.cluster == "" {
		conn, err := clickhouse.Open(&at.options)
		a.shards = []*shard{{conn: conn, replicas: at.options.Addr}}
		return err
	}
	rows, err := a.conn.Query(ctx, "SELECT shard_num, host_name, port FROM system.clusters WHERE cluster = "+quote(at.cluster)+" ORDER BY shard_num, replica_num")
	if err != nil {
		return fmt.Errorf("reading the cluster: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var n uint32
		var host string
		var port uint16
		if err := rows.Scan(&n, &host, &port); err != nil {
			return fmt.Errorf("reading the cluster: %w", err)
		}
		for len(a.shards) < int(n) {
			a.shards = append(a.shards, &shard{})
		}
		s := a.shards[n-1]
		s.replicas = append(s.replicas, net.JoinHostPort(host, strconv.Itoa(int(port))))
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading the cluster: %w", err)
	}
	if len(a.shards) == 0 {
		return huiying.Invalid("archive", "服务器的 <remote_servers> 里没有集群 %q", at.cluster)
	}
	for i := range a.shards {
		o := at.options
		o.Addr = a.shards[i].replicas
		if a.shards[i].conn, err = clickhouse.Open(&o); err != nil {
			return err
		}
	}
	return nil
}
