package clickhouse

import (
	"context"
	"fmt"

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
// prefecture to measure queries on. Neighbours that have posts are left as they are.
func (a *Archive) CopyCounty(ctx context.Context, county huiying.Region, copies int) error {
	for i := range copies {
		to := fmt.Sprintf("%s%02d", county[:4], (int(county[4]-'0')*10+int(county[5]-'0')+1+i)%100)
		n, err := a.CountPostsUpTo(ctx, huiying.PostQuery{Region: huiying.Region(to)}, 1)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		conn := a.shards[a.shardOf(to)].conn
		region := quote(to) + " AS region"
		for _, t := range []struct{ table, columns string }{
			{"tally", region + ", cityHash64(post, " + quote(to) + ") AS post"},
			{"hourly", region},
			{"posts", region + ", concat(id, " + quote(to) + ") AS id"},
			{"docs", region + ", concat(id, " + quote(to) + ") AS id"},
		} {
			query := "INSERT INTO " + t.table + " SELECT * REPLACE (" + t.columns + ") FROM " + a.from(t.table) + " AS old WHERE old.region = " + quote(string(county))
			if err := conn.Exec(ctx, query); err != nil {
				return fmt.Errorf("copying %s to %s: %w", t.table, to, err)
			}
		}
	}
	return nil
}
