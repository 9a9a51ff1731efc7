package ledger

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
)

type factorRow struct {
	UserID    string `bun:"user_id"`
	Sealed    []byte `bun:"sealed"`
	Confirmed int64  `bun:"confirmed"` // µs
	Step      int64  `bun:"step"`
	Recovery  string `bun:"recovery"`
}

// SecondFactor is the one-time-code device of an account; the zero value when it
// has none.
func (l *Ledger) SecondFactor(ctx context.Context, user huiying.UserID) (huiying.SecondFactor, error) {
	return factorIn(ctx, l.read, user)
}

func factorIn(ctx context.Context, db bun.IDB, user huiying.UserID) (huiying.SecondFactor, error) {
	var row factorRow
	err := db.NewRaw("SELECT * FROM second_factors WHERE user_id = ?", string(user)).Scan(ctx, &row)
	if none(err) {
		return huiying.SecondFactor{}, nil
	}
	if err != nil {
		return huiying.SecondFactor{}, fmt.Errorf("reading the second factor of %s: %w", user, err)
	}
	recovery, err := jsondoc.Decode[[]string](row.Recovery)
	return huiying.SecondFactor{
		User: huiying.UserID(row.UserID), Sealed: row.Sealed, Confirmed: jsondoc.Time(row.Confirmed), Step: row.Step, Recovery: recovery,
	}, err
}

// ChangeSecondFactor gives f the device of an account (the zero value when it has
// none) and saves what f makes of it, with an audit row unless its action is
// empty, in one transaction. What has no secret any more is removed. An error of
// f changes nothing and is returned.
func (l *Ledger) ChangeSecondFactor(ctx context.Context, user huiying.UserID, f func(d *huiying.SecondFactor) (huiying.Audit, error)) error {
	return l.change(ctx, "changing the second factor of "+string(user), func(ctx context.Context, tx bun.Tx) error {
		d, err := factorIn(ctx, tx, user)
		if err != nil {
			return err
		}
		audit, err := f(&d)
		if err != nil {
			return err
		}
		if len(d.Sealed) == 0 {
			_, err = tx.NewRaw("DELETE FROM second_factors WHERE user_id = ?", string(user)).Exec(ctx)
		} else {
			var recovery string
			if recovery, err = jsondoc.Encode(d.Recovery); err != nil {
				return err
			}
			_, err = tx.NewRaw(`INSERT INTO second_factors (user_id, sealed, confirmed, step, recovery) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (user_id) DO UPDATE SET sealed = EXCLUDED.sealed, confirmed = EXCLUDED.confirmed, step = EXCLUDED.step, recovery = EXCLUDED.recovery`,
				string(user), d.Sealed, jsondoc.Micro(d.Confirmed), d.Step, recovery).Exec(ctx)
		}
		if err != nil || audit.Action == "" {
			return err
		}
		return appendAudit(ctx, tx, []huiying.Audit{audit})
	})
}

// UserBySubject returns the account an identity of another provider is bound to,
// or [huiying.ErrNotFound].
func (l *Ledger) UserBySubject(ctx context.Context, issuer, subject string) (huiying.User, error) {
	var id huiying.UserID
	err := l.read.NewRaw("SELECT user_id FROM subjects WHERE issuer = ? AND subject = ?", issuer, subject).Scan(ctx, &id)
	if none(err) {
		return huiying.User{}, huiying.Errorf(huiying.CodeNotFound, "这个统一身份还没有绑定本系统的账号，请联系安全管理员")
	}
	if err != nil {
		return huiying.User{}, fmt.Errorf("looking an identity up: %w", err)
	}
	return l.User(ctx, id)
}

// SubjectOf is the identity of the provider an account is bound to, "" for none.
func (l *Ledger) SubjectOf(ctx context.Context, issuer string, user huiying.UserID) (string, error) {
	var subject string
	err := l.read.NewRaw("SELECT subject FROM subjects WHERE issuer = ? AND user_id = ?", issuer, string(user)).Scan(ctx, &subject)
	if err != nil && !none(err) {
		return "", fmt.Errorf("looking up the identity of %s: %w", user, err)
	}
	return subject, nil
}

// BindSubject binds an identity of another provider to an account in place of the
// one it had; an empty subject only removes that. It returns
// [huiying.ErrConflict] when the identity is bound to somebody else.
func (l *Ledger) BindSubject(ctx context.Context, issuer, subject string, user huiying.UserID, a huiying.Audit) error {
	return l.change(ctx, "binding an identity to "+string(user), func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("DELETE FROM subjects WHERE issuer = ? AND user_id = ?", issuer, string(user)).Exec(ctx); err != nil {
			return err
		}
		if subject != "" {
			if _, err := tx.NewRaw("INSERT INTO subjects (issuer, subject, user_id) VALUES (?, ?, ?)", issuer, subject, string(user)).Exec(ctx); err != nil {
				if l.duplicate(err) {
					return huiying.Errorf(huiying.CodeConflict, "这个统一身份已绑定另一个账号，请先解除")
				}
				return err
			}
		}
		return appendAudit(ctx, tx, []huiying.Audit{a})
	})
}
