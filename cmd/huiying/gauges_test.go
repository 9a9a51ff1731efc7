package main_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// fetch is a page's status and text.
func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

var metricName = regexp.MustCompile(`\b(huiying|process)_[a-z_]+`)

// An alert on a metric that nobody writes never fires, and nobody notices.
func TestEveryMetricThatAlertsAndPanelsAskForExists(t *testing.T) {
	t.Setenv("HUIYING_WECOM_KEY", "no-notice-is-sent-here")
	in := install(t)
	_, text := fetch(t, in.url+"/metrics")
	known := []string{ // they appear with the first source, case and acknowledgement: TestMetrics of the dashboard has them
		"huiying_source_status", "huiying_source_last_success_timestamp_seconds", "huiying_cases_open", "huiying_case_ack_seconds",
	}
	for line := range strings.Lines(text) {
		if name, found := strings.CutPrefix(line, "# TYPE "); found {
			known = append(known, strings.Fields(name)[0])
		}
	}
	for _, file := range []string{"../../deploy/prometheus/huiying.rules.yml", "../../deploy/grafana/huiying.json"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		asked := metricName.FindAllString(string(raw), -1)
		if len(asked) < 10 {
			t.Errorf("%s asks for %d metrics only", file, len(asked))
		}
		for _, name := range asked {
			base := name
			for _, part := range []string{"_bucket", "_count", "_sum"} {
				base = strings.TrimSuffix(base, part)
			}
			if !slices.Contains(known, name) && !slices.Contains(known, base) {
				t.Errorf("%s asks for %s, which /metrics does not have", file, name)
			}
		}
	}
	for _, want := range []string{"huiying_leading 1", `huiying_part_up{part="bus"} 1`, `huiying_queue_waiting{consumer="analyzer",stream="POSTS"} 0`, `huiying_notifications_total{channel="wecom",outcome="failed"} 0`} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s", want)
		}
	}
}

func TestAProcessWithoutPagesIsMonitored(t *testing.T) {
	in := install(t)
	if out := in.run("", "health", in.url); !strings.Contains(out, "live: ok") {
		t.Errorf("health says %q", out)
	}
	in.kill(syscall.SIGTERM)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	in.url = fmt.Sprintf("http://%s", l.Addr())
	_ = l.Close()
	in.start("--roles", "alerting", "--monitor", strings.TrimPrefix(in.url, "http://"))
	if out := in.run("", "health", in.url); !strings.Contains(out, "ledger: ok") || strings.Contains(out, "live") {
		t.Errorf("health says %q", out)
	}
	if status, _ := fetch(t, in.url+"/signin"); status != http.StatusNotFound {
		t.Errorf("a monitored process shows pages: %d", status)
	}
	in.kill(syscall.SIGTERM)
	if out, err := exec.Command(binary, "health", in.url).CombinedOutput(); err == nil || err.Error() != "exit status 1" || !strings.Contains(string(out), "没有回答") {
		t.Errorf("health of a process that ended: %v %q", err, out)
	}
}

func TestACountyFolderIsMadeOnce(t *testing.T) {
	in := &installation{t: t}
	folder := filepath.Join(t.TempDir(), "shared", "county")
	var wg sync.WaitGroup
	for range 4 { // as the parts of a cluster do when they start together
		wg.Go(func() {
			if out, err := exec.Command(binary, "init", "--region", "141122", "--if-missing", folder).CombinedOutput(); err != nil {
				t.Errorf("%v %s", err, out)
			}
		})
	}
	wg.Wait()
	units := filepath.Join(folder, "units.yaml")
	if err := os.WriteFile(units, []byte("ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	in.run("", "init", "--region", "141122", "--if-missing", folder)
	if text, err := os.ReadFile(units); err != nil || string(text) != "ours" {
		t.Errorf("our folder was written over: %q %v", text, err)
	}
	if rest, err := os.ReadDir(filepath.Dir(folder)); err != nil || len(rest) != 1 {
		t.Errorf("left beside it: %v %v", rest, err)
	}
}
