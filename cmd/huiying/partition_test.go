package main_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"huiying"
)

// line is a network line to a server that a test can cut: connections break and
// none comes about until it is mended.
type line struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	down  bool
	conns map[net.Conn]bool
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &line{listener: l, to: to, conns: map[net.Conn]bool{}}
	go func() { // ends with the listener
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go n.carry(c)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); n.cut() })
	return n
}

func (n *line) carry(from net.Conn) {
	to, err := net.Dial("tcp", n.to)
	if err != nil || !n.hold(from, to) {
		_ = from.Close()
		return
	}
	go func() {
		_, _ = io.Copy(to, from)
		_ = to.Close()
	}()
	_, _ = io.Copy(from, to)
	_ = from.Close()
}

func (n *line) hold(conns ...net.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range conns {
		if n.down {
			_ = c.Close()
		}
		n.conns[c] = true
	}
	return !n.down
}

func (n *line) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = true
	for c := range n.conns {
		_ = c.Close()
	}
	clear(n.conns)
}

func (n *line) mend() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = false
}

// through is an address with another host and port in it.
func (n *line) through(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // of our own making
	}
	u.Host = n.listener.Addr().String()
	return u.String()
}

// wired has nodes reach ledger and bus over lines that can be cut.
func (k *cluster) wired() *cluster {
	k.lines = map[*installation][2]*line{}
	return k
}

// toldOnce fails when a notification of a case was written twice.
func (in *installation) toldOnce(token string) int {
	in.t.Helper()
	ids, err := in.listed("/api/v1/cases")
	if err != nil {
		in.t.Fatal(err)
	}
	sum := 0
	for _, id := range ids {
		var whole struct{ Notifications []huiying.Notification }
		if err := getJSON(in.url+"/api/v1/cases/"+id, token, &whole); err != nil {
			in.t.Fatal(err)
		}
		told := map[string]int{}
		for _, n := range whole.Notifications {
			key := strings.Join([]string{n.Channel, string(n.Unit), string(n.Role), string(n.To), n.ToName, n.Text}, " ")
			if told[key]++; told[key] > 1 {
				in.t.Errorf("case %s: written twice: %s", id, key)
			}
		}
		sum += len(whole.Notifications)
	}
	return sum
}

// The node that leads is cut off from ledger and bus while letters come in, then
// the ledger is out of everybody's reach for longer than a message is tried again
// and again: another leads meanwhile, and in the end every letter is in one event,
// told once, and none was given up as a dead letter.
func TestANetworkThatIsCutLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	k := installCluster(t).wired().three()
	first := k.nodes[0]
	first.account("m1", huiying.Monitor)
	var leader *installation
	first.eventually("one node leads", 30*time.Second, func() (err error) {
		leader, err = k.leader()
		return err
	})
	var other *installation
	for _, in := range k.nodes {
		if in != leader {
			other = in
		}
	}
	other.token = strings.TrimSpace(other.run("", "token", "--config", other.config, "m1"))
	const rows = 200
	send := func(part int) {
		t.Helper()
		file := filepath.Join(other.dir, fmt.Sprintf("letters%d.jsonl", part))
		writeLettersFrom(t, file, part*rows, rows)
		if _, err := other.importFile(file); err != nil {
			t.Fatal(err)
		}
	}
	send(0)
	for _, l := range k.lines[leader] {
		l.cut()
	}
	cut := time.Now()
	send(1)
	other.eventually("another node leads", 30*time.Second, func() error {
		next, err := k.leader()
		if err == nil && next == leader {
			err = errors.New("still the one that was cut off")
		}
		return err
	})
	t.Logf("the leader that was cut off was replaced after %v", time.Since(cut).Round(10*time.Millisecond))
	other.eventually("the others gather what came", time.Minute, func() error { return other.eventsAddUp(2 * rows) })
	for _, l := range k.lines[leader] {
		l.mend()
	}
	leader.token = other.token
	leader.eventually("the one that was cut off serves again", time.Minute, func() error { return leader.eventsAddUp(2 * rows) })

	for _, in := range k.nodes {
		k.lines[in][0].cut() // the ledger
	}
	writeLettersFrom(t, filepath.Join(other.dir, "letters2.jsonl"), 2*rows, rows)
	pushed := make(chan error, 1)
	go func() { // what was sent is taken up where it was refused, once the accounts can be asked again
		for end := time.Now().Add(2 * time.Minute); ; time.Sleep(time.Second) {
			file := filepath.Join(other.dir, "letters2.jsonl")
			if _, err := other.importFile(file); err == nil || time.Now().After(end) {
				pushed <- err
				return
			}
		}
	}()
	time.Sleep(20 * time.Second) // a message is tried again after 1 and 10 s
	for _, in := range k.nodes {
		k.lines[in][0].mend()
	}
	if err := <-pushed; err != nil {
		t.Fatal(err)
	}
	other.eventually("every letter is in one event", 2*time.Minute, func() error { return other.eventsAddUp(3 * rows) })
	other.oneCaseAnEvent()
	if other.toldOnce(other.token) == 0 {
		t.Error("nobody was told of anything: this test means nothing")
	}
	var dead huiying.Page[struct{ ID string }]
	if err := getJSON(other.url+"/api/v1/dead-letters", other.account("s1", huiying.SystemAdmin), &dead); err != nil || len(dead.Items) > 0 {
		t.Errorf("%d messages were given up, %v", len(dead.Items), err)
	}
	other.run("", "verify-audit", "--config", other.config)
}
