package county

import (
	"io/fs"
	"net/url"
	"path"

	"huiying"
)

// policyFolder holds one file a policy; it may be missing or empty.
const policyFolder = "policies"

// policyFiles are the policies of a county folder, by name.
func policyFiles(fsys fs.FS) []string {
	names, err := fs.Glob(fsys, policyFolder+"/*.yaml")
	if err != nil {
		panic(err) // the pattern is right
	}
	return names
}

// policyEntry is a policy as its file writes it.
type policyEntry struct {
	Title          string         `yaml:"title"`
	Number         string         `yaml:"number"`
	Sample         bool           `yaml:"sample"`
	Unit           huiying.UnitID `yaml:"unit"`
	Issued         date           `yaml:"issued"`
	To             date           `yaml:"to"`
	Source         string         `yaml:"source"`
	Interpretation string         `yaml:"interpretation"`
	Explanation    string         `yaml:"explanation"`
	Names          []string       `yaml:"names"`
	Clauses        []clauseEntry  `yaml:"clauses"`
}

type clauseEntry struct {
	Article string   `yaml:"article"`
	Text    string   `yaml:"text"`
	Words   []string `yaml:"words"`
}

func (e policyEntry) policy() huiying.Policy {
	p := huiying.Policy{
		Title: e.Title, Number: e.Number, Sample: e.Sample, Unit: e.Unit, Issued: e.Issued.Time, To: e.To.Time,
		Source: e.Source, Interpretation: e.Interpretation, Explanation: e.Explanation, Names: e.Names,
	}
	for _, c := range e.Clauses {
		p.Clauses = append(p.Clauses, huiying.Clause(c))
	}
	return p
}

func (l *loader) loadPolicies() {
	files := make(map[string]string) // 文号 → file
	for _, name := range policyFiles(l.fsys) {
		var e policyEntry
		d := l.open(name, &e)
		l.checkPolicy(d, e)
		if before, twice := files[e.Number]; twice && e.Number != "" {
			d.blame("number", "文号 %s 重复，%s 已用", e.Number, before)
		}
		files[e.Number] = path.Base(name)
		l.county.Policies = append(l.county.Policies, e.policy())
	}
}

func (l *loader) checkPolicy(d *document, e policyEntry) {
	d.need("title", e.Title)
	d.need("number", e.Number)
	d.need("unit", string(e.Unit))
	if e.Unit != "" {
		l.checkUnits(d, "unit", []huiying.UnitID{e.Unit})
	}
	switch {
	case e.Issued.IsZero():
		d.blame("issued", "缺少 issued：写成文日期")
	case !e.To.IsZero() && !e.Issued.Before(e.To.Time):
		d.blame("to", "失效日期应在成文日期之后")
	}
	d.need("source", e.Source)
	d.address("source", e.Source)
	d.address("interpretation", e.Interpretation)
	d.words("names", e.Names)
	if len(e.Clauses) == 0 {
		d.blame("clauses", "一条条款也没有")
	}
	lines := make(map[string]int)
	for i, c := range e.Clauses {
		at := index("clauses", i)
		d.need(at+".article", c.Article)
		d.need(at+".text", c.Text)
		d.words(at+".words", c.Words)
		if before, twice := lines[c.Article]; twice && c.Article != "" {
			d.blame(at+".article", "%s 重复，第 %d 行已有", c.Article, before)
		}
		lines[c.Article] = d.line(at + ".article")
	}
}

// address reports what is neither empty nor an address of the web.
func (d *document) address(path, value string) {
	if value == "" {
		return
	}
	if u, err := url.Parse(value); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		d.blame(path, "地址应以 http:// 或 https:// 开头，收到 %q", value)
	}
}
