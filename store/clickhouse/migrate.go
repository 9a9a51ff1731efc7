package clickhouse

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"huiying"
)

//go:embed migrations/*.sql
var migrations embed.FS

// tables are spread over a cluster by these keys.
var tables = map[string]string{
	"posts": "cityHash64(region)", "docs": "cityHash64(region)", "tally": "cityHash64(region)", "hourly": "cityHash64(region)",
	"versions": "cityHash64(post)",
}

// prepare brings the tables of a shard up to date, on each replica. A machine that
// does not answer is left for the next time: the others can work without it.
func (a *Archive) prepare(ctx context.Context, at Address, s *shard) error {
	reached := 0
	var last error
	for _, replica := range s.replicas {
		o := at.options
		o.Addr = []string{replica}
		err := a.prepareReplica(ctx, at, o, len(s.replicas) > 1 && a.cluster != "")
		if err != nil && (a.cluster == "" || !unreachable(err)) {
			return fmt.Errorf("preparing %s: %w", replica, err)
		}
		if err == nil {
			reached++
		}
		last = err
	}
	if reached == 0 && a.cluster == "" {
		return last
	}
	return nil
}

func (a *Archive) prepareReplica(ctx context.Context, at Address, o clickhouse.Options, replicated bool) error {
	if err := makeDatabase(ctx, o); err != nil {
		return err
	}
	conn, err := clickhouse.Open(&o)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := capable(ctx, conn); err != nil {
		return err
	}
	if err := migrate(ctx, conn, schema{database: o.Auth.Database, replicated: replicated}); err != nil {
		return err
	}
	if err := retain(ctx, conn, at.retention); err != nil {
		return err
	}
	if a.cluster == "" {
		return nil
	}
	for table, key := range tables { // they hold nothing, so they are always made anew
		query := "CREATE OR REPLACE TABLE " + table + "_all AS " + table + " ENGINE = Distributed(" + quote(a.cluster) + ", currentDatabase(), " + table + ", " + key + ")"
		if err := conn.Exec(ctx, query); err != nil {
			return fmt.Errorf("spreading %s: %w", table, err)
		}
	}
	return nil
}

// capable refuses a server that is too old for the text index.
func capable(ctx context.Context, conn driver.Conn) error {
	var version string
	var searches uint64
	if err := conn.QueryRow(ctx, "SELECT version(), (SELECT count() FROM system.functions WHERE name = 'hasAllTokens')").Scan(&version, &searches); err != nil {
		return fmt.Errorf("reading the server's version: %w", err)
	}
	if searches == 0 {
		return huiying.Invalid("archive", "ClickHouse %s 没有全文索引，请升级到 26.2 或更高版本", version)
	}
	return nil
}

// schema says for whom the statements of a migration are written.
type schema struct {
	database   string
	replicated bool
}

// engine writes a table's engine; columns are its arguments.
func (s schema) engine(name, table, columns string) string {
	if !s.replicated {
		return name + "(" + columns + ")"
	}
	args := "'/clickhouse/tables/{shard}/" + s.database + "/" + table + "', '{replica}'"
	if columns != "" {
		args += ", " + columns
	}
	return "Replicated" + name + "(" + args + ")"
}

// deduplicating lets a table remember the last blocks it was given.
func (s schema) deduplicating() string {
	if s.replicated {
		return "replicated_deduplication_window = 1000"
	}
	return "non_replicated_deduplication_window = 1000"
}

// statements are those of one migration file, comments taken out.
func (s schema) statements(file string) ([]string, error) {
	t, err := template.New("").Funcs(template.FuncMap{
		"replacing":     func(table, version string) string { return s.engine("ReplacingMergeTree", table, version) },
		"aggregating":   func(table string) string { return s.engine("AggregatingMergeTree", table, "") },
		"deduplicating": s.deduplicating,
	}).Parse(file)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	if err := t.Execute(&b, nil); err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.SplitSeq(b.String(), "\n") {
		code, _, _ := strings.Cut(line, "--")
		lines = append(lines, code)
	}
	var out []string
	for statement := range strings.SplitSeq(strings.Join(lines, "\n"), ";") {
		if statement = strings.TrimSpace(statement); statement != "" {
			out = append(out, statement)
		}
	}
	return out, nil
}

// migrate applies what a server has not seen. Every statement of a migration must
// be one that may be run twice (IF NOT EXISTS): several nodes may be at it at once,
// and a node may be killed between a statement and the note that it was run.
func migrate(ctx context.Context, conn driver.Conn, s schema) error {
	if err := conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS migrations (version UInt32, applied DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY version"); err != nil {
		return fmt.Errorf("creating the table of migrations: %w", err)
	}
	var current uint32
	if err := conn.QueryRow(ctx, "SELECT max(version) FROM migrations").Scan(&current); err != nil {
		return fmt.Errorf("reading the schema's version: %w", err)
	}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	slices.Sort(names)
	if newest := uint32(len(names)); current > newest { //nolint:gosec // a handful
		return huiying.Errorf(huiying.CodeConflict, "信息库已由更新的程序升级（结构 %d，本程序只认到 %d）：请换用新版程序，或用升级前的备份恢复", current, newest)
	}
	for i, name := range names[current:] {
		version := current + uint32(i) + 1 //nolint:gosec // a handful
		file, err := fs.ReadFile(migrations, name)
		if err != nil {
			return err
		}
		statements, err := s.statements(string(file))
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		for _, statement := range statements {
			if err := conn.Exec(ctx, statement); err != nil {
				return fmt.Errorf("applying %s: %w", name, err)
			}
		}
		if err := conn.Exec(ctx, "INSERT INTO migrations (version) VALUES ("+strconv.FormatUint(uint64(version), 10)+")"); err != nil {
			return fmt.Errorf("noting %s: %w", name, err)
		}
	}
	return nil
}

// retain sets how long the server keeps posts by itself; 0 is for ever.
func retain(ctx context.Context, conn driver.Conn, retention time.Duration) error {
	want := ""
	if retention > 0 {
		want = "toDateTime(published) + toIntervalDay(" + strconv.Itoa(int(retention/(24*time.Hour))) + ")"
	}
	for _, table := range []string{"posts", "docs"} {
		var definition string
		if err := conn.QueryRow(ctx, "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = "+quote(table)).Scan(&definition); err != nil {
			return fmt.Errorf("reading the table %s: %w", table, err)
		}
		var alter string
		switch has := strings.Contains(definition, " TTL "); {
		case want == "" && has:
			alter = " REMOVE TTL"
		case want != "" && !strings.Contains(definition, " TTL "+want+" "):
			alter = " MODIFY TTL " + want
		default:
			continue
		}
		if err := conn.Exec(ctx, "ALTER TABLE "+table+alter); err != nil {
			return fmt.Errorf("setting the retention of %s: %w", table, err)
		}
	}
	return nil
}
