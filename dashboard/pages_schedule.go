package dashboard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"huiying"
)

// issueRow is a report that was issued, with the mails that told it.
type issueRow struct {
	huiying.Issue
	Mailable bool // somebody is to be told by mail
	Mail     []mailRow
}

// mailRow is a mail about a report.
type mailRow struct{ huiying.Notification }

// Why says what stands in the way of a mail that was not sent, "" for nothing.
func (m mailRow) Why() string {
	n := len(m.Attempts)
	if m.Status == huiying.NotifySent || n == 0 {
		return ""
	}
	return fmt.Sprintf("试 %d 次：%s", n, m.Attempts[n-1].Detail)
}

// planRow is a kind of report that is issued by itself.
type planRow struct {
	huiying.ReportRule
	To   string // whom its mails go to
	Next time.Time
	Fail *scheduleFail // what is due and could not be issued
	Last *issueRow     // of those shown
}

// issuedAndMailed reads the latest issues, each with its mails, and the tests.
func (s *Server) issuedAndMailed(ctx context.Context, v *reportsView) error {
	issues, err := s.cfg.Ledger.Issues(ctx, s.cfg.Region, issuesShown)
	if err != nil {
		return err
	}
	mails, err := s.cfg.Ledger.ReportMail(ctx, s.cfg.Region, mailsShown)
	if err != nil {
		return err
	}
	of := make(map[string][]mailRow)
	for _, m := range mails {
		of[m.Report] = append(of[m.Report], mailRow{m})
		if !strings.Contains(m.Report, "-") && len(v.Tests) < issuesShown {
			v.Tests = append(v.Tests, mailRow{m})
		}
	}
	rules := s.cfg.Rules().Reports
	for _, i := range issues {
		v.Issues = append(v.Issues, issueRow{i, len(rules.Of(i.Kind).MailTo) > 0, of[i.Name()]})
	}
	return nil
}

// plan is what the rules issue by themselves, the next first.
func (s *Server) plan(issues []issueRow) []planRow {
	var out []planRow
	now := s.now()
	for _, rule := range s.cfg.Rules().Reports.Rules {
		if !rule.Scheduled() {
			continue
		}
		row := planRow{ReportRule: rule, Next: rule.Due(now), To: s.addressees(rule)}
		if f, failing := s.failing(rule.Kind); failing {
			row.Fail = &f
		}
		if i := slices.IndexFunc(issues, func(i issueRow) bool { return i.Kind == rule.Kind }); i >= 0 {
			row.Last = &issues[i]
		}
		out = append(out, row)
	}
	slices.SortStableFunc(out, func(a, b planRow) int { return a.Next.Compare(b.Next) })
	return out
}

// pressView are the reports of an event: those issued, and what the next would
// propose.
type pressView struct {
	Kinds         []pressKind
	Trend, Advice []huiying.Remark
	Issues        []issueRow
	May           bool
}

// pressKind is a kind of report about an event, and which the next would be.
type pressKind struct {
	Kind huiying.ReportKind
	Next int
}

// pressOf reads the reports of an event, with its case if there is one.
func (s *Server) pressOf(ctx context.Context, p huiying.Person, e huiying.Event, c *huiying.Case) (pressView, error) {
	v := pressView{May: p.MayIssue(huiying.ReportSpecial) && s.reports != nil && s.cfg.Files != nil}
	issues, err := s.cfg.Ledger.IssuesOf(ctx, s.cfg.Region, e.ID)
	if err != nil {
		return v, err
	}
	for _, i := range issues {
		v.Issues = append(v.Issues, issueRow{Issue: i})
	}
	for _, k := range huiying.ReportKinds {
		if !k.OfEvent() {
			continue
		}
		next := pressKind{k, 1}
		for _, i := range issues {
			if i.Kind == k {
				next.Next = max(next.Next, i.Part+1)
			}
		}
		v.Kinds = append(v.Kinds, next)
	}
	if v.May {
		b := huiying.BriefingOf(e, c, nil, s.now())
		v.Trend, v.Advice = b.Trend, b.Advice
	}
	return v, nil
}
