package huiying

import (
	"slices"
	"strings"
	"time"
)

// Scope is a part of what an account may do, for tokens that need no more.
type Scope string

// The scopes.
const (
	ScopeRead   Scope = "read"   // look
	ScopePush   Scope = "push"   // bring posts in
	ScopeAct    Scope = "act"    // work on cases, roster, appeals
	ScopeManage Scope = "manage" // sources, rules, models, channels: what runs the system
)

// Scopes lists them in the order of the page.
var Scopes = []Scope{ScopeRead, ScopePush, ScopeAct, ScopeManage}

// Label is the Chinese name of the scope.
func (s Scope) Label() string {
	return map[Scope]string{ScopeRead: "读取", ScopePush: "推送信息", ScopeAct: "办理", ScopeManage: "系统运行"}[s]
}

// ParseScopes reads names separated by commas; "" is no limit.
func ParseScopes(s string) ([]Scope, error) {
	var out []Scope
	for name := range strings.SplitSeq(s, ",") {
		scope := Scope(strings.TrimSpace(name))
		switch {
		case scope == "":
		case !slices.Contains(Scopes, scope):
			return nil, Invalid("scopes", "没有 %q 这个范围，可用 read、push、act、manage", Clip(string(scope), 20))
		case !slices.Contains(out, scope):
			out = append(out, scope)
		}
	}
	return out, nil
}

// Token lets a program act as an account. What it may do is what the account
// may, within the scopes. ID is the hash of the secret, which nobody keeps.
type Token struct {
	ID        string    `json:"id"`
	User      UserID    `json:"user"`
	Name      string    `json:"name"`
	Scopes    []Scope   `json:"scopes,omitempty"` // none: everything the account may
	CreatedAt time.Time `json:"created_at,omitzero"`
	Expires   time.Time `json:"expires,omitzero"` // zero: never
	UsedAt    time.Time `json:"used_at,omitzero"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
}

// Allows reports whether the token reaches as far as s.
func (t Token) Allows(s Scope) bool { return len(t.Scopes) == 0 || slices.Contains(t.Scopes, s) }

// ValidAt reports whether the token is neither expired nor revoked at now.
func (t Token) ValidAt(now time.Time) bool {
	return t.RevokedAt.IsZero() && (t.Expires.IsZero() || t.Expires.After(now))
}

// Session is one browser somebody has signed in with. Times are real time.
type Session struct {
	ID    string // the hash the store knows it by, never the cookie's value
	User  UserID
	Begun time.Time
	Seen  time.Time
	From  string // network address
	Agent string // what the browser says it is
}

// SecondFactor is the one-time-code device of an account (TOTP, RFC 6238).
type SecondFactor struct {
	User      UserID
	Sealed    []byte    // the shared secret, encrypted with the installation's key
	Confirmed time.Time // zero: shown, but no code was given yet; it does not count
	Step      int64     // the last time step a code was taken of; no code of it or before counts again
	Recovery  []string  // hashes of the recovery codes that are left; the codes are random, so they need no salt
}
