package county

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"huiying"
)

// family writes a prefecture with all files and a county with what is its own.
func family(t *testing.T) (prefecture, own string) {
	t.Helper()
	dir := t.TempDir()
	prefecture, own = filepath.Join(dir, "1411"), filepath.Join(dir, "141122")
	if err := WriteTo("141122", prefecture); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(own, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range ownFiles {
		if err := os.Rename(filepath.Join(prefecture, name), filepath.Join(own, name)); err != nil {
			t.Fatal(err)
		}
	}
	rewrite(t, filepath.Join(own, countyFile), "name: 交城县", "name: 交城县\ninherits: ../1411")
	write(t, filepath.Join(prefecture, countyFile), "code: \"1411\"\nname: 吕梁市\nversion: \"1\"\nauthor: 试\nnumber: 吕舆\nneighbours: []\n")
	return prefecture, own
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func rewrite(t *testing.T, path, old, text string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), old) {
		t.Fatalf("%s has no %q", path, old)
	}
	write(t, path, strings.Replace(string(raw), old, text, 1))
}

func openAndLoad(t *testing.T, dir string) *huiying.County {
	t.Helper()
	files, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACountyHasThePrefecturesRulesUntilItHasItsOwn(t *testing.T) {
	prefecture, own := family(t)
	before := openAndLoad(t, own)
	if before.Name != "交城县" || len(before.Units) == 0 || len(before.Rules.Levels) == 0 || len(before.Policies) == 0 {
		t.Fatalf("a county with inherited rules: %s, %d units, %d levels", before.Name, len(before.Units), len(before.Rules.Levels))
	}

	rewrite(t, filepath.Join(prefecture, clocksFile), "red: 10m, orange: 15m", "red: 5m, orange: 15m")
	changed := openAndLoad(t, own)
	if changed.Rules.Version == before.Rules.Version {
		t.Error("the prefecture changed its clocks, the county did not notice")
	}
	raw, err := os.ReadFile(filepath.Join(prefecture, clocksFile))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(own, clocksFile), strings.Replace(string(raw), "red: 5m, orange: 15m", "red: 10m, orange: 15m", 1))
	if again := openAndLoad(t, own); again.Rules.Version != before.Rules.Version {
		t.Error("the county's own clocks do not take the place of the prefecture's")
	}

	if err := os.Mkdir(filepath.Join(own, policyFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	if with := openAndLoad(t, own); len(with.Policies) != len(before.Policies) {
		t.Errorf("a folder of its own hides the policies above: %d of %d are left", len(with.Policies), len(before.Policies))
	}
}

func TestACopyStandsAlone(t *testing.T) {
	prefecture, own := family(t)
	before := openAndLoad(t, own)
	to := filepath.Join(t.TempDir(), "copy")
	if err := Copy(own, to); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(prefecture); err != nil {
		t.Fatal(err)
	}
	after := openAndLoad(t, to)
	if after.Rules.Version != before.Rules.Version || after.Name != before.Name || len(after.Policies) != len(before.Policies) || len(after.Units) != len(before.Units) {
		t.Errorf("the copy is %s with rules %s, the original %s with %s", after.Name, after.Rules.Version, before.Name, before.Rules.Version)
	}
}

func TestWhoAndWhereIsNotInherited(t *testing.T) {
	_, own := family(t)
	if err := os.Remove(filepath.Join(own, divisionsFile)); err != nil {
		t.Fatal(err)
	}
	files, err := Open(own)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.ReadFile(files, divisionsFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the places of another region were taken: %v", err)
	}
}

func TestFoldersThatInheritEachOtherAreRefused(t *testing.T) {
	prefecture, own := family(t)
	rewrite(t, filepath.Join(prefecture, countyFile), "name: 吕梁市", "name: 吕梁市\ninherits: ../141122")
	if _, err := Open(own); !errors.Is(err, huiying.ErrInvalid) {
		t.Errorf("a circle: %v", err)
	}
	rewrite(t, filepath.Join(own, countyFile), "inherits: ../1411", "inherits: ../nowhere")
	if _, err := Open(own); !errors.Is(err, huiying.ErrInvalid) || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a folder that is not there: %v", err)
	}
}
