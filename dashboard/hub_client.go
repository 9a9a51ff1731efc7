package dashboard

import (
	"net"
	"sync"
	"time"

	"huiying"
)

// clientQueue is how many messages may wait for one screen.
const clientQueue = 256

// client is one open screen: a websocket, or a poll that waits for something
// new. A websocket is written to at once by whoever has something for it. Only
// when it does not take all, the rest and what comes after wait in the queue,
// and a goroutine of its own, of which there is one at most, writes them
// ([hub.catchUp]). A poll has the queue only; its owner waits on wake.
type client struct {
	audience audience
	session  string
	allowed  func() bool // whether the right to this screen still holds; nil for a poll
	pinged   time.Time   // guarded by the hub

	socket *socket       // nil for a poll
	wake   chan struct{} // of a poll, one slot: something waits
	gone   chan struct{} // of a poll: closed when it must end

	mu      sync.Mutex
	queue   []*frame
	busy    bool   // the queue is being written: what comes must wait
	lagged  bool   // something was left out since the last take
	ended   bool   // nothing is taken any more
	goodbye []byte // what a busy socket is told last
	seq     uint64 // of the newest message left out or queued
}

// newPoll makes the client of one poll.
func newPoll(p huiying.Person, session string) *client {
	return &client{audience: audienceOf(p), session: session, wake: make(chan struct{}, 1), gone: make(chan struct{})}
}

// newScreen makes the client of a websocket. It is busy until it was greeted.
func newScreen(p huiying.Person, session string, conn net.Conn, allowed func() bool) *client {
	return &client{audience: audienceOf(p), session: session, socket: newSocket(conn), allowed: allowed, busy: true}
}

// enqueue hands a message over without ever waiting. What does not fit into the
// socket queues up: figures replace older figures; when the queue is full a post
// or figure is left out; anything graver pushes the oldest such message out, or
// else empties the queue: the screen is told to load anew in either case.
//
// It returns what the socket did not take: then the client is busy and the
// caller owes it a [hub.catchUp].
func (c *client) enqueue(f *frame) (rest []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil
	}
	c.seq = max(c.seq, f.live.Seq)
	if c.socket != nil && !c.busy {
		return c.offer(f.wire)
	}
	if f.live.Type == huiying.LiveStats && c.replaceStats(f) {
		return nil
	}
	if len(c.queue) >= clientQueue {
		c.lagged = true
		if f.expendable() {
			return nil
		}
		c.makeRoom()
	}
	c.queue = append(c.queue, f)
	if c.wake != nil {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// control is enqueue for a control frame. A busy socket is not pinged: it has
// other things to say.
func (c *client) control(frame []byte) (rest []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || c.busy {
		return nil
	}
	return c.offer(frame)
}

func (c *client) offer(wire []byte) (rest []byte) {
	n, err := c.socket.offer(wire)
	switch {
	case err != nil:
		c.ended = true
		c.socket.cut()
	case n < len(wire):
		c.busy = true
		return wire[n:]
	}
	return nil
}

func (c *client) replaceStats(f *frame) bool {
	for i, old := range c.queue {
		if old.live.Type == huiying.LiveStats {
			copy(c.queue[i:], c.queue[i+1:])
			c.queue[len(c.queue)-1] = f
			return true
		}
	}
	return false
}

func (c *client) makeRoom() {
	for i, old := range c.queue {
		if old.expendable() {
			c.queue = append(c.queue[:i], c.queue[i+1:]...)
			return
		}
	}
	c.queue = c.queue[:0]
}

// take empties the queue. lagged reports that something was left out, seq what
// the client has been told of.
func (c *client) take() (frames []*frame, lagged bool, seq uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.taken()
}

func (c *client) taken() (frames []*frame, lagged bool, seq uint64) {
	frames, c.queue = c.queue, nil
	lagged, c.lagged = c.lagged, false
	return frames, lagged, c.seq
}

// waiting is take for the one who writes to a busy socket. With nothing left to
// write the client is not busy any more, or ends with its goodbye.
func (c *client) waiting() (frames []*frame, lagged bool, seq uint64, goodbye []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil, false, 0, c.goodbye
	}
	frames, lagged, seq = c.taken()
	c.busy = len(frames) > 0 || lagged
	return frames, lagged, seq, nil
}

// end closes a screen with a close frame, and lets a poll return. A screen that
// does not take it at once is left to whoever writes to it.
func (c *client) end(code int, why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.ended = true
	switch frame := closeFrame(code, why); {
	case c.socket == nil:
		close(c.gone)
	case c.busy:
		c.goodbye = frame
	default:
		_, _ = c.socket.offer(frame) // a connection that is gone needs no goodbye
		c.socket.cut()
	}
}
