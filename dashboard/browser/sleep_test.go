package browser_test

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"huiying"
	"huiying/dashboard/browser"
)

// road is a network between a browser and the server that can go away without a
// word, as when a phone leaves one network for another: a websocket stays open and
// carries nothing ever again. Idle connections, which a browser drops itself when
// its network changes, are closed.
type road struct {
	net.Listener
	to string

	mu   sync.Mutex
	open map[*pair]bool
}

type pair struct {
	browser, server net.Conn
	socket, silent  atomic.Bool
}

func newRoad(t *testing.T, to string) *road {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	r := &road{Listener: l, to: to, open: make(map[*pair]bool)}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go r.carry(c)
		}
	}()
	return r
}

func (r *road) carry(c net.Conn) {
	s, err := net.Dial("tcp", r.to)
	if err != nil {
		_ = c.Close()
		return
	}
	p := &pair{browser: c, server: s}
	r.mu.Lock()
	r.open[p] = true
	r.mu.Unlock()
	go p.copy(p.server, p.browser)
	p.copy(p.browser, p.server)
}

func (p *pair) copy(to, from net.Conn) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if p.silent.Load() {
			return // and nobody is told
		}
		if bytes.Contains(b[:n], []byte("Upgrade: websocket")) {
			p.socket.Store(true)
		}
		if n > 0 {
			_, _ = to.Write(b[:n])
		}
		if err != nil {
			_ = to.Close()
			return
		}
	}
}

// silence ends what is open now; what is opened later works.
func (r *road) silence() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for p := range r.open {
		if p.silent.Store(p.socket.Load()); !p.socket.Load() {
			_, _ = p.browser.Close(), p.server.Close()
		}
	}
	clear(r.open)
}

// rows is how often a case stands in the list of what waits for its reader.
func rows(t *testing.T, w *browser.Tab, c huiying.Case) int {
	t.Helper()
	n, err := browser.Value[int](w, fmt.Sprintf(`document.querySelectorAll("#work [data-case='%s']").length`, c.ID))
	must(t, err)
	return n
}

// A liaison's phone changes networks, or sleeps: what was sent meanwhile is there
// once it is back, once, on the page that was open, and nothing said it was current.
func TestAPhoneThatWasAwayMissesNothing(t *testing.T) {
	b := chromium(t)
	in := running(t)
	liaison := in.account(t, huiying.Liaison)
	road := newRoad(t, strings.TrimPrefix(in.url, "http://"))
	phone, err := b.Tab("http://"+road.Addr().String(), browser.Phone)
	must(t, err)
	defer phone.Close()
	must(t, phone.SignIn(string(liaison.User), liaison.Password))
	const open = `document.querySelector("#live").dataset.state === "open"`
	stay := func() {
		t.Helper()
		must(t, phone.Until(open))
		_, err := browser.Value[bool](phone, `window.sameDocument = true`)
		must(t, err)
	}
	arrived := func(c huiying.Case) {
		t.Helper()
		must(t, phone.Until(fmt.Sprintf(`document.querySelector("#work [data-case='%s']")`, c.ID)))
		time.Sleep(time.Second) // a second copy would come now
		if n := rows(t, phone, c); n != 1 {
			t.Errorf("the case stands there %d times", n)
		}
		if same, err := browser.Value[bool](phone, `window.sameDocument === true`); err != nil || !same {
			t.Errorf("the page was loaded anew (%v)", err)
		}
	}

	t.Run("another network", func(t *testing.T) {
		stay()
		road.silence()
		first := in.assigned(t, "换网络时来的第一件", liaison.Unit)
		second := in.assigned(t, "换网络时来的第二件", liaison.Unit)
		if n := rows(t, phone, first); n != 0 {
			t.Fatalf("the road is not silent: %d", n)
		}
		_, err := browser.Value[bool](phone, `dispatchEvent(new Event("online"))`) // as the system does
		must(t, err)
		arrived(first)
		arrived(second)
		must(t, phone.Until(open))
	})
	t.Run("asleep", func(t *testing.T) {
		stay()
		must(t, phone.Freeze())
		road.silence()
		c := in.assigned(t, "手机休眠时来的一件", liaison.Unit)
		time.Sleep(2 * time.Second)
		must(t, phone.Wake())
		arrived(c)
		must(t, phone.Until(open))
	})
}
