package huiying

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// SourceHealth is what became of a source's visits.
type SourceHealth struct {
	Source      SourceID     `json:"source"`
	LastAttempt time.Time    `json:"last_attempt,omitzero"`
	LastSuccess time.Time    `json:"last_success,omitzero"`
	LastItem    time.Time    `json:"last_item,omitzero"` // when it last gave something new
	LastError   string       `json:"last_error,omitempty"`
	Failures    int          `json:"failures"` // in a row
	Barren      int          `json:"barren"`   // visits in a row that found new items and could read none of them
	Visits      int64        `json:"visits"`
	Items       int64        `json:"items"`                    // new posts
	Rejected    int64        `json:"rejected"`                 // items that could not be taken
	Gap         Duration     `json:"gap,omitzero"`             // the usual time between new items; 0 while unknown
	LagSeconds  float64      `json:"lag_seconds"`              // publish → capture of the last items, median
	LagP95      float64      `json:"lag_p95_seconds,omitzero"` // the same of the last 200 items: all but one in twenty were sooner
	NextVisit   time.Time    `json:"next_visit,omitzero"`
	Hours       []SourceHour `json:"hours,omitempty"` // the last week, oldest first; hours without a visit are left out
	State       []byte       `json:"state,omitempty"` // the collector's own memory: validators, cursors
	Outages     []Outage     `json:"outages,omitempty"`
}

// SourceHour is what the visits of one hour asked of a site and brought.
type SourceHour struct {
	At       time.Time `json:"at"` // when the hour began
	Visits   int       `json:"visits"`
	Failures int       `json:"failures,omitempty"` // visits that failed
	Items    int       `json:"items,omitempty"`
	Rejected int       `json:"rejected,omitempty"`
	Requests int       `json:"requests"` // pages asked for: the load we put on the site
	Bytes    int64     `json:"bytes"`    // over the wire

	// Kinds counts the pages, lists and visits that could not be read; a visit that
	// fails after all its pages counts beside them.
	Kinds map[FailureKind]int `json:"kinds,omitempty"`
}

// Add adds what another hour asked and brought.
func (h *SourceHour) Add(o SourceHour) {
	h.Visits += o.Visits
	h.Failures += o.Failures
	h.Items += o.Items
	h.Rejected += o.Rejected
	h.Requests += o.Requests
	h.Bytes += o.Bytes
	for kind, n := range o.Kinds {
		if h.Kinds == nil {
			h.Kinds = make(map[FailureKind]int)
		}
		h.Kinds[kind] += n
	}
}

// hoursKept bounds SourceHealth.Hours: a week.
const hoursKept = 7 * 24

// Record adds what one visit at now asked and brought to the hour it belongs to.
func (h *SourceHealth) Record(now time.Time, visit SourceHour) {
	at := now.Truncate(time.Hour)
	if n := len(h.Hours); n == 0 || !h.Hours[n-1].At.Equal(at) {
		h.Hours = append(h.Hours, SourceHour{At: at})
	}
	sum := &h.Hours[len(h.Hours)-1]
	visit.Visits = 1
	sum.Add(visit)
	first := 0
	for first < len(h.Hours) && !h.Hours[first].At.After(at.Add(-hoursKept*time.Hour)) {
		first++
	}
	h.Hours = h.Hours[first:]
}

// Load is what was asked of the site since from: visits, requests and bytes, what
// they brought and what could not be read.
func (h SourceHealth) Load(from time.Time) SourceHour {
	sum := SourceHour{At: from}
	for _, hour := range h.Hours {
		if hour.At.Before(from.Truncate(time.Hour)) {
			continue
		}
		sum.Add(hour)
	}
	return sum
}

// How a source is judged by its own baseline.
const (
	barrenRed   = 3              // visits in a row that read nothing of what is new: the pages were made over
	silentTimes = 10             // times its usual gap without anything new
	silentLeast = 24 * time.Hour // but not before a day: nights and weekends are quiet
)

// Status is green, yellow or red by what is usual for this source, with the
// reason in words and what to do about it.
func (h SourceHealth) Status(s Source, now time.Time) (colour, why string) {
	silent := now.Sub(h.LastSuccess)
	quiet, usual := now.Sub(h.LastItem), time.Duration(h.Gap)
	switch {
	case s.Paused:
		return "grey", "已暂停"
	case h.LastAttempt.IsZero():
		return "grey", "尚未采集"
	case h.LastSuccess.IsZero():
		return "red", "从未成功：" + h.LastError
	case h.Failures >= 3, silent > max(time.Hour, 6*time.Duration(s.Every)) && now.Sub(h.NextVisit) > max(time.Hour, time.Duration(s.Every)):
		return "red", "已 " + SpanText(silent) + "未成功：" + h.LastError
	case h.Barren >= barrenRed:
		return "red", fmt.Sprintf("连续 %d 次有新条目却一条也读不出，网页可能改版了", h.Barren)
	case h.Failures > 0:
		return "yellow", "最近一次失败：" + h.LastError
	case h.Barren > 0:
		return "yellow", "最近一次有新条目却一条也读不出，见被拒条目"
	case usual > 0 && quiet > max(silentLeast, silentTimes*usual):
		return "yellow", "平常约 " + SpanText(usual) + "有新内容，已 " + SpanText(quiet) + "没有：请打开网页看看是否还在更新"
	}
	return "green", "正常"
}

// TroubleSince is the last good moment of a source that is red; it stays the same
// while the trouble does. A source that is read but gives nothing readable succeeds
// again and again: then it is when it last gave something.
func (h SourceHealth) TroubleSince() time.Time {
	if h.Failures == 0 && h.Barren > 0 {
		return h.LastItem
	}
	return h.LastSuccess
}

// Advice says what a person can do about a source that is red, in Chinese.
func (h SourceHealth) Advice() string {
	if h.Barren >= barrenRed {
		return "在信源页测试这个信源，按新网页核对列表、正文和日期的选择器"
	}
	for _, a := range []struct{ sign, advice string }{
		{"需要登录", "本系统不采集需登录的页面：换公开的来源，或停用这个信源"},
		{"页面不存在", "核对网址，网站可能改版或迁移"},
		{"collector.secrets", "请系统管理员在配置的 collector.secrets 里写上密钥和它的网站"},
		{"设置有误", "点“修改”，按提示改好，先测试再保存"},
		{"名单", "经办公室核准后，把网站写入 collector.allow"},
		{"选择器", "在信源页测试这个信源，核对选择器"},
		{"由脚本生成", "点“修改”，把类型改为“需脚本的网页”，先测试再保存"},
		{"没有找到像文章的链接", "在信源页测试这个信源，填写 list 选择器"},
	} {
		if strings.Contains(h.LastError, a.sign) {
			return a.advice
		}
	}
	if kind := h.mostly(); kind != "" {
		return kind.Advice()
	}
	return "先用浏览器打开网页看能否访问；能打开时在信源页点“测试”，看哪一步没有取到"
}

// mostly is the kind that failed most in the latest hour in which any did, "" when
// none is on record.
func (h SourceHealth) mostly() FailureKind {
	for _, hour := range slices.Backward(h.Hours) {
		if len(hour.Kinds) > 0 {
			return slices.MaxFunc(FailureKinds, func(a, b FailureKind) int { return hour.Kinds[a] - hour.Kinds[b] })
		}
	}
	return ""
}
