package ledger

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"huiying"
)

// breaking is where the line to the server breaks when a change is committed.
type breaking int32

const (
	whole         breaking = iota
	beforeArrival          // the server never hears of the commit
	beforeAnswer           // it commits, and nobody hears of that
)

// brittle is url over a line that breaks once, at the next commit, as at says.
func brittle(t *testing.T, address string, at *atomic.Int32) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	to := u.Host
	go func() { // ends with the listener
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go carry(c, to, at)
		}
	}()
	u.Host = l.Addr().String()
	return u.String()
}

func carry(from net.Conn, address string, at *atomic.Int32) {
	defer func() { _ = from.Close() }()
	to, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer func() { _ = to.Close() }()
	var deaf atomic.Bool
	go func() {
		defer func() { _ = to.Close() }()
		buf := make([]byte, 64<<10)
		for {
			n, err := from.Read(buf)
			if err != nil {
				return
			}
			if bytes.Contains(bytes.ToLower(buf[:n]), []byte("commit\x00")) {
				switch breaking(at.Swap(int32(whole))) {
				case beforeArrival:
					return
				case beforeAnswer:
					deaf.Store(true)
				}
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := to.Read(buf)
		if err != nil || deaf.Load() { // its answer has come as far as here
			return
		}
		if _, err := from.Write(buf[:n]); err != nil && !errors.Is(err, io.EOF) {
			return
		}
	}
}

// A connection that breaks at the commit leaves a doubt, and says so: it does not
// say that nothing was stored. Doing it again gives what there is, once.
func TestABrokenCommitIsInDoubtAndDoneAgainDoublesNothing(t *testing.T) {
	address := newDatabase(t)
	var at atomic.Int32
	there, l := openDatabase(t, address), openDatabase(t, brittle(t, address, &at))
	ctx := t.Context()
	for n, tt := range []struct {
		at   breaking
		done bool
	}{{beforeArrival, false}, {beforeAnswer, true}} {
		if err := there.SaveEvents(ctx, []huiying.Event{crashEvent(n)}, nil); err != nil {
			t.Fatal(err)
		}
		c, ch := crashCase(n)
		at.Store(int32(tt.at))
		_, err := l.OpenCase(ctx, c, ch)
		if !errors.Is(err, huiying.ErrBusy) || !strings.Contains(err.Error(), "可能已经办成") || strings.Contains(err.Error(), "没有存入") {
			t.Errorf("case %d: %v, want a doubt", n, err)
		}
		if _, err := there.Case(ctx, c.ID); tt.done && err != nil || !tt.done && !errors.Is(err, huiying.ErrNotFound) {
			t.Errorf("case %d, done %t: %v", n, tt.done, err)
		}
		if _, err := l.OpenCase(ctx, c, ch); tt.done && !errors.Is(err, huiying.ErrConflict) || !tt.done && err != nil {
			t.Errorf("case %d done again: %v", n, err)
		}

		before, err := there.Case(ctx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		next := before
		next.Rev, next.Version = before.Rev+1, before.Version+1
		save := huiying.Change{Entries: []huiying.Entry{{At: c.OpenedAt, Action: huiying.ActAcknowledge}}}
		at.Store(int32(tt.at))
		if err := l.SaveCase(ctx, next, before.Rev, save); !errors.Is(err, huiying.ErrBusy) || !strings.Contains(err.Error(), "可能已经办成") {
			t.Errorf("saving case %d: %v, want a doubt", n, err)
		}
		if err := l.SaveCase(ctx, next, before.Rev, save); tt.done && !errors.Is(err, huiying.ErrStale) || !tt.done && err != nil {
			t.Errorf("saving case %d again: %v", n, err)
		}
		line, err := there.Timeline(ctx, c.ID)
		if err != nil || len(line) != len(ch.Entries)+1 {
			t.Errorf("case %d has a timeline of %d entries (%v), want %d", n, len(line), err, len(ch.Entries)+1)
		}
	}
	if rows, err := there.VerifyAudit(ctx); err != nil || rows != 4 {
		t.Errorf("%d audit rows, %v; want the 4 of two cases", rows, err)
	}
}
