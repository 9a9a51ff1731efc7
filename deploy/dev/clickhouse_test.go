package dev

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
)

func TestTwoShardsKnowEachOtherAndKeepTheirDataWhenKilled(t *testing.T) {
	ctx := context.Background()
	c, err := StartClickHouse(ctx, t.TempDir(), ClickHouseOptions{Shards: 2})
	if errors.Is(err, ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	url, _, _ := strings.Cut(c.Database(), "/test")
	o, err := clickhouse.ParseDSN(url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	count := func(want uint64) {
		t.Helper()
		var n uint64
		if err := conn.QueryRow(ctx, "SELECT count() FROM clusterAllReplicas("+ClickHouseCluster+", system.tables) WHERE name = 'kept'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n != want {
			t.Errorf("%d servers have the table, want %d", n, want)
		}
	}
	count(0)
	if err := conn.Exec(ctx, "CREATE TABLE kept (n Int32) ENGINE = MergeTree ORDER BY n"); err != nil {
		t.Fatal(err)
	}
	count(1)
	if err := c.Kill(0); err != nil {
		t.Fatal(err)
	}
	if err := conn.Ping(ctx); err == nil {
		t.Error("a server that was killed answers")
	}
	if err := c.Restart(ctx, 0); err != nil {
		t.Fatal(err)
	}
	count(1)
}
