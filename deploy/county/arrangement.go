package county

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"huiying"
)

// WithYear adds a year's holidays to the text of a calendar.yaml and returns the
// new text, checked as the loader checks it. raw is the arrangement of one year as
// the holiday-cn project publishes it: {"year", "papers": [address], "days":
// [{"name", "date", "isOffDay"}]}.
func WithYear(calendar, raw []byte) ([]byte, int, error) {
	var f struct {
		Year   int      `json:"year"`
		Papers []string `json:"papers"`
		Days   []struct {
			Name string `json:"name"`
			Date string `json:"date"`
			Off  bool   `json:"isOffDay"`
		} `json:"days"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, 0, huiying.Invalid("file", "不是 holiday-cn 格式的 JSON：%v", err)
	}
	if f.Year == 0 || len(f.Days) == 0 {
		return nil, 0, huiying.Invalid("days", "文件里没有 year 或 days")
	}
	if len(f.Papers) == 0 {
		f.Papers = []string{fmt.Sprintf("国务院办公厅关于 %d 年部分节假日安排的通知", f.Year)}
	}
	var order []string
	holidays := make(map[string]*holiday)
	for _, d := range f.Days {
		at, err := time.ParseInLocation(time.DateOnly, d.Date, huiying.Beijing)
		if err != nil {
			return nil, 0, huiying.Invalid("days", "日期应写作 2027-01-01，收到 %q", d.Date)
		}
		h := holidays[d.Name]
		if h == nil {
			h = &holiday{Name: d.Name}
			holidays[d.Name], order = h, append(order, d.Name)
		}
		switch {
		case !d.Off:
			h.Worked = append(h.Worked, date{at})
		case h.From.IsZero() || at.Before(h.From.Time):
			h.From = date{at}
		}
		if d.Off && at.After(h.To.Time) {
			h.To = date{at}
		}
	}
	var out bytes.Buffer
	out.Write(bytes.TrimRight(calendar, "\n"))
	fmt.Fprintf(&out, "\n\n  - year: %d\n    source: %q\n    holidays:\n", f.Year, f.Papers[0])
	for _, name := range order {
		h := holidays[name]
		fmt.Fprintf(&out, "      - {name: %s, from: %s, to: %s", name, h.From.Format(time.DateOnly), h.To.Format(time.DateOnly))
		if len(h.Worked) > 0 {
			slices.SortFunc(h.Worked, func(a, b date) int { return a.Compare(b.Time) })
			days := make([]string, len(h.Worked))
			for i, d := range h.Worked {
				days[i] = d.Format(time.DateOnly)
			}
			fmt.Fprintf(&out, ", worked: [%s]", strings.Join(days, ", "))
		}
		out.WriteString("}\n")
	}
	l := &loader{fsys: oneFile(out.Bytes())}
	if l.loadCalendar(); len(l.problems) > 0 {
		l.problems.sort()
		return nil, f.Year, l.problems
	}
	return out.Bytes(), f.Year, nil
}
