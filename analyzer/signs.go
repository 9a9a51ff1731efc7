package analyzer

// happenings are words of what may be an emergency, by what happened. They are
// hints to the learned model, which weighs them against the rest of the text.
var happenings = []happening{
	{"fire", "事故灾难", look(`失火|起火|着火|火灾|大火|自燃|火情|爆炸|爆燃|炸飞|燃起`)},
	{"crash", "事故灾难", look(`相撞|追尾|撞上|撞死|撞伤|撞飞|侧翻|翻车|坠毁|坠机|坠海|脱轨|沉船|车祸|碾压|碾轧|失事|连环撞|肇事|失联`)},
	{"collapse", "事故灾难", look(`垮塌|坍塌|倒塌|塌陷|塌方|墙倒|墙塌|透水|矿难|被埋|掩埋|滑坡|泥石流|溃堤|决堤|溃坝|山崩|雪崩`)},
	{"quake", "自然灾害", look(`地震|强震|余震|震中|里氏`)},
	{"weather", "自然灾害", look(`暴雨|洪水|洪涝|内涝|被淹|淹没|强降雨|台风|飓风|龙卷风|冰雹|受灾|海啸|转移(?:群众|民众|人员)|山洪|大旱|雪灾`)},
	{"violence", "社会安全", look(`砍伤|砍死|刺伤|刺死|捅伤|捅死|持刀|劫持|绑架|枪击|开枪|枪杀|袭击|恐袭|炸弹|自爆|行凶|遇袭|冲突|围堵|封堵|聚众|械斗|暴乱|骚乱|打死|纵火`)},
	{"toxic", "公共卫生", look(`中毒|呕吐|腹泻|疫情|确诊|病例|埃博拉|禽流感|泄漏|泄露`)},
	{"person", "事故灾难", look(`溺水|溺亡|落水|坠楼|坠井|坠落|触电|窒息|失踪|被困`)},
	{"toll", "事故灾难", look(`[0-9一二三四五六七八九十百两数]+(?:人|名.{0,6})?(?:死|遇难|身亡|丧生|罹难|失踪|受伤|轻伤|重伤|被困|获救|伤)`)},
}

type happening struct {
	name, kind string // kind is a type of the Emergency Response Law
	words      *pattern
}

// aftermath are words of what comes long after: courts, audits, anniversaries,
// statistics, and of what never was: games, films, drills.
var aftermath = look(`获刑|判刑|被判|责任人|起诉|批捕|追责|问责|赔偿|理赔|周年|纪念|遗体|身份(?:已|得到|全部)|调查报告|总结|一审|二审|庭审|受审|去年|前年|年前|曾经|回忆|保险|玩家|游戏|电影|电视剧|剧组|小说|统计|以来|案例|预防|防范|演练|演习`)

// signs names what the rules found in a text, for the learned models.
func signs(r *reading) []string {
	var out []string
	phase := string(r.state)
	add := func(c string) { out = append(out, c, c+"/"+phase) }
	out = append(out, "phase:"+phase)
	seen := make(map[string]bool)
	for _, h := range r.hits {
		name := h.topic.Name
		if seen[name] {
			continue
		}
		seen[name] = true
		add("topic:" + name)
		if kind := emergencyTypes[name]; kind != "" && !seen[kind] {
			seen[kind] = true
			out = append(out, "kind:"+kind)
		}
	}
	happened := false
	for _, h := range happenings {
		if h.words.in(r.seen) {
			add("happened:" + h.name)
			happened = true
		}
	}
	if happened {
		out = append(out, "happened")
	}
	if affirmed(r, deaths) != (hit{}) {
		add("deaths")
	}
	if affirmed(r, injuries) != (hit{}) {
		add("injuries")
	}
	beginning := int(r.bytes[min(len(r.runes), 200)])
	for _, c := range []struct {
		name  string
		words *pattern
	}{{"aftermath", aftermath}, {"history", history}, {"refutation", refutation}, {"complaint", complaints}} {
		if c.words.count(r.seen, beginning, 1) > 0 {
			out = append(out, c.name)
		}
	}
	return out
}
