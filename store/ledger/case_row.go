package ledger

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
)

type caseRow struct {
	bun.BaseModel `bun:"table:cases,alias:cases"`

	ID       string `bun:"id,pk"`
	County   string `bun:"county"`
	Number   string `bun:"number"`
	Region   string `bun:"region"`
	Queue    string `bun:"queue"`
	State    string `bun:"state"`
	Ended    bool   `bun:"ended"`
	Level    int    `bun:"level"`
	Category string `bun:"category"`
	Title    string `bun:"title"`
	EventID  string `bun:"event_id"`
	Rev      int    `bun:"rev"`
	OpenedAt int64  `bun:"opened_at"`
	DueAt    int64  `bun:"due_at"`
	NextAt   int64  `bun:"next_at"`
	Drill    bool   `bun:"drill"`
	Rumor    string `bun:"rumor"`
	Doc      string `bun:"doc"`
}

func rowOf(c huiying.Case, ch huiying.Change) (caseRow, error) {
	doc, err := jsondoc.Encode(c)
	if err != nil {
		return caseRow{}, err
	}
	row := caseRow{
		ID: string(c.ID), County: string(c.Region.County()), Number: c.Number, Region: string(c.Region), Queue: string(c.Queue),
		State: string(c.State), Ended: c.State.Ended(), Level: int(c.Level), Category: c.Category, Title: c.Title,
		EventID: string(c.Event), Rev: c.Rev, OpenedAt: jsondoc.Micro(c.OpenedAt), DueAt: noDeadline, NextAt: noDeadline, Drill: c.Drill, Rumor: string(c.Rumor), Doc: doc,
	}
	if k, ok := c.NextDue(); ok {
		row.DueAt = jsondoc.Micro(k.Due)
	}
	if ch.HasNext {
		row.NextAt = jsondoc.Micro(ch.NextAt)
	}
	return row, nil
}

// unitRow is a unit's part in a case as statistics count it.
type unitRow struct {
	bun.BaseModel `bun:"table:case_units,alias:case_units"`

	CaseID      string `bun:"case_id,pk"`
	UnitID      string `bun:"unit_id,pk"`
	Region      string `bun:"region"`
	Level       int    `bun:"level"`
	Lead        bool   `bun:"lead"`
	Ended       bool   `bun:"ended"`
	AssignedAt  int64  `bun:"assigned_at"`
	AckedAt     int64  `bun:"acked_at"`
	AckDue      int64  `bun:"ack_due"`
	FeedbackAt  int64  `bun:"feedback_at"`
	RespondedAt int64  `bun:"responded_at"`
	ClosedAt    int64  `bun:"closed_at"`
	Drill       bool   `bun:"drill"`
	Category    string `bun:"category"`
	FeedbackDue int64  `bun:"feedback_due"`
	RespondDue  int64  `bun:"respond_due"`
	Excused     int64  `bun:"excused"`
	SentBack    int    `bun:"sent_back"`
	Reopened    int    `bun:"reopened"`
	Rumor       string `bun:"rumor"`
}

// refusalRow is a case a unit gave back.
type refusalRow struct {
	bun.BaseModel `bun:"table:refusals,alias:refusals"`

	CaseID   string `bun:"case_id,pk"`
	N        int    `bun:"n,pk"`
	UnitID   string `bun:"unit_id"`
	Region   string `bun:"region"`
	Level    int    `bun:"level"`
	Category string `bun:"category"`
	At       int64  `bun:"at"`
	Drill    bool   `bun:"drill"`
}

type clockRow struct {
	bun.BaseModel `bun:"table:open_clocks,alias:open_clocks"`

	CaseID string `bun:"case_id,pk"`
	N      int    `bun:"n,pk"`
	Kind   string `bun:"kind"`
	UnitID string `bun:"unit_id"`
	Region string `bun:"region"`
	Level  int    `bun:"level"`
	DueAt  int64  `bun:"due_at"`
	Drill  bool   `bun:"drill"`

	Category string `bun:"category"`
}

// writeParts rewrites what statistics read: each unit's part and the deadlines
// that run.
func writeParts(ctx context.Context, tx bun.Tx, c huiying.Case) error {
	for _, table := range []string{"case_units", "open_clocks", "refusals"} {
		if _, err := tx.NewRaw("DELETE FROM ? WHERE case_id = ?", bun.Ident(table), string(c.ID)).Exec(ctx); err != nil {
			return fmt.Errorf("clearing %s: %w", table, err)
		}
	}
	if units := unitRows(c); len(units) > 0 {
		if _, err := tx.NewInsert().Model(&units).Exec(ctx); err != nil {
			return fmt.Errorf("writing the units of the case: %w", err)
		}
	}
	if clocks := clockRows(c); len(clocks) > 0 {
		if _, err := tx.NewInsert().Model(&clocks).Exec(ctx); err != nil {
			return fmt.Errorf("writing the clocks of the case: %w", err)
		}
	}
	if refusals := refusalRows(c); len(refusals) > 0 {
		if _, err := tx.NewInsert().Model(&refusals).Exec(ctx); err != nil {
			return fmt.Errorf("writing who gave the case back: %w", err)
		}
	}
	return nil
}

func unitRows(c huiying.Case) []unitRow {
	var rows []unitRow
	for _, u := range c.Units {
		row := unitRow{
			CaseID: string(c.ID), UnitID: string(u.Unit), Region: string(c.Region), Level: int(c.Level), Lead: u.Lead, Ended: c.State.Ended(), Drill: c.Drill,
			AssignedAt: jsondoc.Micro(u.AssignedAt), AckedAt: jsondoc.Micro(u.AckedAt), FeedbackAt: jsondoc.Micro(u.FeedbackAt),
			RespondedAt: jsondoc.Micro(notBefore(c.RespondedAt, u.AssignedAt)), ClosedAt: jsondoc.Micro(notBefore(c.ClosedAt, u.AssignedAt)),
			Category: c.Category, SentBack: u.SentBack, Reopened: u.Reopened, Rumor: string(c.Rumor),
		}
		row.AckDue = row.deadline(c, huiying.ClockAcknowledge, u.Unit)
		row.FeedbackDue = row.deadline(c, huiying.ClockFeedback, u.Unit)
		if u.Lead {
			row.RespondDue = row.deadline(c, huiying.ClockRespond, "")
		}
		rows = append(rows, row)
	}
	return rows
}

// deadline is when a clock of the part is due, 0 when there is none or it no longer
// applies; what was excused is added up.
func (r *unitRow) deadline(c huiying.Case, kind huiying.ClockKind, unit huiying.UnitID) int64 {
	k, ok := c.Clock(kind, unit)
	if !ok || k.Void {
		return 0
	}
	r.Excused += time.Duration(k.Excused).Microseconds()
	return jsondoc.Micro(k.Due)
}

func refusalRows(c huiying.Case) []refusalRow {
	rows := make([]refusalRow, len(c.Refusals))
	for i, r := range c.Refusals {
		rows[i] = refusalRow{
			CaseID: string(c.ID), N: i, UnitID: string(r.Unit), Region: string(c.Region), Level: int(c.Level), Category: c.Category, At: jsondoc.Micro(r.At), Drill: c.Drill,
		}
	}
	return rows
}

// notBefore drops an instant that lies before the unit came in: a response given
// before a case was reopened and sent on is not this unit's.
func notBefore(at, assigned time.Time) time.Time {
	if at.Before(assigned) {
		return time.Time{}
	}
	return at
}

// clockRows are the deadlines that run. What the case as a whole owes (a
// response, a press conference) its lead unit owes; judgement is the office's.
func clockRows(c huiying.Case) []clockRow {
	var rows []clockRow
	for n, k := range c.Clocks {
		if !k.Running() {
			continue
		}
		unit := k.Unit
		if unit == "" && k.Kind != huiying.ClockJudge {
			unit = c.Lead()
		}
		rows = append(rows, clockRow{
			CaseID: string(c.ID), N: n, Kind: string(k.Kind), UnitID: string(unit), Region: string(c.Region), Level: int(c.Level), DueAt: jsondoc.Micro(k.Due), Drill: c.Drill,
			Category: c.Category,
		})
	}
	return rows
}

type entryRow struct {
	bun.BaseModel `bun:"table:entries,alias:entries"`

	CaseID string `bun:"case_id,pk"`
	Seq    int    `bun:"seq,pk"`
	At     int64  `bun:"at"`
	Doc    string `bun:"doc"`
}

// writeEntries numbers the entries of a case 1, 2, 3 … in the order they come.
// The case's own row was written before, so no other writer is between.
func writeEntries(ctx context.Context, tx bun.Tx, id huiying.CaseID, entries []huiying.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	var last int
	if err := tx.NewRaw("SELECT coalesce(max(seq), 0) FROM entries WHERE case_id = ?", string(id)).Scan(ctx, &last); err != nil {
		return fmt.Errorf("numbering the timeline: %w", err)
	}
	rows := make([]entryRow, len(entries))
	for i, e := range entries {
		e.Case, e.Seq = id, last+1+i
		doc, err := jsondoc.Encode(e)
		if err != nil {
			return err
		}
		rows[i] = entryRow{CaseID: string(id), Seq: e.Seq, At: jsondoc.Micro(e.At), Doc: doc}
	}
	if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return fmt.Errorf("writing the timeline: %w", err)
	}
	return nil
}

// nextNumber gives out the numbers of a county and year, without gaps: the
// counter goes back with the transaction that drew from it. A number somebody
// gave by hand is skipped. Drills have a series of their own.
func nextNumber(ctx context.Context, tx bun.Tx, c huiying.Case, word string) (string, error) {
	county, series, word := c.Region.County(), string(c.Region.County()), cmp.Or(word, "舆")
	if c.Drill {
		series, word = series+" drill", word+"演"
	}
	year := c.OpenedAt.In(huiying.Beijing).Year()
	for {
		var last int
		err := tx.NewRaw(`INSERT INTO case_numbers (county, year, last) VALUES (?, ?, 1)
			ON CONFLICT (county, year) DO UPDATE SET last = case_numbers.last + 1 RETURNING last`, series, year).Scan(ctx, &last)
		if err != nil {
			return "", fmt.Errorf("drawing a number: %w", err)
		}
		number := fmt.Sprintf("%s〔%d〕%04d号", word, year, last)
		var used int
		if err := tx.NewRaw("SELECT count(*) FROM cases WHERE county = ? AND number = ?", string(county), number).Scan(ctx, &used); err != nil {
			return "", fmt.Errorf("checking number %s: %w", number, err)
		}
		if used == 0 {
			return number, nil
		}
	}
}
