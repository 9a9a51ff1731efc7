package storetest

import (
	"fmt"
	"testing"

	"huiying"
)

func searchesAreEachPersonsOwn(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	s := huiying.SavedSearch{User: "m1", Name: "供暖'投诉'", Query: "q=%E4%BE%9B%E6%9A%96&risk=40", SeenAt: at(1)}
	water := huiying.SavedSearch{User: "m1", Name: "停水", Query: "q=%E5%81%9C%E6%B0%B4", SeenAt: at(2)}
	theirs := huiying.SavedSearch{User: "m2", Name: s.Name, Query: "risk=80", SeenAt: at(1)}
	for _, one := range []huiying.SavedSearch{s, water, theirs} {
		must(t, l.SaveSearch(ctx, one))
	}
	same(t, "saved", value(l.Searches(ctx, "m1"))(t), []huiying.SavedSearch{s, water})
	same(t, "of another", value(l.Searches(ctx, "m2"))(t), []huiying.SavedSearch{theirs})

	must(t, l.SearchSeen(ctx, "m1", s.Name, at(5)))
	s.SeenAt = at(5)
	s2 := s
	s2.Query = "risk=60"
	must(t, l.SaveSearch(ctx, s2)) // the same name: replaced
	must(t, l.DropSearch(ctx, "m1", water.Name))
	must(t, l.DropSearch(ctx, "m1", "never there"))
	same(t, "changed", value(l.Searches(ctx, "m1"))(t), []huiying.SavedSearch{s2})
	same(t, "of another, untouched", value(l.Searches(ctx, "m2"))(t), []huiying.SavedSearch{theirs})

	is(t, l.SaveSearch(ctx, huiying.SavedSearch{User: "m1", Name: " ", Query: "risk=60"}), huiying.ErrInvalid)
	is(t, l.SaveSearch(ctx, huiying.SavedSearch{User: "m1", Name: "空"}), huiying.ErrInvalid)
	for i := range huiying.MaxSavedSearches {
		must(t, l.SaveSearch(ctx, huiying.SavedSearch{User: "m3", Name: fmt.Sprint(i), Query: "risk=60"}))
	}
	is(t, l.SaveSearch(ctx, huiying.SavedSearch{User: "m3", Name: "多一个", Query: "risk=60"}), huiying.ErrInvalid)
	must(t, l.SaveSearch(ctx, huiying.SavedSearch{User: "m3", Name: "0", Query: "risk=80"}))
}
