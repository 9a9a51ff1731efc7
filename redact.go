package huiying

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// A redaction hides one kind of personal data: the whole match, or only its
// group "x" where the words around it may stay.
type redaction struct {
	kind, mark string
	re         *regexp.Regexp
	ok         func(match string) bool // nil: always
	shrink     bool                    // its last group of digits may be another number (卡号 2026年)
}

const surnames = `赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章苏潘葛范彭郎鲁韦马苗方任袁柳鲍史唐费薛雷贺倪汤罗郝安常于傅齐康伍余元顾孟黄穆萧尹姚邵汪毛米宋庞熊纪舒项祝董梁杜阮席季贾路江童郭梅林钟徐邱高夏蔡田樊胡凌霍万柯卢莫房解丁邓洪包石崔吉龚程邢裴陆翁武刘景龙叶白蒲乔闫阎冀尚温柴瞿连习艾向古易廖耿寇`

// The order matters: an ID card holds digits that look like a bank card.
var redactions = []redaction{
	{kind: "id_card", mark: "〔身份证号〕", re: regexp.MustCompile(`[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]`)},
	{kind: "bank_card", mark: "〔银行卡号〕", re: regexp.MustCompile(`[3-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{3,4}(?:[ -]?[0-9]{1,3})?`), ok: luhn, shrink: true},
	{kind: "bank_card", mark: "〔银行卡号〕", re: regexp.MustCompile(`(?:卡号|账号|账户|银行卡|信用卡)[^0-9〕]{0,6}(?P<x>[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{3,4}(?:[ -]?[0-9]{1,3})?)`), ok: cardLong, shrink: true},
	{kind: "phone", mark: "〔电话〕", re: regexp.MustCompile(`(?:\+?86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}`)},
	{kind: "phone", mark: "〔电话〕", re: regexp.MustCompile(`0[0-9]{2,3}[-—－][0-9]{7,8}`)},
	{kind: "email", mark: "〔邮箱〕", re: regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`)},
	{kind: "account", mark: "〔账号〕", re: regexp.MustCompile(`(?i)(?:微信号?|QQ|vx|wx)[ ]*[:：是][ ]*(?P<x>[A-Za-z0-9_-]{5,20})`)},
	{kind: "plate", mark: "〔车牌〕", re: regexp.MustCompile(`[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼](?i:[A-HJ-NP-Z][·• ]?[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳])`), ok: hasDigit},
	{kind: "address", mark: "〔住址〕", re: regexp.MustCompile(`[0-9一二三四五六七八九十]+(?:(?:号楼|栋|幢|座)(?:[0-9一二三四五六七八九十]+单元)?[ ]?[0-9]{1,4}室|(?:(?:号楼|栋|幢|座)[ ]?[0-9一二三四五六七八九十]+)?单元[ ]?[0-9]{1,4}[室户号])`)},
	// a bare room number has three or four digits; before a measure word it is a count (2号楼200户, 三座110千伏)
	{kind: "address", mark: "〔住址〕", re: regexp.MustCompile(`(?P<x>[0-9一二三四五六七八九十]+(?:(?:号楼|栋|幢|座)(?:[0-9一二三四五六七八九十]+单元)?|单元)[ ]?[0-9]{3,4})(?:[^0-9年千万亿多余来名人个位元米平亩吨次户家层天％%.]|$)`)},
	{kind: "minor", mark: "〔未成年人〕", re: regexp.MustCompile(`(?:孩子|儿子|女儿|学生|小孩|幼儿|孙子|孙女|外甥|侄子|侄女|男孩|女孩|男童|女童|娃)(?:的)?(?:名字|姓名)?(?:名叫|叫做|叫|[:：])[ ]?(?P<x>[` + surnames + `]\p{Han}{1,2})`)},
}

// fullWidth maps full-width digits, which hide numbers from a plain pattern.
var fullWidth = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9")

// Redact replaces phone numbers, ID and bank card numbers, plates, home
// addresses, mail and chat accounts, and the names of minors by a mark that
// says what stood there, and adds their number to found by kind.
// Redacting twice changes nothing more.
func Redact(s string, found map[string]int) string {
	s = fullWidth.Replace(s)
	for _, r := range redactions {
		s = r.apply(s, found)
	}
	return s
}

func (r redaction) apply(s string, found map[string]int) string {
	var out strings.Builder
	group := max(0, r.re.SubexpIndex("x"))
	written, at := 0, 0
	for at < len(s) {
		m := r.re.FindStringSubmatchIndex(s[at:])
		if m == nil {
			break
		}
		from := at + m[2*group]
		to := r.end(s, from, at+m[2*group+1])
		if to < 0 {
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

// end is where the match from…to really ends, or -1 when it is none.
func (r redaction) end(s string, from, to int) int {
	for digitBeside(s, from, to) || r.ok != nil && !r.ok(s[from:to]) {
		cut := strings.LastIndexAny(s[from:to], " -")
		if !r.shrink || cut < 0 {
			return -1
		}
		to = from + cut
	}
	return to
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

// luhn checks the check digit of a bank card number (GB/T 17552, ISO/IEC 7812).
func luhn(s string) bool {
	sum, n := 0, 0
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] < '0' || s[i] > '9' {
			continue
		}
		d := int(s[i] - '0')
		if n%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum, n = sum+d, n+1
	}
	return n >= 15 && sum%10 == 0
}

// cardLong: bank cards have 15 to 19 digits.
func cardLong(s string) bool { return len(s)-strings.Count(s, " ")-strings.Count(s, "-") >= 15 }

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

// MaskName keeps the first character of a nickname or name: 张**.
func MaskName(s string) string {
	r, n := utf8.DecodeRuneInString(strings.TrimSpace(s))
	if n == 0 {
		return ""
	}
	return string(r) + "**"
}
