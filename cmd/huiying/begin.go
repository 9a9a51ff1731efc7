package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"huiying"
	"huiying/dashboard"
	"huiying/deploy/county"
)

// begin makes an installation of nothing when path is to be the first file of its
// folder: huiying.yaml, and for a county that is named (query) the county folder
// beside it. A configuration that is there already is only given the county it lacks.
// Anything else is left as it is, so that a mistyped name starts nothing.
func begin(path, query string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return agree(path, query)
	}
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) || len(entries) > 0 {
		return nil //nolint:nilerr // reading the configuration says what is wrong
	}
	if query != "" { // before anything is written
		if _, err := county.Seek(query); err != nil {
			return usageError{err}
		}
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	const text = "data: data\nlisten: [\"127.0.0.1:8080\"]\n"
	if err := os.WriteFile(path, []byte(noCounty+text), 0o600); err != nil {
		return err
	}
	if query == "" {
		_, err = fmt.Printf("空目录，已生成 %s\n", path)
		return err
	}
	c, err := county.Seek(query)
	if err != nil {
		return err
	}
	if err := settle(path, c.Region); err != nil {
		return err
	}
	_, err = fmt.Printf("空目录，已生成 %s 和县域目录（%s %s）\n", path, c.Region, c.Name)
	return err
}

// agree makes the configuration at path one of the county that is named, or says
// that it is another's already.
func agree(path, query string) error {
	if query == "" {
		return nil
	}
	cfg, err := readConfig(path)
	if err != nil {
		return err
	}
	if string(cfg.Region) == query {
		return nil
	}
	c, err := county.Seek(query)
	switch {
	case err != nil:
		return usageError{err}
	case cfg.Region == c.Region:
		return nil
	case cfg.Region != "":
		return usagef("%s 是 %s 的，不能用 --region 改为 %s（%s）：请去掉 --region，或换一个空目录新装", path, cfg.Region, c.Region, c.Name)
	case cfg.County != "":
		return usagef("%s 写了 county，请在其中写上它的 region，再去掉 --region", path)
	}
	if err := settle(path, c.Region); err != nil {
		return err
	}
	_, err = fmt.Printf("已按 --region 在 %s 中选定 %s %s\n", path, c.Region, c.Name)
	return err
}

// noCounty stands in a configuration until there is one.
const noCounty = "# region 和 county：选定县域后由程序写入\n"

var (
	countyLine = regexp.MustCompile(`(?m)^county:.*$`)
	regionLine = regexp.MustCompile(`(?m)^(?:# region 和 county：.*|region:.*)\n`)
)

// settle makes the installation whose configuration lies at path one of a county:
// the county folder beside it, and both in the configuration.
func settle(path string, region huiying.Region) error {
	if err := county.WriteTo(region, filepath.Join(filepath.Dir(path), "county")); err != nil {
		return err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text := regionLine.ReplaceAllString(string(raw), "")
	return rewrite(path, fmt.Sprintf("region: %q # 县级行政区划代码\ncounty: county # 县域目录\n%s", region, text))
}

// rewrite puts a text in place of a configuration, which keeps its mode.
func rewrite(path, text string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return errors.Join(replaceFile(path, text), os.Chmod(path, info.Mode().Perm()))
}

// unsettle undoes settle for an installation nobody has used: the county folder and
// the data are put aside, never deleted, and the configuration names no county.
func unsettle(cfg *Config) error {
	aside := "." + string(cfg.Region) + "-" + time.Now().Format("20060102-150405")
	raw, err := os.ReadFile(cfg.path)
	if err != nil {
		return err
	}
	for _, dir := range []string{cfg.Data, cfg.County} {
		if err := os.Rename(dir, dir+aside); err != nil {
			return err
		}
	}
	text := regionLine.ReplaceAllString(countyLine.ReplaceAllString(string(raw), ""), "")
	return rewrite(cfg.path, noCounty+strings.TrimLeft(text, "\n"))
}

// entrance answers with what is shown in it last.
type entrance struct{ handler atomic.Pointer[http.Handler] }

func (e *entrance) show(h http.Handler) { e.handler.Store(&h) }

func (e *entrance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	(*e.handler.Load()).ServeHTTP(w, r)
}

// first serves the choice of a county, and then what was chosen, at the same
// addresses; and the choice again when it was the wrong one and nothing is lost.
func (c *serveCmd) first(ctx context.Context, cfg *Config, log *slog.Logger) error {
	if cfg.County != "" {
		return usagef("%s 写了 county，请同时写上它的 region", c.Config)
	}
	listeners, err := listen(cfg.Listen)
	if err != nil {
		return err
	}
	code := newSetupCode()
	at, front := newChoice(), &entrance{}
	front.show(c.chooser(cfg, at, code, log))
	log.Info("serving", "addresses", cfg.Listen)
	fmt.Printf("首次使用：打开 http://%s/setup/county ，设置码 %s（建立账号后失效，重启后更换）\n", listeners[0].Addr(), code)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serveHTTP(ctx, listeners, front, log) })
	g.Go(func() error {
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-at.made:
			}
			chosen, err := loadConfig(c.Config)
			if err != nil {
				return err
			}
			chosen.code, chosen.rechoose = code, at.undo
			if err := c.playUntil(ctx, at.wrong, chosen, log, func(s *system) { front.show(s.dashboard); close(at.served) }); err != nil || !at.undone() {
				return err
			}
			if err := unsettle(chosen); err != nil {
				return err
			}
			before := at
			at = newChoice()
			front.show(c.chooser(cfg, at, code, log))
			close(before.reopened)
		}
	})
	return g.Wait()
}

// playUntil plays what was chosen until ctx ends or the choice turns out wrong.
func (c *serveCmd) playUntil(ctx context.Context, wrong <-chan struct{}, cfg *Config, log *slog.Logger, show func(*system)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // ends with ctx; holds nothing
		select {
		case <-ctx.Done():
		case <-wrong:
			stop()
		}
	}()
	return c.play(ctx, cfg, log, func(s *system) ([]net.Listener, error) {
		show(s)
		return nil, nil
	})
}

// choice is one county being chosen, served, and perhaps given up. Two people may
// press at a time: mu.
type choice struct {
	mu                            sync.Mutex
	made, served, wrong, reopened chan struct{}
}

func newChoice() *choice {
	return &choice{made: make(chan struct{}), served: make(chan struct{}), wrong: make(chan struct{}), reopened: make(chan struct{})}
}

func done(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (c *choice) undone() bool { return done(c.wrong) }

// settle makes the choice and returns once the county's dashboard answers.
func (c *choice) settle(ctx context.Context, path string, region huiying.Region) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if done(c.made) {
		return huiying.Errorf(huiying.CodeConflict, "县域刚刚已经选定，请刷新页面")
	}
	if err := settle(path, region); err != nil {
		return err
	}
	close(c.made)
	select {
	case <-c.served:
	case <-ctx.Done():
	}
	return nil
}

// undo gives the choice up and returns once another can be made.
func (c *choice) undo(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.undone() {
		close(c.wrong)
	}
	select {
	case <-c.reopened:
	case <-ctx.Done():
	}
	return nil
}

// chooser is the page of a choice.
func (c *serveCmd) chooser(cfg *Config, at *choice, code string, log *slog.Logger) http.Handler {
	return dashboard.NewChooser(dashboard.ChooserConfig{
		Code: code, Find: county.Find, Source: county.ChinaSource, TLS: cfg.TLS, Version: version, Log: log,
		Draft: func(region huiying.Region) (*huiying.County, error) {
			files, err := county.Embedded(region)
			if err != nil {
				return nil, err
			}
			return county.Load(files)
		},
		Choose: func(ctx context.Context, region huiying.Region) error { return at.settle(ctx, c.Config, region) },
	})
}

func newSetupCode() string { return grouped(rand.Text()) }

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
	if err := rewrite(cfg.path, text); err != nil {
		return err
	}
	if err := b.s.ledger.Record(ctx, a); err != nil {
		return err
	}
	b.folder.Store(&dir)
	return nil
}
