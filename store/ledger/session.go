package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/uptrace/bun"

	"huiying"
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

type sessionRow struct {
	Token  string `bun:"token"`
	UserID string `bun:"user_id"`
	Begun  int64  `bun:"begun"` // µs
	Seen   int64  `bun:"seen"`
	Origin string `bun:"origin"`
	Agent  string `bun:"agent"`
}

// DescribeSession says whose a session is, so that it can be listed and ended.
func (l *Ledger) DescribeSession(ctx context.Context, s huiying.Session) error {
	_, err := l.write.NewRaw("UPDATE sessions SET user_id = ?, begun = ?, seen = ?, origin = ?, agent = ? WHERE token = ?",
		string(s.User), jsondoc.Micro(s.Begun), jsondoc.Micro(s.Seen), s.From, s.Agent, s.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("describing a session of %s: %w", s.User, err)
	}
	return nil
}

// SessionSeen notes when a session was used last.
func (l *Ledger) SessionSeen(ctx context.Context, id string, at time.Time) error {
	if _, err := l.write.NewRaw("UPDATE sessions SET seen = ? WHERE token = ?", jsondoc.Micro(at), id).Exec(ctx); err != nil {
		return fmt.Errorf("noting the use of a session: %w", err)
	}
	return nil
}

// Sessions lists where an account is signed in, the latest use first.
func (l *Ledger) Sessions(ctx context.Context, user huiying.UserID) ([]huiying.Session, error) {
	var rows []sessionRow
	err := l.read.NewRaw("SELECT token, user_id, begun, seen, origin, agent FROM sessions WHERE user_id = ? AND expires > ? ORDER BY seen DESC, token",
		string(user), jsondoc.Micro(time.Now())).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("reading the sessions of %s: %w", user, err)
	}
	out := make([]huiying.Session, len(rows))
	for i, r := range rows {
		out[i] = huiying.Session{ID: r.Token, User: huiying.UserID(r.UserID), Begun: jsondoc.Time(r.Begun), Seen: jsondoc.Time(r.Seen), From: r.Origin, Agent: r.Agent}
	}
	return out, nil
}

// EndSessions signs an account out: of the session called id, or everywhere but
// in keep when id is empty. It returns the sessions that ended. An audit without
// an action is not recorded.
func (l *Ledger) EndSessions(ctx context.Context, user huiying.UserID, id, keep string, a huiying.Audit) ([]string, error) {
	var ended []string
	err := l.change(ctx, "ending sessions of "+string(user), func(ctx context.Context, tx bun.Tx) error {
		err := tx.NewRaw("DELETE FROM sessions WHERE user_id = ? AND token <> ? AND (? = '' OR token = ?) RETURNING token", string(user), keep, id, id).Scan(ctx, &ended)
		if err != nil && !none(err) {
			return err
		}
		if a.Action == "" {
			return nil
		}
		return appendAudit(ctx, tx, []huiying.Audit{a})
	})
	return ended, err
}
