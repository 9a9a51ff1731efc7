package storetest

import (
	"testing"
	"time"

	"huiying"
)

func revisits(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	page := func(n int) huiying.Revisit {
		return huiying.Revisit{Post: id[huiying.PostID]("p", n), Source: "portal", URL: "http://127.0.0.1/" + string(rune('a'+n)), Title: "标题", Print: "x", Since: at(0), Due: at(60 - n)}
	}
	must(t, l.AddRevisits(ctx, []huiying.Revisit{page(1), page(2), page(3)}))
	elsewhere := page(4)
	elsewhere.Source = "forum"
	again := page(1)
	again.Source, again.Print = "forum", "of another source"
	must(t, l.AddRevisits(ctx, []huiying.Revisit{elsewhere, again}))
	same(t, "due in an hour", value(l.DueRevisits(ctx, "portal", at(60), 10))(t), []huiying.Revisit{page(3), page(2), page(1)})
	same(t, "the first two", value(l.DueRevisits(ctx, "portal", at(60), 2))(t), []huiying.Revisit{page(3), page(2)})
	same(t, "due by then", value(l.DueRevisits(ctx, "portal", at(58), 10))(t), []huiying.Revisit{page(3), page(2)})
	if none := value(l.DueRevisits(ctx, "portal", at(56), 10))(t); len(none) != 0 {
		t.Errorf("before their time %v are due", none)
	}

	seen := page(3)
	seen.N, seen.Gone, seen.Misses, seen.Due = 2, true, 2, at(60).Add(24*time.Hour)
	must(t, l.SaveRevisit(ctx, seen))
	forgotten := page(2)
	forgotten.Due = time.Time{}
	must(t, l.SaveRevisit(ctx, forgotten))
	same(t, "after a look", value(l.DueRevisits(ctx, "portal", at(60), 10))(t), []huiying.Revisit{page(1)})
	same(t, "what is noted", value(l.Revisits(ctx, []huiying.PostID{"p00001", "p00002", "p00003", "p00004", "nobody"}))(t),
		map[huiying.PostID]huiying.Revisit{"p00001": page(1), "p00003": seen, "p00004": elsewhere})
	if none := value(l.Revisits(ctx, nil))(t); len(none) != 0 {
		t.Errorf("of no posts %v is noted", none)
	}
}
