package main_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats-server/v2/server"

	"huiying"
	"huiying/deploy/dev"
)

// cluster is one installation on three machines: a PostgreSQL, a NATS server and
// three processes that share nothing else.
type cluster struct {
	t      *testing.T
	ledger string
	nodes  []*installation
}

func installCluster(t *testing.T) *cluster {
	t.Helper()
	dir := t.TempDir()
	pg, err := dev.StartPostgres(t.Context(), filepath.Join(dir, "postgres"))
	if errors.Is(err, dev.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pg.Stop() })
	k := &cluster{t: t}
	if k.ledger, err = pg.Database(t.Context()); err != nil {
		t.Fatal(err)
	}
	bus, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: filepath.Join(dir, "nats"), NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	bus.Start()
	t.Cleanup(func() { bus.Shutdown(); bus.WaitForShutdown() })
	if !bus.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server is not ready")
	}

	county := filepath.Join(dir, "county")
	(&installation{t: t}).run("", "init", "--region", "141122", county)
	hurry(t, filepath.Join(county, "clocks.yaml"))
	for n := range 3 {
		home := filepath.Join(dir, fmt.Sprintf("node%d", n))
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := l.Addr().String()
		_ = l.Close()
		in := &installation{t: t, dir: home, config: filepath.Join(home, "huiying.yaml"), url: "http://" + addr}
		config := fmt.Sprintf("region: \"141122\"\ncounty: %q\ndata: .\nlisten: [%q]\nbase_url: %q\nledger: %q\nbus: {url: %q, max_bytes: 67108864}\nattachments: %q\n",
			county, addr, in.url, k.ledger, bus.ClientURL(), filepath.Join(dir, "attachments"))
		if err := os.MkdirAll(home, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(in.config, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		in.start()
		t.Cleanup(func() { in.kill(syscall.SIGTERM) })
		k.nodes = append(k.nodes, in)
	}
	return k
}

// hurry has a red case acknowledged within seconds.
func hurry(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	quick := regexp.MustCompile(`limits: \{red: 10m`).ReplaceAll(text, []byte("limits: {red: 6s"))
	if string(quick) == string(text) {
		t.Fatal("no clock to hurry")
	}
	if err := os.WriteFile(path, quick, 0o600); err != nil {
		t.Fatal(err)
	}
}

// leader is the node that keeps the clocks now.
func (k *cluster) leader() (*installation, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, k.ledger)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close(ctx) }()
	var holder string
	if err := conn.QueryRow(ctx, "SELECT holder FROM leases WHERE name = 'alerting 141122'").Scan(&holder); err != nil {
		return nil, err
	}
	for _, in := range k.nodes {
		id, err := os.ReadFile(filepath.Join(in.dir, "node.id"))
		if err != nil {
			return nil, err
		}
		if key, err := hex.DecodeString(strings.TrimSpace(string(id))); err == nil && strings.HasSuffix(holder, hex.EncodeToString(key[:8])) {
			return in, nil
		}
	}
	return nil, fmt.Errorf("%q is none of the nodes", holder)
}

// The node that keeps the clocks is killed while deadlines run: another takes
// over, each deadline is put on record once, and each message is written once.
func TestEachDeadlineFiresOnceAlthoughTheLeaderIsKilled(t *testing.T) {
	t.Parallel()
	k := installCluster(t)
	first := k.nodes[0]
	analyst := first.account("a1", huiying.Analyst)
	chief := first.account("l1", huiying.Leader)

	var leader *installation
	first.eventually("one node leads", 30*time.Second, func() (err error) {
		leader, err = k.leader()
		return err
	})
	var others []*installation
	for _, in := range k.nodes {
		if in != leader {
			others = append(others, in)
		}
	}
	const cases = 12
	ids := make([]huiying.CaseID, cases)
	for n := range ids { // through every node: an account made at one signs in at all
		in := k.nodes[n%len(k.nodes)]
		var c huiying.Case
		in.send(analyst, "/cases", map[string]any{"queue": "online", "title": fmt.Sprintf("第 %d 件", n), "level": "red", "lead": "zjj"}, &c)
		k.nodes[(n+1)%len(k.nodes)].send(chief, "/cases/"+string(c.ID)+"/assign", map[string]any{"version": c.Version, "lead": "zjj"}, nil)
		ids[n] = c.ID
	}
	time.Sleep(3 * time.Second) // between sending and deadline
	killed := time.Now()
	leader.kill(syscall.SIGKILL)
	others[0].eventually("another node leads", 30*time.Second, func() error {
		next, err := k.leader()
		if err == nil && next == leader {
			err = errors.New("still the dead one")
		}
		return err
	})
	t.Logf("the dead leader was replaced after %v", time.Since(killed).Round(10*time.Millisecond))
	leader.start()

	for _, id := range ids {
		others[1].eventually("the deadline of "+string(id)+" is on record", time.Minute, func() error {
			var whole struct {
				Timeline      []huiying.Entry        `json:"timeline"`
				Notifications []huiying.Notification `json:"notifications"`
			}
			if err := getJSON(others[1].url+"/api/v1/cases/"+string(id), analyst, &whole); err != nil {
				return err
			}
			lapsed := 0
			for _, e := range whole.Timeline {
				if e.Action == huiying.ActOverdue && e.Clock == huiying.ClockAcknowledge {
					lapsed++
				}
			}
			if lapsed > 1 {
				t.Fatalf("%s lapsed %d times", id, lapsed)
			}
			if lapsed == 0 {
				return errors.New("it has not lapsed")
			}
			told := map[string]int{}
			for _, n := range whole.Notifications {
				key := n.Channel + " " + string(n.To) + " " + n.Text
				if told[key]++; told[key] > 1 {
					t.Fatalf("%s: written twice: %s", id, key)
				}
			}
			return nil
		})
	}
	others[0].run("", "verify-audit", "--config", others[0].config)
}

// All nodes are restarted one after another while letters are imported; whoever
// is up takes them, and each is in one event at the end.
func TestARollingRestartLosesNothing(t *testing.T) {
	t.Parallel()
	k := installCluster(t)
	first := k.nodes[0]
	first.account("m1", huiying.Monitor)
	const rows, parts = 240, 6
	for part := range parts {
		file := filepath.Join(first.dir, fmt.Sprintf("letters%d.jsonl", part))
		writeLettersFrom(t, file, part*rows/parts, rows/parts)
		going := k.nodes[part%len(k.nodes)]
		taking := k.nodes[(part+1)%len(k.nodes)]
		taking.token = strings.TrimSpace(taking.run("", "token", "--config", taking.config, "m1"))
		done := make(chan error, 1)
		go func() {
			s, err := taking.importFile(file)
			if err == nil && s.Accepted+s.Duplicate != rows/parts {
				err = fmt.Errorf("of %d rows: %+v", rows/parts, s)
			}
			done <- err
		}()
		going.kill(syscall.SIGTERM)
		going.start()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	first.token = strings.TrimSpace(first.run("", "token", "--config", first.config, "m1"))
	first.eventually("every row is in one event", 2*time.Minute, func() error { return first.eventsAddUp(rows) })
	first.oneCaseAnEvent()
}
