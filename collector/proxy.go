package collector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chromedp/chromedp"

	"huiying"
)

// A guardedProxy carries everything one browser asks for. It is the browser's only
// way out: it connects where the [Fetcher] may, checks the address a name was
// resolved to at the moment of connecting, and cuts the page off when it has had
// its bytes.
type guardedProxy struct {
	listener net.Listener
	server   *http.Server
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	relay    *http.Transport
	full     func() // called when the bytes are used up
	max      int64
	carried  atomic.Int64
	refused  sync.Map // host:port → why it was not connected to
	tunnels  sync.WaitGroup
	stop     context.CancelFunc
	onStop   func(f func()) (undo func() bool)
}

func newGuardedProxy(ctx context.Context, allowed func(netip.AddrPort) bool, most int64, full func()) (*guardedProxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the browser: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	p := &guardedProxy{listener: l, full: full, max: most, stop: stop}
	p.onStop = func(f func()) func() bool { return context.AfterFunc(ctx, f) }
	p.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer(allowed, nil).DialContext(ctx, network, address)
		if err != nil {
			p.refused.Store(address, err)
			return nil, err
		}
		return &countedConn{Conn: conn, p: p}, nil
	}
	p.relay = &http.Transport{Proxy: nil, DialContext: p.dial, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10, ResponseHeaderTimeout: defaultTimeout}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	p.tunnels.Go(func() { _ = p.server.Serve(l) }) // ends with close
	return p, nil
}

func (p *guardedProxy) address() string { return p.listener.Addr().String() }

// close cuts every connection and waits for what carried it.
func (p *guardedProxy) close() {
	p.stop()
	_ = p.server.Close()
	p.relay.CloseIdleConnections()
	p.tunnels.Wait()
}

func (p *guardedProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		p.tunnel(w, r)
		return
	}
	if _, err := checkURL(r.URL.String()); err != nil {
		http.Error(w, "refused", http.StatusForbidden)
		return
	}
	out := r.Clone(r.Context())
	out.RequestURI = ""
	for _, name := range []string{"Proxy-Connection", "Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Authorization"} {
		out.Header.Del(name)
	}
	res, err := p.relay.RoundTrip(out)
	if err != nil {
		http.Error(w, "refused", http.StatusBadGateway)
		return
	}
	defer func() { _ = res.Body.Close() }() // nothing is left to learn from it
	for name, values := range res.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body) // a browser that hung up needs no answer
}

// tunnel joins the browser to a server it speaks TLS with.
func (p *guardedProxy) tunnel(w http.ResponseWriter, r *http.Request) {
	if host, _, err := net.SplitHostPort(r.Host); err != nil || oddIP(host) {
		http.Error(w, "refused", http.StatusForbidden)
		return
	}
	there, err := p.dial(r.Context(), "tcp", r.Host)
	if err != nil {
		http.Error(w, "refused", http.StatusBadGateway)
		return
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = there.Close()
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n") // who hung up reads nothing
	p.tunnels.Go(func() {
		undo := p.onStop(func() { _, _ = here.Close(), there.Close() })
		defer undo()
		var both sync.WaitGroup
		both.Go(func() { _, _ = io.Copy(there, here); _ = there.Close() })
		both.Go(func() { _, _ = io.Copy(here, there); _ = here.Close() })
		both.Wait()
	})
}

// failure puts what became of a page into words.
func (p *guardedProxy) failure(address string, err error) error {
	u, bad := checkURL(address)
	if bad != nil {
		return bad
	}
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	if why, ok := p.refused.Load(net.JoinHostPort(u.Hostname(), port)); ok {
		return transportFailure(u, why.(error), browserTime)
	}
	var failure *Failure
	if errors.As(err, &failure) {
		return failure
	}
	var load *chromedp.LoadError
	if errors.As(err, &load) && load.ErrorText == "net::ERR_ABORTED" {
		return &Failure{URL: address, Message: "不是网页，是要下载的文件", Permanent: true, Cause: err}
	}
	return &Failure{URL: address, Kind: huiying.FailureConnect, Message: "浏览器没有打开网页（" + huiying.Clip(oneLine(err.Error()), 120) + "）", Cause: err}
}

// countedConn counts what comes from the net.
type countedConn struct {
	net.Conn
	p *guardedProxy
}

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.p.carried.Add(int64(n)) > c.p.max {
		c.p.full()
		return 0, io.ErrShortBuffer
	}
	return n, err
}
