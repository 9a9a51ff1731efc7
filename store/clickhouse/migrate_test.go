package clickhouse

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"golang.org/x/sync/errgroup"

	"huiying"
	"huiying/store/storetest"
)

func TestSeveralNodesMayOpenAnEmptyArchiveAtOnce(t *testing.T) {
	if two == nil {
		t.Skip("ClickHouse is not installed: make clickhouse")
	}
	address := two.Database()
	var nodes errgroup.Group
	for range 4 {
		nodes.Go(func() error {
			a, err := OpenArchive(context.Background(), address, storetest.Bigrams)
			if err != nil {
				return err
			}
			return a.Close()
		})
	}
	if err := nodes.Wait(); err != nil {
		t.Fatal(err)
	}
	a := openAt(t, address, storetest.Bigrams)
	if fresh, err := a.Insert(context.Background(), letters(0, 30)); err != nil || len(fresh) != 30 {
		t.Errorf("%d posts are fresh, %v", len(fresh), err)
	}
	again := openAt(t, address, storetest.Bigrams)
	if n, err := again.CountPosts(context.Background(), huiying.PostQuery{Text: "食堂"}); err != nil || n != 30 {
		t.Errorf("opened again, the archive finds %d posts, %v", n, err)
	}
}

func TestAnArchiveOfANewerProgramIsRefused(t *testing.T) {
	a := openArchive(t, one, storetest.Bigrams)
	ctx := context.Background()
	if err := a.conn.Exec(ctx, "INSERT INTO migrations (version) VALUES (99)"); err != nil {
		t.Fatal(err)
	}
	if err := migrate(ctx, a.conn, schema{}); err == nil || !strings.Contains(err.Error(), "更新的程序") {
		t.Errorf("got %v", err)
	}
}

func TestTheServerRemovesPostsAfterTheirRetention(t *testing.T) {
	if one == nil {
		t.Skip("ClickHouse is not installed: make clickhouse")
	}
	ctx := context.Background()
	address := one.Database()
	a := openAt(t, address+"?retention_days=30", storetest.Bigrams)
	old, young := letters(0, 2)[0], letters(0, 2)[1]
	old.Post.PublishedAt, young.Post.PublishedAt = time.Now().AddDate(0, 0, -31), time.Now()
	if _, err := a.Insert(ctx, []huiying.Assessed{old, young}); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"posts", "docs"} {
		if err := a.conn.Exec(ctx, "OPTIMIZE TABLE "+table+" FINAL"); err != nil {
			t.Fatal(err)
		}
	}
	page, err := a.Posts(ctx, huiying.PostQuery{})
	if err != nil || len(page.Items) != 1 || page.Items[0].Post.ID != young.Post.ID {
		t.Errorf("left are %v, %v", page.Items, err)
	}
	if fresh, err := a.Insert(ctx, []huiying.Assessed{young}); err != nil || len(fresh) != 0 {
		t.Errorf("the post that stayed is called fresh: %v, %v", fresh, err)
	}
	openAt(t, address+"?retention_days=60", storetest.Bigrams)
	if d := definition(t, a); !strings.Contains(d, "toIntervalDay(60)") {
		t.Errorf("a longer retention did not take: %s", d)
	}
	openAt(t, address, storetest.Bigrams)
	if d := definition(t, a); strings.Contains(d, "TTL") {
		t.Errorf("no retention did not take: %s", d)
	}
}

func definition(t *testing.T, a *Archive) (engine string) {
	t.Helper()
	if err := a.conn.QueryRow(context.Background(), "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = 'posts'").Scan(&engine); err != nil {
		t.Fatal(err)
	}
	return engine
}

func TestReplicatedTablesAreOnePathAShard(t *testing.T) {
	file, err := migrations.ReadFile("migrations/00001_archive.sql")
	if err != nil {
		t.Fatal(err)
	}
	statements, err := schema{database: "huiying", replicated: true}.statements(string(file))
	if err != nil {
		t.Fatal(err)
	}
	if len(statements) != len(tables) {
		t.Errorf("%d statements for %d tables", len(statements), len(tables))
	}
	all := strings.Join(statements, "\n")
	for _, want := range []string{
		"ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/huiying/posts', '{replica}', version)",
		"ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/huiying/tally', '{replica}')",
		"ReplicatedAggregatingMergeTree('/clickhouse/tables/{shard}/huiying/hourly', '{replica}')",
		"replicated_deduplication_window = 1000",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no %s in\n%s", want, all)
		}
	}
	if strings.Contains(all, "non_replicated") || strings.Contains(all, "--") {
		t.Errorf("left over in\n%s", all)
	}
}

// The server takes the Replicated tables as we write them, each with a path of its
// own in Keeper. That they copy is not tested: it would need servers with a port
// for replicas.
func TestTheServerTakesReplicatedTables(t *testing.T) {
	a := openArchive(t, one, storetest.Bigrams)
	ctx := context.Background()
	const name = "replicas"
	exec := func(query string) {
		t.Helper()
		if err := a.conn.Exec(ctx, query); err != nil {
			t.Fatal(err)
		}
	}
	exec("CREATE DATABASE " + name)
	t.Cleanup(func() { _ = a.conn.Exec(ctx, "DROP DATABASE "+name) }) // the server goes with the tests
	file, err := migrations.ReadFile("migrations/00001_archive.sql")
	if err != nil {
		t.Fatal(err)
	}
	statements, err := schema{database: name, replicated: true}.statements(string(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		exec(strings.Replace(s, "CREATE TABLE IF NOT EXISTS ", "CREATE TABLE "+name+".", 1))
	}
	got := map[string]string{}
	err = rows(ctx, a.conn, "SELECT table, zookeeper_path FROM system.replicas WHERE database = '"+name+"' AND replica_name = 'one'", func(r driver.Rows) error {
		var table, path string
		err := r.Scan(&table, &path)
		got[table] = path
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for table := range tables {
		if want := "/clickhouse/tables/1/" + name + "/" + table; got[table] != want {
			t.Errorf("%s is at %q in Keeper, want %q", table, got[table], want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"clickhouse://huiying:secret@10.0.0.1:9000,10.0.0.2:9000/huiying?cluster=county&retention_days=180&secure=true&insert_quorum=2": true,
		"clickhouse://127.0.0.1:9000/huiying":                     true,
		"clickhouse://[::1]:9000/huiying":                         true,
		"clickhouse://127.0.0.1:9000":                             false, // no database
		"clickhouse:///huiying":                                   false,
		"postgres://127.0.0.1/huiying":                            false,
		"archive.db":                                              false,
		"clickhouse://127.0.0.1:9000/huiying?retention_days=half": false,
		"clickhouse://127.0.0.1:9000/huiying?dial_timeout=soon":   false,
	} {
		at, err := ParseAddress(address)
		if (err == nil) != ok || err != nil && huiying.CodeOf(err) != huiying.CodeInvalid {
			t.Errorf("%s: %v", address, err)
		}
		if ok && at.options.Auth.Database != "huiying" {
			t.Errorf("%s: database %q", address, at.options.Auth.Database)
		}
	}
	at, err := ParseAddress("clickhouse://u:p%40@h1:9000,h2:9000/d?cluster=c&retention_days=7")
	if err != nil || at.cluster != "c" || at.retention != 7*24*time.Hour || len(at.options.Addr) != 2 || at.options.Auth.Password != "p@" {
		t.Errorf("%+v, %v", at, err)
	}
	for name := range at.options.Settings {
		if name == "cluster" || name == "retention_days" {
			t.Errorf("%s went to the server as a setting", name)
		}
	}
}
