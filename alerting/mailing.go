package alerting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"

	"huiying"
)

// InApp is the channel that is always there: a notification in the ledger is
// delivered the moment it is written.
const InApp = "inapp"

// mailing turns the notices of a change into notifications: who exactly, through
// which of the channels that are set up.
type mailing struct {
	ledger interface {
		Users(ctx context.Context, region huiying.Region) ([]huiying.User, error)
	}
	units    func() *huiying.Directory // as they are now
	channels []string                  // set up besides InApp
	duty     Duty                      // nil: nobody knows who is on duty
	night    func() huiying.Span       // by the rules in force

	mu     sync.Mutex
	users  []huiying.User
	county huiying.Region // whose accounts users are
	at     time.Time
}

// usersFresh is how long (real time) the list of accounts is kept.
const usersFresh = 5 * time.Second

func (m *mailing) accounts(ctx context.Context, region huiying.Region) ([]huiying.User, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	county := region.County() // a case of one township is the county's offices' matter too
	if m.users == nil || m.county != county || time.Since(m.at) > usersFresh {
		users, err := m.ledger.Users(ctx, county)
		if err != nil {
			return nil, fmt.Errorf("accounts of %s: %w", county, err)
		}
		users = slices.DeleteFunc(users, func(u huiying.User) bool { return u.Region.County() != county }) // a prefecture's list has its counties' people, too
		m.users, m.county, m.at = users, county, time.Now()
	}
	return m.users, nil
}

// head names the 责任人 of a unit who has an account, "" when there is none.
func (m *mailing) head(ctx context.Context, region huiying.Region, unit huiying.UnitID) (string, error) {
	users, err := m.accounts(ctx, region)
	if err != nil {
		return "", err
	}
	for _, u := range users {
		if u.Role == huiying.Head && u.Unit == unit && !u.Disabled {
			return u.Name, nil
		}
	}
	return "", nil
}

type recipient struct {
	user huiying.UserID
	name string
}

func (m *mailing) write(ctx context.Context, c huiying.Case, notices []huiying.Notice, now time.Time) ([]huiying.Notification, error) {
	if len(notices) == 0 {
		return nil, nil
	}
	users, err := m.accounts(ctx, c.Region)
	if err != nil {
		return nil, err
	}
	roster, err := m.roster(ctx, c.Region, now)
	if err != nil {
		return nil, err
	}
	var out []huiying.Notification
	for i, n := range notices {
		channels := n.Channels
		if channels == nil {
			channels = append([]string{InApp}, m.channels...)
		}
		for _, channel := range channels {
			if channel != InApp && !slices.Contains(m.channels, channel) {
				continue // not set up in this county
			}
			to := m.onDuty(roster, users, c, n, channel, now)
			if to == nil {
				to = m.recipients(users, c, n, channel)
			}
			for _, to := range to {
				out = append(out, m.tomorrow(letter(c, n, i, channel, to, now), now))
			}
		}
	}
	return out, nil
}

// tomorrow lets what is not grave wait for the end of the night. A new order and
// the supervisor's word go out at once, and so does all that stays in the house.
func (m *mailing) tomorrow(n huiying.Notification, now time.Time) huiying.Notification {
	if n.Status == huiying.NotifyPending && n.Level < huiying.Orange && n.Kind != huiying.NoticeAssigned && n.Kind != huiying.NoticeUrge {
		n.NextAt = m.night().Over(now)
	}
	return n
}

// recipients are the accounts a notice is for. A channel other than in-app
// reaches a group or a gateway, so one message stands for all.
func (m *mailing) recipients(users []huiying.User, c huiying.Case, n huiying.Notice, channel string) []recipient {
	name := huiying.Role(n.To).Label()
	if n.Unit != "" && huiying.Role(n.To).OfUnit() {
		name = m.units().Name(n.Unit) + " " + name
	}
	if channel != InApp {
		return []recipient{{name: name}}
	}
	var out []recipient
	for _, u := range users {
		role := huiying.Role(n.To)
		if u.Disabled || u.Role != role || role.OfUnit() && u.Unit != n.Unit {
			continue
		}
		if (role == huiying.Analyst || role == huiying.Monitor) && u.Unit != "" && u.Unit != c.Queue.Office() {
			continue // the other guiding office
		}
		out = append(out, recipient{u.User, name + " " + u.Name})
	}
	if out == nil { // nobody holds the role: the log shows that nobody could be told
		out = []recipient{{name: name + "（未设账号）"}}
	}
	return out
}

// letter writes one notification. Its ID is made from what it says to whom, so
// that writing it again doubles nothing.
func letter(c huiying.Case, n huiying.Notice, i int, channel string, to recipient, now time.Time) huiying.Notification {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%d|%d|%s|%s|%s", c.ID, c.Rev, i, n.Kind, channel, to.user))
	notice := sha256.Sum256(fmt.Appendf(nil, "%s|%d|%d", c.ID, c.Rev, i))
	out := huiying.Notification{
		ID: huiying.NotificationID("n" + hex.EncodeToString(sum[:10])), Notice: hex.EncodeToString(notice[:6]), Case: c.ID, Number: c.Number, Region: c.Region,
		Kind: n.Kind, Level: c.Level, Unit: n.Unit, Channel: channel, Role: huiying.Role(n.To), To: to.user, ToName: to.name, Text: n.Text, Due: n.Due,
		CreatedAt: now, NextAt: now, Status: huiying.NotifyPending, Drill: c.Drill,
	}
	if c.Drill {
		out.Text = "【演练】" + out.Text
	}
	if c.Drill && channel != InApp {
		out.Attempts = []huiying.Attempt{{At: now, OK: true, Attempt: 1, Detail: "演练，不实际发送"}}
		out.Status = huiying.NotifySent
	}
	if channel == InApp {
		out.Attempts = []huiying.Attempt{{At: now, OK: to.user != "", Attempt: 1, Detail: "站内"}}
		out.Status = huiying.NotifySent
		if to.user == "" {
			out.Status, out.Attempts[0].Detail = huiying.NotifyFailed, "没有可送达的账号"
		}
	}
	return out
}
