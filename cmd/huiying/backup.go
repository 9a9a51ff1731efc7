package main

import (
	"bufio"
	"context"
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

	"github.com/goccy/go-yaml"

	"huiying"
	"huiying/deploy/county"
	"huiying/store/backup"
	"huiying/store/ledger"
	"huiying/store/sqlite"
)

// What a back-up holds, by name. It is an embedded installation whatever the one
// it was made of is on: it can be served as it is, or migrated.
const (
	backupLedger      = "ledger.db"
	backupArchive     = "archive.db"
	backupAttachments = "attachments"
	backupCounty      = "county"
	backupConfig      = configName
)

// backupKeys are the secrets without which what is stored cannot be used fully.
var backupKeys = []string{"author.key", "secret.key"}

type passphrase struct {
	File string `name:"passphrase-file" help:"A 0600 file with the passphrase; or the variable HUIYING_BACKUP_PASSPHRASE." type:"path"`
}

// shortest is how many characters a passphrase has at least: all the office's
// secrets are behind it.
const shortest = 12

func (p passphrase) read() (string, error) {
	text, err := (&Config{}).secret("BACKUP_PASSPHRASE", p.File)
	if err != nil {
		return "", err
	}
	if len([]rune(text)) < shortest {
		return "", usagef("请用 --passphrase-file 文件 或环境变量 HUIYING_BACKUP_PASSPHRASE 给出备份口令，不少于 %d 个字符。口令丢失，备份就打不开", shortest)
	}
	return text, nil
}

type backupCmd struct {
	place
	passphrase
	Output string `short:"o" required:"" type:"path" help:"The file to write; a folder gets a file named by region and time."`
}

// Run writes a back-up while the installation works on.
func (c *backupCmd) Run(ctx context.Context) error {
	secret, err := c.read()
	if err != nil {
		return err
	}
	cfg, l, err := c.openLedger(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	path := c.Output
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, backupName(cfg.Region, time.Now()))
	}
	bar := newMeter("备份")
	m, err := writeBackup(ctx, cfg, l, secret, path, func(done, total int64) { bar.show(int(done), int(total)) })
	bar.done()
	if err != nil {
		return err
	}
	if err := noteBackup(ctx, l, path, m.At); err != nil {
		return err
	}
	return printJSON(map[string]any{"file": path, "at": m.At, "parts": len(m.Parts)})
}

// lastBackup is the key under which the ledger remembers the latest back-up.
const lastBackup = "backup.last"

// noteBackup remembers that one was made, for the page 系统.
func noteBackup(ctx context.Context, l *ledger.Ledger, path string, at time.Time) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	raw, err := json.Marshal(huiying.BackupMade{At: at, File: path, Bytes: info.Size()})
	if err != nil {
		return err
	}
	return l.SetMeta(ctx, lastBackup, string(raw))
}

// latestBackup is the one made last, and whether its file is still there.
func (s *system) latestBackup(ctx context.Context) (huiying.BackupMade, error) {
	var b huiying.BackupMade
	raw, err := s.ledger.Meta(ctx, lastBackup)
	if err != nil || raw == "" {
		return b, err
	}
	if err := json.Unmarshal([]byte(raw), &b); err != nil {
		return b, fmt.Errorf("read what is known of the latest back-up: %w", err)
	}
	_, err = os.Stat(b.File)
	b.There = err == nil
	return b, nil
}

func backupName(region huiying.Region, at time.Time) string {
	return fmt.Sprintf("huiying-%s-%s.backup", region, at.In(huiying.Beijing).Format("20060102-150405"))
}

// writeBackup takes the ledger first and the archive after it: a post the ledger
// knows of is in the archive then. The file appears under its name when it is
// whole.
func writeBackup(ctx context.Context, cfg *Config, l *ledger.Ledger, secret, path string, progress func(done, total int64)) (m backup.Manifest, err error) {
	work, err := os.MkdirTemp(cfg.Data, "backup-")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	m = backup.Manifest{Program: version, Region: cfg.Region, At: time.Now()}
	parts := map[string]string{backupLedger: filepath.Join(work, backupLedger)}
	if err := l.Snapshot(ctx, parts[backupLedger]); err != nil {
		return m, err
	}
	if d := cfg.Backup.ClickHouse; d.Disk != "" {
		clean, errServers := cfg.backupServers(ctx, d, filepath.Base(work), parts)
		defer func() { err = errors.Join(err, clean()) }()
		if errServers != nil {
			return m, errServers
		}
	} else {
		parts[backupArchive] = filepath.Join(work, backupArchive)
		if err := cfg.snapshotArchive(ctx, parts[backupArchive]); err != nil {
			return m, err
		}
	}
	if cfg.County != "" {
		parts[backupCounty] = filepath.Join(work, backupCounty)
		if err := county.Copy(cfg.County, parts[backupCounty]); err != nil {
			return m, fmt.Errorf("copying the county's files: %w", err)
		}
	}
	for name, from := range map[string]string{backupAttachments: cfg.files(), backupConfig: cfg.path} {
		if fileExists(from) {
			parts[name] = from
		}
	}
	for _, name := range backupKeys {
		if from := filepath.Join(cfg.Data, name); fileExists(from) {
			parts[name] = from
		}
	}
	out, err := os.OpenFile(path+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return m, err
	}
	buffered := bufio.NewWriterSize(out, 1<<20)
	m, err = backup.Write(ctx, buffered, secret, m, parts, progress)
	if err = errors.Join(err, buffered.Flush(), out.Sync(), out.Close()); err != nil {
		return m, errors.Join(err, os.Remove(path+".part"))
	}
	return m, os.Rename(path+".part", path)
}

// snapshotArchive opens the file a second time, so that the writer of this
// process, if it has one, need not wait. Of an archive on ClickHouse it copies the
// county's posts, so that a back-up is restored the same way whatever it was made of.
func (c *Config) snapshotArchive(ctx context.Context, to string) error {
	if c.Archive != "" {
		return c.copyArchive(ctx, to)
	}
	a, err := sqlite.OpenArchive(ctx, filepath.Join(c.Data, backupArchive), wordless)
	if err != nil {
		return err
	}
	return errors.Join(a.Snapshot(ctx, to), a.Close())
}

func (c *Config) copyArchive(ctx context.Context, to string) error {
	old, err := c.openArchive(ctx, wordless)
	if err != nil {
		return err
	}
	defer func() { _ = old.Close() }()
	cut, err := c.cutter()
	if err != nil {
		return err
	}
	target, err := sqlite.OpenArchive(ctx, to, cut)
	if err != nil {
		return err
	}
	err = eachPage(ctx, old, c.Region, func(page []huiying.Assessed) error {
		if _, err := target.Insert(ctx, page); err != nil {
			return err
		}
		_, err := copyVersions(ctx, old, target, page)
		return err
	})
	return errors.Join(err, target.Close())
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

type restoreCmd struct {
	passphrase
	File string `arg:"" type:"existingfile" help:"The back-up."`
	To   string `required:"" type:"path" help:"An empty or new folder; it becomes an embedded installation."`

	Archive  string `placeholder:"ADDRESS" help:"For a back-up that ClickHouse wrote: the address of an empty database, clickhouse://…"`
	Disk     string `help:"The servers' back-up disk, <backups><allowed_disk>."`
	DiskPath string `type:"path" help:"Where this machine sees that disk."`
}

// Run unpacks a back-up, makes an embedded installation of it, and checks the
// databases and the audit chain.
func (c *restoreCmd) Run(ctx context.Context) error {
	secret, err := c.read()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.To, 0o700); err != nil {
		return err
	}
	if there, err := os.ReadDir(c.To); err != nil || len(there) > 0 {
		return usagef("%s 不是空目录：恢复不覆盖已有数据，请另给一个目录", c.To)
	}
	in, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	cfg, m, err := c.unpack(ctx, in, secret)
	if err != nil {
		return errors.Join(err, removeAll(filepath.Join(c.To, "*"))) // it was empty: the next try finds it so
	}
	l, err := cfg.openLedger(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	bar := newMeter("核验")
	rows, err := l.WalkAudit(ctx, func(done, total int64) { bar.show(int(done), int(total)) })
	bar.done()
	if err != nil {
		return err
	}
	cases, err := l.CountCases(ctx, huiying.CaseQuery{})
	if err != nil {
		return err
	}
	posts, err := cfg.countPosts(ctx)
	if err != nil {
		return err
	}
	return printJSON(map[string]any{"config": cfg.path, "at": m.At, "program": m.Program, "cases": cases, "posts": posts, "audit_rows": rows})
}

func (c *Config) countPosts(ctx context.Context) (int, error) {
	a, err := c.openArchive(ctx, wordless)
	if err != nil {
		return 0, err
	}
	n, err := a.CountPosts(ctx, huiying.PostQuery{Region: c.Region})
	return n, errors.Join(err, a.Close())
}

// unpack makes an installation of a back-up in the folder.
func (c *restoreCmd) unpack(ctx context.Context, file io.Reader, secret string) (*Config, backup.Manifest, error) {
	m, err := backup.Read(ctx, bufio.NewReaderSize(file, 1<<20), secret, c.To)
	if err != nil {
		return nil, m, err
	}
	archive, err := c.restoreServers(ctx)
	if err != nil {
		return nil, m, err
	}
	cfg, err := embed(c.To, archive, m)
	return cfg, m, err
}

// embed makes the configuration of an unpacked back-up one of this folder, with the
// archive where it is now ("": in the folder), and notes from when on posts have to
// find their events anew.
func embed(dir, archive string, m backup.Manifest) (*Config, error) {
	path := filepath.Join(dir, configName)
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	cfg := &Config{Speed: 1}
	if err := yaml.Unmarshal(raw, cfg); err != nil {
		return nil, fmt.Errorf("%s: %s", path, yaml.FormatError(err, false, true))
	}
	cfg.path, cfg.Data, cfg.County, cfg.Attachments = path, ".", "", ""
	cfg.Backup.Dir = "" // it must not write among the original's back-ups, nor remove any
	cfg.Ledger, cfg.Archive, cfg.Bus.URL, cfg.Bus.Replicas, cfg.Backup.ClickHouse = "", archive, "", 0, backupDisk{}
	if fileExists(filepath.Join(dir, backupCounty)) {
		cfg.County = backupCounty
	}
	if err := cfg.write(); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, replayName), []byte(m.At.Format(time.RFC3339Nano)), 0o600); err != nil {
		return nil, err
	}
	return loadConfig(path)
}

// replayName is the file that says that a restored archive, and a bus that was kept,
// may hold posts the ledger, which is older, knows nothing of.
const replayName = "replay-since"

// replay gives such posts to the engine as if they had just been assessed; it
// drops those it knows, and so does the archive. Those on the bus come first: what
// the archive takes from it meanwhile is found there.
func (s *system) replay(ctx context.Context) error {
	path := filepath.Join(s.cfg.Data, replayName)
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	since, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(string(raw)))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	since = since.Add(-time.Minute) // what was on its way when the ledger was copied
	sent, err := s.bus.AssessedAgain(ctx)
	if err != nil {
		return err
	}
	for q := (huiying.PostQuery{Region: s.cfg.Region, From: since.AddDate(0, -1, 0), Limit: huiying.MaxLimit}); ; {
		page, err := s.archive.Posts(ctx, q)
		if err != nil {
			return err
		}
		batch := slices.DeleteFunc(page.Items, func(a huiying.Assessed) bool { return a.Post.CollectedAt.Before(since) })
		if err := s.bus.PublishAssessedFor(ctx, "alerting", batch); err != nil {
			return err
		}
		sent += len(batch)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	s.log.Info("posts since the back-up are gathered again", "posts", sent)
	return os.Remove(path)
}

// backupDue is after how long without a back-up one is made at once.
const backupDue = 24 * time.Hour

// keepBackups makes a back-up every day at the hour of the configuration, and
// keeps the newest ones.
func (s *system) keepBackups(ctx context.Context) error {
	if b := s.cfg.Backup; b.Dir != "" { // an installation that cannot write its back-ups does not start
		if _, err := (passphrase{File: b.Passphrase}).read(); err != nil {
			return fmt.Errorf("backup: %w", err)
		}
	}
	for ctx.Err() == nil {
		cfg, changed := s.settings.now()
		if cfg.Backup.Dir == "" { // another process may have a folder: the lease is for those
			select {
			case <-ctx.Done():
			case <-changed:
			}
			continue
		}
		leading, stop := context.WithCancel(ctx)
		err := s.ledger.Lead(leading, "backup "+string(s.cfg.Region), s.node, func(ctx context.Context) error {
			for {
				select {
				case <-ctx.Done():
					return nil
				case <-changed: // between two back-ups, never in the middle of one
					stop()
					return nil
				case <-time.After(time.Until(nextBackup(cfg.Backup.Dir, cfg.Backup.At, cfg.Region, time.Now()))):
				}
				if err := s.backUp(ctx, cfg); err != nil && ctx.Err() == nil {
					s.log.Error("back-up", "err", told(err))
					sleep(ctx, time.Hour)
				}
			}
		})
		stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// backUp writes one into the folder and removes those that are too many.
func (s *system) backUp(ctx context.Context, cfg *Config) error {
	secret, err := passphrase{File: cfg.Backup.Passphrase}.read()
	if err != nil {
		return err
	}
	if !fileExists(cfg.Backup.Dir) {
		return huiying.Errorf(huiying.CodeBusy, "备份目录 %s 不在：请检查备份盘是否挂上", cfg.Backup.Dir)
	}
	path := filepath.Join(cfg.Backup.Dir, backupName(cfg.Region, time.Now()))
	m, err := writeBackup(ctx, cfg, s.ledger, secret, path, func(int64, int64) {})
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	s.log.Info("back-up written", "file", path)
	return errors.Join(noteBackup(ctx, s.ledger, path, m.At), pruneBackups(cfg.Backup.Dir, cfg.Region, cfg.Backup.Keep))
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// backups are the files of a region, the oldest first.
func backups(dir string, region huiying.Region) []string {
	found, _ := filepath.Glob(filepath.Join(dir, "huiying-"+string(region)+"-*.backup")) // the pattern is sound
	slices.Sort(found)
	return found
}

// nextBackup is the next time of day at, or now when the last one is older than a
// day: a machine that was off at night makes up for it.
func nextBackup(dir, at string, region huiying.Region, now time.Time) time.Time {
	now = now.In(huiying.Beijing)
	if all := backups(dir, region); len(all) > 0 {
		if info, err := os.Stat(all[len(all)-1]); err == nil && now.Sub(info.ModTime()) < backupDue {
			day, _ := time.Parse("15:04", at) // checked when the configuration was read
			next := time.Date(now.Year(), now.Month(), now.Day(), day.Hour(), day.Minute(), 0, 0, huiying.Beijing)
			if !next.After(now) {
				next = next.AddDate(0, 0, 1)
			}
			return next
		}
	}
	return now
}

func pruneBackups(dir string, region huiying.Region, keep int) error {
	all := backups(dir, region)
	var errs []error
	for len(all) > keep {
		errs = append(errs, os.Remove(all[0]))
		all = all[1:]
	}
	return errors.Join(errs...)
}
