package huiying

import (
	"fmt"
	"net/url"
	"strings"
)

// named lists names, the first few of many.
func named(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, "、")
	}
	return strings.Join(names[:most], "、") + fmt.Sprintf("等%d个", len(names))
}

// negativeJump is by how much (in points of a hundred) the share of negative
// posts must rise to be told, and of how many posts at least.
const (
	negativeJump = 10
	jumpSample   = 20
)

// risks says what may go wrong, the gravest first. Calm is spoken of only when
// every source watches and nothing rises.
func (b Brief) risks() []Remark {
	var out []Remark
	add := func(path, format string, args ...any) {
		out = append(out, Remark{fmt.Sprintf(format, args...), path})
	}
	if care := b.Behind(FigureCare); len(care) > 0 {
		add(b.EvidencePath(FigureCare), "涉及特别关注事项的舆情%d起：%s。", len(care), care.titles())
	}
	if rising := b.Behind(FigureRising); len(rising) > 0 {
		add(b.EvidencePath(FigureRising), "热度仍在上升或反弹的舆情%d起：%s。", len(rising), rising.titles())
	}
	if n := len(b.Rumors); n > 0 {
		add(b.EvidencePath(FigureRumors), "未核实传闻%d起，未核实前不作事实对待：%s。", n, matterNames(b.Rumors))
	}
	if n := len(b.Late); n > 0 {
		add(b.EvidencePath(FigureLate), "超时未办的时限%d项，最长已超%s。", n, SpanText(b.Late[0].Late))
	}
	if b.Posts.Total >= jumpSample && b.Before.Total >= jumpSample {
		now, then := 100*b.Posts.NegativeShare(), 100*b.Before.NegativeShare()
		if now-then >= negativeJump {
			add(PostsPath(b.From, b.To, "sentiment", "negative"), "负面信息占比由%.0f%%升至 %.0f%%。负面不等于风险，请看具体事项。", then, now)
		}
	}
	switch {
	case len(b.Blind) > 0:
		names := make([]string, len(b.Blind))
		for i, s := range b.Blind {
			names[i] = s.Name
		}
		add("/sources", "%d个信源中有%d个没有正常采集（%s），这些地方没有信息不等于平稳。", b.Sources, len(b.Blind), named(names))
	case b.Sources == 0:
		add("/sources", "没有配置信源，只有登记和推送来的信息，无从判断是否平稳。")
	case len(out) == 0:
		add("/sources", "%d个信源采集正常，没有发现需要警惕的苗头，总体平稳。", b.Sources)
	}
	return out
}

func matterNames(matters []Matter) string {
	titles := make([]string, len(matters))
	for i, m := range matters {
		titles[i] = "“" + Clip(m.Title(), 24) + "”"
	}
	if len(titles) <= 3 {
		return strings.Join(titles, "、")
	}
	return strings.Join(titles[:3], "、") + "等"
}

// advice proposes what follows from the figures and nothing else.
func (b Brief) advice() []Remark {
	var out []Remark
	add := func(path, format string, args ...any) {
		out = append(out, Remark{fmt.Sprintf(format, args...), path})
	}
	for _, x := range []struct {
		of     Figure
		format string
	}{
		{FigureUnanswered, "已过回应时限的%d件应尽快发布权威信息：%s。"},
		{FigureRebound, "回应后反弹的%d件宜重开：%s。"},
		{FigureUnjudged, "待研判的%d件宜尽快定级交办：%s。"},
		{FigureUnacked, "已交办未签收的%d件请督促签收：%s。"},
	} {
		if all := b.Behind(x.of); len(all) > 0 {
			add(b.EvidencePath(x.of), x.format, len(all), all.numbers())
		}
	}
	for _, m := range b.Top {
		e := m.Event
		path := "/events/" + url.PathEscape(string(e.ID))
		switch {
		case e.Has(FlagMisreading) && m.Case == nil:
			add(path, "“%s”属政策误解误读，请政策起草单位及时解读。", Clip(e.Title, 24))
		case m.Case == nil && (e.Curve == CurveGrowing || e.Curve == CurveBurst):
			add(path, "“%s”热度上升而尚未交办，宜研判是否回应。", Clip(e.Title, 24))
		}
	}
	if len(b.Blind) > 0 {
		add("/sources", "请系统管理员检查没有正常采集的信源，恢复后补看该时段信息。")
	}
	if len(out) == 0 {
		out = append(out, Remark{Text: "没有按规则应当提请处置的事项。"})
	}
	return out
}

// outlook says what comes due in the time after the period, as long as it, and
// what has not settled.
func (b Brief) outlook() []Remark {
	var out []Remark
	if due := b.Behind(FigureDue); len(due) > 0 {
		responses := 0
		for _, p := range due {
			if k := p.Clock.Kind; k == ClockRespond || k == ClockAuthoritative || k == ClockPress {
				responses++
			}
		}
		out = append(out, Remark{fmt.Sprintf("下期到期的时限%d项，其中向公众回应%d项。", len(due), responses), b.EvidencePath(FigureDue)})
	}
	if rising := b.Behind(FigureRising); len(rising) > 0 {
		out = append(out, Remark{fmt.Sprintf("仍在发酵、需要继续跟踪的舆情%d起：%s。", len(rising), rising.titles()), b.EvidencePath(FigureRising)})
	}
	if n := len(b.Open); n > 0 {
		out = append(out, Remark{fmt.Sprintf("结转下期办理的交办单%d件。", n), b.EvidencePath(FigureOpen)})
	}
	if len(out) == 0 {
		out = append(out, Remark{Text: "没有结转下期的事项。"})
	}
	return out
}
