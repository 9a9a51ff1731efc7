package collector

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-message"
	"github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/mail"

	"huiying"
)

// Mailbox is a mailbox the installation may read: its address and password stand in
// the configuration, never in a source, so that nobody who adds a source can choose
// where they are sent.
type Mailbox struct {
	Name     string // what sources call it: imaps://NAME/FOLDER
	Server   string // host:port
	StartTLS bool   // TLS begins after the greeting (port 143); else at once (993)
	User     string
	Password string
	CA       []byte // PEM of the authority that signed the server's certificate; nil: the system's
}

var mailboxKind = Kind{
	Name: "imap", Title: "邮箱",
	About: "联络员用邮件报送信息时用：按 IMAP 读收件箱里未读的邮件，每封一条，入库后才标为已读；附件不采集，只记下名称。邮箱的服务器、账号和密码写在配置的 collector.mailboxes 里，网址写作 imaps://名称/文件夹",
	Options: []Option{
		{Name: "senders", Type: TextOption, Example: "@jiaocheng.gov.cn liaison@example.cn", Meaning: "只收这些地址或（@ 开头的）单位来的邮件，用空格分开；其余不读也不标记。发件人可以伪造，重要内容请电话核实"},
		maxItems,
	},
	open: openMailbox,
}

// Bounds of one mailbox visit.
const (
	mailTime   = time.Minute
	mailBytes  = 2 << 20 // read of one message; text comes first
	mailListed = 500     // unread messages looked at in one visit
)

func checkMailbox(raw string) (name, folder string, err error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Scheme != "imaps" || u.Host == "" || u.User != nil || u.Port() != "" {
		return "", "", huiying.Invalid("url", "邮箱写作 imaps://名称/文件夹，例如 imaps://liaison/INBOX，收到 %q", huiying.Clip(raw, 80))
	}
	return u.Host, cmp.Or(strings.Trim(u.Path, "/"), "INBOX"), nil
}

func openMailbox(opts options, s huiying.Source) (plan, error) {
	name, folder, err := checkMailbox(s.URL)
	if err != nil {
		return plan{}, err
	}
	limit, err := opts.count("max_items", 1, 1000)
	if err != nil {
		return plan{}, err
	}
	m := mailReader{name: name, folder: folder, senders: strings.Fields(strings.ToLower(opts.text("senders"))), limit: limit}
	return plan{list: m.list, settled: m.seen}, nil
}

type mailReader struct {
	name, folder string
	senders      []string
	limit        int
}

// session opens the mailbox for one piece of work.
func (m mailReader) session(ctx context.Context, v *visit, work func(c *imapclient.Client, box *imap.SelectData) error) error {
	i := slices.IndexFunc(v.mailboxes, func(b Mailbox) bool { return strings.EqualFold(b.Name, m.name) })
	if i < 0 {
		return &Failure{URL: v.source.URL, Message: "配置的 collector.mailboxes 里没有名为 " + huiying.Clip(m.name, 40) + " 的邮箱", Permanent: true}
	}
	box := v.mailboxes[i]
	c, err := box.dial()
	if err != nil {
		return &Failure{URL: v.source.URL, Message: "连不上邮件服务器，请核对地址和证书（" + huiying.Clip(oneLine(rootCause(err).Error()), 100) + "）", Cause: err}
	}
	ctx, cancel := context.WithTimeout(ctx, mailTime)
	defer cancel()
	hangUp := context.AfterFunc(ctx, func() { _ = c.Close() }) // the only way to end a command
	defer func() {
		if hangUp() {
			_ = c.Logout().Wait() // a server that hung up first has nothing to tell
			_ = c.Close()
		}
	}()
	err = c.Login(box.User, box.Password).Wait()
	var refused *imap.Error
	if errors.As(err, &refused) {
		return &Failure{URL: v.source.URL, Message: "邮箱不接受账号或密码", Permanent: true, Cause: err}
	}
	var data *imap.SelectData
	if err == nil {
		data, err = c.Select(m.folder, nil).Wait()
	}
	if errors.As(err, &refused) {
		return &Failure{URL: v.source.URL, Message: "邮箱里没有文件夹 " + huiying.Clip(m.folder, 40), Permanent: true, Cause: err}
	}
	if err == nil {
		err = work(c, data)
	}
	var failure *Failure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &failure):
		return failure
	}
	return &Failure{URL: v.source.URL, Message: "读邮箱时出错（" + huiying.Clip(oneLine(rootCause(err).Error()), 100) + "）", Cause: err}
}

func (b Mailbox) dial() (*imapclient.Client, error) {
	host, _, _ := strings.Cut(b.Server, ":")
	conf := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if len(b.CA) > 0 {
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(b.CA) {
			return nil, errors.New("证书文件里没有可用的 PEM 证书")
		}
	}
	opts := &imapclient.Options{TLSConfig: conf, Dialer: dialer(anywhere, nil), WordDecoder: &mime.WordDecoder{CharsetReader: charset.Reader}}
	if b.StartTLS {
		return imapclient.DialStartTLS(b.Server, opts)
	}
	return imapclient.DialTLS(b.Server, opts)
}

// list reads the unread messages of approved senders, the oldest first.
func (m mailReader) list(ctx context.Context, v *visit) (items []candidate, err error) {
	v.limit = m.limit
	err = m.session(ctx, v, func(c *imapclient.Client, box *imap.SelectData) error {
		found, err := c.UIDSearch(&imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagSeen}}, nil).Wait()
		if err != nil {
			return err
		}
		uids := found.AllUIDs()
		uids = uids[:min(len(uids), mailListed)]
		v.note("%s 里有 %d 封未读邮件", m.folder, len(uids))
		if len(uids) == 0 {
			return nil
		}
		heads, err := c.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, Envelope: true}).Collect()
		if err != nil {
			return err
		}
		foreign := 0
		for _, head := range heads {
			if !m.approved(head.Envelope) {
				foreign++
				continue
			}
			if len(items) == m.limit {
				break
			}
			item, err := m.message(v, c, box.UIDValidity, head)
			if err != nil {
				return err
			}
			items = append(items, item)
		}
		if foreign > 0 {
			v.note("%d 封来自名单以外的发件人，没有读", foreign)
		}
		return nil
	})
	v.requests++
	return items, err
}

func (m mailReader) approved(e *imap.Envelope) bool {
	if len(m.senders) == 0 {
		return true
	}
	if e == nil || len(e.From) != 1 {
		return false
	}
	from := strings.ToLower(e.From[0].Addr())
	return slices.ContainsFunc(m.senders, func(s string) bool {
		return from == s || strings.HasPrefix(s, "@") && strings.HasSuffix(from, s)
	})
}

// message makes a candidate of one message; a message that cannot be read is one
// with an error.
func (m mailReader) message(v *visit, c *imapclient.Client, validity uint32, head *imapclient.FetchMessageBuffer) (candidate, error) {
	section := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: mailBytes}}
	full, err := c.Fetch(imap.UIDSetNum(head.UID), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		return candidate{}, err
	}
	item := candidate{uid: mailUID{validity, head.UID}, where: fmt.Sprintf("%s 第 %d 号邮件", m.folder, head.UID), post: v.blank()}
	item.key = fmt.Sprintf("mail %d/%d", validity, head.UID)
	id := item.key
	if head.Envelope != nil {
		item.raw = head.Envelope.Subject
		id = cmp.Or(head.Envelope.MessageID, id)
	}
	sum := sha256.Sum256([]byte("mail\x00" + string(v.source.ID) + "\x00" + id))
	item.post.ID = huiying.PostID("m" + hex.EncodeToString(sum[:12]))
	if len(full) == 0 {
		item.err = huiying.Errorf(huiying.CodeInvalid, "邮件已不在")
		return item, nil
	}
	body := full[0].FindBodySection(section)
	v.bytes += int64(len(body))
	item.err = readMail(body, &item.post)
	return item, nil
}

// readMail fills a post from a message: what it says as text, else as HTML, and
// the names of what is attached.
func readMail(raw []byte, p *huiying.Post) error {
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if r == nil {
		return &huiying.Error{Code: huiying.CodeInvalid, Message: "不是可读的邮件", Cause: err}
	}
	subject, _ := r.Header.Subject() // what cannot be decoded comes as it is
	p.Title = oneLine(subject)
	if from, err := r.Header.AddressList("From"); err == nil && len(from) > 0 {
		p.Author = cmp.Or(from[0].Name, strings.SplitN(from[0].Address, "@", 2)[0])
	}
	if at, err := r.Header.Date(); err == nil {
		p.PublishedAt = at.In(huiying.Beijing)
	}
	plain, hyper, attached := "", "", []string(nil)
	for range 200 { // parts
		part, err := r.NextPart()
		if part == nil || err != nil && !message.IsUnknownCharset(err) {
			break // the end, or what was cut off
		}
		switch h := part.Header.(type) {
		case *mail.InlineHeader:
			kind, params, _ := h.ContentType()
			if !strings.HasPrefix(kind, "text/") && kind != "" {
				attached = append(attached, cmp.Or(params["name"], kind))
				continue
			}
			body, err := io.ReadAll(io.LimitReader(part.Body, mailBytes))
			if err != nil && len(body) == 0 {
				continue
			}
			if text, _, _ := decodeText(body, "text/plain"); kind == "text/html" {
				hyper = cmp.Or(hyper, fragmentText(string(text)))
			} else {
				plain = cmp.Or(plain, strings.TrimSpace(string(text)))
			}
		case *mail.AttachmentHeader:
			name, _ := h.Filename()
			attached = append(attached, cmp.Or(name, "未命名"))
		}
	}
	p.Text = cmp.Or(plain, hyper, p.Title)
	if len(attached) > 0 {
		p.Text += "\n（附件未采集：" + huiying.Clip(strings.Join(attached, "、"), 300) + "）"
	}
	return nil
}

// mailUID is where a message stands: RFC 9051 §2.3.1.1.
type mailUID struct {
	validity uint32
	uid      imap.UID
}

// seen marks settled messages as read.
func (m mailReader) seen(ctx context.Context, v *visit, settled []candidate) error {
	return m.session(ctx, v, func(c *imapclient.Client, box *imap.SelectData) error {
		var uids []imap.UID
		for _, item := range settled {
			if item.uid.validity == box.UIDValidity {
				uids = append(uids, item.uid.uid)
			}
		}
		if len(uids) == 0 {
			return nil
		}
		return c.Store(imap.UIDSetNum(uids...), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close()
	})
}
