package huiying

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// A redaction hides one kind of personal data: the whole match, or only its
// group where the words around it may stay.
type redaction struct {
	kind, mark string
	near       near
	need       uint64                  // the rows of near, as bits
	re         *regexp.Regexp          // its group is what to hide, else all of it
	ok         func(match string) bool // nil: always
}

const surnames = `赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛范彭郎鲁韦马苗方任袁柳鲍史唐费薛雷贺倪汤罗郝安常于傅齐康伍余元顾孟黄穆萧尹姚邵汪毛米宋庞熊纪舒项祝董梁杜阮席季贾路江童郭梅林钟徐邱高夏蔡田樊胡凌霍万柯卢莫房解丁邓洪包石崔吉龚程邢裴陆翁武刘景龙叶白蒲乔闫阎冀尚温柴瞿连习艾向古易廖耿寇戴曾谭侯聂焦申牛关文翟庄卓甄岳桂欧祁盛车蓝涂詹骆兰辛管沙游单燕巩覃隋宁边栗商佟岑尉桑池宫甘简麦卞仇匡段黎赖`

// IsSurname reports whether r is one of the usual surnames.
func IsSurname(r rune) bool { return strings.ContainsRune(surnames, r) }

// The parts of a home's address. A numeral is Arabic or Chinese.
const (
	numeral  = `[0-9一二三四五六七八九十百零〇]+`
	apart    = `[ ,，、—－-]?` // what stands between the parts
	building = `(?:(?:` + numeral + `号院` + apart + `)?(?:` + numeral + `(?:号楼|栋|幢|座|#楼?)|[A-Za-z][座栋幢]))` + apart
	entrance = numeral + `单元` + apart
	inside   = `(?:` + building + `)?` + entrance + `|` + numeral + `号` + apart + entrance
	storey   = `(?:` + numeral + `[楼层][ ]?)`
	side     = `[东西南北中左右]{1,2}`
	counted  = `0-9年千万亿多余来名人个位元米平亩吨次户家层天伏号分mM㎡％%.` // behind a count of things
	flatNo   = `(?:[0-9]{3,4}|[一二三四五六七八九][零〇一二三四五六七八九十]{2,3})`
)

// A name in context: a surname with one or two characters, or a double surname.
const personName = `(?:[` + surnames + `]\p{Han}{1,2}|(?:欧阳|司马|上官|诸葛|夏侯|皇甫|令狐|尉迟|司徒)\p{Han}{1,2})`

// Who is a child, and what only children have: an age below 18, a class.
const (
	boyGirl = `(?:男孩|女孩|男童|女童|男婴|女婴|未成年人|小学生|初中生|高中生|中学生|幼童|幼儿)`
	child   = `(?:孩子|儿子|女儿|学生|小孩|幼儿|孙子|孙女|外孙|外孙女|外甥|外甥女|侄子|侄女|弟弟|妹妹|男孩|女孩|男童|女童|男生|女生|婴儿|少年|未成年人|娃|娃娃)`
	young   = `(?:1[0-7]|[1-9]|十[一二三四五六七]?|[一二两三四五六七八九])`
	ofAge   = `[ ]?[（(，,]?(?:男|女)?[，,]?(?:今年|现年|年仅|刚满|才|刚|只有|现在)?` + young + `(?:周?岁|个多?月)`
	school  = `[ ]?[（(，,]?(?:今年|现|目前|现在)?(?:在|于|上|读|就读于?|是)[^，。；！？\n]{0,14}(?:小学|中学|初中|初一|初二|初三|高一|高二|高三|高中|幼儿园|年级|[大中小]班)`
)

var (
	homeNear  = near{{"单元", "号楼", "栋", "幢", "座", "#"}}
	childNear = near{{"孩", "儿", "学生", "孙", "甥", "侄", "童", "男生", "女生", "娃", "妹", "弟", "少年", "未成年"}}
	afterName = `[，。、！？；（(在被遭的因于和与跟从上放不失说溺落坠受遇走身骑玩已]|$`
)

// Mail goes before the numbers in it, and numbers before all that reads what is left.
// Who fears robots writes (at) for @, and # or at before one of the well-known hosts.
var mail = redaction{
	kind: "email", mark: "〔邮箱〕",
	re: regexp.MustCompile(`[A-Za-z0-9Ａ-Ｚａ-ｚ０-９._%+-]+(?:[ ]?[@＠][ ]?|[ ]?[(（\[［【{<《][ ]?(?i:at|艾特|[@＠])[ ]?[)）\]］】}>》][ ]?|[ ]?艾特[ ]?)[A-Za-z0-9Ａ-Ｚａ-ｚ０-９-]+(?:` + dot + `[A-Za-z0-9Ａ-Ｚａ-ｚ-]+)*(?:` + dot + `[A-Za-zＡ-Ｚａ-ｚ]{2,}|(?:[。点]|[ ]?[.．][ ]?)(?i:com|cn|net|org))` +
		`|[A-Za-z0-9._%+-]+(?:#|[ ]?#[ ]?|[ ](?i:at)[ ])(?i:qq|vip\.qq|163|126|139|189|gmail|sina|sohu|foxmail|outlook|hotmail|yeah|aliyun)(?:` + dot + `|[。点])(?i:com|cn|net)`),
}

const dot = `(?:[.．]|[ ]?[(（\[［]?(?i:dot)[)）\]］]?[ ]?)`

// mayHoldMail is quick: mail names a host, and hosts end so.
func mayHoldMail(s string) bool {
	return strings.IndexByte(s, '@') >= 0 || strings.Contains(s, "＠") ||
		(strings.Contains(s, "com") || strings.Contains(s, "COM") || strings.Contains(s, "cn") || strings.Contains(s, "net")) &&
			(strings.Contains(s, "at") || strings.Contains(s, "AT") || strings.IndexByte(s, '#') >= 0 || strings.Contains(s, "艾特"))
}

// redactions are applied to one sentence after another, in this order.
var redactions = []redaction{
	{
		kind: "account", mark: "〔账号〕", near: near{{"信", "Q", "q", "x", "X", "扣"}, {":", "：", "是"}},
		re: regexp.MustCompile(`(?i)(?:` + messenger + `号?|微信号|扣扣号?)[ ]*[:：是][ ]*([A-Za-z0-9_-]{5,20})`),
	},
	{
		kind: "account", mark: "〔账号〕", near: near{{"信", "Q", "q", "x", "X", "扣"}, {"加", "Q", "q", "扣"}},
		re: regexp.MustCompile(`(?i)加(?:一下|下)?[我他她]?的?(?:` + messenger + `)号?[ ]*([A-Za-z][A-Za-z0-9_-]{5,19}|[1-9][0-9]{5,10})|(?:QQ号?|扣扣号?)[ ]*([1-9][0-9]{6,10})`),
	},
	{
		kind: "plate", mark: "〔车牌〕", near: near{strings.Split(provinces, ""), strings.Split("0123456789", "")}, ok: hasDigit,
		re: regexp.MustCompile(`[` + provinces + `][ ]?(?i:[A-HJ-NP-ZＡ-ＨＪ-ＮＰ-Ｚ][ ]?[·•・.．-]?[ ]?[A-HJ-NP-Z0-9Ａ-ＨＪ-ＮＰ-Ｚ]{4,5}[A-HJ-NP-Z0-9Ａ-ＨＪ-ＮＰ-Ｚ挂学警港澳])`),
	},
	{
		kind: "address", mark: "〔住址〕", near: homeNear,
		re: regexp.MustCompile(`(?:` + inside + `)` + storey + `?(?:` + numeral + `[室号]|` + flatNo + `户|` + side + `[户门])|` + building + storey + `?(?:` + numeral + `室|` + side + `户)`),
	},
	// a bare room number has three or four digits; before a measure word it is a count (2号楼200户, 三座110千伏)
	{
		kind: "address", mark: "〔住址〕", near: homeNear,
		re: regexp.MustCompile(`((?:` + inside + `|` + building + `)` + flatNo + `)(?:[^` + counted + `]|$)`),
	},
	{
		kind: "address", mark: "〔住址〕", near: near{{"-", "—", "－"}, {"0", "1"}},
		re: regexp.MustCompile(`[园苑府城居庭里湾院村区舍寓住厦邸郡](?:内|的)?[ ]?([0-9A-Za-z]{1,3}#?[-—－][0-9]{1,2}[-—－][0-9]{3,4}[室户]?)|([0-9]{1,3}[-—－](?:[0-9]{1,2}[-—－])?[0-9]{3,4}[室户])`),
	},
	{
		kind: "address", mark: "〔住址〕", near: near{{"门"}, {"号"}},
		re: regexp.MustCompile(`((?:` + building + `|` + numeral + `号)` + numeral + `门` + apart + `(?:` + numeral + `室|` + flatNo + `))(?:[^` + counted + `]|$)`),
	},
	// a house in a village: 三组15号; 3组15号线 and 2队3号井 are other things
	{
		kind: "address", mark: "〔住址〕", near: near{{"组", "队", "社", "巷", "排", "弄", "胡同"}, {"号"}},
		re: regexp.MustCompile(`\p{Han}(第?` + numeral + `(?:村民小组|小组|组|队|社|巷|排|弄|胡同)[ ]?(?:门牌)?第?` + numeral + `号院?(?:附` + numeral + `号)?)(?:[^楼线井机车选种桌队坑洞泵杆路台库考展赛]|$)`),
	},
	{
		kind: "address", mark: "〔住址〕", near: near{{"住", "户籍", "家在"}, {"号"}},
		re: regexp.MustCompile(`(?:住|[我他她]家在|[我他她]们家在|户籍(?:地址|所在地|地))[^，；0-9〕]{0,24}?(?:村|庄|街|道|路|巷|弄|里|坊|屯|胡同|条|门牌)[ ]?(` + numeral + `号(?:院|附` + numeral + `号)?)(?:[^楼线井机车选]|$)`),
	},
	{
		kind: "minor", mark: "〔未成年人〕", near: append(childNear, []string{"叫", "名", ":", "："}), ok: isName,
		re: regexp.MustCompile(child + `的?(?:名单|(?:名字|姓名)?(?:名叫|叫做|叫作|叫|名为|名字是|姓名是|[:：]))[:：]?[ ]?(` + personName + `)`),
	},
	{
		kind: "minor", mark: "〔未成年人〕", near: childNear, ok: isName,
		re: regexp.MustCompile(child + `[ ]?(` + personName + `)(?:` + ofAge + `|` + school + `|同学|被|遭|放学|因)`),
	},
	{
		kind: "minor", mark: "〔未成年人〕", near: childNear, ok: isName,
		re: regexp.MustCompile(boyGirl + `[ ]?(` + personName + `)(?:` + afterName + `)|` + child + `(?:名字|姓名)[ ]?(` + personName + `)(?:` + afterName + `)`),
	},
	{
		kind: "minor", mark: "〔未成年人〕", near: near{{"岁", "个月", "个多月"}}, ok: isName,
		re: regexp.MustCompile(`(?:^|[，；：、:“（( ]|叫|[死伤患]者|害人|失踪者|走失者|[男女]子)(` + personName + `)[ ]?[（(，,、][ ]?(?:[男女][，,、 ]{0,2})?(?:今年|现年|年仅|刚满)?` + young + `(?:周?岁|个多?月)(?:[，。；、,）)！ ]|$)`),
	},
	{
		kind: "minor", mark: "〔未成年人〕", near: near{{"岁"}}, ok: isName,
		re: regexp.MustCompile(`(?:^|[^0-9一二三四五六七八九十])` + young + `周?岁的?(?:小?` + child + `)?[ ]?(` + personName + `)(?:` + afterName + `)`),
	},
	{
		kind: "minor", mark: "〔未成年人〕", near: near{{"同学"}}, ok: isName,
		re: regexp.MustCompile(`(?:^|[，；：、“（( ]|[的和与跟是让把对给]|班|年级|小学|中学|初中|高中|学校|幼儿园)(` + personName + `)小?同学`),
	},
	{
		kind: "minor", mark: "〔未成年人〕", near: near{{"姓名"}, {"年龄"}}, ok: isName,
		re: regexp.MustCompile(`姓名[:： ]{0,2}(` + personName + `)[，,；; 、]{0,2}(?:性别)?[:： ]{0,2}[男女]?[，,；; 、]{0,2}年龄[:： ]{0,2}` + young + `(?:[^0-9]|$)`),
	},
	{
		kind: "minor", mark: "〔未成年人〕", near: near{{"班", "年级", "初", "高", "小学", "幼儿园"}}, ok: isName,
		re: regexp.MustCompile(`(?:年级|初[一二三]|高[一二三]|[0-9一二三四五六]班|[大中小]班)的(` + personName + `)(?:` + afterName + `)|(?:^|[，；：、:“（( ]|老[大二三四幺])(` + personName + `)(?:今年|现在|目前)?[上读](?:小学|初中|高中|初[一二三]|高[一二三]|[一二三四五六]年级|幼儿园)`),
	},
	{
		kind: "minor", mark: "〔未成年人〕", near: near{{"班", "年级", "初", "高", "小学", "中学", "幼儿园"}, {"学生", "幼儿", "小朋友"}}, ok: isName,
		re: regexp.MustCompile(`(?:年级|[0-9一二三四五六]班|[大中小]班|初[一二三]|高[一二三]|小学|中学|幼儿园)的?(?:学生|幼儿|小朋友)[ ]?(` + personName + `)(?:` + afterName + `)`),
	},
	{
		kind: "minor", mark: "〔未成年人〕", near: near{{"〔未成年人〕"}}, ok: isName,
		re: regexp.MustCompile(`〔未成年人〕[、和与及](` + personName + `)(?:` + afterName + `)`),
	},
}

const messenger = `[微薇威徽v]信|QQ|扣扣|企鹅|vx|wx`

const provinces = `京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼`

// fullWidth maps full-width digits, which hide numbers from a plain pattern.
var fullWidth = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9")

func hasWideDigit(s string) bool {
	for {
		i := strings.IndexByte(s, "０"[0])
		if i < 0 || i+2 >= len(s) {
			return false
		}
		if s[i+1] == "０"[1] && s[i+2] >= "０"[2] && s[i+2] <= "９"[2] {
			return true
		}
		s = s[i+1:]
	}
}

// Redact replaces phone numbers, ID and bank card numbers, plates, home
// addresses, mail and chat accounts, and the names of minors by a mark that
// says what stood there, and adds their number to found by kind.
// Redacting twice changes nothing more.
func Redact(s string, found map[string]int) string {
	if hasWideDigit(s) {
		s = fullWidth.Replace(s)
	}
	if mayHoldMail(s) {
		s = mail.apply(s, found)
	}
	s = redactNumbers(s, found)
	var out strings.Builder
	written := 0
	for from := 0; from < len(s); {
		rows, length := nearIn(s[from:])
		to := from + length
		said := s[from:to]
		for i := range redactions {
			if r := &redactions[i]; rows&r.need == r.need {
				for shown := r.apply(said, found); shown != said; shown = r.apply(said, found) {
					said = shown // and a name more of a list
					rows, _ = nearIn(said)
				}
			}
		}
		if said != s[from:to] {
			out.WriteString(s[written:from])
			out.WriteString(said)
			written = to
		}
		from = to
	}
	if written == 0 {
		return s
	}
	out.WriteString(s[written:])
	return out.String()
}

func (r *redaction) apply(s string, found map[string]int) string {
	var out strings.Builder
	written, at := 0, 0
	for at < len(s) {
		m := r.re.FindStringSubmatchIndex(s[at:])
		if m == nil {
			break
		}
		g := 0
		for i := len(m)/2 - 1; i > 0 && g == 0; i-- {
			if m[2*i] >= 0 {
				g = i
			}
		}
		from, to := at+m[2*g], at+m[2*g+1]
		if r.kind == "minor" {
			to = from + nameLength(s[from:to])
		}
		if digitBeside(s, from, to) || r.ok != nil && !r.ok(s[from:to]) {
			at = afterFirst(s, at+m[0]) // the next number may begin inside this match
			continue
		}
		out.WriteString(s[written:from])
		out.WriteString(r.mark)
		written, at = to, to
		found[r.kind]++
	}
	if written == 0 {
		return s
	}
	out.WriteString(s[written:])
	return out.String()
}

// afterFirst is the end of the run of numerals that begins at i, or of the
// character there. Skipping the run keeps the time linear.
func afterFirst(s string, i int) int {
	_, n := utf8.DecodeRuneInString(s[i:])
	run := len(s) - i - len(strings.TrimLeft(s[i:], "0123456789一二三四五六七八九十"))
	return i + max(n, run)
}

// digitBeside reports whether the match is a piece of a longer number, such as
// an order or file number, which is no personal data.
func digitBeside(s string, from, to int) bool {
	if from > 0 && isDigit(s[from]) && isDigit(s[from-1]) {
		return true
	}
	return to < len(s) && isDigit(s[to-1]) && isDigit(s[to])
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// commonWords begin like a name: 孩子高兴 and 学生安全 name nobody.
var commonWords = func() map[string]bool {
	set := make(map[string]bool)
	for w := range strings.FieldsSeq(`
丁点 万一 万万 万事 万人 万元 万分 万名 严厉 严惩 严格 严禁 严肃 严重 乐园 习作 习俗 习得 习惯 习题 于今 于当 于昨 于是 仇人 仇恨 仇敌 付出 付费 付钱 任何 任务
任性 任意 任教 任班 任由 任职 任课 伍佰 何人 何以 何况 何处 何必 何故 何时 何种 余下 余人 余名 余年 余款 余额 倪端 元旦 元气 关上 关中 关于 关内 关切 关口 关在
关外 关头 关心 关押 关注 关照 关爱 关税 关系 关节 关键 关门 关闭 包含 包围 包容 包括 包装 包裹 华人 华侨 卓有 卓著 单一 单个 单于 单人 单位 单体 单元 单兵 单刀
单单 单向 单子 单层 单性 单打 单方 单板 单果 单独 单纯 单薄 单行 单词 单调 单身 单项 卞卡 卢布 卫生 古人 古代 古文 古诗 史上 史书 叶片 向上 向他 向前 向她 向学
向家 向往 向我 向校 向母 向派 向父 向老 向警 向记 周一 周三 周二 周五 周六 周到 周四 周围 周岁 周日 周期 周末 周边 唐诗 商丘 商业 商人 商代 商会 商务 商周 商品
商场 商学 商定 商家 商店 商旅 商朝 商机 商标 商用 商船 商讨 商议 商谈 商贩 商贸 商贾 商量 夏令 夏天 夏季 姜汤 孔子 孙女 孙子 孟春 季度 季节 宁为 宁愿 安全 安定
安家 安居 安心 安慰 安抚 安排 安检 安稳 安置 安葬 安装 安静 宋代 宋词 宫中 宫内 宫墙 宫女 宫室 宫廷 宫灯 宫里 宫门 宫颈 家长 尚且 尚在 尚小 尚无 尚有 尚未 尚能
尤为 尤其 尹始 岳家 岳父 左右 巩固 席位 席卷 常住 常去 常发 常哭 常在 常常 常年 常来 常欺 常生 常用 常被 常见 常规 常识 常说 庄上 庄严 庄家 庄稼 庄重 庞大 康复
张口 张嘴 张开 张望 张罗 张贴 彭家 成绩 戴上 戴口 戴眼 戴着 房产 房子 房屋 房租 房门 房间 文中 文书 文人 文件 文体 文凭 文化 文史 文坛 文字 文学 文官 文峰 文工
文帝 文库 文教 文本 文档 文武 文汇 文物 文献 文理 文盲 文章 文笔 文职 文臣 文艺 文说 文责 文选 文集 文革 方便 方可 方向 方式 方才 方案 方法 方能 方面 施压 施工
施救 施暴 施行 时候 明显 易于 易受 易患 易被 景区 景点 曾因 曾在 曾多 曾经 曾被 曾说 朱红 杨树 林业 林区 柏油 柳树 柳絮 柴油 柴火 梁上 欧共 欧洲 欧盟 欧罗 武器
武术 段落 毕业 毕竟 毛巾 毛病 毛衣 江边 江面 池际 汤圆 汤药 汪汪 沙包 沙口 沙土 沙地 沙场 沙子 沙漠 沙鱼 洪水 洪涝 涂料 温习 温和 温度 温暖 游人 游击 游动 游历
游子 游客 游戏 游泳 游牧 游玩 游离 游船 游艇 游艺 游荡 游行 游街 游览 游记 游说 潘家 焦急 焦点 焦虑 焦躁 燕京 牛奶 牛市 牛津 牛皮 牛筋 牛肉 牛车 王子 王牌 甘地
甘心 甘愿 甘草 甘蔗 甘薯 田地 田里 申花 申诉 申请 白天 白白 白色 白血 白话 白酒 盛产 盛会 盛名 盛大 盛开 盛情 盛行 石头 祖母 祝愿 祝福 秦腔 程序 程度 窦性 章程
章节 童年 童装 童话 简介 简体 简便 简化 简单 简历 简史 简明 简易 简朴 简洁 简略 简直 简短 简称 简要 简陋 管事 管制 管子 管家 管理 管用 管线 管辖 管道 米粉 米饭
纪律 纪念 罗列 胡乱 胡说 舒服 舒适 艾滋 苏醒 苗圃 苗头 莫不 莫名 莫非 萧条 董事 蓝色 薛家 袁大 解决 解开 解放 解散 解答 解脱 解释 解除 许久 许可 许多 谢谢 费力
费时 费用 费解 贺卡 贾家 赖以 赵家 路上 路人 路口 路灯 路费 路边 路过 路途 路面 车上 车体 车厢 车型 车城 车夫 车子 车牌 车票 车程 车窗 车站 车身 车轮 车辆 车道
车里 车长 车门 车间 车队 车马 辛苦 辛辛 辛辣 边上 边区 边境 边沿 边界 边疆 边缘 边防 边际 边陲 连书 连同 连夜 连家 连带 连年 连忙 连日 连累 连续 连连 连门 连饭
邢台 邹城 郑重 郭外 金钱 金额 钟头 钟爱 钱包 钱没 钱被 钱财 钱都 阎王 陆续 陶冶 陶瓷 隋代 隋唐 隋朝 雷击 雷同 雷电 项目 项链 顾不 顾及 顾虑 颜色 马上 马虎 马路
骆驼 高一 高三 高中 高二 高于 高价 高兴 高危 高压 高喊 高处 高大 高层 高峰 高年 高度 高新 高校 高温 高烧 高热 高空 高等 高级 高考 高职 高薪 高达 高速 高额 高龄
黄昏 黄色 黄金 黎明 齐全 龙头
`) {
		set[w] = true
	}
	return set
}()

// isName reports whether a match that looks like a name is none of the words
// that begin so.
func isName(s string) bool {
	_, first := utf8.DecodeRuneInString(s)
	_, second := utf8.DecodeRuneInString(s[first:])
	return !strings.ContainsAny(s[first:], "的了着过们这那个是不我你他她它老啊吗呢吧") && !commonWords[s[:first+second]]
}

// nameLength leaves out a third character that is the next word: 张明|今年, 李雷|的.
func nameLength(s string) int {
	r, n := utf8.DecodeLastRuneInString(s)
	if utf8.RuneCountInString(s) == 3 && strings.ContainsRune("今在的读说被因也才就都没很还让把又", r) {
		return len(s) - n
	}
	return len(s)
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

// MaskName keeps the first character of a nickname or name: 张**.
func MaskName(s string) string {
	r, n := utf8.DecodeRuneInString(strings.TrimSpace(s))
	if n == 0 {
		return ""
	}
	return string(r) + "**"
}
