package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"huiying"
)

// wallClock is the program built with a wall clock that a test sets for one process
// as an operator sets a machine's: time.Now shifted by what a file says, in all of
// the program, with the monotonic reading as it is. The file is read twenty times a
// second.
type wallClock struct {
	program string
	file    string
}

func newWallClock(t *testing.T) *wallClock {
	t.Helper()
	longRun(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	raw, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	const read = "	sec, nsec, mono := runtimeNow()\n"
	if strings.Count(string(raw), read) == 0 {
		t.Fatal("this Go reads its clock in another way than the test knows")
	}
	changed := strings.ReplaceAll(string(raw), read, read+"	sec += Step.seconds.Load()\n") +
		"\n// Step shifts the wall clock.\nvar Step step\n\ntype step struct{ seconds atomic.Int64 }\n\nfunc (s *step) Set(seconds int64) { s.seconds.Store(seconds) }\n"
	changed = strings.Replace(changed, "import (\n", "import (\n	\"internal/runtime/atomic\"\n", 1)
	reader := `package main

import (
	"os"
	"strconv"
	"strings"
	"time"
)

func init() {
	set := func() {
		if text, err := os.ReadFile(os.Getenv("HUIYING_TEST_CLOCK")); err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
				time.Step.Set(n)
			}
		}
	}
	set()
	go func() {
		for {
			time.Sleep(50 * time.Millisecond)
			set()
		}
	}()
}
`
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		original: write("time.go", changed), filepath.Join(here, "testclock.go"): write("testclock.go", reader),
	}})
	if err != nil {
		t.Fatal(err)
	}
	w := &wallClock{program: filepath.Join(dir, "huiying"), file: write("step", "0")}
	if out, err := exec.Command("go", "build", "-overlay", write("overlay.json", string(overlay)), "-o", w.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("building with a clock that can be set: %v\n%s", err, out)
	}
	return w
}

// set puts the clock off by so much from the true time.
func (w *wallClock) set(t *testing.T, off time.Duration) {
	t.Helper()
	if err := os.WriteFile(w.file+".new", []byte(strconv.Itoa(int(off.Seconds()))), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(w.file+".new", w.file); err != nil {
		t.Fatal(err)
	}
}

// whole is a case with all that was written about it.
type whole struct {
	Timeline      []huiying.Entry        `json:"timeline"`
	Notifications []huiying.Notification `json:"notifications"`
}

func (in *installation) whole(token string, id huiying.CaseID) (w whole) {
	in.t.Helper()
	if err := getJSON(in.url+"/api/v1/cases/"+string(id), token, &w); err != nil {
		in.t.Fatal(err)
	}
	return w
}

func (w whole) lapses(kind huiying.ClockKind) (out []huiying.Entry) {
	for _, e := range w.Timeline {
		if e.Action == huiying.ActOverdue && e.Clock == kind {
			out = append(out, e)
		}
	}
	return out
}

// metric is one without labels.
func (in *installation) metric(name string) (value float64) {
	in.t.Helper()
	_, text := fetch(in.t, in.url+"/metrics")
	for line := range strings.Lines(text) {
		if _, err := fmt.Sscanf(line, name+" %g", &value); err == nil {
			return value
		}
	}
	in.t.Fatalf("no metric %s", name)
	return 0
}

// The clock of the machine is set two hours forward and back again while a
// deadline runs, the process is suspended past a deadline, and the clock is set
// back with another one running: each lapse is on record once, with how late, no
// notice is written twice, sources are visited and notices sent by the time that is
// left, and the page, the audit trail and the metrics say what was done to the clock.
func TestAClockThatJumpsDoublesNoLapse(t *testing.T) {
	w := newWallClock(t)
	t.Parallel()
	in := installIn(t, t.TempDir(), "")
	in.kill(syscall.SIGTERM)
	in.program, in.env = w.program, []string{"HUIYING_TEST_CLOCK=" + w.file}
	in.start()
	analyst, admin, auditor := in.account("a1", huiying.Analyst), in.account("s1", huiying.SystemAdmin), in.account("u1", huiying.AuditAdmin)
	chief := in.account("l1", huiying.Leader)
	open := func(title string) huiying.CaseID { // red: to be acknowledged within ten minutes
		t.Helper()
		var c huiying.Case
		in.send(analyst, "/cases", map[string]any{"queue": "online", "title": title, "level": "red", "lead": "zjj"}, &c)
		in.send(chief, "/cases/"+string(c.ID)+"/assign", map[string]any{"version": c.Version, "lead": "zjj"}, nil)
		return c.ID
	}
	lapsed := func(id huiying.CaseID, times int) error {
		w := in.whole(analyst, id)
		if n := len(w.lapses(huiying.ClockAcknowledge)); n != times {
			return fmt.Errorf("%s lapsed %d times, want %d", id, n, times)
		}
		told := map[string]int{}
		for _, n := range w.Notifications {
			key := fmt.Sprint(n.Channel, n.Kind, n.Unit, n.Role, n.To, n.Text)
			if told[key]++; told[key] > 1 {
				in.t.Errorf("%s: written twice: %s", id, key)
			}
		}
		return nil
	}

	first := open("拨快两小时")
	w.set(t, 2*time.Hour)
	in.eventually("the deadline that the clock went past is on record", 20*time.Second, func() error { return lapsed(first, 1) })
	if e := in.whole(analyst, first).lapses(huiying.ClockAcknowledge)[0]; !strings.Contains(e.Detail, "记录时已超 1小时") {
		t.Errorf("the lapse does not say how late it was found: %s", e.Detail)
	}
	ahead := open("在拨快的时钟下立单")
	w.set(t, 0)
	in.eventually("the page says that the clock was set forward and back", 20*time.Second, func() error {
		if page := in.page(admin, "/system"); !strings.Contains(page, "时钟被拨快 2小时") || !strings.Contains(page, "时钟被拨慢 2小时") {
			return errors.New(page)
		}
		return nil
	})
	var trail huiying.Page[huiying.Audit]
	if err := getJSON(in.url+"/api/v1/audit?action=clock.set", auditor, &trail); err != nil || len(trail.Items) != 2 {
		t.Errorf("the trail has %d rows of the clock, %v", len(trail.Items), err)
	}
	time.Sleep(6 * time.Second) // longer than the keeper of the clocks naps
	if err := lapsed(first, 1); err != nil {
		t.Errorf("back at the true time: %v", err)
	}
	if err := lapsed(ahead, 0); err != nil {
		t.Errorf("a case of the future: %v", err)
	}
	if step := in.metric("huiying_clock_step_seconds"); math.Abs(step) > 0.5 {
		t.Errorf("the clock is where it was, the metrics say %g s off", step)
	}

	behind := open("拨慢两小时")
	w.set(t, -2*time.Hour)
	shown := func(text string, times int) func() error {
		return func() error {
			if page := in.page(admin, "/system"); strings.Count(page, text) != times {
				return errors.New(page)
			}
			return nil
		}
	}
	in.eventually("the page says that the clock was set back", 20*time.Second, shown("时钟被拨慢 2小时", 2))
	file := filepath.Join(in.dir, "letters.jsonl")
	writeLetters(t, file, 40)
	in.importAll(file, time.Minute)
	if step := in.metric("huiying_clock_step_seconds"); math.Abs(step+7200) > 0.5 {
		t.Errorf("the clock is two hours behind, the metrics say %g s", step)
	}
	in.eventually("posts are gathered by a clock that was set back", time.Minute, func() error { return in.eventsAddUp(40) })
	if err := lapsed(behind, 0); err != nil {
		t.Error(err)
	}
	w.set(t, 0)
	in.eventually("the page says that the clock was set right", 20*time.Second, shown("时钟被拨快 2小时", 2))

	suspended := open("停顿过了时限")
	if err := in.proc.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Second)
	w.set(t, 12*time.Minute) // as the clock stands when a machine wakes up
	if err := in.proc.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	in.eventually("the deadline it slept through is on record", 20*time.Second, func() error { return lapsed(suspended, 1) })
	in.eventually("the page says that it slept", 20*time.Second, shown("时钟被拨快 12分", 1))
	in.kill(syscall.SIGKILL)
	w.set(t, 0) // set right while nothing runs, as the guide has it
	in.start()
	time.Sleep(6 * time.Second)
	for id, times := range map[huiying.CaseID]int{first: 1, ahead: 0, behind: 1, suspended: 1} {
		if err := lapsed(id, times); err != nil {
			t.Errorf("after a restart: %v", err)
		}
	}
	in.kill(syscall.SIGTERM)
	in.run("", "verify-audit", "--config", in.config)
	in.start()
}
