package county_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"huiying"
	"huiying/deploy/county"
)

// arrangement is a made-up 2027 in the shape holiday-cn publishes.
func arrangement() string {
	var days []string
	add := func(name, first string, n int, worked ...string) {
		at, _ := time.Parse(time.DateOnly, first)
		for i := range n {
			days = append(days, fmt.Sprintf(`{"name":%q,"date":%q,"isOffDay":true}`, name, at.AddDate(0, 0, i).Format(time.DateOnly)))
		}
		for _, w := range worked {
			days = append(days, fmt.Sprintf(`{"name":%q,"date":%q,"isOffDay":false}`, name, w))
		}
	}
	add("元旦", "2027-01-01", 3)
	add("春节", "2027-02-05", 8, "2027-01-31", "2027-02-14")
	add("清明节", "2027-04-03", 3)
	add("劳动节", "2027-05-01", 5, "2027-05-08")
	add("端午节", "2027-06-09", 1)
	add("中秋节", "2027-09-15", 1)
	add("国庆节", "2027-10-01", 7, "2027-09-26", "2027-10-09")
	return `{"year":2027,"papers":["https://www.gov.cn/zhengce/x.htm"],"days":[` + strings.Join(days, ",") + `]}`
}

func TestAYearIsAddedToTheCalendar(t *testing.T) {
	t.Parallel()
	files, err := county.Embedded(jiaocheng)
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := fs.ReadFile(files, "calendar.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text, year, err := county.WithYear(calendar, []byte(arrangement()))
	if err != nil || year != 2027 {
		t.Fatalf("year %d: %v", year, err)
	}
	folder := fstest.MapFS{}
	for _, name := range county.Files {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		folder[name] = &fstest.MapFile{Data: raw}
	}
	folder["calendar.yaml"] = &fstest.MapFile{Data: text}
	c, err := county.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	for day, works := range map[string]bool{"2027-02-08": false, "2027-02-14": true, "2027-02-15": true, "2027-02-13": false, "2026-02-14": true} {
		at, _ := time.ParseInLocation(time.DateOnly, day, huiying.Beijing)
		if c.Rules.Calendar.Works(at) != works {
			t.Errorf("%s works: %v, want %v", day, !works, works)
		}
	}
	if _, _, err := county.WithYear(text, []byte(arrangement())); err == nil || !strings.Contains(err.Error(), "2027 年之后应为 2028 年") {
		t.Errorf("the same year twice: %v", err)
	}
	for name, raw := range map[string]string{
		"no JSON": "2027", "nothing in it": `{"year":2027}`, "a date that is none": strings.Replace(arrangement(), "2027-06-09", "2027-06-39", 1),
		"a holiday that is missing": strings.ReplaceAll(arrangement(), "清明节", "寒食节"), "a worked weekday": strings.Replace(arrangement(), "2027-05-08", "2027-05-10", 1),
	} {
		if _, _, err := county.WithYear(calendar, []byte(raw)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
