package sqlite

import (
	"context"
	"fmt"
	"strings"

	"huiying"
	"huiying/store/internal/batch"
	"huiying/store/internal/jsondoc"
	"huiying/store/internal/keyset"
)

// selection is a query as SQL. The driving table is chosen by hand, because
// SQLite has no statistics to know that a word or a flag is rarer than a county:
// the terms, else the flags, else the posts. Its rows are found by an index and
// come in the order of lists; posts are joined only when a condition asks.
type selection struct {
	driver string // a table, or "" for posts themselves
	seq    string // the column that orders
	posts  bool   // a condition reads posts
	conds  []string
	args   []any
}

func (s *selection) where(cond string, args ...any) {
	s.conds = append(s.conds, cond)
	s.args = append(s.args, args...)
}

// wherePost adds a condition on posts. A column written +column is only
// compared, never looked up in its index.
func (s *selection) wherePost(cond string, args ...any) {
	s.posts = true
	s.where(cond, args...)
}

func (s *selection) from() string {
	out := " FROM "
	switch {
	case s.driver == "":
		out += "posts p"
	case s.posts:
		out += s.driver + " CROSS JOIN posts p ON p.seq = " + s.seq
	default:
		out += s.driver
	}
	if len(s.conds) > 0 {
		out += " WHERE " + strings.Join(s.conds, " AND ")
	}
	return out
}

// selection makes the SQL of a query. count is true when the order does not
// matter.
func (a *Archive) selection(ctx context.Context, q huiying.PostQuery, count bool) (*selection, error) {
	s := &selection{seq: "p.seq"}
	if err := s.drive(q, a.tokens); err != nil {
		return nil, err
	}
	s.filter(q)
	if q.Region == "" {
		return s, nil
	}
	all, err := a.within(ctx, q.Region)
	if err != nil || all {
		return s, err
	}
	column := "+p.region"
	if count && len(s.conds) == 0 {
		column = "p.region" // the index alone gives the answer
	}
	s.wherePost(column+" >= ? AND "+column+" < ?", string(q.Region), keyset.Under(q.Region))
	return s, nil
}

// drive sets the driving table.
func (s *selection) drive(q huiying.PostQuery, tokens func(string) []Token) error {
	switch {
	case strings.TrimSpace(q.Text) != "":
		match, err := matchOf(q.Text, tokens)
		if err != nil {
			return err
		}
		s.driver, s.seq = "post_text t", "t.rowid"
		s.where("post_text MATCH ?", match)
		if q.Flag != "" {
			s.where("+t.rowid IN (SELECT seq FROM post_flags WHERE flag = ?)", string(q.Flag)) // +: not one look-up in post_text a flag
		}
	case q.Flag != "":
		s.driver, s.seq = "post_flags f", "f.seq"
		s.where("f.flag = ?", string(q.Flag))
	}
	return nil
}

// filter adds the conditions on columns of posts.
func (s *selection) filter(q huiying.PostQuery) {
	if q.IDs != nil { // an empty list selects nothing
		args := make([]any, len(q.IDs))
		for i, id := range q.IDs {
			args[i] = string(id)
		}
		s.wherePost("p.id IN ("+marks(len(q.IDs))+")", args...)
	}
	if q.Queue != "" {
		var in []any
		for _, c := range huiying.Channels {
			if c.Queue() == q.Queue {
				in = append(in, string(c))
			}
		}
		s.wherePost("+p.channel IN ("+marks(len(in))+")", in...)
	}
	for _, eq := range []struct{ column, value string }{
		{"p.source", q.Source}, {"p.category", q.Category}, {"p.channel", string(q.Channel)}, {"p.sentiment", q.Sentiment},
	} {
		if eq.value != "" {
			s.wherePost(eq.column+" = ?", eq.value)
		}
	}
	if q.Unit != "" {
		s.wherePost("p.lead <> '' AND p.lead = ?", string(q.Unit)) // the first half lets the partial index be used
	}
	if q.Parent != "" {
		s.wherePost("p.parent <> '' AND p.parent = ?", string(q.Parent)) // likewise
	}
	if q.MinRisk >= batch.RiskyFrom {
		s.wherePost("p.risk >= 60") // likewise
	}
	if q.MinRisk > 0 {
		s.wherePost("p.risk >= ?", q.MinRisk)
	}
	if !q.From.IsZero() {
		s.wherePost(s.seq+" >= ? AND p.published >= ?", seqFrom(q.From), jsondoc.Micro(q.From))
	}
	if !q.To.IsZero() {
		s.wherePost(s.seq+" < ? AND p.published < ?", seqAfter(q.To), jsondoc.Micro(q.To))
	}
}

// within reports whether every post lies in region, as in an archive of one
// county: then it need not be compared post by post. Two index look-ups.
func (a *Archive) within(ctx context.Context, region huiying.Region) (bool, error) {
	var lowest, highest huiying.Region
	row := a.db.Read.QueryRowContext(ctx, `SELECT coalesce((SELECT region FROM posts ORDER BY region LIMIT 1), ''),
		coalesce((SELECT region FROM posts ORDER BY region DESC LIMIT 1), '')`)
	if err := row.Scan(&lowest, &highest); err != nil {
		return false, fmt.Errorf("reading the regions: %w", err)
	}
	return region.Covers(lowest) && region.Covers(highest), nil
}
