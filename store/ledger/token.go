package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
)

type tokenRow struct {
	Hash      string `bun:"hash"`
	UserID    string `bun:"user_id"`
	Name      string `bun:"name"`
	Expires   int64  `bun:"expires"` // µs, like the other times; 0: never
	Scopes    string `bun:"scopes"`
	CreatedAt int64  `bun:"created_at"`
	UsedAt    int64  `bun:"used_at"`
	RevokedAt int64  `bun:"revoked_at"`
}

func (r tokenRow) token() (huiying.Token, error) {
	scopes, err := huiying.ParseScopes(r.Scopes)
	return huiying.Token{
		ID: r.Hash, User: huiying.UserID(r.UserID), Name: r.Name, Scopes: scopes, CreatedAt: jsondoc.Time(r.CreatedAt),
		Expires: jsondoc.Time(r.Expires), UsedAt: jsondoc.Time(r.UsedAt), RevokedAt: jsondoc.Time(r.RevokedAt),
	}, err
}

// SaveToken keeps a token, of which only the hash is known. An audit without an
// action is not recorded.
func (l *Ledger) SaveToken(ctx context.Context, t huiying.Token, a huiying.Audit) error {
	scopes := make([]string, len(t.Scopes))
	for i, s := range t.Scopes {
		scopes[i] = string(s)
	}
	return l.change(ctx, "saving a token of "+string(t.User), func(ctx context.Context, tx bun.Tx) error {
		if _, err := userIn(ctx, tx, t.User); err != nil {
			return err
		}
		_, err := tx.NewRaw(`INSERT INTO tokens (hash, user_id, name, expires, scopes, created_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (hash) DO UPDATE SET user_id = EXCLUDED.user_id, name = EXCLUDED.name, expires = EXCLUDED.expires, scopes = EXCLUDED.scopes`,
			t.ID, string(t.User), t.Name, jsondoc.Micro(t.Expires), strings.Join(scopes, ","), jsondoc.Micro(t.CreatedAt)).Exec(ctx)
		if err != nil || a.Action == "" {
			return err
		}
		return appendAudit(ctx, tx, []huiying.Audit{a})
	})
}

// Tokens lists the tokens of an account, the newest first, with those that
// lapsed or were revoked.
func (l *Ledger) Tokens(ctx context.Context, user huiying.UserID) ([]huiying.Token, error) {
	var rows []tokenRow
	if err := l.read.NewRaw("SELECT * FROM tokens WHERE user_id = ? ORDER BY created_at DESC, hash", string(user)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("reading the tokens of %s: %w", user, err)
	}
	out := make([]huiying.Token, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = r.token(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// RevokeToken ends a token of the account at once. It returns
// [huiying.ErrNotFound] when the account has no such token that stands.
func (l *Ledger) RevokeToken(ctx context.Context, user huiying.UserID, id string, at time.Time, a huiying.Audit) error {
	return l.change(ctx, "revoking a token of "+string(user), func(ctx context.Context, tx bun.Tx) error {
		n, err := changed(tx.NewRaw("UPDATE tokens SET revoked_at = ? WHERE hash = ? AND user_id = ? AND revoked_at = 0", jsondoc.Micro(at), id, string(user)).Exec(ctx))
		if err != nil {
			return err
		}
		if n == 0 {
			return huiying.Errorf(huiying.CodeNotFound, "没有这个令牌，或者已经吊销")
		}
		return appendAudit(ctx, tx, []huiying.Audit{a})
	})
}

// UserByToken returns the account a token stands for, and the token, or
// [huiying.ErrNotFound] when it is unknown, revoked or has expired at now.
func (l *Ledger) UserByToken(ctx context.Context, hash string, now time.Time) (huiying.User, huiying.Token, error) {
	var row tokenRow
	err := l.read.NewRaw("SELECT * FROM tokens WHERE hash = ?", hash).Scan(ctx, &row)
	if err != nil && !none(err) {
		return huiying.User{}, huiying.Token{}, fmt.Errorf("looking a token up: %w", err)
	}
	t, bad := row.token()
	if err != nil || bad != nil || !t.ValidAt(now) {
		return huiying.User{}, huiying.Token{}, huiying.Errorf(huiying.CodeNotFound, "令牌无效、已吊销或已过期")
	}
	u, err := l.User(ctx, t.User)
	return u, t, err
}

// TokenUsed notes when a token was used last.
func (l *Ledger) TokenUsed(ctx context.Context, hash string, at time.Time) error {
	if _, err := l.write.NewRaw("UPDATE tokens SET used_at = ? WHERE hash = ?", jsondoc.Micro(at), hash).Exec(ctx); err != nil {
		return fmt.Errorf("noting the use of a token: %w", err)
	}
	return nil
}
