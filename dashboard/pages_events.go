package dashboard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"huiying"
)

// eventsView is the list of events.
type eventsView struct {
	Filter     eventFilter
	Levels     []option
	Queues     []option
	Categories []option
	Rows       []eventRow
	More       string
	Query      string
}

type eventFilter struct {
	Text, Level, Queue, Category, Case string
}

// Active reports whether anything is filtered.
func (f eventFilter) Active() bool { return f != eventFilter{} }

func readEventFilter(q url.Values) eventFilter {
	return eventFilter{
		Text: strings.TrimSpace(q.Get("q")), Level: q.Get("level"), Queue: q.Get("queue"), Category: q.Get("category"), Case: q.Get("case"),
	}
}

func (f eventFilter) query(region huiying.Region) huiying.EventQuery {
	q := huiying.EventQuery{Region: region, Text: f.Text, Queue: huiying.Queue(f.Queue), Category: f.Category}
	q.MinLevel, _ = huiying.ParseLevel(f.Level) // what is no level does not filter
	switch f.Case {
	case "yes":
		q.HasCase = new(true)
	case "no":
		q.HasCase = new(false)
	}
	return q
}

// eventRow is an event in a list.
type eventRow struct {
	huiying.Event
	CurveHelp string
}

func eventRowOf(e huiying.Event) eventRow {
	return eventRow{Event: e, CurveHelp: curveHelp[e.Curve]}
}

func (s *Server) eventList(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	f := readEventFilter(r.URL.Query())
	q := f.query(p.Region)
	q.Cursor = r.URL.Query().Get("cursor")
	found, err := s.cfg.Ledger.Events(r.Context(), q)
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	v := eventsView{
		Filter: f, Levels: levelOptions(), Queues: queueOptions, Categories: categoryOptions(),
		More: moreURL(r, found.Next), Query: filterQuery(r.URL.Query()),
	}
	for _, e := range found.Items {
		v.Rows = append(v.Rows, eventRowOf(e))
	}
	return s.show(w, r, p, http.StatusOK, "events", "事件", v)
}

// eventView is one event: what is said, where, how it spreads, why its level.
type eventView struct {
	eventRow
	Plot      plot
	Phases    []phaseView
	Sources   []named
	Channels  []named
	Factors   []huiying.Factor
	Units     []unitChance
	Undecided string // between the first two units
	Places    []placeView
	Members   []postRow
	Rest      int // members not shown
	Asked     []askedView
	Spread    []spreadStep
	Case      *caseRow
	MayOpen   bool
	State     string
	Press     pressView
}

type named struct {
	Name  string
	N     int
	Share int // percent of the largest
}

// phaseView is one phase of spread, as the legend under the curve names it.
type phaseView struct {
	Label, Help string
	Here        bool
}

func phasesOf(at huiying.CurvePhase) []phaseView {
	var out []phaseView
	for _, c := range []huiying.CurvePhase{huiying.CurveLatent, huiying.CurveGrowing, huiying.CurveBurst, huiying.CurveFading, huiying.CurveRebound} {
		out = append(out, phaseView{c.Label(), curveHelp[c], c == at})
	}
	return out
}

const membersShown = 100

func (s *Server) eventPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	ctx, now := r.Context(), s.now()
	e, err := s.cfg.Ledger.Event(ctx, huiying.EventID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if !p.Region.Covers(e.Region) {
		return huiying.Errorf(huiying.CodeNotFound, "没有这个事件")
	}
	units, err := s.unitsOf(ctx)
	if err != nil {
		return err
	}
	v := eventView{
		eventRow: eventRowOf(e), Plot: curvePlot(e, now), Phases: phasesOf(e.Curve), Factors: e.Factors, Units: chances(e.Units, units),
		Places: placesOf(e.Places, units), MayOpen: mayOpen(p), State: phaseLabels[e.State],
		Undecided: units.Undecided(e.Units, s.cfg.Rules().CloseGap, now),
		Sources:   ranked(e.Sources, func(s string) string { return s }), Channels: ranked(e.Channels, huiying.Channel.Label),
	}
	posts, copies, err := s.eventPosts(ctx, e)
	if err != nil {
		return err
	}
	v.Members, v.Rest = membersOf(e, posts, copies), max(0, e.Posts-len(posts))
	v.Asked, v.Spread = askedOf(posts), spreadOf(posts)
	var known *huiying.Case
	if e.Case != "" {
		c, err := s.cfg.Ledger.Case(ctx, e.Case)
		switch {
		case err == nil && p.SeesCase(c):
			row := rowOf(c, p, units, now)
			v.Case, known = &row, &c
		case err != nil && !errors.Is(err, huiying.ErrNotFound):
			return fmt.Errorf("read case of event: %w", err)
		}
	}
	if v.Press, err = s.pressOf(ctx, p, e, known); err != nil {
		return err
	}
	return s.show(w, r, p, http.StatusOK, "event", huiying.Clip(e.Title, 30), v)
}

// eventPosts reads the posts of an event, the earliest first, and which of them
// are near-copies of an earlier one.
func (s *Server) eventPosts(ctx context.Context, e huiying.Event) ([]huiying.Assessed, map[huiying.PostID]bool, error) {
	links, err := s.cfg.Ledger.EventPosts(ctx, e.ID, membersShown)
	if err != nil || len(links) == 0 {
		return nil, nil, err
	}
	copies := make(map[huiying.PostID]bool, len(links))
	ids := make([]huiying.PostID, len(links))
	for i, l := range links {
		ids[i], copies[l.Post] = l.Post, l.Duplicate
	}
	found, err := s.cfg.Archive.Posts(ctx, huiying.PostQuery{IDs: ids, Limit: len(ids)})
	if err != nil {
		return nil, nil, fmt.Errorf("read posts of event: %w", err)
	}
	slices.SortStableFunc(found.Items, func(a, b huiying.Assessed) int { return a.Post.PublishedAt.Compare(b.Post.PublishedAt) })
	return found.Items, copies, nil
}

// membersOf folds near-copies under the distinct post before them.
func membersOf(e huiying.Event, posts []huiying.Assessed, copies map[huiying.PostID]bool) []postRow {
	var out []postRow
	for _, x := range posts {
		row := postRowOf(x, e.ID)
		if copies[x.Post.ID] && len(out) > 0 {
			last := nearest(out, row)
			out[last].Copies = append(out[last].Copies, row)
			continue
		}
		out = append(out, row)
	}
	return out
}

// nearest is the member whose headline a near-copy repeats, else the latest one.
func nearest(all []postRow, row postRow) int {
	for i := range all {
		if plainText(all[i].Headline) == plainText(row.Headline) {
			return i
		}
	}
	return len(all) - 1
}

func plainText(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.Text)
	}
	return b.String()
}

func ranked[K ~string](counts map[K]int, label func(K) string) []named {
	var out []named
	top := 1
	for k, n := range counts {
		out = append(out, named{Name: label(k), N: n})
		top = max(top, n)
	}
	slices.SortFunc(out, func(a, b named) int { return cmp.Or(cmp.Compare(b.N, a.N), strings.Compare(a.Name, b.Name)) })
	for i := range out {
		out[i].Share = 100 * out[i].N / top
	}
	return out
}
