package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"

	"huiying"
	"huiying/analyzer"
	"huiying/store/clickhouse"
	"huiying/store/sqlite"
)

type benchIngestCmd struct {
	Rate  int           `default:"500" help:"Posts a second for the delay."`
	For   time.Duration `default:"20s" help:"How long the delay is measured."`
	Batch int           `default:"10" help:"Posts in one request while the delay is measured."`
	Most  int           `default:"20000" help:"Posts pushed as fast as they are taken, for the rate."`
	Rows  int           `default:"20000" help:"Rows for the archive and the bare driver; 0 leaves them out."`

	Archive string `placeholder:"URL" help:"Compare rows on ClickHouse, in an empty database clickhouse://…, instead of SQLite; the rest is not measured."`
}

// ingestPace is what one installation takes. Delays are real time, from the
// beginning of the request that brings a post to the receipt of its live
// message by a websocket client.
type ingestPace struct {
	N         int     `json:"n"` // posts whose delay was measured
	Seconds   float64 `json:"seconds"`
	Rate      float64 `json:"offered_per_second"`
	P50       float64 `json:"ingest_to_live_p50_ms"`
	P99       float64 `json:"ingest_to_live_p99_ms"`
	Most      float64 `json:"ingest_to_live_max_ms"`
	Lost      int     `json:"lost"`
	Accepted  float64 `json:"accepted_per_second"` // durable on the bus
	PerSecond float64 `json:"posts_per_second"`    // accepted, assessed, archived and on the screen
	sqlite.Pace
	RSS     float64 `json:"rss_mb"`
	Machine machine `json:"machine"`
}

// Run pushes posts through the API of a whole embedded installation and prints
// one JSON object.
func (c *benchIngestCmd) Run(ctx context.Context) error {
	if c.Rate < 1 || c.Batch < 1 || c.Most < 1 || c.For < time.Second {
		return usagef("--rate、--batch、--most 应为正数，--for 至少一秒")
	}
	if c.Archive != "" {
		return c.runRows(ctx)
	}
	dir, err := os.MkdirTemp("", "huiying-ingest-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b, err := startBenchSystem(ctx, dir)
	if err != nil {
		return err
	}
	began := time.Now()
	p, err := c.measure(ctx, b)
	if err == nil && c.Rows > 0 {
		p.Pace, err = c.rows(ctx, b, dir)
	}
	p.Seconds, p.RSS, p.Machine = time.Since(began).Seconds(), residentMB(), thisMachine()
	if closed := b.close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return printJSON(p)
}

func (c *benchIngestCmd) measure(ctx context.Context, b *benchSystem) (p ingestPace, err error) {
	token, err := b.token(ctx, huiying.Monitor, "wxb")
	if err != nil {
		return p, err
	}
	made, err := newMill(b.analyzer.Load(), time.Now().Add(-24*time.Hour), 10*time.Millisecond)
	if err != nil {
		return p, err
	}
	in := &inlet{url: b.url, token: token, mill: made, seen: make(map[huiying.PostID]time.Time)}
	if err := in.watch(ctx); err != nil {
		return p, err
	}
	defer in.close()

	sent := make(map[huiying.PostID]time.Time)
	began := time.Now()
	every := time.NewTicker(time.Second * time.Duration(c.Batch) / time.Duration(c.Rate))
	defer every.Stop()
	var pushes errgroup.Group // a slow answer must not slow the offer
	n := 0
	for time.Since(began) < c.For {
		<-every.C
		at := time.Now()
		body, ids := in.body(n, c.Batch)
		for _, id := range ids {
			sent[id] = at
		}
		pushes.Go(func() error { return in.push(ctx, body) })
		n += c.Batch
	}
	if err := pushes.Wait(); err != nil {
		return p, err
	}
	p.Rate = float64(n) / time.Since(began).Seconds()
	in.wait(n, 30*time.Second)
	delays := in.delays(sent)
	p.N, p.Lost = len(delays), n-len(delays)
	p.P50, p.P99, p.Most = percentile(delays, 50), percentile(delays, 99), percentile(delays, 100)

	began = time.Now()
	pushes.SetLimit(4)
	for i := 0; i < c.Most; i += 500 {
		body, _ := in.body(n+i, min(500, c.Most-i))
		pushes.Go(func() error { return in.push(ctx, body) })
	}
	if err := pushes.Wait(); err != nil {
		return p, err
	}
	p.Accepted = float64(c.Most) / time.Since(began).Seconds()
	if err := b.archived(ctx, n+c.Most); err != nil {
		return p, err
	}
	p.PerSecond = float64(c.Most) / time.Since(began).Seconds()
	return p, nil
}

// archived waits until so many posts are stored.
func (b *benchSystem) archived(ctx context.Context, n int) error {
	for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		have, err := b.archive.CountPosts(ctx, huiying.PostQuery{})
		if err != nil || have >= n {
			return err
		}
	}
	return fmt.Errorf("not all of %d posts were archived within five minutes", n)
}

// runRows compares the archive on ClickHouse with the bare driver.
func (c *benchIngestCmd) runRows(ctx context.Context) error {
	began := time.Now()
	a, err := openAnalyzer("141122")
	if err != nil {
		return err
	}
	archive, err := clickhouse.OpenArchive(ctx, c.Archive, tokensOf(func() *analyzer.Analyzer { return a }))
	if err != nil {
		return err
	}
	defer func() { _ = archive.Close() }()
	switch n, err := archive.CountPostsUpTo(ctx, huiying.PostQuery{}, 1); {
	case err != nil:
		return err
	case n > 0:
		return usagef("%s 里已有信息，请另给一个空的数据库", c.Archive)
	}
	batches, err := c.batches(a)
	if err != nil {
		return err
	}
	pace, err := archive.MeasurePace(ctx, batches)
	if err != nil {
		return err
	}
	return printJSON(struct {
		clickhouse.Pace
		Batch   int     `json:"batch"`
		Seconds float64 `json:"seconds"`
		Machine machine `json:"machine"`
	}{pace, archiveBatch, time.Since(began).Seconds(), thisMachine()})
}

// batches are posts in batches as the system stores them.
func (c *benchIngestCmd) batches(a *analyzer.Analyzer) ([][]huiying.Assessed, error) {
	made, err := newMill(a, time.Now().Add(-240*time.Hour), time.Second)
	if err != nil {
		return nil, err
	}
	var batches [][]huiying.Assessed
	for n := 0; n < c.Rows; n += archiveBatch {
		batches = append(batches, made.batch(n, archiveBatch))
	}
	return batches, nil
}

// rows compares the archive with the bare driver.
func (c *benchIngestCmd) rows(ctx context.Context, b *benchSystem, dir string) (sqlite.Pace, error) {
	batches, err := c.batches(b.analyzer.Load())
	if err != nil {
		return sqlite.Pace{}, err
	}
	dir = filepath.Join(dir, "rows")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return sqlite.Pace{}, err
	}
	return sqlite.MeasurePace(ctx, dir, tokensOf(b.analyzer.Load), batches)
}

// inlet pushes posts and sees them arrive.
type inlet struct {
	url, token string
	mill       *mill
	conn       *websocket.Conn
	ended      chan struct{}

	mu   sync.Mutex
	seen map[huiying.PostID]time.Time
}

func (in *inlet) body(from, n int) ([]byte, []huiying.PostID) {
	var posts []map[string]any
	var ids []huiying.PostID
	for _, x := range in.mill.batch(from, n) {
		ids = append(ids, x.Post.ID)
		posts = append(posts, map[string]any{
			"id": x.Post.ID, "source": x.Post.Source, "channel": x.Post.Channel, "title": x.Post.Title, "text": x.Post.Text, "url": x.Post.URL,
			"published_at": x.Post.PublishedAt,
		})
	}
	raw, err := json.Marshal(posts)
	if err != nil {
		panic(err) // texts and times always encode
	}
	return raw, ids
}

func (in *inlet) push(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, in.url+"/api/v1/posts", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+in.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("POST /api/v1/posts: %s %s", resp.Status, answer)
	}
	return err
}

// watch opens a websocket as an office has it and notes when each post appears.
func (in *inlet) watch(ctx context.Context) error {
	conn, resp, err := websocket.DefaultDialer.DialContext(ctx, strings.Replace(in.url, "http", "ws", 1)+"/api/v1/live", http.Header{"Authorization": {"Bearer " + in.token}})
	if resp != nil {
		_ = resp.Body.Close() // all of it was read
	}
	if err != nil {
		return err
	}
	in.conn, in.ended = conn, make(chan struct{})
	greeted := make(chan struct{})
	go func() {
		defer close(in.ended)
		for {
			_, raw, err := conn.ReadMessage()
			if err != nil {
				return
			}
			at := time.Now()
			var l struct {
				Type huiying.LiveType
				Data struct{ ID huiying.PostID }
			}
			if json.Unmarshal(raw, &l) != nil {
				continue
			}
			switch l.Type {
			case huiying.LiveHello:
				select {
				case <-greeted:
				default:
					close(greeted)
				}
			case huiying.LivePost:
				in.mu.Lock()
				in.seen[l.Data.ID] = at
				in.mu.Unlock()
			}
		}
	}()
	select {
	case <-greeted:
		return nil
	case <-in.ended:
		return fmt.Errorf("the server closed the websocket at once")
	}
}

func (in *inlet) wait(n int, patience time.Duration) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		in.mu.Lock()
		have := len(in.seen)
		in.mu.Unlock()
		if have >= n {
			return
		}
	}
}

func (in *inlet) delays(sent map[huiying.PostID]time.Time) []time.Duration {
	in.mu.Lock()
	defer in.mu.Unlock()
	var out []time.Duration
	for id, at := range in.seen {
		if from, ok := sent[id]; ok {
			out = append(out, at.Sub(from))
		}
	}
	slices.Sort(out)
	return out
}

func (in *inlet) close() {
	_ = in.conn.Close()
	<-in.ended
}
