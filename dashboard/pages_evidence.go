package dashboard

import (
	"net/http"
	"time"

	"huiying"
	"huiying/dashboard/report"
)

// evidenceView lists what one figure of a report counts.
type evidenceView struct {
	Kind     huiying.ReportKind
	Figure   huiying.Figure
	From, To time.Time
	Day      string // of the report, on the page 报告
	Rows     []evidenceRow
}

type evidenceRow struct {
	Path, Title string
	Number      string // of the case; "" without one
	Level       huiying.Level
	Unit        string
	State       string
	At          time.Time // first seen
	Clock       string    // the deadline counted, when deadlines are
}

// evidencePage computes the report of a period again and shows what stands behind
// one of its figures: as many rows as the figure says, while nobody has checked,
// merged or dismissed any of them since.
func (s *Server) evidencePage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	q := r.URL.Query()
	v := evidenceView{Kind: huiying.ReportKind(q.Get("kind")), Figure: huiying.Figure(q.Get("of"))}
	var errFrom, errTo error
	v.From, errFrom = huiying.ParseTime(q.Get("from"))
	v.To, errTo = huiying.ParseTime(q.Get("to"))
	switch {
	case s.reports == nil || !v.Kind.Periodic() || v.Figure.Label() == "":
		return huiying.Errorf(huiying.CodeNotFound, "没有这样的报告数字，请从报告里的链接打开")
	case errFrom != nil || errTo != nil || !v.From.Before(v.To):
		return huiying.Invalid("from", "时段写得不对，请从报告里的链接打开")
	case !p.ReportsOn(v.Kind) || !p.Region.Covers(s.cfg.Region):
		return huiying.Errorf(huiying.CodeForbidden, "%s不能看%s", p.Role.Label(), v.Kind.Label())
	}
	v.Day = v.To.Add(-time.Nanosecond).In(huiying.Beijing).Format(time.DateOnly)
	brief, err := s.reports.Brief(r.Context(), report.Order{Kind: v.Kind, From: v.From, To: v.To, By: p, Now: s.now()})
	if err != nil {
		return err
	}
	units, err := s.unitsOf(r.Context())
	if err != nil {
		return err
	}
	for _, proof := range brief.Behind(v.Figure) {
		v.Rows = append(v.Rows, evidenceOf(proof, units.In(s.cfg.Region)))
	}
	return s.show(w, r, p, http.StatusOK, "evidence", v.Figure.Label(), v)
}

func evidenceOf(proof huiying.Proof, units *huiying.Directory) evidenceRow {
	row := evidenceRow{Title: proof.Title(), Level: proof.Level(), State: "未交办", Unit: "待定", At: proof.Event.FirstAt}
	if e := proof.Event; e.ID != "" {
		row.Path = "/events/" + string(e.ID)
		if len(e.Units) > 0 {
			row.Unit = units.Name(e.Units[0].Unit) + "（建议）"
		}
	}
	if c := proof.Case; c != nil {
		row.Path, row.Number, row.State = "/cases/"+string(c.ID), c.Number, c.State.Label()
		if row.At.IsZero() {
			row.At = c.FirstSeenAt
		}
		if c.Lead() != "" {
			row.Unit = units.Name(c.Lead())
		}
	}
	if k := proof.Clock; k != nil {
		row.Clock = k.Kind.Label() + " " + stamp(k.Due)
		if k.Unit != "" {
			row.Unit = units.Name(k.Unit)
		}
	}
	return row
}
