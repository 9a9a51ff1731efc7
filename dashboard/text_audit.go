package dashboard

import (
	"slices"
	"strings"

	"huiying"
)

// auditLabels name what is on record, in the order of the filter.
var auditLabels = []option{
	{"session.sign-in", "登录"},
	{"session.sign-in-failed", "登录失败"},
	{"session.password", "身份正确，等验证码"},
	{"session.code-failed", "验证码错误"},
	{"session.sign-out", "退出"},
	{"session.end", "结束自己的会话"},
	{"setup.account", "首次建立管理员账号"},
	{"setup.county", "生成县域目录"},
	{"user.add", "添加账号"},
	{"user.save", "命令行改账号"},
	{"user.ask-role", "申请角色"},
	{"user.grant-role", "核准授权"},
	{"user.refuse-role", "不同意授权"},
	{"user.disable", "停用账号"},
	{"user.enable", "启用账号"},
	{"user.unlock", "解锁账号"},
	{"user.password", "修改密码"},
	{"user.password-failed", "修改密码失败"},
	{"user.reset-password", "重置密码"},
	{"user.reset-second-factor", "重置二次验证"},
	{"user.end-sessions", "强制下线"},
	{"user.revoke-token", "吊销他人令牌"},
	{"user.bind-subject", "绑定统一身份"},
	{"factor.enrol", "启用二次验证"},
	{"factor.remove", "停用二次验证"},
	{"factor.recovery", "用掉恢复码"},
	{"token.make", "新建令牌"},
	{"token.revoke", "吊销令牌"},
	{"audit.verify", "核验审计链"},
	{"attachment.read", "查看附件"},
	{"intake.register", "登记来件"},
	{"intake.import", "导入来件"},
	{"profile.save", "保存来件模板"},
	{"appraisal.appeal", "考核申诉"},
	{"appraisal.decide", "处理申诉"},
	{"model.train", "训练模型"},
	{"model.activate", "启用模型"},
	{"model.discard", "放弃模型"},
	{"channel.test", "测试通知渠道"},
	{"notification.resend", "重发通知"},
	{"deadletter.replay", "重投消息"},
	{"source.add", "添加信源"},
	{"source.change", "修改信源"},
	{"view.case", "查看交办单"},
	{"view.upload", "查看导入中的来件"},
	{"view.account", "查看账号"},
	{"view.audit", "查看审计"},
	{"export.audit", "导出审计"},
	{"export.units", "导出机构与人员"},
	{"export.appraisal", "导出考核表"},
	{"export.report", "导出报告"},
	{"report.issue", "印发报告"},
	{"archive.purge", "清理过期信息"},
	{"report.read", "下载已印发的报告"},
	{"report.send", "邮件发送报告"},
	{"report.mail", "报告邮件已发出"},
	{"export.rejected", "导出未采用的行"},
	{"export.api", "程序读取（接口）"},
	{"export.print", "打印页面"},
}

// auditGroups are whole kinds of action to filter by.
var auditGroups = []option{
	{"session.", "登录与退出（全部）"},
	{"user.", "账号与授权（全部）"},
	{"token.", "令牌（全部）"},
	{"case.", "交办单（全部）"},
	{"view.", "查看个人信息（全部）"},
	{"export.", "导出和打印（全部）"},
	{"roster.", "值班表（全部）"},
	{"source.", "信源（全部）"},
}

func auditKinds() []option { return slices.Concat(auditGroups, auditLabels) }

// actionLabel is an audit action in words; what has none stays as it is.
func actionLabel(action string) string {
	if i := slices.IndexFunc(auditLabels, func(o option) bool { return o.Value == action }); i >= 0 {
		return auditLabels[i].Label
	}
	kind, name, _ := strings.Cut(action, ".")
	switch kind {
	case "case":
		if l := huiying.Action(name).Label(); l != "" {
			return l
		}
	case "export":
		return "导出"
	case "view":
		return "查看"
	case "roster":
		return "值班表"
	case "source":
		return "信源"
	}
	return action
}

// browserName is what a browser says it is, in a word people know.
func browserName(agent string) string {
	name := "其他程序"
	for _, b := range []option{{"Edg/", "Edge"}, {"MicroMessenger", "微信"}, {"QQBrowser", "QQ 浏览器"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome 内核"}, {"Safari/", "Safari"}} {
		if strings.Contains(agent, b.Value) {
			name = b.Label
			break
		}
	}
	for _, o := range []option{{"Windows", "Windows"}, {"Android", "安卓手机"}, {"iPhone", "iPhone"}, {"Mac OS", "macOS"}, {"Linux", "Linux（麒麟、统信等）"}} {
		if strings.Contains(agent, o.Value) {
			return name + "，" + o.Label
		}
	}
	return name
}
