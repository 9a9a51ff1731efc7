package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
)

type shiftRow struct {
	bun.BaseModel `bun:"table:shifts,alias:shifts"`

	ID          string `bun:"id,pk"`
	Region      string `bun:"region"`
	UnitID      string `bun:"unit_id"`
	Role        string `bun:"role"`
	FromAt      int64  `bun:"from_at"`
	ToAt        int64  `bun:"to_at"`
	Replaces    string `bun:"replaces"`
	WithdrawnAt int64  `bun:"withdrawn_at"`
	Doc         string `bun:"doc"`
}

// Shifts lists the roster of a region in [from, to): every shift with a moment in
// it, those that replace another too, by start.
func (l *Ledger) Shifts(ctx context.Context, region huiying.Region, from, to time.Time) ([]huiying.Shift, error) {
	var w conditions
	w.in("region", region)
	w.add("withdrawn_at = 0 AND to_at > ? AND from_at < ?", jsondoc.Micro(from), jsondoc.Micro(to))
	var docs []string
	if err := l.read.NewRaw("SELECT doc FROM shifts"+w.where()+" ORDER BY from_at, id", w.args...).Scan(ctx, &docs); err != nil {
		return nil, fmt.Errorf("reading the roster of %s: %w", region, err)
	}
	return decodeAll[huiying.Shift](docs)
}

// Shift returns one shift of the roster as it stands, [huiying.ErrNotFound] when
// it was withdrawn.
func (l *Ledger) Shift(ctx context.Context, id huiying.ShiftID) (huiying.Shift, error) {
	var doc string
	err := l.read.NewRaw("SELECT doc FROM shifts WHERE id = ? AND withdrawn_at = 0", string(id)).Scan(ctx, &doc)
	if none(err) {
		return huiying.Shift{}, huiying.Errorf(huiying.CodeNotFound, "没有这个班次，值班表可能刚重新导入过，请刷新后再试")
	}
	if err != nil {
		return huiying.Shift{}, fmt.Errorf("reading shift %s: %w", id, err)
	}
	return jsondoc.Decode[huiying.Shift](doc)
}

// ReplaceRoster puts shifts in the place of those of the same units and roles
// that begin in [from, to). What is replaced, with its substitutes and swaps, is
// kept as withdrawn at the time of a.
func (l *Ledger) ReplaceRoster(ctx context.Context, region huiying.Region, from, to time.Time, shifts []huiying.Shift, a huiying.Audit) error {
	return l.change(ctx, "replacing the roster of "+string(region), func(ctx context.Context, tx bun.Tx) error {
		type post struct {
			unit huiying.UnitID
			role huiying.Role
		}
		done := map[post]bool{}
		for _, s := range shifts {
			p := post{s.Unit, s.Role}
			if done[p] {
				continue
			}
			done[p] = true
			_, err := tx.NewRaw(`WITH RECURSIVE old (id) AS (
					SELECT id FROM shifts WHERE withdrawn_at = 0 AND region = ? AND unit_id = ? AND role = ? AND replaces = '' AND from_at >= ? AND from_at < ?
					UNION SELECT s.id FROM shifts s JOIN old ON s.replaces = old.id WHERE s.withdrawn_at = 0)
				UPDATE shifts SET withdrawn_at = ? WHERE id IN (SELECT id FROM old)`,
				string(region), string(s.Unit), string(s.Role), jsondoc.Micro(from), jsondoc.Micro(to), jsondoc.Micro(a.At)).Exec(ctx)
			if err != nil {
				return fmt.Errorf("withdrawing the old roster: %w", err)
			}
		}
		return addShifts(ctx, tx, shifts, a)
	})
}

// ReplaceShifts records a substitute or a swap. It returns [huiying.ErrConflict]
// when a shift that is to be replaced was withdrawn, or is replaced already at
// that time.
func (l *Ledger) ReplaceShifts(ctx context.Context, shifts []huiying.Shift, a huiying.Audit) error {
	return l.change(ctx, "changing the roster", func(ctx context.Context, tx bun.Tx) error {
		for _, s := range shifts {
			var n struct{ Stands, Taken int }
			err := tx.NewRaw(`SELECT (SELECT count(*) FROM shifts WHERE id = ? AND withdrawn_at = 0) AS stands,
				(SELECT count(*) FROM shifts WHERE replaces = ? AND withdrawn_at = 0 AND to_at > ? AND from_at < ?) AS taken`,
				string(s.Replaces), string(s.Replaces), jsondoc.Micro(s.From), jsondoc.Micro(s.To)).Scan(ctx, &n)
			if err != nil {
				return fmt.Errorf("looking at shift %s: %w", s.Replaces, err)
			}
			if n.Stands == 0 || n.Taken > 0 {
				return huiying.Errorf(huiying.CodeConflict, "%s的这个班次已被调整过，请刷新值班表，在现在的班次上再作调整", s.Instead)
			}
		}
		return addShifts(ctx, tx, shifts, a)
	})
}

// shiftsAtOnce keeps an insert below the parameters a database allows.
const shiftsAtOnce = 500

func addShifts(ctx context.Context, tx bun.Tx, shifts []huiying.Shift, a huiying.Audit) error {
	rows := make([]shiftRow, len(shifts))
	for i, s := range shifts {
		doc, err := jsondoc.Encode(s)
		if err != nil {
			return err
		}
		rows[i] = shiftRow{
			ID: string(s.ID), Region: string(s.Region), UnitID: string(s.Unit), Role: string(s.Role), FromAt: jsondoc.Micro(s.From), ToAt: jsondoc.Micro(s.To),
			Replaces: string(s.Replaces), Doc: doc,
		}
	}
	for part := range slices.Chunk(rows, shiftsAtOnce) {
		if _, err := tx.NewInsert().Model(&part).Exec(ctx); err != nil {
			return fmt.Errorf("writing %d shifts: %w", len(part), err)
		}
	}
	return appendAudit(ctx, tx, []huiying.Audit{a})
}
