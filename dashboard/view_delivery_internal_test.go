package dashboard

import (
	"testing"
	"time"

	"huiying"
)

// One line a notice and recipient, whatever ways it went.
func TestADeliveryLogHasALineForEachNotice(t *testing.T) {
	t.Parallel()
	nine := time.Date(2026, 11, 23, 9, 0, 0, 0, huiying.Beijing)
	n := func(id, notice, channel, to string, at time.Time) huiying.Notification {
		return huiying.Notification{ID: huiying.NotificationID(id), Notice: notice, Channel: channel, ToName: to, CreatedAt: at, Unit: "jkj", Text: "请签收"}
	}
	got := deliveriesOf([]huiying.Notification{
		n("1", "a", "sms", "教科局 联络人", nine), n("2", "a", "inapp", "教科局 联络人 王", nine), n("3", "a", "inapp", "教科局 联络人 李", nine),
		n("4", "b", "webhook", "教科局 责任人", nine.Add(time.Minute)), n("5", "", "inapp", "旧的", nine.Add(-time.Hour)),
	}, huiying.NewDirectory(nil))
	if len(got) != 3 || got[0].ToName != "教科局 责任人" || got[1].ToName != "教科局 联络人" || got[2].ToName != "旧的" {
		t.Fatalf("the lines: %+v", got)
	}
	ways := got[1].Ways
	if len(ways) != 3 || ways[0].Channel != "inapp" || ways[0].Who != "王" || ways[1].Who != "李" || ways[2].Via != "短信" || ways[2].Who != "" {
		t.Errorf("the ways: %+v", ways)
	}
	drill := n("6", "c", "sms", "教科局 联络人", nine)
	drill.Drill, drill.Status = true, huiying.NotifySent
	if w := deliveriesOf([]huiying.Notification{drill}, huiying.NewDirectory(nil))[0].Ways[0]; w.Outcome() != "演练未发" || w.Tone() != "cancelled" {
		t.Errorf("what a drill did not send is %s (%s)", w.Outcome(), w.Tone())
	}
}
