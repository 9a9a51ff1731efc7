package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
)

// CaseLogs are the timelines of all cases of which a unit's part began in
// [from, to), drills excepted: what an appraisal replays.
func (l *Ledger) CaseLogs(ctx context.Context, region huiying.Region, from, to time.Time) ([]huiying.CaseLog, error) {
	var w conditions
	w.add("drill = FALSE AND assigned_at >= ? AND assigned_at < ?", jsondoc.Micro(from), jsondoc.Micro(to))
	w.in("region", region)
	rows, err := l.read.QueryContext(ctx, "SELECT e.case_id, c.number, e.doc FROM entries e JOIN cases c ON c.id = e.case_id WHERE e.case_id IN (SELECT case_id FROM case_units"+w.where()+") ORDER BY e.case_id, e.seq", w.args...)
	if err != nil {
		return nil, fmt.Errorf("reading timelines: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []huiying.CaseLog
	for rows.Next() {
		var id, number, doc string
		if err := rows.Scan(&id, &number, &doc); err != nil {
			return nil, fmt.Errorf("reading timelines: %w", err)
		}
		e, err := jsondoc.Decode[huiying.Entry](doc)
		if err != nil {
			return nil, err
		}
		if n := len(out); n == 0 || out[n-1].Case != huiying.CaseID(id) {
			out = append(out, huiying.CaseLog{Case: huiying.CaseID(id), Number: number})
		}
		log := &out[len(out)-1]
		log.Entries = append(log.Entries, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading timelines: %w", err)
	}
	return out, nil
}

// SaveAppeal records an appeal, or the decision on one. A unit may object to a
// case under one merit once: a second appeal is [huiying.ErrConflict].
func (l *Ledger) SaveAppeal(ctx context.Context, a huiying.Appeal, audit huiying.Audit) error {
	doc, err := jsondoc.Encode(a)
	if err != nil {
		return err
	}
	return l.change(ctx, "keeping appeal "+a.ID, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw("INSERT INTO appeals (id, region, unit_id, case_id, merit, at, doc) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET doc = EXCLUDED.doc",
			a.ID, string(a.Region), string(a.Unit), string(a.Case), string(a.Merit), jsondoc.Micro(a.At), doc).Exec(ctx)
		if l.duplicate(err) {
			return huiying.Errorf(huiying.CodeConflict, "这一件的“%s”已经申诉过了", a.Merit.Label())
		}
		if err != nil {
			return err
		}
		return appendAudit(ctx, tx, []huiying.Audit{audit})
	})
}

// Appeals lists the appeals of a region and, if named, a unit, the latest first.
func (l *Ledger) Appeals(ctx context.Context, region huiying.Region, unit huiying.UnitID) ([]huiying.Appeal, error) {
	var w conditions
	w.in("region", region)
	if unit != "" {
		w.add("unit_id = ?", string(unit))
	}
	var docs []string
	if err := l.read.NewRaw("SELECT doc FROM appeals"+w.where()+" ORDER BY at DESC, id", w.args...).Scan(ctx, &docs); err != nil {
		return nil, fmt.Errorf("reading appeals: %w", err)
	}
	return decodeAll[huiying.Appeal](docs)
}
