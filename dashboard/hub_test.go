package dashboard

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"huiying"
)

func testHub(t *testing.T) *hub {
	t.Helper()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, huiying.Beijing)
	now := func() time.Time { return at }
	s := &Server{wall: now}
	h := newHub(now, now, newMetrics(s))
	h.open()
	return h
}

func live(kind huiying.LiveType, seq uint64, units ...huiying.UnitID) huiying.Live {
	return huiying.Live{Type: kind, Seq: seq, Region: "141122", Units: units, Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, seq))}
}

func publish(t *testing.T, h *hub, messages ...huiying.Live) {
	t.Helper()
	for _, l := range messages {
		if err := h.publish(l); err != nil {
			t.Fatal(err)
		}
	}
}

func joined(t *testing.T, h *hub, p huiying.Person) *client {
	t.Helper()
	c := newPoll(p, "")
	if !h.join(c, false, 0) {
		t.Fatal("the hub is open but takes nobody")
	}
	t.Cleanup(func() { h.leave(c) })
	c.take() // the greeting
	return c
}

func seqs(frames []*frame) []uint64 {
	out := []uint64{}
	for _, f := range frames {
		out = append(out, f.live.Seq)
	}
	return out
}

var (
	monitor = huiying.Person{User: "m", Role: huiying.Monitor, Region: "141122"}
	city    = huiying.Person{User: "c", Role: huiying.Leader, Region: "1411"}
	other   = huiying.Person{User: "o", Role: huiying.Monitor, Region: "141121"}
	liaison = huiying.Person{User: "l", Role: huiying.Liaison, Unit: "jkj", Region: "141122"}
	head    = huiying.Person{User: "h", Role: huiying.Head, Unit: "jkj", Region: "141122"}
	another = huiying.Person{User: "a", Role: huiying.Liaison, Unit: "zjj", Region: "141122"}
	admin   = huiying.Person{User: "s", Role: huiying.SystemAdmin, Region: "141122"}
	auditor = huiying.Person{User: "u", Role: huiying.AuditAdmin, Region: "141122"}
)

func TestEachAudienceGetsWhatItMaySee(t *testing.T) {
	h := testHub(t)
	tests := []struct {
		name string
		who  huiying.Person
		want []uint64
	}{
		{"the office sees everything of its county", monitor, []uint64{1, 2, 3, 4, 5}},
		{"the city sees the county", city, []uint64{1, 2, 3, 4, 5}},
		{"another county sees nothing", other, []uint64{}},
		{"a liaison sees the case of the unit", liaison, []uint64{3}},
		{"a head sees the same", head, []uint64{3}},
		{"another unit sees its own", another, []uint64{4}},
		{"the system administrator sees sources", admin, []uint64{5}},
		{"the audit administrator sees nothing", auditor, []uint64{}},
	}
	clients := make([]*client, len(tests))
	for i, tt := range tests {
		clients[i] = joined(t, h, tt.who)
	}
	publish(t, h, live(huiying.LivePost, 1), live(huiying.LiveEvent, 2), live(huiying.LiveCase, 3, "jkj", "yjj"), live(huiying.LiveCase, 4, "zjj"), live(huiying.LiveSource, 5))
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			frames, lagged, _ := clients[i].take()
			if got := seqs(frames); fmt.Sprint(got) != fmt.Sprint(tt.want) || lagged {
				t.Errorf("got %v (lagged %v), want %v", got, lagged, tt.want)
			}
		})
	}
}

func TestASlowClientLosesPostsAndKeepsCases(t *testing.T) {
	h := testHub(t)
	c, quick := joined(t, h, monitor), joined(t, h, monitor)
	for i := range uint64(clientQueue + 50) {
		publish(t, h, live(huiying.LivePost, i+1))
		quick.take()
	}
	publish(t, h, live(huiying.LiveCase, 1000, "jkj"))
	frames, lagged, seq := c.take()
	if len(frames) != clientQueue || !lagged || seq != 1000 {
		t.Errorf("%d waiting, lagged %v, seq %d; want the queue full, lagged, up to 1000", len(frames), lagged, seq)
	}
	if last := frames[len(frames)-1].live; last.Type != huiying.LiveCase {
		t.Errorf("the case was lost, last is %s %d", last.Type, last.Seq)
	}
	if frames, lagged, _ := quick.take(); len(frames) != 1 || lagged {
		t.Errorf("the quick client has %d waiting, lagged %v; want the case alone", len(frames), lagged)
	}
	publish(t, h, live(huiying.LivePost, 1001))
	if frames, lagged, _ := c.take(); len(frames) != 1 || lagged {
		t.Errorf("after it caught up: %d waiting, lagged %v", len(frames), lagged)
	}
}

func TestAQueueFullOfCasesIsGivenUp(t *testing.T) {
	h := testHub(t)
	c := joined(t, h, monitor)
	for i := range uint64(clientQueue + 3) {
		publish(t, h, live(huiying.LiveCase, i+1, "jkj"))
	}
	frames, lagged, seq := c.take()
	if len(frames) != 3 || !lagged || seq != clientQueue+3 {
		t.Errorf("%d waiting, lagged %v, seq %d; want the 3 newest and a resync", len(frames), lagged, seq)
	}
}

func TestFiguresReplaceOlderFigures(t *testing.T) {
	h := testHub(t)
	c, unit := joined(t, h, monitor), joined(t, h, liaison)
	for i := range 5 {
		publish(t, h, live(huiying.LivePost, uint64(i+1)))
		if err := h.publishStats("141122", json.RawMessage(fmt.Sprintf(`{"posts_total":%d}`, i))); err != nil {
			t.Fatal(err)
		}
	}
	frames, _, _ := c.take()
	if len(frames) != 6 {
		t.Fatalf("%d waiting, want 5 posts and one set of figures", len(frames))
	}
	last := frames[5]
	var l huiying.Live
	if err := json.Unmarshal(last.raw, &l); err != nil || string(l.Data) != `{"posts_total":4}` || l.Seq != 5 {
		t.Errorf("last is %s (%v), want the newest figures with the seq of the bus", last.raw, err)
	}
	if frames, _, _ := unit.take(); len(frames) != 0 {
		t.Errorf("a unit got %d messages, want none", len(frames))
	}
}

func TestResuming(t *testing.T) {
	tests := []struct {
		name   string
		kept   uint64 // messages 11 … 10+kept were heard
		since  uint64
		want   []uint64
		resync bool
	}{
		{"nothing was missed", 5, 15, []uint64{}, false},
		{"what was missed comes in order", 5, 12, []uint64{13, 14, 15}, false},
		{"all of it, when the first kept is the next", 5, 10, []uint64{11, 12, 13, 14, 15}, false},
		{"older than what is kept asks for a reload", 5, 9, []uint64{}, true},
		{"a seq of another life of the bus asks for a reload", 5, 99, []uint64{}, true},
		{"more than a queue holds asks for a reload", 2 * clientQueue, 11, []uint64{}, true},
		{"a fresh hub knows nothing", 0, 7, []uint64{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := testHub(t)
			for i := range tt.kept {
				publish(t, h, live(huiying.LivePost, 11+i))
			}
			c := newPoll(monitor, "")
			h.join(c, true, tt.since)
			defer h.leave(c)
			frames, _, _ := c.take()
			if frames[0].live.Type != huiying.LiveHello || frames[0].resync != tt.resync {
				t.Errorf("greeting %s", frames[0].raw)
			}
			if got := seqs(frames[1:]); fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestOldMessagesAreForgotten(t *testing.T) {
	h := testHub(t)
	for i := range uint64(5 * hubKept) {
		publish(t, h, live(huiying.LivePost, i+1))
	}
	if n := len(h.kept); n < hubKept || n > 2*hubKept {
		t.Errorf("%d kept, want between %d and %d", n, hubKept, 2*hubKept)
	}
	for i, f := range h.kept {
		if want := uint64(5*hubKept - len(h.kept) + i + 1); f.live.Seq != want {
			t.Fatalf("kept[%d] is %d, want %d", i, f.live.Seq, want)
		}
	}
}

func TestSigningOutEndsTheScreensOfThatSession(t *testing.T) {
	h := testHub(t)
	mine, theirs := newPoll(monitor, "mine"), newPoll(monitor, "theirs")
	for _, c := range []*client{mine, theirs} {
		h.join(c, false, 0)
		defer h.leave(c)
	}
	h.dropSession("mine")
	h.dropSession("mine")
	select {
	case <-mine.gone:
	default:
		t.Error("the session's own screen goes on")
	}
	select {
	case <-theirs.gone:
		t.Error("another session's screen was ended")
	default:
	}
}

func TestAClosedHubTakesNobody(t *testing.T) {
	h := testHub(t)
	h.close()
	if h.join(newPoll(monitor, ""), false, 0) {
		t.Error("joined a closed hub")
	}
	if h.ready() == nil {
		t.Error("a closed hub says it is ready")
	}
}

func BenchmarkPublishTo5000(b *testing.B) {
	h := newHub(time.Now, time.Now, newMetrics(&Server{wall: time.Now}))
	h.open()
	clients := make([]*client, 5000)
	for i := range clients {
		clients[i] = newPoll(monitor, "")
		h.join(clients[i], false, 0)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := h.publish(live(huiying.LivePost, uint64(i))); err != nil {
			b.Fatal(err)
		}
		for _, c := range clients {
			c.take()
		}
	}
}
