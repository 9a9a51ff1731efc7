package county

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"huiying"
)

// model is the county whose rules, units and report templates others begin with.
const model huiying.Region = "141122"

// drafted is the folder of a county made from the table of divisions: its own
// files, and for all others those of the model county.
type drafted struct {
	fs.FS                   // of the model county
	own   map[string]string // by name
}

// draft makes the folder of a county: its townships and the lands to tell it from
// as the table has them, the usual units under their names here, the model county's
// rules. Policies are left out: each county has its own.
func draft(region huiying.Region) (fs.FS, error) {
	c, err := landsAbout(region)
	if err != nil {
		return nil, err
	}
	return c.folder(map[string]string{countyFile: c.countyText(), divisionsFile: c.divisionsText(), unitsFile: c.unitsText(modelCounty())})
}

// modelCounty is the model as it loads.
var modelCounty = sync.OnceValue(func() *huiying.County {
	base, err := fs.Sub(embedded, string(model))
	if err != nil {
		panic(err) // it is built in
	}
	c, err := Load(base)
	if err != nil {
		panic(err) // a test loads it
	}
	return c
})

// neighbourhood is a county with what the table says around it.
type neighbourhood struct {
	listed
	above     []listed // province, prefecture
	townships []huiying.Division
	neighbors []string
}

// landsAbout reads a county and its surroundings from the table.
func landsAbout(region huiying.Region) (neighbourhood, error) {
	c := neighbourhood{}
	text := chinese()
	for line := range strings.Lines(text) {
		at := listedIn(strings.TrimSuffix(line, "\n"))
		switch {
		case at.code == region && len(region) == codeLength["county"]:
			c.listed = at
		case len(at.code) < codeLength["county"] && at.code.Covers(region):
			c.above = append(c.above, at)
		case len(at.code) == codeLength["township"] && region.Covers(at.code):
			d := huiying.Division{Code: at.code, Name: at.name, Kind: "township", Common: at.common}
			if short := ShortName(at.name); short != at.name && short+"乡" != at.name && short+"镇" != at.name {
				d.Bare = short // 九里 of 九里满族乡
			}
			c.townships = append(c.townships, d)
		}
	}
	if c.code == "" {
		return c, huiying.Errorf(huiying.CodeNotFound, "没有代码为 %q 的县级行政区划", region)
	}
	c.common = c.common || slices.ContainsFunc(c.above, func(a listed) bool { return strings.HasPrefix(a.name, ShortName(c.name)) }) // 铁岭县 in 铁岭市
	c.look(text)
	return c, nil
}

// look counts namesakes and collects the lands not to be confused with this one:
// the others of its prefecture, and those anywhere whose short name is the same.
func (c *neighbourhood) look(text string) {
	same := make(map[string]*huiying.Division)
	for i := range c.townships {
		same[c.townships[i].Name] = &c.townships[i]
	}
	province, prefecture, short := c.code[:2], c.code[:4], ShortName(c.name)
	if len(withinOf(c.above)) < 2 { // a municipality, or a county right under its province
		prefecture = c.above[len(c.above)-1].code
	}
	for line := range strings.Lines(text) {
		at := listedIn(strings.TrimSuffix(line, "\n"))
		if d := same[at.name]; d != nil && len(at.code) == codeLength["township"] {
			d.National++
			if province.Covers(at.code) {
				d.Province++
			}
		}
		if len(at.code) > codeLength["county"] || at.code == c.code || c.within(at.code) {
			continue
		}
		near := len(at.code) == codeLength["county"] && prefecture.Covers(at.code)
		if !near && ShortName(at.name) != short || at.name == c.name {
			continue
		}
		c.avoid(at.name)
		if s := ShortName(at.name); near && !at.common && s != short && !strings.HasSuffix(at.name, "区") {
			c.avoid(s)
		}
	}
}

// within reports whether a division of the table holds the county.
func (c *neighbourhood) within(code huiying.Region) bool { return code.Covers(c.code) }

func (c *neighbourhood) avoid(name string) {
	if !slices.Contains(c.neighbors, name) {
		c.neighbors = append(c.neighbors, name)
	}
}

func (c *neighbourhood) countyText() string {
	var out strings.Builder
	first, _ := utf8.DecodeRuneInString(c.name)
	fmt.Fprintf(&out, `# %s：按国家统计局区划表生成的县域目录，启用前请逐项核对。各文件与字段的含义见 docs/rules.md。
# 区划依据：%s。

code: %q # 统计用区划代码
name: %s

# 规则文件的版本与编者。改动任何规则文件都应改 version，并写明依据。
version: %q
author: 回应（默认稿，启用前须审定）

# 交办单编号的用字（默认），请改成本地的代字。
number: %s舆

# 不可与本地混淆的地方：同一市州的其他县市区，以及简称相同的地方。接壤的外市县请补上。
neighbours: %s
`, c.name, ChinaSource, c.code, c.name, modelCounty().Rules.Version[:strings.IndexByte(modelCounty().Rules.Version, '+')], string(first), cmp.Or(flow(c.neighbors), "[]"))
	return out.String()
}

func (c *neighbourhood) divisionsText() string {
	var out strings.Builder
	fmt.Fprintf(&out, `# 地名：本地和 %d 个乡镇（街道）。
#
# 依据：%s。
# 村（居）、旧名、景区和山川河流没有列入：群众说地点多用它们，请按 docs/rules.md 补上。
#
# bare 是平常的叫法；national、province 是全国、全省同名的个数，单独出现的地名越常见越不可信。
# common: true 的名称去掉通名后是常用词或别处的地名（和平、朝阳），只认全称；确实常用简称的，删去 common 即可。

within: %s

divisions:
  - {code: %q, name: %s, bare: %s, kind: county, national: 1, province: 1%s}
`, len(c.townships), ChinaSource, flow(withinOf(c.above)), c.code, c.name, ShortName(c.name), common(c.common))
	for _, d := range c.townships {
		bare := ""
		if d.Bare != "" {
			bare = ", bare: " + scalar(d.Bare)
		}
		fmt.Fprintf(&out, "  - {code: %q, name: %s%s, kind: township, national: %d, province: %d%s}\n", d.Code, scalar(d.Name), bare, d.National, d.Province, common(d.Common))
	}
	return out.String()
}

func common(yes bool) string {
	if yes {
		return ", common: true"
	}
	return ""
}

// localTerms are the model county's own words in its lexicon.
var localTerms = regexp.MustCompile(`(?s)  # 本县地名、物产.*?  # 各地通用`)

func withoutLocal(lexicon string) string {
	return localTerms.ReplaceAllString(lexicon, "  # 本县地名、物产请加在这里\n  # 各地通用")
}

// Open opens a file; a policy of the model county is none of this one.
func (d drafted) Open(name string) (fs.File, error) {
	if text, ok := d.own[name]; ok {
		return &textFile{Reader: *strings.NewReader(text), name: name}, nil
	}
	if strings.HasPrefix(name, policyFolder+"/") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return d.FS.Open(name)
}

// Glob lists the files as if they lay in one folder.
func (d drafted) Glob(pattern string) ([]string, error) {
	if ok, err := path.Match(pattern, policyFolder+"/x.yaml"); ok || err != nil {
		return nil, err
	}
	return fs.Glob(d.FS, pattern)
}

// textFile is a text as an open file; it is its own description.
type textFile struct {
	strings.Reader
	name string
}

func (f *textFile) Stat() (fs.FileInfo, error) { return f, nil }
func (*textFile) Close() error                 { return nil }
func (f *textFile) Name() string               { return path.Base(f.name) }
func (*textFile) Mode() fs.FileMode            { return 0o444 }
func (*textFile) ModTime() time.Time           { return time.Time{} }
func (*textFile) IsDir() bool                  { return false }
func (*textFile) Sys() any                     { return nil }
