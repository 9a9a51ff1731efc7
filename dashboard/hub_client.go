package dashboard

import (
	"sync"

	"huiying"
)

// clientQueue is how many messages may wait for one screen.
const clientQueue = 256

// client is the queue of one open screen. Whoever owns it waits on wake and
// takes what is there.
type client struct {
	audience audience
	session  string
	wake     chan struct{} // one slot: something waits
	gone     chan struct{} // closed when the client must end
	once     sync.Once
	cut      func() // breaks its connection off

	mu     sync.Mutex
	queue  []*frame
	lagged bool   // something was left out since the last take
	seq    uint64 // of the newest message left out or queued
}

func newClient(p huiying.Person, session string, cut func()) *client {
	return &client{audience: audienceOf(p), session: session, cut: cut, wake: make(chan struct{}, 1), gone: make(chan struct{})}
}

// enqueue adds a message without ever waiting. Figures replace older figures.
// When the queue is full a post or figure is left out; anything graver pushes
// the oldest such message out, or else empties the queue: the screen is told to
// load anew in either case.
func (c *client) enqueue(f *frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq = max(c.seq, f.live.Seq)
	if f.live.Type == huiying.LiveStats && c.replaceStats(f) {
		return
	}
	if len(c.queue) >= clientQueue {
		c.lagged = true
		if f.expendable() {
			return
		}
		c.makeRoom()
	}
	c.queue = append(c.queue, f)
	select {
	case c.wake <- struct{}{}:
	default:
	}
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

// take empties the queue into buf. lagged reports that something was left out,
// seq what the client has been told of.
func (c *client) take(buf []*frame) (frames []*frame, lagged bool, seq uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	buf = append(buf[:0], c.queue...)
	clear(c.queue)
	c.queue = c.queue[:0]
	lagged, c.lagged = c.lagged, false
	return buf, lagged, c.seq
}

// end asks the client's owner to stop.
func (c *client) end() { c.once.Do(func() { close(c.gone) }) }
