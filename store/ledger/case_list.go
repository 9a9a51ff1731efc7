package ledger

import (
	"context"
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
	"huiying/store/internal/keyset"
)

// caseDoc is a case of a list with what the list is sorted by.
type caseDoc struct {
	ID  string
	At  int64
	Doc string
}

// Cases lists the cases a query selects: the latest opened first, or the nearest
// open deadline first, those without one last.
func (l *Ledger) Cases(ctx context.Context, q huiying.CaseQuery) (huiying.Page[huiying.Case], error) {
	var page huiying.Page[huiying.Case]
	kind, column, compare, order := "cases", "opened_at", "<", " DESC"
	if q.ByDue {
		kind, column, compare, order = "cases by due", "due_at", ">", ""
	}
	w := caseConditions(q)
	if q.Cursor != "" {
		var at int64
		var id string
		if err := keyset.Decode(kind, q.Cursor, &at, &id); err != nil {
			return page, err
		}
		w.add("("+column+", id) "+compare+" (?, ?)", at, id)
	}
	limit := keyset.Limit(q.Limit)
	var rows []caseDoc
	err := l.read.NewRaw("SELECT id, "+column+" AS at, doc FROM cases"+w.where()+" ORDER BY "+column+order+", id"+order+" LIMIT ?",
		append(w.args, limit+1)...).Scan(ctx, &rows)
	if err != nil {
		return page, fmt.Errorf("listing cases: %w", err)
	}
	cut := keyset.Page(rows, limit, func(last caseDoc) string { return keyset.Encode(kind, last.At, last.ID) })
	page.Next, page.Items = cut.Next, make([]huiying.Case, len(cut.Items))
	for i, r := range cut.Items {
		if page.Items[i], err = jsondoc.Decode[huiying.Case](r.Doc); err != nil {
			return page, err
		}
	}
	return page, nil
}

// CountCases says how many cases a query selects; limit and cursor do not matter.
func (l *Ledger) CountCases(ctx context.Context, q huiying.CaseQuery) (int, error) {
	w := caseConditions(q)
	var n int
	if err := l.read.NewRaw("SELECT count(*) FROM cases"+w.where(), w.args...).Scan(ctx, &n); err != nil {
		return 0, fmt.Errorf("counting cases: %w", err)
	}
	return n, nil
}

// wordsCondition looks for a text in titles and numbers. It is asked of every
// case, so it does no more than the text calls for: letters are folded only where
// there are some, numbers read only for what can stand in one.
func wordsCondition(text string) (cond string, args []any) {
	cond, args = "title LIKE ? ESCAPE '!'", []any{like(text)}
	if strings.ContainsFunc(text, func(r rune) bool { return r < utf8.RuneSelf && unicode.IsLetter(r) }) {
		cond = "lower(title) LIKE lower(?) ESCAPE '!'"
	}
	if strings.ContainsAny(text, "0123456789〔〕号") {
		cond, args = cond+" OR number LIKE ? ESCAPE '!'", append(args, like(text))
	}
	return cond, args
}

// momentColumns are where the part of the lead says when a case was answered and
// closed.
var momentColumns = map[huiying.CaseMoment]string{huiying.MomentAnswered: "responded_at", huiying.MomentClosed: "closed_at"}

func caseConditions(q huiying.CaseQuery) conditions {
	var w conditions
	w.in("region", q.Region)
	if q.Text != "" {
		cond, args := wordsCondition(q.Text)
		w.add("id IN (SELECT id FROM cases WHERE "+cond+")", args...)
	}
	if q.Queue != "" {
		w.add("queue = ?", string(q.Queue))
	}
	if len(q.States) > 0 {
		w.add("state IN (?)", bun.List(q.States))
	}
	if q.Level != huiying.NoLevel {
		w.add("level = ?", int(q.Level))
	}
	if q.Category != "" {
		w.add("category = ?", q.Category)
	}
	if q.Event != "" {
		w.add("event_id = ?", string(q.Event))
	}
	if q.Open != nil {
		w.add("ended = ?", !*q.Open)
	}
	if q.Rumor != "" {
		w.add("rumor = ?", string(q.Rumor))
	}
	if q.Drill != nil && *q.Drill {
		w.add("drill = TRUE")
	} else if q.Drill != nil {
		w.add("drill = FALSE")
	}
	if q.Overdue {
		w.add("due_at < ?", jsondoc.Micro(q.Now))
	}
	if q.Factual {
		w.add("rumor NOT IN ('unverified', 'refuted')")
	}
	if at, ok := momentColumns[q.Moment]; ok {
		until := int64(math.MaxInt64)
		if !q.To.IsZero() {
			until = jsondoc.Micro(q.To)
		}
		w.add("EXISTS (SELECT 1 FROM case_units u WHERE u.case_id = cases.id AND u.lead = TRUE AND u."+at+" > 0 AND u."+at+" >= ? AND u."+at+" < ?)", jsondoc.Micro(q.From), until)
	} else {
		if !q.From.IsZero() {
			w.add("opened_at >= ?", jsondoc.Micro(q.From))
		}
		if !q.To.IsZero() {
			w.add("opened_at < ?", jsondoc.Micro(q.To))
		}
	}
	if q.Unit != "" {
		w.add("EXISTS (SELECT 1 FROM case_units u WHERE u.unit_id = ? AND u.case_id = cases.id)", string(q.Unit))
	}
	return w
}
