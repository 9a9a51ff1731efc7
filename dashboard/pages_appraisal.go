package dashboard

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"huiying"
	"huiying/dashboard/report"
)

// appraisalView is 考核: the score of each unit and what it is made of.
type appraisalView struct {
	*appraisalDoc
	Last      time.Time // the last day of the period
	Rows      []appraisalRow
	Appealed  []appealRow
	Quarters  []option
	Period    string
	MayTry    bool
	MayAsk    bool // appeal
	MayRule   bool // decide on appeals
	Problem   string
	Tried     *triedView
	RulesText string
	TryOn     string // the quarter rules are tried on
}

type appraisalRow struct {
	huiying.Appraisal
	Name string
}

type appealRow struct {
	huiying.Appeal
	UnitName string
	Waits    bool
}

// triedView compares the rules in force with others, on the same timelines.
type triedView struct {
	Text    string
	Version string
	Rows    []triedRow
}

type triedRow struct {
	Name          string
	Before, After huiying.Appraisal
}

// Change is the difference in points, when both rules give a score.
func (r triedRow) Change() float64 { return r.After.Score - r.Before.Score }

// quartersBack is how many quarters can be chosen.
const quartersBack = 5

func (s *Server) appraisalPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	return s.showAppraisal(w, r, p, http.StatusOK, r.URL.Query().Get("period"), appraisalView{})
}

// periodOf reads a quarter such as 2026-10-01, by default the present one.
func (s *Server) periodOf(name string) (from, to time.Time) {
	at, err := time.ParseInLocation(time.DateOnly, name, huiying.Beijing)
	if err != nil {
		at = s.now()
	}
	return quarter(at)
}

func (s *Server) showAppraisal(w http.ResponseWriter, r *http.Request, p huiying.Person, status int, period string, v appraisalView) error {
	from, to := s.periodOf(period)
	doc, err := (api{Server: s}).appraisal(r.Context(), p, from, to, s.cfg.Rules().Appraisal)
	if err != nil {
		return err
	}
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return err
	}
	v.appraisalDoc, v.Last, v.Period = doc, to.AddDate(0, 0, -1), from.Format(time.DateOnly)
	for _, a := range doc.Units {
		v.Rows = append(v.Rows, appraisalRow{a, units.Name(a.Unit)})
	}
	for _, a := range doc.Appeals {
		v.Appealed = append(v.Appealed, appealRow{a, units.Name(a.Unit), a.Decision == ""})
	}
	now, _ := quarter(s.now())
	for i := range quartersBack {
		q := now.AddDate(0, -3*i, 0)
		v.Quarters = append(v.Quarters, option{q.Format(time.DateOnly), fmt.Sprintf("%d 年第 %d 季度", q.Year(), (q.Month()-1)/3+1)})
	}
	v.MayAsk = p.Role == huiying.Liaison || p.Role == huiying.Head
	v.MayRule = p.Role == huiying.Assessor
	v.MayTry = !p.Role.OfUnit() && s.cfg.ReadAppraisal != nil
	if v.TryOn = v.Period; v.MayTry && v.Tried == nil { // the rules as they are, on the quarter that is over
		v.TryOn = v.Quarters[1].Value
		if v.RulesText, err = s.ruleText("appraisal.yaml"); err != nil {
			return err
		}
	} else if v.Tried != nil {
		v.RulesText = v.Tried.Text
	}
	return s.show(w, r, p, status, "appraisal", "考核", v)
}

// tryAppraisal shows what other rules would have given; nothing is saved.
func (s *Server) tryAppraisal(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	period, text := r.PostForm.Get("period"), r.PostForm.Get("rules")
	from, to := s.periodOf(period)
	before, err := (api{Server: s}).appraisal(r.Context(), p, from, to, s.cfg.Rules().Appraisal)
	if err != nil {
		return err
	}
	if p.Role.OfUnit() || s.cfg.ReadAppraisal == nil {
		return huiying.Errorf(huiying.CodeForbidden, "试算由考核员、督办员或值班领导进行")
	}
	tried := &triedView{Text: text}
	rules, err := s.cfg.ReadAppraisal([]byte(text))
	if err != nil {
		return s.showAppraisal(w, r, p, http.StatusUnprocessableEntity, period, appraisalView{Problem: err.Error(), Tried: tried})
	}
	after, err := (api{Server: s}).appraisal(r.Context(), p, from, to, rules)
	if err != nil {
		return err
	}
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return err
	}
	tried.Version = rules.Version
	for i, a := range after.Units { // the same units in the same order: they depend on the timelines only
		tried.Rows = append(tried.Rows, triedRow{units.Name(a.Unit), before.Units[i], a})
	}
	return s.showAppraisal(w, r, p, http.StatusOK, period, appraisalView{Tried: tried})
}

func (s *Server) appeal(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	in := &appealInput{asked: asked{r}}
	in.Body.Case, in.Body.Merit, in.Body.Reason = huiying.CaseID(r.PostForm.Get("case")), huiying.Merit(r.PostForm.Get("merit")), r.PostForm.Get("reason")
	_, err := (api{Server: s}).appeal(r.Context(), p, in)
	return s.appraisalChanged(w, r, p, err, "appealed")
}

func (s *Server) decideAppeal(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	in := &decideInput{ID: r.PathValue("id"), asked: asked{r}}
	in.Body.Decision, in.Body.Why = huiying.Decision(r.PostForm.Get("decision")), r.PostForm.Get("why")
	_, err := (api{Server: s}).decide(r.Context(), p, in)
	return s.appraisalChanged(w, r, p, err, "decided")
}

// appraisalChanged goes back to the page, which says so when it was refused.
func (s *Server) appraisalChanged(w http.ResponseWriter, r *http.Request, p huiying.Person, err error, done string) error {
	period := r.PostForm.Get("period")
	switch huiying.CodeOf(err) {
	case huiying.CodeInvalid, huiying.CodeConflict:
		s.note(r, err)
		v := errorViewOf(err)
		return s.showAppraisal(w, r, p, v.Status, period, appraisalView{Problem: v.Message})
	}
	if err != nil {
		return err
	}
	return redirect(w, r, "/appraisal?done="+done+"&period="+url.QueryEscape(period))
}

// appraisalSheet is the 考核表 of a quarter as a workbook.
func (s *Server) appraisalSheet(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if s.reports == nil || !p.Role.OfUnit() && !p.Region.Covers(s.cfg.Region) {
		return huiying.Errorf(huiying.CodeForbidden, "您的账号不能导出这里的考核表")
	}
	from, to := s.periodOf(r.URL.Query().Get("period"))
	return s.sendReport(w, r, report.Order{Kind: huiying.ReportAppraisal, Format: "xlsx", From: from, To: to, By: p, Now: s.now()})
}

// ruleText is a file of the county folder as it is in force, "" where none is kept.
func (s *Server) ruleText(name string) (string, error) {
	if s.cfg.Rulebook == nil {
		return "", nil
	}
	files, err := s.cfg.Rulebook.Files()
	if err != nil {
		return "", fmt.Errorf("read the rule files: %w", err)
	}
	for _, f := range files {
		if f.Name == name {
			return f.Text, nil
		}
	}
	return "", nil
}
