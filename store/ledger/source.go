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
		return huiying.Errorf(huiying.CodeConflict, "信源编号 %q 已由别的地区使用；共用一套台账的各县，信源编号不能相同，请改 sources.yaml 里的 id", s.ID)
	}
	return nil
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
