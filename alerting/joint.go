package alerting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"huiying"
)

// merge ends a case in favour of another one (合并): both change in one
// transaction, so that a matter never has two orders nor none.
func (d *Desk) merge(ctx context.Context, id huiying.CaseID, cmd huiying.Command) (huiying.Case, error) {
	return d.joint(ctx, id, cmd, func(before huiying.Case, now time.Time) (huiying.Case, int, huiying.Outcome, error) {
		into, err := d.ledger.Case(ctx, cmd.Into)
		if errors.Is(err, huiying.ErrNotFound) || err == nil && !cmd.By.SeesCase(into) {
			return into, 0, huiying.Outcome{}, huiying.Invalid("into", "没有要并入的交办单")
		}
		if err != nil {
			return into, 0, huiying.Outcome{}, err
		}
		next, out, err := into.Absorb(before, cmd.By, now)
		return next, into.Rev, out, err
	})
}

// split makes a case of its own out of a part of another one (拆分).
func (d *Desk) split(ctx context.Context, id huiying.CaseID, cmd huiying.Command) (huiying.Case, error) {
	part, found := *cmd.Split, make(map[string]int)
	part.Title, part.Summary = huiying.Redact(huiying.CleanText(part.Title), found), huiying.Redact(huiying.CleanText(part.Summary), found)
	cmd.Split = &part // the timeline quotes the title
	return d.joint(ctx, id, cmd, func(before huiying.Case, now time.Time) (huiying.Case, int, huiying.Outcome, error) {
		draft := before.Part(part)
		draft.ID = newCaseID()
		child, out, err := huiying.Open(draft, cmd.By, d.rules(), now)
		return child, 0, out, err
	})
}

// joint applies a command to a case and saves it together with the other case it
// concerns; both begin again when somebody saved either in between.
func (d *Desk) joint(ctx context.Context, id huiying.CaseID, cmd huiying.Command,
	other func(before huiying.Case, now time.Time) (c huiying.Case, prevRev int, out huiying.Outcome, err error),
) (huiying.Case, error) {
	for try := 0; ; try++ {
		before, err := d.ledger.Case(ctx, id)
		if err != nil {
			return huiying.Case{}, err
		}
		now := d.speed.Now()
		next, out, err := before.Do(cmd, d.rules(), now)
		if err != nil {
			return before, err
		}
		second, prevRev, secondOut, err := other(before, now)
		if err != nil {
			return before, err
		}
		if next, out, err = d.andTick(next, out, now); err != nil {
			return before, err
		}
		writes := []huiying.CaseWrite{{Case: next, PrevRev: before.Rev}, {Case: second, PrevRev: prevRev}}
		for i, o := range []huiying.Outcome{out, secondOut} {
			if writes[i].Change, err = d.changeOf(ctx, writes[i].Case, o, now); err != nil {
				return before, err
			}
		}
		saved, err := d.ledger.SaveCases(ctx, writes)
		if errors.Is(err, huiying.ErrStale) && try < retries {
			continue
		}
		if err != nil {
			return before, fmt.Errorf("save cases %s and %s: %w", next.Number, second.Number, err)
		}
		d.noted(ctx, next, out.Entries)
		d.noted(ctx, saved[1], secondOut.Entries)
		d.told(ctx, liveCase(before, next, cmd.Action, "", now))
		d.told(ctx, liveCase(huiying.Case{}, saved[1], cmd.Action, "", now))
		return next, nil
	}
}
