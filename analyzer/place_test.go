package analyzer_test

import (
	"slices"
	"testing"

	"huiying"
)

// The traps of a county whose name is a piece of other words and whose villages
// share their names with cities.
func TestANameIsOurPlaceOnlyWhereTheWordsAroundItSaySo(t *testing.T) {
	t.Parallel()
	web := func(text string) huiying.Post { return huiying.Post{Channel: huiying.ChannelWeibo, Text: text} }
	for _, c := range []struct {
		name  string
		post  huiying.Post
		codes []huiying.Region // exactly these, in order; a place with candidates counts as ""
	}{
		{"the county by its full name", web("交城县又停水了"), []huiying.Region{"141122"}},
		{"the county by its short name", web("在交城生活了十年"), []huiying.Region{"141122"}},
		{"handing over to the city's archive", web("竣工资料应移交城建档案馆"), nil},
		{"handing in the city plan", web("开发商提交城市规划方案"), nil},
		{"a city of buses", web("建设公交城市，方便出行"), nil},
		{"a social city", web("打造社交城市新名片"), nil},
		{"our village of that name", web("交城县石家庄村的路灯坏了"), []huiying.Region{"141122", "141122100214"}},
		{"the city of that name", web("石家庄市的路灯坏了"), nil},
		{"the city of that name beside our county", web("从交城县去石家庄市怎么走"), []huiying.Region{"141122"}},
		{"a village after its township", web("天宁镇石家庄村的路灯坏了"), []huiying.Region{"141122100", "141122100214"}},
		{"a township that is now parts of two", web("会立乡的老乡们好"), []huiying.Region{""}},
		{"a township's old name", web("横尖镇的路断了"), []huiying.Region{"141122105"}},
		{"a township in full", web("西社镇的路断了"), []huiying.Region{"141122104"}},
		{"a township of that name at the neighbour's", web("文水县西社镇的路断了"), nil},
		{"the neighbour's in short", web("古交西社镇的路断了"), nil},
		{"a bare village name without context", web("石家庄今天下雪"), nil},
		{"nowhere", web("今天天气不错"), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			as := shared().Assess(c.post)
			checkAssessment(t, c.post, as)
			var got []huiying.Region
			for _, p := range as.Places {
				got = append(got, p.Code)
			}
			if !slices.Equal(got, c.codes) {
				t.Errorf("places %+v, want %q", as.Places, c.codes)
			}
		})
	}
}

func TestADividedTownshipLeavesTheChoiceToAPerson(t *testing.T) {
	t.Parallel()
	as := shared().Assess(huiying.Post{Channel: huiying.ChannelForum, Text: "会立乡的路断了，没人管"})
	if len(as.Places) != 1 || !slices.Equal(as.Places[0].Candidates, []huiying.Region{"141122202", "141122105"}) {
		t.Fatalf("places %+v, want two candidates", as.Places)
	}
	towns := 0
	for _, u := range as.Units {
		if u.Unit == "t202" || u.Unit == "t105" {
			towns++
			if u.P > 0.5 {
				t.Errorf("%+v is too sure", u)
			}
		}
	}
	if towns != 2 {
		t.Errorf("units %v, want both townships", as.Units)
	}
}

func TestOffsetsCountCharactersOfTitleAndText(t *testing.T) {
	t.Parallel()
	p := huiying.Post{Channel: huiying.ChannelForum, Title: "😀求助", Text: "交城县西社镇停水"}
	as := shared().Assess(p)
	checkAssessment(t, p, as)
	if len(as.Places) != 2 || as.Places[0].Start != 4 || as.Places[1].Start != 7 || as.Places[1].End != 10 {
		t.Errorf("places %+v, want the county at 4 and the township at 7–10", as.Places)
	}
}
