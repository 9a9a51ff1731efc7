package main

func special() *paper {
	d := portrait().head().p("标题", "关于{{事由}}的情况报告").p(body, "{{导语}}")
	d.p("一级标题", "一、概述与态势")
	d.p(body, "{{事件简述}}").p(body, "该事{{首发时间}}首发于{{首发来源}}，地点：{{地点}}。定级{{等级}}，依据：{{定级依据}}。特别关注：{{特别关注}}。")
	d.p(body, "目前信息{{信息量}}条（近似重复{{近似重复}}条），负面{{负面}}条，占{{负面占比}}；分布：{{传播平台}}；媒体最高级别：{{媒体级别}}。{{传播数据}}。关注焦点：{{关注焦点}}。责任单位：{{责任单位}}，办理状态：{{办理状态}}{{?编号}}（{{编号}}）{{/编号}}。")
	d.p("图", "{{走势图}}").p("图注", "逐小时信息量")
	d.p("一级标题", "二、各方观点").none("各方观点", "没有可以引用的公开言论。")
	d.section("各方观点", func() {
		d.p("二级标题", "（{{立场}}，{{条数}}条）")
		d.p(body, "{{#言论}}“{{内容}}”（{{来源}}，{{时间}}）{{/言论}}")
	})
	d.p("一级标题", "三、趋势研判").remarks("趋势研判")
	d.p("一级标题", "四、处置进展").p(body, "{{处置进展}}").p(body, "工作措施：{{工作措施}}")
	d.p("一级标题", "五、会商情况").none("会商记录", "没有会商记录。")
	d.p(body, "{{#会商记录}}{{时间}}，{{参加}}会商，结论：{{结论}}。建议等级：{{建议等级}}。{{?理由}}理由：{{理由}}。{{/理由}}{{/会商记录}}")
	d.p("一级标题", "六、工作建议").remarks("工作建议")
	return d.foot()
}

func flash() *paper {
	d := onePage().head().p("标题", "{{标题}}")
	d.p(body, "*基本情况。*{{事件简述}}{{首发时间}}首发于{{首发来源}}，地点：{{地点}}。定级{{等级}}。")
	d.p(body, "*传播情况。*信息{{信息量}}条，负面{{负面}}条，态势{{态势}}；{{传播平台}}。{{传播数据}}。")
	d.p(body, "*工作措施。*责任单位：{{责任单位}}，办理状态：{{办理状态}}{{?编号}}（{{编号}}）{{/编号}}。{{工作措施}}")
	d.p(body, "*链接。*{{#来源链接}}{{序}}．{{来源}}：{{题名}}　{{/来源链接}}{{^来源链接}}无{{/来源链接}}")
	return d.foot()
}

func urgent() *paper {
	d := onePage().head().p("标题", "{{标题}}")
	d.form(
		field{label: "突发时间", text: "{{首发时间}}"}, field{label: "精准地点", text: "{{地点}}"},
		field{label: "等级", text: "{{等级}}"}, field{label: "责任单位", text: "{{责任单位}}"},
		field{label: "事件简述", text: "{{事件简述}}", wide: true, high: 2},
		field{label: "伤亡及损失", text: "{{伤亡及损失}}", wide: true},
		field{label: "处置进展", text: "{{处置进展}}", wide: true, high: 2},
		field{label: "群众诉求", text: "{{群众诉求}}", wide: true},
		field{label: "传播情况", text: "信息{{信息量}}条，负面{{负面}}条，态势{{态势}}；{{传播平台}}", wide: true},
		field{label: "建议", text: "{{#工作建议}}{{序}}．{{内容}}{{/工作建议}}", wide: true},
	)
	d.p("表左", "突发时间为公开信息的首发时间，以核实为准。")
	d.p("表左", "报送人：　　　　　　　　　　签发人：　　　　　　　　　　联系电话：")
	return d.foot()
}

func caseForm() *paper {
	d := onePage().p("密标", "工作秘密　不得外传").p("标题", "{{报头}}")
	d.p("表左", "{{?演练}}*演练，不作为正式公文。*{{/演练}}")
	d.form(
		field{label: "编号", text: "{{编号}}"}, field{label: "等级", text: "{{等级}}"},
		field{label: "标题", text: "{{标题}}", wide: true},
		field{label: "归口", text: "{{归口}}"}, field{label: "类别", text: "{{类别}}"},
		field{label: "来源平台", text: "{{来源平台}}"}, field{label: "首发时间", text: "{{首发时间}}"},
		field{label: "来源链接", text: "{{#来源链接}}{{序}}．{{来源}}：{{题名}}（{{发布时间}}）{{/来源链接}}\n{{^来源链接}}无{{/来源链接}}", wide: true},
		field{label: "摘要", text: "{{摘要}}", wide: true, high: 2},
		field{label: "传播数据", text: "{{传播数据}}", wide: true},
		field{label: "涉及地点", text: "{{涉及地点}}"}, field{label: "特别关注", text: "{{特别关注}}"},
		field{label: "主办单位", text: "{{主办单位}}"}, field{label: "协办单位", text: "{{协办单位}}"},
		field{label: "抄送", text: "{{抄送单位}}"}, field{label: "联系电话", text: "{{联系电话}}"},
		field{label: "工作要求", text: "{{#工作要求}}{{事项}}（{{单位}}）：{{时限}}内，截止{{截止}}。依据：{{依据}}{{/工作要求}}\n{{^工作要求}}尚未交办，时限未起算{{/工作要求}}", wide: true, high: 3},
		field{label: "签发人", text: "{{签发人}}"}, field{label: "签发时间", text: "{{签发时间}}"},
		field{label: "签收人与时间", text: "{{#签收}}{{单位}}（{{分工}}）：{{签收人}}　{{签收时间}}{{/签收}}\n{{^签收}}未签收{{/签收}}", wide: true, high: 2},
		field{label: "公开属性", text: "{{公开属性}}", wide: true},
	)
	return d.p("空行", "").p("表左", "签发（签字）：　　　　　　　　　签收（签字）：　　　　　　　　　年　　月　　日")
}

func feedbackForm() *paper {
	d := onePage()
	return d.section("反馈单", func() {
		d.p("密标", "工作秘密　不得外传").p("标题", "{{报头}}")
		d.form(
			field{label: "交办编号", text: "{{编号}}"}, field{label: "填报单位", text: "{{填报单位}}"},
			field{label: "标题", text: "{{标题}}", wide: true},
			field{label: "核实结论", text: "{{核实结论}}", wide: true},
			field{label: "事实经过", text: "{{事实经过}}", wide: true, high: 3},
			field{label: "责任认定", text: "{{责任认定}}", wide: true, high: 2},
			field{label: "处置措施", text: "{{处置措施}}", wide: true, high: 2},
			field{label: "进展", text: "{{进展}}", wide: true, high: 2},
			field{label: "是否已联系当事人", text: "{{是否已联系当事人}}"}, field{label: "拟发布渠道", text: "{{拟发布渠道}}"},
			field{label: "回应建议与口径", text: "{{回应建议与口径}}", wide: true, high: 3},
			field{label: "公开属性及理由", text: "{{公开属性及理由}}", wide: true},
			field{label: "附件", text: "{{附件}}", wide: true},
			field{label: "延期申请", text: "{{延期申请}}", wide: true},
			field{label: "提交时间", text: "{{提交时间}}"}, field{label: "承办人", text: "{{承办人}}"},
			field{label: "审核人", text: "{{审核人}}"}, field{label: "责任人", text: "{{责任人}}"},
		)
		d.p("空行", "").p("表左", "承办人（签字）：　　　　　　　审核人（签字）：　　　　　　　责任人（签字盖章）：")
	})
}

func ledger() *paper {
	d := landscape().p("标题", "{{报头}}").p("表左", "时段：{{时段}}　共{{件数}}件　编制：{{编印单位}}　{{编制时间}}　工作秘密，不得外传")
	d.none("台账", "本期没有立单。")
	return d.any("台账", func() {
		d.list("台账", column{"序", 4, "{{序号}}", ""}, column{"编号", 14, "{{编号}}", ""}, column{"发现", 6, "{{发现时间}}", ""}, column{"来源", 8, "{{来源}}", ""}, column{"摘要", 18, "{{摘要}}", "表左"},
			column{"类别", 6, "{{类别}}", ""}, column{"等级", 8, "{{等级}}", ""}, column{"责任单位", 8, "{{责任单位}}", ""}, column{"交办", 6, "{{交办}}", ""}, column{"签收", 6, "{{签收}}", ""},
			column{"反馈", 6, "{{首次反馈}}", ""}, column{"回应", 6, "{{回应}}", ""}, column{"办结", 6, "{{办结}}", ""}, column{"超时", 7, "{{是否超时}}", ""}, column{"回应形式渠道", 9, "{{回应形式渠道}}", ""}, column{"结果", 6, "{{结果}}", ""})
	})
}

func appraisal() *paper {
	d := landscape().p("标题", "{{报头}}").p("表左", "时段：{{时段}}　规则版本：{{规则版本}}　编制：{{编印单位}}　{{编制时间}}　由办理记录逐条重算，不排名　工作秘密，不得外传")
	d.none("考核", "这段时间没有交办给单位的事项。")
	return d.any("考核", func() {
		d.list("考核", column{"单位", 12, "{{单位}}", ""}, column{"件次", 6, "{{承办件次}}", ""}, column{"总分", 8, "{{总分}}", ""}, column{"考核项", 14, "{{考核项}}", ""}, column{"满分", 6, "{{满分}}", ""},
			column{"得分", 8, "{{得分}}", ""}, column{"应计", 6, "{{应计}}", ""}, column{"符合", 6, "{{符合}}", ""}, column{"未符合的交办单", 34, "{{未符合的交办单}}", "表左"})
	})
}
