package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"huiying"
)

// matters names rumours with their levels, the gravest first; "" when there are none.
func matters(all []huiying.Matter) string {
	var out []string
	for _, m := range all[:min(openRows, len(all))] {
		out = append(out, "“"+huiying.Clip(m.Title(), 40)+"”，"+m.Level().Label())
	}
	return strings.Join(out, "；")
}

func dueOf(c huiying.Case, now time.Time) string {
	k, ok := c.NextDue()
	if !ok {
		return "—"
	}
	s := k.Kind.Label() + " " + k.Due.In(huiying.Beijing).Format("01-02 15:04")
	if k.Due.Before(now) {
		s += " 已超"
	}
	return s
}

func places(all []huiying.Place) string {
	var names []string
	for _, p := range all {
		if !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return "未提及"
	}
	return strings.Join(names, "、")
}

func forms(all []huiying.ResponseForm) string {
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.Label()
	}
	return strings.Join(names, "、")
}

// grade is a level as the cell of a table holds it: 重大（橙）.
func grade(l huiying.Level) string {
	if _, word, ok := strings.Cut(l.Label(), " "); ok {
		return word
	}
	return l.Label()
}

// brevity is a title as the cell of a table holds it.
func brevity(title string) string { return huiying.Clip(title, 26) }

func rest(n, shown int) string {
	if n <= shown {
		return ""
	}
	return fmt.Sprintf("另有 %d 项，见系统清单。", n-shown)
}

func order(i int) string { return strconv.Itoa(i + 1) }

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

// number is a count with its thousands apart.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func percent(n, of int) string {
	if of == 0 {
		return "—"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(of))
}

// ratio is positive to negative, the smaller as 1 and the other to one decimal.
func ratio(positive, negative int) string {
	switch {
	case positive == 0 || negative == 0:
		return fmt.Sprintf("%d∶%d", positive, negative)
	case positive >= negative:
		return tenths(float64(positive)/float64(negative)) + "∶1"
	}
	return "1∶" + tenths(float64(negative)/float64(positive))
}

// tenths is v to one decimal, without a decimal of nothing.
func tenths(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") }

func beforeWord(k huiying.ReportKind) string {
	switch k {
	case huiying.ReportWeekly:
		return "较上周同期"
	case huiying.ReportMonthly:
		return "较上月同期"
	}
	return "较前一日同时段"
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// change is the comparison with the period before (环比).
func change(now, before int, than string) string {
	const sample = 20 // below it a share of it says too much
	switch {
	case before == 0 && now > 0 && than == "":
		return "新增"
	case before == 0 && now > 0:
		return "前期没有信息，不作环比"
	case now == before:
		return than + "持平"
	case before < sample && now > before:
		return than + "增加" + number(now-before) + "条"
	case before < sample:
		return than + "减少" + number(before-now) + "条"
	case now > before:
		return than + fmt.Sprintf("上升%.1f%%", 100*float64(now-before)/float64(before))
	}
	return than + fmt.Sprintf("下降%.1f%%", 100*float64(before-now)/float64(before))
}

// chineseNumber is 一 … 九十九.
func chineseNumber(n int) string {
	digits := []rune("零一二三四五六七八九")
	switch tens, ones := n/10, n%10; {
	case tens == 0:
		return string(digits[ones])
	case tens == 1 && ones == 0:
		return "十"
	case tens == 1:
		return "十" + string(digits[ones])
	case ones == 0:
		return string(digits[tens]) + "十"
	default:
		return string(digits[tens]) + "十" + string(digits[ones])
	}
}
