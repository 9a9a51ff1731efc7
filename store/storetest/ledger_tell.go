package storetest

import (
	"testing"

	"huiying"
)

func toldOnce(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	n := huiying.Notification{
		ID: "n1", Region: county, Kind: huiying.NoticeSource, Channel: "inapp", Role: huiying.Monitor, To: "monitor", ToName: "监测员 甲",
		Text: "信源“县政府网站”中断", CreatedAt: at(1), NextAt: at(1), Status: huiying.NotifySent,
	}
	must(t, l.Tell(ctx, []huiying.Notification{n}))
	again := n
	again.Text = "又说一次"
	must(t, l.Tell(ctx, []huiying.Notification{again}))
	must(t, l.Tell(ctx, nil))
	same(t, "what the monitor reads", value(l.Notifications(ctx, huiying.NotificationQuery{To: "monitor"}))(t).Items, []huiying.Notification{n})
	same(t, "unread", value(l.CountUnread(ctx, "monitor"))(t), 1)
	must(t, l.MarkRead(ctx, "monitor", at(2)))
	same(t, "unread after reading", value(l.CountUnread(ctx, "monitor"))(t), 0)
}
