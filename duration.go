package huiying

import (
	"fmt"
	"strings"
	"time"
)

// Duration is a span of time that files and the API write as "30m" or "48h".
type Duration time.Duration

// MarshalText writes the shortest form: 48h, not 48h0m0s.
func (d Duration) MarshalText() ([]byte, error) {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return []byte(s), nil
}

// UnmarshalText reads what [time.ParseDuration] reads; it must not be negative.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v < 0 {
		return Invalid("duration", "时长应写作 30m、48h，收到 %q", b)
	}
	*d = Duration(v)
	return nil
}

// SpanText is a span as a person says it: 2天3小时, 48小时, 30分钟, 12秒.
func SpanText(d time.Duration) string {
	d = d.Abs().Round(time.Second)
	h, m := int(d.Hours()), int(d.Minutes())%60
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d秒", int(d.Seconds()))
	case h == 0:
		return fmt.Sprintf("%d分钟", m)
	case h >= 72:
		if h%24 == 0 {
			return fmt.Sprintf("%d天", h/24)
		}
		return fmt.Sprintf("%d天%d小时", h/24, h%24)
	case m == 0:
		return fmt.Sprintf("%d小时", h)
	}
	return fmt.Sprintf("%d小时%d分", h, m)
}
