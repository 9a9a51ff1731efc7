package huiying_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"huiying"
)

// A dice makes personal data and the sentences people write them in.
type dice struct{ *rand.Rand }

func (d dice) of(choices ...string) string { return choices[d.IntN(len(choices))] }

func (d dice) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + d.IntN(10))
	}
	return string(b)
}

func (d dice) between(from, to int) int { return from + d.IntN(to-from+1) }

func (d dice) numeral(most int) string {
	n := d.between(1, most)
	if d.IntN(3) > 0 || n > 19 {
		return fmt.Sprint(n)
	}
	ones := []string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	if n < 10 {
		return ones[n]
	}
	return "十" + ones[n-10]
}

func fullWidthDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '０'
		}
		return r
	}, s)
}

// spaced writes a number as people do: plain, in groups, in full-width digits.
func (d dice) spaced(s string, groups ...int) string {
	switch k := d.IntN(10); {
	case k < 4:
		return s
	case k == 4:
		return fullWidthDigits(s)
	}
	sep := d.of(" ", "-", " ")
	var parts []string
	for _, n := range groups {
		n = min(n, len(s))
		parts, s = append(parts, s[:n]), s[n:]
	}
	if s != "" {
		parts = append(parts, s)
	}
	return strings.Join(parts, sep)
}

func (d dice) mobile() string {
	n := d.of("13", "15", "17", "18", "19", "16", "14") + d.digits(9)
	if n[2] == '0' && n[1] == '4' {
		n = "138" + n[3:]
	}
	if d.IntN(2) == 0 {
		n = d.spaced(n, 3, 4)
	} else {
		n = d.spaced(n, 3, 3)
	}
	return d.of("", "", "", "", "+86", "+86 ", "86-", "0086 ", "(+86)") + n
}

func (d dice) landline() string {
	area := d.of("0358", "0358", "0351", "010", "021", "0755", "0354", "028")
	local := fmt.Sprint(d.between(2, 8)) + d.digits(6)
	if len(area) == 3 || d.IntN(6) == 0 {
		local += d.digits(1)
	}
	switch d.IntN(9) {
	case 0, 1:
		return area + "-" + local
	case 2, 3:
		return area + " " + local
	case 4, 5:
		return area + local
	case 6:
		return "(" + area + ")" + local
	case 7:
		return "（" + area + "）" + local
	default:
		return fullWidthDigits(area + local)
	}
}

func (d dice) day(year int) string {
	return fmt.Sprintf("%04d%02d%02d", year, d.between(1, 12), d.between(1, 28))
}

func (d dice) idCard() string {
	n := d.of("141122", "140105", "110101", "440305", "320102", "513436", "610112", "142322") + d.day(d.between(1935, 2022)) + d.digits(3)
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(n[i]-'0') * w
	}
	n += string("10X98765432"[sum%11])
	if strings.HasSuffix(n, "X") && d.IntN(3) == 0 {
		n = n[:17] + "x"
	}
	if d.IntN(2) == 0 {
		return d.spaced(n, 6, 8)
	}
	return d.spaced(n, 6, 4, 4)
}

func (d dice) oldIDCard() string {
	return d.of("141122", "142322", "110101", "320102") + d.day(1900 + d.between(30, 85))[2:] + d.digits(3)
}

func (d dice) bankCard() string {
	n := d.of("622202", "621700", "622848", "621661", "955880", "436742", "518710", "601382") + d.digits(d.between(9, 12))
	sum := 0
	for i := range n {
		v := int(n[len(n)-1-i] - '0')
		if i%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	n += fmt.Sprint((10 - sum%10) % 10)
	if d.IntN(4) == 0 {
		return d.spaced(n, 6)
	}
	return d.spaced(n, 4, 4, 4, 4)
}

func (d dice) plate() string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	tail := d.digits(4) + d.of("A", "K", "3", "7", "0")
	if d.IntN(3) == 0 {
		tail = d.of("D", "F", "A") + tail[:1] + d.digits(4)
	} else if d.IntN(4) == 0 {
		tail = tail[:4] + d.of("挂", "学", "警")
	}
	n := d.of("晋", "京", "陕", "冀", "豫", "新", "粤", "云", "川") + string(letters[d.IntN(len(letters))]) + d.of("", "", "", "·", " ", "-") + tail
	if d.IntN(8) == 0 {
		return strings.ToLower(n)
	}
	return n
}

func (d dice) email() string {
	return d.of("li.si", "zhang_san", "wang-5", "jc2023", "abc", d.digits(9)) + d.of("@", "@", "@", "＠") +
		d.of("qq.com", "163.com", "example.com.cn", "mail.example.org", "sina.cn", "foxmail.com")
}

func (d dice) home() string {
	n, most := d.numeral, 30
	room := fmt.Sprintf("%d0%d", d.between(1, 28), d.between(1, 4))
	switch d.IntN(11) {
	case 0:
		return n(most) + d.of("号楼", "栋", "幢", "座") + n(6) + "单元" + room + d.of("室", "户", "")
	case 1:
		return n(most) + d.of("号楼", "栋", "幢") + room + d.of("室", "")
	case 2:
		return n(6) + "单元" + room + d.of("室", "")
	case 3:
		return n(most) + "#楼" + n(6) + "单元" + room
	case 4:
		return n(most) + "号楼" + n(6) + "单元" + n(18) + d.of("楼", "层") + d.of("东户", "西户", "中户")
	case 5:
		return n(most) + "栋" + n(6) + "单元" + d.of("五零一", "三〇二", "一二零三") + "室"
	case 6:
		return fmt.Sprintf("%d-%d-%s", d.between(1, most), d.between(1, 4), room)
	case 7:
		return d.of("A", "B", "c") + "座" + room + "室"
	case 8:
		return n(12) + d.of("组", "村民小组", "队", "巷", "排") + n(99) + "号"
	case 9:
		return n(most) + "号楼 " + n(6) + "单元 " + room + "室"
	default:
		return n(12) + "组" + n(99) + "号院"
	}
}

const familyNames = `王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文`

func (d dice) person() string {
	family := []rune(familyNames)
	given := []rune("明小雨涵梓轩浩宇子欣怡佳琪思博文俊杰志强晓慧静丽雪梅芳敏建国军伟")
	name := string(family[d.IntN(len(family))]) + string(given[d.IntN(len(given))])
	if d.IntN(3) > 0 {
		name += string(given[d.IntN(len(given))])
	}
	return name
}

// kinds are what must be hidden: how it looks and the sentences it stands in,
// with ▲ for it.
var kinds = []struct {
	name, mark string
	make       func(dice) string
	sentences  []string
}{
	{"phone", "〔电话〕", dice.mobile, []string{
		"请回电▲，谢谢", "我的手机号▲一直打不通", "联系人王女士，▲", "▲有事打这个", "电话：▲。", "电话是▲，请尽快处理", "（▲）", "手机▲、微信同号", "联系方式▲\n交城县停水了",
		"骗子用▲打来", "物业电话▲没人接", "拨打▲或者▲都行", "老板▲让我们等着", "投诉人：刘先生 ▲", "tel:▲", "电话▲转物业", "加我▲",
	}},
	{"landline", "〔电话〕", dice.landline, []string{
		"打▲没人接", "电话▲", "座机：▲，白天有人", "家里电话是▲。", "拨打▲举报", "▲是供热公司的", "留了个▲", "联系▲或来人", "请打▲，谢谢", "咨询电话（▲）",
	}},
	{"ID card", "〔身份证号〕", dice.idCard, []string{
		"身份证▲", "身份证号：▲，请核实", "本人王某，▲，", "▲这个证号查不到社保", "公民身份号码▲", "证件号码是▲的老人", "身份证号码为▲。", "姓名李某，身份证▲，电话不通", "低保户▲没领到", "（▲）",
	}},
	{"old ID card", "〔身份证号〕", dice.oldIDCard, []string{
		"老身份证▲", "身份证号：▲，请核实", "一代证▲还能用吗", "档案里写的是▲，后来升位了", "旧证号▲。",
	}},
	{"bank card", "〔银行卡号〕", dice.bankCard, []string{
		"转到▲了", "卡号▲", "工资卡▲三个月没到账", "银行卡号：▲。", "打到▲，开户行建行", "存折▲", "账号是▲", "补贴发到▲却查不到", "农行▲", "请退到▲，谢谢",
	}},
	{"plate", "〔车牌〕", dice.plate, []string{
		"▲违停", "一辆▲的货车闯红灯", "车牌▲。", "车号：▲，拉煤不盖篷布", "出租车▲拒载", "▲把消防通道堵了", "蓝色大货▲在西营镇超载", "公交▲甩站", "（▲）撞人后逃逸", "网约车▲乱收费",
	}},
	{"e-mail", "〔邮箱〕", dice.email, []string{
		"发到▲吧", "邮箱：▲", "材料发▲，谢谢", "我的邮箱是▲。", "请回复▲", "（▲）", "已发邮件到▲没人回", "联系▲ 张女士",
	}},
	{"address", "〔住址〕", dice.home, []string{
		"家住阳光小区▲，漏水", "住和谐家园▲", "我是滨河花园▲的业主", "天宁镇段村▲", "地址：西营镇义望村▲。", "水泉滩村▲漏水", "家庭住址：洪相镇安定村▲，", "东关社区▲暖气不热", "住在却波街家属院▲", "交城县磁窑村▲的老人",
	}},
	{"minor", "〔未成年人〕", dice.person, []string{
		"孩子叫▲，今年八岁", "我儿子▲（9岁）在学校被打", "女儿▲今年上三年级", "学生姓名：▲", "我女儿名叫▲，还没找到", "三年级二班学生▲被体罚", "8岁的▲放学后没回家", "10岁男孩▲在水库溺水",
		"孙子▲，6岁，走失", "和▲同学发生矛盾", "我孩子▲在城南小学上学", "姓名：▲，性别：女，年龄：12岁", "小孩叫▲。", "外孙女▲今年7岁", "未成年人▲被骗", "学生▲被老师打伤",
		"侄子▲，今年十一岁，", "男孩▲今年5岁，", "女童▲（7岁）", "孩子姓名：▲，请保密",
	}},
}

// kept are numbers and words that look like personal data and are none.
var kept = []func(dice) string{
	func(d dice) string {
		return fmt.Sprintf("%d年%d月%d日", d.between(1990, 2027), d.between(1, 12), d.between(1, 31))
	},
	func(d dice) string {
		return fmt.Sprintf("%d-%02d-%02d %02d:%02d", d.between(1990, 2027), d.between(1, 12), d.between(1, 31), d.IntN(24), d.IntN(60))
	},
	func(d dice) string {
		return fmt.Sprintf("%d%s%02d%s%02d", d.between(2000, 2027), d.of("-", ".", "/"), d.between(1, 12), d.of("-", ".", "/"), d.between(1, 31))
	},
	func(d dice) string { return d.day(d.between(2000, 2027)) },
	func(d dice) string { return d.day(d.between(2000, 2027)) + d.digits(6) },
	func(d dice) string { return fmt.Sprintf("%d-%d年", d.between(2000, 2019), d.between(2020, 2027)) },
	func(d dice) string {
		return d.of("交政办发", "晋政发", "国办发", "交教字", "吕发改") + fmt.Sprintf("〔%d〕%d号", d.between(2000, 2026), d.between(1, 300))
	},
	func(d dice) string {
		return fmt.Sprintf("（%d）晋1122%s%d号", d.between(2015, 2026), d.of("民初", "刑初", "执", "行初"), d.between(1, 5000))
	},
	func(d dice) string {
		return d.of("12345", "110", "120", "119", "122", "12315", "12333", "12328", "12320", "95598", "10086", "96302", "96196", "95533", "12389", "400-810-8888", "4008123123")
	},
	func(d dice) string { return fmt.Sprintf("%d元", d.between(1, 99_999_999)) },
	func(d dice) string {
		return "1" + d.of("3", "5", "8") + d.digits(9) + d.of("元", "吨", "万元", "股")
	},
	func(d dice) string { return fmt.Sprintf("%d.%02d万元", d.between(1, 9999), d.IntN(100)) },
	func(d dice) string {
		return fmt.Sprintf("%d,%03d,%03d.%02d元", d.between(1, 999), d.IntN(1000), d.IntN(1000), d.IntN(100))
	},
	func(d dice) string { return fmt.Sprintf("0.%s", d.digits(11)) },
	func(d dice) string { return fmt.Sprintf("%d%%", d.between(1, 100)) },
	func(d dice) string {
		return d.of("股票", "代码", "SH", "SZ") + d.of("600", "000", "300", "688") + d.digits(3)
	},
	func(d dice) string {
		return d.of("G307", "S320", "G20", "X001", "307国道", "K"+d.digits(3)+"+"+d.digits(3))
	},
	func(d dice) string {
		return d.of("订单号", "工单编号：", "快递单号", "流水号") + d.of("4", "6", "2", "9") + d.digits(15)
	},
	func(d dice) string { return d.of("订单", "编号", "受理编号：") + d.day(2024) + d.digits(12) },
	func(d dice) string { return "JC" + d.day(2025) + d.digits(4) },
	func(d dice) string { return "办件编号141122" + d.day(2025) + "00" + d.of("12", "34") },
	func(d dice) string { return "统一社会信用代码91141122MA0K" + d.digits(3) + "XY" + d.digits(1) },
	func(d dice) string { return "注册号1411226000" + d.digits(5) },
	func(d dice) string { return fmt.Sprintf("%d号楼%d单元停水", d.between(1, 30), d.between(1, 6)) },
	func(d dice) string { return fmt.Sprintf("%d栋楼%d户居民", d.between(2, 30), d.between(100, 900)) },
	func(d dice) string { return fmt.Sprintf("%d号楼%d人", d.between(2, 30), d.between(100, 900)) },
	func(d dice) string { return fmt.Sprintf("第%d组数据", d.between(2, 30)) },
	func(d dice) string { return fmt.Sprintf("%d组队员", d.between(2, 30)) },
	func(d dice) string { return fmt.Sprintf("天宁街%d号", d.between(1, 200)) },
	func(d dice) string { return fmt.Sprintf("段村%d号停电", d.between(1, 31)) },
	func(d dice) string { return fmt.Sprintf("一队%d号井", d.between(1, 31)) },
	func(d dice) string { return fmt.Sprintf("192.168.%d.%d", d.IntN(256), d.IntN(256)) },
	func(d dice) string { return fmt.Sprintf("东经111.%s，北纬37.%s", d.digits(6), d.digits(6)) },
	func(d dice) string { return fmt.Sprintf("邮编0305%s", d.digits(2)) },
	func(d dice) string { return fmt.Sprintf("比分%d-%d-%d", d.IntN(9), d.IntN(9), d.IntN(9)) },
	func(d dice) string { return fmt.Sprintf("%d万%d千户", d.between(1, 30), d.between(1, 9)) },
	func(d dice) string {
		return d.of("新A股", "川A区", "京B2证", "贵Beauty店", "晋J牌照", "云K12路")
	},
	func(d dice) string {
		return d.of("@交城发布", "微信群", "QQ群里", "@user", "A4纸", "5G基站", "PM2.5", "H7N9")
	},
	func(d dice) string {
		return d.of("孩子高兴地回家", "学生安全无小事", "孩子常常生病", "孩子叫苦连天", "学生方面的问题", "8岁的高度近视", "高年级同学", "学生马上开学", "孩子高考", "学生任课老师", "女儿安静地睡了", "高中同学")
	},
	func(d dice) string {
		return fmt.Sprintf("%d名学生%d个班", d.between(20, 500), d.between(2, 30)) + d.of("，3岁以上儿童", "，6岁以下免票")
	},
	func(d dice) string { return "我家电话打了" + fmt.Sprint(d.between(2, 99)) + "遍" },
	func(d dice) string { return "拨打服务热线" + fmt.Sprintf("%d", d.between(3500000, 3599999)) },
}

var frames = []string{
	"反映：◆。◇，希望有关部门处理。", "◇。◆", "◆，◇！", "领导您好，◆\n◇，谢谢", "【投诉】◆；◇。", "@交城发布 ◇，◆", "◆。另外◇，到现在没人管，◇", "网友留言：◇——◆",
}

// Recall and precision on made-up letters: what must go, by kind, and what must stay.
func TestPersonalDataIsFoundInMadeUpLetters(t *testing.T) {
	t.Parallel()
	const each = 1500
	d := dice{rand.New(rand.NewPCG(7, 2026))}
	marked, right := 0, 0
	for _, k := range kinds {
		missed, shown := 0, 0
		for range each {
			secret, sentence := k.make(d), d.of(k.sentences...)
			text := d.of(frames...)
			want := text
			for _, slot := range []string{"◆", "◇", "◇"} {
				told, hidden := strings.ReplaceAll(sentence, "▲", secret), strings.ReplaceAll(sentence, "▲", k.mark)
				if slot == "◇" {
					told = kept[d.IntN(len(kept))](d)
					hidden = told
				}
				text, want = strings.Replace(text, slot, told, 1), strings.Replace(want, slot, hidden, 1)
			}
			found := map[string]int{}
			got := huiying.Redact(text, found)
			for n := range maps.Values(found) {
				marked += n
			}
			if got == want {
				right += strings.Count(want, k.mark)
				continue
			}
			if strings.Count(got, k.mark) < strings.Count(want, k.mark) {
				missed++
			}
			if shown++; shown <= 8 {
				t.Logf("%s: %q\n   got %q", k.name, text, got)
			}
		}
		recall := 1 - float64(missed)/each
		t.Logf("%-12s recall %.4f of %d, %d differ", k.name, recall, each, shown)
		if recall < 0.99 {
			t.Errorf("%s: recall %.4f, want 0.99", k.name, recall)
		}
	}
	if precision := float64(right) / float64(marked); precision < 0.99 {
		t.Errorf("precision %.4f of %d marks", precision, marked)
	} else {
		t.Logf("precision %.4f of %d marks", precision, marked)
	}
}

func TestNumbersThatAreNoPersonsStay(t *testing.T) {
	t.Parallel()
	d := dice{rand.New(rand.NewPCG(11, 2026))}
	eaten := map[string]string{}
	const each = 400
	total := 0
	for i, trap := range kept {
		for range each {
			text := strings.NewReplacer("◆", trap(d), "◇", kept[d.IntN(len(kept))](d)).Replace(d.of(frames...))
			total++
			if got := huiying.Redact(text, map[string]int{}); got != text {
				eaten[fmt.Sprint(i, " ", text)] = got
			}
		}
	}
	for _, text := range slices.Sorted(maps.Keys(eaten))[:min(20, len(eaten))] {
		t.Logf("%q\n → %q", text, eaten[text])
	}
	if share := float64(len(eaten)) / float64(total); share > 0.002 {
		t.Errorf("%d of %d texts without personal data were changed", len(eaten), total)
	}
}
