package dashboard_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"huiying"
)

// screen is an open websocket.
type screen struct {
	t    *testing.T
	conn *websocket.Conn
}

func (c caller) live(query string, headers ...string) (screen, *http.Response, error) {
	c.h.t.Helper()
	head := http.Header{}
	if c.token != "" {
		head.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(headers); i += 2 {
		head.Set(headers[i], headers[i+1])
	}
	d := websocket.Dialer{Jar: c.http.Jar}
	conn, resp, err := d.DialContext(c.h.t.Context(), strings.Replace(c.h.web.URL, "http", "ws", 1)+"/api/v1/live"+query, head)
	if err == nil {
		c.h.t.Cleanup(func() { _ = conn.Close() })
	}
	return screen{c.h.t, conn}, resp, err
}

func (c caller) watch(query string) screen {
	c.h.t.Helper()
	s, _, err := c.live(query)
	if err != nil {
		c.h.t.Fatal(err)
	}
	return s
}

func (s screen) next() huiying.Live {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	var l huiying.Live
	if err := s.conn.ReadJSON(&l); err != nil {
		s.t.Fatalf("reading the websocket: %v", err)
	}
	return l
}

// nextOf skips what is of another type.
func (s screen) nextOf(kind huiying.LiveType) huiying.Live {
	s.t.Helper()
	for {
		if l := s.next(); l.Type == kind {
			return l
		}
	}
}

type greeting struct {
	At     time.Time
	Epoch  string
	Resync bool
}

func (s screen) hello() (huiying.Live, greeting) {
	s.t.Helper()
	l := s.next()
	var g greeting
	if err := json.Unmarshal(l.Data, &g); err != nil || l.Type != huiying.LiveHello || g.At.IsZero() || g.Epoch == "" || l.Sent == 0 {
		s.t.Fatalf("the first message is no greeting: %s %s (%v)", l.Type, l.Data, err)
	}
	return l, g
}

func (h *house) tell(l huiying.Live) {
	h.t.Helper()
	if l.Region == "" {
		l.Region = jiaocheng
	}
	check(h.t, h.bus.PublishLive(h.t.Context(), l))
}

func caseNews(units ...huiying.UnitID) huiying.Live {
	return huiying.Live{Type: huiying.LiveCase, Units: units, Data: must(json.Marshal(map[string]any{"id": "c1", "units": units}))}
}

func TestACaseReachesTheScreensThatMaySeeIt(t *testing.T) {
	h := newHouse(t)
	office, unit, other := h.as("monitor").watch(""), h.as("jkj-liaison").watch(""), h.as("zjj-liaison").watch("")
	for _, s := range []screen{office, unit, other} {
		s.hello()
	}
	c := h.assigned("校车超载", "jkj") // through the real desk and bus
	var data struct {
		ID     huiying.CaseID
		Action huiying.Action
	}
	for _, s := range []screen{office, unit} {
		for data.Action != huiying.ActAssign {
			l := s.nextOf(huiying.LiveCase)
			if err := json.Unmarshal(l.Data, &data); err != nil || data.ID != c.ID || l.Seq == 0 || l.Sent == 0 {
				t.Fatalf("%+v %s", l, l.Data)
			}
		}
		data.Action = ""
	}
	h.tell(caseNews("zjj"))
	if l := other.next(); !strings.Contains(string(l.Data), "zjj") {
		t.Errorf("the other unit hears %s", l.Data)
	}
}

func TestAScreenResumesWhereItWas(t *testing.T) {
	h := newHouse(t)
	s := h.as("monitor").watch("")
	s.hello()
	for i := range 3 {
		h.tell(huiying.Live{Type: huiying.LivePost, Data: json.RawMessage(fmt.Sprintf(`{"id":"p%d"}`, i))})
	}
	first := s.nextOf(huiying.LivePost)
	s.nextOf(huiying.LivePost)
	last := s.nextOf(huiying.LivePost)

	again := h.as("monitor").watch(fmt.Sprintf("?since=%d", first.Seq))
	l, g := again.hello()
	if g.Resync {
		t.Error("asked to load anew although everything is kept")
	}
	if l.Seq != first.Seq { // else one that breaks now would never hear what follows
		t.Errorf("the greeting says %d although %d comes next", l.Seq, first.Seq+1)
	}
	if l := again.nextOf(huiying.LivePost); l.Seq != first.Seq+1 {
		t.Errorf("resumed at %d, want %d", l.Seq, first.Seq+1)
	}
	if l := again.nextOf(huiying.LivePost); l.Seq != last.Seq || string(l.Data) != `{"id":"p2"}` {
		t.Errorf("then %d %s", l.Seq, l.Data)
	}
	if _, g := h.as("monitor").watch(fmt.Sprintf("?since=%d", last.Seq+1000)).hello(); !g.Resync {
		t.Error("a seq nobody gave is taken as known")
	}
	_, resp, err := h.as("monitor").live("?since=yesterday")
	if err == nil || resp.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("since=yesterday: %v", err)
	}
}

func TestWhoMayOpenAScreen(t *testing.T) {
	h := newHouse(t)
	tests := []struct {
		name   string
		caller caller
		header []string
		status int
	}{
		{"nobody", h.browser(), nil, 401},
		{"a wrong token", caller{h: h, token: "wrong", http: h.web.Client()}, nil, 401},
		{"another site", h.as("monitor"), []string{"Origin", "https://evil.example"}, 403},
		{"our own page", h.as("monitor"), []string{"Origin", h.web.URL}, 101},
		{"a program", h.as("monitor"), nil, 101},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, resp, err := tt.caller.live("", tt.header...)
			if resp == nil || resp.StatusCode != tt.status {
				t.Fatalf("%v, %v", resp, err)
			}
			if tt.status >= 400 && resp.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("refused with %q", resp.Header.Get("Content-Type"))
			}
		})
	}
	b := h.browser()
	b.signIn("monitor", password)
	s := b.watch("")
	s.hello()
	b.do("POST", "/signout", nil)
	s.closes(4401)
}

// closes reads until the server says goodbye.
func (s screen) closes(code int) {
	s.t.Helper()
	_ = s.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	// Answering is no use: the server may be gone, and a failed answer would hide why.
	s.conn.SetCloseHandler(func(int, string) error { return nil })
	s.conn.SetPingHandler(func(string) error { return nil })
	for {
		_, _, err := s.conn.ReadMessage()
		var closed *websocket.CloseError
		if errors.As(err, &closed) {
			if closed.Code != code {
				s.t.Errorf("closed with %d, want %d", closed.Code, code)
			}
			return
		}
		if err != nil {
			s.t.Fatalf("the screen ended without a close frame: %v", err)
		}
	}
}

func TestAScreenEndsWithTheRightToIt(t *testing.T) {
	h := newHouse(t)
	change := func(user huiying.UserID, f func(*huiying.User)) {
		u := must(h.ledger.User(t.Context(), user))
		f(&u)
		check(t, h.ledger.SaveUser(t.Context(), u))
	}
	b := h.browser()
	b.signIn("monitor", password)
	idle, disabled, moved, steady := b.watch(""), h.as("analyst").watch(""), h.as("jkj-liaison").watch(""), h.as("leader").watch("")
	for _, s := range []screen{idle, disabled, moved, steady} {
		s.hello()
	}
	h.pass(31 * time.Minute)
	change("analyst", func(u *huiying.User) { u.Disabled = true })
	change("jkj-liaison", func(u *huiying.User) { u.Unit = "zjj" })
	idle.closes(4401)
	disabled.closes(4401)
	moved.closes(4401)
	h.tell(caseNews("jkj"))
	steady.nextOf(huiying.LiveCase)
}

func TestASlowScreenHoldsNobodyUp(t *testing.T) {
	h := newHouse(t)
	slow, quick := h.as("monitor").watch(""), h.as("monitor").watch("")
	quick.hello() // slow reads nothing at all
	filler := strings.Repeat("长", 20<<10)
	const n = 600 // 36 MB: more than the sockets of both sides hold
	for i := range n {
		h.tell(huiying.Live{Type: huiying.LivePost, Data: json.RawMessage(fmt.Sprintf(`{"id":"p%d","title":%q}`, i, filler))})
		if l := quick.nextOf(huiying.LivePost); !strings.Contains(string(l.Data), fmt.Sprintf(`"p%d"`, i)) {
			t.Fatalf("the quick screen hears %.40s at %d", l.Data, i)
		}
	}
	h.tell(caseNews("jkj"))
	quick.nextOf(huiying.LiveCase)
	heard, resync, sawCase := 0, false, false
	for !resync {
		l := slow.next()
		switch l.Type {
		case huiying.LivePost:
			heard++
		case huiying.LiveCase:
			sawCase = true
		case huiying.LiveHello:
			resync = strings.Contains(string(l.Data), `"resync":true`)
		}
	}
	if heard >= n || !sawCase {
		t.Errorf("the slow screen heard %d of %d posts (case: %v) and was told to load anew", heard, n, sawCase)
	}
}

func TestStoppingDoesNotWaitForAScreenThatReadsNothing(t *testing.T) {
	h := newHouse(t)
	h.as("monitor").watch("")
	filler := strings.Repeat("长", 20<<10)
	for range 400 { // 24 MB: more than the sockets of both sides hold
		h.tell(huiying.Live{Type: huiying.LivePost, Data: must(json.Marshal(map[string]any{"title": filler}))})
	}
	began := time.Now()
	h.stop()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("stopping took %v", took)
	}
}

func TestFiguresComeWhileSomebodyWatches(t *testing.T) {
	h := newHouse(t)
	s := h.as("leader").watch("")
	s.hello()
	h.open("校车超载")
	for {
		h.pass(time.Second) // past what is kept of an overview
		var o huiying.Overview
		l := s.nextOf(huiying.LiveStats)
		if err := json.Unmarshal(l.Data, &o); err != nil {
			t.Fatal(err)
		}
		if o.CasesOpen == 1 {
			return
		}
	}
}

func TestStoppingSaysGoodbye(t *testing.T) {
	h := newHouse(t)
	screens := []screen{h.as("monitor").watch(""), h.as("jkj-liaison").watch("")}
	for _, s := range screens {
		s.hello()
	}
	poll := make(chan reply)
	go func() { poll <- h.as("monitor").get(fmt.Sprintf("/live/poll?since=%d", h.server.Heard())) }()
	h.waitClients(t, 3)
	h.stop()
	for _, s := range screens {
		s.closes(websocket.CloseGoingAway)
	}
	if r := <-poll; r.status != http.StatusOK {
		t.Errorf("the poll got %d %s", r.status, r.body)
	}
	h.as("monitor").get("/live/poll").problem(t, 503)
	if r := h.browser().do("GET", "/readyz", nil); r.status != http.StatusServiceUnavailable || !strings.Contains(string(r.body), "live: not ready") {
		t.Errorf("readyz after stopping: %d %s", r.status, r.body)
	}
}

// waitClients polls the metrics until n connections are open.
func (h *house) waitClients(t *testing.T, n int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		if strings.Contains(string(h.browser().do("GET", "/metrics", nil).body), fmt.Sprintf("\nhuiying_live_clients %d\n", n)) {
			return
		}
	}
	t.Fatalf("never %d clients", n)
}

func TestPollingStandsInForTheWebsocket(t *testing.T) {
	h := newHouse(t)
	type result struct {
		Seq      uint64
		Epoch    string
		Resync   bool
		Messages []huiying.Live
	}
	poll := func(user, since string) (r result) {
		h.as(user).get("/live/poll"+since).json(t, &r)
		return r
	}
	begin := poll("jkj-liaison", "")
	if begin.Messages == nil || len(begin.Messages) != 0 || begin.Epoch == "" {
		t.Fatalf("%+v", begin)
	}
	got := make(chan result)
	go func() { got <- poll("jkj-liaison", fmt.Sprintf("?since=%d", begin.Seq)) }()
	h.waitClients(t, 1)
	h.tell(huiying.Live{Type: huiying.LivePost, Data: json.RawMessage(`{}`)}) // not for units
	h.tell(caseNews("jkj"))
	r := <-got
	if len(r.Messages) != 1 || r.Messages[0].Type != huiying.LiveCase || r.Seq != r.Messages[0].Seq {
		t.Fatalf("%+v", r)
	}
	h.tell(caseNews("zjj"))
	h.tell(caseNews("jkj", "zjj"))
	next := poll("jkj-liaison", fmt.Sprintf("?since=%d", r.Seq))
	if len(next.Messages) != 1 || next.Resync || !strings.Contains(string(next.Messages[0].Data), "jkj") {
		t.Errorf("%+v", next)
	}
}

// A page sees no pings: it asks, and is told where it stands.
func TestAScreenThatAsksIsAnswered(t *testing.T) {
	h := newHouse(t)
	s := h.as("monitor").watch("")
	s.hello()
	h.tell(huiying.Live{Type: huiying.LivePost, Data: json.RawMessage(`{"id":"p1"}`)})
	last := s.nextOf(huiying.LivePost)
	if err := s.conn.WriteMessage(websocket.TextMessage, []byte("?")); err != nil {
		t.Fatal(err)
	}
	if l := s.nextOf(huiying.LiveHello); l.Seq != last.Seq || strings.Contains(string(l.Data), "resync") {
		t.Errorf("answered %d %s, want %d", l.Seq, l.Data, last.Seq)
	}
}

// What happens between the reading of a page and its first connection is not lost.
func TestAPageSaysWhatItIsAsNewAs(t *testing.T) {
	h := newHouse(t)
	s := h.as("monitor").watch("")
	s.hello()
	h.tell(huiying.Live{Type: huiying.LivePost, Data: json.RawMessage(`{"id":"p1"}`)})
	before := s.nextOf(huiying.LivePost)
	_, rest, ok := strings.Cut(string(h.as("monitor").page("/").body), `data-seq="`)
	since, _, _ := strings.Cut(rest, `"`)
	if !ok || since != fmt.Sprint(before.Seq) {
		t.Fatalf("the page is as new as %q, want %d", since, before.Seq)
	}
	h.tell(huiying.Live{Type: huiying.LivePost, Data: json.RawMessage(`{"id":"p2"}`)})
	s.nextOf(huiying.LivePost)
	if l := h.as("monitor").watch("?since=" + since).nextOf(huiying.LivePost); string(l.Data) != `{"id":"p2"}` {
		t.Errorf("the first connection brings %s", l.Data)
	}
}
