package county

import (
	"slices"

	"huiying"
)

// The kinds of a division. The first four are administrative.
var divisionKinds = []string{"prefecture", "county", "township", "village", "community", "scenic", "landmark"}

func administrative(kind string) bool { return slices.Index(divisionKinds, kind) < 5 }

func (l *loader) loadDivisions() {
	var f struct {
		Within    []string           `yaml:"within"`
		Divisions []huiying.Division `yaml:"divisions"`
	}
	d := l.open(divisionsFile, &f)
	l.county.Within, l.county.Divisions = f.Within, f.Divisions
	d.words("within", f.Within)
	l.townships = make(map[huiying.Region]bool)
	l.places = make(map[huiying.Region]bool)
	lines := make(map[huiying.Region]int)
	for i, v := range f.Divisions {
		at := index("divisions", i)
		d.need(at+".name", v.Name)
		oneOf(d, at+".kind", v.Kind, divisionKinds)
		if v.National < 0 || v.Province < 0 || v.Province > v.National {
			d.blame(at+".province", "同名数不对：全省 %d 个，全国 %d 个", v.Province, v.National)
		}
		if !l.checkCode(d, at, v) || v.Former || !administrative(v.Kind) {
			continue
		}
		if before, twice := lines[v.Code]; twice {
			d.blame(at+".code", "代码 %s 重复，第 %d 行已用", v.Code, before)
		}
		lines[v.Code] = d.line(at + ".code")
		l.places[v.Code] = true
		l.townships[v.Code] = l.townships[v.Code] || v.Kind == "township"
	}
	if len(f.Divisions) > 0 && len(l.county.Region) == codeLength["county"] && !l.places[l.county.Region] {
		d.blame("divisions", "缺少本县（kind: county，code: %s）", l.county.Region)
	}
	for i, v := range f.Divisions {
		l.checkWhere(d, index("divisions", i), v)
	}
}

// codeLength is how many digits the code of a kind has.
var codeLength = map[string]int{"prefecture": 4, "county": 6, "township": 9, "village": 12, "community": 12}

func (l *loader) checkCode(d *document, at string, v huiying.Division) bool {
	if v.Code == "" && v.Former {
		return true // many codes of before 2001 are not known
	}
	if _, err := huiying.ParseRegion(string(v.Code)); err != nil {
		d.blame(at+".code", "代码应为 4、6、9 或 12 位数字，收到 %q", v.Code)
		return false
	}
	if !l.county.Region.Covers(v.Code) {
		d.blame(at+".code", "代码 %s 不属于本县（%s）", v.Code, l.county.Region)
		return false
	}
	if n := codeLength[v.Kind]; n != 0 && n != len(v.Code) {
		d.blame(at+".code", "%s 的代码应为 %d 位，收到 %s", v.Kind, n, v.Code)
		return false
	}
	return true
}

// checkWhere checks what a division says about other divisions.
func (l *loader) checkWhere(d *document, at string, v huiying.Division) {
	switch {
	case v.Former && len(v.Now) == 0:
		d.blame(at, "已撤并的 %s 要写 now：现在可能在哪里", v.Name)
	case !v.Former && len(v.Now) > 0:
		d.blame(at+".now", "%s 没有标 former: true，不应写 now", v.Name)
	}
	for i, now := range v.Now {
		if !l.places[now] {
			d.blame(index(at+".now", i), "没有代码为 %s 的现行区划", now)
		}
	}
	if v.Township != "" && !l.townships[v.Township] {
		d.blame(at+".township", "没有代码为 %s 的乡镇", v.Township)
		return
	}
	if codeLength[v.Kind] != 12 || v.Former || len(v.Code) != 12 {
		return
	}
	switch {
	case !l.townships[v.Code[:9]]:
		d.blame(at+".code", "%s 所在的乡镇 %s 不在表中", v.Name, v.Code[:9])
	case v.Township != "" && v.Township != v.Code[:9]:
		d.blame(at+".township", "%s 的代码属于乡镇 %s，township 却写了 %s", v.Name, v.Code[:9], v.Township)
	}
}
