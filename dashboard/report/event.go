package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"huiying"
)

// eventView is a 专报, 快报 or 急报 of one event.
type eventView struct {
	frame
	Title     Link          `word:"标题"`
	Topic     string        `word:"事由"`
	Lead      string        `word:"导语"`
	Level     string        `word:"等级"`
	Reasons   string        `word:"定级依据"`
	Summary   string        `word:"事件简述"`
	FirstAt   string        `word:"首发时间"`
	First     Link          `word:"首发来源"`
	Places    string        `word:"地点"`
	Flags     string        `word:"特别关注"`
	Posts     Link          `word:"信息量"`
	Negative  string        `word:"负面"`
	Share     string        `word:"负面占比"`
	Copies    string        `word:"近似重复"`
	Platforms string        `word:"传播平台"`
	Tier      string        `word:"媒体级别"`
	Spread    string        `word:"传播数据"`
	Curve     string        `word:"态势"`
	Keywords  string        `word:"关注焦点"`
	Chart     Picture       `word:"走势图"`
	Views     []voiceGroup  `word:"各方观点"`
	Trend     []remarkRow   `word:"趋势研判"`
	Advice    []remarkRow   `word:"工作建议"`
	Meetings  []meetingRow  `word:"会商记录"`
	Measures  string        `word:"工作措施"`
	Casualty  string        `word:"伤亡及损失"`
	Progress  string        `word:"处置进展"`
	Demands   string        `word:"群众诉求"`
	CaseNo    Link          `word:"编号"`
	Unit      string        `word:"责任单位"`
	State     string        `word:"办理状态"`
	Sources   []evidenceRow `word:"来源链接"`
}

type voiceGroup struct {
	Name   string     `word:"立场"`
	N      string     `word:"条数"`
	Voices []voiceRow `word:"言论"`
}

type voiceRow struct {
	Text   string `word:"内容"`
	Source Link   `word:"来源"`
	At     string `word:"时间"`
}

type meetingRow struct {
	At         string `word:"时间"`
	People     string `word:"参加"`
	Conclusion string `word:"结论"`
	Level      string `word:"建议等级"`
	Reasons    string `word:"理由"`
}

const (
	eventPosts  = 2000 // of an event that are read
	voicesShown = 3    // of each standpoint
	sourceRows  = 5
)

func (r *Reporter) event(ctx context.Context, o Order) (any, string, error) {
	e, c, err := r.eventAndCase(ctx, o)
	if err != nil {
		return nil, "", err
	}
	posts, err := r.postsOf(ctx, e)
	if err != nil {
		return nil, "", err
	}
	units, err := r.units(ctx)
	if err != nil {
		return nil, "", err
	}
	b := huiying.BriefingOf(e, c, posts, o.Now)
	v := eventView{
		frame: r.frame(o), Title: r.link(e.Title, eventPath(e.ID)), Topic: topicOf(e.Title), Lead: b.Lead, Level: b.Level.Label(), Reasons: reasonsOf(e.Reasons), Summary: b.Summary,
		FirstAt: moment(e.FirstAt, o.Now), First: Link{e.FirstSource, e.FirstURL}, Places: places(e.Places), Flags: flagsOf(e.Flags), Posts: r.link(number(e.Posts), eventPath(e.ID)),
		Negative: number(e.Negative), Share: percent(e.Negative, e.Posts), Copies: number(e.Duplicates), Tier: e.Tier.Label(), Curve: orDash(e.Curve.Label()),
		Spread:   fmt.Sprintf("阅读%s，点赞%s，评论%s，转发%s", number(int(e.Engagement.Views)), number(int(e.Engagement.Likes)), number(int(e.Engagement.Comments)), number(int(e.Engagement.Reposts))),
		Keywords: orDash(strings.Join(e.Keywords[:min(8, len(e.Keywords))], "、")), Platforms: platforms(e), Unit: "待定", State: "未交办", Measures: "尚无记录。", Casualty: "尚无核实的记录。", Progress: "尚未交办。",
		Trend: r.remarks(b.Trend, o.Edits.Risks), Advice: r.remarks(b.Advice, o.Edits.Advice), Demands: orDash(b.Demands),
	}
	if e.Has(huiying.FlagDeath) || e.Has(huiying.FlagCasualty) {
		v.Casualty = "信息中提到" + flagsOf(slices.DeleteFunc(slices.Clone(e.Flags), func(f huiying.Flag) bool { return f != huiying.FlagDeath && f != huiying.FlagCasualty })) + "，尚待核实。"
	}
	if len(e.Units) > 0 {
		v.Unit = units.Name(e.Units[0].Unit) + "（建议）"
	}
	if c != nil {
		r.ofCase(&v, *c, units)
	}
	for _, g := range b.Voices {
		row := voiceGroup{Name: g.Name, N: number(g.N)}
		for _, p := range g.Posts[:min(voicesShown, len(g.Posts))] {
			row.Voices = append(row.Voices, voiceRow{huiying.Clip(strings.Join(strings.Fields(p.Post.Text), " "), 120), Link{p.Post.Source, p.Post.URL}, moment(p.Post.PublishedAt, o.Now)})
		}
		v.Views = append(v.Views, row)
	}
	for i, p := range posts[:min(sourceRows, len(posts))] {
		v.Sources = append(v.Sources, evidenceRow{order(i), p.Post.Source, p.Post.Channel.Label(), Link{huiying.Clip(p.Post.Headline(), 40), p.Post.URL}, stamp(p.Post.PublishedAt), number(int(p.Post.Engagement.Interactions()))})
	}
	if o.Kind != huiying.ReportSpecial { // one page
		v.Title.Text = huiying.Clip(strings.Trim(v.Topic, "“”"), 20)
	}
	if o.Kind == huiying.ReportFlash {
		v.Sources = v.Sources[:min(3, len(v.Sources))]
		for i := range v.Sources {
			v.Sources[i].Headline.Text = huiying.Clip(v.Sources[i].Headline.Text, 18)
		}
		v.Summary, v.Measures = huiying.Clip(oneLine(v.Summary), 100), huiying.Clip(oneLine(v.Measures), 60)
	}
	if v.Chart, err = trendChart(eventPoints(e, o.Now), "时", false); err != nil {
		return nil, "", fmt.Errorf("drawing the curve: %w", err)
	}
	return v, o.Kind.Label() + "：" + huiying.Clip(e.Title, 30), nil
}

// topicOf is what a title is about, as a heading names it: the topic a post on
// Weibo gives (#…# or 【…】), else its first sentence.
func topicOf(title string) string {
	if _, rest, ok := strings.Cut(title, "#"); ok {
		if topic, _, ok := strings.Cut(rest, "#"); ok && strings.TrimSpace(topic) != "" {
			return "“" + strings.TrimSpace(topic) + "”"
		}
	}
	if rest, ok := strings.CutPrefix(title, "【"); ok {
		if topic, _, ok := strings.Cut(rest, "】"); ok && topic != "" {
			title = topic
		}
	}
	if i := strings.IndexAny(title, "。！？!?；;"); i > 0 {
		title = title[:i]
	}
	return "“" + huiying.Clip(strings.TrimSpace(title), 30) + "”"
}

// oneLine runs the lines of a text on: in the middle of a paragraph a line's end
// would be drawn out to the margin.
func oneLine(s string) string { return strings.ReplaceAll(s, "\n", "") }

func (r *Reporter) ofCase(v *eventView, c huiying.Case, units *huiying.Directory) {
	v.CaseNo, v.Unit, v.State = r.link(c.Number, casePath(c.ID)), unitsOfCase(c, units), c.State.Label()
	v.Progress = c.State.Label() + "。"
	if n := len(c.Feedback); n > 0 {
		f := c.Feedback[n-1]
		v.Measures, v.Progress = f.Measures, "核实结论："+f.Finding.Label()+"。"+f.Facts+f.Progress
	}
	for _, x := range c.Responses {
		through := ""
		if x.Outlet != "" {
			through = "通过" + x.Outlet
		}
		v.Progress += "\n" + huiying.MomentText(x.At) + through + forms(x.Forms) + "。"
	}
	for _, k := range c.Consultations {
		row := meetingRow{At: huiying.MomentText(k.At), People: k.People, Conclusion: strings.TrimRight(k.Conclusion, "。"), Level: "—", Reasons: strings.TrimRight(k.Reasons, "。")}
		if k.Level != huiying.NoLevel {
			row.Level = k.Level.Label()
		}
		v.Meetings = append(v.Meetings, row)
	}
}

func (r *Reporter) eventAndCase(ctx context.Context, o Order) (huiying.Event, *huiying.Case, error) {
	var c *huiying.Case
	id := o.Event
	if o.Case != "" {
		found, err := r.cfg.Ledger.Case(ctx, o.Case)
		if err != nil {
			return huiying.Event{}, nil, fmt.Errorf("reading the case of a report: %w", err)
		}
		c, id = &found, cmp.Or(id, found.Event)
		if id == "" {
			return huiying.Event{}, nil, huiying.Invalid("case", "%s 没有对应的事件，不能写%s", found.Number, o.Kind.Label())
		}
	}
	if id == "" {
		return huiying.Event{}, nil, huiying.Invalid("event", "%s须指明事件（event）或交办单（case）", o.Kind.Label())
	}
	e, err := r.cfg.Ledger.Event(ctx, id)
	if err != nil {
		return e, nil, fmt.Errorf("reading the event of a report: %w", err)
	}
	if c == nil && e.Case != "" {
		found, err := r.cfg.Ledger.Case(ctx, e.Case)
		if err != nil && !errors.Is(err, huiying.ErrNotFound) {
			return e, nil, fmt.Errorf("reading the case of an event: %w", err)
		}
		if err == nil {
			c = &found
		}
	}
	return e, c, nil
}

// postsOf are the posts of an event, near-copies left out, those with most
// interactions first.
func (r *Reporter) postsOf(ctx context.Context, e huiying.Event) ([]huiying.Assessed, error) {
	links, err := r.cfg.Ledger.EventPosts(ctx, e.ID, eventPosts)
	if err != nil {
		return nil, fmt.Errorf("reading the members of an event: %w", err)
	}
	links = slices.DeleteFunc(links, func(l huiying.EventPost) bool { return l.Duplicate })
	var out []huiying.Assessed
	for part := range slices.Chunk(links, huiying.MaxLimit) {
		ids := make([]huiying.PostID, len(part))
		for i, l := range part {
			ids[i] = l.Post
		}
		found, err := r.cfg.Archive.Posts(ctx, huiying.PostQuery{IDs: ids, Limit: len(ids)})
		if err != nil {
			return nil, fmt.Errorf("reading the posts of an event: %w", err)
		}
		out = append(out, found.Items...)
	}
	slices.SortStableFunc(out, func(a, b huiying.Assessed) int {
		return cmp.Or(cmp.Compare(b.Post.Engagement.Interactions(), a.Post.Engagement.Interactions()), a.Post.PublishedAt.Compare(b.Post.PublishedAt), cmp.Compare(a.Post.ID, b.Post.ID))
	})
	return out, nil
}

func platforms(e huiying.Event) string {
	var out []string
	for _, c := range huiying.Channels {
		if n := e.Channels[c]; n > 0 {
			out = append(out, c.Label()+number(n)+"条")
		}
	}
	return orDash(strings.Join(out, "、"))
}

// eventPoints are the last 48 hours of an event, or all of it when it is shorter.
func eventPoints(e huiying.Event, now time.Time) []point {
	from, to := e.FirstAt.Truncate(time.Hour), e.LastAt.Truncate(time.Hour).Add(time.Hour)
	if span := 48 * time.Hour; to.Sub(from) > span {
		from = to.Add(-span)
	}
	var out []point
	for t := from; t.Before(to) && !t.After(now); t = t.Add(time.Hour) {
		at := t.In(huiying.Beijing)
		p := point{all: e.Hours[at.Format("2006-01-02T15")]}
		if last := to.Sub(t) <= 2*time.Hour; at.Hour()%6 == 0 && !last || len(out) == 0 { // at the edge a label would be cut
			p.label = at.Format("2日15时")
		}
		out = append(out, p)
	}
	return out
}
