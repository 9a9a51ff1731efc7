package county

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"huiying"
)

// word is what a county's own offices call it: 县委, 市委, 区委, 旗委.
func (c *neighbourhood) word() string {
	for _, w := range []string{"县", "市", "旗", "省", "州", "盟"} {
		if strings.HasSuffix(c.name, w) {
			return w
		}
	}
	return "区"
}

// wording turns the words a county says of itself into those of this one.
func (c *neighbourhood) wording() *strings.Replacer {
	w := c.word()
	pairs := []string{"县域", "县域", "县城市", w + "城市", "县城", cmp.Or(map[string]string{"县": "县城", "区": "城区", "旗": "旗县城"}[w], "市区"), "县级", "县级", "省市县", "省市县"}
	return strings.NewReplacer(append(pairs, "县", w)...)
}

// municipal reports whether the county lies right under Beijing, Tianjin, Shanghai
// or Chongqing: its bureaus are its own then.
func (c *neighbourhood) municipal() bool { return slices.Contains(municipalities, c.code[:2]) }

// municipalities have counties and no prefectures.
var municipalities = []huiying.Region{"11", "12", "31", "50"}

// branch is the name of a prefecture's office for a county: 吕梁市生态环境局交城分局.
func (c *neighbourhood) branch(bureau string) string {
	names := withinOf(c.above)
	return names[len(names)-1] + bureau + ShortName(c.name) + "分局"
}

// full is the county's name with the prefecture's before it where there may be
// several districts of the name: 太原市小店区.
func (c *neighbourhood) full() string {
	if names := withinOf(c.above); c.word() == "区" && len(names) > 0 {
		return names[len(names)-1] + c.name
	}
	return c.name
}

// southern are the provinces China Southern Power Grid serves.
var southern = []huiying.Region{"44", "45", "46", "52", "53"}

// vertical names the offices that do not belong to the county, and those that go
// by its own name.
func (c *neighbourhood) vertical(id huiying.UnitID, name string) string {
	underPrefecture := len(withinOf(c.above)) > 1
	switch {
	case id == "sthj" && underPrefecture:
		return c.branch("生态环境局")
	case id == "sthj":
		return c.word() + "生态环境局"
	case id == huiying.PoliceUnit && c.word() == "区" && (underPrefecture || c.municipal()):
		return c.branch("公安局")
	case id == "swj":
		return "国家税务总局" + c.full() + "税务局"
	case id == "gdgs" && slices.Contains(southern, c.code[:2]):
		return c.full() + "供电局"
	case id == "gdgs" && c.code[:2] == "15":
		return c.full() + "供电公司"
	case id == "gdgs":
		return "国网" + c.full() + "供电公司"
	case id == "kfq":
		return ShortName(c.name) + "经济开发区"
	}
	return name
}

// unitsText lists the usual units of a county under the names they have here, then
// its townships.
func (c *neighbourhood) unitsText(model *huiying.County) string {
	var out strings.Builder
	units := c.units(model)
	fmt.Fprintf(&out, `# 单位名录：%d 个单位（%d 个部门、%d 个乡镇街道），每单位四类联系人。
#
# 依据：
#   惯例  部门是县级通常的设置，按“%s”的叫法改了名；不是公布的机构名单，启用前请逐一核对，
#         也可以在“机构与人员”导出表格，改好整表传回。
#   规则  乡镇街道按国家统计局区划表。协调部门、责任人、联络人、承办人四类联系人——交政办发〔2020〕78号；
#         pilot_areas 为国办发〔2019〕54号的 26 个试点领域。
#   默认  bureaus 为来信按部门分类时它对应的部门；联系人为岗位占位，没有真实姓名与电话，启用前请填写。
#
# 用法：单位改名保留 id、改 name；合并或撤销写 to（当日起失效），新单位另起一个 id 并写 from。
#       投入使用以后不要删除或挪用一个 id：台账里还要用它。
# 各字段的含义见 docs/rules.md。

units:`, len(units), len(units)-len(c.townships), len(c.townships), c.word())
	for _, u := range units {
		out.WriteString("\n")
		for i, f := range unitFields(u) {
			if f.text != "" {
				fmt.Fprintf(&out, "%s%s: %s\n", map[bool]string{true: "  - ", false: "    "}[i == 0], f.key, f.text)
			}
		}
	}
	return out.String()
}

func (c *neighbourhood) units(model *huiying.County) []huiying.Unit {
	var out []huiying.Unit
	say := c.wording().Replace
	turn := func(p huiying.Contact) huiying.Contact {
		p.Name, p.Title = say(p.Name), say(p.Title)
		return p
	}
	for _, u := range model.Units {
		if u.Township != "" {
			continue
		}
		u.Region = c.code
		if u.Name == c.vertical(u.ID, u.Name) {
			u.Name = say(u.Name)
		} else {
			u.Name = c.vertical(u.ID, u.Name)
		}
		u.Short, u.Kind, u.Duty = say(u.Short), say(u.Kind), say(u.Duty)
		u.Department, u.Head, u.Liaison, u.Handler = say(u.Department), turn(u.Head), turn(u.Liaison), turn(u.Handler)
		u.Keywords = c.keywords(model, u.Keywords)
		out = append(out, u)
	}
	for _, d := range c.townships {
		out = append(out, townshipUnit(c.code, d))
	}
	return out
}

// keywords leaves out those that name a place of the model county.
func (c *neighbourhood) keywords(model *huiying.County, words []string) []string {
	var out []string
	for _, w := range words {
		local := slices.ContainsFunc(model.Divisions, func(d huiying.Division) bool {
			return d.Kind != "village" && d.Kind != "community" && (strings.Contains(w, d.Name) || strings.Contains(w, ShortName(d.Name)))
		})
		if w = c.wording().Replace(w); !local && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// townshipUnit is the government of a township, the office of a sub-district, or
// what runs a farm or a development zone that counts as one.
func townshipUnit(region huiying.Region, d huiying.Division) huiying.Unit {
	name, kind, head, office := d.Name, "乡镇", "负责人", "综合办公室"
	switch {
	case strings.HasSuffix(d.Name, "街道"):
		name, kind, head, office = d.Name+"办事处", "街道", "主任", "党政综合办公室"
	case strings.HasSuffix(d.Name, "镇"):
		name, head, office = d.Name+"人民政府", "镇长", "党政综合办公室"
	case strings.HasSuffix(d.Name, "乡"):
		name, head, office = d.Name+"人民政府", "乡长", "党政综合办公室"
	case strings.HasSuffix(d.Name, "苏木"):
		name, head, office = d.Name+"人民政府", "苏木达", "党政综合办公室"
	}
	id := huiying.UnitID("t" + string(d.Code[6:]))
	who := func(role, title, post string) huiying.Contact {
		return huiying.Contact{Name: d.Name + role, Title: title, User: huiying.UserID(string(id) + post)}
	}
	u := huiying.Unit{
		ID: id, Region: region, Name: name, Short: d.Name, Kind: kind, Township: d.Code,
		Duty:     "属地责任：先期核实、现场处置、配合主管部门回应；村级三资与村务",
		Keywords: []string{d.Name}, Department: office,
		Head: who("责任人", head, "-head"), Liaison: who("联络人", office+"负责人", "-liaison"), Handler: who("承办人", "综合执法与社会事务岗", "-handler"),
	}
	if kind == "街道" {
		u.Duty = "属地责任：先期核实、现场处置、配合主管部门回应；社区事务"
	}
	return u
}
