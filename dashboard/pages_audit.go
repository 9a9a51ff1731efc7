package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/xuri/excelize/v2"

	"huiying"
	"huiying/dashboard/report"
)

// auditView is 审计: who did what and when, and whether the record is whole.
type auditView struct {
	Rows   []auditRow
	Filter auditFilter
	Kinds  []option
	Total  int64
	First  time.Time
	Days   int // since First
	More   string
	Export string
	Check  verification
	Error  string
}

type auditFilter struct{ From, To, Who, Action, Object string }

type auditRow struct {
	huiying.Audit
	Label  string
	Called string // what the object is called: the number of the case, the report; "" for others
}

// auditsShown is a page of the trail; auditsExported bounds one sheet.
const (
	auditsShown    = 50
	auditsExported = 100_000
)

// verification is how the last check of the chain went, or how far this one is.
type verification struct {
	Running     bool
	Done, Total int64
	At          time.Time
	By          string
	Problem     string // "": whole
}

// Percent is how far a running check has got.
func (v verification) Percent() int64 { return v.Done * 100 / max(v.Total, 1) }

// verifier checks the audit chain in the background, one check at a time.
type verifier struct {
	mu    sync.Mutex
	state verification
	asked chan huiying.Person
}

func newVerifier() *verifier { return &verifier{asked: make(chan huiying.Person, 1)} }

func (v *verifier) now() verification {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.state
}

func (v *verifier) change(f func(*verification)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f(&v.state)
}

// start asks for a check; false when one runs already.
func (v *verifier) start(p huiying.Person) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.state.Running {
		return false
	}
	v.state = verification{Running: true, By: p.Name}
	v.asked <- p // has room: none runs
	return true
}

// verifyAudits checks the chain whenever somebody asks, until ctx ends.
func (s *Server) verifyAudits(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case p := <-s.verifier.asked:
			n, err := s.cfg.Ledger.WalkAudit(ctx, func(done, total int64) {
				s.verifier.change(func(v *verification) { v.Done, v.Total = done, total })
			})
			problem := ""
			if err != nil {
				problem = errorViewOf(err).Message
				s.log.ErrorContext(ctx, "the audit chain does not verify", "rows", n, "err", err)
			}
			s.verifier.change(func(v *verification) {
				*v = verification{Done: n, Total: n, At: s.now(), By: p.Name, Problem: problem}
			})
			detail := fmt.Sprintf("完整，%d 条", n)
			if problem != "" {
				detail = problem
			}
			row := huiying.Audit{At: s.now(), Region: p.Region, Who: p.User, Role: p.Role, Action: "audit.verify", Detail: detail}
			if err := s.cfg.Ledger.Record(ctx, row); err != nil && ctx.Err() == nil {
				s.log.ErrorContext(ctx, "recording a check of the audit chain", "err", err)
			}
		}
	}
}

func (s *Server) auditPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	v := auditView{Kinds: auditKinds(), Check: s.verifier.now()}
	q, err := s.auditQuery(r, p, &v.Filter)
	if err != nil {
		v.Error = errorViewOf(err).Message
		q = huiying.AuditQuery{Region: p.Region}
	}
	q.Limit, q.Cursor = auditsShown, r.URL.Query().Get("cursor")
	page, err := s.cfg.Ledger.AuditTrail(r.Context(), q)
	if err != nil {
		return err
	}
	numbers := make(map[string]string)
	for _, a := range page.Items {
		if _, known := numbers[a.Object]; !known && ofCase(a.Action) {
			c, err := s.cfg.Ledger.Case(r.Context(), huiying.CaseID(a.Object))
			if err != nil && !errors.Is(err, huiying.ErrNotFound) {
				return err
			}
			numbers[a.Object] = c.Number
		}
		called := numbers[a.Object]
		if strings.HasPrefix(a.Action, "report.") || a.Action == "export.report" {
			called = reportCalled(a.Object)
		}
		v.Rows = append(v.Rows, auditRow{a, actionLabel(a.Action), called})
	}
	if v.Total, v.First, err = s.cfg.Ledger.AuditSpan(r.Context(), p.Region); err != nil {
		return err
	}
	v.Days = int(s.now().Sub(v.First).Hours() / 24)
	v.More = moreURL(r, page.Next)
	v.Export = "/audit.xlsx?" + filterQuery(r.URL.Query())
	return s.show(w, r, p, http.StatusOK, "audit", "审计", v)
}

// reportCalled says daily-2026-1 and daily.docx as 日报-2026-1 and 日报.docx.
func reportCalled(object string) string {
	kind := object
	if i := strings.IndexAny(object, "-."); i >= 0 {
		kind = object[:i]
	}
	if label := huiying.ReportKind(kind).Label(); label != "" {
		return label + object[len(kind):]
	}
	return ""
}

// ofCase reports whether an action is done to a case.
func ofCase(action string) bool {
	kind, _, _ := strings.Cut(action, ".")
	return kind == "case" || kind == "appraisal" || action == "view.case"
}

// auditQuery reads what is asked for into f and makes the query of it.
func (s *Server) auditQuery(r *http.Request, p huiying.Person, f *auditFilter) (huiying.AuditQuery, error) {
	get := func(name string) string { return strings.TrimSpace(r.URL.Query().Get(name)) }
	*f = auditFilter{get("from"), get("to"), get("who"), get("action"), get("object")}
	q := huiying.AuditQuery{Region: p.Region, Who: huiying.UserID(f.Who), Action: f.Action, Object: f.Object}
	var err error
	if f.From != "" {
		if q.From, err = huiying.ParseTime(f.From); err != nil {
			return q, err
		}
	}
	if f.To != "" {
		if q.To, err = huiying.ParseTime(f.To); err != nil {
			return q, err
		}
		q.To = q.To.AddDate(0, 0, 1) // the day included
	}
	if s.reports != nil && strings.Contains(f.Object, "〔") { // people know a case by its number
		c, err := s.reports.FindCase(r.Context(), f.Object, s.now())
		if err != nil {
			return q, err
		}
		q.Object = string(c.ID)
	}
	return q, nil
}

// startVerify begins a check of the whole chain.
func (s *Server) startVerify(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	s.verifier.start(p)
	return redirect(w, r, "/audit#chain")
}

func (s *Server) verifyFragment(w http.ResponseWriter, _ *http.Request, p huiying.Person) error {
	return s.fragment(w, "chain", s.verifier.now())
}

// auditSheet is the trail as a sheet, with who took it out on every page.
func (s *Server) auditSheet(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	var f auditFilter
	q, err := s.auditQuery(r, p, &f)
	if err != nil {
		return err
	}
	if err := s.audit(r.Context(), r, p, "export.audit", filterQuery(r.URL.Query()), ""); err != nil {
		return err
	}
	mark := huiying.Watermark(p, "", s.now())
	book := excelize.NewFile()
	defer func() { _ = book.Close() }() // it has no files open
	const sheet = "审计"
	if err := book.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	if err := report.MarkBook(book, mark); err != nil { // before a stream is opened, or it is lost
		return err
	}
	out, err := book.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	if err := out.SetColWidth(2, 8, 20); err != nil {
		return err
	}
	heads := [][]any{{mark}, {"序号", "时间", "账号", "角色", "操作", "动作代码", "对象", "说明", "来自", "前一条摘要", "本条摘要"}}
	for i, row := range heads {
		if err := out.SetRow(fmt.Sprintf("A%d", i+1), row); err != nil {
			return err
		}
	}
	n := len(heads)
	q.Limit = 500
	for n < auditsExported {
		page, err := s.cfg.Ledger.AuditTrail(r.Context(), q)
		if err != nil {
			return err
		}
		for _, a := range page.Items {
			n++
			row := []any{a.Seq, a.At.In(huiying.Beijing).Format("2006-01-02 15:04:05"), string(a.Who), a.Role.Label(), actionLabel(a.Action), a.Action, a.Object, a.Detail, a.From, a.Prev, a.Hash}
			if err := out.SetRow(fmt.Sprintf("A%d", n), row); err != nil {
				return err
			}
		}
		if page.Next == "" {
			break
		}
		q.Cursor = page.Next
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return sendBook(w, book, "audit.xlsx", "审计.xlsx")
}

// sendBook sends a workbook as a file; plain is its name in ASCII.
func sendBook(w http.ResponseWriter, book *excelize.File, plain, name string) error {
	w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	w.Header().Set("Content-Disposition", `attachment; filename="`+plain+`"; filename*=UTF-8''`+url.PathEscape(name))
	return book.Write(w)
}
