package dashboard

import (
	"encoding/binary"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

// socket is the writing side of one websocket. It takes frames ready for the
// wire, one after the other, from whoever holds its client's lock; only reading
// is left to the websocket library.
type socket struct {
	conn net.Conn
	raw  syscall.RawConn              // nil: conn cannot write without waiting
	try  func(fd uintptr) (done bool) // attempt, bound once

	pending []byte // of the running offer
	wrote   int
	failed  error
}

func newSocket(conn net.Conn) *socket {
	s := &socket{conn: conn}
	if plain, ok := conn.(syscall.Conn); ok {
		if raw, err := plain.SyscallConn(); err == nil {
			s.raw, s.try = raw, s.attempt
		}
	}
	return s
}

// offer writes as much of b as the system takes at once, without ever waiting,
// and says how much that was.
func (s *socket) offer(b []byte) (int, error) {
	if s.raw == nil {
		return 0, nil
	}
	s.pending, s.wrote, s.failed = b, 0, nil
	err := s.raw.Write(s.try)
	s.pending = nil
	return s.wrote, errors.Join(err, s.failed)
}

func (s *socket) attempt(fd uintptr) bool {
	for {
		n, err := syscall.Write(int(fd), s.pending)
		switch {
		case err == nil:
			s.wrote = n
		case errors.Is(err, syscall.EINTR):
			continue
		case !errors.Is(err, syscall.EAGAIN):
			s.failed = err
		}
		return true // never wait: what is left is somebody else's work
	}
}

// write waits until all frames are written, for as long as patience.
func (s *socket) write(frames net.Buffers, patience time.Duration) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := frames.WriteTo(s.conn); err != nil {
		return err
	}
	return s.conn.SetWriteDeadline(time.Time{}) // or a later offer would fail
}

// cut breaks the connection off; whoever reads it notices.
func (s *socket) cut() { _ = s.conn.Close() }

// Frames of a server are whole and not masked (RFC 6455, 5.2).
const (
	finalText  = 0x80 | websocket.TextMessage
	finalClose = 0x80 | websocket.CloseMessage
	finalPing  = 0x80 | websocket.PingMessage
	finalPong  = 0x80 | websocket.PongMessage
)

// frameOf is payload ready for the wire. The payload of a control frame has at
// most 125 bytes.
func frameOf(kind byte, payload []byte) []byte {
	b := make([]byte, 1, 10+len(payload))
	b[0] = kind
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

var pingFrame = frameOf(finalPing, nil)

func closeFrame(code int, why string) []byte {
	return frameOf(finalClose, websocket.FormatCloseMessage(code, why))
}
