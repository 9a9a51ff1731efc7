package county_test

import (
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"huiying"
	"huiying/deploy/county"
)

// withFile is a folder with another text of one file.
type withFile struct {
	fs.FS
	name string
	text []byte
}

func (w withFile) ReadFile(name string) ([]byte, error) {
	if name == w.name {
		return w.text, nil
	}
	return fs.ReadFile(w.FS, name)
}

func (w withFile) Glob(pattern string) ([]string, error) { return fs.Glob(w.FS, pattern) }

// However units are changed, the file then loads as exactly these units, and every
// comment is still there.
func TestUnitsAreWrittenIntoTheirFileAndReadBack(t *testing.T) {
	files, err := county.Embedded("141122")
	if err != nil {
		t.Fatal(err)
	}
	before, err := fs.ReadFile(files, "units.yaml")
	if err != nil {
		t.Fatal(err)
	}
	sample, err := county.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	same, err := county.WithUnits(before, sample.Units)
	if err != nil || string(same) != string(before) {
		t.Fatalf("units that do not differ change the file (%v)", err)
	}
	text := rapid.StringMatching(`[\p{Han}a-z0-9 :,#'"{}\[\]&*!|>%@-]{0,12}`).Filter(func(s string) bool { return s == strings.TrimSpace(s) })
	need := text.Filter(func(s string) bool { return s != "" })
	contact := rapid.Custom(func(t *rapid.T) huiying.Contact {
		return huiying.Contact{Name: need.Draw(t, "name"), Title: text.Draw(t, "title"), Phone: text.Draw(t, "phone"), User: huiying.UserID(rapid.SampledFrom([]string{"", "a-liaison", "x1"}).Draw(t, "user"))}
	})
	date := rapid.Custom(func(t *rapid.T) time.Time {
		if n := rapid.IntRange(-1, 4000).Draw(t, "day"); n >= 0 {
			return time.Date(2020, 1, 1+n, 0, 0, 0, 0, huiying.Beijing)
		}
		return time.Time{}
	})
	rapid.Check(t, func(t *rapid.T) {
		want := append([]huiying.Unit(nil), sample.Units...)
		var changed []huiying.Unit
		for range rapid.IntRange(1, 4).Draw(t, "units") {
			i := rapid.IntRange(0, len(want)-1).Draw(t, "unit")
			u := &want[i]
			u.Name, u.Short, u.Duty, u.Department = need.Draw(t, "name"), text.Draw(t, "short"), need.Draw(t, "duty"), need.Draw(t, "department")
			u.Head, u.Liaison, u.Handler = contact.Draw(t, "head"), contact.Draw(t, "liaison"), contact.Draw(t, "handler")
			u.Keywords = rapid.SampledFrom([][]string{nil, {"供暖", "停水 停电"}, u.Keywords}).Draw(t, "keywords")
			u.From, u.To = date.Draw(t, "from"), time.Time{}
			if !u.From.IsZero() {
				u.To = u.From.AddDate(0, 0, rapid.IntRange(1, 900).Draw(t, "for"))
			}
			changed = append(changed, *u)
		}
		if rapid.Bool().Draw(t, "add") {
			u := huiying.Unit{ID: "new-unit", Region: "141122", Name: need.Draw(t, "n"), Kind: "县政府", Duty: need.Draw(t, "d"), Department: need.Draw(t, "p"), Head: contact.Draw(t, "h"), Liaison: contact.Draw(t, "l"), Handler: contact.Draw(t, "c"), From: date.Draw(t, "f")}
			want, changed = append(want, u), append(changed, u)
		}
		last := map[huiying.UnitID]huiying.Unit{}
		for _, u := range changed {
			last[u.ID] = u
		}
		changed = changed[:0]
		for _, u := range last {
			changed = append(changed, u)
		}
		out, err := county.WithUnits(before, changed)
		if err != nil {
			t.Fatal(err)
		}
		got, err := county.Load(withFile{files, "units.yaml", out})
		if err != nil {
			t.Fatalf("%v\n%s", err, diffLines(before, out))
		}
		if len(got.Units) != len(want) {
			t.Fatalf("%d units, want %d", len(got.Units), len(want))
		}
		for i := range want {
			if g, w := got.Units[i], want[i]; !reflect.DeepEqual(g, w) {
				t.Fatalf("unit %d is %+v, want %+v\n%s", i, g, w, diffLines(before, out))
			}
		}
		if a, b := comments(before), comments(out); a != b {
			t.Fatalf("the comments were\n%s\nand are\n%s", a, b)
		}
	})
}

func comments(text []byte) string {
	var out []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// diffLines are the lines of b that a does not have.
func diffLines(a, b []byte) string {
	var out []string
	for line := range strings.SplitSeq(string(b), "\n") {
		if !strings.Contains(string(a), line) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}
