package huiying

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A numberRow is a run of digits as people write them: groups with one
// separator between them (138 1234 5678, 0358-3521234, 6222 0212 3456 7894), or in
// characters (一三八 三五八一 二零四六). Where digits turn into characters a group ends.
type numberRow struct {
	digits []byte
	sizes  []byte // digits in each group
	widths []byte // bytes of a digit in each group: more than one for characters
	ends   []int  // byte offset behind each group
	paren  bool   // a bracket closes behind its first group: (0358)3521234
	listed int    // groups before the first comma, 0 without one
}

// mixed reports whether digits and characters stand in the first k groups.
func (row *numberRow) mixed(k int) bool {
	return slices.ContainsFunc(row.widths[:k], func(w byte) bool { return w != row.widths[0] })
}

// longestNumber is a bank card of 19 digits with a country's code before it.
const longestNumber = 23

// readNumber reads the groups that begin at i, where a digit stands. It stops
// before the group with which the row would be longer than any personal number;
// the first group may itself be too long, then the row is empty. next is where
// the first group ends.
func readNumber(s string, i int, row *numberRow) (next int) {
	row.digits, row.sizes, row.widths, row.ends, row.paren = row.digits[:0], row.sizes[:0], row.widths[:0], row.ends[:0], false
	row.listed = 0
	for at := i; ; {
		size, width, end, before := 0, 0, at, len(row.digits)
		for d, n := digitAt(s, end); n > 0 && (width == 0 || n == width); d, n = digitAt(s, end) {
			if size++; len(row.digits) <= longestNumber {
				row.digits = append(row.digits, d)
			}
			width, end = n, end+n
		}
		if at == i {
			next = end
		}
		if size == 0 {
			return next
		}
		if len(row.digits) > longestNumber {
			row.digits = row.digits[:before]
			return next
		}
		row.sizes = append(row.sizes, byte(size))
		row.widths = append(row.widths, byte(width))
		row.ends = append(row.ends, end)
		if _, n := digitAt(s, end); n > 0 { // in the other script
			at = end
			continue
		}
		gap := separator(s[end:])
		if r, n := utf8.DecodeRuneInString(s[end:]); r == '，' || r == ',' {
			if gap = n; row.listed == 0 {
				row.listed = len(row.sizes)
			}
		}
		if n := closing(s[end:]); n > 0 && len(row.sizes) == 1 {
			row.paren, gap = true, n+separator(s[end+n:])
		}
		if gap == 0 {
			return next
		}
		at = end + gap
	}
}

// writtenDigits are the digits that people write in characters, and in circles, so
// that no machine finds their number. writtenDigit tells quickly that a character is
// none of them.
var (
	writtenDigits = map[rune]byte{
		'零': '0', '〇': '0', '○': '0', '⓪': '0', '一': '1', '幺': '1', '壹': '1', '二': '2', '贰': '2', '三': '3', '叁': '3',
		'四': '4', '肆': '4', '五': '5', '伍': '5', '六': '6', '陆': '6', '七': '7', '柒': '7', '八': '8', '捌': '8', '九': '9', '玖': '9',
		'①': '1', '②': '2', '③': '3', '④': '4', '⑤': '5', '⑥': '6', '⑦': '7', '⑧': '8', '⑨': '9',
	}
	writtenDigit = func() (set [1 << 10]uint64) {
		for r := range writtenDigits {
			set[r>>6] |= 1 << (r & 63)
		}
		return set
	}()
)

// nextDigit is where the first digit of s at or behind i stands, len(s) without one.
func nextDigit(s string, i int) int {
	for i < len(s) {
		switch c := s[i]; {
		case isDigit(c):
			return i
		case c < 0xE0 || c >= 0xF0 || i+2 >= len(s) || s[i+1]&0xC0 != 0x80 || s[i+2]&0xC0 != 0x80: // those in characters take three bytes
			i++
		default:
			if r := rune(c&0x0F)<<12 | rune(s[i+1]&0x3F)<<6 | rune(s[i+2]&0x3F); writtenDigit[r>>6]&(1<<(r&63)) != 0 {
				return i
			}
			i += 3
		}
	}
	return len(s)
}

// digitAt is the digit at i and its length in s, 0 where there is none.
func digitAt(s string, i int) (d byte, n int) {
	if i >= len(s) {
		return 0, 0
	}
	if s[i] < utf8.RuneSelf {
		if isDigit(s[i]) {
			return s[i], 1
		}
		return 0, 0
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	if r>>6 >= rune(len(writtenDigit)) || writtenDigit[r>>6]&(1<<(r&63)) == 0 {
		return 0, 0
	}
	return writtenDigits[r], n
}

// separator is the length of what may stand between groups of one number.
func separator(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	switch r {
	case ' ':
		if strings.HasPrefix(s[1:], " ") || strings.HasPrefix(s[1:], "-") {
			return 2
		}
		return n
	case '-', '—', '－', '–', '‐', '·', '.', '_', '/', '／', '\u3000':
		return n
	}
	return 0
}

func closing(s string) int {
	if r, n := utf8.DecodeRuneInString(s); r == ')' || r == '）' {
		return n
	}
	return 0
}

// redactNumbers hides phone, ID card and bank card numbers.
func redactNumbers(s string, found map[string]int) string {
	var (
		out     strings.Builder
		row     numberRow
		written int
	)
	for i := nextDigit(s, 0); i < len(s); i = nextDigit(s, i) {
		next := readNumber(s, i, &row)
		kind, end := row.kind(s, i)
		if kind == "" {
			i = next
			continue
		}
		out.WriteString(s[written:opening(s, i, row.paren && end > row.ends[0])])
		out.WriteString(numberMarks[kind])
		found[kind]++
		i, written = end, end
	}
	if written == 0 {
		return s
	}
	out.WriteString(s[written:])
	return out.String()
}

var numberMarks = map[string]string{"phone": "〔电话〕", "id_card": "〔身份证号〕", "bank_card": "〔银行卡号〕"}

// opening is where a number that begins at i begins with its + and bracket.
func opening(s string, i int, paren bool) int {
	if i > 0 && s[i-1] == '+' {
		i--
	}
	if paren {
		if r, n := utf8.DecodeLastRuneInString(s[:i]); r == '(' || r == '（' {
			i -= n
		}
	}
	return i
}

// The words before a number that say what it is. What is called a serial number
// is no card, whatever its digits look like.
var (
	serialCue  = regexp.MustCompile(`(?:(?:订单|工单|运单|快递|流水|办件)(?:编?号码?)?|(?:受理|登记|案件|回执|发票|合同|文件|项目|注册|执照|纳税人识别|税务登记|设备|批次|产品|序列|信用|追溯|条|编|单|票|文|案)(?:编?号码?|代?码))(?:[:：为是#]|\s)*$`)
	identity   = regexp.MustCompile(`(?:身份|证件|证)编?号码?(?:[:：为是#]|\s)*$`)
	cardCue    = regexp.MustCompile(`(?:卡号|账号|帐号|账户|帐户|银行卡|信用卡|储蓄卡|存折)[^0-9〕]{0,6}$|(?:[行社]|这张)卡(?:[:：为是]|\s)*$`)
	extension  = regexp.MustCompile(`^ ?(?:转|分机号?|-|—|－|#|[Ee]xt\.?)[ :：]?[0-9]{2,5}|^[(（](?:转|分机号?)[ ]?[0-9]{2,5}[)）]`)
	privateCue = regexp.MustCompile(`(?:(?:我|本人|他|她|家|家里|家庭|住宅)的?(?:座机|固话|电话|联系电话|联系方式)|座机|固话|宅电|家里电话)(?:号码?)?(?:[:：为是]|\s)*$`)
	amountCue  = regexp.MustCompile(`^ ?(?:万?元|亿元?|万?吨|万?股|万人|美元|块钱|[%％])|^\.[0-9]`)
)

// kind is what personal number the row begins with and where that ends; "" for
// none. The longest reading counts.
func (row *numberRow) kind(s string, from int) (kind string, end int) {
	if from > 1 && s[from-1] == '.' && isDigit(s[from-2]) {
		return "", 0 // the digits behind a decimal point
	}
	n := len(row.digits)
	if n < 7 || n == 7 && !row.local() {
		return "", 0
	}
	before := s[:from]
	if from > 45 {
		before = s[from-45 : from]
	}
	for k := len(row.sizes); k > 0; k-- {
		d, sizes, end := row.digits[:n], row.sizes[:k], row.ends[k-1]
		n -= int(sizes[k-1])
		if row.listed > 0 && k > row.listed && string(sizes) != "\x03\x04\x04" {
			continue // what commas part are several numbers, or an amount
		}
		if row.mixed(k) { // 138三五八1二零四六: no grouping tells anything
			if len(d) == 11 && isPhone(d, []byte{11}, false) {
				return "phone", end
			}
			continue
		}
		switch {
		case len(d) == 17:
			if x := checkX(s[end:]); x > 0 && bornID(d) {
				return "id_card", end + x
			}
		case len(d) == 18 && bornID(d):
			if !isSerial(before) {
				return "id_card", end
			}
		case len(d) == 15 && bornID15(d) && !isSerial(before) && !cardCue.MatchString(before):
			return "id_card", end
		}
		if len(d) >= 15 && len(d) <= 19 {
			if cardCue.MatchString(before) || bankGroups(sizes) && bankPrefix(d) && luhn(d) && !isSerial(before) {
				return "bank_card", end
			}
		}
		if isPhone(d, sizes, from > 0 && s[from-1] == '+') && !amountCue.MatchString(s[end:]) {
			return "phone", end + extensionOf(d, s[end:])
		}
		if k == 1 && row.local() && privateCue.MatchString(before) {
			return "phone", end
		}
	}
	return "", 0
}

// extensionOf is the length of the extension (转8012, -803) behind a landline.
func extensionOf(number []byte, s string) int {
	if number[0] == '1' {
		return 0
	}
	n := len(extension.FindString(s))
	if n < len(s) && isDigit(s[n]) {
		return 0 // another number
	}
	return n
}

// isSerial: a case number holds the region and a day, as an ID card does.
func isSerial(before string) bool {
	return serialCue.MatchString(before) && !identity.MatchString(before)
}

// local: seven or eight digits without an area code, a phone only where the
// words before say whose it is; offices' numbers stay.
func (row *numberRow) local() bool {
	return (row.sizes[0] == 7 || row.sizes[0] == 8) && row.digits[0] >= '2' && row.digits[0] <= '8'
}

// checkX is the length of the check character X behind 17 digits.
func checkX(s string) int {
	i := separator(s)
	r, n := utf8.DecodeRuneInString(s[i:])
	switch r {
	case 'X', 'x', 'Ｘ', 'ｘ', '×':
		if i+n == len(s) || !isWordByte(s[i+n]) {
			return i + n
		}
	}
	return 0
}

func isWordByte(b byte) bool { return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'z' }

// bornID reports whether the digits have the form of an ID card: a province and
// a day of birth (GB 11643-1999). A wrong check digit does not save it: people
// mistype their own numbers.
func bornID(d []byte) bool {
	century := d[6] == '1' && d[7] == '9' || d[6] == '2' && d[7] == '0'
	return d[0] != '0' && province(d) && century && monthDay(d[10:14])
}

// bornID15 is the form before 1999: no century and no check digit.
func bornID15(d []byte) bool { return province(d) && monthDay(d[8:12]) }

// province: the first two digits of a region code (GB/T 2260).
func province(d []byte) bool {
	first, second := d[0], d[1]
	switch first {
	case '1', '6':
		return second >= '1' && second <= '5'
	case '2':
		return second >= '1' && second <= '3'
	case '3':
		return second >= '1' && second <= '7'
	case '4':
		return second >= '1' && second <= '6'
	case '5':
		return second <= '4'
	case '7', '8':
		return second >= '1' && second <= '3'
	}
	return false
}

func monthDay(d []byte) bool {
	month, day := int(d[0]-'0')*10+int(d[1]-'0'), int(d[2]-'0')*10+int(d[3]-'0')
	return month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// bankGroups: in one piece, in fours, or as a bank's prefix and the rest.
func bankGroups(sizes []byte) bool {
	for i, n := range sizes[:len(sizes)-1] {
		if n != 4 && (i > 0 || n != 6) {
			return false
		}
	}
	return true
}

// bankPrefix: UnionPay, Visa, Mastercard, JCB, Amex, and 9558 of ICBC.
func bankPrefix(d []byte) bool {
	return d[0] >= '3' && d[0] <= '6' || d[0] == '9' && d[1] == '5' && d[2] == '5' && d[3] == '8'
}

// luhn checks the check digit of a bank card number (GB/T 17552, ISO/IEC 7812).
func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// mobileGroups are how people group the eleven digits of a mobile number.
var mobileGroups = map[string]bool{
	"\x0b": true, "\x03\x04\x04": true, "\x03\x03\x05": true, "\x04\x04\x03": true, "\x04\x03\x04": true, "\x03\x08": true, "\x07\x04": true, "\x05\x06": true,
	"\x03\x02\x02\x02\x02": true, "\x03\x02\x03\x03": true, "\x01\x02\x04\x04": true,
	"\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01": true,
}

// isPhone: a mobile number (1[3-9]…), or a landline with its area code, each
// with or without 86 before it.
func isPhone(d, sizes []byte, plus bool) bool {
	var buf [longestNumber]byte
	sizes = append(buf[:0], sizes...)
	abroad := false
	for _, code := range []string{"0086", "86"} {
		if n := len(code); len(d) > 9+n && string(d[:n]) == code && int(sizes[0]) >= n {
			abroad = plus || n == 4 || int(sizes[0]) == n
			d = d[n:]
			if sizes[0] -= byte(n); sizes[0] == 0 {
				sizes = sizes[1:]
			}
			break
		}
	}
	if len(d) < 9 {
		return false
	}
	if len(d) == 11 && d[0] == '1' && d[1] >= '3' {
		return mobileGroups[string(sizes)]
	}
	if d[0] == '0' {
		d = d[1:]
		sizes[0]--
	} else if !abroad {
		return false
	}
	area := 2 // 10 and 2x; all others have three digits
	if d[0] >= '3' {
		area = 3
	}
	if d[0] == '0' || d[0] == '1' && d[1] != '0' {
		return false
	}
	if local := len(d) - area; local != 7 && local != 8 || d[area] < '2' {
		return false
	}
	if len(sizes) == 1 {
		return d[area] <= '8'
	}
	if int(sizes[0]) != area {
		return false
	}
	rest := sizes[1:]
	return len(rest) == 1 || len(rest) == 2 && rest[1] == 4
}
