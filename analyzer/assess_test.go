package analyzer_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"huiying"
	"huiying/analyzer"
	"huiying/deploy/county"
)

var jiaocheng = sync.OnceValue(func() *huiying.County {
	files, err := county.Embedded("141122")
	if err != nil {
		panic(err)
	}
	c, err := county.Load(files)
	if err != nil {
		panic(err)
	}
	return c
})

// shared is one analyzer for the whole test binary: making one takes a second.
var shared = sync.OnceValue(func() *analyzer.Analyzer {
	a, err := analyzer.New(analyzer.Config{County: jiaocheng(), Now: time.Now})
	if err != nil {
		panic(err)
	}
	return a
})

func forum(title, text string) huiying.Post {
	return huiying.Post{ID: "p1", Channel: huiying.ChannelForum, Title: title, Text: text}
}

func office(title, text string) huiying.Post {
	return huiying.Post{ID: "p1", Channel: huiying.ChannelGov, Title: title, Text: text}
}

var (
	accident = forum("西营镇一化工厂爆炸", "今天上午10点，交城县西营镇一家化工厂发生爆炸，现场浓烟滚滚，已有两人死亡、五人受伤送医，附近村民正在撤离。")
	drill    = office("西营镇开展化工厂爆炸应急演练", "11月20日，西营镇组织开展化工企业爆炸起火应急演练，模拟工人受伤、人员被困，检验应急预案。演练圆满结束。")
	policy   = office("一图读懂《山西省安全生产条例》", "《山西省安全生产条例》自12月1日起施行，政策解读如下：企业应当建立事故隐患排查制度，防范火灾、爆炸等生产安全事故。")
	past     = forum("老照片里的交城", "县志记载，民国二十一年文峪河洪水冲毁房屋，淹没田地。回顾那段历史，令人感慨，今天的河堤早已不是当年的样子。")
	metaphor = forum("房价雪崩了吗", "最近房价雪崩，朋友圈都炸了，大家心态崩了，你们那边房价怎么样？")
	critic   = forum("说几句", "有些人写的材料太差劲了，空话套话一大堆，看着就烦，真让人失望，一点都不用心。")
)

func TestWhatMattersAlarmsAndWhatDoesNotStaysQuiet(t *testing.T) {
	t.Parallel()
	// 24 points: below it the county's rules open no case for a single post
	const quiet, loud = 24.0, 50.0
	for _, c := range []struct {
		name     string
		post     huiying.Post
		min, max float64
		state    huiying.Phase
		flags    []huiying.Flag
		no       []huiying.Flag
	}{
		{
			"a real accident with deaths alarms", accident, loud, 100, huiying.PhaseOccurred,
			[]huiying.Flag{huiying.FlagAccident, huiying.FlagDeath, huiying.FlagCasualty},
			nil,
		},
		{
			"a drill of the same accident stays quiet", drill, 0, quiet, huiying.PhasePrevent, nil,
			[]huiying.Flag{huiying.FlagAccident, huiying.FlagDeath, huiying.FlagCasualty},
		},
		{"a policy text that names accidents stays quiet", policy, 0, quiet, "", nil, []huiying.Flag{huiying.FlagAccident, huiying.FlagMisreading}},
		{"a piece of history stays quiet", past, 0, quiet, huiying.PhaseNotice, nil, []huiying.Flag{huiying.FlagDisaster, huiying.FlagDeath}},
		{"a metaphor stays quiet", metaphor, 0, quiet, "", nil, []huiying.Flag{huiying.FlagDisaster, huiying.FlagAccident}},
		{"criticism without a matter is not risk", critic, 0, quiet, huiying.PhaseOccurred, nil, nil},
		{
			"a good story about a death stays serious",
			forum("好人好事：邻居合力救人", "感动！昨天下午天宁镇一户人家失火，邻居们冲进去救人，为他们点赞，可惜火灾造成一人死亡，两人受伤送医。"), quiet, 100, "",
			[]huiying.Flag{huiying.FlagAccident, huiying.FlagDeath},
			nil,
		},
		{
			"nobody was hurt",
			forum("", "昨晚夏家营镇一工厂起火，消防车来了三辆，火已经灭了，没有人员伤亡。"), quiet, 100, "",
			[]huiying.Flag{huiying.FlagAccident},
			[]huiying.Flag{huiying.FlagDeath, huiying.FlagCasualty},
		},
		{
			"wages that are owed to many",
			forum("求助：工地拖欠工资", "我们三十多名工人在交城县天宁镇工地干活，老板拖欠工资半年，至今没给，求助有关部门。"), 30, 100, huiying.PhaseOccurred, nil, nil,
		},
		{
			"the neighbour's accident is not ours",
			huiying.Post{Channel: huiying.ChannelNews, Title: "文水县一工厂起火", Text: "文水县一工厂昨晚起火，消防正在处置。"},
			0, quiet, huiying.PhaseOccurred, nil, nil,
		},
		{
			"thanks to somebody, read by many",
			huiying.Post{Channel: huiying.ChannelForum, Title: "找到了！感谢捡到我妈医保卡的出租车师傅", Text: "我妈把布兜落在出租车上，里头有医保卡和八百块钱，师傅一路问到家门口，水都没喝一口就走了。好人一生平安。", Engagement: huiying.Engagement{Views: 9000, Likes: 800}},
			0, 20, huiying.PhaseOccurred, nil, nil,
		},
		{
			"pupils at a race are not a matter of minors",
			office("全县中小学生冬季长跑比赛举行", "11月23日上午，全县中小学生冬季长跑比赛在县体育场举行，23所学校的412名学生参赛。"), 0, quiet, "", nil,
			[]huiying.Flag{huiying.FlagMinor},
		},
		{
			"pupils who were hurt are",
			forum("校车翻了", "今早夏家营镇一辆校车侧翻，三名学生受伤送医，路口还堵着。"), quiet, 100, huiying.PhaseOccurred,
			[]huiying.Flag{huiying.FlagCasualty, huiying.FlagMinor},
			nil,
		},
		{"a recipe", forum("红烧肉的做法", "五花肉切块，冷水下锅，加姜片，小火慢炖一小时。"), 0, 0, huiying.PhaseOccurred, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			as := shared().Assess(c.post)
			checkAssessment(t, c.post, as)
			if s := as.Risk.Score; s < c.min || s > c.max || c.max == quiet && s >= quiet {
				t.Errorf("score %.1f, want %.0f to %.0f: %v", s, c.min, c.max, as.Risk.Factors)
			}
			if c.state != "" && as.State != c.state {
				t.Errorf("state %s, want %s", as.State, c.state)
			}
			for _, f := range c.flags {
				if !slices.Contains(as.Flags, f) {
					t.Errorf("flags %v, want %s among them", as.Flags, f)
				}
			}
			for _, f := range c.no {
				if slices.Contains(as.Flags, f) {
					t.Errorf("flags %v, want no %s", as.Flags, f)
				}
			}
		})
	}
	if real, acted := shared().Assess(accident), shared().Assess(drill); real.Emergency.P < 0.5 || real.Emergency.Type != "事故灾难" || acted.Emergency.P > 0.2 {
		t.Errorf("the accident is %v, the drill %v", real.Emergency, acted.Emergency)
	}
}

func TestWhatOfficesWriteIsNotHeldForARumour(t *testing.T) {
	t.Parallel()
	p := forum("", "速转！内部消息，今晚城里要出大事，大家千万不要出门！！！")
	told := shared().Assess(p).Rumor.P
	for _, c := range []huiying.Channel{huiying.ChannelGov, huiying.ChannelNews, huiying.ChannelHotline, huiying.ChannelLetter, huiying.ChannelMedia} {
		p.Channel = c
		if got := shared().Assess(p).Rumor.P; got >= told {
			t.Errorf("%s: %.2f, as much as by hearsay: %.2f", c, got, told)
		}
	}
}

func TestADeathThatIsDeniedIsNoEvidenceOfAnother(t *testing.T) {
	t.Parallel()
	p := forum("西营镇化工厂爆炸", "今天上午西营镇化工厂爆炸，厂里先说没有人死亡，现在确认3人死亡。")
	as := shared().Assess(p)
	checkAssessment(t, p, as)
	i := slices.IndexFunc(as.Risk.Factors, func(f huiying.Factor) bool { return f.Name == "有人死亡" })
	if i < 0 || as.Risk.Factors[i].Evidence != "3人死亡" {
		t.Errorf("factors %v, want the three dead as evidence", as.Risk.Factors)
	}
}

func TestEveryFieldOfTheAssessmentIsFilled(t *testing.T) {
	t.Parallel()
	p := accident
	p.Redactions = map[string]int{"phone": 2, "plate": 1}
	p.Engagement = huiying.Engagement{Views: 120_000, Likes: 300, Comments: 250, Reposts: 90}
	p.Tier = "central"
	as := shared().Assess(p)
	checkAssessment(t, p, as)
	v := reflect.ValueOf(as)
	for i := range v.NumField() {
		switch name := v.Type().Field(i).Name; name {
		case "Segments": // only when asked for
		case "Misreading": // an accident is none
		default:
			if v.Field(i).IsZero() {
				t.Errorf("%s is empty", name)
			}
		}
	}
	if !reflect.DeepEqual(as.Redactions, p.Redactions) {
		t.Errorf("redactions %v, want those of the post %v", as.Redactions, p.Redactions)
	}
	if as.Sentiment.P <= 0 || as.Sentiment.P >= 1 {
		t.Errorf("tone %v", as.Sentiment)
	}
	if !slices.Contains(as.Keywords, "爆炸") {
		t.Errorf("keywords %v", as.Keywords)
	}
	if !slices.ContainsFunc(as.Units, func(c huiying.Candidate) bool { return c.Unit == "yjj" }) {
		t.Errorf("units %v, want the emergency bureau among them", as.Units)
	}
	if !slices.ContainsFunc(as.Risk.Factors, func(f huiying.Factor) bool { return f.Name == "传播热度" }) {
		t.Errorf("factors %v, want one of the spread", as.Risk.Factors)
	}
	plain := shared().Assess(forum("", "你好"))
	if plain.Redactions == nil || plain.Flags == nil || plain.Places == nil || plain.Units == nil || plain.Keywords == nil || plain.Risk.Factors == nil {
		t.Errorf("lists must be empty, not absent, for the page: %+v", plain)
	}
}

// checkAssessment is what holds of every assessment of a clean post.
func checkAssessment(t interface {
	Helper()
	Errorf(string, ...any)
}, p huiying.Post, as huiying.Assessment,
) {
	t.Helper()
	const longest = 32 << 10 // bytes the analyzer looks at
	text := huiying.CleanText(p.FullText())
	var seen strings.Builder
	for _, s := range shared().Segment(p.FullText()) {
		if s.W == "" || s.POS == "" {
			t.Errorf("segment %+v", s)
		}
		seen.WriteString(s.W)
	}
	if !strings.HasPrefix(text, seen.String()) || seen.Len() < min(len(text), longest-utf8.UTFMax) || seen.Len() > longest {
		t.Errorf("the segments are not the text: %.60q of %.60q (%d of %d bytes)", seen.String(), text, seen.Len(), len(text))
	}
	runes := []rune(seen.String())
	within := func(what string, start, end int, want string) {
		if start < 0 || start >= end || end > len(runes) {
			t.Errorf("%s at %d–%d lies outside the %d characters", what, start, end, len(runes))
			return
		}
		// what is named is the word as it is read; the span is as it was written
		if folded, _ := huiying.NewFolder([]string{want}).Fold(string(runes[start:end])); string(runes[start:end]) != want && folded != want {
			t.Errorf("%s at %d–%d of %d is not %q", what, start, end, len(runes), want)
		}
	}
	probability := func(what string, p float64) {
		if !(p >= 0 && p <= 1) {
			t.Errorf("probability of %s is %v", what, p)
		}
	}
	if as.ID != p.ID {
		t.Errorf("ID %q of %q", as.ID, p.ID)
	}
	sum := 0.0
	for i, c := range as.Categories {
		probability(c.Name, c.P)
		sum += c.P
		if i > 0 && c.P > as.Categories[i-1].P {
			t.Errorf("categories are not in order: %v", as.Categories)
		}
	}
	if len(as.Categories) != 15 || math.Abs(sum-1) > 0.01 || as.Category != as.Categories[0].Name {
		t.Errorf("%d categories, sum %.3f, first %s: %v", len(as.Categories), sum, as.Category, as.Categories)
	}
	sum = 0
	for _, f := range as.Risk.Factors {
		sum += f.Weight
		if f.Name == "" || f.Weight == 0 || math.IsNaN(f.Weight) {
			t.Errorf("factor %+v", f)
		}
		if f.Start != 0 || f.End != 0 {
			within(f.Name, f.Start, f.End, f.Evidence)
		}
	}
	if s := as.Risk.Score; !(s >= 0 && s <= 100) || math.Abs(sum-s) > 0.051 {
		t.Errorf("score %.2f, factors sum to %.2f: %v", s, sum, as.Risk.Factors)
	}
	for _, pl := range as.Places {
		within("place", pl.Start, pl.End, pl.Name)
		if pl.Code == "" && len(pl.Candidates) < 2 || pl.Why == "" {
			t.Errorf("place %+v", pl)
		}
	}
	for _, u := range as.Units {
		probability(string(u.Unit), u.P)
		if u.Unit == "" || u.Why == "" {
			t.Errorf("unit %+v", u)
		}
	}
	for _, k := range as.Keywords {
		if utf8.RuneCountInString(k) < 2 {
			t.Errorf("keyword %q", k)
		}
	}
	probability("emergency", as.Emergency.P)
	probability("rumour", as.Rumor.P)
	probability("misreading", as.Misreading.P)
	if s := as.Sentiment; !slices.Contains([]string{"negative", "neutral", "positive"}, s.Label) || !(s.Score >= -1 && s.Score <= 1) {
		t.Errorf("sentiment %+v", s)
	}
	if !slices.Contains([]huiying.Phase{huiying.PhaseOccurred, huiying.PhaseNotice, huiying.PhaseDeploy, huiying.PhasePrevent, huiying.PhaseResolved}, as.State) {
		t.Errorf("state %q", as.State)
	}
	for i, f := range as.Flags {
		if f.Label() == "" || slices.Contains(as.Flags[:i], f) {
			t.Errorf("flags %v", as.Flags)
		}
	}
	if as.Redactions == nil {
		t.Errorf("redactions %v", as.Redactions)
	}
}

func TestAMisreadPolicyIsFlaggedAndNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		post   huiying.Post
		flag   bool
		policy string
	}{
		{"hearsay about a subject people know", forum("老年卡是不是要取消？", "听说明年老年卡要取消，以后坐公交都要交钱，是真的吗？"), true, "老年卡"},
		{"hearsay about a document by its name", forum("", "《交城县城乡居民医保实施办法》是不是要强制缴费？据说不交就不给报销。"), true, "交城县城乡居民医保实施办法"},
		{"an office that explains", office("政策解读：城乡居民医保", "问答：有人问医保是不是要取消补贴。答：没有取消，财政补助标准逐年提高。"), false, ""},
		{"a question without hearsay", forum("医保怎么交", "请问今年医保在哪里交，交多少？"), false, ""},
	} {
		as := shared().Assess(c.post)
		checkAssessment(t, c.post, as)
		if got := slices.Contains(as.Flags, huiying.FlagMisreading); got != c.flag {
			t.Errorf("%s: flags %v, P %.2f", c.name, as.Flags, as.Misreading.P)
		}
		if c.flag && as.Misreading.Policy != c.policy {
			t.Errorf("%s: policy %q, want %q", c.name, as.Misreading.Policy, c.policy)
		}
	}
}

func TestARumourIsHintedAtAndItsRefutationIsNot(t *testing.T) {
	t.Parallel()
	rumour := forum("", "网传交城要地震了，速转！不转不是交城人，内部消息，今晚都别在家睡！")
	refuted := office("辟谣", "网传“交城要地震”系谣言，请广大群众不信谣、不传谣。")
	a, b := shared().Assess(rumour), shared().Assess(refuted)
	checkAssessment(t, rumour, a)
	checkAssessment(t, refuted, b)
	if !slices.Contains(a.Flags, huiying.FlagRumor) || a.Rumor.P < 0.35 {
		t.Errorf("the rumour: %v %.2f", a.Flags, a.Rumor.P)
	}
	if slices.Contains(b.Flags, huiying.FlagRumor) || b.Rumor.P >= 0.35 || b.State != huiying.PhaseResolved {
		t.Errorf("the refutation: %v %.2f %s", b.Flags, b.Rumor.P, b.State)
	}
}

func TestTheSamePostGivesTheSameAssessment(t *testing.T) {
	t.Parallel()
	for _, p := range []huiying.Post{accident, drill, policy, past, metaphor, critic} {
		if a, b := shared().Assess(p), shared().Assess(p); !reflect.DeepEqual(a, b) {
			t.Errorf("%s: %+v\nthen %+v", p.Headline(), a, b)
		}
	}
	edited := accident
	edited.Text = strings.Replace(edited.Text, "已有", "目前已有", 1)
	a := shared().Assess(accident).Print
	if d := a.Distance(shared().Assess(edited).Print); d > 12 {
		t.Errorf("a copy with two more characters differs in %d bits", d)
	}
	if d := a.Distance(shared().Assess(critic).Print); d < 16 {
		t.Errorf("another text differs in only %d bits", d)
	}
}

// weird are the texts that break programs which expect good ones.
var weird = map[string]string{
	"empty":                     "",
	"blanks":                    " \n\t　 ",
	"emoji only":                "😀👨‍👩‍👧🔥🔥🔥🇨🇳",
	"punctuation":               "。。。！！？？……，，；；\n\n\n《》“”",
	"one character 256 KB long": strings.Repeat("水", 256<<10/3),
	"one letter 256 KB long":    strings.Repeat("a", 256<<10),
	"signal words without end":  strings.Repeat("爆炸死亡", 256<<10/12),
	"denials without end":       strings.Repeat("没有受伤", 256<<10/12),
	"other lands without end":   strings.Repeat("河北省邢台市", 256<<10/18),
	"hearsay without end":       strings.Repeat("听说", 256<<10/6),
	"invalid UTF-8":             "停水\xff\xfe了\xe6\xb0",
	"NUL and controls":          "停\x00水\x01\x02\x7f\u0085",
	"traditional characters":    "交城縣西營鎮化工廠爆炸，兩人死亡，請政府儘快處理！",
	"rare characters":           "𠮷𡈽𬺰㐂龘靐，交城县𣲗村停水",
	"slashes":                   "a/b/c // 交城/停水/ /",
	"replacement character":     "停\ufffd水",
	"right to left":             "\u202e水停\u202c العربية עברית",
	"marks of redaction":        "〔电话〕〔身份证号〕〔",
	"combining":                 "ı̇İſK Å e\u0301\u0301\u0301",
}

func TestWeirdTextsGiveSensibleAssessments(t *testing.T) {
	t.Parallel()
	for name, text := range weird {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, p := range []huiying.Post{{Text: text}, {Title: text, Text: text}, {Title: text, Text: "交城县停水"}, {Title: "停水", Text: text}} {
				checkAssessment(t, p, shared().Assess(p))
			}
			checkTokens(t, text)
		})
	}
}

// What no topic has a word of is told by the model alone, with the sentence it
// heard it in.
func TestAnEmergencyInNobodysWordsIsARisk(t *testing.T) {
	t.Parallel()
	p := forum("", "楼下烧起来了，电梯不敢坐，窗户外头全是烟。大家先别下楼。")
	as := shared().Assess(p)
	checkAssessment(t, p, as)
	i := slices.IndexFunc(as.Risk.Factors, func(f huiying.Factor) bool { return f.Name == "疑似突发事件" })
	if i < 0 || !strings.HasPrefix(as.Risk.Factors[i].Evidence, "楼下烧起来了") || as.Risk.Score < 20 {
		t.Errorf("emergency %.2f, risk %.1f: %+v", as.Emergency.P, as.Risk.Score, as.Risk.Factors)
	}
	for _, quiet := range []string{"昨晚这场比赛后卫线彻底雪崩，十分钟丢三个，心态炸了。", "印尼客轮沉没 40人失踪", "明天上午全县开展消防演练，届时会有浓烟和警报"} {
		if as := shared().Assess(forum("", quiet)); as.Risk.Score >= 20 {
			t.Errorf("%s: risk %.1f %+v", quiet, as.Risk.Score, as.Risk.Factors)
		}
	}
}
