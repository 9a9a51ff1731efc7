package sample

import "huiying"

// Topics are the risk signals of DOMAIN §6, and 普通 for what carries none.
var Topics = []string{
	"安全事故", "自然灾害", "公共卫生", "群体聚集", "涉未成年人", "征地拆迁", "环境污染", "食品药品", "劳资欠薪",
	"医疗", "作风腐败", "涉警涉法", "供暖供水供气停电", "教育政策", "物业烂尾", "交通", "城管", "退役军人",
	"民族宗教", "误解误读", "谣言", "普通",
}

// Categories are the 15 first-level classes of citizen appeals.
var Categories = []string{
	"城乡建设", "党务政务", "国土资源", "环境保护", "纪检监察", "交通运输", "经济管理", "科技与信息产业",
	"民政", "农村农业", "商贸旅游", "卫生计生", "政法", "教育文体", "劳动和社会保障",
}

// Units are the county's units the expectations may name.
var Units = []huiying.UnitID{
	"zfb", "ducha", "xwzx", "wxb", "xcb", "xfj", "zfw", "jw", "shgz", "fgj", "jkj", "gxj", "gaj", "mzj", "sfj",
	"czj", "rsj", "zrzy", "sthj", "zjj", "cgj", "jtj", "slj", "nyj", "wlj", "wjj", "tyj", "yjj", "sjj", "scjg",
	"tjj", "ybj", "spj", "nyuan", "sjuj", "swj", "qxj", "xfdd", "gdgs", "kfq", "fy", "jcy",
	"t100", "t101", "t102", "t103", "t104", "t105", "t106", "t202",
}

// kinds of personal data the intake hides; the expectations may name them.
var redactions = []string{"id_card", "bank_card", "phone", "email", "account", "plate", "address", "minor"}
