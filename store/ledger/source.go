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

// SaveSource adds a source or replaces it.
func (l *Ledger) SaveSource(ctx context.Context, s huiying.Source) error {
	if s.ID == "" {
		return huiying.Invalid("id", "信源编号为空")
	}
	doc, err := jsondoc.Encode(s)
	if err != nil {
		return err
	}
	n, err := changed(l.write.NewRaw(`INSERT INTO sources (id, region, name, doc) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, doc = EXCLUDED.doc WHERE sources.region = EXCLUDED.region`,
		string(s.ID), string(s.Region), s.Name, doc).Exec(ctx))
	if err != nil {
		return fmt.Errorf("saving source %s: %w", s.ID, err)
	}
	if n == 0 {
		return takenElsewhere(s.ID)
	}
	return nil
}

func takenElsewhere(id huiying.SourceID) error {
	return huiying.Errorf(huiying.CodeConflict, "信源编号 %q 已由别的地区使用；共用一套台账的各县，信源编号不能相同，请改 sources.yaml 里的 id", id)
}

// Sources lists the sources of a region by name, paused ones too.
func (l *Ledger) Sources(ctx context.Context, region huiying.Region) ([]huiying.Source, error) {
	var w conditions
	w.in("region", region)
	var docs []string
	if err := l.read.NewRaw("SELECT doc FROM sources"+w.where()+" ORDER BY name, id", w.args...).Scan(ctx, &docs); err != nil {
		return nil, fmt.Errorf("reading the sources of %s: %w", region, err)
	}
	return decodeAll[huiying.Source](docs)
}

type sourceRow struct {
	bun.BaseModel `bun:"table:sources,alias:sources"`

	ID     string `bun:"id,pk"`
	Region string `bun:"region"`
	Name   string `bun:"name"`
	Doc    string `bun:"doc"`
	File   string `bun:"file"` // as sources.yaml has it; "": it does not
}

// SowSources reads the sources of a county's file in: those that are new are added,
// and those that are still as the file had them before become as it has them now.
// What people changed stays as they left it; [Ledger.SownSources] tells what the
// file says. A source that is not in the file any more stays, as one of the page.
func (l *Ledger) SowSources(ctx context.Context, region huiying.Region, list []huiying.Source) error {
	return l.change(ctx, fmt.Sprintf("sowing %d sources", len(list)), func(ctx context.Context, tx bun.Tx) error {
		kept := []string{""}
		for _, s := range list {
			kept = append(kept, string(s.ID))
			if err := sow(ctx, tx, s); err != nil {
				return err
			}
		}
		_, err := tx.NewRaw("UPDATE sources SET file = '' WHERE region = ? AND file <> '' AND id NOT IN (?)", string(region), bun.List(kept)).Exec(ctx)
		return err
	})
}

func sow(ctx context.Context, tx bun.Tx, s huiying.Source) error {
	doc, err := jsondoc.Encode(s)
	if err != nil {
		return err
	}
	row := sourceRow{ID: string(s.ID), Region: string(s.Region)}
	switch err := tx.NewSelect().Model(&row).WherePK().Scan(ctx); {
	case none(err):
		row.Name, row.Doc = s.Name, doc
	case err != nil:
		return err
	case row.Region != string(s.Region):
		return takenElsewhere(s.ID)
	case row.File != "":
		changed, err := changedSince(row)
		if err != nil {
			return err
		}
		if !changed {
			row.Name, row.Doc = s.Name, doc
		}
	}
	row.File = doc
	_, err = tx.NewInsert().Model(&row).On("CONFLICT (id) DO UPDATE").Set("name = EXCLUDED.name, doc = EXCLUDED.doc, file = EXCLUDED.file").Exec(ctx)
	return err
}

// changedSince reports whether a source was changed since it was sown.
func changedSince(row sourceRow) (bool, error) {
	now, err := jsondoc.Decode[huiying.Source](row.Doc)
	if err != nil {
		return false, err
	}
	was, err := jsondoc.Decode[huiying.Source](row.File)
	return len(now.Differences(was)) > 0, err
}

// SownSources are the sources of a region as sources.yaml has them.
func (l *Ledger) SownSources(ctx context.Context, region huiying.Region) (map[huiying.SourceID]huiying.Source, error) {
	w := conditions{}
	w.add("file <> ''")
	w.in("region", region)
	var docs []string
	if err := l.read.NewRaw("SELECT file FROM sources"+w.where(), w.args...).Scan(ctx, &docs); err != nil {
		return nil, fmt.Errorf("reading the sources of the file of %s: %w", region, err)
	}
	list, err := decodeAll[huiying.Source](docs)
	out := make(map[huiying.SourceID]huiying.Source, len(list))
	for _, s := range list {
		out[s.ID] = s
	}
	return out, err
}

// SaveHealth keeps what became of a source's last visit.
func (l *Ledger) SaveHealth(ctx context.Context, h huiying.SourceHealth) error {
	doc, err := jsondoc.Encode(h)
	if err != nil {
		return err
	}
	_, err = l.write.NewRaw("INSERT INTO source_health (source_id, doc) VALUES (?, ?) ON CONFLICT (source_id) DO UPDATE SET doc = EXCLUDED.doc",
		string(h.Source), doc).Exec(ctx)
	if err != nil {
		return fmt.Errorf("saving the health of source %s: %w", h.Source, err)
	}
	return nil
}

// Health returns the health of each source of a region that was ever visited.
func (l *Ledger) Health(ctx context.Context, region huiying.Region) (map[huiying.SourceID]huiying.SourceHealth, error) {
	var w conditions
	w.in("s.region", region)
	var docs []string
	err := l.read.NewRaw("SELECT h.doc FROM source_health h JOIN sources s ON s.id = h.source_id"+w.where(), w.args...).Scan(ctx, &docs)
	if err != nil {
		return nil, fmt.Errorf("reading the health of the sources of %s: %w", region, err)
	}
	list, err := decodeAll[huiying.SourceHealth](docs)
	if err != nil {
		return nil, err
	}
	out := make(map[huiying.SourceID]huiying.SourceHealth, len(list))
	for _, h := range list {
		out[h.Source] = h
	}
	return out, nil
}

type seenRow struct {
	bun.BaseModel `bun:"table:seen,alias:seen"`

	SourceID string `bun:"source_id,pk"`
	Item     string `bun:"item,pk"`
	At       int64  `bun:"at"`
}

// Unseen returns the keys of items a source has not given before, each once, in
// the order given.
func (l *Ledger) Unseen(ctx context.Context, source huiying.SourceID, keys []string) ([]string, error) {
	known := make(map[string]bool, len(keys))
	for part := range slices.Chunk(keys, 500) {
		var seen []string
		err := l.read.NewRaw("SELECT item FROM seen WHERE source_id = ? AND item IN (?)", string(source), bun.List(part)).Scan(ctx, &seen)
		if err != nil {
			return nil, fmt.Errorf("looking for new items of %s: %w", source, err)
		}
		for _, k := range seen {
			known[k] = true
		}
	}
	out := make([]string, 0, len(keys))
	for _, k := range keys {
		if !known[k] {
			known[k] = true
			out = append(out, k)
		}
	}
	return out, nil
}

// MarkSeen remembers items of a source; at is when they were seen last.
func (l *Ledger) MarkSeen(ctx context.Context, source huiying.SourceID, keys []string, at time.Time) error {
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	return l.change(ctx, fmt.Sprintf("remembering %d items of %s", len(keys), source), func(ctx context.Context, tx bun.Tx) error {
		for part := range slices.Chunk(keys, atOnce) {
			rows := make([]seenRow, len(part))
			for i, k := range part {
				rows[i] = seenRow{SourceID: string(source), Item: k, At: jsondoc.Micro(at)}
			}
			if _, err := tx.NewInsert().Model(&rows).On("CONFLICT (source_id, item) DO UPDATE").Set("at = EXCLUDED.at").Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}
