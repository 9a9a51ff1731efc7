package dashboard

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"huiying"
)

// minSample is how many cases a unit needs before it may be compared: below
// it one bad day decides (DOMAIN §7.8, default).
const minSample = 5

// statsView is 响应统计: how fast each unit answers.
type statsView struct {
	Days    string
	Level   string
	Periods []option
	Levels  []option
	All     unitStatsRow
	Rows    []unitStatsRow
	From    time.Time
	To      time.Time
	Min     int
	Own     bool // a unit sees itself
}

type unitStatsRow struct {
	huiying.UnitStats
	Thin bool // too few cases to compare
}

// OnTimeTone draws the share of acknowledgements in time.
func (r unitStatsRow) OnTimeTone() string {
	switch {
	case r.Due == 0 || r.Thin:
		return "none"
	case r.OnTime >= 0.95:
		return "good"
	case r.OnTime >= 0.8:
		return "fair"
	}
	return "poor"
}

var periodOptions = []option{{"1", "近 24 小时"}, {"7", "近 7 天"}, {"30", "近 30 天"}, {"90", "近 90 天"}, {"365", "近一年"}}

func (s *Server) statsPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := needCases(p); err != nil {
		return err
	}
	ctx, now := r.Context(), s.now()
	v := statsView{Days: r.URL.Query().Get("days"), Level: r.URL.Query().Get("level"), Periods: periodOptions, Levels: levelOptions(), To: now, Min: minSample, Own: p.Role.OfUnit()}
	days, err := strconv.Atoi(v.Days)
	if err != nil || days < 1 || days > 3650 {
		days, v.Days = 30, "30"
	}
	v.From = now.AddDate(0, 0, -days)
	level, err := huiying.ParseLevel(v.Level)
	if err != nil {
		level, v.Level = huiying.NoLevel, ""
	}
	all, err := (api{Server: s}).unitStats(ctx, p, p.Region, level, v.From, now.Add(time.Second))
	if err != nil {
		return err
	}
	units, err := s.unitsOf(ctx)
	if err != nil {
		return err
	}
	for _, u := range all {
		row := unitStatsRow{UnitStats: u, Thin: u.N < minSample}
		if u.Unit == "" {
			v.All = row
			continue
		}
		row.Name = units.Name(u.Unit)
		v.Rows = append(v.Rows, row)
		if v.Own {
			v.All = row
		}
	}
	slices.SortStableFunc(v.Rows, byAnswer)
	return s.show(w, r, p, http.StatusOK, "stats", "响应统计", v)
}

// byAnswer ranks units that may be compared by their median; the others follow
// by the number of cases.
func byAnswer(a, b unitStatsRow) int {
	switch {
	case a.Thin != b.Thin:
		if a.Thin {
			return 1
		}
		return -1
	case a.Thin:
		return cmp.Compare(b.N, a.N)
	case (a.Acked == 0) != (b.Acked == 0):
		if a.Acked == 0 {
			return 1
		}
		return -1
	}
	return cmp.Compare(a.AckMedian, b.AckMedian)
}
