package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"huiying"
	"huiying/analyzer"
	"huiying/store/ledger"
	"huiying/store/sqlite"
)

type migrateCmd struct {
	From string `required:"" type:"path" help:"The installation to copy: its huiying.yaml, or its data folder."`
	To   string `required:"" type:"path" help:"The installation to copy to: its huiying.yaml, or its data folder."`
}

// migrated is what the command prints.
type migrated struct {
	Ledger      []ledger.Copied `json:"ledger"`
	Posts       int             `json:"posts"`     // in the original when it was read
	Written     int             `json:"written"`   // that the target did not have
	Versions    int             `json:"versions"`  // later readings of posts
	Older       int             `json:"older"`     // copied before, and past their time in the original since
	PostsHash   string          `json:"posts_xor"` // equal for equal sets of posts, in whatever order
	Attachments int             `json:"attachments"`
	Keys        []string        `json:"keys"`
	Seconds     float64         `json:"seconds"`
}

// Run copies an installation to other engines, or back, while it works on. A
// second run brings over what changed since and takes up one that was
// interrupted; the last run is made when the original has been stopped.
func (c *migrateCmd) Run(ctx context.Context) error {
	began := time.Now()
	from, err := loadInstallation(c.From)
	if err != nil {
		return err
	}
	to, err := loadInstallation(c.To)
	if err != nil {
		return err
	}
	if from.Region != to.Region {
		return usagef("两处安装的区划不同：%s 与 %s", from.Region, to.Region)
	}
	if sameLedger(from, to) && sameArchive(from, to) {
		return usagef("%s 与 %s 用的是同一个台账库和同一个信息库，没有要搬的", from.path, to.path)
	}
	if err := os.MkdirAll(to.Data, 0o700); err != nil {
		return err
	}
	var m migrated
	for _, step := range []func(context.Context, *Config, *Config) error{m.look, m.keys, m.posts, m.ledger, m.attachments} {
		if err := step(ctx, from, to); err != nil {
			return err
		}
	}
	m.Seconds = time.Since(began).Seconds()
	if err := printJSON(m); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, m.text())
	return nil
}

// text says what came of it, and what comes next.
func (m *migrated) text() string {
	rows, news := 0, m.Written
	for _, t := range m.Ledger {
		rows += t.Rows
		news += t.Written + t.Removed
	}
	var held []string
	if m.Ledger != nil {
		held = append(held, fmt.Sprintf("台账 %d 张表共 %d 行", len(m.Ledger), rows))
	}
	if m.PostsHash != "" {
		held = append(held, fmt.Sprintf("信息 %d 条", m.Posts))
	}
	text := fmt.Sprintf("核对无误：%s，与原安装在复制的那一刻一致；附件 %d 个。", strings.Join(held, "、"), m.Attachments)
	if news == 0 {
		return text + "这一次没有新的内容。"
	}
	return text + "原安装还在运行的，停下以后再运行一次，补上其间新增的，再启动新的。"
}

// sameLedger and sameArchive report that two installations share one: it stays
// where it is then.
func sameLedger(a, b *Config) bool {
	return a.Ledger == b.Ledger && (a.Ledger != "" || a.Data == b.Data)
}

func sameArchive(a, b *Config) bool {
	return a.Archive == b.Archive && (a.Archive != "" || a.Data == b.Data)
}

// look opens everything, so that a target that is out of reach, or must not be
// written to, is refused before anything is.
func (m *migrated) look(ctx context.Context, from, to *Config) error {
	if !sameLedger(from, to) {
		old, target, err := both(from, to, func(c *Config) (*ledger.Ledger, error) { return c.openLedger(ctx) })
		if err != nil {
			return err
		}
		err = ledger.CanCopy(ctx, old, target)
		if err = errors.Join(err, old.Close(), target.Close()); err != nil {
			return err
		}
	}
	if sameArchive(from, to) {
		return nil
	}
	old, target, err := both(from, to, func(c *Config) (archive, error) { return c.openArchive(ctx, wordless) })
	if err != nil {
		return err
	}
	return errors.Join(old.Close(), target.Close())
}

// both opens the same part of two installations.
func both[T io.Closer](from, to *Config, open func(*Config) (T, error)) (old, target T, err error) {
	if old, err = open(from); err != nil {
		return old, target, fmt.Errorf("原安装: %w", err)
	}
	if target, err = open(to); err != nil {
		return old, target, errors.Join(fmt.Errorf("目标: %w", err), old.Close())
	}
	return old, target, nil
}

func loadInstallation(path string) (*Config, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, configName)
	}
	return loadConfig(path)
}

// keys brings the secrets over: without them authors' hashes would not match, and
// second factors could not be read. A target that has others is refused.
func (m *migrated) keys(_ context.Context, from, to *Config) error {
	for _, name := range backupKeys {
		text, err := os.ReadFile(filepath.Join(from.Data, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		there := filepath.Join(to.Data, name)
		switch other, err := os.ReadFile(there); {
		case errors.Is(err, fs.ErrNotExist):
			if err := os.WriteFile(there, text, 0o600); err != nil {
				return err
			}
		case err != nil:
			return err
		case string(other) != string(text):
			return usagef("%s 已有自己的 %s，与原安装的不同；请确认目标是新安装，再把它移走重试", to.Data, name)
		}
		m.Keys = append(m.Keys, name)
	}
	return nil
}

func (m *migrated) ledger(ctx context.Context, from, to *Config) error {
	if sameLedger(from, to) {
		return nil
	}
	old, target, err := both(from, to, func(c *Config) (*ledger.Ledger, error) { return c.openLedger(ctx) })
	if err != nil {
		return err
	}
	defer func() { _, _ = old.Close(), target.Close() }()
	bar := newMeter("台账")
	m.Ledger, err = ledger.Copy(ctx, old, target, bar.show)
	bar.done()
	return err
}

// posts goes before the ledger: what the ledger knows of is in the archive then.
func (m *migrated) posts(ctx context.Context, from, to *Config) error {
	if sameArchive(from, to) {
		return nil
	}
	cut, err := to.cutter()
	if err != nil {
		return err
	}
	old, err := from.openArchive(ctx, wordless)
	if err != nil {
		return err
	}
	defer func() { _ = old.Close() }()
	target, err := to.openArchive(ctx, cut)
	if err != nil {
		return err
	}
	defer func() { _ = target.Close() }()
	total, err := old.CountPosts(ctx, huiying.PostQuery{Region: from.Region})
	if err != nil {
		return err
	}
	bar := newMeter("信息　复制")
	var want, got postSet
	oldest := time.Now() // published, of those the original has
	err = eachPage(ctx, old, from.Region, func(page []huiying.Assessed) error {
		fresh, err := target.Insert(ctx, page)
		if err != nil {
			return err
		}
		m.Written += len(fresh)
		n, err := copyVersions(ctx, old, target, page)
		if err != nil {
			return err
		}
		m.Versions += n
		want.add(page)
		for _, a := range page {
			if a.Post.PublishedAt.Before(oldest) {
				oldest = a.Post.PublishedAt
			}
		}
		bar.show(want.n, max(total, want.n))
		return nil
	})
	if bar.done(); err != nil {
		return fmt.Errorf("copying posts: %w", err)
	}
	bar = newMeter("信息　核对")
	err = eachPage(ctx, target, from.Region, func(page []huiying.Assessed) error {
		kept := len(page)
		page = slices.DeleteFunc(page, func(a huiying.Assessed) bool { return a.Post.PublishedAt.Before(oldest) })
		m.Older += kept - len(page)
		got.add(page)
		bar.show(got.n, want.n)
		return nil
	})
	if bar.done(); err != nil {
		return fmt.Errorf("reading the copied posts back: %w", err)
	}
	m.Posts, m.PostsHash = want.n, want.hash()
	if want != got {
		return huiying.Errorf(huiying.CodeConflict, "核对不符：原有信息 %d 条（%.12s），目标有 %d 条（%.12s）。原安装在复制时清理了过期信息的，请再运行一次；仍不符的，目标的信息库里另有来源，请另给一个空的", want.n, want.hash(), got.n, got.hash())
	}
	return nil
}

// cutter cuts texts into the words that the installation's posts are found by.
func (c *Config) cutter() (func(string) []sqlite.Token, error) {
	county, err := c.loadCounty()
	if err != nil {
		return nil, err
	}
	a, err := analyzer.New(analyzer.Config{County: county, Now: time.Now})
	if err != nil {
		return nil, err
	}
	return tokensOf(func() *analyzer.Analyzer { return a }), nil
}

// copyVersions brings over the later readings of a page of posts.
func copyVersions(ctx context.Context, old, target archive, page []huiying.Assessed) (int, error) {
	ids := make([]huiying.PostID, len(page))
	for i, a := range page {
		ids[i] = a.Post.ID
	}
	found, err := old.Versions(ctx, ids)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	var list []huiying.Version
	for _, id := range ids {
		list = append(list, found[id]...)
	}
	return len(list), target.SaveVersions(ctx, list)
}

func eachPage(ctx context.Context, a archive, region huiying.Region, f func([]huiying.Assessed) error) error {
	for q := (huiying.PostQuery{Region: region, Limit: huiying.MaxLimit}); ; {
		page, err := a.Posts(ctx, q)
		if err != nil {
			return err
		}
		if page.Partial {
			return huiying.Errorf(huiying.CodeBusy, "信息库有分片没有应答，读不全，请待其恢复后再运行")
		}
		if err := f(page.Items); err != nil {
			return err
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return nil
		}
	}
}

// postSet is a number of posts and the exclusive or of their hashes, so that the
// order in which an archive gives them does not matter.
type postSet struct {
	n   int
	sum [sha256.Size]byte
}

func (s *postSet) add(page []huiying.Assessed) {
	for _, a := range page {
		text, err := json.Marshal(a)
		if err != nil {
			panic(err) // it came out of a database as JSON
		}
		one := sha256.Sum256(text)
		for i := range s.sum {
			s.sum[i] ^= one[i]
		}
		s.n++
	}
}

func (s postSet) hash() string { return hex.EncodeToString(s.sum[:]) }

// attachments brings over the files, which are named by their hash and never
// change.
func (m *migrated) attachments(ctx context.Context, from, to *Config) error {
	if from.files() == to.files() || !fileExists(from.files()) {
		return nil
	}
	return filepath.WalkDir(from.files(), func(path string, d fs.DirEntry, err error) error {
		if err = cmp.Or(err, ctx.Err()); err != nil || !d.Type().IsRegular() {
			return err
		}
		below, err := filepath.Rel(from.files(), path)
		if err != nil {
			return err
		}
		m.Attachments++
		there := filepath.Join(to.files(), below)
		if fileExists(there) {
			return nil
		}
		if err := os.MkdirAll(filepath.Dir(there), 0o700); err != nil {
			return err
		}
		text, err := os.ReadFile(path) // at most what one upload may be
		if err != nil {
			return err
		}
		if err := os.WriteFile(there+".part", text, 0o600); err != nil {
			return err
		}
		return os.Rename(there+".part", there)
	})
}
