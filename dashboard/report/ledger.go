package report

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"huiying"
)

// ledgerView is the 台账: the cases opened in a period.
type ledgerView struct {
	frame
	Period string      `word:"时段"`
	N      string      `word:"件数"`
	Rows   []ledgerRow `word:"台账"`

	cases []huiying.Case
	units *huiying.Directory
	now   time.Time
}

// ledgerRow is a line of the 台账 as it is printed; the sheet has more columns.
type ledgerRow struct {
	I        string `word:"序号"`
	CaseNo   Link   `word:"编号"`
	Found    string `word:"发现时间"`
	Source   string `word:"来源"`
	Title    string `word:"摘要"`
	Category string `word:"类别"`
	Level    string `word:"等级"`
	Unit     string `word:"责任单位"`
	Assigned string `word:"交办"`
	Acked    string `word:"签收"`
	Feedback string `word:"首次反馈"`
	Answered string `word:"回应"`
	Closed   string `word:"办结"`
	Late     string `word:"是否超时"`
	Outlet   Link   `word:"回应形式渠道"`
	Outcome  string `word:"结果"`
}

func (r *Reporter) ledger(ctx context.Context, o Order) (any, string, error) {
	no := false
	cases, err := pages(func(cursor string) (huiying.Page[huiying.Case], error) {
		return r.cfg.Ledger.Cases(ctx, huiying.CaseQuery{Region: r.cfg.Region, From: o.From, To: o.To, Drill: &no, Limit: huiying.MaxLimit, Cursor: cursor})
	}, func(huiying.Case) bool { return true })
	if err != nil {
		return nil, "", err
	}
	units, err := r.units(ctx)
	if err != nil {
		return nil, "", err
	}
	slices.SortStableFunc(cases, func(a, b huiying.Case) int {
		return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.ID, b.ID))
	})
	v := ledgerView{frame: r.frame(o), Period: span(o.From, o.To), N: number(len(cases)), cases: cases, units: units, now: o.Now}
	for i, c := range cases {
		s := stagesOf(c)
		row := ledgerRow{
			I: order(i), CaseNo: r.link(c.Number, casePath(c.ID)), Found: short(c.FirstSeenAt), Source: sourceOf(c), Title: titleOf(c), Category: orDash(c.Category), Level: grade(c.Level),
			Unit: unitsOfCase(c, units), Assigned: short(c.AssignedAt), Acked: short(s.acked), Feedback: short(s.feedback), Answered: short(c.RespondedAt), Closed: short(c.ClosedAt),
			Late: lateOf(c, o.Now), Outcome: c.State.Label(), Outlet: Link{Text: "—"},
		}
		if len(c.Responses) > 0 {
			x := c.Responses[0]
			row.Outlet = Link{forms(x.Forms) + " " + x.Outlet, x.URL}
		}
		v.Rows = append(v.Rows, row)
	}
	return v, rule(r, o.Kind).Title + o.From.In(huiying.Beijing).Format("2006-01-02") + "至" + o.To.In(huiying.Beijing).AddDate(0, 0, -1).Format("2006-01-02"), nil
}

type stages struct{ acked, feedback time.Time }

// stagesOf are the lead unit's.
func stagesOf(c huiying.Case) stages {
	for _, u := range c.Units {
		if u.Lead {
			return stages{u.AckedAt, u.FeedbackAt}
		}
	}
	return stages{}
}

func short(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.In(huiying.Beijing).Format("01-02 15:04")
}

func sourceOf(c huiying.Case) string {
	if len(c.Evidence) > 0 {
		return c.Evidence[0].Source
	}
	return c.Queue.Label() + "登记"
}

// lateOf names the deadlines that were or are missed.
func lateOf(c huiying.Case, now time.Time) string {
	var out []string
	for _, k := range c.Clocks {
		if s := k.State(now); (s == huiying.ClockLate || s == huiying.ClockOverdue) && !slices.Contains(out, k.Kind.Label()) {
			out = append(out, k.Kind.Label())
		}
	}
	if len(out) == 0 {
		return "否"
	}
	return strings.Join(out, "、") + "超时"
}

// ledgerHead are the columns of the sheet (DOMAIN §4).
var ledgerHead = []any{
	"序号", "编号", "发现时间", "来源", "来源链接", "标题", "摘要", "类别", "等级", "主办单位", "协办单位",
	"交办时间", "签收时间", "首次反馈时间", "回应时间", "办结时间", "交办用时", "签收用时", "首次反馈用时", "回应用时", "办结用时",
	"是否超时", "回应形式", "回应渠道", "回应链接", "阅读", "互动", "结果", "归档号",
}

// cells are a case in the columns of ledgerHead: dates as dates, spans as spans.
func (v ledgerView) cells(i int, c huiying.Case, date, long int) []any {
	s := stagesOf(c)
	at := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		t = t.In(huiying.Beijing)
		return excelize.Cell{StyleID: date, Value: time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)} // sheets know no zones: the county's clock
	}
	took := func(from, to time.Time) any {
		if from.IsZero() || to.IsZero() || to.Before(from) {
			return nil
		}
		return excelize.Cell{StyleID: long, Value: to.Sub(from).Hours() / 24}
	}
	var helpers []string
	for _, u := range c.Units {
		if !u.Lead {
			helpers = append(helpers, v.units.Name(u.Unit))
		}
	}
	lead, form, outlet, link, source, filed := "", "", "", "", "", ""
	if c.Lead() != "" {
		lead = v.units.Name(c.Lead())
	}
	if len(c.Responses) > 0 {
		form, outlet, link = forms(c.Responses[0].Forms), c.Responses[0].Outlet, c.Responses[0].URL
	}
	if len(c.Evidence) > 0 {
		source = c.Evidence[0].URL
	}
	if c.State == huiying.StateArchived {
		filed = c.Number
	}
	return []any{
		i + 1, c.Number, at(c.FirstSeenAt), sourceOf(c), source, titleOf(c), c.Summary, c.Category, c.Level.Label(), lead, strings.Join(helpers, "、"),
		at(c.AssignedAt), at(s.acked), at(s.feedback), at(c.RespondedAt), at(c.ClosedAt),
		took(c.FirstSeenAt, c.AssignedAt), took(c.AssignedAt, s.acked), took(c.AssignedAt, s.feedback), took(c.FirstSeenAt, c.RespondedAt), took(c.FirstSeenAt, c.ClosedAt),
		lateOf(c, v.now), form, outlet, link, c.Engagement.Views, c.Engagement.Interactions(), c.State.Label(), filed,
	}
}

// sheet writes the 台账 as Excel, row by row: ten thousand take no more memory
// than ten.
func (v ledgerView) sheet(mark string) ([]byte, error) {
	return writeBook(mark, sheet{"台账", v.Masthead + "（" + v.Period + "，" + v.N + "件）", ledgerHead, func(row func([]any) error, date, long int) error {
		for i, c := range v.cases {
			if err := row(v.cells(i, c, date, long)); err != nil {
				return err
			}
		}
		return nil
	}})
}
