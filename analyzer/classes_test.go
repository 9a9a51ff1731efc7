package analyzer_test

import (
	"testing"

	"huiying"
)

// No labelled letter is of these classes: what their matters are called must do.
func TestClassesThatNoLetterIsOfAreAmongTheFirstTwo(t *testing.T) {
	for _, c := range []struct{ title, text, class string }{
		{"给孩子上户口跑了三趟", "派出所户籍窗口每次都说材料不齐，身份证也办不下来，到底要带什么？", "政法"},
		{"低保审批卡了半年", "家里没有劳动力，低保申请交到民政办半年了，一直说在研究。", "民政"},
		{"土地流转合同没有给村民看", "村里把承包地流转出去，村务不公开，流转费多少没人知道。", "农村农业"},
		{"反映村支书贪污", "村支书贪污集体资金、收受贿赂，举报信交上去半年没有回音。", "纪检监察"},
		{"宽带装不上还扣费", "联通宽带报装两个月没人来，流量套餐乱扣费，客服推来推去。", "科技与信息产业"},
		{"征地补偿款没有到账", "耕地被征用三年，征地补偿款一直没有发，国土局说在走程序。", "国土资源"},
	} {
		for _, by := range []huiying.Channel{huiying.ChannelForum, huiying.ChannelWeibo} {
			as := shared().Assess(huiying.Post{Channel: by, Title: c.title, Text: c.text})
			if first := as.Categories[:2]; first[0].Name != c.class && first[1].Name != c.class {
				t.Errorf("%s by %s is of %v, want %s", c.title, by, first, c.class)
			}
		}
	}
}
