package main_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// said is whether a line of the log holds all words.
func (in *installation) said(words ...string) error {
	log, err := os.ReadFile(in.logFile())
	if err != nil {
		return err
	}
lines:
	for line := range strings.Lines(string(log)) {
		for _, w := range words {
			if !strings.Contains(line, w) {
				continue lines
			}
		}
		return nil
	}
	return fmt.Errorf("the log does not say %q", words)
}

// A running process is told to read huiying.yaml anew: what can be put in force is,
// the rest is named, and a file with a mistake changes nothing.
func TestAHangupPutsTheLiveKeysInForce(t *testing.T) {
	t.Parallel()
	in := install(t)
	former, err := os.ReadFile(in.config)
	if err != nil {
		t.Fatal(err)
	}
	write := func(more string) {
		t.Helper()
		if err := os.WriteFile(in.config, []byte(string(former)+more), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := in.proc.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	write("retention_days: none\n")
	in.eventually("a mistake is told", 10*time.Second, func() error { return in.said("level=ERROR", "not in order") })

	backups := t.TempDir()
	if err := os.WriteFile(filepath.Join(in.dir, "pass"), []byte("一句不会忘记的口令，十二字"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(fmt.Sprintf("retention_days: 90\nspeed: 2\nbackup: {dir: %q, passphrase_file: pass}\n", backups))
	in.eventually("the first back-up is made", 30*time.Second, func() error {
		if found, _ := filepath.Glob(filepath.Join(backups, "*.backup")); len(found) != 1 {
			return errors.New("none")
		}
		return nil
	})
	for _, words := range [][]string{{"read anew", "backup", "retention_days"}, {"level=WARN", "重启后才生效", "speed"}} {
		if err := in.said(words...); err != nil {
			t.Error(err)
		}
	}
	if err := in.said("重启后才生效", "backup"); err == nil {
		t.Error("a key that is in force is said to need a restart")
	}
}

// A process that is told to stop says first that it is not ready, and goes on
// serving until the load balancer had time to notice.
func TestAProcessSaysThatItIsNotReadyBeforeItStops(t *testing.T) {
	t.Parallel()
	in := install(t)
	in.kill(syscall.SIGTERM)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	monitor := l.Addr().String()
	_ = l.Close()
	in.start("--drain", "4s", "--monitor", monitor)
	status := func(url string) int {
		resp, err := http.Get(url)
		if err != nil {
			return 0
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if got := status("http://" + monitor + "/debug/pprof/heap"); got != http.StatusOK {
		t.Errorf("the profiler answers %d to this machine", got)
	}
	if got := status(in.url + "/debug/pprof/heap"); got == http.StatusOK {
		t.Error("the profiler answers where the pages are")
	}
	if err := in.proc.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	in.eventually("it is not ready any more", 3*time.Second, func() error {
		if a, b := status(in.url+"/readyz"), status("http://"+monitor+"/readyz"); a != http.StatusServiceUnavailable || b != http.StatusServiceUnavailable {
			return fmt.Errorf("%d %d", a, b)
		}
		return nil
	})
	if _, err := in.listed("/api/v1/posts"); err != nil {
		t.Errorf("while it drains: %v", err)
	}
	if err := in.proc.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	in.start()
}
