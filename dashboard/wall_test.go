package dashboard

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"huiying"
)

func TestTheSchematicPutsEveryMatterInOneTownshipOrNone(t *testing.T) {
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, huiying.Beijing)
	units := huiying.NewDirectory([]huiying.Unit{
		{ID: "edu", Name: "县教育科技局"},
		{ID: "t100", Name: "天宁镇", Township: "141122100", Tile: [2]int{2, 1}},
		{ID: "t101", Name: "夏家营镇", Township: "141122101", Tile: [2]int{1, 2}},
		{ID: "t102", Name: "西营镇", Township: "141122102"},
		{ID: "t999", Name: "已撤并的乡", Township: "141122999", To: now.AddDate(-1, 0, 0)},
	})
	late := huiying.Clock{Kind: huiying.ClockAcknowledge, Start: now.Add(-time.Hour), Due: now.Add(-time.Minute)}
	cases := []huiying.Case{
		{Level: huiying.Blue, Units: []huiying.CaseUnit{{Unit: "edu", Lead: true}, {Unit: "t101"}}, Places: []huiying.Place{{Code: "141122100", P: 1}}},
		{Level: huiying.Orange, Places: []huiying.Place{{Code: "141122101", P: 0.3}, {Code: "141122100003", P: 0.9}}, Clocks: []huiying.Clock{late}},
		{Level: huiying.Red, Units: []huiying.CaseUnit{{Unit: "edu", Lead: true}}},
		{Level: huiying.Red, Places: []huiying.Place{{Code: "141122", P: 1}}},
	}
	events := []huiying.Event{{
		Places: []huiying.Place{{Code: "141122102001", P: 0.8}},
		Hours:  map[string]int{"2026-11-24T09": 3, "2026-11-23T11": 2, "2026-11-22T09": 40},
	}}
	s := schematicOf(units, cases, events, now)
	got := map[string]townCount{"": s.Elsewhere}
	for _, tile := range s.Tiles {
		got[tile.Name] = tile.townCount
	}
	want := map[string]townCount{
		"天宁镇":  {Cases: 1, Late: 1, Level: huiying.Orange},
		"夏家营镇": {Cases: 1, Level: huiying.Blue},
		"西营镇":  {Events: 1, Posts: 5},
		"":     {Cases: 2, Level: huiying.Red},
	}
	for name, n := range want {
		if got[name] != n {
			t.Errorf("%q: %+v, want %+v", name, got[name], n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("tiles %v, want %v", got, want)
	}
	seen := map[[2]int]string{}
	for _, tile := range s.Tiles {
		at := [2]int{tile.X, tile.Y}
		if other := seen[at]; other != "" {
			t.Errorf("%s lies on %s", tile.Name, other)
		}
		seen[at] = tile.Name
		if tile.X < 0 || tile.Y < 0 || tile.X+tileW > s.Width || tile.Y+tileH > s.Height {
			t.Errorf("%s lies outside the drawing: %+v in %d×%d", tile.Name, tile, s.Width, s.Height)
		}
	}
}

// With many townships a tile has no room for words that are read from afar: the
// figures stand alone, and what is late takes the place of the events.
func TestATileOfManyHasItsFiguresAlone(t *testing.T) {
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, huiying.Beijing)
	var many []huiying.Unit
	for i := range 43 {
		code := fmt.Sprintf("512021%03d", 100+i)
		many = append(many, huiying.Unit{ID: huiying.UnitID("t" + code), Name: fmt.Sprintf("第%d镇", i), Township: huiying.Region(code)})
	}
	late := huiying.Clock{Kind: huiying.ClockAcknowledge, Start: now.Add(-time.Hour), Due: now.Add(-time.Minute)}
	cases := []huiying.Case{{Level: huiying.Orange, Places: []huiying.Place{{Code: "512021100", P: 1}}, Clocks: []huiying.Clock{late}}}
	draw := func(units []huiying.Unit) string {
		var out strings.Builder
		if err := templates().ExecuteTemplate(&out, "schematic", schematicOf(huiying.NewDirectory(units), cases, nil, now)); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if s := draw(many); !strings.Contains(s, ">⚠1<") || strings.Contains(s, "town-word") {
		t.Errorf("43 townships: %.900s", s)
	}
	if s := draw(many[:8]); !strings.Contains(s, "超时 1<") || !strings.Contains(s, "town-word") {
		t.Errorf("8 townships: %.900s", s)
	}
}
