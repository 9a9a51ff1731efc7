package huiying

import "time"

// NotificationID is the idempotency key of a notification: made from the case,
// its revision and the recipient, so that sending again cannot double it.
type NotificationID string

// NotificationStatus says how far a notification has got.
type NotificationStatus string

// The states of a notification.
const (
	NotifyPending   NotificationStatus = "pending"
	NotifySent      NotificationStatus = "sent"
	NotifyFailed    NotificationStatus = "failed"    // given up after the last attempt; a person may send it again
	NotifyCancelled NotificationStatus = "cancelled" // an acknowledgement came first
)

// Label is the Chinese name of the status.
func (s NotificationStatus) Label() string {
	return map[NotificationStatus]string{NotifyPending: "待发送", NotifySent: "已送达", NotifyFailed: "发送失败", NotifyCancelled: "已取消"}[s]
}

// Notification is one message to one recipient through one channel. It carries
// only number, level, unit, deadline and a link: never the post, a person or
// the wording (DOMAIN §9).
type Notification struct {
	ID        NotificationID     `json:"id"`
	Notice    string             `json:"notice,omitempty"` // what it carries: the same through every channel
	Case      CaseID             `json:"case"`
	Number    string             `json:"number"`
	Region    Region             `json:"region"`
	Kind      NoticeKind         `json:"kind"`
	Level     Level              `json:"level"`
	Unit      UnitID             `json:"unit,omitempty"`
	Channel   string             `json:"channel"`        // inapp, webhook …
	Role      Role               `json:"role,omitempty"` // whom it is for: liaison, handler or head of Unit, or a role of the offices
	To        UserID             `json:"to,omitempty"`   // the account, if one is meant
	ToName    string             `json:"to_name"`        // 县教科局 联络人
	Text      string             `json:"text"`
	Due       time.Time          `json:"due,omitzero"`
	CreatedAt time.Time          `json:"created_at"`
	NextAt    time.Time          `json:"next_at"` // when to try (again)
	Status    NotificationStatus `json:"status"`
	Attempts  []Attempt          `json:"attempts"`
	ReadAt    time.Time          `json:"read_at,omitzero"`  // in-app only
	Drill     bool               `json:"drill,omitempty"`   // 演练: it never leaves the machine
	Report    string             `json:"report,omitempty"`  // the issue it is about ([Issue.Name]), instead of a case; a kind alone: a test
	Enclose   bool               `json:"enclose,omitempty"` // the mail carries the document, else a link
}

// Attempt is one try to deliver a notification.
type Attempt struct {
	At      time.Time `json:"at"`
	OK      bool      `json:"ok"`
	Detail  string    `json:"detail,omitempty"`
	TookMS  int64     `json:"took_ms"`
	Attempt int       `json:"attempt"` // 1, 2, 3 …
}

// Change is everything one action writes in one transaction beside the case.
type Change struct {
	Entries []Entry
	Notify  []Notification
	Silence []UnitID // pending notifications of the case to these units are cancelled
	NextAt  time.Time
	HasNext bool
	Audit   []Audit
	Word    string // what the number of a new case begins with
}

// CaseWrite is one case of several that one action changes together. PrevRev is
// the revision the change was made from, 0 for a new case.
type CaseWrite struct {
	Case    Case
	PrevRev int
	Change  Change
}
