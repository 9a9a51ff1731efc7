package dashboard

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"huiying"
)

// casesView is the list of 交办单.
type casesView struct {
	Filter  caseFilter
	Views   []option
	Levels  []option
	Queues  []option
	Units   []unitGroup
	Rows    []caseRow
	More    string
	Total   int
	Query   string
	ByDue   bool
	MayOpen bool
	OfUnit  bool
	Bulk    []huiying.Transition
	Regions []option // below ours
}

// caseFilter is what the form of the list holds. View is a chip: a state or a
// group of states.
type caseFilter struct {
	Text, View, Level, Queue, Unit, Sort string
	Region                               string // a region below ours
	From, To                             string // what the view is about lies in [From, To): how reports name what they count
	Facts                                string // "yes": no rumours, as reports count
}

var caseViews = []option{
	{"open", "进行中"},
	{"triage", "待研判"},
	{"unacked", "待签收"},
	{"working", "办理中"},
	{"reviewing", "待审核"},
	{"responded", "已回应"},
	{"late", "超时"},
	{"rumors", "未核实传闻"},
	{"ended", "已结束"},
	{"all", "全部"},
}

func readCaseFilter(q url.Values) caseFilter {
	f := caseFilter{
		Text: strings.TrimSpace(q.Get("q")), View: q.Get("view"), Level: q.Get("level"), Queue: q.Get("queue"), Unit: q.Get("unit"),
		Sort: q.Get("sort"), Region: q.Get("region"), From: q.Get("from"), To: q.Get("to"),
		Facts: q.Get("facts"),
	}
	if f.View == "" {
		f.View = "open"
	}
	if f.Sort == "" {
		f.Sort = "due"
	}
	return f
}

// Active reports whether anything beyond the chip is filtered.
func (f caseFilter) Active() bool {
	return f.Text+f.Level+f.Queue+f.Unit+f.Region+f.From+f.To+f.Facts != ""
}

// Period says in words what the list is narrowed to beside the fields of the form.
func (f caseFilter) Period() string {
	var parts []string
	from, errFrom := huiying.ParseTime(f.From)
	to, errTo := huiying.ParseTime(f.To)
	if errFrom == nil && errTo == nil {
		what := map[string]string{"answered": "首次回应", "closed": "办结"}[f.View]
		parts = append(parts, stamp(from)+" 至 "+stamp(to)+cmp.Or(what, "登记")+"的")
	}
	if f.Facts != "" {
		parts = append(parts, "不含未核实和已查明不实的传闻")
	}
	return strings.Join(parts, "，")
}

func (f caseFilter) query(p huiying.Person, now time.Time) (huiying.CaseQuery, error) {
	q := huiying.CaseQuery{
		Region: p.Region, Text: f.Text, Queue: huiying.Queue(f.Queue), Unit: huiying.UnitID(f.Unit), Now: now, ByDue: f.Sort == "due",
	}
	if region := huiying.Region(f.Region); p.Region.Covers(region) {
		q.Region = region
	}
	q.Level, _ = huiying.ParseLevel(f.Level) // what is no level does not filter
	q.From, _ = huiying.ParseTime(f.From)
	q.To, _ = huiying.ParseTime(f.To)
	q.Factual = f.Facts != ""
	if f.From != "" || q.Factual {
		q.Drill = new(false) // reports count no drills
	}
	switch f.View {
	case "open":
		q.Open = new(true)
	case "triage":
		q.States = []huiying.CaseState{huiying.StateClue, huiying.StateTriage}
	case "unacked":
		q.States = []huiying.CaseState{huiying.StateAssigned}
	case "working":
		q.States = []huiying.CaseState{huiying.StateAcknowledged, huiying.StateVerifying, huiying.StateHandling, huiying.StateReturned}
	case "reviewing":
		q.States = []huiying.CaseState{huiying.StateReviewing}
	case "responded":
		q.States = []huiying.CaseState{huiying.StateResponded}
	case "late":
		q.Overdue, q.Open = true, new(true)
	case "rumors":
		q.Rumor, q.Open = huiying.RumorUnverified, new(true)
	case "ended":
		q.Open = new(false)
	case "answered":
		q.Moment = huiying.MomentAnswered
	case "closed":
		q.Moment = huiying.MomentClosed
	}
	return scoped(p, q)
}

func (s *Server) caseList(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	ctx, now := r.Context(), s.now()
	f := readCaseFilter(r.URL.Query())
	q, err := f.query(p, now)
	if err != nil {
		return err
	}
	total, err := s.cfg.Ledger.CountCases(ctx, q)
	if err != nil {
		return fmt.Errorf("count cases: %w", err)
	}
	q.Cursor = r.URL.Query().Get("cursor")
	found, err := s.cfg.Ledger.Cases(ctx, q)
	if err != nil {
		return fmt.Errorf("read cases: %w", err)
	}
	units, err := s.unitsOf(ctx)
	if err != nil {
		return err
	}
	v := casesView{
		Filter: f, Views: caseViews, Levels: levelOptions(), Queues: queueOptions, More: moreURL(r, found.Next), Total: total,
		Query: filterQuery(r.URL.Query()), ByDue: q.ByDue, MayOpen: mayOpen(p), OfUnit: p.Role.OfUnit(), Bulk: bulkFor(p),
	}
	if !v.OfUnit {
		v.Units = unitGroups(units.In(cmp.Or(huiying.Region(f.Region), s.cfg.Region)).All(), now)
		below := s.below()
		for _, code := range slices.Sorted(maps.Keys(below)) {
			v.Regions = append(v.Regions, option{string(code), below[code]})
		}
	}
	for _, c := range found.Items {
		row := rowOf(c, p, units, now)
		row.In = "list"
		v.Rows = append(v.Rows, row)
	}
	return s.show(w, r, p, http.StatusOK, "cases", "交办单", v)
}

// caseRowFragment is one case as it stands in a list, for a live update. It
// answers 204 when the case no longer belongs into that list.
func (s *Server) caseRowFragment(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	ctx, now := r.Context(), s.now()
	c, err := s.cfg.Ledger.Case(ctx, huiying.CaseID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if !p.SeesCase(c) {
		return huiying.Errorf(huiying.CodeNotFound, "没有这件交办单")
	}
	units, err := s.unitsOf(ctx)
	if err != nil {
		return err
	}
	row := rowOf(c, p, units, now)
	row.In = r.URL.Query().Get("in")
	name, belongs := "case-row", true
	switch row.In {
	case "work":
		belongs = row.Waits != ""
		if p.Role.OfUnit() {
			name = "case-card"
		}
	case "list":
		q, err := readCaseFilter(r.URL.Query()).query(p, now)
		belongs = err == nil && matchesCase(c, q)
	case "side":
		name = "case-line"
	}
	if !belongs {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return s.fragment(w, name, row)
}

// newCaseView is the form for a case made by hand.
type newCaseView struct {
	Case       huiying.ManualCase
	At         string
	Queues     []option
	Levels     []option
	Categories []option
	Units      []unitGroup
	Error      string
	Field      string
	FromEvent  string
}

func (s *Server) newCasePage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	v := newCaseView{Case: huiying.ManualCase{Queue: huiying.Offline, Level: huiying.Blue, Drill: r.URL.Query().Get("drill") == "yes"}}
	if id := huiying.EventID(r.URL.Query().Get("event")); id != "" {
		e, err := s.cfg.Ledger.Event(r.Context(), id)
		if err != nil {
			return err
		}
		if !p.Region.Covers(e.Region) {
			return huiying.Errorf(huiying.CodeNotFound, "没有这个事件")
		}
		v.FromEvent = e.Title
		v.Case = huiying.ManualCase{Queue: e.Queue, Title: e.Title, Summary: e.Summary, Category: e.Category, Level: max(e.Level, huiying.Blue), Event: e.ID, EventAt: e.FirstAt, Emergency: e.IsEmergency()}
		if len(e.Units) > 0 {
			v.Case.Lead = e.Units[0].Unit
		}
		v.At = templateInput(e.FirstAt)
	}
	return s.newCaseForm(w, r, p, http.StatusOK, v)
}

func templateInput(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(huiying.Beijing).Format("2006-01-02T15:04")
}

func (s *Server) newCaseForm(w http.ResponseWriter, r *http.Request, p huiying.Person, status int, v newCaseView) error {
	if !mayOpen(p) {
		return huiying.Errorf(huiying.CodeForbidden, "登记交办单由监测员、研判员或值班领导办理")
	}
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return err
	}
	v.Queues, v.Levels, v.Categories, v.Units = queueOptions, levelOptions(), categoryOptions(), unitGroups(units.All(), s.now())
	return s.show(w, r, p, status, "case-new", "登记交办单", v)
}

func (s *Server) openCase(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	f := r.PostForm
	m := huiying.ManualCase{
		Queue: huiying.Queue(f.Get("queue")), Title: f.Get("title"), Summary: f.Get("summary"), Category: f.Get("category"),
		Lead: huiying.UnitID(f.Get("lead")), Event: huiying.EventID(f.Get("event")),
		Emergency: f.Get("emergency") == "yes", Drill: f.Get("drill") == "yes",
	}
	again := func(err error) error {
		return s.newCaseForm(w, r, p, statusOf(err), newCaseView{
			Case: m, At: f.Get("event_at"), Error: errorViewOf(err).Message, Field: fieldOf(err), FromEvent: f.Get("from_event"),
		})
	}
	var err error
	if m.Level, err = huiying.ParseLevel(f.Get("level")); err != nil {
		return again(err)
	}
	if at := f.Get("event_at"); at != "" {
		if m.EventAt, err = huiying.ParseTime(at); err != nil {
			return again(err)
		}
	}
	c, err := (api{Server: s}).openCase(r.Context(), p, &openInput{Body: m})
	if huiying.CodeOf(err) == huiying.CodeInvalid {
		return again(err)
	}
	if huiying.CodeOf(err) == huiying.CodeConflict && m.Event != "" { // one event, one case
		if e, readErr := s.cfg.Ledger.Event(r.Context(), m.Event); readErr == nil && e.Case != "" {
			return redirect(w, r, "/cases/"+url.PathEscape(string(e.Case))+"?done=exists")
		}
	}
	if err != nil {
		return err
	}
	return redirect(w, r, "/cases/"+url.PathEscape(string(c.ID))+"?done=open")
}
