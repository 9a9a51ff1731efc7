package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"syscall"

	"huiying"
	"huiying/deploy/county"
)

// storeParts are what the data folder holds, by the beginning of the name.
var storeParts = []struct{ prefix, label string }{
	{"archive.db", "信息库"}, {"ledger.db", "台账库"}, {"bus", "消息队列"}, {"attachments", "附件"}, {"intake", "导入中的文件"}, {"", "其他（词典、日志、密钥）"},
}

// Machine tells how the installation stands.
func (s *system) Machine(ctx context.Context) (huiying.Machine, error) {
	m := huiying.Machine{
		Version: version, Go: runtime.Version(), Rules: s.rules.Rules().Version, Started: s.started,
		Free: diskFree(s.cfg.Data), Memory: resident(), Errors: troubles.lines(),
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, set := range info.Settings {
			if set.Key == "vcs.revision" {
				m.Version += " " + set.Value[:min(len(set.Value), 12)]
			}
		}
	}
	m.Steps, m.Sync = s.host.seen()
	for _, p := range county.Outdated(s.rules.inForce().county, s.speed.Now()) {
		m.Expired = append(m.Expired, p.String())
	}
	var err error
	if m.Stores, err = storeSizes(s.cfg.Data); err != nil {
		return m, err
	}
	m.Stores = slices.DeleteFunc(m.Stores, func(one huiying.StoreSize) bool { return s.cfg.elsewhere(one.Label) })
	if m.Backup, err = s.latestBackup(ctx); err != nil {
		return m, err
	}
	cfg, _ := s.settings.now()
	m.Plan = huiying.BackupPlan{Dir: cfg.Backup.Dir, At: cfg.Backup.At, Keep: cfg.Backup.Keep}
	if m.Nodes, err = s.nodes(ctx); err != nil {
		return m, err
	}
	m.Errors = allErrors(m.Errors, m.Nodes)
	m.Queues, err = s.bus.Depths(ctx)
	if e := new(huiying.Error); errors.As(err, &e) { // the page has to come all the same: it is looked at when things are wrong
		m.Mute, err = e.Message, nil
	}
	return m, err
}

// elsewhere reports that a part of the data is not in the folder, but on a server
// or shared.
func (c *Config) elsewhere(label string) bool {
	at, ok := map[string]string{"信息库": c.Archive, "台账库": c.Ledger, "消息队列": c.Bus.URL, "附件": c.Attachments}[label]
	return ok && at != ""
}

// storeSizes sums the files of the data folder by what they are for. A file
// that goes away while it is looked at counts nothing.
func storeSizes(dir string) ([]huiying.StoreSize, error) {
	out := make([]huiying.StoreSize, len(storeParts))
	for i, p := range storeParts {
		out[i].Label = p.label
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(storeParts, func(p struct{ prefix, label string }) bool { return strings.HasPrefix(rel, p.prefix) })
		out[i].Bytes += info.Size()
		return nil
	})
	slices.SortStableFunc(out, func(a, b huiying.StoreSize) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return out, err
}

func diskFree(dir string) int64 {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return -1
	}
	return int64(s.Bavail) * int64(s.Bsize) //nolint:unconvert,gosec // the types differ by platform
}

// resident is what the Go runtime holds of the machine's memory.
func resident() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64()) //nolint:gosec // far below 2⁶³
}

// troubles are the latest warnings and errors of this process.
var troubles = &logTail{most: linesShown}

// logTail keeps the last lines of the log that are warnings or worse. What is said
// again counts with what was said before, so that it does not push others out.
type logTail struct {
	most int
	mu   sync.Mutex
	kept []huiying.LogLine
}

func (t *logTail) add(r slog.Record, with []slog.Attr) {
	line := huiying.LogLine{At: r.Time, Error: r.Level >= slog.LevelError, Text: huiying.Clip(logLine(r, with), 400), Times: 1}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.IndexFunc(t.kept, func(l huiying.LogLine) bool { return l.Text == line.Text && l.Error == line.Error }); i >= 0 {
		line.Times += t.kept[i].Times
		t.kept = slices.Delete(t.kept, i, i+1)
	}
	t.kept = append(t.kept, line)
	if len(t.kept) > t.most {
		t.kept = slices.Delete(t.kept, 0, len(t.kept)-t.most)
	}
}

// lines are the kept ones, the latest first.
func (t *logTail) lines() []huiying.LogLine {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := slices.Clone(t.kept)
	slices.Reverse(out)
	return out
}

// tailed is a log handler whose warnings are kept as well.
type tailed struct {
	slog.Handler
	tail *logTail
	with []slog.Attr
}

// Handle adds the number of the request that is served, where the line does not
// name it.
func (h tailed) Handle(ctx context.Context, r slog.Record) error {
	if id := huiying.RequestOf(ctx); id != "" && !names(r, "request") {
		r.AddAttrs(slog.String("request", id))
	}
	if r.Level >= slog.LevelWarn {
		h.tail.add(r, h.with)
	}
	return h.Handler.Handle(ctx, r)
}

func (h tailed) WithAttrs(attrs []slog.Attr) slog.Handler {
	return tailed{h.Handler.WithAttrs(attrs), h.tail, append(slices.Clone(h.with), attrs...)}
}

func (h tailed) WithGroup(name string) slog.Handler {
	return tailed{h.Handler.WithGroup(name), h.tail, h.with}
}

func names(r slog.Record, key string) (found bool) {
	r.Attrs(func(a slog.Attr) bool {
		found = a.Key == key
		return !found
	})
	return found
}
