package browser_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"huiying/dashboard/browser"
)

// pictures is where the pictures of the guide go: HUIYING_GUIDE, or nowhere that lasts.
func pictures(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("HUIYING_GUIDE"); dir != "" {
		return dir
	}
	return t.TempDir()
}

// The first run, on nothing but the program: serve writes what it needs, the code
// at the machine opens the page, three administrators begin, a source is tried, a
// message arrives, and what is put off stays put off over a restart.
func TestTheFirstRunLeadsFromNothingToAWorkingInstallation(t *testing.T) {
	t.Parallel()
	shared := running(t)
	if shared.binary == "" {
		t.Skip("starts an installation of its own")
	}
	dir := filepath.Join(t.TempDir(), "new")
	config := filepath.Join(dir, "huiying.yaml")
	shots := pictures(t)

	// Nothing there: a configuration and a county folder appear, and the address.
	first := exec.Command(shared.binary, "serve", "--config", config)
	out, err := first.StdoutPipe()
	must(t, err)
	must(t, first.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	_ = first.Process.Signal(syscall.SIGTERM)
	_ = first.Wait()
	if err != nil || !strings.Contains(line, "已生成") {
		t.Fatalf("serve on nothing says %q (%v)", line, err)
	}

	// The office's own settings: a free port, a receiver, the sample site allowed.
	received := make(chan string, 9)
	theirs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { received <- r.URL.Path }))
	defer theirs.Close()
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/feed.xml" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/rss+xml; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>交口发布</title><item><title>云梦山景区今日起延长开放时间</title><link>http://%s/1</link><pubDate>%s</pubDate><description>景区开放到晚上八点。</description></item></channel></rss>`, r.Host, time.Now().Format(time.RFC1123Z))
	}))
	defer feed.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	listen := l.Addr().String()
	must(t, l.Close())
	raw, err := os.ReadFile(config)
	must(t, err)
	text := strings.Replace(string(raw), "127.0.0.1:8080", listen, 1) + fmt.Sprintf("collector: {allow_private: true}\nwebhook: {url: %q}\naccess: {second_factor: []}\n", theirs.URL)
	must(t, os.WriteFile(config, []byte(text), 0o600))

	url, code, stop := serving(t, exec.Command(shared.binary, "serve", "--config", config))
	defer func() { stop() }()
	must(t, ready(url))
	b := chromium(t)
	w, err := b.Tab(url, browser.Desktop)
	must(t, err)
	defer w.Close()
	phone, err := b.Tab(url, browser.Phone)
	must(t, err)
	defer phone.Close()
	must(t, w.Open("/"))
	if path, _ := w.Path(); path != "/setup/county" {
		t.Errorf("a new installation leads to %s", path)
	}
	fill := func(fields map[string]string) {
		t.Helper()
		for css, text := range fields {
			must(t, w.Fill(css, text))
		}
	}
	look := func(query string) {
		t.Helper()
		must(t, w.Open("/setup/county"))
		fill(map[string]string{"#q": query})
		must(t, w.Click(".choose button"))
		must(t, w.Until(fmt.Sprintf(`document.readyState === "complete" && new URLSearchParams(location.search).get("q") === %q`, query)))
	}
	for _, nowhere := range []string{"999999", "没有这个县"} {
		look(nowhere)
		must(t, w.Wait(".problem"))
	}
	// The wrong county: as long as there is nobody, another one can be chosen.
	look("石楼县")
	must(t, w.Wait("#setup-county"))
	fill(map[string]string{"#code": code})
	must(t, w.Click("#setup-county button"))
	must(t, w.Wait("#choose-again"))
	accessible(t, w, "/setup/start")
	must(t, phone.Open("/setup/start"))
	fits(t, phone, "/setup/start")
	fill(map[string]string{"#code": "WRONG"})
	must(t, w.Click("#choose-again"))
	must(t, w.Wait(".problem"))
	fill(map[string]string{"#code": code})
	must(t, w.Click("#choose-again"))
	must(t, w.Until(`location.pathname === "/setup/county" && document.querySelector("#q")`))
	if _, err := os.Stat(filepath.Join(dir, "county")); err == nil {
		t.Error("the county that was wrong is still there")
	}
	look("吕梁")
	must(t, w.Click(`.found a[href$="region=141130"]`))
	must(t, w.Wait("#setup-county"))
	look("交口")
	must(t, w.Wait("#setup-county"))
	fill(map[string]string{"#code": strings.ToLower(code)})
	must(t, w.Shot(filepath.Join(shots, "setup-county.png"), true))
	accessible(t, w, "/setup/county")
	must(t, phone.Open("/setup/county?q=%E4%BA%A4%E5%8F%A3"))
	fits(t, phone, "/setup/county")
	fill(map[string]string{"#code": "WRONG"})
	must(t, w.Click("#setup-county button"))
	must(t, w.Wait(".problem"))
	if _, err := os.Stat(filepath.Join(dir, "county")); err == nil {
		t.Error("a wrong code chose a county")
	}
	fill(map[string]string{"#code": strings.ToLower(code)})
	must(t, w.Click("#setup-county button"))
	must(t, w.Wait("#setup-start"))
	raw, err = os.ReadFile(filepath.Join(dir, "county", "county.yaml"))
	if err != nil || !strings.Contains(string(raw), "name: 交口县") {
		t.Fatalf("the county folder: %v\n%s", err, raw)
	}
	if typed, err := browser.Value[string](w, `document.querySelector("#code").value`); err != nil || typed != code {
		t.Errorf("the code has to be typed again: %q (%v)", typed, err)
	}
	must(t, w.Open("/setup/county")) // back: the choice is made
	if path, _ := w.Path(); path != "/setup/start" {
		t.Errorf("once there is a county its choice leads to %s", path)
	}
	const password = "Wenyu-he-2026"
	must(t, w.Shot(filepath.Join(shots, "setup-start.png"), false))
	fill(map[string]string{
		"#code": "WRONG", "#user": "zhao.wei", "#name": "赵伟", "#password": password, "#again": password,
		"#security-name": "钱安", "#audit-name": "孙审",
	})
	must(t, w.Click("#setup-start button"))
	must(t, w.Wait(".problem"))
	fill(map[string]string{"#code": code, "#password": "weak", "#again": "weak"})
	must(t, w.Click("#setup-start button"))
	must(t, w.Until(`document.querySelector(".problem").textContent.includes("个字符")`))
	fill(map[string]string{"#code": strings.ToLower(code), "#password": password, "#again": password})
	must(t, w.Click("#setup-start button"))
	must(t, w.Wait(".handed code"))
	must(t, w.Click("a.primary"))
	must(t, w.Wait(".setup-steps"))
	state := func(step string) string {
		t.Helper()
		must(t, w.Open("/setup?step="+step))
		s, err := browser.Value[string](w, fmt.Sprintf(`document.querySelector('.setup-steps a[href$="step=%s"]').parentElement.className`, step))
		must(t, err)
		return s
	}
	for step, want := range map[string]string{"county": "done", "admins": "todo", "desk": "todo", "units": "todo", "sources": "todo", "message": "todo"} {
		if got := state(step); got != want {
			t.Errorf("step %s is %s, want %s", step, got, want)
		}
	}

	// Sources: looked at first, then kept; done once something came.
	must(t, w.Open("/setup?step=sources"))
	fill(map[string]string{"#s-name": "交口发布", "#s-url": feed.URL + "/feed.xml", "#s-every": "1m"})
	must(t, w.Click(`button[value=test]`))
	must(t, w.Wait(".preview .evidence"))
	must(t, w.Shot(filepath.Join(shots, "setup-sources.png"), false))
	must(t, w.Click(`button[value=save]`))
	must(t, w.Wait(".note[role=status]"))
	for end := time.Now().Add(time.Minute); state("sources") != "done"; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the source never brought anything")
		}
	}

	// A test message really leaves.
	must(t, w.Open("/setup?step=message"))
	must(t, w.Click(`button[value=send]`))
	must(t, w.Wait(".note[role=status]"))
	select {
	case <-received:
	case <-time.After(20 * time.Second):
		t.Error("no message came")
	}
	if got := state("message"); got != "done" {
		t.Errorf("after a message the step is %s", got)
	}

	// What is put off stays so over a restart, and the rest goes on where it was.
	must(t, w.Open("/setup?step=liaisons"))
	must(t, w.Click(`button[value=skip]`))
	must(t, w.Until(`!location.search.includes("liaisons")`))
	stop()
	_, again, stopAgain := serving(t, exec.Command(shared.binary, "serve", "--config", config))
	stop = stopAgain
	must(t, ready(url))
	if again != "" {
		t.Error("an installation with accounts shows a code")
	}
	if got := state("liaisons"); got != "skipped" {
		t.Errorf("after a restart the step put off is %s", got)
	}
	must(t, w.Open("/"))
	banner, err := w.Text(".duties .wants")
	must(t, err)
	if !strings.Contains(banner, "三个管理员") || strings.Contains(banner, "联络人各有账号") {
		t.Errorf("the workbench says %q", banner)
	}
	must(t, w.Open("/setup/start"))
	if path, _ := w.Path(); path != "/setup" {
		t.Errorf("the page of the first accounts leads to %s afterwards", path)
	}
	must(t, w.Open("/setup"))
	must(t, w.Wait("#step-h"))
	must(t, w.Shot(filepath.Join(shots, "setup.png"), false))
}

var said = regexp.MustCompile(`(http://[^/]+)/setup/\w+ ，设置码 ([A-Z0-9-]+)`)

// serving starts a server and returns its address and the code it shows, both ""
// for one with accounts.
func serving(t *testing.T, cmd *exec.Cmd) (url, code string, stop func()) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	must(t, err)
	var log strings.Builder
	logged, err := cmd.StderrPipe()
	must(t, err)
	must(t, cmd.Start())
	shown, up := make(chan []string, 1), make(chan bool, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := said.FindStringSubmatch(lines.Text()); m != nil {
				shown <- m
			}
		}
	}()
	go func() {
		for lines := bufio.NewScanner(logged); lines.Scan(); {
			log.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), "msg=serving") {
				up <- true
			}
		}
		close(up)
	}()
	if ok := <-up; !ok {
		t.Fatalf("the server ended: %s", log.String())
	}
	select {
	case m := <-shown:
		url, code = m[1], m[2]
	case <-time.After(2 * time.Second):
	}
	return url, code, func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}
}
