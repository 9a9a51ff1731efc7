package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/wneessen/go-mail"

	"huiying"
)

// Mail sends through an SMTP server. TLS is "mandatory" (STARTTLS, the default),
// "implicit" (usually port 465) or "none" (a relay on the same machine).
type Mail struct {
	Writer
	Host, User, Password, From string
	Port                       int
	TLS                        string
	Config                     *tls.Config                       // nil: the system's roots
	Address                    func(huiying.Notification) string // several apart by commas; "" when none is on record
	// Enclosed are the files of an issued report; nil: mails carry none.
	Enclosed func(context.Context, huiying.Notification) ([]Enclosure, error)
}

// Enclosure is a file a mail carries.
type Enclosure struct {
	Name, Type string
	Content    []byte
}

// Name is the channel's name in rule files.
func (*Mail) Name() string { return "mail" }

// Pace keeps below what office servers take.
func (*Mail) Pace() Pace { return Pace{PerMinute: 60} }

// Send delivers one mail; the notification's ID is its Message-ID, so that a
// repeat can be told.
func (c *Mail) Send(ctx context.Context, batch []huiying.Notification) error {
	n := batch[0]
	to := c.Address(n)
	if to == "" {
		return Permanent{Unreachable{fmt.Errorf("邮件: 未登记%s的邮箱", n.ToName)}}
	}
	m, err := c.letter(ctx, n, strings.FieldsFunc(to, func(r rune) bool { return r == ',' || r == '，' || r == '、' }))
	if err != nil {
		return err
	}
	options := []mail.Option{mail.WithPort(c.Port), mail.WithTimeout(sendWithin)}
	switch c.TLS {
	case "implicit":
		options = append(options, mail.WithSSL())
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if c.Config != nil {
		options = append(options, mail.WithTLSConfig(c.Config))
	}
	if c.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.User), mail.WithPassword(c.Password))
	}
	client, err := mail.NewClient(c.Host, options...)
	if err != nil {
		return Permanent{fmt.Errorf("邮件: %w", err)}
	}
	if err := client.DialAndSendWithContext(ctx, m); err != nil {
		var refused *mail.SendError
		if errors.As(err, &refused) && !refused.IsTemp() && refused.Reason == mail.ErrSMTPRcptTo {
			return Permanent{Unreachable{fmt.Errorf("邮件: 收件人被拒收")}}
		}
		return fmt.Errorf("邮件: 没有发出，请检查服务器、端口、TLS 和口令")
	}
	return nil
}

// letter writes the mail. What it says is no more than number, level, unit and
// deadline; an issued report goes along where the office chose so for its own
// addresses (reports.yaml, attach).
func (c *Mail) letter(ctx context.Context, n huiying.Notification, to []string) (*mail.Msg, error) {
	b := c.brief(n)
	m := mail.NewMsg()
	if err := m.From(c.From); err != nil {
		return nil, Permanent{fmt.Errorf("邮件: 发件地址不对：%w", err)}
	}
	if err := m.To(to...); err != nil {
		return nil, Permanent{Unreachable{fmt.Errorf("邮件: %s的邮箱不对：%w", n.ToName, err)}}
	}
	m.Subject("【回应】" + b.line())
	m.SetMessageIDWithValue(string(n.ID) + "@" + domainOf(c.From))
	text := b.line() + "\n\n" + b.Link + "\n\n"
	switch {
	case n.Report == "":
		text += "本邮件只含编号、等级、单位和时限，内容请登录查看。\n"
	case n.Text != "":
		text += n.Text + "\n"
	}
	if n.Enclose && c.Enclosed != nil {
		files, err := c.Enclosed(ctx, n)
		if err != nil {
			return nil, fmt.Errorf("邮件: 取不到附件：%w", err)
		}
		for _, f := range files {
			if err := m.AttachReader(f.Name, bytes.NewReader(f.Content), mail.WithFileContentType(mail.ContentType(f.Type))); err != nil {
				return nil, Permanent{fmt.Errorf("邮件: 附件“%s”：%w", f.Name, err)}
			}
		}
	}
	m.SetBodyString(mail.TypeTextPlain, text)
	return m, nil
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(strings.TrimRight(address, "> "), "@")
	return domain
}
