package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnInstallationBeginsWithTheCountyThatIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "huiying.yaml")
	if err := begin(path, "没有这个县"); err == nil || !strings.Contains(err.Error(), "没有找到") {
		t.Errorf("a county that is none: %v", err)
	}
	if _, err := os.Stat(filepath.Dir(path)); err == nil {
		t.Error("something was written for it")
	}
	if err := begin(path, "介休"); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := cfg.loadCounty()
	if err != nil || data.Region != "140781" || cfg.Region != "140781" || cfg.County != filepath.Join(dir, "new", "county") {
		t.Errorf("%s %s: %v", cfg.Region, cfg.County, err)
	}
	if err := begin(path, "交口"); err == nil || !strings.Contains(err.Error(), "140781") { // it is one already
		t.Errorf("another county was named for it: %v", err)
	}
	for _, same := range []string{"", "介休", "140781"} {
		if err := begin(path, same); err != nil {
			t.Errorf("beginning again with %q: %v", same, err)
		}
	}
	if again, err := loadConfig(path); err != nil || again.Region != "140781" {
		t.Errorf("beginning again made it %s (%v)", again.Region, err)
	}
}

func TestWithoutACountyOnlyTheChoiceStarts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "huiying.yaml")
	if err := begin(path, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := loadConfig(path); err == nil || !strings.Contains(err.Error(), "还没有选定县域") {
		t.Errorf("a configuration without a county: %v", err)
	}
	if err := settle(path, "150627"); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(path)
	if err != nil || cfg.Region != "150627" {
		t.Fatalf("%v", err)
	}
	raw, _ := os.ReadFile(path)
	if strings.Count(string(raw), "region:") != 1 || strings.Count(string(raw), "county:") != 1 || !strings.Contains(string(raw), "listen:") {
		t.Errorf("the configuration reads\n%s", raw)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v)", info.Mode(), err)
	}
}

func TestACountyIsGivenToAConfigurationThatLacksOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "huiying.yaml")
	if err := os.WriteFile(path, []byte("data: data\nlisten: [\"127.0.0.1:9000\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := begin(path, "没有这个县"); err == nil || !strings.Contains(err.Error(), "没有找到") {
		t.Errorf("a county that is none: %v", err)
	}
	if err := begin(path, "交口"); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(path)
	if err != nil || cfg.Region != "141130" || cfg.Listen[0] != "127.0.0.1:9000" {
		t.Fatalf("the configuration reads %+v (%v)", cfg, err)
	}
	if data, err := cfg.loadCounty(); err != nil || data.Region != "141130" {
		t.Errorf("its county: %v", err)
	}
}

func TestAWrongCountyIsPutAsideWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "huiying.yaml")
	if err := begin(path, "石楼"); err != nil {
		t.Fatal(err)
	}
	cfg, err := loadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unsettle(cfg); err != nil {
		t.Fatal(err)
	}
	if _, err := loadConfig(path); err == nil || !strings.Contains(err.Error(), "还没有选定县域") {
		t.Errorf("the configuration still names a county: %v", err)
	}
	aside, err := filepath.Glob(filepath.Join(dir, "*.141126-*"))
	if err != nil || len(aside) != 2 {
		t.Errorf("put aside: %v (%v)", aside, err)
	}
	if err := settle(path, "141130"); err != nil {
		t.Fatal(err)
	}
	if again, err := loadConfig(path); err != nil || again.Region != "141130" {
		t.Errorf("chosen again: %v", err)
	}
	outside := Config{Ledger: "postgres://x", rechoose: newChoice().undo}
	if outside.rechoosing() != nil || (&Config{rechoose: newChoice().undo}).rechoosing() == nil {
		t.Error("what lies in other people's databases cannot be put aside")
	}
}
