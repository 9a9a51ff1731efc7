package bus

import (
	"log/slog"
	"strings"
	"time"

	"huiying"
)

// assessedWindow bounds the memory for IDs in ASSESSED: there the window only
// has to cover the time between a publish and the acknowledgement of its post.
const assessedWindow = 5 * time.Minute

func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" && c.URL == "" {
		return c, huiying.Invalid("bus", "请给出消息总线的目录 dir（内置）或地址 url（外部）")
	}
	if c.Dir != "" && c.URL != "" {
		return c, huiying.Invalid("bus", "dir（内置）和 url（外部）只能给一个")
	}
	def(&c.MaxPosts, 1_000_000)
	def(&c.MaxBytes, 2<<30)
	def(&c.Replicas, 1)
	def(&c.DedupWindow, 20*time.Minute)
	def(&c.MaxDeliver, 5)
	def(&c.AckWait, 10*time.Second)
	if len(c.BackOff) == 0 {
		c.BackOff = []time.Duration{time.Second, 10 * time.Second, time.Minute, 5 * time.Minute}
	}
	if c.Consumers == nil {
		c.Consumers = map[string][]string{Posts: {"analyzer"}, Assessed: {"archive", "alerting"}}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, c.check()
}

func def[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (c Config) check() error {
	switch {
	case c.MaxPosts < 1:
		return huiying.Invalid("bus.max_posts", "应为正数")
	case c.MaxBytes < 1<<20:
		return huiying.Invalid("bus.max_bytes", "至少 1 MiB")
	case c.Replicas < 1 || c.Replicas > 5:
		return huiying.Invalid("bus.replicas", "应在 1 到 5 之间")
	case c.Dir != "" && c.Replicas > 1:
		return huiying.Invalid("bus.replicas", "内置总线只有一份，多副本请用外部集群")
	case c.MaxDeliver < 1:
		return huiying.Invalid("bus.max_deliver", "应为正数")
	case c.DedupWindow < 100*time.Millisecond: // the server's own floor
		return huiying.Invalid("bus.dedup_window", "至少 100ms")
	case c.AckWait < 0:
		return huiying.Invalid("bus.ack_wait", "不能为负")
	case c.TLS.Cert != "" && c.TLS.Key == "" || c.TLS.Cert == "" && c.TLS.Key != "":
		return huiying.Invalid("bus.tls", "cert 和 key 要一起给出")
	}
	for stream, names := range c.Consumers {
		if stream != Posts && stream != Assessed {
			return huiying.Invalid("bus.consumers", "没有 %q 这个流，可用：%s %s", stream, Posts, Assessed)
		}
		if len(names) == 0 {
			return huiying.Invalid("bus.consumers", "%s 至少要有一个消费者，否则消息无人保管", stream)
		}
		for _, name := range names {
			if !token(name) {
				return huiying.Invalid("bus.consumers", "消费者名 %q 只能用字母、数字、- 和 _", name)
			}
		}
	}
	for _, stream := range []string{Posts, Assessed} {
		if len(c.Consumers[stream]) == 0 {
			return huiying.Invalid("bus.consumers", "%s 至少要有一个消费者，否则消息无人保管", stream)
		}
	}
	return nil
}

// token reports whether s may be one token of a subject and a consumer's name.
func token(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// pause is how long to wait after the given number of tries, counted from 1.
func (c Config) pause(tries uint64) time.Duration {
	return c.BackOff[min(tries, uint64(len(c.BackOff)))-1]
}
