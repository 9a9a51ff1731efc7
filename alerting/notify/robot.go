package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"huiying"
)

// WeCom is a group robot of 企业微信: 20 messages a minute, markdown of at most
// 4096 bytes. URL is the address without the key, by default the public cloud's.
type WeCom struct {
	Writer
	URL, Key string
	Client   *http.Client
}

// Name is the channel's name in rule files.
func (*WeCom) Name() string { return "wecom" }

// Pace is the robot's limit.
func (*WeCom) Pace() Pace { return Pace{PerMinute: 20, Digest: 20} }

// Send posts one message. The answer is 200 even when it is refused: errcode tells.
func (c *WeCom) Send(ctx context.Context, batch []huiying.Notification) error {
	_, text := c.markdown(batch, 4096)
	var answer struct {
		Code int    `json:"errcode"`
		Text string `json:"errmsg"`
	}
	body := map[string]any{"msgtype": "markdown", "markdown": map[string]string{"content": text}}
	if err := post(ctx, c.Client, "企业微信", c.URL+"?key="+url.QueryEscape(c.Key), body, &answer); err != nil {
		return err
	}
	switch answer.Code {
	case 0:
		return nil
	case 45009:
		return Throttled{fmt.Errorf("企业微信: 超出每分钟 20 条（45009）"), time.Minute}
	case 93000:
		return Permanent{fmt.Errorf("企业微信: 机器人 key 不对或已停用（93000）")}
	}
	return fmt.Errorf("企业微信: 错误 %d", answer.Code)
}

// DingTalk is a group robot of 钉钉: 20 messages a minute, more block it for ten.
type DingTalk struct {
	Writer
	URL, Token, Secret string
	Now                func() time.Time
	Client             *http.Client
}

// Name is the channel's name in rule files.
func (*DingTalk) Name() string { return "dingtalk" }

// Pace is the robot's limit.
func (*DingTalk) Pace() Pace { return Pace{PerMinute: 20, Digest: 20} }

// Send posts one message, signed when there is a secret.
func (c *DingTalk) Send(ctx context.Context, batch []huiying.Notification) error {
	title, text := c.markdown(batch, 16<<10)
	q := url.Values{"access_token": {c.Token}}
	if c.Secret != "" {
		stamp := strconv.FormatInt(c.Now().UnixMilli(), 10)
		q.Set("timestamp", stamp)
		q.Set("sign", DingTalkSign(c.Secret, stamp))
	}
	var answer struct {
		Code int `json:"errcode"`
	}
	body := map[string]any{"msgtype": "markdown", "markdown": map[string]string{"title": title, "text": text}}
	if err := post(ctx, c.Client, "钉钉", c.URL+"?"+q.Encode(), body, &answer); err != nil {
		return err
	}
	switch answer.Code {
	case 0:
		return nil
	case 130101:
		return Throttled{fmt.Errorf("钉钉: 超出每分钟 20 条，停发 10 分钟（130101）"), 10 * time.Minute}
	case 310000:
		return Permanent{fmt.Errorf("钉钉: 加签、关键词或 IP 校验未通过（310000）")}
	case 300001, 40035:
		return Permanent{fmt.Errorf("钉钉: access_token 不对（%d）", answer.Code)}
	}
	return fmt.Errorf("钉钉: 错误 %d", answer.Code)
}

// DingTalkSign is base64(HMAC-SHA256(secret, timestamp + "\n" + secret)); the
// timestamp is in milliseconds.
func DingTalkSign(secret, timestamp string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "\n" + secret))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Feishu is a group robot of 飞书: 100 messages a minute and 5 a second. URL is
// the address without the hook's ID.
type Feishu struct {
	Writer
	URL, Hook, Secret string
	Now               func() time.Time
	Client            *http.Client
}

// Name is the channel's name in rule files.
func (*Feishu) Name() string { return "feishu" }

// Pace is the robot's limit.
func (*Feishu) Pace() Pace { return Pace{PerMinute: 100, PerSecond: 5, Digest: 30} }

// Send posts one message, signed in its body when there is a secret.
func (c *Feishu) Send(ctx context.Context, batch []huiying.Notification) error {
	title, text := c.markdown(batch, 16<<10)
	body := map[string]any{"msg_type": "interactive", "card": map[string]any{
		"header":   map[string]any{"title": map[string]string{"tag": "plain_text", "content": title}},
		"elements": []any{map[string]any{"tag": "markdown", "content": text}},
	}}
	if c.Secret != "" {
		stamp := strconv.FormatInt(c.Now().Unix(), 10)
		body["timestamp"], body["sign"] = stamp, FeishuSign(c.Secret, stamp)
	}
	var answer struct {
		Code int `json:"code"`
	}
	if err := post(ctx, c.Client, "飞书", c.URL+"/"+url.PathEscape(c.Hook), body, &answer); err != nil {
		return err
	}
	switch answer.Code {
	case 0:
		return nil
	case 11232:
		return Throttled{fmt.Errorf("飞书: 发得太快（11232）"), time.Minute}
	case 19021:
		return Permanent{fmt.Errorf("飞书: 签名校验未通过，请核对密钥和本机时间（19021）")}
	case 19001:
		return Permanent{fmt.Errorf("飞书: 机器人地址不对（19001）")}
	}
	return fmt.Errorf("飞书: 错误 %d", answer.Code)
}

// FeishuSign is base64(HMAC-SHA256(timestamp + "\n" + secret, "")); the timestamp
// is in seconds.
func FeishuSign(secret, timestamp string) string {
	mac := hmac.New(sha256.New, []byte(timestamp+"\n"+secret))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
