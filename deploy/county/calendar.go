package county

import (
	"fmt"
	"strings"
	"time"

	"huiying"
)

// statutory are the holidays the State Council arranges every year.
var statutory = []string{"元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆"}

// longestHoliday is in days; 2026's 春节 of 9 is the longest so far.
const longestHoliday = 15

// year is the arrangement of one year: the notice and its holidays, each with
// the weekend days worked for it (调休).
type year struct {
	Year     int       `yaml:"year"`
	Source   string    `yaml:"source"`
	Holidays []holiday `yaml:"holidays"`
}

type holiday struct {
	Name   string `yaml:"name"`
	From   date   `yaml:"from"`
	To     date   `yaml:"to"` // inclusive
	Worked []date `yaml:"worked"`
}

func (l *loader) loadCalendar() {
	var f struct {
		Version string   `yaml:"version"`
		Office  []string `yaml:"office"`
		Years   []year   `yaml:"years"`
	}
	d := l.open(calendarFile, &f)
	c := &huiying.Calendar{Version: f.Version, Off: make(map[string]string), On: make(map[string]string), Years: make(map[int]bool)}
	l.county.Rules.Calendar = c
	d.need("version", f.Version)
	c.Office = officeHours(d, f.Office)
	if len(f.Years) == 0 {
		d.blame("years", "没有任何年份的节假日安排")
	}
	for i, y := range f.Years {
		at := index("years", i)
		if i > 0 && y.Year != f.Years[i-1].Year+1 {
			d.blame(at+".year", "年份应逐年排列，%d 年之后应为 %d 年", f.Years[i-1].Year, f.Years[i-1].Year+1)
		}
		d.need(at+".source", y.Source)
		c.Years[y.Year] = true
		loadYear(d, at, y, c)
	}
	for i, y := range f.Years {
		for j, h := range y.Holidays {
			for k, day := range h.Worked {
				if name, off := c.Off[day.Format(time.DateOnly)]; off {
					d.blame(index(index(index("years", i)+".holidays", j)+".worked", k), "%s 已在%s假期内，不能又是调休上班日", day.Format(time.DateOnly), name)
				}
			}
		}
	}
}

func loadYear(d *document, at string, y year, c *huiying.Calendar) {
	names := ""
	for i, h := range y.Holidays {
		at := index(at+".holidays", i)
		d.need(at+".name", h.Name)
		names += h.Name
		if h.From.IsZero() || h.To.IsZero() {
			d.blame(at, "%s缺少起止日期 from、to", h.Name)
			continue
		}
		if h.To.Before(h.From.Time) || h.To.After(h.From.AddDate(0, 0, longestHoliday-1)) {
			d.blame(at+".to", "%s的起止日期不对：%s 至 %s", h.Name, h.From.Format(time.DateOnly), h.To.Format(time.DateOnly))
			continue
		}
		if h.To.Year() != y.Year {
			d.blame(at+".to", "%s不在 %d 年", h.To.Format(time.DateOnly), y.Year)
		}
		for day := h.From.Time; !day.After(h.To.Time); day = day.AddDate(0, 0, 1) {
			c.Off[day.Format(time.DateOnly)] = h.Name
		}
		for j, day := range h.Worked {
			if w := day.Weekday(); w != time.Saturday && w != time.Sunday {
				d.blame(index(at+".worked", j), "%s 不是星期六或星期日，不会是调休上班日", day.Format(time.DateOnly))
			}
			c.On[day.Format(time.DateOnly)] = h.Name + "调休上班"
		}
	}
	for _, name := range statutory {
		if !strings.Contains(names, name) {
			d.blame(at, "%d 年缺少%s的安排", y.Year, name)
		}
	}
}

// spanOf reads a part of a day written "08:00-12:00".
func spanOf(s string) (span huiying.Span, ok bool) {
	var h1, m1, h2, m2 int
	var more string
	n, _ := fmt.Sscanf(s, "%d:%d-%d:%d%s", &h1, &m1, &h2, &m2, &more) // the fifth is never there
	span = huiying.Span{From: h1*60 + m1, To: h2*60 + m2}
	return span, n == 4 && min(h1, m1, h2, m2) >= 0 && max(m1, m2) <= 59 && max(span.From, span.To) <= 24*60
}

// officeHours reads spans written "08:00-12:00".
func officeHours(d *document, spans []string) []huiying.Span {
	var out []huiying.Span
	if len(spans) == 0 {
		d.blame("office", "缺少工作时段 office，如 [\"08:00-12:00\", \"14:30-18:00\"]")
	}
	for i, s := range spans {
		at := index("office", i)
		span, ok := spanOf(s)
		if !ok {
			d.blame(at, "工作时段应写作 08:00-12:00，收到 %q", s)
			continue
		}
		switch {
		case span.From >= span.To || span.To > 24*60:
			d.blame(at, "工作时段 %s 的起止不对", s)
		case len(out) > 0 && span.From < out[len(out)-1].To:
			d.blame(at, "工作时段 %s 与前一段重叠，应由早到晚排列", s)
		}
		out = append(out, span)
	}
	return out
}
