package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"huiying"
)

// How a live connection is kept. A proxy cuts what is silent for a minute, and
// a browser that is gone must not be fed for longer.
const (
	livePing  = 25 * time.Second
	livePong  = 60 * time.Second // silence after which a client is gone
	liveWrite = 10 * time.Second // what waits for a screen may take that long
	liveRead  = 4 << 10          // bytes; clients have nothing to say
	livePoll  = 25 * time.Second // how long a poll waits for something new
)

// liveSignedOut is the close code when the session behind a connection ended.
const liveSignedOut = 4401

var upgrader = websocket.Upgrader{ // its default check refuses other origins
	HandshakeTimeout: 10 * time.Second,
	ReadBufferSize:   512,
	WriteBufferPool:  &sync.Pool{}, // for the handshake; after it nothing is written through the library
	Error: func(w http.ResponseWriter, r *http.Request, status int, reason error) {
		err := &statusError{status, "这个地址是 WebSocket：" + reason.Error()}
		if status == http.StatusForbidden {
			err.message = "请求来自其他网站，已拒绝"
		}
		writeProblem(w, newProblem(err, visitOf(r.Context()).id))
	},
}

// listen hears the bus until ctx ends.
func (s *Server) listen(ctx context.Context) error {
	return s.cfg.Bus.SubscribeLive(ctx, 0, func(l huiying.Live) {
		s.metrics.heard(l, s.wall())
		if err := s.hub.publish(l); err != nil {
			s.log.ErrorContext(ctx, "live message lost", "seq", l.Seq, "type", l.Type, "error", err)
		}
	})
}

// beat sends the figures of each region somebody watches, once a second and
// only when they changed.
func (s *Server) beat(ctx context.Context) error {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	sent := make(map[huiying.Region]string)
	failing := make(map[huiying.Region]bool) // said once, not every second
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
		for _, region := range s.hub.watched() {
			o, err := s.overview(ctx, region)
			if err != nil {
				if !failing[region] && ctx.Err() == nil {
					failing[region] = true
					s.log.Warn("no figures for the open screens", "region", string(region), "err", err)
				}
				continue
			}
			delete(failing, region)
			at := o.At
			o.At = time.Time{} // not a change
			bare, err := json.Marshal(o)
			if err != nil || sent[region] == string(bare) {
				continue
			}
			sent[region] = string(bare)
			o.At = at
			data, err := json.Marshal(o)
			if err == nil {
				err = s.hub.publishStats(region, data)
			}
			if err != nil {
				s.noteContext(ctx, "/api/v1/live", err)
			}
		}
	}
}

// live is GET /api/v1/live: the websocket of one screen.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	p, err := s.visitor(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	since, resumes, err := sinceOf(r.URL.Query().Get("since"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // answered by upgrader.Error
	}
	c := newScreen(p, visitOf(r.Context()).sess, conn.NetConn(), s.recheck(r, p))
	if !s.hub.join(c, resumes, since) {
		_, _ = c.socket.offer(closeFrame(websocket.CloseTryAgainLater, "正在启动或停止"))
		c.socket.cut()
		return
	}
	s.hub.catchUp(c, nil) // the greeting
	// The request ends here and frees its memory; the hub owns what follows.
	go func() {
		defer s.hub.leave(c)
		s.hub.read(c, conn)
	}()
}

// recheck returns a test whether the right to this connection still holds: the
// account may be disabled or changed, the session idle for too long.
func (s *Server) recheck(r *http.Request, was huiying.Person) func() bool {
	bearer, byBearer := bearerToken(r)
	session := cookieToken(r)
	return func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), liveWrite)
		defer cancel()
		var p huiying.Person
		var err error
		if byBearer {
			p, _, err = s.byToken(ctx, bearer)
		} else {
			var u huiying.User
			u, err = s.bySession(ctx, session, false)
			p = u.Person
		}
		if err != nil {
			return !errors.Is(err, huiying.ErrSignIn) // a ledger that stumbles cuts nobody off
		}
		return p == was
	}
}

// read reads what the client says, so that pongs and its close frame are noticed.
// A text, whatever it says, asks whether the connection still holds: a page does
// not see our pings. All writing is the client's: the library must not.
func (h *hub) read(c *client, conn *websocket.Conn) {
	alive := func(string) error { return conn.SetReadDeadline(time.Now().Add(livePong)) }
	conn.SetReadLimit(liveRead)
	conn.SetPongHandler(alive)
	conn.SetPingHandler(func(said string) error {
		if rest := c.control(frameOf(finalPong, []byte(said))); rest != nil {
			h.helpOut(c, rest)
		}
		return alive(said)
	})
	conn.SetCloseHandler(func(code int, _ string) error {
		c.end(code, "")
		return nil
	})
	_ = alive("") // a connection that is gone says so on reading
	for {
		kind, _, err := conn.NextReader()
		if err != nil {
			c.end(websocket.CloseGoingAway, "")
			c.socket.cut()
			return
		}
		_ = alive("")
		if kind == websocket.TextMessage {
			h.answer(c)
		}
	}
}

func sinceOf(q string) (since uint64, resumes bool, err error) {
	if q == "" {
		return 0, false, nil
	}
	since, err = strconv.ParseUint(q, 10, 64)
	if err != nil {
		return 0, false, huiying.Invalid("since", "应为上一条消息的 seq，收到 %q", huiying.Clip(q, 40))
	}
	return since, true, nil
}

// pollResult is what a poll gives: messages as they would have come over the
// websocket, and where to go on.
type pollResult struct {
	Seq      uint64            `json:"seq" doc:"下次轮询的 since"`
	Epoch    string            `json:"epoch" doc:"变了就请重新读取页面内容：服务重启过，seq 已重新计数"`
	Resync   bool              `json:"resync" doc:"有消息已不可补发，请重新读取页面内容"`
	Messages []json.RawMessage `json:"messages" doc:"与 WebSocket 相同的消息"`
}

// poll waits for something after since, for networks whose proxies cut
// websockets. Without since it only says where to begin.
func (s *Server) poll(ctx context.Context, p huiying.Person, in *pollInput) (pollResult, error) {
	since, resumes, err := sinceOf(in.Since)
	if err != nil {
		return pollResult{}, err
	}
	c := newPoll(p, visitOf(ctx).sess)
	if !s.hub.join(c, resumes, since) {
		return pollResult{}, huiying.Errorf(huiying.CodeBusy, "正在启动或停止，请稍后再试")
	}
	defer s.hub.leave(c)
	timeout := time.NewTimer(livePoll)
	defer timeout.Stop()
	out := pollResult{Epoch: strconv.FormatInt(s.hub.epoch, 10), Messages: []json.RawMessage{}}
	for {
		frames, lagged, seq := c.take()
		out.Seq, out.Resync = seq, out.Resync || lagged
		for _, f := range frames {
			if f.live.Type == huiying.LiveHello {
				out.Resync = out.Resync || f.resync
				continue
			}
			out.Messages = append(out.Messages, f.raw)
		}
		if !resumes || in.Now || out.Resync || len(out.Messages) > 0 {
			return out, nil
		}
		select {
		case <-c.wake:
		case <-timeout.C:
			return out, nil
		case <-ctx.Done():
			return out, ctx.Err()
		case <-c.gone:
			return out, signInFirst()
		case <-s.hub.done:
			return out, nil
		}
	}
}
