package batch

import (
	"context"
	"fmt"
	"time"

	"huiying"
)

// Pace is how fast posts are stored, in rows a second. All three ways store the
// same posts, batch by batch in turns.
type Pace struct {
	N int `json:"archive_rows"`

	// Archive is the archive's Insert: repeats looked for, JSON written, texts cut
	// into terms, sums kept.
	Archive float64 `json:"archive_rows_per_second"`

	// Driver puts the same rows into the same large tables, full text included,
	// from values made beforehand: what the database itself takes for them.
	Driver float64 `json:"driver_rows_per_second"`

	// Plain puts columns and JSON into one table with neither indexes nor full
	// text.
	Plain float64 `json:"driver_plain_rows_per_second"`

	ToDriver float64 `json:"ratio_to_driver"`
	ToPlain  float64 `json:"ratio_to_plain"`
}

// Ways are the three.
type Ways struct {
	Prepare       func(context.Context, []huiying.Assessed) ([]Row, error) // not measured
	Insert        func(context.Context, []huiying.Assessed) ([]huiying.PostID, error)
	Driver, Plain func(context.Context, []Row) error
}

// Measure stores batches in all three ways. The posts must have IDs of their own.
// Each way begins as often as the others: what the database does later of its own
// accord, merging and checkpoints, then falls on all three.
func (w Ways) Measure(ctx context.Context, batches [][]huiying.Assessed) (Pace, error) {
	var p Pace
	var took [3]time.Duration
	for n, batch := range batches {
		rows, err := w.Prepare(ctx, batch)
		if err != nil {
			return Pace{}, err
		}
		ways := []func() error{
			func() error { _, err := w.Insert(ctx, batch); return err },
			func() error { return w.Driver(ctx, rows) },
			func() error { return w.Plain(ctx, rows) },
		}
		for k := range ways {
			i := (n + k) % len(ways)
			began := time.Now()
			if err := ways[i](); err != nil {
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
