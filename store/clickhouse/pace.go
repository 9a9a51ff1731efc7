package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"golang.org/x/sync/errgroup"

	"huiying"
)

// Pace is how fast posts are stored, in rows a second. All three store the same
// posts, batch by batch in turns.
type Pace struct {
	N int `json:"archive_rows"`

	// Archive is [Archive.Insert]: repeats looked for, JSON written, texts cut into
	// terms, tally kept and hours summed, documents written when the rest is there.
	Archive float64 `json:"archive_rows_per_second"`

	// Driver puts the same rows into the same two large tables, text index included,
	// from values made beforehand: what the database itself takes for them.
	Driver float64 `json:"driver_rows_per_second"`

	// Plain puts columns and JSON into one table without an index of terms.
	Plain float64 `json:"driver_plain_rows_per_second"`

	ToDriver float64 `json:"ratio_to_driver"`
	ToPlain  float64 `json:"ratio_to_plain"`
}

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
	var p Pace
	var took [3]time.Duration
	for _, batch := range batches {
		rows, err := a.cut(ctx, batch)
		if err != nil {
			return Pace{}, err
		}
		for i, way := range []func() error{
			func() error { _, err := a.Insert(ctx, batch); return err },
			func() error { return bare(sync, conn, rows) },
			func() error { return addDocs(sync, conn, "plain", rows) },
		} {
			began := time.Now()
			if err := way(); err != nil {
				return Pace{}, fmt.Errorf("measuring inserts: %w", err)
			}
			took[i] += time.Since(began)
		}
		p.N += len(batch)
	}
	rate := func(d time.Duration) float64 { return float64(p.N) / d.Seconds() }
	p.Archive, p.Driver, p.Plain = rate(took[0]), rate(took[1]), rate(took[2])
	p.ToDriver, p.ToPlain = p.Archive/p.Driver, p.Archive/p.Plain
	return p, nil
}

func bare(ctx context.Context, conn driver.Conn, rows []row) error {
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
