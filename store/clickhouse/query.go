package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"huiying"
	"huiying/store/internal/jsondoc"
	"huiying/store/internal/keyset"
)

// cursorKind names the list a cursor belongs to.
const cursorKind = "posts"

// column is a time as it is stored: microseconds, those without one at 1970.
func column(t time.Time) time.Time { return time.UnixMicro(micro(t)).UTC() }

func micro(t time.Time) int64 { return jsondoc.Micro(t) }

// found is a post of a list before its document is read.
type found struct {
	at int64
	id huiying.PostID
}

// Posts lists the posts a query selects, newest publication first, then by ID.
func (a *Archive) Posts(ctx context.Context, q huiying.PostQuery) (huiying.Page[huiying.Assessed], error) {
	var page huiying.Page[huiying.Assessed]
	ctx, gaps := watchGaps(ctx)
	conds, err := a.selection(ctx, q)
	if err != nil {
		return page, err
	}
	if q.Cursor != "" {
		var at int64
		var id string
		if err := keyset.Decode(cursorKind, q.Cursor, &at, &id); err != nil {
			return page, err
		}
		after := instant(time.UnixMicro(at))
		conds = append(conds, "published <= "+after, "(published, id) < ("+after+", "+quote(id)+")")
	}
	limit := keyset.Limit(q.Limit)
	var all []found
	looks, err := a.looks(ctx, q)
	if err != nil {
		return page, fmt.Errorf("listing posts: %w", err)
	}
	for _, since := range looks {
		if all, err = a.newest(ctx, conds, since, limit+1); err != nil {
			return page, fmt.Errorf("listing posts: %w", err)
		}
		if len(all) > limit {
			break
		}
	}
	cut := keyset.Page(all, limit, func(last found) string { return keyset.Encode(cursorKind, last.at, string(last.id)) })
	page.Next = cut.Next
	if page.Items, err = a.assessed(ctx, cut.Items); err != nil {
		return page, fmt.Errorf("listing posts: %w", err)
	}
	page.Partial = len(gaps.Parts()) > 0
	return page, nil
}

// looks are how far back a list is looked for, one after the other until it is
// long enough; the zero time is all of it. What a page shows is nearly always of
// the last days: without them first, each list would be sorted out of all posts the
// county ever had, and one with a phrase would read the terms of all that have its
// words.
func (a *Archive) looks(ctx context.Context, q huiying.PostQuery) ([]time.Time, error) {
	if q.IDs != nil {
		return []time.Time{{}}, nil
	}
	end := q.To
	var at int64
	var id string
	switch {
	case q.Cursor != "" && keyset.Decode(cursorKind, q.Cursor, &at, &id) == nil:
		end = time.UnixMicro(at)
	case end.IsZero():
		var err error
		if end, err = a.latest(ctx); err != nil {
			return nil, err
		}
	}
	var looks []time.Time
	for _, days := range []int{2, 14, 90} {
		if since := end.AddDate(0, 0, -days); since.After(q.From) {
			looks = append(looks, since)
		}
	}
	return append(looks, time.Time{}), nil
}

// latestFresh is how long the latest publication is not asked for again. Newer
// posts are found all the same: it only says where looking back begins.
const latestFresh = 5 * time.Minute

// latest is about when the newest post of all was published.
func (a *Archive) latest(ctx context.Context) (time.Time, error) {
	if known := a.newestPost.Load(); known != nil && time.Since(known.asked) < latestFresh {
		return known.at, nil
	}
	asked, at := time.Now(), time.Time{}
	if err := a.read(ctx, "SELECT max(published) FROM "+a.from("posts"), func(rows driver.Rows) error { return rows.Scan(&at) }); err != nil {
		return at, err
	}
	a.newestPost.Store(&newestPost{at, asked})
	return at, nil
}

type newestPost struct{ at, asked time.Time }

// newest are the first n posts of a list that were published at an instant or later.
func (a *Archive) newest(ctx context.Context, conds []string, since time.Time, n int) ([]found, error) {
	if !since.IsZero() {
		conds = append(slices.Clone(conds), "published >= "+instant(since))
	}
	var all []found
	err := a.read(ctx, "SELECT published, id FROM "+a.from("posts")+" FINAL"+where(conds)+" ORDER BY published DESC, id DESC LIMIT "+strconv.Itoa(n), func(rows driver.Rows) error {
		var at time.Time
		var id string
		if err := rows.Scan(&at, &id); err != nil {
			return err
		}
		all = append(all, found{at.UnixMicro(), huiying.PostID(id)})
		return nil
	})
	return all, err
}

// assessed reads the documents of a list. A post that is just being stored has
// none yet and is left out.
func (a *Archive) assessed(ctx context.Context, list []found) ([]huiying.Assessed, error) {
	ids := make([]huiying.PostID, len(list))
	for i, f := range list {
		ids[i] = f.id
	}
	docs, err := a.docs(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]huiying.Assessed, 0, len(list))
	for _, id := range ids {
		doc, ok := docs[id]
		if !ok {
			continue
		}
		p, err := jsondoc.Decode[huiying.Assessed](doc)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// CountPosts says how many posts a query selects; limit and cursor do not matter.
func (a *Archive) CountPosts(ctx context.Context, q huiying.PostQuery) (int, error) {
	return a.CountPostsUpTo(ctx, q, -1)
}

// CountPostsUpTo is CountPosts that stops at most: enough to say "and more"
// without reading a million rows. A negative most means all.
func (a *Archive) CountPostsUpTo(ctx context.Context, q huiying.PostQuery, most int) (int, error) {
	conds, err := a.selection(ctx, q)
	if err != nil {
		return 0, err
	}
	from := a.from("posts") + " FINAL" + where(conds)
	if most >= 0 {
		from = "(SELECT 1 FROM " + from + " LIMIT " + strconv.Itoa(most) + ")"
	}
	var n uint64
	err = a.read(ctx, "SELECT count() FROM "+from, func(rows driver.Rows) error { return rows.Scan(&n) })
	if err != nil {
		return 0, fmt.Errorf("counting posts: %w", err)
	}
	return int(n), nil //nolint:gosec // posts
}

func where(conds []string) string {
	if len(conds) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(conds, " AND ")
}

// nothing is a condition no post meets.
const nothing = "0"

// selection makes the conditions of a query.
func (a *Archive) selection(ctx context.Context, q huiying.PostQuery) ([]string, error) {
	var conds []string
	if q.Region != "" {
		conds = append(conds, within(q.Region))
	}
	if !q.From.IsZero() {
		conds = append(conds, "published >= "+instant(q.From))
	}
	if !q.To.IsZero() {
		conds = append(conds, "published < "+instant(q.To))
	}
	if q.IDs != nil {
		keys, err := a.keys(ctx, q.IDs)
		if err != nil {
			return nil, err
		}
		conds = append(conds, keys)
	}
	if strings.TrimSpace(q.Text) != "" {
		match, err := matchOf(q.Text, a.tokens)
		if err != nil {
			return nil, err
		}
		conds = append(conds, match)
	}
	if q.Queue != "" {
		conds = append(conds, "channel IN "+list(slices.DeleteFunc(slices.Clone(huiying.Channels), func(c huiying.Channel) bool { return c.Queue() != q.Queue })))
	}
	for _, eq := range []struct{ column, value string }{
		{"source", q.Source}, {"category", q.Category}, {"channel", string(q.Channel)}, {"sentiment", q.Sentiment}, {"lead", string(q.Unit)}, {"parent", string(q.Parent)},
	} {
		if eq.value != "" {
			conds = append(conds, eq.column+" = "+quote(eq.value))
		}
	}
	if q.Flag != "" {
		conds = append(conds, "has(flags, "+quote(string(q.Flag))+")")
	}
	if q.MinRisk > 0 {
		conds = append(conds, "risk >= "+strconv.FormatFloat(q.MinRisk, 'g', -1, 64))
	}
	return conds, nil
}

func within(r huiying.Region) string {
	return "region >= " + quote(string(r)) + " AND region < " + quote(keyset.Under(r))
}

// keys selects posts by ID, through where they stand in the order of the table.
func (a *Archive) keys(ctx context.Context, ids []huiying.PostID) (string, error) {
	return keysOf(ids, func(query string, each func(driver.Rows) error) error { return a.read(ctx, query, each) }, a.from("docs"))
}

// keysOf is keys, by what the documents say.
func keysOf(ids []huiying.PostID, read func(query string, each func(driver.Rows) error) error, docs string) (string, error) {
	if len(ids) == 0 {
		return nothing, nil
	}
	var keys []string
	err := read("SELECT DISTINCT region, published, id FROM "+docs+" WHERE id IN "+list(ids), func(rows driver.Rows) error {
		var region, id string
		var at time.Time
		if err := rows.Scan(&region, &at, &id); err != nil {
			return err
		}
		keys = append(keys, "("+quote(region)+", "+instant(at)+", "+quote(id)+")")
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("finding posts by ID: %w", err)
	}
	if len(keys) == 0 {
		return nothing, nil
	}
	return "(region, published, id) IN (" + strings.Join(keys, ", ") + ")", nil
}
