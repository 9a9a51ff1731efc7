package dashboard

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"huiying"
)

// appraisalDoc is the 考核 of a period: scores replayed from timelines, with
// every point explained.
type appraisalDoc struct {
	From      time.Time           `json:"from"`
	To        time.Time           `json:"to"`
	Version   string              `json:"version" doc:"规则版本"`
	MinSample int                 `json:"min_sample"`
	Units     []huiying.Appraisal `json:"units"`
	Appeals   []huiying.Appeal    `json:"appeals"`
}

type appraisalInput struct{ Window }

type appealInput struct {
	asked
	Body struct {
		Case   huiying.CaseID `json:"case" maxLength:"128"`
		Merit  huiying.Merit  `json:"merit" doc:"acknowledge、feedback、respond、fixed、complete"`
		Reason string         `json:"reason" maxLength:"2000"`
	}
}

type decideInput struct {
	asked
	ID   string `path:"id" maxLength:"128"`
	Body struct {
		Decision huiying.Decision `json:"decision" doc:"granted 采纳、refused 不采纳"`
		Why      string           `json:"why" maxLength:"2000"`
	}
}

func (a api) routesAppraisal() {
	tags := []string{"统计"}
	handle(a, huma.Operation{
		Method: http.MethodGet, Path: "/appraisal", OperationID: "get-appraisal", Summary: "考核：按规则由办理记录重算，缺省为本季度", Tags: tags,
	}, func(ctx context.Context, p huiying.Person, in *appraisalInput) (*appraisalDoc, error) {
		return a.appraisal(ctx, p, in.From.Time, in.To.Time, a.cfg.Rules().Appraisal)
	})
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/appraisal/appeals", OperationID: "appeal", Summary: "申诉：本单位对一件丢分的说明", Tags: tags, DefaultStatus: http.StatusCreated,
	}, a.appeal)
	handle(a, huma.Operation{
		Method: http.MethodPost, Path: "/appraisal/appeals/{id}", OperationID: "decide-appeal", Summary: "处理申诉（考核员）", Tags: tags,
	}, a.decide)
}

// quarter is the quarter t lies in, in Beijing.
func quarter(t time.Time) (from, to time.Time) {
	t = t.In(huiying.Beijing)
	from = time.Date(t.Year(), (t.Month()-1)/3*3+1, 1, 0, 0, 0, 0, huiying.Beijing)
	return from, from.AddDate(0, 3, 0)
}

// appraisal scores the units p may see: the offices all, a unit itself.
func (a api) appraisal(ctx context.Context, p huiying.Person, from, to time.Time, rules huiying.AppraisalRules) (*appraisalDoc, error) {
	if !p.Role.OfUnit() || p.Unit == "" {
		if err := only(p, "查看考核", huiying.Assessor, huiying.Supervisor, huiying.Leader); err != nil {
			return nil, err
		}
	}
	if from.IsZero() || to.IsZero() {
		from, to = quarter(a.now())
	}
	if !from.Before(to) || to.Sub(from) > 370*24*time.Hour {
		return nil, huiying.Invalid("to", "考核时段应在一年以内，且结束晚于开始")
	}
	logs, err := a.cfg.Ledger.CaseLogs(ctx, p.Region, from, to)
	if err != nil {
		return nil, fmt.Errorf("reading timelines to appraise: %w", err)
	}
	appeals, err := a.cfg.Ledger.Appeals(ctx, p.Region, "")
	if err != nil {
		return nil, fmt.Errorf("reading appeals: %w", err)
	}
	out := &appraisalDoc{From: from, To: to, Version: rules.Version, MinSample: rules.MinSample, Units: huiying.Appraise(rules, logs, appeals, from, to)}
	if p.Role.OfUnit() {
		out.Units = slices.DeleteFunc(out.Units, func(x huiying.Appraisal) bool { return x.Unit != p.Unit })
		appeals = slices.DeleteFunc(appeals, func(x huiying.Appeal) bool { return x.Unit != p.Unit })
	}
	out.Units, out.Appeals = some(out.Units), some(appeals)
	return out, nil
}

func (a api) appeal(ctx context.Context, p huiying.Person, in *appealInput) (*huiying.Appeal, error) {
	c, err := a.cfg.Ledger.Case(ctx, in.Body.Case)
	if err == nil && !p.SeesCase(c) {
		err = huiying.Errorf(huiying.CodeNotFound, "没有这件交办单")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the case appealed: %w", err)
	}
	reason := strings.TrimSpace(in.Body.Reason)
	switch {
	case in.Body.Merit.Label() == "":
		return nil, huiying.Invalid("merit", "请选择对哪一项申诉")
	case reason == "":
		return nil, huiying.Invalid("reason", "请写明申诉理由")
	}
	x := huiying.Appeal{
		ID: "a" + rand.Text(), Region: c.Region, Unit: p.Unit, Case: c.ID, Merit: in.Body.Merit, Reason: reason, By: p.Name, At: a.now(),
	}
	return &x, a.cfg.Ledger.SaveAppeal(ctx, x, a.auditRow(in.request, p, "appraisal.appeal", string(c.ID), x.Merit.Label()+"："+reason))
}

func (a api) decide(ctx context.Context, p huiying.Person, in *decideInput) (*huiying.Appeal, error) {
	appeals, err := a.cfg.Ledger.Appeals(ctx, p.Region, "")
	if err != nil {
		return nil, fmt.Errorf("reading appeals: %w", err)
	}
	i := slices.IndexFunc(appeals, func(x huiying.Appeal) bool { return x.ID == in.ID })
	why := strings.TrimSpace(in.Body.Why)
	switch {
	case i < 0:
		return nil, huiying.Errorf(huiying.CodeNotFound, "没有这件申诉")
	case appeals[i].Decision != "":
		return nil, huiying.Errorf(huiying.CodeConflict, "这件申诉已经%s", appeals[i].Decision.Label())
	case in.Body.Decision != huiying.AppealGranted && in.Body.Decision != huiying.AppealRefused:
		return nil, huiying.Invalid("decision", "请选采纳或不采纳")
	case why == "":
		return nil, huiying.Invalid("why", "请写明理由")
	}
	x := appeals[i]
	x.Decision, x.Why, x.DecidedBy, x.DecidedAt = in.Body.Decision, why, p.Name, a.now()
	return &x, a.cfg.Ledger.SaveAppeal(ctx, x, a.auditRow(in.request, p, "appraisal.decide", string(x.Case), x.Decision.Label()+"："+why))
}
