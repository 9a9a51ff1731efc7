package main_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// crawlSite is a few hosts of this machine, each with a list of articles. It
// counts who asked for which, and can hold a reader in the middle of one.
type crawlSite struct {
	port  string
	hosts []string
	pages int // of each host

	mu       sync.Mutex
	asked    map[string]int // article → times
	agents   map[string]int // user agent → articles
	busy     map[string]int // host → requests under way
	together bool           // two at once were seen at one host
	n        int            // articles in all
	requests int            // of any kind
	hold     int            // the article that is not answered; 0: none
	held     chan string    // gets the user agent of who asked for it
}

func newCrawlSite(t *testing.T, pages int, hosts ...string) *crawlSite {
	t.Helper()
	s := &crawlSite{hosts: hosts, pages: pages, asked: make(map[string]int), agents: make(map[string]int), busy: make(map[string]int), held: make(chan string, 1)}
	for _, host := range hosts {
		l, err := net.Listen("tcp", net.JoinHostPort(host, s.port))
		if err != nil {
			t.Fatal(err)
		}
		_, s.port, _ = net.SplitHostPort(l.Addr().String())
		server := httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
		_ = server.Listener.Close()
		server.Listener = l
		server.Start()
		t.Cleanup(server.Close)
	}
	return s
}

func (s *crawlSite) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests++
	s.busy[r.Host]++
	s.together = s.together || s.busy[r.Host] > 1
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.busy[r.Host]--
	}()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if r.URL.Path == "/list" {
		for i := range s.pages {
			_, _ = fmt.Fprintf(w, `<ul><li><a href="/a/2026/%d.html">第 %d 件：西街的路灯坏了没有人修</a></li></ul>`, i, i)
		}
		return
	}
	if !strings.HasPrefix(r.URL.Path, "/a/") {
		http.NotFound(w, r)
		return
	}
	s.mu.Lock()
	s.asked[r.Host+r.URL.Path]++
	s.agents[r.UserAgent()]++
	s.n++
	caught := s.n == s.hold
	s.mu.Unlock()
	if caught {
		s.held <- r.UserAgent()
		<-r.Context().Done() // until the reader dies
		return
	}
	_, _ = fmt.Fprintf(w, `<html><head><title>%[1]s_示例论坛</title></head><body><h1>%[1]s 的路灯坏了没有人修</h1><p class="time">%[2]s</p><div class="c"><p>在 %[1]s 这个地方，路灯坏了两个月，晚上出门要打手电，请有关部门来看看。</p></div></body></html>`,
		r.Host+r.URL.Path, time.Now().Add(-time.Hour).Format("2006-01-02 15:04"))
}

// holdAt has the n-th article from now on not answered.
func (s *crawlSite) holdAt(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = s.n + n
}

// sources writes the county's sources.yaml.
func (s *crawlSite) sources(t *testing.T, county string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("sources:\n")
	for i, host := range s.hosts {
		fmt.Fprintf(&b, "  - {id: s%d, kind: site, name: 示例%d, url: \"http://%s/list\", channel: forum, every: 1m, options: {list: li, text: .c, date: .time, max_items: 1000}}\n", i, i, net.JoinHostPort(host, s.port))
	}
	if err := os.WriteFile(filepath.Join(county, "sources.yaml"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// stored are the addresses of all posts an installation lists.
func (s *crawlSite) stored(in *installation) error {
	var got []string
	cursor := ""
	for {
		var page struct {
			Items []struct {
				Post struct {
					URL string `json:"url"`
				} `json:"post"`
			} `json:"items"`
			Next string `json:"next"`
		}
		if err := in.get("/api/v1/posts?limit=500&cursor="+cursor, &page); err != nil {
			return err
		}
		for _, item := range page.Items {
			got = append(got, item.Post.URL)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	want := s.pages * len(s.hosts)
	slices.Sort(got)
	if n := len(slices.Compact(slices.Clone(got))); n != len(got) {
		return fmt.Errorf("%d posts of %d pages: some are there twice", len(got), n)
	}
	if len(got) != want {
		return fmt.Errorf("%d posts, want %d", len(got), want)
	}
	return nil
}

// A process that crawls is killed again and again in the middle of a page: after
// the last start every article is a post, once, and in one event.
func TestACollectorKilledWhileCrawlingLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	site := newCrawlSite(t, 50, "127.0.0.1", "127.0.0.2", "127.0.0.3")
	county := filepath.Join(t.TempDir(), "county")
	(&installation{t: t}).run("", "init", "--region", "141122", county)
	in := install(t)
	in.kill(syscall.SIGTERM)
	site.sources(t, county)
	in.configure("county: " + county + "\ncollector: {allow_private: true, requests_per_second: 20, contact: \"mailto:wxb@example.gov.cn\"}\n")
	for _, n := range []int{7, 30, 1, 45} {
		site.holdAt(n)
		in.start()
		select {
		case <-site.held:
		case <-time.After(time.Minute):
			t.Fatal("nobody crawls")
		}
		in.kill(syscall.SIGKILL)
	}
	in.start()
	in.eventually("every article is a post once", 2*time.Minute, func() error { return site.stored(in) })
	in.eventually("every post is in one event", time.Minute, func() error { return in.eventsAddUp(site.pages * len(site.hosts)) })
	if site.together {
		t.Error("a host was asked for two pages at once")
	}
	more := 0
	for _, n := range site.asked {
		more += n - 1
	}
	if more > 4*3*len(site.hosts) { // the page under way at each host when the process died, and those of a tenth of a second
		t.Errorf("%d pages were asked for again after four kills", more)
	}
}

// A host's budget of the day is kept in the ledger: a process that is killed again
// and again asks no more of it than one that runs through.
func TestTheBudgetOfAHostOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	const budget = 40
	site := newCrawlSite(t, 60, "127.0.0.4")
	county := filepath.Join(t.TempDir(), "county")
	(&installation{t: t}).run("", "init", "--region", "141122", county)
	in := install(t)
	in.kill(syscall.SIGTERM)
	site.sources(t, county)
	in.configure(fmt.Sprintf("county: %s\ncollector: {allow_private: true, requests_per_second: 50, daily_budget: %d}\n", county, budget))
	for _, n := range []int{5, 5, 10} {
		site.holdAt(n)
		in.start()
		select {
		case <-site.held:
		case <-time.After(time.Minute):
			t.Fatal("nobody crawls")
		}
		in.kill(syscall.SIGKILL)
	}
	site.holdAt(-1)
	in.start()
	in.eventually("the budget is spent", time.Minute, func() error {
		var page struct {
			Items []struct {
				Health struct {
					LastError string `json:"last_error"`
				} `json:"health"`
			} `json:"items"`
		}
		if err := in.get("/api/v1/sources", &page); err != nil {
			return err
		}
		if len(page.Items) != 1 || !strings.Contains(page.Items[0].Health.LastError, "每日上限") {
			return fmt.Errorf("the source says %+v", page.Items)
		}
		return nil
	})
	site.mu.Lock()
	defer site.mu.Unlock()
	if site.requests > budget {
		t.Errorf("the host was asked %d times a day, %d may be", site.requests, budget)
	}
	if site.requests < budget-4 { // each kill loses what it was about to send
		t.Errorf("the host was asked %d times; most of the %d should have been sent", site.requests, budget)
	}
}

// configure adds to the configuration.
func (in *installation) configure(text string) {
	in.t.Helper()
	old, err := os.ReadFile(in.config)
	if err == nil {
		err = os.WriteFile(in.config, append(old, text...), 0o600)
	}
	if err != nil {
		in.t.Fatal(err)
	}
}

// Two collectors share more hosts than one visits at a time, by lease: no page is read twice, no host is asked
// by both at once. When one is killed in the middle of a page, the other takes its
// host over as soon as the lease has run out.
func TestTwoCollectorsShareTheSitesAndReplaceEachOther(t *testing.T) {
	t.Parallel()
	var hosts []string
	for i := range 24 {
		hosts = append(hosts, fmt.Sprintf("127.0.1.%d", i+1))
	}
	site := newCrawlSite(t, 20, hosts...)
	k := installCluster(t)
	county := filepath.Join(t.TempDir(), "county")
	(&installation{t: t}).run("", "init", "--region", "141122", county)
	desk := k.node("141122", county)
	desk.run("a-long-password-1\n", "user", "--config", desk.config, "--role", "monitor", "--unit", "wxb", "--full", "值守", "m1")
	desk.token = strings.TrimSpace(desk.run("", "token", "--config", desk.config, "m1"))
	desk.kill(syscall.SIGTERM)
	site.holdAt(250)
	collectors := make(map[string]*installation)
	for _, name := range []string{"Eins", "Zwei"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := l.Addr().String()
		_ = l.Close()
		home := t.TempDir()
		c := &installation{t: t, dir: home, config: filepath.Join(home, "huiying.yaml"), url: "http://" + addr}
		c.write(fmt.Sprintf("region: \"141122\"\ncounty: %q\ndata: .\nledger: %q\nbus: {url: %q, max_bytes: 67108864}\nattachments: %q\ncollector: {allow_private: true, requests_per_second: 10, user_agent: %s}\n", county, k.ledger, k.bus, k.files, name))
		c.start("--roles", "collector", "--monitor", addr)
		t.Cleanup(func() { c.kill(syscall.SIGTERM) })
		collectors[name] = c
	}
	site.sources(t, county) // both stand ready when the sources come
	desk.start("--roles", "analyzer,alerting,dashboard")
	var dead string
	select {
	case dead = <-site.held:
	case <-time.After(time.Minute):
		t.Fatal("nobody crawls")
	}
	site.mu.Lock()
	for page, n := range site.asked {
		if n > 1 {
			t.Errorf("%s was asked for %d times before anybody died", page, n)
		}
	}
	if len(site.agents) != 2 {
		t.Errorf("only %v crawl", site.agents)
	}
	if site.together {
		t.Error("a host was asked for two pages at once")
	}
	site.mu.Unlock()
	name, _, _ := strings.Cut(dead, " ")
	collectors[name].kill(syscall.SIGKILL)
	desk.eventually("the other reads what is left, once", 3*time.Minute, func() error { return site.stored(desk) })
}

// write makes the configuration.
func (in *installation) write(text string) {
	in.t.Helper()
	if err := os.WriteFile(in.config, []byte(text), 0o600); err != nil {
		in.t.Fatal(err)
	}
}
