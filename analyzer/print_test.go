package analyzer

import (
	"bufio"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"unicode"

	"huiying"
)

// copyBits: texts whose fingerprints differ in no more bits are taken for copies.
const copyBits = 8

func printOf(text string) huiying.Fingerprint {
	return fingerprint(&reading{post: huiying.Post{Text: text}})
}

// A writer makes up letters, and edits them as reposts do.
type writer struct{ *rand.Rand }

func (w writer) of(choices ...string) string { return choices[w.IntN(len(choices))] }

// matters are what letters tell, by topic: who or what, what happened, what came of it.
var matters = [][3][]string{
	{
		{"自来水", "家里的水", "小区供水", "管网末梢的水压", "楼上住户的水", "村里的机井水", "水厂来的水"},
		{"断了整整三天", "每天早晚都停", "浑浊发黄还有味道", "一到用水高峰就没有了", "时有时无已经半个月", "水表走字却不出水", "放出来全是泥沙", "交了钱还是限着供"},
		{"做饭洗衣都成问题", "老人只好下楼提桶水", "孩子喝了闹肚子", "只能去亲戚家洗澡", "大家都买桶装水喝", "太阳能也上不去水"},
	},
	{
		{"锅炉房", "我家暖气", "热力公司", "整个单元的管道", "换热站", "顶楼的暖气片"},
		{"从供暖那天起就没热过", "温度只有十二三度", "说放气放了七八回也没用", "半夜总是停泵", "漏水泡了邻居的房顶", "收费比去年高了两成", "打压之后再没人来过"},
		{"小孩感冒一直不好", "开着电热毯还是冷", "白天要去商场取暖", "墙角都长了霉点", "卧病的父亲咳得更厉害", "上网课手都伸不出来"},
	},
	{
		{"门前这条路", "通村公路", "新修的沥青路面", "桥头的涵洞", "学校外的人行道", "河堤上的便道"},
		{"坑洼得像搓板", "去年挖开埋管一直没恢复", "让拉煤的大车压得稀烂", "护栏撞断了没人补", "路灯坏了一大半", "井盖丢了三个", "下雨积水没过脚踝"},
		{"上个月摔伤了两个骑车的", "救护车都绕着走", "接孩子的家长怨声载道", "庄稼拉不出来只能烂在地里", "夜里走得提心吊胆", "公交车干脆甩站不停"},
	},
	{
		{"学校食堂", "班主任", "校门口的小饭桌", "幼儿园", "住校生的宿舍", "课后服务"},
		{"强制订购校服和教辅", "饭菜里吃出过虫子", "不交钱就调座位", "私自收取空调费", "说是自愿其实点名登记", "晚上十个人挤一间", "没有证照也敢办班"},
		{"家长群里谁提意见就被踢", "孩子回来不敢说", "好几个同学拉了肚子", "一年下来多花两千多", "问了几次都推给上面规定", "女儿现在一提上学就哭"},
	},
	{
		{"洗煤厂", "村东的养猪场", "焦化厂", "夜间施工的工地", "沿河的小作坊", "楼下的烧烤店"},
		{"把黑水直接排进沟里", "每到后半夜就冒黄烟", "臭味几里外都闻得见", "机器响到凌晨三点", "渣土车不盖篷布", "废渣倒在地头", "检查的一来就停走了又开"},
		{"窗台一天一层灰", "沟里的鱼虾早死光了", "不敢开窗户也晾不成衣服", "心脏不好的母亲整夜睡不着", "麦苗黄了一大片", "地下水也变了颜色"},
	},
	{
		{"包工头", "开发商", "物业公司", "村委会", "旧改指挥部", "中介公司"},
		{"欠着二十多人的血汗钱", "拖了四年不给办房产证", "私自把绿地改成车位", "征了地补偿款迟迟不兑现", "承诺的电梯到现在没影", "账目从来不公开", "换了名字继续收钱"},
		{"找过劳动监察也没下文", "孩子上户口都受影响", "业主们去讨说法被保安拦住", "几家老人天天去村部等", "合同上白纸黑字写着却不认", "打官司赢了也执行不了"},
	},
	{
		{"县医院的急诊", "村卫生室", "医保窗口", "药店", "接种门诊", "住院部"},
		{"排了三个小时没人叫号", "同一种药比外面贵一倍", "系统总说网络故障", "让患者自己跑外院买耗材", "大夫一边看手机一边开单", "报销材料退回来四次"},
		{"奶奶疼得直不起腰", "请了三天假白跑", "最后还是去了太原", "耽误了换药的日子", "问导医台谁都说不归她管", "垫的钱到现在没退"},
	},
}

func (w writer) letter(topic, runes int) string {
	m := matters[topic]
	var b strings.Builder
	for n := 0; n < runes; n = len([]rune(b.String())) {
		switch w.IntN(4) {
		case 0:
			b.WriteString(w.of("我是", "我家在", "反映一下", "说说", "请关注") + w.of("天宁镇", "夏家营", "西营", "洪相", "岭底乡", "东坡底", "水峪贯", "庞泉沟", "却波街", "新开路", "滨河北", "沙河东"))
			b.WriteString(w.of("的住户，", "这边，", "的事，", "某小区，", "几个村，"))
		case 1:
			b.WriteString(w.of("上周起", "国庆过后", "前天夜里", "从三月份开始", "入冬以来", "去年腊月", "连着两个星期", "这个月初", "开学到现在", "下了那场雨之后"))
		case 2:
			b.WriteString(w.of("打过好几次热线，", "邻居们商量过，", "我问了社区，", "有人在群里说，", "工作人员答复说快了，", "我拍了视频，", "听说不止我们一处，", "之前也登记过，"))
		}
		b.WriteString(w.of(m[0]...) + w.of(m[1]...) + w.of("，", "，", "；", "，而且") + w.of(m[2]...) + w.of("。", "。", "！", "，"))
		if w.IntN(4) == 0 {
			b.WriteString(w.of("希望有关部门尽快处理。", "请给个准确的时间。", "到底归谁管？", "不要再踢皮球了。", "盼回复。", "我们只想讨个说法。"))
		}
	}
	return b.String()
}

// edit makes a copy as people repost: two to four of the usual changes.
func (w writer) edit(text string) string {
	changes := []func([]rune) []rune{
		func(r []rune) []rune {
			return append([]rune(w.of("转发：", "转发微博//@张三:", "转：", "[转发]", "求扩散！")), r...)
		},
		func(r []rune) []rune {
			return append([]rune(w.of("@交城发布 ", "@人民日报 @新华网 ", "//@山西公安:")), r...)
		},
		func(r []rune) []rune {
			return append(r, []rune(w.of(" @交城发布", "@吕梁头条 @山西晚报"))...)
		},
		func(r []rune) []rune {
			for range w.IntN(4) + 1 {
				i := w.IntN(len(r) + 1)
				r = append(r[:i:i], append([]rune(w.of("😡", "🙏", "[怒]", "[泪]")), r[i:]...)...)
			}
			return r
		},
		func(r []rune) []rune { return r[:len(r)*(78+w.IntN(13))/100] },
		func(r []rune) []rune {
			swap := strings.NewReplacer("，", w.of(" ", ",", "，"), "。", w.of("！", ".", "…"), "；", "，")
			return []rune(swap.Replace(string(r)))
		},
		func(r []rune) []rune {
			for range max(1, len(r)*(2+w.IntN(4))/170) { // two to five words of a hundred
				i, n := w.IntN(len(r)-3), 1+w.IntN(2)
				if w.IntN(2) == 0 {
					r = append(r[:i:i], r[i+n:]...)
				} else {
					r = append(r[:i:i], append([]rune(w.of("据说", "大概", "真", "这里", "那家", "已")), r[i+n:]...)...)
				}
			}
			return r
		},
		func(r []rune) []rune {
			return append(r, []rune(w.of("（来源：交城论坛）", " 来源：吕梁头条", "【转自网络】", "#民生#"))...)
		},
	}
	r := []rune(text)
	order := w.Perm(len(changes))
	for _, k := range order[:2+w.IntN(3)] {
		r = changes[k](r)
	}
	return string(r)
}

// figures of finding the copies of n texts among all of them.
type figures struct{ recall, precision, falsePairs, pairs float64 }

func nearDuplicates(w writer, texts []string, bits int) figures {
	prints := make([]huiying.Fingerprint, len(texts))
	for i, t := range texts {
		prints[i] = printOf(t)
	}
	found, copies, wrong, pairs := 0, 0, 0, 0
	for i, t := range texts {
		for range 2 {
			print := printOf(w.edit(t))
			for j, other := range prints {
				near := print.Distance(other) <= bits
				switch {
				case i == j:
					copies++
					if near {
						found++
					}
				case near && resemblance(t, texts[j]) < 0.3: // else they are copies of each other as they come
					wrong++
				}
				pairs++
			}
		}
	}
	return figures{float64(found) / float64(copies), float64(found) / float64(max(1, found+wrong)), float64(wrong), float64(pairs)}
}

// resemblance is the share of letter triples two texts have in common.
func resemblance(a, b string) float64 {
	triples := func(s string) map[[3]rune]bool {
		out := make(map[[3]rune]bool)
		var t [3]rune
		for _, c := range s {
			if unicode.IsLetter(c) || unicode.IsDigit(c) {
				t = [3]rune{t[1], t[2], c}
				out[t] = true
			}
		}
		return out
	}
	x, y := triples(a), triples(b)
	both := 0
	for t := range x {
		if y[t] {
			both++
		}
	}
	return float64(both) / float64(len(x)+len(y)-both)
}

func checkFigures(t *testing.T, name string, w writer, texts []string) {
	t.Helper()
	for _, bits := range []int{4, copyBits, 10, 12} {
		f := nearDuplicates(w, texts, bits)
		t.Logf("%s: %d texts, ≤ %2d bits: recall %.4f, precision %.4f (%.0f of %.0f pairs wrong)", name, len(texts), bits, f.recall, f.precision, f.falsePairs, f.pairs)
		if bits == copyBits && (f.recall < 0.95 || f.precision < 0.98) {
			t.Errorf("%s: recall %.4f, precision %.4f; want 0.95 and 0.98", name, f.recall, f.precision)
		}
	}
}

// Edited copies are found among letters of all topics, and among letters on the
// same topic that tell another matter.
func TestEditedCopiesAreFoundAndOtherTextsAreNot(t *testing.T) {
	t.Parallel()
	w := writer{rand.New(rand.NewPCG(3, 2026))}
	var all []string
	for i := range 700 {
		all = append(all, w.letter(i%len(matters), 30+w.IntN(40)*w.IntN(20)))
	}
	checkFigures(t, "made-up letters", w, all)
	for topic := range matters {
		var same []string
		for range 100 {
			same = append(same, w.letter(topic, 30+w.IntN(40)*w.IntN(20)))
		}
		f := nearDuplicates(w, same, copyBits)
		t.Logf("one topic (%s…): recall %.4f, precision %.4f", matters[topic][0][0], f.recall, f.precision)
		if f.precision < 0.98 {
			t.Errorf("topic %d: precision %.4f", topic, f.precision)
		}
	}
}

func TestEditedCopiesOfRealLettersAreFound(t *testing.T) {
	t.Parallel()
	file, err := os.Open("../../shared/data/cluster_taidi3/dev.jsonl")
	if err != nil {
		if os.Getenv("CI") == "" {
			t.Skip("the letters are not here")
		}
		t.Fatal(err)
	}
	defer file.Close()
	var texts []string
	for sc := bufio.NewScanner(file); sc.Scan(); {
		var row struct{ Text string }
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if r := []rune(row.Text); len(r) >= 30 {
			texts = append(texts, string(r[:min(len(r), 800)]))
		}
	}
	checkFigures(t, "real letters", writer{rand.New(rand.NewPCG(5, 2026))}, texts)
}

func TestWhatARepostAddsDoesNotChangeTheFingerprint(t *testing.T) {
	t.Parallel()
	const text = "交城县天宁镇却波街停水三天了，打电话没人接，老人孩子吃水都成问题。"
	for _, copied := range []string{
		"转发微博 " + text, "//@张三_2026:" + text, text + " @交城发布 @人民日报", "[怒][泪]" + text + "😡🙏", text + "https://t.example/a?b=c 转发",
		strings.ReplaceAll(text, "，", " "), "【" + text + "】",
	} {
		if d := printOf(text).Distance(printOf(copied)); d > 1 { // a pair across what was added may be lost
			t.Errorf("%q differs in %d bits", copied, d)
		}
	}
	if printOf("") != 0 || printOf("😡！！@某人") != 0 {
		t.Error("a text without letters has a fingerprint")
	}
	if d := printOf("停水三天").Distance(printOf("道路塌陷")); d < 10 {
		t.Errorf("short texts differ in %d bits only", d)
	}
	if printOf("WIFI坏了很久") != printOf("wifi坏了很久") {
		t.Error("case counts")
	}
}

func BenchmarkFingerprint(b *testing.B) {
	text := strings.Repeat("交城县天宁镇却波街北段停水三天，打电话没人接，希望有关部门尽快处理。", 10)
	r := &reading{post: huiying.Post{Text: text}}
	b.ReportAllocs()
	for b.Loop() {
		fingerprint(r)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len([]rune(text))), "ns/rune")
}
