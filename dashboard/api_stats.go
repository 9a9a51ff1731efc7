package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

// maxBuckets bounds one answer of the trend.
const maxBuckets = 2000

// trendDoc is a trend with what it covers.
type trendDoc struct {
	From  time.Time             `json:"from"`
	To    time.Time             `json:"to"`
	Step  huiying.Duration      `json:"step"`
	Items []huiying.TrendBucket `json:"items"`
}

// unitStatsDoc is the response time of every unit: over all levels, then at each.
type unitStatsDoc struct {
	From   time.Time                      `json:"from"`
	To     time.Time                      `json:"to"`
	Items  []huiying.UnitStats            `json:"items" doc:"第一行为全部单位合计（unit 为空），其后每单位一行"`
	Levels map[string][]huiying.UnitStats `json:"levels,omitempty" doc:"按等级分列；查询指定 level 时没有"`
}

type overviewInput struct {
	Region string `query:"region"`
}

type trendInput struct {
	Window
	Region string `query:"region"`
	Step   string `query:"step" doc:"每格时长，如 1h、24h；缺省随时段长短"`
}

type unitStatsInput struct {
	Window
	Region string `query:"region"`
	Level  string `query:"level" doc:"只看一个等级：red、orange、yellow、blue"`
}

func (a api) routesStats() {
	tags := []string{"统计"}
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/stats/overview", OperationID: "stats-overview", Summary: "总览", Tags: tags,
	}, a.statsOverview)
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/stats/trend", OperationID: "stats-trend", Summary: "舆情走势", Tags: tags,
	}, a.statsTrend)
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/stats/units", OperationID: "stats-units", Summary: "各单位响应时间", Tags: tags,
		Description: "时长以秒计：签收、首次反馈、回应、办结的中位数与 90 分位；on_time 为应签收而按时签收的比例；late_now 为此刻已超的时限数。单位账号只见本单位。",
	}, a.statsUnits)
}

func (a api) statsOverview(ctx context.Context, p huiying.Person, in *overviewInput) (huiying.Overview, error) {
	if err := offices(p, "总览"); err != nil {
		return huiying.Overview{}, err
	}
	region, err := regionFor(p, in.Region)
	if err != nil {
		return huiying.Overview{}, err
	}
	if region != p.Region { // not kept: the asker chooses the key
		return a.computeOverview(ctx, region)
	}
	return a.overview(ctx, region)
}

func (a api) statsTrend(ctx context.Context, p huiying.Person, in *trendInput) (trendDoc, error) {
	none := trendDoc{}
	if err := offices(p, "走势"); err != nil {
		return none, err
	}
	region, err := regionFor(p, in.Region)
	if err != nil {
		return none, err
	}
	from, to, err := a.window(in.Window, 24*time.Hour)
	if err != nil {
		return none, err
	}
	step := time.Hour
	if to.Sub(from) > 4*24*time.Hour {
		step = 24 * time.Hour
	}
	if in.Step != "" {
		var d huiying.Duration
		if err := d.UnmarshalText([]byte(in.Step)); err != nil || time.Duration(d) < time.Hour || time.Duration(d)%time.Hour != 0 {
			return none, huiying.Invalid("step", "应为整小时，如 1h、24h")
		}
		step = time.Duration(d)
	}
	if to.Sub(from)/step > maxBuckets {
		return none, huiying.Invalid("step", "时段分为 %d 格以上，请缩短时段或加大 step", maxBuckets)
	}
	items, err := a.cfg.Archive.Trend(ctx, region, from, to, step)
	if err != nil {
		return none, fmt.Errorf("reading the trend: %w", err)
	}
	return trendDoc{from, to, huiying.Duration(step), some(items)}, nil
}

// window fills in what is missing: until now, from some time before.
func (a api) window(w Window, length time.Duration) (from, to time.Time, err error) {
	to, from = w.To.Time, w.From.Time
	if to.IsZero() {
		to = a.now()
	}
	if from.IsZero() {
		from = to.Add(-length)
	}
	if !from.Before(to) {
		return from, to, huiying.Invalid("from", "起始时间须早于结束时间")
	}
	return from, to, nil
}

func (a api) statsUnits(ctx context.Context, p huiying.Person, in *unitStatsInput) (unitStatsDoc, error) {
	none := unitStatsDoc{}
	region, err := regionFor(p, in.Region)
	if err != nil {
		return none, err
	}
	if !p.Role.OfUnit() {
		if err := offices(p, "响应统计"); err != nil {
			return none, err
		}
	}
	level, err := parseLevel(in.Level)
	if err != nil {
		return none, err
	}
	from, to, err := a.window(in.Window, 30*24*time.Hour)
	if err != nil {
		return none, err
	}
	out := unitStatsDoc{From: from, To: to}
	if out.Items, err = a.unitStats(ctx, p, region, level, from, to); err != nil || level != huiying.NoLevel {
		return out, err
	}
	out.Levels = make(map[string][]huiying.UnitStats, len(huiying.Levels))
	for _, l := range huiying.Levels {
		if out.Levels[l.String()], err = a.unitStats(ctx, p, region, l, from, to); err != nil {
			return none, err
		}
	}
	return out, nil
}

// unitStats are the figures p may see: a unit its own.
func (a api) unitStats(ctx context.Context, p huiying.Person, region huiying.Region, level huiying.Level, from, to time.Time) ([]huiying.UnitStats, error) {
	all, err := a.cfg.Ledger.UnitStats(ctx, region, level, from, to, a.now())
	if err != nil {
		return nil, fmt.Errorf("measuring the units: %w", err)
	}
	if !p.Role.OfUnit() {
		return some(all), nil
	}
	own := []huiying.UnitStats{}
	for _, u := range all {
		if u.Unit == p.Unit && p.Unit != "" {
			own = append(own, u)
		}
	}
	return own, nil
}
