package county_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr"

	"huiying"
	"huiying/deploy/county"
)

// facts is one event as the rules see it; what is left out is zero.
type facts map[string]any

// quiet is a real but small matter: one post in a local forum.
func quiet(change facts) facts {
	f := facts{
		"posts": 1, "sources": 1, "views": 300, "likes": 2, "comments": 5, "reposts": 0, "interactions": 7,
		"negative": 1, "negative_share": 1.0, "risk": 40.0, "emergency": 0.05, "rumor": 0.0, "misreading": 0.0,
		"tier": "self", "tier_rank": 1, "flags": []string{}, "category": "城乡建设", "state": "occurred",
		"channels": []string{"forum"}, "queue": "online", "places": 1, "townships": 1, "unit_p": 0.6, "unit_gap": 0.4,
		"last_hour": 1.0, "prev_hour": 0.0, "growth": 1.0, "velocity3": false, "baseline_ratio": 0.0,
	}
	for k, v := range change {
		f[k] = v
	}
	return f
}

func holds(t *testing.T, when string, f facts) bool {
	t.Helper()
	p, err := expr.Compile(when, expr.AsBool())
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	v, err := expr.Run(p, map[string]any(f))
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	return v.(bool)
}

// judge applies the level rules as DOMAIN §3 says: the highest that holds, then
// one level more.
func judge(t *testing.T, r huiying.Rules, f facts) huiying.Level {
	t.Helper()
	level, up := huiying.NoLevel, false
	for _, rule := range r.Levels {
		if !holds(t, rule.When, f) {
			continue
		}
		level, up = max(level, rule.Level), up || rule.Up
	}
	if up && level != huiying.NoLevel {
		level = level.Up()
	}
	return level
}

func decide(t *testing.T, r huiying.Rules, f facts) string {
	t.Helper()
	level := judge(t, r, f)
	f["level"], f["level_rank"] = level.String(), int(level)
	for _, rule := range r.Opening {
		if holds(t, rule.When, f) {
			return rule.Do
		}
	}
	return "ignore"
}

func TestLevelsAndWhatBecomesOfAnEvent(t *testing.T) {
	t.Parallel()
	rules := sample(t).Rules
	tests := map[string]struct {
		event facts
		level huiying.Level
		do    string
	}{
		"a single complaint":                     {facts{}, huiying.Blue, "open"},
		"ordinary news, widely read":             {facts{"risk": 3.0, "views": 80_000, "tier_rank": 3, "negative": 0, "negative_share": 0.0}, huiying.NoLevel, "ignore"},
		"much anger, no risk":                    {facts{"risk": 12.0, "posts": 40, "negative": 40, "sources": 20}, huiying.NoLevel, "ignore"},
		"anger does not raise a level":           {facts{"posts": 1, "negative": 1, "negative_share": 1.0}, huiying.Blue, "open"},
		"a city paper":                           {facts{"tier_rank": 3, "tier": "city"}, huiying.Yellow, "open"},
		"several local accounts":                 {facts{"posts": 4, "sources": 4}, huiying.Yellow, "open"},
		"views just below ten thousand":          {facts{"views": 9_999}, huiying.Blue, "open"},
		"views of ten thousand":                  {facts{"views": 10_000}, huiying.Yellow, "open"},
		"interactions of two hundred":            {facts{"interactions": 200}, huiying.Yellow, "open"},
		"two townships":                          {facts{"townships": 2}, huiying.Yellow, "open"},
		"a provincial outlet, the lead is clear": {facts{"tier_rank": 4}, huiying.Orange, "assign"},
		"a provincial outlet, two close leads":   {facts{"tier_rank": 4, "unit_gap": 0.1}, huiying.Orange, "open"},
		"a provincial outlet, an unsure lead":    {facts{"tier_rank": 4, "unit_p": 0.4}, huiying.Orange, "open"},
		"views of a hundred thousand":            {facts{"views": 100_000}, huiying.Orange, "assign"},
		"interactions of two thousand":           {facts{"interactions": 2_000}, huiying.Orange, "assign"},
		"people hurt":                            {facts{"flags": []string{"accident", "casualty"}, "risk": 80.0}, huiying.Orange, "assign"},
		"a death":                                {facts{"flags": []string{"accident", "casualty", "death"}, "risk": 90.0}, huiying.Red, "assign"},
		"central media":                          {facts{"tier_rank": 5}, huiying.Red, "assign"},
		"a million views":                        {facts{"views": 1_000_000}, huiying.Red, "assign"},
		"twenty thousand interactions":           {facts{"interactions": 20_000}, huiying.Red, "assign"},
		"an emergency over the county border":    {facts{"flags": []string{"cross_county"}, "emergency": 0.9}, huiying.Red, "assign"},
		"a probable emergency":                   {facts{"emergency": 0.9, "flags": []string{"accident"}}, huiying.Yellow, "open"},
		"livelihood goes one up and out":         {facts{"flags": []string{"livelihood"}}, huiying.Yellow, "assign"},
		"a minor is concerned":                   {facts{"flags": []string{"minor"}}, huiying.Yellow, "open"},
		"two reasons raise once":                 {facts{"flags": []string{"minor", "livelihood"}}, huiying.Yellow, "assign"},
		"people gather":                          {facts{"flags": []string{"gathering"}}, huiying.Orange, "assign"},
		"a large gathering":                      {facts{"flags": []string{"gathering"}, "posts": 8, "sources": 2}, huiying.Red, "assign"},
		"red stays red":                          {facts{"tier_rank": 5, "flags": []string{"minor"}}, huiying.Red, "assign"},
		"five times an hour ago":                 {facts{"growth": 6.0, "last_hour": 6.0, "posts": 7}, huiying.Yellow, "open"},
		"five times of almost nothing":           {facts{"growth": 5.0, "last_hour": 4.0}, huiying.Blue, "open"},
		"three times in each of two hours":       {facts{"velocity3": true, "last_hour": 9.0}, huiying.Yellow, "open"},
		"five times the county's usual":          {facts{"baseline_ratio": 6.0, "last_hour": 6.0}, huiying.Yellow, "open"},
		"a rebound after the answer":             {facts{"flags": []string{"rebound"}}, huiying.Yellow, "open"},
		"a misread policy is for a person":       {facts{"flags": []string{"misreading"}}, huiying.Yellow, "open"},
		"a rumour of a disaster":                 {facts{"flags": []string{"rumor", "disaster"}, "views": 200_000}, huiying.Red, "open"},
		"a sensitive matter is routed by hand":   {facts{"flags": []string{"sensitive"}, "tier_rank": 4}, huiying.Orange, "open"},
		"a drill":                                {facts{"state": "prevent", "risk": 70.0, "flags": []string{"accident", "death"}, "tier_rank": 3}, huiying.NoLevel, "ignore"},
		"a notice that the water is cut":         {facts{"state": "notice", "risk": 45.0, "flags": []string{"livelihood"}}, huiying.NoLevel, "ignore"},
		"work news on flood control":             {facts{"state": "deploy", "risk": 50.0, "flags": []string{"disaster"}, "tier_rank": 4}, huiying.NoLevel, "ignore"},
		"a complaint already solved":             {facts{"state": "resolved"}, huiying.Blue, "ignore"},
		"solved, but the province reports":       {facts{"state": "resolved", "tier_rank": 4}, huiying.Orange, "open"},
		"a bulletin on a death":                  {facts{"state": "resolved", "flags": []string{"death"}}, huiying.Blue, "open"},
		"a widely read refutation":               {facts{"state": "resolved", "views": 200_000}, huiying.Orange, "ignore"},
		"a low-risk call to the hotline":         {facts{"risk": 12.0, "channels": []string{"hotline"}, "queue": "offline"}, huiying.Blue, "open"},
		"a question to the hotline":              {facts{"risk": 0.0, "channels": []string{"hotline"}, "queue": "offline"}, huiying.NoLevel, "open"},
		"a flag on a faint text":                 {facts{"risk": 16.0, "flags": []string{"health"}}, huiying.Yellow, "open"},
		"a flag without any risk":                {facts{"risk": 5.0, "flags": []string{"health"}}, huiying.NoLevel, "ignore"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := quiet(tt.event)
			if got := judge(t, rules, f); got != tt.level {
				t.Errorf("level %s, want %s", got.Label(), tt.level.Label())
			}
			if got := decide(t, rules, f); got != tt.do {
				t.Errorf("becomes %s, want %s", got, tt.do)
			}
		})
	}
}

func TestEveryRuleSaysItsLine(t *testing.T) {
	t.Parallel()
	files := copyOf(t)
	text := strings.Split(string(files["levels.yaml"].Data), "\n")
	for _, rule := range sample(t).Rules.Levels {
		if !strings.Contains(text[rule.Line-1], "name: "+rule.Name) {
			t.Errorf("%s says line %d, where %q stands", rule.Name, rule.Line, text[rule.Line-1])
		}
	}
	text = strings.Split(string(files["opening.yaml"].Data), "\n")
	for _, rule := range sample(t).Rules.Opening {
		if !strings.Contains(text[rule.Line-1], "name: "+rule.Name) {
			t.Errorf("%s says line %d, where %q stands", rule.Name, rule.Line, text[rule.Line-1])
		}
	}
}

func TestClocksHaveTheLimitsOfTheTexts(t *testing.T) {
	t.Parallel()
	rules := sample(t).Rules
	type limits struct{ red, orange, yellow, blue time.Duration }
	for kind, want := range map[huiying.ClockKind]limits{
		huiying.ClockJudge:         {30 * time.Minute, 30 * time.Minute, 30 * time.Minute, 30 * time.Minute},
		huiying.ClockAcknowledge:   {10 * time.Minute, 15 * time.Minute, 30 * time.Minute, 60 * time.Minute},
		huiying.ClockFeedback:      {2 * time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour},
		huiying.ClockAuthoritative: {red: 5 * time.Hour, orange: 5 * time.Hour},
		huiying.ClockPress:         {red: 24 * time.Hour, orange: 24 * time.Hour},
		huiying.ClockRespond:       {48 * time.Hour, 48 * time.Hour, 48 * time.Hour, 48 * time.Hour},
	} {
		i := slices.IndexFunc(rules.Clocks, func(c huiying.ClockRule) bool { return c.Kind == kind })
		if i < 0 {
			t.Errorf("no %s clock", kind)
			continue
		}
		c := rules.Clocks[i]
		got := limits{time.Duration(c.Limits.Red), time.Duration(c.Limits.Orange), time.Duration(c.Limits.Yellow), time.Duration(c.Limits.Blue)}
		if got != want {
			t.Errorf("%s limits %v, want %v", kind, got, want)
		}
		if public := kind == huiying.ClockAuthoritative || kind == huiying.ClockPress; c.Emergency != public {
			t.Errorf("%s for emergencies only: %v", kind, c.Emergency)
		}
		for _, level := range huiying.Levels {
			duty := c.Hours.At(level) == huiying.DutyHours
			want := level <= huiying.Yellow && (kind == huiying.ClockJudge || kind == huiying.ClockAcknowledge)
			if duty != want {
				t.Errorf("%s at %s counts %q", kind, level, c.Hours.At(level))
			}
		}
	}
	if rules.ReturnIn != huiying.Duration(24*time.Hour) || rules.ReturnHrs != huiying.WorkingHours || rules.CloseGap != 0.15 {
		t.Errorf("return within %v %s, close gap %v", rules.ReturnIn, rules.ReturnHrs, rules.CloseGap)
	}
}

func TestSilenceClimbsTheSameLadderAtEveryLevel(t *testing.T) {
	t.Parallel()
	rules := sample(t).Rules
	for _, level := range huiying.Levels {
		at := make(map[string]float64)
		for _, step := range rules.Escalation.At(level) {
			if step.To == "liaison" || at[step.To] == 0 {
				at[step.To] = step.At
			}
		}
		if at["liaison"] != 1 || at["handler"] != 1 || at["head"] != 1.5 || at["supervisor"] != 2 {
			t.Errorf("%s: %v", level, at)
		}
	}
}

// TestDeadlinesAcrossHolidays takes the calendar of the files through what a
// domain expert would try (DOMAIN §10.1).
func TestDeadlinesAcrossHolidays(t *testing.T) {
	t.Parallel()
	calendar := sample(t).Rules.Calendar
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, huiying.Beijing)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tests := map[string]struct {
		start string
		limit time.Duration
		hours huiying.Hours
		want  string
	}{
		"5 h of an emergency on New Year's Eve run on":      {"2026-02-16 22:00", 5 * time.Hour, huiying.PlainHours, "2026-02-17 03:00"},
		"24 h to the press run through Spring Festival":     {"2026-02-16 22:00", 24 * time.Hour, huiying.PlainHours, "2026-02-17 22:00"},
		"48 h to answer run through Spring Festival":        {"2026-02-14 17:30", 48 * time.Hour, huiying.PlainHours, "2026-02-16 17:30"},
		"30 min on duty before Spring Festival wait for it": {"2026-02-14 17:45", 30 * time.Minute, huiying.DutyHours, "2026-02-24 08:15"},
		"one working day over Spring Festival 2026":         {"2026-02-14 17:45", 24 * time.Hour, huiying.WorkingHours, "2026-02-24 17:45"},
		"the worked Saturday after it counts":               {"2026-02-27 16:00", 24 * time.Hour, huiying.WorkingHours, "2026-02-28 16:00"},
		"but the Sunday does not":                           {"2026-02-28 16:00", 24 * time.Hour, huiying.WorkingHours, "2026-03-02 16:00"},
		"5 working days over National Day 2025":             {"2025-09-29 09:00", 5 * 24 * time.Hour, huiying.WorkingHours, "2025-10-13 09:00"},
		"2024's 10-12 is worked, 10-13 is not":              {"2024-10-11 17:00", 2 * time.Hour, huiying.DutyHours, "2024-10-12 09:00"},
		"an hour at lunch":                                  {"2026-11-23 11:30", time.Hour, huiying.DutyHours, "2026-11-23 15:00"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := calendar.Add(at(tt.start), tt.limit, tt.hours); !got.Equal(at(tt.want)) {
				t.Errorf("due %s, want %s", got.Format("2006-01-02 15:04"), tt.want)
			}
		})
	}
}

// TestEachYearHasItsDaysOff counts what the notices announce: 假期天数 and 调休.
func TestEachYearHasItsDaysOff(t *testing.T) {
	t.Parallel()
	calendar := sample(t).Rules.Calendar
	for year, want := range map[string][2]int{"2024": {28, 8}, "2025": {28, 5}, "2026": {33, 6}} {
		var off, on int
		for day := range calendar.Off {
			if strings.HasPrefix(day, year) {
				off++
			}
		}
		for day := range calendar.On {
			if strings.HasPrefix(day, year) {
				on++
			}
		}
		if got := [2]int{off, on}; got != want {
			t.Errorf("%s: %d days off and %d worked, want %v", year, off, on, want)
		}
	}
}

func TestWhatTimeMakesWrong(t *testing.T) {
	t.Parallel()
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 9, 0, 0, 0, huiying.Beijing) }
	tests := map[string]struct {
		now    time.Time
		change func(*huiying.County)
		want   []string
	}{
		"in October 2026 all is well":          {day(2026, 10, 23), nil, nil},
		"in November the next year is awaited": {day(2026, 11, 1), nil, []string{"缺少 2027 年"}},
		"a year without holidays":              {day(2027, 3, 1), nil, []string{"缺少 2027 年"}},
		"both years are missing":               {day(2027, 12, 31), nil, []string{"缺少 2027 年", "缺少 2028 年"}},
		"a topic led by a unit that ended": {day(2026, 10, 23), func(c *huiying.County) {
			c.Units[slices.IndexFunc(c.Units, func(u huiying.Unit) bool { return u.ID == "cgj" })].To = day(2026, 1, 1)
		}, []string{"主题 环境污染", "主题 城管"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sample(t)
			if tt.change != nil {
				tt.change(c)
			}
			got := county.Outdated(c, tt.now)
			if len(got) != len(tt.want) {
				t.Fatalf("problems %v, want %v", got, tt.want)
			}
			for i, want := range tt.want {
				if !strings.Contains(got[i].String(), want) {
					t.Errorf("problem %q, want %q", got[i], want)
				}
			}
		})
	}
}
