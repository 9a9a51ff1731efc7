package county

import (
	"slices"

	"huiying"
)

// categories are the first-level classes of citizen appeals.
var categories = []string{
	"城乡建设", "党务政务", "国土资源", "环境保护", "纪检监察", "交通运输", "经济管理", "科技与信息产业",
	"民政", "农村农业", "商贸旅游", "卫生计生", "政法", "教育文体", "劳动和社会保障",
}

// flags an analyst or the analyzer can raise.
var flags = []huiying.Flag{
	huiying.FlagMisreading, huiying.FlagHealth, huiying.FlagDisaster, huiying.FlagLivelihood, huiying.FlagRumor,
	huiying.FlagMinor, huiying.FlagGathering, huiying.FlagAccident, huiying.FlagSensitive, huiying.FlagCasualty,
	huiying.FlagDeath, huiying.FlagRebound, huiying.FlagCrossArea,
}

func (l *loader) loadLexicon() {
	var f huiying.Lexicon
	d := l.open(lexiconFile, &f)
	l.county.Lexicon = f
	d.need("version", f.Version)
	d.words("terms", f.Terms)
	if len(f.Topics) == 0 {
		d.blame("topics", "一个风险主题也没有")
	}
	lines := make(map[string]int)
	for i, t := range f.Topics {
		at := index("topics", i)
		d.need(at+".name", t.Name)
		if before, twice := lines[t.Name]; twice {
			d.blame(at+".name", "主题 %s 重复，第 %d 行已有", t.Name, before)
		}
		lines[t.Name] = d.line(at + ".name")
		if t.Weight < 1 || t.Weight > 5 {
			d.blame(at+".weight", "权重应在 1 到 5 之间，收到 %v", t.Weight)
		}
		if t.Category != "" {
			oneOf(d, at+".category", t.Category, categories)
		}
		for j, flag := range t.Flags {
			oneOf(d, index(at+".flags", j), flag, flags)
		}
		if len(t.Words) == 0 {
			d.blame(at+".words", "主题 %s 没有词", t.Name)
		}
		d.words(at+".words", t.Words)
		d.words(at+".veto", t.Veto)
		for j, w := range t.Veto {
			if slices.Contains(t.Words, w) {
				d.blame(index(at+".veto", j), "%q 既是信号词又是排除语境，只能留一处", w)
			}
		}
		l.checkUnits(d, at+".units", t.Units)
	}
}

func (l *loader) checkUnits(d *document, path string, ids []huiying.UnitID) {
	for i, u := range ids {
		at := index(path, i)
		switch {
		case len(l.units) > 0 && !l.units[u]: // without units.yaml every one would be unknown
			d.blame(at, "没有编号为 %s 的单位", u)
		case slices.Index(ids, u) < i:
			d.blame(at, "单位 %s 重复", u)
		}
	}
}
