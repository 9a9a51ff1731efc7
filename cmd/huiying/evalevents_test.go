package main

import (
	"math"
	"testing"

	"huiying"
)

func TestEventsAreScoredByTheLabelledRows(t *testing.T) {
	t.Parallel()
	rows := []eventRow{{label: "桥"}, {label: "桥"}, {label: "桥"}, {label: "路灯"}, {}, {}}
	for _, c := range []struct {
		name              string
		got               []huiying.EventID
		precision, recall float64
		background        int
		largest           int
	}{
		{"each matter in an event of its own", []huiying.EventID{"a", "a", "a", "b", "c", "d"}, 1, 1, 0, 3},
		{"two matters in one event", []huiying.EventID{"a", "a", "a", "a", "b", "b"}, (3*0.75 + 0.25) / 4, 1, 0, 4},
		{"a matter torn apart", []huiying.EventID{"a", "a", "b", "c", "d", "e"}, 1, (4.0/3 + 1.0/3 + 1) / 4, 0, 2},
		{"rows without a label are counted and not scored", []huiying.EventID{"a", "a", "a", "b", "a", "b"}, 1, 1, 2, 4},
	} {
		m := scoreEvents(rows, c.got)
		if math.Abs(m.Precision-c.precision) > 1e-9 || math.Abs(m.Recall-c.recall) > 1e-9 {
			t.Errorf("%s: precision %.3f, recall %.3f, want %.3f, %.3f", c.name, m.Precision, m.Recall, c.precision, c.recall)
		}
		if m.Background != c.background || m.Largest != c.largest || m.N != 4 || m.Matters != 2 {
			t.Errorf("%s: %+v", c.name, m)
		}
	}
}

func TestTheIntervalOfEventsIsOverMatters(t *testing.T) {
	t.Parallel()
	rows := []eventRow{{label: "桥"}, {label: "桥"}, {label: "路灯"}, {label: "路灯"}}
	torn := scoreEvents(rows, []huiying.EventID{"a", "a", "b", "c"})
	if want := [2]float64{2.0 / 3, 1}; math.Abs(torn.F1CI[0]-want[0]) > 1e-9 || math.Abs(torn.F1CI[1]-want[1]) > 1e-9 {
		t.Errorf("95%% of F1 in %v, want %v: only the torn matter, to only the whole one", torn.F1CI, want)
	}
	if none := scoreEvents([]eventRow{{}, {}}, []huiying.EventID{"a", "a"}); none.F1 != 0 || none.N != 0 || none.Events != 1 {
		t.Errorf("without labels: %+v", none)
	}
}
