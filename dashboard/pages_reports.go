package dashboard

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"huiying"
	"huiying/dashboard/report"
)

// reportsView is 报告: every document the person may have, and what the 日报,
// 周报 or 月报 of the day says.
type reportsView struct {
	Ready   bool // the county folder has templates
	Day     string
	Today   string
	Groups  []reportGroup
	Kinds   []option // which may be previewed and issued
	Kind    huiying.ReportKind
	Brief   *briefFigures  // nil: no report of posts is for this person
	Issued  *huiying.Issue // of the period shown; nil: none
	Issues  []issueRow
	Plan    []planRow // of the kinds issued by themselves
	Tests   []mailRow
	Due     time.Time // when what is shown is issued by itself; zero: it is not
	May     bool      // issue
	Sends   bool      // may mail what was issued
	Problem string
}

type reportGroup struct {
	Label string
	Dated bool // a day chooses the period; else Rows are made on the page of an event or case
	Rows  []reportRow
}

type reportRow struct {
	Label, Period string
	Files         []option // address and format
	From, At      string   // the list where such a document is made, and its name
}

// briefFigures are the main figures of a periodic report, with the lists they count.
type briefFigures struct {
	huiying.Brief
	Until                                                      time.Time
	Posts, Negative, Matters, Cases, Answers, OpenNow, Rumored string // paths
}

// Quiet reports whether there is nothing to tell.
func (b briefFigures) Quiet() bool {
	return b.Brief.Posts.Total == 0 && len(b.Open)+len(b.Opened)+b.Answered+b.Closed == 0
}

var reportGroups = []struct {
	label string
	kinds []huiying.ReportKind
}{
	{"定期报告", []huiying.ReportKind{huiying.ReportDaily, huiying.ReportWeekly, huiying.ReportMonthly}},
	{"台账与考核", []huiying.ReportKind{huiying.ReportLedger, huiying.ReportAppraisal}},
	{"事件与交办", []huiying.ReportKind{huiying.ReportSpecial, huiying.ReportFlash, huiying.ReportUrgent, huiying.ReportCase, huiying.ReportFeedback}},
}

func (s *Server) reportsPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if !p.Role.OfUnit() && !p.Region.Covers(s.cfg.Region) {
		return huiying.Errorf(huiying.CodeForbidden, "您的账号不属于%s，不能导出这里的报告", s.cfg.County)
	}
	now := s.now().In(huiying.Beijing)
	v, status := reportsView{Ready: s.reports != nil, Today: now.Format(time.DateOnly), Kind: huiying.ReportKind(r.URL.Query().Get("kind"))}, http.StatusOK
	if !v.Kind.Periodic() {
		v.Kind = huiying.ReportDaily
	}
	at := now
	if name := r.URL.Query().Get("date"); name != "" {
		chosen, err := reportDay(name, now)
		if err != nil {
			v.Problem, status = "请选择今天或以前的日期，下面是今天的报告", http.StatusUnprocessableEntity
		} else {
			at = chosen
		}
	}
	v.Day, v.Groups = at.Format(time.DateOnly), reportsFor(p, at, now)
	if v.Ready && p.ReportsOn(v.Kind) {
		y, m, d := at.Date()
		o := report.Order{Kind: v.Kind, By: p, Now: now}
		o.From, o.To, v.Due = s.cfg.Rules().Reports.Of(v.Kind).Issue(time.Date(y, m, d, 0, 0, 0, 0, huiying.Beijing))
		b, err := s.reports.Brief(r.Context(), o)
		if err != nil {
			return err
		}
		if err := s.issuesFor(r.Context(), p, &v, b.From); err != nil {
			return err
		}
		v.Brief = &briefFigures{
			Brief: b, Until: b.To, Posts: huiying.PostsPath(b.From, b.To),
			Negative: huiying.PostsPath(b.From, b.To, "sentiment", "negative"), Cases: huiying.CasesPath("all", b.From, b.To),
			Answers: huiying.CasesPath("answered", b.From, b.To), OpenNow: b.EvidencePath(huiying.FigureOpen), Matters: b.EvidencePath(huiying.FigureMatters), Rumored: b.EvidencePath(huiying.FigureRumors),
		}
		if now.Before(b.To) {
			v.Brief.Until = now
		}
	}
	return s.show(w, r, p, status, "reports", "报告", v)
}

// issuesFor adds what was issued and mailed, what comes next, and whether the
// period shown was issued.
func (s *Server) issuesFor(ctx context.Context, p huiying.Person, v *reportsView, from time.Time) error {
	for _, k := range reportGroups[0].kinds {
		v.Kinds = append(v.Kinds, option{string(k), k.Label()})
	}
	v.May = p.MayIssue(v.Kind) && s.cfg.Files != nil
	v.Sends = v.May
	if err := s.issuedAndMailed(ctx, v); err != nil {
		return err
	}
	v.Plan = s.plan(v.Issues)
	i, err := s.cfg.Ledger.IssueOf(ctx, s.cfg.Region, v.Kind, from)
	if huiying.CodeOf(err) == huiying.CodeNotFound {
		return nil
	}
	v.Issued = &i
	return err
}

// reportDay reads the day a report is wanted of: today or before.
func reportDay(name string, now time.Time) (time.Time, error) {
	at, err := time.ParseInLocation(time.DateOnly, name, huiying.Beijing)
	if err != nil || at.After(now) {
		return at, huiying.Invalid("date", "请选择今天或以前的日期，写作 2026-11-26，收到 %q", name)
	}
	return at, nil
}

// reportsFor lists what p may have of the day at.
func reportsFor(p huiying.Person, at, now time.Time) []reportGroup {
	var out []reportGroup
	for _, g := range reportGroups {
		group := reportGroup{Label: g.label}
		for _, k := range g.kinds {
			if p.ReportsOn(k) {
				group.Rows = append(group.Rows, rowOfReport(k, at, now))
				group.Dated = !k.OfCase() && !k.OfEvent()
			}
		}
		if group.Rows != nil {
			out = append(out, group)
		}
	}
	return out
}

func rowOfReport(k huiying.ReportKind, at, now time.Time) reportRow {
	row := reportRow{Label: k.Label()}
	switch {
	case k.OfEvent():
		row.From, row.At = "/events", "事件"
		return row
	case k.OfCase():
		row.From, row.At = "/cases", "交办单"
		return row
	}
	from, to := k.Period(at)
	row.Period = from.Format(time.DateOnly)
	if last := to.AddDate(0, 0, -1); last.After(from) {
		row.Period += " 至 " + last.Format(time.DateOnly)
	}
	if now.Before(to) {
		row.Period += "，截至导出时"
	}
	names := map[string]string{"docx": "Word", "pdf": "PDF", "xlsx": "Excel"}
	for _, f := range report.Formats(k) {
		path := apiPrefix + "/reports/" + string(k) + "." + f + "?" + url.Values{"date": {at.Format(time.DateOnly)}}.Encode()
		row.Files = append(row.Files, option{path, names[f]})
	}
	return row
}
