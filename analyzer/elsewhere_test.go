package analyzer_test

import (
	"slices"
	"testing"

	"huiying"
	"huiying/deploy/county"
)

// Counties of other kinds than the model, as the table of divisions makes them.
func TestPlacesOfOtherKindsOfCountiesAreFound(t *testing.T) {
	t.Parallel()
	for _, of := range []struct {
		region huiying.Region
		texts  map[string][]huiying.Region
	}{
		{"141130", map[string][]huiying.Region{ // 县, whose short name is a word
			"交口县水头镇停水三天了": {"141130", "141130100"},
			"他对这道菜交口称赞":   nil,
			"桃红坡镇的路塌了":    {"141130103"},
			"交城县天宁镇停水了":   nil,
		}},
		{"140981", map[string][]huiying.Region{ // 县级市
			"原平市轩岗镇煤矿出事了": {"140981", "140981106"},
			"原平今天没供暖":     {"140981"},
		}},
		{"140105", map[string][]huiying.Region{ // 市辖区 with 街道
			"太原市小店区坞城街道办事处门口有人聚集": {"140105", "140105001"},
			"小店街道一小区停电":           {"140105006"},
			"楼下小店卖过期牛奶":           nil,
		}},
		{"150627", map[string][]huiying.Region{ // 旗
			"伊金霍洛旗札萨克镇的牧民反映草场被占": {"150627", "150627101"},
		}},
		{"131028", map[string][]huiying.Region{ // 自治县
			"大厂回族自治县祁各庄镇拖欠工资": {"131028", "131028102"},
			"跳槽去了大厂上班":        nil,
		}},
	} {
		files, err := county.Embedded(of.region)
		if err != nil {
			t.Fatal(err)
		}
		c, err := county.Load(files)
		if err != nil {
			t.Fatal(err)
		}
		a, err := shared().For(c)
		if err != nil {
			t.Fatal(err)
		}
		for text, want := range of.texts {
			as := a.Assess(huiying.Post{Channel: huiying.ChannelForum, Text: text})
			var got []huiying.Region
			for _, p := range as.Places {
				got = append(got, p.Code)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q has places %+v, want %q", c.Name, text, as.Places, want)
			}
		}
	}
}
