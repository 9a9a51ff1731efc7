package huiying

import (
	"fmt"
	"strings"
	"time"
)

// Briefing is what a 专报, 快报 or 急报 says of one event: computed, quoted and
// proposed by rule.
type Briefing struct {
	Level   Level
	Lead    string // 导语: the judgement in one line, at most 200 letters
	Summary string
	Demands string  // what people ask most, else the words most posts share
	Voices  []Voice // 各方观点, the critical first
	Trend   []Remark
	Advice  []Remark
}

// Voice are the posts of one standpoint, those with most interactions first.
type Voice struct {
	Name  string
	N     int
	Posts []Assessed
}

// maxLead is how long a 导语 may be, in letters.
const maxLead = 200

// BriefingOf computes the briefing of an event, with its case if there is one,
// from its distinct posts, those with most interactions first.
func BriefingOf(e Event, c *Case, posts []Assessed, now time.Time) Briefing {
	b := Briefing{Level: Matter{e, c}.Level(), Summary: e.Summary, Demands: demands(e, posts)}
	if c != nil && c.Summary != "" {
		b.Summary = c.Summary
	}
	if b.Summary == "" && len(posts) > 0 {
		b.Summary = Clip(strings.Join(strings.Fields(posts[0].Post.Text), " "), 200)
	}
	state := "尚未交办"
	if c != nil {
		state = c.State.Label()
	}
	b.Lead = Clip(fmt.Sprintf("“%s”：截至%s，信息%d条，负面%d条，态势%s，定级%s，办理状态%s。%s",
		Clip(e.Title, 60), MomentText(now), e.Posts, e.Negative, wordOr(e.Curve.Label(), "未定"), b.Level.Label(), state, judgement(e, c)), maxLead)
	for _, v := range []struct{ name, tone string }{{"批评、质疑与诉求", "negative"}, {"陈述与询问", "neutral"}, {"肯定与支持", "positive"}} {
		group := Voice{Name: v.name}
		for _, p := range posts {
			if p.Assessment.Sentiment.Label == v.tone {
				group.N++
				group.Posts = append(group.Posts, p)
			}
		}
		if group.N > 0 {
			b.Voices = append(b.Voices, group)
		}
	}
	b.Trend, b.Advice = eventTrend(e, now), eventAdvice(e, c, now)
	return b
}

// demands are what most posts ask; where they ask nothing, the words most of them share.
func demands(e Event, posts []Assessed) string {
	texts := make([]string, len(posts))
	for i, p := range posts {
		texts[i] = p.Post.FullText()
	}
	asked := Questions(texts)
	if len(asked) == 0 {
		return strings.Join(e.Keywords[:min(5, len(e.Keywords))], "、")
	}
	var out []string
	for _, q := range asked[:min(3, len(asked))] {
		out = append(out, strings.TrimRight(Clip(q.Text, 40), "？?")+"？")
	}
	return strings.Join(out, "")
}

func wordOr(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func judgement(e Event, c *Case) string {
	switch rumor := (Matter{e, c}).Rumor(); {
	case rumor == RumorRefuted:
		return "传言已查明不实，公布事实、继续观察。"
	case rumor == RumorUnverified:
		return "传言未核实，先核实后回应。"
	case e.Curve == CurveRebound:
		return "回应后反弹，须再次回应。"
	case c != nil && !c.RespondedAt.IsZero():
		return "已作回应，继续观察。"
	case e.Curve == CurveBurst || e.Curve == CurveGrowing:
		return "仍在上升，宜尽快公开回应。"
	case e.Tier.Rank() >= TierCity.Rank():
		return "增势已缓，但已有" + e.Tier.Label() + "关注，仍须留意。"
	}
	return "目前没有继续扩散的迹象。"
}

// eventTrend reads the hourly curve: the last six hours beside the six before, and
// the hour that had most.
func eventTrend(e Event, now time.Time) []Remark {
	count := func(from, to time.Time) int {
		n := 0
		for t := from; t.Before(to); t = t.Add(time.Hour) {
			n += e.Hours[t.In(Beijing).Format("2006-01-02T15")]
		}
		return n
	}
	hour := now.Truncate(time.Hour).Add(time.Hour)
	last, before := count(hour.Add(-6*time.Hour), hour), count(hour.Add(-12*time.Hour), hour.Add(-6*time.Hour))
	out := []Remark{{Text: fmt.Sprintf("最近6小时新增%d条，此前6小时%d条，态势判断为“%s”。", last, before, wordOr(e.Curve.Label(), "未定"))}}
	peak, at := 0, ""
	for h, n := range e.Hours {
		if n > peak || n == peak && h < at {
			peak, at = n, h
		}
	}
	if t, err := time.ParseInLocation("2006-01-02T15", at, Beijing); err == nil {
		out = append(out, Remark{Text: fmt.Sprintf("峰值出现在%s，1小时%d条。", MomentText(t), peak)})
	}
	if e.Tier.Rank() >= TierCity.Rank() {
		out = append(out, Remark{Text: "已有" + e.Tier.Label() + "关注，扩散面可能继续扩大。"})
	}
	return out
}

// eventAdvice follows the strategies of 国办发〔2016〕61号 and 80号 and the clocks.
func eventAdvice(e Event, c *Case, now time.Time) []Remark {
	var out []Remark
	add := func(text string) { out = append(out, Remark{Text: text}) }
	if c == nil {
		add("尽快研判是否回应；需要处置的，定级交办。")
	} else {
		for _, k := range c.Clocks {
			if k.Running() && k.Unit == "" && k.Kind != ClockJudge {
				word := "须于" + MomentText(k.Due) + "前完成"
				if k.Due.Before(now) {
					word = "已过时限，须立即完成"
				}
				add(k.Kind.Label() + word + "（" + k.Rule + "）。")
			}
		}
	}
	if rumor := (Matter{e, c}).Rumor(); rumor == RumorUnverified || rumor == RumorRefuted {
		add("先核实再定性；不实的公布事实，请公安、网信部门依法处置。")
	}
	if e.Has(FlagMisreading) {
		add("请政策起草单位对照条款解读，谁起草、谁解读。")
	}
	if e.Has(FlagMinor) {
		add("涉及未成年人，对外口径不得出现可辨认个人的信息。")
	}
	if c != nil && len(c.Units) > 1 {
		add("主办、协办单位统一口径，由主办单位一个出口发布。")
	}
	if e.Negative > 0 {
		add("回应针对群众所问；确有困难和问题的，公布解决办法和时间。")
	}
	return out
}
