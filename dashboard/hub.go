package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"huiying"
)

// hubKept is how many of the latest messages are kept at least, for screens
// that come back after a gap. One that was away longer is told to load anew.
const hubKept = 2048

// hubGrace is how long a closing hub waits for clients that do not take their
// close frame.
const hubGrace = 2 * time.Second

// hub fans live messages out to the open screens. A message is made ready for
// the wire once; screens that may see the same things form one audience, so who
// may see it is asked once an audience. Nothing here waits for a screen: what one
// does not take at once waits in a bounded queue of its own.
type hub struct {
	now     func() time.Time // the county's time, told in greetings
	wall    func() time.Time
	metrics *metrics
	ping    time.Duration // between two pings of a connection, real time
	write   time.Duration // what waits for a screen may take that long, real time
	grace   time.Duration // see hubGrace

	mu        sync.Mutex
	opened    bool
	audiences map[audience]map[*client]struct{}
	kept      []*frame  // the latest, oldest first
	last      uint64    // the highest seq seen
	to        []*client // scratch of fanOut
	epoch     int64     // when this hub began: a seq of another one may mean another message

	heard atomic.Uint64 // last, for those who make a page: its screen resumes from there

	done chan struct{} // closed when the hub closes
	busy sync.WaitGroup
}

// audience is all that decides what a person may see.
type audience struct {
	region huiying.Region
	role   huiying.Role
	unit   huiying.UnitID
}

func audienceOf(p huiying.Person) audience {
	switch {
	case p.Role.OfUnit():
		return audience{p.Region, huiying.Liaison, p.Unit}
	case p.SeesPosts():
		return audience{p.Region, huiying.Monitor, ""}
	}
	return audience{p.Region, p.Role, ""}
}

func (a audience) person() huiying.Person {
	return huiying.Person{Role: a.role, Unit: a.unit, Region: a.region}
}

// office reports whether the audience is one of the guiding offices.
func (a audience) office() bool { return a.person().SeesPosts() }

// frame is one message, encoded once for all. The data of live is dropped: raw
// has it, and wire is raw as it goes over a websocket.
type frame struct {
	live   huiying.Live
	raw    json.RawMessage
	wire   []byte
	resync bool // a greeting that asks to load anew
}

func newFrame(l huiying.Live) (*frame, error) {
	raw, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("encoding a live message: %w", err)
	}
	l.Data = nil
	wire := frameOf(finalText, raw)
	return &frame{live: l, raw: wire[len(wire)-len(raw):], wire: wire}, nil
}

// expendable messages may be left out for a screen that cannot keep up: the
// next one, or a reload, says the same.
func (f *frame) expendable() bool {
	return f.live.Type == huiying.LivePost || f.live.Type == huiying.LiveStats
}

func newHub(now, wall func() time.Time, m *metrics) *hub {
	return &hub{now: now, wall: wall, metrics: m, ping: livePing, write: liveWrite, grace: hubGrace, audiences: make(map[audience]map[*client]struct{}), done: make(chan struct{})}
}

func (h *hub) open() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.opened, h.epoch = true, h.wall().UnixNano()
}

// ready says why the hub takes no clients, nil when it does.
func (h *hub) ready() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.opened {
		return errors.New("not running")
	}
	return nil
}

// close ends every client and waits until their goroutines are gone. A closed
// hub takes no more.
func (h *hub) close() {
	h.mu.Lock()
	if h.opened {
		h.opened = false
		close(h.done)
	}
	for _, clients := range h.audiences {
		for c := range clients {
			if c.socket != nil { // polls see done and answer
				c.end(websocket.CloseGoingAway, "服务正在停止")
			}
		}
	}
	h.mu.Unlock()
	impatient := time.AfterFunc(h.grace, h.kill)
	defer impatient.Stop()
	h.busy.Wait()
}

// kill cuts the connections of clients that do not take their close frame.
func (h *hub) kill() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, clients := range h.audiences {
		for c := range clients {
			if c.socket != nil {
				c.socket.cut()
			}
		}
	}
}

// publish sends a message of the bus to everyone who may see it.
func (h *hub) publish(l huiying.Live) error {
	f, err := newFrame(l)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last = max(h.last, l.Seq)
	h.heard.Store(h.last)
	if len(h.kept) == 2*hubKept { // moved once in hubKept messages, not at each
		h.kept = append(h.kept[:0], h.kept[hubKept:]...)
		clear(h.kept[hubKept : 2*hubKept])
	}
	h.kept = append(h.kept, f)
	h.fanOut(f, func(a audience) bool { return l.VisibleTo(a.person()) })
	return nil
}

// fanOutEach is how many clients are worth a goroutine.
const fanOutEach = 256

// fanOut hands f to the audiences that may see it, on all cores when they are
// many. It returns when everybody has it or has it waiting.
func (h *hub) fanOut(f *frame, may func(audience) bool) {
	h.to = h.to[:0]
	for a, clients := range h.audiences {
		if may(a) {
			h.to = slices.AppendSeq(h.to, maps.Keys(clients))
		}
	}
	send := func(clients []*client) {
		for _, c := range clients {
			if rest := c.enqueue(f); rest != nil {
				h.helpOut(c, rest)
			}
		}
	}
	workers := min(runtime.GOMAXPROCS(0), len(h.to)/fanOutEach)
	if workers < 2 {
		send(h.to)
	} else {
		var wg sync.WaitGroup
		for part := range slices.Chunk(h.to, (len(h.to)+workers-1)/workers) {
			wg.Go(func() { send(part) })
		}
		wg.Wait()
	}
	clear(h.to) // or those who leave are kept
}

// helpOut writes to a client that did not take all, in a goroutine of its own.
func (h *hub) helpOut(c *client, rest []byte) {
	h.busy.Go(func() { h.catchUp(c, rest) })
}

// catchUp writes to a busy client until nothing waits for it. What was left out
// is told last: loading anew then shows everything up to here.
func (h *hub) catchUp(c *client, rest []byte) {
	var out net.Buffers
	if rest != nil {
		out = append(out, rest)
	}
	for {
		if len(out) > 0 {
			if err := c.socket.write(out, h.write); err != nil {
				c.socket.cut() // it stays busy: nobody writes to it any more
				return
			}
		}
		frames, lagged, seq, goodbye := c.waiting()
		out = out[:0]
		for _, f := range frames {
			out = append(out, f.wire)
		}
		if lagged {
			h.metrics.lagged.Inc()
			out = append(out, h.hello(seq, true).wire)
		}
		if len(out) > 0 {
			continue
		}
		if goodbye != nil {
			_ = c.socket.write(net.Buffers{goodbye}, h.write) // it may be gone already
			c.socket.cut()
		}
		return
	}
}

// publishStats sends figures of a region to its offices. They carry the last
// seq of the bus, so resuming from one misses nothing.
func (h *hub) publishStats(region huiying.Region, data json.RawMessage) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	f, err := newFrame(huiying.Live{Type: huiying.LiveStats, Seq: h.last, Sent: h.wall().UnixNano(), Data: data, Region: region})
	if err != nil {
		return err
	}
	h.fanOut(f, func(a audience) bool { return a.office() && a.region == region })
	return nil
}

// watched lists the regions whose offices have a screen open.
func (h *hub) watched() []huiying.Region {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []huiying.Region
	for a := range h.audiences {
		if a.office() {
			out = append(out, a.region)
		}
	}
	return out
}

// join adds a client. If it resumes, what it missed since then is queued before
// anything new; when that is no longer kept, its greeting tells it to load anew.
// A greeting never runs ahead of what follows it: a connection that breaks right
// after it resumes where it was. It reports false when the hub is not open.
func (h *hub) join(c *client, resumes bool, since uint64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.opened {
		return false
	}
	var missed []*frame
	resync := false
	if resumes {
		missed, resync = h.missed(since, c.audience.person())
	}
	c.seq = h.last
	known := h.last
	if len(missed) > 0 {
		known = since
	}
	c.queue = append(append(c.queue, h.hello(known, resync)), missed...)
	if h.audiences[c.audience] == nil {
		h.audiences[c.audience] = make(map[*client]struct{})
	}
	h.audiences[c.audience][c] = struct{}{}
	c.pinged = time.Now()
	h.metrics.clients.Inc()
	h.busy.Add(1)
	return true
}

// missed is what p could have seen after since. resync is true when that is not
// all kept, or too much to be worth sending.
func (h *hub) missed(since uint64, p huiying.Person) (frames []*frame, resync bool) {
	if since == h.last {
		return nil, false
	}
	if since > h.last || len(h.kept) == 0 || h.kept[0].live.Seq > since+1 { // a higher one comes from another life of the bus
		return nil, true
	}
	for _, f := range h.kept {
		if f.live.Seq > since && f.live.VisibleTo(p) {
			frames = append(frames, f)
		}
	}
	if len(frames) >= clientQueue {
		return nil, true
	}
	return frames, false
}

// answer greets a client that asks whether anybody is there: it has been told all
// up to the seq of the greeting.
func (h *hub) answer(c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if rest := c.enqueue(h.hello(h.last, false)); rest != nil {
		h.helpOut(c, rest)
	}
}

// leave takes a client out; it is called once for each join.
func (h *hub) leave(c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	clients := h.audiences[c.audience]
	if _, ok := clients[c]; !ok {
		return
	}
	delete(clients, c)
	if len(clients) == 0 {
		delete(h.audiences, c.audience)
	}
	h.metrics.clients.Dec()
	h.busy.Done()
}

// dropSession ends the screens of a session that was signed out.
func (h *hub) dropSession(token string) {
	if token == "" {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, clients := range h.audiences {
		for c := range clients {
			if c.session == token {
				c.end(liveSignedOut, "已退出登录")
			}
		}
	}
}

// tend pings each screen once in a while and ends those whose right to it is
// gone, until ctx ends.
func (h *hub) tend(ctx context.Context) error {
	every := time.NewTicker(h.ping / pingSteps)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
		for _, c := range h.unpinged() {
			if !c.allowed() {
				c.end(liveSignedOut, "登录已失效")
			} else if rest := c.control(pingFrame); rest != nil {
				h.helpOut(c, rest)
			}
		}
	}
}

// pingSteps is in how many portions screens are pinged.
const pingSteps = 25

func (h *hub) unpinged() []*client {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	var due []*client
	for _, clients := range h.audiences {
		for c := range clients {
			if c.socket != nil && now.Sub(c.pinged) >= h.ping {
				c.pinged = now
				due = append(due, c)
			}
		}
	}
	return due
}

// hello greets a client with the county's time; resync tells it that it missed
// something and should load what it shows anew. So should one whose last
// greeting had another epoch.
func (h *hub) hello(seq uint64, resync bool) *frame {
	data, err := json.Marshal(struct {
		At     time.Time `json:"at"`
		Epoch  string    `json:"epoch"` // text: too large for a JavaScript number
		Resync bool      `json:"resync,omitempty"`
	}{h.now(), strconv.FormatInt(h.epoch, 10), resync})
	if err != nil {
		panic(err) // a time and a flag always encode
	}
	f, err := newFrame(huiying.Live{Type: huiying.LiveHello, Seq: seq, Sent: h.wall().UnixNano(), Data: data})
	if err != nil {
		panic(err) // as above
	}
	f.resync = resync
	return f
}
