package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"huiying"
	"huiying/alerting"
	"huiying/alerting/notify"
	"huiying/analyzer"
	"huiying/bus"
	"huiying/collector"
	"huiying/dashboard"
	"huiying/deploy/county"
	"huiying/docs/guide"
	"huiying/store/attachments"
	"huiying/store/ledger"
	"huiying/store/sqlite"
)

// The parts a process can play; `serve --roles` picks some.
const (
	roleCollector = "collector"
	roleAnalyzer  = "analyzer"
	roleAlerting  = "alerting"
	roleDashboard = "dashboard"
)

var allRoles = []string{roleCollector, roleAnalyzer, roleAlerting, roleDashboard}

// How many messages a consumer takes at once.
const (
	analyzeBatch = 64
	archiveBatch = 256
	alertBatch   = 64
)

// system is every part of one installation in one process, wired.
type system struct {
	cfg      *Config // what the process began with
	settings *settings
	speed    huiying.Speed
	log      *slog.Logger

	bus        *bus.Bus
	ledger     *ledger.Ledger
	archive    archive
	analyzer   atomic.Pointer[analyzer.Analyzer] // another when the county's data change
	engine     *alerting.Engine
	dispatcher *notify.Dispatcher
	files      *attachments.Store
	collector  *collector.Collector
	dashboard  *dashboard.Server
	learning   *learning
	rules      *rulebook
	tracing    *tracing // nil: nobody is told
	host       *host
	node       string
	started    time.Time
	alarmed    sync.Map    // source → since when it was in the trouble that was told
	code       string      // lets somebody make the first accounts on a page
	leading    atomic.Bool // this process keeps the clocks and sends
}

// openSystem opens storage and bus and wires the parts; nothing moves before run.
func openSystem(ctx context.Context, cfg *Config, speed huiying.Speed, creds []dashboard.Credential, log *slog.Logger) (s *system, err error) {
	s = &system{cfg: cfg, settings: newSettings(cfg), speed: speed, log: log, started: time.Now(), host: &host{dir: cfg.Data, log: log}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return s, err
	}
	if s.node, err = cfg.node(); err != nil {
		return s, err
	}
	if s.tracing, err = newTracing(ctx, s.node); err != nil {
		return s, err
	}
	data, err := cfg.loadCounty()
	if err != nil {
		return s, err
	}
	s.rules = newRulebook(s, data)
	for _, p := range county.Outdated(data, speed.Now()) {
		log.Warn("county data is out of date", "problem", p.String())
	}

	open, openCtx := errgroup.WithContext(ctx) // the dictionary and the models take longest: everything else beside them
	open.Go(func() error {
		a, err := analyzer.New(analyzer.Config{County: data, Now: speed.Now})
		s.analyzer.Store(a)
		return err
	})
	open.Go(func() (err error) {
		s.ledger, err = cfg.openLedger(openCtx)
		return err
	})
	open.Go(func() (err error) {
		c := bus.Config{
			URL: cfg.Bus.URL, Creds: cfg.Bus.Creds, TLS: bus.TLS{CA: cfg.Bus.CA, Cert: cfg.Bus.Cert, Key: cfg.Bus.Key}, Replicas: cfg.Bus.Replicas,
			MaxBytes: cfg.Bus.MaxBytes, SyncAlways: cfg.Bus.Sync, Log: log,
		}
		if c.URL == "" {
			c.Dir = filepath.Join(cfg.Data, "bus")
		} else {
			c.Region = cfg.Region // other counties may share the servers
		}
		s.bus, err = bus.Open(ctx, c)
		return err
	})
	if err := open.Wait(); err != nil {
		return s, err
	}
	if s.archive, err = cfg.openArchive(ctx, tokensOf(s.analyzer.Load)); err != nil {
		return s, err
	}
	if s.files, err = attachments.Open(cfg.files(), cfg.Scan); err != nil {
		return s, err
	}
	if err := s.ledger.SaveUnits(ctx, data.Units); err != nil {
		return s, err
	}
	if err := s.ledger.SowSources(ctx, cfg.Region, data.Sources); err != nil {
		return s, err
	}
	for _, p := range data.Profiles {
		if err := s.ledger.SaveProfile(ctx, p, huiying.Audit{}); err != nil {
			return s, err
		}
	}
	return s, s.wire(ctx, creds)
}

// tokensOf is what the archive cuts texts with.
func tokensOf(a func() *analyzer.Analyzer) func(string) []sqlite.Token {
	return func(text string) []sqlite.Token {
		found := a().Tokens(text)
		out := make([]sqlite.Token, len(found))
		for i, t := range found {
			out[i] = sqlite.Token{Term: t.Term, Start: t.Start, End: t.End}
		}
		return out
	}
}

func (s *system) wire(ctx context.Context, creds []dashboard.Credential) (err error) {
	if err := s.compareKeys(ctx); err != nil {
		return err
	}
	key, err := s.cfg.authorKey()
	if err != nil {
		return fmt.Errorf("author key: %w", err)
	}
	ways, err := s.channels()
	if err != nil {
		return err
	}
	channels := make([]string, len(ways))
	for i, w := range ways {
		channels[i] = w.Name()
	}
	s.engine, err = alerting.New(ctx, alerting.Config{
		Region: s.cfg.Region, Ledger: s.ledger, Archive: s.archive, Rules: s.rules.Rules(), Units: s.rules.inForce().units, Speed: s.speed,
		Channels: channels, Duty: s.ledger, Baseline: s.baseline(), Live: s.bus.PublishLive, Log: s.log.With("part", roleAlerting),
	})
	if err != nil {
		return err
	}
	s.dispatcher = notify.NewDispatcher(s.ledger, ways, s.speed, s.engine.Desk().Notified(),
		func(channel, outcome string) { s.dashboard.CountNotification(channel, outcome) }, s.log.With("part", "notify"))
	mailboxes, err := s.cfg.mailboxes()
	if err != nil {
		return err
	}
	secrets, err := s.cfg.secrets()
	if err != nil {
		return err
	}
	s.collector = collector.New(collector.Config{
		Region: s.cfg.Region, Ledger: s.ledger, Publish: s.publish,
		Intake:    huiying.Intake{Region: s.cfg.Region, Key: key, Now: s.speed.Now},
		Speed:     s.speed,
		UserAgent: s.cfg.Collector.UserAgent, Contact: s.cfg.Collector.Contact,
		AllowPrivate: s.cfg.Collector.AllowPrivate, Rate: rate.Limit(s.cfg.Collector.PerSecond),
		DailyBudget: s.cfg.Collector.DailyBudget, Quiet: s.cfg.Collector.Quiet,
		Browser: s.cfg.Collector.Browser, BrowserMB: s.cfg.Collector.BrowserMB, Mailboxes: mailboxes, Secrets: secrets, Allow: s.cfg.Collector.Allow, Urgent: s.urgentSources, Watched: s.watchedPosts,
		OnHealth: s.sourceSeen, Log: s.log.With("part", roleCollector),
	})
	if creds == nil { // a demo makes its own
		if s.code, err = s.setupCode(ctx); err != nil {
			return err
		}
	}
	s.learning = newLearning(s)
	if err := s.learning.refresh(ctx); err != nil {
		s.log.Error("no learned model", "err", err) // the analyzer works without
	}
	factorKey, err := s.cfg.factorKey()
	if err != nil {
		return fmt.Errorf("secret key: %w", err)
	}
	provider, err := s.cfg.oidc()
	if err != nil {
		return err
	}
	folder, err := s.cfg.countyFiles()
	if err != nil {
		return err
	}
	s.dashboard, err = dashboard.New(dashboard.Config{
		Region: s.cfg.Region, County: s.rules.inForce().county.Name, Archive: s.archive, Ledger: s.ledger, Desk: s.engine.Desk(),
		Inlet: s.collector, Bus: s.bus, Learning: s.learning, Channels: s.dispatcher, Rules: s.rules.Rules, Guide: guide.Files, Below: s.rules.Below, RegionName: s.rules.RegionName, Rulebook: s.rules, Machine: s.Machine, SetupCode: s.code, Rechoose: s.cfg.rechoosing(), Policies: s.rules.Policies, Speed: s.speed,
		Log: s.log.With("part", roleDashboard), Version: version, Demo: creds, TLS: s.cfg.TLS, Temp: filepath.Join(s.cfg.Data, "intake"),
		OIDC:          provider,
		Factor:        dashboard.Factor{Roles: s.cfg.Access.SecondFactor, Key: factorKey},
		ReadAppraisal: county.Appraisal, Files: s.files,
		Templates: county.Templates(folder), Base: s.cfg.Base,
	})
	if err != nil {
		return err
	}
	for _, name := range channels {
		s.dashboard.ExpectNotifications(name)
	}
	return s.dashboard.Registry().Register(gauges{s})
}

// run plays the roles until ctx ends or one part fails.
func (s *system) run(ctx context.Context, roles []string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.rules.follow(ctx) })
	g.Go(func() error {
		s.host.watch(ctx, s.clockSet)
		return nil
	})
	g.Go(func() error {
		s.tellNode(ctx, roles)
		return nil
	})
	if slices.Contains(roles, roleCollector) {
		g.Go(func() error { return s.collector.Run(ctx) })
	}
	if slices.Contains(roles, roleAnalyzer) {
		g.Go(func() error { return s.bus.ConsumePosts(ctx, "analyzer", analyzeBatch, s.assess) })
		g.Go(func() error { return s.learning.follow(ctx) })
	}
	if slices.Contains(roles, roleAlerting) {
		g.Go(func() error { return s.bus.ConsumeAssessed(ctx, "archive", archiveBatch, s.keep) })
		g.Go(func() error { return s.keepBackups(ctx) })
		g.Go(func() error { return s.keepRetention(ctx) })
		g.Go(func() error { return s.ledger.Lead(ctx, "alerting "+string(s.cfg.Region), s.node, s.alert) })
	}
	if slices.Contains(roles, roleDashboard) {
		g.Go(func() error { return s.dashboard.Run(ctx) })
		g.Go(func() error { return s.learning.teach(ctx) })
	}
	err := g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// alert gathers, judges, keeps the clocks and sends: what one process does for a
// region at a time. It begins from the ledger, as another may have led before.
func (s *system) alert(ctx context.Context) error {
	s.leading.Store(true)
	defer s.leading.Store(false)
	if err := s.ledger.Trouble(s.engine.Resume(ctx)); errors.Is(err, huiying.ErrBusy) {
		s.log.Error("cannot lead yet", "err", err)
		return nil // the lease is tried for again
	} else if err != nil {
		return err
	}
	if err := s.fromTheFuture(ctx); err != nil {
		return err
	}
	if err := s.replay(ctx); errors.Is(err, huiying.ErrBusy) {
		s.log.Error("cannot gather again yet", "err", err)
		return nil // likewise
	} else if err != nil {
		return fmt.Errorf("gathering again what came since the back-up: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return s.bus.ConsumeAssessed(ctx, "alerting", alertBatch, func(ctx context.Context, batch []huiying.Assessed) error {
			began := time.Now()
			err := s.ledger.Trouble(s.engine.Handle(ctx, batch))
			ids := idsOfAssessed(batch)
			s.tracing.step(stepGather, ids, began, err, s.gathered(ctx, ids))
			return err
		})
	})
	g.Go(func() error { return s.engine.Run(ctx) })
	g.Go(func() error { return s.dispatcher.Run(ctx) })
	g.Go(func() error { // people act through any process
		return s.bus.SubscribeLive(ctx, 0, func(m huiying.Live) {
			if m.Type == huiying.LiveCase {
				s.engine.Desk().Wake()
			}
		})
	})
	return g.Wait()
}

// publish is the collector's last step: its posts are durable then.
func (s *system) publish(ctx context.Context, posts []huiying.Post) (accepted, duplicate int, err error) {
	began := time.Now()
	accepted, duplicate, err = s.bus.PublishPosts(ctx, posts)
	s.tracing.step(stepCollect, idsOfPosts(posts), began, err, nil)
	return accepted, duplicate, err
}

// assess is the analyzer's step: posts in, assessments out.
func (s *system) assess(ctx context.Context, posts []huiying.Post) (err error) {
	began := time.Now()
	defer func() { s.tracing.step(stepAssess, idsOfPosts(posts), began, err, nil) }()
	out := make([]huiying.Assessed, len(posts))
	a := s.analyzer.Load() // a batch is assessed by one
	g := errgroup.Group{}
	g.SetLimit(2)
	for i, p := range posts {
		g.Go(func() error {
			out[i] = huiying.Assessed{Post: p, Assessment: a.Assess(p)}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return s.bus.PublishAssessed(ctx, out)
}

// keep is the archive's step; what is new goes to the open screens.
func (s *system) keep(ctx context.Context, batch []huiying.Assessed) error {
	batch, versions := huiying.SplitVersions(batch)
	if len(versions) > 0 {
		if err := s.archive.SaveVersions(ctx, versions); err != nil {
			return fmt.Errorf("archive %d versions: %w", len(versions), err)
		}
	}
	began := time.Now()
	fresh, failed := s.archive.Insert(ctx, batch)
	s.tracing.step(stepArchive, idsOfAssessed(batch), began, failed, nil)
	if failed != nil {
		failed = fmt.Errorf("archive %d posts: %w", len(batch), failed) // some may be stored all the same
	}
	isNew := make(map[huiying.PostID]bool, len(fresh))
	for _, id := range fresh {
		isNew[id] = true
	}
	var news []huiying.Live
	for _, a := range batch {
		if isNew[a.Post.ID] {
			news = append(news, s.livePost(a))
		}
	}
	began = time.Now()
	err := s.bus.PublishLives(ctx, news)
	s.tracing.step(stepLive, fresh, began, err, nil)
	if err != nil {
		s.log.Warn("live messages lost", "posts", len(news), "err", err)
	}
	return failed
}

func (s *system) livePost(a huiying.Assessed) huiying.Live {
	waited := s.speed.Real(s.speed.Now().Sub(a.Post.CollectedAt))
	return liveMessage(huiying.LivePost, a.Post.Region, map[string]any{
		"id": a.Post.ID, "title": a.Post.Headline(), "source": a.Post.Source, "channel": a.Post.Channel,
		"published_at": a.Post.PublishedAt, "risk": a.Assessment.Risk.Score, "sentiment": a.Assessment.Sentiment.Label,
		"category": a.Assessment.Category, "ingested_ns": time.Now().Add(-waited).UnixNano(),
	})
}

func (s *system) sourceSeen(src huiying.Source, h huiying.SourceHealth) {
	colour, why := h.Status(src, s.speed.Now())
	m := liveMessage(huiying.LiveSource, src.Region, map[string]any{"id": src.ID, "name": src.Name, "status": colour, "why": why, "items": h.Items})
	if err := s.bus.PublishLive(context.Background(), m); err != nil {
		s.log.Debug("live message lost", "source", src.ID, "err", err)
	}
	if colour == "red" {
		if err := s.alarm(context.Background(), src, h, why); err != nil {
			s.log.Error("nobody was told of a red source", "source", src.ID, "err", err)
		}
	}
}

func liveMessage(kind huiying.LiveType, region huiying.Region, data map[string]any) huiying.Live {
	raw, err := json.Marshal(data)
	if err != nil {
		panic(err) // only plain values come here
	}
	return huiying.Live{Type: kind, Region: region, Data: raw}
}

// baselineFresh is how long (real time) the county's usual volume is kept.
const baselineFresh = 10 * time.Minute

// baseline returns this county's median of posts an hour over 30 days, hours
// without a post included; 0 while nothing is known.
func (s *system) baseline() func(context.Context) float64 {
	var mu sync.Mutex
	var value float64
	var at time.Time
	return func(ctx context.Context) float64 {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(at) < baselineFresh {
			return value
		}
		now := s.speed.Now()
		ctx, gaps := huiying.WithGaps(ctx)
		buckets, err := s.archive.Trend(ctx, s.cfg.Region, now.AddDate(0, 0, -30), now, time.Hour)
		if err != nil || len(buckets) == 0 || len(gaps.Parts()) > 0 {
			s.log.Warn("no baseline", "err", err, "missing", gaps.Parts())
			return value
		}
		counts := make([]int, len(buckets))
		for i, b := range buckets {
			counts[i] = b.Posts
		}
		slices.Sort(counts)
		value, at = float64(counts[len(counts)/2]), time.Now()
		return value
	}
}

// serveHTTP serves h on every address until ctx ends, then lets requests finish.
func serveHTTP(ctx context.Context, listeners []net.Listener, h http.Handler, log *slog.Logger) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	g := errgroup.Group{}
	for _, l := range listeners {
		g.Go(func() error {
			if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	g.Go(func() error {
		<-ctx.Done()
		wait, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := srv.Shutdown(wait); err != nil {
			return srv.Close()
		}
		return nil
	})
	return g.Wait()
}

func (s *system) close() {
	wait, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var errs []error
	if s.bus != nil {
		errs = append(errs, s.bus.Close(wait))
	}
	if s.archive != nil {
		errs = append(errs, s.archive.Close())
	}
	if s.ledger != nil {
		errs = append(errs, s.ledger.Close())
	}
	errs = append(errs, s.tracing.close(wait))
	if err := errors.Join(errs...); err != nil {
		s.log.Error("close", "err", err)
	}
}
