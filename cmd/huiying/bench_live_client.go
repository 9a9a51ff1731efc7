package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// crowd is the clients of one round.
type crowd struct {
	watchers []*watcher
}

// watcher is one websocket that notes how old each message is on arrival. It
// does as little as can be: the machine is the server's too.
type watcher struct {
	conn *websocket.Conn
	ages []int32 // µs, in the order of arrival
	n    atomic.Int32
	done chan struct{}
}

// join opens a websocket and reads it until it closes.
func join(ctx context.Context, hello liveGreeting, head http.Header, messages int) (*watcher, error) {
	dialer := websocket.Dialer{ReadBufferSize: 1024, WriteBufferSize: 256, HandshakeTimeout: 30 * time.Second}
	conn, resp, err := dialer.DialContext(ctx, hello.URL, head)
	if resp != nil {
		_ = resp.Body.Close() // all of it was read
	}
	if err != nil {
		return nil, err
	}
	if hello.First != "" {
		if err := conn.WriteMessage(websocket.TextMessage, []byte(hello.First)); err != nil {
			return nil, err
		}
	}
	w := &watcher{conn: conn, ages: make([]int32, messages), done: make(chan struct{})}
	first := make(chan struct{}) // the server has said something: it knows us
	go w.read(hello.Ping, first)
	select {
	case <-first:
		return w, nil
	case <-w.done:
		return nil, errors.New("the server closed a websocket at once")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// marker is in every message that counts.
var marker, sentAt = []byte(`"bench":`), []byte(`"sent":`)

func (w *watcher) read(ping string, first chan struct{}) {
	defer close(w.done)
	buf := make([]byte, 0, 1024)
	for {
		_, r, err := w.conn.NextReader()
		if err != nil {
			return
		}
		if buf, err = readInto(buf[:0], r); err != nil {
			return
		}
		if first != nil {
			close(first)
			first = nil
		}
		if ping != "" && string(buf) == ping {
			if w.conn.WriteMessage(websocket.TextMessage, buf) != nil {
				return
			}
			continue
		}
		now := time.Now().UnixNano()
		for rest := buf; bytes.Contains(rest, marker); { // several messages may share a frame
			at := bytes.Index(rest, sentAt) + len(sentAt)
			var sent int64
			for ; at < len(rest) && rest[at] >= '0' && rest[at] <= '9'; at++ {
				sent = sent*10 + int64(rest[at]-'0')
			}
			if n := int(w.n.Load()); n < len(w.ages) {
				w.ages[n] = int32((now - sent) / 1000)
			}
			w.n.Add(1)
			rest = rest[bytes.Index(rest, marker)+len(marker):]
		}
	}
}

func readInto(buf []byte, r io.Reader) ([]byte, error) {
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}

func (c *crowd) leave() {
	for _, w := range c.watchers {
		if w == nil {
			continue
		}
		_ = w.conn.Close()
		<-w.done
	}
}

// wait lets what is on its way arrive.
func (c *crowd) wait(each int, patience time.Duration) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if !slices.ContainsFunc(c.watchers, func(w *watcher) bool { return int(w.n.Load()) < each }) {
			return
		}
	}
}

// pace sums up, without the first skip messages of each client.
func (c *crowd) pace(each, skip int) livePace {
	var ages []time.Duration
	p := livePace{}
	for _, w := range c.watchers {
		n := int(w.n.Load())
		p.Lost += each - n
		p.Arrived += n
		for _, µs := range w.ages[min(skip, n):min(n, len(w.ages))] {
			ages = append(ages, time.Duration(µs)*time.Microsecond)
		}
	}
	p.P50, p.P99, p.Most = percentile(ages, 50), percentile(ages, 99), percentile(ages, 100)
	return p
}

// residentKB is the memory of a process, 0 where the system does not say.
func residentKB(pid int) int {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(raw)) {
		var kb int
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kb); err == nil {
			return kb
		}
	}
	return 0
}

func highestResidentKB(pid int, done chan struct{}) int {
	highest := 0
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		highest = max(highest, residentKB(pid))
		select {
		case <-done:
			return highest
		case <-tick.C:
		}
	}
}

// cpuSeconds is what a process has used of the processors, 0 where the system
// does not say.
func cpuSeconds(pid int) float64 {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(raw), ") ") // behind the name
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	var user, system float64
	_, _ = fmt.Sscan(fields[11], &user)
	_, _ = fmt.Sscan(fields[12], &system)
	return (user + system) / 100 // ticks of 10 ms
}
