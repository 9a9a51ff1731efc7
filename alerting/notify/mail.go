package notify

import (
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
	Address                    func(huiying.Notification) string // "" when none is on record
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
		return Permanent{fmt.Errorf("邮件: 未登记%s的邮箱", n.ToName)}
	}
	b := c.brief(n)
	m := mail.NewMsg()
	if err := errors.Join(m.From(c.From), m.To(to)); err != nil {
		return Permanent{fmt.Errorf("邮件: 地址不对：%w", err)}
	}
	m.Subject("【回应】" + b.line())
	m.SetMessageIDWithValue(string(n.ID) + "@" + domainOf(c.From))
	m.SetBodyString(mail.TypeTextPlain, b.line()+"\n\n"+b.Link+"\n\n本邮件只含编号、等级、单位和时限，内容请登录查看。\n")
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
			return Permanent{fmt.Errorf("邮件: 收件人被拒收")}
		}
		return fmt.Errorf("邮件: 没有发出，请检查服务器、端口、TLS 和口令")
	}
	return nil
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(strings.TrimRight(address, "> "), "@")
	return domain
}
