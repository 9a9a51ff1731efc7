package alerting_test

import (
	"testing"

	"huiying"
	"huiying/alerting"
)

func TestTopicDecidesTheLeadAndPlaceTheHelper(t *testing.T) {
	t.Parallel()
	units := huiying.NewDirectory([]huiying.Unit{
		{ID: "sthj", Name: "生态环境分局"},
		{ID: "yjj", Name: "应急局"},
		{ID: "old", Name: "已撤并单位", To: morning.AddDate(-1, 0, 0)},
		{ID: "t102", Name: "西营镇", Township: "141122102"},
	})
	c := func(id huiying.UnitID, p float64) huiying.Candidate { return huiying.Candidate{Unit: id, P: p} }
	tests := map[string]struct {
		event  huiying.Event
		lead   huiying.UnitID
		helper huiying.UnitID
		clear  bool
	}{
		"a clear topic and a place":       {huiying.Event{Units: []huiying.Candidate{c("sthj", .7), c("t102", .5), c("yjj", .1)}}, "sthj", "t102", true},
		"two departments too close":       {huiying.Event{Units: []huiying.Candidate{c("sthj", .4), c("yjj", .38)}}, "sthj", "yjj", false},
		"only a place":                    {huiying.Event{Units: []huiying.Candidate{c("t102", .5)}}, "t102", "", false},
		"a unit that no longer exists":    {huiying.Event{Units: []huiying.Candidate{c("old", .9), c("sthj", .3)}}, "sthj", "", true},
		"a sensitive matter goes by hand": {huiying.Event{Units: []huiying.Candidate{c("sthj", .9)}, Flags: []huiying.Flag{huiying.FlagSensitive}}, "sthj", "", false},
		"nothing known":                   {huiying.Event{}, "", "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.event.UpdatedAt = morning
			got := alerting.NewRouter(units, &huiying.Rules{CloseGap: 0.15}).Route(tt.event, morning)
			helper := huiying.UnitID("")
			if len(got.Helpers) > 0 {
				helper = got.Helpers[0]
			}
			if got.Lead != tt.lead || helper != tt.helper || got.Clear != tt.clear {
				t.Errorf("lead %q helper %q clear %v, want %q %q %v (%s)", got.Lead, helper, got.Clear, tt.lead, tt.helper, tt.clear, got.Note)
			}
			if !got.Clear && got.Note == "" {
				t.Error("unclear without a word why")
			}
		})
	}
}
