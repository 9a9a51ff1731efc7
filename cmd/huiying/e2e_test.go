package main_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"huiying"
)

// The tests here drive the real command as its users do: as a process, over its
// command line and its public HTTP API.

var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "huiying-e2e")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "huiying")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// installation is an embedded one with an account for the API.
type installation struct {
	t       *testing.T
	dir     string
	config  string
	url     string
	token   string
	log     string   // file; the process may have filled its own disk
	args    []string // of every start
	env     []string // more of the environment
	program string   // another than the one under test
	proc    *exec.Cmd
}

func install(t *testing.T) *installation {
	t.Helper()
	return installIn(t, t.TempDir(), "")
}

// installIn has its data in a folder, and more in its configuration.
func installIn(t *testing.T, dir, more string) *installation {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	in := &installation{t: t, dir: dir, config: filepath.Join(dir, "huiying.yaml"), url: "http://" + addr, log: filepath.Join(t.TempDir(), "log")}
	config := fmt.Sprintf("region: \"141122\"\ndata: .\nlisten: [%q]\nbase_url: %q\n%s", addr, in.url, more)
	if err := os.WriteFile(in.config, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	in.start()
	in.run("a-long-password-1\n", "user", "--config", in.config, "--role", "monitor", "--unit", "wxb", "--full", "值守", "m1")
	in.token = strings.TrimSpace(in.run("", "token", "--config", in.config, "m1"))
	t.Cleanup(func() { in.kill(syscall.SIGTERM) })
	return in
}

func (in *installation) start(args ...string) {
	in.t.Helper()
	in.launch(args...)
	in.answers("/readyz")
}

// launch starts the process.
func (in *installation) launch(args ...string) {
	in.t.Helper()
	in.proc = exec.Command(cmp.Or(in.program, binary), slices.Concat([]string{"serve", "--config", in.config}, in.args, args)...)
	log, err := os.OpenFile(in.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		in.t.Fatal(err)
	}
	in.proc.Stdout, in.proc.Stderr, in.proc.Env = log, log, append(os.Environ(), in.env...)
	if err := in.proc.Start(); err != nil {
		in.t.Fatal(err)
	}
	_ = log.Close()
}

func (in *installation) answers(path string) {
	in.t.Helper()
	in.eventually("the server answers", time.Minute, func() error {
		resp, err := http.Get(in.url + path)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK {
			return errors.New(resp.Status)
		}
		return nil
	})
}

func (in *installation) logFile() string { return cmp.Or(in.log, filepath.Join(in.dir, "log")) }

func (in *installation) kill(sig syscall.Signal) {
	_ = in.proc.Process.Signal(sig)
	_ = in.proc.Wait()
}

// eventually polls until check has nothing to say.
func (in *installation) eventually(what string, within time.Duration, check func() error) {
	in.t.Helper()
	var err error
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	log, _ := os.ReadFile(in.logFile())
	in.t.Fatalf("%s: %v\n%s", what, err, tail(log))
}

func tail(b []byte) []byte { return b[max(0, len(b)-3000):] }

// run calls the command and returns what it prints.
func (in *installation) run(stdin string, args ...string) string {
	in.t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		in.t.Fatalf("huiying %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}

func (in *installation) get(path string, into any) error {
	return getJSON(in.url+path, in.token, into)
}

func getJSON(url, token string, into any) error {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s %s", url, resp.Status, tail(raw))
	}
	return json.Unmarshal(raw, into)
}

// listed walks every page of a list and returns the id of each item.
func (in *installation) listed(path string) ([]string, error) {
	var ids []string
	cursor := ""
	for {
		var page struct {
			Items []json.RawMessage `json:"items"`
			Next  string            `json:"next"`
		}
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		if err := in.get(path+sep+"limit=500&cursor="+cursor, &page); err != nil {
			return nil, err
		}
		for _, raw := range page.Items {
			var item struct {
				ID   string `json:"id"`
				Post struct {
					ID string `json:"id"`
				} `json:"post"`
			}
			if err := json.Unmarshal(raw, &item); err != nil {
				return nil, err
			}
			if item.ID == "" {
				item.ID = item.Post.ID
			}
			ids = append(ids, item.ID)
		}
		if cursor = page.Next; cursor == "" {
			return ids, nil
		}
	}
}

type summary struct {
	Rows, Accepted, Duplicate, Rejected int
	RejectedFile                        string `json:"rejected_file"`
}

func (in *installation) importFile(path string, args ...string) (summary, error) {
	cmd := exec.Command(binary, append([]string{
		"import", path, "--config", in.config, "--token", in.token, "--map", "published_at=date", "--rejected", filepath.Join(in.dir, "rejected.jsonl"),
	}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return summary{}, fmt.Errorf("import: %w: %s", err, errs.String())
	}
	var s summary
	return s, json.Unmarshal(out.Bytes(), &s)
}

func TestImportedLettersAgreeWithTheDashboard(t *testing.T) {
	t.Parallel()
	file := shared(t, "routing_taidi/dev.jsonl")
	in := install(t)
	want := idsOf(t, file)
	got, err := in.importFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.Rows != len(want) || got.Accepted+got.Duplicate+got.Rejected != got.Rows {
		t.Fatalf("the file has %d rows, import says %+v", len(want), got)
	}
	in.eventually("every letter is stored", time.Minute, func() error {
		ids, err := in.listed("/api/v1/posts")
		if err != nil {
			return err
		}
		return sameOnce(ids, want, got.Rejected)
	})
	var overview huiying.Overview
	in.eventually("the overview counts them", 30*time.Second, func() error {
		if err := in.get("/api/v1/stats/overview", &overview); err != nil {
			return err
		}
		if overview.PostsTotal != got.Accepted {
			return fmt.Errorf("the dashboard counts %d posts, accepted were %d", overview.PostsTotal, got.Accepted)
		}
		return nil
	})
	in.eventually("every letter is in exactly one event", time.Minute, func() error { return in.eventsAddUp(got.Accepted) })
	again, err := in.importFile(file, "--restart")
	if err != nil {
		t.Fatal(err)
	}
	if again.Accepted != 0 || again.Duplicate != got.Accepted+got.Duplicate {
		t.Errorf("importing again gave %+v; every row should be known", again)
	}
}

func (in *installation) eventsAddUp(want int) error {
	sum, cursor := 0, ""
	for {
		var page huiying.Page[huiying.Event]
		if err := in.get("/api/v1/events?limit=500&cursor="+cursor, &page); err != nil {
			return err
		}
		for _, e := range page.Items {
			sum += e.Posts
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if sum != want {
		return fmt.Errorf("events hold %d posts, want %d", sum, want)
	}
	return nil
}

// killings is how often the process is killed; HUIYING_KILLS asks for more than
// a test of every day has time for.
func killings() int {
	if n, err := strconv.Atoi(os.Getenv("HUIYING_KILLS")); err == nil && n > 0 {
		return n
	}
	return 10
}

// The process is killed again and again in the middle of an import; what was
// accepted is there once, and the events hold each post once.
func TestKillingTheProcessLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	kills := killings()
	rows := 300 * kills
	in := install(t)
	file := filepath.Join(in.dir, "letters.jsonl")
	want := writeLetters(t, file, rows)
	var done summary
	for kill := 0; ; kill++ {
		finished := make(chan error, 1)
		go func() {
			s, err := in.importFile(file)
			done = s
			finished <- err
		}()
		if kill == kills {
			if err := <-finished; err != nil || done.Rejected > 0 {
				t.Fatalf("the last import said %+v, %v", done, err)
			}
			break
		}
		time.Sleep(time.Duration(30+kill*37%1000) * time.Millisecond) // at a different point each time
		in.kill(syscall.SIGKILL)
		<-finished // it fails, or it was through already: both are fine
		in.start()
	}
	in.eventually("every row is stored once", 5*time.Minute, func() error {
		ids, err := in.listed("/api/v1/posts")
		if err != nil {
			return err
		}
		return sameOnce(ids, want, 0)
	})
	in.eventually("every row is in one event", 5*time.Minute, func() error { return in.eventsAddUp(rows) })
	in.oneCaseAnEvent()
	in.kill(syscall.SIGTERM)
	in.run("", "verify-audit", "--config", in.config)
	in.start()
}

func (in *installation) oneCaseAnEvent() {
	in.t.Helper()
	seen := make(map[huiying.EventID]string)
	numbers := make(map[string]bool)
	cursor := ""
	for {
		var page huiying.Page[huiying.Case]
		if err := in.get("/api/v1/cases?limit=500&cursor="+cursor, &page); err != nil {
			in.t.Fatal(err)
		}
		for _, c := range page.Items {
			if other, ok := seen[c.Event]; ok {
				in.t.Errorf("event %s has two cases, %s and %s", c.Event, other, c.Number)
			}
			seen[c.Event] = c.Number
			if numbers[c.Number] {
				in.t.Errorf("number %s was given twice", c.Number)
			}
			numbers[c.Number] = true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(seen) == 0 {
		in.t.Error("no case was opened: the test proves nothing about cases")
	}
}

func sameOnce(got []string, want map[string]bool, missing int) error {
	seen := make(map[string]bool, len(got))
	for _, id := range got {
		if seen[id] {
			return fmt.Errorf("%s is there twice", id)
		}
		seen[id] = true
		if !want[id] {
			return fmt.Errorf("%s is there and was never sent", id)
		}
	}
	if len(seen)+missing != len(want) {
		var gone []string
		for id := range want {
			if !seen[id] {
				gone = append(gone, id)
			}
		}
		slices.Sort(gone)
		return fmt.Errorf("%d of %d are there, not %q", len(seen), len(want)-missing, gone[:min(len(gone), 10)])
	}
	return nil
}

func idsOf(t *testing.T, path string) map[string]bool {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	ids := make(map[string]bool)
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var row struct{ ID string }
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		ids[row.ID] = true
	}
	return ids
}

// writeLetters makes a file of invented letters, some of them grave enough to
// become cases.
func writeLetters(t *testing.T, path string, n int) map[string]bool {
	t.Helper()
	return writeLettersFrom(t, path, 0, n)
}

func writeLettersFrom(t *testing.T, path string, first, n int) map[string]bool {
	t.Helper()
	matters := []string{
		"自来水发黄有异味", "化工厂夜里偷排刺鼻气体，多人头晕", "工地拖欠农民工工资，三十多人聚集讨薪", "小区供暖温度不达标",
		"学校食堂疑似食物中毒，多名学生呕吐", "村口道路塌陷多处，出行困难", "物业乱收费", "公交车班次太少",
	}
	villages := []string{"天宁镇", "夏家营镇", "西营镇", "水峪贯镇", "西社镇", "庞泉沟镇", "洪相镇", "东坡底乡"}
	var b bytes.Buffer
	ids := make(map[string]bool, n)
	base := time.Now().Add(-72 * time.Hour)
	for i := first; i < first+n; i++ {
		id := fmt.Sprintf("kill-%04d", i)
		ids[id] = true
		row := map[string]any{
			"id": id, "channel": "letter", "source": "崩溃测试", "title": villages[i%8] + matters[i/8%8],
			"text": fmt.Sprintf("交城县%s%s，情况持续 %d 天，第 %d 户居民反映，请尽快处理。", villages[i%8], matters[i/8%8], i%9+1, i),
			"date": base.Add(time.Duration(i) * 8 * time.Second).Format(time.RFC3339), // thirty thousand are over before now
		}
		raw, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(raw, '\n'))
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return ids
}

// shared is a file of the labelled sets, which stay outside the repository.
func shared(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("../../../shared/data", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("labelled sets not here: ", err)
	}
	return path
}
