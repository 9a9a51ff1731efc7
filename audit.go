package huiying

import "time"

// Audit is one link of the audit chain. Hash covers Prev and all other fields,
// so changing or removing a row is detected (GB/T 22239 level 3).
type Audit struct {
	Seq    int64     `json:"seq"`
	At     time.Time `json:"at"`
	Region Region    `json:"region"`
	Who    UserID    `json:"who"`
	Role   Role      `json:"role"`
	Action string    `json:"action"` // case.acknowledge, session.sign-in, export.posts …
	Object string    `json:"object,omitempty"`
	Detail string    `json:"detail,omitempty"`
	From   string    `json:"from,omitempty"` // network address
	Prev   string    `json:"prev"`
	Hash   string    `json:"hash"`
}

// AuditQuery selects audit rows, newest first. Empty fields select everything.
type AuditQuery struct {
	Region   Region
	From, To time.Time // [From, To)
	Who      UserID
	Action   string // the whole name, or its first part with the dot: case.acknowledge, session.
	Object   string // what the object begins with
	Limit    int
	Cursor   string
}

// Watermark is the line every export carries: who took it out, when, and that it
// may not be passed on (DOMAIN §7.7). Number is the export's own, "" for none.
func Watermark(p Person, number string, at time.Time) string {
	line := "工作秘密　不得外传　" + p.Role.Label() + " " + p.Name + "（" + string(p.User) + "）" + at.In(Beijing).Format("2006-01-02 15:04:05") + " 导出"
	if number != "" {
		line += "　" + number
	}
	return line
}
