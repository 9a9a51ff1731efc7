package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
)

// AddRevisits notes pages to look at again. Those of posts that are noted
// already stay as they are.
func (l *Ledger) AddRevisits(ctx context.Context, list []huiying.Revisit) error {
	return l.change(ctx, fmt.Sprintf("noting %d pages to look at again", len(list)), func(ctx context.Context, tx bun.Tx) error {
		for _, r := range list {
			if err := putRevisit(ctx, tx, r, "DO NOTHING"); err != nil {
				return err
			}
		}
		return nil
	})
}

// SaveRevisit replaces what is noted of a page; without a time to look again it
// is forgotten.
func (l *Ledger) SaveRevisit(ctx context.Context, r huiying.Revisit) error {
	return l.change(ctx, "noting a page to look at again", func(ctx context.Context, tx bun.Tx) error {
		if r.Due.IsZero() {
			_, err := tx.NewRaw("DELETE FROM revisits WHERE post = ?", string(r.Post)).Exec(ctx)
			return err
		}
		return putRevisit(ctx, tx, r, "DO UPDATE SET source_id = EXCLUDED.source_id, due = EXCLUDED.due, doc = EXCLUDED.doc")
	})
}

func putRevisit(ctx context.Context, tx bun.Tx, r huiying.Revisit, conflict string) error {
	doc, err := jsondoc.Encode(r)
	if err != nil {
		return err
	}
	_, err = tx.NewRaw("INSERT INTO revisits (post, source_id, due, doc) VALUES (?, ?, ?, ?) ON CONFLICT (post) "+conflict,
		string(r.Post), string(r.Source), jsondoc.Micro(r.Due), doc).Exec(ctx)
	return err
}

// DueRevisits are the pages of a source to look at again by now, the longest due
// first.
func (l *Ledger) DueRevisits(ctx context.Context, source huiying.SourceID, now time.Time, limit int) ([]huiying.Revisit, error) {
	var docs []string
	err := l.read.NewRaw("SELECT doc FROM revisits WHERE source_id = ? AND due <= ? ORDER BY due, post LIMIT ?", string(source), jsondoc.Micro(now), limit).Scan(ctx, &docs)
	if err != nil {
		return nil, fmt.Errorf("reading the pages of %s to look at again: %w", source, err)
	}
	return decodeAll[huiying.Revisit](docs)
}

// Revisits are what is noted of those posts; of others there is nothing.
func (l *Ledger) Revisits(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID]huiying.Revisit, error) {
	out := make(map[huiying.PostID]huiying.Revisit)
	for part := range slices.Chunk(ids, atOnce) {
		var docs []string
		if err := l.read.NewRaw("SELECT doc FROM revisits WHERE post IN (?)", bun.List(part)).Scan(ctx, &docs); err != nil {
			return nil, fmt.Errorf("reading pages to look at again: %w", err)
		}
		list, err := decodeAll[huiying.Revisit](docs)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			out[r.Post] = r
		}
	}
	return out, nil
}
