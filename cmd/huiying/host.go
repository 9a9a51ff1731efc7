package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"huiying"
)

// host is what the machine does to the process: how its clock was set, and how
// long its disk takes.
type host struct {
	dir string // of the data
	log *slog.Logger

	mu    sync.Mutex
	steps []huiying.ClockStep // the latest first
	sync  time.Duration       // of the latest try
}

// How the machine is looked at, in real time.
const (
	clockEvery = time.Second
	stepNoted  = 2 * time.Second // less is what a time service does
	stepsKept  = 20
	diskEvery  = 10 * time.Second
	diskProbe  = ".sync"
)

// watch looks until ctx ends; stepped is told how far the clock was set each time.
func (h *host) watch(ctx context.Context, stepped func(ctx context.Context, s huiying.ClockStep)) {
	var both sync.WaitGroup
	defer both.Wait()
	both.Go(func() { h.watchDisk(ctx) })
	last := time.Now()
	each(ctx, clockEvery, func() {
		now := time.Now()
		by := clockStep(last, now)
		last = now
		if by.Abs() < stepNoted {
			return
		}
		s := huiying.ClockStep{At: now, By: by.Round(time.Second)}
		h.mu.Lock()
		h.steps = slices.Insert(h.steps, 0, s)
		h.steps = h.steps[:min(len(h.steps), stepsKept)]
		h.mu.Unlock()
		h.log.Warn("the clock of this machine was set", "by", s.By)
		stepped(ctx, s)
	})
}

func (h *host) watchDisk(ctx context.Context) {
	slow := false
	look := func() {
		took, err := syncTakes(h.dir)
		if err != nil {
			return // whoever writes in earnest says so
		}
		h.mu.Lock()
		h.sync = took
		h.mu.Unlock()
		if now := took >= huiying.SlowSync; now != slow {
			if slow = now; slow {
				h.log.Warn("the disk of the data is slow", "took", took.Round(time.Millisecond))
			}
		}
	}
	look()
	each(ctx, diskEvery, look)
}

// syncTakes is how long the disk takes to make one small write durable.
func syncTakes(dir string) (time.Duration, error) {
	began := time.Now()
	f, err := os.Create(filepath.Join(dir, diskProbe))
	if err != nil {
		return 0, err
	}
	_, err = f.Write([]byte("1"))
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return time.Since(began), err
}

// seen is what the page 系统 and the metrics show.
func (h *host) seen() (steps []huiying.ClockStep, sync time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.steps), h.sync
}

func each(ctx context.Context, every time.Duration, f func()) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			f()
		}
	}
}

// clockSet puts on record that the clock was set, and frees what would wait for a
// time that was never reached.
func (s *system) clockSet(ctx context.Context, step huiying.ClockStep) {
	by := huiying.TheSystem(s.cfg.Region)
	err := s.ledger.Record(ctx, huiying.Audit{
		At: s.speed.Now(), Region: s.cfg.Region, Who: by.User, Role: by.Role, Action: "clock.set", Object: s.node, Detail: step.Text(),
	})
	if err != nil {
		s.log.Error("that the clock was set is not on record", "err", err)
	}
	if err := s.fromTheFuture(ctx); err != nil {
		s.log.Error("what was written by a clock that ran ahead", "err", err)
	}
	s.engine.Desk().Wake()
}

// fromTheFuture lets notifications go at once that a clock running ahead put off.
func (s *system) fromTheFuture(ctx context.Context) error {
	n, err := s.ledger.Hasten(ctx, s.speed.Now())
	if err != nil {
		return fmt.Errorf("notifications of the future: %w", err)
	}
	if n > 0 {
		s.log.Warn("notifications written by a clock that ran ahead go now", "n", n)
	}
	return nil
}
