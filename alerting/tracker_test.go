package alerting_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"huiying"
	"huiying/alerting"
)

var morning = time.Date(2026, 11, 23, 9, 0, 0, 0, huiying.Beijing)

func assessedPost(id, title, text string, at time.Time) huiying.Assessed {
	p := huiying.Post{
		ID: huiying.PostID(id), Region: "141122", Source: "测试论坛", Channel: huiying.ChannelForum,
		Title: title, Text: text, PublishedAt: at, CollectedAt: at,
	}
	return huiying.Assessed{Post: p, Assessment: huiying.Assessment{
		ID: p.ID, Category: "环境保护", State: huiying.PhaseOccurred, Print: huiying.Fingerprint(len(text)) * 0x9E3779B97F4A7C15,
	}}
}

// background gives the tracker an idea of which words are common.
func background(t *alerting.Tracker) {
	for i, s := range []string{
		"县城东街路灯坏了半个月没有人修", "洪相镇卫生院医生态度不好", "幼儿园收费太贵家长有意见", "广场舞音响太大影响休息",
		"公交车班次太少等了一个小时", "小区物业不作为垃圾没人清理", "养老金什么时候能到账", "文峪河边钓鱼的人乱扔垃圾",
	} {
		t.Place(assessedPost(fmt.Sprint("bg", i), s, s+"，希望有关部门尽快处理一下。", morning.Add(time.Duration(i)*time.Minute)))
	}
}

func TestPostsOnOneMatterBecomeOneEvent(t *testing.T) {
	t.Parallel()
	tr := alerting.NewTracker()
	background(tr)
	first, _ := tr.Place(assessedPost("a", "西营镇化工厂夜里排放刺鼻气味", "西营镇这边的化工厂每天夜里排放刺鼻的气味，窗户都不敢开，孩子一直咳嗽。", morning))
	second, dup := tr.Place(assessedPost("b", "求助：西营镇刺鼻气味又来了", "西营镇化工厂的刺鼻气味昨天夜里又来了，窗户不敢开，有没有人管管？", morning.Add(time.Hour)))
	if second.ID != first.ID || dup {
		t.Errorf("the second post went to %s (copy %v), want %s as a new text", second.ID, dup, first.ID)
	}
	other, _ := tr.Place(assessedPost("c", "西营镇村口的桥限高杆被撞坏", "西营镇村口那座桥的限高杆被大车撞坏了，晚上没有灯很危险。", morning.Add(2*time.Hour)))
	if other.ID == first.ID {
		t.Error("another matter of the same township was swallowed")
	}
	if second.Posts != 2 || second.FirstPost != "a" || !second.LastAt.Equal(morning.Add(time.Hour)) {
		t.Errorf("event counts %d posts, first %s, last %v", second.Posts, second.FirstPost, second.LastAt)
	}
}

func TestANearCopyIsFolded(t *testing.T) {
	t.Parallel()
	tr := alerting.NewTracker()
	background(tr)
	a := assessedPost("a", "自来水发黄", "天宁镇好几个小区的自来水发黄，放了十分钟还是黄的，能不能喝？", morning)
	b := assessedPost("b", "转：自来水发黄", "天宁镇好几个小区的自来水发黄，放了十分钟还是黄的，能不能喝？！", morning)
	b.Assessment.Print = a.Assessment.Print ^ 0b101
	first, _ := tr.Place(a)
	second, dup := tr.Place(b)
	if second.ID != first.ID || !dup || second.Duplicates != 1 {
		t.Errorf("copy went to %s (copy %v, %d duplicates), want folded into %s", second.ID, dup, second.Duplicates, first.ID)
	}
}

// Letters that share only how they ask are letters on as many matters.
func TestAppealsOfOneWordingAreNotOneMatter(t *testing.T) {
	t.Parallel()
	tr := alerting.NewTracker()
	background(tr)
	events := make(map[huiying.EventID]int)
	for i, l := range [][2]string{
		{"请加快增设公办幼儿园步伐", "东关片区新楼一栋接一栋，适龄幼童入园靠抽签，最近的公办园骑车要二十分钟。"},
		{"请加大污水管网改造力度", "老化肥厂宿舍的下水一到雨天就倒灌，一楼住户拿沙袋堵门，臭气散不掉。"},
		{"请加快更换老旧电梯刻不容缓", "粮食局家属院的电梯用了二十三年，上个月卡在四层和五层之间三回。"},
		{"请加大乡村医生培训力度", "山里的卫生室只有一位六十多岁的大夫，输液和量血压都要等他赶集回来。"},
		{"请加快充电桩布点步伐", "买了电动车才发现出城就没处充电，跑一趟太原要绕到服务区排队两个钟头。"},
		{"请加大早市摊位疏导力度", "天不亮三轮车就摆满了新华巷，接送娃娃上学的自行车根本挤不过去。"},
		{"请加快河滩绿道贯通步伐", "文峪河边散步的石板路修到滚水坝就断了，老人只好折回大堤上走。"},
		{"请加大文物古建修缮力度", "城隍庙后殿的檐角塌了半边，彩绘让雨水冲得只剩白底，门上挂锁没人看。"},
	} {
		text := l[1] + "请进一步加强这方面的工作，加大整治力度，全覆盖，刻不容缓，有何具体行动？"
		e, _ := tr.Place(assessedPost(fmt.Sprint("a", i), l[0], text, morning.Add(time.Duration(i)*24*time.Hour)))
		events[e.ID]++
	}
	for id, n := range events {
		if n > 2 {
			t.Errorf("event %s holds %d of 8 matters", id, n)
		}
	}
}

func TestTheSameWordsInAnotherTownshipAreAnotherMatter(t *testing.T) {
	t.Parallel()
	tr := alerting.NewTracker()
	background(tr)
	at := func(id, name string, code huiying.Region) huiying.Assessed {
		a := assessedPost(id, name+"冬季供暖温度不达标", name+"一些住户反映家里供暖不热，室温只有十三度，老人受不了。", morning)
		a.Assessment.Places = []huiying.Place{{Name: name, Code: code}}
		a.Assessment.Print = huiying.Fingerprint(len(id)) << 40
		return a
	}
	first, _ := tr.Place(at("a", "夏家营镇", "141122101"))
	second, _ := tr.Place(at("bb", "水峪贯镇", "141122103"))
	third, _ := tr.Place(at("ccc", "夏家营镇", "141122101"))
	if third.ID != first.ID {
		t.Error("the same township's second post began a new event")
	}
	if len(second.Places) > 1 {
		t.Errorf("townships were mixed: %v", second.Places)
	}
}

func TestLettersOfOneWordingFromManyVillagesAreAsManyMatters(t *testing.T) {
	t.Parallel()
	tr := alerting.NewTracker()
	events := map[huiying.EventID]bool{}
	place := func(village string, code huiying.Region, text string, day int) *huiying.Event {
		a := assessedPost(fmt.Sprint(village, text, day), "", text, morning.AddDate(0, 0, day))
		a.Assessment.Places = []huiying.Place{{Name: village, Code: code, P: 0.9}}
		e, _ := tr.Place(a)
		return e
	}
	const wording = "您好，%s的自来水已经停了%d天，村民吃水要到邻村去拉，向供水站反映多次没有答复，恳请领导协调解决。"
	villages := map[string]huiying.Region{"段村": "141122101200", "王明寨村": "141122101203", "义望村": "141122101208", "覃村": "141122101209", "辛南村": "141122101214"}
	for i, v := range []string{"段村", "王明寨村", "义望村", "覃村", "辛南村"} {
		events[place(v, villages[v], fmt.Sprintf(wording, v, 2+i), 4*i).ID] = true
	}
	if len(events) != 5 {
		t.Errorf("five villages are %d matters", len(events))
	}
	first := place("覃村", villages["覃村"], fmt.Sprintf(wording, "覃村", 9), 18)
	if !events[first.ID] || first.Posts != 2 {
		t.Errorf("the second letter of a village: %d posts", first.Posts)
	}
	wage := place("覃村", villages["覃村"], "请问覃村危房改造资金什么时候发放，去年就报了材料，到现在没有消息。", 19)
	if wage.ID == first.ID {
		t.Error("two matters of one village became one event")
	}
	smell := place("大营村", "141122102203", "大营村化工厂昨晚又冒黄烟，呛得人睡不着", 30)
	again := place("寨子村", "141122102201", "我们寨子村也闻到化工厂的黄烟了，昨晚呛得睡不着", 31)
	if again.ID != smell.ID {
		t.Error("a smell that two villages notice on one day is two events")
	}
}

func TestARestartedTrackerGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	before := alerting.NewTracker()
	background(before)
	e, _ := before.Place(assessedPost("a", "西营镇化工厂夜里排放刺鼻气味", "西营镇这边的化工厂每天夜里排放刺鼻的气味，窗户都不敢开。", morning))
	after := alerting.NewTracker()
	after.Load([]huiying.Event{*e})
	again, _ := after.Place(assessedPost("b", "西营镇化工厂气味刺鼻", "西营镇化工厂夜里又排放刺鼻的气味了，窗户不敢开。", morning.Add(time.Hour)))
	if again.ID != e.ID {
		t.Errorf("after a restart the matter became a new event %s", again.ID)
	}
}

func TestTrackingAgainGivesTheSameEvents(t *testing.T) {
	t.Parallel()
	ids := func() (out []huiying.EventID) {
		tr := alerting.NewTracker()
		background(tr)
		for i := range 20 {
			e, _ := tr.Place(assessedPost(fmt.Sprint(i), "西营镇化工厂刺鼻气味", fmt.Sprintf("西营镇化工厂第 %d 次排放刺鼻气味", i), morning))
			out = append(out, e.ID)
		}
		return out
	}
	if a, b := fmt.Sprint(ids()), fmt.Sprint(ids()); a != b {
		t.Errorf("two runs differ:\n%s\n%s", a, b)
	}
}

func TestTheNameOfAMatterStaysRareHoweverManySpeakOfIt(t *testing.T) {
	t.Parallel()
	tr := alerting.NewTracker()
	background(tr)
	first, _ := tr.Place(assessedPost("m0", "锦绣华庭楼盘停工", "锦绣华庭楼盘的塔吊半年没有转过，什么时候复工？", morning))
	for i := range 100 {
		text := fmt.Sprintf("锦绣华庭楼盘%d号楼停工%d天，塔吊没有转过，请问什么时候复工？", i%20+1, i+180)
		tr.Place(assessedPost(fmt.Sprint("m", i+1), "", text, morning.Add(time.Duration(i)*time.Minute)))
	}
	last, _ := tr.Place(assessedPost("z", "", "锦绣华庭楼盘的钱都交了，房贷月月在还，租房住的人该找谁去说理，工地大门都锁了。", morning.Add(2*time.Hour)))
	if last.ID != first.ID {
		t.Errorf("a post that shares the name alone began an event of its own beside one of %d posts", first.Posts)
	}
}

func TestAMatterSilentForMonthsAsksForMoreLikeness(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		after time.Duration
		text  string
		same  bool
	}{
		{"a vague word the next hour", time.Hour, "西营镇那股气味今天又闻到了，到底是哪里来的。", true},
		{"a vague word after five months", 150 * 24 * time.Hour, "西营镇那股气味今天又闻到了，到底是哪里来的。", false},
		{"the same told again after five months", 150 * 24 * time.Hour, "西营镇化工厂夜里又排放刺鼻的气味，窗户不敢开。", true},
		{"the same told again after a year", 370 * 24 * time.Hour, "西营镇化工厂夜里又排放刺鼻的气味，窗户不敢开。", false},
	} {
		tr := alerting.NewTracker()
		background(tr)
		first, _ := tr.Place(assessedPost("a", "西营镇化工厂夜里排放刺鼻气味", "西营镇这边的化工厂每天夜里排放刺鼻的气味，窗户都不敢开。", morning))
		again, _ := tr.Place(assessedPost("b", "", c.text, morning.Add(c.after)))
		if same := again.ID == first.ID; same != c.same {
			t.Errorf("%s: same event %v, want %v", c.name, same, c.same)
		}
	}
}

func TestAfterARestartCommonWordsAreStillCommon(t *testing.T) {
	t.Parallel()
	before := alerting.NewTracker()
	var events []huiying.Event
	for i, s := range []string{
		"东街路灯坏了", "卫生院态度不好", "幼儿园收费太贵", "广场舞音响太大", "公交车班次太少", "小区垃圾没人清理",
		"养老金迟迟不到账", "河边有人乱扔鱼饵", "暖气片一直不热", "学校门口堵得厉害", "楼上漏水没人管", "宽带装了三周没通",
	} {
		text := "尊敬的领导您好，我想反映一个问题：" + s + "，希望有关部门尽快调查处理，谢谢！"
		e, _ := before.Place(assessedPost(fmt.Sprint("bg", i), s, text, morning.Add(time.Duration(i)*time.Minute)))
		events = append(events, *e)
	}
	after := alerting.NewTracker()
	after.Load(events)
	next := assessedPost("x", "菜市场秤不准", "尊敬的领导您好，我想反映一个问题：菜市场秤不准，希望有关部门尽快调查处理，谢谢！", morning.Add(time.Hour))
	if e, _ := after.Place(next); e.Posts != 1 {
		t.Errorf("politeness made it one matter with %q", e.Title)
	}
}

// BenchmarkPlace places letters of 200 characters, common and rare as in a
// language, none like another: every post is compared and begins an event.
func BenchmarkPlace(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	common := rand.NewZipf(r, 1.1, 20, 3000)
	tr := alerting.NewTracker()
	post := assessedPost("", "", "", morning)
	for i := 0; b.Loop(); i++ {
		text := make([]rune, 200)
		for j := range text {
			text[j] = '一' + rune(common.Uint64())
		}
		post.Post.ID, post.Post.Text = huiying.PostID(fmt.Sprint(i)), string(text)
		post.Post.PublishedAt = morning.Add(time.Duration(i) * time.Minute)
		post.Assessment.Print = huiying.Fingerprint(r.Uint64())
		tr.Place(post)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
}

func TestACommentJoinsItsParentAndIsNoPostOfItsOwn(t *testing.T) {
	tracker := alerting.NewTracker()
	parent := assessedPost("p1", "供暖不热", "瓦窑小区暖气不热，锅炉检修一直没有修好。", morning)
	ev, _ := tracker.Place(parent)
	reply := assessedPost("c1", "", "听说有人煤气中毒了", morning.Add(time.Hour))
	reply.Post.Parent = "p1"
	reply.Assessment.Risk.Score = ev.Risk + 40
	reply.Assessment.Flags = []huiying.Flag{huiying.FlagDeath}
	terms := len(ev.Track.Terms)
	got := tracker.Answer(ev.ID, reply)
	if got != ev || ev.Posts != 1 || ev.Replies != 1 || ev.Risk != reply.Assessment.Risk.Score || !ev.Has(huiying.FlagDeath) || len(ev.Track.Terms) != terms {
		t.Errorf("%+v", got)
	}
	if tracker.Answer("another", reply) != nil {
		t.Error("an unknown event took a comment in")
	}
}
