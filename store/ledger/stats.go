package ledger

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"huiying"
	"huiying/store/internal/jsondoc"
)

// UnitStats measures how fast units answer: each unit's part in a case counts
// once, when it was sent to the unit in [from, to); a zero bound is none. The
// first item is all units together, then those with anything to show, by number
// of cases. A response and a close are the lead unit's. Deadlines that are late
// now count whenever the case was sent. Only parts that units still have count:
// a case returned or sent elsewhere is not held against anybody.
func (l *Ledger) UnitStats(ctx context.Context, region huiying.Region, level huiying.Level, from, to, now time.Time) ([]huiying.UnitStats, error) {
	parts, err := l.unitParts(ctx, region, level, from, to)
	if err != nil {
		return nil, err
	}
	late, err := l.lateNow(ctx, region, level, now)
	if err != nil {
		return nil, err
	}
	names, err := l.unitNames(ctx)
	if err != nil {
		return nil, err
	}
	byUnit := make(map[string][]unitRow)
	for _, p := range parts {
		byUnit[p.UnitID] = append(byUnit[p.UnitID], p)
	}
	for unit := range late {
		if _, ok := byUnit[unit]; !ok {
			byUnit[unit] = nil
		}
	}
	all := measure(parts, now)
	all.Level, all.Name = level, "全部单位"
	var out []huiying.UnitStats
	for unit, parts := range byUnit {
		s := measure(parts, now)
		s.Unit, s.Name, s.Level, s.LateNow = huiying.UnitID(unit), cmp.Or(names[unit], unit), level, late[unit]
		all.LateNow += s.LateNow
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b huiying.UnitStats) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(b.LateNow, a.LateNow), cmp.Compare(a.Unit, b.Unit))
	})
	return append([]huiying.UnitStats{all}, out...), nil
}

func (l *Ledger) unitParts(ctx context.Context, region huiying.Region, level huiying.Level, from, to time.Time) ([]unitRow, error) {
	var w conditions
	w.add("drill = FALSE")
	w.in("region", region)
	if level != huiying.NoLevel {
		w.add("level = ?", int(level))
	}
	if !from.IsZero() {
		w.add("assigned_at >= ?", jsondoc.Micro(from))
	}
	if !to.IsZero() {
		w.add("assigned_at < ?", jsondoc.Micro(to))
	}
	rows, err := l.read.QueryContext(ctx, "SELECT unit_id, lead, assigned_at, acked_at, ack_due, feedback_at, responded_at, closed_at FROM case_units"+w.where(), w.args...)
	if err != nil {
		return nil, fmt.Errorf("reading the parts of units: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []unitRow
	for rows.Next() {
		var r unitRow
		if err := rows.Scan(&r.UnitID, &r.Lead, &r.AssignedAt, &r.AckedAt, &r.AckDue, &r.FeedbackAt, &r.RespondedAt, &r.ClosedAt); err != nil {
			return nil, fmt.Errorf("reading the parts of units: %w", err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the parts of units: %w", err)
	}
	return out, nil
}

// lateNow counts each unit's open deadlines that have passed.
func (l *Ledger) lateNow(ctx context.Context, region huiying.Region, level huiying.Level, now time.Time) (map[string]int, error) {
	var w conditions
	w.add("due_at < ? AND unit_id <> '' AND drill = FALSE", jsondoc.Micro(now))
	w.in("region", region)
	if level != huiying.NoLevel {
		w.add("level = ?", int(level))
	}
	var rows []struct {
		UnitID string
		N      int
	}
	if err := l.read.NewRaw("SELECT unit_id, count(*) AS n FROM open_clocks"+w.where()+" GROUP BY unit_id", w.args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("counting late deadlines: %w", err)
	}
	out := make(map[string]int, len(rows))
	for _, r := range rows {
		out[r.UnitID] = r.N
	}
	return out, nil
}

func (l *Ledger) unitNames(ctx context.Context) (map[string]string, error) {
	var rows []struct{ ID, Name string }
	if err := l.read.NewRaw("SELECT id, name FROM units").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("reading the names of units: %w", err)
	}
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.Name
	}
	return out, nil
}

func measure(parts []unitRow, now time.Time) huiying.UnitStats {
	s := huiying.UnitStats{N: len(parts)}
	var ack, feedback, response, closing []int64
	inTime := 0
	for _, p := range parts {
		took := func(at int64, list *[]int64) {
			if at != 0 {
				*list = append(*list, at-p.AssignedAt)
			}
		}
		took(p.AckedAt, &ack)
		took(p.FeedbackAt, &feedback)
		if p.Lead {
			took(p.RespondedAt, &response)
			took(p.ClosedAt, &closing)
		}
		if p.AckDue != 0 && (p.AckedAt != 0 || p.AckDue <= jsondoc.Micro(now)) {
			s.Due++
			if p.AckedAt != 0 && p.AckedAt <= p.AckDue {
				inTime++
			}
		}
	}
	a := spread(ack)
	s.Acked, s.AckMedian, s.AckP90 = a.N, a.Median, a.P90
	s.Feedback, s.Response, s.Close = spread(feedback), spread(response), spread(closing)
	if s.Due > 0 {
		s.OnTime = float64(inTime) / float64(s.Due)
	}
	return s
}

// spread is exact: the median of an even number is the mean of the two in the
// middle, the 90th percentile the nearest rank.
func spread(us []int64) huiying.Spread {
	n := len(us)
	if n == 0 {
		return huiying.Spread{}
	}
	slices.Sort(us)
	const second = 1e6
	return huiying.Spread{
		N:      n,
		Median: float64(us[(n-1)/2]+us[n/2]) / 2 / second,
		P90:    float64(us[int(math.Ceil(0.9*float64(n)))-1]) / second,
	}
}

// ackWindow is the time over which [Ledger.CaseOverview] measures
// acknowledgements.
const ackWindow = 30 * 24 * time.Hour

// CaseOverview fills the fields of the overview that the ledger knows: cases,
// events and rejected items. Today begins at Beijing's midnight.
func (l *Ledger) CaseOverview(ctx context.Context, region huiying.Region, now time.Time) (huiying.Overview, error) {
	o := huiying.Overview{At: now.In(huiying.Beijing), ByLevel: make(map[string]int), ByState: make(map[string]int)}
	day := o.At
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, huiying.Beijing)
	var open []struct {
		Level int
		State string
		N     int
	}
	var w conditions
	w.add("ended = FALSE AND drill = FALSE")
	w.in("region", region)
	if err := l.read.NewRaw("SELECT level, state, count(*) AS n FROM cases"+w.where()+" GROUP BY level, state", w.args...).Scan(ctx, &open); err != nil {
		return o, fmt.Errorf("counting open cases: %w", err)
	}
	for _, r := range open {
		o.CasesOpen += r.N
		o.ByLevel[huiying.Level(r.Level).String()] += r.N
		o.ByState[r.State] += r.N
	}
	for _, c := range []struct {
		into  *int
		query string
		cond  string
		args  []any
	}{
		{&o.CasesTotal, "count(*) FROM cases", "drill = FALSE", nil},
		{&o.CasesToday, "count(*) FROM cases", "opened_at >= ? AND drill = FALSE", []any{jsondoc.Micro(midnight)}},
		{&o.LateNow, "count(*) FROM cases", "due_at < ? AND drill = FALSE", []any{jsondoc.Micro(now)}},
		{&o.Unacked, "count(DISTINCT case_id) FROM case_units", "acked_at = 0 AND ended = FALSE AND drill = FALSE", nil},
		{&o.EventsOpen, "count(*) FROM events", "last_at >= ?", []any{jsondoc.Micro(now.Add(-24 * time.Hour))}},
		{&o.Rejected, "count(*) FROM rejections", "", nil},
	} {
		var w conditions
		if c.cond != "" {
			w.add(c.cond, c.args...)
		}
		w.in("region", region)
		if err := l.read.NewRaw("SELECT "+c.query+w.where(), w.args...).Scan(ctx, c.into); err != nil {
			return o, fmt.Errorf("reading the overview: %w", err)
		}
	}
	took, err := l.ackTimes(ctx, region, now.Add(-ackWindow))
	if err != nil {
		return o, err
	}
	ack := spread(took)
	o.AckMedian, o.AckP90 = ack.Median, ack.P90
	return o, nil
}

// ackTimes are the times acknowledgements took, in µs, of what was sent to units
// since an instant.
func (l *Ledger) ackTimes(ctx context.Context, region huiying.Region, since time.Time) ([]int64, error) {
	var w conditions
	w.add("assigned_at >= ? AND acked_at <> 0 AND drill = FALSE", jsondoc.Micro(since))
	w.in("region", region)
	rows, err := l.read.QueryContext(ctx, "SELECT acked_at - assigned_at FROM case_units"+w.where(), w.args...)
	if err != nil {
		return nil, fmt.Errorf("reading acknowledgements: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []int64
	for rows.Next() {
		var us int64
		if err := rows.Scan(&us); err != nil {
			return nil, fmt.Errorf("reading acknowledgements: %w", err)
		}
		out = append(out, us)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading acknowledgements: %w", err)
	}
	return out, nil
}
