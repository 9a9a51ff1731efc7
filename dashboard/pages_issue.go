package dashboard

import (
	"bytes"
	"context"
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

const (
	issuesShown = 30
	issueTries  = 3 // to draw a number while others issue, too
)

// issueReport gives the report of a period its number and keeps it as it is.
func (s *Server) issueReport(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	kind := huiying.ReportKind(r.PathValue("kind"))
	if err := readForm(w, r); err != nil {
		return err
	}
	now := s.now()
	at, err := reportDay(r.PostForm.Get("date"), now)
	switch {
	case !p.MayIssue(kind) || !p.Region.Covers(s.cfg.Region):
		return huiying.Errorf(huiying.CodeForbidden, "日报、周报、月报由研判员或值班领导印发")
	case s.reports == nil:
		return huiying.Errorf(huiying.CodeConflict, "县目录里没有报告模板，请联系系统管理员")
	case err != nil:
		return err
	}
	o := report.Order{Kind: kind, Date: at, By: p, Now: now}
	if o.Edits.Risks, err = huiying.RemarkLines("risks", r.PostForm.Get("risks")); err != nil {
		return err
	}
	if o.Edits.Advice, err = huiying.RemarkLines("advice", r.PostForm.Get("advice")); err != nil {
		return err
	}
	for try := 1; ; try++ {
		err = s.issue(r.Context(), r, o)
		if huiying.CodeOf(err) != huiying.CodeStale || try == issueTries {
			break
		}
	}
	if err != nil {
		return err
	}
	return redirect(w, r, "/reports?"+url.Values{"kind": {string(kind)}, "date": {at.In(huiying.Beijing).Format(time.DateOnly)}, "done": {"issue"}}.Encode())
}

// issue writes the files with the next number and records them; ErrStale when
// another had the number meanwhile. The files of a number not had are no harm.
func (s *Server) issue(ctx context.Context, r *http.Request, o report.Order) error {
	i := huiying.Issue{Region: s.cfg.Region, Kind: o.Kind, Year: o.Now.In(huiying.Beijing).Year(), By: o.By, At: o.Now}
	i.From, i.To = o.Kind.Period(o.Date)
	if o.Now.Before(i.To) {
		i.To = o.Now
	}
	var err error
	if i.N, err = s.cfg.Ledger.NextIssue(ctx, i.Region, i.Kind, i.Year); err != nil {
		return err
	}
	i.Number = s.cfg.Rules().Reports.Of(i.Kind).Number(i.Year, i.N)
	o.Number = i.Number
	for _, o.Format = range report.Formats(o.Kind) {
		file, err := s.reports.Write(ctx, o)
		if err != nil {
			return err
		}
		kept, err := s.keepFile(ctx, file.Name, bytes.NewReader(file.Bytes))
		if err != nil {
			return err
		}
		kept.By, kept.At = o.By, o.Now
		i.Files = append(i.Files, *kept)
	}
	return s.cfg.Ledger.SaveIssue(ctx, i, s.auditRow(r, o.By, "report.issue", i.Name(), i.Number))
}

// issuedReport sends a file of a report exactly as it was issued; its path is
// such as daily-2026-12.docx.
func (s *Server) issuedReport(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if !p.Region.Covers(s.cfg.Region) {
		return huiying.Errorf(huiying.CodeForbidden, "您的账号不属于%s，不能导出这里的报告", s.cfg.County)
	}
	name, format, _ := strings.Cut(r.PathValue("file"), ".")
	parts := strings.Split(name, "-")
	missing := huiying.Errorf(huiying.CodeNotFound, "没有印发过这份报告")
	if len(parts) != 3 {
		return missing
	}
	year, errYear := strconv.Atoi(parts[1])
	n, errN := strconv.Atoi(parts[2])
	if errYear != nil || errN != nil {
		return missing
	}
	i, err := s.cfg.Ledger.Issue(r.Context(), s.cfg.Region, huiying.ReportKind(parts[0]), year, n)
	if err != nil {
		return fmt.Errorf("looking for what was issued: %w", err)
	}
	at := slices.IndexFunc(i.Files, func(a huiying.Attachment) bool { return strings.HasSuffix(a.Name, "."+format) })
	if at < 0 || s.cfg.Files == nil {
		return missing
	}
	return s.sendKept(w, r, p, i.Files[at], "report.read", i.Name())
}
