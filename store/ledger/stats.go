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
// once, when it was sent to the unit in the period; a zero bound is none. The
// first item is all units together, then those with anything to show, by number
// of cases. A response, a close and a reopening are the lead unit's. Deadlines
// that are late now count whenever the case was sent, cases given back when they
// were. Only parts that units still have count for all else: a case returned or
// sent elsewhere is not held against anybody. What is said to be a rumour is
// counted apart until somebody has checked it.
func (l *Ledger) UnitStats(ctx context.Context, q huiying.StatsQuery) ([]huiying.UnitStats, error) {
	names, err := l.unitNames(ctx, q.Region)
	if err != nil {
		return nil, err
	}
	out, err := l.stats(ctx, q, func(county huiying.Region, unit huiying.UnitID) answerer { return answerer{county, unit} })
	if err != nil {
		return nil, err
	}
	out[0].Name = "全部单位"
	for i := range out[1:] {
		s := &out[i+1]
		s.Name = cmp.Or(names[answerer{s.Region, s.Unit}], string(s.Unit))
	}
	return out, nil
}

// RegionStats is [Ledger.UnitStats] by the regions one step below the query's: the
// prefectures of a province, the counties of a prefecture. The first item is all
// of them together. A county has none.
func (l *Ledger) RegionStats(ctx context.Context, q huiying.StatsQuery) ([]huiying.UnitStats, error) {
	below := len(q.Region) + 2
	if len(q.Region) >= 6 {
		return nil, nil
	}
	return l.stats(ctx, q, func(county huiying.Region, _ huiying.UnitID) answerer {
		return answerer{region: county[:min(below, len(county))]}
	})
}

// answerer is whom figures are about: a unit of a county, or a region.
type answerer struct {
	region huiying.Region
	unit   huiying.UnitID
}

func (l *Ledger) stats(ctx context.Context, q huiying.StatsQuery, whose func(huiying.Region, huiying.UnitID) answerer) ([]huiying.UnitStats, error) {
	parts, err := l.unitParts(ctx, q)
	if err != nil {
		return nil, err
	}
	late, err := l.counted(ctx, q, whose, "open_clocks", "due_at < ? AND unit_id <> ''", jsondoc.Micro(q.Now))
	if err != nil {
		return nil, err
	}
	from, to := bounds(q)
	refused, err := l.counted(ctx, q, whose, "refusals", "at >= ? AND at < ?", from, to)
	if err != nil {
		return nil, err
	}
	of, unverified := make(map[answerer][]unitRow), make(map[answerer]int)
	parts = slices.DeleteFunc(parts, func(p unitRow) bool {
		who := whose(huiying.Region(p.Region).County(), huiying.UnitID(p.UnitID))
		if p.Rumor != string(huiying.RumorUnverified) {
			of[who] = append(of[who], p)
			return false
		}
		unverified[who]++
		return true
	})
	for _, counted := range []map[answerer]int{late, refused, unverified} {
		for who := range counted {
			if _, ok := of[who]; !ok {
				of[who] = nil
			}
		}
	}
	all := measure(parts, q.Now)
	all.Level = q.Level
	var out []huiying.UnitStats
	for who, parts := range of {
		s := measure(parts, q.Now)
		s.Region, s.Unit, s.Level, s.LateNow, s.Refused, s.Unverified = who.region, who.unit, q.Level, late[who], refused[who], unverified[who]
		all.LateNow += s.LateNow
		all.Refused += s.Refused
		all.Unverified += s.Unverified
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b huiying.UnitStats) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(b.LateNow, a.LateNow), cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Region, b.Region))
	})
	return append([]huiying.UnitStats{all}, out...), nil
}

// bounds are the period of a query in µs; what is not bounded has all of time.
func bounds(q huiying.StatsQuery) (from, to int64) {
	to = noDeadline
	if !q.From.IsZero() {
		from = jsondoc.Micro(q.From)
	}
	if !q.To.IsZero() {
		to = jsondoc.Micro(q.To)
	}
	return from, to
}

// measured narrows a table of figures to a query; drills count in none.
func measured(q huiying.StatsQuery, cond string, args ...any) conditions {
	var w conditions
	w.add(cond+" AND drill = FALSE", args...)
	w.in("region", q.Region)
	if q.Level != huiying.NoLevel {
		w.add("level = ?", int(q.Level))
	}
	if q.Category != "" {
		w.add("category = ?", q.Category)
	}
	return w
}

func (l *Ledger) unitParts(ctx context.Context, q huiying.StatsQuery) ([]unitRow, error) {
	from, to := bounds(q)
	w := measured(q, "assigned_at >= ? AND assigned_at < ?", from, to)
	rows, err := l.read.QueryContext(ctx, `SELECT unit_id, region, lead, assigned_at, acked_at, ack_due, feedback_at, feedback_due, responded_at, respond_due, closed_at, excused, sent_back, reopened, rumor
		FROM case_units`+w.where(), w.args...)
	if err != nil {
		return nil, fmt.Errorf("reading the parts of units: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []unitRow
	for rows.Next() {
		var r unitRow
		if err := rows.Scan(&r.UnitID, &r.Region, &r.Lead, &r.AssignedAt, &r.AckedAt, &r.AckDue, &r.FeedbackAt, &r.FeedbackDue, &r.RespondedAt, &r.RespondDue, &r.ClosedAt, &r.Excused, &r.SentBack, &r.Reopened, &r.Rumor); err != nil {
			return nil, fmt.Errorf("reading the parts of units: %w", err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the parts of units: %w", err)
	}
	return out, nil
}

// counted counts the rows of a table of figures that meet a condition.
func (l *Ledger) counted(ctx context.Context, q huiying.StatsQuery, whose func(huiying.Region, huiying.UnitID) answerer, table, cond string, args ...any) (map[answerer]int, error) {
	w := measured(q, cond, args...)
	var rows []struct {
		Region string
		UnitID string
		N      int
	}
	if err := l.read.NewRaw("SELECT region, unit_id, count(*) AS n FROM "+table+w.where()+" GROUP BY region, unit_id", w.args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("counting %s: %w", table, err)
	}
	out := make(map[answerer]int, len(rows))
	for _, r := range rows {
		out[whose(huiying.Region(r.Region).County(), huiying.UnitID(r.UnitID))] += r.N
	}
	return out, nil
}

func (l *Ledger) unitNames(ctx context.Context, region huiying.Region) (map[answerer]string, error) {
	var w conditions
	w.in("region", region.County())
	var rows []struct{ ID, Region, Name string }
	if err := l.read.NewRaw("SELECT id, region, name FROM units"+w.where(), w.args...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("reading the names of units: %w", err)
	}
	out := make(map[answerer]string, len(rows))
	for _, r := range rows {
		out[answerer{huiying.Region(r.Region), huiying.UnitID(r.ID)}] = r.Name
	}
	return out, nil
}

func measure(parts []unitRow, now time.Time) huiying.UnitStats {
	s := huiying.UnitStats{N: len(parts)}
	var ack, feedback, response, closing []int64
	var ackKept, feedbackKept, responseKept keeping
	at, excused := jsondoc.Micro(now), int64(0)
	for _, p := range parts {
		took := func(at int64, list *[]int64) {
			if at != 0 {
				*list = append(*list, at-p.AssignedAt)
			}
		}
		took(p.AckedAt, &ack)
		took(p.FeedbackAt, &feedback)
		ackKept.count(p.AckedAt, p.AckDue, at)
		feedbackKept.count(p.FeedbackAt, p.FeedbackDue, at)
		if p.Lead {
			took(p.RespondedAt, &response)
			took(p.ClosedAt, &closing)
			responseKept.count(p.RespondedAt, p.RespondDue, at)
		}
		s.SentBack += min(1, p.SentBack)
		s.Reopened += min(1, p.Reopened)
		if excused += p.Excused; p.Excused > 0 {
			s.Excused++
		}
	}
	a := spread(ack)
	s.Acked, s.AckMedian, s.AckP90 = a.N, a.Median, a.P90
	s.Feedback, s.Response, s.Close = spread(feedback), spread(response), spread(closing)
	s.Due, s.OnTime = ackKept.due, ackKept.kept().Share
	s.FeedbackKept, s.ResponseKept = feedbackKept.kept(), responseKept.kept()
	s.ExcusedTime = float64(excused) / 1e6
	return s
}

// keeping counts deadlines that have come and those met in time.
type keeping struct{ due, met int }

func (k *keeping) count(done, due, now int64) {
	if due == 0 || done == 0 && due > now {
		return
	}
	if k.due++; done != 0 && done <= due {
		k.met++
	}
}

func (k *keeping) kept() huiying.Kept {
	if k.due == 0 {
		return huiying.Kept{}
	}
	return huiying.Kept{Due: k.due, Share: float64(k.met) / float64(k.due)}
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
		Rumor huiying.RumorState
		N     int
	}
	var w conditions
	w.add("ended = FALSE AND drill = FALSE")
	w.in("region", region)
	if err := l.read.NewRaw("SELECT level, state, rumor, count(*) AS n FROM cases"+w.where()+" GROUP BY level, state, rumor", w.args...).Scan(ctx, &open); err != nil {
		return o, fmt.Errorf("counting open cases: %w", err)
	}
	for _, r := range open {
		switch r.Rumor {
		case huiying.RumorUnverified:
			o.Rumors += r.N
			continue
		case huiying.RumorRefuted:
			o.Refuted += r.N
			continue
		}
		o.CasesOpen += r.N
		o.ByLevel[huiying.Level(r.Level).String()] += r.N
		o.ByState[r.State] += r.N
	}
	const factual = " AND drill = FALSE AND rumor NOT IN ('unverified', 'refuted')"
	for _, c := range []struct {
		into  *int
		query string
		cond  string
		args  []any
	}{
		{&o.CasesTotal, "count(*) FROM cases", "TRUE" + factual, nil},
		{&o.CasesToday, "count(*) FROM cases", "opened_at >= ?" + factual, []any{jsondoc.Micro(midnight)}},
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
