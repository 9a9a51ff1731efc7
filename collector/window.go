package collector

import (
	"encoding"
	"fmt"
	"strings"
	"time"

	"huiying"
)

// Window is a time of day in Beijing, written 23:00-06:00; it may reach over
// midnight.
type Window struct {
	from, to time.Duration // since midnight
}

var _ encoding.TextUnmarshaler = (*Window)(nil)

// UnmarshalText reads 23:00-06:00.
func (w *Window) UnmarshalText(text []byte) error {
	from, to, ok := strings.Cut(string(text), "-")
	if ok {
		w.from, ok = timeOfDay(from)
	}
	if ok {
		w.to, ok = timeOfDay(to)
	}
	if !ok || w.from == w.to {
		return huiying.Invalid("quiet", "时段写作 23:00-06:00，收到 %q", huiying.Clip(string(text), 30))
	}
	return nil
}

// MarshalText writes 23:00-06:00.
func (w Window) MarshalText() ([]byte, error) {
	clock := func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60) }
	return []byte(clock(w.from) + "-" + clock(w.to)), nil
}

func timeOfDay(s string) (time.Duration, bool) {
	t, err := time.Parse("15:04", strings.TrimSpace(s))
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err == nil
}

// left is how long the window still lasts at an instant, 0 outside it.
func (w Window) left(at time.Time) time.Duration {
	at = at.In(huiying.Beijing)
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, huiying.Beijing)
	since := at.Sub(day)
	to := w.to
	if w.to < w.from { // over midnight
		to += 24 * time.Hour
		if since < w.to {
			since += 24 * time.Hour
		}
	}
	if since < w.from || since >= to {
		return 0
	}
	return to - since
}
