package storetest

import (
	"slices"
	"strings"
	"testing"

	"huiying"
)

func searchLanguage(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	texts := map[huiying.PostID][2]string{
		"canteen": {"交城县第三小学食堂", "家长反映学校食堂饭菜变质，有学生腹泻，疑似食物中毒。"},
		"heating": {"供暖", "瓦窑小区暖气不热，物业说“锅炉检修”，群众反映多次。"},
		"road":    {"", "307国道交城段路面塌陷，群众绕行；学校门口也有积水。"},
		"notice":  {"通知", "县教育科技局开展食品安全演练，食堂从业人员参加。"},
		"latin":   {"Wi-Fi", "政务大厅WiFi连不上，APP打不开。"},
		"apart":   {"", "食品仓库着火，礼堂未受影响。中午有雷，毒蘑菇科普。"},
	}
	var batch []huiying.Assessed
	for name, tx := range texts {
		p := post(len(batch))
		p.Post.ID, p.Assessment.ID, p.Post.Title, p.Post.Text = name, name, tx[0], tx[1]
		batch = append(batch, p)
	}
	value(a.Insert(ctx, batch))(t)
	for _, c := range []struct {
		name, text string
		want       string
	}{
		{"a word of two characters", "食堂", "canteen notice"},
		{"a word of two characters that also stand apart elsewhere", "中毒", "canteen"},
		{"two words, both of which must occur", "食堂 中毒", "canteen"},
		{"two words far apart", "群众 学校", "road"},
		{"words apart by a full-width space", "群众　学校", "road"},
		{"a longer word", "食物中毒", "canteen"},
		{"a sentence", "学校食堂饭菜变质", "canteen"},
		{"a phrase", `"学校食堂"`, "canteen"},
		{"a phrase in Chinese quotes", `“学校门口”`, "road"},
		{"a phrase whose words do not stand side by side", `"食堂学校"`, ""},
		{"an excluded word", "食堂 -演练", "canteen"},
		{"an excluded phrase", `食堂 -"食品安全"`, "canteen"},
		{"a word and several excluded ones", "群众 -暖气 -国道", ""},
		{"nothing but an excluded word", "-群众 -食堂", "apart latin"},
		{"either of two words", "暖气|塌陷", "heating road"},
		{"either word, and another", "暖气|塌陷 学校", "road"},
		{"either phrase", `"食物中毒"|"锅炉检修"`, "canteen heating"},
		{"a word of the title", "供暖", "heating"},
		{"letters in any case", "wifi", "latin"},
		{"digits", "307", "road"},
		{"a word that does not occur", "地震", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			page, err := a.Posts(ctx, huiying.PostQuery{Text: c.text})
			must(t, err)
			got := names(page.Items, func(a huiying.Assessed) string { return string(a.Post.ID) })
			slices.Sort(got)
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s finds %v, want [%s]", c.text, got, c.want)
			}
			if n := value(a.CountPosts(ctx, huiying.PostQuery{Text: c.text}))(t); n != len(got) {
				t.Errorf("%s counts %d, lists %d", c.text, n, len(got))
			}
		})
	}
}

func searchWithFilters(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	all := posts(0, 300)
	value(a.Insert(ctx, all))(t)
	for _, q := range []huiying.PostQuery{
		{Region: county},
		{Flag: huiying.FlagRumor},
		{Flag: huiying.FlagRumor, Category: "教育文体"},
		{From: at(100), To: at(2000)},
		{MinRisk: 60, Unit: "jkj"},
		{Queue: huiying.Offline, Sentiment: "negative"},
		{IDs: []huiying.PostID{"p00001", "p00002", "p00003", "p00004"}},
	} {
		for _, s := range []struct {
			text string
			has  func(text string) bool
		}{
			{"食堂", func(text string) bool { return strings.Contains(text, "食堂") }},
			{"-食堂", func(text string) bool { return !strings.Contains(text, "食堂") }},
			{"供暖|塌陷 -无人", func(text string) bool { return !strings.Contains(text, "食堂") && !strings.Contains(text, "无人") }},
		} {
			var want []huiying.PostID
			for _, p := range all {
				if selects(q, p) && s.has(p.Post.FullText()) {
					want = append(want, p.Post.ID)
				}
			}
			q := q
			q.Text, q.Limit = s.text, 8
			got := names(walkPosts(t, a, q, nil), postID)
			if len(got) != len(want) || value(a.CountPosts(ctx, q))(t) != len(want) {
				t.Errorf("%+v selects %d posts, want %d", q, len(got), len(want))
			}
			once(t, got, want)
		}
	}
}

func strangeQueries(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	value(a.Insert(ctx, posts(0, 20)))(t)
	for _, text := range []string{
		`"`, `""`, `"食堂`, `食堂"`, `-`, `--食堂`, `|`, `食堂|`, `|食堂`, `-|食堂`, `AND`, `食堂 OR`, `NOT 食堂`, `NEAR(食堂 学校)`, `食堂*`, `^食堂`, `terms:食堂`,
		`(食堂`, `食堂)`, `食堂 + 学校`, `食'堂`, `食堂;--`, "食\x00堂", "食\x1f堂", `{食堂}`, `食堂\`, `%`, `_`, "😀", strings.Repeat("食堂", 200), strings.Repeat("水", 300),
	} {
		if _, err := a.Posts(ctx, huiying.PostQuery{Text: text}); err != nil && huiying.CodeOf(err) != huiying.CodeInvalid {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	_, err := a.Posts(ctx, huiying.PostQuery{Text: strings.Repeat("食堂 ", 500)})
	is(t, err, huiying.ErrInvalid)
}

var searchWords = dictionary("中华人民共和国", "中华", "人民", "共和国", "政府", "人民政府", "县", "交城县", "交城", "食堂", "学校", "回应")

func searchWithADictionary(t *testing.T, a ArchiveUnderTest) {
	ctx := background(t)
	var batch []huiying.Assessed
	for id, text := range map[huiying.PostID]string{
		"state": "中华人民共和国万岁", "county": "交城县人民政府回应", "canteen": "学校食堂，回应政府", "people": "人民的食堂",
	} {
		batch = append(batch, huiying.Assessed{Post: huiying.Post{ID: id, Region: county, Text: text, PublishedAt: day}})
	}
	value(a.Insert(ctx, batch))(t)
	for _, c := range []struct{ name, text, want string }{
		{"a short word inside a long one", "人民", "county people state"},
		{"the long word means itself, not its parts", "中华人民共和国", "state"},
		{"a long word and its neighbour", "人民政府回应", "county"},
		{"a phrase over long and short words", `"交城县人民政府"`, "county"},
		{"a phrase that begins within a long word is not one", `"城县人民"`, ""},
		{"words in any order", "回应食堂", "canteen"},
		{"a phrase keeps the order", `"食堂学校"`, ""},
		{"a phrase does not mind punctuation", `"食堂回应"`, "canteen"},
		{"unknown characters count side by side", "万岁", "state"},
		{"a single character begins a word", "交", "county"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := names(value(a.Posts(ctx, huiying.PostQuery{Text: c.text}))(t).Items, func(a huiying.Assessed) string { return string(a.Post.ID) })
			slices.Sort(got)
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s finds %v, want [%s]", c.text, got, c.want)
			}
		})
	}
}
