package ledger

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
)

// AddUser adds an account together with the request for its role. It returns
// [huiying.ErrConflict] when the name is taken.
func (l *Ledger) AddUser(ctx context.Context, u huiying.User, g huiying.Grant, a huiying.Audit) error {
	return l.change(ctx, "adding account "+string(u.User), func(ctx context.Context, tx bun.Tx) error {
		row := newUserRow(u)
		if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
			if l.duplicate(err) {
				return huiying.Errorf(huiying.CodeConflict, "账号 %q 已经存在，请换一个账号名", u.User)
			}
			return fmt.Errorf("writing the account: %w", err)
		}
		return l.ask(ctx, tx, g, a)
	})
}

// AskGrant keeps a request. It returns [huiying.ErrConflict] while another one
// of the account waits.
func (l *Ledger) AskGrant(ctx context.Context, g huiying.Grant, a huiying.Audit) error {
	return l.change(ctx, "asking a role for "+string(g.User), func(ctx context.Context, tx bun.Tx) error {
		return l.ask(ctx, tx, g, a)
	})
}

func (l *Ledger) ask(ctx context.Context, tx bun.Tx, g huiying.Grant, a huiying.Audit) error {
	doc, err := jsondoc.Encode(g)
	if err != nil {
		return err
	}
	_, err = tx.NewRaw("INSERT INTO grants (id, region, user_id, state, at, doc) VALUES (?, ?, ?, ?, ?, ?)",
		string(g.ID), string(g.Region), string(g.User), string(g.State), jsondoc.Micro(g.At), doc).Exec(ctx)
	if err != nil {
		if l.duplicate(err) {
			return huiying.Errorf(huiying.CodeConflict, "这个账号已有一件授权申请在等安全管理员办理")
		}
		return fmt.Errorf("writing the request: %w", err)
	}
	return appendAudit(ctx, tx, []huiying.Audit{a})
}

// DecideGrant gives f a request and its account as they are and saves what f
// makes of both, with the audit row, in one transaction.
func (l *Ledger) DecideGrant(ctx context.Context, id huiying.GrantID, f func(g *huiying.Grant, u *huiying.User) (huiying.Audit, error)) (huiying.Grant, error) {
	var g huiying.Grant
	err := l.change(ctx, "deciding request "+string(id), func(ctx context.Context, tx bun.Tx) error {
		var doc string
		err := tx.NewRaw("SELECT doc FROM grants WHERE id = ?", string(id)).Scan(ctx, &doc)
		if none(err) {
			return huiying.Errorf(huiying.CodeNotFound, "没有这件授权申请")
		}
		if err != nil {
			return fmt.Errorf("reading the request: %w", err)
		}
		if g, err = jsondoc.Decode[huiying.Grant](doc); err != nil {
			return err
		}
		u, err := userIn(ctx, tx, g.User)
		if err != nil {
			return err
		}
		before := u
		audit, err := f(&g, &u)
		if err != nil {
			return err
		}
		if doc, err = jsondoc.Encode(g); err != nil {
			return err
		}
		if _, err := tx.NewRaw("UPDATE grants SET state = ?, doc = ? WHERE id = ?", string(g.State), doc, string(id)).Exec(ctx); err != nil {
			return fmt.Errorf("writing the request: %w", err)
		}
		return saveChange(ctx, tx, before, u, audit)
	})
	return g, err
}

// Grants lists requests, the newest first: of one account, or of all when user
// is empty; in one state, or in any when state is empty.
func (l *Ledger) Grants(ctx context.Context, region huiying.Region, user huiying.UserID, state huiying.GrantState) ([]huiying.Grant, error) {
	var w conditions
	w.in("region", region)
	if user != "" {
		w.add("user_id = ?", string(user))
	}
	if state != "" {
		w.add("state = ?", string(state))
	}
	var docs []string
	if err := l.read.NewRaw("SELECT doc FROM grants"+w.where()+" ORDER BY at DESC, id", w.args...).Scan(ctx, &docs); err != nil {
		return nil, fmt.Errorf("reading the requests of %s: %w", region, err)
	}
	out := make([]huiying.Grant, len(docs))
	for i, doc := range docs {
		var err error
		if out[i], err = jsondoc.Decode[huiying.Grant](doc); err != nil {
			return nil, err
		}
	}
	return out, nil
}
