package dashboard

import (
	"testing"
	"time"

	"huiying"
)

// Offices write 11月24日（周二） and merge the date of several shifts.
func TestARosterIsReadAsOfficesWriteIt(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 20, 9, 0, 0, 0, huiying.Beijing)
	units := huiying.NewDirectory([]huiying.Unit{{ID: "sthj", Name: "生态环境分局"}})
	row := func(n int, day, shift string) sheetRow {
		return sheetRow{n, map[string]string{"日期": day, "班次": shift, "单位": "生态环境分局", "岗位": "联络人", "姓名": "周明"}}
	}
	got, problems := shiftsOfRows([]sheetRow{row(3, "12月31日（周四）", "白班"), row(4, "", "夜班"), row(5, "1月2日 星期六", "白班"), row(6, "十二月", "白班")}, "141122", units, nil, now)
	if len(got) != 3 || len(problems) != 1 || problems[0].Row != 6 {
		t.Fatalf("%+v, problems %+v", got, problems)
	}
	for i, want := range []string{"2026-12-31 08:00", "2026-12-31 20:00", "2027-01-02 08:00"} {
		if from := got[i].From.In(huiying.Beijing).Format("2006-01-02 15:04"); from != want {
			t.Errorf("row %d begins %s, want %s", got[i].Row, from, want)
		}
	}
	if _, problems := shiftsOfRows([]sheetRow{{2, map[string]string{"日期": "", "班次": "白班", "单位": "生态环境分局", "岗位": "联络人", "姓名": "周明"}}}, "141122", units, nil, now); len(problems) == 0 {
		t.Error("a first row without a date is taken")
	}
}
