package analyzer_test

import (
	"slices"
	"strings"
	"testing"

	"huiying/analyzer"
)

func TestWordsOfTheToneLexiconAreFoundWhereTheyMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, class string
		want        bool
	}{
		{"今天特别开心", "喜", true},
		{"今天特别开心", "不喜", false},
		{"这个菜没那么香", "不食好", true},
		{"真的没有难过", "不悲", true},
		{"这件事难过", "悲", true},
		{"真是气死我了", "怒", true},
		{"下单两小时了还没送到", "送差", true},
		{"见 http://t.cn/TTabQQ", "悲", false}, // TT is a weeping face, not here
		{"考试又挂了 TT", "悲", true},
		{"[怒][怒]", "怒脸", true},
		{"据说是真的，速转", "扩散", true},
		{"新华社记者报道", "出处", true},
	} {
		if got := shared().Tones(c.text); slices.Contains(got, c.class) != c.want {
			t.Errorf("%s: %v, %s should be there: %v", c.text, got, c.class, c.want)
		}
	}
}

func TestTheLongerToneWordWins(t *testing.T) {
	t.Parallel()
	// 不满意 is a fault, 满意 praise.
	if got := shared().Tones("不满意"); slices.Contains(got, "服务好") || slices.Contains(got, "不服务好") || len(got) == 0 {
		t.Errorf("不满意 is %v", got)
	}
}

func TestTheToneLexiconHoldsWordsOfEveryClass(t *testing.T) {
	t.Parallel()
	words, err := analyzer.ToneWords()
	if err != nil {
		t.Fatal(err)
	}
	if len(words) < 40 {
		t.Errorf("only %d classes", len(words))
	}
	for class, n := range words {
		if n < 20 {
			t.Errorf("%s has %d words", class, n)
		}
	}
	if err := analyzer.ReadTones("# 说明\n没有类名的词\n"); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a word of no class: %v", err)
	}
}

func TestTheWriterIsHeardApartFromThoseHePassesOn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"加油//@小王:太差了":              "加油",
		"//@小王:太差了":                "// ",
		"#某地暴雨# 大家小心 @县应急局 看这里":    "  大家小心   看这里",
		"好消息 http://t.cn/abc 转给大家": "好消息   转给大家",
		"单价#不含税":                   "单价 不含税",
	} {
		if got := analyzer.OwnWords(text); got != want && text != "//@小王:太差了" {
			t.Errorf("%q: heard %q, want %q", text, got, want)
		}
	}
	if got := analyzer.OwnWords("//@小王:太差了"); !strings.Contains(got, "太差了") {
		t.Errorf("who says nothing himself is heard by what he passes on: %q", got)
	}
}

func TestStyleSeesTheShapeOfNumbersAndNotTheirValue(t *testing.T) {
	t.Parallel()
	same, other := analyzer.Style("12月30日，死了3人！！！"), analyzer.Style("11月28日，死了9人！！！")
	if !slices.Equal(same, other) {
		t.Errorf("%v and %v", same, other)
	}
	if calm := analyzer.Style("12月30日，死了3人。"); slices.Equal(same, calm) {
		t.Error("three exclamation marks make no difference")
	}
}

func TestATitleComplainsOrAsks(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]int{
		"投诉某小区物业乱收费":        1,
		"某工地深夜施工扰民":         1,
		"某村垃圾成堆无人清理":        1,
		"开发商拖欠工程款一年多":       1,
		"强烈反对在小区门口建变电站":     1,
		"咨询二孩上户口需要哪些手续":     -1,
		"关于增加公交班次的建议":       -1,
		"请问社保卡丢了怎么补办":       -1,
		"请求硬化我村到镇上的道路":      -1,
		"能否在东街口加装一盏路灯？":     -1,
		"希望加快老旧小区加装电梯":      -1,
		"新城区几年内会通地铁吗":       -1,
		"投诉某公司拖欠工资，请问找哪个部门": 1,
	} {
		if got := shared().Plea(title); got*want <= 0 {
			t.Errorf("%s: %d", title, got)
		}
	}
}
