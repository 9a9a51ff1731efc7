package sample

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"huiying"
)

//go:embed past/matters.yaml
var matters []byte

// Matter is something that was answered, or not, in the weeks before the demo
// began. It is made up like all the rest; its times are those of the day, so that
// nobody acknowledges at three in the morning.
type Matter struct {
	Day     int              `yaml:"day"` // days before the start
	At      string           `yaml:"at"`  // of the first post: 09:12
	Site    Place            `yaml:"site"`
	Title   string           `yaml:"title"`
	Text    string           `yaml:"text"`
	Spread  Spread           `yaml:"spread"`
	Echo    int              `yaml:"echo"` // further posts about it
	Lead    huiying.UnitID   `yaml:"lead"`
	Help    []huiying.UnitID `yaml:"help"`
	Instead huiying.UnitID   `yaml:"instead"` // who has it after the lead returned it
	Course  Course           `yaml:"course"`
}

// Past reads the matters, the oldest first.
func Past() ([]Matter, error) {
	var f struct {
		Matters []Matter `yaml:"matters"`
	}
	if err := yaml.UnmarshalWithOptions(matters, &f, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("past/matters.yaml: %w", err)
	}
	for _, m := range f.Matters {
		if _, err := m.first(time.Now()); err != nil || places[m.Site].name == "" || courses[m.Course] == nil || m.Day < 1 || m.Text == "" {
			return nil, huiying.Invalid("past", "这件往例写得不对：%s%s（%v）", m.Title, huiying.Clip(m.Text, 20), err)
		}
	}
	return f.Matters, nil
}

// first is when the matter was first published, seen from the start of the demo.
func (m Matter) first(start time.Time) (time.Time, error) {
	clock, err := time.Parse("15:04", m.At)
	y, month, d := start.In(huiying.Beijing).AddDate(0, 0, -m.Day).Date()
	return time.Date(y, month, d, clock.Hour(), clock.Minute(), 0, 0, huiying.Beijing), err
}

// echoes are what others write below, or pass on with a word of their own.
var echoes = []string{
	"“%s”，我家也是这样，已经反映过一次了，没有下文。",
	"转：%s。有知道情况的出来说一声，到底归谁管？",
	"路过亲眼看到，说的都是真的：%s。希望有关部门来看看。",
	"同问，%s，什么时候能有个答复？",
}

// Posts are the matter's posts as collectors brought them, the first one first.
func (m Matter) Posts(start time.Time) []huiying.Post {
	at, _ := m.first(start) // Past has looked
	make1 := func(site Place, title, text string, at time.Time, e huiying.Engagement) huiying.Post {
		p := places[site]
		return huiying.Post{
			Region: home, Source: p.name, Channel: p.channel, Tier: p.tier, Title: title, Text: text, PublishedAt: at, Engagement: e,
		}
	}
	out := []huiying.Post{make1(m.Site, m.Title, m.Text, at, m.Spread.Start)}
	about := m.Title
	if about == "" {
		about = strings.TrimRight(huiying.Clip(m.Text, 40), "…，。")
	}
	for i := range m.Echo {
		site := []Place{Life, Weibo, Forum}[i%3]
		out = append(out, make1(site, "", fmt.Sprintf(echoes[i%len(echoes)], about), at.Add(time.Duration(i+1)*47*time.Minute), huiying.Engagement{Views: 120, Likes: 2, Comments: 3}))
	}
	return out
}

// Play takes the case of the matter along its course until the demo begins: what
// people did by the case's own rules, and what its clocks put on record meanwhile.
// The draft is what its event makes of it.
func (m Matter) Play(draft huiying.Case, rules *huiying.Rules, until time.Time) (huiying.CaseWrite, error) {
	p := &player{rules: rules, m: m, until: until, at: draft.FirstSeenAt.Add(m.luck("open", time.Minute, 5*time.Minute))}
	c, out, err := huiying.Open(draft, huiying.TheSystem(home), rules, p.at)
	if err != nil {
		return huiying.CaseWrite{}, fmt.Errorf("open %q: %w", draft.Title, err)
	}
	p.c, p.entries = c, out.Entries
	courses[m.Course](p)
	p.tick(until)
	if p.err != nil {
		return huiying.CaseWrite{}, fmt.Errorf("play %q: %w", draft.Title, p.err)
	}
	p.c.Version, p.c.Rev = 1, 1
	w := huiying.CaseWrite{Case: p.c, Change: huiying.Change{Entries: p.entries, Word: rules.NumberWord}}
	w.Change.NextAt, w.Change.HasNext = p.c.NextAt(rules)
	for _, e := range p.entries {
		w.Change.Audit = append(w.Change.Audit, huiying.Audit{
			At: e.At, Region: home, Who: e.By.User, Role: e.By.Role, Action: "case." + string(e.Action), Object: string(p.c.ID),
			Detail: strings.TrimSpace("演示往例 " + e.Reason + " " + e.Detail),
		})
	}
	slices.SortStableFunc(w.Change.Audit, func(a, b huiying.Audit) int { return a.At.Compare(b.At) })
	return w, nil
}

// luck is a span between two, fixed by the matter and what it is for.
func (m Matter) luck(what string, from, to time.Duration) time.Duration {
	return from + time.Duration(lucky(0, m.Title, m.Text, what)*float64(to-from))
}
