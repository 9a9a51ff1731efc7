package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"huiying"
)

// wallView is 态势大屏: the county at a glance, read from across a room. It is
// the same for all who may see it.
type wallView struct {
	At        time.Time
	Overview  huiying.Overview
	Levels    []wallLevel
	Towns     schematic
	Late      []caseRow // late or nearest to it
	Answers   []wallAnswer
	AnswerMax float64 // seconds: the end of their common scale
	Events    []eventRow
	Cases     []caseRow
	Posts     []postRow
	Trend     plot
	Sources   []wallSource
	Watching  int
	Blind     int
	Calm      bool
}

type wallLevel struct {
	Level huiying.Level
	Open  int
}

// wallAnswer is how fast cases of a level were acknowledged, beside the limit.
type wallAnswer struct {
	Level       huiying.Level
	N, Acked    int
	Median, P90 float64 // seconds
	Limit       float64 // seconds; 0: the rules set none
	Thin        bool
	MedianW     float64 // widths on a scale of 0…1000
	P90W        float64
	LimitX      float64
}

type wallSource struct {
	Name, Colour, Word string
}

// What the wall has room for, and how far it looks back.
const (
	wallFor     = 2 * time.Second // how long a wall is good, in real time
	wallCases   = 4
	wallPosts   = 9
	wallLate    = 7
	wallEvents  = 7
	wallScanned = 500 // open cases, and active events, looked through
	wallDays    = 30  // of the response times
)

func (s *Server) wallPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	v, err := s.walls.get(p.Region, s.wall, wallFor, func() (wallView, error) { return s.computeWall(r.Context(), p) })
	if err != nil {
		return fmt.Errorf("computing the wall: %w", err)
	}
	s.execute(w, http.StatusOK, "wall", page{Site: s.site(), Me: p, Title: "态势大屏", V: v})
	return nil
}

func (s *Server) computeWall(ctx context.Context, p huiying.Person) (wallView, error) {
	now := s.now()
	v := wallView{At: now}
	units, err := s.unitsOf(ctx)
	if err != nil {
		return v, err
	}
	if v.Overview, err = s.overview(ctx, p.Region); err != nil {
		return v, err
	}
	for _, l := range huiying.Levels {
		v.Levels = append(v.Levels, wallLevel{l, v.Overview.ByLevel[l.String()]})
	}
	if err := s.wallMatters(ctx, p, units, &v); err != nil {
		return v, err
	}
	if err := s.wallAnswers(ctx, p.Region, &v); err != nil {
		return v, err
	}
	if err := s.wallFlow(ctx, p.Region, &v); err != nil {
		return v, err
	}
	return v, s.wallSources(ctx, p.Region, &v)
}

// wallMatters fills what is open: cases by deadline and by place, events.
func (s *Server) wallMatters(ctx context.Context, p huiying.Person, units *huiying.Directory, v *wallView) error {
	open := huiying.CaseQuery{Region: p.Region, Open: new(true), Drill: new(false), ByDue: true, Limit: wallScanned, Now: v.At}
	cases, err := s.cfg.Ledger.Cases(ctx, open)
	if err != nil {
		return fmt.Errorf("read open cases: %w", err)
	}
	events, err := s.cfg.Ledger.Events(ctx, huiying.EventQuery{Region: p.Region, From: v.At.Add(-24 * time.Hour), Limit: wallScanned})
	if err != nil {
		return fmt.Errorf("read active events: %w", err)
	}
	v.Towns = schematicOf(units, cases.Items, events.Items, v.At)
	for _, c := range cases.Items {
		if row := rowOf(c, p, units, v.At); row.Clock != nil && len(v.Late) < wallLate {
			v.Late = append(v.Late, row)
		}
	}
	slices.SortStableFunc(cases.Items, func(a, b huiying.Case) int { return b.OpenedAt.Compare(a.OpenedAt) })
	for _, c := range cases.Items[:min(len(cases.Items), wallCases)] {
		v.Cases = append(v.Cases, rowOf(c, p, units, v.At))
	}
	slices.SortStableFunc(events.Items, func(a, b huiying.Event) int {
		return cmp.Or(cmp.Compare(b.Level, a.Level), cmp.Compare(b.Posts, a.Posts))
	})
	for _, e := range events.Items[:min(len(events.Items), wallEvents)] {
		v.Events = append(v.Events, eventRowOf(e))
	}
	return nil
}

func (s *Server) wallAnswers(ctx context.Context, region huiying.Region, v *wallView) error {
	for _, l := range huiying.Levels {
		all, err := s.cfg.Ledger.UnitStats(ctx, huiying.StatsQuery{Region: region, Level: l, From: v.At.AddDate(0, 0, -wallDays), To: v.At.Add(time.Second), Now: v.At})
		if err != nil {
			return fmt.Errorf("read response times: %w", err)
		}
		a := wallAnswer{Level: l, Limit: s.acknowledgeLimit(l).Seconds()}
		if len(all) > 0 && all[0].Unit == "" {
			a.N, a.Acked, a.Median, a.P90 = all[0].N, all[0].Acked, all[0].AckMedian, all[0].AckP90
		}
		a.Thin = a.Acked < s.leastSample()
		v.AnswerMax = max(v.AnswerMax, a.Limit, a.P90)
		v.Answers = append(v.Answers, a)
	}
	for i := range v.Answers {
		a := &v.Answers[i]
		a.MedianW, a.P90W, a.LimitX = scaled(a.Median, v.AnswerMax), scaled(a.P90, v.AnswerMax), scaled(a.Limit, v.AnswerMax)
	}
	return nil
}

func scaled(x, top float64) float64 {
	if top <= 0 {
		return 0
	}
	return round1(1000 * x / top)
}

func (s *Server) acknowledgeLimit(l huiying.Level) time.Duration {
	for _, rule := range s.cfg.Rules().Clocks {
		if rule.Kind == huiying.ClockAcknowledge {
			return time.Duration(rule.Limits.At(l))
		}
	}
	return 0
}

// wallFlow fills what comes in: the latest posts and the curve of a day.
func (s *Server) wallFlow(ctx context.Context, region huiying.Region, v *wallView) error {
	posts, err := s.cfg.Archive.Posts(ctx, huiying.PostQuery{Region: region, Limit: wallPosts})
	if err != nil {
		return fmt.Errorf("read latest posts: %w", err)
	}
	for _, x := range posts.Items {
		v.Posts = append(v.Posts, postRowOf(x, ""))
	}
	end := v.At.Truncate(time.Hour).Add(time.Hour)
	from := end.Add(-24 * time.Hour)
	buckets, err := s.cfg.Archive.Trend(ctx, region, from, end, time.Hour)
	if err != nil {
		return fmt.Errorf("read trend: %w", err)
	}
	v.Trend = trendPlot(buckets, from, end, time.Hour, 560, 117)
	return nil
}

func (s *Server) wallSources(ctx context.Context, region huiying.Region, v *wallView) error {
	sources, err := s.cfg.Ledger.Sources(ctx, region)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	health, err := s.cfg.Ledger.Health(ctx, region)
	if err != nil {
		return fmt.Errorf("read health of sources: %w", err)
	}
	for _, src := range sources {
		colour, _ := health[src.ID].Status(src, v.At)
		v.Sources = append(v.Sources, wallSource{src.Name, colour, sourceStatusLabels[colour]})
	}
	order := []string{"red", "yellow", "grey", "green"}
	slices.SortStableFunc(v.Sources, func(a, b wallSource) int { return slices.Index(order, a.Colour) - slices.Index(order, b.Colour) })
	v.Blind = len(huiying.BlindSpots(sources, health, v.At))
	v.Watching = len(sources) - v.Blind
	v.Calm = calm(v.Overview, v.Blind, v.Watching)
	return nil
}

// calm reports whether 平稳 may be said: nothing grave is open, no rumour waits to
// be checked and every source watches.
func calm(o huiying.Overview, blind, watching int) bool {
	return blind == 0 && o.Rumors == 0 && watching > 0 && o.ByLevel["red"]+o.ByLevel["orange"]+o.ByLevel["yellow"] == 0
}
