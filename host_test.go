package huiying_test

import (
	"testing"
	"time"

	"huiying"
)

func TestADaysBudgetIsSpentOnceByAllWhoShareIt(t *testing.T) {
	monday := time.Date(2026, 3, 2, 0, 0, 0, 0, huiying.Beijing)
	tuesday := monday.AddDate(0, 0, 1)
	for name, c := range map[string]struct {
		before         huiying.HostDay
		day            time.Time
		n, want, after int
	}{
		"the first of all":                     {huiying.HostDay{}, monday, 10, 10, 10},
		"more of the same day":                 {huiying.HostDay{Day: monday, Asked: 10}, monday, 10, 10, 20},
		"the last of a day":                    {huiying.HostDay{Day: monday, Asked: 95}, monday, 10, 5, 100},
		"nothing is left":                      {huiying.HostDay{Day: monday, Asked: 100}, monday, 10, 0, 100},
		"more was booked than is allowed now":  {huiying.HostDay{Day: monday, Asked: 500}, monday, 10, 0, 500},
		"a new day":                            {huiying.HostDay{Day: monday, Asked: 100}, tuesday, 10, 10, 10},
		"a clock that is behind at midnight":   {huiying.HostDay{Day: tuesday, Asked: 100}, monday, 10, 0, 100},
		"a clock that was set back by a week":  {huiying.HostDay{Day: tuesday.AddDate(0, 0, 7), Asked: 100}, tuesday, 10, 10, 10},
		"what was not sent comes back":         {huiying.HostDay{Day: monday, Asked: 60}, monday, -10, -10, 50},
		"no more comes back than was booked":   {huiying.HostDay{Day: monday, Asked: 5}, monday, -10, -5, 0},
		"yesterday's comes back to no new day": {huiying.HostDay{Day: tuesday, Asked: 60}, monday, -10, 0, 60},
	} {
		t.Run(name, func(t *testing.T) {
			after, granted := c.before.Spend(c.day, c.n, 100)
			if granted != c.want || after.Asked != c.after {
				t.Errorf("granted %d, booked %d; want %d and %d", granted, after.Asked, c.want, c.after)
			}
		})
	}
}
