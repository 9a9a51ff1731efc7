package dashboard

import (
	"time"

	"huiying"
)

// Words the pages use that are made in Go; all others stand in templates/.
// Enumerations are named by the Label methods of the root package.

// textWrongCode is said to who may not begin.
const textWrongCode = "设置码不对：它显示在服务器启动时的终端或日志里"

const textBroken = "页面暂时打不开，问题已经记录。"

// actionHelp says under each action what it does, before it is done.
var actionHelp = map[huiying.Action]string{
	huiying.ActAssign:      "选定主办和协办单位，签收和反馈时限随即开始计时。",
	huiying.ActDismiss:     "经研判不需要处置，写明依据后结束。",
	huiying.ActMerge:       "与已有的交办单是同一件事，并入那一件。",
	huiying.ActWatch:       "暂不交办，继续观察热度变化。",
	huiying.ActAcknowledge: "表示本单位已收到并开始办理，催办随即停止。",
	huiying.ActReturn:      "不属于本单位职责，请写明理由，退回重新研判。",
	huiying.ActReassign:    "换一个主办单位，原单位的时限不再适用。",
	huiying.ActAddUnit:     "请更多单位协办，各有自己的签收和反馈时限。",
	huiying.ActVerify:      "着手核实情况是否属实。",
	huiying.ActHandle:      "写明初步核实情况和处置打算，首次反馈时限随即停止。",
	huiying.ActSubmit:      "核实处置完毕，报送处置反馈单；本单位有责任人的，先由责任人签字。",
	huiying.ActSign:        "同意反馈单的内容，签字后报县里审核。",
	huiying.ActDecline:     "内容不妥，写明要改什么，退给承办人。",
	huiying.ActApprove:     "同意反馈内容和回应口径。",
	huiying.ActSendBack:    "内容需要补充，写明要补充什么。",
	huiying.ActRespond:     "已向公众发布回应，登记内容、形式和公开属性。",
	huiying.ActClose:       "群众的问题已在线下解决，写明办理结果。",
	huiying.ActReopen:      "舆情反弹或问题未解决，重新交办。",
	huiying.ActArchive:     "资料齐全，归入档案。",
	huiying.ActChangeLevel: "按新的等级重新计算未完成的时限。",
	huiying.ActExtend:      "延长一项正在计时的时限，须说明理由；单位申请过的，已按所申请的填好，可以改。",
	huiying.ActAsk:         "在时限到期前申请，写明小时数和理由；批复之前时限照走。",
	huiying.ActRefuse:      "单位申请的延期不予同意，时限照旧。",
	huiying.ActTransfer:    "转到另一个队列，或移交公安机关（公安机关作为协办单位签收）。",
	huiying.ActSplit:       "这一单里其实有两件事，拆出一件另立交办单。",
	huiying.ActReach:       "回应在一个渠道的阅读数、转载媒体数，各渠道分别登记，可以随时补记。",
	huiying.ActAttach:      "现场照片、检测报告、往来文件等。",
	huiying.ActConsult:     "记下会商的时间、人员、结论和建议等级。",
	huiying.ActDraft:       "写好拟发布的回应，等待审签。改动已审签的稿子须重新审签。",
	huiying.ActPause:       "规则允许的时限可以暂停，如等待检测、鉴定。",
	huiying.ActResume:      "恢复计时，剩余时间照旧。",
	huiying.ActRumor:       "传言经核查属实、不实，或仍未核实；未核实的不作为事实统计。",
	huiying.ActEmergency:   "是突发事件的，红、橙级另计 5 小时发布权威信息、24 小时新闻发布会两项时限。",
	huiying.ActUrge:        "向承办单位联络人和责任人发出督办提醒。",
	huiying.ActRestart:     "更正时限的起算时间，会记入审计。",
	huiying.ActComment:     "写一条批注，所有能看到本单的人都能看到。",
}

// doneTexts say what an action just brought about.
var doneTexts = map[huiying.Action]string{
	huiying.ActOpen:        "已登记，等待研判。",
	huiying.ActAssign:      "已交办，正在通知承办单位。",
	huiying.ActDismiss:     "已记为不处置。",
	huiying.ActMerge:       "已合并。",
	huiying.ActWatch:       "已转为持续关注。",
	huiying.ActAcknowledge: "已签收，辛苦了。催办已停止，请尽快核实并作首次反馈。",
	huiying.ActReturn:      "已退单，研判员会重新派单。",
	huiying.ActReassign:    "已改派，正在通知新的主办单位。",
	huiying.ActAddUnit:     "已加协办，正在通知。",
	huiying.ActVerify:      "已开始核实。",
	huiying.ActHandle:      "首次反馈已记录。",
	huiying.ActSubmit:      "处置反馈单已提交。本单位有责任人的，签字后报送；没有的已直接报送。",
	huiying.ActSign:        "已签字，反馈单已报送，等待审核。",
	huiying.ActDecline:     "已退回承办人修改。",
	huiying.ActApprove:     "已审签，可以发布回应。",
	huiying.ActSendBack:    "已退回补充。",
	huiying.ActRespond:     "回应已登记。",
	huiying.ActClose:       "已办结。",
	huiying.ActReopen:      "已重开，正在通知承办单位。",
	huiying.ActArchive:     "已归档。",
	huiying.ActChangeLevel: "等级已调整，时限已重新计算。",
	huiying.ActExtend:      "时限已延长。",
	huiying.ActAsk:         "延期申请已提交，等值班领导批复；批复之前时限照走。",
	huiying.ActRefuse:      "已答复不同意延期，承办单位会收到通知。",
	huiying.ActTransfer:    "已移送。",
	huiying.ActSplit:       "已拆分，新的交办单在列表里，等待研判。",
	huiying.ActConsult:     "会商记录已保存。",
	huiying.ActReach:       "传播数据已登记。",
	huiying.ActAttach:      "附件已添加。",
	huiying.ActDraft:       "拟稿已保存，等待审签。",
	huiying.ActPause:       "时限已暂停。",
	huiying.ActResume:      "时限已恢复。",
	huiying.ActRumor:       "核查结论已记录。",
	huiying.ActEmergency:   "已记录，时限随之增减。",
	huiying.ActUrge:        "督办提醒已发出。",
	huiying.ActRestart:     "起算时间已更正。",
	huiying.ActComment:     "批注已记录。",
}

func doneNote(done string) string {
	switch done {
	case "":
		return ""
	case "bulk":
		return "选中的交办单都已办理。"
	case "issue":
		return "报告已印发，编号和文件见“已印发”。"
	case "mailed":
		return "邮件已交发送队列，结果见下表，失败会自动再试。"
	case "read":
		return "通知已全部标为已读。"
	case "source":
		return "信源已保存，下一轮采集开始生效。"
	case "paused":
		return "信源已暂停。"
	case "file":
		return "已改回 sources.yaml 里的设置，下一轮采集开始生效。"
	case "resumed":
		return "信源已恢复采集。"
	case "profile":
		return "模板已保存，下次导入可以直接选用。"
	case "exists":
		return "这个事件已有交办单，就是这一件，没有另外登记。"
	case "discarded":
		return "上传的文件已删除。"
	case "model":
		return "模型已切换，几秒内对新帖文生效。"
	case "model-discarded":
		return "待确认的模型已放弃。"
	case "appealed":
		return "申诉已提交，等待考核员处理。"
	case "decided":
		return "申诉已处理，分数已按结果重算。"
	case "channel-tested":
		return "测试消息已发出，请在收信的一端核对。"
	case "notification-resent":
		return "已重新排队，马上再发。"
	case "user-added":
		return "账号已添加，等安全管理员核准授权后可用。"
	case "role-asked":
		return "申请已提交，等安全管理员核准。"
	case "role-decided":
		return "已办理，记入审计。"
	case "user-managed":
		return "已办理，理由记入审计。"
	case "password":
		return "密码已修改，其他浏览器已退出。"
	case "factor-removed":
		return "二次验证已停用。"
	case "session-ended":
		return "那台浏览器已退出登录。"
	case "token-revoked":
		return "令牌已吊销，立即失效。"
	case "roster":
		return "值班表已导入。"
	case "substitute":
		return "替班已登记，通知将先发给替班人。"
	case "swap":
		return "换班已登记。"
	case "units":
		return "机构与人员已更新并生效。"
	case "rule":
		return "规则已保存并生效。"
	case "search":
		return "检索已保存，下次打开会显示新增多少条。"
	case "search-dropped":
		return "保存的检索已删去。"
	case "replayed":
		return "消息已重新投递。"
	}
	return doneTexts[huiying.Action(done)]
}

// option is one choice of a list or chip row.
type option struct {
	Value, Label string
}

var sentimentOptions = []option{{"negative", "负面"}, {"neutral", "中性"}, {"positive", "正面"}}

func sentimentLabel(s string) string {
	for _, o := range sentimentOptions {
		if o.Value == s {
			return o.Label
		}
	}
	return "未判定"
}

var riskOptions = []option{{"80", "80 以上"}, {"60", "60 以上"}, {"40", "40 以上"}}

func channelOptions() []option {
	out := make([]option, len(huiying.Channels))
	for i, c := range huiying.Channels {
		out[i] = option{string(c), c.Label()}
	}
	return out
}

func categoryOptions() []option {
	out := make([]option, len(huiying.Categories))
	for i, c := range huiying.Categories {
		out[i] = option{c, c}
	}
	return out
}

func levelOptions() []option {
	out := make([]option, len(huiying.Levels))
	for i, l := range huiying.Levels {
		out[i] = option{l.String(), l.Label()}
	}
	return out
}

var queueOptions = []option{
	{string(huiying.Online), "网络舆情（网信办）"},
	{string(huiying.Offline), "社会舆情（新闻中心）"},
}

var phaseLabels = map[huiying.Phase]string{
	huiying.PhaseOccurred: "已经发生", huiying.PhaseNotice: "通知公告", huiying.PhaseDeploy: "工作部署",
	huiying.PhasePrevent: "防范演练", huiying.PhaseResolved: "已经解决",
}

var curveHelp = map[huiying.CurvePhase]string{
	huiying.CurveLatent:  "每小时发文不到基线的 2 倍",
	huiying.CurveGrowing: "每小时发文达到基线的 2 倍",
	huiying.CurveBurst:   "每小时发文达到基线的 5 倍且仍在上升",
	huiying.CurveFading:  "已连续 6 小时低于峰值的一半",
	huiying.CurveRebound: "回落之后再次上升",
}

// riskWord names a risk score. It advises only; a person decides.
func riskWord(score float64) (word, tone string) {
	switch {
	case score >= 80:
		return "高", "high"
	case score >= 60:
		return "较高", "raised"
	case score >= 40:
		return "中", "medium"
	}
	return "低", "low"
}

var clockStateLabels = map[huiying.ClockState]string{
	huiying.ClockRunning: "计时中", huiying.ClockOverdue: "已超时", huiying.ClockMet: "按时完成",
	huiying.ClockLate: "超时完成", huiying.ClockVoid: "不再适用", huiying.ClockPaused: "暂停",
}

var noticeLabels = map[huiying.NoticeKind]string{
	huiying.NoticeJudge: "待研判", huiying.NoticeAssigned: "新交办", huiying.NoticeEscalate: "催办",
	huiying.NoticeOverdue: "超时", huiying.NoticeChanged: "变更", huiying.NoticeSource: "信源中断", huiying.NoticeReview: "待审核", huiying.NoticeUrge: "督办", huiying.NoticeReport: "报告印发",
}

var sourceStatusLabels = map[string]string{"green": "正常", "yellow": "有波动", "red": "中断", "grey": "未运行"}

var sourceKindOptions = []option{{"feed", "订阅源（RSS / Atom / JSON Feed）"}, {"site", "网站（列表页 → 详情页）"}, {"sitemap", "网站地图（sitemap.xml → 详情页）"}, {"jsonapi", "JSON 接口"}, {"browser", "需脚本的网页（无界面浏览器）"}, {"imap", "邮箱（联络员报送）"}}

var tierOptions = []option{
	{string(huiying.TierSelf), huiying.TierSelf.Label()},
	{string(huiying.TierCounty), huiying.TierCounty.Label()},
	{string(huiying.TierCity), huiying.TierCity.Label()},
	{string(huiying.TierProvincial), huiying.TierProvincial.Label()},
	{string(huiying.TierCentral), huiying.TierCentral.Label()},
}

// redactionLabels name what was hidden at intake.
func redactionText(kind string) string {
	if l, ok := map[string]string{
		"phone": "电话", "id_card": "身份证号", "bank_card": "银行卡号", "plate": "车牌", "email": "邮箱",
		"account": "社交账号", "address": "住址", "minor": "未成年人姓名",
	}[kind]; ok {
		return l
	}
	return kind
}

// greeting is how the workbench greets, by the hour.
func greeting(t time.Time) string {
	switch h := t.In(huiying.Beijing).Hour(); {
	case h < 5 || h >= 22:
		return "夜深了"
	case h < 11:
		return "早上好"
	case h < 13:
		return "中午好"
	case h < 18:
		return "下午好"
	}
	return "晚上好"
}
