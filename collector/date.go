package collector

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"huiying"
)

// ParseDate reads a moment as Chinese pages write it: 2020年12月11日 09:30,
// 12-11 09:30, 12月11日, 3小时前, 昨天 09:30, 二〇二〇年十二月十一日, RFC 3339,
// RFC 1123, Unix seconds. A time without a zone is in [huiying.Beijing]; a day
// without a year is the last such day before now. Words around the date do not
// matter: the first date in s counts.
func ParseDate(s string, now time.Time) (time.Time, bool) {
	const longest = 400 // bytes; a date stands at the front of its label
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "")
	}
	s = tidyDate(s)
	if s == "" {
		return time.Time{}, false
	}
	now = now.In(huiying.Beijing)
	for _, read := range []func(string, time.Time) (time.Time, bool){stamped, fullDate, relativeDate, yearless, foreignDate} {
		if t, ok := read(s, now); ok && t.Year() >= 1990 && t.Year() < 2100 {
			return t.In(huiying.Beijing), true
		}
	}
	return time.Time{}, false
}

var (
	dateForms = strings.NewReplacer(
		"０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9",
		"：", ":", "／", "/", "－", "-", "．", ".", "〇", "零", "○", "零", "\u00a0", " ", "\u3000", " ", "\n", " ", "\t", " ",
		"號", "日", "號", "日", "點", "点", "時", "时", "鐘", "钟",
	)
	chineseYear  = regexp.MustCompile(`[一二三四五六七八九零]{4}年`)
	chineseCount = regexp.MustCompile(`[一二三四五六七八九十两]{1,3}(?:个)?(?:年|月|日|号|时|点|分|秒|天|周|小时|分钟|星期)`)
)

// tidyDate brings all digits, separators and numerals to one form.
func tidyDate(s string) string {
	s = strings.TrimSpace(dateForms.Replace(s))
	if !strings.ContainsAny(s, "一二三四五六七八九十两") {
		return s
	}
	s = chineseYear.ReplaceAllStringFunc(s, func(m string) string {
		var b strings.Builder
		for _, r := range strings.TrimSuffix(m, "年") {
			b.WriteString(strconv.Itoa(max(0, numeral(r))))
		}
		return b.String() + "年"
	})
	return chineseCount.ReplaceAllStringFunc(s, func(m string) string {
		n, rest := 0, m
		for i, r := range m {
			d := numeral(r)
			if d < 0 {
				rest = m[i:]
				break
			}
			switch {
			case r == '十' && n == 0:
				n = 10
			case r == '十':
				n *= 10
			case n >= 10:
				n += d
			default:
				n = d
			}
		}
		return strconv.Itoa(n) + rest
	})
}

// numeral is the value of a Chinese digit or ten, -1 for anything else.
func numeral(r rune) int {
	switch r {
	case '零':
		return 0
	case '两':
		return 2
	case '十':
		return 10
	}
	for i, d := range []rune("一二三四五六七八九") {
		if r == d {
			return i + 1
		}
	}
	return -1
}

// The layouts of machines, by what they begin with: a year, a day, a weekday.
var (
	yearLayouts = []string{
		time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05Z07:00",
	}
	dayLayouts     = []string{"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05"}
	weekdayLayouts = []string{
		time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST", "Mon, 2 Jan 2006 15:04:05",
		"Mon, 02 Jan 2006", time.RubyDate, time.UnixDate, time.ANSIC, "Mon Jan _2 15:04:05 -0700 2006",
	}
)

// layoutsOf are the layouts that s may be in.
func layoutsOf(s string) []string {
	const minute = len("2006-01-02 15:04")
	switch {
	case s == "" || s[0] > 'z':
		return nil
	case s[0] >= 'A':
		return weekdayLayouts
	case len(s) > 4 && s[4] != '-':
		return dayLayouts
	case len(s) <= minute || s[10] == ' ' && len(s) <= minute+len(":05"):
		return nil // there is no zone
	}
	return yearLayouts
}

// stamped reads what machines write as a whole: RFC 3339, RFC 1123, Unix seconds
// or milliseconds. CST is China's zone here, not Chicago's.
func stamped(s string, _ time.Time) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		switch {
		case n > 6e8 && n < 5e9:
			return time.Unix(n, 0), true
		case n > 6e11 && n < 5e12:
			return time.UnixMilli(n), true
		}
		return time.Time{}, false
	}
	if strings.HasSuffix(s, "CST") {
		s = strings.TrimSuffix(s, "CST") + "+0800"
	}
	s = strings.Replace(s, " CST ", " +0800 ", 1)
	s = strings.Replace(s, "GMT+0800", "+0800", 1)
	s, _, _ = strings.Cut(s, " (")
	for _, layout := range layoutsOf(s) {
		if t, err := time.ParseInLocation(layout, s, huiying.Beijing); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

const clockPart = `(?:\s*(上午|凌晨|早上|早晨|清晨|中午|下午|傍晚|晚上|晚间|[AaPp][Mm])?\s*([01]?\d|2[0-4])\s*(?::|时|点)\s*([0-5]?\d)?(?:\s*(?::|分)\s*([0-5]?\d)?秒?)?(?:\.\d{1,9})?\s*([AaPp][Mm]\b|Z|[+-]\d\d:?\d\d)?)?`

var (
	fullRe = regexp.MustCompile(`(?:^|[^\d])((?:19|20)\d\d)\s*[-/.年]\s*(1[0-2]|0?[1-9])\s*[-/.月]\s*(3[01]|[12]\d|0?[1-9])(?:\s*[日号])?(?:\s*[(（]?(?:星期|周)[一二三四五六日天](?:[)）])?|\s*[(（](?:星期|周)\d[)）])?[\sT,，]*` + clockPart)
	packed = regexp.MustCompile(`(?:^|[^\d])((?:19|20)\d\d)(1[0-2]|0[1-9])(3[01]|[12]\d|0[1-9])(?:([01]\d|2[0-3])([0-5]\d)([0-5]\d)?)?(?:[^\d]|$)`)
)

func fullDate(s string, _ time.Time) (time.Time, bool) {
	if m := fullRe.FindStringSubmatchIndex(s); m != nil {
		g := groups(s, m)
		if t, ok := day(atoi(g[1]), atoi(g[2]), atoi(g[3])); ok {
			if len(s) > m[7] && m[1] == m[7] && s[m[7]] >= '0' && s[m[7]] <= '9' {
				return time.Time{}, false // 2020-12-345 is a number, not a date
			}
			return atClock(t, g[4:]), true
		}
	}
	if g := packed.FindStringSubmatch(s); g != nil {
		if t, ok := day(atoi(g[1]), atoi(g[2]), atoi(g[3])); ok {
			return t.Add(time.Duration(atoi(g[4]))*time.Hour + time.Duration(atoi(g[5]))*time.Minute + time.Duration(atoi(g[6]))*time.Second), true
		}
	}
	return time.Time{}, false
}

var (
	agoRe  = regexp.MustCompile(`(?:^|[^\d月号/-])(\d{1,4}|半|几)\s*个?\s*(半)?\s*(秒钟?|分钟?|小时|钟头|天|日|周|星期|月|年)\s*(半)?\s*(?:之前|以前|前)`)
	dayRe  = regexp.MustCompile(`(大前天|前天|前日|昨天|昨日|昨晚|今天|今日|今早|今晚)\s*` + clockPart)
	justRe = regexp.MustCompile(`刚刚|刚才`)
)

func relativeDate(s string, now time.Time) (time.Time, bool) {
	if m := agoRe.FindStringSubmatch(s); m != nil {
		n := float64(atoi(m[1]))
		switch m[1] {
		case "半":
			n = 0.5
		case "几":
			n = 3
		}
		if m[2] != "" || m[4] != "" {
			n += 0.5
		}
		switch m[3] {
		case "月":
			return now.AddDate(0, -int(n), -int(30*(n-float64(int(n))))), true
		case "年":
			return now.AddDate(-int(n), -int(12*(n-float64(int(n)))), 0), true
		}
		unit := map[string]time.Duration{
			"秒": time.Second, "秒钟": time.Second, "分": time.Minute, "分钟": time.Minute, "小时": time.Hour, "钟头": time.Hour,
			"天": 24 * time.Hour, "日": 24 * time.Hour, "周": 7 * 24 * time.Hour, "星期": 7 * 24 * time.Hour,
		}[m[3]]
		return now.Add(-time.Duration(n * float64(unit))), true
	}
	if m := dayRe.FindStringSubmatch(s); m != nil {
		back := map[string]int{"大前天": 3, "前天": 2, "前日": 2, "昨天": 1, "昨日": 1, "昨晚": 1}[m[1]]
		if m[2] == "" && strings.HasSuffix(m[1], "晚") {
			m[2] = "晚上"
		}
		midnight := time.Date(now.Year(), now.Month(), now.Day()-back, 0, 0, 0, 0, huiying.Beijing)
		return atClock(midnight, m[2:]), true
	}
	if justRe.MatchString(s) {
		return now, true
	}
	return time.Time{}, false
}

var (
	monthDay   = regexp.MustCompile(`(?:^|[^\d])(1[0-2]|0?[1-9])\s*月\s*(3[01]|[12]\d|0?[1-9])\s*[日号]?[\s,，]*` + clockPart)
	shortYear  = regexp.MustCompile(`^(\d\d)[-/.年](1[0-2]|0?[1-9])[-/.月](3[01]|[12]\d|0?[1-9])日?\s+` + clockPart)
	monthSlash = regexp.MustCompile(`(?:^|[^\d.:-])(1[0-2]|0?[1-9])[-/](3[01]|[12]\d|0?[1-9])(?:\s|$)\s*` + clockPart)
)

func yearless(s string, now time.Time) (time.Time, bool) {
	if m := shortYear.FindStringSubmatch(s); m != nil && m[5] != "" {
		if t, ok := day(2000+atoi(m[1]), atoi(m[2]), atoi(m[3])); ok && !t.After(now) {
			return atClock(t, m[4:]), true
		}
	}
	for _, re := range []*regexp.Regexp{monthDay, monthSlash} {
		m := re.FindStringSubmatch(s)
		if m == nil || re == monthSlash && m[4] == "" && len(strings.TrimSpace(m[0])) != len(s) {
			continue // 3-5 among other words is a range, not a date
		}
		for back := range 5 { // 29 February may lie four years back
			t, ok := day(now.Year()-back, atoi(m[1]), atoi(m[2]))
			if ok && !t.After(now) {
				return atClock(t, m[3:]), true
			}
		}
	}
	return time.Time{}, false
}

const (
	monthName    = `(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?`
	foreignClock = `(?:[\s,]*(?:at\s+)?(\d{1,2}):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*([ap])?\.?(?:m\b\.?)?\s*(Z|GMT|UTC|[+-]\d\d:?\d\d)?)?`
)

var (
	monthFirst = regexp.MustCompile(`(?i)\b` + monthName + `\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+((?:19|20)\d\d)\b` + foreignClock)
	dayFirst   = regexp.MustCompile(`(?i)\b(\d{1,2})(?:st|nd|rd|th)?[\s-]+` + monthName + `,?[\s-]+((?:19|20)\d\d)\b` + foreignClock)
)

// foreignDate reads dates with English months: "Dec 11, 2020 9:30 am", "11 December
// 2020".
func foreignDate(s string, _ time.Time) (time.Time, bool) {
	var (
		month, dom string
		rest       []string
	)
	if m := monthFirst.FindStringSubmatch(s); m != nil {
		month, dom, rest = m[1], m[2], m[3:]
	} else if m := dayFirst.FindStringSubmatch(s); m != nil {
		month, dom, rest = m[2], m[1], m[3:]
	} else {
		return time.Time{}, false
	}
	t, ok := day(atoi(rest[0]), strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(month))/3+1, atoi(dom))
	if !ok || atoi(rest[1]) > 24 || atoi(rest[2]) > 59 || atoi(rest[3]) > 59 {
		return time.Time{}, false
	}
	half, zone := strings.ToLower(rest[4]), strings.ToUpper(rest[5])
	if half != "" {
		half += "m"
	}
	if zone == "GMT" || zone == "UTC" {
		zone = "Z"
	}
	return atClock(t, []string{half, rest[1], rest[2], rest[3], zone}), true
}

// day is midnight of a real day of the calendar.
func day(year, month, dom int) (time.Time, bool) {
	t := time.Date(year, time.Month(month), dom, 0, 0, 0, 0, huiying.Beijing)
	return t, t.Day() == dom && t.Month() == time.Month(month)
}

// atClock adds the groups of clockPart to midnight: half of the day, hour,
// minute, second, English half or zone.
func atClock(midnight time.Time, g []string) time.Time {
	if len(g) < 5 || g[1] == "" {
		return midnight
	}
	hour, half := atoi(g[1]), strings.ToLower(g[0])
	if end := strings.ToLower(g[4]); end == "am" || end == "pm" {
		half = end
	}
	switch half {
	case "下午", "傍晚", "晚上", "晚间", "pm":
		if hour < 12 {
			hour += 12
		}
	case "中午":
		if hour < 6 {
			hour += 12
		}
	case "am":
		hour %= 12
	}
	t := time.Date(midnight.Year(), midnight.Month(), midnight.Day(), hour, atoi(g[2]), atoi(g[3]), 0, huiying.Beijing)
	zone := strings.ReplaceAll(g[4], ":", "")
	if zone == "Z" {
		zone = "+0000"
	}
	if len(zone) == 5 && (zone[0] == '+' || zone[0] == '-') {
		offset := time.Duration(atoi(zone[1:3]))*time.Hour + time.Duration(atoi(zone[3:]))*time.Minute
		if zone[0] == '-' {
			offset = -offset
		}
		t = t.Add(8*time.Hour - offset)
	}
	return t
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s) // "" is 0; the patterns allow digits only
	return n
}

func groups(s string, index []int) []string {
	out := make([]string, len(index)/2)
	for i := range out {
		if index[2*i] >= 0 {
			out[i] = s[index[2*i]:index[2*i+1]]
		}
	}
	return out
}
