package huiying

import "time"

// Beijing is the one zone counties live in. All deadlines are shown in it.
var Beijing = time.FixedZone("Asia/Shanghai", 8*3600)

// Speed is a time source that runs Factor times as fast as the wall clock, for
// demos, drills (演练) and tests. The zero value is the real clock.
type Speed struct {
	Base   time.Time // what Now said at Origin
	Origin time.Time // a wall-clock instant with a monotonic reading
	Factor float64   // > 0; 0 means 1
}

// NewSpeed starts a source at base that runs factor times as fast as real time.
func NewSpeed(base time.Time, factor float64) Speed {
	return Speed{Base: base, Origin: time.Now(), Factor: factor}
}

// Now is the present instant of this source, in [Beijing].
func (s Speed) Now() time.Time {
	if s.Factor == 0 {
		return time.Now().In(Beijing)
	}
	passed := time.Since(s.Origin)
	return s.Base.Add(time.Duration(float64(passed) * s.Factor)).In(Beijing)
}

// Real converts a span of this source's time to wall-clock time, for timers.
func (s Speed) Real(d time.Duration) time.Duration {
	if s.Factor == 0 {
		return d
	}
	return time.Duration(float64(d) / s.Factor)
}
