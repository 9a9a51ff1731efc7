package dashboard

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"huiying"
	"huiying/dashboard/report"
)

// issuesShown is how many issues the page lists, and how many mails are read for them.
const (
	issuesShown = 30
	mailsShown  = 200
)

// issueReport gives a report its number and keeps it as it is: of a day's period,
// or of an event.
func (s *Server) issueReport(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	kind := huiying.ReportKind(r.PathValue("kind"))
	if err := readForm(w, r); err != nil {
		return err
	}
	switch {
	case !p.MayIssue(kind) || !p.Region.Covers(s.cfg.Region):
		return huiying.Errorf(huiying.CodeForbidden, "日报、周报、月报、专报、快报、急报由研判员或值班领导印发")
	case s.reports == nil:
		return huiying.Errorf(huiying.CodeConflict, "县目录里没有报告模板，请联系系统管理员")
	}
	o := report.Order{Kind: kind, By: p, Now: s.now()}
	var err error
	if o.Edits.Risks, err = huiying.RemarkLines("risks", r.PostForm.Get("risks")); err != nil {
		return err
	}
	if o.Edits.Advice, err = huiying.RemarkLines("advice", r.PostForm.Get("advice")); err != nil {
		return err
	}
	audit := func(i huiying.Issue) huiying.Audit { return s.auditRow(r, p, "report.issue", i.Name(), i.Number) }
	if kind.OfEvent() {
		return s.issueOfEvent(w, r, o, audit)
	}
	at, err := reportDay(r.PostForm.Get("date"), o.Now)
	if err != nil {
		return err
	}
	i := huiying.Issue{}
	i.From, i.To, _ = s.cfg.Rules().Reports.Of(kind).Issue(at)
	if o.Now.Before(i.To) {
		i.To = o.Now
	}
	if _, err := s.issue(r.Context(), i, o, audit); err != nil {
		return err
	}
	return redirect(w, r, "/reports?"+url.Values{"kind": {string(kind)}, "date": {at.In(huiying.Beijing).Format(time.DateOnly)}, "done": {"issue"}}.Encode())
}

// issueOfEvent issues the next report of a kind about an event; part tells which
// one the person saw as the next.
func (s *Server) issueOfEvent(w http.ResponseWriter, r *http.Request, o report.Order, audit func(huiying.Issue) huiying.Audit) error {
	o.Event = huiying.EventID(r.PostForm.Get("event"))
	if o.Event == "" {
		return huiying.Invalid("event", "请在事件页印发%s", o.Kind.Label())
	}
	if err := s.mayReadEvent(r, o.By, o.Event); err != nil {
		return err
	}
	e, err := s.cfg.Ledger.Event(r.Context(), o.Event)
	if err != nil {
		return err
	}
	i := huiying.Issue{Event: e.ID, Title: e.Title, From: e.FirstAt, To: o.Now}
	if i.Part, err = strconv.Atoi(r.PostForm.Get(string(o.Kind))); err != nil || i.Part < 1 {
		return huiying.Invalid("part", "表单已经过期，请刷新页面后重试")
	}
	if _, err := s.issue(r.Context(), i, o, audit); err != nil {
		return err
	}
	return redirect(w, r, "/events/"+url.PathEscape(string(e.ID))+"?done=issue")
}

// mailReport puts the mails about an issue into the outbox once more, or for a
// kind alone a test to the same addresses.
func (s *Server) mailReport(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	name, now := r.PathValue("id"), s.now()
	kind, _, _ := strings.Cut(name, "-")
	rule := s.cfg.Rules().Reports.Of(huiying.ReportKind(kind))
	switch {
	case !p.MayIssue(rule.Kind) || !p.Region.Covers(s.cfg.Region):
		return huiying.Errorf(huiying.CodeForbidden, "报告邮件由研判员或值班领导发送")
	case len(rule.MailTo) == 0:
		return huiying.Errorf(huiying.CodeConflict, "%s没有设收件人，请在规则 reports.yaml 的 mail_to 中写明", rule.Kind.Label())
	}
	var mail []huiying.Notification
	if name == kind {
		mail = s.mails(name, huiying.Notification{
			Number: rule.Kind.Label() + "发送测试", CreatedAt: now, Text: "这是测试：今后" + rule.Title + "印发时将告知本邮箱。",
		}, rule, now.UnixNano())
	} else {
		i, err := s.namedIssue(r, name)
		if err != nil {
			return err
		}
		mail = s.mailOf(i, rule, now, now.UnixNano())
	}
	if err := s.cfg.Ledger.SendReport(r.Context(), mail, s.auditRow(r, p, "report.send", name, s.addressees(rule))); err != nil {
		return err
	}
	return redirect(w, r, "/reports?done=mailed#mail-h")
}

// namedIssue reads what a name such as daily-2026-12 stands for.
func (s *Server) namedIssue(r *http.Request, name string) (huiying.Issue, error) {
	kind, year, n, err := huiying.ParseIssueName(name)
	if err != nil {
		return huiying.Issue{}, err
	}
	i, err := s.cfg.Ledger.Issue(r.Context(), s.cfg.Region, kind, year, n)
	if err != nil {
		return i, fmt.Errorf("looking for what was issued: %w", err)
	}
	return i, nil
}

// issuedReport sends a file of a report exactly as it was issued; its path is
// such as daily-2026-12.docx.
func (s *Server) issuedReport(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if !p.Region.Covers(s.cfg.Region) {
		return huiying.Errorf(huiying.CodeForbidden, "您的账号不属于%s，不能导出这里的报告", s.cfg.County)
	}
	name, format, _ := strings.Cut(r.PathValue("file"), ".")
	i, err := s.namedIssue(r, name)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(i.Files, func(a huiying.Attachment) bool { return strings.HasSuffix(a.Name, "."+format) })
	if at < 0 || s.cfg.Files == nil {
		return huiying.Errorf(huiying.CodeNotFound, "没有印发过这份报告")
	}
	return s.sendKept(w, r, p, i.Files[at], "report.read", i.Name())
}
