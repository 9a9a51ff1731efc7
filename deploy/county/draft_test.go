package county_test

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"huiying"
	"huiying/deploy/county"
)

func drafted(t *testing.T, region huiying.Region) *huiying.County {
	t.Helper()
	files, err := county.Embedded(region)
	if err != nil {
		t.Fatal(err)
	}
	c, err := county.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAnyCountyBeginsWithItsTownshipsAndItsUnitsUnderTheirNames(t *testing.T) {
	t.Parallel()
	for region, want := range map[huiying.Region]struct {
		name, short string // short "": the short name is a word, only the full name counts
		townships   int
		within      []string
		units       map[huiying.UnitID]string
		not         string // a piece of no unit's name
	}{
		"141130": {"交口县", "", 7, []string{"山西省", "吕梁市"}, map[huiying.UnitID]string{
			"wxb": "县委网信办（县网信办）", "sthj": "吕梁市生态环境局交口分局", "swj": "国家税务总局交口县税务局", "gaj": "县公安局", "t100": "水头镇人民政府", "t202": "温泉乡人民政府",
		}, "交城"},
		"140981": {"原平市", "原平", 22, []string{"山西省", "忻州市"}, map[huiying.UnitID]string{
			"wxb": "市委网信办（市网信办）", "scjg": "市市场监督管理局", "sthj": "忻州市生态环境局原平分局", "fy": "市人民法院", "cgj": "市城市管理综合行政执法局",
		}, "县"},
		"140105": {"小店区", "", 10, []string{"山西省", "太原市"}, map[huiying.UnitID]string{
			"wxb": "区委网信办（区网信办）", "gaj": "太原市公安局小店分局", "swj": "国家税务总局太原市小店区税务局", "cgj": "区城市管理综合行政执法局", "t001": "坞城街道办事处",
		}, "县"},
		"110105": {"朝阳区", "", 43, []string{"北京市"}, map[huiying.UnitID]string{
			"sthj": "区生态环境局", "gaj": "北京市公安局朝阳分局", "swj": "国家税务总局北京市朝阳区税务局",
		}, "县"},
		"150627": {"伊金霍洛旗", "伊金霍洛", 9, []string{"内蒙古自治区", "鄂尔多斯市"}, map[huiying.UnitID]string{
			"wxb": "旗委网信办（旗网信办）", "gaj": "旗公安局", "gdgs": "伊金霍洛旗供电公司",
		}, "县"},
		"131028": {"大厂回族自治县", "", 0, []string{"河北省", "廊坊市"}, map[huiying.UnitID]string{
			"sthj": "廊坊市生态环境局大厂分局", "swj": "国家税务总局大厂回族自治县税务局",
		}, "交城"},
		"450123": {"隆安县", "隆安", 0, []string{"广西壮族自治区", "南宁市"}, map[huiying.UnitID]string{"gdgs": "隆安县供电局"}, "国网"},
		"429004": {"仙桃市", "仙桃", 0, []string{"湖北省"}, map[huiying.UnitID]string{"sthj": "市生态环境局"}, "县"},
		"211221": {"铁岭县", "", 0, []string{"辽宁省", "铁岭市"}, nil, "交城"},
	} {
		t.Run(want.name, func(t *testing.T) {
			t.Parallel()
			c := drafted(t, region)
			if c.Region != region || c.Name != want.name || !slices.Equal(c.Within, want.within) {
				t.Errorf("%s %s in %v", c.Region, c.Name, c.Within)
			}
			own := c.Divisions[0]
			if own.Code != region || own.Common != (want.short == "") || want.short != "" && own.Bare != want.short {
				t.Errorf("the county is %+v, want the short name %q", own, want.short)
			}
			if n := len(c.Divisions) - 1; n == 0 || want.townships != 0 && n != want.townships {
				t.Errorf("%d townships, want %d", n, want.townships)
			}
			units := huiying.NewDirectory(c.Units)
			for id, name := range want.units {
				if u, ok := units.Unit(id); !ok || u.Name != name || u.Region != region {
					t.Errorf("%s is %q of %s, want %q", id, u.Name, u.Region, name)
				}
			}
			for _, u := range c.Units {
				if strings.Contains(u.Name, want.not) || strings.Contains(u.Short, want.not) || strings.Contains(strings.Join(u.Keywords, " "), "卦山") {
					t.Errorf("unit %s %s %v", u.Name, u.Short, u.Keywords)
				}
			}
			if len(c.Policies) != 0 || strings.Contains(c.Rules.Reports.Issuer, "交城") || slices.Contains(c.Lexicon.Terms, "卦山") || !slices.Contains(c.Lexicon.Terms, "煤改电") {
				t.Errorf("of the model county: %d policies, issuer %s, terms %v", len(c.Policies), c.Rules.Reports.Issuer, c.Lexicon.Terms)
			}
			if slices.Contains(c.Neighbors, want.name) || len(c.Neighbors) == 0 {
				t.Errorf("neighbours %v", c.Neighbors)
			}
		})
	}
}

// One in 150 of all counties, whatever the table has there.
func TestWhateverCountyIsChosenItsFolderLoads(t *testing.T) {
	t.Parallel()
	n := 0
	for region := range county.Seats() {
		if n++; n%150 != 0 {
			continue
		}
		if c := drafted(t, region); c.Region != region {
			t.Errorf("%s is %s", region, c.Region)
		}
	}
	if n != 2978 {
		t.Errorf("the table has %d counties", n)
	}
}

func TestACountyIsFoundByItsCodeOrItsName(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]huiying.Region{
		"141130": "141130", "交口": "141130", "交口县": "141130", "吕梁市交口县": "141130", "山西省吕梁市交口县": "141130",
		"大厂": "131028", "交城": "141122", "伊金霍洛旗": "150627", "浦东": "310115",
	} {
		if c, err := county.Seek(query); err != nil || c.Region != want {
			t.Errorf("%q is %s %s (%v), want %s", query, c.Region, c.Name, err, want)
		}
	}
	for query, want := range map[string]string{
		"999999": "没有代码", "14": "等 ", "1411": "141122 山西省吕梁市交城县", "朝阳区": "110105 北京市朝阳区", "没有这个县": "没有找到", "": "没有找到",
		"141122100": "没有代码",
	} {
		if c, err := county.Seek(query); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %s %s (%v), want an error with %q", query, c.Region, c.Name, err, want)
		}
	}
	found, more := county.Find("吕梁")
	if len(found) != 13 || more || found[0].Region != "141102" {
		t.Errorf("吕梁 has %d (%v)", len(found), more)
	}
	if found, more := county.Find("14"); len(found) != 20 || !more {
		t.Errorf("山西 has %d (%v)", len(found), more)
	}
}

func TestTheFolderOfADraftedCountyIsWrittenWhole(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "county")
	if err := county.WriteTo("140105", dir); err != nil {
		t.Fatal(err)
	}
	files, err := county.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := county.Load(files)
	if err != nil || c.Name != "小店区" {
		t.Fatalf("%v: %v", c, err)
	}
	if docs, err := fs.Glob(county.Templates(files), "*.docx"); err != nil || len(docs) == 0 {
		t.Errorf("templates %v (%v)", docs, err)
	}
}

func TestAShortNameIsWhatPeopleSay(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"交口县": "交口", "临县": "临县", "介休市": "介休", "城区": "城区", "大厂回族自治县": "大厂", "鄂温克族自治旗": "鄂温克", "浦东新区": "浦东",
		"双江拉祜族佤族布朗族傣族自治县": "双江", "莫力达瓦达斡尔族自治旗": "莫力达瓦", "东乡族自治县": "东乡", "九里满族乡": "九里", "天宁镇": "天宁",
		"景山街道": "景山街道", "神农架林区": "神农架", "峰峰矿区": "峰峰", "郑州高新技术产业开发区": "郑州高新技术产业开发区",
	} {
		if got := county.ShortName(name); got != want {
			t.Errorf("%s is %s in short, want %s", name, got, want)
		}
	}
}
