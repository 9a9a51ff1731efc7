package report

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"huiying"
)

// frame is what every document begins and ends with.
type frame struct {
	County   string `word:"县名"`
	Masthead string `word:"报头"`
	Number   string `word:"文号"`
	Issuer   string `word:"编印单位"`
	Date     string `word:"日期"`
	CopyTo   string `word:"抄送"`
	Author   string `word:"编制人"`
	At       string `word:"编制时间"`
	Draft    bool   `word:"未印发"`
}

// briefView is a 日报, 周报 or 月报.
type briefView struct {
	frame
	Period     string      `word:"时段"`
	Any        bool        `word:"有信息"`
	Total      Link        `word:"信息总量"`
	Change     string      `word:"总量环比"`
	Negative   Link        `word:"负面"`
	Neutral    Link        `word:"中性"`
	Positive   Link        `word:"正面"`
	Share      string      `word:"负面占比"`
	Ratio      string      `word:"正负比"`
	Opened     Link        `word:"新增交办"`
	Answered   Link        `word:"已回应"`
	Closed     Link        `word:"已办结"`
	OpenNow    Link        `word:"在办"`
	RumorN     Link        `word:"未核实传闻数"`
	Rumors     string      `word:"未核实传闻"`
	Refuted    string      `word:"不实传闻"`
	Chart      Picture     `word:"走势图"`
	Channels   []shareRow  `word:"分平台"`
	Categories []shareRow  `word:"分类"`
	Matters    Link        `word:"重点总数"`
	Top        []matterRow `word:"重点舆情"`
	Open       []openRow   `word:"在办清单"`
	OpenRest   string      `word:"在办未列"`
	Late       []lateRow   `word:"超时清单"`
	LateRest   string      `word:"超时未列"`
	Units      []unitRow   `word:"单位响应"`
	MinParts   string      `word:"最低样本"`
	Answers    []answerRow `word:"回应案例"`
	Risks      []remarkRow `word:"风险提示"`
	Outlook    []remarkRow `word:"下期关注"`
	Advice     []remarkRow `word:"工作建议"`
}

type shareRow struct {
	Name   string `word:"名称"`
	N      Link   `word:"条数"`
	Share  string `word:"占比"`
	Change string `word:"环比"`
}

type matterRow struct {
	I       string `word:"序"`
	Title   Link   `word:"标题"`
	Level   string `word:"等级"`
	Source  string `word:"首发来源"`
	First   string `word:"首发时间"`
	Posts   Link   `word:"条数"`
	Neg     string `word:"负面"`
	Inter   string `word:"互动"`
	Curve   string `word:"态势"`
	Places  string `word:"地点"`
	Unit    string `word:"责任单位"`
	State   string `word:"办理状态"`
	CaseNo  Link   `word:"编号"`
	Summary string `word:"摘要"`
}

type openRow struct {
	I      string `word:"序"`
	CaseNo Link   `word:"编号"`
	Title  string `word:"标题"`
	Level  string `word:"等级"`
	Unit   string `word:"责任单位"`
	State  string `word:"办理状态"`
	Due    string `word:"最近时限"`
}

type lateRow struct {
	I      string `word:"序"`
	CaseNo Link   `word:"编号"`
	Title  string `word:"标题"`
	Unit   string `word:"责任单位"`
	Clock  string `word:"时限"`
	Due    string `word:"到期"`
	Late   string `word:"已超"`
}

type unitRow struct {
	Name     string `word:"单位"`
	N        string `word:"件数"`
	Ack      string `word:"签收中位"`
	OnTime   string `word:"按时签收"`
	Feedback string `word:"首次反馈中位"`
	Response string `word:"回应中位"`
	Close    string `word:"办结中位"`
	Late     string `word:"现超时"`
}

type answerRow struct {
	I      string `word:"序"`
	CaseNo Link   `word:"编号"`
	Title  string `word:"标题"`
	Unit   string `word:"责任单位"`
	At     string `word:"回应时间"`
	Took   string `word:"回应用时"`
	Forms  string `word:"回应形式"`
	Outlet Link   `word:"回应渠道"`
	State  string `word:"办理状态"`
}

type remarkRow struct {
	I    string `word:"序"`
	Text Link   `word:"内容"`
}

// How many rows of a list a report prints; the rest is counted.
const (
	openRows   = 20
	lateRows   = 20
	answerRows = 8
)

func (r *Reporter) brief(ctx context.Context, o Order) (any, string, error) {
	b, err := r.Brief(ctx, o)
	if err != nil {
		return nil, "", err
	}
	units, err := r.units(ctx)
	if err != nil {
		return nil, "", err
	}
	v := briefView{
		frame: r.frame(o), Period: span(b.From, earlier(b.To, o.Now)), Any: b.Posts.Total > 0,
		Total: r.link(number(b.Posts.Total), huiying.PostsPath(b.From, b.To)), Change: change(b.Posts.Total, b.Before.Total, beforeWord(o.Kind)),
		Negative: r.link(number(b.Posts.Negative), huiying.PostsPath(b.From, b.To, "sentiment", "negative")),
		Neutral:  r.link(number(b.Posts.Neutral), huiying.PostsPath(b.From, b.To, "sentiment", "neutral")),
		Positive: r.link(number(b.Posts.Positive), huiying.PostsPath(b.From, b.To, "sentiment", "positive")),
		Share:    percent(b.Posts.Negative, b.Posts.Total), Ratio: ratio(b.Posts.Positive, b.Posts.Negative),
		Opened: r.link(number(len(b.Opened)), huiying.CasesPath("all", b.From, b.To)), Answered: r.link(number(b.Answered), huiying.CasesPath("answered", b.From, b.To)),
		Closed: r.link(number(b.Closed), huiying.CasesPath("closed", b.From, b.To)), OpenNow: r.link(number(len(b.Open)), b.EvidencePath(huiying.FigureOpen)),
		RumorN: r.link(number(len(b.Rumors)), b.EvidencePath(huiying.FigureRumors)), Rumors: matters(b.Rumors), Refuted: matters(b.Refuted),
		Matters: r.link(number(len(b.Matters)), b.EvidencePath(huiying.FigureMatters)), MinParts: number(b.MinParts),
		Risks: r.remarks(b.Risks, o.Edits.Risks), Advice: r.remarks(b.Advice, o.Edits.Advice), Outlook: r.remarks(b.Outlook, nil),
	}
	unit, points := "日", dayPoints(b.Trend)
	if o.Kind == huiying.ReportDaily {
		unit, points = "时", hourPoints(b.Trend)
	}
	if v.Chart, err = trendChart(points, unit, true); err != nil {
		return nil, "", fmt.Errorf("drawing the trend: %w", err)
	}
	for _, c := range huiying.Channels {
		if n := b.Posts.Channels[c]; n > 0 {
			v.Channels = append(v.Channels, shareRow{
				c.Label(), r.link(number(n), huiying.PostsPath(b.From, b.To, "channel", string(c))), percent(n, b.Posts.Total), change(n, b.Before.Channels[c], ""),
			})
		}
	}
	for _, name := range huiying.Categories {
		if n := b.Posts.Categories[name]; n > 0 {
			v.Categories = append(v.Categories, shareRow{name, r.link(number(n), huiying.PostsPath(b.From, b.To, "category", name)), percent(n, b.Posts.Total), ""})
		}
	}
	slices.SortStableFunc(v.Categories, func(a, c shareRow) int { return b.Posts.Categories[c.Name] - b.Posts.Categories[a.Name] })
	for i, m := range b.Top {
		v.Top = append(v.Top, r.matter(i, m, units, o.Now))
	}
	work := slices.Concat(b.Open, b.Checking)
	for i, c := range work[:min(openRows, len(work))] {
		v.Open = append(v.Open, openRow{
			order(i), r.link(c.Number, casePath(c.ID)), titleOf(c), grade(c.Level), unitsOfCase(c, units), c.State.Label(), dueOf(c, b.To),
		})
	}
	v.OpenRest = rest(len(work), openRows)
	for i, l := range b.Late[:min(lateRows, len(b.Late))] {
		who := unitsOfCase(l.Case, units)
		if l.Clock.Unit != "" {
			who = units.Name(l.Clock.Unit)
		}
		v.Late = append(v.Late, lateRow{
			order(i), r.link(l.Case.Number, casePath(l.Case.ID)), titleOf(l.Case), who, l.Clock.Kind.Label(), short(l.Clock.Due), huiying.SpanText(l.Late),
		})
	}
	v.LateRest = rest(len(b.Late), lateRows)
	for _, u := range b.Units {
		if u.Unit != "" && u.N > 0 {
			v.Units = append(v.Units, unitLine(u, b.MinParts))
		}
	}
	for i, c := range b.Answers[:min(answerRows, len(b.Answers))] {
		v.Answers = append(v.Answers, r.answer(i, c, units))
	}
	named := b.From
	if o.Kind == huiying.ReportDaily {
		named = b.To.Add(-time.Nanosecond) // it may begin in the evening before
	}
	return v, v.Masthead + named.In(huiying.Beijing).Format(time.DateOnly), nil
}

func (r *Reporter) units(ctx context.Context) (*huiying.Directory, error) {
	units, err := r.cfg.Ledger.Units(ctx, r.cfg.Region)
	if err != nil {
		return nil, fmt.Errorf("reading the units: %w", err)
	}
	return huiying.NewDirectory(units), nil
}

func (r *Reporter) frame(o Order) frame {
	rules := r.cfg.Rules().Reports
	rule := rules.Of(o.Kind)
	f := frame{
		County: r.cfg.County, Masthead: rule.Title, Number: o.Number, Issuer: rules.Issuer, Date: day(o.Now),
		CopyTo: strings.Join(rule.CopyTo, "，"), Author: o.By.Name, At: stamp(o.Now), Draft: o.Number == "",
	}
	if f.Draft {
		f.Number = "（未印发，仅供核对）"
	}
	if !o.Due.IsZero() {
		f.At += "（应于" + stamp(o.Due) + "编制）"
		f.Number += "（补印）"
	}
	if f.CopyTo == "" {
		f.CopyTo = "无"
	}
	return f
}

func (r *Reporter) matter(i int, m huiying.Matter, units *huiying.Directory, now time.Time) matterRow {
	e := m.Event
	row := matterRow{
		I: chineseNumber(i + 1), Title: r.link(e.Title, eventPath(e.ID)), Level: m.Level().Label(), Source: e.FirstSource, First: moment(e.FirstAt, now),
		Posts: r.link(number(e.Posts), eventPath(e.ID)), Neg: number(e.Negative), Inter: number(int(e.Engagement.Interactions())),
		Curve: orDash(e.Curve.Label()), Places: places(e.Places), Summary: e.Summary, State: "未交办", Unit: "待定",
	}
	if m.Case != nil {
		row.State, row.Unit, row.CaseNo = m.Case.State.Label(), unitsOfCase(*m.Case, units), r.link(m.Case.Number, casePath(m.Case.ID))
	} else if len(e.Units) > 0 {
		row.Unit = units.Name(e.Units[0].Unit) + "（建议）"
	}
	return row
}

func (r *Reporter) answer(i int, c huiying.Case, units *huiying.Directory) answerRow {
	row := answerRow{
		I: order(i), CaseNo: r.link(c.Number, casePath(c.ID)), Title: brevity(c.Title), Unit: unitsOfCase(c, units), At: short(c.RespondedAt), State: c.State.Label(),
	}
	if !c.FirstSeenAt.IsZero() {
		row.Took = huiying.SpanText(c.RespondedAt.Sub(c.FirstSeenAt))
	}
	if len(c.Responses) > 0 {
		first := c.Responses[0]
		row.Forms, row.Outlet = forms(first.Forms), Link{orDash(first.Outlet), first.URL}
	}
	return row
}

// titleOf is the title of a case, with how far a rumour was checked.
func titleOf(c huiying.Case) string {
	if c.Rumor == "" {
		return brevity(c.Title)
	}
	return brevity(c.Title) + "（" + c.Rumor.Label() + "）"
}

// remarks are the rules' own, or what a person made of them; a remark that was
// not changed keeps its evidence.
func (r *Reporter) remarks(made []huiying.Remark, edited []string) []remarkRow {
	paths := make(map[string]string)
	texts := edited
	for _, m := range made {
		paths[m.Text] = m.Path
		if edited == nil {
			texts = append(texts, m.Text)
		}
	}
	var out []remarkRow
	for i, t := range texts {
		out = append(out, remarkRow{order(i), r.link(t, paths[t])})
	}
	return out
}

func unitLine(u huiying.UnitStats, least int) unitRow {
	row := unitRow{Name: u.Name, N: number(u.N), Late: number(u.LateNow)}
	if u.N < least {
		row.Ack, row.OnTime, row.Feedback, row.Response, row.Close = "样本不足", "—", "—", "—", "—"
		return row
	}
	of := func(seconds float64) string {
		if seconds <= 0 {
			return "—"
		}
		return huiying.SpanText(time.Duration(seconds * float64(time.Second)).Round(time.Minute))
	}
	row.Ack, row.Feedback, row.Response, row.Close = of(u.AckMedian), of(u.Feedback.Median), of(u.Response.Median), of(u.Close.Median)
	row.OnTime = "—"
	if u.Due > 0 {
		row.OnTime = fmt.Sprintf("%.0f%%", 100*u.OnTime)
	}
	return row
}

func unitsOfCase(c huiying.Case, units *huiying.Directory) string {
	if len(c.Units) == 0 {
		return "待定"
	}
	names := make([]string, len(c.Units))
	for i, u := range c.Units {
		names[i] = units.Name(u.Unit)
	}
	return strings.Join(names, "、")
}
