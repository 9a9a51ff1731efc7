package dashboard

import (
	"fmt"
	"math"
	"time"

	"huiying"
)

// plot is a small bar chart drawn as SVG by the server: no script, and a table
// with the same figures stands behind it.
type plot struct {
	Label  string // what is drawn, read aloud
	Width  int
	Height int
	Base   float64 // y of the axis
	Bars   []bar
	Marks  []tick // on the time axis
	Grid   []tick // horizontal lines
	Total  int
	Peak   *bar
	Cut    bool // earlier hours are left out
}

type bar struct {
	X, Y, W, H float64
	Over       float64 // height of the darker part: negative posts
	OverY      float64
	Value      int
	Part       int
	At         time.Time
	Hint       string
}

type tick struct {
	X, Y  float64
	Label string
}

// slot is one bar's figures.
type slot struct {
	at          time.Time
	value, part int
}

const (
	plotLeft, plotRight = 30.0, 4.0
	plotTop, plotBottom = 12.0, 20.0
	marksOnAxis         = 6
	hourLabel           = "15时"
	dayLabel            = "01-02"
	longPlot            = 49 // more slots than this are labelled by day
)

// draw lays slots out as bars; partName names the darker share ("负面"), if any.
func draw(label, partName string, width, height int, slots []slot) plot {
	p := plot{Label: label, Width: width, Height: height, Base: float64(height) - plotBottom}
	if len(slots) == 0 {
		return p
	}
	top := 0
	for _, s := range slots {
		top = max(top, s.value)
		p.Total += s.value
	}
	scale := niceTop(top)
	room := p.Base - plotTop
	each := (float64(width) - plotLeft - plotRight) / float64(len(slots))
	gap := math.Min(each*0.25, 3)
	for i, s := range slots {
		b := bar{X: round1(plotLeft + float64(i)*each + gap/2), W: round1(each - gap), Value: s.value, Part: s.part, At: s.at}
		b.H = round1(room * float64(s.value) / float64(scale))
		b.Y = round1(p.Base - b.H)
		b.Over = round1(room * float64(s.part) / float64(scale))
		b.OverY = round1(p.Base - b.Over)
		b.Hint = fmt.Sprintf("%s　%d 条", s.at.In(huiying.Beijing).Format("01-02 15时"), s.value)
		if partName != "" {
			b.Hint += fmt.Sprintf("，%s %d 条", partName, s.part)
		}
		p.Bars = append(p.Bars, b)
		if s.value > 0 && (p.Peak == nil || s.value > p.Peak.Value) {
			p.Peak = &p.Bars[len(p.Bars)-1]
		}
	}
	if p.Peak != nil { // the slice may have moved while it grew
		peak := *p.Peak
		p.Peak = &peak
	}
	layout := hourLabel
	if len(slots) >= longPlot || len(slots) > 1 && slots[1].at.Sub(slots[0].at) >= 24*time.Hour {
		layout = dayLabel
	}
	every := max(1, int(math.Ceil(float64(len(slots))/marksOnAxis)))
	for i := 0; i < len(slots); i += every {
		p.Marks = append(p.Marks, tick{X: round1(plotLeft + (float64(i)+0.5)*each), Y: float64(height) - 5, Label: slots[i].at.In(huiying.Beijing).Format(layout)})
	}
	for _, v := range []int{0, scale / 2, scale} {
		if v == scale/2 && scale < 2 {
			continue
		}
		p.Grid = append(p.Grid, tick{X: plotLeft, Y: round1(p.Base - room*float64(v)/float64(scale)), Label: fmt.Sprint(v)})
	}
	return p
}

// niceTop is the end of the value axis: 1, 2, 4, 10, 20, 40, 100 …
func niceTop(v int) int {
	for unit := 1; ; unit *= 10 {
		for _, f := range []int{1, 2, 4} {
			if v <= unit*f {
				return unit * f
			}
		}
	}
}

func round1(f float64) float64 { return math.Round(f*10) / 10 }

// trendPlot draws the roll-up of the last hours, empty ones included.
func trendPlot(buckets []huiying.TrendBucket, from, to time.Time, step time.Duration, width, height int) plot {
	byHour := map[int64]huiying.TrendBucket{}
	for _, b := range buckets {
		byHour[b.At.Truncate(step).Unix()] = b
	}
	var slots []slot
	for at := from.Truncate(step); at.Before(to); at = at.Add(step) {
		b := byHour[at.Unix()]
		slots = append(slots, slot{at, b.Posts, b.Negative})
	}
	return draw("近 24 小时每小时信息量，深色为负面", "负面", width, height, slots)
}

// maxCurveHours bounds an event's curve; a longer one shows its latest part.
const maxCurveHours = 168

// curvePlot draws an event's posts per hour from its first to its last hour.
func curvePlot(e huiying.Event, now time.Time) plot {
	first, last := now, time.Time{}
	for key := range e.Hours {
		at, err := time.ParseInLocation("2006-01-02T15", key, huiying.Beijing)
		if err != nil {
			continue
		}
		if at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	if last.IsZero() {
		return plot{}
	}
	if until := now.In(huiying.Beijing); until.After(last) {
		last = until
	}
	cut := first.Before(last.Add(-maxCurveHours * time.Hour))
	if cut {
		first = last.Add(-maxCurveHours * time.Hour).Truncate(time.Hour)
	}
	if last.Sub(first) < 11*time.Hour {
		first = last.Add(-11 * time.Hour).Truncate(time.Hour)
	}
	var slots []slot
	for at := first; !at.After(last); at = at.Add(time.Hour) {
		slots = append(slots, slot{at: at, value: e.Hours[at.In(huiying.Beijing).Format("2006-01-02T15")]})
	}
	p := draw("每小时发文量", "", 720, 180, slots)
	p.Cut = cut
	return p
}
