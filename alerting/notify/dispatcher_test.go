package notify_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"huiying"
	"huiying/alerting/notify"
	"huiying/store/ledger"
)

var nine = time.Date(2026, 11, 23, 9, 0, 0, 0, huiying.Beijing)

// receiver is the county's own server: it answers as told and keeps what came.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	came   []delivery
	answer func(n int, r *http.Request) int // the status of the n-th request, from 1
}

type delivery struct {
	key, stamp, signature string
	body                  []byte
}

func newReceiver(t *testing.T, answer func(n int, r *http.Request) int) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		h := req.Header
		r.mu.Lock()
		r.came = append(r.came, delivery{h.Get("Idempotency-Key"), h.Get("X-Huiying-Timestamp"), h.Get("X-Huiying-Signature"), body})
		n := len(r.came)
		r.mu.Unlock()
		w.WriteHeader(r.answer(n, req))
	}))
	t.Cleanup(r.Close)
	return r
}

func always(status int) func(int, *http.Request) int {
	return func(int, *http.Request) int { return status }
}

func (r *receiver) deliveries() []delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.came)
}

// post is an outbox in the real ledger, one case with n messages in it.
type post struct {
	*ledger.Ledger
	outcomes map[string]int
	mu       sync.Mutex
}

func newPost(t *testing.T, channel string, n int) *post {
	t.Helper()
	l, err := ledger.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var ch huiying.Change
	for i := range n {
		m := notification()
		m.ID, m.Channel = huiying.NotificationID(fmt.Sprint("n", i+1)), channel
		m.Number, m.Status, m.CreatedAt, m.NextAt = "", huiying.NotifyPending, nine, nine.Add(time.Duration(i)*time.Millisecond)
		ch.Notify = append(ch.Notify, m)
	}
	_, err = l.OpenCase(t.Context(), huiying.Case{
		ID: "c1", Rev: 1, Version: 1, Region: "141122", Queue: huiying.Online, State: huiying.StateAssigned, Level: huiying.Orange,
		Title: "西营镇异味", Units: []huiying.CaseUnit{{Unit: "sthj", Lead: true, AssignedAt: nine}}, OpenedAt: nine,
	}, ch)
	if err != nil {
		t.Fatal(err)
	}
	return &post{Ledger: l, outcomes: make(map[string]int)}
}

func (p *post) count(channel, outcome string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outcomes[channel+" "+outcome]++
}

func (p *post) counted() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.outcomes)
}

func (p *post) message(t *testing.T, id huiying.NotificationID) huiying.Notification {
	t.Helper()
	list, err := p.CaseNotifications(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(n huiying.Notification) bool { return n.ID == id })
	if i < 0 {
		t.Fatalf("no notification %s", id)
	}
	return list[i]
}

// acknowledged is what the desk saves when sthj acknowledges.
func (p *post) acknowledged(ctx context.Context) error {
	c, err := p.Case(ctx, "c1")
	if err != nil {
		return err
	}
	c.Rev++
	return p.SaveCase(ctx, c, c.Rev-1, huiying.Change{Silence: []huiying.UnitID{"sthj"}})
}

// serve runs a dispatcher from an instant until the function it returns is called.
func (p *post) serve(t *testing.T, from time.Time, wake <-chan struct{}, channels ...notify.Channel) (stop func()) {
	t.Helper()
	return p.serveAt(t, huiying.NewSpeed(from, 1), wake, channels...)
}

func (p *post) serveAt(t *testing.T, speed huiying.Speed, wake <-chan struct{}, channels ...notify.Channel) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	d := notify.NewDispatcher(p, channels, speed, wake, p.count, slog.New(slog.DiscardHandler))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := d.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	return func() {
		cancel()
		wg.Wait()
	}
}

func (r *receiver) webhook() *notify.Webhook {
	return &notify.Webhook{
		URL: r.URL, Secret: "s3cret", Writer: notify.Writer{Base: "https://yq.example.gov.cn"}, Client: r.Client(),
		Now: func() time.Time { return time.Unix(1700000000, 0) },
	}
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// Each try is by a dispatcher of its own that starts when the last pause is
// over: pauses outlive a restart and the test need not wait for them.
func TestAFaultIsTriedAgainAfterGrowingPausesAndThenSent(t *testing.T) {
	t.Parallel()
	const faults = 4
	r := newReceiver(t, func(n int, _ *http.Request) int {
		if n <= faults {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	p := newPost(t, "webhook", 1)
	at := nine.Add(time.Second)
	for try := 1; try <= faults+1; try++ {
		stop := p.serve(t, at, nil, r.webhook())
		until(t, fmt.Sprint("try ", try, " is on record"), func() bool { return len(p.message(t, "n1").Attempts) == try })
		stop()
		n := p.message(t, "n1")
		last := n.Attempts[try-1]
		if last.Attempt != try || last.OK != (try > faults) || last.OK == (last.Detail != "") {
			t.Errorf("try %d is on record as %+v", try, last)
		}
		if try > faults {
			if n.Status != huiying.NotifySent {
				t.Errorf("a message that arrived is %s", n.Status)
			}
			break
		}
		least := 2 * time.Second << (try - 1)
		if pause := n.NextAt.Sub(last.At); n.Status != huiying.NotifyPending || pause < least || pause > least*5/4 {
			t.Errorf("after try %d it is %s and waits %s, want %s and a quarter at most", try, n.Status, pause, least)
		}
		at = n.NextAt
	}
	came := r.deliveries()
	if len(came) != faults+1 {
		t.Fatalf("the receiver heard %d times, want %d", len(came), faults+1)
	}
	for i, d := range came {
		if d.key != "n1" || string(d.body) != string(came[0].body) {
			t.Errorf("request %d has key %q and body %s; a repeat must be told as one", i+1, d.key, d.body)
		}
		if d.signature != "sha256="+notify.Sign("s3cret", d.stamp, d.body) {
			t.Errorf("request %d is signed %q", i+1, d.signature)
		}
	}
	if got, want := p.counted(), map[string]int{"webhook retry": faults, "webhook sent": 1}; !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}

func TestAMessageIsGivenUpOnRecord(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		channel  string
		status   int
		attempts int
		want     map[string]int
	}{
		{"a refusal is final at once", "webhook", http.StatusBadRequest, 1, map[string]int{"webhook failed": 1}},
		{"a fault is given up after six tries", "webhook", http.StatusBadGateway, 6, map[string]int{"webhook retry": 5, "webhook failed": 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t, always(tt.status))
			p := newPost(t, tt.channel, 1)
			at := nine.Add(time.Second)
			for try := 1; try <= tt.attempts; try++ {
				stop := p.serve(t, at, nil, r.webhook())
				until(t, "the try is on record", func() bool { return len(p.message(t, "n1").Attempts) >= try })
				stop()
				at = p.message(t, "n1").NextAt
			}
			n := p.message(t, "n1")
			if n.Status != huiying.NotifyFailed || len(n.Attempts) != tt.attempts || n.Attempts[tt.attempts-1].Detail == "" {
				t.Errorf("message is %s after %+v", n.Status, n.Attempts)
			}
			if _, waits, err := p.NextNotification(t.Context(), ""); err != nil || waits {
				t.Errorf("it waits still: %v, %v", waits, err)
			}
			if got := p.counted(); !maps.Equal(got, tt.want) {
				t.Errorf("counted %v, want %v", got, tt.want)
			}
		})
	}
}

func TestASilentReceiverIsAFaultThatDoesNotShowItsAddress(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, func(_ int, req *http.Request) int {
		<-req.Context().Done() // until the client gives up
		return http.StatusOK
	})
	p := newPost(t, "webhook", 1)
	w := r.webhook()
	w.URL += "/hook?key=geheim"
	w.Client.Timeout = 20 * time.Millisecond
	stop := p.serve(t, nine.Add(time.Second), nil, w)
	until(t, "the try is on record", func() bool { return len(p.message(t, "n1").Attempts) == 1 })
	stop()
	n := p.message(t, "n1")
	a := n.Attempts[0]
	if n.Status != huiying.NotifyPending || a.OK || a.TookMS < 20 {
		t.Errorf("message is %s after %+v, want it to be tried again", n.Status, a)
	}
	if a.Detail == "" || containsAny(a.Detail, "geheim", r.URL) {
		t.Errorf("the delivery log says %q", a.Detail)
	}
	if got, want := p.counted(), map[string]int{"webhook retry": 1}; !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}

// The unit acknowledges while the first of three reminders is under way: the
// other two must not be sent any more, the first is on record.
func TestWhatAnAcknowledgementCancelledIsNotSent(t *testing.T) {
	t.Parallel()
	p := newPost(t, "webhook", 3)
	r := newReceiver(t, func(int, *http.Request) int {
		if err := p.acknowledged(t.Context()); err != nil {
			t.Error(err)
		}
		return http.StatusOK
	})
	stop := p.serve(t, nine.Add(time.Second), nil, r.webhook())
	until(t, "nothing waits", func() bool {
		_, waits, err := p.NextNotification(t.Context(), "")
		return err == nil && !waits && len(p.message(t, "n1").Attempts) == 1
	})
	stop()
	for _, id := range []huiying.NotificationID{"n1", "n2", "n3"} {
		if n := p.message(t, id); n.Status != huiying.NotifyCancelled || (len(n.Attempts) > 0) != (id == "n1") {
			t.Errorf("%s is %s with %d attempts", id, n.Status, len(n.Attempts))
		}
	}
	if came := r.deliveries(); len(came) != 1 || came[0].key != "n1" {
		t.Errorf("the receiver heard %d times, want the first only", len(came))
	}
}

func TestNothingIsSentWhenTheAcknowledgementCameFirst(t *testing.T) {
	t.Parallel()
	p := newPost(t, "webhook", 2)
	if err := p.acknowledged(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := p.Case(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	after := notification() // to another unit: shows that the dispatcher did its round
	after.ID, after.Unit, after.Status, after.NextAt, after.CreatedAt = "other", "slj", huiying.NotifyPending, nine.Add(time.Millisecond*10), nine
	c.Rev++
	if err := p.SaveCase(t.Context(), c, c.Rev-1, huiying.Change{Notify: []huiying.Notification{after}}); err != nil {
		t.Fatal(err)
	}
	r := newReceiver(t, always(http.StatusOK))
	stop := p.serve(t, nine.Add(time.Second), nil, r.webhook())
	until(t, "the other unit is told", func() bool { return p.message(t, "other").Status == huiying.NotifySent })
	stop()
	if came := r.deliveries(); len(came) != 1 || came[0].key != "other" {
		t.Errorf("the receiver heard %d times", len(came))
	}
}

// The process is killed after the receiver took the message and before the
// attempt is on record.
func TestAfterACrashTheMessageIsSentAgainWithTheSameKey(t *testing.T) {
	t.Parallel()
	p := newPost(t, "webhook", 1)
	took := make(chan struct{})
	r := newReceiver(t, func(n int, req *http.Request) int {
		if n == 1 {
			close(took)
			<-req.Context().Done() // the answer never arrives
		}
		return http.StatusOK
	})
	stop := p.serve(t, nine.Add(time.Second), nil, r.webhook())
	<-took
	stop()
	if n := p.message(t, "n1"); n.Status != huiying.NotifyPending || len(n.Attempts) != 0 {
		t.Fatalf("after the crash it is %s with %d attempts", n.Status, len(n.Attempts))
	}
	stop = p.serve(t, nine.Add(time.Second), nil, r.webhook())
	until(t, "it is sent", func() bool { return p.message(t, "n1").Status == huiying.NotifySent })
	stop()
	came := r.deliveries()
	if len(came) != 2 || came[0].key != "n1" || came[1].key != "n1" {
		t.Errorf("the receiver heard %d times, want twice with one key", len(came))
	}
}

// A message written while the dispatcher naps is sent when it is woken.
func TestAWakeSendsAtOnce(t *testing.T) {
	t.Parallel()
	p := newPost(t, "webhook", 1)
	r := newReceiver(t, always(http.StatusOK))
	wake := make(chan struct{}, 1)
	stop := p.serve(t, nine.Add(time.Second), wake, r.webhook())
	defer stop()
	until(t, "the first is sent", func() bool { return p.message(t, "n1").Status == huiying.NotifySent })
	c, err := p.Case(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	second := notification()
	second.ID, second.Status, second.NextAt, second.CreatedAt = "second", huiying.NotifyPending, nine, nine
	c.Rev++
	if err := p.SaveCase(t.Context(), c, c.Rev-1, huiying.Change{Notify: []huiying.Notification{second}}); err != nil {
		t.Fatal(err)
	}
	woken := time.Now()
	wake <- struct{}{}
	until(t, "the second is sent", func() bool { return p.message(t, "second").Status == huiying.NotifySent })
	if took := time.Since(woken); took > 4*time.Second { // an idle dispatcher looks every 5 s
		t.Errorf("it took %s", took)
	}
}
