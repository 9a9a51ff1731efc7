package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"huiying"
	"huiying/dashboard"
	"huiying/deploy/county"
	"huiying/deploy/sample"
)

type demoCmd struct {
	Listen string  `default:"127.0.0.1:8080" help:"Address of the dashboard; port 0 picks a free one."`
	Data   string  `default:"demo-data" type:"path" help:"Folder of the demo's installation; kept between runs."`
	Speed  float64 `default:"1" help:"How many times faster than real time the clocks run."`
	Seed   int64   `default:"1" help:"Varies the sample site's traffic."`
	Past   bool    `default:"true" negatable:"" help:"Begin with six weeks of cases that were answered before."`
}

const (
	demoRegion    = huiying.Region("141122")
	demoPerSecond = 20      // requests a second to our own sample site
	demoBudget    = 1 << 20 // requests a day, which passes quickly there
	credentials   = "demo-credentials.json"
)

// Run starts the sample site and the whole system on an embedded installation.
func (c *demoCmd) Run(ctx context.Context) error {
	if c.Speed <= 0 {
		return usagef("--speed 应大于 0")
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	logFile, err := os.OpenFile(filepath.Join(c.Data, "huiying.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = logFile.Close() }()
	log := newLog(logFile)

	life, err := readLife(c.Data)
	if err != nil {
		return err
	}
	speed := huiying.NewSpeed(life.Now, c.Speed)
	site, err := sample.New(sample.Config{Speed: speed, Start: life.Start, Seed: c.Seed})
	if err != nil {
		return err
	}
	siteAt, err := listenNear(life.Site)
	if err != nil {
		return err
	}
	defer func() { _ = siteAt.Close() }()
	life.Site = siteAt.Addr().String()

	listeners, err := listen([]string{c.Listen})
	if err != nil {
		return err
	}
	defer func() { _ = listeners[0].Close() }()
	url := "http://" + listeners[0].Addr().String()
	cfg, err := c.install(listeners[0].Addr().String(), url, life.Site)
	if err != nil {
		return err
	}
	creds, fresh, err := demoAccounts(c.Data)
	if err != nil {
		return err
	}
	s, err := openSystem(ctx, cfg, speed, creds, log)
	if err != nil {
		return err
	}
	defer s.close()
	if fresh {
		if err := s.enroll(ctx, creds); err != nil {
			return err
		}
		if c.Past {
			if err := s.relive(ctx, life.Start); err != nil {
				return fmt.Errorf("the weeks before the demo: %w", err)
			}
		}
	}
	for _, src := range site.Sources("http://" + life.Site) {
		src.Region = demoRegion
		if err := s.ledger.SaveSource(ctx, src); err != nil {
			return err
		}
	}

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serveHTTP(ctx, []net.Listener{siteAt}, demoSite(site.Handler(), log), log) })
	g.Go(func() error { return s.serve(ctx, listeners, allRoles) })
	g.Go(func() error { return life.keep(ctx, c.Data, speed) })
	_, err = fmt.Printf("回应演示已启动：%s\n样例网站：http://%s/\n账号与口令：%s\n按 Ctrl+C 结束；数据留在 %s，删除该目录即可重来。\n",
		url, life.Site, filepath.Join(c.Data, credentials), c.Data)
	return errors.Join(err, g.Wait())
}

// install writes the county folder and a complete huiying.yaml, so that the
// demo can be served, checked and edited like any installation.
func (c *demoCmd) install(listen, url, site string) (*Config, error) {
	folder := filepath.Join(c.Data, "county")
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		if err := county.WriteTo(demoRegion, folder); err != nil {
			return nil, err
		}
	}
	cfg := &Config{Region: demoRegion, County: "county", Data: ".", Listen: []string{listen}, Base: url, Speed: c.Speed, path: filepath.Join(c.Data, configName)}
	cfg.Access.SecondFactor = []huiying.Role{} // a demo asks for no telephone
	cfg.Collector.UserAgent = "Huiying/" + version
	cfg.Collector.Contact = url
	cfg.Collector.PerSecond = demoPerSecond
	cfg.Collector.DailyBudget = demoBudget
	cfg.Collector.AllowPrivate = true
	cfg.Webhook.URL = "http://" + site + "/hook"
	if err := cfg.write(); err != nil {
		return nil, err
	}
	return loadConfig(cfg.path)
}

// demoSite is the sample web, and the county's own message receiver the demo's
// webhook reports to.
func demoSite(site http.Handler, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", site)
	mux.HandleFunc("POST /hook", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		log.Info("webhook received", "key", r.Header.Get("Idempotency-Key"), "body", string(body))
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// listenNear takes the address used before, so that the sample pages keep
// theirs, or a free one.
func listenNear(before string) (net.Listener, error) {
	if before != "" {
		if l, err := net.Listen("tcp", before); err == nil {
			return l, nil
		}
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

// life is what a demo remembers of its time: when it began and what its clock
// said last, so that a faster clock never runs backwards after a restart.
type life struct {
	Start time.Time `json:"start"`
	Now   time.Time `json:"now"`
	Site  string    `json:"site"`
}

const lifeFile = "demo-life.json"

func readLife(dir string) (*life, error) {
	now := huiying.Speed{}.Now()
	l := &life{Start: now, Now: now}
	raw, err := os.ReadFile(filepath.Join(dir, lifeFile))
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, l); err != nil {
		return nil, fmt.Errorf("%s: %w", lifeFile, err)
	}
	if l.Now.Before(now) {
		l.Now = now
	}
	return l, nil
}

// keep notes the clock every few seconds until ctx ends.
func (l *life) keep(ctx context.Context, dir string, speed huiying.Speed) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	path := filepath.Join(dir, lifeFile)
	for {
		l.Now = speed.Now()
		raw, err := json.Marshal(l)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path+".new", raw, 0o600); err != nil {
			return err
		}
		if err := os.Rename(path+".new", path); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// demoRoles are the accounts of a demo: one a role, and the units that the
// sample site keeps busy.
var demoRoles = []struct {
	role huiying.Role
	user huiying.UserID
	unit huiying.UnitID
	name string
}{
	{huiying.Monitor, "monitor", "wxb", "网信办值守"},
	{huiying.Analyst, "analyst", "wxb", "网信办研判"},
	{huiying.Leader, "leader", "", "值班领导"},
	{huiying.Liaison, "liaison", "sthj", "生态环境分局联络人"},
	{huiying.Handler, "handler", "sthj", "生态环境分局承办人"},
	{huiying.Head, "head", "sthj", "生态环境分局责任人"},
	{huiying.Supervisor, "supervisor", "ducha", "督查室督办"},
	{huiying.Assessor, "assessor", "zfb", "政务公开办考核"},
	{huiying.SystemAdmin, "sysadmin", "", "系统管理员"},
	{huiying.SecurityAdmin, "secadmin", "", "安全管理员"},
	{huiying.AuditAdmin, "auditor", "", "审计管理员"},
	{huiying.Monitor, "xw-monitor", "xwzx", "新闻中心值守"},
	{huiying.Analyst, "xw-analyst", "xwzx", "新闻中心研判"},
	{huiying.Liaison, "jkj-liaison", "jkj", "教科局联络人"},
	{huiying.Liaison, "rsj-liaison", "rsj", "人社局联络人"},
	{huiying.Liaison, "yjj-liaison", "yjj", "应急局联络人"},
	{huiying.Liaison, "zjj-liaison", "zjj", "住建局联络人"},
	{huiying.Liaison, "wjj-liaison", "wjj", "卫健体局联络人"},
	{huiying.Liaison, "ybj-liaison", "ybj", "医保局联络人"},
	{huiying.Liaison, "gaj-liaison", "gaj", "公安局联络人"},
	{huiying.Liaison, "scjg-liaison", "scjg", "市场监管局联络人"},
	{huiying.Liaison, "t102-liaison", "t102", "西营镇联络人"},
}

// demoAccounts reads the credentials of this folder, making random ones the
// first time.
func demoAccounts(dir string) (creds []dashboard.Credential, fresh bool, err error) {
	path := filepath.Join(dir, credentials)
	raw, err := os.ReadFile(path)
	if err == nil {
		return creds, false, json.Unmarshal(raw, &creds)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, false, err
	}
	for _, d := range demoRoles {
		creds = append(creds, dashboard.Credential{
			Role: d.role, User: d.user, Unit: d.unit, Name: d.name, Password: random(12), Token: "hy_" + random(32),
		})
	}
	raw, err = json.MarshalIndent(creds, "", "  ")
	if err != nil {
		return nil, false, err
	}
	return creds, true, os.WriteFile(path, append(raw, '\n'), 0o600)
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return strings.ToLower(base32.StdEncoding.EncodeToString(b))[:n]
}

// enroll makes the accounts and tokens of the credentials.
func (s *system) enroll(ctx context.Context, creds []dashboard.Credential) error {
	g := errgroup.Group{}
	g.SetLimit(2) // argon2id is slow on purpose
	for _, c := range creds {
		g.Go(func() error {
			hash, err := dashboard.HashPassword(c.Password)
			if err != nil {
				return err
			}
			u := huiying.User{Person: huiying.Person{User: c.User, Name: c.Name, Role: c.Role, Unit: c.Unit, Region: s.cfg.Region}, PasswordHash: hash}
			if err := s.ledger.SaveUser(ctx, u); err != nil {
				return err
			}
			return s.ledger.SaveToken(ctx, huiying.Token{ID: dashboard.HashToken(c.Token), User: c.User, Name: "演示令牌", CreatedAt: huiying.Speed{}.Now()}, huiying.Audit{})
		})
	}
	return g.Wait()
}
