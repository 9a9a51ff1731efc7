package huiying

import "time"

// ChannelState is how a notification channel does.
type ChannelState string

// The states of a channel.
const (
	ChannelGreen  ChannelState = "green"  // the last message arrived, or none was sent
	ChannelYellow ChannelState = "yellow" // the last one failed
	ChannelRed    ChannelState = "red"    // out of order: its messages go by the next channel
)

// Label is the Chinese name of the state.
func (s ChannelState) Label() string {
	return map[ChannelState]string{ChannelGreen: "正常", ChannelYellow: "最近一次未成功", ChannelRed: "不通，已改走其他渠道"}[s]
}

// ChannelHealth is how a channel does since the program started; Sent and Failed
// count notifications of Day.
type ChannelHealth struct {
	Channel     string       `json:"channel"`
	State       ChannelState `json:"state"`
	Day         string       `json:"day,omitempty"`
	Sent        int          `json:"sent"`
	Failed      int          `json:"failed"`
	LastOK      time.Time    `json:"last_ok,omitzero"`
	LastError   string       `json:"last_error,omitempty"`
	LastErrorAt time.Time    `json:"last_error_at,omitzero"`
}

// ChannelLabel is the Chinese name of a notification channel.
func ChannelLabel(name string) string {
	if label := wayLabels[name]; label != "" {
		return label
	}
	return name
}

var wayLabels = map[string]string{
	"inapp": "站内通知", "webhook": "推送接口", "sms": "短信", "mail": "邮件", "wecom": "企业微信", "dingtalk": "钉钉", "feishu": "飞书",
}
