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

// learnFrom is how many of the latest cases people's decisions are read from.
const learnFrom = 5000

// Examples are the decisions of people about the latest cases of a region, the
// oldest case first. They are read off the timelines: nothing is written twice.
func (l *Ledger) Examples(ctx context.Context, region huiying.Region) ([]huiying.Example, error) {
	units, err := l.Units(ctx, region)
	if err != nil {
		return nil, err
	}
	directory := huiying.NewDirectory(units)
	var w conditions
	w.in("region", region)
	w.add("state <> ?", huiying.StateMerged)
	var rows []struct {
		Doc   string
		First string
	}
	err = l.read.NewRaw("SELECT doc, coalesce((SELECT post_id FROM event_posts p WHERE p.event_id = cases.event_id ORDER BY seq LIMIT 1), '') AS first FROM cases"+
		w.where()+" ORDER BY opened_at DESC, id DESC LIMIT ?", append(w.args, learnFrom)...).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("reading cases to learn from: %w", err)
	}
	slices.Reverse(rows)
	var out []huiying.Example
	for part := range slices.Chunk(rows, atOnce) {
		cases := make([]huiying.Case, len(part))
		ids := make([]huiying.CaseID, len(part))
		for i, r := range part {
			if cases[i], err = jsondoc.Decode[huiying.Case](r.Doc); err != nil {
				return nil, err
			}
			ids[i] = cases[i].ID
		}
		timelines, err := l.timelines(ctx, ids)
		if err != nil {
			return nil, err
		}
		for i, c := range cases {
			for _, e := range huiying.ExamplesOf(c, timelines[c.ID], directory) {
				if e.Post.ID == "" { // opened by hand from an event
					e.Post.ID = huiying.PostID(part[i].First)
				}
				out = append(out, e)
			}
		}
	}
	return out, nil
}

func (l *Ledger) timelines(ctx context.Context, ids []huiying.CaseID) (map[huiying.CaseID][]huiying.Entry, error) {
	var docs []string
	if err := l.read.NewRaw("SELECT doc FROM entries WHERE case_id IN (?) ORDER BY case_id, seq", bun.List(ids)).Scan(ctx, &docs); err != nil {
		return nil, fmt.Errorf("reading timelines to learn from: %w", err)
	}
	entries, err := decodeAll[huiying.Entry](docs)
	if err != nil {
		return nil, err
	}
	out := make(map[huiying.CaseID][]huiying.Entry, len(ids))
	for _, e := range entries {
		out[e.Case] = append(out[e.Case], e)
	}
	return out, nil
}

type modelRow struct {
	bun.BaseModel `bun:"table:models,alias:models"`

	ID        string `bun:"id,pk"`
	Region    string `bun:"region"`
	CreatedAt int64  `bun:"created_at"`
	State     string `bun:"state"`
	Doc       string `bun:"doc"`
	Data      []byte `bun:"data"`
}

func (r modelRow) model() (huiying.Model, error) {
	m, err := jsondoc.Decode[huiying.Model](r.Doc)
	m.State = huiying.ModelState(r.State)
	return m, err
}

const modelColumns = "SELECT id, region, created_at, state, doc FROM models"

// AddModel keeps a newly trained model as the candidate of its region, in place
// of an older candidate.
func (l *Ledger) AddModel(ctx context.Context, m huiying.Model, data []byte, a huiying.Audit) error {
	m.State, m.Bytes = huiying.ModelCandidate, len(data)
	doc, err := jsondoc.Encode(m)
	if err != nil {
		return err
	}
	return l.change(ctx, "keeping model "+string(m.ID), func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw("DELETE FROM models WHERE region = ? AND state = ?", string(m.Region), huiying.ModelCandidate).Exec(ctx); err != nil {
			return fmt.Errorf("removing the older candidate: %w", err)
		}
		row := modelRow{ID: string(m.ID), Region: string(m.Region), CreatedAt: jsondoc.Micro(m.CreatedAt), State: string(m.State), Doc: doc, Data: data}
		if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
			return fmt.Errorf("writing the model: %w", err)
		}
		return appendAudit(ctx, tx, []huiying.Audit{a})
	})
}

// Models lists the models of exactly this region, the newest first.
func (l *Ledger) Models(ctx context.Context, region huiying.Region) ([]huiying.Model, error) {
	var rows []modelRow
	if err := l.read.NewRaw(modelColumns+" WHERE region = ? ORDER BY created_at DESC, id DESC", string(region)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("reading the models of %s: %w", region, err)
	}
	out := make([]huiying.Model, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = r.model(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// LiveModel names the model in use in a region, [huiying.NoModel] when there is none.
func (l *Ledger) LiveModel(ctx context.Context, region huiying.Region) (huiying.ModelID, error) {
	var id huiying.ModelID
	err := l.read.NewRaw("SELECT id FROM models WHERE region = ? AND state = ?", string(region), huiying.ModelLive).Scan(ctx, &id)
	if none(err) {
		return huiying.NoModel, nil
	}
	if err != nil {
		return "", fmt.Errorf("looking for the live model of %s: %w", region, err)
	}
	return id, nil
}

// ModelData is a model as it was kept.
func (l *Ledger) ModelData(ctx context.Context, id huiying.ModelID) ([]byte, error) {
	var data []byte
	err := l.read.NewRaw("SELECT data FROM models WHERE id = ?", string(id)).Scan(ctx, &data)
	if none(err) {
		return nil, noModel(id)
	}
	if err != nil {
		return nil, fmt.Errorf("reading model %s: %w", id, err)
	}
	return data, nil
}

func noModel(id huiying.ModelID) error {
	return huiying.Errorf(huiying.CodeNotFound, "没有编号为 %q 的模型，可能已被放弃", id)
}

// ActivateModel puts a model of the region in use, or none for [huiying.NoModel];
// the one in use before is retired. It returns [huiying.ErrConflict] when it is
// in use already.
func (l *Ledger) ActivateModel(ctx context.Context, region huiying.Region, id huiying.ModelID, by huiying.Person, reason string, at time.Time, a huiying.Audit) error {
	return l.change(ctx, "switching to model "+string(id), func(ctx context.Context, tx bun.Tx) error {
		n, err := changed(tx.NewRaw("UPDATE models SET state = ? WHERE region = ? AND state = ? AND id <> ?",
			huiying.ModelRetired, string(region), huiying.ModelLive, string(id)).Exec(ctx))
		if err != nil {
			return fmt.Errorf("retiring the live model: %w", err)
		}
		if id == huiying.NoModel {
			if n == 0 {
				return huiying.Errorf(huiying.CodeConflict, "现在就没有使用人工经验")
			}
			return appendAudit(ctx, tx, []huiying.Audit{a})
		}
		var row modelRow
		err = tx.NewRaw(modelColumns+" WHERE region = ? AND id = ?", string(region), string(id)).Scan(ctx, &row)
		if none(err) {
			return noModel(id)
		}
		if err != nil {
			return fmt.Errorf("reading the model: %w", err)
		}
		m, err := row.model()
		if err != nil {
			return err
		}
		if m.State == huiying.ModelLive {
			return huiying.Errorf(huiying.CodeConflict, "这个模型已在使用中")
		}
		m.State, m.LiveAt, m.LiveBy, m.Reason = huiying.ModelLive, at, by.Name, reason
		doc, err := jsondoc.Encode(m)
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw("UPDATE models SET state = ?, doc = ? WHERE id = ?", huiying.ModelLive, doc, string(id)).Exec(ctx); err != nil {
			return fmt.Errorf("writing the model: %w", err)
		}
		return appendAudit(ctx, tx, []huiying.Audit{a})
	})
}

// DiscardModel removes a candidate. It returns [huiying.ErrNotFound] when the
// region has no such candidate: what was in use once is kept.
func (l *Ledger) DiscardModel(ctx context.Context, region huiying.Region, id huiying.ModelID, a huiying.Audit) error {
	return l.change(ctx, "discarding model "+string(id), func(ctx context.Context, tx bun.Tx) error {
		n, err := changed(tx.NewRaw("DELETE FROM models WHERE region = ? AND id = ? AND state = ?", string(region), string(id), huiying.ModelCandidate).Exec(ctx))
		if err != nil {
			return fmt.Errorf("removing the model: %w", err)
		}
		if n == 0 {
			return noModel(id)
		}
		return appendAudit(ctx, tx, []huiying.Audit{a})
	})
}
