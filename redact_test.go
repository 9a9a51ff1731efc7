package huiying_test

import (
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"huiying"
)

func TestPersonalDataIsHiddenAndNumbersOfOtherKindsStay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in, want string
		found          map[string]int
	}{
		{"a mobile number", "请回电13812345678，谢谢", "请回电〔电话〕，谢谢", map[string]int{"phone": 1}},
		{"a mobile number in groups", "138 1234 5678或139-1234-5678", "〔电话〕或〔电话〕", map[string]int{"phone": 2}},
		{"a mobile number with the country's code", "+86 13812345678", "〔电话〕", map[string]int{"phone": 1}},
		{"a mobile number in full-width digits", "１３８１２３４５６７８", "〔电话〕", map[string]int{"phone": 1}},
		{"a landline", "打0358-3522222没人接", "打〔电话〕没人接", map[string]int{"phone": 1}},
		{"a landline without a dash", "打03583521234或0358 3521234没人接", "打〔电话〕或〔电话〕没人接", map[string]int{"phone": 2}},
		{"a landline with its area in brackets", "（0358）3521234，(010)62345678", "〔电话〕，〔电话〕", map[string]int{"phone": 2}},
		{"a landline with the country's code", "+86-358-3521234", "〔电话〕", map[string]int{"phone": 1}},
		{"a local number that is somebody's", "我家电话：3521234", "我家电话：〔电话〕", map[string]int{"phone": 1}},
		{"a local number of an office", "供热公司电话：3521234", "供热公司电话：3521234", nil},
		{"an amount of eleven digits", "总投资13800000000元", "总投资13800000000元", nil},
		{"an address on the internet", "192.168.10.123", "192.168.10.123", nil},
		{"the citizens' hotline is no person's number", "打12345三次，12315也打了", "打12345三次，12315也打了", nil},
		{"an emergency number", "已拨打110和120", "已拨打110和120", nil},
		{"an order number of 20 digits", "订单20231105138123456789", "订单20231105138123456789", nil},
		{"a phone inside a longer number", "编号0013812345678901", "编号0013812345678901", nil},
		{"a number one digit too short", "1381234567", "1381234567", nil},

		{"an ID card", "身份证14112219900307123X", "身份证〔身份证号〕", map[string]int{"id_card": 1}},
		{"an ID card with a digit at the end", "141122199003071234本人", "〔身份证号〕本人", map[string]int{"id_card": 1}},
		{"an ID card with spaces", "141122 19900307 123X和1411 2219 9003 0712 34", "〔身份证号〕和〔身份证号〕", map[string]int{"id_card": 2}},
		{"an ID card of 15 digits", "老证141122500307123", "老证〔身份证号〕", map[string]int{"id_card": 1}},
		{"a case number that begins with the region and the day", "办件编号141122202503071234", "办件编号141122202503071234", nil},
		{"an ID card called a number", "身份证编号141122199003071234", "身份证编号〔身份证号〕", map[string]int{"id_card": 1}},
		{"18 digits with the month 13", "141122199013071234", "141122199013071234", nil},

		{"a bank card with a right check digit", "转到6222021234567894了", "转到〔银行卡号〕了", map[string]int{"bank_card": 1}},
		{"a bank card in groups of four", "转到6222 0212 3456 7894了", "转到〔银行卡号〕了", map[string]int{"bank_card": 1}},
		{"a bank card before a year", "转到6222021234567894 2026年3月", "转到〔银行卡号〕 2026年3月", map[string]int{"bank_card": 1}},
		{"16 digits that fail the check", "单号6222021234567890", "单号6222021234567890", nil},
		{"a number called a card number", "卡号：6222021234567890", "卡号：〔银行卡号〕", map[string]int{"bank_card": 1}},

		{"mail", "发到li.si@example.com.cn吧", "发到〔邮箱〕吧", map[string]int{"email": 1}},
		{"an @ without a host", "@交城发布 看看", "@交城发布 看看", nil},
		{"a chat account", "加微信：abc_12345", "加微信：〔账号〕", map[string]int{"account": 1}},
		{"a chat account by QQ", "QQ:123456789", "QQ:〔账号〕", map[string]int{"account": 1}},
		{"a group's name is no account", "微信群里都在传", "微信群里都在传", nil},

		{"a plate", "晋J12345违停", "〔车牌〕违停", map[string]int{"plate": 1}},
		{"a plate with a dot", "晋J·A1234违停", "〔车牌〕违停", map[string]int{"plate": 1}},
		{"a plate of an electric car", "晋JD12345", "〔车牌〕", map[string]int{"plate": 1}},
		{"a plate in small letters", "晋j12345违停", "〔车牌〕违停", map[string]int{"plate": 1}},
		{"a province before an English word", "贵Beauty店", "贵Beauty店", nil},
		{"a national road", "307国道和G307都堵了", "307国道和G307都堵了", nil},

		{"a flat", "住3号楼2单元501室", "住〔住址〕", map[string]int{"address": 1}},
		{"a flat without a word after it", "3号楼2单元501漏水", "〔住址〕漏水", map[string]int{"address": 1}},
		{"a flat of a unit alone", "2单元501室漏水", "〔住址〕漏水", map[string]int{"address": 1}},
		{"a flat of a building", "5栋1203漏水", "〔住址〕漏水", map[string]int{"address": 1}},
		{"a house in a village", "段村3组15号漏水", "段村〔住址〕漏水", map[string]int{"address": 1}},
		{"a flat by dashes", "滨河小区3-2-501", "滨河小区〔住址〕", map[string]int{"address": 1}},
		{"a flat by storey and side", "3号楼二单元五楼东户", "〔住址〕", map[string]int{"address": 1}},
		{"a house where somebody lives", "家住段村15号，", "家住段村〔住址〕，", map[string]int{"address": 1}},
		{"a day in a village", "段村15号停水", "段村15号停水", nil},
		{"a well of a village", "2队3号井", "2队3号井", nil},
		{"the west gate of a building", "3号楼西门停满了车", "3号楼西门停满了车", nil},
		{"a building alone is no home", "1号楼停水", "1号楼停水", nil},
		{"a building and its entrance are no home", "1号楼3单元停水", "1号楼3单元停水", nil},
		{"a count of things in a row", "三座110千伏变电站，一座2层小楼", "三座110千伏变电站，一座2层小楼", nil},
		{"a building and a year", "1号楼2023年建成", "1号楼2023年建成", nil},
		{"how often the water failed", "2单元3次停水", "2单元3次停水", nil},

		{"the name of a child", "孩子叫张小明，今年八岁", "孩子叫〔未成年人〕，今年八岁", map[string]int{"minor": 1}},
		{"the name of a pupil", "学生姓名：李雷", "学生姓名：〔未成年人〕", map[string]int{"minor": 1}},
		{"a child by its age", "我儿子张明今年8岁，", "我儿子〔未成年人〕今年8岁，", map[string]int{"minor": 1}},
		{"a child by its class", "三年级2班学生李小雷被打", "三年级2班学生〔未成年人〕被打", map[string]int{"minor": 1}},
		{"a schoolmate", "和王小明同学打架", "和〔未成年人〕同学打架", map[string]int{"minor": 1}},
		{"pupils who are safe and glad", "学生安全被忽视，孩子高兴地上学", "学生安全被忽视，孩子高兴地上学", nil},
		{"a child who calls", "孩子叫苦连天", "孩子叫苦连天", nil},

		{"a date, a time, a price and an area", "2026-11-23 18:30，涨到3500元，120.5平方米", "2026-11-23 18:30，涨到3500元，120.5平方米", nil},
		{"a document number", "交政办发〔2020〕78号", "交政办发〔2020〕78号", nil},
		{"nothing", "", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := map[string]int{}
			if got := huiying.Redact(c.in, found); got != c.want {
				t.Errorf("Redact(%q) = %q, want %q", c.in, got, c.want)
			}
			if !maps.Equal(found, c.found) {
				t.Errorf("found %v, want %v", found, c.found)
			}
		})
	}
}

func TestSeveralKindsAreCountedApart(t *testing.T) {
	t.Parallel()
	found := map[string]int{"phone": 1} // of the title
	huiying.Redact("13812345678、13912345678，车牌晋J12345，li@example.com", found)
	if want := map[string]int{"phone": 3, "plate": 1, "email": 1}; !maps.Equal(found, want) {
		t.Errorf("found %v, want %v", found, want)
	}
}

// pieces are what personal data is made of, so that random texts come near it.
var pieces = []string{
	"1", "3", "8", "0", "62", "1234", "5678", "13812345678", "141122199003071234", "6222021234567894", " ", "-", "电话", "微信：", "QQ:",
	"卡号", "晋J", "·", "A1", "号楼", "单元", "室", "栋", "孩子叫", "张", "小明", "@", "a.b", ".com", "〔电话〕", "〔", "〕", "是", "\n", "户", "０", "Ｘ", "X", "一", "座",
}

func TestRedactingTwiceChangesNothingMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 14).Draw(t, "pieces"), "")
		checkRedaction(t, text)
	})
}

func FuzzRedact(f *testing.F) {
	for _, p := range pieces {
		f.Add(p)
	}
	f.Add("13812345678 6222021234567894 2026年 晋J12345 3号楼2单元501室 孩子叫张小明")
	f.Add("\xff\xfe138\x0012345678")
	f.Fuzz(func(t *testing.T, text string) { checkRedaction(t, text) })
}

func checkRedaction(t interface{ Fatalf(string, ...any) }, text string) {
	found := map[string]int{}
	once := huiying.Redact(text, found)
	if utf8.ValidString(text) && !utf8.ValidString(once) {
		t.Fatalf("%q became invalid: %q", text, once)
	}
	for kind, n := range found {
		if n <= 0 {
			t.Fatalf("%q: %d of %s", text, n, kind)
		}
	}
	again := map[string]int{}
	if twice := huiying.Redact(once, again); twice != once || len(again) > 0 {
		t.Fatalf("%q → %q → %q %v", text, once, twice, again)
	}
}

func TestALongRowOfNumeralsIsReadInLinearTime(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("一", 80_000) + "单元12345", strings.Repeat("13", 130_000), strings.Repeat("6222 ", 50_000), strings.Repeat("3号楼20015", 20_000),
	} {
		if found := map[string]int{}; huiying.Redact(text, found) != text || len(found) > 0 {
			t.Errorf("%s… was changed: %v", huiying.Clip(text, 10), found)
		}
	}
}

func TestANicknameKeepsItsFirstCharacter(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"张三丰": "张**", "  李四 ": "李**", "王": "王**", "张**": "张**", "😀小可爱": "😀**", "": "", "   ": "", "Bob": "B**",
	} {
		if got := huiying.MaskName(in); got != want {
			t.Errorf("MaskName(%q) = %q, want %q", in, got, want)
		}
	}
}
