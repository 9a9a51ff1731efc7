package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
)

// SaveSearch keeps a search under its name among those of its person; the one
// that had the name is replaced.
func (l *Ledger) SaveSearch(ctx context.Context, s huiying.SavedSearch) error {
	if err := s.Check(); err != nil {
		return err
	}
	return l.change(ctx, "saving a search of "+string(s.User), func(ctx context.Context, tx bun.Tx) error {
		var others int
		if err := tx.NewRaw("SELECT count(*) FROM searches WHERE user_id = ? AND name <> ?", string(s.User), s.Name).Scan(ctx, &others); err != nil {
			return err
		}
		if others >= huiying.MaxSavedSearches {
			return huiying.Invalid("name", "最多保存 %d 个检索，请先删去不用的", huiying.MaxSavedSearches)
		}
		_, err := tx.NewRaw(`INSERT INTO searches (user_id, name, query, seen_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (user_id, name) DO UPDATE SET query = EXCLUDED.query, seen_at = EXCLUDED.seen_at`,
			string(s.User), s.Name, s.Query, jsondoc.Micro(s.SeenAt)).Exec(ctx)
		return err
	})
}

// SearchSeen notes that the person looked at the search at the time given.
func (l *Ledger) SearchSeen(ctx context.Context, user huiying.UserID, name string, at time.Time) error {
	return l.change(ctx, "noting a look at a search", func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw("UPDATE searches SET seen_at = ? WHERE user_id = ? AND name = ?", jsondoc.Micro(at), string(user), name).Exec(ctx)
		return err
	})
}

// DropSearch forgets a search; one that is not there is no error.
func (l *Ledger) DropSearch(ctx context.Context, user huiying.UserID, name string) error {
	return l.change(ctx, "dropping a search", func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw("DELETE FROM searches WHERE user_id = ? AND name = ?", string(user), name).Exec(ctx)
		return err
	})
}

// Searches lists the searches of a person by name.
func (l *Ledger) Searches(ctx context.Context, user huiying.UserID) ([]huiying.SavedSearch, error) {
	var rows []struct {
		UserID, Name, Query string
		SeenAt              int64
	}
	if err := l.read.NewRaw("SELECT user_id, name, query, seen_at FROM searches WHERE user_id = ? ORDER BY name", string(user)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("reading the searches of %s: %w", user, err)
	}
	out := make([]huiying.SavedSearch, len(rows))
	for i, r := range rows {
		out[i] = huiying.SavedSearch{User: huiying.UserID(r.UserID), Name: r.Name, Query: r.Query, SeenAt: jsondoc.Time(r.SeenAt)}
	}
	return out, nil
}
