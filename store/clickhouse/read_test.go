package clickhouse

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"huiying/store/storetest"
)

// A page counts for a fraction of a second and then says "many": it must be able to
// tell its own deadline from a server that is gone.
func TestAQueryThatRunsOutOfTimeSaysSo(t *testing.T) {
	for name, a := range map[string]*Archive{"one server": openArchive(t, one, storetest.Bigrams), "two shards": openArchive(t, two, storetest.Bigrams)} {
		for range 5 {
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			err := a.read(ctx, "SELECT max(sleepEachRow(0.5)) FROM numbers(4) SETTINGS max_block_size = 1", func(driver.Rows) error { return nil })
			if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() == nil {
				t.Errorf("%s: %v while the context says %v", name, err, ctx.Err())
			}
			cancel()
			if a.missing.Load() != 0 {
				t.Errorf("%s: a shard is called missing", name)
			}
		}
	}
}
