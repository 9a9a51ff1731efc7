package collector

import (
	"context"
	"runtime"
)

// A lookahead is a page that is asked for while the one before it is read, published
// and remembered. There is still one request at a time, but the site does not wait
// for us nor we for the site.
type lookahead struct {
	address string
	end     context.CancelFunc
	done    chan struct{} // closed when got and err are there
	got     Fetched
	err     error
}

// askAhead begins to ask for the page that the next item is read from.
func (v *visit) askAhead(ctx context.Context) {
	if v.next == "" || v.ahead != nil || v.rendered != nil || v.late() {
		return
	}
	ctx, end := context.WithCancel(ctx)
	a := &lookahead{address: v.next, end: end, done: make(chan struct{})}
	size := bound{bytes: v.fetcher.cfg.MaxBody, into: v.spare}
	v.next, v.spare, v.ahead = "", nil, a
	go func() {
		defer close(a.done)
		a.got, a.err = v.fetcher.get(ctx, a.address, Validators{}, size)
	}()
	runtime.Gosched() // the request goes out before this page is read, on one core too
}

// asked waits for the page under way, if any, and takes it if it is the one wanted.
// Else it is kept: an article's second page comes before the next article.
func (v *visit) asked(address string) (*lookahead, bool) {
	a := v.ahead
	if a == nil {
		return nil, false
	}
	<-a.done
	if a.address != address {
		return nil, false
	}
	a.end()
	v.ahead = nil
	v.body, v.spare = v.spare, v.body
	return a, true
}

// endAhead gives up a page nobody reads any more.
func (v *visit) endAhead() {
	a := v.ahead
	v.next, v.ahead = "", nil
	if a == nil {
		return
	}
	a.end()
	<-a.done
	v.requests++
	v.bytes += a.got.Read
}
