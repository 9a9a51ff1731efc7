package alerting

import (
	"time"

	"huiying"
)

// lastHours are posts per hour in the three hours before now, the latest first.
// The buckets are hours of the clock, so a sliding hour takes its share of two.
func lastHours(hours map[string]int, now time.Time) [3]float64 {
	now = now.In(huiying.Beijing)
	passed := float64(now.Minute())/60 + float64(now.Second())/3600
	at := func(ago int) float64 { return float64(hours[hourKey(now.Add(-time.Duration(ago)*time.Hour))]) }
	var out [3]float64
	out[0] = at(0) + at(1)*(1-passed)
	for i := 1; i < len(out); i++ {
		out[i] = at(i)*passed + at(i+1)*(1-passed)
	}
	return out
}

// curve names the phase of an hourly curve v (DOMAIN §3, default): 潜伏
// v < 2× baseline; 发酵 from there on; 爆发 v ≥ 5× baseline and growing; 消退
// v < 0.5× peak for 6 h; 反弹 rises again after that.
func curve(hours map[string]int, baseline float64, now time.Time) huiying.CurvePhase {
	baseline = max(baseline, 1) // a county's usual hour for one matter is no post at all
	v := lastHours(hours, now)
	var peak, quiet float64
	faded := false
	for ago := 72; ago >= 1; ago-- {
		n := float64(hours[hourKey(now.Add(-time.Duration(ago)*time.Hour))])
		peak = max(peak, n)
		if n < 0.5*peak {
			quiet++
		} else {
			quiet = 0
		}
		if quiet >= 6 {
			faded = true
		}
	}
	growing := v[0] > v[1]
	switch {
	case faded && growing && v[0] >= 2*baseline:
		return huiying.CurveRebound
	case v[0] >= 5*baseline && growing:
		return huiying.CurveBurst
	case quiet >= 6 && v[0] < 0.5*peak:
		return huiying.CurveFading
	case v[0] >= 2*baseline:
		return huiying.CurveGrowing
	}
	return huiying.CurveLatent
}
