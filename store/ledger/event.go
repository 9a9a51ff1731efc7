package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
	"huiying/store/internal/keyset"
)

type eventRow struct {
	bun.BaseModel `bun:"table:events,alias:events"`

	ID        string `bun:"id,pk"`
	Region    string `bun:"region"`
	Queue     string `bun:"queue"`
	Category  string `bun:"category"`
	Level     int    `bun:"level"`
	Title     string `bun:"title"`
	CaseID    string `bun:"case_id"`
	LastAt    int64  `bun:"last_at"`
	UpdatedAt int64  `bun:"updated_at"`
	Doc       string `bun:"doc"`
}

type memberRow struct {
	bun.BaseModel `bun:"table:event_posts,alias:event_posts"`

	PostID    string `bun:"post_id"`
	EventID   string `bun:"event_id"`
	Duplicate bool   `bun:"duplicate"`
}

// atOnce bounds the rows of one statement.
const atOnce = 200

// SaveEvents stores events as they stand now and the posts that joined them, in
// one transaction. A post stays in the event it joined first, and an event keeps
// its case whatever the copy given here says.
func (l *Ledger) SaveEvents(ctx context.Context, events []huiying.Event, members []huiying.EventPost) error {
	rows := make([]eventRow, len(events))
	for i, e := range events {
		doc, err := jsondoc.Encode(e)
		if err != nil {
			return err
		}
		rows[i] = eventRow{
			ID: string(e.ID), Region: string(e.Region), Queue: string(e.Queue), Category: e.Category, Level: int(e.Level), Title: e.Title,
			CaseID: string(e.Case), LastAt: jsondoc.Micro(e.LastAt), UpdatedAt: jsondoc.Micro(e.UpdatedAt), Doc: doc,
		}
	}
	return l.change(ctx, fmt.Sprintf("saving %d events", len(events)), func(ctx context.Context, tx bun.Tx) error {
		for part := range slices.Chunk(rows, atOnce) {
			ins := tx.NewInsert().Model(&part).On("CONFLICT (id) DO UPDATE")
			for _, column := range []string{"region", "queue", "category", "level", "title", "last_at", "updated_at", "doc"} {
				ins = ins.Set("? = EXCLUDED.?", bun.Ident(column), bun.Ident(column))
			}
			if _, err := ins.Set("case_id = CASE WHEN events.case_id <> '' THEN events.case_id ELSE EXCLUDED.case_id END").Exec(ctx); err != nil {
				return fmt.Errorf("writing events: %w", err)
			}
		}
		for part := range slices.Chunk(members, atOnce) {
			rows := make([]memberRow, len(part))
			for i, m := range part {
				rows[i] = memberRow{PostID: string(m.Post), EventID: string(m.Event), Duplicate: m.Duplicate}
			}
			if _, err := tx.NewInsert().Model(&rows).On("CONFLICT (post_id) DO NOTHING").Exec(ctx); err != nil {
				return fmt.Errorf("writing members: %w", err)
			}
		}
		return nil
	})
}

// SetEventCase ties an event to its case.
func (l *Ledger) SetEventCase(ctx context.Context, event huiying.EventID, id huiying.CaseID) error {
	return l.change(ctx, "tying event "+string(event), func(ctx context.Context, tx bun.Tx) error {
		return setEventCase(ctx, tx, event, id)
	})
}

func setEventCase(ctx context.Context, tx bun.Tx, event huiying.EventID, id huiying.CaseID) error {
	n, err := changed(tx.NewRaw("UPDATE events SET case_id = ? WHERE id = ?", string(id), string(event)).Exec(ctx))
	if err != nil {
		return fmt.Errorf("tying the event to its case: %w", err)
	}
	if n == 0 {
		return noEvent(event)
	}
	return nil
}

func noEvent(id huiying.EventID) error {
	return huiying.Errorf(huiying.CodeNotFound, "没有编号为 %q 的事件", id)
}

type eventDoc struct {
	ID     string
	CaseID string
	At     int64
	Doc    string
}

func (d eventDoc) event() (huiying.Event, error) {
	e, err := jsondoc.Decode[huiying.Event](d.Doc)
	e.Case = huiying.CaseID(d.CaseID)
	return e, err
}

// Event returns one event.
func (l *Ledger) Event(ctx context.Context, id huiying.EventID) (huiying.Event, error) {
	var d eventDoc
	err := l.read.NewRaw("SELECT id, case_id, updated_at AS at, doc FROM events WHERE id = ?", string(id)).Scan(ctx, &d)
	if none(err) {
		return huiying.Event{}, noEvent(id)
	}
	if err != nil {
		return huiying.Event{}, fmt.Errorf("reading event %s: %w", id, err)
	}
	return d.event()
}

// Events lists the events a query selects, the latest changed first.
func (l *Ledger) Events(ctx context.Context, q huiying.EventQuery) (huiying.Page[huiying.Event], error) {
	var page huiying.Page[huiying.Event]
	w := eventConditions(q)
	if q.Cursor != "" {
		var at int64
		var id string
		if err := keyset.Decode("events", q.Cursor, &at, &id); err != nil {
			return page, err
		}
		w.add("(updated_at, id) < (?, ?)", at, id)
	}
	limit := keyset.Limit(q.Limit)
	var docs []eventDoc
	err := l.read.NewRaw("SELECT id, case_id, updated_at AS at, doc FROM events"+w.where()+" ORDER BY updated_at DESC, id DESC LIMIT ?",
		append(w.args, limit+1)...).Scan(ctx, &docs)
	if err != nil {
		return page, fmt.Errorf("listing events: %w", err)
	}
	cut := keyset.Page(docs, limit, func(last eventDoc) string { return keyset.Encode("events", last.At, last.ID) })
	page.Next = cut.Next
	page.Items, err = eventsOf(cut.Items)
	return page, err
}

func eventsOf(docs []eventDoc) ([]huiying.Event, error) {
	out := make([]huiying.Event, len(docs))
	for i, d := range docs {
		var err error
		if out[i], err = d.event(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func eventConditions(q huiying.EventQuery) conditions {
	var w conditions
	w.in("region", q.Region)
	if text := strings.TrimSpace(q.Text); text != "" {
		w.add("lower(title) LIKE lower(?) ESCAPE '!'", like(text))
	}
	if q.Queue != "" {
		w.add("queue = ?", string(q.Queue))
	}
	if q.Category != "" {
		w.add("category = ?", q.Category)
	}
	if q.MinLevel != huiying.NoLevel {
		w.add("level >= ?", int(q.MinLevel))
	}
	if q.HasCase != nil && *q.HasCase {
		w.add("case_id <> ''")
	}
	if q.HasCase != nil && !*q.HasCase {
		w.add("case_id = ''")
	}
	if !q.From.IsZero() {
		w.add("last_at >= ?", jsondoc.Micro(q.From))
	}
	if !q.To.IsZero() {
		w.add("last_at < ?", jsondoc.Micro(q.To))
	}
	return w
}

// ActiveEvents returns the events of a region with a post published since an
// instant, the oldest first: what the tracker compares new posts with.
func (l *Ledger) ActiveEvents(ctx context.Context, region huiying.Region, since time.Time) ([]huiying.Event, error) {
	var w conditions
	w.add("last_at >= ?", jsondoc.Micro(since))
	w.in("region", region)
	var docs []eventDoc
	err := l.read.NewRaw("SELECT id, case_id, updated_at AS at, doc FROM events"+w.where()+" ORDER BY last_at, id", w.args...).Scan(ctx, &docs)
	if err != nil {
		return nil, fmt.Errorf("reading active events: %w", err)
	}
	return eventsOf(docs)
}

// EventPosts lists up to limit members of an event in the order they joined; 0
// lists them all.
func (l *Ledger) EventPosts(ctx context.Context, id huiying.EventID, limit int) ([]huiying.EventPost, error) {
	query, args := "SELECT post_id, event_id, duplicate FROM event_posts WHERE event_id = ? ORDER BY seq", []any{string(id)}
	if limit > 0 {
		query += " LIMIT ?"
		args = append(args, limit)
	}
	var rows []memberRow
	if err := l.read.NewRaw(query, args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("reading the posts of event %s: %w", id, err)
	}
	out := make([]huiying.EventPost, len(rows))
	for i, r := range rows {
		out[i] = huiying.EventPost{Event: huiying.EventID(r.EventID), Post: huiying.PostID(r.PostID), Duplicate: r.Duplicate}
	}
	return out, nil
}

// Placed says which of the posts are in an event already, and in which.
func (l *Ledger) Placed(ctx context.Context, ids []huiying.PostID) (map[huiying.PostID]huiying.EventID, error) {
	out := make(map[huiying.PostID]huiying.EventID)
	for part := range slices.Chunk(ids, 500) {
		var rows []memberRow
		if err := l.read.NewRaw("SELECT post_id, event_id FROM event_posts WHERE post_id IN (?)", bun.List(part)).Scan(ctx, &rows); err != nil {
			return nil, fmt.Errorf("looking for placed posts: %w", err)
		}
		for _, r := range rows {
			out[huiying.PostID(r.PostID)] = huiying.EventID(r.EventID)
		}
	}
	return out, nil
}
