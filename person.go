package huiying

import "slices"

// UserID is the sign-in name of an account.
type UserID string

// Role is what an account may do (DOMAIN §4). 三员分立: the three
// administrators are three different accounts.
type Role string

// The roles.
const (
	Monitor       Role = "monitor"    // 监测员
	Analyst       Role = "analyst"    // 研判员
	Leader        Role = "leader"     // 值班领导
	Liaison       Role = "liaison"    // 联络人
	Handler       Role = "handler"    // 承办人
	Head          Role = "head"       // 责任人
	Supervisor    Role = "supervisor" // 督办员
	Assessor      Role = "assessor"   // 考核员
	SystemAdmin   Role = "sysadmin"   // 系统管理员
	SecurityAdmin Role = "secadmin"   // 安全管理员
	AuditAdmin    Role = "auditor"    // 审计管理员
	System        Role = "system"     // the program itself, never an account
)

// Roles lists the roles an account can have.
var Roles = []Role{Monitor, Analyst, Leader, Liaison, Handler, Head, Supervisor, Assessor, SystemAdmin, SecurityAdmin, AuditAdmin}

var roleLabels = map[Role]string{
	Monitor: "监测员", Analyst: "研判员", Leader: "值班领导", Liaison: "联络人", Handler: "承办人", Head: "责任人",
	Supervisor: "督办员", Assessor: "考核员", SystemAdmin: "系统管理员", SecurityAdmin: "安全管理员", AuditAdmin: "审计管理员",
	System: "系统",
}

// Label is the Chinese name of the role.
func (r Role) Label() string { return roleLabels[r] }

// Valid reports whether an account can have the role.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// OfUnit reports whether the role belongs to a department or township, which
// sees its own cases only.
func (r Role) OfUnit() bool { return r == Liaison || r == Handler || r == Head }

// Person is who does something: an account with its role, unit and region.
type Person struct {
	User   UserID `json:"user"`
	Name   string `json:"name"`
	Role   Role   `json:"role"`
	Unit   UnitID `json:"unit,omitempty"`
	Region Region `json:"region"`
}

// TheSystem is the actor of automatic steps.
func TheSystem(region Region) Person {
	return Person{User: "system", Name: "系统", Role: System, Region: region}
}

// SeesPosts reports whether p may read posts and events: the two guiding
// offices, leaders and those who supervise; units see their own cases only, and
// administrators no content (DOMAIN §7.7, 三员分立).
func (p Person) SeesPosts() bool {
	switch p.Role {
	case Monitor, Analyst, Leader, Supervisor, Assessor, System:
		return true
	}
	return false
}

// SeesCase reports whether p may read c.
func (p Person) SeesCase(c Case) bool {
	if !p.Region.Covers(c.Region) {
		return false
	}
	if p.Role.OfUnit() {
		return c.HasUnit(p.Unit)
	}
	return p.SeesPosts()
}
