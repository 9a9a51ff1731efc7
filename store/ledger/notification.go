package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"huiying"
	"huiying/store/internal/jsondoc"
	"huiying/store/internal/keyset"
)

// inApp is the channel whose notifications are read on the page itself.
const inApp = "inapp"

type notificationRow struct {
	bun.BaseModel `bun:"table:notifications,alias:notifications"`

	ID        string `bun:"id,pk"`
	CaseID    string `bun:"case_id"`
	Region    string `bun:"region"`
	UnitID    string `bun:"unit_id"`
	Channel   string `bun:"channel"`
	ToUser    string `bun:"to_user"`
	Status    string `bun:"status"`
	CreatedAt int64  `bun:"created_at"`
	NextAt    int64  `bun:"next_at"`
	ReadAt    int64  `bun:"read_at"`
	Report    string `bun:"report"`
	Doc       string `bun:"doc"`
}

func (r notificationRow) notification() (huiying.Notification, error) {
	n, err := jsondoc.Decode[huiying.Notification](r.Doc)
	n.Status, n.NextAt, n.ReadAt = huiying.NotificationStatus(r.Status), jsondoc.Time(r.NextAt), jsondoc.Time(r.ReadAt)
	return n, err
}

func notificationsOf(rows []notificationRow) ([]huiying.Notification, error) {
	out := make([]huiying.Notification, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = r.notification(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// writeNotifications stores notifications of a case; one that is there already
// (its ID is made from what it says) stays as it is.
func writeNotifications(ctx context.Context, tx bun.Tx, c huiying.Case, list []huiying.Notification) error {
	for part := range slices.Chunk(list, atOnce) {
		rows := make([]notificationRow, len(part))
		for i, n := range part {
			n.Case, n.Number = c.ID, c.Number
			if n.Region == "" {
				n.Region = c.Region
			}
			doc, err := jsondoc.Encode(n)
			if err != nil {
				return err
			}
			rows[i] = notificationRow{
				ID: string(n.ID), CaseID: string(n.Case), Region: string(n.Region), UnitID: string(n.Unit), Channel: n.Channel, ToUser: string(n.To),
				Status: string(n.Status), CreatedAt: jsondoc.Micro(n.CreatedAt), NextAt: jsondoc.Micro(n.NextAt), ReadAt: jsondoc.Micro(n.ReadAt), Report: n.Report, Doc: doc,
			}
		}
		if _, err := tx.NewInsert().Model(&rows).On("CONFLICT (id) DO NOTHING").Exec(ctx); err != nil {
			return fmt.Errorf("writing notifications: %w", err)
		}
	}
	return nil
}

// Tell stores notifications that are about no case; one that is there already (its
// ID is made from what it says) stays as it is.
func (l *Ledger) Tell(ctx context.Context, list []huiying.Notification) error {
	return l.change(ctx, fmt.Sprintf("telling %d people", len(list)), func(ctx context.Context, tx bun.Tx) error {
		return writeNotifications(ctx, tx, huiying.Case{}, list)
	})
}

// cancel voids what still waits to be sent to the units of a case.
func cancel(ctx context.Context, tx bun.Tx, id huiying.CaseID, units []huiying.UnitID) error {
	if len(units) == 0 {
		return nil
	}
	_, err := tx.NewRaw("UPDATE notifications SET status = ? WHERE case_id = ? AND status = ? AND unit_id IN (?)",
		string(huiying.NotifyCancelled), string(id), string(huiying.NotifyPending), bun.List(units)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("cancelling notifications: %w", err)
	}
	return nil
}

// DueNotifications are those of a channel ("" for any) that wait to be sent at now
// or before, the oldest first.
func (l *Ledger) DueNotifications(ctx context.Context, channel string, now time.Time, limit int) ([]huiying.Notification, error) {
	var rows []notificationRow
	w := waiting(channel)
	w.add("next_at <= ?", jsondoc.Micro(now))
	if err := l.read.NewRaw("SELECT * FROM notifications"+w.where()+" ORDER BY next_at, id LIMIT ?", append(w.args, limit)...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("looking for due notifications: %w", err)
	}
	return notificationsOf(rows)
}

func waiting(channel string) (w conditions) {
	w.add("status = 'pending'")
	if channel != "" {
		w.add("channel = ?", channel)
	}
	return w
}

// NextNotification is when the next one of a channel ("" for any) is to be sent;
// false when none waits.
func (l *Ledger) NextNotification(ctx context.Context, channel string) (time.Time, bool, error) {
	var at int64
	w := waiting(channel)
	err := l.read.NewRaw("SELECT next_at FROM notifications"+w.where()+" ORDER BY next_at, id LIMIT 1", w.args...).Scan(ctx, &at)
	if none(err) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("looking for the next notification: %w", err)
	}
	return jsondoc.Time(at), true, nil
}

// WaitingElsewhere are notifications that wait for a channel which is none of
// these, now or later, the oldest first.
func (l *Ledger) WaitingElsewhere(ctx context.Context, channels []string, limit int) ([]huiying.Notification, error) {
	w := waiting("")
	if len(channels) > 0 {
		w.add("channel NOT IN (?)", bun.List(channels))
	}
	var rows []notificationRow
	if err := l.read.NewRaw("SELECT * FROM notifications"+w.where()+" ORDER BY next_at, id LIMIT ?", append(w.args, limit)...).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("looking for notifications of other channels: %w", err)
	}
	return notificationsOf(rows)
}

// AttemptsSince are the instants of the attempts through a channel since one, each
// once: messages, for all notifications of a message share its instant.
func (l *Ledger) AttemptsSince(ctx context.Context, channel string, since time.Time) ([]time.Time, error) {
	var rows []notificationRow
	err := l.read.NewRaw("SELECT * FROM notifications WHERE channel = ? AND created_at >= ? ORDER BY created_at DESC LIMIT ?",
		channel, jsondoc.Micro(since.Add(-waitsAtMost)), attemptsRead).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("looking for attempts: %w", err)
	}
	list, err := notificationsOf(rows)
	if err != nil {
		return nil, err
	}
	var out []time.Time
	for _, n := range list {
		for _, a := range n.Attempts {
			if !n.Drill && (a.OK || a.TookMS > 0) && !a.At.Before(since) { // neither rehearsed nor passed on untried
				out = append(out, a.At)
			}
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal), nil
}

// What AttemptsSince looks through: what is older, or beyond so many, has been sent
// long ago.
const (
	waitsAtMost  = 24 * time.Hour
	attemptsRead = 5000
)

// SaveAttempt records what became of an attempt to send, also through which
// channel it goes on. When the notification
// does not wait any more (an acknowledgement cancelled it meanwhile) it returns
// [huiying.ErrConflict] and keeps the attempt on record all the same. A report
// that left by mail is an export: its audit row is written with the attempt. What
// another channel is to carry instead waits from then on; what does already stays.
func (l *Ledger) SaveAttempt(ctx context.Context, n huiying.Notification, instead ...huiying.Notification) error {
	doc, err := jsondoc.Encode(n)
	if err != nil {
		return err
	}
	kept := true
	err = l.change(ctx, "recording an attempt of "+string(n.ID), func(ctx context.Context, tx bun.Tx) error {
		rows, err := changed(tx.NewRaw("UPDATE notifications SET status = ?, channel = ?, next_at = ?, doc = ? WHERE id = ? AND status = ?",
			string(n.Status), n.Channel, jsondoc.Micro(n.NextAt), doc, string(n.ID), string(huiying.NotifyPending)).Exec(ctx))
		if err != nil {
			return err
		}
		if rows == 1 {
			if err := writeNotifications(ctx, tx, huiying.Case{ID: n.Case, Number: n.Number, Region: n.Region}, instead); err != nil {
				return err
			}
			return auditMail(ctx, tx, n)
		}
		kept = false
		rows, err = changed(tx.NewRaw("UPDATE notifications SET doc = ? WHERE id = ? AND status = ?", doc, string(n.ID), string(huiying.NotifyCancelled)).Exec(ctx))
		if err != nil || rows == 1 {
			return err
		}
		var known int
		if err := tx.NewRaw("SELECT count(*) FROM notifications WHERE id = ?", string(n.ID)).Scan(ctx, &known); err != nil {
			return err
		}
		if known == 0 {
			return huiying.Errorf(huiying.CodeNotFound, "没有编号为 %q 的通知", n.ID)
		}
		return nil
	})
	if err == nil && !kept {
		return huiying.Errorf(huiying.CodeConflict, "通知 %s 已取消或已结束，不再发送", n.ID)
	}
	return err
}

func auditMail(ctx context.Context, tx bun.Tx, n huiying.Notification) error {
	if n.Report == "" || n.Status != huiying.NotifySent {
		return nil
	}
	last := n.Attempts[len(n.Attempts)-1]
	by := huiying.TheSystem(n.Region)
	return appendAudit(ctx, tx, []huiying.Audit{{
		At: last.At, Region: n.Region, Who: by.User, Role: by.Role, Action: "report.mail", Object: n.Report, Detail: n.Number + " " + n.ToName + " " + last.Detail,
	}})
}

// Resend lets a notification that was given up on wait again. It returns
// [huiying.ErrConflict] for one that was not, and never sends what an
// acknowledgement has cancelled.
func (l *Ledger) Resend(ctx context.Context, region huiying.Region, id huiying.NotificationID, now time.Time) error {
	var w conditions
	w.add("id = ? AND status = 'failed' AND channel <> 'inapp'", string(id))
	w.in("region", region)
	n, err := changed(l.write.NewRaw("UPDATE notifications SET status = 'pending', next_at = ?"+w.where(), append([]any{jsondoc.Micro(now)}, w.args...)...).Exec(ctx))
	if err != nil {
		return fmt.Errorf("making notification %s wait again: %w", id, err)
	}
	if n == 0 {
		return huiying.Errorf(huiying.CodeConflict, "这条通知不在“发送失败”之列，可能已经送达或取消")
	}
	return nil
}

// Hasten lets notifications wait no longer that were written by a clock that ran
// ahead and was set back since: those of the future. It says how many.
func (l *Ledger) Hasten(ctx context.Context, now time.Time) (int64, error) {
	at := jsondoc.Micro(now)
	n, err := changed(l.write.NewRaw("UPDATE notifications SET next_at = ? WHERE status = 'pending' AND next_at > ? AND created_at > ?", at, at, at).Exec(ctx))
	if err != nil {
		return 0, fmt.Errorf("letting notifications of the future go: %w", err)
	}
	return n, nil
}

// Notifications lists what a query selects, newest first.
func (l *Ledger) Notifications(ctx context.Context, q huiying.NotificationQuery) (huiying.Page[huiying.Notification], error) {
	var page huiying.Page[huiying.Notification]
	var w conditions
	w.in("region", q.Region)
	if q.To != "" {
		w.add("to_user = ?", string(q.To))
	}
	if q.Case != "" {
		w.add("case_id = ?", string(q.Case))
	}
	if q.Status != "" {
		w.add("status = ?", string(q.Status))
	}
	if q.Unread {
		w.add("channel = 'inapp' AND read_at = 0")
	}
	if q.Cursor != "" {
		var at int64
		var id string
		if err := keyset.Decode("notifications", q.Cursor, &at, &id); err != nil {
			return page, err
		}
		w.add("(created_at, id) < (?, ?)", at, id)
	}
	limit := keyset.Limit(q.Limit)
	var rows []notificationRow
	err := l.read.NewRaw("SELECT * FROM notifications"+w.where()+" ORDER BY created_at DESC, id DESC LIMIT ?", append(w.args, limit+1)...).Scan(ctx, &rows)
	if err != nil {
		return page, fmt.Errorf("listing notifications: %w", err)
	}
	cut := keyset.Page(rows, limit, func(last notificationRow) string { return keyset.Encode("notifications", last.CreatedAt, last.ID) })
	page.Next = cut.Next
	page.Items, err = notificationsOf(cut.Items)
	return page, err
}

// CaseNotifications lists every notification of a case, oldest first: its
// delivery log.
func (l *Ledger) CaseNotifications(ctx context.Context, id huiying.CaseID) ([]huiying.Notification, error) {
	var rows []notificationRow
	if err := l.read.NewRaw("SELECT * FROM notifications WHERE case_id = ? ORDER BY created_at, id", string(id)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("reading the notifications of %s: %w", id, err)
	}
	return notificationsOf(rows)
}

// MarkRead marks all in-app notifications of an account as read.
func (l *Ledger) MarkRead(ctx context.Context, to huiying.UserID, at time.Time) error {
	_, err := l.write.NewRaw("UPDATE notifications SET read_at = ? WHERE to_user = ? AND channel = ? AND read_at = 0",
		jsondoc.Micro(at), string(to), inApp).Exec(ctx)
	if err != nil {
		return fmt.Errorf("marking the notifications of %s read: %w", to, err)
	}
	return nil
}

// CountUnread says how many in-app notifications an account has not read.
func (l *Ledger) CountUnread(ctx context.Context, to huiying.UserID) (int, error) {
	var n int
	err := l.read.NewRaw("SELECT count(*) FROM notifications WHERE to_user = ? AND channel = 'inapp' AND read_at = 0", string(to)).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("counting unread notifications: %w", err)
	}
	return n, nil
}
