package analyzer

import (
	"regexp"
	"strings"

	"huiying"
)

// cues of what a text tells; the title's count double. The order is that of
// precedence between equals.
var stateCues = []struct {
	state huiying.Phase
	re    *regexp.Regexp
}{
	{huiying.PhasePrevent, regexp.MustCompile(`演练|演习|应急拉练|培训|宣讲|宣传活动|科普|安全教育|安全知识|温馨提示|安全提示|提醒(?:广大|您|市民|群众|大家)|防范|预防|排查整治|隐患排查|防汛备汛|疏散演|模拟`)},
	{huiying.PhaseDeploy, regexp.MustCompile(`部署|推进会|动员会|工作会议|专题会议|调度会|专项行动|专项整治|贯彻落实|安排部署|座谈会|调研|签约|开工仪式|揭牌|印发(?:了)?《?|实施方案|工作方案|行动计划`)},
	{huiying.PhaseNotice, regexp.MustCompile(`通知|公告|公示|通告|预告|招聘启事|招考|天气预报|预警信号|停水通知|停电通知|一图读懂|政策解读|答记者问|现将.{0,12}公布|报名|申报(?:条件|指南)|征求意见|入户(?:走访|测温)|开展.{0,12}(?:活动|行动|工作)|圆满|顺利(?:举行|举办|召开|完成)|喜获|荣获|丰收|开园|开业`)},
	{huiying.PhaseResolved, regexp.MustCompile(`已(?:经)?(?:修复|恢复|扑灭|解决|整改到位|妥善处置|办结|发放到位|全部发放|清理完毕|得到控制|排除|补发)|恢复正常|恢复供(?:水|电|暖|气)|得到(?:了)?解决|问题解决了|顺利解决|辟谣|不实信息|系谣言|点赞|感谢信|锦旗|情况(?:的)?(?:说明|通报|公告)|(?:处置|调查|处理)(?:情况|结果)|被行政处罚|被立案|已立案|假的[！!]|没有取消[！!]|责令.{0,6}停产|已停产|各项指标正常|连续.{0,4}达`)},
}

// complaints mark a text that asks for help whatever words of work it quotes.
var complaints = regexp.MustCompile(`求助|投诉|反映|没人管|无人管|怎么办|什么时候能|希望有关部门|请(?:求|有关|相关|领导)|为什么|凭什么|太(?:差|黑|坑)|至今(?:未|没)|一直(?:未|没|不)|拖欠|讨要|[?？]`)

// appeals are the words of complaints that show what is asked for.
var appeals = regexp.MustCompile(`求助|投诉|没人管|无人管|怎么办|什么时候能|希望(?:有关|相关)部门|请(?:求|有关|相关|领导)|凭什么|至今(?:未|没)|拖欠|讨要|诉求|求查|给个说法|求关注`)

var history = regexp.MustCompile(`回顾|回忆|往事|当年|[一二三四五六七八九十百几0-9]+年前|那年|纪念|历史上|史料|县志记载|老照片|周年|民国|明清|清代|抗战|解放前|上世纪`)

// stateOf says what a text tells and by which words.
func stateOf(r *reading) (huiying.Phase, string) {
	best, most, why := huiying.PhaseOccurred, 0, ""
	for _, c := range stateCues {
		found := c.re.FindAllString(r.text, 4)
		n := len(found) + 2*len(c.re.FindAllString(r.post.Title, 2))
		if n > most {
			best, most, why = c.state, n, found[0]
		}
	}
	if asks := len(complaints.FindAllString(r.text, 4)); best != huiying.PhaseResolved && asks >= most && asks > 0 && !official(r.post) {
		return huiying.PhaseOccurred, ""
	}
	if best == huiying.PhaseOccurred && isHistory(r.text) {
		return huiying.PhaseNotice, history.FindString(r.text)
	}
	if most == 1 && !official(r.post) && best != huiying.PhaseResolved && best != huiying.PhasePrevent {
		return huiying.PhaseOccurred, "" // one word of office language does not make a notice
	}
	return best, why
}

// official: such sources write notices, people write complaints.
func official(p huiying.Post) bool {
	return p.Channel == huiying.ChannelGov || p.Channel == huiying.ChannelNews
}

func isHistory(text string) bool { return history.MatchString(text) }

var refutation = regexp.MustCompile(`辟谣|系谣言|不实信息|纯属谣言|谣言止于|不信谣|并无此事|与事实不符|网传.{0,20}不实`)

func refutes(text string) bool { return refutation.MatchString(text) }

var policyName = regexp.MustCompile(`《([^《》]{3,40})》`)

// policySubjects are what people misread: the words a question names a policy by.
var policySubjects = []string{
	"老年卡", "医保", "城乡居民医疗保险", "养老金", "养老认证", "养老保险", "低保", "宅基地", "退耕还林", "耕地补贴", "粮食补贴", "补贴", "学区", "入学政策", "学校撤并",
	"公积金", "煤改电", "煤改气", "清洁取暖", "禁煤", "土葬", "殡葬", "电动车上牌", "限行", "拆迁", "征收", "户口", "落户", "社保", "高龄津贴", "独生子女", "两孩", "三孩", "生育", "水价", "电价", "气价", "暖气费", "停车收费", "垃圾费", "物业费",
}

// misreading asks whether a policy is doubted or misunderstood: hearsay or fear,
// beside a policy.
func misreading(r *reading, hits []hit) huiying.Misreading {
	n := 0
	for _, h := range hits {
		for _, f := range h.topic.Flags {
			if f == huiying.FlagMisreading {
				n++
			}
		}
	}
	if n == 0 {
		return huiying.Misreading{}
	}
	var out huiying.Misreading
	if m := policyName.FindStringSubmatch(r.text); m != nil {
		out.Policy = m[1]
	} else {
		for _, s := range policySubjects {
			if strings.Contains(r.text, s) {
				out.Policy = s
				break
			}
		}
	}
	p := 0.25 + 0.1*float64(min(n, 3))
	if out.Policy != "" {
		p += 0.3
	}
	if strings.ContainsAny(r.text, "?？") || strings.Contains(r.text, "吗") {
		p += 0.1
	}
	if official(r.post) {
		p *= 0.4 // an office explains its policy
	}
	out.P = round(p)
	return out
}
