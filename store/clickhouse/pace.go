package clickhouse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"golang.org/x/sync/errgroup"

	"huiying"
	"huiying/store/internal/batch"
)

// Pace is how fast posts are stored, in rows a second.
type Pace = batch.Pace

// MeasurePace stores batches in all three ways, in tables of its own beside those
// of an archive that is empty. The posts must have IDs of their own.
func (a *Archive) MeasurePace(ctx context.Context, batches [][]huiying.Assessed) (Pace, error) {
	conn := a.shards[0].conn
	for _, query := range []string{
		"CREATE OR REPLACE TABLE bare_posts AS posts", "CREATE OR REPLACE TABLE bare_docs AS docs",
		"CREATE OR REPLACE TABLE plain AS docs ENGINE = MergeTree ORDER BY (region, published, id)",
	} {
		if err := conn.Exec(ctx, query); err != nil {
			return Pace{}, fmt.Errorf("measuring inserts: %w", err)
		}
	}
	defer func() {
		for _, table := range []string{"bare_posts", "bare_docs", "plain"} {
			_ = conn.Exec(context.WithoutCancel(ctx), "DROP TABLE "+table) // only these hold it
		}
	}()
	sync := clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"async_insert": 0}))
	return batch.Ways{
		Prepare: func(ctx context.Context, posts []huiying.Assessed) ([]batch.Row, error) {
			return cut(ctx, posts, a.tokens)
		},
		Insert: a.Insert,
		Driver: func(_ context.Context, rows []batch.Row) error { return bare(sync, conn, rows) },
		Plain:  func(_ context.Context, rows []batch.Row) error { return addDocs(sync, conn, "plain", rows) },
	}.Measure(ctx, batches)
}

func bare(ctx context.Context, conn driver.Conn, rows []batch.Row) error {
	var both errgroup.Group
	both.Go(func() error { return addPosts(ctx, conn, "bare_posts", rows) })
	both.Go(func() error { return addDocs(ctx, conn, "bare_docs", rows) })
	return both.Wait()
}

// CopyCounty gives so many neighbours of a county its posts, inside the server: a
// prefecture to measure queries on. It goes month by month, so that one that broke
// off goes on where it was, and tells each what is done of how much. A month that a
// neighbour has as many posts of is left as it is.
func (a *Archive) CopyCounty(ctx context.Context, county huiying.Region, copies int, each func(done, all int)) error {
	months, err := a.months(ctx, county)
	if err != nil {
		return err
	}
	// Large blocks make few parts, nothing is in them twice, and the text index is made
	// once, when parts are merged.
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"min_insert_block_size_bytes": 1 << 30, "max_insert_threads": 1, "optimize_on_insert": 0, "insert_deduplicate": 0,
		"materialize_skip_indexes_on_insert": 0,
	}))
	for i := range copies {
		to := fmt.Sprintf("%s%02d", county[:4], (int(county[4]-'0')*10+int(county[5]-'0')+1+i)%100)
		have, err := a.months(ctx, huiying.Region(to))
		if err != nil {
			return err
		}
		s := a.shards[a.shardOf(to)]
		for j, m := range slices.SortedFunc(maps.Keys(months), time.Time.Compare) {
			if have[m] < months[m] {
				if err := a.copyMonth(ctx, s.conn, county, to, m); err != nil {
					return err
				}
			}
			each(i*len(months)+j+1, copies*len(months))
		}
	}
	return nil
}

// months are the months of which a region has documents, and how many.
func (a *Archive) months(ctx context.Context, region huiying.Region) (map[time.Time]uint64, error) {
	months := make(map[time.Time]uint64)
	err := a.read(ctx, "SELECT toStartOfMonth(published) AS month, uniqExact(id) FROM "+a.from("docs")+" WHERE region = "+quote(string(region))+" GROUP BY month", func(rows driver.Rows) error {
		var month time.Time
		var n uint64
		err := rows.Scan(&month, &n)
		months[month] = n
		return err
	})
	return months, err
}

// copyMonth copies the documents last: they say what is there.
func (a *Archive) copyMonth(ctx context.Context, conn driver.Conn, county huiying.Region, to string, month time.Time) error {
	next := month.AddDate(0, 1, 0)
	hours := fmt.Sprintf("hour >= %d AND hour < %d", hourOf(month), hourOf(next))
	days := "published >= " + instant(month) + " AND published < " + instant(next)
	region := quote(to) + " AS region"
	for _, t := range []struct{ table, columns, of string }{
		{"tally", region + ", cityHash64(post, " + quote(to) + ") AS post", hours},
		{"hourly", region, hours},
		{"posts", region + ", concat(id, " + quote(to) + ") AS id", days},
		{"docs", region + ", concat(id, " + quote(to) + ") AS id", days},
	} {
		query := "INSERT INTO " + t.table + " SELECT * REPLACE (" + t.columns + ") FROM " + a.from(t.table) + " AS old WHERE old.region = " + quote(string(county)) + " AND " + t.of
		if err := conn.Exec(ctx, query); err != nil {
			return fmt.Errorf("copying %s of %s to %s: %w", t.table, month.Format("2006-01"), to, err)
		}
	}
	return nil
}
