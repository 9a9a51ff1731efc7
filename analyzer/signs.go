package analyzer

import "slices"

// happenings are words of what may be an emergency, by what happened. They are
// hints to the learned model, which weighs them against the rest of the text.
var happenings = []happening{
	{"fire", "事故灾难", look(`失火|起火|着火|火灾|大火|自燃|火情|爆炸|爆燃|炸飞|燃起|山火|浓烟`)},
	{"crash", "事故灾难", look(`相撞|追尾|撞上|撞死|撞伤|撞飞|撞倒|侧翻|翻车|翻覆|坠毁|坠机|坠海|坠崖|坠河|脱轨|沉船|沉没|倾覆|触礁|车祸|碾压|碾轧|失事|连环撞|肇事|失联|迫降|交通事故`)},
	{"collapse", "事故灾难", look(`垮塌|坍塌|倒塌|塌陷|塌方|墙倒|墙塌|透水|矿难|被埋|掩埋|滑坡|泥石流|溃堤|决堤|决口|溃坝|山崩|雪崩`)},
	{"quake", "自然灾害", look(`地震|强震|余震|震中|里氏|震感`)},
	{"weather", "自然灾害", look(`暴雨|洪水|洪涝|内涝|被淹|淹没|强降雨|台风|飓风|龙卷风|冰雹|受灾|海啸|转移(?:群众|民众|人员)|山洪|洪灾|水灾|大旱|旱灾|雪灾|灾情|沙尘暴|狂风`)},
	{"violence", "社会安全", look(`砍伤|砍死|刺伤|刺死|捅伤|捅死|持刀|劫持|绑架|枪击|开枪|枪杀|袭击|恐袭|炸弹|自爆|行凶|遇袭|冲突|围堵|封堵|聚众|械斗|暴乱|骚乱|打死|纵火|被炸|空袭|来袭|击落|摧毁|轰炸|炮击|交火|踩踏|人质|[0-9]枪`)},
	{"toxic", "公共卫生", look(`中毒|呕吐|腹泻|上吐下泻|疫情|确诊|病例|埃博拉|禽流感|泄漏|泄露|不适`)},
	{"person", "事故灾难", look(`溺水|溺亡|落水|坠楼|坠井|落井|坠落|触电|窒息|失踪|被困|殒命|被砸|砸中|砸伤|砸死|压死|压扁|被撞|撞成|冲走`)},
	{"toll", "事故灾难", look(`[0-9一二三四五六七八九十百两数]+(?:人|名.{0,6})?(?:死|遇难|身亡|丧生|罹难|失踪|受伤|轻伤|重伤|被困|获救|伤)|(?:死亡|遇难|伤亡|失踪)(?:人数|总数)?(?:已?[升增]至|超|达|已达|上升至)`)},
}

type happening struct {
	name, kind string // kind is a type of the Emergency Response Law
	words      *pattern
}

// tellings are words of how a happening is told: that it is fresh, that somebody
// saw it, or that it is a drill, a memory, a case in court, a number, a plan, a
// game. Which of them speak for an emergency is learned.
var tellings = []struct {
	name  string
	words *pattern
}{
	{"occurs", look(`(?:发生|突发|遭遇|遭受|突然|引发|酿成).{0,10}(?:火|爆|事故|事件|地震|级|撞|塌|袭|枪|洪|灾|毒|故障|泄漏|冲突|骚乱)|致.{0,4}[0-9一二三四五六七八九十两多数]+.{0,2}[死伤]|造成.{0,12}(?:死|伤|遇难|失踪|受灾|被困)`)},
	{"fresh", look(`刚刚|刚才|今天|今日|今晨|今早|昨天|昨日|昨晚|昨夜|凌晨|当地时间|日电|[0-9]时许|[0-9]分许|左右|截至|目前|据.{0,8}报道|突发`)},
	{"rescue", look(`救援|搜救|抢救|送医|送往|赶赴|疏散|撤离|转移|封锁|封闭|应急响应|消防|施救|扑救|扑灭|救护车|警方|通报|排查原因|事故原因|紧急`)},
	{"witness", look(`轰的一声|一声巨响|巨响|着火了|起火了|炸了|爆炸了|塌了|塌下来|冒烟|黑烟|火好大|火光|消防来了|消防车|救护车|好多血|救命|快跑|快来人|地震了|晃得|震得|震动|冲走|进水|漫上来|出不来|埋在|压着|砸到|掉下来|吓死|出事了|出车祸`)},
	{"drill", look(`演练|演习|拉练|模拟|预案|实战|培训|比武|疏散演`)},
	{"memory", look(`周年|纪念|悼念|哀悼|默哀|追思|回忆|回顾|历史上|往事|当年|遗址|幸存者|[0-9]{4}年|年前|那年|那场|去年|前年|昔日|记忆|重建|新城`)},
	{"court", look(`获刑|判刑|被判|一审|二审|终审|宣判|庭审|受审|法院|检方|起诉|批捕|刑拘|拘留|逮捕|落网|嫌疑人|嫌犯|抓获|破获|自首|责任人|追责|问责|免职|处分|被捕|通缉`)},
	{"money", look(`赔偿|索赔|理赔|获赔|判赔|保险|补偿|捐款|捐赠|募捐|筹款|义演|献爱心|救灾款|安置`)},
	{"inquest", look(`调查报告|调查结果|身份(?:已|得到|全部)|名单|遗体|善后|续[：:]|后续|追踪|真相|原因查明|已被|被叫停|被查`)},
	{"number", look(`季度|上半年|下半年|前[0-9一二三]+个?月|同比|环比|统计|总数|每年|年均|平均|创新高|下降|增长|增多|以来|累计|全年|历年|据统计|数据`)},
	{"plan", look(`将于|拟|计划|预计|未来|或将|可能|必将|酝酿|呼吁|专家|研究|学者|报告称|建议|立法|方案|部署|会议|推进|签署|将就|提案`)},
	{"politics", look(`总统|总理|外长|部长|议会|谴责|会谈|访问|制裁|抗议|选举|联合国|白宫|外交|特使|领导人|声明|军演|导弹|核`)},
	{"advice", look(`如何|怎么|怎样|为什么|预防|防范|避险|自救|逃生|误区|提醒|注意|小贴士|知识|科普|警示|教你|必看|什么|吗[？?]?`)},
	{"fiction", look(`玩家|游戏|网游|内测|电影|影片|票房|导演|主演|电视剧|剧情|剧组|小说|动漫|演唱|歌曲|专辑|粉丝|明星|综艺|首映|定档|上映|角色|副本|装备|《`)},
	{"market", look(`股市|股价|股票|基金|大盘|涨停|跌停|期货|楼市|房价|市值|投资|行情|营收|销量|上市|价格|万元|亿元|报价|机型|新款|配置`)},
	{"sport", look(`比赛|球队|球员|主帅|联赛|决赛|进球|比分|客场|主场|夺冠|冠军|赛季|后卫|前锋|教练|球迷|奥运|世锦赛|德比|绝杀`)},
	{"hazard", look(`隐患|容易|怕|担心|万一|以防|防止|请求|希望|建议|恳请|投诉|反映|尽快|整改|希望有关部门|不处理|没人管`)},
	{"denial", look(`辟谣|谣言|不实|系误传|未造成|没有发生|未发生|解除|恢复|已修复|平安`)},
	{"murder", look(`杀害|杀人|谋杀|杀妻|杀夫|掐死|弃尸|碎尸|烹食|情杀|命案|凶手|尸体|毒杀|勒死|虐待`)},
	{"somebody", look(`男子|女子|女孩|男孩|少年|少女|老人|老太|大妈|夫妇|夫妻|富豪|富翁|明星|演员|女星|歌手|名人|大亨|女友|前妻|情敌|邻居`)},
	{"crowd", look(`群众|村民|居民|学生|乘客|工人|矿工|游客|平民|警察|士兵|儿童|旅客|师生`)},
	{"craft", look(`客机|飞机|直升机|战机|战斗机|轰炸机|航班|列车|火车|大巴|客车|货车|轮船|渔船|客轮|游艇|潜艇|校车|公交车|轿车|摩托车`)},
	{"praise", look(`表彰|荣获|立功|先进|英雄|感谢|点赞|事迹|见义勇为|欢迎|凯旋|喜`)},
}

// aftermath are words of what comes long after: courts, audits, anniversaries,
// statistics, and of what never was: games, films, drills.
var aftermath = look(`获刑|判刑|被判|责任人|起诉|批捕|追责|问责|赔偿|理赔|周年|纪念|遗体|身份(?:已|得到|全部)|调查报告|总结|一审|二审|庭审|受审|去年|前年|年前|曾经|回忆|保险|玩家|游戏|电影|电视剧|剧组|小说|统计|以来|案例|预防|防范|演练|演习`)

// mostSigns is how many signs a text has at most, beside those of its topics, and
// how many tellings.
const (
	mostSigns    = 64
	signsOfTopic = 3
)

// signs adds to the bags what the rules found in a text, for the learned models,
// and how it is told.
func signs(r *reading, found, told *bag) {
	found.size(mostSigns + signsOfTopic*len(r.hits))
	phase := string(r.state)
	add := func(name ...string) { found.add(hashSign(name...)) }
	both := func(kind, name string) {
		add(kind, name)
		add(kind, name, "/", phase)
	}
	add("phase:", phase)
	seen := make([]string, 0, 16)
	for _, h := range r.hits {
		name := h.topic.Name
		if slices.Contains(seen, name) {
			continue
		}
		seen = append(seen, name)
		both("topic:", name)
		if kind := emergencyTypes[name]; kind != "" && !slices.Contains(seen, kind) {
			seen = append(seen, kind)
			add("kind:", kind)
		}
	}
	happened := ""
	for i := range happenings {
		if h := &happenings[i]; h.words.in(r.seen) {
			both("happened:", h.name)
			happened = "+happened"
		}
	}
	if happened != "" {
		add("happened")
	}
	if affirmed(r, deaths) != (hit{}) {
		both("deaths", "")
	}
	if affirmed(r, injuries) != (hit{}) {
		both("injuries", "")
	}
	beginning := int(r.bytes[min(len(r.runes), 200)])
	for i := range cues {
		if c := &cues[i]; c.words.count(r.seen, beginning, 1) > 0 {
			add(c.name)
		}
	}
	pleaOf(r).signs(add)
	tellingsOf(r, happened, told)
}

// cues are patterns that are signs by themselves.
var cues = []struct {
	name  string
	words *pattern
}{{"aftermath", aftermath}, {"history", history}, {"refutation", refutation}, {"complaint", complaints}}

// tellingSigns are the signs of each telling.
var tellingSigns = func() []toldAs {
	out := make([]toldAs, len(tellings))
	for i, t := range tellings {
		out[i] = toldAs{hashSign("tells:", t.name), hashSign("tells:", t.name, "+happened"), hashSign("first:", t.name, "+happened")}
	}
	return out
}()

type toldAs struct{ tells, happened, first uint32 }

// tellingsOf are how the text tells, each also together with that something
// happened, for a linear model cannot join the two by itself.
func tellingsOf(r *reading, happened string, told *bag) {
	told.size(len(tellings)*signsOfTopic + 2)
	beginning := int(r.bytes[min(len(r.runes), 200)])
	first := r.titleBytes()
	if first == 0 && len(r.sentences) > 0 {
		first = int(r.bytes[r.sentences[0].to])
	}
	plain := true
	for i := range tellings {
		words := tellings[i].words
		if words.count(r.seen, beginning, 1) == 0 {
			continue
		}
		plain = false
		names := &tellingSigns[i]
		if told.add(names.tells); happened == "" {
			continue
		}
		if told.add(names.happened); words.count(r.seen, first, 1) > 0 {
			told.add(names.first)
		}
	}
	plain = plain || happened == ""
	if len(r.runes) < 60 {
		told.add(hashSign("short", happened))
		if plain {
			told.add(hashSign("short-plain", happened))
		}
	}
}
