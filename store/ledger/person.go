package ledger

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
)

type userRow struct {
	bun.BaseModel `bun:"table:users,alias:users"`

	ID           string `bun:"id,pk"`
	Name         string `bun:"name"`
	Role         string `bun:"role"`
	UnitID       string `bun:"unit_id"`
	Region       string `bun:"region"`
	PasswordHash string `bun:"password_hash"`
	Disabled     bool   `bun:"disabled"`
	Failures     int    `bun:"failures"`
	LockedUntil  int64  `bun:"locked_until"`
	MustChange   bool   `bun:"must_change"`
	PasswordAt   int64  `bun:"password_at"` // µs, like the times below
	CreatedAt    int64  `bun:"created_at"`
	LastAt       int64  `bun:"last_at"`
	LastFrom     string `bun:"last_from"`
}

// userColumns are what a save replaces; the password has a rule of its own.
var userColumns = []string{
	"name", "role", "unit_id", "region", "disabled", "failures", "locked_until",
	"must_change", "password_at", "created_at", "last_at", "last_from",
}

func newUserRow(u huiying.User) userRow {
	return userRow{
		ID: string(u.User), Name: u.Name, Role: string(u.Role), UnitID: string(u.Unit), Region: string(u.Region),
		PasswordHash: u.PasswordHash, Disabled: u.Disabled, Failures: u.Failures, LockedUntil: u.LockedUntil,
		MustChange: u.MustChange, PasswordAt: jsondoc.Micro(u.PasswordAt), CreatedAt: jsondoc.Micro(u.CreatedAt),
		LastAt: jsondoc.Micro(u.LastAt), LastFrom: u.LastFrom,
	}
}

func (r userRow) user() huiying.User {
	return huiying.User{
		Person: huiying.Person{
			User: huiying.UserID(r.ID), Name: r.Name, Role: huiying.Role(r.Role), Unit: huiying.UnitID(r.UnitID), Region: huiying.Region(r.Region),
		},
		PasswordHash: r.PasswordHash, Disabled: r.Disabled, Failures: r.Failures, LockedUntil: r.LockedUntil,
		MustChange: r.MustChange, PasswordAt: jsondoc.Time(r.PasswordAt), CreatedAt: jsondoc.Time(r.CreatedAt),
		LastAt: jsondoc.Time(r.LastAt), LastFrom: r.LastFrom,
	}
}

// SaveUser adds an account or replaces it. An empty PasswordHash keeps the
// password the account has: it never travels as JSON, so a copy that came back
// from a page has none.
func (l *Ledger) SaveUser(ctx context.Context, u huiying.User) error {
	if u.User == "" {
		return huiying.Invalid("user", "账号名为空")
	}
	return saveUser(ctx, l.write, u)
}

// FirstUsers adds the accounts an installation begins with, all of them or none.
// It returns [huiying.ErrConflict] when there is an account already, whoever was
// quicker.
func (l *Ledger) FirstUsers(ctx context.Context, users []huiying.User, audits []huiying.Audit) error {
	return l.change(ctx, "adding the first accounts", func(ctx context.Context, tx bun.Tx) error {
		n, err := tx.NewSelect().Model((*userRow)(nil)).Count(ctx)
		if err != nil {
			return fmt.Errorf("counting accounts: %w", err)
		}
		if n > 0 {
			return huiying.Errorf(huiying.CodeConflict, "已经有账号了，请直接登录")
		}
		for _, u := range users {
			if u.User == "" {
				return huiying.Invalid("user", "账号名为空")
			}
			if err := saveUser(ctx, tx, u); err != nil {
				return err
			}
		}
		return appendAudit(ctx, tx, audits)
	})
}

func saveUser(ctx context.Context, db bun.IDB, u huiying.User) error {
	row := newUserRow(u)
	ins := db.NewInsert().Model(&row).On("CONFLICT (id) DO UPDATE")
	for _, column := range userColumns {
		ins = ins.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
	}
	ins = ins.Set("password_hash = CASE WHEN EXCLUDED.password_hash = '' THEN users.password_hash ELSE EXCLUDED.password_hash END")
	if _, err := ins.Exec(ctx); err != nil {
		return fmt.Errorf("saving account %s: %w", u.User, err)
	}
	return nil
}

// ChangeUser gives f the account as it is and saves what f makes of it, with an
// audit row unless its action is empty, in one transaction. A password that is
// replaced is remembered (see [Ledger.OldPasswords]). An error of f changes
// nothing and is returned.
func (l *Ledger) ChangeUser(ctx context.Context, id huiying.UserID, f func(u *huiying.User) (huiying.Audit, error)) (huiying.User, error) {
	var u huiying.User
	err := l.change(ctx, "changing account "+string(id), func(ctx context.Context, tx bun.Tx) (err error) {
		if u, err = userIn(ctx, tx, id); err != nil {
			return err
		}
		before := u
		audit, err := f(&u)
		if err != nil {
			return err
		}
		return saveChange(ctx, tx, before, u, audit)
	})
	return u, err
}

func saveChange(ctx context.Context, tx bun.Tx, before, u huiying.User, audit huiying.Audit) error {
	if u.PasswordHash != before.PasswordHash && before.PasswordHash != "" {
		_, err := tx.NewRaw("INSERT INTO old_passwords (user_id, at, hash) VALUES (?, ?, ?)", string(u.User), jsondoc.Micro(u.PasswordAt), before.PasswordHash).Exec(ctx)
		if err != nil {
			return fmt.Errorf("remembering a password of %s: %w", u.User, err)
		}
	}
	if u != before {
		if err := saveUser(ctx, tx, u); err != nil {
			return err
		}
	}
	if audit.Action == "" {
		return nil
	}
	return appendAudit(ctx, tx, []huiying.Audit{audit})
}

// OldPasswords are the hashes of the last n passwords an account had before the
// present one.
func (l *Ledger) OldPasswords(ctx context.Context, id huiying.UserID, n int) ([]string, error) {
	var out []string
	err := l.read.NewRaw("SELECT hash FROM old_passwords WHERE user_id = ? ORDER BY at DESC LIMIT ?", string(id), n).Scan(ctx, &out)
	if err != nil {
		return nil, fmt.Errorf("reading old passwords of %s: %w", id, err)
	}
	return out, nil
}

// User returns one account.
func (l *Ledger) User(ctx context.Context, id huiying.UserID) (huiying.User, error) {
	return userIn(ctx, l.read, id)
}

func userIn(ctx context.Context, db bun.IDB, id huiying.UserID) (huiying.User, error) {
	var row userRow
	err := db.NewRaw("SELECT * FROM users WHERE id = ?", string(id)).Scan(ctx, &row)
	if none(err) {
		return huiying.User{}, huiying.Errorf(huiying.CodeNotFound, "没有账号 %q", id)
	}
	if err != nil {
		return huiying.User{}, fmt.Errorf("reading account %s: %w", id, err)
	}
	return row.user(), nil
}

// Users lists the accounts of a region and those below it, disabled ones too.
func (l *Ledger) Users(ctx context.Context, region huiying.Region) ([]huiying.User, error) {
	var w conditions
	w.in("region", region)
	var rows []userRow
	if err := l.read.NewRaw("SELECT * FROM users"+w.where()+" ORDER BY id", w.args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("reading the accounts of %s: %w", region, err)
	}
	out := make([]huiying.User, len(rows))
	for i, r := range rows {
		out[i] = r.user()
	}
	return out, nil
}
