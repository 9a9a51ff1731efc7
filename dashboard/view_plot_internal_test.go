package dashboard

import (
	"testing"
	"time"

	"huiying"
)

func TestACurveSaysWhenItLeavesOutWhatIsOld(t *testing.T) {
	now := time.Date(2026, 11, 27, 10, 30, 0, 0, huiying.Beijing)
	for hour, cut := range map[string]bool{"2026-11-12T09": true, "2026-11-20T11": false, "2026-11-27T10": false} {
		p := curvePlot(huiying.Event{Hours: map[string]int{hour: 3}}, now)
		if want := map[bool]int{true: 0, false: 3}[cut]; p.Cut != cut || p.Total != want {
			t.Errorf("posts of %s: cut %v, %d drawn; want %v, %d", hour, p.Cut, p.Total, cut, want)
		}
	}
}
