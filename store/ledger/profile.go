package ledger

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
)

// SaveProfile adds an intake profile or replaces the one of that name; a, when it
// names an action, is audited with it.
func (l *Ledger) SaveProfile(ctx context.Context, p huiying.Profile, a huiying.Audit) error {
	if err := p.Check(); err != nil {
		return err
	}
	if _, err := huiying.ParseRegion(string(p.Region)); err != nil {
		return err
	}
	doc, err := jsondoc.Encode(p)
	if err != nil {
		return err
	}
	return l.change(ctx, "saving profile "+p.Name, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw("INSERT INTO profiles (region, name, doc) VALUES (?, ?, ?) ON CONFLICT (region, name) DO UPDATE SET doc = EXCLUDED.doc",
			string(p.Region), p.Name, doc).Exec(ctx)
		if err != nil || a.Action == "" {
			return err
		}
		return appendAudit(ctx, tx, []huiying.Audit{a})
	})
}

// Profiles lists the intake profiles of a region by name.
func (l *Ledger) Profiles(ctx context.Context, region huiying.Region) ([]huiying.Profile, error) {
	var w conditions
	w.in("region", region)
	var docs []string
	if err := l.read.NewRaw("SELECT doc FROM profiles"+w.where()+" ORDER BY name, region", w.args...).Scan(ctx, &docs); err != nil {
		return nil, fmt.Errorf("reading the profiles of %s: %w", region, err)
	}
	return decodeAll[huiying.Profile](docs)
}
