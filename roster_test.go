package huiying_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"huiying"
)

// dutyAt is "12-01 08:00" of 2026.
func dutyAt(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", "2026-"+s, huiying.Beijing)
	if err != nil {
		panic(err)
	}
	return t
}

func dutyShift(id huiying.ShiftID, name, from, to string) huiying.Shift {
	return huiying.Shift{
		ID: id, Unit: "wxb", Role: huiying.Analyst, Person: huiying.Contact{Name: name, Phone: "1"}, From: dutyAt(from), To: dutyAt(to), Kind: huiying.ShiftRegular,
	}
}

var dutyLeader = huiying.Person{User: "leader", Name: "值班", Role: huiying.Leader}

func names(shifts []huiying.Shift) string {
	var out []string
	for _, s := range shifts {
		out = append(out, s.Person.Name)
	}
	return strings.Join(out, " ")
}

func TestASubstituteIsOnDutyInsteadForAsLongAsAgreed(t *testing.T) {
	t.Parallel()
	day := dutyShift("a", "甲", "12-01 08:00", "12-01 20:00")
	now := dutyAt("12-01 09:00")
	first, err := day.Substitute("b", huiying.Contact{Name: "乙"}, dutyAt("12-01 10:00"), dutyAt("12-01 14:00"), dutyLeader, "开会", now)
	if err != nil {
		t.Fatal(err)
	}
	second, err := first.Substitute("c", huiying.Contact{Name: "丙"}, dutyAt("12-01 12:00"), time.Time{}, dutyLeader, "就医", now)
	if err != nil {
		t.Fatal(err)
	}
	if second.Instead != "乙" || second.Reason != "就医" || second.By != "值班" || !second.At.Equal(now) || second.Kind != huiying.ShiftSubstitute {
		t.Errorf("the record of the change: %+v", second)
	}
	r := huiying.Roster{second, day, first}
	for at, want := range map[string]string{
		"12-01 07:59": "", "12-01 08:00": "甲", "12-01 10:00": "乙", "12-01 12:00": "丙", "12-01 13:59": "丙", "12-01 14:00": "甲", "12-01 20:00": "",
	} {
		if got := names(r.On("wxb", huiying.Analyst, dutyAt(at))); got != want {
			t.Errorf("on duty at %s: %q, want %q", at, got, want)
		}
	}
	at := dutyAt("12-01 09:00")
	if names(r.On("", "", at)) != "甲" || names(r.On("xwzx", "", at)) != "" || names(r.On("", huiying.Monitor, at)) != "" {
		t.Error("unit and role do not select")
	}
}

func TestASwapExchangesTheTwoPeople(t *testing.T) {
	t.Parallel()
	a, b := dutyShift("a", "甲", "12-01 08:00", "12-01 20:00"), dutyShift("b", "乙", "12-02 08:00", "12-02 20:00")
	swapped, err := huiying.Swap(a, b, [2]huiying.ShiftID{"c", "d"}, dutyLeader, "家中有事", dutyAt("11-30 08:00"))
	if err != nil {
		t.Fatal(err)
	}
	r := append(huiying.Roster{a, b}, swapped...)
	if one, two := names(r.On("", "", dutyAt("12-01 09:00"))), names(r.On("", "", dutyAt("12-02 09:00"))); one != "乙" || two != "甲" {
		t.Errorf("after the swap %s and %s are on duty", one, two)
	}
	if got := r.Check(huiying.NewDirectory([]huiying.Unit{{ID: "wxb"}}), nil); len(got) != 0 {
		t.Errorf("a swapped roster has problems: %v", got)
	}
}

func TestARosterChangeThatMakesNoSenseIsRefusedWithItsField(t *testing.T) {
	t.Parallel()
	day := dutyShift("a", "甲", "12-01 08:00", "12-01 20:00")
	now := dutyAt("12-01 09:00")
	substitute := func(name, from, to, reason string, at time.Time) error {
		_, err := day.Substitute("b", huiying.Contact{Name: name, Phone: "1"}, dutyAt(from), dutyAt(to), dutyLeader, reason, at)
		return err
	}
	swap := func(b huiying.Shift, reason string, at time.Time) error {
		_, err := huiying.Swap(day, b, [2]huiying.ShiftID{"c", "d"}, dutyLeader, reason, at)
		return err
	}
	next := dutyShift("b", "乙", "12-02 08:00", "12-02 20:00")
	unit := next
	unit.Unit, unit.Role = "jkj", huiying.Liaison
	before := dutyAt("11-30 08:00")
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"no reason":            {substitute("乙", "12-01 10:00", "12-01 12:00", " ", now), "reason"},
		"nobody":               {substitute("", "12-01 10:00", "12-01 12:00", "开会", now), "name"},
		"the same person":      {substitute("甲", "12-01 10:00", "12-01 12:00", "开会", now), "name"},
		"end before start":     {substitute("乙", "12-01 12:00", "12-01 10:00", "开会", now), "to"},
		"outside the shift":    {substitute("乙", "12-01 10:00", "12-01 21:00", "开会", now), "from"},
		"a shift that is over": {substitute("乙", "12-01 10:00", "12-01 12:00", "开会", dutyAt("12-01 12:00")), "to"},
		"swap with oneself":    {swap(day, "有事", before), "other"},
		"swap across units":    {swap(unit, "有事", before), "other"},
		"swap once begun":      {swap(next, "有事", now), "other"},
		"swap without reason":  {swap(next, "", before), "reason"},
	} {
		e, ok := c.err.(*huiying.Error) //nolint:errorlint // bare
		if !ok || e.Code != huiying.CodeInvalid || e.Field != c.want {
			t.Errorf("%s: %v, want one about %s", name, c.err, c.want)
		}
	}
}

func TestGapsAreWhereAPostOfTheRosterIsEmpty(t *testing.T) {
	t.Parallel()
	calendar := &huiying.Calendar{Off: map[string]string{"2026-12-03": "试验节"}}
	for name, c := range map[string]struct {
		shifts []string // from, to, …
		want   []string
	}{
		"held round the clock":              {[]string{"12-01 00:00", "12-02 08:00", "12-02 08:00", "12-05 00:00"}, nil},
		"a hole in the night":               {[]string{"12-01 00:00", "12-02 08:00", "12-02 10:00", "12-05 00:00"}, []string{"12-02 08:00 至 12-02 10:00 "}},
		"a hole over midnight is one":       {[]string{"12-01 00:00", "12-02 20:00", "12-04 08:00", "12-05 00:00"}, []string{"12-02 20:00 至 12-04 08:00 试验节"}},
		"a shorter shift inside a long one": {[]string{"12-01 00:00", "12-03 08:00", "12-01 08:00", "12-01 09:00", "12-03 08:00", "12-05 00:00"}, nil},
		"by day, working days only": {
			[]string{"12-01 08:00", "12-01 12:00", "12-01 12:00", "12-01 18:00"},
			[]string{"12-02 08:00 至 12-02 18:00 ", "12-04 08:00 至 12-04 18:00 "},
		},
		"by day, and on the holiday too": {
			[]string{"12-01 08:00", "12-01 18:00", "12-02 08:00", "12-02 18:00", "12-03 08:00", "12-03 12:00", "12-04 08:00", "12-04 18:00"},
			[]string{"12-03 12:00 至 12-03 18:00 试验节"},
		},
		"nobody is needed where nobody is planned": {nil, nil},
	} {
		var r huiying.Roster
		for i := 0; i < len(c.shifts); i += 2 {
			r = append(r, dutyShift("", "甲", c.shifts[i], c.shifts[i+1]))
		}
		var got []string
		for _, g := range r.Gaps(dutyAt("12-01 00:00"), dutyAt("12-05 00:00"), r.Needs(calendar), calendar) {
			got = append(got, g.From.Format("01-02 15:04")+" 至 "+g.To.Format("01-02 15:04")+" "+g.Holiday)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestEveryMistakeOfARosterIsNamedByRowAndField(t *testing.T) {
	t.Parallel()
	units := huiying.NewDirectory([]huiying.Unit{{ID: "wxb", Name: "县委网信办"}, {ID: "old", Name: "县旧局", To: dutyAt("11-01 00:00")}, {ID: "jkj", Name: "县教科局"}})
	account := func(id huiying.UserID, role huiying.Role, unit huiying.UnitID) huiying.User {
		return huiying.User{Person: huiying.Person{User: id, Role: role, Unit: unit}}
	}
	gone := account("gone", huiying.Analyst, "")
	gone.Disabled = true
	users := []huiying.User{account("analyst", huiying.Analyst, "wxb"), account("jkj", huiying.Liaison, "jkj"), gone}
	change := func(f func(s *huiying.Shift)) huiying.Shift {
		s := dutyShift("x", "甲", "12-01 08:00", "12-01 20:00")
		s.Row = 7
		f(&s)
		return s
	}
	fine := dutyShift("y", "甲", "12-01 19:00", "12-02 08:00")
	fine.Row = 3
	for want, r := range map[string]huiying.Roster{
		"[]": {change(func(s *huiying.Shift) { s.Person.User = "analyst" })},
		"[第 7 行 班次：结束时间不晚于开始时间]":                              {change(func(s *huiying.Shift) { s.To = s.From })},
		"[第 7 行 班次：一班超过 48 小时，请拆成几班]":                         {change(func(s *huiying.Shift) { s.To = s.To.AddDate(0, 0, 2) })},
		`[第 7 行 单位：没有单位 "xyz"]`:                               {change(func(s *huiying.Shift) { s.Unit = "xyz" })},
		"[第 7 行 单位：县旧局 自 2026-11-01 起已撤并，请选接续的单位]":            {change(func(s *huiying.Shift) { s.Unit = "old" })},
		`[第 7 行 岗位：没有岗位 "cook"]`:                              {change(func(s *huiying.Shift) { s.Role = "cook" })},
		"[第 7 行 姓名：没有填写姓名]":                                   {change(func(s *huiying.Shift) { s.Person.Name = "" })},
		`[第 7 行 账号：没有账号 "who"]`:                               {change(func(s *huiying.Shift) { s.Person.User = "who" })},
		"[第 7 行 账号：账号 gone 已停用]":                              {change(func(s *huiying.Shift) { s.Person.User = "gone" })},
		"[第 7 行 账号：账号 jkj 是联络人，不能看到该岗位的交办单]":                  {change(func(s *huiying.Shift) { s.Person.User = "jkj" })},
		"[第 7 行 姓名：甲 的班次与第 3 行（12-01 19:00 至 12-02 08:00）重叠]": {fine, change(func(*huiying.Shift) {})},
	} {
		if got := fmt.Sprint(r.Check(units, users)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
