package dashboard

import (
	"strings"
	"testing"
	"time"

	"huiying"
)

func TestTheLoadOnASiteIsThatOfAllItsSources(t *testing.T) {
	now := time.Date(2026, 3, 5, 15, 30, 0, 0, huiying.Beijing)
	hour := now.Truncate(time.Hour)
	row := func(url string, requests ...int) sourceRow {
		kind, _, _ := strings.Cut(url, "s:")
		r := sourceRow{Source: huiying.Source{Kind: kind, URL: url}}
		for i, n := range requests {
			r.Health.Hours = append(r.Health.Hours, huiying.SourceHour{At: hour.Add(time.Duration(i-len(requests)+1) * time.Hour), Requests: n, Bytes: int64(n) * 1000})
		}
		r.Load = r.Health.Load(now.Add(-24 * time.Hour))
		return r
	}
	got := loadOf([]sourceRow{
		row("http://a.example/x", 10, 3), row("http://b.example/", 30), row("http://a.example/y", 4, 20), row("http://idle.example/"), row("imaps://office/INBOX"),
	}, map[string]huiying.HostDay{"a.example": {Host: "a.example", Asked: 40, Most: 5000}}, now.Add(-24*time.Hour))
	if len(got) != 2 || got[0].Host != "a.example" || got[0].Sources != 2 || got[0].Requests != 37 || got[0].Bytes != 37_000 || got[0].Busiest != 23 || got[0].Today.Asked != 40 ||
		got[1].Host != "b.example" || got[1].Requests != 30 || got[1].Busiest != 30 || got[1].Today.Most != 0 {
		t.Errorf("%+v", got)
	}
}
