package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

type benchLiveCmd struct {
	Clients int           `default:"5000" help:"Open websockets."`
	Rate    int           `default:"5" help:"Messages a second to each of them."`
	For     time.Duration `default:"10s" help:"How long each round measures."`
	Rounds  int           `default:"3" help:"Rounds, ours and the peer's by turns; medians are reported."`
	Peer    string        `default:"bench" type:"path" help:"Source folder of the peer (bench/ of the repository)."`
	Serve   string        `hidden:"" type:"path" help:"Be the server under test, with its data here."`
}

// livePace is what one server did in one round, or the medians of several.
type livePace struct {
	P50     float64 `json:"p50_ms"` // from the server's publishing to the client's receipt
	P99     float64 `json:"p99_ms"`
	Most    float64 `json:"max_ms"`
	KB      float64 `json:"kb_per_client"` // growth of the server's resident memory, at its highest
	Lost    int     `json:"lost"`
	CPU     float64 `json:"cpu_seconds"` // of the server, while it published
	Arrived int     `json:"-"`
}

// Run measures both servers in processes of their own, with the same client
// program, messages and audiences: every tenth client is of the offices, the
// others of the units by turns, and every message is for all.
func (c *benchLiveCmd) Run(ctx context.Context) error {
	if c.Serve != "" {
		return serveForBench(ctx, c.Serve)
	}
	if c.Clients < 1 || c.Rate < 1 || c.Rounds < 1 || c.For < time.Second {
		return usagef("--clients、--rate、--rounds 应为正数，--for 至少一秒")
	}
	dir, err := os.MkdirTemp("", "huiying-live-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	began := time.Now()
	peer, without := buildPeer(ctx, c.Peer, dir)
	var ours, theirs []livePace
	for round := range c.Rounds {
		data := filepath.Join(dir, fmt.Sprint("ours", round))
		p, err := c.measure(ctx, exec.CommandContext(ctx, self, "bench", "live", "--serve", data))
		if err != nil {
			return fmt.Errorf("ours: %w", err)
		}
		ours = append(ours, p)
		if without != nil {
			continue
		}
		if p, err = c.measure(ctx, exec.CommandContext(ctx, peer, "live")); err != nil {
			return fmt.Errorf("the peer: %w", err)
		}
		theirs = append(theirs, p)
	}
	return c.report(ours, theirs, without, time.Since(began))
}

func (c *benchLiveCmd) report(ours, theirs []livePace, without error, took time.Duration) error {
	out := struct {
		N       int     `json:"n"` // messages that arrived, ours
		Seconds float64 `json:"seconds"`
		Clients int     `json:"clients"`
		Rate    int     `json:"messages_per_second"` // to each client
		livePace
		PeerName string     `json:"peer,omitempty"`
		PeerP50  float64    `json:"peer_p50_ms,omitempty"`
		PeerP99  float64    `json:"peer_p99_ms,omitempty"`
		PeerKB   float64    `json:"peer_kb_per_client,omitempty"`
		PeerLost int        `json:"peer_lost"`
		NoPeer   string     `json:"peer_missing,omitempty"`
		Rounds   []livePace `json:"rounds"`
		Peers    []livePace `json:"peer_rounds,omitempty"`
		Machine  machine    `json:"machine"`
	}{Seconds: took.Seconds(), Clients: c.Clients, Rate: c.Rate, livePace: medians(ours), Rounds: ours, Peers: theirs, Machine: thisMachine()}
	for _, p := range ours {
		out.N += p.Arrived
	}
	if without != nil {
		out.NoPeer = without.Error()
		return printJSON(out)
	}
	m := medians(theirs)
	out.PeerName, out.PeerP50, out.PeerP99, out.PeerKB, out.PeerLost = "github.com/centrifugal/centrifuge", m.P50, m.P99, m.KB, m.Lost
	return printJSON(out)
}

// medians of the rounds; what was lost is added up.
func medians(rounds []livePace) livePace {
	middle := func(of func(livePace) float64) float64 {
		var values []float64
		for _, r := range rounds {
			values = append(values, of(r))
		}
		slices.Sort(values)
		return values[(len(values)-1)/2]
	}
	m := livePace{
		P50: middle(func(p livePace) float64 { return p.P50 }), P99: middle(func(p livePace) float64 { return p.P99 }),
		Most: middle(func(p livePace) float64 { return p.Most }), KB: middle(func(p livePace) float64 { return p.KB }),
		CPU: middle(func(p livePace) float64 { return p.CPU }),
	}
	for _, r := range rounds {
		m.Lost += r.Lost
	}
	return m
}

// buildPeer compiles the folder bench. Without it, or without a Go toolchain,
// there is nothing to compare with, which is no failure.
func buildPeer(ctx context.Context, source, dir string) (string, error) {
	if _, err := os.Stat(filepath.Join(source, "go.mod")); err != nil {
		return "", fmt.Errorf("the peer's source is not at %s", source)
	}
	path := filepath.Join(dir, "peer")
	build := exec.CommandContext(ctx, "go", "build", "-o", path, ".")
	build.Dir = source
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the peer: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return path, nil
}

// liveWarm is how long messages flow before they count.
const liveWarm = 2 * time.Second

// measure runs one round against the server that cmd starts.
func (c *benchLiveCmd) measure(ctx context.Context, cmd *exec.Cmd) (livePace, error) {
	s, err := startLiveServer(cmd)
	if err != nil {
		return livePace{}, err
	}
	defer s.stop()
	if _, err := s.order("settle"); err != nil {
		return livePace{}, err
	}
	before := residentKB(cmd.Process.Pid)
	crowd, err := joinCrowd(ctx, s.hello, c.Clients, c.Rate*int((c.For+liveWarm)/time.Second))
	if err != nil {
		return livePace{}, err
	}
	defer crowd.leave()

	highest := make(chan int)
	done := make(chan struct{})
	go func() { highest <- highestResidentKB(cmd.Process.Pid, done) }()
	cpu := cpuSeconds(cmd.Process.Pid)
	data := fmt.Sprintf(`{"bench":1,"id":"c01890f3a7b2c","number":"交城回应〔2026〕0001号","title":%q,"state":"assigned","level":"orange","lead":"sthj","units":["sthj","yjj"],"action":"assign","due":"2026-03-02T10:15:00+08:00"}`,
		strings.Repeat("瓦窑小区暖气不热", 4))
	sent, err := s.order(fmt.Sprintf("publish %d %d %s", c.Rate, int((c.For+liveWarm)/time.Second), data))
	cpu = cpuSeconds(cmd.Process.Pid) - cpu
	if err == nil {
		crowd.wait(sent, 10*time.Second)
	}
	close(done)
	p := crowd.pace(sent, int(liveWarm/time.Second)*c.Rate)
	p.KB, p.CPU = float64(<-highest-before)/float64(c.Clients), cpu
	return p, err
}

// liveServer is a server under test: it greets, takes orders, ends with its
// stdin.
type liveServer struct {
	cmd    *exec.Cmd
	orders io.WriteCloser
	says   *bufio.Reader
	hello  liveGreeting
}

func startLiveServer(cmd *exec.Cmd) (*liveServer, error) {
	s := &liveServer{cmd: cmd}
	cmd.Stderr = os.Stderr
	var err error
	if s.orders, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.says = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if err := s.hear(&s.hello); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *liveServer) hear(into any) error {
	line, err := s.says.ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		return errors.New("the server under test ended")
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(line, into)
}

func (s *liveServer) order(o string) (n int, err error) {
	if _, err := fmt.Fprintln(s.orders, o); err != nil {
		return 0, err
	}
	return n, s.hear(&n)
}

func (s *liveServer) stop() {
	_ = s.orders.Close()
	_ = s.cmd.Wait() // how it ended does not matter: all is measured
}

// joinCrowd opens n websockets, some at a time.
func joinCrowd(ctx context.Context, hello liveGreeting, n, messages int) (*crowd, error) {
	c := &crowd{watchers: make([]*watcher, n)}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(32)
	for i := range n {
		g.Go(func() (err error) {
			token := hello.Office
			if i%10 > 0 {
				token = hello.Units[i%len(hello.Units)]
			}
			c.watchers[i], err = join(ctx, hello, http.Header{"Authorization": {"Bearer " + token}}, messages)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		c.leave()
		return nil, fmt.Errorf("opening %d websockets: %w", n, err)
	}
	return c, nil
}
