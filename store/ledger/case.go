package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
)

// OpenCase stores a new case with its timeline, notifications and audit in one
// transaction, gives it the next number of its county and year unless it has
// one, and ties it to its event. It returns the case as stored. An event has at
// most one case: for a second one it returns [huiying.ErrConflict].
func (l *Ledger) OpenCase(ctx context.Context, c huiying.Case, ch huiying.Change) (huiying.Case, error) {
	saved, err := l.SaveCases(ctx, []huiying.CaseWrite{{Case: c, Change: ch}})
	if err != nil {
		return huiying.Case{}, err
	}
	return saved[0], nil
}

// SaveCase stores a case as one action left it, with all that the action writes
// beside it, in one transaction. It returns [huiying.ErrStale] and changes
// nothing when somebody saved since the case had revision prevRev.
func (l *Ledger) SaveCase(ctx context.Context, c huiying.Case, prevRev int, ch huiying.Change) error {
	if c.Rev <= prevRev {
		return fmt.Errorf("saving case %s: its revision %d is not above %d", c.ID, c.Rev, prevRev)
	}
	_, err := l.SaveCases(ctx, []huiying.CaseWrite{{Case: c, PrevRev: prevRev, Change: ch}})
	return err
}

// SaveCases stores all the cases that one action opens or changes, in one
// transaction: all or none. It returns them as stored, and the errors of
// [Ledger.OpenCase] and [Ledger.SaveCase].
func (l *Ledger) SaveCases(ctx context.Context, writes []huiying.CaseWrite) ([]huiying.Case, error) {
	out := make([]huiying.Case, len(writes))
	err := l.change(ctx, "saving case "+string(writes[0].Case.ID), func(ctx context.Context, tx bun.Tx) error {
		for i, w := range writes {
			var err error
			if w.PrevRev == 0 {
				out[i], err = l.insertCase(ctx, tx, w.Case, w.Change)
			} else {
				out[i], err = updateCase(ctx, tx, w.Case, w.PrevRev, w.Change)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func (l *Ledger) insertCase(ctx context.Context, tx bun.Tx, c huiying.Case, ch huiying.Change) (huiying.Case, error) {
	if err := free(ctx, tx, c); err != nil {
		return c, err
	}
	if c.Number == "" {
		number, err := nextNumber(ctx, tx, c, ch.Word)
		if err != nil {
			return c, err
		}
		c.Number = number
	}
	row, err := rowOf(c, ch)
	if err != nil {
		return c, err
	}
	if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		if l.duplicate(err) { // somebody else was faster
			return c, taken(c)
		}
		return c, fmt.Errorf("writing the case: %w", err)
	}
	if c.Event != "" {
		if err := setEventCase(ctx, tx, c.Event, c.ID); err != nil {
			return c, err
		}
	}
	if err := writeChange(ctx, tx, c, ch); err != nil {
		return c, err
	}
	return jsondoc.Decode[huiying.Case](row.Doc)
}

func updateCase(ctx context.Context, tx bun.Tx, c huiying.Case, prevRev int, ch huiying.Change) (huiying.Case, error) {
	row, err := rowOf(c, ch)
	if err != nil {
		return c, err
	}
	n, err := changed(tx.NewUpdate().Model(&row).ExcludeColumn("id", "county", "event_id").
		Where("id = ?", row.ID).Where("rev = ?", prevRev).Exec(ctx))
	if err != nil {
		return c, fmt.Errorf("writing the case: %w", err)
	}
	if n == 0 {
		return c, missed(ctx, tx, c.ID)
	}
	if c.MergedInto != "" && c.Event != "" { // what comes later of its event belongs to the other case
		if err := setEventCase(ctx, tx, c.Event, c.MergedInto); err != nil {
			return c, err
		}
	}
	if err := writeChange(ctx, tx, c, ch); err != nil {
		return c, err
	}
	return jsondoc.Decode[huiying.Case](row.Doc)
}

// free returns ErrConflict when the case, or another one of its event, exists.
func free(ctx context.Context, tx bun.Tx, c huiying.Case) error {
	var n int
	err := tx.NewRaw("SELECT count(*) FROM cases WHERE id = ? OR (event_id <> '' AND event_id = ?)", string(c.ID), string(c.Event)).Scan(ctx, &n)
	if err != nil {
		return fmt.Errorf("looking for the event's case: %w", err)
	}
	if n > 0 {
		return taken(c)
	}
	return nil
}

func taken(c huiying.Case) error {
	if c.Event != "" {
		return huiying.Errorf(huiying.CodeConflict, "该事件已有交办单，请在原单上办理")
	}
	return huiying.Errorf(huiying.CodeConflict, "交办单编号或文号 %s 已被使用", c.Number)
}

// missed says why a case could not be updated.
func missed(ctx context.Context, tx bun.Tx, id huiying.CaseID) error {
	var rev int
	err := tx.NewRaw("SELECT rev FROM cases WHERE id = ?", string(id)).Scan(ctx, &rev)
	switch {
	case none(err):
		return noCase(id)
	case err != nil:
		return fmt.Errorf("reading the revision: %w", err)
	}
	return huiying.Errorf(huiying.CodeStale, "交办单已被他人更新，请刷新后核对再操作")
}

func noCase(id huiying.CaseID) error {
	return huiying.Errorf(huiying.CodeNotFound, "没有编号为 %q 的交办单", id)
}

// writeChange writes what stands beside the case. What the change silences was
// written before it; its own notifications stay.
func writeChange(ctx context.Context, tx bun.Tx, c huiying.Case, ch huiying.Change) error {
	if err := writeParts(ctx, tx, c); err != nil {
		return err
	}
	if err := writeEntries(ctx, tx, c.ID, ch.Entries); err != nil {
		return err
	}
	if err := cancel(ctx, tx, c.ID, ch.Silence); err != nil {
		return err
	}
	if err := writeNotifications(ctx, tx, c, ch.Notify); err != nil {
		return err
	}
	return appendAudit(ctx, tx, ch.Audit)
}

// Case returns one case.
func (l *Ledger) Case(ctx context.Context, id huiying.CaseID) (huiying.Case, error) {
	var doc string
	err := l.read.NewRaw("SELECT doc FROM cases WHERE id = ?", string(id)).Scan(ctx, &doc)
	if none(err) {
		return huiying.Case{}, noCase(id)
	}
	if err != nil {
		return huiying.Case{}, fmt.Errorf("reading case %s: %w", id, err)
	}
	return jsondoc.Decode[huiying.Case](doc)
}

// CaseOfEvent returns the case of an event, or false when it has none.
func (l *Ledger) CaseOfEvent(ctx context.Context, id huiying.EventID) (huiying.Case, bool, error) {
	var doc string
	err := l.read.NewRaw("SELECT doc FROM cases WHERE event_id <> '' AND event_id = ?", string(id)).Scan(ctx, &doc)
	if none(err) {
		return huiying.Case{}, false, nil
	}
	if err != nil {
		return huiying.Case{}, false, fmt.Errorf("reading the case of event %s: %w", id, err)
	}
	c, err := jsondoc.Decode[huiying.Case](doc)
	return c, err == nil, err
}

// DueCases names the cases that time alone changes at now or before, the oldest
// first. It reads an index only, however many cases there are.
func (l *Ledger) DueCases(ctx context.Context, now time.Time, limit int) ([]huiying.CaseID, error) {
	var ids []huiying.CaseID
	err := l.read.NewRaw("SELECT id FROM cases WHERE next_at <= ? ORDER BY next_at, id LIMIT ?", jsondoc.Micro(now), limit).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("looking for due cases: %w", err)
	}
	return ids, nil
}

// Reschedule sets anew when the open cases of a region are due, as next says: the
// rules have changed. It reads them page by page, so that nobody waits for it; a
// case that somebody saves meanwhile keeps what it was saved with.
func (l *Ledger) Reschedule(ctx context.Context, region huiying.Region, next func(huiying.Case) (at time.Time, ok bool)) error {
	const page = 200
	for after := ""; ; {
		var rows []struct {
			ID     string
			Rev    int
			NextAt int64
			Doc    string
		}
		var w conditions
		w.add("ended = FALSE AND id > ?", after)
		w.in("region", region)
		if err := l.read.NewRaw("SELECT id, rev, next_at, doc FROM cases"+w.where()+" ORDER BY id LIMIT ?", append(w.args, page)...).Scan(ctx, &rows); err != nil {
			return fmt.Errorf("reading open cases: %w", err)
		}
		for _, r := range rows {
			c, err := jsondoc.Decode[huiying.Case](r.Doc)
			if err != nil {
				return err
			}
			want := int64(noDeadline)
			if at, ok := next(c); ok {
				want = jsondoc.Micro(at)
			}
			if after = r.ID; want == r.NextAt {
				continue
			}
			if _, err := l.write.NewRaw("UPDATE cases SET next_at = ? WHERE id = ? AND rev = ?", want, r.ID, r.Rev).Exec(ctx); err != nil {
				return fmt.Errorf("rescheduling case %s: %w", r.ID, err)
			}
		}
		if len(rows) < page {
			return nil
		}
	}
}

// NextDue is when the next case is due; false when none will be.
func (l *Ledger) NextDue(ctx context.Context) (time.Time, bool, error) {
	var at int64
	err := l.read.NewRaw("SELECT next_at FROM cases ORDER BY next_at, id LIMIT 1").Scan(ctx, &at)
	if none(err) || err == nil && at == noDeadline {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("looking for the next due case: %w", err)
	}
	return jsondoc.Time(at), true, nil
}

// Timeline returns what happened to a case, in order.
func (l *Ledger) Timeline(ctx context.Context, id huiying.CaseID) ([]huiying.Entry, error) {
	var docs []string
	if err := l.read.NewRaw("SELECT doc FROM entries WHERE case_id = ? ORDER BY seq", string(id)).Scan(ctx, &docs); err != nil {
		return nil, fmt.Errorf("reading the timeline of %s: %w", id, err)
	}
	return decodeAll[huiying.Entry](docs)
}

func decodeAll[T any](docs []string) ([]T, error) {
	out := make([]T, len(docs))
	for i, doc := range docs {
		var err error
		if out[i], err = jsondoc.Decode[T](doc); err != nil {
			return nil, err
		}
	}
	return out, nil
}
