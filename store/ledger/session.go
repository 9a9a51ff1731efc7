package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/uptrace/bun"

	"huiying/store/internal/jsondoc"
)

// Sessions live in the ledger, so that any node serves any browser and a
// restart signs nobody out. They are counted in real time, like scs does.
var _ scs.CtxStore = (*Ledger)(nil)

// FindCtx returns the data of a session, or false when it is unknown or lapsed.
func (l *Ledger) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = l.read.NewRaw("SELECT data FROM sessions WHERE token = ? AND expires > ?", token, jsondoc.Micro(time.Now())).Scan(ctx, &data)
	if none(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("reading a session: %w", err)
	}
	return data, true, nil
}

// CommitCtx keeps the data of a session until it expires, and forgets those that
// have lapsed.
func (l *Ledger) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	return l.change(ctx, "keeping a session", func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("DELETE FROM sessions WHERE expires <= ?", jsondoc.Micro(time.Now())).Exec(ctx); err != nil {
			return err
		}
		_, err := tx.NewRaw(`INSERT INTO sessions (token, data, expires) VALUES (?, ?, ?)
			ON CONFLICT (token) DO UPDATE SET data = EXCLUDED.data, expires = EXCLUDED.expires`, token, b, jsondoc.Micro(expiry)).Exec(ctx)
		return err
	})
}

// DeleteCtx forgets a session; one that is unknown is no error.
func (l *Ledger) DeleteCtx(ctx context.Context, token string) error {
	if _, err := l.write.NewRaw("DELETE FROM sessions WHERE token = ?", token).Exec(ctx); err != nil {
		return fmt.Errorf("forgetting a session: %w", err)
	}
	return nil
}

// Find is FindCtx without a context, as scs.Store asks for.
func (l *Ledger) Find(token string) ([]byte, bool, error) {
	return l.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context, as scs.Store asks for.
func (l *Ledger) Commit(token string, b []byte, expiry time.Time) error {
	return l.CommitCtx(context.Background(), token, b, expiry)
}

// Delete is DeleteCtx without a context, as scs.Store asks for.
func (l *Ledger) Delete(token string) error { return l.DeleteCtx(context.Background(), token) }
