package report

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"huiying"
)

// appraisalView is the 考核表: a line for every rule of every unit.
type appraisalView struct {
	frame
	Period  string         `word:"时段"`
	Version string         `word:"规则版本"`
	Rows    []appraisalRow `word:"考核"`

	units  *huiying.Directory
	scores []huiying.Appraisal
	link   func(huiying.CaseRef) Link
}

type appraisalRow struct {
	Unit   string `word:"单位"`
	Parts  string `word:"承办件次"`
	Score  string `word:"总分"`
	Name   string `word:"考核项"`
	Points string `word:"满分"`
	Got    string `word:"得分"`
	N      string `word:"应计"`
	Met    string `word:"符合"`
	Missed string `word:"未符合的交办单"`
}

func (r *Reporter) appraisal(ctx context.Context, o Order) (any, string, error) {
	rules := r.cfg.Rules().Appraisal
	logs, err := r.cfg.Ledger.CaseLogs(ctx, r.cfg.Region, o.From, o.To)
	if err != nil {
		return nil, "", fmt.Errorf("reading timelines to appraise: %w", err)
	}
	appeals, err := r.cfg.Ledger.Appeals(ctx, r.cfg.Region, "")
	if err != nil {
		return nil, "", fmt.Errorf("reading appeals: %w", err)
	}
	units, err := r.units(ctx)
	if err != nil {
		return nil, "", err
	}
	v := appraisalView{frame: r.frame(o), Period: span(o.From, o.To), Version: rules.Version, units: units, scores: huiying.Appraise(rules, logs, appeals, o.From, o.To)}
	v.link = func(c huiying.CaseRef) Link { return r.link(c.Number, casePath(c.ID)) }
	if o.By.Role.OfUnit() { // its own lines only
		v.scores = slices.DeleteFunc(v.scores, func(a huiying.Appraisal) bool { return a.Unit != o.By.Unit })
	}
	for _, a := range v.scores {
		score := "样本不足"
		if a.Scored {
			score = fmt.Sprintf("%.1f", a.Score)
		}
		for i, l := range a.Lines {
			missed := numbers(l.Missed)
			if n := len(a.Rumors); n > 0 && i == 0 {
				missed += fmt.Sprintf("（另有未核实传闻%d件，核实前不计）", n)
			}
			got := "样本不足"
			if !l.Thin {
				got = fmt.Sprintf("%.1f", l.Got)
			}
			v.Rows = append(v.Rows, appraisalRow{
				units.Name(a.Unit), number(a.Parts), score, l.Name, fmt.Sprintf("%.0f", l.Points), got, number(l.N), number(l.Met), orDash(missed),
			})
		}
	}
	return v, rule(r, o.Kind).Title + o.From.In(huiying.Beijing).Format(time.DateOnly) + "至" + o.To.In(huiying.Beijing).AddDate(0, 0, -1).Format(time.DateOnly), nil
}

// sheet is the book: the scores, and case by case why points were lost or not.
func (v appraisalView) sheet(mark string) ([]byte, error) {
	title := v.Masthead + "（" + v.Period + "，规则" + v.Version + "）"
	scores := sheet{"考核表", title, []any{"单位", "承办件次", "未核实传闻（不计）", "总分", "考核项", "满分", "得分", "应计", "符合", "未符合", "申诉采纳", "依据"}, func(row func([]any) error, _, _ int) error {
		for _, a := range v.scores {
			for _, l := range a.Lines {
				score, got := any("样本不足"), any("样本不足")
				if a.Scored {
					score = a.Score
				}
				if !l.Thin {
					got = float64(int(l.Got*10+0.5)) / 10
				}
				if err := row([]any{v.units.Name(a.Unit), a.Parts, len(a.Rumors), score, l.Name, l.Points, got, l.N, l.Met, len(l.Missed), len(l.Excused), l.Rule}); err != nil {
					return err
				}
			}
		}
		return nil
	}}
	each := sheet{"逐件说明", title, []any{"单位", "考核项", "交办单", "说明"}, func(row func([]any) error, _, _ int) error {
		list := func(unit huiying.UnitID, rule string, refs []huiying.CaseRef, why string) error {
			for _, c := range refs {
				if err := row([]any{v.units.Name(unit), rule, v.link(c), why}); err != nil {
					return err
				}
			}
			return nil
		}
		for _, a := range v.scores {
			for _, l := range a.Lines {
				missed := "未符合，扣分"
				if l.Thin {
					missed = "未符合，样本不足不扣分"
				}
				if err := errors.Join(list(a.Unit, l.Name, l.Missed, missed), list(a.Unit, l.Name, l.Excused, "申诉已采纳，不扣分")); err != nil {
					return err
				}
			}
			if err := list(a.Unit, "—", a.Rumors, "未核实传闻，核实前不计"); err != nil {
				return err
			}
		}
		return nil
	}}
	return writeBook(mark, scores, each)
}

func numbers(refs []huiying.CaseRef) string {
	out := ""
	for i, r := range refs {
		if i > 0 {
			out += "、"
		}
		out += r.Number
	}
	return out
}
