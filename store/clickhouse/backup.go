package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"huiying"
)

// A back-up is two files a shard on the servers' back-up disk: the documents, then
// the rest. What is stored in between lacks its document, so it does not count as
// stored (see [Archive.Insert]).
var backupFiles = []struct {
	name   string
	tables []string
}{
	{"docs", []string{"docs"}},
	{"rest", []string{"posts", "tally", "hourly", "versions", "migrations"}},
}

// backupPoll is how often a server is asked whether it is through.
const backupPoll = 200 * time.Millisecond

// Backup has the servers write the whole archive, of all regions, to a disk that
// their configuration allows for it (<backups><allowed_disk>), and returns the
// files' names there, all beginning with name. Who reads and writes is not held
// up. A shard that does not answer is an error: half a back-up is none.
func (a *Archive) Backup(ctx context.Context, disk, name string) ([]string, error) {
	var names []string
	for i, s := range a.shards {
		for _, f := range backupFiles {
			file := backupFile(name, i, f.name)
			tables := make([]string, len(f.tables))
			for j, table := range f.tables {
				tables[j] = "TABLE " + table + " AS huiying." + table
			}
			if err := transfer(ctx, s.conn, "BACKUP "+strings.Join(tables, ", ")+" TO Disk("+quote(disk)+", "+quote(file)+")"); err != nil {
				return names, fmt.Errorf("writing %s: %w", file, err)
			}
			names = append(names, file)
		}
	}
	return names, nil
}

func backupFile(name string, shard int, what string) string {
	return fmt.Sprintf("%s-%d-%s.tar", name, shard+1, what)
}

// Restore makes the archive at an address of the files that [Archive.Backup] wrote
// under a name. The database must hold no tables, and the cluster must have as many
// shards as the one it was made of: regions lie by their number.
func Restore(ctx context.Context, address, disk, name string, files int) error {
	at, err := ParseAddress(address)
	if err != nil {
		return err
	}
	a := &Archive{cluster: at.cluster}
	defer func() { _ = a.Close() }()
	if err := makeDatabase(ctx, at.options); err != nil {
		return outOfReach(err)
	}
	if a.conn, err = clickhouse.Open(&at.options); err != nil {
		return err
	}
	if err := a.findShards(ctx, at); err != nil {
		return err
	}
	if want := files / len(backupFiles); want != len(a.shards) {
		return huiying.Invalid("archive", "备份来自 %d 个分片的信息库，这里有 %d 个；请恢复到分片数相同的集群，再用 huiying migrate 搬到别的", want, len(a.shards))
	}
	for i, s := range a.shards {
		if err := restoreShard(ctx, at, s, i, disk, name); err != nil {
			return fmt.Errorf("restoring shard %d: %w", i+1, err)
		}
	}
	return nil
}

func restoreShard(ctx context.Context, at Address, s *shard, i int, disk, name string) error {
	o := at.options
	o.Addr = s.replicas
	if err := makeDatabase(ctx, o); err != nil {
		return err
	}
	var n uint64
	if err := s.conn.QueryRow(ctx, "SELECT count() FROM system.tables WHERE database = currentDatabase()").Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return huiying.Invalid("archive", "数据库 %s 里已有表：恢复不覆盖已有数据，请另给一个库名", o.Auth.Database)
	}
	for _, f := range backupFiles {
		tables := make([]string, len(f.tables))
		for j, table := range f.tables {
			tables[j] = "TABLE huiying." + table + " AS `" + o.Auth.Database + "`." + table
		}
		if err := transfer(ctx, s.conn, "RESTORE "+strings.Join(tables, ", ")+" FROM Disk("+quote(disk)+", "+quote(backupFile(name, i, f.name))+")"); err != nil {
			return err
		}
	}
	return nil
}

// transfer begins a back-up or its return and waits for it: it may take longer
// than any one answer is waited for.
func transfer(ctx context.Context, conn driver.Conn, query string) error {
	var id, status string
	if err := conn.QueryRow(ctx, query+" ASYNC").Scan(&id, &status); err != nil {
		return err
	}
	for {
		var trouble string
		if err := conn.QueryRow(ctx, "SELECT toString(status), error FROM system.backups WHERE id = "+quote(id)).Scan(&status, &trouble); err != nil {
			return err
		}
		switch status {
		case "BACKUP_CREATED", "RESTORED":
			return nil
		case "CREATING_BACKUP", "RESTORING":
		default:
			return fmt.Errorf("%s: %s", strings.ToLower(status), trouble)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(backupPoll):
		}
	}
}
