package analyzer

import "huiying"

// cues of what a text tells; the title's count double. The order is that of
// precedence between equals.
var stateCues = []struct {
	state huiying.Phase
	words *pattern
}{
	{huiying.PhasePrevent, look(`演练|演习|应急拉练|培训|宣讲|宣传活动|科普|安全教育|安全知识|温馨提示|安全提示|提醒(?:广大|您|市民|群众|大家)|防范|预防|排查整治|隐患排查|防汛备汛|疏散演|模拟|推演|(?:如何|怎样|怎么)(?:避险|自救|逃生|预防|避免|应对)|记住这|有多(?:可怕|危险)|误区|小贴士|避险指南|自救指南|未雨绸缪|家长第一时间|宣传(?:走)?进|(?:普法|法律|政策|知识)进|走进(?:工地|校园|社区|企业|农村|课堂)|知识竞赛|以案释法`)},
	{huiying.PhaseDeploy, look(`部署|推进会|动员会|工作会议|专题会议|调度会|专项行动|专项整治|贯彻落实|安排部署|座谈会|调研|签约|开工仪式|揭牌|印发(?:了)?《?|实施方案|工作方案|行动计划`)},
	{huiying.PhaseNotice, look(`通知|公告|公示|通告|预告|招聘启事|招考|天气预报|预警信号|停水通知|停电通知|一图读懂|政策解读|答记者问|现将.{0,12}公布|报名|申报(?:条件|指南)|征求意见|入户(?:走访|测温)|开展.{0,12}(?:活动|行动|工作)|圆满|顺利(?:举行|举办|召开|完成)|喜获|荣获|丰收|开园|开业|(?:怎么|如何|怎样)(?:申请|申领|办理|报销)|获.{0,6}表彰|建成啦|直通车|样本|便民[：:]|信息汇总|计划汇总|(?:交流会|表彰会|竞赛|大赛|晚会|仪式|论坛)(?:在.{2,8})?(?:举行|举办|召开|启动|落幕)|(?:装|用|住)上(?:了)?“|喝上(?:放心|干净|自来|安全|甘甜)|住上新|过上(?:好|新|幸福)|走上(?:致富|振兴)|家门口就能`)},
	{huiying.PhaseResolved, look(`已(?:经)?(?:修复|恢复|扑灭|解决|整改到位|妥善处置|办结|发放到位|全部发放|清理完毕|得到控制|排除|补发)|恢复正常|恢复供(?:水|电|暖|气)|得到(?:了)?解决|问题解决了|顺利解决|辟谣|不实信息|系谣言|点赞|感谢信|锦旗|情况(?:的)?(?:说明|通报|公告)|(?:处置|调查|处理)(?:情况|结果)|被行政处罚|被立案|已立案|假的[！!]|没有取消[！!]|责令.{0,6}停产|已停产|各项指标正常|连续.{0,4}达`)},
}

// complaints mark a text that asks for help whatever words of work it quotes.
var complaints = look(`求助|投诉|反映|没人管|无人管|怎么办|什么时候能|希望有关部门|请(?:求|有关|相关|领导)|为什么|凭什么|太(?:差|黑|坑)|至今(?:未|没)|一直(?:未|没|不)|拖欠|讨要|[?？]`)

// appeals are the words of complaints that show what is asked for.
var appeals = look(`求助|投诉|没人管|无人管|怎么办|什么时候能|希望(?:有关|相关)部门|请(?:求|有关|相关|领导)|凭什么|至今(?:未|没)|拖欠|讨要|诉求|求查|给个说法|求关注`)

var history = look(`回顾|回忆|往事|当年|[一二三四五六七八九十百几0-9]+年前|那年|纪念|历史上|史料|县志记载|老照片|周年|民国|明朝|清朝|明清|清代|抗战|解放前|上世纪|老辈人?说|老一辈|早年|小时候|那时候|还记得吗|听说过吗|19[0-9]{2}年`)

// memorial: who remembers does so today.
var memorial = look(`纪念|周年|回顾|历史上|史料|县志记载|老照片`)

// fresh: what happened now, whatever age of the house or the road is told beside it.
var fresh = look(`昨[天日晚夜]|今[天日早晨晚]|前天|刚刚|刚才|这几天|这两天|上周|本周|凌晨|[0-9]+(?:点|时)[0-9半]`)

// stateOf says what a text tells and by which words.
func stateOf(r *reading) (huiying.Phase, string) {
	best, most, why := huiying.PhaseOccurred, 0, ""
	title := r.titleBytes()
	for _, c := range stateCues {
		n := c.words.count(r.seen, len(r.text), 4) + 2*c.words.count(r.seen, title, 2)
		if n > most {
			best, most, why = c.state, n, c.words.text(r.seen)
		}
	}
	if asks := complaints.count(r.seen, len(r.text), 4); best != huiying.PhaseResolved && asks >= most && asks > 0 && !official(r.post) {
		return huiying.PhaseOccurred, ""
	}
	if best == huiying.PhaseOccurred && history.in(r.seen) && (!fresh.in(r.seen) || memorial.in(r.seen)) {
		return huiying.PhaseNotice, history.text(r.seen)
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

var refutation = look(`辟谣|系谣言|不实信息|纯属谣言|谣言止于|不信谣|并无此事|与事实不符|网传.{0,20}不实`)
