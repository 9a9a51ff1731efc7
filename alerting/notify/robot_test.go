package notify_test

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"huiying"
	"huiying/alerting/notify"
)

// The vectors are computed by the robots' own documented rules.
func TestRobotsAreSignedAsTheirMakersAsk(t *testing.T) {
	t.Parallel()
	if got, want := notify.DingTalkSign("SECtest0123456789", "1700000000000"), "yBKp5IlG6qCzcQWmgyRK/ziJBdVNJmHfFE2ST/CzT/g="; got != want {
		t.Errorf("dingtalk: %s, want %s", got, want)
	}
	if got, want := notify.FeishuSign("feishutest0123456789", "1700000000"), "bbjXtNQXV5hX3JqL6DbNJ2OM/seIAgN/LUDVNY5HUEk="; got != want {
		t.Errorf("feishu: %s, want %s", got, want)
	}
}

// robot is a local stand-in for a chat service: it keeps requests and answers
// 200 with a code, as they all do.
type robot struct {
	*httptest.Server
	mu     sync.Mutex
	urls   []string
	bodies []string
	answer func(n int) string
}

func newRobot(t *testing.T, answer func(n int) string) *robot {
	t.Helper()
	r := &robot{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.urls, r.bodies = append(r.urls, req.URL.String()), append(r.bodies, string(body))
		n := len(r.bodies)
		r.mu.Unlock()
		_, _ = io.WriteString(w, r.answer(n))
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *robot) heard() (urls, bodies []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.urls...), append([]string(nil), r.bodies...)
}

func saying(answer string) func(int) string { return func(int) string { return answer } }

var writer = notify.Writer{Base: "https://yq.example.gov.cn", Units: func(huiying.UnitID) string { return "生态环境分局" }}

func at1700() time.Time { return time.Unix(1700000000, 0) }

func (r *robot) channels() map[string]notify.Channel {
	return map[string]notify.Channel{
		"wecom":    &notify.WeCom{Writer: writer, URL: r.URL, Key: "k3y", Client: r.Client()},
		"dingtalk": &notify.DingTalk{Writer: writer, URL: r.URL, Token: "t0ken", Secret: "SECtest0123456789", Now: at1700, Client: r.Client()},
		"feishu":   &notify.Feishu{Writer: writer, URL: r.URL, Hook: "h00k", Secret: "feishutest0123456789", Now: at1700, Client: r.Client()},
	}
}

func TestARobotIsToldNumberLevelUnitDeadlineAndLinkOnly(t *testing.T) {
	t.Parallel()
	for name := range newRobot(t, saying("{}")).channels() {
		r := newRobot(t, saying(`{"errcode":0,"code":0}`))
		if err := r.channels()[name].Send(t.Context(), one()); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		urls, bodies := r.heard()
		for _, want := range []string{"交舆〔2026〕0001号", "重大", "生态环境分局", "11-23 09:15", "https://yq.example.gov.cn/cases/c1"} {
			if !strings.Contains(bodies[0], want) {
				t.Errorf("%s does not say %s: %s", name, want, bodies[0])
			}
		}
		if containsAny(bodies[0], "张某某", "异味", "西营", "联络人") {
			t.Errorf("%s tells of the matter: %s", name, bodies[0])
		}
		switch name {
		case "wecom":
			if urls[0] != "/?key=k3y" {
				t.Errorf("wecom: %s", urls[0])
			}
		case "dingtalk":
			if urls[0] != "/?access_token=t0ken&sign=yBKp5IlG6qCzcQWmgyRK%2FziJBdVNJmHfFE2ST%2FCzT%2Fg%3D&timestamp=1700000000000" {
				t.Errorf("dingtalk: %s", urls[0])
			}
		case "feishu":
			var body struct{ Timestamp, Sign string }
			if err := json.Unmarshal([]byte(bodies[0]), &body); err != nil || urls[0] != "/h00k" || body.Timestamp != "1700000000" || body.Sign != "bbjXtNQXV5hX3JqL6DbNJ2OM/seIAgN/LUDVNY5HUEk=" {
				t.Errorf("feishu: %s with %+v", urls[0], body)
			}
		}
	}
}

func TestAMessageAboutASourceLeadsToTheSources(t *testing.T) {
	t.Parallel()
	for name := range newRobot(t, saying("{}")).channels() {
		r := newRobot(t, saying(`{"errcode":0,"code":0}`))
		n := huiying.Notification{ID: "n1", Region: "141122", Kind: huiying.NoticeSource, Unit: "wxb", Role: huiying.Monitor, Text: "“卦山论坛”：已 1 小时未成功"}
		if err := r.channels()[name].Send(t.Context(), []huiying.Notification{n}); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, bodies := r.heard(); !strings.Contains(bodies[0], "信源中断") || !strings.Contains(bodies[0], "https://yq.example.gov.cn/sources") || containsAny(bodies[0], "卦山论坛", "渠道测试", "/cases/") {
			t.Errorf("%s says %s", name, bodies[0])
		}
	}
}

func TestARobotThatSays200MayHaveRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, answer string
		pause        time.Duration // > 0: throttled
		permanent    bool
	}{
		{"wecom", `{"errcode":93000}`, 0, true},
		{"wecom", `{"errcode":45009}`, time.Minute, false},
		{"wecom", `{"errcode":-1}`, 0, false},
		{"wecom", `sorry`, 0, false},
		{"dingtalk", `{"errcode":310000}`, 0, true},
		{"dingtalk", `{"errcode":130101}`, 10 * time.Minute, false},
		{"feishu", `{"code":19021}`, 0, true},
		{"feishu", `{"code":11232}`, time.Minute, false},
	} {
		r := newRobot(t, saying(tt.answer))
		err := r.channels()[tt.name].Send(t.Context(), one())
		var permanent notify.Permanent
		var throttled notify.Throttled
		if err == nil || errors.As(err, &permanent) != tt.permanent || errors.As(err, &throttled) != (tt.pause > 0) || throttled.Pause != tt.pause {
			t.Errorf("%s says %s: %v", tt.name, tt.answer, err)
		}
		if err != nil && containsAny(err.Error(), "k3y", "t0ken", "h00k", r.URL) {
			t.Errorf("%s shows a secret: %v", tt.name, err)
		}
	}
}

// More than a robot takes in a minute goes out in digests: nothing is dropped,
// nothing said twice.
func TestMoreThanTheLimitIsDigested(t *testing.T) {
	t.Parallel()
	const waiting = 53
	r := newRobot(t, saying(`{"errcode":0}`))
	p := newPost(t, "wecom", waiting)
	stop := p.serve(t, nine.Add(time.Second), nil, r.channels()["wecom"])
	until(t, "nothing waits", func() bool {
		_, waits, err := p.NextNotification(t.Context(), "")
		return err == nil && !waits
	})
	stop()
	_, bodies := r.heard()
	if len(bodies) > 20 {
		t.Errorf("%d messages in a minute", len(bodies))
	}
	said := 0
	for _, b := range bodies {
		said += strings.Count(b, "/cases/c1")
		if len(b) > 5000 { // JSON of 4096 bytes of markdown
			t.Errorf("a message of %d bytes", len(b))
		}
	}
	if said != waiting {
		t.Errorf("%d notifications were said, %d waited", said, waiting)
	}
	for i := range waiting {
		if n := p.message(t, huiying.NotificationID(fmt.Sprint("n", i+1))); n.Status != huiying.NotifySent || len(n.Attempts) != 1 {
			t.Errorf("%s is %s after %+v", n.ID, n.Status, n.Attempts)
		}
	}
	if d := p.message(t, "n1").Attempts[0].Detail; !strings.Contains(d, "合并") {
		t.Errorf("the log does not say that it went in a digest: %q", d)
	}
}

// The robot counts on while we start anew: 15 messages, a restart, and 15 more
// within the same minute are still no more than it takes.
func TestARestartDoesNotForgetWhatWasSentInTheLastMinute(t *testing.T) {
	t.Parallel()
	r := newRobot(t, saying(`{"errcode":0}`))
	p := newPost(t, "wecom", 15)
	stop := p.serve(t, nine.Add(time.Second), nil, r.channels()["wecom"])
	p.idle(t)
	stop()
	for i := range 15 {
		p.add(t, to("wecom", fmt.Sprint("later", i)))
	}
	stop = p.serve(t, nine.Add(20*time.Second), nil, r.channels()["wecom"])
	p.idle(t)
	stop()
	_, bodies := r.heard()
	if n := len(bodies); n <= 15 || n > 20 {
		t.Errorf("%d messages in a minute, want at most 20", n)
	}
	if said := strings.Count(strings.Join(bodies, ""), "/cases/c1"); said != 30 {
		t.Errorf("%d notifications were said, want 30", said)
	}
}

func TestAChannelThatIsOutOfOrderIsReplacedByTheNext(t *testing.T) {
	t.Parallel()
	down, up := newRobot(t, saying(`{"errcode":-1}`)), newRobot(t, saying(`{"errcode":0}`))
	p := newPost(t, "wecom", 9)
	stop := p.serve(t, nine.Add(time.Second), nil, down.channels()["wecom"], up.channels()["dingtalk"])
	until(t, "all arrived some way", func() bool { return p.counted()["dingtalk sent"] == 9 })
	stop()
	if _, tried := down.heard(); len(tried) != 5 {
		t.Errorf("the broken channel was tried %d times, want 5", len(tried))
	}
	n := p.message(t, "n9")
	if n.Channel != "dingtalk" || len(n.Attempts) != 2 || !strings.Contains(n.Attempts[0].Detail, "企业微信不通，改由钉钉发送") {
		t.Errorf("handed over as %s after %+v", n.Channel, n.Attempts)
	}
	if got, want := p.counted(), map[string]int{"wecom retry": 5, "wecom handed over": 9, "dingtalk sent": 9}; !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}

func TestATextMessageGoesToThePhoneOnRecord(t *testing.T) {
	t.Parallel()
	r := newRobot(t, saying("ok"))
	body, err := notify.SMSBody(`to={{query .Phone}}&text={{query .Text}}&id={{.ID}}`)
	if err != nil {
		t.Fatal(err)
	}
	phone := "13800000000"
	sms := &notify.SMS{
		Writer: writer, URL: r.URL, Method: http.MethodPost, ContentType: "application/x-www-form-urlencoded", Body: body, Sign: "【交城县回应】",
		Phone: func(huiying.Notification) string { return phone }, Client: r.Client(),
	}
	if err := sms.Send(t.Context(), one()); err != nil {
		t.Fatal(err)
	}
	_, bodies := r.heard()
	if !strings.HasPrefix(bodies[0], "to=13800000000&text=%E3%80%90") || !strings.HasSuffix(bodies[0], "&id=n1") {
		t.Errorf("the gateway got %s", bodies[0])
	}
	phone = ""
	var permanent notify.Permanent
	if err := sms.Send(t.Context(), one()); !errors.As(err, &permanent) || !strings.Contains(err.Error(), "未登记") {
		t.Errorf("without a phone: %v", err)
	}
	if _, err := notify.SMSBody("{{.Phone"); err == nil {
		t.Error("a broken template was taken")
	}
}

// smtpServer takes mail over implicit TLS and keeps what it was given.
func smtpServer(t *testing.T, config *tls.Config, refuse string) (port int, got func() string) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var said strings.Builder
	var wg sync.WaitGroup
	serve := func(c net.Conn) {
		defer func() { _ = c.Close() }()
		_, _ = io.WriteString(c, "220 local ESMTP\r\n")
		lines := bufio.NewScanner(c)
		for data := false; lines.Scan(); {
			mu.Lock()
			said.WriteString(lines.Text() + "\n")
			mu.Unlock()
			answer := "250 ok"
			switch verb, _, _ := strings.Cut(strings.ToUpper(lines.Text()), " "); {
			case data && lines.Text() == ".":
				data = false
			case data:
				continue
			case verb == "DATA":
				data, answer = true, "354 go on"
			case verb == "RCPT" && refuse != "":
				answer = refuse
			case verb == "QUIT":
				_, _ = io.WriteString(c, "221 bye\r\n")
				return
			}
			_, _ = io.WriteString(c, answer+"\r\n")
		}
	}
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { serve(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	return l.Addr().(*net.TCPAddr).Port, func() string { mu.Lock(); defer mu.Unlock(); return said.String() }
}

func TestMailGoesOverTLSToTheAddressOnRecord(t *testing.T) {
	t.Parallel()
	https := httptest.NewTLSServer(nil)
	defer https.Close()
	trust := https.Client().Transport.(*http.Transport).TLSClientConfig
	for _, refuse := range []string{"", "550 no such user"} {
		port, got := smtpServer(t, &tls.Config{Certificates: https.TLS.Certificates}, refuse)
		m := &notify.Mail{
			Writer: writer, Host: "127.0.0.1", Port: port, TLS: "implicit", From: "回应 <yq@example.gov.cn>", Config: trust,
			Address: func(huiying.Notification) string { return "sthj@example.gov.cn" },
		}
		err := m.Send(t.Context(), one())
		var permanent notify.Permanent
		var unreachable notify.Unreachable
		if refuse != "" {
			if !errors.As(err, &permanent) || !errors.As(err, &unreachable) {
				t.Errorf("a recipient that does not exist: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, got())
		}
		for _, want := range []string{"MAIL FROM:<yq@example.gov.cn>", "RCPT TO:<sthj@example.gov.cn>", "Message-ID: <n1@example.gov.cn>"} {
			if !strings.Contains(got(), want) {
				t.Errorf("the server was not told %s:\n%s", want, got())
			}
		}
		for _, none := range []string{"", "sthj"} { // is not on record, is no address
			m.Address = func(huiying.Notification) string { return none }
			if err := m.Send(t.Context(), one()); !errors.As(err, &unreachable) {
				t.Errorf("to %q: %v, want a fault of the recipient", none, err)
			}
		}
		m.Address = func(huiying.Notification) string { return "sthj@example.gov.cn" }
		m.Config = nil // a server nobody vouches for
		if err := m.Send(t.Context(), one()); err == nil {
			t.Error("mail went to a server with an unknown certificate")
		}
	}
}
