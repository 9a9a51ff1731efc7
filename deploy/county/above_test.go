package county

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"huiying"
)

func TestAProvinceAndAPrefectureBeginWithWhatLiesBelowThem(t *testing.T) {
	for region, want := range map[huiying.Region]struct{ name, within, below string }{
		"14":   {"山西省", "山西省", "吕梁市"},
		"1411": {"吕梁市", "山西省", "交城县"},
		"11":   {"北京市", "北京市", "海淀区"},
		"1525": {"锡林郭勒盟", "内蒙古自治区", "锡林浩特市"},
		"2224": {"延边朝鲜族自治州", "吉林省", "延吉市"},
	} {
		files, err := Embedded(region)
		if err != nil {
			t.Errorf("%s: %v", region, err)
			continue
		}
		c, err := Load(files)
		if err != nil {
			t.Errorf("%s: %v", region, err)
			continue
		}
		below := slices.ContainsFunc(c.Divisions, func(d huiying.Division) bool { return d.Name == want.below })
		if c.Region != region || c.Name != want.name || !slices.Contains(c.Within, want.within) || !below || len(c.Units) < 30 {
			t.Errorf("%s: %s within %v, %d units, %v", region, c.Name, c.Within, len(c.Units), c.Divisions)
		}
		for _, u := range c.Units {
			if u.Region != region || strings.Contains(u.Name+u.Short+u.Head.Title, "县") || strings.Contains(u.Name, "交城") {
				t.Errorf("%s: %+v", region, u)
			}
		}
	}
	for _, none := range []huiying.Region{"99", "1498", "1101"} { // 1101 is a heading of the table
		if _, err := Embedded(none); err == nil {
			t.Errorf("%s has a folder", none)
		}
	}
}

func TestACountyBelowAnotherHasItsOwnFilesAndTheRulesAbove(t *testing.T) {
	dir := t.TempDir()
	province, prefecture, county := filepath.Join(dir, "14"), filepath.Join(dir, "1411"), filepath.Join(dir, "141121")
	if err := WriteTo("14", province); err != nil {
		t.Fatal(err)
	}
	if err := WriteBelow("1411", province, prefecture); err != nil {
		t.Fatal(err)
	}
	if err := WriteBelow("141121", prefecture, county); err != nil {
		t.Fatal(err)
	}
	if own, err := filepath.Glob(filepath.Join(county, "*")); err != nil || len(own) != len(ownFiles) {
		t.Errorf("the county has %v (%v)", own, err)
	}
	files, err := Open(county)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "文水县" || len(c.Rules.Levels) == 0 || len(c.Lexicon.Topics) == 0 {
		t.Errorf("%s with %d levels", c.Name, len(c.Rules.Levels))
	}
	from, err := Origins(county)
	if err != nil {
		t.Fatal(err)
	}
	if from("units.yaml") != "" || from("levels.yaml") != "山西省" || from("none.yaml") != "" {
		t.Errorf("the units are of %q, the levels of %q", from("units.yaml"), from("levels.yaml"))
	}
	if err := WriteBelow("141121", prefecture, county); err == nil {
		t.Error("a folder was written over")
	}
	if err := WriteBelow("141122", filepath.Join(dir, "none"), filepath.Join(dir, "141122")); err == nil {
		t.Error("a county below nothing")
	}
}
