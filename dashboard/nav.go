package dashboard

import "slices"

// nav is what a person may open, in the order it is shown. A long one folds into
// groups, so that it fits a screen of 768 px.
type nav []navEntry

type navEntry struct {
	Path, Label, Icon string
	Count             int
	Current           bool
}

// navGroup is the second level; Open while the page shown is one of its own.
type navGroup struct {
	Label   string
	Entries []navEntry
	Open    bool
}

// navGroups say which pages fold under what, in order; all others stand by themselves.
var navGroups = []string{"统计与考核", "值班与规则", "系统管理"}

var navGroupOf = map[string]string{
	"/stats": "统计与考核", "/reports": "统计与考核", "/appraisal": "统计与考核", "/drills": "统计与考核", "/wall": "统计与考核",
	"/roster": "值班与规则", "/units": "值班与规则", "/policies": "值班与规则", "/rules": "值班与规则", "/sources": "值班与规则", "/models": "值班与规则",
	"/channels": "系统管理", "/users": "系统管理", "/tokens": "系统管理", "/audit": "系统管理", "/system": "系统管理",
}

// unfolded is how many entries stand in one list without groups.
const unfolded = 10

// Single are the entries that stand by themselves; of a short list all.
func (n nav) Single() []navEntry {
	if len(n) <= unfolded {
		return n
	}
	return n.in("")
}

// Groups are the others.
func (n nav) Groups() []navGroup {
	if len(n) <= unfolded {
		return nil
	}
	var out []navGroup
	for _, label := range navGroups {
		g := navGroup{Label: label, Entries: n.in(label)}
		g.Open = slices.ContainsFunc(g.Entries, func(e navEntry) bool { return e.Current })
		if len(g.Entries) > 0 {
			out = append(out, g)
		}
	}
	return out
}

func (n nav) in(group string) []navEntry {
	var out []navEntry
	for _, e := range n {
		if navGroupOf[e.Path] == group {
			out = append(out, e)
		}
	}
	return out
}

// tabsShown is how many entries the thumb's row at the bottom of a phone holds.
const tabsShown = 4

// Tabs are the entries of that row; More are those behind its last button.
func (n nav) Tabs() []navEntry { tabs, _ := n.tabs(); return tabs }

func (n nav) More() []navEntry { _, more := n.tabs(); return more }

func (n nav) tabs() (tabs, more []navEntry) {
	first := []string{"/", "/posts", "/cases", "/notices", "/stats", "/channels", "/users", "/audit", "/system", "/roster"}
	for _, path := range first {
		for _, e := range n {
			if e.Path == path && len(tabs) < tabsShown {
				tabs = append(tabs, e)
			}
		}
	}
	for _, e := range n {
		if !slices.Contains(tabs, e) {
			more = append(more, e)
		}
	}
	return tabs, more
}
