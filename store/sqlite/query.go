package sqlite

import (
	"context"
	"fmt"

	"huiying"
	"huiying/store/internal/jsondoc"
	"huiying/store/internal/keyset"
)

// cursorKind names the list a cursor belongs to.
const cursorKind = "posts"

// Posts lists the posts a query selects, newest publication first.
func (a *Archive) Posts(ctx context.Context, q huiying.PostQuery) (huiying.Page[huiying.Assessed], error) {
	var page huiying.Page[huiying.Assessed]
	s, err := a.selection(ctx, q, false)
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
	return a.CountPostsUpTo(ctx, q, -1)
}

// CountPostsUpTo is CountPosts that stops at most: enough to say "and more"
// without reading a million rows. A negative most means all.
func (a *Archive) CountPostsUpTo(ctx context.Context, q huiying.PostQuery, most int) (int, error) {
	s, err := a.selection(ctx, q, true)
	if err != nil {
		return 0, err
	}
	query, args := "SELECT count(*)"+s.from(), s.args
	if most >= 0 {
		query, args = "SELECT count(*) FROM (SELECT 1"+s.from()+" LIMIT ?)", append(args, most)
	}
	var n int
	if err := a.db.Read.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("counting posts: %w", err)
	}
	return n, nil
}
