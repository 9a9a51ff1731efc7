package sqlite

import (
	"context"
	"fmt"
	"strings"

	"huiying"
	"huiying/store/internal/jsondoc"
	"huiying/store/internal/keyset"
)

// cursorKind names the list a cursor belongs to.
const cursorKind = "posts"

// Posts lists the posts a query selects, newest publication first.
func (a *Archive) Posts(ctx context.Context, q huiying.PostQuery) (huiying.Page[huiying.Assessed], error) {
	var page huiying.Page[huiying.Assessed]
	s, err := a.selection(q, false)
	if err != nil {
		return page, err
	}
	if q.Cursor != "" {
		var after int64
		if err := keyset.Decode(cursorKind, q.Cursor, &after); err != nil {
			return page, err
		}
		s.where(s.seq+" < ?", after)
	}
	limit := keyset.Limit(q.Limit)
	// The documents are fetched for the rows of the page only.
	query := "SELECT w.seq, d.doc FROM (SELECT " + s.seq + " AS seq" + s.from() + " ORDER BY " + s.seq + " DESC LIMIT ?) w CROSS JOIN docs d ON d.seq = w.seq ORDER BY w.seq DESC"
	rows, err := a.db.Read.QueryContext(ctx, query, append(s.args, limit+1)...)
	if err != nil {
		return page, fmt.Errorf("listing posts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	type found struct {
		seq int64
		doc string
	}
	var list []found
	for rows.Next() {
		var f found
		if err := rows.Scan(&f.seq, &f.doc); err != nil {
			return page, fmt.Errorf("listing posts: %w", err)
		}
		list = append(list, f)
	}
	if err := rows.Err(); err != nil {
		return page, fmt.Errorf("listing posts: %w", err)
	}
	cut := keyset.Page(list, limit, func(last found) string { return keyset.Encode(cursorKind, last.seq) })
	page.Next, page.Items = cut.Next, make([]huiying.Assessed, len(cut.Items))
	for i, f := range cut.Items {
		if page.Items[i], err = jsondoc.Decode[huiying.Assessed](f.doc); err != nil {
			return page, err
		}
	}
	return page, nil
}

// CountPosts says how many posts a query selects; limit and cursor do not matter.
func (a *Archive) CountPosts(ctx context.Context, q huiying.PostQuery) (int, error) {
	s, err := a.selection(q, true)
	if err != nil {
		return 0, err
	}
	var n int
	if err := a.db.Read.QueryRowContext(ctx, "SELECT count(*)"+s.from(), s.args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("counting posts: %w", err)
	}
	return n, nil
}

// selection is a query as SQL: the table that drives it (the one whose rows are
// found by an index and come in order), and conditions.
type selection struct {
	seq    string // the column that orders
	driver string
	conds  []string
	args   []any
}

func (s *selection) where(cond string, args ...any) {
	s.conds = append(s.conds, cond)
	s.args = append(s.args, args...)
}

func (s *selection) from() string {
	out := " FROM " + s.driver
	if len(s.conds) > 0 {
		out += " WHERE " + strings.Join(s.conds, " AND ")
	}
	return out
}

// selection chooses the driving table by hand: SQLite has no statistics to know
// that a word or a flag is rarer than a county. A column written +column is
// only compared, never looked up in its index. count is true when the order does
// not matter.
func (a *Archive) selection(q huiying.PostQuery, count bool) (*selection, error) {
	s := &selection{seq: "p.seq", driver: "posts p"}
	if q.Flag != "" {
		s.seq, s.driver = "f.seq", "post_flags f CROSS JOIN posts p ON p.seq = f.seq"
		s.where("f.flag = ?", string(q.Flag))
	}
	if strings.TrimSpace(q.Text) != "" {
		m, err := matchOf(q.Text, a.tokens)
		if err != nil {
			return nil, err
		}
		if m.must == "" {
			s.where(s.seq+" NOT IN (SELECT rowid FROM post_text WHERE post_text MATCH ?)", m.mustNot)
		} else {
			s.seq, s.driver = "t.rowid", "post_text t CROSS JOIN posts p ON p.seq = t.rowid"
			s.conds, s.args = nil, nil
			s.where("post_text MATCH ?", m.must)
			if q.Flag != "" {
				s.where("EXISTS (SELECT 1 FROM post_flags f WHERE f.flag = ? AND f.seq = t.rowid)", string(q.Flag))
			}
		}
	}
	if len(q.IDs) > 0 {
		args := make([]any, len(q.IDs))
		for i, id := range q.IDs {
			args[i] = string(id)
		}
		s.where("p.id IN ("+marks(len(q.IDs))+")", args...)
	}
	if q.Queue != "" {
		var in []any
		for _, c := range huiying.Channels {
			if c.Queue() == q.Queue {
				in = append(in, string(c))
			}
		}
		s.where("+p.channel IN ("+marks(len(in))+")", in...)
	}
	for _, eq := range []struct{ column, value string }{
		{"p.source", q.Source}, {"p.category", q.Category}, {"p.channel", string(q.Channel)}, {"p.sentiment", q.Sentiment},
	} {
		if eq.value != "" {
			s.where(eq.column+" = ?", eq.value)
		}
	}
	if q.Unit != "" {
		s.where("p.lead <> '' AND p.lead = ?", string(q.Unit)) // the first half lets the partial index be used
	}
	if q.MinRisk >= riskyFrom {
		s.where("p.risk >= 60") // likewise
	}
	if q.MinRisk > 0 {
		s.where("p.risk >= ?", q.MinRisk)
	}
	if !q.From.IsZero() {
		s.where(s.seq+" >= ? AND p.published >= ?", seqFrom(q.From), jsondoc.Micro(q.From))
	}
	if !q.To.IsZero() {
		s.where(s.seq+" < ? AND p.published < ?", seqAfter(q.To), jsondoc.Micro(q.To))
	}
	if q.Region != "" {
		column := "+p.region"
		if count && len(s.conds) == 0 {
			column = "p.region" // the index alone gives the answer
		}
		s.where(column+" >= ? AND "+column+" < ?", string(q.Region), keyset.Under(q.Region))
	}
	return s, nil
}
