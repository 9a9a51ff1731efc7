package report

import (
	"context"
	"fmt"
	"strings"
	"time"

	"huiying"
)

// caseView is a 交办单 (DOMAIN §4).
type caseView struct {
	frame
	CaseNo    Link          `word:"编号"`
	Title     string        `word:"标题"`
	Level     string        `word:"等级"`
	Reasons   string        `word:"定级依据"`
	Queue     string        `word:"归口"`
	Category  string        `word:"类别"`
	Flags     string        `word:"特别关注"`
	Platforms string        `word:"来源平台"`
	FirstAt   string        `word:"首发时间"`
	Summary   string        `word:"摘要"`
	Spread    string        `word:"传播数据"`
	Places    string        `word:"涉及地点"`
	Lead      string        `word:"主办单位"`
	Helpers   string        `word:"协办单位"`
	Copies    string        `word:"抄送单位"`
	Clocks    []clockRow    `word:"工作要求"`
	Signer    string        `word:"签发人"`
	SignedAt  string        `word:"签发时间"`
	Units     []caseUnitRow `word:"签收"`
	Phone     string        `word:"联系电话"`
	Publicity string        `word:"公开属性"`
	Evidence  []evidenceRow `word:"来源链接"`
	Drill     bool          `word:"演练"`
}

type clockRow struct {
	Kind  string `word:"事项"`
	Unit  string `word:"单位"`
	Limit string `word:"时限"`
	Due   string `word:"截止"`
	State string `word:"情况"`
	Rule  string `word:"依据"`
}

type caseUnitRow struct {
	Name    string `word:"单位"`
	Part    string `word:"分工"`
	AckedBy string `word:"签收人"`
	AckedAt string `word:"签收时间"`
	Phone   string `word:"电话"`
}

type evidenceRow struct {
	I        string `word:"序"`
	Source   string `word:"来源"`
	Channel  string `word:"平台"`
	Headline Link   `word:"题名"`
	At       string `word:"发布时间"`
	Count    string `word:"互动"`
}

// feedbackView is a 处置反馈单; a case nobody has reported on yet gives the blank
// form to fill in by hand.
// drilled reports whether the form is of a drill: its watermark says so.
func (v caseView) drilled() bool { return v.Drill }

type feedbackView struct {
	caseView
	Forms []feedbackRow `word:"反馈单"`
}

type feedbackRow struct {
	Unit      string `word:"填报单位"`
	Finding   string `word:"核实结论"`
	Facts     string `word:"事实经过"`
	Liability string `word:"责任认定"`
	Measures  string `word:"处置措施"`
	Progress  string `word:"进展"`
	Contacted string `word:"是否已联系当事人"`
	Advice    string `word:"回应建议与口径"`
	Outlet    string `word:"拟发布渠道"`
	Publicity string `word:"公开属性及理由"`
	Files     string `word:"附件"`
	Handler   string `word:"承办人"`
	Reviewer  string `word:"审核人"`
	Head      string `word:"责任人"`
	At        string `word:"提交时间"`
	Extend    string `word:"延期申请"`
}

func (r *Reporter) caseForm(ctx context.Context, o Order) (caseView, huiying.Case, *huiying.Directory, error) {
	none := caseView{}
	if o.Case == "" {
		return none, huiying.Case{}, nil, huiying.Invalid("case", "%s须指明是哪一件交办单", o.Kind.Label())
	}
	c, err := r.cfg.Ledger.Case(ctx, o.Case)
	if err != nil {
		return none, c, nil, fmt.Errorf("reading the case of a form: %w", err)
	}
	units, err := r.units(ctx)
	if err != nil {
		return none, c, nil, err
	}
	v := caseView{
		frame: r.frame(o), CaseNo: r.link(c.Number, casePath(c.ID)), Title: c.Title, Level: c.Level.Label(), Queue: c.Queue.Label(), Category: orDash(c.Category),
		FirstAt: orDash(stamp(c.EventAt)), Summary: orDash(c.Summary), Places: places(c.Places), Helpers: "无", Copies: "县政府督查室", Signer: orDash(c.SignedBy), SignedAt: orDash(stamp(c.AssignedAt)),
		Lead: "待定", Flags: "无", Publicity: "此件不公开（工作秘密）", Drill: c.Drill,
		Spread: fmt.Sprintf("阅读%s，点赞%s，评论%s，转发%s（立单时）", number(int(c.Engagement.Views)), number(int(c.Engagement.Likes)), number(int(c.Engagement.Comments)), number(int(c.Engagement.Reposts))),
	}
	v.Number, v.Draft = c.Number, false
	if names := rule(r, o.Kind).CopyTo; len(names) > 0 {
		v.Copies = strings.Join(names, "、")
	}
	v.Reasons, v.Flags = reasonsOf(c.Reasons), flagsOf(c.Flags)
	if c.Rumor != "" {
		v.Flags += "（" + c.Rumor.Label() + "）"
	}
	var helpers, sources []string
	for _, u := range c.Units {
		full := units.Name(u.Unit)
		row := caseUnitRow{Name: full, Part: "协办", AckedBy: orDash(u.AckedBy), AckedAt: orDash(stamp(u.AckedAt)), Phone: "—"}
		if known, ok := units.Unit(u.Unit); ok {
			full = known.Name
			row.Name, row.Phone = full, orDash(strings.TrimSpace(known.Liaison.Name+" "+known.Liaison.Phone))
		}
		if u.Lead {
			row.Part, v.Lead, v.Phone = "主办", full, row.Phone
		} else {
			helpers = append(helpers, full)
		}
		v.Units = append(v.Units, row)
	}
	if len(helpers) > 0 {
		v.Helpers = strings.Join(helpers, "、")
	}
	v.Phone = orDash(v.Phone)
	for _, k := range c.Clocks {
		if k.Kind == huiying.ClockJudge || k.Void {
			continue
		}
		who := "全部"
		if k.Unit != "" {
			who = units.Name(k.Unit)
		}
		v.Clocks = append(v.Clocks, clockRow{k.Kind.Label(), who, huiying.SpanText(time.Duration(k.Limit + k.Excused)), stamp(k.Due), clockWord(k, o.Now), k.Rule})
	}
	seen := make(map[string]bool)
	for i, e := range c.Evidence {
		v.Evidence = append(v.Evidence, evidenceRow{order(i), e.Source, e.Channel.Label(), Link{huiying.Clip(e.Headline, 40), e.URL}, stamp(e.PublishedAt), number(int(e.Engagement.Interactions()))})
		if !seen[e.Source] {
			seen[e.Source] = true
			sources = append(sources, e.Source+"（"+e.Channel.Label()+"）")
		}
	}
	v.Platforms = orDash(strings.Join(sources, "、"))
	return v, c, units, nil
}

func (r *Reporter) feedbackForm(ctx context.Context, o Order) (any, string, error) {
	v, c, units, err := r.caseForm(ctx, o)
	if err != nil {
		return nil, "", err
	}
	out := feedbackView{caseView: v}
	var files []string
	for _, a := range c.Attachments {
		files = append(files, a.Name)
	}
	people := func(id huiying.UnitID) (unit, handler, head string) {
		u, ok := units.Unit(id)
		if !ok {
			return units.Name(id), "", ""
		}
		return u.Name, u.Handler.Name, u.Head.Name
	}
	for _, f := range c.Feedback {
		row := feedbackRow{
			Finding: f.Finding.Label(), Facts: f.Facts, Measures: f.Measures, Progress: orDash(f.Progress), Contacted: "否", Advice: orDash(f.Advice),
			Publicity: f.Publicity.Label(), Files: orDash(strings.Join(files, "、")), At: stamp(f.At), Extend: extensionsOf(c, f.Unit),
		}
		if f.Contacted {
			row.Contacted = "是"
		}
		if f.PublicityReason != "" {
			row.Publicity += "。理由：" + f.PublicityReason
		}
		row.Unit, _, _ = people(f.Unit)
		row.Liability, row.Outlet, row.Handler, row.Reviewer, row.Head = orDash(f.Responsibility), orDash(f.Outlet), orDash(f.Handler), orDash(f.Reviewer), "无人签字"
		if f.Head != "" {
			row.Head = f.Head
		}
		if !f.SignedAt.IsZero() {
			row.Head += "（" + stamp(f.SignedAt) + "签字）"
		}
		out.Forms = append(out.Forms, row)
	}
	if len(out.Forms) == 0 {
		blank := feedbackRow{
			Finding: "□属实　□部分属实　□不实　□无法核实", Contacted: "□是　□否", Publicity: "□此件公开发布　□此件依申请公开　□此件不公开　理由：",
			Files: orDash(strings.Join(files, "、")), Extend: extensionsOf(c, c.Lead()),
		}
		blank.Unit, blank.Handler, blank.Head = people(c.Lead())
		out.Forms = append(out.Forms, blank)
	}
	return out, fileName(o.Kind, c), nil
}

// extensionsOf are the 延期申请 of a unit, and what its clocks were put off by
// without one.
func extensionsOf(c huiying.Case, unit huiying.UnitID) string {
	var out []string
	for _, e := range c.Extensions {
		if e.Unit == unit {
			out = append(out, fmt.Sprintf("%s申请%s时限延长%s，理由：%s（%s）", stamp(e.At), e.Clock.Label(), huiying.SpanText(time.Duration(e.Longer)), e.Reason, e.Answer.Label()))
		}
	}
	for _, k := range c.Clocks {
		if k.Extended > 0 && (k.Unit == "" || k.Unit == unit) {
			out = append(out, fmt.Sprintf("%s已延期%d次，至%s", k.Kind.Label(), k.Extended, stamp(k.Due)))
		}
	}
	return orDash(strings.Join(out, "；"))
}

func fileName(k huiying.ReportKind, c huiying.Case) string {
	return k.Label() + c.Number
}

func rule(r *Reporter, k huiying.ReportKind) huiying.ReportRule { return r.cfg.Rules().Reports.Of(k) }

func reasonsOf(reasons []huiying.Reason) string {
	var out []string
	for _, x := range reasons {
		out = append(out, x.Text)
	}
	return orDash(strings.Join(out, "；"))
}

func flagsOf(flags []huiying.Flag) string {
	var out []string
	for _, f := range flags {
		out = append(out, f.Label())
	}
	if len(out) == 0 {
		return "无"
	}
	return strings.Join(out, "、")
}

func clockWord(k huiying.Clock, now time.Time) string {
	switch k.State(now) {
	case huiying.ClockMet:
		return "按时完成 " + stamp(k.StoppedAt)
	case huiying.ClockLate:
		return "超时完成 " + stamp(k.StoppedAt)
	case huiying.ClockOverdue:
		return "已超" + huiying.SpanText(now.Sub(k.Due))
	case huiying.ClockPaused:
		return "暂停计时"
	}
	return "进行中"
}
