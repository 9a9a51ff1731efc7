package keyset

import (
	"errors"
	"math"
	"testing"

	"huiying"
)

func TestCursorsComeBack(t *testing.T) {
	for _, key := range []struct {
		at int64
		id string
	}{{0, ""}, {math.MaxInt64, "p\"'?"}, {-1, "编号"}} {
		var at int64
		var id string
		if err := Decode("cases", Encode("cases", key.at, key.id), &at, &id); err != nil || at != key.at || id != key.id {
			t.Errorf("%v: got %d %q, %v", key, at, id, err)
		}
	}
}

func TestForeignCursorsAreRefused(t *testing.T) {
	var at int64
	var id string
	for _, c := range []string{"", "x", Encode("events", int64(1), "a"), Encode("cases", int64(1)), Encode("cases", int64(1), "a", 2), Encode("cases", "a", int64(1)), "bnVsbA", "W10"} {
		if err := Decode("cases", c, &at, &id); !errors.Is(err, huiying.ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", c, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Encode("cases", int64(1), "a"))
	f.Add("!")
	f.Fuzz(func(t *testing.T, c string) {
		var at int64
		var id string
		if err := Decode("cases", c, &at, &id); err != nil && !errors.Is(err, huiying.ErrInvalid) {
			t.Fatal(err)
		}
	})
}

func TestPageCutsAtTheLimit(t *testing.T) {
	cursor := func(last int) string { return string(rune('a' + last)) }
	if p := Page([]int{1, 2, 3}, 2, cursor); len(p.Items) != 2 || p.Next != "c" {
		t.Errorf("three of at most two: %+v", p)
	}
	if p := Page([]int{1, 2}, 2, cursor); len(p.Items) != 2 || p.Next != "" {
		t.Errorf("two of at most two: %+v", p)
	}
	if p := Page([]int(nil), 2, cursor); p.Items == nil {
		t.Error("an empty page must be an empty list, not null, in JSON")
	}
}

func TestLimit(t *testing.T) {
	for asked, want := range map[int]int{-1: huiying.DefaultLimit, 0: huiying.DefaultLimit, 7: 7, 1 << 20: huiying.MaxLimit} {
		if got := Limit(asked); got != want {
			t.Errorf("Limit(%d) = %d, want %d", asked, got, want)
		}
	}
}

func TestUnderIsAboveEverythingARegionCovers(t *testing.T) {
	for _, r := range []huiying.Region{"1411", "141199", "141122999999"} {
		if string(r) >= Under(r[:4]) {
			t.Errorf("%s is not below %s", r, Under(r[:4]))
		}
	}
	if "1412" < Under("1411") {
		t.Error("1412 lies under 1411")
	}
}
