package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"huiying"
	"huiying/deploy/county"
)

// begin makes an installation of nothing when FILE is to be the first file of its
// folder: huiying.yaml, and the county folder beside it. Anything else is left as
// it is, so that a mistyped name starts nothing.
func begin(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) || len(entries) > 0 {
		return nil //nolint:nilerr // reading the configuration says what is wrong
	}
	region := county.Regions()[0]
	if err := county.WriteTo(region, filepath.Join(dir, "county")); err != nil {
		return err
	}
	text := fmt.Sprintf("region: %q # 县级行政区划代码\ncounty: county # 县域目录\ndata: data\nlisten: [\"127.0.0.1:8080\"]\n", region)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	_, err = fmt.Printf("空目录，已生成 %s 和县域目录（%s）\n", path, region)
	return err
}

// setupCode is what lets somebody at a browser make the first accounts: it is
// shown at the machine only, and new at every start. "" when there are accounts.
func (s *system) setupCode(ctx context.Context) (string, error) {
	users, err := s.ledger.Users(ctx, s.cfg.Region)
	if err != nil || len(users) > 0 {
		return "", err
	}
	raw := rand.Text()
	return raw[:4] + "-" + raw[4:8] + "-" + raw[8:12] + "-" + raw[12:16], nil
}

var countyLine = regexp.MustCompile(`(?m)^county:.*$`)

// Adopt writes the built-in county into a folder beside the configuration, names
// it there, and goes on from it.
func (b *rulebook) Adopt(ctx context.Context, a huiying.Audit) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Editable() {
		return huiying.Errorf(huiying.CodeConflict, "已经在使用自己的县域目录 %s", b.dir())
	}
	cfg := b.s.cfg
	dir := filepath.Join(filepath.Dir(cfg.path), "county")
	if err := county.WriteTo(cfg.Region, dir); err != nil {
		return err
	}
	raw, err := os.ReadFile(cfg.path)
	if err != nil {
		return err
	}
	text := countyLine.ReplaceAllString(string(raw), "county: county")
	if !countyLine.Match(raw) {
		text = "county: county\n" + text
	}
	info, err := os.Stat(cfg.path)
	if err != nil {
		return err
	}
	if err := errors.Join(replaceFile(cfg.path, text), os.Chmod(cfg.path, info.Mode().Perm())); err != nil {
		return err
	}
	if err := b.s.ledger.Record(ctx, a); err != nil {
		return err
	}
	b.folder.Store(&dir)
	return nil
}
