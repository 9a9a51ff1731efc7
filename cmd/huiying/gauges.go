package main

import (
	"context"
	"runtime"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// gauges are what /metrics tells of this process and its machine: version, who
// leads, queues, disk and clock. docs/operations.md says what to do about each.
type gauges struct{ s *system }

var (
	buildDesc   = prometheus.NewDesc("huiying_build_info", "1, with the version that runs.", []string{"version", "go"}, nil)
	leadingDesc = prometheus.NewDesc("huiying_leading", "1 in the one process that keeps the clocks and sends, 0 in the others.", nil, nil)
	waitingDesc = prometheus.NewDesc("huiying_queue_waiting", "Messages a consumer has not been given yet.", []string{"stream", "consumer"}, nil)
	unfinDesc   = prometheus.NewDesc("huiying_queue_unfinished", "Messages a consumer has been given and not finished.", []string{"stream", "consumer"}, nil)
	freeDesc    = prometheus.NewDesc("huiying_disk_free_bytes", "What is left on the disk of the data folder.", nil, nil)
	sizeDesc    = prometheus.NewDesc("huiying_disk_size_bytes", "How large the disk of the data folder is.", nil, nil)
	wallDesc    = prometheus.NewDesc("huiying_clock_timestamp_seconds", "This machine's clock when it was asked, unix time: to compare with Prometheus's own.", nil, nil)
	failedDesc  = prometheus.NewDesc("huiying_collect_failures_total", "Pages, lists and sources the collector could not read, by kind of trouble.", []string{"kind"}, nil)
	syncDesc    = prometheus.NewDesc("huiying_disk_sync_seconds", "How long the disk of the data folder took last to make a small write durable; 0 before the first try.", nil, nil)
	backupDesc  = prometheus.NewDesc("huiying_backup_timestamp_seconds", "When the latest back-up was made, unix time; 0: none was ever made.", nil, nil)
	stepDesc    = prometheus.NewDesc("huiying_clock_step_seconds", "How far the clock was set forward (back: negative) since the process began.", nil, nil)
)

// Describe implements prometheus.Collector.
func (gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{buildDesc, leadingDesc, waitingDesc, unfinDesc, freeDesc, sizeDesc, wallDesc, failedDesc, syncDesc, stepDesc, backupDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (g gauges) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(buildDesc, 1, version, runtime.Version())
	if g.s.collector != nil {
		for kind, n := range g.s.collector.Failures() {
			ch <- prometheus.MustNewConstMetric(failedDesc, prometheus.CounterValue, float64(n), string(kind))
		}
	}
	leading := 0.0
	if g.s.leading.Load() {
		leading = 1
	}
	gauge(leadingDesc, leading)
	var disk syscall.Statfs_t
	if err := syscall.Statfs(g.s.cfg.Data, &disk); err == nil {
		gauge(freeDesc, float64(disk.Bavail)*float64(disk.Bsize))
		gauge(sizeDesc, float64(disk.Blocks)*float64(disk.Bsize))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if queues, err := g.s.bus.Depths(ctx); err != nil {
		ch <- prometheus.NewInvalidMetric(waitingDesc, err)
	} else {
		for _, q := range queues {
			gauge(waitingDesc, float64(q.Waiting), q.Stream, q.Consumer)
			gauge(unfinDesc, float64(q.Unfinished), q.Stream, q.Consumer)
		}
	}
	if b, err := g.s.latestBackup(ctx); err != nil {
		ch <- prometheus.NewInvalidMetric(backupDesc, err)
	} else if b.At.IsZero() {
		gauge(backupDesc, 0)
	} else {
		gauge(backupDesc, float64(b.At.Unix()))
	}
	_, took := g.s.host.seen()
	gauge(syncDesc, took.Seconds())
	now := time.Now()
	gauge(stepDesc, clockStep(g.s.started, now).Seconds())
	gauge(wallDesc, float64(now.UnixNano())/1e9)
}

// clockStep is how much further the wall clock went than the time that passed,
// which the monotonic reading of both tells. Slewing, as a time service does it,
// shows in neither.
func clockStep(from, now time.Time) time.Duration {
	return now.Round(0).Sub(from.Round(0)) - now.Sub(from)
}
