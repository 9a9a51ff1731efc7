package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// liveKeys are what a running process takes over when huiying.yaml is read anew.
// Everything else is wired at the start. The county folder needs no signal: it is
// watched.
var liveKeys = []string{"backup", "retention_days"}

// settings are the configuration's live part.
type settings struct {
	mu      sync.Mutex
	cfg     *Config
	changed chan struct{} // closed by the next change
}

func newSettings(c *Config) *settings { return &settings{cfg: c, changed: make(chan struct{})} }

// now is the configuration in force, and what is closed when another one is.
func (s *settings) now() (*Config, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg, s.changed
}

func (s *settings) use(c *Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg = c
	close(s.changed)
	s.changed = make(chan struct{})
}

// reloadOnHangup reads huiying.yaml anew whenever the process gets SIGHUP
// (systemctl reload), until ctx ends. A file with errors changes nothing.
func (s *system) reloadOnHangup(ctx context.Context) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
		}
		live, rest, err := s.reload()
		if err != nil {
			s.log.Error("huiying.yaml is not in order; the former stays in force", "err", told(err))
			continue
		}
		s.log.Info("huiying.yaml was read anew", "in_force", live)
		if len(rest) > 0 {
			s.log.Warn("这些配置改了，重启后才生效", "keys", strings.Join(rest, " "))
		}
	}
}

// reload puts the live keys in force and says which keys have changed: those, and
// those that need a restart.
func (s *system) reload() (live, rest []string, err error) {
	fresh, err := loadConfig(s.cfg.path)
	if err != nil {
		return nil, nil, err
	}
	if fresh.Backup.Dir != "" {
		if _, err := (passphrase{File: fresh.Backup.Passphrase}).read(); err != nil {
			return nil, nil, fmt.Errorf("backup: %w", err)
		}
	}
	former, _ := s.settings.now()
	for _, key := range changedKeys(former, fresh) {
		if slices.Contains(liveKeys, key) {
			live = append(live, key)
		}
	}
	for _, key := range changedKeys(s.cfg, fresh) { // what the process began with
		if !slices.Contains(liveKeys, key) {
			rest = append(rest, key)
		}
	}
	if len(live) > 0 {
		s.settings.use(fresh)
	}
	return live, rest, nil
}

// changedKeys are the top-level keys of huiying.yaml that two configurations
// differ in, in order.
func changedKeys(a, b *Config) []string {
	differ := map[string]bool{}
	x, y := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for i := range x.NumField() {
		if key := x.Type().Field(i).Tag.Get("yaml"); key != "" && !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			differ[key] = true
		}
	}
	return slices.Sorted(maps.Keys(differ))
}

// drain ends work a while after ctx: the process says that it is not ready, so
// that who sends requests here goes elsewhere, and only then stops.
func (s *system) drain(ctx context.Context, d time.Duration) (work context.Context, stop context.CancelFunc) {
	work, stop = context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		s.dashboard.Drain()
		s.log.Info("draining", "for", d)
		sleep(work, d)
		stop()
	})
	return work, stop
}
