package huiying_test

import (
	"testing"

	"huiying"
)

func TestTwoDepartmentsNearEachOtherAreLeftToAPerson(t *testing.T) {
	t.Parallel()
	d := huiying.NewDirectory([]huiying.Unit{
		{ID: "zjj", Name: "县住建局", Short: "住建局"}, {ID: "zrzy", Name: "自然资源局"}, {ID: "old", Name: "旧局", To: start}, {ID: "xy", Name: "西营镇", Township: "141122102"},
	})
	const both = "住建局与自然资源局难分主次（相差 10%），请人工选定牵头单位"
	for name, tt := range map[string]struct {
		units []huiying.Candidate
		want  string
	}{
		"near":                                 {[]huiying.Candidate{{Unit: "zjj", P: 0.4}, {Unit: "zrzy", P: 0.3}}, both},
		"apart":                                {[]huiying.Candidate{{Unit: "zjj", P: 0.6}, {Unit: "zrzy", P: 0.3}}, ""},
		"as far apart as the gap":              {[]huiying.Candidate{{Unit: "zjj", P: 0.75}, {Unit: "zrzy", P: 0.5}}, ""},
		"alone":                                {[]huiying.Candidate{{Unit: "zjj", P: 0.4}}, ""},
		"a township and a unit no more are no": {[]huiying.Candidate{{Unit: "xy", P: 0.5}, {Unit: "old", P: 0.5}, {Unit: "zjj", P: 0.4}, {Unit: "none", P: 0.4}, {Unit: "zrzy", P: 0.3}}, both},
		"none":                                 {nil, ""},
	} {
		if got := d.Undecided(tt.units, 0.25, start); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
