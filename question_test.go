package huiying_test

import (
	"slices"
	"testing"

	"huiying"
)

func TestQuestionsAreWhatPeopleAskMostFirst(t *testing.T) {
	got := huiying.Questions([]string{
		"小区停水三天了。到底什么时候恢复供水？\n物业说不知道。",
		"什么时候能恢复供水？",
		"停水没人通知！请问到底什么时候恢复供水。水费怎么算？是吗？",
		"今天天气好。会议指出，要做好保障。水费怎么算",
		"水费到底怎么算？",
	})
	if len(got) != 2 {
		t.Fatalf("%d questions: %+v", len(got), got)
	}
	if got[0].Text != "到底什么时候恢复供水？" || !slices.Equal(got[0].Posts, []int{0, 1, 2}) {
		t.Errorf("first: %+v", got[0])
	}
	if got[1].Text != "水费怎么算？" || !slices.Equal(got[1].Posts, []int{2, 4}) {
		t.Errorf("second: %+v", got[1])
	}
}

func TestStatementsAskNothing(t *testing.T) {
	for _, s := range []string{"", "是吗？", "已于昨日恢复供水。", "那么", "没什么", "这件事已经处理完毕，感谢大家的监督，有关情况会继续通过县政府门户网站向社会公布，请大家放心，也请大家不要轻信没有来源的说法，更不要转发，好不好呢？"} {
		if got := huiying.Questions([]string{s}); len(got) != 0 {
			t.Errorf("%q asks %+v", s, got)
		}
	}
}
