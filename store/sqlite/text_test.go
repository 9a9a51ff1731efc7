package sqlite

import (
	"context"
	"testing"

	"huiying"
	"huiying/store/storetest"
)

// FuzzSearch: whatever is typed, the archive answers or says what is wrong with
// the query.
func FuzzSearch(f *testing.F) {
	a := openArchive(f, storetest.Bigrams)
	if _, err := a.Insert(context.Background(), []huiying.Assessed{{Post: huiying.Post{ID: "p", Text: "学校食堂"}}}); err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{`食堂 -“学校”|a`, `"a" AND b*`, "NEAR(a b)", "\x1e\x1f", `"`, "水"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := a.Posts(context.Background(), huiying.PostQuery{Text: s}); err != nil && huiying.CodeOf(err) != huiying.CodeInvalid {
			t.Errorf("%q: %v", s, err)
		}
	})
}
