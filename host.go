package huiying

import "time"

// HostDay is what all collectors of an installation asked of one host on its
// latest day, by the wall clock.
type HostDay struct {
	Host  string    `json:"host"`          // with its port where the address names one
	Day   time.Time `json:"day"`           // when the day began in Beijing
	Asked int       `json:"asked"`         // requests booked of that day
	Most  int       `json:"most"`          // of a day, as configured last
	Away  time.Time `json:"away,omitzero"` // the host does not want to be asked before
}

// Spend books up to n requests of a day on which at most most may be asked, and
// says how many may be sent. With n below 0 it gives back what was not sent; a day
// that is over takes nothing back.
func (h HostDay) Spend(day time.Time, n, most int) (after HostDay, granted int) {
	const setBack = 24 * time.Hour // a day that lies further ahead is of a clock that was set back since
	if n < 0 {
		if day.Equal(h.Day) {
			granted = max(n, -h.Asked)
			h.Asked += granted
		}
		return h, granted
	}
	if day.After(h.Day) || h.Day.Sub(day) > setBack {
		h.Day, h.Asked = day, 0
	}
	granted = max(0, min(n, most-h.Asked))
	h.Asked += granted
	h.Most = most
	return h, granted
}
