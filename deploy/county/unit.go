package county

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"huiying"
)

// pilotAreas are the 26 of 国办发〔2019〕54号.
var pilotAreas = []string{
	"国土空间规划", "重大建设项目", "公共资源交易", "财政预决算", "安全生产", "税收管理", "征地补偿", "国有土地上房屋征收",
	"保障性住房", "农村危房改造", "生态环境", "公共文化服务", "公共法律服务", "扶贫", "救灾", "食品药品监管", "城市综合执法",
	"就业创业", "社会保险", "社会救助", "养老服务", "户籍管理", "涉农补贴", "义务教育", "医疗卫生", "市政服务",
}

// date is a day in a file, "2026-01-02", at midnight in Beijing.
type date struct{ time.Time }

func (t *date) UnmarshalText(b []byte) error {
	at, err := time.ParseInLocation(time.DateOnly, string(b), huiying.Beijing)
	if err != nil {
		return huiying.Invalid("date", "日期应写作 2026-01-02，收到 %q", b)
	}
	t.Time = at
	return nil
}

// mostTiles bounds the columns and rows of the townships' schematic: more could
// not be read from across a room.
const mostTiles = 8

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// unitEntry is a unit as units.yaml writes it.
type unitEntry struct {
	ID         huiying.UnitID  `yaml:"id"`
	Name       string          `yaml:"name"`
	Short      string          `yaml:"short"`
	Kind       string          `yaml:"kind"`
	Township   huiying.Region  `yaml:"township"`
	Tile       []int           `yaml:"tile"` // column, row
	Duty       string          `yaml:"duty"`
	Keywords   []string        `yaml:"keywords"`
	PilotAreas []string        `yaml:"pilot_areas"`
	Bureaus    []string        `yaml:"bureaus"`
	Superior   huiying.UnitID  `yaml:"superior"`
	From       date            `yaml:"from"`
	To         date            `yaml:"to"`
	Department string          `yaml:"department"`
	Head       huiying.Contact `yaml:"head"`
	Liaison    huiying.Contact `yaml:"liaison"`
	Handler    huiying.Contact `yaml:"handler"`
}

func (u unitEntry) unit(region huiying.Region) huiying.Unit {
	return huiying.Unit{
		ID: u.ID, Region: region, Name: u.Name, Short: u.Short, Kind: u.Kind, Township: u.Township, Tile: u.tile(), Duty: u.Duty,
		Keywords: u.Keywords, PilotAreas: u.PilotAreas, Bureaus: u.Bureaus, Superior: u.Superior, From: u.From.Time, To: u.To.Time,
		Department: u.Department, Head: u.Head, Liaison: u.Liaison, Handler: u.Handler,
	}
}

func (u unitEntry) tile() [2]int {
	if len(u.Tile) != 2 {
		return [2]int{}
	}
	return [2]int(u.Tile)
}

func (l *loader) loadUnits() {
	var f struct {
		Units []unitEntry `yaml:"units"`
	}
	d := l.open(unitsFile, &f)
	l.units = make(map[huiying.UnitID]bool)
	lines := make(map[huiying.UnitID]int)
	answered := make(map[huiying.Region]bool)
	for i, u := range f.Units {
		at := index("units", i)
		if !id.MatchString(string(u.ID)) {
			d.blame(at+".id", "编号应为小写字母开头的字母、数字和连字符，收到 %q", u.ID)
		} else if before, twice := lines[u.ID]; twice {
			d.blame(at+".id", "编号 %s 重复，第 %d 行已用", u.ID, before)
		}
		lines[u.ID] = d.line(at + ".id")
		l.units[u.ID] = true
		answered[u.Township] = true
		l.checkUnit(d, at, u)
		l.county.Units = append(l.county.Units, u.unit(l.county.Region))
	}
	above := make(map[huiying.UnitID]huiying.UnitID)
	for _, u := range f.Units {
		above[u.ID] = u.Superior
	}
	for i, u := range f.Units {
		if u.Superior != "" && !l.units[u.Superior] {
			d.blame(index("units", i)+".superior", "没有编号为 %s 的单位", u.Superior)
		}
		for up, n := u.Superior, 0; up != "" && n <= len(f.Units); up, n = above[up], n+1 {
			if up == u.ID {
				d.blame(index("units", i)+".superior", "上级单位绕成了圈：从 %s 往上又回到自己", u.ID)
				break
			}
		}
	}
	l.checkEveryTownshipAnswers(d, answered)
	for _, q := range []huiying.Queue{huiying.Online, huiying.Offline} {
		if !l.units[q.Office()] {
			d.blame("units", "缺少%s的指导单位 %s", q.Label(), q.Office())
		}
	}
}

func (l *loader) checkUnit(d *document, at string, u unitEntry) {
	d.need(at+".name", u.Name)
	d.need(at+".kind", u.Kind)
	d.need(at+".duty", u.Duty)
	d.words(at+".keywords", u.Keywords)
	for i, area := range u.PilotAreas {
		if !slices.Contains(pilotAreas, area) {
			d.blame(index(at+".pilot_areas", i), "%q 不是国办发〔2019〕54号的 26 个试点领域之一", area)
		}
	}
	for i, bureau := range u.Bureaus {
		if !slices.Contains(huiying.Bureaus, bureau) {
			d.blame(index(at+".bureaus", i), "%q 不是来信分类所用的部门，可用：%s", bureau, strings.Join(huiying.Bureaus, " "))
		}
	}
	if len(u.Tile) > 0 && (len(u.Tile) != 2 || slices.Min(u.Tile) < 1 || slices.Max(u.Tile) > mostTiles) {
		d.blame(at+".tile", "示意图位置应写作 [列, 行]，各为 1 至 %d，收到 %v", mostTiles, u.Tile)
	}
	if u.Township != "" && len(l.townships) > 0 && !l.townships[u.Township] {
		d.blame(at+".township", "没有代码为 %s 的乡镇", u.Township)
	}
	if !u.From.IsZero() && !u.To.IsZero() && !u.From.Before(u.To.Time) {
		d.blame(at+".to", "有效期不对：%s 起，却在 %s 止", u.From.Format(time.DateOnly), u.To.Format(time.DateOnly))
	}
	// 协调部门、责任人、联络人、承办人: 交政办发〔2020〕78号
	d.need(at+".department", u.Department)
	for role, c := range map[string]huiying.Contact{"head": u.Head, "liaison": u.Liaison, "handler": u.Handler} {
		d.need(at+"."+role+".name", c.Name)
		if c.User != "" && !id.MatchString(string(c.User)) {
			d.blame(at+"."+role+".user", "账号应为小写字母开头的字母、数字和连字符，收到 %q", c.User)
		}
	}
}

func (l *loader) checkEveryTownshipAnswers(d *document, answered map[huiying.Region]bool) {
	for _, v := range l.county.Divisions {
		if v.Kind == "township" && !v.Former && !answered[v.Code] {
			d.blame("units", "没有单位对%s（%s）负责，请给其政府写上 township", v.Name, v.Code)
		}
	}
}
