package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"huiying"
	"huiying/collector"
)

// benchCollectCmd crawls a local site with one core, ours and the colly library by
// turns: lists with links, articles with title, date and text by selectors.
type benchCollectCmd struct {
	Pages  int    `default:"10000" help:"Article pages of the site, in hundreds."`
	Rounds int    `default:"3" help:"Rounds, ours and the peer's by turns; medians are reported."`
	Peer   string `default:"bench" type:"path" help:"Source folder of the peer (bench/ of the repository)."`
	Memory bool   `help:"Measure memory instead: the pages become known to a ledger on disk."`
	Crawl  string `hidden:"" help:"Crawl the site at this address and print the pace."`
}

const (
	collectList  = 100  // links a list page
	collectVisit = 1000 // articles a source
)

// crawlPace is one crawl; the peer prints the same.
type crawlPace struct {
	Pages   int     `json:"pages"`
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu_seconds"`
	RSS     float64 `json:"rss_mb"`
}

func (p crawlPace) perSecond() float64 { return float64(p.Pages) / p.Seconds }
func (p crawlPace) perCPU() float64    { return float64(p.Pages) / p.CPU }

// Run prints one JSON object.
func (c *benchCollectCmd) Run(ctx context.Context) error {
	switch {
	case c.Crawl != "" && c.Memory:
		return c.remember(ctx)
	case c.Crawl != "":
		return c.pace(ctx)
	}
	if c.Pages < collectVisit || c.Pages%collectVisit != 0 {
		return usagef("--pages 应为 %d 的倍数", collectVisit)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	site := &http.Server{Handler: benchSite(c.Pages), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = site.Serve(l) }() // ends with Close
	defer func() { _ = site.Close() }()
	address := "http://" + l.Addr().String()

	dir, err := os.MkdirTemp("", "huiying-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if c.Memory {
		cmd := exec.CommandContext(ctx, self, "bench", "collect", "--memory", "--pages", strconv.Itoa(c.Pages), "--crawl", address)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		return cmd.Run()
	}
	peer, missing := buildPeer(ctx, c.Peer, dir)
	var ours, theirs []crawlPace
	for range c.Rounds {
		p, err := oneCore(exec.CommandContext(ctx, self, "bench", "collect", "--pages", strconv.Itoa(c.Pages), "--crawl", address))
		if err != nil {
			return err
		}
		ours = append(ours, p)
		if missing != nil {
			continue
		}
		if p, err = oneCore(exec.CommandContext(ctx, peer, "collect", address, strconv.Itoa(c.Pages))); err != nil {
			return fmt.Errorf("the peer: %w", err)
		}
		theirs = append(theirs, p)
	}
	return c.report(ours, theirs, missing)
}

func (c *benchCollectCmd) report(ours, theirs []crawlPace, missing error) error {
	out := struct {
		N         int         `json:"n"`
		Seconds   float64     `json:"seconds"`
		Pages     float64     `json:"pages_per_second"`
		PerCPU    float64     `json:"pages_per_cpu_second"`
		RSS       float64     `json:"rss_mb"`
		PeerName  string      `json:"peer,omitempty"`
		Peer      float64     `json:"peer_pages_per_second,omitempty"`
		PeerCPU   float64     `json:"peer_pages_per_cpu_second,omitempty"`
		PeerRSS   float64     `json:"peer_rss_mb,omitempty"`
		NoPeer    string      `json:"peer_missing,omitempty"`
		Rounds    []crawlPace `json:"rounds"`
		PeerRound []crawlPace `json:"peer_rounds,omitempty"`
		Machine   machine     `json:"machine"`
	}{N: c.Pages, Rounds: ours, PeerRound: theirs, Machine: thisMachine()}
	for _, p := range slices.Concat(ours, theirs) {
		out.Seconds += p.Seconds
	}
	out.Pages, out.PerCPU, out.RSS = medianOf(ours, crawlPace.perSecond), medianOf(ours, crawlPace.perCPU), medianOf(ours, func(p crawlPace) float64 { return p.RSS })
	if missing != nil {
		out.NoPeer = missing.Error()
	} else {
		out.PeerName = "github.com/gocolly/colly/v2"
		out.Peer, out.PeerCPU, out.PeerRSS = medianOf(theirs, crawlPace.perSecond), medianOf(theirs, crawlPace.perCPU), medianOf(theirs, func(p crawlPace) float64 { return p.RSS })
	}
	return printJSON(out)
}

func medianOf(list []crawlPace, of func(crawlPace) float64) float64 {
	values := make([]float64, len(list))
	for i, p := range list {
		values[i] = of(p)
	}
	slices.Sort(values)
	return float64(int(values[len(values)/2]*10)) / 10
}

// oneCore runs a crawl on one core and reads its pace.
func oneCore(cmd *exec.Cmd) (crawlPace, error) {
	var p crawlPace
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return p, fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	if err := json.Unmarshal(out, &p); err != nil {
		return p, err
	}
	p.CPU = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	return p, nil
}

// pace crawls the whole site with a ledger in memory, as the peer does.
func (c *benchCollectCmd) pace(ctx context.Context) error {
	start := time.Now()
	published, err := c.crawl(ctx, new(benchBook), func(int) {})
	if err != nil {
		return err
	}
	return printJSON(crawlPace{Pages: published, Seconds: time.Since(start).Seconds(), RSS: residentMB()})
}

// A memoryPace is what the process takes when so many addresses are known.
type memoryPace struct {
	Known int     `json:"known"`
	Heap  float64 `json:"heap_mb"` // in use after a collection
	RSS   float64 `json:"rss_mb"`
}

// remember crawls the site with a ledger on disk and prints the memory taken at a
// tenth, a half and all of it.
func (c *benchCollectCmd) remember(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "huiying-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	book, err := (&Config{Data: dir}).openLedger(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = book.Close() }()
	out := struct {
		N       int          `json:"n"`
		Seconds float64      `json:"seconds"`
		Known   []memoryPace `json:"known"`
		Machine machine      `json:"machine"`
	}{N: c.Pages, Machine: thisMachine()}
	start := time.Now()
	_, err = c.crawl(ctx, book, func(known int) {
		if known != c.Pages/10 && known != c.Pages/2 && known != c.Pages {
			return
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		out.Known = append(out.Known, memoryPace{Known: known, Heap: float64(m.HeapAlloc/1e5) / 10, RSS: residentMB()})
	})
	if err != nil {
		return err
	}
	out.Seconds = time.Since(start).Seconds()
	return printJSON(out)
}

// crawl reads the whole site once, source by source, as a collector does, but for
// its waiting. It tells after each how many pages became posts.
func (c *benchCollectCmd) crawl(ctx context.Context, book collector.Ledger, tell func(published int)) (published int, err error) {
	col := collector.New(collector.Config{
		Region: "141122", Ledger: book, Intake: huiying.Intake{Region: "141122", Key: []byte("bench")},
		Publish: func(_ context.Context, posts []huiying.Post) (int, int, error) {
			published += len(posts)
			return len(posts), 0, nil
		},
		AllowPrivate: true, Rate: rate.Inf, DailyBudget: 1 << 40,
	})
	defer col.Close()
	for first := 0; first < c.Pages; first += collectVisit {
		section := fmt.Sprintf("%s/list/%d/", c.Crawl, first/collectVisit)
		src := huiying.Source{
			ID: huiying.SourceID("bench" + strconv.Itoa(first)), Region: "141122", Kind: "site", Name: "示例网", URL: section + "1", Channel: huiying.ChannelNews,
			Options: map[string]any{
				"list": "ul.news li", "title": "h1", "text": "div.content", "date": "span.time", "author": "span.author",
				"pages": collectVisit / collectList, "page_url": section + "{n}", "max_items": collectVisit, "article_pages": 1,
			},
		}
		if err := col.Visit(ctx, src); err != nil {
			return published, err
		}
		tell(published)
	}
	if published != c.Pages {
		return published, fmt.Errorf("%d pages became posts, want %d", published, c.Pages)
	}
	return published, nil
}

// benchBook is a ledger in memory.
type benchBook struct {
	health map[huiying.SourceID]huiying.SourceHealth
	seen   map[string]bool
}

func (b *benchBook) Sources(context.Context, huiying.Region) ([]huiying.Source, error) {
	return nil, nil
}

func (b *benchBook) Health(context.Context, huiying.Region) (map[huiying.SourceID]huiying.SourceHealth, error) {
	return maps.Clone(b.health), nil
}

func (b *benchBook) SaveHealth(_ context.Context, h huiying.SourceHealth) error {
	if b.health == nil {
		b.health = make(map[huiying.SourceID]huiying.SourceHealth)
	}
	b.health[h.Source] = h
	return nil
}

func (b *benchBook) Unseen(_ context.Context, source huiying.SourceID, keys []string) ([]string, error) {
	var out []string
	for _, k := range keys {
		if !b.seen[string(source)+" "+k] {
			out = append(out, k)
		}
	}
	return out, nil
}

func (b *benchBook) MarkSeen(_ context.Context, source huiying.SourceID, keys []string, _ time.Time) error {
	if b.seen == nil {
		b.seen = make(map[string]bool)
	}
	for _, k := range keys {
		b.seen[string(source)+" "+k] = true
	}
	return nil
}

func (b *benchBook) SaveRejections(_ context.Context, rs []huiying.Rejection) error {
	if len(rs) > 0 {
		return fmt.Errorf("%s: %s", rs[0].Where, rs[0].Error)
	}
	return nil
}

func (b *benchBook) Hold(context.Context, string, string, time.Duration) (bool, error) {
	return true, nil
}
func (b *benchBook) Release(context.Context, string, string) error        { return nil }
func (b *benchBook) AddRevisits(context.Context, []huiying.Revisit) error { return nil }
func (b *benchBook) SaveRevisit(context.Context, huiying.Revisit) error   { return nil }

func (b *benchBook) DueRevisits(context.Context, huiying.SourceID, time.Time, int) ([]huiying.Revisit, error) {
	return nil, nil
}

func (b *benchBook) Revisits(context.Context, []huiying.PostID) (map[huiying.PostID]huiying.Revisit, error) {
	return nil, nil
}

func (b *benchBook) SpendHost(_ context.Context, host string, day time.Time, n, most int) (int, huiying.HostDay, error) {
	return n, huiying.HostDay{Host: host, Day: day, Most: most}, nil
}

func (b *benchBook) KeepAway(context.Context, string, time.Time) error { return nil }

func (b *benchBook) Hosts(context.Context, []string) (map[string]huiying.HostDay, error) {
	return nil, nil
}

// benchSite serves sections of list pages and as many articles, each some 12 KB
// with what frames an article on a county's portal.
func benchSite(pages int) http.Handler {
	frame := strings.Repeat(`<li><a href="/about/1.html">政务公开</a></li>`, 60)
	text := strings.Repeat("<p>交城县天宁镇一处供暖管道漏水，附近三个小区的居民反映室温不足，供热公司已经派人到现场查看，预计当晚恢复。</p>", 30)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "User-agent: *\nDisallow: /admin/\nDisallow: /*.zip$\n")
	})
	mux.HandleFunc("GET /list/{section}/{page}", func(w http.ResponseWriter, r *http.Request) {
		section, _ := strconv.Atoi(r.PathValue("section"))
		page, _ := strconv.Atoi(r.PathValue("page"))
		var b bytes.Buffer
		_, _ = fmt.Fprintf(&b, `<html><head><meta charset="utf-8"><title>新闻</title></head><body><ul class="nav">%s</ul><ul class="news">`, frame)
		first := section*collectVisit + (page-1)*collectList
		for i := first; i < min(first+collectList, pages); i++ {
			_, _ = fmt.Fprintf(&b, `<li><a href="/a/%d.html">第 %d 篇：天宁镇供暖管道漏水正在抢修</a> 03-05</li>`, i, i)
		}
		_, _ = fmt.Fprint(&b, `</ul></body></html>`)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(b.Bytes())
	})
	mux.HandleFunc("GET /a/{name}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<html><head><meta charset="utf-8"><title>供暖_示例网</title><link rel="canonical" href="/a/%[2]s"></head><body><ul class="nav">%[1]s</ul><h1>第 %[3]s 篇：天宁镇供暖管道漏水正在抢修</h1><p><span class="time">2026-03-05 09:30</span> <span class="author">李记者</span></p><div class="content">%[4]s</div><div class="footer">版权所有</div></body></html>`, frame, r.PathValue("name"), strings.TrimSuffix(r.PathValue("name"), ".html"), text)
	})
	return mux
}
