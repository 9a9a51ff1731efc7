package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"huiying"
	"huiying/alerting/notify"
)

// add puts messages into the outbox of the one case.
func (p *post) add(t *testing.T, list ...huiying.Notification) {
	t.Helper()
	c, err := p.Case(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	c.Rev++
	if err := p.SaveCase(t.Context(), c, c.Rev-1, huiying.Change{Notify: list}); err != nil {
		t.Fatal(err)
	}
}

// to is a message that carries a notice through a channel.
func to(channel, notice string) huiying.Notification {
	n := notification()
	n.ID, n.Channel, n.Notice = huiying.NotificationID(notice+channel), channel, notice
	n.Status, n.CreatedAt, n.NextAt = huiying.NotifyPending, nine, nine
	return n
}

func (p *post) idle(t *testing.T) {
	t.Helper()
	until(t, "nothing waits", func() bool {
		_, waits, err := p.NextNotification(t.Context(), "")
		return err == nil && !waits
	})
}

func TestWhatAChannelRefusesForGoodIsCarriedByTheNextOne(t *testing.T) {
	t.Parallel()
	badKey, up := newRobot(t, saying(`{"errcode":93000}`)), newRobot(t, saying(`{"errcode":0}`))
	p := newPost(t, "wecom", 0)
	p.add(t, to("wecom", "n1"))
	channels := []notify.Channel{badKey.channels()["wecom"], up.channels()["dingtalk"]}
	stop := p.serve(t, nine.Add(time.Second), nil, channels...)
	p.idle(t)
	stop()
	dead := p.message(t, "n1wecom")
	if dead.Status != huiying.NotifyFailed || !strings.Contains(dead.Attempts[0].Detail, "93000") || !strings.Contains(dead.Attempts[0].Detail, "改由钉钉发送") {
		t.Errorf("the dead letter is %s after %+v", dead.Status, dead.Attempts)
	}
	instead := p.message(t, "n1wecom-dingtalk")
	if instead.Status != huiying.NotifySent || instead.Channel != "dingtalk" || !strings.Contains(instead.Attempts[0].Detail, "代企业微信发送") || !instead.CreatedAt.Equal(dead.CreatedAt) {
		t.Errorf("instead %s by %s after %+v", instead.Status, instead.Channel, instead.Attempts)
	}
	for range 2 { // a person has it sent again, the key is still bad
		if err := p.Resend(t.Context(), "141122", dead.ID, nine.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		stop := p.serve(t, nine.Add(2*time.Minute), nil, channels...)
		p.idle(t)
		stop()
	}
	if dead = p.message(t, dead.ID); dead.Status != huiying.NotifyFailed || len(dead.Attempts) != 3 {
		t.Errorf("sent again by hand: %s after %d attempts", dead.Status, len(dead.Attempts))
	}
	if _, said := up.heard(); len(said) != 1 {
		t.Errorf("the next channel carried it %d times", len(said))
	}
}

// Two of the three channels carry the notice anyway: only the third is free.
func TestNobodyIsToldTheSameTwice(t *testing.T) {
	t.Parallel()
	badKey, up := newRobot(t, saying(`{"errcode":93000}`)), newRobot(t, saying(`{"errcode":0,"code":0}`))
	p := newPost(t, "wecom", 0)
	p.add(t, to("wecom", "n1"), to("dingtalk", "n1"), to("wecom", "n2"), to("dingtalk", "n2"), to("feishu", "n2"))
	stop := p.serve(t, nine.Add(time.Second), nil, badKey.channels()["wecom"], up.channels()["dingtalk"], up.channels()["feishu"])
	p.idle(t)
	stop()
	list, err := p.CaseNotifications(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	by := make(map[string]int)
	for _, n := range list {
		by[fmt.Sprint(n.Notice, " ", n.Channel, " ", n.Status)]++
	}
	want := map[string]int{
		"n1 wecom failed": 1, "n1 dingtalk sent": 1, "n1 feishu sent": 1,
		"n2 wecom failed": 1, "n2 dingtalk sent": 1, "n2 feishu sent": 1,
	}
	if fmt.Sprint(by) != fmt.Sprint(want) {
		t.Errorf("sent %v, want %v", by, want)
	}
}

// That nobody's number is on record is no fault of the gateway.
func TestARecipientWithoutAnAddressIsReachedAnotherWayAndTheChannelStaysGreen(t *testing.T) {
	t.Parallel()
	up := newRobot(t, saying(`{"errcode":0}`))
	body, err := notify.SMSBody(`{{json .Text}}`)
	if err != nil {
		t.Fatal(err)
	}
	sms := &notify.SMS{Writer: writer, URL: up.URL, Method: "POST", Body: body, Phone: func(huiying.Notification) string { return "" }, Client: up.Client()}
	p := newPost(t, "sms", 0)
	for i := range 7 {
		p.add(t, to("sms", fmt.Sprint("n", i)))
	}
	d := notify.NewDispatcher(p, []notify.Channel{sms, up.channels()["dingtalk"]}, huiying.NewSpeed(nine.Add(time.Second), 1), nil, p.count, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = d.Run(ctx) })
	p.idle(t)
	cancel()
	wg.Wait()
	if h := d.Health(); h[0].State != huiying.ChannelGreen || h[0].Failed != 0 || h[0].LastError != "" || h[1].Sent != 7 {
		t.Errorf("health %+v", h)
	}
}

// The office gave up its robot while messages waited for it; so many others wait
// that they are not on the first page.
func TestWhatWaitsForAChannelThatIsNotSetUpAnyMoreGoesByTheNextOne(t *testing.T) {
	t.Parallel()
	up := newRobot(t, saying(`{"errcode":0}`))
	p := newPost(t, "dingtalk", 120)
	stray, twice := to("wecom", "n-stray"), to("wecom", "both")
	stray.ID, stray.NextAt = "stray", nine.Add(time.Hour) // waits for the end of the night
	p.add(t, stray, twice, to("dingtalk", "both"))
	stop := p.serve(t, nine.Add(time.Second), nil, up.channels()["dingtalk"])
	until(t, "the stray is carried", func() bool {
		return p.message(t, "stray").Status == huiying.NotifyFailed && p.message(t, "bothwecom").Status == huiying.NotifyFailed
	})
	p.idle(t)
	stop()
	if dead := p.message(t, "stray"); !strings.Contains(dead.Attempts[0].Detail, "企业微信没有开通；改由钉钉发送") {
		t.Errorf("the dead letter says %+v", dead.Attempts)
	}
	if instead := p.message(t, "stray-dingtalk"); instead.Status != huiying.NotifySent {
		t.Errorf("it was not carried: %+v", instead)
	}
	if dead := p.message(t, "bothwecom"); strings.Contains(dead.Attempts[0].Detail, "改由") { // it goes by the other anyway
		t.Errorf("told twice: %+v", dead.Attempts)
	}
}

func TestAnAcknowledgementAlsoStopsWhatAnotherChannelWouldCarry(t *testing.T) {
	t.Parallel()
	p := newPost(t, "wecom", 0)
	p.add(t, to("wecom", "n1"))
	r := newRobot(t, func(int) string {
		if err := p.acknowledged(t.Context()); err != nil {
			t.Error(err)
		}
		return `{"errcode":93000}`
	})
	stop := p.serve(t, nine.Add(time.Second), nil, r.channels()["wecom"], r.channels()["dingtalk"])
	until(t, "the attempt is on record", func() bool { return len(p.message(t, "n1wecom").Attempts) == 1 })
	stop()
	list, err := p.CaseNotifications(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Status != huiying.NotifyCancelled {
		t.Errorf("after the acknowledgement: %+v", list)
	}
}

// way is a channel whose service is down, or not.
type way struct {
	name  string
	down  bool
	mu    sync.Mutex
	tried int
	sent  map[huiying.NotificationID]int
}

func (w *way) Name() string      { return w.name }
func (w *way) Pace() notify.Pace { return notify.Pace{} }
func (w *way) Send(_ context.Context, batch []huiying.Notification) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tried++
	if w.down {
		return errors.New("对方没有应答")
	}
	for _, n := range batch {
		w.sent[n.ID]++
	}
	return nil
}

// In the bubble a day passes at once.
func TestAChannelThatIsDownAllDayShowsRedAndTheNextCarriesEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, "wecom", 0)
		defer func() { _ = p.Close() }()
		down, up := &way{name: "wecom", down: true}, &way{name: "mail", sent: make(map[huiying.NotificationID]int)}
		wake := make(chan struct{}, 1)
		start := time.Now()
		d := notify.NewDispatcher(p, []notify.Channel{down, up}, huiying.NewSpeed(nine, 1), wake, p.count, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = d.Run(ctx) })
		const hours, each = 24, 3
		for hour := range hours {
			for i := range each {
				n := to("wecom", fmt.Sprintf("n%d.%d", hour, i))
				n.CreatedAt = nine.Add(time.Since(start))
				n.NextAt = n.CreatedAt
				p.add(t, n)
			}
			wake <- struct{}{}
			time.Sleep(time.Hour)
			synctest.Wait()
			if h := d.Health(); hour > 0 && (h[0].State != huiying.ChannelRed || h[0].LastError == "" || h[1].State != huiying.ChannelGreen) {
				t.Fatalf("after %d hours: %+v", hour+1, h)
			}
		}
		cancel()
		wg.Wait()
		for hour := range hours {
			for i := range each {
				if id := huiying.NotificationID(fmt.Sprintf("n%d.%dwecom", hour, i)); up.sent[id] != 1 {
					t.Errorf("%s was sent %d times", id, up.sent[id])
				}
			}
		}
		if down.tried > hours*7 {
			t.Errorf("the broken channel was tried %d times in a day", down.tried)
		}
		t.Logf("the broken channel was tried %d times", down.tried)
	})
}
