package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
)

type unitDocRow struct {
	bun.BaseModel `bun:"table:units,alias:units"`

	ID       string `bun:"id,pk"`
	Region   string `bun:"region,pk"`
	Position int    `bun:"position"`
	Name     string `bun:"name"`
	Doc      string `bun:"doc"`
}

// SaveUnits adds units or replaces those of the same region and ID; the order given is the
// order they are listed in. Units are never removed: they end by their date.
func (l *Ledger) SaveUnits(ctx context.Context, units []huiying.Unit) error {
	rows := make([]unitDocRow, len(units))
	for i, u := range units {
		doc, err := jsondoc.Encode(u)
		if err != nil {
			return err
		}
		rows[i] = unitDocRow{ID: string(u.ID), Region: string(u.Region), Position: i, Name: u.Label(), Doc: doc}
	}
	return l.change(ctx, fmt.Sprintf("saving %d units", len(units)), func(ctx context.Context, tx bun.Tx) error {
		for part := range slices.Chunk(rows, atOnce) {
			_, err := tx.NewInsert().Model(&part).On("CONFLICT (region, id) DO UPDATE").
				Set("position = EXCLUDED.position").Set("name = EXCLUDED.name").Set("doc = EXCLUDED.doc").Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Units lists the units of a region, past and future ones too.
func (l *Ledger) Units(ctx context.Context, region huiying.Region) ([]huiying.Unit, error) {
	var w conditions
	w.in("region", region)
	var docs []string
	if err := l.read.NewRaw("SELECT doc FROM units"+w.where()+" ORDER BY region, position, id", w.args...).Scan(ctx, &docs); err != nil {
		return nil, fmt.Errorf("reading the units of %s: %w", region, err)
	}
	return decodeAll[huiying.Unit](docs)
}
