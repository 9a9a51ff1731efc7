package main

import (
	"strings"
	"testing"
	"time"

	"huiying"
	"huiying/store/ledger"
)

func TestARedSourceIsToldToTheMonitorsOnceAnOutage(t *testing.T) {
	ctx := t.Context()
	l, err := ledger.OpenSQLite(ctx, t.TempDir()+"/ledger.db")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, u := range []huiying.User{
		{Person: huiying.Person{User: "wxb-monitor", Name: "甲", Role: huiying.Monitor, Region: "141122", Unit: "wxb"}},
		{Person: huiying.Person{User: "xwzx-monitor", Name: "乙", Role: huiying.Monitor, Region: "141122", Unit: "xwzx"}},
		{Person: huiying.Person{User: "leader", Name: "丙", Role: huiying.Leader, Region: "141122"}},
	} {
		if err := l.SaveUser(ctx, u); err != nil {
			t.Fatal(err)
		}
	}
	src := huiying.Source{ID: "forum", Region: "141122", Name: "卦山论坛", Channel: huiying.ChannelForum}
	red := huiying.SourceHealth{Source: "forum", LastSuccess: time.Now().Add(-time.Hour).Round(0), Barren: 3}
	told := func(user huiying.UserID) []huiying.Notification {
		page, err := l.Notifications(ctx, huiying.NotificationQuery{To: user})
		if err != nil {
			t.Fatal(err)
		}
		return page.Items
	}
	for range 2 { // two processes of one installation, or one restarted
		s := &system{ledger: l}
		for range 2 {
			if err := s.alarm(ctx, src, red, "连续 3 次有新条目却一条也读不出"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := told("wxb-monitor"); len(got) != 1 || !strings.Contains(got[0].Text, "卦山论坛") || !strings.Contains(got[0].Text, "建议：在信源页测试") {
		t.Errorf("the monitor was told %+v", got)
	}
	if len(told("xwzx-monitor"))+len(told("leader")) != 0 {
		t.Error("others were told, too")
	}
	red.LastSuccess = red.LastSuccess.Add(time.Minute) // it recovered and went red again
	if err := (&system{ledger: l}).alarm(ctx, src, red, "x"); err != nil || len(told("wxb-monitor")) != 2 {
		t.Errorf("a second outage was not told (%v)", err)
	}
}
