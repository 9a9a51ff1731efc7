package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/template"

	"huiying"
)

// SMS is an HTTP gateway that takes one message with one number. Body is a
// text/template over .Phone, .Text (signature included), .Number, .Level, .Unit,
// .Due, .Link and .ID, with json and query to quote them.
type SMS struct {
	Writer
	URL, Method, ContentType string
	Header                   http.Header // e.g. Authorization
	Body                     *template.Template
	Sign                     string                            // 【交城县回应】, as registered with the gateway
	Phone                    func(huiying.Notification) string // "" when none is on record
	Client                   *http.Client
}

// smsRunes is the longest text a gateway counts as one part.
const smsRunes = 70

// SMSBody reads the template of a gateway's body.
func SMSBody(text string) (*template.Template, error) {
	return template.New("body").Option("missingkey=error").Funcs(template.FuncMap{
		"json":  func(s string) (string, error) { b, err := json.Marshal(s); return string(b), err },
		"query": url.QueryEscape,
	}).Parse(text)
}

// Name is the channel's name in rule files.
func (*SMS) Name() string { return "sms" }

// Pace has no limit: gateways queue.
func (*SMS) Pace() Pace { return Pace{} }

// Send posts one message. That nobody's number is on record is a failure for good.
func (c *SMS) Send(ctx context.Context, batch []huiying.Notification) error {
	n := batch[0]
	phone := c.Phone(n)
	if phone == "" {
		return Permanent{Unreachable{fmt.Errorf("短信: 未登记%s的电话", n.ToName)}}
	}
	b := c.brief(n)
	var body strings.Builder
	err := c.Body.Execute(&body, struct {
		brief
		ID, Phone, Text string
	}{b, string(n.ID), phone, c.text(b)})
	if err != nil {
		return Permanent{fmt.Errorf("短信: 模板有误：%w", err)}
	}
	req, err := http.NewRequestWithContext(ctx, c.Method, c.URL, strings.NewReader(body.String()))
	if err != nil {
		return Permanent{fmt.Errorf("短信: %w", withoutAddress(err))}
	}
	req.Header = c.Header.Clone()
	if req.Header == nil {
		req.Header = make(http.Header)
	}
	req.Header.Set("Content-Type", c.ContentType)
	req.Header.Set("Idempotency-Key", string(n.ID))
	_, err = exchange(c.Client, "短信", req)
	return err
}

// text is what a phone shows: the deadline and the unit go first when it would
// be longer than one part; number and link stay.
func (c *SMS) text(b brief) string {
	for _, drop := range []func(){func() {}, func() { b.Unit = "" }, func() { b.Due = "" }} {
		drop()
		if text := c.Sign + b.line() + " " + b.Link; len([]rune(text)) <= smsRunes {
			return text
		}
	}
	return c.Sign + b.line() + " " + b.Link
}
