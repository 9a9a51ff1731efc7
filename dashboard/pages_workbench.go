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

// workbenchView is 工作台: what waits for me, nearest deadline first, and for the
// offices how the whole stands.
type workbenchView struct {
	Greeting string
	Today    time.Time
	Unit     string
	Office   bool // sees the whole county
	OfUnit   bool
	Admin    bool
	Waiting  []caseRow
	More     int // waiting cases that are not shown
	Others   []caseRow
	Overview huiying.Overview
	Trend    plot
	Latest   []caseRow
	Late     []caseRow
	Blind    []huiying.BlindSpot
	Watching int      // sources that are
	Mute     []string // channels that are out of order
	Calm     bool     // nothing grave is open and nobody is blind
	SeesLate bool     // beside the own work; a supervisor's own work is just that list
	Notices  []noticeView
	Duties   []duty               // of the three administrators
	Bulk     []huiying.Transition // what may be done to several at once; none for units, whose cards have a button each
}

const (
	workScanned = 200 // open cases looked through for what waits
	workShown   = 30
	sideShown   = 6
)

func (s *Server) workbench(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	now := s.now()
	v := workbenchView{
		Greeting: greeting(now), Today: now, Office: p.SeesPosts(), OfUnit: p.Role.OfUnit(),
		Admin: !p.SeesPosts() && !p.Role.OfUnit(),
	}
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return err
	}
	if p.Unit != "" {
		v.Unit = units.Name(p.Unit)
		if u, ok := units.Unit(p.Unit); ok {
			v.Unit = u.Name
		}
	}
	if !v.Admin {
		if err := s.waiting(r, p, units, &v); err != nil {
			return err
		}
	}
	if v.Office {
		if err := s.county(r, p, units, &v); err != nil {
			return err
		}
	}
	if v.Admin {
		var todo setup
		if p.Role == huiying.SystemAdmin {
			if todo, err = s.setup(r.Context(), p); err != nil {
				return err
			}
		}
		if v.Duties, err = s.duties(r.Context(), p, todo); err != nil {
			return err
		}
	}
	if v.Notices, _, err = s.inbox(r, p, units, true, sideShown); err != nil {
		return err
	}
	return s.show(w, r, p, http.StatusOK, "workbench", "工作台", v)
}

func (s *Server) waiting(r *http.Request, p huiying.Person, units *huiying.Directory, v *workbenchView) error {
	q := huiying.CaseQuery{Region: p.Region, States: waitingStates(p.Role), ByDue: true, Limit: workScanned, Now: v.Today}
	if q.States == nil {
		q.Open = new(true)
	}
	q, err := scoped(p, q)
	if err != nil {
		return err
	}
	found, err := s.cfg.Ledger.Cases(r.Context(), q)
	if err != nil {
		return fmt.Errorf("read work list: %w", err)
	}
	for _, c := range found.Items {
		row := rowOf(c, p, units, v.Today)
		row.In = "work"
		switch {
		case row.Waits != "":
			v.Waiting = append(v.Waiting, row)
		case p.Role.OfUnit():
			v.Others = append(v.Others, row)
		}
	}
	slices.SortStableFunc(v.Waiting, byDue)
	if len(v.Waiting) > workShown {
		v.More = len(v.Waiting) - workShown
		v.Waiting = v.Waiting[:workShown]
	}
	v.Others = v.Others[:min(len(v.Others), workShown)]
	if len(v.Waiting) > 0 && !v.OfUnit {
		v.Bulk = bulkFor(p)
	}
	return nil
}

// byDue puts what only wants an acknowledgement first, then the nearest
// deadline; what has none comes last.
func byDue(a, b caseRow) int {
	switch {
	case a.CanAck != b.CanAck:
		if a.CanAck {
			return -1
		}
		return 1
	case a.Clock == nil && b.Clock == nil:
		return cmp.Compare(b.Level, a.Level)
	case a.Clock == nil:
		return 1
	case b.Clock == nil:
		return -1
	}
	return a.Clock.Due.Compare(b.Clock.Due)
}

// county fills what the offices see beside their own work.
func (s *Server) county(r *http.Request, p huiying.Person, units *huiying.Directory, v *workbenchView) (err error) {
	ctx := r.Context()
	if v.Overview, err = s.overview(ctx, p.Region); err != nil {
		return err
	}
	end := v.Today.Truncate(time.Hour).Add(time.Hour)
	from := end.Add(-24 * time.Hour)
	buckets, err := s.cfg.Archive.Trend(ctx, p.Region, from, end, time.Hour)
	if err != nil {
		return fmt.Errorf("read trend: %w", err)
	}
	v.Trend = trendPlot(buckets, from, end, time.Hour, 300, 124)
	if err := s.vigil(ctx, p.Region, v); err != nil {
		return err
	}
	latest, err := s.cfg.Ledger.Cases(ctx, huiying.CaseQuery{Region: p.Region, Limit: sideShown, Now: v.Today})
	if err != nil {
		return fmt.Errorf("read latest cases: %w", err)
	}
	for _, c := range latest.Items {
		v.Latest = append(v.Latest, rowOf(c, p, units, v.Today))
	}
	if v.SeesLate = p.Role != huiying.Supervisor; !v.SeesLate {
		return nil
	}
	late, err := s.cfg.Ledger.Cases(ctx, huiying.CaseQuery{Region: p.Region, Overdue: true, ByDue: true, Open: new(true), Limit: sideShown, Now: v.Today})
	if err != nil {
		return fmt.Errorf("read late cases: %w", err)
	}
	for _, c := range late.Items {
		v.Late = append(v.Late, rowOf(c, p, units, v.Today))
	}
	return nil
}

// vigil says whether the county is calm, or that it cannot be told.
func (s *Server) vigil(ctx context.Context, region huiying.Region, v *workbenchView) error {
	sources, err := s.cfg.Ledger.Sources(ctx, region)
	if err != nil {
		return fmt.Errorf("read sources: %w", err)
	}
	health, err := s.cfg.Ledger.Health(ctx, region)
	if err != nil {
		return fmt.Errorf("read health of sources: %w", err)
	}
	v.Blind = huiying.BlindSpots(sources, health, s.now())
	blind := make(map[huiying.SourceID]bool)
	for _, b := range v.Blind { // a source can have been blind more than once
		blind[b.Source] = true
	}
	v.Watching = len(sources) - len(blind)
	if s.cfg.Channels != nil {
		for _, h := range s.cfg.Channels.Health() {
			if h.State == huiying.ChannelRed {
				v.Mute = append(v.Mute, huiying.ChannelLabel(h.Channel))
			}
		}
	}
	v.Calm = calm(v.Overview, len(v.Blind), v.Watching)
	return nil
}
