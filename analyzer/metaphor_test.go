package analyzer_test

import (
	"testing"

	"huiying"
)

// From opening.yaml on, a risk of 22, or of 15 with a flag, opens a case.
func opens(as huiying.Assessment) bool {
	return as.State == huiying.PhaseOccurred && (as.Risk.Score >= 22 || as.Risk.Score >= 15 && len(as.Flags) > 0)
}

type saying struct {
	channel huiying.Channel
	text    string
}

func TestFiguresOfSpeechMemoriesAndFarLandsRaiseNoAlarm(t *testing.T) {
	t.Parallel()
	for _, c := range []saying{
		{"forum", "期末复习像地震现场，宿舍里一片废墟"},
		{"weibo", "今天辅导娃写作业，血压直接山洪暴发"},
		{"weibo", "年会抽奖现场大爆炸，笑死"},
		{"weibo", "刚失恋，心里发生了八级地震"},
		{"weibo", "这胃口简直黑洞，火锅店被我们洗劫一空"},
		{"weibo", "健身房练完，腿直接报废，救护车在哪"},
		{"weibo", "这个包袱抖得全场爆炸，笑到缺氧"},
		{"weibo", "追剧追到车祸现场，编剧你出来"},
		{"weibo", "昨晚唱歌大型翻车现场，跑调跑到清徐"},
		{"weibo", "直播翻车了哈哈哈"},
		{"weibo", "双十一钱包遭遇洪水，余额决口了"},
		{"weibo", "老板一句话，群里炸了锅"},
		{"weibo", "领导来检查，办公室瞬间着火一样忙"},
		{"forum", "1996年交城发过一次大洪水，文峪河决口，老人们还记得吗"},
		{"forum", "老辈人说卦山早年着过一场大火，烧了三天三夜"},
		{"forum", "小时候夏家营煤矿冒顶死过人，现在矿早关了"},
		{"gov", "县应急局开展森林火灾扑救演练"},
		{"gov", "县消防大队走进却波社区开展火灾逃生培训"},
		{"news", "交城：山村用上“智慧井盖”，暴雨内涝不再愁"},
		{"news", "交城县召开防汛抗旱工作会议"},
		{"gov", "我县举行危险化学品泄漏事故应急演练"},
		{"gov", "学校食堂食品安全知识竞赛举行"},
		{"forum", "便民：下周停水停电计划汇总"},
		{"weibo", "看新闻土耳其又地震了，心疼"},
		{"weibo", "日本地震海啸预警，祈福"},
		{"weibo", "美国校园枪击又死了好几个人"},
		{"weibo", "听说文水县有个化工厂爆炸，两人受伤"},
		{"forum", "临县发生山体滑坡，三人被埋"},
		{"forum", "孝义一煤矿透水，多人被困，家属在井口等"},
		{"weibo", "河北邯郸初中生被害案开庭"},
		{"news", "山西：全省开展煤矿瓦斯治理专项整治"},
		{"news", "交城县法院公开审理一起交通肇事案，以案释法"},
		{"forum", "夏家营的锅炉房早年炸过一次，现在改成车棚了"},
		{"weibo", "这道题把我脑子干地震了"},
		{"weibo", "奶奶做的辣子鸡，嗓子当场着火"},
		{"weibo", "看俄罗斯那边又爆炸了，唉"},
	} {
		if as := shared().Assess(huiying.Post{Channel: c.channel, Text: c.text}); opens(as) {
			t.Errorf("%s: %.0f %v %v", c.text, as.Risk.Score, as.Flags, as.Risk.Factors)
		}
	}
}

func TestWhatHappenedAlarmsHoweverItIsTold(t *testing.T) {
	t.Parallel()
	for _, c := range []saying{
		{"forum", "段村昨晚一声巨响如同地震，窗户都震碎了"},
		{"weibo", "交城县夏家营一化工厂爆炸，现场像电影一样，好多人受伤"},
		{"forum", "西社镇煤矿冒顶，两个工人被困井下"},
		{"forum", "洪相镇暴雨，河堤决口，房子被淹了"},
		{"forum", "学校食堂吃完孩子上吐下泻，老师还说没事"},
		{"forum", "工地拖欠我们三十多个农民工工资半年了"},
		{"forum", "昨晚南环路车祸，电动车被大货车撞飞"},
		{"forum", "网传要取消高龄津贴，是不是真的"},
		{"hotline", "来电人反映天宁镇磁窑村停水五天，至今没有恢复"},
		{"weibo", "交城东关市场着火了，浓烟滚滚，消防车堵在门口"},
		{"forum", "中学宿舍多名学生发烧呕吐，学校不让说"},
		{"forum", "老人在养老院被打，家属讨说法"},
		{"forum", "2003年盖的楼，昨晚楼板塌方砸伤人"},
		{"forum", "段村八十年代修的桥今天早上坍塌了"},
		{"weibo", "交城东关一饭店爆炸，跟拍电影似的，伤了好几个，救护车来了三辆"},
		{"forum", "307国道西社段一辆货车翻车，司机被困"},
		{"forum", "德国进口的锅炉也爆炸了，夏家营厂里伤了两个工人"},
	} {
		if as := shared().Assess(huiying.Post{Channel: c.channel, Text: c.text}); !opens(as) {
			t.Errorf("%s: %s %.0f %v %v", c.text, as.State, as.Risk.Score, as.Flags, as.Risk.Factors)
		}
	}
}
