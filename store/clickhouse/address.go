package clickhouse

import (
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"huiying"
)

// Address says where an archive is.
type Address struct {
	options   clickhouse.Options
	cluster   string
	retention time.Duration
}

// ParseAddress reads clickhouse://user:password@host:9000[,host2:9000]/database with
//
//	cluster=NAME        the servers' <remote_servers>: posts are spread over its shards by region
//	retention_days=N    the servers remove posts N days after publication by themselves
//	secure=true         TLS
//
// and any setting of the server; several hosts are tried in turn. Without a password
// the variable CLICKHOUSE_PASSWORD is taken, as clickhouse-client does.
func ParseAddress(address string) (Address, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "clickhouse" || u.Hostname() == "" || len(u.Path) < 2 {
		return Address{}, huiying.Invalid("archive", "应为 clickhouse://用户:密码@主机:9000/数据库，留空则用内置的 SQLite")
	}
	var a Address
	q := u.Query()
	a.cluster = q.Get("cluster")
	if days := q.Get("retention_days"); days != "" {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 {
			return Address{}, huiying.Invalid("archive", "retention_days 应为天数，收到 %q", days)
		}
		a.retention = time.Duration(n) * 24 * time.Hour
	}
	q.Del("cluster")
	q.Del("retention_days")
	u.RawQuery = q.Encode()
	o, err := clickhouse.ParseDSN(u.String())
	if err != nil {
		return Address{}, &huiying.Error{Code: huiying.CodeInvalid, Field: "archive", Message: "地址无法识别", Cause: err}
	}
	a.options = *o
	if a.options.Auth.Password == "" {
		a.options.Auth.Password = os.Getenv("CLICKHOUSE_PASSWORD")
	}
	for name, value := range settings {
		if _, told := a.options.Settings[name]; !told {
			a.options.Settings[name] = value
		}
	}
	if a.options.Compression == nil {
		a.options.Compression = &clickhouse.Compression{Method: clickhouse.CompressionLZ4}
	}
	a.options.ConnOpenStrategy = clickhouse.ConnOpenInOrder
	return a, nil
}

// settings are those the archive's queries are written for; an address may say
// otherwise.
var settings = clickhouse.Settings{
	// The key of a post decides its partition, so rows of one post never meet
	// across partitions.
	"do_not_merge_across_partitions_select_final": 1,
	// A file of old letters spans any number of months.
	"max_partitions_per_insert_block": 0,

	"insert_deduplicate":       1,
	"async_insert_deduplicate": 1,
	"wait_for_async_insert":    1, // stored when Insert returns

	// A dead machine is found out within a second.
	"connect_timeout_with_failover_ms":    1000,
	"connections_with_failover_max_tries": 1,
	"load_balancing":                      "in_order", // reads go where writes went
}
