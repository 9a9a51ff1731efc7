package alerting_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/alerting"
)

var forum = huiying.Source{ID: "forum", Region: "141122", Name: "卦山论坛", Channel: huiying.ChannelForum, Every: huiying.Duration(10 * time.Minute)}

// monitors adds two of the online office and one of the other.
func (o *office) monitors(t *testing.T) {
	t.Helper()
	for user, unit := range map[huiying.UserID]huiying.UnitID{"wxb-day": "wxb", "wxb-night": "wxb", "xwzx-day": "xwzx"} {
		if err := o.ledger.SaveUser(t.Context(), huiying.User{Person: person(user, huiying.Monitor, unit), PasswordHash: "x"}); err != nil {
			t.Fatal(err)
		}
	}
}

// alarms are what was written about sources, by channel and account.
func (o *office) alarms(t *testing.T) (told []string, list []huiying.Notification) {
	t.Helper()
	page, err := o.ledger.Notifications(t.Context(), huiying.NotificationQuery{Region: "141122"})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range page.Items {
		if n.Kind == huiying.NoticeSource {
			told, list = append(told, n.Channel+" "+string(n.To)), append(list, n)
		}
	}
	slices.Sort(told)
	return told, list
}

func TestARedSourceIsToldToTheMonitorOnDutyAndOutsideOncePerTrouble(t *testing.T) {
	t.Parallel()
	o := newOfficeOnDuty(t)
	o.monitors(t)
	now := huiying.Speed{}.Now()
	if err := o.ledger.ReplaceRoster(t.Context(), analyst.Region, now, now, []huiying.Shift{{
		ID: "d1", Region: "141122", Unit: "wxb", Role: huiying.Monitor, Person: huiying.Contact{Name: "夜某", User: "wxb-night"},
		From: now.Add(-time.Hour), To: now.Add(time.Hour), Kind: huiying.ShiftRegular,
	}}, huiying.Audit{At: now}); err != nil {
		t.Fatal(err)
	}
	red := huiying.SourceHealth{Source: forum.ID, LastItem: now.Add(-2 * time.Hour), LastSuccess: now.Add(-time.Hour), Barren: 3}
	for range 3 { // it is read again and again, and gives nothing readable; then the process is another one
		if err := o.Desk().SourceDown(t.Context(), o.ledger, forum, red, "连续 3 次有新条目却一条也读不出"); err != nil {
			t.Fatal(err)
		}
		red.LastSuccess, red.Barren = red.LastSuccess.Add(10*time.Minute), red.Barren+1
		o.open(t)
	}
	told, list := o.alarms(t)
	if want := []string{"inapp wxb-night", "webhook "}; !slices.Equal(told, want) {
		t.Fatalf("told %q, want %q", told, want)
	}
	for _, n := range list {
		if n.Case != "" || n.Unit != "wxb" || !strings.Contains(n.Text, "卦山论坛") || !strings.Contains(n.Text, "建议：在信源页测试") {
			t.Errorf("%+v", n)
		}
		if n.Channel != alerting.InApp && n.Status != huiying.NotifyPending {
			t.Errorf("what goes outside is %s", n.Status)
		}
	}
	red.LastItem, red.Barren = now, 3 // it gave something in between
	if err := o.Desk().SourceDown(t.Context(), o.ledger, forum, red, "x"); err != nil {
		t.Fatal(err)
	}
	if told, _ = o.alarms(t); len(told) != 4 {
		t.Errorf("a second trouble: %q", told)
	}
}

func TestARedSourceIsToldToAllMonitorsOfItsOfficeWhenTheRosterIsSilent(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.monitors(t)
	down := huiying.SourceHealth{Source: forum.ID, LastSuccess: time.Now().Add(-time.Hour), Failures: 3, LastError: "返回 404，页面不存在，请核对网址"}
	for range 2 {
		if err := o.Desk().SourceDown(t.Context(), o.ledger, forum, down, "已 1 小时未成功"); err != nil {
			t.Fatal(err)
		}
		down.Failures++
	}
	told, list := o.alarms(t)
	if want := []string{"inapp monitor", "inapp wxb-day", "inapp wxb-night", "webhook "}; !slices.Equal(told, want) || !strings.Contains(list[0].Text, "核对网址") {
		t.Errorf("told %q, want %q: %+v", told, want, list)
	}
}
