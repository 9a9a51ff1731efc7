package huiying

import (
	"slices"
	"strings"
	"time"
)

// Part is what a case is split off for (拆分): a matter of its own that came in
// with another one.
type Part struct {
	Title    string   `json:"title"`
	Summary  string   `json:"summary,omitempty"`
	Category string   `json:"category,omitempty"`
	Posts    []PostID `json:"posts,omitempty"` // the evidence it takes along
}

func (c *Case) checkPart(p *Part) (string, error) {
	if p == nil || strings.TrimSpace(p.Title) == "" {
		return "", Invalid("split.title", "请写明拆出的是哪件事")
	}
	if err := checkTitle("split.title", p.Title); err != nil {
		return "", err
	}
	if err := checkCategory("split.category", p.Category); err != nil {
		return "", err
	}
	for _, id := range p.Posts {
		if !slices.ContainsFunc(c.Evidence, func(e Evidence) bool { return e.Post == id }) {
			return "", Invalid("split.posts", "%s 不是本单的依据", id)
		}
	}
	return "拆出“" + strings.TrimSpace(p.Title) + "”", nil
}

// Part drafts the case that is split off this one; [Open] makes it.
func (c Case) Part(p Part) Case {
	out := Case{
		Region: c.Region, Queue: c.Queue, Level: c.Level, Title: p.Title, Summary: p.Summary, Category: p.Category, Drill: c.Drill,
		Places: c.Places, EventAt: c.EventAt, FirstSeenAt: c.FirstSeenAt, SplitFrom: c.ID, RoutingNote: "自 " + c.Number + " 拆出",
		Reasons: []Reason{{Rule: "拆分", Text: "沿用原单等级"}},
	}
	for _, e := range c.Evidence {
		if slices.Contains(p.Posts, e.Post) {
			out.Evidence = append(out.Evidence, e)
		}
	}
	return out
}

// Absorb takes in a case that was merged into this one (合并): its evidence comes
// along, and the lead unit is told.
func (c Case) Absorb(o Case, by Person, now time.Time) (Case, Outcome, error) {
	switch {
	case c.State.Ended():
		return c, Outcome{}, Errorf(CodeConflict, "%s 已经%s，不能并入；如有反弹请先重开", c.Number, c.State.Label())
	case c.Region.County() != o.Region.County():
		return c, Outcome{}, Invalid("into", "%s 是别的县的交办单", c.Number)
	case c.Drill != o.Drill:
		return c, Outcome{}, Invalid("into", "演练单与实办单不能合并")
	}
	next := c.clone()
	for _, e := range o.Evidence {
		if !slices.ContainsFunc(next.Evidence, func(x Evidence) bool { return x.Post == e.Post }) {
			next.Evidence = append(next.Evidence, e)
		}
	}
	next.Version++
	next.Rev++
	out := Outcome{Entries: []Entry{{At: now, Action: ActAbsorb, By: by, Detail: o.Number + " “" + o.Title + "”"}}}
	if lead := c.Lead(); lead != "" {
		out.Notices = []Notice{{Kind: NoticeChanged, Unit: lead, To: string(Liaison), Text: o.Number + " 并入本单"}}
	}
	next.stamp(&out, c)
	return next, out, nil
}
