package storetest

import (
	"testing"

	"huiying"
)

// letter is a notification of a case to a unit, to be sent at once.
func letter(c huiying.Case, n int, unit huiying.UnitID, status huiying.NotificationStatus) huiying.Notification {
	return huiying.Notification{
		ID: id[huiying.NotificationID]("n", n), Case: c.ID, Number: c.Number, Region: c.Region, Kind: huiying.NoticeAssigned, Level: c.Level, Unit: unit,
		Channel: "webhook", ToName: "联络人", Text: "请签收", Due: at(60), CreatedAt: at(n), NextAt: at(n), Status: status,
	}
}

func silenceCancels(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	c := aCase(1)
	ch := opened(c)
	ch.Notify = []huiying.Notification{
		letter(c, 1, "jkj", huiying.NotifyPending), letter(c, 2, "jkj", huiying.NotifySent), letter(c, 3, "tnz", huiying.NotifyPending), letter(c, 4, "", huiying.NotifyPending),
		letter(c, 5, "jkj", huiying.NotifyFailed),
	}
	c = mustOpen(t, l, c, ch)
	another := aCase(2)
	ch = opened(another)
	ch.Notify = []huiying.Notification{letter(another, 6, "jkj", huiying.NotifyPending)}
	mustOpen(t, l, another, ch)

	c.Rev++
	must(t, l.SaveCase(ctx, c, 1, huiying.Change{
		Silence: []huiying.UnitID{"jkj", "zjj"},
		Notify:  []huiying.Notification{letter(c, 7, "jkj", huiying.NotifyPending), letter(c, 2, "jkj", huiying.NotifyPending)},
	}))
	got := make(map[huiying.NotificationID]huiying.NotificationStatus)
	for _, n := range append(value(l.CaseNotifications(ctx, c.ID))(t), value(l.CaseNotifications(ctx, another.ID))(t)...) {
		got[n.ID] = n.Status
	}
	same(t, "statuses", got, map[huiying.NotificationID]huiying.NotificationStatus{
		"n00001": huiying.NotifyCancelled, // waited for the silenced unit
		"n00002": huiying.NotifySent,      // was sent; writing it again changes nothing
		"n00003": huiying.NotifyPending,   // another unit
		"n00004": huiying.NotifyPending,   // the offices
		"n00005": huiying.NotifyFailed,
		"n00006": huiying.NotifyPending, // another case
		"n00007": huiying.NotifyPending, // written by the change itself
	})
	due := value(l.DueNotifications(ctx, "", at(100), 10))(t)
	same(t, "what is still to be sent", names(due, notificationID), []huiying.NotificationID{"n00003", "n00004", "n00006", "n00007"})
}

func notificationID(n huiying.Notification) huiying.NotificationID { return n.ID }

func attemptsAreRecorded(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	if _, ok, err := l.NextNotification(ctx, ""); ok || err != nil {
		t.Errorf("a notification waits in an empty ledger: %v", err)
	}
	c := aCase(1)
	ch := opened(c)
	for n, minute := range map[int]int{1: 30, 2: 10, 3: 20, 4: 10} {
		x := letter(c, n, "jkj", huiying.NotifyPending)
		x.NextAt = at(minute)
		ch.Notify = append(ch.Notify, x)
	}
	c = mustOpen(t, l, c, ch)
	next, ok, err := l.NextNotification(ctx, "")
	must(t, err)
	if !ok || !next.Equal(at(10)) {
		t.Errorf("next notification at %v, %v", next, ok)
	}
	due := value(l.DueNotifications(ctx, "", at(20), 10))(t)
	same(t, "due at 20", names(due, notificationID), []huiying.NotificationID{"n00002", "n00004", "n00003"})
	if first := value(l.DueNotifications(ctx, "", at(20), 1))(t); len(first) != 1 || first[0].ID != "n00002" {
		t.Errorf("the first one due: %v", first)
	}

	for _, x := range []struct {
		channels []string
		want     []huiying.NotificationID
	}{
		{nil, []huiying.NotificationID{"n00002", "n00004", "n00003"}}, // the first three of the four
		{[]string{"sms"}, []huiying.NotificationID{"n00002", "n00004", "n00003"}},
		{[]string{"sms", "webhook"}, []huiying.NotificationID{}},
	} {
		same(t, "waiting for other channels", names(value(l.WaitingElsewhere(ctx, x.channels, 3))(t), notificationID), x.want)
	}

	n := due[0]
	if n.Number != c.Number || !n.Due.Equal(at(60)) || n.Case != c.ID {
		t.Errorf("the notification: %+v", n)
	}
	n.Attempts = []huiying.Attempt{{At: at(10), Detail: "连接被拒绝", TookMS: 12, Attempt: 1}}
	n.NextAt = at(40)
	must(t, l.SaveAttempt(ctx, n))
	next, _, err = l.NextNotification(ctx, "")
	must(t, err)
	if !next.Equal(at(10)) { // the other one of that minute
		t.Errorf("next notification at %v after a retry was set", next)
	}
	again := value(l.DueNotifications(ctx, "", at(40), 10))(t)
	same(t, "the one to retry", again[len(again)-1], n)
	n.Attempts = append(n.Attempts, huiying.Attempt{At: at(40), OK: true, TookMS: 9, Attempt: 2})
	n.Status = huiying.NotifySent
	must(t, l.SaveAttempt(ctx, n))
	sent := value(l.Notifications(ctx, huiying.NotificationQuery{Status: huiying.NotifySent}))(t)
	same(t, "the sent one", sent.Items, []huiying.Notification{n})
	is(t, l.SaveAttempt(ctx, n), huiying.ErrConflict) // it waits no more
	together := due[1]                                // went in the same message as the second attempt
	together.Status, together.Attempts = huiying.NotifySent, []huiying.Attempt{{At: at(40), OK: true, Attempt: 1}}
	must(t, l.SaveAttempt(ctx, together))
	for since, want := range map[int]int{5: 2, 40: 1, 41: 0} {
		if got := value(l.AttemptsSince(ctx, "webhook", at(since)))(t); len(got) != want {
			t.Errorf("messages since %d: %v, want %d", since, got, want)
		}
	}
	if got := value(l.AttemptsSince(ctx, "sms", at(0)))(t); len(got) != 0 {
		t.Errorf("messages through another channel: %v", got)
	}
	is(t, l.SaveAttempt(ctx, huiying.Notification{ID: "nobody"}), huiying.ErrNotFound)
}

func attemptAfterCancel(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	c := aCase(1)
	ch := opened(c)
	ch.Notify = []huiying.Notification{letter(c, 1, "jkj", huiying.NotifyPending)}
	c = mustOpen(t, l, c, ch)
	n := value(l.DueNotifications(ctx, "", at(5), 1))(t)[0]
	c.Rev++
	must(t, l.SaveCase(ctx, c, 1, huiying.Change{Silence: []huiying.UnitID{"jkj"}}))
	n.Status, n.Attempts = huiying.NotifySent, []huiying.Attempt{{At: at(5), OK: true, Attempt: 1}}
	is(t, l.SaveAttempt(ctx, n), huiying.ErrConflict)
	got := value(l.CaseNotifications(ctx, c.ID))(t)
	if got[0].Status != huiying.NotifyCancelled || len(got[0].Attempts) != 1 {
		t.Errorf("want it cancelled, with the attempt on record: %+v", got[0])
	}
}

func notificationFilters(t *testing.T, l LedgerUnderTest) {
	ctx := background(t)
	for k := range 2 {
		c := aCase(k)
		if k == 1 {
			c.Region = other
		}
		ch := opened(c)
		for i := range 30 {
			n := letter(c, k*100+i, "jkj", huiying.NotifySent)
			n.To, n.Channel = "wang", "inapp"
			if i%3 == 0 {
				n.To = "li"
			}
			if i%5 == 0 {
				n.Channel, n.To = "webhook", ""
			}
			ch.Notify = append(ch.Notify, n)
		}
		mustOpen(t, l, c, ch)
	}
	count := func(q huiying.NotificationQuery) int {
		t.Helper()
		q.Limit = 4
		all := walk(t, func(c string) (huiying.Page[huiying.Notification], error) {
			q.Cursor = c
			return l.Notifications(ctx, q)
		}, nil)
		ids := names(all, notificationID)
		once(t, ids, ids)
		for i := 1; i < len(all); i++ {
			if all[i].CreatedAt.After(all[i-1].CreatedAt) {
				t.Errorf("%+v: not newest first", q)
			}
		}
		return len(all)
	}
	for _, c := range []struct {
		q    huiying.NotificationQuery
		want int
	}{
		{huiying.NotificationQuery{}, 60},
		{huiying.NotificationQuery{To: "wang"}, 32},
		{huiying.NotificationQuery{To: "li"}, 16},
		{huiying.NotificationQuery{Case: "c00001"}, 30},
		{huiying.NotificationQuery{Region: other, To: "li"}, 8},
		{huiying.NotificationQuery{Region: "14"}, 60},
		{huiying.NotificationQuery{Status: huiying.NotifyPending}, 0},
		{huiying.NotificationQuery{Unread: true}, 48},
		{huiying.NotificationQuery{Unread: true, To: "li"}, 16},
	} {
		if n := count(c.q); n != c.want {
			t.Errorf("%+v selects %d, want %d", c.q, n, c.want)
		}
	}
	same(t, "unread of li", value(l.CountUnread(ctx, "li"))(t), 16)
	must(t, l.MarkRead(ctx, "li", at(500)))
	must(t, l.MarkRead(ctx, "li", at(600))) // what was read stays read when it was
	same(t, "unread of li afterwards", value(l.CountUnread(ctx, "li"))(t), 0)
	same(t, "unread of wang", value(l.CountUnread(ctx, "wang"))(t), 32)
	read := value(l.Notifications(ctx, huiying.NotificationQuery{To: "li", Limit: 1}))(t).Items[0]
	if !read.ReadAt.Equal(at(500)) || read.ReadAt.Location() != huiying.Beijing {
		t.Errorf("read at %v", read.ReadAt)
	}
	badCursor(t, func(c string) (huiying.Page[huiying.Notification], error) {
		return l.Notifications(ctx, huiying.NotificationQuery{Cursor: c})
	})
}
