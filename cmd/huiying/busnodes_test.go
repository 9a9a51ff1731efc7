package main_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"huiying"
	"huiying/deploy/dev"
)

// longRun leaves a test out that takes minutes, unless it is asked for.
func longRun(t *testing.T) {
	t.Helper()
	if os.Getenv("HUIYING_CLUSTER") == "" {
		t.Skip("takes minutes: make test-cluster")
	}
}

// bus3 is an installation on a bus of three servers, whose roles are played by
// processes of their own: two fronts, an analyzer, two keepers of the clocks.
type bus3 struct {
	*cluster
	nats    *dev.NATS
	fronts  [2]*installation
	analyst *installation
	keepers [2]*installation
	rows    int // sent so far
}

func installBus3(t *testing.T) *bus3 {
	t.Helper()
	k := &bus3{cluster: clusterWithoutBus(t)}
	var err error
	if k.nats, err = dev.StartNATS(t.Context(), filepath.Join(t.TempDir(), "nats"), 3); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.nats.Stop() })
	k.bus = k.nats.URL()
	k.secure = fmt.Sprintf(", replicas: 3, creds: %q, ca: %q, cert: %q, key: %q", k.nats.Creds, k.nats.CA, k.nats.Client.Cert, k.nats.Client.Key)
	county := filepath.Join(t.TempDir(), "county")
	(&installation{t: t}).run("", "init", "--region", "141122", county)
	role := func(roles string) *installation { return k.node("141122", county, "--roles", roles) }
	for i := range k.fronts {
		k.fronts[i] = role("dashboard,collector")
	}
	k.analyst = role("analyzer")
	for i := range k.keepers {
		k.keepers[i] = role("alerting")
	}
	k.fronts[0].account("m1", huiying.Monitor)
	for _, in := range k.fronts {
		in.token = strings.TrimSpace(in.run("", "token", "--config", in.config, "m1"))
	}
	return k
}

// send imports letters through a front while something happens, and goes on where
// it was refused until all are taken.
func (k *bus3) send(front int, happens func()) {
	k.t.Helper()
	const rows = 60
	in := k.fronts[front]
	file := filepath.Join(in.dir, fmt.Sprintf("letters%d.jsonl", k.rows))
	writeLettersFrom(k.t, file, k.rows, rows)
	k.rows += rows
	done := make(chan error, 1)
	go func() {
		for end := time.Now().Add(2 * time.Minute); ; time.Sleep(500 * time.Millisecond) {
			if _, err := in.importFile(file); err == nil || time.Now().After(end) {
				done <- err
				return
			}
		}
	}()
	happens()
	if err := <-done; err != nil {
		k.t.Fatal(err)
	}
}

// push brings one post and returns what it was told.
func (in *installation) push(post string) (status int, said string) {
	in.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, in.url+"/api/v1/posts", strings.NewReader("["+post+"]"))
	if err != nil {
		in.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+in.token)
	req.Header.Set("Content-Type", "application/json")
	return in.answer(http.DefaultClient.Do(req))
}

// again starts a process anew, after it was asked to end or killed.
func again(in *installation, sig syscall.Signal) func() {
	return func() {
		in.kill(sig)
		in.start()
	}
}

// Servers of the bus are killed and restarted, then every process is restarted and
// every role killed, while letters come in all the time: each letter is in one
// event at the end, each notice is written once, and nothing is given up.
func TestServersOfTheBusAndEveryRoleGoWhileLettersComeIn(t *testing.T) {
	longRun(t)
	t.Parallel()
	k := installBus3(t)
	kill := func(i int) {
		t.Helper()
		if err := k.nats.Kill(i); err != nil {
			t.Fatal(err)
		}
	}
	restart := func(i int) {
		t.Helper()
		if err := k.nats.Restart(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	k.send(0, func() {}) // the streams are there
	leader, err := k.nats.Leader("POSTS")
	if err != nil {
		t.Fatal(err)
	}
	k.send(0, func() { kill(leader) })
	k.fronts[0].eventually("two servers go on alone", time.Minute, func() error { return k.fronts[0].eventsAddUp(k.rows) })
	k.send(1, func() { restart(leader) })
	for i := range 3 { // as an upgrade of the servers goes
		k.send(i%2, func() { kill(i); restart(i) })
		k.fronts[0].eventually("the servers are in step", time.Minute, func() error { return k.fronts[0].eventsAddUp(k.rows) })
	}
	leader, err = k.nats.Leader("POSTS")
	if err != nil {
		t.Fatal(err)
	}
	other := (leader + 1) % 3
	kill(leader)
	kill(other)
	if status, said := k.fronts[0].push(`{"id": "kill-0000", "channel": "letter", "text": "送过的一封"}`); status != http.StatusServiceUnavailable {
		t.Errorf("without a majority of the servers a push is told %d %s", status, said)
	}
	restart(leader)
	restart(other)

	for i, in := range k.nodes { // a rolling restart; letters go through the front that stays
		front := 0
		if in == k.fronts[0] {
			front = 1
		}
		k.send(front, again(in, []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL}[i%2]))
	}
	for _, in := range k.nodes[2:] { // the signal it did not get yet
		k.send(0, again(in, syscall.SIGKILL))
	}
	k.fronts[0].eventually("every letter is in one event", 2*time.Minute, func() error { return k.fronts[0].eventsAddUp(k.rows) })
	k.fronts[1].oneCaseAnEvent()
	if k.fronts[1].toldOnce(k.fronts[1].token) == 0 {
		t.Error("nobody was told of anything: this test means nothing")
	}
	var dead huiying.Page[struct{ ID string }]
	if err := getJSON(k.fronts[0].url+"/api/v1/dead-letters", k.fronts[0].account("s1", huiying.SystemAdmin), &dead); err != nil || len(dead.Items) > 0 {
		t.Errorf("%d messages were given up, %v", len(dead.Items), err)
	}
	k.fronts[0].run("", "verify-audit", "--config", k.fronts[0].config)
}
