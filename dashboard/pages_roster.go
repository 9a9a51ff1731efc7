package dashboard

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"huiying"
)

// rosterView is 值班表: a week, who is on duty now, and where nobody is.
type rosterView struct {
	From, Last      time.Time // Monday and Sunday
	Before, After   string    // addresses of the weeks beside it
	Days            []rosterDay
	Posts           []rosterPost
	On              []rosterShift
	Gaps            []rosterGap
	MayImport, Mine bool // Mine: of the own unit only
	Change          *shiftChange
	Preview         *rosterPreview
	Problem         string
}

type rosterDay struct {
	Date    time.Time
	Short   string // 11-24
	Weekday string
	Today   bool
	Rest    bool
	Holiday string
}

// rosterPost is a row of the grid: one post and its shifts, a cell a day.
type rosterPost struct {
	Unit, Role string
	Cells      []rosterCell
}

type rosterCell struct {
	Today  bool
	Shifts []rosterShift
	Gaps   []rosterGap
}

type rosterShift struct {
	huiying.Shift
	UnitName string
	Hours    string
	Replaced bool // another shift takes its place, for a while or all of it
	MayEdit  bool
	Week     string
}

type rosterGap struct {
	huiying.Gap
	UnitName string
	Hours    string
}

// shiftChange is the form of a substitute or swap of one shift.
type shiftChange struct {
	Shift  rosterShift
	Others []rosterShift // what it can be swapped with
	Begun  bool
	Typed  substituteBody
}

// rosterPreview is a sheet before it is imported.
type rosterPreview struct {
	Rows     string // the rows as JSON, for the second step
	Total    int
	Shifts   []rosterShift
	Problems []huiying.RosterProblem
	Gaps     []rosterGap
	From, To time.Time
	Units    []string
	Old      int // shifts that would be replaced
}

func (s *Server) rosterPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	return s.showRoster(w, r, p, http.StatusOK, func(*rosterView) {})
}

// showRoster shows the week the address names; fill adds what was just done.
func (s *Server) showRoster(w http.ResponseWriter, r *http.Request, p huiying.Person, status int, fill func(v *rosterView)) error {
	ctx, now := r.Context(), s.now()
	day := now
	if t, err := huiying.ParseTime(r.URL.Query().Get("week")); err == nil {
		day = t
	}
	from := weekOf(day)
	doc, err := s.roster(ctx, p, from, from.AddDate(0, 0, 7))
	if err != nil {
		return err
	}
	units, err := s.unitsOf(ctx)
	if err != nil {
		return err
	}
	v := rosterView{
		From: from, Last: from.AddDate(0, 0, 6), Before: weekURL(from.AddDate(0, 0, -7)), After: weekURL(from.AddDate(0, 0, 7)),
		MayImport: p.Role == huiying.Leader || p.Role == huiying.Analyst || p.Role == huiying.Liaison, Mine: p.Role == huiying.Liaison,
	}
	v.Days = s.daysOf(from, now)
	v.On, v.Gaps = shiftViews(doc.On, p, units), gapViews(doc.Gaps, units)
	v.Posts = gridOf(shiftViews(doc.Shifts, p, units), v.Gaps, v.Days)
	if id := huiying.ShiftID(r.URL.Query().Get("shift")); id != "" && v.Change == nil {
		if v.Change, err = s.changeOf(ctx, p, id, units); err != nil {
			return err
		}
	}
	fill(&v)
	return s.show(w, r, p, status, "roster", "值班表", v)
}

func weekURL(monday time.Time) string { return "/roster?week=" + monday.Format(time.DateOnly) }

var weekdays = []string{"日", "一", "二", "三", "四", "五", "六"}

func (s *Server) daysOf(monday, now time.Time) []rosterDay {
	calendar := s.cfg.Rules().Calendar
	out := make([]rosterDay, 7)
	for i := range out {
		d := monday.AddDate(0, 0, i)
		key := d.Format(time.DateOnly)
		out[i] = rosterDay{Date: d, Short: d.Format("01-02"), Weekday: "周" + weekdays[d.Weekday()], Today: key == now.In(huiying.Beijing).Format(time.DateOnly)}
		if calendar != nil {
			out[i].Rest, out[i].Holiday = !calendar.Works(d), calendar.Off[key]
		}
	}
	return out
}

func hoursText(from, to time.Time) string {
	from, to = from.In(huiying.Beijing), to.In(huiying.Beijing)
	a, b := from.Format("15:04"), to.Format("15:04")
	switch days := to.YearDay() - from.YearDay() + 365*(to.Year()-from.Year()); {
	case days == 0:
		return a + "–" + b
	case days == 1 && b == "00:00":
		return a + "–24:00"
	case days == 1:
		return a + "–次日" + b
	}
	return a + "–" + to.Format("01-02 15:04")
}

func shiftViews(shifts []huiying.Shift, p huiying.Person, units *huiying.Directory) []rosterShift {
	replaced := map[huiying.ShiftID]bool{}
	for _, s := range shifts {
		replaced[s.Replaces] = true
	}
	out := make([]rosterShift, len(shifts))
	for i, s := range shifts {
		out[i] = rosterShift{
			Shift: s, UnitName: units.Name(s.Unit), Hours: hoursText(s.From, s.To), Replaced: replaced[s.ID], MayEdit: p.EditsRoster(s.Unit, s.Role),
			Week: weekOf(s.From).Format(time.DateOnly),
		}
	}
	return out
}

func gapViews(gaps []huiying.Gap, units *huiying.Directory) []rosterGap {
	out := make([]rosterGap, len(gaps))
	for i, g := range gaps {
		out[i] = rosterGap{g, units.Name(g.Unit), hoursText(g.From, g.To)}
	}
	return out
}

// gridOf puts shifts and gaps into the cell of the day they begin on, or the
// first of the week.
func gridOf(shifts []rosterShift, gaps []rosterGap, days []rosterDay) []rosterPost {
	type post struct {
		unit huiying.UnitID
		role huiying.Role
	}
	at := map[post]int{}
	var out []rosterPost
	cell := func(p post, unit string, from time.Time) *rosterCell {
		i, ok := at[p]
		if !ok {
			i = len(out)
			at[p] = i
			out = append(out, rosterPost{Unit: unit, Role: p.role.Label(), Cells: make([]rosterCell, len(days))})
			for d := range days {
				out[i].Cells[d].Today = days[d].Today
			}
		}
		return &out[i].Cells[min(len(days)-1, max(0, int(from.Sub(days[0].Date)/(24*time.Hour))))]
	}
	for _, s := range shifts {
		c := cell(post{s.Unit, s.Role}, s.UnitName, s.From)
		c.Shifts = append(c.Shifts, s)
	}
	for _, g := range gaps {
		c := cell(post{g.Unit, g.Role}, g.UnitName, g.From)
		c.Gaps = append(c.Gaps, g)
	}
	slices.SortStableFunc(out, func(a, b rosterPost) int { return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Role, b.Role)) })
	return out
}

// swapWithin is how far ahead a swap is looked for.
const swapWithin = 31 * 24 * time.Hour

func (s *Server) changeOf(ctx context.Context, p huiying.Person, id huiying.ShiftID, units *huiying.Directory) (*shiftChange, error) {
	shift, err := s.shiftFor(ctx, p, id)
	if err != nil {
		return nil, err
	}
	now := s.now()
	all, err := s.cfg.Ledger.Shifts(ctx, shift.Region, now, now.Add(swapWithin))
	if err != nil {
		return nil, fmt.Errorf("reading shifts to swap with: %w", err)
	}
	c := &shiftChange{Shift: shiftViews([]huiying.Shift{shift}, p, units)[0], Begun: !now.Before(shift.From), Typed: substituteBody{From: instant{shift.From}, To: instant{shift.To}}}
	for _, o := range shiftViews(all, p, units) {
		if o.Unit == shift.Unit && o.Role == shift.Role && o.Person != shift.Person && !o.Replaced && now.Before(o.From) {
			c.Others = append(c.Others, o)
		}
	}
	return c, nil
}

func (s *Server) substituteForm(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	f := r.PostForm
	in := &substituteInput{ID: huiying.ShiftID(r.PathValue("id")), asked: asked{r}}
	in.Body = substituteBody{Name: strings.TrimSpace(f.Get("name")), Phone: strings.TrimSpace(f.Get("phone")), User: strings.TrimSpace(f.Get("user")), Reason: f.Get("reason")}
	for name, into := range map[string]*instant{"from": &in.Body.From, "to": &in.Body.To} {
		t, err := huiying.ParseTime(f.Get(name))
		if err != nil {
			return huiying.Invalid(name, "请填写替班的起止时间")
		}
		into.Time = t
	}
	shift, err := (api{Server: s}).substituteShift(r.Context(), p, in)
	return s.rosterChanged(w, r, p, in.ID, shift.From, in.Body, err, "substitute")
}

func (s *Server) swapForm(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	in := &swapInput{ID: huiying.ShiftID(r.PathValue("id")), asked: asked{r}}
	in.Body.Other, in.Body.Reason = huiying.ShiftID(r.PostForm.Get("other")), r.PostForm.Get("reason")
	if in.Body.Other == "" {
		return huiying.Invalid("other", "请选择要互换的班次")
	}
	changed, err := (api{Server: s}).swapShifts(r.Context(), p, in)
	var from time.Time
	if err == nil {
		from = changed.Shifts[0].From
	}
	return s.rosterChanged(w, r, p, in.ID, from, substituteBody{}, err, "swap")
}

// rosterChanged goes back to the week of the shift, or says there why not.
func (s *Server) rosterChanged(w http.ResponseWriter, r *http.Request, p huiying.Person, id huiying.ShiftID, from time.Time, typed substituteBody, err error, done string) error {
	if err == nil {
		return redirect(w, r, weekURL(weekOf(from))+"&done="+done)
	}
	e, ok := asDomain(err)
	if !ok || e.Code != huiying.CodeInvalid {
		return err
	}
	s.note(r, err)
	units, problem := s.unitsOf(r.Context())
	if problem != nil {
		return problem
	}
	change, problem := s.changeOf(r.Context(), p, id, units)
	if problem != nil {
		return problem
	}
	if done == "substitute" {
		change.Typed = typed
	}
	return s.showRoster(w, r, p, statusOf(err), func(v *rosterView) { v.Change, v.Problem = change, e.Message })
}

func (s *Server) rosterTemplate(w http.ResponseWriter, r *http.Request, _ huiying.Person) error {
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return err
	}
	book, err := rosterTemplate(units, s.now())
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	w.Header().Set("Content-Disposition", `attachment; filename="roster-template.xlsx"; filename*=UTF-8''%E5%80%BC%E7%8F%AD%E8%A1%A8%E6%A8%A1%E6%9D%BF.xlsx`)
	_, _ = w.Write(book) // the reader went away: nothing to do
	return nil
}

// previewRoster reads a sheet and shows what would be imported; nothing is saved.
func (s *Server) previewRoster(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxRosterFile)
	file, _, err := r.FormFile("file")
	if err != nil {
		err = &huiying.Error{Code: huiying.CodeInvalid, Field: "file", Message: fmt.Sprintf("请选择不超过 %d MB 的 XLSX 文件", maxRosterFile>>20), Cause: err}
		return s.rosterRefused(w, r, p, err)
	}
	defer func() { _ = file.Close() }() // only read
	_, rows, err := readSheet(file, rosterColumns, neededColumns, maxRosterRows)
	if err != nil {
		return s.rosterRefused(w, r, p, err)
	}
	return s.showPreview(w, r, p, rows, http.StatusOK)
}

func (s *Server) rosterRefused(w http.ResponseWriter, r *http.Request, p huiying.Person, err error) error {
	e, ok := asDomain(err)
	if !ok || e.Code != huiying.CodeInvalid {
		return err
	}
	s.note(r, err)
	return s.showRoster(w, r, p, statusOf(err), func(v *rosterView) { v.Problem = e.Message })
}

func (s *Server) showPreview(w http.ResponseWriter, r *http.Request, p huiying.Person, rows []sheetRow, status int) error {
	roster, problems, err := s.rosterOfRows(r.Context(), p, rows)
	if err != nil {
		return err
	}
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return err
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("keeping the rows: %w", err)
	}
	preview := &rosterPreview{Rows: string(raw), Total: len(rows), Problems: problems, Shifts: shiftViews(roster, p, units)}
	if len(roster) > 0 {
		calendar := s.cfg.Rules().Calendar
		var ids []huiying.UnitID
		preview.From, preview.To, ids = rosterSpan(roster)
		preview.Gaps = gapViews(roster.Gaps(roster[0].From, preview.To, roster.Needs(calendar), calendar), units)
		old, err := s.cfg.Ledger.Shifts(r.Context(), roster[0].Region, preview.From, preview.To)
		if err != nil {
			return fmt.Errorf("reading the present roster: %w", err)
		}
		for _, o := range old {
			same := func(s huiying.Shift) bool { return s.Unit == o.Unit && s.Role == o.Role }
			if slices.ContainsFunc(roster, same) && !o.From.Before(preview.From) {
				preview.Old++
			}
		}
		preview.To = preview.To.AddDate(0, 0, -1)
		for _, id := range ids {
			preview.Units = append(preview.Units, units.Name(id))
		}
	}
	return s.showRoster(w, r, p, status, func(v *rosterView) { v.Preview = preview })
}

// takeRoster imports the rows of a preview; they are checked again.
func (s *Server) takeRoster(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxRosterFile)
	var rows []sheetRow
	if err := json.Unmarshal([]byte(r.PostFormValue("rows")), &rows); err != nil || len(rows) == 0 || len(rows) > maxRosterRows {
		return s.rosterRefused(w, r, p, &huiying.Error{Code: huiying.CodeInvalid, Field: "rows", Message: "预览的内容不完整，请重新选择文件", Cause: err})
	}
	_, err := s.importRoster(r.Context(), r, p, rows, r.PostFormValue("only_valid") == "yes")
	if huiying.CodeOf(err) == huiying.CodeInvalid { // an account or unit changed meanwhile
		return s.showPreview(w, r, p, rows, statusOf(err))
	}
	if err != nil {
		return err
	}
	day, _ := dutyDay(rows[0].Cells["日期"], s.now())
	if day.IsZero() {
		day = s.now()
	}
	return redirect(w, r, weekURL(weekOf(day))+"&done=roster")
}

// FromInput is the start of a substitute as a form field holds it.
func (c shiftChange) FromInput() string { return inputTime(c.Typed.From.Time) }

// ToInput is its end.
func (c shiftChange) ToInput() string { return inputTime(c.Typed.To.Time) }

func inputTime(t time.Time) string { return t.In(huiying.Beijing).Format("2006-01-02T15:04") }
