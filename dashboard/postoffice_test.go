package dashboard_test

import (
	"bufio"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// postOffice is a mail server on this machine.
type postOffice struct {
	net.Listener
	closed atomic.Bool // for today: everything is put off
	mu     sync.Mutex
	came   []mailed
	calls  sync.WaitGroup
}

// mailed is one mail as it arrived.
type mailed struct {
	to      []string
	subject string
	text    string
	files   []string
}

func newPostOffice(t *testing.T) *postOffice {
	p := &postOffice{Listener: must(net.Listen("tcp", "127.0.0.1:0"))}
	p.calls.Go(func() {
		for {
			c, err := p.Accept()
			if err != nil {
				return
			}
			p.calls.Go(func() { p.serve(t, c) })
		}
	})
	t.Cleanup(func() { _ = p.Close(); p.calls.Wait() })
	return p
}

func (p *postOffice) port() int { return p.Addr().(*net.TCPAddr).Port } //nolint:forcetypeassert // it listens on tcp

func (p *postOffice) mails() []mailed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]mailed(nil), p.came...)
}

// serve speaks as much of RFC 5321 as a client needs.
func (p *postOffice) serve(t *testing.T, c net.Conn) {
	defer func() { _ = c.Close() }()
	in := textproto.NewReader(bufio.NewReader(c))
	say := func(line string) { _, _ = fmt.Fprintf(c, "%s\r\n", line) }
	say("220 post.example.invalid")
	var to []string
	for {
		line, err := in.ReadLine()
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(line); {
		case strings.HasPrefix(verb, "EHLO"):
			say("250-post.example.invalid")
			say("250 8BITMIME")
		case strings.HasPrefix(verb, "MAIL") && p.closed.Load():
			say("451 come back later")
		case strings.HasPrefix(verb, "RCPT"):
			to = append(to, strings.Trim(line[len("RCPT TO:"):], "<>"))
			say("250 ok")
		case verb == "DATA":
			say("354 go on")
			p.take(t, to, in.DotReader())
			to = nil
			say("250 ok")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (p *postOffice) take(t *testing.T, to []string, in io.Reader) {
	m, err := mail.ReadMessage(in)
	if err != nil {
		t.Errorf("no mail: %v", err)
		return
	}
	words := new(mime.WordDecoder)
	out := mailed{to: to, subject: must(words.DecodeHeader(m.Header.Get("Subject")))}
	kind, params, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if !strings.HasPrefix(kind, "multipart/") {
		out.text = string(must(io.ReadAll(m.Body)))
	} else {
		parts := multipart.NewReader(m.Body, params["boundary"])
		for {
			part, err := parts.NextPart()
			if err != nil {
				break
			}
			if raw := string(must(io.ReadAll(part))); part.FileName() != "" {
				out.files = append(out.files, must(words.DecodeHeader(part.FileName())))
			} else {
				out.text = raw
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.came = append(p.came, out)
}
