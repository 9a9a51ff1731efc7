package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"huiying"
	"huiying/alerting/notify"
)

// channelsConfig sets up the ways out, each when its secret or address is given.
// A secret is the content of a 0600 file, or of the variable named beside it.
type channelsConfig struct {
	WeCom struct {
		URL string `yaml:"url"`
		Key string `yaml:"key_file"` // or HUIYING_WECOM_KEY
	} `yaml:"wecom"`
	DingTalk struct {
		URL    string `yaml:"url"`
		Token  string `yaml:"token_file"`  // or HUIYING_DINGTALK_TOKEN
		Secret string `yaml:"secret_file"` // or HUIYING_DINGTALK_SECRET
	} `yaml:"dingtalk"`
	Feishu struct {
		URL    string `yaml:"url"`
		Hook   string `yaml:"hook_file"`   // or HUIYING_FEISHU_HOOK
		Secret string `yaml:"secret_file"` // or HUIYING_FEISHU_SECRET
	} `yaml:"feishu"`
	SMS struct {
		URL           string                  `yaml:"url"`
		Method        string                  `yaml:"method"`
		ContentType   string                  `yaml:"content_type"`
		Body          string                  `yaml:"body"`
		Sign          string                  `yaml:"sign"`
		Authorization string                  `yaml:"authorization_file"` // or HUIYING_SMS_AUTHORIZATION
		Phones        map[huiying.Role]string `yaml:"phones"`             // of the offices' roles; units have theirs in units.yaml
	} `yaml:"sms"`
	Mail struct {
		Host     string            `yaml:"host"`
		Port     int               `yaml:"port"`
		TLS      string            `yaml:"tls"`
		User     string            `yaml:"user"`
		Password string            `yaml:"password_file"` // or HUIYING_MAIL_PASSWORD
		From     string            `yaml:"from"`
		To       map[string]string `yaml:"to"` // address by unit ID or role
	} `yaml:"mail"`
}

// channels makes the ways out that are set up, in the order in which they stand
// in for each other.
func (s *system) channels() ([]notify.Channel, error) {
	c, client := &s.cfg.Channels, &http.Client{Timeout: 10 * time.Second}
	w := notify.Writer{Base: s.cfg.Base, Units: func(id huiying.UnitID) string { return s.rules.inForce().units.Name(id) }}
	var out []notify.Channel
	secrets := make(map[string]string)
	for name, file := range map[string]string{
		"WECOM_KEY": c.WeCom.Key, "DINGTALK_TOKEN": c.DingTalk.Token, "DINGTALK_SECRET": c.DingTalk.Secret, "FEISHU_HOOK": c.Feishu.Hook,
		"FEISHU_SECRET": c.Feishu.Secret, "SMS_AUTHORIZATION": c.SMS.Authorization, "MAIL_PASSWORD": c.Mail.Password, "WEBHOOK_SECRET": s.cfg.Webhook.Secret,
	} {
		value, err := s.cfg.secret(name, file)
		if err != nil {
			return nil, err
		}
		secrets[name] = value
	}
	if key := secrets["WECOM_KEY"]; key != "" {
		out = append(out, &notify.WeCom{Writer: w, URL: cmp.Or(c.WeCom.URL, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"), Key: key, Client: client})
	}
	if token := secrets["DINGTALK_TOKEN"]; token != "" {
		out = append(out, &notify.DingTalk{Writer: w, URL: cmp.Or(c.DingTalk.URL, "https://oapi.dingtalk.com/robot/send"), Token: token, Secret: secrets["DINGTALK_SECRET"], Now: time.Now, Client: client})
	}
	if hook := secrets["FEISHU_HOOK"]; hook != "" {
		out = append(out, &notify.Feishu{Writer: w, URL: cmp.Or(c.Feishu.URL, "https://open.feishu.cn/open-apis/bot/v2/hook"), Hook: hook, Secret: secrets["FEISHU_SECRET"], Now: time.Now, Client: client})
	}
	if c.SMS.URL != "" {
		sms, err := s.sms(w, client, secrets["SMS_AUTHORIZATION"])
		if err != nil {
			return nil, err
		}
		out = append(out, sms)
	}
	if c.Mail.Host != "" {
		if c.Mail.From == "" {
			return nil, fmt.Errorf("%s: channels.mail 缺少发件地址 from", s.cfg.path)
		}
		if !slices.Contains([]string{"", "mandatory", "implicit", "none"}, c.Mail.TLS) {
			return nil, fmt.Errorf("%s: channels.mail.tls 应为 mandatory、implicit 或 none，收到 %q", s.cfg.path, c.Mail.TLS)
		}
		port := c.Mail.Port
		if port == 0 {
			port = 587
		}
		out = append(out, &notify.Mail{
			Writer: w, Host: c.Mail.Host, Port: port, TLS: c.Mail.TLS, User: c.Mail.User, Password: secrets["MAIL_PASSWORD"], From: c.Mail.From,
			Address: func(n huiying.Notification) string {
				if n.Role.OfUnit() {
					return c.Mail.To[string(n.Unit)]
				}
				return c.Mail.To[string(n.Role)]
			},
			Enclosed: s.issuedFiles,
		})
	}
	if s.cfg.Webhook.URL != "" {
		out = append(out, &notify.Webhook{Writer: w, URL: s.cfg.Webhook.URL, Secret: secrets["WEBHOOK_SECRET"], Now: time.Now, Client: client})
	}
	return out, nil
}

// issuedFiles are the documents of the report a mail is about.
func (s *system) issuedFiles(ctx context.Context, n huiying.Notification) ([]notify.Enclosure, error) {
	kind, year, number, err := huiying.ParseIssueName(n.Report)
	if err != nil {
		return nil, err
	}
	i, err := s.ledger.Issue(ctx, n.Region, kind, year, number)
	if err != nil {
		return nil, err
	}
	var out []notify.Enclosure
	for _, a := range i.Files {
		f, err := s.files.Get(a.Hash)
		if err != nil {
			return nil, err
		}
		raw, err := io.ReadAll(f)
		_ = f.Close() // only read
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", a.Name, err)
		}
		out = append(out, notify.Enclosure{Name: a.Name, Type: a.Type, Content: raw})
	}
	return out, nil
}

// sms is the gateway of text messages; each goes to whoever answers for it now.
func (s *system) sms(w notify.Writer, client *http.Client, authorization string) (*notify.SMS, error) {
	c := &s.cfg.Channels.SMS
	body, err := notify.SMSBody(cmp.Or(c.Body, `{"phone":{{json .Phone}},"content":{{json .Text}}}`))
	if err != nil {
		return nil, fmt.Errorf("%s: channels.sms.body 模板有误：%w", s.cfg.path, err)
	}
	header := make(http.Header)
	if authorization != "" {
		header.Set("Authorization", authorization)
	}
	return &notify.SMS{
		Writer: w, URL: c.URL, Method: cmp.Or(c.Method, http.MethodPost), ContentType: cmp.Or(c.ContentType, "application/json; charset=utf-8"),
		Header: header, Body: body, Sign: c.Sign, Client: client,
		Phone: s.phone,
	}, nil
}

// secret is the variable HUIYING_NAME, or else the content of a file that nobody
// but its owner may read; "" when neither is given.
func (c *Config) secret(name, file string) (string, error) {
	if value := os.Getenv("HUIYING_" + name); value != "" || file == "" {
		return value, nil
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(filepath.Dir(c.path), file)
	}
	return readSecret(name, file)
}
