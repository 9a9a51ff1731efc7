package collector

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"huiying"
)

// mailServer serves a mailbox over TLS.
func mailServer(t *testing.T, startTLS bool) (*imapmemserver.User, Mailbox) {
	t.Helper()
	web := httptest.NewUnstartedServer(http.NotFoundHandler())
	web.StartTLS() // for its certificate only
	t.Cleanup(web.Close)
	web.TLS.NextProtos = nil
	user := imapmemserver.NewUser("liaison@example.gov.cn", "secret")
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	mem := imapmemserver.New()
	mem.AddUser(user)
	srv := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}}, TLSConfig: web.TLS, Logger: log.New(io.Discard, "", 0),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if !startTLS {
		l = tls.NewListener(l, web.TLS)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); <-done })
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw})
	return user, Mailbox{Name: "liaison", Server: address, StartTLS: startTLS, User: "liaison@example.gov.cn", Password: "secret", CA: ca}
}

func deliver(t *testing.T, u *imapmemserver.User, message string) {
	t.Helper()
	if _, err := u.Append("INBOX", literal{strings.NewReader(strings.ReplaceAll(message, "\n", "\r\n"))}, &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return int64(l.Len()) }

func unreadIn(t *testing.T, u *imapmemserver.User) uint32 {
	t.Helper()
	data, err := u.Status("INBOX", &imap.StatusOptions{NumUnseen: true})
	if err != nil {
		t.Fatal(err)
	}
	return *data.NumUnseen
}

var (
	gbkMail   = "From: =?GBK?B?" + base64.StdEncoding.EncodeToString([]byte("\xcd\xf5\xc1\xaa\xc2\xe7")) + "?= <wang@tianning.jiaocheng.gov.cn>\nMessage-ID: <1@x>\nDate: Thu, 05 Mar 2026 09:30:00 +0800\nSubject: =?UTF-8?B?" + base64.StdEncoding.EncodeToString([]byte("瓦窑小区停暖情况")) + "?=\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=gbk\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte("\xcd\xdf\xd2\xa4\xd0\xa1\xc7\xf8\xcd\xa3\xc5\xaf\xc8\xfd\xcc\xec\xa3\xac\xd2\xd1\xb1\xa8\xd0\xde\xa1\xa3")) + "\n--b\nContent-Type: application/zip; name=a.zip\nContent-Disposition: attachment; filename=\"a.zip\"\nContent-Transfer-Encoding: base64\n\nUEsDBA==\n--b--\n"
	htmlMail  = "From: Li <li@jiaocheng.gov.cn>\nMessage-ID: <2@x>\nDate: Thu, 05 Mar 2026 10:00:00 +0800\nSubject: =?UTF-8?Q?=E8=B7=AF=E7=81=AF?=\nContent-Type: text/html; charset=utf-8\n\n<p>东关街<b>路灯</b>不亮，电话 13812345678。</p><script>alert(1)</script>\n"
	otherMail = "From: spam@example.com\nMessage-ID: <3@x>\nSubject: win\n\nYou have won.\n"
)

func TestAMailboxIsReadAndMarkedOnlyWhenItsPostsAreDurable(t *testing.T) {
	for name, startTLS := range map[string]bool{"TLS": false, "STARTTLS": true} {
		t.Run(name, func(t *testing.T) {
			user, box := mailServer(t, startTLS)
			deliver(t, user, gbkMail)
			deliver(t, user, htmlMail)
			deliver(t, user, otherMail)
			lost := errors.New("the bus is gone")
			ledger, out := newBook(), &sink{fail: []error{lost}}
			c := testCollector(t, ledger, out, func(cfg *Config) { cfg.Mailboxes = []Mailbox{box} })
			src := huiying.Source{ID: "mail", Region: "141122", Kind: "imap", Name: "联络员邮箱", URL: "imaps://liaison/INBOX", Channel: huiying.ChannelManual, Options: map[string]any{"senders": "@tianning.jiaocheng.gov.cn li@jiaocheng.gov.cn"}}
			if err := c.Visit(t.Context(), src); !errors.Is(err, lost) {
				t.Fatalf("%v, want the bus's error", err)
			}
			if n := unreadIn(t, user); n != 3 {
				t.Errorf("%d unread after a lost publish, want all 3", n)
			}
			for range 2 {
				if err := c.Visit(t.Context(), src); err != nil {
					t.Fatal(err)
				}
			}
			if n := unreadIn(t, user); n != 1 {
				t.Errorf("%d unread, want the stranger's only", n)
			}
			if len(out.posts) != 2 {
				t.Fatalf("%d posts", len(out.posts))
			}
			first, second := out.posts[0], out.posts[1]
			if first.Title != "瓦窑小区停暖情况" || !strings.HasPrefix(first.Text, "瓦窑小区停暖三天，已报修。") || !strings.Contains(first.Text, "附件未采集：a.zip") || first.Author != "王**" || first.PublishedAt.Hour() != 9 {
				t.Errorf("%+v", first)
			}
			if !strings.Contains(second.Text, "东关街路灯不亮") || strings.Contains(second.Text, "alert") || strings.Contains(second.Text, "13812345678") {
				t.Errorf("%+v", second)
			}
		})
	}
}

func TestAMailboxSaysWhatIsWrong(t *testing.T) {
	user, box := mailServer(t, false)
	deliver(t, user, htmlMail)
	wrong := box
	wrong.Password = "guess"
	distrusted := box
	distrusted.CA = nil
	gone := box
	gone.Server = "127.0.0.1:1"
	for name, c := range map[string]struct {
		box       Mailbox
		url, says string
	}{
		"an unknown mailbox": {box, "imaps://other/INBOX", "collector.mailboxes"}, "a wrong password": {wrong, "imaps://liaison/INBOX", "账号或密码"},
		"no such folder": {box, "imaps://liaison/None", "没有文件夹"}, "a certificate nobody signed": {distrusted, "imaps://liaison/INBOX", "证书"}, "no server": {gone, "imaps://liaison/INBOX", "连不上"},
		"a server of the source's own": {box, "imaps://evil.example.com:993/INBOX", "imaps://名称/文件夹"},
	} {
		t.Run(name, func(t *testing.T) {
			col := testCollector(t, newBook(), &sink{}, func(cfg *Config) { cfg.Mailboxes = []Mailbox{c.box} })
			err := col.Visit(t.Context(), huiying.Source{ID: "m", Kind: "imap", Name: "邮箱", URL: c.url, Channel: huiying.ChannelManual})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want it to say %s", err, c.says)
			}
		})
	}
}
