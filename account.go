package huiying

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// User is an account. Without a role it is asked for but not granted: it cannot
// sign in.
type User struct {
	Person
	PasswordHash string    `json:"-"` // argon2id, PHC string; "": none yet
	Disabled     bool      `json:"disabled,omitempty"`
	Failures     int       `json:"-"`                     // wrong passwords or codes in a row; 5 lock the account (GB/T 22239)
	LockedUntil  int64     `json:"-"`                     // unix seconds of real time
	MustChange   bool      `json:"must_change,omitempty"` // somebody else set the password
	PasswordAt   time.Time `json:"password_at,omitzero"`
	CreatedAt    time.Time `json:"created_at,omitzero"`
	LastAt       time.Time `json:"last_at,omitzero"` // the last sign-in, real time
	LastFrom     string    `json:"last_from,omitempty"`
}

// LockedAt reports whether wrong passwords keep the account locked at t (real time).
func (u User) LockedAt(t time.Time) bool { return u.LockedUntil > t.Unix() }

// Active reports whether the account can sign in, lock-outs aside.
func (u User) Active() bool { return !u.Disabled && u.Role.Valid() }

var userName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,63}$`)

// ParseUserID checks a name for a new account.
func ParseUserID(s string) (UserID, error) {
	s = strings.TrimSpace(s)
	if !userName.MatchString(s) {
		return "", Invalid("user", "账号应为 2–64 个小写字母、数字、点、横线或下划线，以字母或数字开头")
	}
	if s == string(TheSystem("").User) || s == "console" {
		return "", Invalid("user", "%q 由系统保留，请换一个账号名", s)
	}
	return UserID(s), nil
}

// Deed is something an administrator does to the account of another.
type Deed string

// The deeds. 系统管理员 keeps the accounts, 安全管理员 what they may do and how
// they prove who they are; neither can do the other's (三员分立).
const (
	DeedDisable     Deed = "disable"
	DeedEnable      Deed = "enable"
	DeedUnlock      Deed = "unlock"
	DeedPassword    Deed = "reset-password"
	DeedFactor      Deed = "reset-second-factor"
	DeedEndSessions Deed = "end-sessions"
	DeedRevoke      Deed = "revoke-token"
	DeedBind        Deed = "bind-subject"
)

// Deeds lists them in the order of the page.
var Deeds = []Deed{DeedDisable, DeedEnable, DeedUnlock, DeedPassword, DeedFactor, DeedEndSessions, DeedRevoke, DeedBind}

var deeds = map[Deed]struct {
	label string
	role  Role
}{
	DeedDisable:     {"停用", SystemAdmin},
	DeedEnable:      {"启用", SystemAdmin},
	DeedUnlock:      {"解锁", SecurityAdmin},
	DeedPassword:    {"重置密码", SecurityAdmin},
	DeedFactor:      {"重置二次验证", SecurityAdmin},
	DeedEndSessions: {"强制下线", SecurityAdmin},
	DeedRevoke:      {"吊销令牌", SecurityAdmin},
	DeedBind:        {"绑定统一身份", SecurityAdmin},
}

// Label is the Chinese name of the deed.
func (d Deed) Label() string { return deeds[d].label }

// Manage checks whether p may do d to the account u, with a reason. Nobody may
// do any of them to himself.
func (p Person) Manage(d Deed, u User, reason string) error {
	rule, known := deeds[d]
	switch {
	case !known:
		return Errorf(CodeNotFound, "没有 %q 这个操作", d)
	case p.Role != rule.role:
		return Errorf(CodeForbidden, "%s由%s办理（三员分立）", rule.label, rule.role.Label())
	case !p.Region.Covers(u.Region):
		return Errorf(CodeNotFound, "没有账号 %q", u.User)
	case p.User == u.User:
		return Errorf(CodeForbidden, "不能对自己的账号%s，请由另一名%s办理", rule.label, rule.role.Label())
	case strings.TrimSpace(reason) == "":
		return Invalid("reason", "%s须填写理由，理由记入审计", rule.label)
	}
	return nil
}

// GrantID names a request for a role.
type GrantID string

// GrantState says what became of a request.
type GrantState string

// The states of a request.
const (
	GrantAsked   GrantState = "asked"
	GrantGranted GrantState = "granted"
	GrantRefused GrantState = "refused"
)

// Label is the Chinese name of the state.
func (s GrantState) Label() string {
	return map[GrantState]string{GrantAsked: "待授权", GrantGranted: "已授权", GrantRefused: "未同意"}[s]
}

// Grant is a role asked for an account (授权申请). 系统管理员 asks, 安全管理员
// decides: neither gives anybody a right alone.
type Grant struct {
	ID        GrantID    `json:"id"`
	Region    Region     `json:"region"`
	User      UserID     `json:"user"`
	Role      Role       `json:"role"`
	Unit      UnitID     `json:"unit,omitempty"`
	Reason    string     `json:"reason"`
	By        UserID     `json:"by"`
	At        time.Time  `json:"at"`
	State     GrantState `json:"state"`
	DecidedBy UserID     `json:"decided_by,omitempty"`
	DecidedAt time.Time  `json:"decided_at,omitzero"`
	Answer    string     `json:"answer,omitempty"`
}

// Ask makes a request of p that u be given a role and unit.
func (p Person) Ask(id GrantID, u User, role Role, unit UnitID, reason string, at time.Time) (Grant, error) {
	switch {
	case p.Role != SystemAdmin:
		return Grant{}, Errorf(CodeForbidden, "账号与授权申请由系统管理员办理")
	case !p.Region.Covers(u.Region):
		return Grant{}, Errorf(CodeNotFound, "没有账号 %q", u.User)
	case p.User == u.User:
		return Grant{}, Errorf(CodeForbidden, "不能为自己的账号申请角色，请由另一名系统管理员办理")
	case !role.Valid():
		return Grant{}, Invalid("role", "请选择角色")
	case role.OfUnit() && unit == "":
		return Grant{}, Invalid("unit", "%s须选择所属单位", role.Label())
	case role.Administers() && unit != "":
		return Grant{}, Invalid("unit", "%s不属于承办单位，请把单位留空", role.Label())
	case role == u.Role && unit == u.Unit:
		return Grant{}, Errorf(CodeConflict, "这个账号已经是%s，没有要变更的", role.Label())
	case strings.TrimSpace(reason) == "":
		return Grant{}, Invalid("reason", "请填写申请理由，供安全管理员核对")
	}
	return Grant{ID: id, Region: u.Region, User: u.User, Role: role, Unit: unit, Reason: strings.TrimSpace(reason), By: p.User, At: at, State: GrantAsked}, nil
}

// Decide is the request after p has answered it. Who asked, and whom it is about,
// cannot.
func (g Grant) Decide(p Person, yes bool, answer string, at time.Time) (Grant, error) {
	answer = strings.TrimSpace(answer)
	switch {
	case p.Role != SecurityAdmin:
		return g, Errorf(CodeForbidden, "授权由安全管理员办理（三员分立）")
	case !p.Region.Covers(g.Region):
		return g, Errorf(CodeNotFound, "没有这件授权申请")
	case p.User == g.User:
		return g, Errorf(CodeForbidden, "不能批准自己的角色变更，请由另一名安全管理员办理")
	case p.User == g.By:
		return g, Errorf(CodeForbidden, "申请与批准不能是同一人，请由另一名安全管理员办理")
	case g.State != GrantAsked:
		return g, Errorf(CodeConflict, "这件申请已经办过：%s", g.State.Label())
	case !yes && answer == "":
		return g, Invalid("answer", "不同意时请写明原因，系统管理员会看到")
	}
	g.State, g.DecidedBy, g.DecidedAt, g.Answer = GrantRefused, p.User, at, answer
	if yes {
		g.State = GrantGranted
	}
	return g, nil
}

// Administers reports whether the role is one of the three administrators.
func (r Role) Administers() bool { return r == SystemAdmin || r == SecurityAdmin || r == AuditAdmin }

// KeepsAdministrator refuses what would leave a county without one of its three
// administrators: u is about to be disabled or to get another role.
func KeepsAdministrator(all []User, u User) error {
	if !u.Role.Administers() || !u.Active() {
		return nil
	}
	if slices.ContainsFunc(all, func(o User) bool { return o.User != u.User && o.Role == u.Role && o.Active() }) {
		return nil
	}
	return Errorf(CodeConflict, "%s 是最后一名在用的%s，请先设立接替的账号", u.User, u.Role.Label())
}
