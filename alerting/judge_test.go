package alerting_test

import (
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/alerting"
)

func testJudge(t *testing.T) *alerting.Judge {
	t.Helper()
	j, err := alerting.NewJudge(&huiying.Rules{
		Levels: []huiying.LevelRule{
			{Name: "本地自媒体", When: `state == "occurred" && risk >= 20`, Level: huiying.Blue, Why: "单个诉求"},
			{Name: "阅读过万", When: `state == "occurred" && views >= 10000`, Level: huiying.Yellow, Why: "阅读量过万"},
			{Name: "省级媒体", When: `state == "occurred" && tier_rank >= 4`, Level: huiying.Orange, Why: "省级媒体报道"},
			{Name: "特别关注", When: `any(flags, # in ["disaster", "health"])`, Up: true, Why: "属特别关注事项"},
			{Name: "涉未成年人", When: `"minor" in flags`, Up: true, Why: "涉及未成年人"},
		},
		Opening: []huiying.OpenRule{
			{Name: "普通", When: `level_rank == 0`, Do: "ignore"},
			{Name: "重大且责任清楚", When: `level_rank >= 3 && unit_gap >= 0.15`, Do: "assign"},
			{Name: "其他", When: `true`, Do: "open"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestTheHighestRuleWinsAndCareAddsOneLevelOnce(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		event huiying.Event
		want  huiying.Level
	}{
		"nothing matched":                {huiying.Event{State: huiying.PhaseOccurred, Risk: 5}, huiying.NoLevel},
		"a single complaint":             {huiying.Event{State: huiying.PhaseOccurred, Risk: 30}, huiying.Blue},
		"widely read":                    {huiying.Event{State: huiying.PhaseOccurred, Risk: 30, Engagement: huiying.Engagement{Views: 20000}}, huiying.Yellow},
		"a provincial outlet":            {huiying.Event{State: huiying.PhaseOccurred, Risk: 30, Tier: huiying.TierProvincial}, huiying.Orange},
		"special care twice is one up":   {huiying.Event{State: huiying.PhaseOccurred, Risk: 30, Flags: []huiying.Flag{huiying.FlagDisaster, huiying.FlagMinor}}, huiying.Yellow},
		"red cannot go up":               {huiying.Event{State: huiying.PhaseOccurred, Risk: 30, Tier: huiying.TierCentral, Flags: []huiying.Flag{huiying.FlagMinor}}, huiying.Red},
		"care alone makes no level":      {huiying.Event{State: huiying.PhasePrevent, Risk: 60, Flags: []huiying.Flag{huiying.FlagDisaster}}, huiying.NoLevel},
		"only negative: no level at all": {huiying.Event{State: huiying.PhaseOccurred, Risk: 10, Posts: 40, Negative: 40}, huiying.NoLevel},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := tt.event
			testJudge(t).Judge(&e, 0, morning)
			if e.Level != tt.want {
				t.Errorf("level %s, want %s (reasons %v)", e.Level, tt.want, e.Reasons)
			}
			if e.Level != huiying.NoLevel && len(e.Reasons) == 0 {
				t.Error("a level without a reason")
			}
		})
	}
}

func TestTheFirstOpeningRuleSpeaks(t *testing.T) {
	t.Parallel()
	j := testJudge(t)
	for want, e := range map[string]huiying.Event{
		"ignore": {},
		"open":   {Level: huiying.Blue},
		"assign": {Level: huiying.Orange},
	} {
		if got := j.Decide(e, alerting.Routing{Gap: 0.5}, morning).Do; got != want {
			t.Errorf("event at %q: %s, want %s", e.Level, got, want)
		}
	}
	if got := j.Decide(huiying.Event{Level: huiying.Orange}, alerting.Routing{Gap: 0.05}, morning).Do; got != "open" {
		t.Errorf("two close leads: %s, want open", got)
	}
}

func TestARuleThatDoesNotCompileIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	_, err := alerting.NewJudge(&huiying.Rules{Levels: []huiying.LevelRule{{Name: "打错的规则", When: "viewz > 3", Line: 17}}})
	if err == nil || !strings.Contains(err.Error(), "levels.yaml:17") || !strings.Contains(err.Error(), "打错的规则") {
		t.Errorf("error %v does not name the rule and its line", err)
	}
}

func TestCurvePhases(t *testing.T) {
	t.Parallel()
	now := morning.Add(30 * time.Minute)
	hours := func(counts ...int) map[string]int { // the latest last
		out := make(map[string]int)
		for i, n := range counts {
			out[now.Add(-time.Duration(len(counts)-1-i)*time.Hour).Format("2006-01-02T15")] = n
		}
		return out
	}
	for want, h := range map[huiying.CurvePhase]map[string]int{
		huiying.CurveLatent:  hours(1),
		huiying.CurveGrowing: hours(0, 1, 3),
		huiying.CurveBurst:   hours(1, 2, 12),
		huiying.CurveFading:  hours(10, 12, 1, 1, 0, 1, 0, 0, 0),
		huiying.CurveRebound: hours(10, 12, 1, 1, 0, 1, 0, 0, 0, 6),
	} {
		e := huiying.Event{Hours: h}
		testJudge(t).Judge(&e, 1, now)
		if e.Curve != want {
			t.Errorf("%v is %s, want %s", h, e.Curve, want)
		}
	}
}
