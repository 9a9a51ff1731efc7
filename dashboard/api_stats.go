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

	Rumors int `json:"rumor_posts" doc:"其中疑似谣言的条数：未经核实，是说法，不是事实"`
}

// unitStatsDoc is the response time of every unit, over all levels and at each,
// with what to see it beside: the county, and the same units in the period before.
type unitStatsDoc struct {
	From   time.Time                      `json:"from"`
	To     time.Time                      `json:"to"`
	Items  []huiying.UnitStats            `json:"items" doc:"第一行为全部单位合计（unit 为空），其后每单位一行"`
	Levels map[string][]huiying.UnitStats `json:"levels,omitempty" doc:"按等级分列；查询指定 level 时没有"`

	Regions   []huiying.UnitStats `json:"regions,omitempty" doc:"市、省账号：下级各地，同一口径"`
	County    huiying.UnitStats   `json:"county" doc:"全县合计，单位账号也可以看，供对照"`
	Previous  []huiying.UnitStats `json:"previous" doc:"同样长的上一时段"`
	MinSample int                 `json:"min_sample" doc:"不足这么多件的不宜比较"`
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

	Category string `query:"category" maxLength:"100" doc:"只看一个诉求类别"`
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
		Description: "时长以秒计：签收、首次反馈、回应、办结的中位数与 90 分位；on_time、feedback_kept、response_kept 为已到时限或已完成的件次中按时的比例；late_now 为此刻已超的时限数；refused 退单、sent_back 退回补充、reopened 重开的件数；excused 为有暂停或延期的件数；unverified 为未核实传闻的件次，另计，核实之前不进入其他数字（late_now 除外）。单位账号只见本单位和全县合计。",
	}, a.statsUnits)
}

func (a api) statsOverview(ctx context.Context, p huiying.Person, in *overviewInput) (huiying.Overview, error) {
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
	rumors, err := a.cfg.Archive.CountPosts(ctx, huiying.PostQuery{Region: region, Flag: huiying.FlagRumor, From: from, To: to})
	if err != nil {
		return none, fmt.Errorf("counting rumours: %w", err)
	}
	return trendDoc{from, to, huiying.Duration(step), some(items), rumors}, nil
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
	q := huiying.StatsQuery{Region: region, Level: level, Category: in.Category, From: from, To: to}
	out := unitStatsDoc{From: from, To: to, MinSample: a.leastSample()}
	if out.Items, out.County, err = a.unitStats(ctx, p, q); err != nil {
		return none, err
	}
	if !p.Role.OfUnit() {
		if out.Regions, err = a.regionStats(ctx, q); err != nil {
			return none, err
		}
	}
	before := q
	before.From, before.To = from.Add(from.Sub(to)), from
	if out.Previous, _, err = a.unitStats(ctx, p, before); err != nil || level != huiying.NoLevel {
		return out, err
	}
	out.Levels = make(map[string][]huiying.UnitStats, len(huiying.Levels))
	for _, l := range huiying.Levels {
		q.Level = l
		if out.Levels[l.String()], _, err = a.unitStats(ctx, p, q); err != nil {
			return none, err
		}
	}
	return out, nil
}

// regionStats are the regions one step below; none for a county.
func (a api) regionStats(ctx context.Context, q huiying.StatsQuery) ([]huiying.UnitStats, error) {
	q.Now = a.now()
	all, err := a.cfg.Ledger.RegionStats(ctx, q)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	all = all[1:] // the first are all together
	for i, r := range all {
		all[i].Name = a.regionBelow(r.Region)
	}
	return all, nil
}

// unitStats are the figures p may see, a unit its own, and those of all units
// together. What is late is asked of now.
func (a api) unitStats(ctx context.Context, p huiying.Person, q huiying.StatsQuery) (mine []huiying.UnitStats, county huiying.UnitStats, err error) {
	q.Now = a.now()
	all, err := a.cfg.Ledger.UnitStats(ctx, q)
	if err != nil {
		return nil, county, fmt.Errorf("measuring the units: %w", err)
	}
	if len(all) > 0 && all[0].Unit == "" {
		county = all[0]
	}
	if !p.Role.OfUnit() {
		return some(all), county, nil
	}
	mine = []huiying.UnitStats{}
	for _, u := range all {
		if u.Unit == p.Unit && p.Unit != "" {
			mine = append(mine, u)
		}
	}
	return mine, county, nil
}

// leastSample is how many cases a unit needs before it may be compared: below it
// one bad day decides (DOMAIN §7.8).
func (s *Server) leastSample() int { return max(1, s.cfg.Rules().Appraisal.MinSample) }
