package dashboard

import (
	"net/http"
	"strings"

	"huiying"
)

// usersView is 用户与权限: who may do what, and the roles that wait for an answer.
type usersView struct {
	Rows    []userRow
	Waiting []grantRow
	Filter  userFilter
	Roles   []huiying.Role
	Units   []huiying.Unit
	MayAdd  bool
	Form    userForm
	Error   string // of a request that could not be decided
	Handed  *handedView
}

type userFilter struct{ Q, Role, State string }

type userRow struct {
	huiying.User
	UnitName string
	Standing standing
	Word     string // 正常, 待授权 …
	Tone     string // of the word: a status colour
	Self     bool
}

// userForm is an account being added, or a role being asked, as it was typed.
type userForm struct {
	User, Name, Role, Unit, Reason string
	Error                          string
}

func (s *Server) usersPage(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	return s.showUsers(w, r, p, http.StatusOK, usersView{})
}

func (s *Server) showUsers(w http.ResponseWriter, r *http.Request, p huiying.Person, status int, v usersView) error {
	ctx := r.Context()
	users, err := s.cfg.Ledger.Users(ctx, p.Region)
	if err != nil {
		return err
	}
	waiting, err := s.cfg.Ledger.Grants(ctx, p.Region, "", huiying.GrantAsked)
	if err != nil {
		return err
	}
	units, err := s.unitsOf(ctx)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	v.Filter = userFilter{strings.TrimSpace(q.Get("q")), q.Get("role"), q.Get("state")}
	asked := make(map[huiying.UserID]bool, len(waiting))
	for _, g := range waiting {
		asked[g.User] = true
	}
	for _, u := range users {
		row := s.userRow(u, p, units, asked[u.User])
		if v.Filter.shows(row) {
			v.Rows = append(v.Rows, row)
		}
	}
	v.Waiting = grantRows(waiting, users, units, p)
	v.Roles, v.Units = huiying.Roles, s.standing(units)
	v.MayAdd = p.Role == huiying.SystemAdmin
	return s.show(w, r, p, status, "users", "用户与权限", v)
}

func (f userFilter) shows(u userRow) bool {
	found := f.Q == "" || strings.Contains(string(u.Person.User), f.Q) || strings.Contains(u.Name, f.Q) || strings.Contains(u.UnitName, f.Q)
	return found && (f.Role == "" || f.Role == string(u.Role)) && (f.State == "" || f.State == u.Tone)
}

func (s *Server) userRow(u huiying.User, p huiying.Person, units *huiying.Directory, asked bool) userRow {
	row := userRow{User: u, Self: p.User == u.User, Standing: standingGood}
	if u.Unit != "" {
		row.UnitName = units.In(u.Region).Name(u.Unit)
	}
	switch {
	case u.Disabled:
		row.Standing = standingDisabled
	case u.LockedAt(s.wall()):
		row.Standing = standingLocked
	case !u.Role.Valid():
		row.Standing = standingNoRole
		if asked {
			row.Standing = standingAsked
		}
	case u.PasswordHash == "":
		row.Standing = standingNoPassword
	case u.MustChange:
		row.Standing = standingMustChange
	}
	row.Word, row.Tone = standings[row.Standing][0], standings[row.Standing][1]
	return row
}

// standing is whether an account can be used, and if not, why.
type standing string

const (
	standingGood       standing = "active"
	standingDisabled   standing = "disabled"
	standingLocked     standing = "locked"
	standingNoRole     standing = "no-role"
	standingAsked      standing = "asked"
	standingNoPassword standing = "no-password"
	standingMustChange standing = "must-change"
)

// standings are their words and colours.
var standings = map[standing][2]string{
	standingGood: {"正常", "green"}, standingDisabled: {"已停用", "grey"}, standingLocked: {"锁定中", "red"},
	standingNoRole: {"未授权", "yellow"}, standingAsked: {"待授权", "yellow"},
	standingNoPassword: {"未设密码", "yellow"}, standingMustChange: {"待改密码", "yellow"},
}

// standing are the units an account can be given now.
func (s *Server) standing(units *huiying.Directory) []huiying.Unit {
	var out []huiying.Unit
	for _, u := range units.All() {
		if u.ValidAt(s.now()) {
			out = append(out, u)
		}
	}
	return out
}

// addUser adds an account that can do nothing until its role is granted.
func (s *Server) addUser(w http.ResponseWriter, r *http.Request, p huiying.Person) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	f := readUserForm(r)
	_, err := s.newAccount(r, p, f)
	if refused(err) {
		f.Error = errorViewOf(err).Message
		return s.showUsers(w, r, p, statusOf(err), usersView{Form: f})
	}
	if err != nil {
		return err
	}
	return redirect(w, r, "/users?done=user-added")
}

func readUserForm(r *http.Request) userForm {
	get := func(name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }
	return userForm{User: get("user"), Name: get("name"), Role: get("role"), Unit: get("unit"), Reason: get("reason")}
}

// refused reports whether an error is for the form to show.
func refused(err error) bool {
	switch huiying.CodeOf(err) {
	case huiying.CodeInvalid, huiying.CodeConflict:
		return true
	}
	return false
}

func (s *Server) newAccount(r *http.Request, p huiying.Person, f userForm) (huiying.Grant, error) {
	id, err := huiying.ParseUserID(f.User)
	if err != nil {
		return huiying.Grant{}, err
	}
	if f.Name == "" {
		return huiying.Grant{}, huiying.Invalid("name", "请填写姓名，实名到人")
	}
	u := huiying.User{Person: huiying.Person{User: id, Name: huiying.Clip(f.Name, 40), Region: p.Region}, CreatedAt: s.now()}
	g, err := s.asked(r.Context(), p, u, f)
	if err != nil {
		return g, err
	}
	return g, s.cfg.Ledger.AddUser(r.Context(), u, g, s.auditRow(r, p, "user.add", string(id), "申请"+grantText(g)+"："+g.Reason))
}
