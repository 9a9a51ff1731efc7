package dashboard

import (
	"fmt"
	"math"
	"time"

	"huiying"
)

// clockView is a deadline as a page shows it. The browser keeps Text ticking;
// what is rendered here is right without it.
type clockView struct {
	Label   string // 签收 · 教科局
	State   huiying.ClockState
	Text    string // 剩 12 分 03 秒
	Start   time.Time
	Due     time.Time
	Stopped time.Time
	Why     string
	Rule    string
	Limit   huiying.Duration
	Hours   huiying.Hours
	Passed  int  // percent of the limit that has passed, 0…100
	Soon    bool // running, less than a quarter is left
}

// Open reports whether the clock ticks.
func (c clockView) Open() bool {
	return c.State == huiying.ClockRunning || c.State == huiying.ClockOverdue
}

// Word names the state, so that colour never stands alone.
func (c clockView) Word() string {
	if c.Soon {
		return "将到时限"
	}
	return clockStateLabels[c.State]
}

// Tone is the class the state is drawn with.
func (c clockView) Tone() string {
	if c.Soon {
		return "soon"
	}
	return string(c.State)
}

func clockOf(k huiying.Clock, units *huiying.Directory, now time.Time) clockView {
	v := clockView{
		Label: k.Kind.Label(), State: k.State(now), Start: k.Start, Due: k.Due, Stopped: k.StoppedAt,
		Why: k.StartWhy, Rule: k.Rule, Limit: k.Limit, Hours: k.Hours,
	}
	if k.Unit != "" {
		v.Label += " · " + units.Name(k.Unit)
	}
	switch v.State {
	case huiying.ClockRunning, huiying.ClockOverdue:
		v.Text = remaining(k.Due, now)
	case huiying.ClockVoid:
		v.Text = clockStateLabels[v.State]
	case huiying.ClockPaused:
		v.Text, v.Why = "暂停，尚余 "+huiying.SpanText(k.Due.Sub(k.PausedAt)), k.StartWhy+"，因“"+k.PauseWhy+"”暂停"
	default:
		v.Text = "用时 " + huiying.SpanText(k.Took())
	}
	if whole := k.Due.Sub(k.Start); whole > 0 {
		end := now
		if !k.StoppedAt.IsZero() {
			end = k.StoppedAt
		} else if !k.PausedAt.IsZero() {
			end = k.PausedAt
		}
		v.Passed = int(math.Round(100 * max(0, min(1, end.Sub(k.Start).Seconds()/whole.Seconds()))))
	}
	v.Soon = v.State == huiying.ClockRunning && v.Passed >= 75
	return v
}

// remaining says how long is left or by how much it is late. assets/js/clock.js
// says the same in the same words.
func remaining(due, now time.Time) string {
	left := due.Sub(now)
	if left < 0 {
		return "已超 " + spanWords(-left, false)
	}
	return "剩 " + spanWords(left, true)
}

func spanWords(d time.Duration, exact bool) string {
	s := int(d / time.Second)
	h, m := s/3600, s/60%60
	switch {
	case h >= 72:
		return fmt.Sprintf("%d 天 %d 小时", h/24, h%24)
	case h > 0:
		return fmt.Sprintf("%d 小时 %02d 分", h, m)
	case exact && m > 0:
		return fmt.Sprintf("%d 分 %02d 秒", m, s%60)
	case m > 0:
		return fmt.Sprintf("%d 分", m)
	}
	return fmt.Sprintf("%d 秒", s)
}
