package ledger

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
	"huiying/store/internal/keyset"
)

type rejectionRow struct {
	bun.BaseModel `bun:"table:rejections,alias:rejections"`

	ID     int64  `bun:"id,pk,autoincrement"`
	At     int64  `bun:"at"`
	Region string `bun:"region"`
	Source string `bun:"source"`
	Place  string `bun:"place"`
	Error  string `bun:"error"`
	Raw    string `bun:"raw"`
}

// maxRaw is how many characters of a rejected item are kept.
const maxRaw = 2000

// SaveRejections keeps items that could not become posts; each gets an ID.
func (l *Ledger) SaveRejections(ctx context.Context, list []huiying.Rejection) error {
	return l.change(ctx, fmt.Sprintf("keeping %d rejected items", len(list)), func(ctx context.Context, tx bun.Tx) error {
		for part := range slices.Chunk(list, atOnce) {
			rows := make([]rejectionRow, len(part))
			for i, r := range part {
				rows[i] = rejectionRow{
					At: jsondoc.Micro(r.At), Region: string(r.Region), Source: r.Source, Place: huiying.CleanText(r.Where),
					Error: huiying.CleanText(r.Error), Raw: huiying.Clip(huiying.CleanText(r.Raw), maxRaw),
				}
			}
			if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// Rejections lists rejected items, newest first.
func (l *Ledger) Rejections(ctx context.Context, region huiying.Region, limit int, cursor string) (huiying.Page[huiying.Rejection], error) {
	var page huiying.Page[huiying.Rejection]
	var w conditions
	w.in("region", region)
	if cursor != "" {
		var id int64
		if err := keyset.Decode("rejections", cursor, &id); err != nil {
			return page, err
		}
		w.add("id < ?", id)
	}
	limit = keyset.Limit(limit)
	var rows []rejectionRow
	err := l.read.NewRaw("SELECT * FROM rejections"+w.where()+" ORDER BY id DESC LIMIT ?", append(w.args, limit+1)...).Scan(ctx, &rows)
	if err != nil {
		return page, fmt.Errorf("listing rejected items: %w", err)
	}
	cut := keyset.Page(rows, limit, func(last rejectionRow) string { return keyset.Encode("rejections", last.ID) })
	page.Next, page.Items = cut.Next, make([]huiying.Rejection, len(cut.Items))
	for i, r := range cut.Items {
		page.Items[i] = huiying.Rejection{
			ID: r.ID, At: jsondoc.Time(r.At), Region: huiying.Region(r.Region), Source: r.Source, Where: r.Place, Error: r.Error, Raw: r.Raw,
		}
	}
	return page, nil
}

// CountRejections says how many items of a region were rejected.
func (l *Ledger) CountRejections(ctx context.Context, region huiying.Region) (int, error) {
	var w conditions
	w.in("region", region)
	var n int
	if err := l.read.NewRaw("SELECT count(*) FROM rejections"+w.where(), w.args...).Scan(ctx, &n); err != nil {
		return 0, fmt.Errorf("counting rejected items: %w", err)
	}
	return n, nil
}
