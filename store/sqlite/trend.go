package sqlite

import (
	"context"
	"fmt"
	"time"

	"huiying"
	"huiying/store/internal/batch"
	"huiying/store/internal/keyset"
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
	for i := range buckets {
		buckets[i].At = time.Unix((first+int64(i)*hours)*3600, 0).In(huiying.Beijing)
		buckets[i].Channels = make(map[huiying.Channel]int)
	}
	rest := first
	if midnight(dayOf(first)) == first && hours%24 == 0 { // days of Beijing, whose sums are kept
		rest = midnight(dayOf(end))
		if err := a.sumUp(ctx, buckets, "daily", "day", region, dayOf(first), dayOf(first), dayOf(end), hours/24); err != nil {
			return nil, err
		}
	}
	return buckets, a.sumUp(ctx, buckets, "hourly", "hour", region, first, rest, end, hours)
}

// midnight is the hour at which a day begins in Beijing.
func midnight(day int64) int64 { return 24*day - 8 }

// sumUp adds the rows of a table from one hour or day until another to buckets
// that begin at first and are so many wide.
func (a *Archive) sumUp(ctx context.Context, buckets []huiying.TrendBucket, table, unit string, region huiying.Region, first, from, until, wide int64) error {
	if from >= until {
		return nil
	}
	query := fmt.Sprintf("SELECT (%[1]s - ?) / ? AS bucket, channel, sum(posts), sum(negative), sum(risky) FROM %[2]s WHERE %[1]s >= ? AND %[1]s < ?", unit, table)
	args := []any{first, wide, from, until}
	if region != "" {
		query += " AND region >= ? AND region < ?"
		args = append(args, string(region), keyset.Under(region))
	}
	group := " GROUP BY bucket, channel"
	if wide == 1 {
		group = " GROUP BY " + unit + ", channel" // the order of the table
	}
	rows, err := a.db.Read.QueryContext(ctx, query+group, args...)
	if err != nil {
		return fmt.Errorf("reading the trend: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var bucket int
		var channel string
		var posts, negative, risky int
		if err := rows.Scan(&bucket, &channel, &posts, &negative, &risky); err != nil {
			return fmt.Errorf("reading the trend: %w", err)
		}
		b := &buckets[bucket]
		b.Posts += posts
		b.Negative += negative
		b.Risky += risky
		b.Channels[huiying.Channel(channel)] += posts
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading the trend: %w", err)
	}
	return nil
}
