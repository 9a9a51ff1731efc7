package main

import (
	"cmp"
	"log/slog"
	"strings"
	"time"
)

// logTexts say the warnings and errors of the log in the words of the page 系统;
// the log itself keeps its own, which are what one searches for.
var logTexts = map[string]string{
	"a case freezes only the posts that raised it":      "信息库暂时读不到，交办单只固定了触发它的信息",
	"a case was changed and cannot be shown whole":      "交办单已经改好，但读不全，刷新即可",
	"a key is not the one used before":                  "密钥与上一个启动的进程用的不同：不是刚换过密钥的话，请把各台的密钥写成一样",
	"a line of the history of the rules cannot be read": "规则历史里有一行读不出来",
	"a look is not on record":                           "一次查看没有记入审计",
	"a scheduled report was not issued":                 "定时报告没有印发，稍后重试",
	"a session is not prolonged":                        "登录状态没有续期",
	"answering for a message; it will come again":       "消息没有确认成功，会再处理一次",
	"back-up":                         "备份失败",
	"batch failed, trying one by one": "一批消息处理失败，改为逐条处理",
	"booked requests not given back":  "预留的访问次数没有退还，当天作已用计",
	"cannot gather again yet":         "备份以后的信息暂时不能重新归并，稍后重试",
	"cannot lead yet":                 "暂时不能接管时限和发送，稍后重试",
	"channel out of order":            "通知渠道出了故障",
	"choose a county":                 "选定县域失败",
	"close":                           "关闭时出错",
	"connection":                      "消息队列连接出错",
	"consumer is busy, holding":       "处理不过来或数据库不可用，消息先留在队列里",
	"consumer is not configured here; its messages are kept until it reads them": "队列里有本进程没有配置的读者，消息一直留着",
	"county data is out of date": "县域数据已经过时",
	"disconnected":               "消息队列连接中断",
	"draft a county":             "生成县域底稿失败",
	"fetching":                   "从消息队列取消息出错",
	"follow the live model":      "读取启用的模型失败",
	"huiying.yaml is not in order; the former stays in force": "huiying.yaml 有误，仍按原来的执行",
	"import of an upload":                           "导入表格失败",
	"keep the clocks":                               "计时出错，稍后重试",
	"lease not given back":                          "采集分工没有交还",
	"live message":                                  "实时消息读不出来",
	"live message lost":                             "一条实时消息没有送到页面，刷新即可看到",
	"live messages lost":                            "若干实时消息没有送到页面，刷新即可看到",
	"message became a dead letter":                  "消息多次处理失败，放入死信",
	"message failed, will try again":                "消息处理失败，稍后重试",
	"messages of the last minute":                   "读不到最近一分钟的发送量",
	"metrics":                                       "监控指标出错",
	"no baseline":                                   "算不出本县的平时信息量",
	"no figures for the open screens":               "页面上的数字暂时算不出来",
	"no learned model":                              "没有可用的学习模型，按基础模型研判",
	"no roster for a text message":                  "发短信时读不到值班表",
	"nobody was told of a red source":               "信源中断，但没有通知到人",
	"not ready":                                     "还没有准备好",
	"notifications of channels that are not set up": "有通知写给没有开通的渠道",
	"notifications written by a clock that ran ahead go now": "时钟拨回后，提前写下的通知现在发出",
	"open cases are not looked at by the changed rules":      "规则改后，在办的交办单没有重新核对",
	"panic":                                "程序内部错误",
	"panic while handling messages":        "处理消息时程序内部错误",
	"panic while reading a page":           "解析网页时程序内部错误",
	"read sources":                         "读不到信源清单",
	"reading live":                         "读实时消息出错",
	"recording a check of the audit chain": "审计链核验的结果没有记下",
	"removing a consumer that is no longer configured":                "清理不再使用的队列读者失败",
	"removing posts past their time":                                  "清理到期信息失败",
	"render page":                                                     "页面生成失败",
	"request failed":                                                  "请求处理失败",
	"send notifications":                                              "发送通知出错，稍后重试",
	"taking back a dead letter":                                       "取回死信失败",
	"that the clock was set is not on record":                         "时钟被拨动，但没有记入审计",
	"the audit chain does not verify":                                 "审计链核验不通过",
	"the clock of this machine was set":                               "这台机器的时钟被拨动",
	"the disk of the data is slow":                                    "数据盘很慢",
	"the rule files are not in order; the former rules stay in force": "规则文件有误，仍按原来的规则执行",
	"the servers have no room to set aside":                           "消息队列的服务器没有空间可预留，按原来的大小继续；请加大存储",
	"the store of the bus cannot be opened":                           "消息队列的存储打不开",
	"the servers have not agreed yet":                                 "消息队列的服务器还没有选出主节点，正在等",
	"the store of the bus is opened anew: a write to it had failed":   "消息队列写入失败过，已重新打开存储",
	"the use of a token is not noted":                                 "令牌的使用时间没有记下",
	"train":                                                           "模型学习失败",
	"visit failed":                                                    "信源采集失败",
	"what was written by a clock that ran ahead":                      "清理时钟拨快时写下的内容失败",
	"which sources are urgent":                                        "读不到需要勤看的信源",
	"writing a dead letter; the message stays":                        "死信没有写成，消息留在队列里",
}

// logNames are what the log calls things; the others stay as they are.
var logNames = map[string]string{
	"err": "原因", "error": "原因", "problem": "问题", "part": "部分", "source": "信源", "channel": "渠道", "case": "交办单", "event": "事件",
	"region": "区划代码", "user": "账号", "took": "用时", "id": "编号", "path": "地址", "url": "网址", "page": "页面", "stream": "队列", "consumer": "读者",
	"tries": "次数", "n": "条数", "rows": "行数", "posts": "条数", "kind": "种类", "due": "应于", "host": "网站", "missing": "缺少", "type": "类型",
	"seq": "序号", "by": "拨动", "keys": "配置项", "panic": "原因", "why": "原因", "name": "名称", "status": "状态", "method": "方法", "answer": "应答",
	"after": "之后", "request": "请求",
}

// parts of the program as the attribute part names them.
var partNames = map[string]string{"bus": "消息队列", "notify": "发送", "collector": "采集", "alerting": "预警", "dashboard": "页面", "analyzer": "分析"}

// logLine is a record as the page shows it. A trace of the stack stays in the log.
func logLine(r slog.Record, with []slog.Attr) string {
	var b strings.Builder
	b.WriteString(cmp.Or(logTexts[r.Message], r.Message))
	put := func(a slog.Attr) bool {
		value := a.Value.String()
		switch {
		case a.Key == "stack":
			return true
		case a.Key == "part":
			value = cmp.Or(partNames[value], value)
		case a.Value.Kind() == slog.KindTime:
			value = a.Value.Time().Format(time.DateTime)
		}
		b.WriteString("　" + cmp.Or(logNames[a.Key], a.Key) + "：" + value)
		return true
	}
	for _, a := range with {
		put(a)
	}
	r.Attrs(put)
	return b.String()
}
