package county_test

import (
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/deploy/county"
)

// How many days the State Council gave and took, as counted in the day lists of
// chinese-days 1.5.7, with which every day of the three years was compared.
func TestTheHolidaysOfThreeYearsAreAsAnnounced(t *testing.T) {
	t.Parallel()
	files, err := county.Embedded("141122")
	if err != nil {
		t.Fatal(err)
	}
	data, err := county.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	calendar := data.Rules.Calendar
	for year, want := range map[string][3]int{"2024": {28, 8, 251}, "2025": {28, 5, 248}, "2026": {33, 6, 248}} {
		var got [3]int
		for day := range calendar.Off {
			if strings.HasPrefix(day, year) {
				got[0]++
			}
		}
		for day := range calendar.On {
			if strings.HasPrefix(day, year) {
				got[1]++
			}
		}
		first, err := time.ParseInLocation("2006", year, huiying.Beijing)
		if err != nil {
			t.Fatal(err)
		}
		for day := first; day.Year() == first.Year(); day = day.AddDate(0, 0, 1) {
			if calendar.Works(day) {
				got[2]++
			}
		}
		if got != want {
			t.Errorf("%s: %d days off, %d worked for them, %d working days in all, want %v", year, got[0], got[1], got[2], want)
		}
	}
}
