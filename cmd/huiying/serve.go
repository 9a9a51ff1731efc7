package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof" //nolint:gosec // nothing serves the default mux it adds to
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"huiying"
	"huiying/alerting"
	"huiying/collector"
	"huiying/dashboard/report"
	"huiying/deploy/county"
)

type serveCmd struct {
	Config string   `required:"" type:"path" help:"The installation's huiying.yaml."`
	Region string   `placeholder:"COUNTY" help:"County of an installation that has none yet, by code or name; without it the first page asks."`
	Roles  []string `default:"collector,analyzer,alerting,dashboard" help:"Parts this process plays."`

	Monitor string `env:"HUIYING_MONITOR" placeholder:"ADDR" help:"Also show /healthz, /readyz and /metrics at this address, whatever the roles; to this machine alone also /debug/pprof."`

	Drain time.Duration `env:"HUIYING_DRAIN" default:"0s" help:"How long to say 'not ready' at /readyz before stopping, while still serving: as long as the load balancer takes to notice."`
}

func (c *serveCmd) Run(ctx context.Context) error {
	for _, r := range c.Roles {
		if !slices.Contains(allRoles, r) {
			return usagef("没有 %q 这个角色，可用：%s", r, strings.Join(allRoles, ","))
		}
	}
	if err := begin(c.Config, c.Region); err != nil {
		return err
	}
	cfg, err := readConfig(c.Config)
	if err != nil {
		return err
	}
	log := newLog(os.Stderr)
	if cfg.Region == "" && slices.Contains(c.Roles, roleDashboard) {
		return c.first(ctx, cfg, log)
	}
	if cfg, err = loadConfig(c.Config); err != nil {
		return err
	}
	return c.play(ctx, cfg, log, func(s *system) ([]net.Listener, error) {
		if !slices.Contains(c.Roles, roleDashboard) {
			return nil, nil
		}
		listeners, err := listen(cfg.Listen)
		if err != nil {
			return nil, err
		}
		log.Info("serving", "addresses", cfg.Listen, "region", cfg.Region)
		if s.code != "" {
			site := cmp.Or(strings.TrimSuffix(cfg.Base, "/"), "http://"+listeners[0].Addr().String())
			fmt.Printf("首次使用：打开 %s/setup/start ，设置码 %s（建立账号后失效）\n", site, s.code)
		}
		return listeners, nil
	})
}

// play opens the system and plays its parts; admit makes the dashboard answer, and
// returns the listeners that are to be served from here.
func (c *serveCmd) play(ctx context.Context, cfg *Config, log *slog.Logger, admit func(*system) ([]net.Listener, error)) error {
	speed := huiying.Speed{}
	if cfg.Speed != 1 {
		speed = huiying.NewSpeed(huiying.Speed{}.Now(), cfg.Speed)
	}
	s, err := openSystem(ctx, cfg, speed, nil, log)
	if err != nil && ctx.Err() != nil {
		return nil //nolint:nilerr // told to stop before it had begun
	}
	if err != nil {
		return err
	}
	defer s.close()
	listeners, err := admit(s)
	if err != nil {
		return err
	}
	ctx, stop := s.drain(ctx, c.Drain)
	defer stop()
	go s.reloadOnHangup(ctx) // ends with ctx; holds nothing
	if c.Monitor == "" {
		return s.serve(ctx, listeners, c.Roles)
	}
	probes, err := listen([]string{c.Monitor})
	if err != nil {
		return err
	}
	log.Info("monitored", "address", probes[0].Addr().String())
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serveHTTP(ctx, probes, profiled(s.dashboard.Probes()), log) })
	g.Go(func() error { return s.serve(ctx, listeners, c.Roles) })
	return g.Wait()
}

// profiled adds the Go profiler to what is shown for monitoring, for callers on this
// machine: a profile tells what is in memory.
func profiled(probes http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", probes)
	for path, h := range map[string]http.HandlerFunc{
		"/debug/pprof/": pprof.Index, "/debug/pprof/profile": pprof.Profile, "/debug/pprof/symbol": pprof.Symbol, "/debug/pprof/trace": pprof.Trace,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if !fromHere(r) {
				http.Error(w, "只给本机看", http.StatusForbidden)
				return
			}
			h(w, r)
		})
	}
	return mux
}

// fromHere reports whether a request was sent from this machine: from loopback, or
// from the very address that it came to.
func fromHere(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	to, _ := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return from.Addr().Unmap().IsLoopback() || to != nil && to.AddrPort().Addr().Unmap() == from.Addr().Unmap()
}

// serve runs the parts and the web side together: when one ends, all end.
func (s *system) serve(ctx context.Context, listeners []net.Listener, roles []string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.run(ctx, roles) })
	if len(listeners) > 0 {
		g.Go(func() error { return serveHTTP(ctx, listeners, s.dashboard, s.log) })
	}
	return g.Wait()
}

func listen(addresses []string) ([]net.Listener, error) {
	var out []net.Listener
	for _, a := range addresses {
		l, err := net.Listen("tcp", a)
		if err != nil {
			for _, open := range out {
				_ = open.Close()
			}
			return nil, fmt.Errorf("监听 %s: %w", a, err)
		}
		out = append(out, l)
	}
	return out, nil
}

func newLog(w io.Writer) *slog.Logger {
	return slog.New(tailed{slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo}), troubles, nil})
}

type initCmd struct {
	Region string `required:"" help:"The county, by division code or name: 141122, 交城县; a prefecture or a province by its code: 1411, 14."`
	Dir    string `arg:"" type:"path" help:"Folder to write."`
	Above  string `type:"path" placeholder:"DIR" help:"The folder of the region above, whose rules this one inherits: only its own files are written."`

	IfMissing bool `help:"Do nothing, and succeed, when the folder is there already."`
}

func (c *initCmd) Run() error {
	region := huiying.Region(c.Region)
	if _, err := huiying.ParseRegion(c.Region); err != nil || len(region) > 4 { // a prefecture or a province is named by its code
		of, err := county.Seek(c.Region)
		if err != nil {
			return usageError{err}
		}
		region = of.Region
	}
	if c.IfMissing {
		return c.once(region)
	}
	if err := c.write(region, c.Dir); err != nil {
		return err
	}
	_, err := fmt.Println(c.Dir)
	return err
}

func (c *initCmd) write(region huiying.Region, dir string) error {
	if c.Above != "" {
		return county.WriteBelow(region, c.Above, dir)
	}
	return county.WriteTo(region, dir)
}

// once makes the folder appear whole or not at all: several processes that start
// together may try it on a folder they share.
func (c *initCmd) once(region huiying.Region) error {
	if _, err := os.Stat(c.Dir); err == nil {
		return nil
	}
	parent := filepath.Dir(c.Dir)
	if err := os.MkdirAll(parent, 0o750); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(parent, ".county-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(fresh) }() // nothing is left of it when it was renamed
	if err := c.write(region, filepath.Join(fresh, "county")); err != nil {
		return err
	}
	err = os.Rename(filepath.Join(fresh, "county"), c.Dir)
	if _, there := os.Stat(c.Dir); there == nil {
		return nil // by us or by another
	}
	return err
}

type calendarCmd struct {
	Config string `required:"" type:"path" help:"The installation's huiying.yaml, with a county folder of its own."`
	File   string `arg:"" type:"path" help:"One year as the holiday-cn project publishes it."`
}

// Run adds the year at the end of calendar.yaml, once all of it is sound.
func (c *calendarCmd) Run() error {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	if cfg.County == "" {
		return usagef("%s 没有写 county：程序自带的数据不能改，请先 huiying init 生成县域目录", c.Config)
	}
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	path := filepath.Join(cfg.County, "calendar.yaml")
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, year, err := county.WithYear(before, raw)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", text, 0o644); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	_, err = fmt.Printf("%s：已添上 %d 年的节假日安排，运行中的服务几秒内按它执行\n", path, year)
	return err
}

type checkCmd struct {
	Config string `required:"" type:"path" help:"The installation's huiying.yaml."`
}

// Run prints every problem with file and line, and fails when there is one. What
// the passing of time has made wrong is told, and is no failure.
func (c *checkCmd) Run() error {
	cfg, err := loadConfig(c.Config)
	if err != nil {
		return err
	}
	data, err := cfg.loadCounty()
	if err != nil {
		return err
	}
	if _, err := alerting.NewJudge(&data.Rules); err != nil {
		return err
	}
	folder, err := cfg.countyFiles()
	if err != nil {
		return err
	}
	if err := report.Check(county.Templates(folder)); err != nil {
		return err
	}
	for _, src := range data.Sources {
		if err := collector.Check(src); err != nil {
			return fmt.Errorf("sources.yaml: %s: %w", src.ID, err)
		}
	}
	s := &system{cfg: cfg}
	s.rules = newRulebook(s, data)
	if _, err := s.channels(); err != nil {
		return err
	}
	for _, p := range county.Outdated(data, time.Now()) { // no mistake of the files: they were right once
		fmt.Fprintln(os.Stderr, "提示：", p)
	}
	if _, err := cfg.mailboxes(); err != nil {
		return fmt.Errorf("%s: %w", c.Config, err)
	}
	if _, err := cfg.oidc(); err != nil {
		return fmt.Errorf("%s: %w", c.Config, err)
	}
	_, err = fmt.Printf("%s：%s（%s），单位 %d 个，地名 %d 个，风险主题 %d 类，定级规则 %d 条，信源 %d 个，没有问题\n",
		filepath.Base(c.Config), data.Name, data.Region, len(data.Units), len(data.Divisions), len(data.Lexicon.Topics), len(data.Rules.Levels), len(data.Sources))
	return err
}
