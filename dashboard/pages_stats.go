package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"huiying"
)

// statsView is 响应统计: how fast each unit answers, beside the county and beside
// itself in the period before.
type statsView struct {
	Days       string
	Level      string
	Category   string
	Periods    []option
	Levels     []option
	Categories []option
	All        unitStatsRow
	County     unitStatsRow
	Rows       []unitStatsRow
	From       time.Time
	To         time.Time
	Min        int
	Own        bool           // a unit sees itself
	Regions    []unitStatsRow // of those above: each region one step below
}

type unitStatsRow struct {
	huiying.UnitStats
	Before huiying.UnitStats // the same unit in the period before
	Min    int
}

// Thin reports whether there are too few cases to compare.
func (r unitStatsRow) Thin() bool { return r.N < r.Min }

// span is a duration as a cell shows it: with how many it is of where they are
// few, and what it was in the period before.
type span struct {
	huiying.Spread
	Before huiying.Spread
	Few    bool
}

func (r unitStatsRow) span(now, before huiying.Spread) span { return span{now, before, now.N < r.Min} }

// Ack, First, Answer and Closing are the four durations.
func (r unitStatsRow) Ack() span {
	of := func(s huiying.UnitStats) huiying.Spread {
		return huiying.Spread{N: s.Acked, Median: s.AckMedian, P90: s.AckP90}
	}
	return r.span(of(r.UnitStats), of(r.Before))
}
func (r unitStatsRow) First() span   { return r.span(r.Feedback, r.Before.Feedback) }
func (r unitStatsRow) Answer() span  { return r.span(r.Response, r.Before.Response) }
func (r unitStatsRow) Closing() span { return r.span(r.Close, r.Before.Close) }

// share is a share of deadlines kept as a cell shows it.
type share struct {
	huiying.Kept
	Tone string
}

// AckKept, FirstKept and AnswerKept are the three shares.
func (r unitStatsRow) AckKept() share    { return r.share(huiying.Kept{Due: r.Due, Share: r.OnTime}) }
func (r unitStatsRow) FirstKept() share  { return r.share(r.FeedbackKept) }
func (r unitStatsRow) AnswerKept() share { return r.share(r.ResponseKept) }

func (r unitStatsRow) share(k huiying.Kept) share {
	switch {
	case k.Due < r.Min:
		return share{k, "none"}
	case k.Share >= 0.95:
		return share{k, "good"}
	case k.Share >= 0.8:
		return share{k, "fair"}
	}
	return share{k, "poor"}
}

var periodOptions = []option{{"1", "近 24 小时"}, {"7", "近 7 天"}, {"30", "近 30 天"}, {"90", "近 90 天"}, {"365", "近一年"}}

func (s *Server) statsPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	ctx, now := r.Context(), s.now()
	v := statsView{
		Days: r.URL.Query().Get("days"), Level: r.URL.Query().Get("level"), Category: r.URL.Query().Get("category"),
		Periods: periodOptions, Levels: levelOptions(), Categories: categoryOptions(), To: now, Min: s.leastSample(), Own: p.Role.OfUnit(),
	}
	days, err := strconv.Atoi(v.Days)
	if err != nil || days < 1 || days > 3650 {
		days, v.Days = 30, "30"
	}
	v.From = now.AddDate(0, 0, -days)
	level, err := huiying.ParseLevel(v.Level)
	if err != nil {
		level, v.Level = huiying.NoLevel, ""
	}
	q := huiying.StatsQuery{Region: p.Region, Level: level, Category: v.Category, From: v.From, To: now.Add(time.Second)}
	all, county, err := (api{Server: s}).unitStats(ctx, p, q)
	if err != nil {
		return err
	}
	q.From, q.To = v.From.AddDate(0, 0, -days), v.From
	past, countyPast, err := (api{Server: s}).unitStats(ctx, p, q)
	if err != nil {
		return err
	}
	type unit struct {
		region huiying.Region
		id     huiying.UnitID
	}
	before := make(map[unit]huiying.UnitStats, len(past))
	for _, u := range past {
		before[unit{u.Region, u.Unit}] = u
	}
	units, err := s.unitsOf(ctx)
	if err != nil {
		return err
	}
	v.County = unitStatsRow{county, countyPast, v.Min}
	v.All = v.County
	for _, u := range all {
		if u.Unit == "" {
			continue
		}
		row := unitStatsRow{u, before[unit{u.Region, u.Unit}], v.Min}
		row.Name = units.In(u.Region).Name(u.Unit)
		row.Name = s.regionBelow(u.Region) + row.Name
		v.Rows = append(v.Rows, row)
	}
	if v.Own {
		v.All = unitStatsRow{Min: v.Min}
		if len(v.Rows) > 0 {
			v.All = v.Rows[0]
		}
	}
	slices.SortStableFunc(v.Rows, byAnswer)
	if !v.Own {
		past, now := q, q
		now.From, now.To = v.From, v.To.Add(time.Second)
		if v.Regions, err = s.regionRows(ctx, now, past, v.Min); err != nil {
			return err
		}
	}
	return s.show(w, r, p, http.StatusOK, "stats", "响应统计", v)
}

// regionRows are the regions one step below, those without a case too; none for a
// county.
func (s *Server) regionRows(ctx context.Context, q, past huiying.StatsQuery, least int) ([]unitStatsRow, error) {
	names := s.below()
	if len(names) == 0 {
		return nil, nil
	}
	q.Now, past.Now = s.now(), s.now()
	all, err := s.cfg.Ledger.RegionStats(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("measure the regions below: %w", err)
	}
	old, err := s.cfg.Ledger.RegionStats(ctx, past)
	if err != nil {
		return nil, fmt.Errorf("measure the regions below: %w", err)
	}
	before := make(map[huiying.Region]huiying.UnitStats, len(old))
	for _, u := range old {
		before[u.Region] = u
	}
	var rows []unitStatsRow
	for _, u := range all {
		if u.Region == "" {
			continue
		}
		row := unitStatsRow{u, before[u.Region], least}
		row.Name = cmp.Or(names[u.Region], string(u.Region))
		rows = append(rows, row)
	}
	for _, code := range slices.Sorted(maps.Keys(names)) {
		if !slices.ContainsFunc(rows, func(r unitStatsRow) bool { return r.Region == code }) {
			rows = append(rows, unitStatsRow{huiying.UnitStats{Region: code, Name: names[code]}, before[code], least})
		}
	}
	slices.SortStableFunc(rows, byAnswer)
	return rows, nil
}

// regionBelow is the name of a region below ours, which tells offices of one name
// apart; "" where we are a county.
func (s *Server) regionBelow(code huiying.Region) string {
	below := s.below()
	if name, ok := below[code]; ok || len(below) == 0 || s.cfg.RegionName == nil || code == s.cfg.Region {
		return name
	}
	return s.cfg.RegionName(code)
}

// below are the names of the regions one step below ours; none for a county.
func (s *Server) below() map[huiying.Region]string {
	if s.cfg.Below == nil {
		return nil
	}
	return s.cfg.Below()
}

// byAnswer puts units that may be compared before the others, the shorter median
// first; the others follow by the number of cases.
func byAnswer(a, b unitStatsRow) int {
	switch {
	case a.Thin() != b.Thin():
		if a.Thin() {
			return 1
		}
		return -1
	case a.Thin():
		return cmp.Compare(b.N, a.N)
	case (a.Acked == 0) != (b.Acked == 0):
		if a.Acked == 0 {
			return 1
		}
		return -1
	}
	return cmp.Compare(a.AckMedian, b.AckMedian)
}
