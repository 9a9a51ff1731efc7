package ledger

import (
	"context"
	"fmt"
	"time"

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
}

func (r userRow) user() huiying.User {
	return huiying.User{
		Person: huiying.Person{
			User: huiying.UserID(r.ID), Name: r.Name, Role: huiying.Role(r.Role), Unit: huiying.UnitID(r.UnitID), Region: huiying.Region(r.Region),
		},
		PasswordHash: r.PasswordHash, Disabled: r.Disabled, Failures: r.Failures, LockedUntil: r.LockedUntil,
	}
}

// SaveUser adds an account or replaces it. An empty PasswordHash keeps the
// password the account has: it never travels as JSON, so a copy that came back
// from a page has none.
func (l *Ledger) SaveUser(ctx context.Context, u huiying.User) error {
	row := userRow{
		ID: string(u.User), Name: u.Name, Role: string(u.Role), UnitID: string(u.Unit), Region: string(u.Region),
		PasswordHash: u.PasswordHash, Disabled: u.Disabled, Failures: u.Failures, LockedUntil: u.LockedUntil,
	}
	if row.ID == "" {
		return huiying.Invalid("user", "账号名为空")
	}
	ins := l.write.NewInsert().Model(&row).On("CONFLICT (id) DO UPDATE")
	for _, column := range []string{"name", "role", "unit_id", "region", "disabled", "failures", "locked_until"} {
		ins = ins.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
	}
	ins = ins.Set("password_hash = CASE WHEN EXCLUDED.password_hash = '' THEN users.password_hash ELSE EXCLUDED.password_hash END")
	if _, err := ins.Exec(ctx); err != nil {
		return fmt.Errorf("saving account %s: %w", u.User, err)
	}
	return nil
}

// User returns one account.
func (l *Ledger) User(ctx context.Context, id huiying.UserID) (huiying.User, error) {
	var row userRow
	err := l.read.NewRaw("SELECT * FROM users WHERE id = ?", string(id)).Scan(ctx, &row)
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

// SaveToken lets the bearer of a token act as an account until it expires (the
// zero time: never). Only the token's hash is kept.
func (l *Ledger) SaveToken(ctx context.Context, hash string, user huiying.UserID, name string, expires time.Time) error {
	if _, err := l.User(ctx, user); err != nil {
		return err
	}
	_, err := l.write.NewRaw(`INSERT INTO tokens (hash, user_id, name, expires) VALUES (?, ?, ?, ?)
		ON CONFLICT (hash) DO UPDATE SET user_id = EXCLUDED.user_id, name = EXCLUDED.name, expires = EXCLUDED.expires`,
		hash, string(user), name, jsondoc.Micro(expires)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("saving a token of %s: %w", user, err)
	}
	return nil
}

// UserByToken returns the account a token stands for, or [huiying.ErrNotFound]
// when it is unknown or has expired at now.
func (l *Ledger) UserByToken(ctx context.Context, hash string, now time.Time) (huiying.User, error) {
	var row userRow
	err := l.read.NewRaw("SELECT u.* FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = ? AND (t.expires = 0 OR t.expires > ?)",
		hash, jsondoc.Micro(now)).Scan(ctx, &row)
	if none(err) {
		return huiying.User{}, huiying.Errorf(huiying.CodeNotFound, "令牌无效或已过期")
	}
	if err != nil {
		return huiying.User{}, fmt.Errorf("looking a token up: %w", err)
	}
	return row.user(), nil
}
