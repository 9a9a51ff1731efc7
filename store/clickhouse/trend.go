package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"huiying"
	"huiying/store/internal/batch"
)

// maxBuckets bounds one trend: a year of hours fits.
const maxBuckets = 10000

// Trend sums the posts of a region by time of publication, from the hour of
// from until to, in steps of whole hours counted from there (so days begin when
// from does). Hours without posts are there too, as zeros.
func (a *Archive) Trend(ctx context.Context, region huiying.Region, from, to time.Time, step time.Duration) ([]huiying.TrendBucket, error) {
	hours := int64(max(1, step/time.Hour))
	first, end := batch.Hour(from), batch.Hour(to.Add(time.Hour-1))
	n := (end - first + hours - 1) / hours
	if n <= 0 {
		return []huiying.TrendBucket{}, nil
	}
	if n > maxBuckets {
		return nil, huiying.Invalid("step", "时间跨度太大，请缩短区间或加大步长（最多 %d 段，现为 %d 段）", maxBuckets, n)
	}
	buckets := make([]huiying.TrendBucket, n)
	empty := func() {
		for i := range buckets {
			buckets[i] = huiying.TrendBucket{At: time.Unix((first+int64(i)*hours)*3600, 0).In(huiying.Beijing), Channels: make(map[huiying.Channel]int)}
		}
	}
	conds := []string{fmt.Sprintf("hour >= %d AND hour < %d", first, end)}
	if region != "" {
		conds = append(conds, within(region))
	}
	// Sums of a region are on one shard, unless shards were added since: those of
	// each then count.
	per := ""
	if a.cluster != "" {
		per = ", _shard_num"
	}
	query := fmt.Sprintf(`SELECT intDiv(hour - %d, %d) AS bucket, channel, sum(p), sum(n), sum(r) FROM (
		SELECT hour, region, channel, max(posts) AS p, max(negative) AS n, max(risky) AS r FROM %s%s GROUP BY hour, region, channel%s
	) GROUP BY bucket, channel`, first, hours, a.from("hourly"), where(conds), per)
	empty()
	err := a.read(ctx, query, func(rows driver.Rows) error {
		var bucket int64
		var channel string
		var posts, negative, risky uint64
		if err := rows.Scan(&bucket, &channel, &posts, &negative, &risky); err != nil {
			return err
		}
		b := &buckets[bucket]
		b.Posts += int(posts)                              //nolint:gosec // posts of an hour
		b.Negative += int(negative)                        //nolint:gosec // likewise
		b.Risky += int(risky)                              //nolint:gosec // likewise
		b.Channels[huiying.Channel(channel)] += int(posts) //nolint:gosec // likewise
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the trend: %w", err)
	}
	return buckets, nil
}
